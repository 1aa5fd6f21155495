//! Accounts whose server failed as a whole and is left alone for a while, over restarts too: a full outbox must not knock
//! at a dead server, or try a refused password, once for every message.

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::ids::AccountName,
    store::{
        Store,
        database::{Tx, retried},
        error::StoreError,
    },
};

/// How long an account still rests after a start: whoever mended something and starts again does not want to wait, and a
/// service that crashes and starts in a circle must not knock each time.
const REST_AFTER_START: SignedDuration = SignedDuration::from_secs(30);

impl Store {
    /// Notes that an account failed as a whole. `pause` says from the number of failures in a row how long it rests.
    /// Returns until when.
    pub async fn rest(
        &self,
        account: &AccountName,
        reason: &str,
        now: Timestamp,
        pause: impl Fn(u32) -> SignedDuration,
    ) -> Result<Timestamp, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("letting an account rest").await?;
            let row =
                tx.first("SELECT failures FROM account_rest WHERE account = $1", &[account.as_str().into()]).await?;
            let failures = row.map_or(Ok(0), |row| row.count("failures"))?.saturating_add(1);
            let until = later(now, pause(failures));
            tx.execute(
                "INSERT INTO account_rest (account, failures, until_at, reason, changed_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (account) DO UPDATE SET failures = excluded.failures, until_at = excluded.until_at,
                   reason = excluded.reason, changed_at = excluded.changed_at",
                &[account.as_str().into(), failures.into(), until.into(), reason.into(), now.into()],
            )
            .await?;
            tx.commit().await?;
            Ok(until)
        })
        .await
    }
}

/// Ends the rest of an account.
pub(super) async fn over(tx: &mut Tx, account: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM account_rest WHERE account = $1", &[account.into()]).await?;
    Ok(())
}

/// Shortens the rest of one account, or of every one, to what is bearable after a start; the count of failures stays.
pub(super) async fn shorten(tx: &mut Tx, account: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE account_rest SET until_at = $1 WHERE until_at > $1 AND ($2 IS NULL OR account = $2)",
        &[later(now, REST_AFTER_START).into(), account.into()],
    )
    .await?;
    Ok(())
}

/// Returns the moment so long after, the last one there is at most.
pub(super) fn later(now: Timestamp, time: SignedDuration) -> Timestamp {
    now.checked_add(time).unwrap_or(Timestamp::MAX)
}
