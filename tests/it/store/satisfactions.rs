//! Promises about buyers who are asked how content they are.

use jiff::SignedDuration;
use nightdesk::{
    model::{
        agent_command::AgentCommand,
        closing::Closing,
        figures::Days,
        ids::{AccountName, TicketId},
        language::Language,
        outbound::{NewOutbound, OutboundKind, Payload},
        satisfaction::{LONGEST_REMARK, PATH, Whom, token_hash},
        switch::Scope,
        ticket::{EventKind, Ticket, TicketState, Urgency},
    },
    service::satisfaction::{Asks, Settings},
    store::{
        outbox::Settlement,
        satisfaction::{AskOutcome, Asking, Rating, Satisfaction},
        timeline::Happened,
    },
};

use super::{
    Case,
    acts::{Desk, reply},
    bench::{self, Bench, Letter, Plan, at},
};

pub(super) const CASES: &[Case] = &[
    ("a_buyer_is_asked_once_a_day_after_the_case_was_closed", |b| Box::pin(asked_once(b))),
    ("nobody_at_the_desk_can_answer_for_the_buyer", |b| Box::pin(link_is_hidden(b))),
    ("a_question_is_a_message_of_the_machine", |b| Box::pin(by_machine(b))),
    ("whom_a_machine_must_not_write_to_is_never_asked", |b| Box::pin(never(b))),
    ("what_stands_against_a_question_now_puts_it_off", |b| Box::pin(later(b))),
    ("a_buyer_of_many_cases_is_asked_about_one", |b| Box::pin(one_of_many(b))),
    ("of_two_buyers_the_one_with_a_complaint_is_asked", |b| Box::pin(complaints(b))),
    ("a_question_that_ends_the_program_each_time_is_passed_over", |b| Box::pin(breaks(b))),
    ("two_processes_ask_once", |b| Box::pin(two_at_once(b))),
    ("who_takes_the_case_up_again_stops_the_question", |b| Box::pin(taken_up(b))),
    ("a_bad_score_brings_the_case_before_people", |b| Box::pin(bad_score(b))),
    ("an_answer_is_changed_a_few_times_and_within_its_time", |b| Box::pin(changed(b))),
    ("answers_are_counted_by_account", |b| Box::pin(counted(b))),
];

const ANA: &str = "ana@buyer.example";

/// A day and a half after the beginning of every case: the next morning but one, by the clock of the desk.
const MORNING: i64 = 36 * 60;

fn asks(desk: &Desk, whom: Whom) -> Asks {
    Asks::new(desk.handle().clone(), Settings { whom, site: "https://desk.shop.example".to_owned() })
}

/// Closes a new ticket of a buyer, seen by the store alone.
pub(super) async fn closed(b: &Bench) -> (Ticket, Letter) {
    let letter = b.mail(ANA, "q", at(0)).await;
    let id = b.decide(&letter, Plan::escalate().sending(&[]), at(0)).await.ticket.expect("a ticket");
    b.run(&format!("UPDATE ticket SET state = 'closed', closed_at = {} WHERE id = {id}", at(2).as_millisecond())).await;
    (b.store.ticket(id).await.expect("read").expect("there").ticket, letter)
}

pub(super) fn asking<'a>(ticket: &'a Ticket, letter: &Letter, message: &'a NewOutbound) -> Asking<'a> {
    Asking {
        ticket,
        token_hash: "hash",
        language: Language::EN,
        inbound: letter.id,
        message,
        most_of_shop: 30,
        most_to_buyer: 3,
    }
}

fn speaking(b: Bench) -> Desk {
    Desk::saying(b, &["satisfaction_request/en.txt", "_frame/en.txt"])
}

/// A case that a person answered and closed.
async fn answered(desk: &Desk, from: &str) -> TicketId {
    let id = desk.opened(from, &[]).await;
    desk.act("lin", id, reply("It is on its way."), at(1)).await.expect("it can be answered");
    let row = desk.b.store.claim(at(2), &[]).await.expect("runs").expect("it is due");
    let sent = Settlement::Sent { proof: "250 ok".to_owned() };
    desk.b.store.settle(row.id, &sent, at(2)).await.expect("settled");
    desk.act("lin", id, AgentCommand::Close(Closing::default()), at(3)).await.expect("closed");
    id
}

async fn ask(desk: &Desk, minute: i64) -> u32 {
    asks(desk, Whom::Everybody).ask(at(minute)).await.expect("it runs")
}

/// Returns the token in the message that waits to leave.
async fn token(desk: &Desk) -> String {
    let row = desk.b.store.claim(at(MORNING), &[]).await.expect("runs").expect("a question waits");
    let text = row.payload.text().to_owned();
    let link = text.lines().find(|line| line.contains(PATH)).unwrap_or_else(|| panic!("no link in {text}"));
    link.trim().strip_prefix("https://desk.shop.example/s/").expect("it leads to the console").to_owned()
}

async fn asked_once(b: Bench) {
    let desk = speaking(b);
    let id = answered(&desk, ANA).await;
    assert_eq!(ask(&desk, 24 * 60).await, 0, "a day is not over");
    assert_eq!((ask(&desk, MORNING).await, ask(&desk, MORNING).await), (1, 0));
    let token = token(&desk).await;
    let hash = desk.b.text("SELECT token_hash FROM satisfaction").await;
    assert_eq!(hash, token_hash(&token), "only the hash is kept");
    let question = desk.b.store.satisfaction_question(&hash, at(MORNING)).await.expect("read").expect("it is asked");
    assert_eq!((question.ticket, question.language, question.score), (id, Language::EN, None));
    // Closed again, it is the same case.
    desk.act("lin", id, AgentCommand::Reopen, at(MORNING + 1)).await.expect("open again");
    desk.act("lin", id, AgentCommand::Close(Closing::default()), at(MORNING + 2)).await.expect("closed");
    assert_eq!(ask(&desk, MORNING + 2 * 24 * 60).await, 0);
}

async fn link_is_hidden(b: Bench) {
    let desk = speaking(b);
    let id = answered(&desk, ANA).await;
    assert_eq!(ask(&desk, MORNING).await, 1);
    let token = token(&desk).await;
    let name = desk.b.text("SELECT message_id FROM inbound ORDER BY id LIMIT 1").await;
    let quoting = format!("Which link? This one: https://desk.shop.example/s/{token}");
    let letter = desk.b.reply(ANA, &quoting, &[&name], at(MORNING + 1)).await;
    desk.b.decide(&letter, Plan::escalate().sending(&[]), at(MORNING + 1)).await;
    let file = desk.file(id).await;
    let told = format!("{:?} {:?} {:?}", file.timeline, file.events, file.last_text);
    assert!(told.contains("Which link?") && !told.contains(&token), "also where a buyer quotes it: {told}");
    let went: Vec<&str> = file
        .timeline
        .iter()
        .filter_map(|moment| match &moment.what {
            Happened::Went(went) if !went.human => Some(went.text.as_str()),
            _ => None,
        })
        .collect();
    assert!(matches!(&went[..], [text] if text.contains("/s/…") && !text.contains(&token)), "{went:?}");
    let documents = desk.b.store.unindexed(99).await.expect("read");
    assert!(documents.iter().any(|document| document.text.contains("/s/…")), "the message is found");
    assert!(documents.iter().all(|document| !document.text.contains(&token)), "and its link is not");
}

async fn by_machine(b: Bench) {
    let desk = speaking(b);
    answered(&desk, ANA).await;
    assert_eq!(ask(&desk, MORNING).await, 1);
    let row = desk.b.store.claim(at(MORNING), &[]).await.expect("runs").expect("a question waits");
    assert_eq!((row.kind, row.human), (OutboundKind::Ack, false));
    assert_eq!(desk.b.text("SELECT recipient_key FROM outbox WHERE human = 0").await, ANA);
    assert!(row.payload.text().contains("automatic"), "{}", row.payload.text());
    let Payload::Mail(mail) = &row.payload else { panic!("no mail: {:?}", row.payload) };
    let raw = String::from_utf8_lossy(&mail.bytes);
    assert!(raw.contains("Auto-Submitted: auto-replied") && raw.contains("In-Reply-To"), "{raw}");
}

async fn never(b: Bench) {
    let desk = speaking(b);
    let people = ["suppressed", "off", "silent", "machine", "restored"].map(|name| format!("{name}@buyer.example"));
    let mut ids = Vec::new();
    for from in &people {
        ids.push(match from.as_str() {
            "silent@buyer.example" => {
                let id = desk.opened(from, &[]).await;
                desk.act("lin", id, AgentCommand::Close(Closing::default()), at(3)).await.expect("closed");
                id
            }
            _ => answered(&desk, from).await,
        });
    }
    let thread = |id: TicketId| format!("(SELECT thread FROM ticket WHERE id = {id})");
    desk.b.run("UPDATE buyer SET suppressed = 1 WHERE key = 'suppressed@buyer.example'").await;
    desk.b.run(&format!("UPDATE thread SET bot_off = 1 WHERE id = {}", thread(ids[1]))).await;
    let guard = r#""guards":[{"guard":"B3","action":"record","evidence":"auto-replied"}]"#;
    desk.b
        .run(&format!(
            "UPDATE verdict SET record = REPLACE(record, '\"guards\":[]', '{guard}')
             WHERE inbound IN (SELECT i.id FROM inbound i WHERE i.thread = {})",
            thread(ids[3])
        ))
        .await;
    let now = at(MORNING).as_millisecond();
    desk.b.run(&format!("UPDATE ticket SET closed_at = closed_at - 60000 WHERE id = {}", ids[4])).await;
    desk.b
        .run(&format!(
            "INSERT INTO restored (noticed_at, reason, actor, first_inbound, ended_at, ended_by)
             VALUES ({now}, 'r', 'a', 1, {now}, 'a')"
        ))
        .await;
    assert_eq!(ask(&desk, MORNING).await, 0);
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM satisfaction_passed").await, 5);
    for (id, why) in ids.iter().zip([
        "the machine never writes to this buyer",
        "the machine must not write in the conversation",
        "no person wrote to the buyer",
        "a machine must not answer the last message",
        "the store was put back from a backup since, and the buyer may have been asked",
    ]) {
        let noted = desk.b.text(&format!("SELECT why FROM satisfaction_passed WHERE ticket = {id}")).await;
        assert_eq!(noted, why);
    }
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM satisfaction").await, 0);
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM outbox WHERE human = 0").await, 0);
}

async fn later(b: Bench) {
    let desk = speaking(b);
    let id = answered(&desk, ANA).await;
    // Ten in the evening where the desk is, and nothing is known of the buyer's clock.
    assert_eq!(ask(&desk, 48 * 60).await, 0, "it is night");
    desk.b.store.pause(&Scope::Shop, "sale", "lin", at(MORNING)).await.expect("paused");
    assert_eq!(ask(&desk, MORNING).await, 0, "the shop is paused");
    desk.b.store.resume(&Scope::Shop, "lin", at(MORNING)).await.expect("resumed");
    let other = desk.opened(ANA, &[]).await;
    assert_eq!(ask(&desk, MORNING).await, 0, "another case is open");
    desk.act("lin", other, AgentCommand::Close(Closing::default()), at(MORNING)).await.expect("closed");
    let file = desk.file(id).await;
    let letter = desk.b.mail("tom@buyer.example", "q", at(MORNING)).await;
    let message = bench::outbound(&letter, OutboundKind::Ack);
    let full = Asking { most_of_shop: 0, ..asking(&file.ticket, &letter, &message) };
    let put_off = desk.b.store.ask_satisfaction(&full, at(MORNING)).await.expect("runs");
    assert!(matches!(put_off, AskOutcome::Later(why) if why.contains("caps")), "{put_off:?}");
    assert_eq!(ask(&desk, MORNING + 12 * 24 * 60).await, 0, "it is too long ago");
    assert_eq!(ask(&desk, MORNING).await, 1, "nothing stands against it any more");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM satisfaction_passed").await, 0);
}

async fn one_of_many(b: Bench) {
    let desk = speaking(b);
    let (first, second) = (answered(&desk, ANA).await, answered(&desk, ANA).await);
    let tom = answered(&desk, "tom@buyer.example").await;
    assert_eq!(ask(&desk, MORNING).await, 2, "one question for each buyer");
    assert_eq!(desk.b.number(&format!("SELECT COUNT(*) FROM satisfaction WHERE ticket = {tom}")).await, 1);
    let asked = format!("SELECT COUNT(*) FROM satisfaction WHERE ticket IN ({first}, {second})");
    assert_eq!(desk.b.number(&asked).await, 1);
}

async fn complaints(b: Bench) {
    let desk = speaking(b);
    let (plain, complaint) = (answered(&desk, ANA).await, answered(&desk, "tom@buyer.example").await);
    desk.b.run(&format!("UPDATE ticket SET tags = '[\"complaint\"]' WHERE id = {complaint}")).await;
    let asked = asks(&desk, Whom::Complaints).ask(at(MORNING)).await.expect("runs");
    assert_eq!(asked, 1);
    assert_eq!(desk.b.number("SELECT ticket FROM satisfaction").await, complaint.0);
    assert_eq!(desk.b.number("SELECT ticket FROM satisfaction_passed").await, plain.0, "for good");
    assert_eq!(ask(&desk, MORNING).await, 0, "also where everybody is asked from now on");
}

async fn breaks(b: Bench) {
    let desk = speaking(b);
    let (ana, tom) = (answered(&desk, ANA).await, answered(&desk, "tom@buyer.example").await);
    desk.b.store.note_question_breaks(ana, 5).await.expect("counted");
    desk.b.store.note_question_breaks(tom, 3).await.expect("counted");
    desk.b.store.note_question_breaks(tom, 4).await.expect("counted");
    assert_eq!(ask(&desk, MORNING).await, 1);
    assert_eq!(desk.b.number("SELECT ticket FROM satisfaction").await, tom.0, "four times may be chance");
    let why = desk.b.text(&format!("SELECT why FROM satisfaction_passed WHERE ticket = {ana}")).await;
    assert_eq!(why, "the program ended several times while the question was written");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM satisfaction_begun").await, 0, "nothing is under way");
}

async fn two_at_once(b: Bench) {
    let desk = speaking(b);
    for number in 0..4 {
        answered(&desk, &format!("b{number}@buyer.example")).await;
    }
    let (one, other) = tokio::join!(ask(&desk, MORNING), ask(&desk, MORNING));
    assert_eq!(one + other, 4);
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM outbox WHERE human = 0").await, 4);
}

async fn taken_up(b: Bench) {
    let desk = speaking(b);
    let id = answered(&desk, ANA).await;
    assert_eq!(ask(&desk, MORNING).await, 1);
    desk.act("lin", id, AgentCommand::Reopen, at(MORNING)).await.expect("open again");
    desk.act("lin", id, AgentCommand::Claim, at(MORNING)).await.expect("it is free");
    assert_eq!(desk.b.store.claim(at(MORNING + 1), &[]).await.expect("runs"), None, "the question was stopped");
}

fn rating(score: u32, remark: &str) -> Rating<'_> {
    Rating { score, remark, respond_by: Some(at(MORNING + 240)) }
}

/// A buyer who was asked under `hash`.
async fn asked(b: Bench) -> (Desk, TicketId) {
    let (ticket, letter) = closed(&b).await;
    let message = bench::outbound(&letter, OutboundKind::Ack);
    let outcome = b.store.ask_satisfaction(&asking(&ticket, &letter, &message), at(MORNING)).await.expect("runs");
    assert_eq!(outcome, AskOutcome::Asked);
    (Desk::new(b), ticket.id)
}

async fn bad_score(b: Bench) {
    let (desk, id) = asked(b).await;
    let store = &desk.b.store;
    assert!(store.answer_satisfaction("hash", &rating(4, ""), at(MORNING)).await.expect("runs"));
    assert_eq!(desk.file(id).await.ticket.state, TicketState::Closed, "who is content stays so");
    assert!(store.answer_satisfaction("hash", &rating(1, "<b>slow</b>"), at(MORNING)).await.expect("runs"));
    let file = desk.file(id).await;
    let ticket = &file.ticket;
    assert_eq!((ticket.state, ticket.urgency), (TicketState::Open, Urgency::High));
    assert_eq!(ticket.respond_by, Some(at(MORNING + 240)));
    assert!(ticket.reasons.contains(&"The buyer was not content: 1 of 5.".to_owned()), "{:?}", ticket.reasons);
    let rated: Vec<&str> =
        file.events.iter().filter(|event| event.what == EventKind::Rated).map(|event| event.text.as_str()).collect();
    assert_eq!(rated, ["4 of 5", "1 of 5\n<b>slow</b>"]);
    desk.act("lin", id, AgentCommand::Close(Closing::default()), at(MORNING + 1)).await.expect("closed");
    assert!(store.answer_satisfaction("hash", &rating(2, ""), at(MORNING + 2)).await.expect("runs"));
    assert_eq!(desk.file(id).await.ticket.state, TicketState::Closed, "a person has looked at a bad score already");
}

async fn changed(b: Bench) {
    let (desk, id) = asked(b).await;
    let store = &desk.b.store;
    for score in [0, 6] {
        assert!(!store.answer_satisfaction("hash", &rating(score, ""), at(MORNING)).await.expect("runs"), "{score}");
    }
    assert!(!store.answer_satisfaction("other", &rating(5, ""), at(MORNING)).await.expect("runs"));
    let late = at(MORNING) + SignedDuration::from_hours(60 * 24 + 1);
    assert!(!store.answer_satisfaction("hash", &rating(5, ""), late).await.expect("runs"), "it is too old");
    assert_eq!(store.satisfaction_question("hash", late).await.expect("read"), None);
    // The same again is no change, however often.
    let long = "好".repeat(2 * LONGEST_REMARK);
    for _ in 0..20 {
        assert!(store.answer_satisfaction("hash", &rating(5, &long), at(MORNING)).await.expect("runs"));
    }
    let kept = store.satisfaction_question("hash", at(MORNING)).await.expect("read").expect("there").remark;
    assert_eq!(kept, "好".repeat(LONGEST_REMARK));
    let mut taken = 0;
    for turn in 0..20 {
        taken +=
            u32::from(store.answer_satisfaction("hash", &rating(3 + turn % 2, ""), at(MORNING)).await.expect("runs"));
    }
    assert_eq!(taken, 14, "nine changes, for ten answers in all, and five times what was said already");
    let lines = desk.file(id).await.events.iter().filter(|event| event.what == EventKind::Rated).count();
    assert_eq!(lines, 10);
}

async fn counted(b: Bench) {
    let (desk, _) = asked(b).await;
    let store = &desk.b.store;
    let days = Days::new(vec![at(0), at(MORNING + 1)]).expect("days");
    let asked = Satisfaction { asked: 1, ..Satisfaction::default() };
    assert_eq!(store.satisfaction(&days, None).await.expect("counted"), asked);
    assert_eq!(asked.mean(), None);
    assert!(store.answer_satisfaction("hash", &rating(2, ""), at(MORNING)).await.expect("runs"));
    let answered = Satisfaction { answered: 1, sum: 2, bad: 1, ..asked };
    assert_eq!((store.satisfaction(&days, None).await.expect("counted"), answered.mean()), (answered, Some(2.0)));
    let (mine, other) = ([bench::account()], [AccountName::from("elsewhere")]);
    assert_eq!(store.satisfaction(&days, Some(&mine)).await.expect("counted"), answered);
    assert_eq!(store.satisfaction(&days, Some(&other)).await.expect("counted"), Satisfaction::default());
    let before = Days::new(vec![at(-60), at(0)]).expect("days");
    assert_eq!(store.satisfaction(&before, None).await.expect("counted"), Satisfaction::default());
}
