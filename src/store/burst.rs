//! Messages that were decided together: each is ended as the last of them, and the decision is about what all of them say.

use crate::{
    model::{
        commit::{Commit, Joined},
        ids::{InboundId, ThreadId},
        satisfaction,
    },
    store::{commit, database::Tx, error::StoreError, thread},
};

/// Returns whether none of them was decided meanwhile.
pub(super) async fn is_undecided(tx: &mut Tx, joined: &[Joined]) -> Result<bool, StoreError> {
    for part in joined {
        let row =
            tx.first("SELECT id FROM inbound WHERE id = $1 AND state = 'undecided'", &[part.inbound.0.into()]).await?;
        if row.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Ends the earlier messages of a burst as its last one.
pub(super) async fn join(tx: &mut Tx, whole: &Commit, thread: ThreadId, account: &str) -> Result<(), StoreError> {
    for part in &whole.joined {
        commit::end(tx, whole, part.inbound, &part.envelope, thread).await?;
        if let Some(message_id) = &part.envelope.message_id {
            thread::register(tx, message_id, thread, account, false).await?;
        }
    }
    Ok(())
}

/// Returns the text that a decision was made on: that of the message, after those of the messages joined to it. It is for
/// people to read, so that links of buyers are blotted out in it.
pub(super) async fn text(tx: &mut Tx, last: InboundId) -> Result<String, StoreError> {
    let rows = tx.all("SELECT text FROM inbound WHERE id = $1 OR joined = $1 ORDER BY id", &[last.0.into()]).await?;
    let mut parts: Vec<String> = Vec::with_capacity(rows.len());
    for row in &rows {
        let said = row.get::<Option<&str>>("text")?.filter(|text| !text.trim().is_empty());
        parts.extend(said.map(satisfaction::with_links_blotted));
    }
    Ok(match &parts[..] {
        [one] => one.clone(),
        parts => parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join("\n"),
    })
}
