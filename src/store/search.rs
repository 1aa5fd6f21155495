//! Full-text search: which texts hold some words, the newest first.
//!
//! SQLite's FTS5 and PostgreSQL's inverted index know words only (`text/search_text.rs` makes them); what a person may see,
//! and what stands in tables, is compared by the statement around them. A search looks at so many texts at most and says
//! where it stopped, so that no words make it slow; whoever wants more goes on from there.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        ids::{AccountName, BuyerId, ThreadId, TicketId},
        outbound::Payload,
        satisfaction,
        search::{BETWEEN, DocumentKind, Phrase, SearchQuery, account_word, no_account, thread_word},
        ticket::TicketState,
    },
    store::{
        Store,
        database::{Pools, Row, Value},
        error::StoreError,
        indexing::as_lexeme,
        queue::{named, quoted},
    },
};

/// The most results of one page, whatever is asked for.
pub const MOST_FOUND: u32 = 100;

/// How many texts with the words one search looks at for those that fit otherwise too.
const MOST_LOOKED: u32 = 2_000;

/// PostgreSQL's inverted index knows no order, so a word of every second text would bring millions. The newest texts are
/// looked at one by one first: a word that is not among so many is rare enough to be gathered.
const NEWEST: u32 = 5_000;

/// Words that so many of the newest texts hold are found faster by looking on than by gathering: of five million texts,
/// gathering sixty of 5,000 takes about as long as looking at the 200,000 among which enough of them are.
const OFTEN: u32 = 60;

/// What is attempted, for messages.
const SEARCHING: &str = "searching";

/// Whose search it is and which part of its results.
#[derive(Debug, Clone, Copy)]
pub struct SearchScope<'a> {
    /// The accounts whose messages the person may see; none: all of them.
    pub accounts: Option<&'a [AccountName]>,
    /// Only older texts than the one of this number; none at first.
    pub before: Option<i64>,
    /// At most so many results, and never more than [`MOST_FOUND`].
    pub limit: u32,
}

/// A text that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchHit {
    /// Its number among all texts that can be found.
    pub id: i64,
    /// What it is.
    pub kind: DocumentKind,
    /// Its row in the table of its kind.
    pub source: i64,
    /// Its conversation.
    pub thread: Option<ThreadId>,
    /// The ticket it belongs to: its own for a note, else the newest of the conversation.
    pub ticket: Option<TicketId>,
    /// Where that ticket stands.
    pub state: Option<TicketState>,
    /// The mailbox or bot.
    pub account: AccountName,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it; `nightdesk` for the machine.
    pub by: String,
    /// The buyer it is about.
    pub buyer: String,
    /// The buyer's row, where it is a note about one.
    pub noted: Option<BuyerId>,
    /// The subject of the ticket, else of the message.
    pub subject: String,
    /// The whole text.
    pub text: String,
}

/// A part of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchPage {
    /// The newest first.
    pub hits: Vec<SearchHit>,
    /// Where to go on; none if nothing older can be there.
    pub next: Option<i64>,
}

/// The texts that were looked at (SQLite begins with them because of the CROSS JOIN), and of those the ones that fit, with what is shown of them.
macro_rules! hits {
    ($looked:literal) => {
        concat!(
            "WITH looked AS (",
            $looked,
            ")
             SELECT m.last, m.many, h.id, h.kind, h.source, h.thread, h.account, h.at, h.ticket, k.state,
                    k.subject AS matter, k.buyer, COALESCE(i.subject, (SELECT x.subject FROM inbound x WHERE x.id = o.inbound)) AS subject,
                    COALESCE(i.sender_name, i.sender_key) AS sender, i.text,
                    i.in_sent, o.payload, o.human, o.author, COALESCE(e.actor, w.actor) AS actor,
                    COALESCE(e.text, w.text) AS said, v.id AS noted,
                    COALESCE(b.name, t.participant, v.name, w.buyer) AS participant
             FROM (SELECT MIN(l.id) AS last, COUNT(*) AS many FROM looked l) m
             LEFT JOIN (
               SELECT f.id, f.kind, f.source, f.thread, f.account, f.at,
                      COALESCE((SELECT e.ticket FROM ticket_event e WHERE f.kind = 'event' AND e.id = f.source),
                               (SELECT MAX(x.id) FROM ticket x WHERE x.thread = f.thread
                                  AND ($4 IS NULL OR REPLACE($4, '\n' || x.account || '\n', '') <> $4))) AS ticket
               FROM (
                 SELECT d.id, d.kind, d.source, d.thread, d.account, d.at
                 FROM looked l CROSS JOIN search_doc d
                 WHERE d.id = l.id AND ($4 IS NULL OR REPLACE($4, '\n' || d.account || '\n', '') <> $4
                     OR (d.kind = 'buyer_note' AND EXISTS (
                       SELECT r.id FROM buyer_note n JOIN thread r ON r.participant = n.buyer
                       WHERE n.id = d.source AND REPLACE($4, '\n' || r.account || '\n', '') <> $4)))
                   AND (d.kind <> 'outbox' OR EXISTS (
                     SELECT o.id FROM outbox o WHERE o.id = d.source AND o.state <> 'cancelled'))
                   AND ($5 IS NULL OR $5 = (
                     SELECT x.state FROM ticket x WHERE x.thread = d.thread ORDER BY x.id DESC LIMIT 1))
                   AND ($6 IS NULL OR EXISTS (
                     SELECT x.id FROM ticket x WHERE x.thread = d.thread AND REPLACE(x.tags, $6, '') <> x.tags))
                 ORDER BY d.id DESC LIMIT $7) f) h ON 1 = 1
             LEFT JOIN ticket k ON k.id = h.ticket
             LEFT JOIN inbound i ON h.kind = 'inbound' AND i.id = h.source
             LEFT JOIN outbox o ON h.kind = 'outbox' AND o.id = h.source
             LEFT JOIN ticket_event e ON h.kind = 'event' AND e.id = h.source
             LEFT JOIN thread t ON t.id = h.thread
             LEFT JOIN buyer b ON b.key = t.participant
             LEFT JOIN buyer_note w ON h.kind = 'buyer_note' AND w.id = h.source
             LEFT JOIN buyer v ON v.key = w.buyer
             ORDER BY h.id DESC"
        )
    };
}

/// On SQLite the index hands numbers out from the newest on, as many as are asked for.
pub const SQLITE: &str = hits!(
    "SELECT rowid AS id FROM search_words WHERE search_words MATCH $1 AND rowid < $2 AND $8 > 0
     ORDER BY rowid DESC LIMIT $3"
);

/// On PostgreSQL the newest texts are looked at first, one by one.
pub const POSTGRES_NEWEST: &str = hits!(
    "SELECT n.id FROM (SELECT w.id, w.words FROM search_words w WHERE w.id < $2 ORDER BY w.id DESC LIMIT $8) n
     WHERE n.words @@ CAST($1 AS TSQUERY) ORDER BY n.id DESC LIMIT $3"
);

/// On PostgreSQL, then, every text with the words is gathered by the inverted index; the sum keeps it from walking the numbers.
pub const POSTGRES_GATHERED: &str = hits!(
    "SELECT w.id FROM search_words w WHERE w.words @@ CAST($1 AS TSQUERY) AND w.id < $2 AND $8 > 0
     ORDER BY w.id + 0 DESC LIMIT $3"
);

impl Store {
    /// Returns texts that fit a query, the newest first. Everything that can be found is found a moment after it was
    /// written.
    pub async fn search(&self, query: &SearchQuery, scope: SearchScope<'_>) -> Result<SearchPage, StoreError> {
        let Some(wanted) = self.wanted(query, scope.accounts).await? else { return Ok(SearchPage::default()) };
        let limit = scope.limit.clamp(1, MOST_FOUND);
        let accounts = named(scope.accounts);
        let tag = query.tag.as_deref().map(quoted);
        let words = match &self.db.pools {
            Pools::Sqlite { .. } => wanted.as_match(),
            Pools::Postgres(_) => wanted.as_tsquery(),
        };
        let mut values: [Value<'_>; 8] = [
            (&words).into(),
            scope.before.unwrap_or(i64::MAX).into(),
            MOST_LOOKED.into(),
            accounts.as_deref().into(),
            query.state.map(TicketState::as_str).into(),
            tag.as_deref().into(),
            limit.into(),
            NEWEST.into(),
        ];
        if let Pools::Sqlite { .. } = &self.db.pools {
            return page(&self.db.ask(SEARCHING, SQLITE, &values).await?, limit);
        }
        let rows = self.db.ask(SEARCHING, POSTGRES_NEWEST, &values).await?;
        let newest = page(&rows, limit)?;
        if newest.next.is_some() {
            return Ok(newest);
        }
        let many = rows.first().map_or(Ok(0), |row| row.count("many"))?;
        if many >= OFTEN {
            // A quarter more, because words are not spread evenly.
            values[7] = (NEWEST * MOST_LOOKED / many * 5 / 4).into();
            let more = page(&self.db.ask(SEARCHING, POSTGRES_NEWEST, &values).await?, limit)?;
            if more.next.is_some() {
                return Ok(more);
            }
        }
        page(&self.db.ask(SEARCHING, POSTGRES_GATHERED, &values).await?, limit)
    }

    /// Returns the words of a query with those that stand for accounts and conversations; none if it names a ticket that
    /// is not there.
    async fn wanted(
        &self,
        query: &SearchQuery,
        accounts: Option<&[AccountName]>,
    ) -> Result<Option<Wanted>, StoreError> {
        let mut all: Vec<Vec<Phrase>> = query.all.iter().map(|phrase| vec![phrase.clone()]).collect();
        if let Some(accounts) = accounts {
            if accounts.is_empty() {
                return Ok(None);
            }
            // What belongs to no account is looked at row by row.
            let own = accounts.iter().map(account_word).chain([account_word(&no_account())]);
            all.push(own.map(word).collect());
        }
        if let Some(ticket) = query.ticket {
            let rows = self
                .db
                .ask(
                    "looking for a ticket",
                    "SELECT k.thread FROM ticket k WHERE k.id = $1
                     UNION SELECT t.id AS thread FROM thread t WHERE t.merged_into = $1",
                    &[ticket.0.into()],
                )
                .await?;
            if rows.is_empty() {
                return Ok(None);
            }
            let threads = rows.iter().map(|row| Ok(word(thread_word(ThreadId(row.get("thread")?)))));
            all.push(threads.collect::<Result<_, StoreError>>()?);
        }
        if all.is_empty() {
            all.push(vec![word(BETWEEN.to_owned())]);
        }
        Ok(Some(Wanted { all, none: query.none.clone() }))
    }
}

fn word(word: String) -> Phrase {
    Phrase { words: vec![word], prefix: false }
}

/// What the index is asked: of each group one phrase, and none of the others.
struct Wanted {
    all: Vec<Vec<Phrase>>,
    none: Vec<Phrase>,
}

impl Wanted {
    /// Writes it as FTS5 reads it; every word is quoted, so nothing of it is syntax.
    fn as_match(&self) -> String {
        let phrase = |phrase: &Phrase| {
            let words = phrase.words.join(" ").replace('"', "\"\"");
            format!("\"{words}\"{}", if phrase.prefix { "*" } else { "" })
        };
        self.written(phrase, [" AND ", " OR ", " NOT "])
    }

    /// Writes it as PostgreSQL reads a `tsquery`.
    fn as_tsquery(&self) -> String {
        let phrase = |phrase: &Phrase| {
            let mut words = phrase.words.iter().map(|word| as_lexeme(word)).collect::<Vec<_>>().join(" <-> ");
            if phrase.prefix {
                words.push_str(":*");
            }
            format!("({words})")
        };
        self.written(phrase, [" & ", " | ", " & !"])
    }

    fn written(&self, phrase: impl Fn(&Phrase) -> String, [and, or, not]: [&str; 3]) -> String {
        let either = |group: &[Phrase]| format!("({})", group.iter().map(&phrase).collect::<Vec<_>>().join(or));
        let mut text = format!("({})", self.all.iter().map(|group| either(group)).collect::<Vec<_>>().join(and));
        if !self.none.is_empty() {
            // Writing to a string cannot fail.
            let _infallible = write!(text, "{not}{}", either(&self.none));
        }
        text
    }
}

fn page(rows: &[Row], limit: u32) -> Result<SearchPage, StoreError> {
    let Some(first) = rows.first() else { return Ok(SearchPage::default()) };
    let hits: Vec<SearchHit> = rows.iter().filter_map(|row| hit(row).transpose()).collect::<Result<_, _>>()?;
    let full = hits.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next = match hits.last().filter(|_| full) {
        Some(last) => Some(last.id),
        None if first.count("many")? >= MOST_LOOKED => first.get("last")?,
        None => None,
    };
    Ok(SearchPage { hits, next })
}

/// Reads one result; none for the row that only says how far was looked.
fn hit(row: &Row) -> Result<Option<SearchHit>, StoreError> {
    let Some(id) = row.get::<Option<i64>>("id")? else { return Ok(None) };
    let text = |column| row.get::<Option<String>>(column);
    let payload = match text("payload")? {
        Some(_) => Some(row.json::<Payload>("payload")?),
        None => None,
    };
    let by = text("actor")?.or(text("sender")?).or(text("author")?);
    let machine = || if matches!(row.get("human"), Ok(Some(1_i64))) { "desk" } else { "nightdesk" }.to_owned();
    let state = match text("state")? {
        Some(_) => Some(row.word("state", TicketState::from_word)?),
        None => None,
    };
    Ok(Some(SearchHit {
        id,
        kind: row.word("kind", DocumentKind::from_word)?,
        source: row.get("source")?,
        thread: row.get::<Option<i64>>("thread")?.map(ThreadId),
        ticket: row.get::<Option<i64>>("ticket")?.map(TicketId),
        state,
        account: AccountName::new(row.get::<String>("account")?),
        at: row.moment("at")?,
        by: by.unwrap_or_else(machine),
        noted: row.get::<Option<i64>>("noted")?.map(BuyerId),
        buyer: text("buyer")?.or(text("participant")?).or(text("sender")?).unwrap_or_default(),
        subject: text("matter")?.or(text("subject")?).unwrap_or_default(),
        text: match &payload {
            Some(payload) => satisfaction::without_links(payload.text()),
            None => satisfaction::without_links(&text("text")?.or(text("said")?).unwrap_or_default()),
        },
    }))
}
