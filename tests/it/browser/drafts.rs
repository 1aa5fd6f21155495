//! What the machine prepares and people decide about, and where rules are tried out before a buyer meets them.

use super::{desk::Desk, page::Page};
use crate::support::letter::{Letter, text_of};

/// Every answer is a draft.
const SUGGEST: &str = "max_mode: suggest";

const RULE: &str = "customs_tax";
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";
const EDITED: &str = "To Germany there is nothing to pay.";

#[test]
fn a_draft_leaves_as_it_stands_or_edited_or_never_and_each_is_counted() {
    let Some(desk) = Desk::open_with("", SUGGEST) else { return };
    let mei = desk.person("mei", "agent", "en");
    let buyers = ["anna@example.org", "tom@example.net", "ida@example.com"];
    for buyer in buyers {
        desk.write(&Letter::new(buyer, "Customs", QUESTION));
    }
    mei.go("/queue?view=drafts");
    mei.until_count("[data-row]", 3);
    let draft = unchanged(&mei);
    offers(&mei);
    edited(&mei, &draft);
    rejected(&mei);
    let sent = |buyer| text_of(&desk.until_sent(buyer, 2)[1]);
    assert_eq!(words(&sent(buyers[0])), words(&draft), "what leaves is what was read");
    assert_eq!(sent(buyers[1]).trim(), EDITED);
    mei.go("/queue?view=drafts");
    mei.until_count("[data-row]", 0);
    mei.go(&format!("/rules/{RULE}"));
    let agreement = "1 sent unchanged, 1 edited, 1 rejected";
    mei.until_shows(agreement);
    mei.go("/rules?q=customs");
    let line = mei.text_of(&format!("[data-row=\"{RULE}\"]"));
    assert!(line.contains("33 %") && line.contains(agreement), "the list says the same: {line}");
    // What was thrown away never leaves: the buyer has only the word that a person will write.
    assert_eq!(desk.post.sent_to(buyers[2]).len(), 1);

    tries_rules_out(&mei);
    practices(&mei);
    assert_eq!(desk.post.relay.mails().len(), 5, "trying out and practicing sends nothing");
}

/// Sends the draft of the first ticket; returns its words.
fn unchanged(mei: &Page) -> String {
    mei.go("/tickets/1");
    let draft = mei.text_of(".draft .said");
    mei.click("button[value=send_draft]");
    mei.until_count("button[value=undo]", 1);
    draft
}

/// What fits is offered beside the reply, what was recognized is marked, and the other texts are found by a word.
fn offers(mei: &Page) {
    mei.go("/tickets/2");
    let marked = mei.text_of("blockquote.marked mark");
    assert!(QUESTION.contains(&marked) && marked.contains("customs"), "what hit is marked: {marked}");
    mei.click("#suggestions li.fits a.button");
    mei.until("the text that fits in the reply", || {
        let written = mei.script("return document.querySelector('#reply-text').value");
        written.as_str()?.contains("duty").then_some(())
    });
    mei.click("#other-texts summary");
    let shown = "return [...document.querySelectorAll('#other-texts-list > li')].filter((each) => !each.hidden).length";
    let all = mei.script(shown).as_u64().unwrap_or_default();
    mei.fill("#narrow-texts", "wholesale");
    mei.until("fewer texts", || {
        let left = mei.script(shown).as_u64()?;
        (left > 0 && left < all / 2).then_some(())
    });
}

fn edited(mei: &Page, draft: &str) {
    mei.go("/tickets/2");
    mei.click("a[href*=\"use=draft\"]");
    mei.until("the draft in the reply", || {
        let written = mei.script("return document.querySelector('#reply-text').value");
        (words(written.as_str()?) == words(draft)).then_some(())
    });
    mei.fill("#reply-text", EDITED);
    mei.click("button[value=reply]");
    mei.until_count("button[value=undo]", 1);
}

fn rejected(mei: &Page) {
    mei.go("/tickets/3");
    mei.click("#reject-draft summary");
    mei.fill("#reject", "Says nothing of the duty");
    mei.click("button[value=reject_draft]");
    mei.until_shows("threw the draft away");
    mei.until_shows("Says nothing of the duty");
    assert_eq!(mei.count("button[value=send_draft]"), 0);
}

/// The words of a text, whatever its lines.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The playground decides while a person types, and again after each change.
fn tries_rules_out(mei: &Page) {
    mei.go("/rules/playground");
    mei.until_shows("The result appears here.");
    mei.fill("#text", QUESTION);
    mei.until_shows("A ticket with a draft to approve");
    assert_eq!(mei.path(), "/rules/playground", "the page stays");
    let marked = mei.text_of("#result mark");
    assert!(marked.contains("customs"), "the words that hit are marked: {marked}");
    assert!(mei.count(&format!("#result a[href=\"/rules/{RULE}\"]")) > 0, "the rule is a link");
    mei.fill("#text", "I will sue you, my lawyer writes tomorrow.");
    mei.until_count(&format!("#result a[href=\"/rules/{RULE}\"]"), 0);
    mei.until_shows("A ticket for a person");
}

/// The practice chat answers as the machine would, and stops when a colleague takes over.
fn practices(mei: &Page) {
    mei.go("/practice");
    mei.click("form[action=\"/practice\"] button");
    mei.fill("#text", QUESTION);
    mei.click("button[value=say]");
    mei.until_count("ol.chat .theirs", 1);
    mei.until_count("ol.chat .ours", 2);
    mei.click("button[value=claim]");
    mei.until_count("ol.chat .event", 1);
    mei.fill("#text", QUESTION);
    mei.click("button[value=say]");
    mei.until_count("ol.chat .theirs", 2);
    assert_eq!(mei.count("ol.chat .ours"), 2, "the machine is silent now");
}
