//! Whatever stands in a marketplace's mail: it is read without a panic, nothing of it is lost, and a form's answer goes to
//! nobody but the one address above the message.

use nightdesk::{
    channel::email::parse::parse_by,
    library::profile::shipped,
    model::{inbound::Inbound, profile::Profiles},
};
use proptest::prelude::*;

use super::{received_of, shop};

/// Lines as frames have them, lines of people, and lines that are neither.
const LINES: [&str; 16] = [
    "",
    "------------- Message: -------------",
    "------------- End message -------------",
    "New message from: joe (3)",
    "Reply",
    "Message:",
    "Nachricht:",
    "Body:",
    "E-Mail: heidi.kurz@example.org",
    "E-Mail: victim@example.net",
    "Order number: 07-10832-44190",
    "113-4482913-7719430",
    "Email reference id: [#a05-7xk2qv9d1m#]",
    "[#a05-other#]",
    "> quoted",
    "Can you wrap it as a gift?",
];

fn read(profiles: &Profiles, from: &str, more: &str, lines: &[String]) -> Inbound {
    let raw = format!(
        "Authentication-Results: mx.blue-lantern.example; dmarc=pass\nFrom: <{from}>\nTo: shop@blue-lantern.example\n\
         Subject: hello\n{more}\n{}\n",
        lines.join("\n")
    );
    let trusted = ["mx.blue-lantern.example".to_owned()].into_iter().collect();
    parse_by(&received_of(raw.into_bytes()), profiles, &trusted)
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![proptest::sample::select(&LINES[..]).prop_map(str::to_owned), "[ -~é质]{0,30}"];
    proptest::collection::vec(line, 0..14)
}

proptest! {
    #[test]
    fn every_relay_bears_every_body(lines in lines()) {
        let profiles = shipped();
        for (from, more) in [
            ("abc@marketplace.amazon.com", ""),
            ("abc@members.ebay.com", ""),
            ("abc@relay.walmart.com", ""),
            ("conversations@mail.etsy.com", "Reply-To: <r1@mail.etsy.com>\n"),
            ("mailer@shopify.com", "Reply-To: <erin@example.org>\n"),
        ] {
            let inbound = read(&profiles, from, more, &lines);
            prop_assert!(inbound.relay.read().is_some(), "the sender is proven");
            let kept = format!("{}\n{}", inbound.text, inbound.elided);
            for line in lines.iter().filter(|line| line.contains("wrap it as a gift")) {
                prop_assert!(kept.contains(line.trim()), "{line} is lost: {inbound:?}");
            }
        }
    }

    #[test]
    fn a_form_is_answered_at_the_one_address_above_its_message(lines in lines()) {
        let (config, _) = shop();
        let inbound = read(&config.profiles, "anfrage@formulare.blue-lantern.example", "", &lines);
        let begin = lines.iter().position(|line| line.trim().eq_ignore_ascii_case("Nachricht:"));
        let above = &lines[..begin.unwrap_or(0)];
        let addresses: std::collections::BTreeSet<&str> =
            above.iter().filter_map(|line| line.trim().strip_prefix("E-Mail: ")).collect();
        let buyer = inbound.from.as_ref().map(|buyer| buyer.address.as_str());
        match (inbound.relay.read().is_some_and(|relayed| relayed.notice.is_some()), buyer) {
            (false, Some(buyer)) => prop_assert!(addresses.len() == 1 && addresses.contains(buyer), "{inbound:?}"),
            (false, None) => prop_assert!(addresses.len() != 1 || !inbound.relay.read().is_some_and(|r| r.problems.is_empty())),
            (true, _) => prop_assert!(false, "no subject here is a notice's"),
        }
    }
}
