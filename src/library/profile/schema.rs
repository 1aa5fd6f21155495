//! The JSON Schema of a mail profile, for editors. `check` remains the judge.

use serde_json::{Value, json};

use crate::{
    diagnostic::schema::{described, file, key, list, mapping, number, part, required, switch, text, text_like, word},
    model::{
        mode::Mode,
        profile::{Forbidden, NoticeEnd},
        time::CLOCK_SHAPE,
    },
};

/// Returns the schema of `profiles/<name>.yaml`.
pub fn schema() -> Value {
    let keys = vec![
        key("title", "Its name for people.", text()),
        key("about", "What its figures rest on.", text()),
        key("like", "Begin with this shipped profile; without it, with the shipped one of the same name.", text()),
        key("senders", "Who brings messages of buyers.", list(part("sender"))),
        key("notice_senders", "Who brings the marketplace's own notices only.", list(part("sender"))),
        key("customer", "Where the buyer's address stands.", customer()),
        key("buyer_name", "The buyer's name in the author's, by the group `name`.", part("pattern")),
        key("order_number", "What order numbers look like; the group `number` is it, or the whole.", part("pattern")),
        key("reference", "What the marketplace finds the conversation by; it is kept in every answer.", reference()),
        key("frame", "What stands around the buyer's words.", frame()),
        key("subject_noise", "What the marketplace adds to subjects.", list(part("pattern"))),
        key("notices", "The marketplace's own notices, by their subjects.", list(notice())),
        key("answers", "What the marketplace takes for an answer.", answers()),
        key("max_mode", "The highest mode of a rule.", word(Mode::WORDS)),
        key("response", "Within which time it wants an answer.", response()),
    ];
    let pattern = described("A regular expression in single quotes; case does not matter.", text());
    let parts = vec![("pattern", pattern), ("sender", sender())];
    file("Nightdesk mail profile", "How a marketplace or a web form writes, and what it takes.", parts, mapping(keys))
}

fn sender() -> Value {
    let address = text_like(r"^[^@\s]+@[^@*\s]+\.[^@*\s]+$");
    mapping(vec![
        required("from", "The address it writes from; `*` before the @ stands for any letters.", address),
        key("vouched_by", "Domains one of which must have signed or sent it, beside its own.", list(text())),
        key("language", "The language of the site, if its address tells.", text_like("^[A-Za-z]{2,3}$")),
        key("country", "The country of the site, if its address tells.", text_like("^[A-Za-z]{2}$")),
    ])
}

fn customer() -> Value {
    let body = mapping(vec![required(
        "body",
        "The line above the message with the address: `^E-mail: (?<address>\\S+)`.",
        part("pattern"),
    )]);
    json!({ "anyOf": [word(&["from", "alias", "reply_to"]), body] })
}

fn reference() -> Value {
    mapping(vec![
        required("pattern", "What it looks like.", part("pattern")),
        key("required", "A message without it is for a person.", switch()),
    ])
}

fn frame() -> Value {
    mapping(vec![
        key("begins_after", "Lines below which the buyer's words begin; one must be there.", list(part("pattern"))),
        key("ends_before", "Lines at which the buyer's words end.", list(part("pattern"))),
        key("drop", "Lines between the two that are not the buyer's.", list(part("pattern"))),
    ])
}

fn notice() -> Value {
    let ends: Vec<&str> = NoticeEnd::WORDS.iter().map(|(name, _)| *name).collect();
    mapping(vec![
        required("title", "What it is, for people.", text()),
        required("subject", "What its subject looks like; any of them.", list(part("pattern"))),
        required("becomes", "Nothing, a ticket, or a ticket that cannot wait.", word(&ends)),
    ])
}

fn answers() -> Value {
    let kinds: Vec<&str> = Forbidden::WORDS.iter().map(|(name, _)| *name).collect();
    mapping(vec![
        key("html", "true: HTML is kept. false: answers are plain text.", switch()),
        key("forbid", "What must not stand in an answer.", list(word(&kinds))),
        key("links_to", "Domains to which links may lead although links are forbidden.", list(text())),
        key("forbid_words", "Words and phrases that must not stand in an answer.", list(text())),
        key("max_characters", "Characters of an answer, its reference included.", number(1, 1_000_000)),
        key("max_attachment_mb", "Megabytes of all attachments together.", number(0, 1_000)),
        key("attachment_types", "Endings of the files it takes: `[pdf, jpg]`.", list(text())),
        key("acks", "false: \"a person will write\" never goes out by itself.", switch()),
    ])
}

fn response() -> Value {
    let clock = text_like(&format!("^ *({CLOCK_SHAPE}) *$"));
    mapping(vec![
        key("within", "The time: `24h`, `2h desk` for desk time, or `same_day`.", clock),
        key("automatic_counts", "An automatic answer counts.", switch()),
    ])
}
