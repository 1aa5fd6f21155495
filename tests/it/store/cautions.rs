//! Promises about what people may regret: what they promise, what they take back, and whom a program works for.

use nightdesk::{
    desk::transition::Refusal,
    model::{
        agent_command::{AgentCommand, Schedule},
        closing::Closing,
        ids::AccountName,
        outbound::OutboundKind,
        ticket::{TicketState, Urgency},
    },
    service::agents::{ActError, Wish},
};

use super::{
    Case,
    acts::{Desk, later, reply},
    bench::{Bench, Plan, at},
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_promise_no_shop_can_keep_is_sent_only_if_confirmed", |b| Box::pin(promised(b))),
    ("a_complaint_stays_one_whatever_the_buyer_asks_next", |b| Box::pin(complaint_stays(b))),
    ("a_program_answers_through_its_own_accounts_only", |b| Box::pin(own_accounts(b))),
    ("taking_a_label_back_changes_nothing_about_any_conversation", |b| Box::pin(conversations_stay(b))),
    ("taking_a_label_back_stops_nothing_that_the_machine_is_about_to_say", |b| Box::pin(answers_stay(b))),
    ("taking_a_merge_back_gives_the_other_ticket_back_what_it_was", |b| Box::pin(target_put_back(b))),
    ("what_happened_to_the_other_ticket_since_stays_when_a_merge_is_taken_back", |b| Box::pin(target_moved_on(b))),
    ("what_would_wait_beyond_the_deadline_wants_to_be_confirmed", |b| Box::pin(past_deadline(b))),
];

const ANA: &str = "ana@buyer.example";

async fn promised(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let words = "We guarantee delivery by Friday, and your order has been cancelled.";
    let refused = desk.act("lin", id, reply(words), at(1)).await.expect_err("nobody can keep that");
    assert!(refused.may_be_confirmed());
    assert_eq!(
        refused.to_string(),
        "a shop should not promise: we guarantee delivery",
        "what a person did they may say"
    );
    // Whoever confirms the one has read the other.
    desk.act("kim", id, AgentCommand::Claim, at(2)).await.expect("it is free");
    let refused = desk.act("lin", id, reply(words), at(3)).await.expect_err("and kim has it");
    let ActError::Doubtful { also: Some(Refusal::TakenBy { .. }), .. } = &refused else { panic!("{refused}") };
    assert!(refused.to_string().contains("claimed by kim"), "{refused}");
    // Nothing can be confirmed that is not possible at all.
    let refused = desk.act("lin", id, reply("  "), at(4)).await.expect_err("no words");
    assert!(!refused.may_be_confirmed(), "{refused}");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM outbox WHERE human = 1").await, 0);
    let wish = Wish { despite: true, ..Wish::new("lin".into(), id, reply(words)) };
    desk.wish(wish, at(5)).await.expect("confirmed");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM outbox WHERE human = 1").await, 1);
}

async fn complaint_stays(b: Bench) {
    let desk = Desk::new(b);
    let letter = desk.b.mail(ANA, "It is broken", at(0)).await;
    let plan = Plan::escalate().labelled("complaint").sending(&[]);
    let id = desk.b.decide(&letter, plan, at(0)).await.ticket.expect("a ticket");
    desk.writes_again(ANA, at(1)).await;
    let refused = desk.act("lin", id, AgentCommand::Close(Closing::saying("done")), at(2)).await;
    assert!(matches!(refused, Err(ActError::Refused(Refusal::Unaccounted { .. }))), "{refused:?}");
    let other = desk.opened("tom@buyer.example", &[]).await;
    let wish = Wish { despite: true, ..Wish::new("lin".into(), id, AgentCommand::Merge(other)) };
    desk.wish(wish, at(3)).await.expect("confirmed");
    let refused = desk.act("lin", other, AgentCommand::Close(Closing::saying("done")), at(4)).await;
    assert!(matches!(refused, Err(ActError::Refused(Refusal::Unaccounted { .. }))), "it goes along: {refused:?}");
}

async fn own_accounts(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let (own, other) = (desk.file(id).await.recipient.account, AccountName::from("elsewhere"));
    let wish = |accounts: &AccountName, command| Wish {
        accounts: Some(vec![accounts.clone()]),
        ..Wish::new("token:erp".into(), id, command)
    };
    let refused = desk.wish(wish(&other, reply("Tomorrow.")), at(1)).await.expect_err("not its mailbox");
    assert!(matches!(refused, ActError::NothingToAnswer(_)), "{refused}");
    let into = desk.opened(ANA, &[]).await;
    let refused = desk.wish(wish(&other, AgentCommand::Merge(into)), at(1)).await.expect_err("not its ticket");
    assert!(matches!(refused, ActError::NoTicket(missing) if missing == into), "{refused}");
    desk.wish(wish(&own, reply("Tomorrow.")), at(2)).await.expect("its mailbox");
}

/// Two tickets of the same buyer in two conversations.
async fn two(desk: &Desk) -> (nightdesk::model::ids::TicketId, nightdesk::model::ids::TicketId) {
    (desk.opened(ANA, &[]).await, desk.opened(ANA, &[]).await)
}

async fn conversations_stay(b: Bench) {
    let desk = Desk::new(b);
    let (from, into) = two(&desk).await;
    desk.act("lin", from, AgentCommand::BotOff, at(1)).await.expect("switched off");
    desk.b.run("UPDATE thread SET pending = '{\"asked\":1}' WHERE bot_off = 1").await;
    desk.act("kim", from, AgentCommand::Merge(into), at(2)).await.expect("the same buyer");
    let stances = "SELECT CAST(COUNT(*) AS TEXT) || ' ' || CAST(SUM(bot_off) AS TEXT) || ' ' ||
                     CAST(COUNT(pending) AS TEXT) || ' ' || CAST(COUNT(last_human_reply) AS TEXT) FROM thread";
    let before = desk.b.text(stances).await;
    for (minute, command) in [(3, AgentCommand::Tag("vip".to_owned())), (4, AgentCommand::SetUrgency(Urgency::High))] {
        desk.act("lin", into, command, at(minute)).await.expect("possible");
        desk.undo("lin", into, at(minute)).await.expect("at once");
        assert_eq!(desk.b.text(stances).await, before);
    }
    desk.act("lin", into, AgentCommand::BotOn, at(5)).await.expect("one of them is off");
    desk.undo("lin", into, at(5)).await.expect("at once");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM thread WHERE bot_off = 1").await, 1, "the one that was off");
}

async fn answers_stay(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    // Long ago a person wrote; by now the machine speaks again.
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    claim(&desk.b, 2).await.expect("lin's reply");
    let first = desk.b.text("SELECT message_id FROM inbound ORDER BY id LIMIT 1").await;
    let letter = desk.b.reply(ANA, "Customs?", &[&first], at(10_000)).await;
    let answer = desk.b.decide(&letter, Plan::answer(), at(10_000)).await.outbox[0];
    desk.act("lin", id, AgentCommand::Tag("vip".to_owned()), at(10_000)).await.expect("a label");
    desk.undo("lin", id, at(10_000)).await.expect("at once");
    assert!(desk.b.is(answer, "ready").await, "a label is no reason to say nothing");
}

async fn target_put_back(b: Bench) {
    let desk = Desk::new(b);
    let (from, into) = two(&desk).await;
    desk.act("lin", into, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    desk.act("lin", from, AgentCommand::Tag("complaint".to_owned()), at(2)).await.expect("a label");
    desk.act("lin", from, AgentCommand::SetUrgency(Urgency::Urgent), at(2)).await.expect("possible");
    let was = desk.file(into).await.ticket;
    assert_eq!((was.state, was.respond_by), (TicketState::Waiting, None));
    desk.act("kim", from, AgentCommand::Merge(into), at(3)).await.expect("the same buyer");
    assert_eq!(desk.file(into).await.ticket.urgency, Urgency::Urgent);
    desk.undo("kim", from, at(3)).await.expect("at once");
    let is = desk.file(into).await.ticket;
    assert_eq!(
        (is.state, is.urgency, is.respond_by, is.tags, is.reasons),
        (was.state, was.urgency, was.respond_by, was.tags, was.reasons)
    );
}

async fn target_moved_on(b: Bench) {
    let desk = Desk::new(b);
    let (from, into) = two(&desk).await;
    desk.act("lin", from, AgentCommand::Tag("vip".to_owned()), at(2)).await.expect("a label");
    desk.act("kim", from, AgentCommand::Merge(into), at(3)).await.expect("the same buyer");
    desk.act("lin", into, AgentCommand::Tag("gift".to_owned()), at(3)).await.expect("a label");
    desk.undo("kim", from, at(3)).await.expect("at once");
    assert_eq!(desk.file(into).await.ticket.tags, ["vip", "gift"], "nothing that lin did is lost");
}

async fn past_deadline(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[OutboundKind::Draft]).await;
    let draft = |at| AgentCommand::SendDraft(Schedule::At(at));
    for (act, waits) in
        [(AgentCommand::Snooze(at(121)), at(121)), (later("Good morning", at(600)), at(600)), (draft(at(300)), at(300))]
    {
        let refused =
            desk.act("lin", id, act.clone(), at(1)).await.expect_err("the buyer waits for an answer before that");
        assert!(refused.may_be_confirmed(), "{refused}");
        let late = Refusal::PastDeadline { ticket: id, at: waits, respond_by: at(120) };
        assert!(matches!(&refused, ActError::Refused(refusal) if *refusal == late), "{act:?}: {refused}");
        assert!(refused.to_string().contains(&at(120).to_string()), "by when is told: {refused}");
    }
    desk.act("lin", id, AgentCommand::Snooze(at(120)), at(1)).await.expect("until the deadline");
    desk.undo("lin", id, at(1)).await.expect("at once");
    // What stands in the way is told at once: whoever confirms the one has read the others.
    desk.act("kim", id, AgentCommand::Claim, at(1)).await.expect("it is free");
    desk.act("kim", id, later("Good morning", at(60)), at(1)).await.expect("before the deadline");
    desk.act("kim", id, AgentCommand::Claim, at(2)).await.expect("kim has it");
    let refused = desk.act("lin", id, later("Good evening", at(600)), at(2)).await.expect_err("three things");
    let ActError::Refused(Refusal::Several(all)) = &refused else { panic!("{refused}") };
    assert!(
        matches!(&all[..], [Refusal::TakenBy { .. }, Refusal::Scheduled { .. }, Refusal::PastDeadline { .. }]),
        "{refused}"
    );
    assert!(refused.may_be_confirmed());
    desk.confirmed("lin", id, later("Good evening", at(600)), at(2)).await;
    assert_eq!(desk.file(id).await.scheduled.map(|waiting| waiting.at), Some(at(600)));
    // What is over already cannot be confirmed.
    let over = desk.act("lin", id, AgentCommand::Snooze(at(0)), at(700)).await.expect_err("it is over");
    assert!(!over.may_be_confirmed(), "{over}");
}
