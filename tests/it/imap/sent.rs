//! A person answers buyers with a mail program while the service runs, or while it is away: real Dovecot, real program.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
};

use nightdesk::model::ticket::TicketState;

use crate::support::{
    dovecot::{Dovecot, PASSWORD},
    letter::{Letter, header},
    post::{Post, RETRY_SOON, SHOP, account},
    shop::{Shop, until_in},
    smtp_relay::SmtpRelay,
};

const UNKNOWN: &str = "Could you engrave the name of my grandmother on the lid?";
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";
const BUYER: &str = "anna@example.org";

/// Puts a mail into the Sent folder as a mail program does, by APPEND.
fn append(dovecot: &Dovecot, raw: &str) {
    let raw = raw.replace("\r\n", "\n").replace('\n', "\r\n");
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, dovecot.ports().imap)).expect("IMAP answers");
    let mut reader = BufReader::new(stream);
    let mut say = |text: &str, until: &str| {
        reader.get_mut().write_all(text.as_bytes()).expect("IMAP listens");
        loop {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).expect("IMAP answers") > 0, "IMAP closed instead of {until:?}");
            if line.starts_with(until) {
                return;
            }
        }
    };
    say("", "* OK");
    say(&format!("a LOGIN {SHOP} {PASSWORD}\r\n"), "a OK");
    say(&format!("b APPEND Sent (\\Seen) {{{}}}\r\n", raw.len()), "+");
    say(&format!("{raw}\r\n"), "b OK");
    say("c LOGOUT\r\n", "c OK");
}

/// A mail of the shop's owner to somebody, written by hand.
fn by_hand(to: &str, subject: &str, answers: Option<&str>, text: &str) -> String {
    let raw = Letter::new(SHOP, subject, text);
    let answers = answers.map(|id| format!("In-Reply-To: {id}\nReferences: {id}\n")).unwrap_or_default();
    raw.raw().replace(&format!("To: Blue Lantern <{SHOP}>\n"), &format!("To: {to}\n{answers}"))
}

fn ask(post: &Post, letter: &Letter) {
    post.deliver(&letter.from, &letter.raw());
}

/// Waits until the mail in the Sent folder was looked at; nothing else ends in silence here.
fn until_recorded(shop: &Shop, count: u64) {
    until_in("the mail of the Sent folder", || (shop.silent() == count).then_some(()));
}

#[test]
fn a_mail_that_a_person_answered_while_we_were_away_is_not_answered_again() {
    let post = Post::start();
    let mut shop = post.shop();
    shop.until_logged("Watching a folder beside it.");
    assert!(shop.terminate().success());
    let question = Letter::new(BUYER, "Customs", QUESTION);
    ask(&post, &question);
    append(&post.dovecot, &by_hand(BUYER, "Re: Customs", Some(&question.id), "No, we pay them."));
    ask(&post, &Letter::new("tom@example.net", "Customs", QUESTION));
    shop.start();
    post.until_relayed(1);
    shop.until_settled(2);
    assert_eq!(post.relay.mails().len(), 1);
    assert_eq!(post.sent_to("tom@example.net").len(), 1, "only the one that nobody answered");
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1);
    assert_eq!((tickets[0].state, tickets[0].subject.as_str()), (TicketState::Waiting, "Customs"));
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("No, we pay them."), "the person's words are in the history: {shown}");
}

#[test]
fn a_person_who_answers_after_the_ack_ends_the_conversation_for_the_machine() {
    let post = Post::start();
    let shop = post.shop();
    let question = Letter::new(BUYER, "Engraving", UNKNOWN);
    ask(&post, &question);
    let ack = post.until_relayed(1).remove(0);
    assert_eq!(shop.tickets()[0].state, TicketState::Open);
    let answer = by_hand(BUYER, "Re: Engraving", Some(&question.id), "Yes, up to twelve letters.");
    append(&post.dovecot, &answer);
    until_recorded(&shop, 1);
    assert_eq!(shop.tickets()[0].state, TicketState::Waiting);
    // In the same conversation the machine would know an answer now, and keeps it.
    ask(&post, &Letter::answering(BUYER, &ack, QUESTION));
    shop.until_settled(2);
    assert_eq!(post.relay.mails().len(), 1, "the ack alone");
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets[0].state, TicketState::Open, "a person is asked");
    // Another buyer's question is answered as ever.
    ask(&post, &Letter::new("tom@example.net", "Customs", QUESTION));
    post.until_relayed(2);
    assert_eq!(post.sent_to("tom@example.net").len(), 1);
}

#[test]
fn an_answer_that_waits_is_cancelled_when_a_person_was_faster() {
    let dovecot = Dovecot::start();
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, dovecot.ports().relay)).expect("the port is free");
    let mut shop = Shop::open(&account(&dovecot, "support", dovecot.ports().relay), RETRY_SOON);
    shop.start();
    let first = Letter::new(BUYER, "Customs", QUESTION);
    let second = Letter::new("tom@example.net", "Customs", QUESTION);
    for letter in [&first, &second] {
        dovecot.deliver(SHOP, &letter.from, letter.raw().as_bytes());
    }
    // The first answer hangs on its way, the second waits behind it.
    until_in("an answer on its way and one that waits", || {
        let activity = shop.activity();
        let states = activity.iter().flat_map(|activity| &activity.messages).map(|message| message.state.as_str());
        (states.collect::<Vec<_>>() == ["sending", "ready"]).then_some(())
    });
    for letter in [&first, &second] {
        append(&dovecot, &by_hand(&letter.from, "Re: Customs", Some(&letter.id), "No, we pay them."));
    }
    until_recorded(&shop, 2);
    drop(silent);
    let relay = SmtpRelay::start(&dovecot);
    until_in("the end of both answers", || {
        let activity = shop.activity();
        let mut messages = activity.iter().flat_map(|activity| &activity.messages);
        messages.all(|message| message.state == "cancelled").then_some(())
    });
    let activity = shop.activity();
    let outcomes: Vec<_> = activity.iter().filter_map(|activity| activity.outcome.as_deref()).collect();
    assert_eq!(outcomes, ["escalated", "escalated"]);
    let tickets = shop.tickets();
    assert_eq!(tickets.iter().map(|ticket| ticket.state).collect::<Vec<_>>(), [TicketState::Waiting; 2]);
    assert!(relay.mails().is_empty(), "nothing of ours left");
}

#[test]
fn our_own_mail_and_mail_to_others_in_the_sent_folder_change_nothing() {
    let post = Post::start();
    let shop = post.shop();
    let question = Letter::new(BUYER, "Customs", QUESTION);
    ask(&post, &question);
    let answer = post.until_relayed(1).remove(0);
    // Many providers keep a copy of what was sent through them.
    append(&post.dovecot, &answer.data);
    append(&post.dovecot, &by_hand("supplier@example.net", "Lids", None, "Please send two hundred."));
    let robot = by_hand(BUYER, "Your parcel", Some(&question.id), "It has left the house.");
    append(&post.dovecot, &robot.replacen("Subject:", "Auto-Submitted: auto-generated\nSubject:", 1));
    until_recorded(&shop, 3);
    // The machine still speaks in this conversation.
    ask(&post, &Letter::answering(BUYER, &answer, UNKNOWN));
    shop.until_settled(2);
    assert!(shop.tickets().iter().all(|ticket| ticket.state == TicketState::Open), "{:#?}", shop.tickets());
    assert!(header(&answer, "Message-ID").is_some_and(|id| id.starts_with("<ar.")), "it is one of ours");
    assert_eq!(post.sent_to(BUYER).len(), 2, "the answer, then an ack");
}

#[test]
fn mail_passed_on_to_a_colleague_stops_nothing() {
    let post = Post::start();
    let shop = post.shop();
    let question = Letter::new(BUYER, "Engraving", UNKNOWN);
    ask(&post, &question);
    post.until_relayed(1);
    let text = format!(
        "Can we do that?\n\n---------- Forwarded message ---------\nFrom: Anna Berg <{BUYER}>\nDate: Sat, Nov 21, 2026 at \
         10:00 AM\nSubject: Engraving\nTo: <{SHOP}>\n\n{UNKNOWN}"
    );
    append(&post.dovecot, &by_hand("workshop@example.com", "Fwd: Engraving", Some(&question.id), &text));
    until_recorded(&shop, 1);
    assert_eq!(shop.tickets()[0].state, TicketState::Open, "the buyer still waits");
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("passed on to workshop@example.com"), "{shown}");
}

#[test]
fn with_the_sent_folder_switched_off_nobody_looks_into_it() {
    let post = Post::start();
    let mut shop = Shop::open(&post.account().replace("imap: {", "imap: {sent: off, "), RETRY_SOON);
    shop.start();
    append(&post.dovecot, &by_hand(BUYER, "Hello", None, "Hello."));
    ask(&post, &Letter::new(BUYER, "Customs", QUESTION));
    post.until_relayed(1);
    assert_eq!(shop.activity().len(), 1);
}
