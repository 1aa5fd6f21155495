//! What is known of a buyer, for the people who answer, and what people say of one.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        audit::Deed,
        ids::{AgentName, TicketId},
        language::Language,
        search::DocumentKind,
        ticket::TicketState,
        zone,
    },
    store::{
        Store,
        audit::{self, Actor},
        database::{Tx, resumed},
        error::StoreError,
        indexing,
        once::Call,
        thread::{index_key, language_of},
    },
};

/// The newest notes and tickets that a card shows.
const MOST: u32 = 20;

/// A grade is a word on a card.
const LONGEST_GRADE: usize = 20;

/// Grades that lift a ticket in the queue, and how far: the words shops use most. Others are for people alone.
const RANKS: [(&str, i64); 6] = [("vip", 2), ("a+", 2), ("a", 2), ("gold", 2), ("b", 1), ("silver", 1)];

/// Returns how far a grade lifts a buyer's tickets in the queue, 0 to 2.
fn grade_rank(grade: &str) -> i64 {
    let grade = grade.to_lowercase();
    RANKS.iter().find(|(known, _)| *known == grade).map_or(0, |(_, rank)| *rank)
}

/// What is known of a buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuyerCard {
    /// The lower-cased address or chat key; empty when nobody can be named.
    pub key: String,
    /// The name as last seen.
    pub name: Option<String>,
    /// The language of the last message we were sure of, or what a person set.
    pub language: Option<Language>,
    /// ISO 3166-1 alpha-2, as the buyer told us, or a person set.
    pub country: Option<String>,
    /// Answers to this address are switched off: hard bounce, complaint or opt-out.
    pub suppressed: bool,
    /// The grade the shop gave.
    pub grade: Option<String>,
    /// When the buyer first wrote; none if it never did under this key.
    pub first_seen: Option<Timestamp>,
    /// What people noted, newest first.
    pub notes: Vec<BuyerNote>,
    /// The buyer's tickets but this one, newest first.
    pub tickets: Vec<EarlierTicket>,
    /// How many messages came from this key, over all channels and accounts.
    pub messages: u32,
}

/// What a person noted of a buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuyerNote {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// Another ticket of the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EarlierTicket {
    /// Its number.
    pub id: TicketId,
    /// Where it stands.
    pub state: TicketState,
    /// What it is about.
    pub subject: String,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// What a person says of a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuyerAct {
    /// Write something on the card.
    Note(String),
    /// Give a grade, or take it away, under every address of the person; when they part, it stays with this one.
    Grade(Option<String>),
    /// The language to write in, whatever messages seem to be written in; none leaves it to the messages again.
    Language(Option<Language>),
    /// Where the buyer lives; none leaves it to the messages again.
    Country(Option<String>),
}

/// Why something cannot be said of a buyer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBuyerAct {
    /// Nothing was written.
    #[error("the note is empty")]
    EmptyNote,
    /// No word.
    #[error("`{0}` is no grade: one to {LONGEST_GRADE} letters and digits")]
    BadGrade(String),
    /// No country.
    #[error("`{0}` is no country: write its code of two letters, such as `DE`")]
    NoCountry(String),
}

impl BuyerAct {
    /// Returns the act as it is kept, or why it is none.
    pub fn checked(self) -> Result<Self, BadBuyerAct> {
        match self {
            Self::Note(text) if text.trim().is_empty() => Err(BadBuyerAct::EmptyNote),
            Self::Grade(Some(grade)) => {
                let kept = grade.trim().to_owned();
                let plain = kept.chars().all(|sign| sign.is_alphanumeric() || "+-_".contains(sign));
                if kept.is_empty() || !plain || kept.chars().count() > LONGEST_GRADE {
                    return Err(BadBuyerAct::BadGrade(grade));
                }
                Ok(Self::Grade(Some(kept)))
            }
            Self::Country(Some(code)) => {
                let kept = code.trim().to_ascii_uppercase();
                if zone::is_country(&kept) { Ok(Self::Country(Some(kept))) } else { Err(BadBuyerAct::NoCountry(code)) }
            }
            act => Ok(act),
        }
    }

    fn audited(&self) -> (Deed, String) {
        match self {
            Self::Note(_) => (Deed::BuyerNoted, String::new()),
            Self::Grade(grade) => (Deed::BuyerGraded, grade.clone().unwrap_or_default()),
            Self::Language(language) => {
                (Deed::BuyerLanguageSet, language.map_or_else(String::new, |l| l.as_str().to_owned()))
            }
            Self::Country(country) => (Deed::BuyerCountrySet, country.clone().unwrap_or_default()),
        }
    }
}

impl Store {
    /// Writes what a person says of a buyer, and who said it. Returns false if nobody of that key is known. The act must be
    /// [`BuyerAct::checked`].
    pub async fn change_buyer(
        &self,
        key: &str,
        by: &AgentName,
        act: &BuyerAct,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("changing a buyer's card").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let key = index_key(key);
            let Some(row) = tx.first("SELECT id FROM buyer WHERE key = $1", &[key.as_ref().into()]).await? else {
                return Ok(false);
            };
            let id: i64 = row.get("id")?;
            write(&mut tx, id, &key, by, act, now).await?;
            let (what, text) = act.audited();
            audit::note(&mut tx, &Actor::here(by.as_str()), what, format!("buyer {id} {text}").trim_end(), now).await?;
            crate::failpoint::reach("store.buyer.before");
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Returns what is known of the buyer of that key; the card of nobody if nothing is.
    pub async fn buyer_card(&self, key: &str) -> Result<BuyerCard, StoreError> {
        let mut tx = self.db.read("reading a buyer's card").await?;
        card(&mut tx, key, TicketId(0)).await
    }
}

async fn write(
    tx: &mut Tx,
    id: i64,
    key: &str,
    by: &AgentName,
    act: &BuyerAct,
    now: Timestamp,
) -> Result<(), StoreError> {
    match act {
        BuyerAct::Note(text) => {
            let row = tx
                .one(
                    "INSERT INTO buyer_note (buyer, at, actor, text) VALUES ($1, $2, $3, $4) RETURNING id",
                    &[key.into(), now.into(), by.as_str().into(), text.into()],
                )
                .await?;
            return indexing::queue(tx, DocumentKind::BuyerNote, row.get("id")?).await;
        }
        BuyerAct::Grade(grade) => {
            let addresses = tx
                .all(
                    "SELECT id FROM buyer
                     WHERE id = $1 OR person = (SELECT p.person FROM buyer p WHERE p.id = $1) ORDER BY id",
                    &[id.into()],
                )
                .await?;
            for row in addresses {
                let address: i64 = row.get("id")?;
                set_grade(tx, address, grade.as_deref(), (address != id).then_some(id), now).await?;
            }
            tx.execute("UPDATE buyer SET own_grade = $2 WHERE id = $1", &[id.into(), grade.as_deref().into()]).await?
        }
        BuyerAct::Language(language) => {
            tx.execute(
                "UPDATE buyer SET language = $2, language_set = $3, changed_at = $4 WHERE id = $1",
                &[id.into(), language.as_ref().map(Language::as_str).into(), language.is_some().into(), now.into()],
            )
            .await?
        }
        BuyerAct::Country(country) => {
            tx.execute(
                "UPDATE buyer SET country = $2, country_set = $3, changed_at = $4 WHERE id = $1",
                &[id.into(), country.as_deref().into(), country.is_some().into(), now.into()],
            )
            .await?
        }
    };
    Ok(())
}

/// Writes the grade that an address has, and lifts its tickets as far as that means; `from` is the other address of the
/// person whose grade it is, none if it is its own.
pub(super) async fn set_grade(
    tx: &mut Tx,
    id: i64,
    grade: Option<&str>,
    from: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rank = grade.map_or(0, grade_rank);
    tx.execute(
        "UPDATE ticket SET grade_rank = $2 WHERE state <> 'closed' AND thread IN (
           SELECT t.id FROM buyer b JOIN thread t ON t.participant = b.key WHERE b.id = $1)",
        &[id.into(), rank.into()],
    )
    .await?;
    tx.execute(
        "UPDATE buyer SET grade = $2, grade_rank = $3, grade_from = $4, changed_at = $5 WHERE id = $1",
        &[id.into(), grade.into(), rank.into(), from.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// Reads the card of a buyer; `without` is the ticket it lies beside.
pub(super) async fn card(tx: &mut Tx, key: &str, without: TicketId) -> Result<BuyerCard, StoreError> {
    let key = index_key(key);
    let known = tx
        .first(
            "SELECT name, language, country, suppressed, grade, first_seen FROM buyer WHERE key = $1",
            &[key.as_ref().into()],
        )
        .await?;
    let mut card = BuyerCard {
        key: key.clone().into_owned(),
        name: None,
        language: None,
        country: None,
        suppressed: false,
        grade: None,
        first_seen: None,
        notes: notes(tx, &key).await?,
        tickets: tickets(tx, &key, without).await?,
        messages: 0,
    };
    if let Some(row) = known {
        card.name = row.get("name")?;
        card.language = language_of(&row, "language")?;
        card.country = row.get("country")?;
        card.suppressed = row.flag("suppressed")?;
        card.grade = row.get("grade")?;
        card.first_seen = row.maybe_moment("first_seen")?;
    }
    if !key.is_empty() {
        let row =
            tx.one("SELECT COUNT(*) AS messages FROM inbound WHERE sender_key = $1", &[key.as_ref().into()]).await?;
        card.messages = row.count("messages")?;
    }
    Ok(card)
}

async fn notes(tx: &mut Tx, key: &str) -> Result<Vec<BuyerNote>, StoreError> {
    let rows = tx
        .all(
            "SELECT at, actor, text FROM buyer_note WHERE buyer = $1 ORDER BY id DESC LIMIT $2",
            &[key.into(), MOST.into()],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(BuyerNote { at: row.moment("at")?, by: row.get("actor")?, text: row.get("text")? }))
        .collect()
}

async fn tickets(tx: &mut Tx, key: &str, without: TicketId) -> Result<Vec<EarlierTicket>, StoreError> {
    if key.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx
        .all(
            "SELECT k.id, k.state, k.subject, k.opened_at FROM thread t JOIN ticket k ON k.thread = t.id
             WHERE t.participant = $1 AND k.id <> $2 ORDER BY k.id DESC LIMIT $3",
            &[key.into(), without.0.into(), MOST.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(EarlierTicket {
                id: TicketId(row.get("id")?),
                state: row.word("state", TicketState::from_word)?,
                subject: row.get("subject")?,
                opened_at: row.moment("opened_at")?,
            })
        })
        .collect()
}
