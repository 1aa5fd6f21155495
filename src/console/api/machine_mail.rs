//! Machine mail: what was kept and answered by nobody, with the reason. A call of `conversations` makes a ticket of a
//! message.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{
            Told,
            input::{Asked, page_size, place},
        },
        paging,
        visit::Visit,
    },
    model::ids::InboundId,
    store::machine_mail::MachineMail,
};

/// Messages of one page, if nobody asks for another number.
const LISTED: u32 = 50;

/// The most messages one page holds, as of every list.
const MOST_LISTED: u32 = 200;

/// From which message on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Where the page begins: `next` of the page before. The newest without it.
    from: Option<String>,
    /// Messages of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A part of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MachineMailList {
    /// The newest first.
    messages: Vec<SilentMessage>,
    /// Where the next page begins; none on the last one.
    next: Option<String>,
}

/// A message that ended in silence.
#[derive(Debug, Serialize, ToSchema)]
struct SilentMessage {
    /// Its number.
    message: i64,
    /// The mailbox or bot.
    account: String,
    /// When.
    received_at: Timestamp,
    /// The sender's name or address; empty when nobody can be named.
    from: String,
    /// The subject; empty for a chat.
    subject: String,
    /// The beginning of the text.
    preview: String,
    /// The code of the language it is in, if that was seen.
    language: Option<String>,
    /// Why nothing was said: the id of a guard such as `B3` (docs/security.md), or `rule` and the id of a rule.
    reason: String,
}

/// Messages that ended in silence: bounces, newsletters, out-of-office notes, blocked senders.
///
/// `POST /api/v1/messages/{inbound}/ticket` makes a ticket of one.
#[utoipa::path(
    get, path = "/api/v1/machine-mail", operation_id = "list_machine_mail", tag = "conversations", params(Wanted),
    responses((status = 200, description = "A page of the list", body = MachineMailList))
)]
pub(super) async fn list(
    State(shop): State<Shop>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Told<MachineMailList> {
    let limit = page_size(wanted.limit, LISTED, MOST_LISTED)?;
    let from = place(wanted.from.as_deref())?.map(InboundId);
    let found = shop.store.machine_mail(visit.visitor()?.accounts.as_deref(), from, limit).await?;
    let next = paging::next(&found, limit, |mail| mail.id.0);
    Ok(Json(MachineMailList { messages: found.into_iter().map(line).collect(), next }))
}

fn line(mail: MachineMail) -> SilentMessage {
    SilentMessage {
        message: mail.id.0,
        account: mail.account.to_string(),
        received_at: mail.received_at,
        from: mail.sender,
        subject: mail.subject,
        preview: mail.preview,
        language: mail.language.map(|code| code.to_string()),
        reason: mail.reason,
    }
}
