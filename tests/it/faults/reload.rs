//! Rules, replies and settings are edited under the running program.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
};

use serde_json::Value;

use crate::support::{
    ports,
    shop::{Shop, until_in},
};

const FOLDER_ACCOUNT: &str = "  - name: shop
    folder: {address: shop@blue-lantern.example, inbox: inbox, outbox: outbox}
";
const QUESTION: &str = "Hi, do you offer free shipping?";
const REPLY: &str = "replies/free_shipping/en.txt";
const IN_FORCE: &str = "rules are in force rules=";
const REFUSED: &str = "the edited files cannot be used";

/// A running shop over a folder, with its status page.
struct Edited {
    shop: Shop,
    port: u16,
    letters: usize,
}

impl Edited {
    fn start() -> Self {
        let [port] = ports::free();
        let mut shop = Shop::open(FOLDER_ACCOUNT, &status(port));
        for part in ["new", "cur", "tmp"] {
            fs::create_dir_all(shop.path("inbox").join(part)).expect("the folder is writable");
        }
        shop.launch();
        let mut started = Self { shop, port, letters: 0 };
        until_in("the status page", || {
            assert!(started.shop.is_running(), "it ended at once");
            started.page("/healthz").map(drop)
        });
        started
    }

    /// Has a buyer who never wrote before ask, and returns the answer.
    fn answer(&mut self) -> String {
        self.letters += 1;
        let number = self.letters;
        let mail = format!(
            "From: Anna Berg <anna{number}@mail{number}.example>\nTo: shop@blue-lantern.example\nSubject: Shipping\n\
             Message-ID: <{number}@mail{number}.example>\nDate: {}\nContent-Type: text/plain; charset=utf-8\n\n{QUESTION}\n",
            jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).expect("today is a day"),
        );
        let part = self.shop.path("inbox/tmp").join(number.to_string());
        fs::write(&part, mail).expect("the folder is writable");
        fs::rename(&part, self.shop.path("inbox/new").join(number.to_string())).expect("the folder is writable");
        let settled = self.shop.until_settled(number);
        settled[number - 1].messages.first().unwrap_or_else(|| panic!("no answer: {settled:#?}")).text.clone()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.shop.path(name), text).expect("the folder is writable");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.shop.path(name)).expect("a text file")
    }

    /// Waits until the log has said that so often.
    fn until_said(&self, words: &str, times: usize) {
        until_in(&format!("`{words}` {times} times in the log"), || {
            (self.shop.present_log().matches(words).count() >= times).then_some(())
        });
    }

    fn page(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    fn rules(&self) -> Value {
        let page = self.page("/status").expect("the status page answers");
        let body = page.split_once("\r\n\r\n").expect("a body").1;
        let mut status: Value = serde_json::from_str(body).expect("JSON");
        status["rules"].take()
    }
}

fn status(port: u16) -> String {
    format!("status: {{listen: 127.0.0.1:{port}}}")
}

#[test]
fn the_next_mail_is_answered_by_the_edited_reply() {
    let mut edited = Edited::start();
    let before = edited.rules();
    assert!(!edited.answer().contains("straight from the edited file"));
    edited.write(REPLY, "Yes, straight from the edited file.\n");
    edited.until_said(IN_FORCE, 1);
    assert!(edited.answer().contains("straight from the edited file"), "{}", edited.shop.log());
    assert_ne!(edited.rules()["rule_set"], before["rule_set"], "the hash that verdicts record is another");
}

#[test]
fn a_bad_edit_keeps_the_last_good_rules_and_says_so_until_it_is_mended() {
    let mut edited = Edited::start();
    let good = edited.text("rules/pre_sale/free_shipping.yaml");
    let in_force = edited.rules()["rule_set"].clone();
    edited.write("rules/pre_sale/free_shipping.yaml", &good.replace("reply: free_shipping", "reply: no_such_reply"));
    edited.until_said(REFUSED, 1);
    let log = edited.shop.present_log();
    assert!(log.contains("rules/pre_sale/free_shipping.yaml:"), "{log}");
    assert!(edited.answer().contains("shipping"), "the old rule still answers");
    let ready = edited.page("/readyz").expect("it answers");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    assert!(ready.contains("rules: stale since"), "{ready}");
    let rules = edited.rules();
    assert_eq!(rules["rule_set"], in_force);
    assert_eq!(rules["stale"]["errors"], 1);
    assert!(rules["stale"]["first"].as_str().expect("a text").contains("no_such_reply"), "{rules}");
    assert_eq!(edited.shop.command(&["check"]).code, 1, "`check` says what is wrong");
    edited.write("rules/pre_sale/free_shipping.yaml", &good);
    edited.until_said("the files are mended", 1);
    assert!(edited.rules()["stale"].is_null());
    assert!(!edited.page("/readyz").expect("it answers").contains("stale"));
    assert!(edited.answer().contains("shipping"));
}

#[test]
fn settings_are_in_force_at_once_and_accounts_after_a_restart() {
    let mut edited = Edited::start();
    let config = edited.text("config.yaml");
    edited.write("config.yaml", &config.replace("Blue Lantern\n", "Green Lantern\n"));
    edited.until_said(IN_FORCE, 1);
    assert!(edited.answer().contains("Green Lantern"), "{}", edited.shop.log());
    edited.until_said("restart to apply", 1);
    assert_eq!(edited.rules()["restart_to_apply"], serde_json::json!(["`accounts`"]), "mail is signed at the start");
    // Said once: the next edit does not repeat it.
    edited.write(REPLY, "Yes, edited after the settings.\n");
    edited.until_said(IN_FORCE, 2);
    assert!(edited.answer().contains("edited after the settings"));
    assert_eq!(edited.shop.present_log().matches("restart to apply").count(), 1, "{}", edited.shop.log());
    assert!(edited.page("/readyz").expect("it answers").contains("restart to apply `accounts`"));
    edited.write("config.yaml", &config);
    edited.until_said(IN_FORCE, 3);
    assert_eq!(edited.rules()["restart_to_apply"], serde_json::json!([]));
}

#[test]
fn a_folder_of_rules_that_is_empty_for_a_moment_loses_no_rule() {
    let mut edited = Edited::start();
    let (rules, aside) = (edited.shop.path("rules"), edited.shop.path("rules.aside"));
    fs::rename(&rules, &aside).expect("a folder can be moved");
    fs::create_dir(&rules).expect("the folder is writable");
    edited.until_said(REFUSED, 1);
    assert!(edited.answer().contains("shipping"), "the old rules still answer");
    fs::remove_dir(&rules).expect("it is empty");
    fs::rename(&aside, &rules).expect("a folder can be moved");
    edited.until_said("the files are mended", 1);
    // The folder that came back is watched like the first one.
    edited.write("replies/free_shipping/en.txt", "Yes, after all the moving.\n");
    edited.until_said(IN_FORCE, 2);
    assert!(edited.answer().contains("after all the moving"));
}

#[test]
fn a_hangup_signal_reads_the_files_whether_they_changed_or_not() {
    let edited = Edited::start();
    let before = edited.rules();
    edited.shop.signal("-HUP");
    edited.until_said(IN_FORCE, 1);
    assert_eq!(edited.rules()["rule_set"], before["rule_set"]);
    assert_ne!(edited.rules()["in_force_since"], before["in_force_since"]);
}
