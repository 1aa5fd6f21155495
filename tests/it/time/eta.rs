//! The moment at which a person will have written, on the clock of the buyer as far as there is a sign of it.

use std::{fs, path::Path};

use jiff::{SignedDuration, civil};
use nightdesk::{
    engine::Engine,
    library::{Library, Sources},
    model::{
        buyer::Buyer,
        context::Context,
        ids::BuyerId,
        inbound::{ChannelKind, HeaderField, Inbound, MailFacts, Mailbox, ReturnPath},
        outbound::OutboundKind,
        time::QuietHours,
    },
};

use super::{moment, rows};
use crate::decisions::world::settings;

/// A Friday evening in Shanghai, when the desk is closed until Monday.
const NOW: &str = "2026-11-20T20:00+08:00";

#[test]
fn every_ack_names_the_moment_on_the_clock_that_the_table_says() {
    let settings = settings();
    let library = Library::read(Sources::starter_pack(), &settings.languages);
    let engine = Engine::new(settings, library.rules, library.replies);
    let mut wrong = Vec::new();
    for row in rows("eta.tsv", 5) {
        let [country, date, language, text, says] = &row[..] else { continue };
        let channel = if date == "-" { ChannelKind::Telegram } else { ChannelKind::Email };
        let mut inbound = Inbound::from_text(channel, text, moment(NOW));
        inbound.language_hint = language.parse().ok();
        inbound.mail = (date != "-").then(|| mail(date));
        let buyer = (country != "-").then(|| buyer(country));
        let ctx = Context { buyer, ..Context::default() };
        let verdict = engine.decide(&inbound, &ctx, moment(NOW));
        let ack = verdict.messages.iter().find(|message| message.kind == OutboundKind::Ack);
        let said = ack.map_or("no ack", |ack| ack.text.as_str());
        if !said.contains(says.as_str()) {
            wrong.push(format!("{row:?}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_ack_of_the_starter_pack_says_when_a_person_writes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("replies");
    let replies = fs::read_dir(folder).expect("the starter pack is there").map(|entry| entry.expect("readable").path());
    let mut count = 0;
    for reply in replies.filter(|path| path.to_string_lossy().ends_with("_ack")) {
        for text in fs::read_dir(reply).expect("a reply is a folder") {
            let path = text.expect("readable").path();
            let text = fs::read_to_string(&path).expect("replies are text");
            assert!(text.contains("{{ human_eta }}"), "{} names no time", path.display());
            count += 1;
        }
    }
    assert!(count >= 12, "only {count} acks");
}

#[test]
fn an_old_message_is_answered_in_the_buyers_morning_and_a_fresh_one_at_once() {
    let mut settings = settings();
    settings.quiet_hours = Some(QuietHours { from: civil::time(22, 0, 0, 0), to: civil::time(8, 0, 0, 0) });
    let library = Library::read(Sources::starter_pack(), &settings.languages);
    let engine = Engine::new(settings, library.rules, library.replies);
    // It is half past three in Berlin.
    let now = moment("2026-11-20T03:30+01:00");
    let decide = |hours: i64, country: Option<&str>| {
        let written = now - SignedDuration::from_hours(hours);
        let inbound = Inbound::from_text(ChannelKind::Telegram, "Do you offer free shipping?", written);
        let ctx = Context { buyer: country.map(buyer), ..Context::default() };
        engine.decide(&inbound, &ctx, now).not_before
    };
    assert_eq!(decide(5, Some("DE")), Some(moment("2026-11-20T08:00+01:00")));
    assert_eq!(decide(0, Some("DE")), None, "who has just written is awake");
    assert_eq!(decide(5, Some("JP")), None, "it is day in Japan");
    assert_eq!(decide(5, None), None, "nothing is known of the buyer's clock");
}

/// A mail of a person with that `Date`.
fn mail(date: &str) -> MailFacts {
    let from = Mailbox { name: None, address: "buyer@example.com".to_owned() };
    MailFacts {
        headers: vec![HeaderField { name: "Date".to_owned(), value: date.to_owned() }],
        return_path: ReturnPath::Address(from.address.clone()),
        recipients: vec![Mailbox { name: None, address: "support@lantern-home.example".to_owned() }],
        message_id: Some("lamp@mail.example".to_owned()),
        part_types: vec!["text/plain".to_owned()],
        size: 500,
        from: vec![from],
        ..MailFacts::default()
    }
}

/// A buyer of whom only the country is known.
fn buyer(country: &str) -> Buyer {
    Buyer {
        id: BuyerId(1),
        key: "buyer@example.com".to_owned(),
        name: None,
        language: None,
        country: Some(country.to_owned()),
        suppressed: false,
        grade: None,
        tags: Vec::new(),
        orders: None,
    }
}
