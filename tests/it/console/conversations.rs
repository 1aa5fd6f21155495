//! What the machine answered, in the browser: read with its reasons, and taken over by a press.

use jiff::Timestamp;
use nightdesk::{
    model::{agent::Role, ids::TicketId},
    service::indexer::index_all,
};
use serde_json::{Value, json};

use super::{
    desk::{forms_are_signed, mail, shows},
    house::{House, Seat},
    program::Program,
};
use crate::store::bench::{Bench, Letter, Plan};

/// Opens a console with ann, with bob who works for another account, and a mail that the machine answered.
async fn opened() -> (House, Seat, Seat, Letter) {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    house.person("far", Role::Agent, Some(&["other".into()])).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter =
        bench.received(&mail("Ana", "ana@buyer.example", "Is it blue?", "Is the <lamp> really blue?"), now).await;
    bench.decide(&letter, Plan::answer(), now).await;
    let (ann, far) = (house.seat("ann").await, house.seat("far").await);
    (house, ann, far, letter)
}

#[tokio::test]
async fn what_the_machine_said_is_listed_read_with_its_reasons_and_taken_over() {
    let (house, ann, _, letter) = opened().await;
    let list = house.get("/answered", Some(&ann)).await;
    let parts = ["Is it blue?", "Is the &#60;lamp&#62; really blue?", "answer to Is the", "href=\"/conversations/1\""];
    shows(&list, &parts);
    shows(&list, &["href=\"/answered\" aria-current=\"page\"", "English", "on its way"]);
    let page = house.get("/conversations/1", Some(&ann)).await;
    shows(&page, &["Is the &#60;lamp&#62; really blue?", "sent by the machine", "ana@buyer.example"]);
    shows(&page, &["Why the machine did so", "answered by the machine", "The machine is about to answer"]);
    forms_are_signed(&page);
    let take = format!("/inbound/{}/take", letter.id);
    assert!(page.body.contains(&format!("action=\"{take}\"")), "{}", page.body);
    let taken = house.post(&take, Some(&ann), &[]).await;
    assert_eq!((taken.status, taken.leads_to()), (303, "/tickets/1"));
    let ticket = house.get("/tickets/1", Some(&ann)).await;
    shows(&ticket, &["Is it blue?", "not sent", "value=\"release\"", "ann took the conversation over"]);
    let again = house.get("/conversations/1", Some(&ann)).await;
    assert_eq!((again.status, again.leads_to()), (303, "/tickets/1"), "where a ticket is open, that one is read");
    let late = house.post(&take, Some(&ann), &[]).await;
    assert_eq!((late.status, late.leads_to()), (303, "/tickets/1"), "whoever comes late is led to the ticket");
    let after = house.get("/answered", Some(&ann)).await;
    assert!(!after.body.contains("Is it blue?"), "what was stopped is no answer: {}", after.body);
}

#[tokio::test]
async fn everything_that_names_a_conversation_without_ticket_leads_to_it() {
    let (house, ann, _, _) = opened().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let other = bench.received(&mail("Ana", "ana@buyer.example", "Broken", "A person, please."), now).await;
    bench.decide(&other, Plan::escalate().sending(&[]), now).await;
    for page in ["/buyers/1", "/tickets/1"] {
        shows(&house.get(page, Some(&ann)).await, &["href=\"/conversations/1\"", "Is it blue?"]);
    }
    index_all(&house.store).await.expect("everything is indexed");
    shows(&house.get("/search?q=blue", Some(&ann)).await, &["href=\"/conversations/1\""]);
}

#[tokio::test]
async fn the_other_open_tickets_of_the_buyer_and_labels_in_use_are_offered() {
    let (house, ann, _, _) = opened().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    for (subject, from) in [("Broken", "ana"), ("Missing", "ana"), ("Elsewhere", "bo")] {
        let letter =
            bench.received(&mail("Ana", &format!("{from}@buyer.example"), subject, "A person, please."), now).await;
        bench.decide(&letter, Plan::escalate().sending(&[]), now).await;
    }
    let tagged = [("act", "tag"), ("tag", "fragile")];
    assert_eq!(house.post("/tickets/3/act", Some(&ann), &tagged).await.status, 303);
    let page = house.get("/tickets/1", Some(&ann)).await;
    shows(&page, &["name=\"into\" value=\"2\"", "<option value=\"fragile\">"]);
    assert!(!page.body.contains("name=\"into\" value=\"3\""), "another buyer's ticket is typed: {}", page.body);
    let merge = [("act", "merge"), ("into", "2"), ("seen", &page.field("seen"))];
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &merge).await.status, 303);
    let after = house.get("/tickets/2", Some(&ann)).await;
    assert!(!after.body.contains("name=\"into\" value=\"1\""), "what is closed takes nothing in: {}", after.body);
}

#[tokio::test]
async fn buyers_are_found_by_name_and_what_was_noted_of_them_by_its_words() {
    let (house, ann, far, _) = opened().await;
    let noted = [("act", "note"), ("note", "likes <lamps>")];
    assert_eq!(house.post("/buyers/1/act", Some(&ann), &noted).await.status, 303);
    index_all(&house.store).await.expect("everything is indexed");
    let found = house.get("/search?q=likes", Some(&ann)).await;
    shows(&found, &["note about the buyer", "href=\"/buyers/1\"", "<mark>likes</mark> &#60;lamps&#62;"]);
    assert!(!house.get("/search?q=likes", Some(&far)).await.body.contains("lamps"), "it is of no buyer of theirs");
    shows(&house.get("/buyers?q=ana", Some(&ann)).await, &["href=\"/buyers/1\"", "href=\"/search?q=ana\""]);
    let nobody = house.get("/buyers?q=blue", Some(&ann)).await;
    shows(&nobody, &["Nobody’s name or address begins so."]);
    assert!(!nobody.body.contains("href=\"/buyers/1\""), "messages are not searched here: {}", nobody.body);
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    assert_eq!(*erp.get("/api/v1/search?q=likes").await.at("/results/0/buyer_id"), json!(1));
    assert_eq!(*erp.get("/api/v1/buyers?q=blue").await.at("/buyers"), json!([]));
}

#[tokio::test]
async fn addresses_that_people_call_one_persons_are_read_together_and_parted_again() {
    let (house, ann, far, _) = opened().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let other = bench.received(&mail("Ana", "ana@home.example", "Broken", "A person, please."), now).await;
    bench.decide(&other, Plan::escalate().sending(&[]), now).await;
    shows(&house.get("/buyers/1", Some(&ann)).await, &["href=\"/buyers?q=Ana&#38;same=1\""]);
    let choice = house.get("/buyers?q=Ana&same=1", Some(&ann)).await;
    shows(&choice, &["Who is the same person as Ana?", "name=\"other\" value=\"2\""]);
    assert!(!choice.body.contains("name=\"other\" value=\"1\""), "nobody is another than oneself: {}", choice.body);
    forms_are_signed(&choice);
    let same = [("act", "same"), ("other", "2")];
    assert_eq!(house.post("/buyers/1/act", Some(&far), &same).await.status, 404, "whom one may not see, one joins not");
    assert_eq!(house.post("/buyers/1/act", Some(&ann), &same).await.leads_to(), "/buyers/1");
    for page in ["/buyers/1", "/tickets/1"] {
        shows(&house.get(page, Some(&ann)).await, &["Also writes from", "ana@home.example", "ana@buyer.example"]);
    }
    shows(&house.get("/buyers/1", Some(&ann)).await, &["href=\"/tickets/1\"", "href=\"/conversations/1\""]);
    shows(&house.get("/tickets/1", Some(&ann)).await, &["href=\"/conversations/1\""]);
    let itself = house.post("/buyers/1/act", Some(&ann), &[("act", "same"), ("other", "1")]).await;
    assert!(itself.status == 422 && itself.body.contains("the same address twice"), "{}", itself.body);
    let apart = house.post("/buyers/1/act", Some(&ann), &[("act", "apart"), ("other", "2")]).await;
    assert_eq!(apart.leads_to(), "/buyers/1");
    assert!(!house.get("/buyers/1", Some(&ann)).await.body.contains("ana@home.example"), "they are two again");
}

#[tokio::test]
async fn conversations_of_other_accounts_are_not_there() {
    let (house, _, far, letter) = opened().await;
    let list = house.get("/answered", Some(&far)).await;
    assert!(list.status == 200 && !list.body.contains("Is it blue?"), "{}", list.body);
    assert_eq!(house.get("/conversations/1", Some(&far)).await.status, 404);
    assert_eq!(house.post(&format!("/inbound/{}/take", letter.id), Some(&far), &[]).await.status, 404);
    assert!(house.store.ticket(TicketId(1)).await.expect("read").is_none());
}

#[tokio::test]
async fn a_program_reads_what_was_answered_and_takes_it_over() {
    let (house, _, _, letter) = opened().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let list = erp.get("/api/v1/answered").await;
    assert_eq!((list.at("/messages/0/message"), list.at("/messages/0/conversation")), (&json!(letter.id.0), &json!(1)));
    assert_eq!((list.at("/messages/0/state"), list.at("/next")), (&json!("ready"), &Value::Null));
    let read = erp.get("/api/v1/conversations/1").await;
    assert_eq!((read.at("/ticket"), read.at("/newest_message")), (&Value::Null, &json!(letter.id.0)));
    assert_eq!(*read.at("/decisions/0/why/outcome"), json!("answered"));
    assert_eq!(*read.at("/conversation/0/text"), json!("Is the <lamp> really blue?"));
    assert_eq!(*read.at("/buyer/conversations/0/id"), json!(1));
    let take = format!("/api/v1/messages/{}/ticket", letter.id);
    let taken = erp.post(&take, &json!({})).await;
    assert_eq!((taken.at("/ticket"), taken.at("/opened")), (&json!(1), &json!(true)));
    assert_eq!(
        *erp.post(&take, &json!({})).await.at("/opened"),
        json!(false),
        "a repeated call is told the same ticket"
    );
    let ticket = erp.get("/api/v1/tickets/1").await;
    assert_eq!((ticket.at("/ticket/state"), ticket.at("/ticket/assignee")), (&json!("claimed"), &json!("token:erp")));
    assert_eq!(*erp.get("/api/v1/conversations/1").await.at("/ticket"), json!(1));
    assert_eq!(erp.post("/api/v1/messages/99/ticket", &json!({})).await.problem(), (404, "not_found"));
    let bench = Bench::over(&house.store);
    let later = bench.received(&mail("Bo", "bo@buyer.example", "Size", "Which size?"), Timestamp::now()).await;
    let undecided = erp.post(&format!("/api/v1/messages/{}/ticket", later.id), &json!({})).await;
    assert_eq!(undecided.problem(), (422, "refused"));
}
