//! The pages about rules through real HTTP: the list, one rule, the playground, problems and history.

use jiff::Timestamp;
use nightdesk::model::{
    agent::Role,
    outbound::OutboundKind,
    reload::{Cause, Reload},
};

use super::{
    desk::mail,
    house::{House, Seat},
};
use crate::store::bench::{Bench, Plan};

/// A house with rules, and a seat for each role.
async fn staffed() -> (House, Seat, Seat, Seat) {
    let house = House::stocked().await;
    for (name, role) in [("ana", Role::Agent), ("edi", Role::Editor), ("boss", Role::Admin)] {
        house.person(name, role, None).await;
    }
    let (ana, edi, boss) = (house.seat("ana").await, house.seat("edi").await, house.seat("boss").await);
    (house, ana, edi, boss)
}

#[tokio::test]
async fn rules_are_listed_by_what_they_are_about_and_found_by_words_of_their_examples() {
    let (house, ana, ..) = staffed().await;
    let all = house.get("/rules", Some(&ana)).await;
    assert_eq!(all.status, 200);
    for shown in ["Before buying", "gift_wrapping", "storm_questions", "by itself", "2 rules in force"] {
        assert!(all.body.contains(shown), "{shown} in {}", all.body);
    }
    let found = house.get("/rules?q=parcel+late", Some(&ana)).await;
    assert!(found.body.contains("storm_questions") && !found.body.contains("gift_wrapping"), "{}", found.body);
    let none = house.get("/rules?q=nothing+like+it", Some(&ana)).await;
    assert!(none.body.contains("No rule fits."), "{}", none.body);
}

/// Four messages were recognized as the same: three have a draft, one was answered at once; a fifth came weeks ago, and a
/// sixth to a mailbox of others.
const RECOGNIZED: [&str; 4] = [
    "UPDATE outbox SET intents = '[\"gift_wrapping\"]'",
    "INSERT INTO recognized (inbound, place, intent, said, account, received_at)
     SELECT i.id, 0, 'gift_wrapping', CASE WHEN i.outcome = 'answered' THEN 'answer' ELSE 'draft' END, i.account,
            i.received_at FROM inbound i",
    "INSERT INTO recognized (inbound, place, intent, said, account, received_at)
     SELECT 1, 1, 'gift_wrapping', 'answer', 'shop', i.received_at - 86400000 * 20 FROM inbound i WHERE i.id = 1",
    "INSERT INTO recognized (inbound, place, intent, said, account, received_at)
     SELECT 1, 2, 'gift_wrapping', 'answer', 'other', i.received_at FROM inbound i WHERE i.id = 1",
];

/// Returns the line of a rule on the page of the list, without its marks.
fn line_of(page: &str, rule: &str) -> String {
    let (_, from) = page.split_once(&format!("<tr data-row=\"{rule}\">")).unwrap_or_else(|| panic!("{rule}: {page}"));
    let (line, _) = from.split_once("</tr>").expect("a row ends");
    let text: String = line.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_list_counts_what_rules_did_and_says_how_often_people_agreed() {
    let (house, ana, ..) = staffed().await;
    house.person("far", Role::Agent, Some(&["other".into()])).await;
    let far = house.seat("far").await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    for buyer in ["ada", "bo", "cy"] {
        let raw = mail(buyer, &format!("{buyer}@buyer.example"), "Gift", "Can you wrap it as a gift?");
        let letter = bench.received(&raw, now).await;
        bench.decide(&letter, Plan::escalate().sending(&[OutboundKind::Draft]), now).await;
    }
    let raw = mail("dee", "dee@buyer.example", "Gift", "Can you wrap it as a gift?");
    let letter = bench.received(&raw, now).await;
    bench.decide(&letter, Plan::answer(), now).await;
    house.run(&RECOGNIZED).await;
    let before = line_of(&house.get("/rules", Some(&ana)).await.body, "gift_wrapping");
    assert!(before.contains("Drafts: 3 / 3") && !before.contains('%'), "nobody has decided yet: {before}");
    for (ticket, mut act) in [
        (1, vec![("act", "send_draft")]),
        (2, vec![("act", "reply"), ("from_draft", "yes"), ("text", "For two euros.")]),
        (3, vec![("act", "reject_draft"), ("text", "we do not any more")]),
    ] {
        let seen = house.get(&format!("/tickets/{ticket}"), Some(&ana)).await.field("seen");
        act.push(("seen", &seen));
        let done = house.post(&format!("/tickets/{ticket}/act"), Some(&ana), &act).await;
        assert_eq!(done.status, 303, "{act:?}: {}", done.body);
    }
    let list = house.get("/rules", Some(&ana)).await.body;
    let counts = "Matched: 5 / 6 Answered: 2 / 3 Drafts: 3 / 3 Agreement, 30 days: 33 % 1 sent unchanged, 1 edited, \
                  1 rejected en zh";
    let line = line_of(&list, "gift_wrapping");
    assert!(line.ends_with(counts), "{line}");
    let other = line_of(&list, "storm_questions");
    assert!(other.contains("Matched: 0 / 0 Answered: 0 / 0 Drafts: 0 / 0") && !other.contains('%'), "{other}");
    let limited = line_of(&house.get("/rules", Some(&far)).await.body, "gift_wrapping");
    assert!(limited.contains("Matched: 1 / 1 Answered: 1 / 1 Drafts: 0 / 0") && !limited.contains('%'), "{limited}");
    let rule = house.get("/rules/gift_wrapping", Some(&ana)).await;
    assert!(rule.body.contains("<dd>33 % <span class=\"small soft\">1 sent unchanged, 1 edited, 1 rejected"));
}

#[tokio::test]
async fn a_rule_shows_its_file_what_becomes_of_its_examples_and_how_its_texts_read() {
    let (house, ana, ..) = staffed().await;
    let rule = house.get("/rules/gift_wrapping", Some(&ana)).await;
    assert_eq!(rule.status, 200);
    for shown in [
        "rules/pre_sale/gift_wrapping.yaml",
        "intent: gift_wrapping",
        "Can you wrap it as a gift?",
        "2 of 2 hold",
        "replies/gift_wrapping/en.txt",
        "Yes, we wrap gifts at no charge.",
    ] {
        assert!(rule.body.contains(shown), "{shown} in {}", rule.body);
    }
    assert_eq!(house.get("/rules/no_such_rule", Some(&ana)).await.status, 404);
}

#[tokio::test]
async fn any_agent_pauses_a_rule_and_an_editor_resumes_it() {
    let (house, ana, edi, _) = staffed().await;
    let paused = house.post("/rules/gift_wrapping/pause", Some(&ana), &[("reason", "paper is <sold> out")]).await;
    assert_eq!((paused.status, paused.leads_to()), (303, "/rules/gift_wrapping"));
    let rule = house.get("/rules/gift_wrapping", Some(&ana)).await;
    assert!(rule.body.contains("ana: paper is &#60;sold&#62; out"), "{}", rule.body);
    assert!(!rule.body.contains("/rules/gift_wrapping/resume"), "an agent is shown no button that is refused");
    assert_eq!(house.post("/rules/gift_wrapping/resume", Some(&ana), &[]).await.status, 403);
    assert_eq!(house.store.pauses().await.expect("read").len(), 1);
    assert_eq!(house.post("/rules/gift_wrapping/resume", Some(&edi), &[]).await.status, 303);
    assert!(house.store.pauses().await.expect("read").is_empty());
    assert_eq!(house.post("/rules/no_such_rule/pause", Some(&ana), &[]).await.status, 404);
    let long = "x".repeat(201);
    assert_eq!(house.post("/rules/gift_wrapping/pause", Some(&ana), &[("reason", &long)]).await.status, 422);
}

#[tokio::test]
async fn the_playground_marks_what_hit_and_escapes_what_was_written() {
    let (house, ana, ..) = staffed().await;
    let text = [("text", "<b>Hi</b>! Can you wrap it as a gift?"), ("channel", "email")];
    let page = house.post("/rules/playground", Some(&ana), &text).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<mark title=\"gift_wrapping\">"), "{}", page.body);
    assert!(page.body.contains("&#60;b&#62;Hi") && !page.body.contains("<b>Hi"), "{}", page.body);
    for (fields, said) in [
        (vec![("text", "Hi! Can you wrap it as a gift?")], "Yes, we wrap gifts at no charge."),
        (vec![("text", "gift wrap?"), ("country", "Germany")], "is no country code"),
        (vec![("text", "gift wrap?"), ("country", "de")], "Decided in"),
        (vec![("text", "   ")], "The result appears here."),
    ] {
        let page = house.post("/rules/playground", Some(&ana), &fields).await;
        assert!(page.body.contains(said), "{said} in {}", page.body);
    }
    let counts = house.store.counts().await.expect("counted");
    assert!(counts.inbound.is_empty() && counts.tickets.is_empty() && counts.outbox.is_empty(), "{counts:?}");
}

#[tokio::test]
async fn the_script_of_the_playground_gets_the_result_alone() {
    let (house, ana, ..) = staffed().await;
    let origin = house.origin();
    let headers = [
        ("cookie", ana.cookie.as_str()),
        ("origin", origin.as_str()),
        ("x-fragment", "1"),
        ("x-csrf-token", ana.csrf.as_str()),
    ];
    let part = house.ask("POST", "/rules/playground", &headers, "text=gift+wrap").await;
    assert_eq!(part.status, 200);
    assert!(part.body.contains("class=\"explained\"") && !part.body.contains("<html"), "{}", part.body);
}

#[tokio::test]
async fn problems_are_shown_with_their_place_and_what_to_do() {
    let (house, ana, ..) = staffed().await;
    let page = house.get("/rules/problems", Some(&ana)).await;
    assert_eq!(page.status, 200);
    for shown in ["rules/pre_sale/gift_wrapping.yaml:4:9", "<mark>anwser</mark>", "did you mean", "What this means"] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
}

#[tokio::test]
async fn the_history_says_what_became_of_each_reading() {
    let (house, ana, ..) = staffed().await;
    let reload = |rule_set: &str, errors: u32| Reload {
        at: Timestamp::now(),
        cause: Cause::Files,
        rule_set: rule_set.to_owned(),
        rules: 2,
        errors,
        first: (errors > 0).then(|| "rules/<a>.yaml:1:1: wrong".to_owned()),
        restart: vec!["`accounts`".to_owned()],
    };
    for (rule_set, errors) in [("feedbeef", 0), ("feedbeef", 3)] {
        house.store.note_reload(&reload(rule_set, errors)).await.expect("noted");
    }
    let page = house.get("/rules/reloads", Some(&ana)).await;
    for shown in ["feedbeef", "refused, 3 errors", "rules/&#60;a&#62;.yaml:1:1: wrong", "in force", "restart to apply"]
    {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
}

#[tokio::test]
async fn settings_are_for_admins_and_name_every_account() {
    let (house, ana, edi, boss) = staffed().await;
    for seat in [&ana, &edi] {
        assert_eq!(house.get("/settings", Some(seat)).await.status, 403);
    }
    let page = house.get("/settings", Some(&boss)).await;
    assert_eq!(page.status, 200);
    for shown in ["Blue Lantern", "desk.db", "other", "en, zh", "240 minutes"] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
}

#[tokio::test]
async fn pages_about_rules_hold_no_script_and_no_style_of_their_own() {
    let (house, _, _, boss) = staffed().await;
    house.post("/practice", Some(&boss), &[("channel", "telegram")]).await;
    house.post("/practice/say", Some(&boss), &[("act", "say"), ("text", "gift wrap?")]).await;
    for path in [
        "/rules",
        "/rules/gift_wrapping",
        "/rules/playground",
        "/rules/problems",
        "/rules/reloads",
        "/practice",
        "/situations",
        "/settings",
    ] {
        let page = house.get(path, Some(&boss)).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains(" style=") && !page.body.contains(" onclick="), "{path}");
        let scripts = page.body.matches("<script").count();
        assert_eq!(scripts, page.body.matches("<script src=\"/assets/").count(), "{path}");
        assert_eq!(page.body.matches("<h1>").count(), 1, "{path} has one heading of its own");
    }
}
