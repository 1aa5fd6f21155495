//! Calls that take effect once, however often their COMMIT has to be asked for because its answer was lost.
//!
//! Most writes find out by their own rows what is written already: the ledger, the state of a message. A call without
//! such rows gets a token, kept for a day.

use jiff::Timestamp;

use crate::{
    model::{ids::InboundId, wire_id::hex},
    store::{database::Tx, error::StoreError},
};

/// One call, the same over all attempts of its transaction.
#[derive(Debug)]
pub(super) struct Call {
    token: String,
}

impl Call {
    /// Names a call that is about to be made.
    pub(super) fn new() -> Result<Self, StoreError> {
        Ok(Self { token: token()? })
    }

    /// Names what is done about a received message, so that it is done once however often that message is decided.
    pub(super) fn about(doing: &str, inbound: InboundId) -> Self {
        Self { token: format!("{doing} {inbound}") }
    }

    /// Returns whether an earlier attempt took effect; if none did, notes that this transaction does. `doubt` says that
    /// there was an attempt whose answer was lost.
    pub(super) async fn took_effect(&self, tx: &mut Tx, doubt: bool, now: Timestamp) -> Result<bool, StoreError> {
        let token = [self.token.as_str().into()];
        if doubt && tx.first("SELECT at FROM done_call WHERE token = $1", &token).await?.is_some() {
            return Ok(true);
        }
        let [token] = token;
        tx.execute("INSERT INTO done_call (token, at) VALUES ($1, $2)", &[token, now.into()]).await?;
        Ok(false)
    }
}

/// Returns a word that names one process or one call for ever.
pub(super) fn token() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(hex(&bytes)),
        Err(error) => Err(StoreError::Random(error.to_string())),
    }
}
