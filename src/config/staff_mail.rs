//! The section `staff_mail`: people of the desk are told of tickets by mail, and may answer by mail.

use std::collections::BTreeSet;

use crate::{
    config::raw::{BAD_VALUE, Reader},
    console,
    diagnostic::{
        Diagnostic,
        nearest::nearest,
        yaml::{Kind, Node, UNKNOWN_VALUE, fields::Fields},
    },
    model::{ids::AccountName, notice::NoticeCause},
    service::{
        accounts::AccountSettings,
        notices::{ReplyTemplate, StaffMail},
    },
};

/// Reads the section; without it nobody gets mail about tickets.
pub(super) fn read(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    accounts: &[AccountSettings],
    trusted: &BTreeSet<String>,
    console: Option<&console::settings::Settings>,
) -> Option<StaffMail> {
    let node = fields.node("staff_mail")?;
    let mut section = reader.open(node)?;
    let account = if let Some(node) = section.node("account") {
        account(reader, node, accounts)
    } else {
        reader.missing(node, "account", "name the mailbox of `accounts` that sends the notices");
        None
    };
    let events = section.node("events").map_or_else(|| NoticeCause::EVENTS.to_vec(), |node| events(reader, node));
    let replies = section.take("replies").unwrap_or(true);
    let written = section.node("reply_address");
    let own = account.and_then(mail_addresses).and_then(|addresses| addresses.first().map(|own| (*own).to_owned()));
    let template = match written {
        Some(node) => reply_address(reader, node, accounts),
        None => own.as_deref().and_then(ReplyTemplate::beside),
    };
    if replies && trusted.is_empty() {
        let span = reader.span(node);
        reader.push(
            Diagnostic::error(BAD_VALUE, "no answer by mail could ever be believed", span, "in this section").help(
                "write into `trusted_authserv_ids` under which name your mail server says who sent a mail \
                 (docs/staff-mail.md), or `replies: false`",
            ),
        );
    }
    if own.is_some() && template.is_none() && written.is_none() {
        reader.missing(
            node,
            "reply_address",
            "the mailbox's own address leaves no room for 33 more characters before the @",
        );
    }
    reader.close(section);
    if !fields.has("console") {
        let span = reader.span(node);
        reader.push(
            Diagnostic::error(BAD_VALUE, "nobody could have an address for notices", span, "in this section").help(
                "add the section `console`: people are added there, and what is in a notice leads there \
                 (docs/staff-mail.md)",
            ),
        );
    }
    Some(StaffMail {
        account: account?.name().clone(),
        events,
        answers_to: template.filter(|_| replies),
        desk: console?.url(),
    })
}

fn account<'a>(reader: &mut Reader<'_>, node: &Node, accounts: &'a [AccountSettings]) -> Option<&'a AccountSettings> {
    let written = node.as_text().unwrap_or_default();
    let mailboxes = || accounts.iter().filter(|account| mail_addresses(account).is_some());
    let found = mailboxes().find(|account| account.name().as_str() == written);
    if found.is_none() {
        let names: Vec<&str> = mailboxes().map(AccountSettings::name).map(AccountName::as_str).collect();
        let span = reader.span(node);
        let message = format!("found {}, expected one of the mailboxes: {}", node.describe(), names.join(", "));
        let mut problem = Diagnostic::error(UNKNOWN_VALUE, message, span.clone(), "here");
        if let Some(close) = nearest(written, names.iter().copied()) {
            problem = problem.help(format!("did you mean `{close}`?")).fix(span, close);
        }
        reader.push(problem);
    }
    found
}

fn events(reader: &mut Reader<'_>, node: &Node) -> Vec<NoticeCause> {
    let Kind::List(items) = &node.kind else {
        reader.bad(node, "a list of events such as [new_ticket, deadline]");
        return Vec::new();
    };
    let names: Vec<(&str, NoticeCause)> =
        NoticeCause::EVENTS.into_iter().map(|cause| (cause.as_str(), cause)).collect();
    items.iter().filter_map(|item| reader.choose(item, &names)).collect()
}

/// Reads the template; its mail must come into a mailbox that is watched, or every answer would be lost.
fn reply_address(reader: &mut Reader<'_>, node: &Node, accounts: &[AccountSettings]) -> Option<ReplyTemplate> {
    let template = node.as_text().and_then(ReplyTemplate::read);
    let Some(template) = template else {
        reader.bad(node, "an address with `+{token}` right before the @, such as desk+{token}@shop.example");
        return None;
    };
    let plain = template.plain();
    let watched = accounts.iter().filter_map(mail_addresses).flatten().any(|own| own.eq_ignore_ascii_case(&plain));
    if !watched {
        let span = reader.span(node);
        let message = format!("`{plain}` is no address of a mailbox that is watched");
        reader.push(
            Diagnostic::error(BAD_VALUE, message, span, "answers to notices would be lost").help(
                "take the address of one of the `accounts`, or add this one to the `aliases` of the mailbox that gets its mail",
            ),
        );
    }
    Some(template)
}

/// Returns the addresses of a mailbox, the main one first; none for a bot.
fn mail_addresses(account: &AccountSettings) -> Option<Vec<&str>> {
    match account {
        AccountSettings::Email(email) => {
            Some(std::iter::once(&email.address).chain(&email.aliases).map(String::as_str).collect())
        }
        AccountSettings::Folder(folder) => Some(vec![&folder.address]),
        AccountSettings::Telegram(_) => None,
    }
}
