//! The values that a message gives to slots: named in the text, or else in a subject that was written for it, or by the
//! marketplace that brought it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    engine::destination,
    model::{order::number_key, verdict::EntityFound},
    text::{
        entity::{country, order_number},
        reading::Reading,
    },
};

/// Values by where they stand. Countries that a parcel only comes from are not among them.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    text: Vec<EntityFound>,
    subject: Vec<EntityFound>,
}

impl Named {
    /// Collects the values of a text and its subject.
    pub(super) fn of(text: &Reading, subject: Option<&Reading>) -> Self {
        Self { text: values(text), subject: subject.map(values).unwrap_or_default() }
    }

    /// Adds the order that a marketplace names beside the buyer's words, unless the buyer names one.
    pub(super) fn with_order(mut self, order: Option<&str>) -> Self {
        if let Some(order) = order {
            let value = order.trim_start_matches('#').to_uppercase();
            self.subject.retain(|known| known.kind != order_number::KIND);
            self.subject.push(EntityFound { kind: order_number::KIND.to_owned(), value, span: 0..0 });
        }
        self
    }

    /// Adds what patterns named.
    pub(super) fn with_captured(mut self, captured: &[EntityFound]) -> Self {
        self.text.extend(captured.iter().filter(|value| value.kind != country::KIND).cloned());
        self
    }

    /// Adds order numbers that only the shop's own records make numbers.
    pub(super) fn with_numbers(mut self, numbers: Vec<EntityFound>) -> Self {
        for found in numbers {
            let key = number_key(&found.value);
            if !self.of_kind(order_number::KIND).any(|known| number_key(known) == key) {
                self.text.push(found);
            }
        }
        self
    }

    /// Adds a value that only our own question makes one; it stands for whatever else was taken for its kind.
    pub(super) fn add(&mut self, value: EntityFound) {
        self.text.retain(|known| known.kind != value.kind);
        self.text.push(value);
    }

    /// Returns the values of a kind: those of the text, or else of the subject. Spans lie in whichever of them it is.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let in_text = self.text.iter().any(|value| value.kind == kind);
        let values = if in_text { &self.text } else { &self.subject };
        values.iter().filter(move |value| value.kind == kind).map(|value| value.value.as_str())
    }

    /// Returns the one value of a kind; none if different ones are named.
    pub(super) fn only<'a>(&'a self, kind: &'a str) -> Option<&'a str> {
        let mut values = self.of_kind(kind);
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }

    /// Returns the first value in the text of any of these kinds.
    pub(super) fn first_in_text(&self, kinds: &BTreeSet<&str>) -> Option<&EntityFound> {
        self.text.iter().find(|value| kinds.contains(value.kind.as_str()))
    }

    /// Returns the kinds that have one value only, with it.
    pub(super) fn unambiguous(&self) -> BTreeMap<String, String> {
        let kinds: BTreeSet<&str> = self.text.iter().chain(&self.subject).map(|value| value.kind.as_str()).collect();
        kinds.into_iter().filter_map(|kind| Some((kind.to_owned(), self.only(kind)?.to_owned()))).collect()
    }
}

fn values(reading: &Reading) -> Vec<EntityFound> {
    let others = reading.entities().iter().filter(|entity| entity.kind != country::KIND).cloned();
    let mut values: Vec<EntityFound> = others.chain(destination::countries(reading)).collect();
    values.sort_by_key(|value| value.span.start);
    values
}
