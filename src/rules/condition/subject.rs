//! `subject: {en: [refund request]}`: patterns that must hit in the subject line.
//!
//! They are patterns like those of `say`, compiled with the rule; a negator before the words does not matter here.

use crate::{
    diagnostic::yaml::Node,
    rules::{
        condition::{Condition, Kind, Names, Place, ReadCondition, Scene, words},
        rule::Phrase,
        syntax::phrase::{WrittenPhrase, read_languages},
    },
};

pub(super) const KIND: Kind = Kind {
    name: "subject",
    summary: "One of these patterns hits in the subject line; they are written as under `say`.",
    example: "{en: [return * label, rma], de: [rücksendung]}",
    read,
};

/// Patterns as written until the rule is compiled, then as compiled.
#[derive(Debug)]
struct Subject {
    written: Vec<WrittenPhrase>,
    phrases: Vec<Phrase>,
    texts: Vec<String>,
}

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let (written, diagnostics) = read_languages(place.file, place.text, node);
    if crate::diagnostic::has_errors(&diagnostics) {
        return Err(diagnostics);
    }
    let texts = written.iter().map(|phrase| format!("“{}”", phrase.text)).collect();
    Ok(Box::new(Subject { written, phrases: Vec::new(), texts }))
}

impl Condition for Subject {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        Some(self.phrases.iter().any(|phrase| (scene.in_subject)(phrase)))
    }

    fn wanted(&self) -> String {
        format!("a subject with {}", words::either(&self.texts))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        match scene.moment.subject.trim() {
            "" => "no subject".to_owned(),
            subject => format!("the subject “{subject}”"),
        }
    }

    fn settle(&mut self, names: &mut dyn Names) {
        self.phrases = names.phrases(std::mem::take(&mut self.written));
    }
}
