//! Whole mails, one per script, as they go over the wire: what a buyer's program is told about language and direction,
//! and where words of the other direction stand.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use jiff::Timestamp;
use mail_parser::{MessageParser, MimeHeaders as _};
use nightdesk::{
    channel::email::{
        EnvelopeSender,
        compose::{Letter, compose},
    },
    model::{
        ids::ReplyId,
        inbound::ChannelKind,
        order::{Order as BuyersOrder, OrderStatus},
        outbound::OutboundKind,
        wire_id::InstanceKey,
    },
    replies::catalog::{Catalog, Order, Rendered, Rest, Values},
};

use crate::replies::{catalog, data, date, expect, formats, language, listed, values};

/// What differs between the mails: its name, language, the country asked about, the buyer's name, what is left.
const MAILS: [(&str, &str, &str, &str, &str); 8] = [
    ("latin-german", "de", "DE", "Jörg", "„Kann man die Lampe dimmen?“"),
    ("cyrillic-russian", "ru", "DE", "Анна", "«Можно ли менять лампу?»"),
    ("han-chinese", "zh", "DE", "李雷", "“灯可以调光吗？”"),
    ("kana-japanese", "ja", "DE", "さくら", "「ランプは調光できますか？」"),
    ("hangul-korean", "ko", "DE", "민준", "“조명 밝기를 조절할 수 있나요?”"),
    ("arabic", "ar", "SA", "محمد", "«هل يمكن خفض إضاءة المصباح؟»"),
    ("arabic-with-latin", "ar", "SA", "Anna", "«Is the LED-3000 lamp safe for cats?»"),
    ("latin-with-arabic", "en", "SA", "محمد", "“هل يمكن خفض إضاءة المصباح؟”"),
];

#[test]
fn a_mail_of_every_script_reads_as_expected() {
    let catalog = shop();
    for (name, code, country, first_name, rest) in MAILS {
        let rendered = rendered(&catalog, code, country, first_name, rest);
        expect(&format!("mails/{name}.txt"), &shown(&rendered));
    }
}

#[test]
fn an_order_number_keeps_its_order_in_arabic() {
    let rendered = rendered(&shop(), "ar", "SA", "Anna", "«LED-3000»");
    let html = rendered.html.expect("mail has HTML");
    assert!(html.contains("<bdi dir=\"ltr\">114-7122810-2961857</bdi>"), "{html}");
    assert!(rendered.text.contains("\u{200e}114-7122810-2961857"), "{}", rendered.text);
    assert!(rendered.text.contains("\u{200e}+86 755 1234-5678"), "{}", rendered.text);
    let marks = rendered
        .text
        .chars()
        .filter(|c| ('\u{200e}'..='\u{200f}').contains(c) || ('\u{202a}'..='\u{2069}').contains(c));
    assert_eq!(marks.count(), 2, "no mark that is not needed: {}", rendered.text);
}

#[test]
fn a_subject_keeps_its_order_number_too() {
    let (_, catalog, found) = catalog(&[
        ("replies/_frame/ar.txt", "{{ body }}"),
        ("replies/shipped/ar.txt", "Subject: خرج طلبكم {{ order.number }}\n\nنعم.\n"),
        ("replies/shipping_destination/ar.txt", "نعم."),
        ("replies/contact_info/ar.txt", "نعم."),
    ]);
    assert!(found.is_empty(), "{found:?}");
    let subject = rendered(&catalog, "ar", "SA", "Anna", "«LED-3000»").subject.expect("the reply sets one");
    assert_eq!(subject, "خرج طلبكم \u{200e}114-7122810-2961857");
}

#[test]
fn a_language_from_the_left_gets_no_mark() {
    for code in ["de", "ru", "zh", "ja", "ko", "en"] {
        let rendered = rendered(&shop(), code, "DE", "محمد", "“114-7122810”");
        assert!(!rendered.text.contains('\u{200e}'), "{}", rendered.text);
        let html = rendered.html.expect("mail has HTML");
        assert_eq!(html.matches("<bdi").count(), 1, "only the Arabic name: {html}");
    }
}

fn shop() -> Catalog {
    let folder = data("mails/shop");
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for reply in entries(&folder) {
        for file in entries(&folder.join(&reply)) {
            let text = fs::read_to_string(folder.join(&reply).join(&file)).expect("a text");
            files.insert(format!("replies/{reply}/{file}"), text);
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (sources, catalog, found) = catalog(&files);
    assert_eq!(listed(&sources, &found), "");
    catalog
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn rendered(catalog: &Catalog, code: &str, country: &str, first_name: &str, rest: &str) -> Rendered {
    let values = Values {
        buyer_first_name: Some(first_name.to_owned()),
        entities: BTreeMap::from([("country".to_owned(), country.to_owned())]),
        order: Some(buyers_order()),
        desk_hours: formats::shop_hours(language(code)),
        ..values()
    };
    let replies = ["shipped", "shipping_destination", "contact_info"].map(ReplyId::new);
    let order = Order {
        kind: OutboundKind::Answer,
        replies: &replies,
        language: language(code),
        channel: ChannelKind::Email,
        values: &values,
        today: date("2026-11-20"),
        switched: &[],
        rest: Rest::Named(rest),
    };
    catalog.render(&order).expect("renders")
}

/// An order of which everything is known but its delivery.
pub(super) fn buyers_order() -> BuyersOrder {
    BuyersOrder {
        number: "114-7122810-2961857".to_owned(),
        status: Some(OrderStatus::Shipped),
        placed: Some(date("2026-11-16")),
        shipped: Some(date("2026-11-18")),
        delivered: None,
        carrier: Some("DHL Express (EU)".to_owned()),
        tracking: Some("LX123456785CN".to_owned()),
        source: None,
    }
}

/// Returns the mail as a program reads it from the wire: what each part says of itself, and its text.
fn shown(rendered: &Rendered) -> String {
    let instance = InstanceKey::new([7; 32]);
    let letter = Letter {
        key: "i42-answer",
        automatic: true,
        from_name: "Lantern Home",
        from_address: "support@shop.example",
        to_name: None,
        to_address: "anna@buyer.example",
        subject: "114-7122810-2961857",
        reply_to: None,
        ticket: None,
        text: &rendered.text,
        html: rendered.html.as_deref(),
        date: "2026-11-20T02:15:30Z".parse::<Timestamp>().expect("a timestamp"),
        instance: &instance,
        envelope_sender: EnvelopeSender::Same,
    };
    let mail = compose(&letter).expect("a mail");
    let message = MessageParser::default().parse(&mail.bytes).expect("our own mail can be parsed");
    let mut shown = String::new();
    for part in &message.parts {
        let Some(text) = part.text_contents() else { continue };
        let kind = part.content_type().expect("a type");
        let charset = kind.attribute("charset").unwrap_or("none");
        let subtype = kind.subtype().unwrap_or_default();
        let _ = write!(shown, "== {}/{subtype} {charset}\n{}\n", kind.ctype(), text.replace("\r\n", "\n").trim_end());
    }
    // A mark that nobody sees must be seen by whoever checks this file.
    shown.replace('\u{200e}', "<LRM>")
}
