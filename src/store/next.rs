//! What is next: which accounts have something to decide or to send, and the one message to take. Found in indexes by
//! account and order, so that it takes the same time however much waits; `tests/it/store/crowds.rs` looks at the plans.

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{
        ids::{AccountName, InboundId},
        receive::FolderRole,
    },
    store::{
        Store,
        database::{Row, Tx},
        error::StoreError,
        inbound::{self, StoredInbound},
        rest::later,
    },
};

const ACCOUNTS_TO_DECIDE: &str = include_str!("sql/accounts-to-decide.sql");
const NEXT_TO_DECIDE: &str = concat!(include_str!("sql/stored-message.sql"), include_str!("sql/next-to-decide.sql"));
const ACCOUNTS_TO_SEND: &str = include_str!("sql/accounts-to-send.sql");
const NEXT_TO_SEND: &str = include_str!("sql/next-to-send.sql");

/// So far the clocks of two machines, or a moment read before a wait for the turn, may differ. What was written later than
/// that from now was written by a wrong clock, and nobody waits by it.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// Returns the latest moment at which something can have been written by a right clock.
pub(super) fn latest(now: Timestamp) -> Timestamp {
    later(now, CLOCKS_DIFFER)
}

/// What is attempted, for messages.
const READING: &str = "reading undecided messages";

impl Store {
    /// Returns the accounts with messages that wait for a decision.
    pub async fn waiting(&self) -> Result<Vec<AccountName>, StoreError> {
        sorted(&self.db.ask("looking for undecided messages", ACCOUNTS_TO_DECIDE, &[]).await?)
    }

    /// Returns messages that wait for a decision, oldest first, under a lease those of its account.
    pub async fn undecided(&self, limit: u32) -> Result<Vec<StoredInbound>, StoreError> {
        self.undecided_besides(limit, &[]).await
    }

    /// Returns messages that wait for a decision without those that are being decided, oldest first. As long as there is
    /// one of the Sent folder, only such, because what a person wrote there decides what the machine may still say.
    pub async fn undecided_besides(&self, limit: u32, busy: &[InboundId]) -> Result<Vec<StoredInbound>, StoreError> {
        let busy: String = busy.iter().flat_map(|id| [" ".to_owned(), id.to_string(), " ".to_owned()]).collect();
        if let Some(account) = self.db.account() {
            let values = [limit.into(), account.into(), (&busy).into()];
            let rows = self.db.ask(READING, NEXT_TO_DECIDE, &values).await?;
            return rows.iter().map(inbound::stored).collect();
        }
        let mut tx = self.db.read(READING).await?;
        let mut next = Vec::new();
        for account in accounts_to_decide(&mut tx).await? {
            next.extend(to_decide(&mut tx, account.as_str(), limit, &busy).await?);
        }
        if next.iter().any(is_sent) {
            next.retain(is_sent);
        }
        next.sort_by_key(|stored| stored.id);
        next.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(next)
    }

    /// Returns the accounts with messages that are due; some may have to wait for others of their thread.
    pub async fn due(&self, now: Timestamp) -> Result<Vec<AccountName>, StoreError> {
        let values = [now.into(), latest(now).into()];
        sorted(&self.db.ask("looking for messages to send", ACCOUNTS_TO_SEND, &values).await?)
    }
}

/// Returns the message to send next: that of one account, or the first of all that are not `busy`.
pub(super) async fn to_send(
    tx: &mut Tx,
    account: Option<&str>,
    busy: &[AccountName],
    now: Timestamp,
) -> Result<Option<Row>, StoreError> {
    let accounts = match account {
        Some(account) => vec![AccountName::new(account)],
        None => accounts_to_send(tx, now).await?,
    };
    let mut first: Option<(i64, i64, Row)> = None;
    for account in accounts.iter().filter(|account| !busy.contains(account)) {
        let values = [now.into(), account.as_str().into(), latest(now).into()];
        let Some(row) = tx.first(NEXT_TO_SEND, &values).await? else { continue };
        // People's messages go first.
        let turn = (-row.get::<i64>("human")?, row.get::<i64>("id")?);
        if first.as_ref().is_none_or(|(human, id, _)| turn < (*human, *id)) {
            first = Some((turn.0, turn.1, row));
        }
    }
    Ok(first.map(|(.., row)| row))
}

async fn to_decide(tx: &mut Tx, account: &str, limit: u32, busy: &str) -> Result<Vec<StoredInbound>, StoreError> {
    let rows = tx.all(NEXT_TO_DECIDE, &[limit.into(), account.into(), busy.into()]).await?;
    rows.iter().map(inbound::stored).collect()
}

fn is_sent(stored: &StoredInbound) -> bool {
    stored.received.role == FolderRole::Sent
}

async fn accounts_to_decide(tx: &mut Tx) -> Result<Vec<AccountName>, StoreError> {
    let rows = tx.all(ACCOUNTS_TO_DECIDE, &[]).await?;
    sorted(&rows)
}

async fn accounts_to_send(tx: &mut Tx, now: Timestamp) -> Result<Vec<AccountName>, StoreError> {
    let rows = tx.all(ACCOUNTS_TO_SEND, &[now.into(), latest(now).into()]).await?;
    sorted(&rows)
}

fn sorted(rows: &[Row]) -> Result<Vec<AccountName>, StoreError> {
    let mut accounts: Vec<AccountName> =
        rows.iter().map(|row| row.get::<String>("account").map(AccountName::new)).collect::<Result<_, _>>()?;
    accounts.sort();
    Ok(accounts)
}
