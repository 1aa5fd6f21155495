//! Facts and situations: what files are refused, and what is never quoted.

use nightdesk::replies::catalog::RenderError;

use crate::replies::{catalog, date, expect, listed, render, values};

const FRAME: (&str, &str) = ("replies/_frame/en.txt", "{{ body }}");

#[test]
fn bad_facts_are_all_reported() {
    let text = "no_source: {value: 1}\nno_value: {source: x}\nboth: {source: x, value: 1, by: {DE: 2}}\n\
                twice: {source: x, by: {\"DE, AT\": 1, DE: 2}}\nbad_date: {source: x, value: 1, valid_until: soon}\n\
                bad_key: {source: x, value: 1, valid_untill: 2027-01-01}\nempty: {source: x, value: ''}\nlist: [1]\n";
    let (sources, _, diagnostics) = catalog(&[("replies/_facts/shop.yaml", text), FRAME]);
    expect("facts/bad.expected", &listed(&sources, &diagnostics));
}

#[test]
fn bad_situations_are_all_reported() {
    let text = "- id: open\n  from: 2026-12-01\n  kind: holiday\n  title: {en: a}\n  text: {en: b}\n\
                - id: backwards\n  from: 2026-12-01\n  to: 2026-11-01\n  kind: holiday\n  title: {en: a}\n  text: {en: b}\n\
                - id: strange\n  from: 2026-12-01\n  to: 2026-12-02\n  kind: party\n  title: {en: a}\n  text: {en: b}\n\
                - id: one\n  from: 2027-01-01\n  to: 2027-01-10\n  kind: holiday\n  title: {en: a}\n  text: {en: b}\n\
                - id: one\n  from: 2027-01-10\n  to: 2027-01-12\n  kind: force_majeure\n  title: {en: a}\n  text: {en: b}\n";
    let (sources, _, diagnostics) = catalog(&[("replies/_situations.yaml", text), FRAME]);
    expect("facts/bad-situations.expected", &listed(&sources, &diagnostics));
}

#[test]
fn a_fact_is_quoted_on_its_last_day_and_not_after() {
    let quote = |until: &str| {
        let facts = format!("limit: {{value: 49 USD, source: our price list, valid_until: {until}}}");
        let files = [("replies/reply/en.txt", "From {{ fact(\"shop.limit\") }}."), FRAME];
        let (_, catalog, _) = catalog(&[files[0], files[1], ("replies/_facts/shop.yaml", &facts)]);
        render(&catalog, &["reply"], "en", &values())
    };
    let rendered = quote("2026-11-20").expect("valid today");
    assert_eq!(rendered.text, "From 49 USD.");
    assert_eq!(rendered.facts[0].name, "shop.limit");
    assert_eq!(rendered.facts[0].source, "our price list");
    let error = quote("2026-11-19").expect_err("expired yesterday");
    assert_eq!(error.to_string(), "the reply `reply` quotes the fact `shop.limit`, which was valid until 2026-11-19");
}

#[test]
fn a_keyed_fact_answers_for_its_key_in_the_language_asked() {
    let facts = "days: {source: carrier, by: {\"DE, AT\": {value: {en: 5 days}, source: DHL}, FR: {zh: 六天}}}";
    let reply = "{{ entity.country }}: {{ fact(\"shop.days\", entity.country) }}, by code: {{ fact(\"shop.days\", entity.country_code) }}";
    let (sources, catalog, diagnostics) =
        catalog(&[("replies/reply/en.txt", reply), FRAME, ("replies/_facts/shop.yaml", facts)]);
    assert_eq!(listed(&sources, &diagnostics), "");
    let about = |code: &str| {
        let mut values = values();
        values.entities.insert("country".to_owned(), code.to_owned());
        render(&catalog, &["reply"], "en", &values)
    };
    let rendered = about("AT").expect("Austria is listed");
    assert_eq!(rendered.text, "Austria: 5 days, by code: 5 days");
    assert_eq!(rendered.facts.len(), 1, "quoted twice, listed once");
    assert_eq!((rendered.facts[0].name.as_str(), rendered.facts[0].source.as_str()), ("shop.days[AT]", "DHL"));
    for (code, what) in [("PL", "no entry for `PL`"), ("FR", "no words in `en`")] {
        let error = about(code).expect_err("not quotable");
        assert!(matches!(error, RenderError::FactMissing { .. }) && error.to_string().contains(what), "{error}");
    }
}

#[test]
fn dates_are_warned_about_in_time() {
    let facts = "old: {value: 1, source: list, valid_until: 2026-11-19}\n\
                 near: {value: 1, source: list, valid_until: 2026-12-20}\nfar: {value: 1, source: list, valid_until: 2026-12-21}\n\
                 many: {source: list, valid_until: 2026-01-01, by: {\"DE, AT, FR\": 1}}\n";
    let situations =
        "- id: gone\n  from: 2026-02-01\n  to: 2026-02-10\n  kind: holiday\n  title: {en: a}\n  text: {en: b}\n";
    let files = [("replies/_facts/shop.yaml", facts), ("replies/_situations.yaml", situations), FRAME];
    let (sources, catalog, diagnostics) = catalog(&files);
    assert_eq!(listed(&sources, &diagnostics), "");
    expect("facts/dates.expected", &listed(&sources, &catalog.check_dates(date("2026-11-20"))));
}

#[test]
fn the_situation_that_began_last_is_in_force() {
    let one = |id: &str, from: &str, to: &str| {
        format!("- id: {id}\n  from: {from}\n  to: {to}\n  kind: holiday\n  title: {{en: a}}\n  text: {{en: b}}\n")
    };
    let text = one("peak", "2026-11-01", "2026-12-31") + &one("storm", "2026-11-20", "2026-11-22");
    let (_, catalog, _) = catalog(&[("replies/_situations.yaml", &text), FRAME]);
    let on = |day: &str| catalog.situation(date(day), &[]).map(|situation| situation.id.as_str());
    assert_eq!(on("2026-10-31"), None);
    assert_eq!(on("2026-11-01"), Some("peak"));
    assert_eq!(on("2026-11-22"), Some("storm"));
    assert_eq!(on("2026-12-31"), Some("peak"));
    assert_eq!(on("2027-01-01"), None);
}
