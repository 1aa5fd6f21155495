//! `language: [en, de]`: what the detector takes the message for.

use crate::{
    diagnostic::yaml::Node,
    model::language::Language as Code,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "language",
    summary: "The message is written in one of these languages; `unknown` holds when the language is not known.",
    example: "[en, de]",
    read,
};

#[derive(Debug)]
struct Language(Vec<String>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let code = |word: &str| match word {
        words::UNKNOWN => Some(word.to_owned()),
        code => code.parse().ok().map(|code: Code| code.to_string()),
    };
    let codes = words::read(place, node, &["en", "zh", "de"], code).map_err(|found| {
        let help = "write language codes of two letters: `[en, zh, de]`";
        found.into_iter().map(|diagnostic| diagnostic.help(help)).collect::<Vec<_>>()
    })?;
    Ok(Box::new(Language(codes)))
}

impl Condition for Language {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        words::one_of(&self.0, scene.moment.language.as_ref().map(Code::as_str))
    }

    fn wanted(&self) -> String {
        format!("language {}", words::either(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        match scene.moment.language {
            Some(language) => format!("language {language}"),
            None => "an unknown language".to_owned(),
        }
    }
}
