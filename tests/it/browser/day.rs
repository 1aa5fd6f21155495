//! A desk in the middle of a usual day, with something for every page of the console: mail of all kinds came in, people
//! have worked on it since (`tests/data/browser/day`).

use std::{collections::BTreeMap, fmt::Write as _, fs};

use jiff::Timestamp;
use nightdesk::model::satisfaction::{TOKEN_CHARACTERS, token_hash};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{desk::Desk, page::Page};
use crate::support::{
    letter::{self, Letter},
    shop::Shop,
};

const LETTERS: &str = include_str!("../../data/browser/day/letters.yaml");
const POSTER: &str = include_str!("../../data/browser/day/poster.eml");
const ACTS: &str = include_str!("../../data/browser/day/acts.yaml");
const ORDERS: &str = include_str!("../../data/browser/day/orders.csv");
const PAGES: &str = include_str!("../../data/browser/day/pages.yaml");

/// Sends forms as the page itself does; a list of what was refused.
const FORMS: &str = include_str!("../../data/browser/forms.js");

/// The subject that stands for the message in quarantine.
const QUARANTINE: &str = "quarantine";

/// The subject of a letter that a machine answered: its conversation is no ticket.
const ANSWERED: &str = "Customs";

/// Somebody whose page is looked at.
const REGULAR: &str = "maria@example.it";

/// Somebody who writes from two addresses.
const TWICE: [&str; 2] = ["anna@example.org", "anna.berg@work.example"];

/// What the program says once it knows the orders.
const ORDERS_READ: &str = "a file of orders was read";

/// All of it.
pub(super) struct Day {
    pub(super) desk: Desk,
    /// An admin.
    pub(super) ann: Page,
    /// What `{…}` of an address stands for.
    numbers: BTreeMap<String, String>,
}

/// A page that somebody gets to by a link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) path: String,
    /// Its heading is somebody's own words, in whatever language.
    #[serde(default)]
    pub(super) quoted: bool,
}

/// A mail of the morning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    from: String,
    name: String,
    subject: String,
    text: String,
    /// The subject of the letter whose conversation it goes on with.
    after: Option<String>,
    #[serde(default)]
    headers: Vec<String>,
}

impl Day {
    /// Opens it; none where somebody wished to do without a browser.
    pub(super) fn open() -> Option<Self> {
        Self::after(&[])
    }

    /// The same, with more letters that came before.
    pub(super) fn after(earlier: &[Letter]) -> Option<Self> {
        let desk = Desk::furnished("orders: {folder: orders}", put_orders)?;
        desk.shop.until_logged(ORDERS_READ);
        let ann = desk.person("ann", "admin", "en");
        desk.shop.succeed(&["user", "add", "mei", "--role", "agent", "--language", "zh"]);
        let letters: Vec<Written> = serde_yaml::from_str(LETTERS).expect("letters");
        let mut ids = BTreeMap::new();
        for letter in earlier {
            desk.write(letter);
        }
        for written in &letters {
            let mut mail = Letter::new(&written.from, &written.subject, &written.text);
            mail.name.clone_from(&written.name);
            mail.more.clone_from(&written.headers);
            if let Some(after) = &written.after {
                let id: &String = &ids[after];
                mail.more.extend([format!("In-Reply-To: {id}"), format!("References: {id}")]);
            }
            ids.insert(written.subject.clone(), mail.id.clone());
            desk.write(&mail);
        }
        let stamp = Timestamp::now().as_microsecond().to_string();
        let poster = POSTER.replace("{DATE}", &letter::now()).replace("{STAMP}", &stamp);
        desk.post.deliver("haruka@example.jp", &poster);
        desk.post.deliver("odd@example.net", &nested());
        desk.shop.until_settled(earlier.len() + letters.len() + 2);
        let tickets = desk.shop.tickets().into_iter();
        let numbers = tickets.map(|ticket| (ticket.subject, ticket.id.0.to_string())).collect();
        let mut day = Self { desk, ann, numbers };
        day.work();
        Some(day)
    }

    /// Returns every page that somebody gets to by a link.
    pub(super) fn pages(&self) -> Vec<Shown> {
        pages().into_iter().map(|page| Shown { path: self.filled(&page.path), ..page }).collect()
    }

    /// Asks the buyer of a closed ticket whether they were content; returns the link.
    pub(super) fn asked(&self, subject: &str) -> String {
        let token = "t".repeat(TOKEN_CHARACTERS);
        let (ticket, now) = (self.filled(&format!("{{{subject}}}")), Timestamp::now().as_millisecond());
        self.desk.shop.change(&format!(
            "INSERT OR IGNORE INTO satisfaction (ticket, token_hash, asked_at, language) VALUES ({ticket}, '{}', {now}, 'de')",
            token_hash(&token)
        ));
        format!("/s/{token}")
    }

    /// Does what people did since the morning.
    fn work(&mut self) {
        let acts: Vec<Map<String, Value>> = serde_yaml::from_str(ACTS).expect("acts");
        let forms: Vec<Value> = acts.into_iter().map(|act| self.form(act)).collect();
        self.ann.go("/practice");
        assert_eq!(self.ann.ask(FORMS, &[json!(forms)]), json!([]), "what people do was refused");
        let others = json!([
            ["/rules/customs_tax/pause", {"reason": "is being rewritten"}],
            ["/pauses", {"scope": "account:support", "reason": "the move of the warehouse"}],
            ["/tokens", {"name": "label printer", "role": "agent", "reach": "all"}],
            ["/practice", {"channel": "email", "name": "Anna Schmidt"}],
            ["/practice/say", {"act": "say", "subject": "Customs", "text": "Is there customs duty to Germany?"}],
            ["/practice/say", {"act": "say", "text": "And what is your return policy?"}],
            ["/practice/say", {"act": "day"}],
            ["/practice/say", {"act": "say", "text": "My parcel arrived broken, I want my money back!"}],
        ]);
        assert_eq!(self.ann.ask(FORMS, &[others]), json!([]), "what people do was refused");
        self.ann.go("/quarantine");
        self.numbers.insert(QUARANTINE.to_owned(), self.ann.text_of("a.open"));
        self.ann.go("/answered");
        let talk = "return [...document.querySelectorAll('a.open')].find((link) => \
                    link.innerText.includes(arguments[0])).pathname.split('/').pop()";
        let thread = self.ann.ask(talk, &[json!(ANSWERED)]);
        self.numbers.insert(ANSWERED.to_owned(), thread.as_str().expect("an address has a number").to_owned());
        self.ann.go("/buyers");
        let line = "return [...document.querySelectorAll('[data-row]')].find((row) => \
                    row.innerText.includes(arguments[0])).dataset.row";
        for address in [REGULAR, TWICE[0], TWICE[1]] {
            let buyer = self.ann.ask(line, &[json!(address)]);
            self.numbers.insert(address.to_owned(), buyer.as_str().expect("a row has a number").to_owned());
        }
        let [one, other] = TWICE.map(|address| self.numbers[address].clone());
        let same = json!([[format!("/buyers/{one}/act"), {"act": "same", "other": other}]]);
        assert_eq!(self.ann.ask(FORMS, &[same]), json!([]), "what people do was refused");
    }

    /// Makes the form of an act.
    fn form(&self, mut act: Map<String, Value>) -> Value {
        let subject = act.remove("ticket").and_then(|subject| subject.as_str().map(str::to_owned));
        let path = self.filled(&format!("/tickets/{{{}}}/act", subject.expect("an act is on a ticket")));
        for value in act.values_mut() {
            *value = json!(self.filled(value.as_str().expect("forms hold text")));
        }
        json!([path, act])
    }

    /// Puts numbers into the places of an address.
    pub(super) fn filled(&self, text: &str) -> String {
        let Some((before, (subject, after))) =
            text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        else {
            return text.to_owned();
        };
        let number = self.numbers.get(subject).unwrap_or_else(|| panic!("no ticket “{subject}”: {:#?}", self.numbers));
        format!("{before}{number}{after}")
    }
}

/// Returns every page that somebody gets to by a link, with the places of its address unfilled.
pub(super) fn pages() -> Vec<Shown> {
    serde_yaml::from_str(PAGES).expect("pages")
}

/// Puts the shop's records of its orders into the folder.
fn put_orders(shop: &Shop) {
    fs::create_dir(shop.path("orders")).expect("the folder is writable");
    fs::write(shop.path("orders/shop.csv"), ORDERS).expect("the folder is writable");
}

/// A mail that is nested deeper than anybody's.
fn nested() -> String {
    let head = format!("From: odd@example.net\nSubject: A box in a box\nDate: {}\n", letter::now());
    (0..100).fold(head, |mut mail, depth| {
        write!(mail, "Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n")
            .expect("writing to a String never fails");
        mail
    })
}
