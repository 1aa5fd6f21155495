//! Promises about what people do to tickets, through the one entry for human acts.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    channel::folder,
    desk::transition::Refusal,
    diagnostic::source::SourceMap,
    engine::Engine,
    model::{
        agent_command::{AgentCommand, Answer, Schedule},
        closing::{CloseResult, Closing, Compensation},
        figures::Days,
        ids::{AccountName, TicketId},
        outbound::{OutboundKind, Phase},
        ticket::{EventKind, Ticket, TicketState, Urgency},
        wire_id::InstanceKey,
    },
    replies::catalog::Catalog,
    rules::set::RuleSet,
    service::{
        accounts::{AccountSettings, Accounts},
        agents::{self, ActError, Done, UndoError, Wish},
        handle::Handle,
    },
    store::{
        card::BuyerAct,
        outbox::Settlement,
        ticket::TicketFile,
        timeline::{Happened, Waiting},
    },
};

use super::{
    Case,
    bench::{self, Bench, Plan, at},
    outboxes::claim,
};
use crate::decisions::world;

pub(super) const CASES: &[Case] = &[
    ("of_two_claims_the_second_is_told_who_and_since_when", |b| Box::pin(two_claims(b))),
    ("a_reply_waits_ten_seconds_before_it_leaves", |b| Box::pin(a_reply_waits(b))),
    ("a_reply_taken_back_leaves_everything_as_it_was", |b| Box::pin(a_reply_taken_back(b))),
    ("a_reply_that_left_cannot_be_taken_back", |b| Box::pin(a_reply_that_left(b))),
    ("after_ten_seconds_nothing_can_be_taken_back", |b| Box::pin(too_late(b))),
    ("nobody_takes_back_what_another_did", |b| Box::pin(not_mine(b))),
    ("a_close_is_taken_back", |b| Box::pin(a_close_is_taken_back(b))),
    ("a_reply_for_a_later_hour_lets_the_clock_run_until_it_leaves", |b| Box::pin(a_scheduled_reply(b))),
    ("a_reply_for_a_later_hour_is_taken_back_when_the_buyer_writes", |b| Box::pin(the_buyer_writes(b))),
    ("a_second_reply_replaces_a_waiting_one_only_if_confirmed", |b| Box::pin(a_second_reply(b))),
    ("drafts_are_counted_by_what_people_did_with_them", |b| Box::pin(drafts_are_counted(b))),
    ("a_complaint_is_closed_only_when_it_is_accounted_for", |b| Box::pin(a_complaint(b))),
    ("who_has_not_seen_the_buyers_message_is_told", |b| Box::pin(unseen_message(b))),
    ("what_the_machine_was_about_to_say_is_stopped", |b| Box::pin(stopped(b))),
    ("a_ticket_that_is_put_off_comes_back_when_the_buyer_writes", |b| Box::pin(put_off(b))),
    ("an_answer_that_an_act_stopped_is_a_persons_business", |b| Box::pin(stopped_by_any_act(b))),
    ("what_was_decided_under_an_act_that_is_undone_never_leaves", |b| Box::pin(decided_before_undo(b))),
    ("a_scheduled_reply_that_was_taken_back_by_mistake_waits_again", |b| Box::pin(scheduled_again(b))),
    ("clocks_of_two_processes_need_not_agree_to_the_second", |b| Box::pin(clocks_differ(b))),
    ("the_silence_after_a_scheduled_reply_begins_when_it_leaves", |b| Box::pin(silence_begins_when_it_leaves(b))),
    ("a_reply_that_came_back_is_a_persons_business", |b| Box::pin(came_back(b))),
    ("a_conversation_handed_back_is_the_machines_again", |b| Box::pin(handed_back(b))),
    ("a_colleagues_ticket_is_taken_only_if_confirmed", |b| Box::pin(a_colleagues_ticket(b))),
    ("what_people_set_on_a_buyers_card_no_message_unlearns", |b| Box::pin(a_buyers_card(b))),
    ("the_timeline_holds_messages_and_acts_in_order", |b| Box::pin(timeline(b))),
];

/// A shop at work: people act through the one entry.
pub(super) struct Desk {
    pub(super) b: Bench,
    handle: Handle,
}

impl Desk {
    pub(super) fn new(b: Bench) -> Self {
        Self::saying(b, &[])
    }

    /// One whose machine has these texts of the starter pack.
    pub(super) fn saying(b: Bench, replies: &[&str]) -> Self {
        let none = SourceMap::default();
        let mut sources = SourceMap::default();
        let texts = replies.iter().map(|reply| {
            let path = format!("replies/{reply}");
            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).expect("it is there");
            sources.add(&path, text)
        });
        let texts: Vec<_> = texts.collect();
        let settings =
            nightdesk::engine::settings::Settings { causes: vec!["customs".to_owned()], ..world::settings() };
        let engine = Engine::new(settings, RuleSet::read(&none, &[]).0, Catalog::read(&sources, &texts).0);
        let folder = folder::Settings {
            name: bench::account(),
            address: "support@lantern-home.example".to_owned(),
            display_name: "Lantern Home".to_owned(),
            inbox: b.folder().join("in"),
            outbox: b.folder().join("out"),
            poll_millis: 1_000,
        };
        let accounts = Accounts::new(&[AccountSettings::Folder(folder)], InstanceKey::new([7; 32]));
        let handle = Handle::beside(b.store.clone(), engine, accounts);
        Self { b, handle }
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) async fn wish(&self, wish: Wish, now: Timestamp) -> Result<Done, ActError> {
        agents::act(&self.handle, &wish, now).await
    }

    pub(super) async fn act(
        &self,
        by: &str,
        id: TicketId,
        command: AgentCommand,
        now: Timestamp,
    ) -> Result<Done, ActError> {
        self.wish(Wish::new(by.into(), id, command), now).await
    }

    /// The same act of a person who was told what stands in the way.
    pub(super) async fn confirmed(&self, by: &str, id: TicketId, command: AgentCommand, now: Timestamp) -> Done {
        let wish = Wish { despite: true, ..Wish::new(by.into(), id, command) };
        self.wish(wish, now).await.expect("confirmed")
    }

    pub(super) async fn undo(&self, by: &str, id: TicketId, now: Timestamp) -> Result<Ticket, UndoError> {
        agents::undo(&self.handle, &by.into(), id, now).await
    }

    pub(super) async fn file(&self, id: TicketId) -> TicketFile {
        self.b.store.ticket(id).await.expect("read").expect("there")
    }

    /// A mail of a buyer that needs a person by the end of the second hour.
    pub(super) async fn opened(&self, from: &str, kinds: &[OutboundKind]) -> TicketId {
        let letter = self.b.mail(from, "Where is it?", at(0)).await;
        let id = self.b.decide(&letter, Plan::escalate().sending(kinds), at(0)).await.ticket.expect("a ticket");
        let due = at(120).as_millisecond();
        self.b.run(&format!("UPDATE ticket SET respond_by = {due} WHERE id = {id}")).await;
        id
    }

    /// The buyer writes again in the same conversation.
    pub(super) async fn writes_again(&self, from: &str, now: Timestamp) {
        let first = self.b.text("SELECT message_id FROM inbound ORDER BY id LIMIT 1").await;
        let letter = self.b.reply(from, "And one more thing", &[&first], now).await;
        self.b.decide(&letter, Plan::escalate().sending(&[]), now).await;
    }
}

pub(super) fn reply(text: &str) -> AgentCommand {
    AgentCommand::Reply(Answer::now(text))
}

pub(super) fn later(text: &str, now: Timestamp) -> AgentCommand {
    AgentCommand::Reply(Answer { text: text.to_owned(), from_draft: false, schedule: Schedule::At(now) })
}

fn seconds(minutes: i64, seconds: i64) -> Timestamp {
    at(minutes) + SignedDuration::from_secs(seconds)
}

async fn two_claims(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let done = desk.act("lin", id, AgentCommand::Claim, at(1)).await.expect("it is free");
    assert_eq!((done.ticket.state, done.ticket.claimed_at), (TicketState::Claimed, Some(at(1))));
    let refused = desk.act("kim", id, AgentCommand::Claim, at(2)).await.expect_err("lin has it");
    let taken = Refusal::TakenBy { ticket: id, owner: "lin".into(), at: Some(at(1)) };
    assert!(matches!(&refused, ActError::Refused(refusal) if *refusal == taken), "{refused}");
    assert!(refused.may_be_confirmed());
    let released = desk.act("lin", id, AgentCommand::Release, at(3)).await.expect("it is lin's").ticket;
    assert_eq!((released.state, released.assignee, released.claimed_at), (TicketState::Open, None, None));
    assert_eq!(released.respond_by, Some(at(120)), "only an answer stops the clock");
}

async fn a_reply_waits(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[OutboundKind::Ack]).await;
    let done = desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    assert_eq!((done.leaves_at, done.undo_until), (Some(seconds(1, 10)), Some(seconds(1, 10))));
    assert_eq!((done.ticket.state, done.ticket.respond_by), (TicketState::Waiting, None));
    assert_eq!(desk.b.store.claim(seconds(1, 9), &[]).await.expect("runs"), None, "the ack was overtaken");
    let row = desk.b.store.claim(seconds(1, 10), &[]).await.expect("runs").expect("its time has come");
    assert_eq!((row.human, row.payload.text(), row.created_at), (true, "Tomorrow.", seconds(1, 10)));
}

async fn a_reply_taken_back(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[OutboundKind::Draft]).await;
    let before = desk.file(id).await;
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    assert_eq!(desk.file(id).await.draft, None);
    desk.undo("lin", id, seconds(1, 9)).await.expect("it has not left");
    let after = desk.file(id).await;
    assert_eq!((after.ticket.state, &after.ticket.assignee), (TicketState::Open, &None));
    assert_eq!(after.ticket.respond_by, before.ticket.respond_by);
    let words = |file: &TicketFile| file.draft.as_ref().map(|(_, draft)| draft.text().to_owned());
    assert_eq!(words(&after), words(&before), "the draft waits again");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM draft_outcome").await, 0);
    assert_eq!(claim(&desk.b, 60).await, None, "nothing leaves");
    assert_eq!(after.events.last().map(|event| event.what), Some(EventKind::Undone));
    let again = desk.undo("lin", id, seconds(1, 9)).await.expect_err("it is undone already");
    assert!(matches!(again, UndoError::Nothing(_)), "{again}");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM thread WHERE last_human_reply IS NOT NULL").await, 0);
}

async fn a_reply_that_left(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    desk.b.store.claim(seconds(1, 10), &[]).await.expect("runs").expect("its time has come");
    let refused = desk.undo("lin", id, seconds(1, 10)).await.expect_err("it is being sent");
    assert!(matches!(refused, UndoError::Left(_)), "{refused}");
    assert_eq!(desk.file(id).await.ticket.state, TicketState::Waiting);
}

async fn too_late(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, AgentCommand::Claim, at(1)).await.expect("it is free");
    let refused = desk.undo("lin", id, seconds(1, 11)).await.expect_err("eleven seconds are over");
    assert!(matches!(refused, UndoError::TooLate(EventKind::Claimed)), "{refused}");
    assert_eq!(desk.file(id).await.ticket.state, TicketState::Claimed);
}

async fn not_mine(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, AgentCommand::Claim, at(1)).await.expect("it is free");
    let refused = desk.undo("kim", id, at(1)).await.expect_err("it is lin's act");
    assert!(matches!(refused, UndoError::Nothing(_)), "{refused}");
    assert_eq!(desk.file(id).await.ticket.assignee, Some("lin".into()));
}

async fn a_close_is_taken_back(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("kim", id, AgentCommand::Claim, at(1)).await.expect("it is free");
    desk.act("kim", id, AgentCommand::Close(Closing::saying("done")), at(2)).await.expect("it can be closed");
    assert_eq!(desk.b.number(&format!("SELECT closed_at FROM ticket WHERE id = {id}")).await, at(2).as_millisecond());
    let ticket = desk.undo("kim", id, at(2)).await.expect("at once");
    assert_eq!(
        (ticket.state, ticket.assignee, ticket.respond_by),
        (TicketState::Claimed, Some("kim".into()), Some(at(120)))
    );
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM ticket WHERE closed_at IS NOT NULL").await, 0);
}

async fn a_scheduled_reply(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let done = desk.act("lin", id, later("Good morning", at(60)), at(1)).await.expect("it can be answered");
    assert_eq!((done.ticket.state, done.ticket.respond_by), (TicketState::Waiting, Some(at(120))));
    let Some(Waiting { at: leaves, text, .. }) = desk.file(id).await.scheduled else { panic!("it waits") };
    assert_eq!((leaves, text.as_str()), (at(60), "Good morning"));
    assert_eq!(claim(&desk.b, 59).await, None);
    let row = claim(&desk.b, 60).await.expect("its hour has come");
    desk.b.store.set_phase(row.id, Phase::Dot).await.expect("it may leave");
    let sent = Settlement::Sent { proof: "250 ok".to_owned() };
    desk.b.store.settle(row.id, &sent, at(60)).await.expect("settled");
    assert_eq!(desk.file(id).await.ticket.respond_by, None, "the buyer was answered");
}

async fn the_buyer_writes(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, later("Good morning", at(60)), at(1)).await.expect("it can be answered");
    desk.writes_again("ana@buyer.example", at(2)).await;
    let file = desk.file(id).await;
    assert_eq!((file.ticket.state, file.scheduled), (TicketState::Open, None));
    assert!(file.events.iter().any(|event| event.what == EventKind::TakenBack && event.by == "nightdesk"));
    assert_eq!(claim(&desk.b, 90).await, None, "it was written without the buyer's last words");
}

async fn a_second_reply(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, later("Good morning", at(60)), at(1)).await.expect("it can be answered");
    let refused = desk.act("lin", id, reply("At once!"), at(2)).await.expect_err("one waits");
    assert!(refused.may_be_confirmed(), "{refused}");
    let wish = Wish { despite: true, ..Wish::new("lin".into(), id, reply("At once!")) };
    desk.wish(wish, at(2)).await.expect("confirmed");
    let row = claim(&desk.b, 3).await.expect("it leaves first");
    assert_eq!(row.payload.text(), "At once!");
    let sent = Settlement::Sent { proof: "250 ok".to_owned() };
    desk.b.store.settle(row.id, &sent, at(3)).await.expect("settled");
    assert_eq!(claim(&desk.b, 90).await, None, "the waiting one was replaced");
}

async fn drafts_are_counted(b: Bench) {
    let desk = Desk::new(b);
    let from_draft =
        |text: &str| AgentCommand::Reply(Answer { text: text.to_owned(), from_draft: true, schedule: Schedule::Now });
    for (number, command) in [
        AgentCommand::SendDraft(Schedule::Now),
        from_draft("The same, but kinder."),
        AgentCommand::RejectDraft("wrong country".to_owned()),
        reply("Something else."),
        AgentCommand::Close(Closing::default()),
    ]
    .into_iter()
    .enumerate()
    {
        let id = desk.opened(&format!("b{number}@buyer.example"), &[OutboundKind::Draft]).await;
        desk.b.run("UPDATE outbox SET intents = '[\"customs\"]' WHERE state = 'held'").await;
        desk.act("lin", id, command, at(1)).await.expect("it is possible");
        assert_eq!(desk.file(id).await.draft, None);
    }
    let counts = desk.b.store.draft_counts(None, at(0)).await.expect("counted");
    let [customs] = &counts[..] else { panic!("one rule, not {counts:?}") };
    assert_eq!((customs.sent, customs.edited, customs.rejected, customs.unused), (1, 1, 1, 2));
    assert!(desk.b.store.draft_counts(None, at(2)).await.expect("counted").is_empty());
    let [own, other] = [bench::account(), AccountName::from("other")].map(|account| vec![account]);
    for (from, accounts, expected) in [(1, None, 4), (1, Some(&own), 4), (1, Some(&other), 0), (0, None, 0)] {
        let days = Days::new(vec![at(from), at(from + 1)]).expect("a minute");
        let figures = desk.b.store.figures(&days, accounts.map(Vec::as_slice), at(9)).await.expect("counted");
        assert_eq!(figures.drafts.len(), expected, "from minute {from}: {:?}", figures.drafts);
        assert_eq!(figures.drafts.iter().map(|count| count.drafts).sum::<u64>() == 5, expected > 0);
        let counts = desk.b.store.draft_counts(accounts.map(Vec::as_slice), at(from)).await.expect("counted");
        assert_eq!(counts.len(), usize::from(accounts != Some(&other)), "{counts:?}");
        let thrown_away =
            desk.b.store.rejections(&"customs".into(), accounts.map(Vec::as_slice), 9).await.expect("read");
        let told: Vec<_> = thrown_away.iter().map(|one| (one.by.as_str(), one.reason.as_str(), one.at)).collect();
        let all = [("lin", "wrong country", at(1))];
        assert_eq!(told, if accounts == Some(&other) { &all[..0] } else { &all[..] });
    }
    assert_eq!(desk.b.store.rejections(&"where_is_it".into(), None, 9).await.expect("read"), []);
}

async fn a_complaint(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, AgentCommand::Tag("Complaint".to_owned()), at(1)).await.expect("a label");
    let untag = || AgentCommand::Untag("Complaint".to_owned());
    let refused = desk.act("lin", id, untag(), at(1)).await.expect_err("closing would ask for nothing any more");
    assert!(refused.may_be_confirmed() && refused.to_string().contains("label `complaint`"), "{refused}");
    let close = |closing| desk.act("lin", id, AgentCommand::Close(closing), at(2));
    let whole = Closing {
        text: "she keeps it".to_owned(),
        result: Some(CloseResult::Refunded),
        cause: Some("customs".to_owned()),
        compensation: Some(Compensation::Amount { minor: 1_250, currency: "EUR".to_owned() }),
    };
    let refused = close(Closing { compensation: None, ..whole.clone() }).await.expect_err("it costs something");
    assert_eq!(refused.to_string(), format!("ticket {id} is a complaint: say compensation before it is closed"));
    let refused = close(Closing { cause: Some("weather".to_owned()), ..whole.clone() }).await;
    assert!(matches!(refused, Err(ActError::Refused(Refusal::UnknownCause { .. }))));
    let ticket = close(whole.clone()).await.expect("it is accounted for").ticket;
    assert_eq!((ticket.result, ticket.cause, ticket.compensation), (whole.result, whole.cause, whole.compensation));
    let told = desk.file(id).await.events.last().map(|event| event.text.clone());
    assert_eq!(told.as_deref(), Some("she keeps it\nresult: refunded, cause: customs, compensation: 12.50 EUR"));
    let sure = Wish { despite: true, ..Wish::new("lin".into(), id, untag()) };
    let tags = desk.wish(sure, at(3)).await.expect("it was none, says lin").ticket.tags;
    assert!(!tags.contains(&"complaint".to_owned()), "{tags:?}");
}

async fn unseen_message(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let seen = desk.file(id).await.ticket.version;
    let wish = |command| Wish { seen: Some(seen), ..Wish::new("lin".into(), id, command) };
    desk.act("kim", id, AgentCommand::Note("she called".to_owned()), at(1)).await.expect("a note");
    desk.wish(wish(AgentCommand::Claim), at(2)).await.expect("a note stands in nobody's way");
    desk.writes_again("ana@buyer.example", at(3)).await;
    let refused = desk.wish(wish(reply("Tomorrow.")), at(4)).await.expect_err("she wrote again");
    let ActError::Conflict { ticket, last: Some(last) } = refused else { panic!("{refused}") };
    assert_eq!((ticket.id, last.what, last.by.as_str()), (id, EventKind::Inbound, "buyer"));
    assert_eq!(claim(&desk.b, 60).await, None);
    desk.wish(wish(AgentCommand::Note("so what".to_owned())), at(5)).await.expect("a note is always possible");
}

async fn stopped(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let refused = desk.act("lin", id, AgentCommand::StopPending, at(1)).await;
    assert!(matches!(refused, Err(ActError::Refused(Refusal::NothingPending(_)))));
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    let first = desk.b.text("SELECT message_id FROM inbound ORDER BY id LIMIT 1").await;
    let letter = desk.b.reply("ana@buyer.example", "Customs?", &[&first], at(2)).await;
    let answer = desk.b.decide(&letter, Plan::answer(), at(2)).await.outbox[0];
    assert_eq!(desk.file(id).await.pending.map(|pending| pending.id), Some(answer));
    let ticket = desk.act("kim", id, AgentCommand::StopPending, at(2)).await.expect("it has not begun").ticket;
    assert_eq!((ticket.state, ticket.assignee), (TicketState::Claimed, Some("kim".into())));
    assert!(ticket.respond_by.is_some(), "the buyer waits for a person now");
    assert!(desk.b.is(answer, "cancelled").await);
    let outcome = desk.b.text(&format!("SELECT outcome FROM inbound WHERE id = {}", letter.id)).await;
    assert_eq!(outcome, "escalated");
}

/// A ticket that waits for the buyer, who has written again and is about to be answered by the machine.
async fn about_to_answer(desk: &Desk) -> (TicketId, nightdesk::model::ids::InboundId, nightdesk::model::ids::OutboxId) {
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    let row = claim(&desk.b, 2).await.expect("lin's reply");
    let sent = Settlement::Sent { proof: "250 ok".to_owned() };
    desk.b.store.settle(row.id, &sent, at(2)).await.expect("settled");
    let first = desk.b.text("SELECT message_id FROM inbound ORDER BY id LIMIT 1").await;
    let letter = desk.b.reply("ana@buyer.example", "Customs?", &[&first], at(3)).await;
    let answer = desk.b.decide(&letter, Plan::answer(), at(3)).await.outbox[0];
    (id, letter.id, answer)
}

async fn stopped_by_any_act(b: Bench) {
    let desk = Desk::new(b);
    let (id, letter, answer) = about_to_answer(&desk).await;
    desk.act("kim", id, AgentCommand::Claim, at(4)).await.expect("it is free");
    assert!(desk.b.is(answer, "cancelled").await);
    assert_eq!(desk.b.text(&format!("SELECT outcome FROM inbound WHERE id = {letter}")).await, "escalated");
    let back = desk.undo("kim", id, at(4)).await.expect("at once");
    assert_eq!(back.state, TicketState::Open, "nobody answered her");
    assert!(back.respond_by.is_some());
    desk.act("kim", id, AgentCommand::Claim, at(5)).await.expect("it is free");
    let ticket = desk.act("kim", id, AgentCommand::HandBack, at(6)).await.expect("it is kim's").ticket;
    assert_eq!(ticket.state, TicketState::Open, "she waits for a person");
    // Neither an assignment nor the switch leaves her where nobody looks.
    desk.act("kim", id, reply("Here."), at(7)).await.expect("it can be answered");
    let first = desk.b.text("SELECT message_id FROM inbound ORDER BY id LIMIT 1").await;
    for (minute, command) in [(10, AgentCommand::Assign("lin".into())), (20, AgentCommand::BotOff)] {
        let letter = desk.b.reply("ana@buyer.example", "And?", &[&first], at(minute)).await;
        desk.b.decide(&letter, Plan::answer(), at(minute)).await;
        let wish = Wish { despite: true, ..Wish::new("kim".into(), id, command.clone()) };
        let ticket = desk.wish(wish, at(minute)).await.expect("possible").ticket;
        assert!(matches!(ticket.state, TicketState::Open | TicketState::Claimed), "{command:?}: {:?}", ticket.state);
        assert!(ticket.respond_by.is_some(), "{command:?}");
        let wish = Wish { despite: true, ..Wish::new("kim".into(), id, reply("Here.")) };
        desk.wish(wish, at(minute + 1)).await.expect("it can be answered");
    }
}

async fn decided_before_undo(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("kim", id, AgentCommand::Claim, at(1)).await.expect("it is free");
    desk.act("kim", id, AgentCommand::Close(Closing::saying("done")), at(2)).await.expect("it can be closed");
    // In these seconds the buyer writes, and the machine answers: nobody has the conversation.
    let first = desk.b.text("SELECT message_id FROM inbound ORDER BY id LIMIT 1").await;
    let letter = desk.b.reply("ana@buyer.example", "Customs?", &[&first], at(2)).await;
    let late = desk.b.reply("ana@buyer.example", "Customs!", &[&first], at(2)).await;
    let answer = desk.b.decide(&letter, Plan::answer(), at(2)).await.outbox[0];
    let under_way = desk.b.commit_of(&late, Plan::answer(), at(2)).await;
    let ticket = desk.undo("kim", id, seconds(2, 5)).await.expect("at once");
    assert_eq!((ticket.state, ticket.assignee), (TicketState::Claimed, Some("kim".into())));
    assert_eq!(claim(&desk.b, 60).await, None, "kim has the conversation again");
    assert!(desk.b.is(answer, "cancelled").await);
    let refused = desk.b.store.commit(&under_way).await.expect("runs");
    assert!(matches!(refused, nightdesk::model::commit::CommitOutcome::Refused(_)), "{refused:?}");
}

async fn scheduled_again(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, later("Good morning", at(60)), at(1)).await.expect("it can be answered");
    desk.act("lin", id, AgentCommand::CancelReply, at(2)).await.expect("it waits");
    desk.undo("lin", id, at(2)).await.expect("at once");
    let file = desk.file(id).await;
    assert_eq!(file.ticket.state, TicketState::Waiting);
    assert_eq!(file.scheduled.map(|waiting| waiting.at), Some(at(60)), "everything is as it was");
    let wish = Wish { despite: true, ..Wish::new("lin".into(), id, reply("At once!")) };
    desk.wish(wish, at(3)).await.expect("confirmed");
    desk.undo("lin", id, at(3)).await.expect("at once");
    assert_eq!(claim(&desk.b, 59).await, None);
    let row = claim(&desk.b, 60).await.expect("its hour has come");
    assert_eq!(row.payload.text(), "Good morning");
    assert_eq!(claim(&desk.b, 90).await, None, "once");
}

async fn clocks_differ(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.confirmed("lin", id, later("Good morning", at(600)), at(1)).await;
    let behind = at(1) - SignedDuration::from_secs(2);
    assert_eq!(desk.b.store.claim(behind, &[]).await.expect("runs"), None, "it waits for its hour");
    assert!(desk.b.store.due(behind).await.expect("read").is_empty());
}

async fn silence_begins_when_it_leaves(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let monday = 5 * 24 * 60;
    desk.confirmed("lin", id, later("Good morning", at(monday)), at(1)).await;
    let row = claim(&desk.b, monday).await.expect("its hour has come");
    desk.b.store.set_phase(row.id, Phase::Dot).await.expect("it may leave");
    let doubt = Settlement::Uncertain { reason: "timeout".to_owned(), verify_by: at(monday + 15) };
    desk.b.store.settle(row.id, &doubt, at(monday)).await.expect("settled");
    let sent = Settlement::Sent { proof: "250 ok".to_owned() };
    desk.b.store.settle(row.id, &sent, at(monday)).await.expect("settled");
    assert_eq!(desk.file(id).await.ticket.respond_by, None, "it left, as was found out");
    let said = desk.b.number("SELECT MAX(last_human_reply) FROM thread").await;
    assert_eq!(said, at(monday).as_millisecond(), "the machine does not talk over what was just said");
}

async fn came_back(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    let row = claim(&desk.b, 2).await.expect("lin's reply");
    let sent = Settlement::Sent { proof: "250 ok".to_owned() };
    desk.b.store.settle(row.id, &sent, at(2)).await.expect("settled");
    let ours = desk.b.text(&format!("SELECT message_id FROM outbox WHERE id = {}", row.id)).await;
    let report = nightdesk::model::ids::InboundId(900);
    desk.b.store.bounced(report, &ours, "5.1.1 unknown", at(3)).await.expect("noted");
    assert_eq!(desk.file(id).await.ticket.state, TicketState::Open, "she has no answer");
}

async fn put_off(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let past = desk.act("lin", id, AgentCommand::Snooze(at(0)), at(1)).await.expect_err("it is over");
    assert!(matches!(past, ActError::Refused(Refusal::Moment(_))), "{past}");
    let ticket = desk.confirmed("lin", id, AgentCommand::Snooze(at(600)), at(1)).await.ticket;
    assert_eq!((ticket.state, ticket.snoozed_until), (TicketState::Open, Some(at(600))));
    assert_eq!(ticket.respond_by, Some(at(120)), "the clock runs on");
    desk.act("kim", id, AgentCommand::Note("hm".to_owned()), at(2)).await.expect("a note");
    assert_eq!(desk.file(id).await.ticket.snoozed_until, Some(at(600)));
    desk.writes_again("ana@buyer.example", at(3)).await;
    assert_eq!(desk.file(id).await.ticket.snoozed_until, None);
}

async fn handed_back(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    desk.act("lin", id, AgentCommand::BotOff, at(1)).await.expect("switched off");
    assert!(desk.file(id).await.bot_off);
    desk.act("lin", id, AgentCommand::Claim, at(2)).await.expect("it is free");
    let ticket = desk.act("lin", id, AgentCommand::HandBack, at(3)).await.expect("it is lin's").ticket;
    assert_eq!((ticket.state, ticket.assignee), (TicketState::Waiting, None), "the buyer was answered");
    let first = desk.b.text("SELECT message_id FROM inbound ORDER BY id LIMIT 1").await;
    let letter = desk.b.reply("ana@buyer.example", "Thanks", &[&first], at(4)).await;
    let thread = desk.b.context(&letter, at(4)).await.thread.expect("known");
    assert_eq!((thread.claimed, thread.last_human_reply), (false, None));
    assert!(!desk.file(id).await.bot_off);
}

async fn a_colleagues_ticket(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    desk.act("lin", id, AgentCommand::Assign("kim".into()), at(1)).await.expect("it is free");
    let refused = desk.act("lin", id, reply("Tomorrow."), at(2)).await.expect_err("it is kim's");
    assert!(refused.may_be_confirmed(), "{refused}");
    let wish = Wish { despite: true, ..Wish::new("lin".into(), id, AgentCommand::Claim) };
    let ticket = desk.wish(wish, at(3)).await.expect("confirmed").ticket;
    assert_eq!((ticket.assignee, ticket.claimed_at), (Some("lin".into()), Some(at(3))));
    desk.act("kim", id, AgentCommand::SetUrgency(Urgency::Urgent), at(4)).await.expect("everybody may warn");
    assert_eq!(desk.file(id).await.ticket.urgency, Urgency::Urgent);
}

async fn a_buyers_card(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let store = &desk.b.store;
    for act in [
        BuyerAct::Note("pays late".to_owned()),
        BuyerAct::Grade(Some("vip".to_owned())),
        BuyerAct::Country(Some("de".to_owned())),
    ] {
        let act = act.checked().expect("it is one");
        assert!(store.change_buyer("ana@buyer.example", &"lin".into(), &act, at(1)).await.expect("written"));
        assert!(!store.change_buyer("nobody@buyer.example", &"lin".into(), &act, at(1)).await.expect("runs"));
    }
    let letter = desk.b.mail("ana@buyer.example", "I live in France", at(2)).await;
    let plan = Plan { country: Some("FR".to_owned()), ..Plan::escalate() };
    let second = desk.b.decide(&letter, plan, at(2)).await.ticket.expect("a ticket");
    let card = desk.file(id).await.card;
    assert_eq!((card.grade.as_deref(), card.country.as_deref(), card.messages), (Some("vip"), Some("DE"), 2));
    assert_eq!(card.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["pays late"]);
    assert_eq!(card.tickets.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), [second]);
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM audit WHERE actor = 'lin'").await, 3);
    assert!(BuyerAct::Country(Some("Germany".to_owned())).checked().is_err());
}

async fn timeline(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[OutboundKind::Ack]).await;
    desk.act("lin", id, AgentCommand::Note("hm".to_owned()), at(1)).await.expect("a note");
    desk.act("lin", id, reply("Tomorrow."), at(2)).await.expect("it can be answered");
    let told: Vec<String> = desk
        .file(id)
        .await
        .timeline
        .into_iter()
        .map(|moment| match moment.what {
            Happened::Came(came) => format!("came: {}", came.text),
            Happened::Went(went) => format!("{}: {}", went.author.unwrap_or_default(), went.state),
            Happened::Did(event) => format!("{} {}", event.by, event.what.as_str()),
        })
        .collect();
    let expected = ["came: Where is it?", "nightdesk opened", "lin note", ": cancelled", "lin: retry_at"];
    assert_eq!(told, expected);
}
