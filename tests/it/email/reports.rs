//! Delivery reports: what failed, and that nothing else is taken for one.

use std::{fs, path::Path};

use nightdesk::channel::email::report::{DeliveryStatus, failure};

fn read(name: &str) -> Option<DeliveryStatus> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/email/messages").join(name);
    failure(&fs::read(path).expect("the fixture is there"))
}

#[test]
fn a_bounce_says_its_status() {
    let report = read("bounce-from-postfix.eml").expect("it is a delivery report");
    assert_eq!(report, DeliveryStatus { status: "5.1.1".to_owned(), diagnostic: None });
}

#[test]
fn a_mail_without_a_report_part_is_no_report() {
    let mail = b"From: a@example.org\r\nSubject: Status: 5.1.1\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    assert_eq!(failure(mail), None);
}

#[test]
fn a_report_of_success_is_no_failure() {
    let mail = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
        Final-Recipient: rfc822; a@example.org\r\nAction: relayed\r\nStatus: 2.1.9\r\n";
    assert_eq!(failure(mail), None);
}

#[test]
fn folded_words_of_the_server_are_joined() {
    let mail = b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.2.1 (disabled)\r\n\
        Diagnostic-Code: smtp; 550 5.2.1\r\n  mailbox disabled\r\n";
    let report = failure(mail).expect("it is a delivery report");
    assert_eq!(report.status, "5.2.1");
    assert_eq!(report.diagnostic.as_deref(), Some("smtp; 550 5.2.1 mailbox disabled"));
}

#[test]
fn a_type_without_a_blank_or_behind_a_fold_is_read_too() {
    for head in ["Content-Type:message/delivery-status", "content-type:\r\n\tMessage/Delivery-Status; charset=us-ascii"]
    {
        let mail = format!("{head}\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n");
        assert_eq!(failure(mail.as_bytes()).map(|report| report.status).as_deref(), Some("5.1.1"), "{head}");
    }
}

#[test]
fn words_of_a_stranger_are_short_and_move_no_terminal() {
    let (long, escape) = ("5".repeat(1_000_000), "550 \u{1b}[2Jno \u{202e}such user");
    let mail = format!(
        "Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: {long}\r\n\
         Diagnostic-Code: smtp; {escape} {long}\r\n"
    );
    let report = failure(mail.as_bytes()).expect("it is a delivery report");
    let diagnostic = report.diagnostic.expect("the server's words");
    assert_eq!(report.status, "555555555");
    assert!(
        diagnostic.starts_with("smtp; 550 [2Jno such user 555") && diagnostic.chars().count() == 300,
        "{diagnostic}"
    );
}
