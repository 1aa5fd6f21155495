//! What a person's answer to a notice asks for, and what about it is unclear: pure functions over the mail as it was read.

use std::collections::BTreeSet;

use crate::{
    channel::email::parse::NOTICE_MARKER,
    engine::guard::{machine_header, machine_subject::is_absence, plain_address},
    model::{
        authentication::{self, Authentication},
        inbound::{Inbound, MailFacts, Note, ReturnPath},
    },
};

/// What an answer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing stands above the line.
    Nothing,
    /// Something for colleagues only.
    Note(String),
    /// Take the ticket.
    Claim,
    /// End the case.
    Close,
    /// What a question asked about is to go out.
    Send,
    /// One of these words on the first line and more below it, a signature perhaps: neither a command nor words for a buyer.
    NotAlone,
    /// These words are for the buyer.
    Reply(String),
}

/// What begins a note, in the languages of the pages.
const NOTE: [&str; 4] = ["note:", "note：", "备注:", "备注："];

/// Reads what stands above the line.
pub fn said(text: &str) -> Said {
    let text = text.trim();
    if text.is_empty() {
        return Said::Nothing;
    }
    if let Some(said) = command(text) {
        return said;
    }
    if text.lines().next().and_then(command).is_some() {
        return Said::NotAlone;
    }
    let lower = text.to_lowercase();
    if let Some(prefix) = NOTE.into_iter().find(|prefix| lower.starts_with(prefix)) {
        // The prefixes are as long in any case.
        return Said::Note(text.get(prefix.len()..).unwrap_or_default().trim().to_owned());
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.iter().all(|line| line.starts_with("//")) {
        let note: Vec<&str> = lines.iter().map(|line| line.trim_start_matches('/').trim()).collect();
        return Said::Note(note.join("\n").trim().to_owned());
    }
    Said::Reply(text.to_owned())
}

/// Returns whether a line begins as notes for colleagues do.
fn begins_note(line: &str) -> bool {
    let line = line.trim_start().to_lowercase();
    line.starts_with("//") || NOTE.into_iter().any(|prefix| line.starts_with(prefix))
}

/// Returns the command that a line is.
fn command(line: &str) -> Option<Said> {
    let word = line.trim_matches(|c: char| c.is_whitespace() || "`'\".!。！".contains(c)).to_lowercase();
    match word.as_str() {
        "send" | "发送" => Some(Said::Send),
        "claim" | "接手" => Some(Said::Claim),
        "close" | "关闭" => Some(Said::Close),
        _ => None,
    }
}

/// What about an answer is unclear by the mail alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unclear {
    /// Some lines look like a note, others do not.
    MixedNote,
    /// What the person wrote and what the mail program quoted cannot be told apart.
    Quote,
    /// Something stands below the line as well.
    BelowLine,
    /// Files came along, which do not go to the buyer.
    Files(Vec<String>),
    /// The mail went to others too.
    Others(Vec<String>),
}

/// Whose addresses an answer may go to without being unclear.
pub struct Expected<'a> {
    /// The person's own address.
    pub own: &'a str,
    /// What the reply address holds.
    pub token: &'a str,
    /// Where the desk is opened in a browser.
    pub desk: &'a str,
    /// The shop's own addresses, in lower case and without what stands behind a `+`.
    pub shop: &'a BTreeSet<String>,
}

/// Returns what is unclear about words meant for the buyer.
pub fn unclear(inbound: &Inbound, mail: &MailFacts, expected: &Expected<'_>) -> Vec<Unclear> {
    let mut found = Vec::new();
    let text = &inbound.text;
    if text.lines().any(begins_note) {
        found.push(Unclear::MixedNote);
    }
    if holds_notice(inbound, expected) {
        found.push(Unclear::Quote);
    }
    if writes_below(&inbound.elided) {
        found.push(Unclear::BelowLine);
    }
    if !inbound.attachments.is_empty() {
        found.push(Unclear::Files(inbound.attachments.iter().map(|file| file.name.clone()).collect()));
    }
    let mut others: Vec<String> = Vec::new();
    for to in &mail.recipients {
        let address = to.address.to_lowercase();
        let known = address == expected.own
            || address.contains(expected.token)
            || expected.shop.contains(&plain_address(&address));
        if !known && !others.contains(&address) {
            others.push(address);
        }
    }
    if !others.is_empty() {
        found.push(Unclear::Others(others));
    }
    found
}

/// Returns whether words of the notice may stand in what would go to the buyer: its secret address among them.
fn holds_notice(inbound: &Inbound, expected: &Expected<'_>) -> bool {
    let text = inbound.text.to_lowercase();
    let marker = NOTICE_MARKER.to_lowercase();
    let cut_cleanly = inbound.elided.to_lowercase().contains(&marker);
    let kept = inbound.notes.contains(&Note::QuoteKept);
    let link = format!("{}/tickets/", expected.desk.to_lowercase());
    let own_words = text.contains(&marker)
        || text.contains(expected.token)
        || text.contains(&link)
        || text.lines().any(|line| line.starts_with("| ") || line.trim_start().starts_with('>'));
    own_words || (kept && !cut_cleanly) || ends_as_quotes_begin(&inbound.text, expected)
}

/// Returns whether a text ends as mail programs begin a quote, in a language whose words for it nobody knows: with a colon,
/// or with a paragraph that has an address of the notice in brackets.
fn ends_as_quotes_begin(text: &str, expected: &Expected<'_>) -> bool {
    let ours = |address: &str| {
        let address = address.trim_start_matches("mailto:").to_lowercase();
        address == expected.own || expected.shop.contains(&plain_address(&address))
    };
    let last = text.trim_end().lines().rev().take_while(|line| !line.trim().is_empty());
    let mut bracketed = last.flat_map(|line| line.split('<').skip(1)).filter_map(|rest| rest.split_once('>'));
    text.trim_end().ends_with([':', '：']) || bracketed.any(|(address, _)| ours(address))
}

/// Returns whether the person wrote between or below the quoted lines of the notice: nothing of that would go out.
fn writes_below(elided: &str) -> bool {
    let mut lines = elided.lines().skip_while(|line| !line.contains(NOTICE_MARKER));
    let Some(marker) = lines.next() else { return false };
    let is_quoted = |line: &str| line.trim_start().starts_with(['>', '|', '＞']);
    is_quoted(marker) && lines.any(|line| !line.trim().is_empty() && !is_quoted(line))
}

/// Returns the one address in `From`, in lower case; none if there are several.
pub fn author(mail: &MailFacts) -> Option<String> {
    match &mail.from[..] {
        [author] => Some(author.address.to_lowercase()),
        _ => None,
    }
}

/// Returns why it may not be the author who wrote; none if the shop's own mail server, which writes one of the `trusted`
/// names, vouches for the author and for nobody else in their place.
pub fn doubt(mail: &MailFacts, author: &str, trusted: &BTreeSet<String>) -> Option<&'static str> {
    let domain = author.rsplit_once('@').map_or("", |(_, domain)| domain);
    if mail.in_junk {
        return Some("it lies in the Junk folder");
    }
    if mail.sender.as_ref().is_some_and(|sender| !sender.address.eq_ignore_ascii_case(author)) {
        return Some("its Sender is another");
    }
    match authentication::of(mail, &[domain], trusted) {
        Authentication::Pass => None,
        Authentication::Fail => Some("the mail server says that it fails the proof"),
        Authentication::Unknown => Some("the mail server vouches for nobody"),
    }
}

/// Returns why a machine wrote the mail; none if a person may have.
pub fn machine(inbound: &Inbound, mail: &MailFacts) -> Option<&'static str> {
    let first = |name: &'static str| mail.values(name).next();
    let marked = |value: &str| {
        let keyword = value.split([';', '(', ' ']).next().unwrap_or_default().trim();
        !keyword.is_empty() && !keyword.eq_ignore_ascii_case("no")
    };
    if mail.values("Auto-Submitted").any(marked) {
        return Some("it is marked as automatic");
    }
    if mail.return_path == ReturnPath::Null || mail.part_types.first().is_some_and(|top| top == "multipart/report") {
        return Some("it is a report");
    }
    if first("List-Id").is_some() || first("Precedence").is_some() || first("List-Unsubscribe").is_some() {
        return Some("a list or a bulk mailer sent it");
    }
    if machine_header::found(mail).is_some() || mail.calendar_method {
        return Some("only machines write such a header");
    }
    is_absence(&inbound.subject).then_some("its subject is that of an absence note")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_or_every_line_says_that_it_is_a_note_and_one_word_is_a_command() {
        let note = |text: &str| Said::Note(text.to_owned());
        let reply = |text: &str| Said::Reply(text.to_owned());
        for (text, expected) in [
            ("  \n ", Said::Nothing),
            ("Note: he called twice\nand is angry", note("he called twice\nand is angry")),
            ("备注：已电话联系", note("已电话联系")),
            ("// ask Bo\n\n// before noon", note("ask Bo\nbefore noon")),
            ("// ask Bo\nIt left today.", reply("// ask Bo\nIt left today.")),
            ("Send", Said::Send),
            ("`send`.", Said::Send),
            ("发送", Said::Send),
            ("claim", Said::Claim),
            ("Close!", Said::Close),
            ("close it, please", reply("close it, please")),
            ("Send\n\nKind regards\nMei", Said::NotAlone),
            ("claim\n我来处理", Said::NotAlone),
            ("Please note: it left today.", reply("Please note: it left today.")),
            ("İnote: x", reply("İnote: x")),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn what_stands_below_the_line_is_noticed_where_the_line_is_quoted() {
        let marker = format!("> {NOTICE_MARKER}: write above -##");
        assert!(!writes_below(&format!("On Monday the shop wrote:\n{marker}\n> Where is it?\n")));
        assert!(writes_below(&format!("{marker}\n> Where is it?\nIt left today.\n")));
        assert!(!writes_below(&format!("From: shop\n{NOTICE_MARKER}: write above -##\nTicket: #1\n")));
    }
}
