//! Promises about what other programs are told.

use nightdesk::{
    model::{
        ids::TicketId,
        webhook::{HookEvent, HookKind},
    },
    store::webhook::HookOutcome,
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes::{close, reply},
};

pub(super) const CASES: &[Case] = &[
    ("a_webhook_is_told_what_happens_from_now_on_once", |b| Box::pin(from_now_on(b))),
    ("a_call_belongs_to_one_process_until_it_is_over", |b| Box::pin(one_process(b))),
    ("a_call_that_failed_is_due_again_and_one_given_up_never", |b| Box::pin(failed(b))),
];

pub(super) const HOOK: &str = "erp";

/// What is told of an event; the store asks, and may be told that nothing is.
#[expect(clippy::unnecessary_wraps, reason = "the store takes functions that may have nothing to tell")]
pub(super) fn told(kind: HookKind, event: &HookEvent) -> Option<String> {
    Some(format!("{} {}", kind.as_str(), event.ticket))
}

pub(super) async fn queue(b: &Bench, minute: i64) -> bool {
    b.store.queue_hook_calls(HOOK, told, at(minute)).await.expect("queued")
}

pub(super) async fn open(b: &Bench, chat: i64, minute: i64) -> TicketId {
    let letter = b.chat(chat, &format!("help {chat}"), at(minute)).await;
    b.decide(&letter, Plan::escalate().sending(&[]), at(minute)).await.ticket.expect("a ticket")
}

/// Takes every call that is due; returns what they say.
async fn calls(b: &Bench, minute: i64) -> Vec<String> {
    let mut said = Vec::new();
    while let Some(call) = b.store.claim_hook_call(HOOK, at(minute)).await.expect("claimed") {
        b.store.settle_hook_call(call.id, &HookOutcome::Told, at(minute)).await.expect("settled");
        said.push(call.body);
    }
    said
}

async fn from_now_on(b: Bench) {
    let before = open(&b, 1, 0).await;
    assert!(b.store.hook_is_behind(HOOK).await.expect("looked"), "it was never looked at");
    assert!(!queue(&b, 1).await);
    assert!(!b.store.hook_is_behind(HOOK).await.expect("looked"));
    assert!(calls(&b, 1).await.is_empty(), "what was before is told to nobody");
    let ticket = open(&b, 2, 2).await;
    reply(&b, ticket, "Here I am.", at(3)).await;
    close(&b, before, at(4)).await;
    assert!(b.store.hook_is_behind(HOOK).await.expect("looked"));
    queue(&b, 5).await;
    queue(&b, 5).await;
    let expected =
        [format!("ticket.opened {ticket}"), format!("ticket.replied {ticket}"), format!("ticket.closed {before}")];
    assert_eq!(calls(&b, 5).await, expected);
    queue(&b, 6).await;
    assert!(calls(&b, 6).await.is_empty(), "once");
}

async fn one_process(b: Bench) {
    queue(&b, 0).await;
    open(&b, 1, 1).await;
    queue(&b, 1).await;
    let claim = async |minute| b.store.claim_hook_call(HOOK, at(minute)).await.expect("claimed");
    let first = claim(1).await.expect("it is due");
    assert_eq!(claim(1).await, None, "it is somebody's");
    let again = claim(3).await.expect("whoever had it was killed");
    assert_eq!((again.id, again.body.as_str(), again.attempts), (first.id, first.body.as_str(), 2));
    assert_eq!(b.store.claim_hook_call("other", at(9)).await.expect("claimed"), None);
}

async fn failed(b: Bench) {
    queue(&b, 0).await;
    open(&b, 1, 1).await;
    queue(&b, 1).await;
    let call = b.store.claim_hook_call(HOOK, at(1)).await.expect("claimed").expect("due");
    let again = HookOutcome::Again { at: at(10), note: "503 Service Unavailable".to_owned() };
    b.store.settle_hook_call(call.id, &again, at(1)).await.expect("settled");
    let standing = b.store.hook_standing(HOOK).await.expect("read");
    assert_eq!((standing.waiting, standing.given_up), (1, 0));
    assert_eq!(standing.note.as_deref(), Some("503 Service Unavailable"));
    assert_eq!(b.store.claim_hook_call(HOOK, at(9)).await.expect("claimed"), None);
    let call = b.store.claim_hook_call(HOOK, at(10)).await.expect("claimed").expect("due again");
    let over = HookOutcome::GivenUp { note: "410 Gone".to_owned() };
    b.store.settle_hook_call(call.id, &over, at(10)).await.expect("settled");
    assert_eq!(b.store.claim_hook_call(HOOK, at(10_000)).await.expect("claimed"), None);
    assert_eq!(b.store.hook_standing(HOOK).await.expect("read").given_up, 1);
    b.store.settle_hook_call(call.id, &again, at(11)).await.expect("settled");
    assert_eq!(b.store.hook_standing(HOOK).await.expect("read").waiting, 0, "what is over stays over");
}
