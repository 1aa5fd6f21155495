//! What came with a message, and the message as it came.

use axum::{Json, extract::State, response::Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{Told, problem::ApiProblem},
        files,
        path::Path,
        problem::Problem,
    },
    model::{
        ids::InboundId,
        inbound::{Attachment, ChannelKind},
    },
    service::original,
};

/// A received message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageFile {
    /// Its number.
    id: i64,
    /// How it came.
    channel: ChannelKind,
    /// The mailbox or bot.
    account: String,
    /// When the server took it.
    received_at: Timestamp,
    /// Its bytes on the server.
    size: u64,
    /// It has HTML; the text of a ticket is without.
    has_html: bool,
    /// Its files; those of a chat lie at Telegram.
    files: Vec<MessagePart>,
}

/// One file of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessagePart {
    /// Its place, for the address that downloads it.
    place: usize,
    /// The name that the sender gave it, without folders.
    name: String,
    /// The media type that the sender says it has.
    content_type: String,
    /// Its bytes.
    size: u64,
}

/// One received message with its files.
#[utoipa::path(
    get, path = "/api/v1/messages/{inbound}", operation_id = "get_message", tag = "tickets",
    params(("inbound" = i64, Path, description = "The number of the message")),
    responses((status = 200, description = "The message", body = MessageFile))
)]
pub(super) async fn message(State(shop): State<Shop>, Path(inbound): Path<i64>) -> Told<MessageFile> {
    let stored = shop.store.message(InboundId(inbound)).await?.ok_or(Problem::NotFound)?;
    let received = stored.received;
    let (extras, received) = shop.busy.work(move || (original::extras(&received), received)).await?;
    Ok(Json(MessageFile {
        id: inbound,
        channel: received.channel,
        account: received.account.to_string(),
        received_at: received.received_at,
        size: received.size,
        has_html: extras.html,
        files: extras.files.into_iter().enumerate().map(part).collect(),
    }))
}

fn part((place, file): (usize, Attachment)) -> MessagePart {
    MessagePart { place, name: file.name, content_type: file.content_type, size: file.size }
}

/// A message as it came.
///
/// A mail that mail programs open, or the JSON of a chat message.
#[utoipa::path(
    get, path = "/api/v1/messages/{inbound}/raw", operation_id = "get_message_raw", tag = "tickets",
    params(("inbound" = i64, Path, description = "The number of the message")),
    responses((status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"))
)]
pub(super) async fn raw(State(shop): State<Shop>, Path(inbound): Path<i64>) -> Result<Response, ApiProblem> {
    Ok(files::raw(State(shop), Path(inbound)).await?)
}

/// One file of a message.
#[utoipa::path(
    get, path = "/api/v1/messages/{inbound}/files/{place}", operation_id = "get_message_file", tag = "tickets",
    params(
        ("inbound" = i64, Path, description = "The number of the message"),
        ("place" = usize, Path, description = "`place` of the file")
    ),
    responses((status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"))
)]
pub(super) async fn file(State(shop): State<Shop>, Path(place): Path<(i64, usize)>) -> Result<Response, ApiProblem> {
    Ok(files::file(State(shop), Path(place)).await?)
}
