//! The JSON Schema of the configuration file, for editors. `check` remains the judge.
//!
//! A value may always be a `${NAME}` of the environment instead.

use serde_json::{Value, json};

use crate::{
    config::{desk::DAYS, orders::PERSON, raw::LEAST_ANSWER_AT},
    diagnostic::schema::{
        file, key, list, mapping, named, number, one_or_many, part, required, switch, text, text_like, word,
    },
    model::{mode::Mode, notice::NoticeCause, order::OrderStatus, time::CLOCK_SHAPE},
    orders::{field::Field, values::DayOrder},
};

/// Returns the schema of `config.yaml`.
pub fn schema() -> Value {
    let keys = vec![
        required("shop", "The shop.", shop()),
        key("desk", "When people sit at the desk; buyers are told when a person will write.", desk()),
        key(
            "store",
            "Where everything is kept: `sqlite://nightdesk.db`, or `postgres://user:password@host/database`.",
            text(),
        ),
        key("rules", "The folder of rules, relative to this file.", text()),
        key("replies", "The folder of replies, relative to this file.", text()),
        key("profiles", "The folder of your own mail profiles, relative to this file.", text()),
        key("marketplaces", "Where you sell: names of mail profiles, as `[amazon, ebay]`.", list(text())),
        required("accounts", "Mailboxes, bots and folders.", list(account())),
        key("trusted_authserv_ids", "Whose Authentication-Results to believe; Gmail's name is known.", list(text())),
        key("max_mode", "A ceiling over the modes of all rules: one for the shop, or by channel.", max_mode()),
        key(
            "answer_at",
            "How sure the machine must be before it answers by itself: a share, 0.95 if it is left out.",
            json!({ "type": "number", "minimum": LEAST_ANSWER_AT, "maximum": 1 }),
        ),
        key(
            "tell_made_up_facts",
            "false: an answer that rests on a value with `example: true` waits for a person as a draft.",
            switch(),
        ),
        key(
            "status",
            "The pages /healthz, /readyz and /status.",
            mapping(vec![key("listen", "An address and a port: `127.0.0.1:8025`.", text_like(r"(:[0-9]+|\$\{.+\})$"))]),
        ),
        key("webhooks", "Programs that are told what happens on tickets.", list(webhook())),
        key("staff_mail", "People of the desk are told of tickets by mail, and may answer by mail.", staff_mail()),
        key("console", "The desk in a browser; without this section there is none.", console()),
        key("delivery", "What happens after a send that failed, or may have.", delivery()),
        key("limits", "Where the machine steps back and a person is asked.", limits()),
        key(
            "overnight",
            "on: the machine answers while nobody is at the desk, and drafts while somebody is.",
            overnight(),
        ),
        key("clocks", "Within which time a person must have answered.", clocks()),
        key(
            "quiet_hours",
            "Hours of the buyer's clock in which nothing goes out that can wait: `22:00-08:00`.",
            text_like(r"^(off|[0-9]{1,2}:[0-9]{2} *[-–] *[0-9]{1,2}:[0-9]{2}|\$\{.+\})$"),
        ),
        key("orders", "Exports of orders, so that buyers are told where theirs stand.", orders()),
    ];
    let parts = vec![("duration", duration()), ("imap", imap()), ("smtp", smtp()), ("oauth2", oauth2())];
    file("Nightdesk configuration", "Channels, hours, languages and limits of a shop.", parts, mapping(keys))
}

fn console() -> Value {
    mapping(vec![
        key(
            "listen",
            "An address and a port: `127.0.0.1:8026`, which is the default.",
            text_like(r"(:[0-9]+|\$\{.+\})$"),
        ),
        key(
            "public_url",
            "The address that browsers open, behind a proxy with HTTPS: `https://desk.shop.example`.",
            text_like(r"^(https?://[^/]+/?|\$\{.+\})$"),
        ),
        key("trusted_proxies", "Addresses of proxies whose X-Forwarded-For is believed.", list(text())),
        key("require_totp", "true: everybody signs in with a second factor.", switch()),
        key(
            "satisfaction",
            "Which buyers are asked how content they are, a day after their case was closed; needs `public_url`.",
            word(&["off", "complaints", "everybody"]),
        ),
    ])
}

fn webhook() -> Value {
    mapping(vec![
        required("name", "A short name of your own.", text()),
        required("url", "What is called: `https://erp.shop.example/nightdesk`.", text_like(r"^(https?://|\$\{)")),
        required(
            "secret",
            "What both sides know, 24 characters or more, from the environment: `${ERP_SECRET}`.",
            text(),
        ),
        key("events", "What it is told: `[ticket.opened, ticket.alarm]`; everything if it is left out.", list(text())),
        key("include_text", "true: it is told words of buyers and colleagues, too.", switch()),
        key("allow_private", "true: it may lead to addresses inside the house.", switch()),
    ])
}

fn staff_mail() -> Value {
    mapping(vec![
        required("account", "The mailbox that sends the notices.", text()),
        key(
            "reply_address",
            "Where answers go: an address of a watched mailbox with `+{token}`, such as `desk+{token}@shop.example`.",
            text_like(r"(\+\{token\}@|\$\{)"),
        ),
        key(
            "events",
            "What people are told: `[new_ticket, buyer_replied, deadline]`, which is the default.",
            list(word(&NoticeCause::EVENTS.map(NoticeCause::as_str))),
        ),
        key("replies", "false: notices take no answers.", switch()),
    ])
}

fn shop() -> Value {
    let mut languages = list(text_like("^([A-Za-z]{2,3}|\\$\\{.+\\})$"));
    languages["minItems"] = json!(1);
    mapping(vec![
        required("name", "The name with which answers are signed.", text()),
        required("languages", "The languages the shop answers in, the default first: `[en, zh]`.", languages),
    ])
}

fn desk() -> Value {
    let days = DAYS.join("|");
    let hours = json!({
        "type": "object",
        "propertyNames": { "pattern": format!("^({days})[a-zA-Z]*( *- *({days})[a-zA-Z]*)?$") },
        "additionalProperties": one_or_many(text_like("[0-9]{1,2}:[0-9]{2} *[-–] *[0-9]{1,2}:[0-9]{2}|\\$\\{")),
    });
    mapping(vec![
        key("zone", "An IANA time zone: `Asia/Shanghai`.", text()),
        key("hours", "Hours by day or span of days: `mon-fri: [09:00-12:00, 13:30-18:00]`.", hours),
        key("country", "The country whose public holidays the desk keeps: `CN`.", text_like(r"^([A-Z]{2}|\$\{.+\})$")),
        key("holidays", "More days on which nobody is there: dates, or names of holidays.", list(text_like(r"\S"))),
        key("workdays", "Days on which people work all the same: dates, or names of holidays.", list(text_like(r"\S"))),
        key(
            "causes",
            "What a dispute or complaint may come from, for closing one: `[product_fault, customs]`.",
            list(text()),
        ),
        key("reply_within", "Desk time until a person has answered.", part("duration")),
    ])
}

fn account() -> Value {
    let mut account = mapping(vec![
        required("name", "A short name of your own.", text()),
        key("email", "A mailbox: IMAP in, SMTP out.", email()),
        key("telegram", "A Telegram bot.", telegram()),
        key("folder", "A Maildir in and a Maildir out, behind a local mail server.", folder()),
    ]);
    account["oneOf"] = json!([{ "required": ["email"] }, { "required": ["telegram"] }, { "required": ["folder"] }]);
    account
}

fn email() -> Value {
    mapping(vec![
        required("address", "The address buyers write to.", address()),
        key("display_name", "The name beside it; the shop's name if it is left out.", text()),
        key("aliases", "Other addresses whose mail ends in this mailbox.", list(text())),
        key(
            "envelope_sender",
            "verp (the default) lets a bounce name the message; null and same are for servers that refuse it.",
            word(&["verp", "null", "same"]),
        ),
        required("imap", "Where mail is read.", part("imap")),
        required("smtp", "Where mail is sent.", part("smtp")),
    ])
}

fn imap() -> Value {
    let mut keys = login();
    keys.extend([
        required("host", "The server: `imap.example.com`.", text_like(r"\S")),
        required("user", "The login name, often the whole address.", text()),
        key("port", "993 unless the provider says otherwise.", port()),
        key("tls", TLS_ABOUT, word(TLS)),
        key("folders", "Folders to read: `[INBOX]`.", list(text())),
        key("junk", "true (the default): also record the junk folder; nothing in it is ever answered.", switch()),
        key(
            "sent",
            "Where people's own answers lie: auto (the default, marked by the server), a folder, or off.",
            text(),
        ),
        key("poll", "How often a server that cannot push is asked.", part("duration")),
        key("max_message", "Of a larger mail only the header is read, by a person: `25 MB`.", size()),
        key("ca_file", "A certificate to trust beside the public ones.", text()),
    ]);
    let mut imap = mapping(keys);
    imap["oneOf"] = one_secret();
    imap
}

fn smtp() -> Value {
    let mut keys = login();
    keys.extend([
        required("host", "The server: `smtp.example.com`.", text()),
        key("user", "The login name; without it nobody logs in.", text()),
        key("port", "465 unless the provider says otherwise.", port()),
        key("tls", TLS_ABOUT, word(TLS)),
        key("ca_file", "A certificate to trust beside the public ones.", text()),
    ]);
    let mut smtp = mapping(keys);
    smtp["if"] = json!({ "required": ["user"] });
    smtp["then"] = json!({ "oneOf": one_secret() });
    smtp
}

const TLS: &[&str] = &["implicit", "starttls", "none"];
const TLS_ABOUT: &str = "implicit (the default), starttls, or none for a server on this machine.";

fn login() -> Vec<crate::diagnostic::schema::Key> {
    vec![
        key("password", "The password, from the environment: `${MAIL_PASSWORD}`.", text()),
        key("password_file", "A file with the password, readable by you alone.", text()),
        key("oauth2", "Instead of a password, for Gmail and Microsoft 365.", part("oauth2")),
    ]
}

fn one_secret() -> Value {
    json!([{ "required": ["password"] }, { "required": ["password_file"] }, { "required": ["oauth2"] }])
}

fn oauth2() -> Value {
    let mut oauth2 = mapping(vec![
        required("token_url", "The provider's token endpoint.", text()),
        required("client_id", "The application's client id.", text()),
        key("client_secret", "The application's secret, if it has one.", text()),
        key("refresh_token", "The mailbox owner's token, from the environment.", text()),
        key("refresh_token_file", "A file with the mailbox owner's token.", text()),
        key("scope", "What the token is for, if the provider asks.", text()),
    ]);
    oauth2["oneOf"] = json!([{ "required": ["refresh_token"] }, { "required": ["refresh_token_file"] }]);
    oauth2
}

fn telegram() -> Value {
    let mut telegram = mapping(vec![
        key("token", "What @BotFather gave you, from the environment: `${TELEGRAM_TOKEN}`.", text()),
        key("token_file", "A file with the token, readable by you alone.", text()),
        key("api_url", "A Bot API server of your own.", text()),
        key("poll", "How long one request waits for messages.", part("duration")),
    ]);
    telegram["oneOf"] = json!([{ "required": ["token"] }, { "required": ["token_file"] }]);
    telegram
}

fn folder() -> Value {
    mapping(vec![
        required("address", "The address buyers write to.", address()),
        key("display_name", "The name beside it; the shop's name if it is left out.", text()),
        required("inbox", "The Maildir that a mail server delivers into.", text()),
        required("outbox", "The Maildir that answers are written into.", text()),
        key("poll", "How often it is looked at.", part("duration")),
    ])
}

fn max_mode() -> Value {
    let by_channel = mapping(vec![
        key("email", "For mail.", word(Mode::WORDS)),
        key("telegram", "For Telegram.", word(Mode::WORDS)),
    ]);
    json!({ "anyOf": [by_channel, word(Mode::WORDS)] })
}

fn overnight() -> Value {
    let ceiling = word(&["shadow", "suggest"]);
    let open = mapping(vec![required("open", "The highest mode while somebody is at the desk.", ceiling)]);
    json!({ "anyOf": [word(&["on", "off"]), open] })
}

fn clocks() -> Value {
    let clock = || text_like(&format!(r"^ *({CLOCK_SHAPE}|\$\{{.+\}}) *$"));
    mapping(vec![
        key("email", "For mail: same_day if it is left out.", clock()),
        key("telegram", "For Telegram: 2m desk if it is left out.", clock()),
        key("marketplaces", "By marketplace, before what its profile says: `amazon: 24h`.", named(".", clock())),
    ])
}

fn delivery() -> Value {
    let by_channel = mapping(vec![
        key("email", "For mail: 0s if it is left out.", part("duration")),
        key("telegram", "For Telegram: 3s if it is left out.", part("duration")),
    ]);
    mapping(vec![
        key("retry_after", "The first pause; then five times as long each time.", part("duration")),
        key("longest_pause", "No pause is longer.", part("duration")),
        key("give_up_after", "Then a ticket asks a person.", part("duration")),
        key(
            "verify_for",
            "So long a message that may have left is looked for before a ticket asks a person: 15m if it is left out.",
            part("duration"),
        ),
        key(
            "cancel_window",
            "So long every automatic message can be stopped before it leaves: 0s, at once, if it is left out.",
            part("duration"),
        ),
        key(
            "burst_window",
            "What one buyer writes within this time is answered together: 3s for Telegram, 0s for mail, if it is left out.",
            json!({ "anyOf": [by_channel, part("duration")] }),
        ),
    ])
}

fn limits() -> Value {
    let count = || number(0, i64::from(u32::MAX));
    mapping(vec![
        key("answers_per_sender_day", "Automatic answers to one sender in 24 hours.", count()),
        key("answers_per_sender_week", "Automatic answers to one sender in 7 days.", count()),
        key("sends_per_chat_hour", "Automatic messages to one chat in an hour.", count()),
        key("sends_per_ten_minutes", "Automatic messages of the whole shop in 10 minutes.", count()),
        key("notices_per_sender_day", "Acknowledgements and questions to one sender in 24 hours.", count()),
        key("max_mail_age_hours", "Older mail is for a person.", count()),
        key("max_chat_age_hours", "Older chat messages are for a person.", count()),
        key("human_silence_hours", "So long the machine is silent after a person wrote.", count()),
    ])
}

fn orders() -> Value {
    let columns = Field::ALL.map(|field| match field {
        Field::Number => required(field.as_str(), field.about(), text()),
        Field::Status => key(field.as_str(), field.about(), one_or_many(text())),
        _ => key(field.as_str(), field.about(), text()),
    });
    let mut meanings: Vec<&str> = OrderStatus::ALL.map(OrderStatus::as_str).to_vec();
    meanings.push(PERSON);
    let file = mapping(vec![
        required("pattern", "The files' names; `*` is anything: `shopify*.csv`.", text()),
        key("name", "The shop or marketplace; order numbers are unique within one.", text()),
        key("columns", "Which column of the header tells what; recognized if it is left out.", mapping(columns.into())),
        key(
            "status",
            "What words of the status column mean: `{Awaiting pickup: packed}`.",
            named(".", word(&meanings)),
        ),
        key("dates", "Whether the day or the month comes first in 03/04/2026.", word(&DayOrder::WORDS)),
        key("delimiter", "What separates the columns; found out if it is left out.", text()),
        key("encoding", "How characters are written, as `gbk`; found out if it is left out.", text()),
    ]);
    mapping(vec![
        key("folder", "The folder of exports, relative to this file.", text()),
        key("stale_after", "So long after it was written an export counts: 26h if it is left out.", part("duration")),
        key("files", "How to read exports that are not recognized; the first that fits counts.", list(file)),
    ])
}

fn duration() -> Value {
    text_like(r"^ *([0-9]+ *(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)|\$\{.+\}) *$")
}

fn size() -> Value {
    text_like(r"^ *([0-9]+ *([bB]|[kK][bB]|[mM][bB])|\$\{.+\}) *$")
}

fn address() -> Value {
    text_like(r"^([^\s@]+@[^\s@.][^\s@]*\.[^\s@]*|.*\$\{.+\}.*)$")
}

fn port() -> Value {
    number(0, i64::from(u16::MAX))
}
