//! All replies of a shop, ready to be written: the one door to this module.
//!
//! A catalog is read once per change of files and never changes. Reading collects every problem; rendering is a function
//! of the order alone. Fact dates are judged at rendering, because a catalog outlives a day.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Zoned, civil};
use minijinja::Environment;

use crate::{
    diagnostic::{
        Diagnostic,
        nearest::nearest,
        source::{FileId, SourceMap, Span},
    },
    model::{
        ids::ReplyId, inbound::ChannelKind, language::Language, order, outbound::OutboundKind, switch::SituationSwitch,
        verdict::FactUsed,
    },
    replies::{
        compose,
        facts::Facts,
        read,
        situations::{self, Situation},
    },
};

/// The replies, frames, facts and situations of one shop.
#[derive(Debug)]
pub struct Catalog {
    pub(super) pages: BTreeMap<PageKey, Page>,
    /// Every text of every reply, also those with errors, which are no pages.
    pub(super) files: BTreeMap<ReplyId, BTreeMap<Language, FileId>>,
    pub(super) environment: Environment<'static>,
    pub(super) facts: Arc<Facts>,
    pub(super) situations: Vec<Situation>,
    /// The full names of facts that texts quote, those with errors included.
    pub(super) quoted: BTreeSet<String>,
    /// The names of the shop's own kinds of values.
    pub(super) own_kinds: Vec<String>,
    pub(super) hash: String,
}

/// Which file of a reply: `replies/<reply>/<language>.<form>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PageKey {
    pub reply: ReplyId,
    pub language: Language,
    pub form: Form,
}

/// The forms a reply or frame may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// `.txt`
    Text,
    /// `.telegram.txt`, frames only.
    Telegram,
    /// `.html`, replies only.
    Html,
}

/// One file that was read.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// The file.
    pub file: FileId,
    /// Its template in the environment.
    pub template: String,
    /// The template of its `Subject:` line.
    pub subject: Option<String>,
    /// Addresses the seller wrote in it.
    pub links: Vec<String>,
    /// Variables it names.
    pub variables: BTreeSet<String>,
    /// Variables the rule must provide.
    pub needed: Vec<(String, Span)>,
    /// How long its own words are, without tags and subject, in UTF-16 code units, as Telegram counts.
    pub units: usize,
    /// Where it says that nobody has written it yet.
    pub unwritten: Option<Span>,
    /// It says that people send it.
    pub by_hand: bool,
}

/// Something that replies quote and that the starter pack made up: the shop's own value must take its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUp {
    /// What it is, in words: "the fact `shipping.free_from`".
    pub what: String,
    /// Where it is marked `example: true`.
    pub span: Span,
}

/// A variable that every rule with this reply must list under `needs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Its name: `entity.country`.
    pub variable: String,
    /// Where a template uses it.
    pub span: Span,
}

/// How long one text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Length<'a> {
    /// The reply.
    pub reply: &'a ReplyId,
    /// Its language.
    pub language: Language,
    /// The file.
    pub file: FileId,
    /// UTF-16 code units.
    pub units: usize,
}

/// One message to be written: one or more replies between one greeting and one closing.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// What it is to the buyer. A draft may say what only a person may say.
    pub kind: OutboundKind,
    /// The replies, most important first; at least one.
    pub replies: &'a [ReplyId],
    /// The language of all words.
    pub language: Language,
    /// Where it goes: mail also gets HTML, Telegram has its own frame.
    pub channel: ChannelKind,
    /// What the engine knows.
    pub values: &'a Values,
    /// The day in the desk's zone, for facts and situations.
    pub today: civil::Date,
    /// Situations that somebody switched by hand.
    pub switched: &'a [SituationSwitch],
    /// What a colleague will write about.
    pub rest: Rest<'a>,
}

/// What of a message is left to a person beside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest<'a> {
    /// Nothing.
    Nothing,
    /// Something that is better not repeated.
    Unnamed,
    /// These questions, in the buyer's words and in quotation marks.
    Named(&'a str),
}

impl<'a> Rest<'a> {
    /// Returns the words, if it is named.
    pub fn words(self) -> Option<&'a str> {
        match self {
            Self::Named(words) => Some(words),
            Self::Nothing | Self::Unnamed => None,
        }
    }
}

/// What the engine knows. Templates name these values as listed in `replies::variables::VARIABLES`.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// The buyer's first name as the channel gave it; printed only if it looks like a name.
    pub buyer_first_name: Option<String>,
    /// The next day on which people work in the buyer's country, if today is a public holiday there.
    pub buyer_next_workday: Option<civil::Date>,
    /// The shop's name.
    pub shop_name: String,
    /// Recognised or remembered values by kind, in their machine form: `country` (ISO code), `order_number`.
    pub entities: BTreeMap<String, String>,
    /// The order in question, if it is known which one.
    pub order: Option<order::Order>,
    /// When a person will have written.
    pub human_eta: Option<HumanEta>,
    /// Where the buyer says how content they are; none but in the message that asks for it.
    pub satisfaction_url: Option<String>,
    /// When people are at the desk, ready to print; none if it has no hours.
    pub desk_hours: Option<String>,
    /// No person has read the message: the first line says so.
    pub automatic: bool,
}

/// When a person will have written.
#[derive(Debug, Clone, PartialEq)]
pub struct HumanEta {
    /// The moment, in the zone in which it is to be named.
    pub at: Zoned,
    /// That zone is the buyer's own; otherwise the text names it.
    pub zone_known: bool,
}

/// A message ready for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, if a reply sets one.
    pub subject: Option<String>,
    /// The plain text.
    pub text: String,
    /// The HTML alternative, for mail.
    pub html: Option<String>,
    /// The facts it quotes.
    pub facts: Vec<FactUsed>,
    /// The id of the situation it speaks of.
    pub situation: Option<String>,
}

/// Why no text was made. Each is a sentence for the ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The rule names a reply that does not exist.
    #[error("there is no reply `{reply}`")]
    NoSuchReply {
        /// The reply.
        reply: ReplyId,
    },
    /// The reply, or the frame, has no text in that language.
    #[error("the reply `{reply}` has no text in `{language}`")]
    NoLanguage {
        /// The reply; `_frame` for the frame.
        reply: ReplyId,
        /// The language.
        language: Language,
    },
    /// `nightdesk new` left a placeholder, and nobody has written the text.
    #[error("the reply `{reply}` is not written in `{language}` yet; write replies/{reply}/{language}.txt")]
    Unwritten {
        /// The reply.
        reply: ReplyId,
        /// The language.
        language: Language,
    },
    /// A value is missing.
    #[error("the reply `{reply}` needs `{what}`, which is not known")]
    Undefined {
        /// The reply.
        reply: ReplyId,
        /// The words of the template.
        what: String,
    },
    /// A fact has no value.
    #[error("the reply `{reply}` cannot be written: {what}")]
    FactMissing {
        /// The reply.
        reply: ReplyId,
        /// Which fact, as a clause.
        what: String,
    },
    /// A fact may no longer be quoted.
    #[error("the reply `{reply}` quotes the fact `{fact}`, which was valid until {valid_until}")]
    FactExpired {
        /// The reply.
        reply: ReplyId,
        /// The fact with its key.
        fact: String,
        /// Its last day.
        valid_until: civil::Date,
    },
    /// The text says what must not be said.
    #[error("the reply `{reply}` says `{phrase}`, which must not be sent automatically")]
    Promise {
        /// The reply.
        reply: ReplyId,
        /// The words.
        phrase: String,
    },
    /// The template itself failed.
    #[error("the reply `{reply}` cannot be written: {message}")]
    Template {
        /// The reply.
        reply: ReplyId,
        /// What the template engine said.
        message: String,
    },
}

impl Catalog {
    /// Reads every file under `replies/`; never stops at the first problem. A file with an error is left out. The shop's
    /// own kinds of values are known by the names of the other files among the sources, `rules/_entities/<kind>.yaml`.
    pub fn read(sources: &SourceMap, files: &[FileId]) -> (Self, Vec<Diagnostic>) {
        read::read(sources, files)
    }

    /// Returns whether there is such a reply, in any language.
    pub fn contains(&self, reply: &ReplyId) -> bool {
        self.texts().any(|key| key.reply == *reply)
    }

    /// Returns the names of all replies, sorted.
    pub fn names(&self) -> Vec<&ReplyId> {
        let mut names: Vec<&ReplyId> = self.texts().map(|key| &key.reply).collect();
        names.dedup();
        names
    }

    /// Returns the languages a reply is written in, sorted; empty if there is no such reply.
    pub fn languages(&self, reply: &ReplyId) -> Vec<Language> {
        self.texts().filter(|key| key.reply == *reply).map(|key| key.language).collect()
    }

    /// Returns the languages in which texts of a reply lie there, sorted; those with errors too.
    pub fn written(&self, reply: &ReplyId) -> Vec<Language> {
        self.files.get(reply).map_or_else(Vec::new, |texts| texts.keys().copied().collect())
    }

    /// Returns every reply of which there is a text, also one with errors, with the place of its first text; sorted.
    pub fn all(&self) -> Vec<(&ReplyId, Span)> {
        let first = |(reply, texts): (_, &BTreeMap<Language, FileId>)| {
            let file = texts.values().next()?;
            Some((reply, Span::new(*file, 0..0)))
        };
        self.files.iter().filter_map(first).collect()
    }

    /// Returns how long each text is together with the frame of its language, in UTF-16 code units, tags not counted: what
    /// every message made from it has at least.
    pub fn lengths(&self) -> Vec<Length<'_>> {
        let frames = self.pages.iter().filter(|(key, _)| key.reply.as_str() == read::FRAME && key.form == Form::Text);
        let frames: BTreeMap<Language, usize> = frames.map(|(key, page)| (key.language, page.units)).collect();
        let texts = self.pages.iter().filter(|(key, _)| is_text(key));
        texts
            .map(|(key, page)| {
                let units = page.units + frames.get(&key.language).copied().unwrap_or(0);
                Length { reply: &key.reply, language: key.language, file: page.file, units }
            })
            .collect()
    }

    /// Returns where the texts of a reply say that nobody has written them yet, with their languages.
    pub fn unwritten(&self, reply: &ReplyId) -> Vec<(Language, Span)> {
        let own = self.pages.iter().filter(|(key, _)| key.reply == *reply);
        own.filter_map(|(key, page)| Some((key.language, page.unwritten.clone()?))).collect()
    }

    /// Returns whether people send a reply themselves, as one of its texts says in its first line: `{# by hand: … #}`.
    pub fn is_by_hand(&self, reply: &ReplyId) -> bool {
        self.pages.iter().any(|(key, page)| key.reply == *reply && page.by_hand)
    }

    /// Returns where each text prints something of the situation in force.
    pub fn situation_uses(&self) -> Vec<(&ReplyId, FileId)> {
        let speaks = |page: &Page| page.variables.iter().any(|name| name.starts_with("situation."));
        self.pages.iter().filter(|(_, page)| speaks(page)).map(|(key, page)| (&key.reply, page.file)).collect()
    }

    /// Returns all situations, in the order of the file.
    pub fn situations(&self) -> &[Situation] {
        &self.situations
    }

    /// Returns the variables that rules with this reply must provide, with one place each.
    pub fn requirements(&self, reply: &ReplyId) -> Vec<Requirement> {
        let mut requirements: Vec<Requirement> = Vec::new();
        for (_, page) in self.pages.iter().filter(|(key, _)| key.reply == *reply) {
            for (variable, span) in &page.needed {
                if !requirements.iter().any(|known| known.variable == *variable) {
                    requirements.push(Requirement { variable: variable.clone(), span: span.clone() });
                }
            }
        }
        requirements
    }

    /// Returns the facts that no text quotes, sorted, with the places of their names. One that a misspelled name means is
    /// not among them.
    pub fn unused_facts(&self) -> Vec<(&str, Span)> {
        let names = self.facts.names();
        let mistyped = self.quoted.iter().filter(|quoted| !names.contains(&quoted.as_str()));
        let meant: Vec<&str> = mistyped.filter_map(|quoted| nearest(quoted, names.iter().copied())).collect();
        let unused = self.facts.places().filter(|(name, _)| !self.quoted.contains(*name) && !meant.contains(name));
        unused.map(|(name, span)| (name, span.clone())).collect()
    }

    /// Returns everything that a fact may say, by whatever key and in whatever language; nothing if there is none.
    pub fn fact_words(&self, name: &str) -> Vec<&str> {
        self.facts.words(name)
    }

    /// Returns the facts and situations that are still the starter pack's examples: facts first, each in order.
    pub fn made_up(&self) -> Vec<MadeUp> {
        let facts = self.facts.examples().into_iter();
        let facts = facts.map(|(name, span)| MadeUp { what: format!("the fact `{name}`"), span: span.clone() });
        let situations = self.situations.iter().filter_map(|situation| {
            let span = situation.example.clone()?;
            Some(MadeUp { what: format!("the situation `{}`", situation.id), span })
        });
        facts.chain(situations).collect()
    }

    /// Returns the situation in force on that day; of several the one that began last, or that somebody switched on.
    pub fn situation(&self, today: civil::Date, switches: &[SituationSwitch]) -> Option<&Situation> {
        self.situation_until(today, switches).map(|(situation, _)| situation)
    }

    /// Returns the situation in force on that day with the last day of this time.
    pub fn situation_until(
        &self,
        today: civil::Date,
        switches: &[SituationSwitch],
    ) -> Option<(&Situation, civil::Date)> {
        situations::in_force(&self.situations, switches, today)
    }

    /// Returns warnings that depend on the day: facts that expired or soon will, situations that are over.
    pub fn check_dates(&self, today: civil::Date) -> Vec<Diagnostic> {
        let mut diagnostics = self.facts.check_dates(today);
        diagnostics.extend(situations::check_dates(&self.situations, today));
        diagnostics
    }

    /// Writes one message. The same order gives the same message.
    pub fn render(&self, order: &Order<'_>) -> Result<Rendered, RenderError> {
        compose::message(self, order)
    }

    /// Returns the SHA-256 over all files that were read, in hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    fn texts(&self) -> impl Iterator<Item = &PageKey> {
        self.pages.keys().filter(|key| is_text(key))
    }
}

fn is_text(key: &PageKey) -> bool {
    key.form == Form::Text && key.reply.as_str() != read::FRAME
}
