//! The way from a message without a ticket to one, whichever way a person asks for it.

use jiff::Timestamp;

use crate::{
    service::handle::Handle,
    store::{
        error::StoreError,
        open_ticket::{OpenTicket, Opening},
    },
};

/// Makes a ticket of a message, as [`crate::store::Store::open_ticket`] promises, and tells open pages of it.
pub async fn open(handle: &Handle, wanted: &OpenTicket<'_>, now: Timestamp) -> Result<Opening, StoreError> {
    let opening = handle.store.open_ticket(wanted, now).await?;
    if let Opening::Opened(_) = opening {
        handle.changes.happened();
    }
    Ok(opening)
}
