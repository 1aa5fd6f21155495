//! `language: [en, de]`: what the detector takes the message for.

use crate::{
    diagnostic::{source::FileId, yaml::Node},
    model::language::Language as Code,
    rules::condition::{Condition, Kind, Moment, ReadCondition, words},
};

pub(super) const KIND: Kind = Kind {
    name: "language",
    summary: "The message is written in one of these languages; it does not hold when the language is unknown.",
    example: "[en, de]",
    read,
};

#[derive(Debug)]
struct Language(Vec<Code>);

fn read(file: FileId, node: &Node) -> ReadCondition {
    let codes = words::read(file, node, &["en", "zh", "de"], |word| word.parse().ok()).map_err(|found| {
        let help = "write language codes of two letters: `[en, zh, de]`";
        found.into_iter().map(|diagnostic| diagnostic.help(help)).collect::<Vec<_>>()
    })?;
    Ok(Box::new(Language(codes)))
}

impl Condition for Language {
    fn holds(&self, moment: &Moment) -> bool {
        moment.language.is_some_and(|language| self.0.contains(&language))
    }

    fn wanted(&self) -> String {
        let names: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        format!("language {}", words::either(&names))
    }

    fn actual(&self, moment: &Moment) -> String {
        match moment.language {
            Some(language) => format!("language {language}"),
            None => "an unknown language".to_owned(),
        }
    }
}
