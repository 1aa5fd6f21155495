//! What is read of people's answers to notices, as their mail programs write them: whether the mail is believed, what it
//! asks for, and what would go to the buyer. No servers; `pipeline::staff_mail` has the whole way.
//!
//! The name of a fixture begins with what must become of it. `{token}` stands for what the reply address holds.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use nightdesk::{
    channel::email::parse::parse_by,
    desk::canned,
    model::{
        inbound::{Inbound, MailFacts},
        language::Language,
        receive::{FolderRole, Received},
    },
    service::staff_mail::reading::{self, Expected, Said, Unclear},
};

use super::golden;
use crate::decisions::world;

const FOLDER: &str = "staff-answers";
const TOKEN: &str = "00112233445566778899aabbccddeeff";
const MEI: &str = "mei@example.net";
const DESK: &str = "https://desk.lantern-home.example";

/// What becomes of a mail, as the names of fixtures begin, with the fixtures that there must be of it.
const FATES: [(&str, usize); 10] = [
    ("sends", 20),
    ("asks", 12),
    ("notes", 3),
    ("claims", 1),
    ("closes", 1),
    ("confirms", 2),
    ("empty", 2),
    ("refuses", 2),
    ("machine", 11),
    ("unproven", 10),
];

/// What was read of a mail.
struct Read {
    inbound: Inbound,
    fate: &'static str,
    why: String,
}

impl Read {
    fn mail(&self) -> &MailFacts {
        self.inbound.mail.as_ref().expect("it is a mail")
    }
}

fn received(bytes: &[u8]) -> Received {
    let raw = String::from_utf8_lossy(bytes).replace("{token}", TOKEN);
    world::received(raw, world::ago(world::moment(world::NIGHT), "10m"))
}

/// Reads a mail in the order of the service: no machine, one author, a person, proven, then what it asks for.
fn read(received: &Received) -> Read {
    let settings = world::settings();
    let inbound = parse_by(received, &settings.profiles, &settings.trusted_authserv_ids);
    let mail = inbound.mail.as_ref().expect("it is a mail");
    let (fate, why) = if let Some(why) = reading::machine(&inbound, mail) {
        ("machine", why.to_owned())
    } else if let Some(author) = reading::author(mail) {
        match reading::doubt(mail, &author, &settings.trusted_authserv_ids) {
            _ if author != MEI => ("stranger", author),
            Some(why) => ("unproven", why.to_owned()),
            None => asked(&inbound, mail),
        }
    } else {
        ("unproven", "no single author".to_owned())
    };
    Read { inbound, fate, why }
}

fn asked(inbound: &Inbound, mail: &MailFacts) -> (&'static str, String) {
    let settings = world::settings();
    let text = match reading::said(&inbound.text) {
        Said::Nothing => return ("empty", String::new()),
        Said::Note(text) => return ("notes", text),
        Said::Claim => return ("claims", String::new()),
        Said::Close => return ("closes", String::new()),
        Said::Send => return ("confirms", String::new()),
        Said::NotAlone => return ("refuses", String::new()),
        Said::Reply(text) => text,
    };
    let expected = Expected { own: MEI, token: TOKEN, desk: DESK, shop: &settings.own_addresses };
    let unclear = reading::unclear(inbound, mail, &expected);
    let mut why: Vec<String> = unclear.iter().map(|what| format!("{what:?}")).collect();
    let languages = [Language::EN, Language::ZH].into_iter();
    why.extend(languages.flat_map(|language| canned::doubtful(&text, language)).map(|phrase| format!("`{phrase}`")));
    if why.is_empty() { ("sends", String::new()) } else { ("asks", why.join(", ")) }
}

#[test]
fn every_mail_programs_answer_is_read_as_its_writer_means_it() {
    golden::check(FOLDER, "eml", 60, |bytes| {
        let Read { inbound, fate, why } = read(&received(bytes));
        let mut shown = format!("{fate} {why}").trim_end().to_owned();
        shown.push('\n');
        for line in inbound.text.lines() {
            writeln!(shown, "{}", format!("| {line}").trim_end()).expect("a String takes everything");
        }
        shown
    });
}

#[test]
fn every_answer_comes_to_the_end_that_its_name_says() {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = String::new();
    for path in golden::fixtures(FOLDER, "eml") {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let Read { fate, why, inbound } = read(&received(&fs::read(&path).expect("it was just listed")));
        *counted.entry(fate).or_default() += 1;
        if name.split('-').next() != Some(fate) {
            writeln!(wrong, "{name}: {fate} {why}\n{}\n", inbound.text).expect("a String takes everything");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for (fate, enough) in FATES {
        assert!(counted.get(fate).is_some_and(|count| *count >= enough), "{fate}: {counted:?}");
    }
}

/// Nothing that goes to a buyer holds a line that a program or the notice wrote.
#[test]
fn what_goes_to_the_buyer_is_what_the_person_wrote() {
    let mut sent = 0;
    for path in golden::fixtures(FOLDER, "eml") {
        let found = read(&received(&fs::read(&path).expect("it was just listed")));
        if found.fate != "sends" {
            continue;
        }
        sent += 1;
        let text = found.inbound.text.trim();
        assert!(
            ["Yes, up to twelve letters.", "可以，最多十二个字母。", "Yes, up to twelve letters.\n\nMei Lin"]
                .contains(&text),
            "{}: {text}",
            path.display()
        );
    }
    assert!(sent > 0);
}

/// The same mails that are believed are not in the Junk folder, without the server's word, under another's word, from
/// another Sender, and with a second author.
#[test]
fn no_believed_mail_is_believed_without_every_one_of_its_proofs() {
    let settings = world::settings();
    let mut tried = 0;
    for path in golden::fixtures(FOLDER, "eml") {
        let bytes = fs::read(&path).expect("it was just listed");
        let good = received(&bytes);
        if ["machine", "unproven", "stranger"].contains(&read(&good).fate) {
            continue;
        }
        tried += 1;
        let raw = String::from_utf8(good.raw.clone()).expect("fixtures are ASCII or UTF-8");
        let name = "mx.lantern-home.example;";
        let spoiled = [
            Received { role: FolderRole::Junk, ..good.clone() },
            received(raw.replace("Authentication-Results:", "X-Results:").as_bytes()),
            received(raw.replace(name, "mx.evil.example;").as_bytes()),
            received(format!("Authentication-Results: {name} dmarc=fail header.from=example.net\n{raw}").as_bytes()),
            received(format!("Sender: eve@example.net\n{raw}").as_bytes()),
            received(format!("From: eve@evil.example\n{raw}").as_bytes()),
        ];
        for (number, spoiled) in spoiled.iter().enumerate() {
            let found = read(spoiled);
            assert_eq!(found.fate, "unproven", "{} spoiled in way {number}: {}", path.display(), found.why);
        }
        let plain = reading::doubt(read(&good).mail(), MEI, &settings.trusted_authserv_ids);
        assert_eq!(plain, None, "{}", path.display());
    }
    assert!(tried >= 30, "{tried}");
}

/// A machine's mail does nothing, however it begins.
#[test]
fn word_of_a_machine_is_no_command() {
    let marks = [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=\"x\"",
        "Precedence: bulk",
        "List-Id: <desk.example.net>",
        "X-Autoreply: yes",
        "X-Autorespond: yes",
        "X-MS-Exchange-Inbox-Rules-Loop: mei@example.net",
        "Return-Path: <>",
    ];
    let path = golden::fixtures(FOLDER, "eml").into_iter().find(|path| path.ends_with("confirms-iphone.eml"));
    let raw = fs::read_to_string(path.expect("the fixture is there")).expect("it was just listed");
    assert_eq!(read(&received(raw.as_bytes())).fate, "confirms");
    for mark in marks {
        assert_eq!(read(&received(format!("{mark}\n{raw}").as_bytes())).fate, "machine", "{mark}");
    }
    let by_hand = format!("Auto-Submitted: no\n{raw}");
    assert_eq!(read(&received(by_hand.as_bytes())).fate, "confirms", "`no` says that a person wrote");
}

#[test]
fn what_is_unclear_names_what_is_unclear() {
    let shown = |name: &str| {
        let path = golden::fixtures(FOLDER, "eml").into_iter().find(|path| path.ends_with(format!("{name}.eml")));
        let found = read(&received(&fs::read(path.expect("the fixture is there")).expect("it was just listed")));
        (found.fate, found.why)
    };
    let others = |address: &str| format!("{:?}", Unclear::Others(vec![address.to_owned()]));
    for (name, why) in [
        ("asks-colleague-in-copy", others("bo@example.net")),
        ("asks-buyer-in-copy", others("anna@example.org")),
        ("asks-file-attached", format!("{:?}", Unclear::Files(vec!["lid.jpg".to_owned()]))),
        ("asks-some-lines-are-notes", format!("{:?}", Unclear::MixedNote)),
        ("asks-written-above-and-below", format!("{:?}", Unclear::BelowLine)),
        ("asks-link-of-the-desk", format!("{:?}", Unclear::Quote)),
    ] {
        assert_eq!(shown(name), ("asks", why), "{name}");
    }
}
