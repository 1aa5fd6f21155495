//! The forms of patterns, each with a text that it hits and one that it does not. A test tries them all.

/// One form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// As written in a rule file.
    pub written: &'static str,
    /// The language it stands under.
    pub language: &'static str,
    /// What it says.
    pub means: &'static str,
    /// A text that it hits.
    pub hits: &'static str,
    /// A text that it does not hit.
    pub misses: &'static str,
}

/// Every form, simple ones first. `<shipping>` is the starter pack's word list.
pub const FORMS: &[Form] = &[
    form("free shipping", "en", "these words, next to each other", "Do you offer FREE shipping?", "shipping is free"),
    form("refund", "en", "any form of the word", "are returns refunded?", "a fund"),
    form("(free|no cost) shipping", "en", "one of these", "is it no cost shipping", "low cost shipping"),
    form("ship [it|this] free", "en", "one of these or nothing", "do you ship free", "do you ship everything free"),
    form("ship * free", "en", "up to 3 words in between", "can you ship it to me free", "ship all of it now free"),
    form("ship *5 free", "en", "up to 5 words in between (at most 12)", "ship all of it now free", "free to ship"),
    form("refund*", "en", "any word that begins so", "is this refundable", "prerefund"),
    form(r#"'"can" refund'"#, "en", "exactly this form, accents included", "can refund", "cans refund"),
    form(
        "(pay|charge) * <shipping>",
        "en",
        "one entry of the word list `shipping`",
        "do I pay for delivery",
        "do I pay for it",
    ),
    form("ship to {country}", "en", "a country, however it is named", "can you ship to Germany", "ship to my home"),
    form(
        "where is {order_number}",
        "en",
        "an order number of a marketplace",
        "where is 114-7122810-2961857",
        "where is 42",
    ),
    form(
        "all: [refund, (late|delayed)]",
        "en",
        "all of these in one sentence, in any order",
        "it is late, I want a refund",
        "I want a refund",
    ),
    form(
        "{all: [refund, late], within: message}",
        "en",
        "all of these in the whole message",
        "It is late. I want a refund.",
        "I want a refund.",
    ),
    form(
        "{any: [discount, coupon], none: [student]}",
        "en",
        "one of `any` or all of `all`, and nothing of `none`",
        "any coupon?",
        "a student discount?",
    ),
    form(
        r"regex: 'model x-?\d{3}'",
        "en",
        "a regular expression on the folded sentence",
        "does it fit Model X-100",
        "model x-1",
    ),
    form("envio gratis", "es", "as everywhere: accents and endings do not matter", "¿Hacen envíos gratis?", "gratis"),
    form("包邮", "zh", "Chinese and Japanese: these characters anywhere", "请问這個包郵嗎", "包不邮"),
    form("运费 * 免", "zh", "a gap counts characters", "运费能不能免", "运费到底能不能够免"),
    form("환불", "ko", "Korean: the beginning of a word, particles may follow", "환불해 주세요", "재환불"),
];

const fn form(
    written: &'static str,
    language: &'static str,
    means: &'static str,
    hits: &'static str,
    misses: &'static str,
) -> Form {
    Form { written, language, means, hits, misses }
}
