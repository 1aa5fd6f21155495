//! A person answers from a phone that sends through another server: all that the shop sees is the copy to its own address.

use nightdesk::model::ticket::TicketState;

use crate::support::{
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP},
    shop::Shop,
};

const UNKNOWN: &str = "Could you engrave the name of my grandmother on the lid?";
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";
const BUYER: &str = "anna@example.org";

/// What our own server writes of a mail whose author it knows.
const PROVEN: &str = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.com";

/// A shop that trusts its own server.
fn open(post: &Post) -> Shop {
    let trusting = format!("trusted_authserv_ids: [mx.example.com]\n{RETRY_SOON}");
    let mut shop = Shop::open(&post.account(), &trusting);
    shop.start();
    shop
}

/// Brings the copy of an answer to a buyer's mail into the shop's mailbox.
fn copy(post: &Post, to: &str, answers: &Letter, line: Option<&str>, text: &str) {
    let mut letter = Letter::new(SHOP, "Re: Engraving", text);
    letter.more = vec![format!("In-Reply-To: {0}\nReferences: {0}\nBcc: {SHOP}", answers.id)];
    let raw = letter.raw().replace(&format!("To: Blue Lantern <{SHOP}>\n"), &format!("To: {to}\n"));
    let first = line.map(|line| format!("{line}\n")).unwrap_or_default();
    post.deliver(SHOP, &format!("{first}{raw}"));
}

/// A buyer asks for something that only a person can say, and gets the acknowledgement.
fn asked(post: &Post) -> Letter {
    let question = Letter::new(BUYER, "Engraving", UNKNOWN);
    post.deliver(&question.from, &question.raw());
    question
}

#[test]
fn answer_from_a_phone_silences_the_machine_and_stops_the_clock() {
    let post = Post::start();
    let shop = open(&post);
    let question = asked(&post);
    let ack = post.until_relayed(1).remove(0);
    copy(&post, BUYER, &question, Some(PROVEN), "Yes, up to twelve letters.");
    let settled = shop.until_settled(1);
    assert_eq!(settled.len(), 1, "the copy is no message of a buyer: {settled:#?}");
    shop.until_logged("a person answered in the mailbox");
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert_eq!((tickets[0].state, tickets[0].respond_by), (TicketState::Waiting, None));
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("Yes, up to twelve letters."), "{shown}");
    let next = Letter::answering(BUYER, &ack, QUESTION);
    post.deliver(&next.from, &next.raw());
    shop.until_settled(2);
    assert_eq!(post.sent_to(BUYER).len(), 1, "the acknowledgement alone");
}

#[test]
fn copy_that_nothing_proves_silences_the_machine_and_lets_the_clock_run() {
    let post = Post::start();
    let shop = open(&post);
    let question = asked(&post);
    let ack = post.until_relayed(1).remove(0);
    copy(&post, BUYER, &question, None, "Yes, up to twelve letters.");
    shop.until_logged("a person answered in the mailbox");
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert_eq!(tickets[0].state, TicketState::Open);
    assert!(tickets[0].respond_by.is_some(), "the buyer may wait in truth");
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("nothing proves who sent it"), "{shown}");
    let next = Letter::answering(BUYER, &ack, QUESTION);
    post.deliver(&next.from, &next.raw());
    shop.until_settled(2);
    assert_eq!(post.sent_to(BUYER).len(), 1, "the acknowledgement alone");
}

#[test]
fn unproven_copy_about_no_conversation_of_its_recipient_is_for_a_person() {
    let post = Post::start();
    let shop = open(&post);
    let question = asked(&post);
    post.until_relayed(1);
    copy(&post, "tom@example.net", &question, None, "Yes, up to twelve letters.");
    shop.until_settled(2);
    let tickets = shop.tickets();
    assert!(tickets.iter().all(|ticket| ticket.state == TicketState::Open), "{tickets:#?}");
    let why: Vec<&String> = tickets.iter().flat_map(|ticket| &ticket.reasons).collect();
    assert!(why.iter().any(|reason| reason.contains("our own address")), "{why:?}");
}
