//! Promises about alarms.

use jiff::SignedDuration;
use nightdesk::{
    model::{
        agent_command::{Edit, TicketChange},
        alarm::Wait,
        ids::TicketId,
        ticket::{EventKind, TicketState, Urgency},
    },
    store::Store,
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes::{apply, change, close, reply},
};

pub(super) const CASES: &[Case] = &[
    ("an_alarm_rings_after_a_day_and_after_two_once_each", |b| Box::pin(a_day_and_two(b))),
    ("who_was_not_looked_at_for_two_days_gets_one_alarm", |b| Box::pin(one_alarm(b))),
    ("an_answer_or_the_end_of_the_case_ends_the_wait", |b| Box::pin(ended(b))),
    ("an_answer_by_rule_does_not_end_the_wait_for_a_person", |b| Box::pin(not_by_rule(b))),
    ("many_processes_ring_an_alarm_once", |b| Box::pin(many_processes(b))),
    ("a_ticket_that_was_put_off_comes_back_once_when_its_hour_has_come", |b| Box::pin(put_off(b))),
];

const HOUR: i64 = 60;

/// Opens a ticket with a message of that chat and minute.
async fn waits(b: &Bench, chat: i64, minute: i64) -> TicketId {
    let letter = b.chat(chat, &format!("help {chat} {minute}"), at(minute)).await;
    b.decide(&letter, Plan::escalate().sending(&[]), at(minute)).await.ticket.expect("a ticket")
}

async fn ring(store: &Store, minute: i64) -> u32 {
    store.ring_alarms(at(minute)).await.expect("looked")
}

async fn rung(b: &Bench) -> Vec<(TicketId, Wait, i64)> {
    let alarms = b.store.alarms_after(0, 100).await.expect("read");
    alarms.iter().map(|alarm| (alarm.ticket, alarm.wait, alarm.waiting_since.duration_since(at(0)).as_mins())).collect()
}

async fn events(b: &Bench, ticket: TicketId) -> Vec<String> {
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    let alarms = file.events.iter().filter(|event| event.what == EventKind::Alarm);
    alarms.map(|event| event.text.clone()).collect()
}

async fn urgency(b: &Bench, ticket: TicketId) -> Urgency {
    b.store.ticket(ticket).await.expect("read").expect("there").ticket.urgency
}

async fn a_day_and_two(b: Bench) {
    let ticket = waits(&b, 7, 0).await;
    waits(&b, 7, 5 * HOUR).await;
    assert_eq!(ring(&b.store, 24 * HOUR - 1).await, 0);
    assert_eq!(urgency(&b, ticket).await, Urgency::Normal);
    assert_eq!(ring(&b.store, 24 * HOUR).await, 1);
    assert_eq!(ring(&b.store, 24 * HOUR + 1).await, 0, "once");
    assert_eq!(urgency(&b, ticket).await, Urgency::High);
    assert_eq!(ring(&b.store, 29 * HOUR).await, 0, "the second message is no wait of its own");
    assert_eq!(ring(&b.store, 48 * HOUR).await, 1);
    assert_eq!(ring(&b.store, 1_000 * HOUR).await, 0);
    assert_eq!(urgency(&b, ticket).await, Urgency::Urgent);
    assert_eq!(rung(&b).await, [(ticket, Wait::OneDay, 0), (ticket, Wait::TwoDays, 0)]);
    let said = ["The buyer has waited for 24 hours.", "The buyer has waited for 48 hours."];
    assert_eq!(events(&b, ticket).await, said);
    let first = b.store.alarms_after(0, 1).await.expect("read");
    assert_eq!(b.store.alarms_after(first[0].id, 10).await.expect("read").len(), 1);
}

async fn one_alarm(b: Bench) {
    let ticket = waits(&b, 7, 0).await;
    assert_eq!(ring(&b.store, 50 * HOUR).await, 1);
    assert_eq!(ring(&b.store, 51 * HOUR).await, 0);
    assert_eq!(rung(&b).await, [(ticket, Wait::TwoDays, 0)]);
}

async fn ended(b: Bench) {
    let answered = waits(&b, 7, 0).await;
    reply(&b, answered, "Here I am.", at(HOUR)).await;
    let closed = waits(&b, 8, 0).await;
    close(&b, closed, at(HOUR)).await;
    let outside = waits(&b, 9, 0).await;
    b.run(&format!(
        "INSERT INTO human_answer (message_id, sent, sent_at, thread)
         SELECT 'm', k.inbound, {}, k.thread FROM ticket k WHERE k.id = {outside}",
        at(HOUR).as_millisecond()
    ))
    .await;
    assert_eq!(ring(&b.store, 49 * HOUR).await, 0);
    // They write again, and the wait begins anew.
    for (chat, ticket) in [(7, answered), (8, closed), (9, outside)] {
        assert_eq!(waits(&b, chat, 50 * HOUR).await, ticket);
    }
    assert_eq!(ring(&b.store, 73 * HOUR).await, 0);
    assert_eq!(ring(&b.store, 74 * HOUR).await, 3);
    let expected = [answered, closed, outside].map(|ticket| (ticket, Wait::OneDay, 50 * HOUR));
    assert_eq!(rung(&b).await, expected);
}

async fn not_by_rule(b: Bench) {
    let ticket = waits(&b, 7, 0).await;
    let letter = b.chat(7, "what does shipping cost?", at(HOUR)).await;
    b.decide(&letter, Plan::answer(), at(HOUR)).await;
    assert_eq!(ring(&b.store, 24 * HOUR).await, 1);
    assert_eq!(rung(&b).await, [(ticket, Wait::OneDay, 0)]);
}

async fn many_processes(b: Bench) {
    for chat in 1..=10 {
        waits(&b, chat, 0).await;
    }
    let rings = (0..4).map(|_| {
        let store = b.store.clone();
        tokio::spawn(async move { ring(&store, 24 * HOUR).await })
    });
    let mut rung = 0;
    for ring in rings.collect::<Vec<_>>() {
        rung += ring.await.expect("it looked");
    }
    assert_eq!(rung, 10);
    assert_eq!(b.number("SELECT COUNT(*) FROM ticket_event WHERE what = 'alarm'").await, 10);
}

async fn put_off(b: Bench) {
    let [early, late] = [waits(&b, 1, 0).await, waits(&b, 2, 0).await];
    for (ticket, minutes) in [(early, 30), (late, 90)] {
        let until = at(0) + SignedDuration::from_mins(minutes);
        let event = change(&b, ticket, TicketState::Open, EventKind::Snoozed).await;
        let snooze = TicketChange { edit: Some(Edit::Snooze(Some(until))), ..event };
        apply(&b, ticket, &snooze, at(1)).await;
    }
    let wake = async |minute| b.store.wake_snoozed(at(minute)).await.expect("looked");
    assert_eq!(wake(29).await, 0);
    assert_eq!(wake(30).await, 1);
    assert_eq!(wake(31).await, 0, "once");
    let file = b.store.ticket(early).await.expect("read").expect("there");
    assert_eq!(file.ticket.snoozed_until, None);
    assert_eq!(file.events.last().map(|event| event.what), Some(EventKind::Woken));
    let other = b.store.ticket(late).await.expect("read").expect("there");
    assert!(other.ticket.snoozed_until.is_some());
}
