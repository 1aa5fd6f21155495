//! Mail that no machine may answer, and mail that arrives twice.

use std::{fs, path::Path};

use crate::support::{
    letter::{Letter, header, now},
    post::{Post, SHOP},
};

#[test]
fn machine_mail_is_recorded_with_its_guard_and_never_answered() {
    let post = Post::start();
    let shop = post.shop();
    let cases = [
        ("out-of-office.eml", "klara@example.org", "B3"),
        ("bounce.eml", "", "B1"),
        ("newsletter.eml", "bounces-17@lists.example.net", "B5"),
        ("no-reply.eml", "no-reply@carrier.example", "B9"),
    ];
    for (file, from, _) in cases {
        post.deliver(from, &fixture(file));
    }
    let settled = shop.until_settled(cases.len());
    for (activity, (file, ..)) in settled.iter().zip(cases) {
        assert_eq!(activity.outcome.as_deref(), Some("suppressed"), "{file}: {activity:#?}");
        assert!(activity.messages.is_empty(), "{file}: {activity:#?}");
    }
    let log = shop.present_log();
    let decided: Vec<&str> = log.lines().filter(|line| line.contains("message decided")).collect();
    for (line, (file, _, guard)) in decided.iter().zip(cases) {
        assert!(line.contains(&format!("guard={guard:?}")), "{file}: {line}");
    }
    assert!(shop.tickets().is_empty());
    assert!(post.relay.mails().is_empty());
}

#[test]
fn bounce_of_our_own_answer_becomes_a_ticket_and_no_mail() {
    let post = Post::start();
    let shop = post.shop();
    let question = Letter::new("anna@example.org", "Customs", "Will I have to pay customs if you ship to Germany?");
    post.deliver(&question.from, &question.raw());
    let answer = &post.until_relayed(1)[0];
    shop.until_settled(1);
    let own = header(answer, "Message-ID").expect("our mails carry an id");
    let bounce = fixture("bounce.eml").replace("<lost@shop.example>", &own);
    post.dovecot.deliver(&answer.from, "", bounce.as_bytes());
    let settled = shop.until_settled(2);
    assert_eq!(settled[1].outcome.as_deref(), Some("suppressed"), "{settled:#?}");
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert_eq!(tickets[0].thread.0, 1, "on the thread of the question");
    assert_eq!(post.relay.mails().len(), 1);
}

#[test]
fn mail_delivered_twice_is_answered_once() {
    let post = Post::start();
    let shop = post.shop();
    let question = Letter::new("anna@example.org", "Customs", "Will I have to pay customs if you ship to Germany?");
    let raw = question.raw();
    post.deliver(&question.from, &raw);
    post.deliver(&question.from, &raw);
    let settled = shop.until_settled(2);
    assert_eq!(post.dovecot.mails(SHOP, "INBOX").len(), 2, "the server kept both");
    assert_eq!(settled[0].outcome.as_deref(), Some("answered"), "{settled:#?}");
    assert_eq!(settled[1].outcome.as_deref(), Some("suppressed"), "{settled:#?}");
    assert_eq!(post.relay.mails().len(), 1);
    assert!(shop.tickets().is_empty());
}

#[test]
fn question_in_the_junk_folder_is_recorded_and_never_answered() {
    let post = Post::start();
    let shop = post.shop();
    shop.until_logged("folder=\"Junk\"");
    let question = Letter::new("anna@example.org", "Customs", "Will I have to pay customs if you ship to Germany?");
    let file = post.dovecot.folder().join("junk.eml");
    fs::write(&file, question.raw()).expect("the folder is writable");
    let file = file.to_str().expect("the temporary folder has a plain name");
    post.dovecot.doveadm(&["save", "-u", SHOP, "-m", "Junk", file]);
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].outcome.as_deref(), Some("suppressed"), "{settled:#?}");
    assert!(post.relay.mails().is_empty());
}

/// Reads a mail of `tests/data/pipeline/`, dated now.
fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pipeline").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("@NOW@", &now())
}
