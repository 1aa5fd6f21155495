//! What a fuzzer runs, one function for each parser that reads what strangers or sellers wrote. A panic is a finding, and
//! so is a broken promise. `fuzz/` compiles this file too, so it names nothing but the library.

use nightdesk::{
    channel::email,
    diagnostic::{render::human, source::SourceMap, yaml},
    model::{
        ids::AccountName,
        inbound::ChannelKind,
        receive::{FolderRole, Received, SourceKey},
    },
    orders::{settings::FileRule, source, table},
    replies::catalog::Catalog,
    rules::{pattern, set::RuleSet},
    text::{folded::Folded, html, language, quote, reading::Reading},
};

/// Reads any bytes.
type Target = fn(&[u8]);

/// Every target by the name of its folder of seeds.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("rule_file", rule_file),
    ("pattern", pattern),
    ("template", template),
    ("folding", folding),
    ("sentences", sentences),
    ("mail", mail),
    ("orders", orders),
];

/// A text that many patterns of the seeds hit.
const MESSAGE: &str = "Hi, where is my free shipping? 这个包邮吗 ich möchte nicht stornieren, Canada, order #1001";

/// A rule file: every place of every finding lies in the file, and rules without errors can be tried on a message.
fn rule_file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut sources = SourceMap::default();
    let file = sources.add("rules/other/probe.yaml", text.as_ref());
    let (tree, found) = yaml::parse_all(file, &text);
    assert!(tree.is_some() || found.len() == 1, "a file that is no YAML has one finding");
    let (set, found) = RuleSet::read(&sources, &[file]);
    for finding in &found {
        assert!(text.get(finding.primary.span.range.clone()).is_some(), "{finding:?}");
    }
    assert!(found.is_empty() || !human::render(&sources, &found, false).is_empty());
    let reading = set.reading(MESSAGE);
    for attempt in set.attempts(&reading) {
        std::hint::black_box(attempt);
    }
}

/// A pattern: an error points into it; a pattern without errors runs in a rule.
fn pattern(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(error) = pattern::parse(&text) {
        assert!(text.get(error.range.clone()).is_some(), "{error:?}");
        assert!(!error.problem.to_string().is_empty() && !error.problem.help().is_empty());
    }
    let quoted = text.replace(['\n', '\r'], " ").replace('\'', "''");
    rule_file(
        format!(
            "intent: probe\ntitle: probe\ncategory: other\naction: escalate\nsay:\n  en:\n    - '{quoted}'\n  zh:\n    - '{quoted}'\n"
        )
        .as_bytes(),
    );
}

/// A reply: findings lie in the file.
fn template(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut sources = SourceMap::default();
    let file = sources.add("replies/probe/en.txt", text.as_ref());
    let (_, found) = Catalog::read(&sources, &[file]);
    for finding in found.iter().filter(|finding| finding.primary.span.file == file) {
        assert!(text.get(finding.primary.span.range.clone()).is_some(), "{finding:?}");
    }
}

/// A text is folded: words are ordered, every range leads back to characters of the original, and what is folded stays.
pub(crate) fn folding(data: &[u8]) {
    let original = String::from_utf8_lossy(data);
    let folded = Folded::new(&original);
    let mut last = 0..0;
    for word in folded.words() {
        let range = word.original.clone();
        assert!(original.get(range.clone()).is_some_and(|text| !text.is_empty()), "{original:?} {word:?}");
        assert!(range.start >= last.end || range == last, "{original:?} {word:?} after {last:?}");
        assert!(!folded.exact(word).is_empty() && !folded.form(word).is_empty(), "{original:?} {word:?}");
        assert!(word.folded.end - word.folded.start == folded.form(word).len(), "{original:?} {word:?}");
        // Back and forth: what the word came from is found again by its place in the folded text.
        let back = folded.original_range(word.folded.clone());
        // A word that shares the range of the one before (`a㋀` is `a1` and `月`) has its own place within it.
        let shares = range == last && range.start <= back.start && back.end <= range.end;
        assert!(shares || back.start <= range.start && range.end <= back.end, "{original:?} {word:?} {back:?}");
        last = range;
    }
    let mut before = 0;
    for (start, character) in folded.text().char_indices() {
        let range = folded.original_range(start..start + character.len_utf8());
        assert!(original.get(range.clone()).is_some_and(|text| !text.is_empty()), "{original:?} {start} {range:?}");
        assert!(range.start >= before, "{original:?} {start} {range:?} goes back");
        before = range.start;
    }
    assert_eq!(Folded::new(folded.text()).text(), folded.text(), "{original:?} is folded further");
}

/// A message: quotes and markup off, sentences in order, entities in the text.
pub(crate) fn sentences(data: &[u8]) {
    let original = String::from_utf8_lossy(data);
    let stripped = quote::strip(&original, &[]);
    std::hint::black_box((stripped, html::to_text(&original)));
    let reading = Reading::new(&original);
    let (mut end, mut word) = (0, 0);
    for sentence in reading.sentences() {
        assert!(sentence.span.start >= end && reading.original().get(sentence.span.clone()).is_some(), "{original:?}");
        assert!(sentence.words.start == word && sentence.words.end > word, "{original:?} {sentence:?}");
        (end, word) = (sentence.span.end, sentence.words.end);
    }
    assert_eq!(word, reading.folded().words().len(), "{original:?}: every word is in a sentence");
    for entity in reading.entities() {
        assert!(reading.original().get(entity.span.clone()).is_some(), "{original:?} {entity:?}");
    }
    let allowed = ["en", "de", "zh", "ar"].map(|code| code.parse().expect("a language code"));
    std::hint::black_box(language::detect(&original, &allowed));
}

/// A mail: whatever the bytes, there is an inbound message.
fn mail(data: &[u8]) {
    let inbound = email::parse::parse(&Received {
        channel: ChannelKind::Email,
        account: AccountName::new("support"),
        key: SourceKey::Maildir { name: "1.eml".to_owned() },
        raw: data.to_vec(),
        received_at: "2026-11-18T02:15:00Z".parse().expect("a timestamp"),
        size: data.len() as u64,
        role: FolderRole::Inbox,
        reconciled: false,
    });
    sentences(inbound.text.as_bytes());
}

/// An export of orders: it is refused with words, or every line of it comes out in order with a number.
fn orders(data: &[u8]) {
    let look = source::look(data, None).expect("memory can be read");
    let plan = match table::plan(&look, &FileRule::default()) {
        Ok(plan) => plan,
        Err(refused) => return assert!(!refused.to_string().is_empty() && !refused.help().is_empty()),
    };
    let written = "2026-11-20".parse().expect("a day");
    let Ok(mut table) = table::open(data, &look, plan, written) else { return };
    let mut last = 0;
    while let Ok(Some(line)) = table.next_line() {
        assert!(line.line > last, "line {} after {last}", line.line);
        assert!(line.number.chars().any(|letter| letter.is_ascii_digit()), "{line:?}");
        last = line.line;
    }
    for problem in table.finish().problems {
        assert!(!problem.to_string().is_empty() && !problem.kind.help().is_empty());
    }
}
