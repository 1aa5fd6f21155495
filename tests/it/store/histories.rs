//! Random histories of the outbox against a small reference model: whatever happens in whatever order, the store and
//! the model agree on every state, and nothing automatic leaves after a takeover or a pause.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use nightdesk::{
    model::{
        ids::{OutboxId, TicketId},
        outbound::Phase,
    },
    store::outbox::Settlement,
};
use proptest::{
    prelude::{Strategy as _, prop_oneof},
    strategy::{Just, ValueTree as _},
    test_runner::TestRunner,
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes,
};

pub(super) const CASES: &[Case] =
    &[("random_histories_agree_with_the_model", |b| Box::pin(random_histories_agree_with_the_model(b)))];

/// Steps of one history; each is a few transactions.
const STEPS: usize = 150;

/// Chats that take part, so that rows meet one another.
const CHATS: i64 = 3;

#[derive(Debug, Clone, Copy)]
enum Step {
    Message { chat: i64, escalated: bool },
    Claim,
    Dot,
    Sent,
    Retry,
    Failed,
    Uncertain,
    Escalate,
    Seen,
    TakeOver { chat: i64 },
    Pause(bool),
    Restart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    Sending { dot: bool },
    RetryAt(i64),
    Sent,
    Uncertain,
    VerifiedSent,
    Escalated,
    Cancelled,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Sending { .. } => "sending",
            Self::RetryAt(_) => "retry_at",
            Self::Sent => "sent",
            Self::Uncertain => "uncertain",
            Self::VerifiedSent => "verified_sent",
            Self::Escalated => "escalated",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Row {
    chat: i64,
    epoch: i64,
    state: State,
}

#[derive(Debug, Default)]
struct Model {
    rows: BTreeMap<OutboxId, Row>,
    epochs: BTreeMap<i64, i64>,
    tickets: BTreeMap<i64, TicketId>,
    paused: bool,
}

impl Model {
    fn epoch(&self, chat: i64) -> i64 {
        self.epochs.get(&chat).copied().unwrap_or_default()
    }

    /// Returns the row that a claim must take, after cancelling those that a takeover left behind.
    fn claim(&mut self, minute: i64) -> Option<OutboxId> {
        if self.paused {
            return None;
        }
        loop {
            let blocks = |row: &Row| matches!(row.state, State::Ready | State::Sending { .. } | State::RetryAt(_));
            let due = |row: &Row| {
                matches!(row.state, State::Ready) || matches!(row.state, State::RetryAt(at) if at <= minute)
            };
            let first = self.rows.iter().find(|(id, row)| {
                due(row) && !self.rows.range(..*id).any(|(_, earlier)| earlier.chat == row.chat && blocks(earlier))
            });
            let (id, row) = first.map(|(id, row)| (*id, *row))?;
            let current = row.epoch == self.epoch(row.chat);
            self.set(id, if current { State::Sending { dot: false } } else { State::Cancelled });
            if current {
                return Some(id);
            }
        }
    }

    fn set(&mut self, id: OutboxId, state: State) {
        self.rows.get_mut(&id).expect("the model knows its rows").state = state;
    }

    fn sending(&self) -> Option<(OutboxId, bool)> {
        self.rows.iter().find_map(|(id, row)| match row.state {
            State::Sending { dot } => Some((*id, dot)),
            _ => None,
        })
    }
}

fn steps() -> impl proptest::strategy::Strategy<Value = Step> {
    let chat = || 0..CHATS;
    prop_oneof![
        5 => (chat(), proptest::bool::ANY).prop_map(|(chat, escalated)| Step::Message { chat, escalated }),
        6 => Just(Step::Claim),
        3 => Just(Step::Dot),
        3 => Just(Step::Sent),
        2 => Just(Step::Retry),
        1 => Just(Step::Failed),
        2 => Just(Step::Uncertain),
        2 => Just(Step::Escalate),
        1 => Just(Step::Seen),
        1 => chat().prop_map(|chat| Step::TakeOver { chat }),
        1 => proptest::bool::ANY.prop_map(Step::Pause),
        1 => Just(Step::Restart),
    ]
}

async fn random_histories_agree_with_the_model(b: Bench) {
    let mut runner = TestRunner::default();
    let history = proptest::collection::vec(steps(), STEPS).new_tree(&mut runner).expect("steps can be made").current();
    let mut model = Model::default();
    for (minute, step) in (0..).zip(&history) {
        play(&b, &mut model, *step, minute).await;
        let rows: Vec<String> =
            model.rows.iter().map(|(id, row)| format!("(id = {id} AND state = '{}')", row.state.word())).collect();
        let sql = format!("SELECT COUNT(*) FROM outbox WHERE {}", rows.join(" OR "));
        if !rows.is_empty() {
            let agreed = usize::try_from(b.number(&sql).await).expect("a count");
            assert_eq!(agreed, rows.len(), "after step {minute} of {history:?}: {:?}", model.rows);
        }
    }
}

async fn play(b: &Bench, model: &mut Model, step: Step, minute: i64) {
    match step {
        Step::Message { chat, escalated } => message(b, model, chat, escalated, minute).await,
        Step::Claim => {
            let claimed = b.store.claim(at(minute), &[]).await.expect("runs").map(|row| row.id);
            assert_eq!(claimed, model.claim(minute));
        }
        Step::Dot => {
            let Some((id, false)) = model.sending() else { return };
            let row = model.rows[&id];
            let allowed = !model.paused && row.epoch == model.epoch(row.chat);
            assert_eq!(b.store.set_phase(id, Phase::Dot).await.is_ok(), allowed);
            if allowed {
                model.set(id, State::Sending { dot: true });
            }
        }
        Step::Sent => settle(b, model, &Settlement::Sent { proof: "250".to_owned() }, State::Sent, minute).await,
        Step::Retry => {
            let retry = Settlement::RetryAt { at: at(minute + 3), reason: "451".to_owned() };
            settle(b, model, &retry, State::RetryAt(minute + 3), minute).await;
        }
        Step::Failed => {
            settle(b, model, &Settlement::Failed { reason: "550".to_owned() }, State::Cancelled, minute).await;
        }
        Step::Uncertain => {
            let lost = Settlement::Uncertain { reason: "lost".to_owned(), verify_by: at(minute + 9) };
            settle(b, model, &lost, State::Uncertain, minute).await;
        }
        Step::Escalate => escalate(b, model, minute).await,
        Step::Seen => seen(b, model, minute).await,
        Step::TakeOver { chat } => take_over(b, model, chat, minute).await,
        Step::Pause(paused) => {
            b.store.set_paused(paused.then_some("stop"), "lin", at(minute)).await.expect("runs");
            model.paused = paused;
        }
        Step::Restart => restart(b, model, minute).await,
    }
}

async fn message(b: &Bench, model: &mut Model, chat: i64, escalated: bool, minute: i64) {
    let plan = if escalated { Plan::escalate() } else { Plan::answer() };
    let letter = b.chat(chat, &minute.to_string(), at(minute)).await;
    let commit = b.commit_of(&letter, plan, at(minute)).await;
    let outcome = b.store.commit(&commit).await.expect("runs");
    if let nightdesk::model::commit::CommitOutcome::Committed { ticket, outbox, .. } = outcome {
        assert!(!model.paused, "a pause refuses what sends");
        model.tickets.extend(ticket.map(|ticket| (chat, ticket)));
        model.rows.insert(outbox[0], Row { chat, epoch: model.epoch(chat), state: State::Ready });
    } else {
        assert!(model.paused, "{outcome:?}");
    }
}

async fn settle(b: &Bench, model: &mut Model, settlement: &Settlement, state: State, minute: i64) {
    let Some((id, _)) = model.sending() else { return };
    let ticket = b.store.settle(id, settlement, at(minute)).await.expect("runs");
    assert_eq!(ticket.is_some(), matches!(state, State::Cancelled));
    model.tickets.extend(ticket.map(|ticket| (model.rows[&id].chat, ticket)));
    model.set(id, state);
}

async fn escalate(b: &Bench, model: &mut Model, minute: i64) {
    for (id, row) in model.rows.clone() {
        let ticket = b.store.escalate_doubt(id, "not found", at(minute)).await.expect("runs");
        assert_eq!(ticket.is_some(), matches!(row.state, State::Uncertain | State::Escalated));
        if let Some(ticket) = ticket {
            model.tickets.insert(row.chat, ticket);
            model.set(id, State::Escalated);
        }
    }
}

/// The server's own word for every row, whatever has become of it.
async fn seen(b: &Bench, model: &mut Model, minute: i64) {
    for (id, row) in model.rows.clone() {
        let proof = Settlement::Sent { proof: "250".to_owned() };
        let taken = b.store.settle(id, &proof, at(minute)).await;
        match row.state {
            State::Sending { .. } => model.set(id, State::Sent),
            State::Uncertain | State::Escalated => model.set(id, State::VerifiedSent),
            State::Sent => {}
            _ => assert!(taken.is_err(), "{row:?}"),
        }
    }
}

async fn take_over(b: &Bench, model: &mut Model, chat: i64, minute: i64) {
    let Some(&ticket) = model.tickets.get(&chat) else { return };
    let change = changes::take_over(b, ticket).await;
    b.store.change_ticket(ticket, &"lin".into(), &change, at(minute)).await.expect("runs");
    *model.epochs.entry(chat).or_default() += 1;
    for row in model.rows.values_mut().filter(|row| row.chat == chat) {
        if matches!(row.state, State::Ready | State::RetryAt(_)) {
            row.state = State::Cancelled;
        }
    }
}

async fn restart(b: &Bench, model: &mut Model, minute: i64) {
    let recovered = b.store.recover(SignedDuration::from_mins(15), at(minute)).await.expect("runs");
    let mut expected = (0, 0);
    for row in model.rows.values_mut() {
        match row.state {
            State::Sending { dot: false } => (row.state, expected.0) = (State::Ready, expected.0 + 1),
            State::Sending { dot: true } => (row.state, expected.1) = (State::Uncertain, expected.1 + 1),
            _ => {}
        }
    }
    assert_eq!((recovered.requeued, recovered.uncertain), expected);
}
