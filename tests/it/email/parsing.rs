//! Whole mails as real clients write them, and what becomes of them.

use std::fmt::Write as _;

use base64::Engine as _;
use jiff::Timestamp;
use nightdesk::{
    channel::email::{addresses, headers, ids, parse::parse},
    model::{
        ids::AccountName,
        inbound::{ChannelKind, Inbound, Mailbox, Note, ReturnPath},
        receive::{FolderRole, Received, SourceKey},
    },
    text::subject,
};
use proptest::prelude::*;

use super::golden;

fn received(raw: &[u8]) -> Received {
    Received {
        channel: ChannelKind::Email,
        account: AccountName::new("support"),
        key: SourceKey::Maildir { name: "1.eml".to_owned() },
        raw: raw.to_vec(),
        received_at: "2026-11-18T02:15:00Z".parse().expect("a timestamp"),
        size: raw.len() as u64,
        role: FolderRole::Inbox,
        reconciled: false,
    }
}

fn with_crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

#[test]
fn mail_of_real_clients_is_read_as_a_person_reads_it() {
    golden::check("messages", "eml", 30, |raw| dump(&parse(&received(raw))));
}

/// A readable picture of an inbound; header fields are left out, they are in the fixture.
fn dump(inbound: &Inbound) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| writeln!(out, "{name}: {value}").expect("a String takes everything");
    let facts = inbound.mail.as_ref().expect("a mail has mail facts");
    line("from", inbound.from.as_ref().map_or("(none)".to_owned(), shown));
    line("all from", list(&facts.from));
    line("sender", facts.sender.as_ref().map_or(String::new(), shown));
    line("reply-to", list(&facts.reply_to));
    line("recipients", list(&facts.recipients));
    line(
        "return-path",
        match &facts.return_path {
            ReturnPath::Absent => "(absent)".to_owned(),
            ReturnPath::Null => "<>".to_owned(),
            ReturnPath::Address(address) => address.clone(),
        },
    );
    line("subject", inbound.subject.clone());
    line("sent", inbound.sent_at.map_or("(unknown)".to_owned(), |at| at.to_string()));
    line("message-id", facts.message_id.clone().unwrap_or_default());
    line("in-reply-to", facts.in_reply_to.join(" "));
    line("references", facts.references.join(" "));
    line("parts", facts.part_types.join(" "));
    line("flags", format!("calendar={} forwarded={}", facts.calendar_method, facts.forwarded));
    line("header fields", facts.headers.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(" "));
    line("notes", format!("{:?}", inbound.notes));
    for file in &inbound.attachments {
        line("attachment", format!("{} ({}, {} octets)", file.name, file.content_type, file.size));
    }
    format!("{out}=== text\n{}\n=== elided\n{}\n", inbound.text, inbound.elided)
}

fn shown(mailbox: &Mailbox) -> String {
    match &mailbox.name {
        Some(name) => format!("{name} <{}>", mailbox.address),
        None => format!("<{}>", mailbox.address),
    }
}

fn list(mailboxes: &[Mailbox]) -> String {
    mailboxes.iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[test]
fn authors_are_accepted_only_when_there_is_no_doubt() {
    let accepted = [
        ("Anna <anna@example.org>", "anna@example.org", Some("Anna")),
        ("anna@example.org", "anna@example.org", None),
        ("anna@example.org (Anna Berg)", "anna@example.org", Some("Anna Berg")),
        ("\"Berg, Anna\" <anna@example.org>", "anna@example.org", Some("Berg, Anna")),
        ("anna@example.org <anna@example.org>", "anna@example.org", None),
        ("=?UTF-8?B?5byg5Lyf?= <zhang@example.cn>", "zhang@example.cn", Some("张伟")),
        ("\"=?gb18030?B?1cXOsA==?=\" <zhang@qq.example>", "zhang@qq.example", Some("张伟")),
        (
            "=?utf-8?Q?Anna=0D=0ABcc:_x@evil.example?= <anna@example.org>",
            "anna@example.org",
            Some("Anna Bcc: x@evil.example"),
        ),
        ("Anna \u{202e}greB <anna@example.org>", "anna@example.org", Some("Anna greB")),
        ("<a..b@docomo.ne.jp>", "a..b@docomo.ne.jp", None),
        ("\"a b\"@example.org", "\"a b\"@example.org", None),
        ("Anna <anna@xn--mller-kva.example>,", "anna@xn--mller-kva.example", Some("Anna")),
        ("кто <кто@пример.рф>", "кто@пример.рф", Some("кто")),
    ];
    for (field, address, name) in accepted {
        let found = addresses::sole_author([field].into_iter());
        let expected = Mailbox { name: name.map(str::to_owned), address: address.to_owned() };
        assert_eq!(found, Some(expected), "{field}");
    }
    let refused = [
        "",
        "Anna",
        "a@example.org b@example.org",
        "a@example.org, b@example.org",
        "Anna <a@example.org> <b@example.org>",
        "Anna <a@example.org> b@example.org",
        "friends: a@example.org;",
        "undisclosed-recipients:;",
        "Anna <anna@localhost>",
        "Anna <anna@[192.0.2.1]>",
        "Anna <anna@192.0.2.1>",
        "Anna <anna@example..org>",
        "Anna <@relay.example:anna@example.org>",
        "Anna <anna@example.org",
        "Berg, Anna <anna@example.org>",
        "<>",
        "Anna <an na@example.org>",
        "Anna <@example.org>",
    ];
    for field in refused {
        assert_eq!(addresses::sole_author([field].into_iter()), None, "{field}");
    }
    assert_eq!(addresses::sole_author(["a@example.org", "a@example.org"].into_iter()), None, "two From fields");
}

#[test]
fn null_senders_are_told_from_missing_ones() {
    let cases = [
        ("Return-Path: <>\n", ReturnPath::Null),
        ("Return-Path: <MAILER-DAEMON>\n", ReturnPath::Null),
        ("Return-Path: <MAILER-DAEMON@mx.example.org>\n", ReturnPath::Null),
        ("Return-Path:\n", ReturnPath::Null),
        ("Return-Path: <anna@example.org>\nReturn-Path: <>\n", ReturnPath::Address("anna@example.org".to_owned())),
        ("Return-Path: anna@example.org\n", ReturnPath::Address("anna@example.org".to_owned())),
        ("", ReturnPath::Absent),
    ];
    for (fields, expected) in cases {
        let inbound = parse(&received(&with_crlf(&format!("{fields}From: a@example.org\n\nhi\n"))));
        assert_eq!(inbound.mail.expect("mail facts").return_path, expected, "{fields}");
    }
}

#[test]
fn message_ids_are_found_in_every_form() {
    let cases: &[(&str, &[&str])] = &[
        ("<a@b.example>", &["a@b.example"]),
        ("a@b.example", &["a@b.example"]),
        ("<a@b> <c@d>", &["a@b", "c@d"]),
        ("Your message of Tue <a@b>", &["a@b"]),
        ("<a @b>", &["a@b"]),
        ("=?utf-8?q?=3Ca=40b.example=3E?=", &["a@b.example"]),
        ("<no-at-sign>", &[]),
        ("<a@b", &[]),
        ("", &[]),
    ];
    for (value, expected) in cases {
        assert_eq!(ids::parse(value), *expected, "{value}");
    }
}

#[test]
fn reply_prefixes_of_all_languages_are_taken_off() {
    let cases = [
        ("Re: AW: RE: Order", "Order"),
        ("回复：答复: Re:订单", "订单"),
        ("Re[4]: Order", "Order"),
        ("转发: 回复(2)：关税", "关税"),
        ("SV: VS: Antw: tilaus", "tilaus"),
        ("Regarding: my order", "Regarding: my order"),
        ("Order: where is it", "Order: where is it"),
        ("  ", ""),
    ];
    for (subject, expected) in cases {
        assert_eq!(subject::bare(subject), expected);
    }
    assert!(
        subject::is_forward("Fwd: customs") && subject::is_forward("转发：关税") && !subject::is_forward("Re: Fwd: x")
    );
}

#[test]
fn bombs_are_noted_and_not_read() {
    let nested: String = (0..100).fold("From: a@example.org\n".to_owned(), |mail, depth| {
        format!("{mail}Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n")
    });
    let messages = format!("From: a@example.org\n{}\nwhere is it", "Content-Type: message/rfc822\n\n".repeat(20));
    let wide =
        format!("From: a@example.org\nContent-Type: multipart/mixed; boundary=x\n\n{}", "--x\n\nhi\n".repeat(2_000));
    let long_header = format!("From: a@example.org\n{}\nhi", "X-Junk: 1\n".repeat(600));
    let big_header = format!("From: a@example.org\nX-Junk: {}\n\nhi", "x".repeat(300 * 1024));
    for (name, mail) in [
        ("nested", nested),
        ("messages", messages),
        ("wide", wide),
        ("long header", long_header),
        ("big header", big_header),
    ] {
        let inbound = parse(&received(&with_crlf(&mail)));
        assert_eq!(inbound.notes, [Note::TooComplex], "{name}");
        assert_eq!(inbound.text, "", "{name}");
        assert_eq!(inbound.from.expect("the author stands above").address, "a@example.org", "{name}");
    }
}

#[test]
fn a_bomb_inside_base64_does_not_overflow_the_stack() {
    let bomb = "Content-Type: message/rfc822\r\n\r\n".repeat(30_000);
    let encoded = base64::engine::general_purpose::STANDARD.encode(bomb);
    let digest = "multipart/digest; boundary=b\r\n\r\n--b";
    for media_type in [
        "message/rfc822",
        "MESSAGE / Global",
        "message (x)/ (y) RFC822",
        "message/\r\n rfc822",
        "message\r\n\t/rfc822",
        digest,
    ] {
        let mail = format!(
            "From: a@example.org\r\nContent-Transfer-Encoding: base64\r\nContent-Type: {media_type}\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--b--\r\n"
        );
        // The stack of a worker thread of the runtime.
        let worker = std::thread::Builder::new().stack_size(2 << 20).spawn(move || parse(&received(mail.as_bytes())));
        let inbound = worker.expect("a thread starts").join().expect("parsing does not panic");
        assert_eq!(inbound.from.expect("the author stands above").address, "a@example.org");
    }
}

#[test]
fn boundaries_hidden_inside_lines_count_too() {
    let head = "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n";
    let one_line = format!("{head}--b\n\n{}", "x--b".repeat(3_000));
    let nested = format!("{head}--b\n\nx--b\n{}", "Content-Type: message/rfc822\n\n".repeat(20));
    let last_type =
        format!("From: a@example.org\n{}", "Content-Type: text/plain\nContent-Type: message/rfc822\n\n".repeat(20));
    let dashes = format!("{head}{}", "-".repeat(10_000_000));
    for mail in [one_line, nested, last_type, dashes] {
        let inbound = parse(&received(&with_crlf(&mail)));
        assert_eq!(inbound.notes, [Note::TooComplex], "{}", &mail[..120]);
    }
}

#[test]
fn a_header_without_body_of_a_large_mail_is_noted() {
    let mut mail = received(&with_crlf("From: a@example.org\nSubject: photos\n\n"));
    mail.size = 40_000_000;
    let inbound = parse(&mail);
    assert_eq!(inbound.notes, [Note::TooLarge]);
    assert_eq!((inbound.subject.as_str(), inbound.text.as_str()), ("photos", ""));
}

#[test]
fn long_text_is_cut_at_a_character() {
    let inbound = parse(&received(&with_crlf(&format!(
        "From: a@example.org\nContent-Type: text/plain; charset=utf-8\n\na{}",
        "关税\n".repeat(20_000)
    ))));
    assert!(inbound.notes.contains(&Note::TextCut));
    assert!(inbound.text.len() <= 64 * 1024);
}

#[test]
fn the_same_words_have_the_same_hash_whatever_the_line_breaks() {
    let hash = |body: &str| parse(&received(format!("From: a@example.org\r\n\r\n{body}").as_bytes())).body_hash;
    assert_eq!(hash("where is\r\nmy order"), hash("where is   my order\r\n\r\n"));
    assert_ne!(hash("where is my order"), hash("where was my order"));
}

#[test]
fn file_names_carry_no_path_and_no_tricks() {
    let mail = "From: a@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n--x\n\
        Content-Type: application/pdf; name=\"../../etc/passwd\"\nContent-Disposition: attachment; filename=\"C:\\\\x\\\\\u{202e}fdp.exe\"\n\nx\n--x--\n";
    let inbound = parse(&received(&with_crlf(mail)));
    let names: Vec<&str> = inbound.attachments.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["fdp.exe"]);
}

proptest! {
    #[test]
    fn any_bytes_become_an_inbound(raw in proptest::collection::vec(any::<u8>(), 0..600)) {
        parse(&received(&raw));
    }

    #[test]
    fn any_broken_mail_becomes_an_inbound(
        top in "(From|To|Subject|Content-Type|Content-Transfer-Encoding|References): [ -~]{0,60}\r\n",
        kind in "(text/html|multipart/mixed; boundary=x|message/rfc822|text/plain; charset=[a-z0-9-]{1,12})",
        body in "(--x\r\n|--x--\r\n|<div>|Content-Type: text/html\r\n\r\n|=\\?utf-8\\?[QB]\\?|[ -~]{0,20}\r\n|\r\n){0,30}",
    ) {
        let raw = format!("{top}Content-Type: {kind}\r\n\r\n{body}");
        let inbound = parse(&received(raw.as_bytes()));
        prop_assert!(inbound.text.len() <= 64 * 1024);
    }

    #[test]
    fn decoding_and_cleaning_leave_no_control_characters(value in "(=\\?(utf-8|gb18030|iso-2022-jp|x)\\?[QBqb]\\?[ -~]{0,20}\\?=|[ -~\u{202e}é]{0,8} ?){0,12}") {
        let shown = headers::clean(&headers::decode(&value), 200);
        prop_assert!(shown.chars().count() <= 200);
        let is_clean = !shown.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
        prop_assert!(is_clean, "{:?}", shown);
    }
}

#[test]
fn a_date_in_any_zone_is_the_same_moment() {
    let sent =
        |date: &str| parse(&received(format!("From: a@example.org\r\nDate: {date}\r\n\r\nhi").as_bytes())).sent_at;
    let expected: Timestamp = "2026-11-17T20:41:03Z".parse().expect("a timestamp");
    assert_eq!(sent("Tue, 17 Nov 2026 21:41:03 +0100"), Some(expected));
    assert_eq!(sent("Wed, 18 Nov 2026 04:41:03 +0800 (CST)"), Some(expected));
    assert_eq!(sent("yesterday"), None);
}
