//! How replies say days, moments, hours, amounts, numbers and lists in every language: tables that a reader can check,
//! and properties that hold for any value.

use std::{collections::BTreeSet, fs, path::PathBuf};

use jiff::{Zoned, civil::Date, tz::TimeZone};
use nightdesk::{
    model::{
        language::Language,
        time::{DeskHours, Period},
    },
    replies::{
        catalog::Values,
        format::{
            self, amount,
            hours::{self, Clock},
            moment,
            plural::{self, CATEGORIES},
        },
    },
};
use proptest::prelude::*;

use crate::replies::{catalog, date, language, listed, render, values};

/// The languages of the starter pack.
pub(super) const PACK: [&str; 12] = ["en", "zh", "es", "fr", "de", "pt", "it", "ru", "ja", "ko", "ar", "pl"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[test]
fn days_are_said_as_their_readers_write_them() {
    table("days.tsv", |language, day| moment::day(date(day), today(), language));
}

#[test]
fn moments_are_said_with_the_clock_they_are_meant_in() {
    table("moments.tsv", |language, written| {
        let (at, yours) = written.split_once(' ').map_or((written, false), |(at, _)| (at, true));
        let at: Zoned = at.parse().expect("a moment with a zone");
        moment::moment(&at, yours, today(), language)
    });
}

#[test]
fn desk_hours_are_said_in_the_readers_clock_if_it_is_known() {
    table("hours.tsv", |language, written| {
        let (written, is_buyers) = written.strip_suffix(" you").map_or((written, false), |written| (written, true));
        let (week, zone) = written.rsplit_once(' ').expect("hours and a zone");
        let clock = Clock { zone: zone_of(zone), is_buyers };
        let now = "2026-11-20T12:00Z".parse().expect("a moment");
        hours::describe(&desk(week), &clock, now, language).expect("a desk with hours")
    });
}

#[test]
fn a_desk_without_hours_is_never_told() {
    let clock = Clock { zone: zone_of("Asia/Shanghai"), is_buyers: false };
    let now = "2026-11-20T12:00Z".parse().expect("a moment");
    let closed = DeskHours::weekly(zone_of("Asia/Shanghai"), <[Vec<Period>; 7]>::default());
    assert_eq!(hours::describe(&closed, &clock, now, Language::EN), None);
    let files = [("replies/_frame/en.txt", "{{ body }}"), ("replies/one/en.txt", "We are here {{ desk.hours }}.")];
    let (_, catalog, _) = catalog(&files);
    let error = render(&catalog, &["one"], "en", &Values { desk_hours: None, ..values() }).expect_err("no hours");
    assert_eq!(error.to_string(), "the reply `one` needs `desk.hours`, which is not known");
}

#[test]
fn amounts_of_facts_are_said_in_the_language_of_the_reply() {
    table("amounts.tsv", |language, fact| amount::said(fact, language).expect("an amount"));
}

#[test]
fn numbers_have_the_signs_of_the_language() {
    table("numbers.tsv", |language, number| {
        let (from, to) = amount::bare(number).expect("a number");
        format::span(from, to, language)
    });
}

#[test]
fn every_number_takes_the_form_that_the_language_gives_it() {
    let mut reached: BTreeSet<(String, String)> = BTreeSet::new();
    table("plurals.tsv", |language, number| {
        let forms: Vec<String> = CATEGORIES.iter().map(|category| format!("{category}=\"{category}#\"")).collect();
        let said = said(&format!("{{{{ \"{number}\"|plural({}) }}}}", forms.join(", ")), language);
        let form = said.trim_end_matches(|c: char| !c.is_alphabetic()).to_owned();
        reached.insert((language.to_string(), form.clone()));
        form
    });
    for code in PACK {
        for need in plural::needed(language(code)) {
            assert!(reached.contains(&(code.to_owned(), need.category.to_owned())), "{code} {}", need.category);
        }
    }
}

#[test]
fn items_are_joined_as_the_language_joins_them() {
    table("lists.tsv", |language, items| {
        let items: Vec<&str> = items.split(", ").collect();
        format::list(&items, language)
    });
}

#[test]
fn what_may_be_another_number_or_no_amount_is_left_as_it_is_written() {
    for text in [
        "1.000 EUR",
        "1,50 EUR",
        "1,000 USD",
        "$49",
        "49 $",
        "49 usd",
        "2 VAT",
        "007 EUR",
        "10115",
        "0",
        "none",
        "tariff",
        "555-1234",
        "1203–1305",
        "15-7 days",
        "12 Tage",
        "7 days or more",
        "-5 EUR",
        "1.2.3",
        "5. days",
        "+49 30 1234",
    ] {
        assert_eq!(amount::said(text, language("de")), None, "{text}");
    }
}

#[test]
fn facts_are_said_where_they_are_printed_and_compared_as_they_are_written() {
    let text = "{% if fact(\"shop.limit\") == \"10000 JPY\" %}{{ fact(\"shop.limit\") }}{% endif %} · {{ fact(\"shop.days\") }} · \
                {{ fact(\"shop.until\") }} · {{ fact(\"shop.house\") }} · {{ fact(\"shop.days\")|upper }}";
    let facts = "limit: {value: 10000 JPY, source: law}\ndays: {value: 7-15 days, source: us}\n\
                 until: {value: 2026-12-24, source: us}\nhouse: {value: 10115, source: us}\n";
    let (_, catalog, diagnostics) = catalog(&[
        ("replies/_frame/de.txt", "{{ body }}"),
        ("replies/one/de.txt", text),
        ("replies/_facts/shop.yaml", facts),
    ]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let rendered = render(&catalog, &["one"], "de", &values()).expect("renders");
    assert_eq!(rendered.text, "10.000 JPY · 7–15 Tage · Donnerstag, 24. Dezember · 10115 · 7-15 DAYS");
    assert_eq!(rendered.facts[0].value, "10000 JPY", "the record keeps what the file says");
}

#[test]
fn only_a_day_written_in_full_is_told_as_a_day() {
    for written in ["20261224", "2026-12-4", "2026-12-24T10:00", "2026-12-24[u-ca=gregory]", "+002026-12-24"] {
        let facts = format!("order: {{value: '{written}', source: us}}\n");
        let (_, catalog, diagnostics) = catalog(&[
            ("replies/_frame/de.txt", "{{ body }}"),
            ("replies/one/de.txt", "{{ fact(\"shop.order\") }}"),
            ("replies/_facts/shop.yaml", &facts),
        ]);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert_eq!(render(&catalog, &["one"], "de", &values()).expect("renders").text, written);
        assert!(try_said(&format!("{{{{ \"{written}\"|day }}}}"), language("de")).is_err(), "{written}");
    }
}

#[test]
fn a_number_whose_form_is_not_written_is_left_to_a_person() {
    for (code, forms, other, says) in [
        ("ru", "one=\"# день\", few=\"# дня\", many=\"# дней\"", "# дня", "2,5 дня"),
        ("pl", "one=\"# dzień\", few=\"# dni\", many=\"# dni\"", "# dnia", "2,5 dnia"),
    ] {
        let plural = |number: &str, forms: &str| format!("{{{{ \"{number}\"|plural({forms}) }}}}");
        let whole = said(&plural("5", forms), language(code));
        assert!(whole.starts_with("5 "), "{whole}");
        let error = try_said(&plural("2.5", forms), language(code)).expect_err("`many` would be wrong");
        assert!(error.contains("`other`") && error.contains("`2.5`"), "{error}");
        let all = format!("{forms}, other=\"{other}\"");
        assert_eq!(said(&plural("2.5", &all), language(code)), says);
    }
}

#[test]
fn filters_say_what_they_are_given_or_the_case_goes_to_a_person() {
    assert_eq!(said("{{ \"1290.50 EUR\"|money }}", language("fr")), "1\u{a0}290,50 EUR");
    assert_eq!(said("{{ 12000|number }}", language("pl")), "12\u{a0}000");
    assert_eq!(said("{{ \"2026-12-24\"|day }}", language("ru")), "четверг, 24 декабря");
    assert_eq!(said("{{ \"A, B，C\"|list }}", language("ar")), "A وB وC");
    assert_eq!(said("{{ \"7-15\"|plural(one=\"# day\", other=\"# days\") }}", language("en")), "7–15 days");
    assert_eq!(
        said(
            "{{ \"1–2\"|plural(one=\"يوم\", two=\"يومان\", few=\"# أيام\", many=\"# يومًا\", other=\"# يوم\") }}",
            language("ar")
        ),
        "1–2 يوم"
    );
    for text in [
        "{{ \"a lot\"|money }}",
        "{{ \"49\"|money }}",
        "{{ \"many\"|number }}",
        "{{ \"tomorrow\"|day }}",
        "{{ \",\"|list }}",
        "{{ \"some\"|plural(one=\"#\", other=\"#\") }}",
    ] {
        let error = try_said(text, language("en")).expect_err(text);
        assert!(error.contains("is not"), "{error}");
    }
}

#[test]
fn a_form_that_a_language_lacks_is_named() {
    let text = "{{ \"5\"|plural(one=\"день\", other=\"# дней\", lots=\"x\") }}";
    let (sources, _, found) = catalog(&[("replies/_frame/ru.txt", "{{ body }}"), ("replies/one/ru.txt", text)]);
    let found = listed(&sources, &found);
    assert!(found.contains("`plural` lacks `few`, `many`, which `ru` needs"), "{found}");
    assert!(found.contains("the form `one` does not print its number, but is used for 1, 21, 31"), "{found}");
    assert!(found.contains("`plural` has no form `lots`"), "{found}");
}

proptest! {
    #[test]
    fn an_amount_read_back_is_the_same_number(
        whole in 0_u64..10_000_000, cents in proptest::option::of(0_u64..100), code in 0_usize..6, which in 0_usize..12
    ) {
        let number = cents.map_or(whole.to_string(), |cents| format!("{whole}.{cents:02}"));
        let unit = ["USD", "EUR", "JPY", "KWD", "kg", "cm"][code];
        let said = amount::said(&format!("{number} {unit}"), language(PACK[which])).expect("an amount");
        prop_assert_eq!(read_back(&said, PACK[which]), number, "{}", said);
        prop_assert!(code > 3 || said.ends_with(unit));
    }

    #[test]
    fn both_ends_of_a_span_are_read_back(from in 0_u64..500, more in 1_u64..500, which in 0_usize..12) {
        let to = from + more;
        for unit in ["USD", "days", "kg"] {
            let said = amount::said(&format!("{from}-{to} {unit}"), language(PACK[which])).expect("an amount");
            let digits: Vec<&str> = said.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
            prop_assert_eq!(digits, [from.to_string(), to.to_string()], "{}", said);
        }
    }

    #[test]
    fn no_moment_has_an_english_word_or_the_form_of_a_machine(days in 0_i64..1500, minute in 0_i64..1440, which in 0_usize..12) {
        let language = language(PACK[which]);
        let minutes = days * 1440 + minute;
        let at = today().at(0, 0, 0, 0).checked_add(jiff::Span::new().minutes(minutes)).expect("a moment");
        for zone in ["Asia/Shanghai", "Europe/Berlin"] {
            let at = at.to_zoned(zone_of(zone)).expect("a moment");
            let said = moment::moment(&at, days % 2 == 0, today(), language);
            prop_assert!(!said.contains(&at.date().to_string()), "{}", said);
            let english = ["day", "January", "February", "March", "June", "July", "October", "December"];
            prop_assert!(language == Language::EN || english.iter().all(|word| !said.contains(word)), "{}", said);
            prop_assert!(said.contains(&at.day().to_string()), "{}", said);
        }
    }

    #[test]
    fn any_text_is_an_amount_or_left_alone(text in "\\PC{0,20}", number in "[0-9.,–-]{1,9} ?(USD|days|kg)?") {
        for text in [text, number] {
            for code in PACK {
                drop(amount::said(&text, language(code)));
            }
            drop(amount::doubt(&text));
        }
    }
}

/// Compares the last column of a table with what is said; `UPDATE=1` rewrites it.
fn table(name: &str, mut say: impl FnMut(Language, &str) -> String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/replies/formats").join(name);
    let written = fs::read_to_string(&path).expect("the table is there");
    let mut said = String::with_capacity(written.len());
    for line in written.lines() {
        match line.split('\t').collect::<Vec<_>>()[..] {
            [code, value, _] => said.extend([code, "\t", value, "\t", &say(language(code), value), "\n"]),
            _ => said.extend([line, "\n"]),
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &said).expect("table written");
        return;
    }
    for (written, said) in written.lines().zip(said.lines()) {
        assert_eq!(written, said, "{name}; UPDATE=1 rewrites it");
    }
}

/// The hours of a shop in Shanghai, as its replies print them.
pub(super) fn shop_hours(language: Language) -> Option<String> {
    let clock = Clock { zone: zone_of("Asia/Shanghai"), is_buyers: false };
    hours::describe(&desk("mon-fri 09:30-18:30"), &clock, "2026-11-20T12:00Z".parse().expect("a moment"), language)
}

fn said(text: &str, language: Language) -> String {
    try_said(text, language).expect("it can be said")
}

fn try_said(text: &str, language: Language) -> Result<String, String> {
    let (frame, reply) = (format!("replies/_frame/{language}.txt"), format!("replies/one/{language}.txt"));
    let (_, catalog, found) = catalog(&[(&frame, "{{ body }}"), (&reply, text)]);
    assert!(found.is_empty(), "{found:?}");
    let rendered = render(&catalog, &["one"], language.as_str(), &values());
    rendered.map(|rendered| rendered.text).map_err(|error| error.to_string())
}

/// Returns the number of an amount, as one reads it who knows the signs of the language.
fn read_back(said: &str, code: &str) -> String {
    let point = if matches!(code, "en" | "zh" | "ja" | "ko" | "ar") { '.' } else { ',' };
    let number = said.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits = number.chars().filter(|c| c.is_ascii_digit() || *c == point);
    digits.map(|c| if c == point { '.' } else { c }).collect()
}

fn today() -> Date {
    date("2026-11-20")
}

fn zone_of(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a zone")
}

/// Reads `mon-thu 09:00-12:00 13:30-18:00, fri 09:00-24:00`, in Shanghai.
fn desk(week: &str) -> DeskHours {
    let mut hours: [Vec<Period>; 7] = Default::default();
    let index = |name: &str| WEEKDAYS.iter().position(|day| *day == name).expect("a weekday");
    for part in week.split(", ") {
        let mut words = part.split(' ');
        let days = words.next().expect("days");
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let count = (index(last) + 7 - index(first)) % 7;
        let minute = |time: &str| {
            let (hour, minute) = time.split_once(':').expect("a time");
            hour.parse::<u16>().expect("an hour") * 60 + minute.parse::<u16>().expect("a minute")
        };
        let periods: Vec<Period> = words
            .map(|span| span.split_once('-').expect("a span"))
            .map(|(from, to)| Period { from: minute(from), to: minute(to) })
            .collect();
        for ahead in 0..=count {
            hours[(index(first) + ahead) % 7].clone_from(&periods);
        }
    }
    DeskHours {
        zone: zone_of("Asia/Shanghai"),
        week: hours,
        holidays: BTreeSet::new(),
        workdays: BTreeSet::new(),
        country: None,
    }
}
