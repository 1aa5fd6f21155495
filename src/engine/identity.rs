//! Whose orders may be spoken of: those of the buyer whom the message proves to be its author, and nobody else's.
//!
//! Whatever this module does not let through does not exist for rules, replies, drafts and tickets of the machine, so an
//! order that is somebody else's and one that never was lead to the same words. `docs/orders.md` has the table.

use std::borrow::Cow;

use crate::{
    engine::guard::{self, Case},
    model::{
        context::Context,
        inbound::{Inbound, MailFacts},
        order::{Order, number_key},
        verdict::EntityFound,
    },
    text::entity::order_number,
};

/// Why the author of a message is not certain enough, as decisions record it. The console tells it in its readers' languages.
pub const DOUBTS: [&str; 5] = [CHAT, FORM, FORWARDED, UNPROVEN, ELSEWHERE];

const CHAT: &str = "a chat does not prove whose order it is";
const FORM: &str = "the buyer is named by somebody else, as in a contact form";
const FORWARDED: &str = "it is a forwarded mail";
const UNPROVEN: &str = "our mail server does not vouch for the sender's address";
const ELSEWHERE: &str = "it wants the answer at another address";

/// Shorter numbers may be a quantity or a house.
const LEAST_DIGITS: usize = 4;

/// Returns the context with the orders of the author, or without orders where the author is not proved.
pub(super) fn with_own_orders<'a>(case: &Case<'a>) -> Cow<'a, Context> {
    let knows = !case.ctx.orders.is_empty() || case.ctx.buyer.as_ref().is_some_and(|buyer| buyer.orders.is_some());
    let Some(doubt) = doubt(case).filter(|_| knows) else { return Cow::Borrowed(case.ctx) };
    let buyer = case.ctx.buyer.clone().map(|mut buyer| {
        buyer.orders = None;
        buyer
    });
    Cow::Owned(Context { orders: Vec::new(), orders_missing: Some(doubt.to_owned()), buyer, ..case.ctx.clone() })
}

/// Returns why the author is not certain enough; none if orders may be spoken of.
fn doubt(case: &Case<'_>) -> Option<&'static str> {
    if case.inbound.telegram.is_some() {
        return Some(CHAT);
    }
    // Text without a mail around it is typed by the seller: `explain`, `match`, `test`.
    let mail = case.mail()?;
    if !is_author(mail, case.inbound) {
        return Some(FORM);
    }
    if mail.forwarded {
        return Some(FORWARDED);
    }
    if !guard::proves_author(case) {
        return Some(UNPROVEN);
    }
    // What a person sends of a draft goes to Reply-To.
    let elsewhere = mail.reply_to.iter().any(|mailbox| !same(&mailbox.address, author(case.inbound)));
    elsewhere.then_some(ELSEWHERE)
}

/// Returns the words of a text that are numbers of these orders, or are built as one of them is: who names `LH-2002` does
/// not mean his `LH-1001`. The recognizer knows neither without a word such as "order number" beside it.
pub(super) fn numbers_in(text: &str, orders: &[Order]) -> Vec<EntityFound> {
    if orders.is_empty() {
        return Vec::new();
    }
    let known: Vec<(String, &Order)> = orders.iter().map(|order| (number_key(&order.number), order)).collect();
    let mut found = Vec::new();
    let mut next = 0;
    for word in text.split(|letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter))) {
        let start = next;
        let end = start + word.len();
        next = end + text[end..].chars().next().map_or(0, char::len_utf8);
        let key = number_key(word);
        if key.chars().filter(char::is_ascii_digit).count() < LEAST_DIGITS {
            continue;
        }
        let own = known.iter().find(|(known, _)| *known == key).map(|(_, order)| order.number.clone());
        let alike = || known.iter().any(|(known, _)| is_built_alike(known, &key)).then(|| word.to_uppercase());
        let Some(value) = own.or_else(alike) else { continue };
        found.push(EntityFound { kind: order_number::KIND.to_owned(), value, span: start..end });
    }
    found
}

/// Returns whether two numbers have the same letters and as many digits in the same places. Digits alone are built like any
/// year.
fn is_built_alike(left: &str, right: &str) -> bool {
    let same = |(left, right): (char, char)| left == right || (left.is_ascii_digit() && right.is_ascii_digit());
    left.len() == right.len() && left.chars().any(char::is_alphabetic) && left.chars().zip(right.chars()).all(same)
}

/// Returns whether who counts as the buyer is the one and only author in the header.
fn is_author(mail: &MailFacts, inbound: &Inbound) -> bool {
    match mail.from.as_slice() {
        [only] => same(&only.address, author(inbound)),
        _ => false,
    }
}

fn author(inbound: &Inbound) -> &str {
    inbound.from.as_ref().map_or("", |mailbox| mailbox.address.as_str())
}

fn same(left: &str, right: &str) -> bool {
    !left.is_empty() && left.eq_ignore_ascii_case(right)
}
