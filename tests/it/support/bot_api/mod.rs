//! A scripted Bot API server: real HTTP on loopback, at-least-once updates with a real long poll, faults on demand.
//!
//! Every request is checked against the published API; a call that Telegram would not understand is answered with 400
//! and fails the test when the server is dropped.

pub(crate) mod schema;

use std::{
    collections::{BTreeMap, VecDeque},
    net::{Ipv4Addr, SocketAddr},
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State as Shared},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::any,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout, timeout_at},
};

use self::schema::Schema;

/// The token the server knows; a canary that must show up nowhere.
pub(crate) const TOKEN: &str = "700000001:AAcanary-never_in-a-log_0123456789xyz";

/// How long a test waits for something that should happen at once.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the server does to a call instead of answering it well.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// `"ok": false`; the call is not carried out.
    Refuse { code: u16, description: &'static str, parameters: Value },
    /// An HTML page of some proxy; the call is not carried out.
    Page(u16),
    /// These words with status 200; the call is not carried out.
    Verbatim(String),
    /// The call is carried out; its answer lacks the second half, though HTTP says it is whole.
    Truncated,
    /// The call is carried out; the connection breaks in the middle of the answer.
    Torn,
    /// The connection is closed before the call is carried out.
    CutBefore,
    /// The call is carried out and the connection closed without an answer.
    CutAfter,
    /// The call is carried out; its answer comes after this time.
    Slow(Duration),
}

impl Answer {
    /// A refusal without parameters.
    pub(crate) fn refuse(code: u16, description: &'static str) -> Self {
        Self::Refuse { code, description, parameters: Value::Null }
    }
}

/// One call as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) parameters: Value,
    pub(crate) at: Instant,
}

/// The running server; stops when dropped.
pub(crate) struct BotApi {
    address: SocketAddr,
    server: Arc<Server>,
    task: JoinHandle<()>,
}

struct Server {
    schema: Schema,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    updates: VecDeque<(i64, String)>,
    next_update: i64,
    polls: u64,
    script: BTreeMap<String, VecDeque<Answer>>,
    calls: Vec<Call>,
    messages: Vec<Value>,
    violations: Vec<String>,
}

impl BotApi {
    /// Starts on a free port.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Mutex::new(State { next_update: 100, ..State::default() });
        let server = Arc::new(Server { schema: Schema::load(), state, changed: watch::Sender::new(()) });
        let router = Router::new().route("/{bot}/{method}", any(handle)).with_state(Arc::clone(&server));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("accepting does not fail") });
        Self { address, server, task }
    }

    /// Returns the address for `api_url`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Hands out an update under the next id; returns the id.
    pub(crate) fn push(&self, kind: &str, content: &Value) -> i64 {
        let id = self.state().next_update;
        self.push_raw(id, format!(r#"{{"update_id":{id},"{kind}":{content}}}"#));
        id
    }

    /// Hands out these very bytes as one update. Later ids go on from this one.
    pub(crate) fn push_raw(&self, id: i64, update: String) {
        let mut state = self.state();
        state.updates.push_back((id, update));
        state.next_update = id + 1;
        drop(state);
        self.server.changed.send_replace(());
    }

    /// The next call of that method is answered so.
    pub(crate) fn script(&self, method: &str, answer: Answer) {
        self.state().script.entry(method.to_owned()).or_default().push_back(answer);
    }

    /// Returns the calls of one method so far.
    pub(crate) fn calls(&self, method: &str) -> Vec<Call> {
        self.state().calls.iter().filter(|call| call.method == method).cloned().collect()
    }

    /// Returns the parameters of every `sendMessage` that was carried out.
    pub(crate) fn messages(&self) -> Vec<Value> {
        self.state().messages.clone()
    }

    /// Returns how many updates wait to be confirmed.
    pub(crate) fn unconfirmed(&self) -> usize {
        self.state().updates.len()
    }

    /// Takes what was wrong with the calls so far.
    pub(crate) fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.state().violations)
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut changed = self.server.changed.subscribe();
        let waiting = async {
            while !holds(self) {
                changed.changed().await.expect("the server lives as long as self");
            }
        };
        assert!(timeout(PATIENCE, waiting).await.is_ok(), "waited in vain until {what}");
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.server.state()
    }
}

impl Drop for BotApi {
    fn drop(&mut self) {
        self.task.abort();
        if !std::thread::panicking() {
            assert_eq!(self.take_violations(), [""; 0], "calls that Telegram would not understand");
        }
    }
}

impl Server {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the server's state")
    }

    /// Carries a call out.
    async fn perform(&self, method: &str, parameters: &Value) -> Response {
        match method {
            "getMe" => ok(&json!({
                "id": 700_000_001, "is_bot": true, "first_name": "Lanterns & Co", "username": "lantern_shop_bot",
                "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
                "can_connect_to_business": false, "has_main_web_app": false
            })),
            "sendMessage" => self.send_message(parameters),
            "getUpdates" => self.get_updates(parameters).await,
            _ => unreachable!("the schema refuses other methods"),
        }
    }

    fn send_message(&self, parameters: &Value) -> Response {
        let mut state = self.state();
        state.messages.push(parameters.clone());
        let sent = json!({
            "message_id": 5000 + state.messages.len(), "date": 1_795_000_000,
            "chat": { "id": parameters["chat_id"], "type": "private", "first_name": "Maja" },
            "text": parameters["text"]
        });
        drop(state);
        self.changed.send_replace(());
        ok(&sent)
    }

    /// A higher offset confirms what lies below it; a newer poll ends an older one with 409.
    async fn get_updates(&self, parameters: &Value) -> Response {
        let offset = parameters["offset"].as_i64().unwrap_or_default();
        let deadline = Instant::now() + Duration::from_secs(parameters["timeout"].as_u64().unwrap_or_default());
        let mut changed = self.changed.subscribe();
        let mine = {
            let mut state = self.state();
            state.updates.retain(|(id, _)| offset <= 0 || *id >= offset);
            state.polls += 1;
            state.polls
        };
        self.changed.send_replace(());
        loop {
            changed.mark_unchanged();
            {
                let state = self.state();
                if state.polls != mine {
                    return refusal(
                        409,
                        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                        &Value::Null,
                    );
                }
                let late = Instant::now() >= deadline;
                if late || !state.updates.is_empty() {
                    let limit = usize::try_from(parameters["limit"].as_u64().unwrap_or(100)).expect("a small number");
                    let batch: Vec<&str> = state.updates.iter().take(limit).map(|(_, raw)| raw.as_str()).collect();
                    return json_response(200, format!(r#"{{"ok":true,"result":[{}]}}"#, batch.join(",")));
                }
            }
            let _late = timeout_at(deadline, changed.changed()).await;
        }
    }
}

async fn handle(
    Shared(server): Shared<Arc<Server>>,
    Path((bot, method)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    if bot.strip_prefix("bot") != Some(TOKEN) {
        return refusal(401, "Unauthorized", &Value::Null);
    }
    let parameters: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let wrong = server.schema.check(&method, &parameters);
    let answer = {
        let mut state = server.state();
        state.calls.push(Call { method: method.clone(), parameters: parameters.clone(), at: Instant::now() });
        state.violations.extend(wrong.iter().cloned());
        state.script.get_mut(&method).and_then(VecDeque::pop_front)
    };
    server.changed.send_replace(());
    if let Some(first) = wrong.first() {
        return refusal(400, &format!("Bad Request: {first}"), &Value::Null);
    }
    match answer {
        None => server.perform(&method, &parameters).await,
        Some(Answer::Refuse { code, description, parameters }) => refusal(code, description, &parameters),
        Some(Answer::Page(status)) => page(status),
        Some(Answer::Verbatim(words)) => json_response(200, words),
        Some(Answer::CutBefore) => cut(),
        Some(spoilt) => spoil(server.perform(&method, &parameters).await, spoilt).await,
    }
}

/// Spoils the answer to a call that was carried out.
async fn spoil(response: Response, answer: Answer) -> Response {
    let whole = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("the body is in memory");
    let half = whole.slice(..whole.len() / 2);
    match answer {
        Answer::Truncated => json_response(200, half),
        Answer::Torn => {
            let torn = [Ok(half), Err(std::io::Error::other("torn"))];
            json_response(200, Body::from_stream(futures_util::stream::iter(torn)))
        }
        Answer::Slow(time) => {
            sleep(time).await;
            json_response(200, whole)
        }
        _ => cut(),
    }
}

/// Ends the connection's task, which closes the socket without a byte of an answer.
fn cut() -> ! {
    resume_unwind(Box::new("the script cuts the connection"))
}

fn ok(result: &Value) -> Response {
    json_response(200, json!({ "ok": true, "result": result }).to_string())
}

fn refusal(code: u16, description: &str, parameters: &Value) -> Response {
    let mut answer = json!({ "ok": false, "error_code": code, "description": description });
    if !parameters.is_null() {
        answer["parameters"] = parameters.clone();
    }
    json_response(code, answer.to_string())
}

fn page(status: u16) -> Response {
    let words = format!("<html><head><title>{status}</title></head><body><h1>nginx</h1></body></html>");
    (code(status), [("content-type", "text/html")], words).into_response()
}

fn json_response(status: u16, body: impl Into<Body>) -> Response {
    (code(status), [("content-type", "application/json")], body.into()).into_response()
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status of HTTP")
}
