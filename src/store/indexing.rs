//! What is to be made searchable: queued by whoever writes it, in the same transaction, and indexed a moment later.
//!
//! The queue cannot lose a text: a row leaves it in the transaction that indexes the text. Several processes may work on it
//! at once: of two that index the same row, one finds it gone and writes nothing. The newest is taken first, so that what
//! was just said is found at once while a store of years is read for the first time.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    failpoint,
    model::{
        ids::{AccountName, ThreadId},
        outbound::Payload,
        satisfaction,
        search::{Document, DocumentKind},
        ticket::EventKind,
    },
    store::{
        Store,
        database::{Row, Tx, retried},
        error::StoreError,
    },
};

/// PostgreSQL keeps at most so many places of one word, and counts them up to [`LAST_PLACE`].
const MOST_PLACES: usize = 255;
const LAST_PLACE: usize = 16_383;

/// Which lines of a ticket's history can be found: what people wrote for colleagues, and what buyers say of how they were
/// served. Messages are documents of their own.
pub(super) const FOUND_EVENTS: [EventKind; 3] = [EventKind::Note, EventKind::Closed, EventKind::Rated];

impl Store {
    /// Returns texts that wait to be made searchable, the newest first. Rows whose text is gone come without one.
    pub async fn unindexed(&self, limit: u32) -> Result<Vec<Document>, StoreError> {
        let rows = self
            .db
            .ask(
                "reading what is to be made searchable",
                "SELECT q.id, q.kind, q.source, COALESCE(i.account, o.account, k.account, '') AS account,
                        COALESCE(i.thread, o.thread, k.thread) AS thread,
                        COALESCE(i.decided_at, o.created_at, e.at, w.at, 0) AS at, i.sender_name, i.sender_key, i.subject,
                        i.text, i.in_sent, o.payload, o.author, COALESCE(e.actor, w.actor) AS actor,
                        COALESCE(e.text, w.text) AS said, COALESCE(t.participant, w.buyer) AS participant, b.name
                 FROM search_queue q
                 LEFT JOIN inbound i ON q.kind = 'inbound' AND i.id = q.source
                 LEFT JOIN outbox o ON q.kind = 'outbox' AND o.id = q.source
                 LEFT JOIN ticket_event e ON q.kind = 'event' AND e.id = q.source
                 LEFT JOIN ticket k ON k.id = e.ticket
                 LEFT JOIN thread t ON t.id = COALESCE(i.thread, o.thread, k.thread)
                 LEFT JOIN buyer_note w ON q.kind = 'buyer_note' AND w.id = q.source
                 LEFT JOIN buyer b ON b.key = COALESCE(t.participant, w.buyer)
                 ORDER BY q.id DESC LIMIT $1",
                &[limit.into()],
            )
            .await?;
        rows.iter().map(document).collect()
    }

    /// Makes documents searchable by these words and takes them out of the queue; those that somebody else took out
    /// meanwhile stay as they are. A text that was indexed before, such as that of a message decided again, is found by
    /// its new words only.
    pub async fn index(&self, documents: &[(Document, Vec<String>)]) -> Result<(), StoreError> {
        // Ascending numbers are written into one piece of the index.
        let mut documents: Vec<_> = documents.iter().collect();
        documents.sort_by_key(|(document, _)| document.id);
        let documents = &documents;
        retried(|| async {
            let mut tx = self.db.beside("making texts searchable").await?;
            for (document, words) in documents {
                let queued =
                    tx.first("DELETE FROM search_queue WHERE id = $1 RETURNING id", &[document.id.into()]).await?;
                if queued.is_some() {
                    write(&mut tx, document, words).await?;
                }
            }
            failpoint::reach("store.index.before");
            tx.commit().await?;
            failpoint::reach("store.index.after");
            Ok(())
        })
        .await
    }

    /// Returns how many texts wait to be made searchable, at most `limit`.
    pub async fn unindexed_count(&self, limit: u32) -> Result<u32, StoreError> {
        let rows = self
            .db
            .ask(
                "counting what is to be made searchable",
                "SELECT COUNT(*) AS many FROM (SELECT q.id FROM search_queue q LIMIT $1) c",
                &[limit.into()],
            )
            .await?;
        rows.first().map_or(Ok(0), |row| row.count("many"))
    }
}

/// Lets a text be made searchable, with the transaction that writes it.
pub(super) async fn queue(tx: &mut Tx, kind: DocumentKind, source: i64) -> Result<(), StoreError> {
    tx.execute("INSERT INTO search_queue (kind, source) VALUES ($1, $2)", &[kind.as_str().into(), source.into()])
        .await?;
    Ok(())
}

async fn write(tx: &mut Tx, document: &Document, words: &[String]) -> Result<(), StoreError> {
    let source = [document.kind.as_str().into(), document.source.into()];
    let before = tx.first("DELETE FROM search_doc WHERE kind = $1 AND source = $2 RETURNING id", &source).await?;
    if let Some(before) = before {
        tx.forget_words(before.get("id")?).await?;
    }
    tx.execute(
        "INSERT INTO search_doc (id, kind, source, thread, account, at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            document.id.into(),
            document.kind.as_str().into(),
            document.source.into(),
            document.thread.map(|thread| thread.0).into(),
            document.account.as_str().into(),
            document.at.into(),
        ],
    )
    .await?;
    tx.keep_words(document.id, words).await
}

/// Writes words as SQLite's index reads them: one after the other.
pub(super) fn as_row(words: &[String]) -> String {
    words.join(" ")
}

/// Writes words as PostgreSQL reads a `tsvector`: each once, with its places.
pub(super) fn as_vector(words: &[String]) -> String {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, word) in words.iter().enumerate() {
        let places = places.entry(word).or_default();
        if places.len() < MOST_PLACES {
            places.push((place + 1).min(LAST_PLACE));
        }
    }
    let mut vector = String::new();
    for (word, places) in places {
        let places: Vec<String> = places.iter().map(ToString::to_string).collect();
        // Writing to a string cannot fail.
        let _infallible = write!(vector, "{}:{} ", as_lexeme(word), places.join(","));
    }
    vector
}

/// Quotes a word for a `tsvector` or `tsquery`.
pub(super) fn as_lexeme(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

fn document(row: &Row) -> Result<Document, StoreError> {
    let text = |column| row.get::<Option<String>>(column);
    let payload = match text("payload")? {
        Some(_) => Some(row.json::<Payload>("payload")?),
        None => None,
    };
    let said = match &payload {
        Some(payload) => satisfaction::without_links(payload.text()),
        None => satisfaction::without_links(&text("text")?.or(text("said")?).unwrap_or_default()),
    };
    let mut from = vec![text("sender_name")?, text("sender_key")?, text("author")?, text("actor")?];
    from.dedup();
    Ok(Document {
        id: row.get("id")?,
        kind: row.word("kind", DocumentKind::from_word)?,
        source: row.get("source")?,
        thread: row.get::<Option<i64>>("thread")?.map(ThreadId),
        account: AccountName::new(row.get::<String>("account")?),
        at: row.moment("at")?,
        buyer: [text("name")?, text("participant")?].into_iter().flatten().collect(),
        from: from.into_iter().flatten().collect(),
        subject: text("subject")?.unwrap_or_default(),
        text: said,
    })
}
