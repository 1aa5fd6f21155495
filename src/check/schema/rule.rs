//! Rule files and word lists.

use serde_json::{Map, Value, json};

use crate::{
    diagnostic::{
        schema::{
            Key, by_language, described, file, key, list, mapping, name, named, number, one_or_many, part, required,
            switch, text, text_like, with_example, word,
        },
        source::SourceMap,
        yaml::{Kind as NodeKind, Node, parse},
    },
    model::{mode::Mode, ticket::Urgency},
    rules::{
        condition::KINDS,
        pattern::MAX_BYTES,
        rule::{Action, Category, Negation, Similarity},
        syntax::MAX_PRIORITY,
    },
};

/// Returns the schema of `rules/<category>/<intent>.yaml`.
pub(super) fn rule() -> Value {
    let mut keys = recognition();
    keys.extend(consequences());
    let parts = vec![("patterns", patterns()), ("pattern", pattern()), ("conditions", conditions()), ("span", span())];
    let about = "One thing that buyers want: how it is recognized, and what happens then.";
    file("Nightdesk rule", about, parts, mapping(keys))
}

/// The keys that say when a rule hits.
fn recognition() -> Vec<Key> {
    vec![
        required("intent", "What the buyer wants, in one name; the same as the name of the file.", name()),
        required("title", "The same for people, shown on tickets: `Is shipping free`.", text()),
        required("category", "What it is about; the same as the folder the file lies in.", word(Category::WORDS)),
        key(
            "priority",
            "A higher one wins where two rules want the same words. Leave it at 0 unless `check` tells you about a tie.",
            number(-MAX_PRIORITY, MAX_PRIORITY),
        ),
        required("say", "What buyers write, by language; one hit is enough.", part("patterns")),
        key(
            "unless",
            "Patterns that mean something else: one hit in the same sentence switches the rule off for that sentence.",
            part("patterns"),
        ),
        key("when", "Circumstances that must all hold.", part("conditions")),
        key(
            "alone",
            "true: the rule counts only where the message says nothing else; its patterns and mere courtesy must cover every \
             word.",
            switch(),
        ),
        key(
            "negation",
            "respect: after `not`, `kein` or 不 a hit does not count (the default). ignore: such words do not matter.",
            word(Negation::WORDS),
        ),
        key(
            "similar",
            "What likeness to the examples may do where no pattern hits. never: nothing. suggest: a draft, or the intent of \
             the ticket (the default). auto: answer, if nothing leaves a doubt.",
            word(Similarity::WORDS),
        ),
        key(
            "examples",
            "The contract, run by `nightdesk test` against all rules: sentences by language.",
            by_language(mapping(vec![
                key("match", "Sentences that must lead to this rule.", list(text())),
                key("skip", "Sentences that must not.", list(text())),
            ])),
        ),
    ]
}

/// The keys that say what a hit leads to.
fn consequences() -> Vec<Key> {
    let urgencies = [Urgency::Normal, Urgency::High, Urgency::Urgent].map(Urgency::as_str);
    vec![
        required(
            "action",
            "What follows from a hit. answer: the reply goes out. escalate: a person must look. suppress: kept and \
             listed, nobody is bothered.",
            word(Action::WORDS),
        ),
        key(
            "mode",
            "How far the rule is trusted. off: not tried. shadow: recorded only. suggest: a draft for a person (the \
             default of answers). auto: sends.",
            word(Mode::WORDS),
        ),
        key("needs", "Values that the reply cannot do without, by the name under which it prints them.", needs()),
        key("reply", "The answer: a folder under replies/.", name()),
        key("ack", "What the buyer is told when a person will write: a folder under replies/.", name()),
        key("urgency", "Of the ticket.", word(&urgencies)),
        key("with_answer", "true: although this rule escalates, the rest of the message may be answered.", switch()),
        key(
            "then",
            "What else happens.",
            mapping(vec![key("tag", "Labels on the ticket: `[shipping]`.", list(text()))]),
        ),
    ]
}

/// Returns the schema of `rules/_words/<name>.yaml`.
pub(super) fn words() -> Value {
    let about = "Words that several rules use as <name>: by language, each entry a word or a pattern.";
    file("Nightdesk word list", about, vec![], by_language(one_or_many(words_in_order())))
}

/// Returns the schema of `rules/_entities/<name>.yaml`.
pub(super) fn entities() -> Value {
    let about = "Values of your own, named {name} in patterns: each value with the words that buyers write for it.";
    let plain = json!({ "type": ["string", "integer"], "pattern": "^[^(|\\[<{*\"]+$" });
    let words = by_language(one_or_many(described("A word or several, in any form; no pattern.", plain)));
    file("Nightdesk values", about, vec![], named(".", words))
}

fn patterns() -> Value {
    by_language(one_or_many(part("pattern")))
}

fn words_in_order() -> Value {
    let about = "Words in order, within one sentence, in any form. (a|b) one of these · [a|b] optional · * up to 3 words \
                 in between · *5 up to 5 · cancel* any word that begins so · <ship> a word list · {country} a value · \
                 \"can\" exactly this form";
    json!({ "type": ["string", "integer"], "minLength": 1, "maxLength": MAX_BYTES, "description": about })
}

fn pattern() -> Value {
    let regex = mapping(vec![required(
        "regex",
        "For what patterns cannot say: a regular expression on the sentence in small letters without accents.",
        text_like("."),
    )]);
    let parts = || list(part("pattern"));
    let mut group = mapping(vec![
        key("all", "Each of these hits, in any order.", parts()),
        key("any", "One of these hits.", parts()),
        key("none", "None of these hits.", parts()),
        key(
            "within",
            "sentence (the default), or message: the parts may stand in different sentences.",
            word(&["sentence", "message"]),
        ),
    ]);
    group["anyOf"] = json!([{ "required": ["all"] }, { "required": ["any"] }]);
    json!({ "anyOf": [words_in_order(), regex, group] })
}

/// Every kind of condition; what its value may be is told by its example, for the kinds read their values themselves.
fn conditions() -> Value {
    let mut properties = Map::new();
    for kind in KINDS {
        let example = example(kind.example);
        let shape = match (kind.name, &example) {
            ("any" | "all", _) => list(part("conditions")),
            ("not", _) => part("conditions"),
            ("subject", _) => part("patterns"),
            (_, Value::Object(keys)) if keys.keys().all(|key| matches!(key.as_str(), "from" | "to")) => part("span"),
            (_, Value::Object(_)) => json!({ "type": "object" }),
            (_, Value::Bool(_)) => switch(),
            _ => one_or_many(json!({ "type": ["string", "integer", "boolean"] })),
        };
        properties.insert(kind.name.to_owned(), described(kind.summary, with_example(shape, example)));
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// From and to, both included, of numbers, days or times; of numbers also just one.
fn span() -> Value {
    let end = || json!({ "type": ["integer", "string"] });
    let ends = mapping(vec![key("from", "The first, included.", end()), key("to", "The last, included.", end())]);
    json!({ "anyOf": [{ "type": "integer" }, ends] })
}

fn needs() -> Value {
    let about =
        "Where the value may come from, first come first served: entity.country, buyer.country, situation.text.";
    named(
        "^[a-z0-9_]+$",
        mapping(vec![
            required("from", about, list(text_like(r"^[a-z]+\.[a-z0-9_.]+$"))),
            key("ask", "The reply that asks for it when nothing has it: a folder under replies/.", name()),
        ]),
    )
}

/// Returns an example as the YAML it is.
fn example(written: &str) -> Value {
    let mut sources = SourceMap::default();
    let id = sources.add("example", written);
    parse(id, written).map_or_else(|_| json!(written), |node| value(&node))
}

fn value(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Bool(value) => json!(value),
        NodeKind::Integer(value) => json!(value),
        NodeKind::Float(value) => json!(value),
        NodeKind::Text(text) => json!(text),
        NodeKind::List(items) => items.iter().map(value).collect(),
        NodeKind::Mapping(entries) => {
            let pairs = entries.iter().map(|(key, item)| (key.as_text().unwrap_or_default().to_owned(), value(item)));
            Value::Object(pairs.collect())
        }
    }
}
