//! A message may have left and nobody knows: what proves that it did, and what happens if nothing does.

use std::{fs, thread, time::Duration};

use tokio::runtime::Runtime;

use crate::support::{
    letter::{Letter, header},
    post::{Post, SHOP, plain_account},
    shop::{Shop, until_in},
    smtp_relay::Relayed,
    smtp_sink::{Act, Plan, Script, SmtpSink},
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// The relay delivers to this buyer and hangs up before it says so.
const ANNA: &str = "dropafteranna@example.org";

/// Longer than any test looks for a message.
const LOOKED_FOR_LONG: &str = "delivery:\n  retry_after: 1s\n  longest_pause: 1s\n  verify_for: 10m";

fn doubted() -> (Post, Shop, Relayed) {
    let post = Post::start();
    let mut shop = Shop::open(&post.account(), LOOKED_FOR_LONG);
    shop.start();
    post.deliver(ANNA, &Letter::new(ANNA, "Customs", QUESTION).raw());
    until_is(&shop, "uncertain");
    assert!(shop.tickets().is_empty(), "it is looked for first");
    let mail = post.sent_to(ANNA).remove(0);
    (post, shop, mail)
}

fn until_is(shop: &Shop, state: &str) {
    until_in(&format!("the answer to be {state}"), || {
        let activity = shop.activity();
        activity.first()?.messages.first().filter(|message| message.state == state).map(drop)
    });
}

fn is_settled_for_good(post: &Post, shop: &mut Shop, mail: &Relayed) {
    shop.kill();
    shop.start();
    until_is(shop, "verified_sent");
    let id = header(mail, "Message-ID");
    let copies = post.sent_to(ANNA).iter().filter(|sent| header(sent, "Message-ID") == id).count();
    assert_eq!(copies, 1, "never sent again");
}

#[test]
fn message_in_doubt_that_lies_among_the_sent_mail_needs_nobody() {
    let (post, mut shop, mail) = doubted();
    let copy = post.dovecot.folder().join("sent.eml");
    fs::write(&copy, &mail.data).expect("the folder is writable");
    post.dovecot.run_as().own(&copy).expect("root may give files away");
    post.dovecot.doveadm(&["save", "-u", SHOP, "-m", "Sent", &copy.display().to_string()]);
    until_is(&shop, "verified_sent");
    assert!(shop.tickets().is_empty());
    assert!(shop.log().contains("a message in doubt was sent: it "), "{}", shop.log());
    is_settled_for_good(&post, &mut shop, &mail);
}

#[test]
fn answer_to_a_message_in_doubt_proves_that_it_arrived() {
    let (post, mut shop, mail) = doubted();
    let answer = Letter::answering(ANNA, &mail, "Thank you, that is all I wanted to know.");
    post.deliver(ANNA, &answer.raw());
    until_is(&shop, "verified_sent");
    is_settled_for_good(&post, &mut shop, &mail);
}

#[test]
fn report_about_a_message_in_doubt_proves_that_it_left() {
    for (action, tickets) in [("failed", 1), ("delayed", 0), ("relayed", 0)] {
        let (post, mut shop, mail) = doubted();
        let id = header(&mail, "Message-ID").expect("our mails carry an id");
        // To the plain address, and in no thread: only the returned header names the message.
        post.dovecot.deliver(SHOP, "", report(action, &id).as_bytes());
        until_is(&shop, "verified_sent");
        until_in("the report to be decided", || (shop.activity().get(1)?.outcome.is_some()).then_some(()));
        until_in("its tickets", || (shop.tickets().len() == tickets).then_some(()));
        is_settled_for_good(&post, &mut shop, &mail);
        assert_eq!(shop.tickets().len(), tickets, "{action}");
    }
}

#[test]
fn answer_that_came_back_is_noted_although_the_process_dies_when_the_report_is_decided() {
    let post = Post::start();
    let mut shop = Shop::open(&post.account(), LOOKED_FOR_LONG);
    shop.start();
    let buyer = "ben@example.org";
    post.deliver(buyer, &Letter::new(buyer, "Customs", QUESTION).raw());
    until_is(&shop, "sent");
    let id = header(&post.sent_to(buyer).remove(0), "Message-ID").expect("our mails carry an id");
    shop.kill();
    shop.launch_with(Some("intake.commit.after:1:kill"));
    post.dovecot.deliver(SHOP, "", report("failed", &id).as_bytes());
    until_in("the report to be decided", || (shop.activity().get(1)?.outcome.is_some()).then_some(()));
    shop.kill();
    shop.start();
    until_in("its ticket", || (shop.tickets().len() == 1).then_some(()));
}

#[test]
fn report_with_a_forged_id_proves_nothing() {
    let (post, shop, mail) = doubted();
    let id = header(&mail, "Message-ID").expect("our mails carry an id");
    let forged = id.replace(".i1-", ".i01-");
    assert_ne!(forged, id);
    post.dovecot.deliver(SHOP, "", report("relayed", &forged).as_bytes());
    until_in("the report to be decided", || (shop.activity().get(1)?.outcome.is_some()).then_some(()));
    until_is(&shop, "uncertain");
}

fn report(action: &str, id: &str) -> String {
    let status = if action == "failed" { "5.1.1" } else { "2.0.0" };
    format!(
        "From: MAILER-DAEMON@mx.example.org\nTo: {SHOP}\nSubject: Delivery Status Notification\n\
         Message-ID: <report.{action}@mx.example.org>\nMIME-Version: 1.0\nAuto-Submitted: auto-replied\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nThe state of your message.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n\
         Final-Recipient: rfc822; {ANNA}\nAction: {action}\nStatus: {status}\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nFrom: {SHOP}\nTo: {ANNA}\nMessage-ID: {id}\n\n--b--\n"
    )
}

#[test]
fn every_attempt_sends_the_same_bytes_over_refusals_kills_and_restarts() {
    let runtime = Runtime::new().expect("a runtime starts");
    let refused = Script { dot: Act::Say("451 4.3.0 try again"), ..Script::default() };
    let scripts = vec![refused.clone(), refused, Script::default()];
    let sink = runtime.block_on(SmtpSink::start(Plan { scripts, ..Plan::default() }));
    let post = Post::start();
    let mut shop = Shop::open(&plain_account(&post.dovecot, sink.port), LOOKED_FOR_LONG);
    shop.start();
    post.deliver("anna@example.org", &Letter::new("anna@example.org", "Customs", QUESTION).raw());
    until_in("the first attempt", || (!sink.taken().is_empty()).then_some(()));
    until_in("its refusal to be written", || (shop.activity()[0].messages[0].state != "sending").then_some(()));
    shop.kill();
    // The second that a Date would move by.
    thread::sleep(Duration::from_millis(1_100));
    shop.start();
    until_is(&shop, "sent");
    let taken = sink.taken();
    assert_eq!(taken.len(), 3);
    assert!(
        taken.iter().all(|attempt| *attempt == taken[0]),
        "envelope, date, id and all bytes are those of the first"
    );
    let text = String::from_utf8_lossy(&taken[0].bytes).into_owned();
    for field in ["Message-ID:", "Date:"] {
        assert_eq!(text.matches(field).count(), 1, "{text}");
    }
}
