//! What marketplaces do not take: found in answers, and nothing else taken for it.

use nightdesk::{
    model::profile::{Answers, Forbidden},
    text::forbidden::objections,
};

fn answers() -> Answers {
    Answers {
        forbid: [Forbidden::Links, Forbidden::Emails, Forbidden::Phones].into_iter().collect(),
        links_to: vec!["ebay.com".to_owned()],
        forbid_words: vec!["whatsapp".to_owned(), "off ebay".to_owned(), "微信".to_owned()],
        max_characters: Some(200),
        ..Answers::default()
    }
}

#[test]
fn what_a_marketplace_does_not_take_is_found() {
    for (text, what) in [
        ("See https://shop.example/sizes.", "links"),
        ("See www.shop.example", "links"),
        ("Look at blue-lantern.com/sizes for it", "links"),
        ("https://www.ebay.com.evil.example/x", "links"),
        ("https://ebay.com@evil.example/x", "links"),
        ("https://notebay.com/x", "links"),
        ("Write to help@shop.example please", "e-mail addresses"),
        ("Call +49 30 1234567 at any time", "telephone numbers"),
        ("Find us on WhatsApp!", "whatsapp"),
        ("We sell Off eBay too", "off ebay"),
        ("加我微信吧", "微信"),
        (&"a long answer ".repeat(20), "200 are taken"),
    ] {
        let found = objections(text, &answers());
        assert!(found.iter().any(|objection| objection.to_string().contains(what)), "{text}: {found:?}");
    }
}

#[test]
fn ordinary_answers_are_taken() {
    for text in [
        "Yes, we wrap gifts at no charge. It takes 2.5 days, e.g. until Friday.",
        "Your order 07-10832-44190 left on 18.11.2026 with DHL, number 00340434161094021501.",
        "Die Laterne kostet 12,50 € z.B. in Blau.",
        "The listing is https://www.ebay.com/itm/254417730921.",
        "We offer ebayers nothing else. The offebay is a bird.",
        "尺寸是30厘米。",
    ] {
        assert_eq!(objections(text, &answers()), Vec::new(), "{text}");
    }
}

#[test]
fn a_profile_that_forbids_nothing_takes_everything() {
    let text = "https://shop.example help@shop.example +49 30 1234567 WhatsApp ".repeat(200);
    assert_eq!(objections(&text, &Answers::default()), Vec::new());
}
