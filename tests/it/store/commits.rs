//! Promises of the second transaction.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use nightdesk::{
    model::{
        commit::{CommitOutcome, Refusal, ThreadChoice},
        ids::{IntentId, ThreadId},
        outbound::OutboundKind,
        thread::PendingAsk,
        ticket::{EventKind, TicketState, Urgency},
        verdict::TicketPlan,
    },
    store::{error::StoreError, quarantine::Cause},
};

use super::{
    Case,
    bench::{Bench, Plan, at},
};

pub(super) const CASES: &[Case] = &[
    ("a_decision_is_written_whole", |b| Box::pin(written_whole(b))),
    ("a_decided_message_is_not_decided_again", |b| Box::pin(not_decided_again(b))),
    ("of_two_racing_commits_one_wins", |b| Box::pin(racing_commits(b))),
    ("a_moved_epoch_refuses", |b| Box::pin(a_moved_epoch_refuses(b))),
    ("a_chat_gets_one_thread", |b| Box::pin(a_chat_gets_one_thread(b))),
    ("a_grown_counter_refuses", |b| Box::pin(a_grown_counter_refuses(b))),
    ("two_racing_answers_to_one_sender_are_counted", |b| Box::pin(racing_answers(b))),
    ("a_flood_of_one_sender_is_one_ticket", |b| Box::pin(a_flood_of_one_sender(b))),
    ("a_pause_refuses_only_what_sends", |b| Box::pin(a_pause_refuses_only_what_sends(b))),
    ("a_key_that_exists_writes_nothing", |b| Box::pin(a_key_that_exists_writes_nothing(b))),
    ("a_second_case_extends_the_open_ticket", |b| Box::pin(extends_the_open_ticket(b))),
    ("a_closed_ticket_opens_again_within_thirty_days", |b| Box::pin(opens_again(b))),
    ("machine_mail_leaves_thread_and_ticket_alone", |b| Box::pin(machine_mail(b))),
    ("an_answered_message_joins_the_open_tickets_history", |b| Box::pin(joins_history(b))),
    ("a_newer_draft_replaces_the_older", |b| Box::pin(newer_draft(b))),
    ("a_quarantined_message_gets_one_ticket", |b| Box::pin(quarantined(b))),
    ("an_ignored_message_is_suppressed_with_its_reason", |b| Box::pin(ignored(b))),
];

const ANA: &str = "ana@buyer.example";

async fn written_whole(b: Bench) {
    let letter = b.mail(ANA, "Where is it? I want my money back.", at(0)).await;
    let plan = TicketPlan {
        urgency: Urgency::Urgent,
        reasons: vec!["refund".to_owned()],
        intent: Some(IntentId::from("refund")),
        tags: vec!["money".to_owned()],
    };
    let plan = Plan { ticket: Some(plan), ..Plan::escalate().sending(&[OutboundKind::Ack, OutboundKind::Draft]) };
    let commit = b.commit_of(&letter, plan, at(1)).await;
    let CommitOutcome::Committed { thread, ticket: Some(ticket), outbox } =
        b.store.commit(&commit).await.expect("runs")
    else {
        panic!("not committed with a ticket")
    };
    assert!(b.is(outbox[0], "ready").await && b.is(outbox[1], "held").await);
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!((file.ticket.thread, file.ticket.inbound, file.ticket.state), (thread, letter.id, TicketState::Open));
    assert_eq!(
        (file.ticket.urgency, file.ticket.tags, file.ticket.reasons.len()),
        (Urgency::Urgent, vec!["money".to_owned()], 1)
    );
    assert_eq!((file.ticket.subject.as_str(), file.ticket.buyer.as_str()), ("Order", "Ana"));
    let what: Vec<EventKind> = file.events.iter().map(|event| event.what).collect();
    assert_eq!(what, [EventKind::Opened, EventKind::Inbound, EventKind::Automatic, EventKind::Draft]);
    assert_eq!(file.last_verdict, Some(commit.verdict));
    assert_eq!(file.last_inbound.map(|stored| stored.id), Some(letter.id));
    assert_eq!(file.draft, Some((outbox[1], commit.outbound[1].payload.clone())));
    assert_eq!(
        (file.recipient.key.as_str(), file.recipient.name.as_deref(), file.recipient.human_messages),
        (ANA, Some("Ana"), 0)
    );
    assert!(b.store.undecided(9).await.expect("read").is_empty());
}

async fn not_decided_again(b: Bench) {
    let letter = b.mail(ANA, "q", at(0)).await;
    let commit = b.commit_of(&letter, Plan::answer(), at(0)).await;
    b.store.commit(&commit).await.expect("runs");
    assert_eq!(b.store.commit(&commit).await.expect("runs"), CommitOutcome::AlreadyDecided);
    assert_eq!(b.number("SELECT COUNT(*) FROM outbox").await, 1);
}

async fn racing_commits(b: Bench) {
    let letter = b.mail(ANA, "q", at(0)).await;
    let commit = Arc::new(b.commit_of(&letter, Plan::answer(), at(0)).await);
    let racers: Vec<_> = (0..4)
        .map(|_| {
            let (store, commit) = (b.store.clone(), Arc::clone(&commit));
            tokio::spawn(async move { store.commit(&commit).await.expect("runs") })
        })
        .collect();
    let mut committed = 0;
    for racer in racers {
        match racer.await.expect("no panic") {
            CommitOutcome::Committed { .. } => committed += 1,
            other => assert_eq!(other, CommitOutcome::AlreadyDecided),
        }
    }
    assert_eq!((committed, b.number("SELECT COUNT(*) FROM outbox").await), (1, 1));
}

async fn refused(b: &Bench, commit: &nightdesk::model::commit::Commit, refusal: Refusal) {
    let tables = ["outbox", "verdict", "ticket", "thread", "buyer", "message_id"];
    let sums = tables.map(|table| format!("(SELECT COUNT(*) FROM {table})")).join(" + ");
    let sql = format!("SELECT {sums}");
    let before = b.number(&sql).await;
    assert_eq!(b.store.commit(commit).await.expect("runs"), CommitOutcome::Refused(refusal));
    assert_eq!(b.number(&sql).await, before, "a refused commit writes nothing");
    let waiting = b.store.undecided(99).await.expect("read");
    assert!(waiting.iter().any(|stored| stored.id == commit.inbound), "it waits to be decided again");
}

async fn a_moved_epoch_refuses(b: Bench) {
    let first = b.chat(5, "hi", at(0)).await;
    b.decide(&first, Plan::escalate().sending(&[]), at(0)).await;
    let second = b.chat(5, "hello?", at(1)).await;
    let mut commit = b.commit_of(&second, Plan::answer(), at(1)).await;
    let ThreadChoice::Existing { id, epoch } = commit.thread else { panic!("the chat has a thread") };
    commit.thread = ThreadChoice::Existing { id, epoch: epoch - 1 };
    refused(&b, &commit, Refusal::Epoch).await;
    commit.thread = ThreadChoice::Existing { id: ThreadId(999), epoch };
    refused(&b, &commit, Refusal::Epoch).await;
    commit.thread = ThreadChoice::Existing { id, epoch };
    assert!(matches!(b.store.commit(&commit).await, Ok(CommitOutcome::Committed { .. })));
}

async fn a_chat_gets_one_thread(b: Bench) {
    let (first, second) = (b.chat(5, "hi", at(0)).await, b.chat(5, "hello", at(0)).await);
    let late = b.commit_of(&second, Plan::suppress(), at(0)).await;
    b.decide(&first, Plan::suppress(), at(0)).await;
    refused(&b, &late, Refusal::Epoch).await;
}

async fn a_grown_counter_refuses(b: Bench) {
    let (first, second) = (b.mail(ANA, "a", at(0)).await, b.mail(ANA, "b", at(0)).await);
    let late = b.commit_of(&second, Plan::answer(), at(0)).await;
    b.decide(&first, Plan::answer(), at(0)).await;
    refused(&b, &late, Refusal::Counters).await;
    let again = b.commit_of(&second, Plan::answer(), at(0)).await;
    assert!(matches!(b.store.commit(&again).await, Ok(CommitOutcome::Committed { .. })));
}

async fn racing_answers(b: Bench) {
    let mut commits = Vec::new();
    for number in 0..6 {
        let letter = b.mail(ANA, &number.to_string(), at(0)).await;
        commits.push(b.commit_of(&letter, Plan::answer(), at(0)).await);
    }
    let racers = commits.into_iter().map(|commit| {
        let store = b.store.clone();
        tokio::spawn(async move { store.commit(&commit).await.expect("runs") })
    });
    let mut committed = 0;
    for racer in racers.collect::<Vec<_>>() {
        committed += u32::from(matches!(racer.await.expect("no panic"), CommitOutcome::Committed { .. }));
    }
    assert_eq!(committed, 1, "each of the others saw fewer answers than there are");
}

async fn a_flood_of_one_sender(b: Bench) {
    let mut tickets = BTreeSet::new();
    for minute in 0..10 {
        let letter = b.mail(ANA, &format!("again {minute}"), at(minute)).await;
        let mut commit = b.commit_of(&letter, Plan::escalate().sending(&[]), at(minute)).await;
        commit.over_cap = true;
        let outcome = b.store.commit(&commit).await.expect("runs");
        let CommitOutcome::Committed { ticket, .. } = outcome else { panic!("not committed: {outcome:?}") };
        tickets.insert(ticket.expect("a cap is never silent"));
    }
    assert_eq!(tickets.len(), 1);
    let other = b.mail("tom@buyer.example", "first", at(20)).await;
    let mut commit = b.commit_of(&other, Plan::escalate().sending(&[]), at(20)).await;
    commit.over_cap = true;
    b.store.commit(&commit).await.expect("runs");
    assert_eq!(b.listed(&[]).await.len(), 2, "another sender is another case");
}

async fn a_pause_refuses_only_what_sends(b: Bench) {
    let letter = b.mail(ANA, "q", at(0)).await;
    let sends = b.commit_of(&letter, Plan::answer(), at(0)).await;
    let drafts = b.commit_of(&letter, Plan::escalate().sending(&[OutboundKind::Draft]), at(0)).await;
    b.store.set_paused(Some("sale"), "lin", at(0)).await.expect("paused");
    assert_eq!(b.context(&letter, at(0)).await.switches.paused.as_deref(), Some("lin: sale"));
    refused(&b, &sends, Refusal::Paused).await;
    assert!(matches!(b.store.commit(&drafts).await, Ok(CommitOutcome::Committed { .. })));
}

async fn a_key_that_exists_writes_nothing(b: Bench) {
    b.decide(&b.mail(ANA, "a", at(0)).await, Plan::answer(), at(0)).await;
    let mut commit = b.commit_of(&b.mail(ANA, "b", at(0)).await, Plan::answer(), at(0)).await;
    "i1-answer".clone_into(&mut commit.outbound[0].key);
    assert!(matches!(b.store.commit(&commit).await, Err(StoreError::DuplicateOutbound(key)) if key == "i1-answer"));
    assert_eq!(b.number("SELECT COUNT(*) FROM verdict").await, 1);
}

async fn extends_the_open_ticket(b: Bench) {
    let first = b.decide(&b.chat(5, "a", at(0)).await, Plan::escalate(), at(0)).await;
    let mut plan = Plan::escalate().urgent(Urgency::High).sending(&[]);
    plan.ticket.as_mut().expect("it has one").reasons = vec!["no rule stands".to_owned(), "refund".to_owned()];
    let second = b.decide(&b.chat(5, "b", at(1)).await, plan, at(1)).await;
    assert_eq!(second.ticket, first.ticket);
    let file = b.store.ticket(first.ticket.expect("a ticket")).await.expect("read").expect("there");
    assert_eq!(
        (file.ticket.urgency, file.ticket.reasons),
        (Urgency::High, vec!["no rule stands".to_owned(), "refund".to_owned()])
    );
    let third = b.decide(&b.chat(5, "c", at(2)).await, Plan::escalate().sending(&[]), at(2)).await;
    let file = b.store.ticket(third.ticket.expect("a ticket")).await.expect("read").expect("there");
    assert_eq!(file.ticket.urgency, Urgency::High, "urgency never falls by itself");
    assert_eq!(file.events.iter().filter(|event| event.what == EventKind::Inbound).count(), 3);
}

async fn opens_again(b: Bench) {
    let days = |days: i64| at(days * 24 * 60);
    let first = b.decide(&b.chat(5, "a", at(0)).await, Plan::escalate().sending(&[]), at(0)).await;
    let ticket = first.ticket.expect("a ticket");
    super::changes::close(&b, ticket, days(1)).await;
    assert!(
        b.context(&b.chat(5, "?", days(2)).await, days(2))
            .await
            .thread
            .is_some_and(|thread| thread.open_ticket.is_none())
    );
    let second = b.decide(&b.chat(5, "b", days(30)).await, Plan::escalate().sending(&[]), days(30)).await;
    assert_eq!(second.ticket, Some(ticket));
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!(file.ticket.state, TicketState::Open);
    assert!(file.events.iter().any(|event| event.what == EventKind::Reopened));
    super::changes::close(&b, ticket, days(31)).await;
    let third = b.decide(&b.chat(5, "c", days(62)).await, Plan::escalate().sending(&[]), days(62)).await;
    assert_ne!(third.ticket, Some(ticket), "a month later it is a new case");
}

async fn machine_mail(b: Bench) {
    let pending = PendingAsk {
        intent: IntentId::from("customs_tax"),
        slot: "country".to_owned(),
        known: BTreeMap::new(),
        asked_at: at(0),
    };
    let plan = Plan { pending: Some(pending.clone()), ..Plan::escalate() };
    let ticket = b.decide(&b.chat(5, "customs?", at(0)).await, plan, at(0)).await.ticket.expect("a ticket");
    let before = b.store.ticket(ticket).await.expect("read").expect("there");
    b.decide(&b.chat(5, "I am away", at(1)).await, Plan::suppress(), at(1)).await;
    let after = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!((after.ticket, after.events), (before.ticket, before.events));
    assert_eq!(after.last_inbound, before.last_inbound, "a reply answers the person, not the machine");
    let next = b.chat(5, "Germany", at(2)).await;
    assert_eq!(b.context(&next, at(2)).await.thread.expect("there").pending, Some(pending));
    b.decide(&next, Plan::answer(), at(2)).await;
    let thread = b.context(&b.chat(5, "thanks", at(3)).await, at(3)).await.thread.expect("there");
    assert_eq!(thread.pending, None, "the question is answered");
}

async fn joins_history(b: Bench) {
    let ticket = b.decide(&b.chat(5, "a", at(0)).await, Plan::escalate(), at(0)).await.ticket.expect("a ticket");
    let done = b.decide(&b.chat(5, "customs?", at(1)).await, Plan::answer(), at(1)).await;
    assert_eq!(done.ticket, Some(ticket));
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    let last: Vec<(EventKind, &str)> =
        file.events.iter().rev().take(2).map(|event| (event.what, event.by.as_str())).collect();
    assert_eq!(last, [(EventKind::Automatic, "nightdesk"), (EventKind::Inbound, "buyer")]);
}

async fn newer_draft(b: Bench) {
    let plan = Plan::escalate().sending(&[OutboundKind::Draft]);
    let first = b.decide(&b.chat(5, "a", at(0)).await, plan.clone(), at(0)).await;
    let second = b.decide(&b.chat(5, "b", at(1)).await, plan, at(1)).await;
    assert!(b.is(first.outbox[0], "cancelled").await && b.is(second.outbox[0], "held").await);
}

async fn quarantined(b: Bench) {
    let letter = b.mail(ANA, "boom", at(0)).await;
    let ticket =
        b.store.quarantine(letter.id, Cause::Crashed, "it ended the program 3 times", at(1)).await.expect("a ticket");
    assert_eq!(b.store.quarantine(letter.id, Cause::Stuck, "again", at(2)).await.expect("a ticket"), ticket);
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!(file.ticket.reasons, ["it ended the program 3 times"]);
    assert_eq!(file.last_inbound.map(|stored| stored.received.raw.len()), Some(75));
    assert_eq!(b.store.counts().await.expect("read").inbound, BTreeMap::from([("escalated".to_owned(), 1)]));
}

async fn ignored(b: Bench) {
    let letter = b.chat(5, "joined", at(0)).await;
    b.store.ignore(letter.id, "not a message", at(0)).await.expect("ignored");
    b.store.ignore(letter.id, "twice", at(0)).await.expect("ignored");
    assert_eq!(
        b.number("SELECT COUNT(*) FROM inbound WHERE outcome = 'suppressed' AND outcome_reason = 'not a message'")
            .await,
        1
    );
    let commit = b.commit_of(&letter, Plan::answer(), at(0)).await;
    assert_eq!(b.store.commit(&commit).await.expect("runs"), CommitOutcome::AlreadyDecided);
}
