//! Text as the rules see it: folding with its way back, sentences and what they do, languages, entities.

use std::{fs, path::Path};

use nightdesk::{
    model::{language::Language, verdict::SentenceKind},
    text::{
        folded::{Folded, classes::Classes},
        language::detect,
        reading::{MAX_TEXT_BYTES, Reading},
        stem::stem,
    },
};
use proptest::prelude::*;
use unicode_normalization::{IsNormalized, char::is_combining_mark, is_nfkc_quick};

use crate::fuzz::targets;

/// Rows of a fixture table; `\n` and `\u{…}` are unfolded.
fn rows(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/text").join(name);
    let table = fs::read_to_string(&path).expect("the fixture table can be read");
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(|line| line.split('\t').map(unfold).collect()).collect()
}

fn unfold(cell: &str) -> String {
    let mut parts = cell.split("\\u{");
    let mut unfolded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').expect("a code point ends in a brace");
        let code = u32::from_str_radix(code, 16).expect("a code point is hexadecimal");
        unfolded.push(char::from_u32(code).expect("a code point is a character"));
        unfolded.push_str(rest);
    }
    unfolded.replace("\\n", "\n")
}

/// Fails with all rows that differ, not with the first one.
fn compare(name: &str, check: impl Fn(&[String]) -> Result<(), String>) {
    let rows = rows(name);
    assert!(!rows.is_empty(), "{name} has no rows");
    let wrong: Vec<String> =
        rows.iter().filter_map(|row| check(row).err().map(|why| format!("{row:?}: {why}"))).collect();
    assert!(wrong.is_empty(), "{name}: {} of {} rows\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn expect_same(found: &str, expected: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("found {found:?}")) }
}

fn language(code: &str) -> Language {
    code.parse().expect("a language code")
}

#[test]
fn words_fold_as_the_table_says() {
    compare("folding.tsv", |row| {
        let folded = Folded::new(&row[1]);
        let forms: Vec<&str> = folded.words().iter().map(|word| folded.form(word)).collect();
        let exact: Vec<&str> = folded.words().iter().map(|word| folded.exact(word)).collect();
        expect_same(&forms.join(" "), &row[2])?;
        expect_same(&exact.join(" "), row.get(3).unwrap_or(&row[2]))
    });
}

#[test]
fn a_folded_range_leads_back_to_the_words_of_the_buyer() {
    for (original, folded_part, expected) in [
        ("Die STRASSE und die Straße", "strasse und", "STRASSE und"),
        ("in der Straße hier", "strasse", "Straße"),
        ("in der Straße hier", "st", "St"),
        ("ﬁne ship\u{200B}ping", "shipping", "ship\u{200B}ping"),
        ("ｆｒｅｅ shipping", "free sh", "ｆｒｅｅ sh"),
        ("gratis envi\u{301}o hoy", "envio", "envi\u{301}o"),
        ("這個免費嗎", "免费", "免費"),
        ("two   spaces\r\nand lines", "spaces and", "spaces\r\nand"),
    ] {
        let folded = Folded::new(original);
        let at = folded.text().find(folded_part).expect("the part is in the folded text");
        let range = folded.original_range(at..at + folded_part.len());
        assert_eq!(&original[range], expected, "{original:?}");
    }
}

#[test]
fn classes_say_which_characters_a_text_has() {
    let has = |text: &str, class| Folded::new(text).classes().has_any(class);
    for (class, with) in [
        (Classes::DIGIT, "no ٣ yet"),
        (Classes::AT, "me＠example.com"),
        (Classes::HASH, "№ five"),
        (Classes::PLUS, "+ more"),
        (Classes::CURRENCY, "for ￥ only"),
        (Classes::LATIN, "где Ok"),
        (Classes::CYRILLIC, "ЗАКАЗ"),
        (Classes::ARABIC, "طلب"),
        (Classes::HAN, "訂"),
        (Classes::KANA, "ｶ"),
        (Classes::HANGUL, "배송"),
        (Classes::THAI, "ไทย"),
        (Classes::OTHER, "ωμ"),
    ] {
        assert!(has(with, class), "{with}");
        assert!(!has("!?", class), "{with}");
        assert!(!has(with, Classes::NONE), "{with}");
    }
    assert!(has("5 kg", Classes::AT.or(Classes::DIGIT)));
    assert!(!has("Straße", Classes::OTHER));
}

#[test]
fn half_of_a_unit_leads_back_to_the_whole_of_it() {
    let folded = Folded::new("aßb");
    assert_eq!(folded.text(), "assb");
    assert_eq!(folded.original_range(1..2), 1..3);
    assert_eq!(folded.original_range(2..4), 1..4);
    assert_eq!(folded.original_range(4..4), 4..4);
    assert_eq!(folded.original_range(3..99), 3..4);
}

#[test]
fn sentences_are_cut_at_the_bars() {
    compare("sentences.txt", |row| {
        let original = row[0].replace('|', "");
        let reading = Reading::new(&original);
        let found: Vec<&str> = reading.sentences().iter().map(|sentence| &original[sentence.span.clone()]).collect();
        let expected: Vec<&str> = row[0].split('|').map(str::trim).collect();
        expect_same(&found.join("|"), &expected.join("|"))
    });
}

#[test]
fn sentences_ask_state_or_are_courtesy() {
    compare("kinds.tsv", |row| {
        let letter = |kind| match kind {
            SentenceKind::Asks => 'a',
            SentenceKind::States => 's',
            SentenceKind::Courtesy => 'c',
        };
        let kinds: String = Reading::new(&row[1]).sentences().iter().map(|sentence| letter(sentence.kind)).collect();
        expect_same(&kinds, &row[0])
    });
}

#[test]
fn languages_are_told_apart() {
    let allowed = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"].map(language);
    compare("languages.tsv", |row| {
        let bounds = [&row[1], &row[2]].map(|bound| bound.parse::<f64>().expect("a number"));
        match detect(&row[3], &allowed) {
            None => expect_same("-", &row[0]),
            Some(found) => {
                expect_same(found.language.as_str(), &row[0])?;
                let fits = (bounds[0]..=bounds[1]).contains(&found.confidence);
                if fits { Ok(()) } else { Err(format!("confidence {}", found.confidence)) }
            }
        }
    });
}

#[test]
fn a_few_words_are_enough_to_guess_a_language() {
    let allowed = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"].map(language);
    compare("languages-short.tsv", |row| {
        let found = detect(&row[1], &allowed);
        expect_same(found.as_ref().map_or("-", |found| found.language.as_str()), &row[0])?;
        // A guess from a few Latin words must leave room for better evidence.
        let latin = row[1].is_ascii();
        match found {
            Some(found) if latin && found.confidence > 0.6 => Err(format!("confidence {}", found.confidence)),
            _ => Ok(()),
        }
    });
}

#[test]
fn only_allowed_languages_are_guessed() {
    let text = "Hallo, ich habe vor zwei Wochen eine Jacke bestellt und sie ist noch nicht angekommen.";
    assert_eq!(detect(text, &[Language::EN, Language::ZH]), None, "surely German");
    let short = detect("Wo ist meine Bestellung", &[Language::EN, Language::ZH]).expect("too short to be sure");
    assert_eq!(short.language, Language::EN);
    assert!(short.confidence < 0.5, "{}", short.confidence);
    assert_eq!(detect("где мой заказ", &[Language::EN]), None, "not in Latin letters");
}

#[test]
fn inflected_words_share_a_stem() {
    for (code, one, other) in [
        ("en", "orders", "ordered"),
        ("es", "pedidos", "pedido"),
        ("de", "bestellungen", "bestellung"),
        ("ru", "заказы", "заказа"),
        ("fr", "commandes", "commande"),
    ] {
        assert_eq!(stem(one, language(code)), stem(other, language(code)), "{code}");
    }
    assert_eq!(stem("订", Language::ZH), "订");
    assert_eq!(stem("ab-12345s", Language::EN), "ab-12345s");
}

#[test]
fn an_endless_text_is_cut_at_a_character_boundary() {
    let reading = Reading::new(&"订".repeat(MAX_TEXT_BYTES));
    assert_eq!(reading.original().len(), MAX_TEXT_BYTES / 3 * 3);
}

#[test]
fn whatever_a_character_unfolds_to_leads_back_to_it_behind_every_kind_of_letter() {
    let unfolds = |character: &char| is_nfkc_quick(std::iter::once(*character)) != IsNormalized::Yes;
    for character in ('\u{80}'..=char::MAX).filter(|character| unfolds(character) || is_combining_mark(*character)) {
        // Latin, Arabic, Han, Bopomofo, Thai, Lao, Korean; what joins one of them may part from another.
        for letter in ["", "a", "س", "字", "ㄌ", "ก", "ຂ", "가"] {
            targets::folding(format!("{letter}{character} {letter}{character}{letter}").as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_with_ranges_on_character_boundaries(original in any::<String>()) {
        targets::folding(original.as_bytes());
        targets::sentences(original.as_bytes());
    }

    #[test]
    fn folding_twice_is_folding_once(original in any::<String>()) {
        let once = Folded::new(&original);
        let twice = Folded::new(once.text());
        prop_assert_eq!(once.text(), twice.text());
    }

    #[test]
    fn folding_a_word_alone_gives_the_same_word(original in "[a-zA-ZäöüßéèñçÅ0-9 а-яА-ЯёЁ订單免費ÀŁøك'’.,?-]{0,40}") {
        let folded = Folded::new(&original);
        for word in folded.words() {
            let alone = Folded::new(&original[word.original.clone()]);
            prop_assert_eq!(alone.text(), folded.form(word));
        }
    }
}
