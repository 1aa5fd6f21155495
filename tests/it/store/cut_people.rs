//! The calls about people, links, sessions and tokens that `cuts.rs` cuts at their COMMIT.

use nightdesk::{
    model::{agent::Role, audit::Deed, language::Language},
    store::{
        audit::Actor,
        invitations::Chosen,
        people::{AgentChange, NewAgent},
        sessions::{Ends, NewSession, Stage},
        tokens::NewToken,
    },
};
use secrecy::SecretString;

use super::{
    bench::at,
    cuts::{Run, say},
    people::{add, enter, name, phc},
};

const BY: Actor<'_> = Actor { name: "boss", address: "192.0.2.7" };
const TOKEN: NewToken<'_> = NewToken { name: "erp", role: Role::Agent, accounts: None, hash: "h" };

pub(super) async fn note(run: Run) -> (Run, String) {
    say!(run, run.store.note(&BY, Deed::Exported, "tickets", at(1)))
}

pub(super) async fn add_person(run: Run) -> (Run, String) {
    let (name, phc) = (name("lin"), phc());
    let new = NewAgent {
        name: &name,
        display: "Lin",
        role: Role::Agent,
        accounts: None,
        language: Language::EN,
        password: Some(&phc),
    };
    say!(run, run.store.add_agent(&new, &BY, at(1)))
}

pub(super) async fn change_person(run: Run) -> (Run, String) {
    add(&run.bench, "lin", Role::Agent).await;
    let codes = ["one".to_owned()];
    let secret = SecretString::from("JBSWY3DPEHPK3PXP");
    let change = AgentChange::TotpOn { secret: &secret, step: 3, codes: &codes };
    say!(run, run.store.change_agent(&name("lin"), &change, &BY, at(1)))
}

pub(super) async fn take_code(run: Run) -> (Run, String) {
    add(&run.bench, "lin", Role::Agent).await;
    say!(run, run.store.take_totp_step(&name("lin"), 7, at(1)))
}

pub(super) async fn take_recovery_code(run: Run) -> (Run, String) {
    add(&run.bench, "lin", Role::Agent).await;
    let codes = ["one".to_owned()];
    run.bench.store.change_agent(&name("lin"), &AgentChange::Codes(&codes), &BY, at(0)).await.expect("changed");
    say!(run, run.store.take_recovery_code(&name("lin"), "one", &BY, at(1)))
}

pub(super) async fn invite(run: Run) -> (Run, String) {
    say!(run, run.store.invite("h", None, at(60), &BY, at(1)))
}

pub(super) async fn use_link(run: Run) -> (Run, String) {
    run.bench.store.invite("h", None, at(60), &BY, at(0)).await.expect("invited");
    let (name, phc) = (name("ana"), phc());
    let chosen = Chosen { name: &name, display: "Ana", language: Language::EN, password: &phc };
    say!(run, run.store.accept_invitation("h", &chosen, &BY, at(1)))
}

pub(super) async fn begin_session(run: Run) -> (Run, String) {
    add(&run.bench, "lin", Role::Agent).await;
    enter(&run.bench, "lin", "before", at(0)).await;
    let name = name("lin");
    let new = NewSession { hash: "s", agent: &name, stage: Stage::Whole, browser: "Firefox" };
    say!(run, run.store.begin_session(&new, Some("before"), &BY, at(1)))
}

pub(super) async fn use_session(run: Run) -> (Run, String) {
    add(&run.bench, "lin", Role::Agent).await;
    enter(&run.bench, "lin", "s", at(0)).await;
    let (session, _) = run.bench.store.session("s", at(1)).await.expect("read").expect("begun");
    say!(run, run.store.session_used(&session, at(5)))
}

pub(super) async fn end_session(run: Run) -> (Run, String) {
    add(&run.bench, "lin", Role::Agent).await;
    enter(&run.bench, "lin", "s", at(0)).await;
    say!(run, run.store.end_session("s", &BY, at(1)))
}

pub(super) async fn end_sessions(run: Run) -> (Run, String) {
    add(&run.bench, "lin", Role::Agent).await;
    for hash in ["a", "b"] {
        enter(&run.bench, "lin", hash, at(0)).await;
    }
    say!(run, run.store.end_sessions(&name("lin"), Ends::AllBut("a"), &BY, at(1)))
}

pub(super) async fn add_token(run: Run) -> (Run, String) {
    say!(run, run.store.add_token(&TOKEN, &BY, at(1)))
}

pub(super) async fn use_token(run: Run) -> (Run, String) {
    run.bench.store.add_token(&TOKEN, &BY, at(0)).await.expect("added");
    let token = run.bench.store.token("h").await.expect("read").expect("in force");
    say!(run, run.store.token_used(&token, at(5)))
}

pub(super) async fn revoke_token(run: Run) -> (Run, String) {
    run.bench.store.add_token(&TOKEN, &BY, at(0)).await.expect("added");
    let token = run.bench.store.token("h").await.expect("read").expect("in force");
    say!(run, run.store.revoke_token(token.id, &BY, at(1)))
}
