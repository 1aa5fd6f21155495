//! The page `docs/rule-reference.md`: everything that may stand in a rule file, written from the tables that the program
//! itself reads by.

pub mod forms;
pub mod keys;
mod words;

use std::fmt::Write as _;

use crate::{
    check::{
        lint::{broad_pattern, reply_too_long},
        reference::{
            forms::FORMS,
            keys::{KEYS, meaning},
        },
    },
    diagnostic::yaml,
    replies::variables::{FILTERS, FUNCTIONS, TESTS, VARIABLES},
    rules::{condition::KINDS, evaluate::ORDER, pattern, regular, syntax},
    text::{entity::ENTITIES, folded::Folded, reading},
};

/// Returns the page.
pub fn page() -> String {
    let mut page = String::from(
        "# Rule reference\n\nEverything that may stand in a rule file. How a rule is made is told in [rules.md](rules.md), what \
         replies may\nsay in [replies.md](replies.md), and every finding of `nightdesk check` in [codes.md](codes.md). This page \
         is generated from\nthe program.\n",
    );
    for section in [files, keys, word_tables, patterns, folding, order, conditions, values, variables, limits] {
        section(&mut page);
    }
    page
}

fn files(page: &mut String) {
    section(page, "Files");
    table(
        page,
        ["file", "holds"],
        [
            ["`rules/<category>/<intent>.yaml`", "one rule; the file's name is the intent, the folder is the category"],
            ["`rules/_words/<name>.yaml`", "a word list by language, used as `<name>` in patterns"],
            [
                "`rules/_entities/<name>.yaml`",
                "the shop's own kind of value, used as `{name}` in patterns and `entity.name`",
            ],
            ["`replies/<reply>/<language>.txt`", "what the buyer reads"],
        ]
        .map(|row| row.map(str::to_owned)),
    );
    let _infallible = writeln!(
        page,
        "\nNames are lower-case letters, digits and `_`. Files are YAML 1.2 in UTF-8: `no`, `on` and `yes` are text; unknown and \
         repeated keys\nare errors; anchors and aliases are not used."
    );
}

fn keys(page: &mut String) {
    section(page, "Keys");
    table(
        page,
        ["key", "takes", "without it", "means"],
        KEYS.iter()
            .map(|key| [format!("`{}`", key.name), key.takes.to_owned(), key.without.to_owned(), meaning(key.name)]),
    );
}

fn word_tables(page: &mut String) {
    let tables = [
        ("Categories", "category", "is about", words::categories()),
        ("Actions", "action", "what follows from a hit", words::actions()),
        ("Modes", "mode", "a hit of this rule", words::modes()),
    ];
    for (heading, key, means, rows) in tables {
        section(page, heading);
        table(page, [key, means], rows.into_iter().map(|(word, means)| [format!("`{word}`"), means.to_owned()]));
    }
    page.push_str(
        "\n`max_mode` in `config.yaml` is a ceiling over all rules of a channel. The default of answers is `suggest`, because a sent \
         mistake\ncannot be taken back and a draft costs one click.\n",
    );
}

fn patterns(page: &mut String) {
    section(page, "Patterns");
    page.push_str("A pattern is words in order, within one sentence. One hit of one pattern is enough.\n\n");
    page.push_str("<!-- patterns -->\n");
    table(
        page,
        ["write", "in", "means", "hits", "does not hit"],
        FORMS.iter().map(|form| {
            let written = format!("`{}`", form.written);
            [written, form.language.to_owned(), form.means.to_owned(), form.hits.to_owned(), form.misses.to_owned()]
        }),
    );
    page.push_str("<!-- /patterns -->\n");
    page.push_str(
        "\nYAML reads a text that begins with `[`, `{`, `*` or `\"`, or that holds `: `, as something else: put it into 'single \
         quotes'.\nCommas, quotes, slashes and dots inside of a pattern are ordinary text that folding removes.\n",
    );
}

/// Pairs of a text and what shows the folding best.
const FOLDED: &[(&str, &str)] = &[
    ("FREE Shipping", "case"),
    ("¿Envíos grátis?", "accents"),
    ("ｆｒｅｅ　１２３", "width"),
    ("don’t", "shapes of apostrophes"),
    ("Straße", "ß is ss"),
    ("運費", "traditional characters"),
    ("ё", "ё is е"),
    ("أين طلبي", "shapes of Arabic letters"),
    ("٣", "digits of every script"),
];

fn folding(page: &mut String) {
    section(page, "Folding");
    page.push_str(
        "Patterns and messages are compared in one folded form. Of words between blanks every form of the same stem counts; of \
         Chinese,\nJapanese and Thai the characters anywhere; of Korean the beginning of a word. `\"exact\"` compares before accents \
         and endings are\ntaken off.\n\n",
    );
    table(
        page,
        ["what", "written", "compared as"],
        FOLDED.iter().map(|(text, what)| [(*what).to_owned(), (*text).to_owned(), Folded::new(text).text().to_owned()]),
    );
}

fn order(page: &mut String) {
    section(page, "Which hit counts");
    let _infallible = writeln!(
        page,
        "Where hits of several rules want the same words of a sentence, one of them has them: {ORDER}. Hits that share no word all \
         count."
    );
}

fn conditions(page: &mut String) {
    section(page, "Conditions");
    page.push_str("What may stand under `when`. Every key must hold; with none, the rule always counts.\n\n");
    table(
        page,
        ["key", "holds when", "example"],
        KINDS.iter().map(|kind| {
            [format!("`{}`", kind.name), kind.summary.to_owned(), format!("`{}: {}`", kind.name, kind.example)]
        }),
    );
}

fn values(page: &mut String) {
    section(page, "Values");
    page.push_str(
        "Recognized in every message: `{name}` in a pattern, `entity.name` under `needs`, `{{ entity.name }}` in a reply.\n\n",
    );
    table(
        page,
        ["value", "is", "in", "gives"],
        ENTITIES.iter().map(|entity| {
            let (text, value) = entity.example;
            [format!("`{{{}}}`", entity.kind), entity.summary.to_owned(), text.to_owned(), format!("`{value}`")]
        }),
    );
    page.push_str("\nOther sources of `needs`, beside `entity.…`:\n\n");
    let sources = words::sources().into_iter();
    table(page, ["source", "is"], sources.map(|(source, means)| [format!("`{source}`"), means.to_owned()]));
}

fn variables(page: &mut String) {
    section(page, "Template variables");
    page.push_str("What replies may print. A value that may be missing needs a fallback: `{{ buyer.first_name or \"there\" }}`.\n\n");
    table(
        page,
        ["variable", "is", "there", "for example"],
        VARIABLES.iter().map(|variable| {
            let present = variable.presence.as_str().to_owned();
            [format!("`{}`", variable.name), variable.meaning.to_owned(), present, variable.example.to_owned()]
        }),
    );
    page.push('\n');
    let helpers = [("function", FUNCTIONS), ("filter", FILTERS), ("test", TESTS)];
    let rows = helpers.iter().flat_map(|(kind, helpers)| helpers.iter().map(move |helper| (*kind, helper)));
    table(
        page,
        ["helper", "name", "does"],
        rows.map(|(kind, helper)| [kind.to_owned(), format!("`{}`", helper.name), helper.meaning.to_owned()]),
    );
}

fn limits(page: &mut String) {
    section(page, "Limits");
    let rows = [
        ("priority, to both sides", syntax::MAX_PRIORITY.to_string()),
        ("words of a pattern", pattern::MAX_WORDS.to_string()),
        ("bytes of a pattern", pattern::MAX_BYTES.to_string()),
        ("phrases a pattern may stand for", pattern::MAX_EXPANSIONS.to_string()),
        ("words skipped by `*`", pattern::GAP.to_string()),
        ("words skipped by `*N`", pattern::MAX_GAP.to_string()),
        ("bytes of a `regex:`", regular::MAX_BYTES.to_string()),
        ("levels of nesting in a `regex:`", regular::MAX_NESTING.to_string()),
        ("a count in a `regex:`, as in `.{0,40}`", regular::MAX_REPEATS.to_string()),
        ("kilobytes of a compiled `regex:`", (regular::COMPILED_BYTES >> 10).to_string()),
        ("bytes of a file", yaml::MAX_BYTES.to_string()),
        ("levels of nesting in a file", yaml::MAX_DEPTH.to_string()),
        ("bytes of a message that are read", reading::MAX_TEXT_BYTES.to_string()),
        ("share of other rules' examples a pattern may hit, in percent", broad_pattern::MAX_SHARE_PERCENT.to_string()),
        ("characters of a reply with its frame", reply_too_long::TELEGRAM_UNITS.to_string()),
    ];
    table(page, ["what", "at most"], rows.into_iter().map(|(what, most)| [what.to_owned(), most]));
}

fn section(page: &mut String, heading: &str) {
    let _infallible = write!(page, "\n## {heading}\n\n");
}

fn table<const N: usize>(page: &mut String, heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
    let _infallible = writeln!(page, "| {} |", heads.join(" | "));
    let _infallible = writeln!(page, "| {} |", heads.map(|_| "---").join(" | "));
    for row in rows {
        let cells = row.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        let _infallible = writeln!(page, "| {} |", cells.join(" | "));
    }
}
