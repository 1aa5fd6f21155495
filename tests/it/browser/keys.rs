//! The keys of the desk: a ticket is worked with them alone, and who has them off is left alone by them.

use serde_json::json;

use super::{
    desk::Desk,
    page::{CONTROL, ENTER, ESCAPE, Page},
};
use crate::support::letter::{Letter, text_of};

/// What buyers ask that no rule knows, the first first.
const ASKED: [(&str, &str, &str); 3] = [
    ("anna@example.org", "Engraving", "Could you engrave the name of my grandmother on the lid?"),
    ("tom@example.net", "Monogram", "Please let the monogram face the window, as we agreed by telephone."),
    ("ida@example.com", "Two chairs", "The second chair wobbles since Sunday, though nobody sat on it. What now?"),
];

/// Lets the first letters come in, one after the other, and shows the queue with them.
fn receives(desk: &Desk, person: &Page, count: usize) {
    person.go("/queue");
    for (index, (from, subject, text)) in ASKED.iter().take(count).enumerate() {
        desk.write(&Letter::new(from, subject, text));
        person.until_count(&format!("[data-row=\"{}\"]", index + 1), 1);
    }
}

fn until_focused(page: &Page, id: &str) {
    page.until(&format!("the focus in {id}"), || (page.focused() == id).then_some(()));
}

#[test]
fn a_ticket_is_worked_key_by_key() {
    let Some(desk) = Desk::open("") else { return };
    let mei = desk.person("mei", "agent", "en");
    receives(&desk, &mei, ASKED.len());
    mei.press("jjo");
    mei.until_at("/tickets/2");
    for (key, ticket) in [("k", 1), ("j", 2), ("j", 3), ("k", 2)] {
        mei.press(key);
        mei.until_at(&format!("/tickets/{ticket}"));
    }

    mei.press("n");
    until_focused(&mei, "note-text");
    mei.press(&format!("She asked twice.{ESCAPE}"));
    assert_eq!(mei.focused(), "BODY", "Escape leaves the field");
    assert!(!mei.text_of(".talk").contains("She asked twice."), "it is not sent yet");
    mei.press("n");
    mei.chord(&[CONTROL, ENTER]);
    mei.until("the note", || mei.text_of(".talk").contains("She asked twice.").then_some(()));

    mei.press("e");
    until_focused(&mei, "closing");
    assert_eq!(mei.count("#close[open]"), 1, "what it is closed with is unfolded");
    mei.press(&format!("{ESCAPE}s"));
    mei.until_count("#snooze[open]", 1);
    assert_eq!(mei.script("return document.activeElement.value"), "hour", "the first choice has the focus");
    mei.press(&ENTER.to_string());
    mei.until_shows("put off until");
    mei.until_count("button[value=undo]", 1);
    mei.press("u");
    mei.until_shows("took back");
    mei.until("the ticket as it was", || (!mei.text_of(".ticket-head").contains("put off until")).then_some(()));

    mei.press("c");
    mei.until("the ticket to be hers", || mei.text_of(".ticket-head").contains("you").then_some(()));
    mei.press("gb");
    mei.until_at("/buyers");
    mei.press("gh");
    mei.until_at("/help");
}

#[test]
fn who_has_single_keys_off_is_left_alone_by_all_but_ctrl_enter_and_escape() {
    let Some(desk) = Desk::open("") else { return };
    let mei = desk.person("mei", "agent", "en");
    receives(&desk, &mei, 1);
    mei.press("?");
    mei.until_shows("Keys that are pressed alone are on for you.");
    switches(&mei, "off");
    mei.go("/queue");
    mei.until_count("[data-row]", 1);
    mei.press("jkoc/?ghgb");
    assert_eq!((mei.path().as_str(), mei.focused().as_str()), ("/queue", "BODY"), "nothing was done");
    assert_eq!((mei.count(".here"), mei.count("button[value=claim]")), (0, 1), "nothing was marked or taken");
    mei.go("/tickets/1");
    mei.press("rnseuckj");
    assert_eq!((mei.path().as_str(), mei.focused().as_str()), ("/tickets/1", "BODY"), "nothing was done");
    assert_eq!((mei.count("details[open]"), mei.count("button[value=claim]")), (0, 1), "nothing was unfolded or taken");
    mei.click("#reply-text");
    mei.press(&format!("Up to twelve letters, jo?{ESCAPE}"));
    assert_eq!(mei.focused(), "BODY", "Escape leaves the field");
    mei.click("#reply-text");
    mei.chord(&[CONTROL, ENTER]);
    mei.until_count("button[value=undo]", 1);
    let sent = desk.until_sent(ASKED[0].0, 2);
    assert_eq!(text_of(&sent[1]).trim(), "Up to twelve letters, jo?", "letters are letters");
    switches(&mei, "on");
    mei.press("gq");
    mei.until_at("/queue");
}

/// Switches single keys by the way that the help shows.
fn switches(page: &Page, keys: &str) {
    page.go("/help");
    page.click("main a[href^=\"/profile\"]");
    page.until_at("/profile");
    page.choose("#single-keys", keys);
    page.click("form[action=\"/profile\"] button");
    page.until_count(".notice.good", 1);
    let chosen = page.ask("return document.querySelector(arguments[0]).value", &[json!("#single-keys")]);
    assert_eq!(chosen, keys, "it is kept");
}
