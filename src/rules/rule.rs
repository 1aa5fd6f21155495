//! The compiled rule: what a rule file means once nothing in it is wrong.

use crate::{
    diagnostic::source::{FileId, Span},
    model::{
        ids::{IntentId, ReplyId},
        language::Language,
        mode::Mode,
        ticket::Urgency,
    },
    rules::{condition::Conditions, find::Manner, prefilter::PhraseId, program::Expression},
};

/// One intent and how it is recognised.
#[derive(Debug)]
pub struct Rule {
    /// The intent, which is the stem of the file.
    pub id: IntentId,
    /// What it is about, for people.
    pub title: String,
    /// The folder it lies in.
    pub category: Category,
    /// What follows from a hit.
    pub action: Action,
    /// How far it is trusted.
    pub mode: Mode,
    /// -100 to 100; higher wins.
    pub priority: i32,
    /// What the reply cannot do without.
    pub needs: Vec<Need>,
    /// What is answered.
    pub reply: Option<Named<ReplyId>>,
    /// What is said when a person will write.
    pub ack: Option<Named<ReplyId>>,
    /// How soon a person must look.
    pub urgency: Urgency,
    /// An escalation lets the other half of the message be answered.
    pub with_answer: bool,
    /// How far the examples may speak for it where no pattern does.
    pub similar: Similarity,
    /// Labels for the ticket.
    pub tags: Vec<String>,
    /// The languages it has patterns in, sorted.
    pub languages: Vec<Language>,
    /// Its contract.
    pub examples: Vec<Example>,
    /// Where it is written.
    pub file: FileId,
    /// What buyers write; one hit is enough.
    pub(in crate::rules) say: Vec<Phrase>,
    /// What switches it off for a sentence.
    pub(in crate::rules) unless: Vec<Phrase>,
    /// What must hold.
    pub when: Conditions,
    /// It counts in messages that say nothing else.
    pub(in crate::rules) alone: bool,
    /// A negator before the words does not matter.
    pub(in crate::rules) ignore_negation: bool,
    /// What it says in other languages is left out; empty if nothing is.
    pub(in crate::rules) only: Vec<Language>,
}

impl Rule {
    /// Leaves out what a rule that answers says in other languages than these; none named are all.
    pub(in crate::rules) fn speak_only(&mut self, languages: &[Language]) {
        if self.action == Action::Answer {
            languages.clone_into(&mut self.only);
        }
    }

    /// Returns whether anything is recognised in that language.
    pub fn speaks(&self, language: Language) -> bool {
        is_among(&self.only, language)
    }

    /// Returns whether it counts only in messages that say nothing else.
    pub fn counts_alone(&self) -> bool {
        self.alone
    }

    /// Returns how one of its phrases may be found.
    pub(in crate::rules) fn manner(&self, id: PhraseId) -> Manner {
        self.say[id.phrase as usize].manner(self.ignore_negation)
    }
}

/// Returns whether a language is one of these; none named are all.
pub(in crate::rules) fn is_among(only: &[Language], language: Language) -> bool {
    only.is_empty() || only.contains(&language)
}

/// One compiled pattern with the text it came from.
#[derive(Debug)]
pub(in crate::rules) struct Phrase {
    pub(in crate::rules) language: Language,
    /// As the seller wrote it.
    pub(in crate::rules) text: String,
    pub(in crate::rules) expression: Expression,
    /// It holds a negator itself, so that one before it says nothing new.
    pub(in crate::rules) negative: bool,
}

impl Phrase {
    /// Returns how it may be found where its rule does or does not ignore negation.
    pub(in crate::rules) fn manner(&self, ignore_negation: bool) -> Manner {
        let negators = (!ignore_negation && !self.negative).then_some(self.language);
        Manner { negators, repairs: !self.negative }
    }
}

/// A name with the place where it is written, so that a check can point at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T> {
    /// The name.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

/// A value the reply cannot do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The name of the value.
    pub slot: String,
    /// Where it may come from; the first that has it wins.
    pub from: Vec<Named<Source>>,
    /// The question to ask when nothing has it.
    pub ask: Option<Named<ReplyId>>,
}

/// Where a needed value may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `entity.country`: recognised in the message.
    Entity(String),
    /// `buyer.country`: known about the buyer.
    Buyer(BuyerField),
    /// `order.status`: known about the order in question.
    Order(OrderField),
    /// `situation.text`: the situation in force.
    Situation,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every word, as written in files.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Returns what the word means.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// Returns the word used in files.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

words! {
    /// What follows from a hit.
    Action {
        /// The reply goes out.
        Answer = "answer",
        /// A person must look.
        Escalate = "escalate",
        /// Kept and listed, nobody is alerted.
        Suppress = "suppress",
    }
}

words! {
    /// What a reply may need to know about the buyer.
    BuyerField {
        /// ISO 3166-1 alpha-2.
        Country = "country",
        /// The shop's own grade.
        Grade = "grade",
        /// The name as last seen.
        Name = "name",
    }
}

words! {
    /// What a reply may need to know about the order in question.
    OrderField {
        /// As the shop or the marketplace writes it.
        Number = "number",
        /// Where it stands.
        Status = "status",
        /// Who carries the parcel.
        Carrier = "carrier",
        /// The tracking number.
        Tracking = "tracking",
        /// The day it was placed.
        Placed = "placed",
        /// The day it was handed to the carrier.
        Shipped = "shipped",
        /// The day it was delivered.
        Delivered = "delivered",
    }
}

words! {
    /// What a rule is about; the folder it lies in.
    Category {
        /// Before buying.
        PreSale = "pre_sale",
        /// Placing, changing, cancelling.
        Order = "order",
        /// Where it is.
        Tracking = "tracking",
        /// Returns, refunds, use.
        AfterSale = "after_sale",
        /// Something went wrong.
        Complaint = "complaint",
        /// Thanks and goodbyes.
        Closing = "closing",
        /// Not about the shop at all.
        Foreign = "foreign",
        /// Everything else.
        Other = "other",
    }
}

words! {
    /// How far likeness to the examples may speak for a rule where no pattern hits.
    Similarity {
        /// Not at all.
        Never = "never",
        /// It makes a draft or names the intent of the ticket.
        Suggest = "suggest",
        /// It may answer, if nothing leaves a doubt.
        Auto = "auto",
    }
}

words! {
    /// What a negator before the words of a hit means.
    Negation {
        /// The hit does not count.
        Respect = "respect",
        /// Nothing.
        Ignore = "ignore",
    }
}

/// A sentence a buyer would write, and whether this rule is meant by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its language.
    pub language: Language,
    /// The sentence.
    pub text: String,
    /// `match`, or else `skip`.
    pub matches: bool,
    /// Where it is written.
    pub span: Span,
}
