//! The program is killed, and fails inside, while it asks buyers how content they are, while it keeps their answers, and
//! while somebody uses a link.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
};

use jiff::Timestamp;

use super::desk::{complain, number, open, until};
use crate::support::{
    ports,
    shop::{Shop, until_in},
};

/// A day and a half, in milliseconds.
const LONG_AGO: i64 = 36 * 3_600_000;

/// Opens a shop that asks everybody, and has a console at that port.
fn asking(port: u16) -> Shop {
    open(&format!(
        "console: {{listen: \"127.0.0.1:{port}\", public_url: https://desk.example.com, satisfaction: everybody}}\n"
    ))
}

/// Returns a country where it is day now: nobody is asked at night.
fn where_it_is_day() -> &'static str {
    match Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour() {
        0 | 20..=23 => "NZ",
        1..=9 => "JP",
        10..=17 => "GB",
        _ => "PE",
    }
}

/// Lets a buyer's case be answered by a person and closed, a day and a half ago. Nothing runs afterwards.
fn closed(shop: &mut Shop) {
    shop.launch();
    shop.until_logged("nightdesk is serving");
    complain(shop, 1);
    until(shop, "a ticket", "SELECT COUNT(*) FROM ticket", 1);
    until(shop, "its acknowledgement", "SELECT COUNT(*) FROM outbox WHERE state = 'sent'", 1);
    shop.kill();
    shop.succeed(&["ticket", "buyer", "1", "--country", where_it_is_day()]);
    shop.succeed(&["ticket", "reply", "1", "Another one is on its way."]);
    shop.change("UPDATE outbox SET state = 'sent', settled_at = created_at, proof = '250 ok' WHERE human = 1");
    let account = ["--result", "replaced", "--cause", "product_fault", "--compensation", "none"];
    shop.succeed(&[&["ticket", "close", "1"], &account[..]].concat());
    shop.change(&format!(
        "UPDATE ticket SET closed_at = closed_at - {LONG_AGO};
         UPDATE inbound SET received_at = received_at - 2 * {LONG_AGO}"
    ));
}

/// Sends a form as a browser does; returns the first line of the answer, none if the program ended instead.
fn post(port: u16, path: &str, form: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the console listens");
    let length = form.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: http://127.0.0.1:{port}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{form}"
    )
    .expect("it is sent");
    let mut answer = String::new();
    // A connection that is cut is an answer, too.
    let _cut = stream.read_to_string(&mut answer);
    answer.lines().next().map(str::to_owned)
}

/// Starts the program and waits until its console is open.
fn launch(shop: &mut Shop, failpoint: Option<&str>) {
    shop.launch_with(failpoint);
    shop.until_logged("the console is open");
}

/// Returns the secret of the link that the question brought to the buyer.
fn token(shop: &Shop) -> String {
    until_in("the question", || {
        let folder = fs::read_dir(shop.path("outbox/new")).ok()?;
        let mails = folder.flatten().filter_map(|file| fs::read_to_string(file.path()).ok());
        // A soft line break may stand anywhere in it.
        let mut texts = mails.map(|mail| mail.replace("=\r\n", "").replace("=\n", ""));
        let text = texts.find(|text| text.contains("desk.example.com/s/"))?;
        let behind = text.split("desk.example.com/s/").nth(1)?;
        Some(behind.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect())
    })
}

const ASKED: &str = "SELECT COUNT(*) FROM satisfaction s JOIN outbox o ON o.key LIKE 's1%'";

#[test]
fn buyer_is_asked_once_and_an_answer_is_kept_once_however_often_the_program_is_killed() {
    let [port] = ports::free();
    let mut shop = asking(port);
    closed(&mut shop);
    for (place, asked) in [
        ("satisfaction.case.before", 0),
        ("satisfaction.write.before", 0),
        ("store.satisfaction.before", 0),
        ("store.satisfaction.after", 1),
    ] {
        shop.launch_with(Some(&format!("{place}:1:kill")));
        shop.wait_for_end();
        assert_eq!(number(&shop, ASKED), Some(asked), "{place}");
    }
    launch(&mut shop, None);
    let path = format!("/s/{}", token(&shop));
    shop.kill();
    assert_eq!(number(&shop, ASKED), Some(1), "asked once");

    let kept = "SELECT COUNT(*) FROM satisfaction s JOIN ticket_event e ON e.what = 'rated' WHERE s.score = 1";
    for (place, answers) in [("store.rating.before", 0), ("store.rating.after", 1)] {
        launch(&mut shop, Some(&format!("{place}:1:kill")));
        assert_eq!(post(port, &path, "score=1"), None, "{place}");
        shop.wait_for_end();
        assert_eq!(number(&shop, kept), Some(answers), "{place}");
    }
    launch(&mut shop, None);
    let answer = post(port, &path, "score=1").expect("an answer");
    assert!(answer.contains("303"), "{answer}");
    shop.kill();
    assert_eq!(number(&shop, kept), Some(1), "kept once");
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM ticket WHERE state = 'open'"), Some(1), "and a person looks at it");
}

#[test]
fn panic_while_a_question_is_written_ends_the_question_and_not_the_service() {
    let [port] = ports::free();
    let mut shop = asking(port);
    closed(&mut shop);
    shop.launch_with(Some("satisfaction.write.before:each:panic"));
    let passed = "SELECT COUNT(*) FROM satisfaction_passed WHERE why = 'writing the question failed inside'";
    until(&mut shop, "the case to be passed over", passed, 1);
    complain(&shop, 2);
    until(&mut shop, "another ticket", "SELECT COUNT(*) FROM ticket", 2);
    assert!(shop.is_running());
    assert_eq!(number(&shop, ASKED), Some(0));
}

#[test]
fn question_that_ends_the_program_each_time_is_passed_over_after_five_tries() {
    let [port] = ports::free();
    let mut shop = asking(port);
    closed(&mut shop);
    for _ in 0..5 {
        shop.launch_with(Some("satisfaction.write.before:each:kill"));
        shop.wait_for_end();
    }
    shop.launch_with(Some("satisfaction.write.before:each:kill"));
    let passed = "SELECT COUNT(*) FROM satisfaction_passed WHERE why LIKE 'the program ended several times%'";
    until(&mut shop, "the case to be passed over", passed, 1);
    complain(&shop, 2);
    until(&mut shop, "another ticket", "SELECT COUNT(*) FROM ticket", 2);
    assert!(shop.is_running());
    assert_eq!(number(&shop, ASKED), Some(0));
}

#[test]
fn link_that_is_used_while_the_program_is_killed_opens_once() {
    let [port] = ports::free();
    let mut shop = open(&format!("console: {{listen: \"127.0.0.1:{port}\"}}\n"));
    let link = shop.succeed(&["user", "add", "mei"]);
    let path = link.trim().split_once(&port.to_string()).expect("a link").1.to_owned();
    let form = "password=seven-otters-drink-tea&again=seven-otters-drink-tea";
    let used = "SELECT COUNT(*) FROM agent a JOIN audit u ON u.what = 'invitation_accepted'
                WHERE a.password IS NOT NULL AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.agent = a.name)";
    let left = "SELECT COUNT(*) FROM agent a JOIN invitation i ON i.agent = a.name WHERE a.password IS NULL";
    for (place, whole) in [("store.invitation.before", 0), ("store.invitation.after", 1)] {
        launch(&mut shop, Some(&format!("{place}:1:kill")));
        assert_eq!(post(port, &path, form), None, "{place}");
        shop.wait_for_end();
        assert_eq!((number(&shop, used), number(&shop, left)), (Some(whole), Some(1 - whole)), "{place}");
    }
    launch(&mut shop, None);
    let answer = post(port, &path, form).expect("an answer");
    assert!(answer.contains("404"), "it is used: {answer}");
}
