//! Webhooks over real HTTP: what a receiver gets, and what becomes of receivers that refuse.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use nightdesk::{
    model::webhook::HookKind,
    service::webhooks::{Webhook, sign::HookSecret, tell_due},
    store::webhook::HookOutcome,
};
use sha2::Sha256;

use super::{
    bench::{Backend, Bench, Plan, at},
    changes::reply,
};

const SECRET: &str = "a secret of twenty-four bytes";

/// A receiver that answers with these statuses in turn, then with 204; a 3xx leads to itself.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<VecDeque<u16>>>,
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Receiver {
    async fn listen(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let receiver = self.clone();
        let app = Router::new().fallback(async move |headers: HeaderMap, body: Bytes| {
            let text = String::from_utf8(body.to_vec()).expect("text");
            receiver.got.lock().expect("no panic").push((headers, text));
            let status = receiver.answers.lock().expect("no panic").pop_front().unwrap_or(204);
            match StatusCode::from_u16(status).expect("a status") {
                redirected if redirected.is_redirection() => Redirect::temporary("/elsewhere").into_response(),
                status => status.into_response(),
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }

    fn got(&self) -> Vec<(HeaderMap, String)> {
        self.got.lock().expect("no panic").clone()
    }
}

fn hook(address: SocketAddr, include_text: bool) -> Webhook {
    Webhook {
        name: "erp".to_owned(),
        url: format!("http://{address}/hook").parse().expect("a URL"),
        secret: HookSecret::new(SECRET.into()).expect("long enough"),
        events: HookKind::ALL.to_vec(),
        include_text,
        allow_private: true,
    }
}

async fn tell(b: &Bench, hook: &Webhook, minute: i64) {
    tell_due(&b.store, hook, &|| at(minute)).await.expect("the store works");
}

async fn open(b: &Bench, minute: i64) {
    let letter = b.chat(minute, "my tea set is broken", at(minute)).await;
    let ticket = b.decide(&letter, Plan::escalate().sending(&[]), at(minute)).await.ticket.expect("a ticket");
    reply(b, ticket, "We are sorry for the tea set.", at(minute)).await;
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_receiver_gets_signed_calls_and_no_words_of_people() {
    let b = Bench::new(Backend::Sqlite).await;
    let receiver = Receiver::default();
    let hook = hook(receiver.listen().await, false);
    tell(&b, &hook, 0).await;
    open(&b, 1).await;
    tell(&b, &hook, 2).await;
    let got = receiver.got();
    assert_eq!(got.len(), 2, "opened and replied");
    for ((headers, body), kind) in got.iter().zip(["ticket.opened", "ticket.replied"]) {
        let json: serde_json::Value = serde_json::from_str(body).expect("an object");
        assert_eq!(json["type"], kind);
        assert_eq!(json["data"]["channel"], "telegram");
        assert!(!body.contains("tea set") && !body.contains("sorry"), "{body}");
        let (id, timestamp) = (header(headers, "webhook-id"), header(headers, "webhook-timestamp"));
        assert_eq!(timestamp, at(2).as_second().to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(header(headers, "webhook-signature"), signature);
    }
    assert_ne!(header(&got[0].0, "webhook-id"), header(&got[1].0, "webhook-id"));
}

#[tokio::test]
async fn words_are_told_to_a_receiver_that_may_hear_them() {
    let b = Bench::new(Backend::Sqlite).await;
    let receiver = Receiver::default();
    let hook = hook(receiver.listen().await, true);
    tell(&b, &hook, 0).await;
    open(&b, 1).await;
    tell(&b, &hook, 2).await;
    assert!(receiver.got().iter().any(|(_, body)| body.contains("tea set")));
}

#[tokio::test]
async fn a_refused_call_comes_again_with_the_same_id_and_a_redirect_is_not_followed() {
    let b = Bench::new(Backend::Sqlite).await;
    let receiver = Receiver::default();
    receiver.answers.lock().expect("no panic").extend([500, 307]);
    let mut hook = hook(receiver.listen().await, false);
    hook.events = vec![HookKind::Opened];
    tell(&b, &hook, 0).await;
    open(&b, 1).await;
    tell(&b, &hook, 2).await;
    tell(&b, &hook, 2).await;
    assert_eq!(receiver.got().len(), 1, "not at once");
    tell(&b, &hook, 3).await;
    let standing = b.store.hook_standing("erp").await.expect("read");
    assert!(standing.note.is_some_and(|note| note.contains("redirects are not followed")));
    tell(&b, &hook, 5).await;
    let ids: Vec<String> = receiver.got().iter().map(|(headers, _)| header(headers, "webhook-id")).collect();
    assert_eq!(ids.len(), 3, "the third time it was taken");
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(b.store.hook_standing("erp").await.expect("read").waiting, 0);
}

#[tokio::test]
async fn a_receiver_that_is_gone_or_stays_away_for_three_days_is_given_up() {
    let b = Bench::new(Backend::Sqlite).await;
    let receiver = Receiver::default();
    receiver.answers.lock().expect("no panic").push_back(410);
    let mut hook = hook(receiver.listen().await, false);
    hook.events = vec![HookKind::Opened];
    tell(&b, &hook, 0).await;
    open(&b, 1).await;
    tell(&b, &hook, 2).await;
    assert_eq!(b.store.hook_standing("erp").await.expect("read").given_up, 1);
    receiver.answers.lock().expect("no panic").extend(vec![503; 100]);
    open(&b, 10).await;
    for hour in 0..=74 {
        tell(&b, &hook, 11 + hour * 60).await;
    }
    let standing = b.store.hook_standing("erp").await.expect("read");
    assert_eq!((standing.waiting, standing.given_up), (0, 2));
    assert!(receiver.got().len() < 20, "and not called every hour: {}", receiver.got().len());
}

#[tokio::test]
async fn an_address_inside_the_house_is_not_called() {
    let b = Bench::new(Backend::Sqlite).await;
    let receiver = Receiver::default();
    let mut hook = hook(receiver.listen().await, false);
    hook.allow_private = false;
    tell(&b, &hook, 0).await;
    open(&b, 1).await;
    tell(&b, &hook, 2).await;
    assert!(receiver.got().is_empty());
    let note = b.store.hook_standing("erp").await.expect("read").note.unwrap_or_default();
    assert!(note.contains("not an address of the public network"), "{note}");
    let waits = b.store.claim_hook_call("erp", at(60)).await.expect("claimed").expect("it waits");
    b.store.settle_hook_call(waits.id, &HookOutcome::Told, at(60)).await.expect("settled");
}
