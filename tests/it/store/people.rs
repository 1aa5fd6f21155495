//! Promises about who may come in: people, links, sessions, tokens, and the log of all that.

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    model::{
        agent::{Agent, Role},
        audit::Deed,
        ids::{AccountName, AgentName},
        language::Language,
    },
    store::{
        audit::{Actor, AuditEntry, AuditFilter},
        invitations::{Accepted, Chosen},
        people::{AgentChange, AgentOutcome, NewAgent},
        reach::Thing,
        sessions::{CODE_WAIT, Ends, IDLE, LONGEST, NewSession, Stage},
        tokens::NewToken,
    },
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Case,
    bench::{Bench, Plan, at},
};

pub(super) const CASES: &[Case] = &[
    ("a_person_is_read_back_as_added_and_a_name_is_taken_once", |b| Box::pin(added_once(b))),
    ("the_last_admin_is_neither_shut_out_nor_made_less", |b| Box::pin(last_admin(b))),
    ("what_decides_about_rights_or_secrets_ends_the_sessions", |b| Box::pin(rights_end_sessions(b))),
    ("a_code_and_every_code_before_it_counts_once", |b| Box::pin(codes_count_once(b))),
    ("a_recovery_code_counts_once_and_new_ones_replace_the_old", |b| Box::pin(recovery_codes(b))),
    ("a_link_opens_once_and_within_its_time", |b| Box::pin(links_open_once(b))),
    ("nobody_becomes_the_first_admin_twice", |b| Box::pin(first_admin_once(b))),
    ("a_new_link_ends_the_one_before_and_the_shut_out_get_none", |b| Box::pin(new_link(b))),
    ("a_session_ends_when_unused_and_in_any_case_after_a_week", |b| Box::pin(sessions_end(b))),
    ("a_session_is_replaced_at_the_login_and_ends_from_elsewhere", |b| Box::pin(sessions_are_replaced(b))),
    ("a_right_password_alone_waits_a_few_minutes_and_is_listed_nowhere", |b| Box::pin(half_sessions(b))),
    ("one_person_has_no_more_than_twenty_sessions", |b| Box::pin(surplus_sessions(b))),
    ("a_token_is_found_until_it_is_revoked", |b| Box::pin(tokens(b))),
    ("a_thing_belongs_to_the_accounts_it_came_in_by", |b| Box::pin(whose_it_is(b))),
    ("the_audit_log_tells_who_what_and_from_where_page_by_page", |b| Box::pin(audit_pages(b))),
];

const FROM: Actor<'_> = Actor { name: "lin", address: "192.0.2.7" };

pub(super) fn name(name: &str) -> AgentName {
    AgentName::from(name)
}

pub(super) fn phc() -> SecretString {
    SecretString::from("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")
}

/// Adds a person who can sign in.
pub(super) async fn add(b: &Bench, login: &str, role: Role) {
    let (name, phc) = (name(login), phc());
    let new = NewAgent {
        name: &name,
        display: "Lin Wei",
        role,
        accounts: None,
        language: Language::ZH,
        password: Some(&phc),
    };
    assert!(b.store.add_agent(&new, &FROM, at(0)).await.expect("it runs"), "{login} is free");
}

async fn read(b: &Bench, login: &str) -> Agent {
    b.store.agent(&name(login)).await.expect("read").expect("there is one")
}

async fn change(b: &Bench, login: &str, change: AgentChange<'_>) -> AgentOutcome {
    b.store.change_agent(&name(login), &change, &FROM, at(1)).await.expect("it runs")
}

/// Signs somebody in.
pub(super) async fn enter(b: &Bench, login: &str, hash: &str, now: Timestamp) {
    let name = name(login);
    let new = NewSession { hash, agent: &name, stage: Stage::Whole, browser: "Firefox" };
    b.store.begin_session(&new, None, &FROM, now).await.expect("begun");
}

async fn is_in(b: &Bench, hash: &str, now: Timestamp) -> bool {
    b.store.session(hash, now).await.expect("read").is_some()
}

async fn log(b: &Bench, actor: &str, what: &str, before: Option<i64>, limit: u32) -> Vec<AuditEntry> {
    b.store.audit_log(&AuditFilter { actor, what, since: None, before, limit }).await.expect("read")
}

async fn added_once(b: Bench) {
    assert!(!b.store.has_admin().await.expect("read"));
    add(&b, "lin", Role::Editor).await;
    assert!(!b.store.has_admin().await.expect("read"), "an editor lets nobody in");
    let lin = read(&b, "lin").await;
    assert_eq!((lin.display.as_str(), lin.role, lin.language), ("Lin Wei", Role::Editor, Language::ZH));
    assert!(lin.is_active() && !lin.totp && lin.accounts.is_none() && lin.login_at.is_none());
    let (taken, accounts) = (name("lin"), [AccountName::from("shop")]);
    let again = NewAgent {
        name: &taken,
        display: "Other",
        role: Role::Admin,
        accounts: Some(&accounts),
        language: Language::EN,
        password: None,
    };
    assert!(!b.store.add_agent(&again, &FROM, at(1)).await.expect("it runs"));
    assert_eq!(read(&b, "lin").await, lin, "the first one stays as it was");
    assert_eq!(change(&b, "lin", AgentChange::Accounts(Some(&accounts))).await, AgentOutcome::Changed);
    let lin = read(&b, "lin").await;
    assert!(lin.sees(&"shop".into()) && !lin.sees(&"bot".into()));
    assert_eq!(change(&b, "lin", AgentChange::Accounts(Some(&[]))).await, AgentOutcome::Changed);
    assert!(!read(&b, "lin").await.sees(&"shop".into()), "an empty list is not all accounts");
    assert_eq!(change(&b, "nobody", AgentChange::Disable).await, AgentOutcome::NoSuchAgent);
}

async fn last_admin(b: Bench) {
    add(&b, "lin", Role::Admin).await;
    assert_eq!(change(&b, "lin", AgentChange::Disable).await, AgentOutcome::LastAdmin);
    assert_eq!(change(&b, "lin", AgentChange::Role(Role::Editor)).await, AgentOutcome::LastAdmin);
    assert_eq!(change(&b, "lin", AgentChange::Role(Role::Admin)).await, AgentOutcome::Changed);
    // An admin who never chose a password lets nobody in.
    let invited = name("kim");
    let new = NewAgent {
        name: &invited,
        display: "Kim",
        role: Role::Admin,
        accounts: None,
        language: Language::EN,
        password: None,
    };
    assert!(b.store.add_agent(&new, &FROM, at(0)).await.expect("it runs"));
    assert_eq!(change(&b, "lin", AgentChange::Disable).await, AgentOutcome::LastAdmin);
    assert_eq!(change(&b, "kim", AgentChange::Password(&phc())).await, AgentOutcome::Changed);
    assert_eq!(change(&b, "lin", AgentChange::Disable).await, AgentOutcome::Changed);
    assert_eq!(change(&b, "kim", AgentChange::Role(Role::Agent)).await, AgentOutcome::LastAdmin);
    assert_eq!(change(&b, "lin", AgentChange::Enable).await, AgentOutcome::Changed);
    assert_eq!(change(&b, "kim", AgentChange::Role(Role::Agent)).await, AgentOutcome::Changed);
}

async fn rights_end_sessions(b: Bench) {
    add(&b, "boss", Role::Admin).await;
    add(&b, "lin", Role::Agent).await;
    let secret = SecretString::from("JBSWY3DPEHPK3PXP");
    let phc = phc();
    let ending = [
        AgentChange::Role(Role::Editor),
        AgentChange::Accounts(Some(&[])),
        AgentChange::Password(&phc),
        AgentChange::TotpOn { secret: &secret, step: 1, codes: &[] },
        AgentChange::TotpOff,
        AgentChange::Disable,
    ];
    enter(&b, "boss", "other", at(0)).await;
    for one in ending {
        let said = format!("{one:?}");
        enter(&b, "lin", "s", at(0)).await;
        assert!(is_in(&b, "s", at(1)).await);
        assert_eq!(change(&b, "lin", one).await, AgentOutcome::Changed);
        assert!(!is_in(&b, "s", at(1)).await, "{said} ends the session");
    }
    assert!(is_in(&b, "other", at(1)).await, "somebody else's goes on");
    assert_eq!(change(&b, "lin", AgentChange::Enable).await, AgentOutcome::Changed);
    enter(&b, "lin", "s", at(0)).await;
    let taste = [
        AgentChange::Display("Lin"),
        AgentChange::Language(Language::EN),
        AgentChange::SingleKeys(false),
        AgentChange::Codes(&[]),
    ];
    for one in taste {
        assert_eq!(change(&b, "lin", one).await, AgentOutcome::Changed);
    }
    assert!(is_in(&b, "s", at(1)).await, "taste ends none");
    let (_, lin) = b.store.session("s", at(1)).await.expect("read").expect("begun");
    assert!(!lin.single_keys && !read(&b, "lin").await.single_keys, "what was switched off is off");
    assert!(read(&b, "boss").await.single_keys, "nobody else's are, and at first all are on");
    assert_eq!(change(&b, "lin", AgentChange::SingleKeys(true)).await, AgentOutcome::Changed);
    assert!(read(&b, "lin").await.single_keys);
}

async fn codes_count_once(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    let secret = SecretString::from("JBSWY3DPEHPK3PXP");
    change(&b, "lin", AgentChange::TotpOn { secret: &secret, step: 100, codes: &[] }).await;
    let read = b.store.credentials(&name("lin")).await.expect("read").expect("there is one");
    assert_eq!(read.totp.expect("kept").expose_secret(), "JBSWY3DPEHPK3PXP");
    for (step, counts) in [(100, false), (99, false), (101, true), (101, false), (100, false), (102, true)] {
        let took = b.store.take_totp_step(&name("lin"), step, at(1)).await.expect("it runs");
        assert_eq!(took, counts, "step {step}");
    }
    assert!(!b.store.take_totp_step(&name("nobody"), 200, at(1)).await.expect("it runs"));
}

async fn recovery_codes(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    add(&b, "kim", Role::Agent).await;
    let codes = ["one".to_owned(), "two".to_owned()];
    change(&b, "lin", AgentChange::Codes(&codes)).await;
    let take = async |login: &str, code: &str| {
        b.store.take_recovery_code(&name(login), code, &FROM, at(1)).await.expect("it runs")
    };
    assert!(!take("kim", "one").await, "somebody else's");
    assert!(take("lin", "one").await);
    assert!(!take("lin", "one").await, "used");
    assert_eq!(b.store.recovery_codes_left(&name("lin")).await.expect("read"), 1);
    change(&b, "lin", AgentChange::Codes(&["three".to_owned()])).await;
    assert!(!take("lin", "two").await, "replaced");
    change(&b, "lin", AgentChange::TotpOff).await;
    assert!(!take("lin", "three").await, "nothing is asked for any more");
}

async fn accept(b: &Bench, hash: &str, login: &str, now: Timestamp) -> Accepted {
    let (name, phc) = (name(login), phc());
    let chosen = Chosen { name: &name, display: "Ana", language: Language::EN, password: &phc };
    b.store.accept_invitation(hash, &chosen, &FROM, now).await.expect("it runs")
}

async fn invite(b: &Bench, hash: &str, login: Option<&str>) -> bool {
    let name = login.map(name);
    b.store.invite(hash, name.as_ref(), at(60), &FROM, at(0)).await.expect("it runs")
}

async fn links_open_once(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    enter(&b, "lin", "s", at(0)).await;
    assert!(invite(&b, "h", Some("lin")).await);
    let good = b.store.invitation("h", at(1)).await.expect("read").expect("good");
    assert_eq!(good.agent.map(|agent| agent.name), Some(name("lin")));
    assert_eq!(b.store.invitation("other", at(1)).await.expect("read"), None);
    assert_eq!(b.store.invitation("h", at(60)).await.expect("read"), None, "its time is over");
    assert_eq!(accept(&b, "h", "lin", at(60)).await, Accepted::Gone);
    assert_eq!(accept(&b, "h", "lin", at(2)).await, Accepted::By(name("lin")));
    assert!(!is_in(&b, "s", at(2)).await, "whoever was in under the name is out");
    assert_eq!(accept(&b, "h", "lin", at(3)).await, Accepted::Gone, "used");
}

async fn first_admin_once(b: Bench) {
    assert!(invite(&b, "h", None).await);
    let good = b.store.invitation("h", at(1)).await.expect("read").expect("good");
    assert_eq!(good.agent, None);
    add(&b, "lin", Role::Agent).await;
    assert_eq!(accept(&b, "h", "lin", at(1)).await, Accepted::NameTaken);
    assert_eq!(accept(&b, "h", "ana", at(1)).await, Accepted::By(name("ana")));
    let ana = read(&b, "ana").await;
    assert_eq!((ana.role, ana.display.as_str(), ana.is_active()), (Role::Admin, "Ana", true));
    assert_eq!(accept(&b, "h", "eve", at(2)).await, Accepted::Gone);
    assert!(!invite(&b, "i", None).await, "there is an admin");
    // A link from before another way let an admin in.
    b.run("INSERT INTO invitation (hash, created_by, created_at, expires_at) VALUES ('old', 'x', 0, 9000000000000)")
        .await;
    assert_eq!(b.store.invitation("old", at(1)).await.expect("read"), None);
    assert_eq!(accept(&b, "old", "eve", at(2)).await, Accepted::Gone);
}

async fn new_link(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    assert!(!invite(&b, "h", Some("nobody")).await);
    assert!(invite(&b, "h", Some("lin")).await && invite(&b, "i", Some("lin")).await);
    assert_eq!(accept(&b, "h", "lin", at(1)).await, Accepted::Gone);
    change(&b, "lin", AgentChange::Disable).await;
    assert_eq!(accept(&b, "i", "lin", at(1)).await, Accepted::Gone);
    assert!(!invite(&b, "j", Some("lin")).await);
    change(&b, "lin", AgentChange::Enable).await;
    assert_eq!(accept(&b, "i", "lin", at(1)).await, Accepted::Gone, "what was taken back stays so");
}

async fn sessions_end(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    enter(&b, "lin", "s", at(0)).await;
    let just = SignedDuration::from_millis(1);
    assert!(is_in(&b, "s", at(0) + IDLE - just).await);
    assert!(!is_in(&b, "s", at(0) + IDLE).await, "unused");
    // Used every ten hours, it lives for its week and no longer.
    let mut now = at(0);
    while now < at(0) + LONGEST {
        let (session, agent) = b.store.session("s", now).await.expect("read").expect("alive while it is used");
        assert_eq!((agent.name, session.stage), (name("lin"), Stage::Whole));
        b.store.session_used(&session, now).await.expect("noted");
        now += SignedDuration::from_hours(10);
    }
    assert!(!is_in(&b, "s", at(0) + LONGEST).await, "it ends in any case");
}

async fn sessions_are_replaced(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    enter(&b, "lin", "planted", at(0)).await;
    let lin = name("lin");
    let new = NewSession { hash: "own", agent: &lin, stage: Stage::Whole, browser: "Fire\nfox" };
    b.store.begin_session(&new, Some("planted"), &FROM, at(1)).await.expect("begun");
    assert!(!is_in(&b, "planted", at(1)).await && is_in(&b, "own", at(1)).await);
    enter(&b, "lin", "phone", at(2)).await;
    let listed = b.store.sessions_of(&lin, at(2)).await.expect("read");
    assert_eq!(listed.iter().map(|session| session.hash.as_str()).collect::<Vec<_>>(), ["phone", "own"]);
    assert_eq!(listed[1].browser, "Firefox");
    let end = async |login: &str, which| b.store.end_sessions(&name(login), which, &FROM, at(3)).await.expect("runs");
    assert!(!end("kim", Ends::One("phone")).await, "nobody ends somebody else's");
    assert!(end("lin", Ends::One("phone")).await);
    enter(&b, "lin", "tablet", at(4)).await;
    assert!(end("lin", Ends::AllBut("own")).await);
    assert!(is_in(&b, "own", at(4)).await && !is_in(&b, "tablet", at(4)).await);
    assert!(b.store.end_session("own", &FROM, at(5)).await.expect("it runs"));
    assert!(!b.store.end_session("own", &FROM, at(5)).await.expect("it runs"));
    assert_eq!(read(&b, "lin").await.login_at, Some(at(4)));
}

async fn half_sessions(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    let lin = name("lin");
    let new = NewSession { hash: "half", agent: &lin, stage: Stage::Code, browser: "" };
    b.store.begin_session(&new, None, &FROM, at(0)).await.expect("begun");
    let (session, _) = b.store.session("half", at(1)).await.expect("read").expect("it waits");
    assert_eq!(session.stage, Stage::Code);
    assert!(b.store.sessions_of(&lin, at(1)).await.expect("read").is_empty());
    assert_eq!(read(&b, "lin").await.login_at, None, "that was no login");
    assert!(log(&b, "", Deed::SignedIn.as_str(), None, 9).await.is_empty());
    assert!(!is_in(&b, "half", at(0) + CODE_WAIT).await);
}

async fn surplus_sessions(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    for minute in 0..25 {
        enter(&b, "lin", &format!("s{minute}"), at(minute)).await;
    }
    assert_eq!(b.store.sessions_of(&name("lin"), at(30)).await.expect("read").len(), 20);
    assert!(!is_in(&b, "s4", at(30)).await && is_in(&b, "s5", at(30)).await, "the oldest end");
}

async fn tokens(b: Bench) {
    let accounts = [AccountName::from("shop")];
    let new = NewToken { name: "erp", role: Role::Agent, accounts: Some(&accounts), hash: "h" };
    assert!(b.store.add_token(&new, &FROM, at(0)).await.expect("it runs"));
    assert!(!b.store.add_token(&NewToken { hash: "i", ..new }, &FROM, at(0)).await.expect("it runs"), "named so");
    let token = b.store.token("h").await.expect("read").expect("in force");
    assert_eq!((token.name.as_str(), token.used_at, token.accounts.as_deref()), ("erp", None, Some(&accounts[..])));
    b.store.token_used(&token, at(5)).await.expect("noted");
    assert_eq!(b.store.token("h").await.expect("read").and_then(|token| token.used_at), Some(at(5)));
    assert_eq!(b.store.token("other").await.expect("read"), None);
    assert!(b.store.revoke_token(token.id, &FROM, at(6)).await.expect("it runs"));
    assert!(!b.store.revoke_token(token.id, &FROM, at(6)).await.expect("it runs"));
    assert_eq!(b.store.token("h").await.expect("read"), None);
    assert!(b.store.add_token(&NewToken { hash: "i", ..new }, &FROM, at(7)).await.expect("it runs"), "free again");
    let listed = b.store.tokens().await.expect("read");
    assert_eq!(listed.iter().map(|token| token.revoked_at).collect::<Vec<_>>(), [None, Some(at(6))]);
}

async fn whose_it_is(b: Bench) {
    let letter = b.mail("ana@buyer.example", "q", at(0)).await;
    let ticket = b.decide(&letter, Plan::escalate(), at(0)).await.ticket.expect("a ticket");
    let buyer = b.number("SELECT id FROM buyer").await;
    let shop = [AccountName::from("shop")];
    for (thing, accounts) in [
        (Thing::Ticket(ticket.0), &shop[..]),
        (Thing::Inbound(letter.id.0), &shop[..]),
        (Thing::Buyer(buyer), &shop[..]),
        (Thing::Ticket(ticket.0 + 1), &[]),
        (Thing::Inbound(letter.id.0 + 1), &[]),
        (Thing::Buyer(buyer + 1), &[]),
    ] {
        assert_eq!(b.store.accounts_of(thing).await.expect("read"), accounts, "{thing:?}");
    }
}

async fn audit_pages(b: Bench) {
    add(&b, "lin", Role::Agent).await;
    change(&b, "lin", AgentChange::Role(Role::Editor)).await;
    b.store.pause(&nightdesk::model::switch::Scope::Shop, "sale", "kim", at(2)).await.expect("paused");
    b.store.note(&FROM, Deed::SignInFailed, "a wrong password", at(3)).await.expect("noted");
    let all = log(&b, "", "", None, 99).await;
    let told: Vec<_> =
        all.iter().map(|entry| (entry.actor.as_str(), entry.what.as_str(), entry.text.as_str())).collect();
    assert_eq!(
        told,
        [
            ("lin", "sign_in_failed", "a wrong password"),
            ("kim", "paused", "the shop: sale"),
            ("lin", "role_changed", "lin: agent → editor"),
            ("lin", "person_added", "lin, agent, all accounts"),
        ]
    );
    assert_eq!((all[0].address.as_str(), all[1].address.as_str()), ("192.0.2.7", ""));
    let first = log(&b, "lin", "", None, 2).await;
    assert_eq!(first, [all[0].clone(), all[2].clone()]);
    assert_eq!(log(&b, "lin", "", Some(first[1].id), 2).await, [all[3].clone()]);
    assert_eq!(log(&b, "", "paused", None, 9).await, [all[1].clone()]);
    let since = AuditFilter { actor: "", what: "", since: Some(at(2)), before: None, limit: 9 };
    assert_eq!(b.store.audit_log(&since).await.expect("read").len(), 2);
    assert!(all.iter().all(|entry| Deed::from_word(&entry.what).is_some()));
}
