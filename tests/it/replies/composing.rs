//! Several replies in one message, in text and HTML, with values nobody chose for us.

use std::{fs, path::Path};

use nightdesk::{
    model::{ids::ReplyId, inbound::ChannelKind, language::Language, outbound::OutboundKind},
    replies::{
        catalog::{Catalog, HumanEta, Order, RenderError, Rest, Values},
        promise,
    },
};
use proptest::prelude::*;

use crate::replies::{catalog, date, expect, language, moment, render, values};

const FRAME: &str = "{% if automatic %}\nThis is an automatic answer.\n\n{% endif %}\nHello {{ buyer.first_name or \"there\" }},\n\n\
                     {{ body }}\n\n{% if uncovered %}\nA colleague will write about the rest.\n{% endif %}\nKind regards\n{{ shop.name }}\n";

fn shop() -> Catalog {
    let (_, catalog, diagnostics) = catalog(&[
        ("replies/_frame/en.txt", FRAME),
        ("replies/_frame/en.telegram.txt", "{{ body }}"),
        ("replies/one/en.txt", "First reply.\n\n\n\nSee https://shop.example/a?b=1&c=2.\n"),
        ("replies/two/en.txt", "Subject: Two at {{ shop.name }}\n\nSecond reply.\nIts second line.\n"),
        ("replies/three/en.txt", "Third reply.\n"),
        (
            "replies/three/en.html",
            "<p>Third <b>reply</b> for {{ buyer.first_name or \"you\" }} of {{ shop.name }}.</p>\n",
        ),
        ("replies/hours/en.txt", "We write before {{ human_eta or \"the next working day\" }}."),
    ]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    catalog
}

#[test]
fn up_to_three_replies_stand_between_one_greeting_and_one_closing() {
    let catalog = shop();
    let mut shown = String::new();
    let values = values();
    for (names, uncovered) in [(vec!["one"], false), (vec!["one", "two"], true), (vec!["one", "two", "three"], false)] {
        let replies: Vec<ReplyId> = names.iter().map(|name| ReplyId::new(*name)).collect();
        let order = Order {
            kind: OutboundKind::Answer,
            replies: &replies,
            language: Language::EN,
            channel: ChannelKind::Email,
            values: &values,
            today: date("2026-11-20"),
            switched: &[],
            rest: if uncovered { Rest::Unnamed } else { Rest::Nothing },
        };
        let rendered = catalog.render(&order).expect("renders");
        let html = rendered.html.expect("mail has HTML");
        let head = format!("== {names:?} subject {:?}\n{}\n", rendered.subject, rendered.text);
        shown.extend([head.as_str(), "-- html\n", &html, "\n"]);
    }
    expect("composed.expected", &shown);
}

#[test]
fn a_person_sends_without_the_automatic_line() {
    let by_hand = Values { automatic: false, ..values() };
    let text = render(&shop(), &["one"], "en", &by_hand).expect("renders").text;
    assert!(text.starts_with("Hello Anna,"), "{text}");
}

#[test]
fn missing_replies_and_languages_are_named() {
    let catalog = shop();
    let error = render(&catalog, &["nobody"], "en", &values()).expect_err("no such reply");
    assert_eq!(error.to_string(), "there is no reply `nobody`");
    let error = render(&catalog, &["one"], "de", &values()).expect_err("no German");
    assert_eq!(error.to_string(), "the reply `one` has no text in `de`");
}

#[test]
fn what_nobody_has_written_yet_is_never_rendered() {
    let hole = "{# nightdesk new: write the answer here and remove this line #}\n[…]\n";
    let files =
        [("replies/_frame/en.txt", "{{ body }}"), ("replies/one/en.txt", "Written."), ("replies/two/en.txt", hole)];
    for html in [None, Some(("replies/one/en.html", "<p>[…]</p>"))] {
        let (_, catalog, _) = catalog(&files.into_iter().chain(html).collect::<Vec<_>>());
        let error = render(&catalog, &["one", "two"], "en", &values()).expect_err("a placeholder");
        let reply = if html.is_some() { "one" } else { "two" };
        assert_eq!(
            error.to_string(),
            format!("the reply `{reply}` is not written in `en` yet; write replies/{reply}/en.txt")
        );
    }
}

#[test]
fn a_hostile_name_reaches_neither_text_nor_html() {
    let catalog = shop();
    for name in [
        "<script>alert(1)</script>",
        "Win at http://evil.example",
        "evil.example",
        "a@b.example",
        "{{ shop.name }}",
        "A\nBcc: x",
        "\u{202e}annA",
        "Call 555 1234",
        "   ",
        &"a".repeat(41),
    ] {
        let hostile = Values { buyer_first_name: Some(name.to_owned()), ..values() };
        let rendered = render(&catalog, &["three"], "en", &hostile).expect("renders");
        assert!(rendered.text.contains("Hello there,"), "{name:?}: {}", rendered.text);
        assert!(rendered.html.expect("HTML").contains("for you of"), "{name:?}");
    }
    for name in ["Anne-Marie", "O’Brien", "李雷", "J. R.", "Zoë", "محمد"] {
        let honest = Values { buyer_first_name: Some(name.to_owned()), ..values() };
        let text = render(&catalog, &["three"], "en", &honest).expect("renders").text;
        assert!(text.contains(&format!("Hello {name},")), "{text}");
    }
}

#[test]
fn values_are_escaped_in_html_and_make_no_links() {
    let shop_name = "Tom & Jerry's <i>http://evil.example</i> \"Shop\"".to_owned();
    let rendered = render(&shop(), &["three"], "en", &Values { shop_name, ..values() }).expect("renders");
    let html = rendered.html.expect("HTML");
    assert!(!html.contains("<i>") && !html.contains("<a "), "{html}");
    assert_eq!(html.matches("Tom &amp; Jerry").count(), 2, "{html}");
}

#[test]
fn rendered_promises_are_refused_unless_a_person_sends_them() {
    let (_, catalog, _) = catalog(&[
        ("replies/_frame/en.txt", "{{ body }}"),
        ("replies/reply/en.txt", "About taxes: {{ fact(\"shop.tax\") }}"),
        ("replies/_facts/shop.yaml", "tax: {value: no import duty, source: wishful thinking}"),
    ]);
    let error = render(&catalog, &["reply"], "en", &values()).expect_err("a promise");
    assert!(matches!(error, RenderError::Promise { .. }), "{error}");
    let values = values();
    let order = Order {
        kind: OutboundKind::Draft,
        replies: &[ReplyId::new("reply")],
        language: Language::EN,
        channel: ChannelKind::Email,
        values: &values,
        today: date("2026-11-20"),
        switched: &[],
        rest: Rest::Nothing,
    };
    assert_eq!(catalog.render(&order).expect("a person decides").text, "About taxes: no import duty");
}

#[test]
fn a_name_is_never_a_forbidden_word() {
    let soon = Values { buyer_first_name: Some("Soon".to_owned()), shop_name: "Maybe Baby".to_owned(), ..values() };
    let text = render(&shop(), &["one"], "en", &soon).expect("a name is no vague word").text;
    assert!(text.contains("Hello Soon,"));
}

#[test]
fn forbidden_phrases_are_found_in_english_and_chinese() {
    let (rows, read) = promise::table_size();
    assert_eq!(rows, read, "a row of the table cannot be read");
    let bad = [
        ("en", "There will be no tax."),
        ("en", "It's tax free, guaranteed."),
        ("en", "We'll cover the customs fees at customs."),
        ("en", "we pay the duty"),
        ("en", "You won't pay any import duty"),
        ("en", "Maybe tomorrow"),
        ("en", "We answer SOON"),
        ("en", "as soon as possible"),
        ("zh", "我们包税"),
        ("zh", "免税保证"),
        ("zh", "您不用交税的"),
        ("zh", "不用缴纳关税"),
        ("zh", "我们会承担关税"),
        ("zh", "我们会尽快回复"),
        ("zh", "大概三天"),
        ("zh", "可能会到"),
    ];
    for (code, text) in bad {
        assert!(!promise::forbidden(text, language(code)).is_empty(), "{text}");
    }
    let good = [
        ("en", "We cannot tell you in advance that nothing will be charged."),
        ("en", "The recipient pays the import tax."),
        ("en", "He may ask the customs office."),
        ("zh", "税费由收件人支付"),
        ("zh", "无法代您支付"),
        ("zh", "请向海关查询"),
    ];
    for (code, text) in good {
        assert_eq!(promise::forbidden(text, language(code)), [], "{text}");
    }
}

#[test]
fn no_day_is_guaranteed_and_no_review_is_bought_in_any_language() {
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/replies/guarantees.tsv"))
        .expect("the table is there");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let wrong = rows.filter(|row| {
        let [code, kind, text] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("three cells: {row}") };
        promise::forbidden(text, language(code)).is_empty() == (kind == "bad")
    });
    assert_eq!(wrong.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_moment_is_named_as_its_reader_expects() {
    let (_, catalog, _) = catalog(&[
        ("replies/_frame/en.txt", "{{ body }}"),
        ("replies/_frame/zh.txt", "{{ body }}"),
        ("replies/_frame/de.txt", "{{ body }}"),
        ("replies/eta/en.txt", "{{ human_eta or \"-\" }}"),
        ("replies/eta/zh.txt", "{{ human_eta or \"-\" }}"),
        ("replies/eta/de.txt", "{{ human_eta or \"-\" }}"),
    ]);
    let rows = [
        ("en", "2026-11-21T09:30-05:00[America/New_York]", true, "Saturday, 21 November, 09:30 (your time)"),
        ("en", "2026-11-21T09:30+08:00[Asia/Shanghai]", false, "Saturday, 21 November, 09:30 (UTC+8)"),
        ("en", "2026-11-21T09:30+05:30[Asia/Kolkata]", false, "Saturday, 21 November, 09:30 (UTC+5:30)"),
        ("en", "2026-11-21T09:30-03:30[America/St_Johns]", false, "Saturday, 21 November, 09:30 (UTC-3:30)"),
        ("en", "2026-11-21T09:30+00:00[UTC]", false, "Saturday, 21 November, 09:30 (UTC)"),
        ("zh", "2026-11-21T09:30+08:00[Asia/Shanghai]", false, "11月21日周六 09:30（北京时间）"),
        ("zh", "2026-11-21T09:30+01:00[Europe/Berlin]", true, "11月21日周六 09:30（您的当地时间）"),
        ("zh", "2026-11-21T09:30+01:00[Europe/Berlin]", false, "11月21日周六 09:30（UTC+1）"),
        ("de", "2026-11-21T09:30+01:00[Europe/Berlin]", true, "Samstag, 21. November, 09:30 (Ihre Ortszeit)"),
    ];
    for (code, at, zone_known, expected) in rows {
        let human_eta = Some(HumanEta { at: moment(at), zone_known });
        let rendered = render(&catalog, &["eta"], code, &Values { human_eta, ..values() }).expect("renders");
        assert_eq!(rendered.text, expected);
    }
}

#[test]
fn a_country_without_a_name_is_no_answer() {
    let (_, catalog, _) =
        catalog(&[("replies/_frame/en.txt", "{{ body }}"), ("replies/reply/en.txt", "To {{ entity.country }}.")]);
    let mut unknown = values();
    unknown.entities.insert("country".to_owned(), "QQ".to_owned());
    let error = render(&catalog, &["reply"], "en", &unknown).expect_err("no such country");
    assert_eq!(error.to_string(), "the reply `reply` needs `entity.country`, which is not known");
    let error = render(&catalog, &["reply"], "en", &values()).expect_err("no country");
    assert!(matches!(error, RenderError::Undefined { .. }), "{error}");
}

#[test]
fn a_number_that_no_buyer_means_is_not_repeated() {
    let (_, catalog, _) =
        catalog(&[("replies/_frame/en.txt", "{{ body }}"), ("replies/reply/en.txt", "{{ entity.quantity }} lamps.")]);
    let about = |quantity: String| {
        let mut many = values();
        many.entities.insert("quantity".to_owned(), quantity);
        render(&catalog, &["reply"], "en", &many)
    };
    assert_eq!(about("50".to_owned()).expect("a number").text, "50 lamps.");
    let error = about("9".repeat(65)).expect_err("too long");
    assert!(matches!(error, RenderError::Undefined { .. }), "{error}");
}

#[test]
fn the_hash_follows_every_file() {
    let (_, one, _) = catalog(&[("replies/_frame/en.txt", "{{ body }}"), ("replies/a/en.txt", "x")]);
    let (_, same, _) = catalog(&[("replies/a/en.txt", "x"), ("replies/_frame/en.txt", "{{ body }}")]);
    let (_, other, _) = catalog(&[("replies/_frame/en.txt", "{{ body }}"), ("replies/a/en.txt", "y")]);
    assert_eq!(one.hash(), same.hash());
    assert_ne!(one.hash(), other.hash());
    assert_eq!(one.hash().len(), 64);
}

proptest! {
    #[test]
    fn no_template_makes_reading_panic(text in "(\\{\\{|\\}\\}|\\{%|%\\}|if|endif|else| |fact|\\(|\\)|\"|shop\\.name|\\||or|\\.|税|é|#|-|\\PC){0,24}") {
        let (_, catalog, _) = catalog(&[("replies/_frame/en.txt", "{{ body }}"), ("replies/a/en.txt", &text)]);
        // A text or an error, both are fine; a panic is not.
        let _outcome = render(&catalog, &["a"], "en", &values());
    }
}
