//! What our own mail looks like on the wire, whatever a buyer put into his.

use jiff::Timestamp;
use mail_parser::{Message, MessageParser};
use nightdesk::{
    channel::email::{
        EnvelopeSender,
        compose::{ComposeError, Letter, ReplyTo, compose},
        verp,
    },
    model::{
        outbound::MailPayload,
        wire_id::{InstanceKey, Origin},
    },
};
use proptest::prelude::*;

fn instance() -> InstanceKey {
    InstanceKey::new([7; 32])
}

fn letter<'a>(instance: &'a InstanceKey, reply_to: Option<ReplyTo<'a>>) -> Letter<'a> {
    Letter {
        key: "i42-answer",
        automatic: true,
        from_name: "Lumen Crafts",
        from_address: "support@lumencrafts.example",
        to_name: Some("Anna Berg"),
        to_address: "anna@example.org",
        subject: "Customs?",
        reply_to,
        ticket: None,
        text: "Hello Anna,\n\nno customs within the EU.\n",
        html: Some("<p>Hello Anna,</p><p>no customs within the EU.</p>"),
        date: "2026-11-18T02:15:30Z".parse::<Timestamp>().expect("a timestamp"),
        instance,
        envelope_sender: EnvelopeSender::Verp,
    }
}

fn parsed(mail: &MailPayload) -> Message<'_> {
    MessageParser::default().parse(&mail.bytes).expect("our own mail can be parsed")
}

fn field_names(mail: &MailPayload) -> Vec<String> {
    let mut names: Vec<String> = parsed(mail).headers_raw().map(|(name, _)| name.to_lowercase()).collect();
    names.sort();
    names
}

fn field(mail: &MailPayload, name: &str) -> Option<String> {
    let message = parsed(mail);
    let found = message.headers_raw().find(|(found, _)| found.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
}

const AUTOMATIC: &[&str] = &["auto-submitted", "precedence", "x-auto-response-suppress", "x-loop"];
const ALWAYS: &[&str] = &["content-type", "date", "from", "message-id", "mime-version", "subject", "to"];

fn expected_names(more: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = ALWAYS.iter().chain(more).map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_automatic_answer_carries_everything_that_stops_robots() {
    let instance = instance();
    let references = vec!["first@example.org".to_owned()];
    let parent = ReplyTo { message_id: Some("parent@example.org"), references: &references, in_reply_to: &[] };
    let mail = compose(&letter(&instance, Some(parent))).expect("a plain letter");

    assert_eq!(field_names(&mail), expected_names(&[AUTOMATIC, &["in-reply-to", "references"]].concat()));
    assert_eq!(field(&mail, "Auto-Submitted").as_deref(), Some("auto-replied"));
    assert_eq!(field(&mail, "X-Auto-Response-Suppress").as_deref(), Some("All"));
    assert_eq!(field(&mail, "Precedence").as_deref(), Some("bulk"));
    assert_eq!(field(&mail, "X-Loop"), Some(instance.instance_name()));
    assert_eq!(field(&mail, "In-Reply-To").as_deref(), Some("<parent@example.org>"));
    assert_eq!(field(&mail, "References").as_deref(), Some("<first@example.org> <parent@example.org>"));
    assert_eq!(field(&mail, "Subject").as_deref(), Some("Re: Customs?"));
    assert_eq!(field(&mail, "Date").as_deref(), Some("Wed, 18 Nov 2026 02:15:30 +0000"));
    assert_eq!(field(&mail, "Message-ID"), Some(format!("<{}>", mail.message_id)));
    assert_eq!(instance.verify(&mail.message_id).expect("our own id").key, "i42-answer");
    assert_eq!(mail.envelope_to, "anna@example.org");
}

#[test]
fn a_persons_mail_carries_none_of_it() {
    let instance = instance();
    let mail =
        compose(&Letter { automatic: false, key: "t3-1", html: None, ..letter(&instance, None) }).expect("a letter");
    assert_eq!(field_names(&mail), {
        let mut names = expected_names(&[]);
        names.push("content-transfer-encoding".to_owned());
        names.sort();
        names
    });
    assert_eq!(instance.verify(&mail.message_id).expect("our own id").origin, Origin::Human);
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    let instance = instance();
    let first = compose(&letter(&instance, None)).expect("a letter");
    assert_eq!(first, compose(&letter(&instance, None)).expect("a letter"));
    let other = compose(&Letter { key: "i43-answer", ..letter(&instance, None) }).expect("a letter");
    assert_ne!(first.bytes, other.bytes);
}

#[test]
fn subjects_are_collapsed_cut_and_tagged_once() {
    let instance = instance();
    let long = "關税".repeat(300);
    let cases: &[(&str, bool, Option<i64>, String)] = &[
        ("AW: Re: 回复：Customs", true, None, "Re: Customs".to_owned()),
        ("Re: Customs [#12]", true, Some(12), "Re: Customs [#12]".to_owned()),
        ("Customs", false, Some(12), "Customs [#12]".to_owned()),
        ("", true, Some(12), "Re: [#12]".to_owned()),
        ("", true, None, "Re:".to_owned()),
        ("a\r\nBcc: x@y.example\0", true, None, "Re: a Bcc: x@y.example".to_owned()),
        ("abc\u{202e}def", true, None, "Re: abcdef".to_owned()),
        (&long, true, Some(3), format!("Re: {} [#3]", "關税".repeat(100))),
    ];
    for (subject, is_reply, ticket, expected) in cases {
        let reply_to = is_reply.then(ReplyTo::default);
        let mail = compose(&Letter { subject, ticket: *ticket, ..letter(&instance, reply_to) }).expect("a letter");
        assert_eq!(parsed(&mail).subject().unwrap_or_default().trim(), expected, "{subject}");
    }
}

#[test]
fn references_keep_both_ends_and_drop_what_cannot_be_repeated() {
    let instance = instance();
    let many: Vec<String> = (0..100).map(|n| format!("id{n}@example.org")).collect();
    let parent = ReplyTo { message_id: Some("parent@example.org"), references: &many, in_reply_to: &[] };
    let mail = compose(&letter(&instance, Some(parent))).expect("a letter");
    let ids: Vec<String> = field(&mail, "References").expect("references").split(' ').map(str::to_owned).collect();
    assert_eq!(ids.len(), 40);
    assert_eq!((ids[0].as_str(), ids[19].as_str()), ("<id0@example.org>", "<id19@example.org>"));
    assert_eq!((ids[20].as_str(), ids[39].as_str()), ("<id81@example.org>", "<parent@example.org>"));

    let bad: Vec<String> =
        ["no-at", "a b@c", "ä@c.example", "a@b\r\nX: y", ""].iter().map(|id| (*id).to_owned()).collect();
    let long = format!("{}@example.org", "x".repeat(1_200));
    let parent = ReplyTo { message_id: Some(&long), references: &bad, in_reply_to: &[] };
    let mail = compose(&letter(&instance, Some(parent))).expect("a letter");
    assert_eq!((field(&mail, "References"), field(&mail, "In-Reply-To")), (None, None));

    let only = vec!["before@example.org".to_owned()];
    let parent = ReplyTo { message_id: Some("parent@example.org"), references: &[], in_reply_to: &only };
    let mail = compose(&letter(&instance, Some(parent))).expect("a letter");
    assert_eq!(field(&mail, "References").as_deref(), Some("<before@example.org> <parent@example.org>"));
}

#[test]
fn a_bounce_address_names_the_message_and_cannot_be_forged() {
    let instance = instance();
    let mail = compose(&letter(&instance, None)).expect("a letter");
    assert!(mail.envelope_from.starts_with("support+bi42-answer-"), "{}", mail.envelope_from);
    let own = verp::bounced(&mail.envelope_from, &instance).expect("our own envelope sender");
    assert_eq!((own.key.as_str(), own.origin), ("i42-answer", Origin::Automatic));
    assert_eq!(verp::bounced(&mail.envelope_from, &InstanceKey::new([8; 32])), None);
    assert_eq!(verp::bounced("support+bi42-answer-0000000000000000@lumencrafts.example", &instance), None);
    assert_eq!(verp::bounced("support@lumencrafts.example", &instance), None);

    let long = "a-very-long-name-of-a-shop-that-leaves-no-room@lumencrafts.example";
    let mail = compose(&Letter { from_address: long, ..letter(&instance, None) }).expect("a letter");
    assert_eq!(mail.envelope_from, long);
    let null = compose(&Letter { envelope_sender: EnvelopeSender::Null, ..letter(&instance, None) }).expect("a letter");
    assert_eq!(null.envelope_from, "");
    let same = compose(&Letter { envelope_sender: EnvelopeSender::Same, ..letter(&instance, None) }).expect("a letter");
    assert_eq!(same.envelope_from, "support@lumencrafts.example");
}

#[test]
fn old_japanese_addresses_are_quoted_on_the_wire() {
    let instance = instance();
    for local in ["a..b", "neko.", ".neko"] {
        let address = format!("{local}@docomo.ne.jp");
        let mail = compose(&Letter { to_address: &address, ..letter(&instance, None) }).expect("a letter");
        assert_eq!(mail.envelope_to, format!("\"{local}\"@docomo.ne.jp"));
    }
}

#[test]
fn addresses_that_cannot_be_written_are_named() {
    let instance = instance();
    let not_ascii = compose(&Letter { to_address: "кто@пример.рф", ..letter(&instance, None) });
    assert_eq!(not_ascii, Err(ComposeError::NotAscii { address: "кто@пример.рф".to_owned() }));
    for address in
        ["", "anna", "a b@example.org", "anna@localhost", "anna@[192.0.2.1]", "a@b.example\r\nBcc: c@d.example"]
    {
        let refused = compose(&Letter { to_address: address, ..letter(&instance, None) });
        assert!(matches!(refused, Err(ComposeError::NotAnAddress { .. })), "{address}: {refused:?}");
    }
}

#[test]
fn both_parts_come_back_as_they_were_written() {
    let instance = instance();
    let text = "你好，\n\n.\n.. two dots\nFrom the start\n😀 trailing  \n";
    let html = "<p>你好</p>\n<p>.</p>";
    let mail = compose(&Letter { text, html: Some(html), ..letter(&instance, None) }).expect("a letter");
    let message = parsed(&mail);
    assert_eq!(message.body_text(0).expect("a text part").replace("\r\n", "\n").trim_end(), text.trim_end());
    assert_eq!(message.body_html(0).expect("an HTML part").replace("\r\n", "\n").trim_end(), html);
    assert_eq!(mail.text, text);
}

/// Anything a buyer can put into a name, a subject or an id.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,80}",
        "[a-z \r\n\0\t\u{202e}\u{2028}\u{85}\"<>@,;:()\\\\=?]{0,60}",
        "(\r\nBcc: x@y.example|=\\?utf-8\\?[QB]\\?[ -~]{0,12}\\?=|Re: |回复：|é|😀){0,12}",
        "[a-zé ]{1,20}".prop_map(|word| word.repeat(10_000 / word.len())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_a_buyer_writes_adds_a_header_or_breaks_a_line(
        to_name in hostile(),
        subject in hostile(),
        parent_id in hostile(),
        references in proptest::collection::vec(hostile(), 0..4),
        text in hostile(),
        with_html in any::<bool>(),
        automatic in any::<bool>(),
    ) {
        let instance = instance();
        let parent = ReplyTo { message_id: Some(&parent_id), references: &references, in_reply_to: &[] };
        let html = format!("<p>{text}</p>");
        let letter = Letter {
            to_name: Some(&to_name), subject: &subject, text: &text, automatic,
            html: with_html.then_some(html.as_str()), ..letter(&instance, Some(parent))
        };
        let mail = compose(&letter).expect("the addresses are good");
        prop_assert_eq!(&mail, &compose(&letter).expect("the addresses are good"));

        let mut wanted = expected_names(if automatic { AUTOMATIC } else { &[] });
        let names = field_names(&mail);
        for optional in ["in-reply-to", "references", "content-transfer-encoding"] {
            if names.iter().any(|name| name == optional) {
                wanted.push(optional.to_owned());
            }
        }
        wanted.sort();
        prop_assert_eq!(names, wanted);
        prop_assert_eq!(mail.envelope_to.as_str(), "anna@example.org");
        let recipients: Vec<String> = parsed(&mail).to().into_iter().flat_map(|list| list.iter())
            .filter_map(|found| found.address().map(str::to_owned)).collect();
        prop_assert_eq!(recipients, ["anna@example.org"]);

        let lines: Vec<&[u8]> = mail.bytes.split(|byte| *byte == b'\n').collect();
        for line in &lines[..lines.len() - 1] {
            prop_assert!(line.ends_with(b"\r"), "a bare line feed");
            prop_assert!(line.len() <= 999, "a line of {} octets", line.len());
            prop_assert!(!line[..line.len() - 1].contains(&b'\r'), "a bare carriage return");
        }
        prop_assert!(!mail.bytes.contains(&0));
    }
}
