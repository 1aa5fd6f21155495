//! The page on which buyers say how content they are, through real HTTP: no login, no case, nothing changed by a look.

use jiff::Timestamp;
use nightdesk::{
    model::{
        agent::Role,
        ids::TicketId,
        outbound::OutboundKind,
        satisfaction::{TOKEN_CHARACTERS, token_hash},
        ticket::TicketState,
    },
    store::satisfaction::{AskOutcome, Asking},
};

use super::house::{House, Told, form};
use crate::store::bench::{Bench, Plan, outbound};

const MAIL: &str = "From: Ana <ana@buyer.example>\r\nTo: shop@shop.example\r\nSubject: Secret lamp\r\nMessage-ID: \
                    <a@buyer.example>\r\n\r\nIt is broken.\r\n";

/// Opens a console with a closed case whose buyer was asked in that language; returns the path of the link.
async fn asked(language: &str) -> (House, String) {
    let house = House::open().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(MAIL, now).await;
    bench.decide(&letter, Plan::escalate().sending(&[]), now).await;
    house.run(&["UPDATE ticket SET state = 'closed', closed_at = opened_at"]).await;
    let ticket = house.store.ticket(TicketId(1)).await.expect("read").expect("there").ticket;
    let token = "t".repeat(TOKEN_CHARACTERS);
    let message = outbound(&letter, OutboundKind::Ack);
    let asking = Asking {
        ticket: &ticket,
        token_hash: &token_hash(&token),
        language: language.parse().expect("a language"),
        inbound: letter.id,
        message: &message,
        most_of_shop: 30,
        most_to_buyer: 3,
    };
    let outcome = house.store.ask_satisfaction(&asking, now).await.expect("runs");
    assert_eq!(outcome, AskOutcome::Asked);
    (house, format!("/s/{token}"))
}

async fn state(house: &House) -> TicketState {
    house.store.ticket(TicketId(1)).await.expect("read").expect("there").ticket.state
}

fn shows(page: &Told, parts: &[&str]) {
    assert_eq!(page.status, 200, "{}", page.body);
    for part in parts {
        assert!(page.body.contains(part), "the page lacks {part:?}: {}", page.body);
    }
}

#[tokio::test]
async fn a_buyer_answers_with_one_press_and_sees_nothing_of_the_case() {
    let (house, link) = asked("en").await;
    let page = house.get(&link, None).await;
    shows(&page, &["lang=\"en\"", "How content are you with the help of Blue Lantern?", "not at all", "completely"]);
    assert_eq!(page.body.matches("name=\"score\"").count(), 5, "five buttons");
    for kept_back in ["Secret lamp", "It is broken", "Ana", "ana@", "<script", "/queue", "style="] {
        assert!(!page.body.contains(kept_back), "{kept_back} is in {}", page.body);
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let pressed = house.post(&link, None, &[("score", "4")]).await;
    assert_eq!((pressed.status, pressed.leads_to()), (303, link.as_str()));
    shows(&house.get(&link, None).await, &["Your answer: 4 of 5", "aria-pressed=\"true\"", "<textarea"]);
    assert_eq!(state(&house).await, TicketState::Closed);
}

#[tokio::test]
async fn a_look_at_a_link_changes_nothing_whatever_stands_behind_it() {
    let (house, link) = asked("de").await;
    for odd in ["?score=1", "?score=9", "?score=%3Cscript%3E", "?score="] {
        let page = house.get(&format!("{link}{odd}"), None).await;
        shows(&page, &["lang=\"de\"", "Wie zufrieden"]);
        assert!(!page.body.contains("aria-pressed") && !page.body.contains("<script"), "{odd}: {}", page.body);
    }
    assert_eq!(
        house
            .store
            .satisfaction_question(&token_hash(&link[3..]), Timestamp::now())
            .await
            .expect("read")
            .expect("there")
            .score,
        None
    );
    // A form that no page of ours sent is refused, as everywhere.
    let foreign = [("origin", "https://elsewhere.example")];
    assert_eq!(house.ask("POST", &link, &foreign, "score=1").await.status, 403);
    assert_eq!(state(&house).await, TicketState::Closed);
}

#[tokio::test]
async fn a_bad_score_is_a_case_for_people_with_what_was_said() {
    let (house, link) = asked("zh").await;
    shows(&house.get(&link, None).await, &["lang=\"zh\"", "完全满意"]);
    let remark = "</textarea><script>alert(1)</script> 太慢了";
    assert_eq!(house.post(&link, None, &[("score", "1"), ("remark", remark)]).await.status, 303);
    assert_eq!(state(&house).await, TicketState::Open);
    let page = house.get(&link, None).await;
    shows(&page, &["太慢了</textarea>"]);
    house.person("ann", Role::Agent, None).await;
    let ann = house.seat("ann").await;
    let ticket = house.get("/tickets/1", Some(&ann)).await;
    shows(&ticket, &["The buyer was not content: 1 of 5.", "said how content they are", "太慢了"]);
    for page in [page, ticket] {
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
    }
    let reports = house.get("/reports", Some(&ann)).await;
    shows(&reports, &["Satisfaction", "1.0 / 5", "1 buyers asked, 1 answered, 1 with 1 or 2"]);
}

#[tokio::test]
async fn a_link_that_leads_nowhere_tells_nothing_in_the_browsers_language() {
    let (house, _) = asked("en").await;
    let unknown = format!("/s/{}", "u".repeat(TOKEN_CHARACTERS));
    let headers = [("accept-language", "fr-FR,fr;q=0.9,en;q=0.5")];
    for path in [unknown.as_str(), "/s/x", "/s/%00", "/s/..%2f"] {
        let told = house.ask("GET", path, &headers, "").await;
        assert_eq!(told.status, 404, "{path}");
        assert!(told.body.contains("lang=\"fr\"") && told.body.contains("Ce lien"), "{path}: {}", told.body);
    }
    let origin = house.origin();
    let body = form(&[("score", "5")]);
    assert_eq!(house.ask("POST", &unknown, &[("origin", &origin)], &body).await.status, 404);
}
