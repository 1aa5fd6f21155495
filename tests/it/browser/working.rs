//! A day at the desk: mail comes in by itself, is answered by keyboard and by thumb, and two people want the same ticket.

use std::{sync::Barrier, thread};

use serde_json::json;

use super::{
    desk::{Desk, PASSWORD},
    looks::PHONE,
    page::{CONTROL, ENTER, ESCAPE, Page},
};
use crate::support::letter::{Letter, header, subject, text_of};

const REPLY: &str = "Yes, up to twelve letters, for 3 EUR.";

/// The row of a ticket in the queue.
fn row(ticket: u32) -> String {
    format!("[data-row=\"{ticket}\"]")
}

#[test]
fn buyers_mail_appears_by_itself_is_answered_by_keyboard_and_leaves_in_its_thread() {
    let Some(desk) = Desk::open("") else { return };
    let mei = desk.person("mei", "agent", "en");
    mei.until_shows("Nothing waits here");
    // Only an event of the service can show what comes now: this page is never loaded again.
    mei.script("window.neverLoadedAgain = true");
    let engraving =
        Letter::new("anna@example.org", "Engraving", "Could you engrave the name of my grandmother on the lid?");
    desk.write(&engraving);
    mei.until_count(&row(1), 1);
    mei.until_shows("Engraving");
    assert_eq!(mei.script("return window.neverLoadedAgain"), true, "the page was loaded again");
    let ack = desk.post.until_relayed(1).remove(0);
    assert_eq!(header(&ack, "In-Reply-To").as_deref(), Some(engraving.id.as_str()), "the machine acknowledged it");
    let monogram = Letter::new(
        "tom@example.net",
        "Monogram",
        "Please let the monogram face the window, as we agreed by telephone.",
    );
    desk.write(&monogram);
    mei.until_count("[data-row]", 2);

    help_is_one_key_away(&mei);
    // The topmost ticket is the one that waits longest.
    mei.press("j");
    mei.until_count(&format!("{}.here", row(1)), 1);
    mei.press("jk");
    mei.until_count(&format!("{}.here", row(1)), 1);
    mei.press("c");
    mei.until_at("/tickets/1");
    mei.until_count("button[value=claim]", 0);
    assert!(mei.text_of(".ticket-head").contains("you"), "it is claimed: {}", mei.text());
    mei.press("r");
    mei.until("the focus in the reply", || (mei.focused() == "reply-text").then_some(()));
    mei.press(REPLY);
    mei.chord(&[CONTROL, ENTER]);
    mei.until_count("button[value=undo]", 1);
    reply_arrives(&desk, &engraving);
    mei.until_shows("waiting for the buyer");
    mei.go("/tickets/1");
    assert_eq!(mei.count("button[value=claim]"), 0, "what is answered is hers still");
    mei.go("/queue?view=unclaimed");
    mei.until_count("[data-row]", 1);
    assert_eq!(mei.count(&row(1)), 0, "what is answered does not wait");
}

fn help_is_one_key_away(page: &Page) {
    page.press("?");
    page.until_shows("Ctrl");
    assert!(page.path().starts_with("/help"), "{}", page.path());
    page.press("gq");
    page.until_at("/queue");
    page.until_count("[data-row]", 2);
    page.press("/");
    page.until("the focus in the search", || (page.focused() == "q").then_some(()));
    page.press(&format!("j{ESCAPE}"));
    assert_eq!(page.focused(), "BODY", "Escape leaves the field, and j was a letter in it");
}

/// Waits for the reply at the real mail server and looks at it as a mail program does.
fn reply_arrives(desk: &Desk, question: &Letter) {
    let sent = desk.until_sent(&question.from, 2);
    let reply = &sent[1];
    assert_eq!(text_of(reply).trim(), REPLY);
    assert_eq!(header(reply, "In-Reply-To").as_deref(), Some(question.id.as_str()));
    assert!(header(reply, "References").is_some_and(|ids| ids.contains(&question.id)), "{}", reply.data);
    assert!(subject(reply).starts_with("Re: Engraving"), "{}", subject(reply));
    for machine in ["Auto-Submitted", "Precedence", "X-Auto-Response-Suppress"] {
        assert_eq!(header(reply, machine), None, "a person is no machine");
    }
}

/// Nothing changes on a page by itself any more.
const STANDS_STILL: &str =
    "document.querySelectorAll('[data-live]').forEach((part) => part.removeAttribute('data-live'))";

/// Whoever was slower reads who was faster, and when.
fn is_told_who_and_when(slower: &Page, faster: &str) {
    let told = slower.text_of("#notice");
    let when = told.split(&format!("{faster} took the ticket (")).nth(1).unwrap_or_else(|| panic!("not who: {told}"));
    assert!(when.starts_with("just now") || when.starts_with(|digit: char| digit.is_ascii_digit()), "not when: {told}");
}

/// Returns whose the page says the ticket is.
fn owner(page: &Page) -> String {
    page.text_of(".ticket-head .badge bdi")
}

/// How often two people press the same button.
const PRESSES: u32 = 4;

#[test]
fn of_two_who_press_at_the_same_moment_one_has_it_and_the_other_reads_who_and_when() {
    let Some(desk) = Desk::open("") else { return };
    let people = ["mei", "tom"].map(|name| (name, desk.person(name, "agent", "en")));
    for ticket in 1..=PRESSES {
        let buyer = format!("buyer{ticket}@example.org");
        desk.write(&Letter::new(&buyer, "Engraving", "Could you engrave the name of my grandmother on the lid?"));
        let claim = format!("{} button[value=claim]", row(ticket));
        for (_, page) in &people {
            page.go("/queue");
            page.until_count(&claim, 1);
            page.script(STANDS_STILL);
        }
        let ready = Barrier::new(people.len());
        thread::scope(|scope| {
            for (_, page) in &people {
                scope.spawn(|| {
                    ready.wait();
                    page.click(&claim);
                });
            }
        });
        let has = people.each_ref().map(|(_, page)| {
            page.until("an answer", || {
                let slower = page.text().contains("Somebody was faster");
                (slower || page.count(".ticket-head .badge bdi") > 0).then_some(!slower)
            })
        });
        let [(first, _), (second, _)] = &people;
        let (faster, slower) = match has {
            [true, false] => (first, &people[1].1),
            [false, true] => (second, &people[0].1),
            both => panic!("{both:?} have ticket {ticket}"),
        };
        is_told_who_and_when(slower, faster);
        assert_eq!(owner(slower), **faster, "the page of the slower one shows whose it is");
        for (name, page) in &people {
            page.go(&format!("/tickets/{ticket}"));
            assert_eq!(owner(page), if name == faster { "you" } else { faster }, "ticket {ticket} for {name}");
            let talk = page.text_of(".talk");
            assert_eq!(talk.matches("took the ticket").count(), 1, "it was taken once: {talk}");
        }
    }
}

#[test]
fn a_ticket_is_claimed_and_answered_by_thumb() {
    let Some(desk) = Desk::open("") else { return };
    let mei = desk.person("mei", "agent", "en");
    mei.resize(Some(PHONE));
    mei.go("/queue");
    let question =
        Letter::new("anna@example.org", "Engraving", "Could you engrave the name of my grandmother on the lid?");
    desk.write(&question);
    mei.tap(&format!("{} button[value=claim]", row(1)));
    mei.until_at("/tickets/1");
    assert_eq!(owner(&mei), "you");
    mei.tap("#reply-text");
    assert_eq!(mei.focused(), "reply-text");
    mei.press(REPLY);
    mei.tap("button[value=reply]");
    mei.until_count("button[value=undo]", 1);
    let wide = mei.script("return document.documentElement.scrollWidth");
    assert_eq!(wide, PHONE.0, "nothing is moved sideways");
    reply_arrives(&desk, &question);
}

#[test]
fn of_two_who_claim_at_once_one_is_told_who_was_faster_and_when() {
    let Some(desk) = Desk::open("") else { return };
    let (mei, tom) = (desk.person("mei", "agent", "en"), desk.person("tom", "agent", "en"));
    desk.write(&Letter::new(
        "anna@example.org",
        "Engraving",
        "Could you engrave the name of my grandmother on the lid?",
    ));
    mei.until_count(&row(1), 1);
    tom.until_count(&row(1), 1);
    // Tom's page stands still, as on a slow line, while Mei takes the ticket.
    tom.script(STANDS_STILL);
    mei.click(&format!("{} button[value=claim]", row(1)));
    mei.until_at("/tickets/1");
    tom.click(&format!("{} button[value=claim]", row(1)));
    tom.until_shows("Somebody was faster");
    is_told_who_and_when(&tom, "mei");
    assert!(tom.text_of(".ticket-head").contains("mei"), "{}", tom.text());
    mei.go("/tickets/1");
    assert!(mei.text_of(".ticket-head").contains("you"), "it stays with the first: {}", mei.text());
    assert!(!mei.text().contains("tom took"), "nothing was done for the second");
}

#[test]
fn tickets_are_worked_without_any_script() {
    let Some(desk) = Desk::open("") else { return };
    let mei = desk.person("mei", "agent", "en");
    mei.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    mei.click("header .who button");
    mei.until_at("/login");
    mei.sign_in("mei", PASSWORD);
    desk.write(&Letter::new(
        "anna@example.org",
        "Engraving",
        "Could you engrave the name of my grandmother on the lid?",
    ));
    desk.shop.until_settled(1);
    mei.go("/queue");
    mei.click("[data-row=\"1\"] button[value=claim]");
    mei.until_at("/tickets/1");
    mei.fill("#note-text", "She asked before.");
    mei.click("button[value=note]");
    mei.until_shows("She asked before.");
    mei.fill("#reply-text", "Yes, up to twelve letters.");
    mei.click("button[value=reply]");
    mei.until_count("button[value=undo]", 1);
    mei.click("button[value=undo]");
    mei.until_shows("took back");
    mei.fill("#reply-text", "Yes, up to twenty letters.");
    mei.click("button[value=reply]");
    mei.until_count("button[value=undo]", 1);
    let sent = desk.until_sent("anna@example.org", 2);
    assert_eq!(text_of(&sent[1]).trim(), "Yes, up to twenty letters.", "what was taken back never left");
    assert_eq!(sent.len(), 2);
}

const CUSTOMS: &str = "Hi, will I have to pay customs if you ship to Germany?";

#[test]
fn who_takes_a_conversation_over_has_it_and_the_machine_is_silent_in_it() {
    let Some(desk) = Desk::open("") else { return };
    let mei = desk.person("mei", "agent", "en");
    let question = Letter::new("tom@example.net", "Customs", CUSTOMS);
    desk.write(&question);
    let answer = desk.until_sent(&question.from, 1).remove(0);
    assert_eq!(header(&answer, "Auto-Submitted").as_deref(), Some("auto-replied"), "the machine answered");
    mei.go("/answered");
    mei.click("[data-row] a.open");
    mei.until_shows("no ticket: no person was needed");
    assert!(mei.path().starts_with("/conversations/"), "{}", mei.path());
    // What happens in it is seen without loading the page again.
    mei.script("window.neverLoadedAgain = true");
    desk.write(&Letter::answering(&question.from, &answer, "Thank you very much!"));
    mei.until_shows("Thank you very much!");
    desk.shop.until_settled(2);
    let before = desk.post.sent_to(&question.from).len();
    assert_eq!(mei.script("return window.neverLoadedAgain"), true, "the page was loaded again");
    mei.click("button[value=take]");
    mei.until_at("/tickets/1");
    assert!(mei.text_of(".ticket-head").contains("you"), "it is hers: {}", mei.text());
    let again = Letter::answering(&question.from, &answer, CUSTOMS);
    desk.write(&again);
    // The same question of somebody else is answered after it: so long the machine had for the first one.
    let other = Letter::new("ida@example.com", "Customs", CUSTOMS);
    desk.write(&other);
    desk.until_sent(&other.from, 1);
    desk.shop.until_settled(4);
    assert_eq!(desk.post.sent_to(&question.from).len(), before, "the machine spoke in mei's conversation");
    mei.until("the buyer's question on the ticket", || (mei.text().matches(CUSTOMS).count() >= 2).then_some(()));
    assert!(!mei.text().contains("The machine is about to answer"), "{}", mei.text());
}
