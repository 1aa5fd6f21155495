//! The starter pack as buyers read it.

use std::{collections::BTreeMap, fs, path::Path};

use nightdesk::{
    diagnostic::{Diagnostic, source::SourceMap},
    model::{ids::ReplyId, inbound::ChannelKind, language::Language, outbound::OutboundKind},
    replies::{
        catalog::{Catalog, Order, RenderError, Rest, Values},
        country,
    },
};
use regex::Regex;

use crate::replies::{date, expect, formats, listed, mails, render, values};

/// The languages of the starter pack, in the order in which a catalog lists them.
const LANGUAGES: [&str; 12] = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"];

#[test]
fn the_pack_has_no_findings() {
    let (sources, _, diagnostics) = pack();
    assert_eq!(listed(&sources, &diagnostics), "");
}

#[test]
fn every_reply_is_written_in_every_language_of_the_pack() {
    let (_, catalog, _) = pack();
    for reply in catalog.names() {
        let written: Vec<String> = catalog.languages(reply).iter().map(ToString::to_string).collect();
        assert_eq!(written, LANGUAGES, "{reply}");
    }
}

#[test]
fn every_reply_can_be_sent_in_every_language_and_by_every_channel() {
    let (_, catalog, _) = pack();
    for reply in catalog.names() {
        for language in LANGUAGES {
            let language = language.parse().expect("a language");
            assert!(!both_channels(&catalog, reply, language, &complete()).is_empty(), "{reply} {language}");
        }
    }
}

#[test]
fn every_reply_reads_as_expected() {
    let (_, catalog, _) = pack();
    for reply in catalog.names() {
        for language in [Language::EN, Language::ZH] {
            let path = format!("pack/{reply}.{language}.txt");
            expect(&path, &both_channels(&catalog, reply, language, &complete()));
        }
    }
}

#[test]
fn acks_need_nothing_but_the_shop() {
    let (_, catalog, _) = pack();
    let bare = Values {
        buyer_first_name: None,
        buyer_next_workday: None,
        human_eta: None,
        entities: BTreeMap::new(),
        ..values()
    };
    for reply in catalog.names().into_iter().filter(|reply| reply.as_str().ends_with("_ack")) {
        for language in [Language::EN, Language::ZH] {
            let path = format!("pack/bare/{reply}.{language}.txt");
            expect(&path, &both_channels(&catalog, reply, language, &bare));
        }
    }
}

#[test]
fn customs_tax_speaks_for_every_country_listed() {
    let (_, catalog, _) = pack();
    let codes: Vec<String> = listed_countries();
    assert!(codes.len() >= 30, "{} countries", codes.len());
    for code in codes {
        for language in LANGUAGES {
            let values = with_country(&code);
            let rendered = render(&catalog, &["customs_tax"], language, &values).expect("a text for this country");
            let name = country::name(&code, language.parse().expect("a language")).expect("a name");
            assert!(rendered.text.contains(name), "{code} {language}");
            assert!(rendered.text.contains("https://"), "the office is named: {code}");
            assert!(rendered.facts.iter().all(|fact| fact.valid_until.is_some()), "{code}");
        }
    }
}

#[test]
fn no_reply_prints_what_only_machines_or_english_readers_write() {
    let machine = Regex::new(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|T[0-9]{2}:|#[^0-9]|Asia/").expect("it is written here");
    let english = Regex::new(
        r"\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\b(January|February|March|October|December)\b|\bdays?\b",
    )
    .expect("it is written here");
    let address = Regex::new("https?://[^ ]*").expect("it is written here");
    let (_, catalog, _) = pack();
    for reply in catalog.names() {
        for language in catalog.languages(reply) {
            let values =
                Values { desk_hours: formats::shop_hours(language), order: Some(mails::buyers_order()), ..complete() };
            let text = both_channels(&catalog, reply, language, &values);
            let text = address.replace_all(&text, "");
            assert!(!machine.is_match(&text), "{reply} {language}: {:?} in {text}", machine.find(&text));
            let foreign = language != Language::EN && english.is_match(&text);
            assert!(!foreign, "{reply} {language}: {:?} in {text}", english.find(&text));
        }
    }
}

#[test]
fn a_country_that_is_not_listed_is_no_answer() {
    let (_, catalog, _) = pack();
    let error = render(&catalog, &["customs_tax"], "en", &with_country("AQ")).expect_err("no fact about Antarctica");
    assert!(matches!(error, RenderError::FactMissing { .. }), "{error}");
}

#[test]
fn customs_tax_is_not_sent_once_its_facts_expired() {
    let error = refusal("customs_tax", &with_country("DE"), "2027-07-01");
    assert!(matches!(error, RenderError::FactExpired { .. }), "{error}");
}

#[test]
fn a_delay_without_a_situation_is_no_answer() {
    let error = refusal("delivery_delay", &values(), "2026-09-20");
    assert!(matches!(error, RenderError::Undefined { .. }), "nothing is the matter in September: {error}");
}

/// Returns why a reply of the pack cannot be sent on a day.
fn refusal(reply: &str, values: &Values, today: &str) -> RenderError {
    let (_, catalog, _) = pack();
    let order = Order {
        kind: OutboundKind::Answer,
        replies: &[ReplyId::new(reply)],
        language: Language::EN,
        channel: ChannelKind::Email,
        values,
        today: date(today),
        switched: &[],
        rest: Rest::Nothing,
    };
    catalog.render(&order).expect_err("it must not be sent")
}

#[test]
fn requirements_name_what_rules_must_provide() {
    let (_, catalog, _) = pack();
    let names = |reply: &str| -> Vec<String> {
        catalog.requirements(&ReplyId::new(reply)).iter().map(|requirement| requirement.variable.clone()).collect()
    };
    assert_eq!(names("customs_tax"), ["entity.country"]);
    assert_eq!(names("delivery_delay"), ["situation.title", "situation.text", "situation.until"]);
    assert_eq!(names("cancel_order_ack"), [""; 0]);
}

fn both_channels(catalog: &Catalog, reply: &ReplyId, language: Language, values: &Values) -> String {
    let replies = [reply.clone()];
    let order = |channel| Order {
        kind: OutboundKind::Answer,
        replies: &replies,
        language,
        channel,
        values,
        today: date("2026-11-20"),
        switched: &[],
        rest: Rest::Nothing,
    };
    let mail = catalog.render(&order(ChannelKind::Email)).expect("renders as mail");
    let chat = catalog.render(&order(ChannelKind::Telegram)).expect("renders for Telegram");
    assert!(chat.html.is_none());
    let html = mail.html.expect("mail has HTML");
    format!("== mail ==\n{}\n\n== html ==\n{html}\n== telegram ==\n{}\n", mail.text, chat.text)
}

fn complete() -> Values {
    let entities = [("country", "DE"), ("order_number", "114-7122810-2961857")];
    let entities = entities.map(|(kind, value)| (kind.to_owned(), value.to_owned())).into();
    Values { entities, ..values() }
}

fn with_country(code: &str) -> Values {
    Values { entities: BTreeMap::from([("country".to_owned(), code.to_owned())]), ..values() }
}

fn listed_countries() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("replies/_facts/customs.yaml")).expect("customs facts");
    let offices = text.split("\noffice:").nth(1).expect("offices are listed");
    let rows = offices.lines().filter_map(|line| line.strip_prefix("    ")).filter_map(|line| line.split_once(':'));
    rows.map(|(code, _)| code.to_owned()).collect()
}

fn pack() -> (SourceMap, Catalog, Vec<Diagnostic>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("replies"), &mut paths);
    paths.sort();
    let mut sources = SourceMap::default();
    let mut files = Vec::new();
    for path in paths {
        let shown = path.strip_prefix(root).expect("below the root").display().to_string().replace('\\', "/");
        files.push(sources.add(shown, fs::read_to_string(&path).expect("a text")));
    }
    let (catalog, diagnostics) = Catalog::read(&sources, &files);
    (sources, catalog, diagnostics)
}

fn collect(folder: &Path, paths: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { collect(&path, paths) } else { paths.push(path) }
    }
}
