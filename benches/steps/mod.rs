//! The steps of a message's way through the store, one after another and alone, in the very order of the service.

use std::{collections::BTreeMap, time::Instant};

use jiff::Timestamp;
use nightdesk::{
    channel::email::{
        EnvelopeSender,
        compose::{self, Letter, ReplyTo},
        parse,
    },
    engine::Engine,
    model::{
        commit::{Commit, CommitOutcome, InboundEnvelope, ThreadChoice},
        context::Context,
        ids::{AccountName, InboundId},
        inbound::{ChannelKind, Inbound},
        outbound::{MailPayload, NewOutbound, Payload, Phase},
        receive::{FolderRole, Received, SourceKey},
        verdict::{PlannedMessage, Verdict},
        wire_id::InstanceKey,
    },
    store::{Store, lease::Runner, outbox::Settlement},
};

use crate::{
    filler::ACCOUNT,
    post::letter::{SHOP, letter},
};

/// Messages that are stored in one transaction, as a channel hands them over.
const BATCH: u32 = 50;

/// The steps in their order.
pub(crate) const STEPS: [&str; 12] = [
    "receive 50",
    "waiting",
    "undecided 4",
    "tried",
    "answered_by_person",
    "context",
    "commit",
    "due",
    "claim",
    "phase",
    "settle",
    "claim nothing",
];

/// What each step took, in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Times(BTreeMap<&'static str, Vec<f64>>);

impl Times {
    /// Returns the median of a step.
    pub(crate) fn median(&self, step: &str) -> f64 {
        let mut times = self.0.get(step).cloned().unwrap_or_default();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    }

    async fn time<T, E: std::fmt::Debug>(&mut self, step: &'static str, work: impl Future<Output = Result<T, E>>) -> T {
        let begun = Instant::now();
        let done = work.await.expect("the store works");
        self.0.entry(step).or_default().push(begun.elapsed().as_secs_f64() * 1e6);
        done
    }
}

/// Takes so many messages through the store, each step for itself.
pub(crate) async fn measure(store: &Store, engine: &Engine, messages: u32) -> Times {
    let account = AccountName::new(ACCOUNT);
    let runner = Runner::new("bench".to_owned(), 1, vec![account.clone()]).expect("the system has random bytes");
    store.see(&account, Timestamp::UNIX_EPOCH).await.expect("the store works");
    store.enroll(&runner).await.expect("the store works");
    let lease = store.acquire(&runner, &account).await.expect("the store works").expect("nobody else has it");
    let store = store.held(&lease);
    let instance = store.instance().await.expect("the store works").key;
    let mut times = Times::default();
    for first in (0..messages).step_by(BATCH as usize) {
        let batch: Vec<_> = (first..first + BATCH).map(|n| received(&account, n)).collect();
        times.time("receive 50", store.receive(&batch, None, Timestamp::now())).await;
        times.time("waiting", store.waiting()).await;
        loop {
            let rows = times.time("undecided 4", store.undecided(4)).await;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                decide(&store, engine, &instance, row.id, &row.received, &mut times).await;
            }
        }
        for _ in 0..BATCH {
            times.time("due", store.due(Timestamp::now())).await;
            let outbound = times.time("claim", store.claim(Timestamp::now(), &[])).await.expect("one is due");
            times.time("phase", store.set_phase(outbound.id, Phase::Dot)).await;
            let sent = Settlement::Sent { proof: "250 taken".to_owned() };
            times.time("settle", store.settle(outbound.id, &sent, Timestamp::now())).await;
        }
        times.time("claim nothing", store.claim(Timestamp::now(), &[])).await;
    }
    times
}

async fn decide(
    store: &Store,
    engine: &Engine,
    instance: &InstanceKey,
    id: InboundId,
    received: &Received,
    times: &mut Times,
) {
    times.time("tried", store.tried(id)).await;
    let inbound = parse::parse(received);
    let now = Timestamp::now();
    times.time("answered_by_person", store.answered_by_person(id, &inbound, now)).await;
    let context = times.time("context", store.context(id, &inbound, u32::MAX, now)).await;
    let verdict = engine.decide(&inbound, &context, now);
    let commit = commit_of(id, &inbound, &context, verdict, instance, now);
    let outcome = times.time("commit", store.commit(&commit)).await;
    let CommitOutcome::Committed { outbox, .. } = outcome else { panic!("nobody else decides") };
    assert_eq!(outbox.len(), 1, "each mail leads to one of ours");
}

/// Returns a mail as the channel hands it over.
pub(crate) fn received(account: &AccountName, n: u32) -> Received {
    let raw = letter(n).into_bytes();
    Received {
        channel: ChannelKind::Email,
        account: account.clone(),
        key: SourceKey::Imap { folder: "INBOX".to_owned(), uid_validity: 1, uid: n + 1 },
        size: raw.len() as u64,
        raw,
        received_at: Timestamp::now(),
        role: FolderRole::Inbox,
        reconciled: false,
    }
}

fn commit_of(
    id: InboundId,
    inbound: &Inbound,
    context: &Context,
    verdict: Verdict,
    instance: &InstanceKey,
    now: Timestamp,
) -> Commit {
    let outbound = verdict.messages.iter().map(|message| NewOutbound {
        key: format!("i{id}-{}", message.kind.as_str()),
        account: inbound.account.clone(),
        kind: message.kind,
        human: false,
        recipient_key: inbound.sender_key().expect("every mail has a sender"),
        recipient_domain: inbound.sender_domain(),
        intents: message.intents.clone(),
        replies: message.replies.clone(),
        payload: Payload::Mail(composed(&format!("i{id}"), inbound, message, instance, now)),
    });
    Commit {
        inbound: id,
        envelope: InboundEnvelope {
            channel: inbound.channel,
            sender_key: inbound.sender_key(),
            sender_domain: inbound.sender_domain(),
            sender_name: None,
            message_id: inbound.mail.as_ref().and_then(|mail| mail.message_id.clone()),
            chat_key: None,
            subject: inbound.subject.clone(),
            text: inbound.text.clone(),
            body_hash: inbound.body_hash,
            language: verdict.language.detected,
        },
        thread: ThreadChoice::New,
        counters: context.counters.clone(),
        beyond_limits: None,
        over_cap: false,
        unanswered_before: false,
        stoppable_until: None,
        joined: Vec::new(),
        outbound: outbound.collect(),
        verdict,
        now,
    }
}

/// Writes one message of a verdict as a mail.
pub(crate) fn composed(
    key: &str,
    inbound: &Inbound,
    message: &PlannedMessage,
    instance: &InstanceKey,
    now: Timestamp,
) -> MailPayload {
    let facts = inbound.mail.as_ref().expect("a mail");
    let to = inbound.from.as_ref().expect("every mail has a sender");
    let letter = Letter {
        key,
        automatic: true,
        from_name: "Blue Lantern",
        from_address: SHOP,
        to_name: to.name.as_deref(),
        to_address: &to.address,
        subject: message.subject.as_deref().unwrap_or(&inbound.subject),
        reply_to: Some(ReplyTo {
            message_id: facts.message_id.as_deref(),
            references: &facts.references,
            in_reply_to: &facts.in_reply_to,
        }),
        ticket: None,
        text: &message.text,
        html: message.html.as_deref(),
        date: now,
        instance,
        envelope_sender: EnvelopeSender::Verp,
    };
    compose::compose(&letter).expect("it can be written as a mail")
}
