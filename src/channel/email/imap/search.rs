//! One question to the mailbox: does the folder of sent mail hold a message with this Message-ID, or one that answers it?
//! On a short connection of its own, so that no reading waits for it; the folder is only examined, so nothing in it
//! changes.

use std::{panic::AssertUnwindSafe, time::Duration};

use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response};
use futures_util::FutureExt as _;

use crate::{
    channel::email::{
        ImapSettings, SentFolder,
        imap::{
            command::{COMMAND, Commands, Patience},
            connection,
            error::ImapError,
            login::{self, quoted},
            name, session,
        },
        oauth::OAuthTokens,
        tls,
    },
    model::outbound::Verification,
};
/// Time for the goodbye; the answer is known by then.
const LOGOUT: Duration = Duration::from_secs(1);

/// Time for everything: each command has its own limit, a server that keeps to all of them and never ends has this one.
const WHOLE: Duration = Duration::from_mins(2);

/// What mailboxes without special-use attributes (RFC 6154) call the folder, after modified UTF-7: Courier and cPanel,
/// Apple and QQ, Exchange, 163.com.
const USUAL_NAMES: [&str; 6] = ["Sent", "Sent Messages", "Sent Items", "INBOX.Sent", "INBOX/Sent", "已发送"];

/// Which field of a sent message is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::channel::email) enum Field {
    /// The message itself.
    MessageId,
    /// An answer to it.
    InReplyTo,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::MessageId => "Message-ID",
            Self::InReplyTo => "In-Reply-To",
        }
    }
}

/// Looks for a message in the folder of sent mail.
pub(in crate::channel::email) async fn sent(
    settings: &ImapSettings,
    tokens: &OAuthTokens,
    field: Field,
    message_id: &str,
) -> Verification {
    let look = AssertUnwindSafe(look(settings, tokens, field, message_id)).catch_unwind();
    let unknown = |reason: String| Verification::Unknown { reason };
    match tokio::time::timeout(WHOLE, look).await {
        Ok(Ok(Ok(Some((folder, uid))))) => {
            Verification::Found { proof: format!("message {uid} in the folder {folder}") }
        }
        Ok(Ok(Ok(None))) => Verification::Absent,
        Ok(Ok(Err(error))) => unknown(error.to_string()),
        // As when reading: the parser meets unchecked bytes, and whoever asks looks for other messages too.
        Ok(Err(_)) => unknown("the mailbox server's answer made the parser give up".to_owned()),
        Err(_) => unknown(format!("the mailbox took more than {} s", WHOLE.as_secs())),
    }
}

async fn look(
    settings: &ImapSettings,
    tokens: &OAuthTokens,
    field: Field,
    message_id: &str,
) -> Result<Option<(String, u32)>, ImapError> {
    let wanted = quoted(&format!("<{message_id}>"))
        .ok_or_else(|| ImapError::Setup("the Message-ID cannot be searched for".to_owned()))?;
    let tls = tls::client_config(settings.ca_file.as_deref()).map_err(|error| ImapError::Setup(error.to_string()))?;
    let opened = connection::open(settings, &tls).await?;
    let mut commands = opened.commands;
    if opened.preauthenticated {
        commands.ask_capabilities().await?;
    } else {
        login::log_in(&mut commands, &settings.login, tokens).await?;
    }
    session::identify(&mut commands).await?;
    let folder = match &settings.sent {
        SentFolder::Named(name) => Some(name::encoded(name)),
        SentFolder::Auto | SentFolder::Off => sent_folder(&mut commands).await?,
    };
    let folder = folder.ok_or_else(|| {
        ImapError::Setup("the mailbox names no folder of sent mail, so nothing can be looked for there".to_owned())
    })?;
    let found = search(&mut commands, &folder, field, &wanted).await?;
    commands.log_out(LOGOUT).await;
    Ok(found.map(|uid| (name::decoded(&folder), uid)))
}

/// Returns the folder of sent mail as the server spells it: the one with the `\Sent` attribute, else by a usual name.
pub(super) async fn sent_folder(commands: &mut Commands) -> Result<Option<String>, ImapError> {
    let (mut marked, mut named) = (None, None);
    let each = |response: &Response<'_>| {
        let Response::MailboxData(MailboxDatum::List(list)) = response else { return };
        if list.name_attributes.contains(&NameAttribute::Sent) {
            marked.get_or_insert_with(|| list.name.to_string());
        } else if USUAL_NAMES.contains(&name::decoded(&list.name).as_str()) {
            named.get_or_insert_with(|| list.name.to_string());
        }
    };
    // Without the return option a server may leave the attributes out (RFC 6154 section 2).
    let line = if commands.can("SPECIAL-USE") && commands.can("LIST-EXTENDED") {
        "LIST \"\" \"*\" RETURN (SPECIAL-USE)"
    } else {
        "LIST \"\" \"*\""
    };
    commands.run("LIST", line, Patience::Whole(COMMAND), each).await?;
    Ok(marked.or(named))
}

/// Returns the newest message of the folder whose field holds the quoted text.
async fn search(commands: &mut Commands, folder: &str, field: Field, wanted: &str) -> Result<Option<u32>, ImapError> {
    let name =
        quoted(folder).ok_or_else(|| ImapError::Setup("the folder of sent mail has an unusual name".to_owned()))?;
    commands.run("EXAMINE", &format!("EXAMINE {name}"), Patience::Whole(COMMAND), |_| {}).await?;
    let mut newest = None;
    let each = |response: &Response<'_>| {
        let Response::MailboxData(MailboxDatum::Search(found)) = response else { return };
        newest = newest.max(found.iter().max().copied());
    };
    let line = format!("UID SEARCH HEADER {} {wanted}", field.name());
    commands.run("SEARCH", &line, Patience::WithoutProgress(COMMAND), each).await?;
    Ok(newest)
}
