//! Webhooks: other programs are told what happens on tickets, signed, from a durable queue.
//!
//! Each webhook has a task that follows the histories of tickets (`store::webhook`) and makes one call after another, so
//! that a slow receiver delays nobody else. A call is made at least once, with the same id each time; what fails is tried
//! again for three days. Words of buyers and colleagues are told only if the configuration says so.

mod reach;
pub mod sign;

use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, StatusCode, Url, redirect};
use tokio_util::sync::CancellationToken;

use crate::{
    failpoint,
    model::webhook::{HookEvent, HookKind},
    service::webhooks::sign::HookSecret,
    store::{
        Store,
        error::StoreError,
        webhook::{HookCall, HookOutcome},
    },
};

/// How often the histories are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How long a receiver may take to answer; slow ones should take the call and work later.
const ANSWER: Duration = Duration::from_secs(15);

/// A call is given up so long after it was queued; what happened before that is told to nobody any more.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(72);

/// When a failed call is tried again: after the first attempt, the second, and so on; the last one repeats.
const AGAIN: [SignedDuration; 7] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];

/// One webhook of the configuration.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name, for people and for the queue.
    pub name: String,
    /// Where it is called: https, or http on this machine.
    pub url: Url,
    /// What both sides know.
    pub secret: HookSecret,
    /// What it is told.
    pub events: Vec<HookKind>,
    /// It is told words of buyers and colleagues too.
    pub include_text: bool,
    /// It may lead to addresses inside the house.
    pub allow_private: bool,
}

/// The task of all webhooks.
#[derive(Debug)]
pub(super) struct Webhooks {
    pub store: Store,
    pub hooks: Vec<Webhook>,
}

impl Webhooks {
    /// Tells what happens until told to stop. A call that is broken off is made again.
    pub(super) async fn run_until(self, stop: CancellationToken) {
        let tasks = self.hooks.iter().map(|hook| follow(&self.store, hook));
        tokio::select! {
            () = stop.cancelled() => {}
            _ = join_all(tasks) => {}
        }
    }
}

async fn follow(store: &Store, hook: &Webhook) {
    loop {
        if let Err(error) = tell_due(store, hook, &Timestamp::now).await {
            tracing::error!(webhook = hook.name, "the store refuses, calls are put off: {error}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Queues what happened and makes every call that is due by that clock.
pub async fn tell_due(store: &Store, hook: &Webhook, clock: &(dyn Fn() -> Timestamp + Sync)) -> Result<(), StoreError> {
    let now = clock();
    let told = |kind: HookKind, event: &HookEvent| {
        let wanted = hook.events.contains(&kind) && event.at > now - GIVE_UP;
        wanted.then(|| body(hook, kind, event))
    };
    while store.hook_is_behind(&hook.name).await? && store.queue_hook_calls(&hook.name, told, now).await? {}
    while let Some(call) = store.claim_hook_call(&hook.name, clock()).await? {
        failpoint::reach("webhook.call.before");
        let said = attempt(hook, &call, clock()).await;
        failpoint::reach("webhook.call.after");
        let now = clock();
        store.settle_hook_call(call.id, &outcome(hook, &call, said, now), now).await?;
    }
    Ok(())
}

/// Returns what is said: never words of people unless the shop wants that.
fn body(hook: &Webhook, kind: HookKind, event: &HookEvent) -> String {
    let mut data = serde_json::json!({
        "ticket": event.ticket,
        "state": event.state,
        "intent": event.intent,
        "account": event.account,
        "channel": event.channel,
        "by": event.by,
    });
    if hook.include_text {
        data["subject"] = event.subject.as_str().into();
        data["text"] = event.text.as_str().into();
    }
    serde_json::json!({ "type": kind.as_str(), "timestamp": event.at, "data": data }).to_string()
}

/// What an attempt led to: the answer's status, or why there was none.
type Said = Result<StatusCode, String>;

async fn attempt(hook: &Webhook, call: &HookCall, now: Timestamp) -> Said {
    let addresses = reach::addresses(&hook.url, hook.allow_private).await.map_err(|error| error.to_string())?;
    let host = hook.url.host_str().unwrap_or_default();
    let client = Client::builder()
        .resolve_to_addrs(host, &addresses)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .timeout(ANSWER)
        .user_agent(concat!("nightdesk/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.without_url().to_string())?;
    let id = id_of(call);
    let timestamp = now.as_second();
    let answer = client
        .post(hook.url.clone())
        .header("content-type", "application/json")
        .header("webhook-id", &id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", hook.secret.signature(&id, timestamp, &call.body))
        .body(call.body.clone())
        .send()
        .await
        .map_err(|error| failure(&error.without_url()))?;
    Ok(answer.status())
}

/// Returns the id by which the other side knows a call that is made again. Numbers come again after a restore, moments do
/// not.
fn id_of(call: &HookCall) -> String {
    format!("nd_{}_{}", call.created_at.as_millisecond(), call.id)
}

/// Says why nobody answered, without the address.
fn failure(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER.as_secs());
    }
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

fn outcome(hook: &Webhook, call: &HookCall, said: Said, now: Timestamp) -> HookOutcome {
    let note = match said {
        Ok(status) if status.is_success() => return HookOutcome::Told,
        Ok(StatusCode::GONE) => return given_up(hook, call, "410 Gone: it wants to hear no more of this".to_owned()),
        Ok(status) if status.is_redirection() => format!("{status}: redirects are not followed; name the new address"),
        Ok(status) => status.to_string(),
        Err(why) => why,
    };
    let step = usize::try_from(call.attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(AGAIN.len() - 1);
    let at = now + AGAIN[step];
    if at.duration_since(call.created_at) > GIVE_UP {
        return given_up(hook, call, note);
    }
    HookOutcome::Again { at, note }
}

fn given_up(hook: &Webhook, call: &HookCall, note: String) -> HookOutcome {
    tracing::error!(webhook = hook.name, call = call.id, "a call was given up: {note}");
    HookOutcome::GivenUp { note }
}
