//! What we ask of a server: log in, find and select a folder, list, fetch, search. Each call is one or two commands of
//! the command layer; nothing here waits or repeats.
//!
//! Only `BODY.PEEK` is used: no message is ever marked as seen, because people read the same mailbox.

use std::collections::{BTreeMap, BTreeSet};

use async_imap::imap_proto::{AttributeValue, MailboxDatum, NameAttribute, Response, ResponseCode, StatusAttribute};
use jiff::{Timestamp, civil::Date, fmt::strtime};

use crate::channel::email::imap::{
    command::{COMMAND, Commands, Patience},
    error::ImapError,
    login::quoted,
    name,
};

/// Messages that one search may find: a server that repeats itself without end costs no more memory than that.
const MAX_FOUND: usize = 200_000;

/// What SELECT told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Selected {
    /// UIDVALIDITY; none if the server has none.
    pub(super) uid_validity: Option<u32>,
    /// UIDNEXT; never 0.
    pub(super) uid_next: u32,
}

/// A message on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// UID.
    pub(super) uid: u32,
    /// RFC822.SIZE; 0 if the server did not say.
    pub(super) size: u64,
    /// INTERNALDATE, if it could be read.
    pub(super) taken_at: Option<Timestamp>,
}

/// Which part of a message to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything.
    Whole,
    /// The header only.
    Header,
}

/// Tells the server who we are, if it wants to know: some refuse SELECT otherwise (163.com).
pub(super) async fn identify(commands: &mut Commands) -> Result<(), ImapError> {
    if !commands.can("ID") {
        return Ok(());
    }
    let line = concat!("ID (\"name\" \"nightdesk\" \"version\" \"", env!("CARGO_PKG_VERSION"), "\")");
    match commands.run("ID", line, Patience::Whole(COMMAND), |_| {}).await {
        Err(ImapError::Refused { .. }) => Ok(()),
        other => other,
    }
}

/// Returns the decoded name of the folder with this attribute (RFC 6154), if there is one.
pub(super) async fn special_folder(
    commands: &mut Commands,
    wanted: &NameAttribute<'static>,
) -> Result<Option<String>, ImapError> {
    let line = if commands.can("SPECIAL-USE") { "LIST (SPECIAL-USE) \"\" \"*\"" } else { "LIST \"\" \"*\"" };
    let mut found = None;
    let each = |response: &Response<'_>| {
        let Response::MailboxData(MailboxDatum::List(list)) = response else { return };
        if list.name_attributes.contains(wanted) && found.is_none() {
            found = Some(name::decoded(&list.name));
        }
    };
    commands.run("LIST", line, Patience::Whole(COMMAND), each).await?;
    Ok(found)
}

/// Says whether the server lists a folder of this decoded name. Dovecot refuses to select a missing folder without the
/// response code that RFC 5530 has for it, so its list is the proof.
pub(super) async fn exists(commands: &mut Commands, folder: &str) -> Result<bool, ImapError> {
    let name = encoded(folder)?;
    let mut found = false;
    let each = |response: &Response<'_>| {
        let Response::MailboxData(MailboxDatum::List(list)) = response else { return };
        found |= name::decoded(&list.name) == folder;
    };
    commands.run("LIST", &format!("LIST \"\" {name}"), Patience::Whole(COMMAND), each).await?;
    Ok(found)
}

/// Selects a folder by its decoded name.
pub(super) async fn select(commands: &mut Commands, folder: &str) -> Result<Selected, ImapError> {
    let name = encoded(folder)?;
    let (mut uid_validity, mut uid_next, mut exists) = (None, None, None);
    let each = |response: &Response<'_>| match response {
        Response::Data { outcome, .. } => match outcome.code {
            Some(ResponseCode::UidValidity(value)) => uid_validity = Some(value),
            Some(ResponseCode::UidNext(value)) => uid_next = Some(value),
            _ => {}
        },
        Response::MailboxData(MailboxDatum::Exists(count)) => exists = Some(*count),
        _ => {}
    };
    commands.run("SELECT", &format!("SELECT {name}"), Patience::Whole(COMMAND), each).await?;
    if uid_validity.is_none() || uid_next.is_none() {
        // Both may be left out of SELECT by old servers, which know them all the same.
        let each = |response: &Response<'_>| {
            let Response::MailboxData(MailboxDatum::Status { status, .. }) = response else { return };
            for attribute in status {
                match attribute {
                    StatusAttribute::UidValidity(value) => uid_validity = Some(*value),
                    StatusAttribute::UidNext(value) => uid_next = Some(*value),
                    _ => {}
                }
            }
        };
        let line = format!("STATUS {name} (UIDVALIDITY UIDNEXT)");
        match commands.run("STATUS", &line, Patience::Whole(COMMAND), each).await {
            Ok(()) | Err(ImapError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let uid_next = match (uid_next, exists) {
        // So many messages need so many numbers: a smaller UIDNEXT is none.
        (Some(uid_next @ 1..), _) if uid_next > exists.unwrap_or(0) => uid_next,
        (_, Some(0)) => 1,
        _ => after_the_last(commands).await?,
    };
    Ok(Selected { uid_validity: uid_validity.filter(|value| *value > 0), uid_next })
}

/// Returns the number after the last message's, for a server that names no UIDNEXT.
async fn after_the_last(commands: &mut Commands) -> Result<u32, ImapError> {
    match list(commands, "*").await?.last() {
        Some(last) if last.uid < u32::MAX => Ok(last.uid + 1),
        _ => {
            let what = "it names no UIDNEXT, and no last message either".to_owned();
            Err(ImapError::Protocol { during: "SELECT", what })
        }
    }
}

/// Lets the server tell what is new; some look into the folder only between commands.
pub(super) async fn refresh(commands: &mut Commands) -> Result<(), ImapError> {
    commands.run("NOOP", "NOOP", Patience::Whole(COMMAND), |_| {}).await
}

/// Lists all messages with a UID above `mark`, lowest first.
pub(super) async fn list_above(commands: &mut Commands, mark: u32) -> Result<Vec<Listed>, ImapError> {
    let Some(first) = mark.checked_add(1) else { return Ok(Vec::new()) };
    let mut listed = list(commands, &format!("{first}:*")).await?;
    // `n:*` always names the last message, even if its UID is below n (RFC 9051 section 9, seq-range).
    listed.retain(|message| message.uid > mark);
    Ok(listed)
}

/// Lists messages of a UID set, lowest first; those that are gone are left out.
pub(super) async fn list(commands: &mut Commands, set: &str) -> Result<Vec<Listed>, ImapError> {
    let mut listed: BTreeMap<u32, Listed> = BTreeMap::new();
    let each = |response: &Response<'_>| {
        let Response::Fetch(_, attributes) = response else { return };
        let Some(uid) = uid_of(attributes) else { return };
        let message = listed.entry(uid).or_insert(Listed { uid, size: 0, taken_at: None });
        for attribute in attributes {
            match attribute {
                AttributeValue::Rfc822Size(size) => message.size = u64::from(*size),
                AttributeValue::InternalDate(date) => message.taken_at = internal_date(date),
                _ => {}
            }
        }
    };
    let line = format!("UID FETCH {set} (UID RFC822.SIZE INTERNALDATE)");
    commands.run("FETCH", &line, Patience::WithoutProgress(COMMAND), each).await?;
    Ok(listed.into_values().collect())
}

/// Fetches one message; none if it is gone. `NIL` is an empty message: the server has it, but nothing of it.
pub(super) async fn fetch(commands: &mut Commands, uid: u32, part: Part) -> Result<Option<Vec<u8>>, ImapError> {
    let section = match part {
        Part::Whole => "",
        Part::Header => "HEADER",
    };
    let mut raw = None;
    let each = |response: &Response<'_>| {
        let Response::Fetch(_, attributes) = response else { return };
        if uid_of(attributes) != Some(uid) || raw.is_some() {
            return;
        }
        raw = attributes.iter().find_map(|attribute| match attribute {
            AttributeValue::BodySection { data, .. } => Some(data.as_deref().unwrap_or_default().to_vec()),
            _ => None,
        });
    };
    let line = format!("UID FETCH {uid} (UID BODY.PEEK[{section}])");
    commands.run("FETCH", &line, Patience::WithoutProgress(COMMAND), each).await?;
    Ok(raw)
}

/// Returns the UIDs of messages that the server took on that day or later, lowest first.
pub(super) async fn search_since(commands: &mut Commands, day: Date) -> Result<Vec<u32>, ImapError> {
    search(commands, &format!("SINCE {}", day.strftime("%-d-%b-%Y"))).await
}

/// The same within a range of UIDs, both ends included.
pub(super) async fn search_range_since(
    commands: &mut Commands,
    range: (u32, u32),
    day: Date,
) -> Result<Vec<u32>, ImapError> {
    search(commands, &format!("UID {}:{} SINCE {}", range.0, range.1, day.strftime("%-d-%b-%Y"))).await
}

async fn search(commands: &mut Commands, key: &str) -> Result<Vec<u32>, ImapError> {
    let (mut uids, mut over) = (BTreeSet::new(), false);
    let each = |response: &Response<'_>| {
        if let Response::MailboxData(MailboxDatum::Search(found)) = response {
            over = over || uids.len() + found.len() > MAX_FOUND;
            if !over {
                uids.extend(found);
            }
        }
    };
    commands.run("SEARCH", &format!("UID SEARCH {key}"), Patience::WithoutProgress(COMMAND), each).await?;
    if over {
        let what = format!("it found more than {MAX_FOUND} messages");
        return Err(ImapError::Protocol { during: "SEARCH", what });
    }
    Ok(uids.into_iter().collect())
}

/// Returns a folder name as it stands in a command: modified UTF-7 (RFC 3501 section 5.1.3), quoted.
fn encoded(folder: &str) -> Result<String, ImapError> {
    quoted(&name::encoded(folder))
        .ok_or_else(|| ImapError::Setup(format!("the folder name {folder:?} cannot exist on a mail server")))
}

fn uid_of(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// Reads `17-Jul-1996 02:44:25 -0700`, the day padded by a blank or not (RFC 9051, date-time).
fn internal_date(text: &str) -> Option<Timestamp> {
    strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?.to_timestamp().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_dates_are_read_with_and_without_padding() {
        let expected: Timestamp = "1996-07-07T09:44:25Z".parse().expect("a timestamp");
        for text in [" 7-Jul-1996 02:44:25 -0700", "07-Jul-1996 02:44:25 -0700", "7-Jul-1996 02:44:25 -0700"] {
            assert_eq!(internal_date(text), Some(expected), "{text}");
        }
        assert_eq!(internal_date("yesterday"), None);
    }
}
