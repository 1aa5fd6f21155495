//! Promises about mails to the people of the desk, and about the addresses under which they answer.

use nightdesk::{
    model::{
        agent::Role,
        agent_command::{Owner, TicketChange},
        ids::{AccountName, AgentName, InboundId, TicketId},
        notice::NoticeCause,
        ticket::{EventKind, TicketState},
    },
    store::{
        audit::{Actor, AuditFilter},
        notice_answers::{MAILS_BACK_PER_HOUR, MailBack},
        notices::{NOTICES_PER_HOUR, Notice, NoticeOutcome},
        people::{AgentChange, AgentOutcome},
    },
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes::{apply, change, close, take_over},
    people::{add, name},
};

pub(super) const CASES: &[Case] = &[
    ("people_are_told_what_happens_from_now_on_once", |b| Box::pin(from_now_on(b))),
    ("only_those_are_told_whose_ticket_it_is_or_could_be", |b| Box::pin(whose(b))),
    ("a_ticket_of_nobody_who_works_here_is_everybodys", |b| Box::pin(nobody_here(b))),
    ("whoever_is_given_a_ticket_is_told", |b| Box::pin(given(b))),
    ("tickets_of_nobody_hide_no_others_from_the_look_at_deadlines", |b| Box::pin(unseen_deadlines(b))),
    ("a_person_is_told_of_one_ticket_once_in_ten_minutes", |b| Box::pin(pause(b))),
    ("what_is_too_much_for_an_hour_comes_as_one_notice", |b| Box::pin(held(b))),
    ("a_notice_that_may_have_left_is_not_sent_again", |b| Box::pin(broken(b))),
    ("what_ends_the_program_while_it_is_written_is_counted_and_nothing_else", |b| Box::pin(counted(b))),
    ("what_cannot_be_sent_stands_in_the_audit_log", |b| Box::pin(failed(b))),
    ("a_mail_of_many_tickets_that_cannot_be_sent_names_them_all", |b| Box::pin(failed_joined(b))),
    ("the_end_of_the_time_to_answer_is_told_once", |b| Box::pin(deadline(b))),
    ("a_reply_address_is_in_force_until_a_month_after_the_close", |b| Box::pin(in_force(b))),
    ("a_mail_is_answered_once_and_nobody_is_flooded", |b| Box::pin(mails_back(b))),
    ("a_notice_that_came_back_is_in_the_audit_log_once", |b| Box::pin(came_back(b))),
    ("two_people_never_share_an_address", |b| Box::pin(addresses(b))),
];

const HERE: Actor<'_> = Actor { name: "terminal", address: "" };

/// Adds a person who gets mail.
pub(super) async fn person(b: &Bench, login: &str) {
    add(b, login, Role::Agent).await;
    email(b, login, Some(&format!("{login}@staff.example"))).await;
}

async fn email(b: &Bench, login: &str, address: Option<&str>) -> AgentOutcome {
    let change = AgentChange::Email(address);
    b.store.change_agent(&name(login), &change, &HERE, at(0)).await.expect("it runs")
}

pub(super) async fn queue(b: &Bench, minute: i64) {
    while b.store.queue_notices(&NoticeCause::EVENTS, jiff::Timestamp::MAX, at(minute)).await.expect("queued") {}
}

pub(super) async fn open(b: &Bench, chat: i64, minute: i64) -> TicketId {
    let letter = b.chat(chat, &format!("help {chat}"), at(minute)).await;
    b.decide(&letter, Plan::escalate().sending(&[]), at(minute)).await.ticket.expect("a ticket")
}

pub(super) async fn next(b: &Bench, minute: i64) -> Option<Notice> {
    b.store.claim_notice(at(minute)).await.expect("claimed")
}

pub(super) async fn sent(b: &Bench, notice: &Notice, minute: i64) {
    b.store.arm_notice(notice.id, None, 1, at(minute)).await.expect("armed");
    b.store.settle_notice(notice.id, &NoticeOutcome::Sent, at(minute)).await.expect("settled");
}

/// Sends all that is due; returns to whom and about which ticket.
async fn told(b: &Bench, minute: i64) -> Vec<(String, TicketId, NoticeCause)> {
    let mut told = Vec::new();
    while let Some(notice) = next(b, minute).await {
        sent(b, &notice, minute).await;
        told.push((notice.agent.to_string(), notice.ticket, notice.cause));
    }
    told.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    told
}

fn to(login: &str, ticket: TicketId, cause: NoticeCause) -> (String, TicketId, NoticeCause) {
    (login.to_owned(), ticket, cause)
}

async fn from_now_on(b: Bench) {
    person(&b, "lin").await;
    open(&b, 1, 0).await;
    assert!(b.store.notices_are_behind().await.expect("looked"));
    queue(&b, 1).await;
    assert!(!b.store.notices_are_behind().await.expect("looked"));
    assert_eq!(told(&b, 1).await, [], "what was before is told to nobody");
    let ticket = open(&b, 2, 2).await;
    queue(&b, 2).await;
    queue(&b, 3).await;
    assert_eq!(told(&b, 3).await, [to("lin", ticket, NoticeCause::NewTicket)]);
    assert_eq!(told(&b, 60).await, [], "once");
    let old = open(&b, 3, 4).await;
    queue(&b, 4 + 24 * 60).await;
    assert_eq!(told(&b, 4 + 24 * 60).await, [], "ticket {old} is a day old: people look at the queue first");
}

async fn whose(b: Bench) {
    for login in ["ana", "bo", "cy", "dora"] {
        person(&b, login).await;
    }
    let elsewhere = ["other".into()];
    b.store.change_agent(&name("cy"), &AgentChange::Accounts(Some(&elsewhere)), &HERE, at(0)).await.expect("limited");
    b.store.change_agent(&name("dora"), &AgentChange::Disable, &HERE, at(0)).await.expect("shut out");
    add(&b, "eve", Role::Agent).await;
    queue(&b, 0).await;
    let ticket = open(&b, 1, 1).await;
    queue(&b, 1).await;
    let both = [to("ana", ticket, NoticeCause::NewTicket), to("bo", ticket, NoticeCause::NewTicket)];
    assert_eq!(told(&b, 1).await, both, "not those of another mailbox, shut out, or without an address");
    apply(&b, ticket, &TicketChange { owner: Owner::Person(name("bo")), ..take_over(&b, ticket).await }, at(2)).await;
    let more = b.chat(1, "hello?", at(20)).await;
    b.decide(&more, Plan::escalate().sending(&[]), at(20)).await;
    queue(&b, 20).await;
    assert_eq!(told(&b, 20).await, [to("bo", ticket, NoticeCause::BuyerReplied)], "it is bo's ticket");
}

async fn nobody_here(b: Bench) {
    person(&b, "ana").await;
    person(&b, "dora").await;
    queue(&b, 0).await;
    for (chat, owner) in [(1, "token:erp"), (2, "dora")] {
        let ticket = open(&b, chat, 1).await;
        queue(&b, 1).await;
        told(&b, 1).await;
        let taken = TicketChange { owner: Owner::Person(name(owner)), ..take_over(&b, ticket).await };
        apply(&b, ticket, &taken, at(2)).await;
        b.store.change_agent(&name("dora"), &AgentChange::Disable, &HERE, at(3)).await.expect("shut out");
        let more = b.chat(chat, "hello?", at(20)).await;
        b.decide(&more, Plan::escalate().sending(&[]), at(20)).await;
        queue(&b, 20).await;
        assert_eq!(told(&b, 20).await, [to("ana", ticket, NoticeCause::BuyerReplied)], "{owner} looks at no queue");
        due_of(&b, ticket, 120).await;
        b.store.queue_deadline_notices(at(125), at(95)).await.expect("queued");
        assert_eq!(told(&b, 95).await, [to("ana", ticket, NoticeCause::Deadline)], "{owner}");
        close(&b, ticket, at(96)).await;
        b.store.change_agent(&name("dora"), &AgentChange::Enable, &HERE, at(97)).await.expect("back");
    }
}

async fn given(b: Bench) {
    person(&b, "ana").await;
    person(&b, "bo").await;
    queue(&b, 0).await;
    let ticket = open(&b, 1, 1).await;
    queue(&b, 1).await;
    told(&b, 1).await;
    for (minute, by, whom, tells) in [(20, "ana", "bo", true), (40, "ana", "ana", false)] {
        let given = change(&b, ticket, TicketState::Claimed, EventKind::Assigned).await;
        let given = TicketChange { owner: Owner::Person(name(whom)), ..given };
        b.store.change_ticket(ticket, &name(by), &given, at(minute)).await.expect("it runs");
        queue(&b, minute).await;
        let all = if tells { vec![to(whom, ticket, NoticeCause::NewTicket)] } else { Vec::new() };
        assert_eq!(told(&b, minute).await, all, "{by} gave it to {whom}");
    }
}

async fn unseen_deadlines(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    let seen = open(&b, 1, 1).await;
    let own = [AccountName::new(b.text("SELECT account FROM ticket").await)];
    b.store.change_agent(&name("lin"), &AgentChange::Accounts(Some(&own)), &HERE, at(0)).await.expect("limited");
    queue(&b, 1).await;
    assert_eq!(told(&b, 1).await.len(), 1);
    due_of(&b, seen, 121).await;
    // More tickets of another mailbox than one look takes, all due earlier.
    b.run(
        "INSERT INTO thread (channel, account, participant, language, created_at, changed_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
         SELECT 'email', 'elsewhere', 'b' || i, 'en', 0, 0 FROM n",
    )
    .await;
    b.run(
        "INSERT INTO ticket (thread, inbound, state, urgency, subject, buyer, reasons, tags, opened_at, changed_at,
                             respond_by, account)
         SELECT t.id, k.inbound, 'open', 0, 's', 'b', '[]', '[]', k.opened_at, k.changed_at, k.respond_by - 60000,
                'elsewhere'
         FROM thread t, ticket k WHERE t.account = 'elsewhere'",
    )
    .await;
    b.store.queue_deadline_notices(at(125), at(95)).await.expect("queued");
    assert_eq!(told(&b, 95).await, [to("lin", seen, NoticeCause::Deadline)]);
}

async fn pause(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    let ticket = open(&b, 1, 1).await;
    queue(&b, 1).await;
    assert_eq!(told(&b, 1).await.len(), 1);
    for minute in [2, 3] {
        let more = b.chat(1, "hello?", at(minute)).await;
        b.decide(&more, Plan::escalate().sending(&[]), at(minute)).await;
        queue(&b, minute).await;
    }
    assert_eq!(told(&b, 10).await, []);
    assert_eq!(told(&b, 11).await, [to("lin", ticket, NoticeCause::BuyerReplied)], "both in one");
}

async fn held(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    let many = i64::from(NOTICES_PER_HOUR);
    for chat in 1..=many + 3 {
        open(&b, chat, 1).await;
    }
    queue(&b, 1).await;
    assert_eq!(told(&b, 1).await.len(), usize::try_from(many).expect("few"));
    assert_eq!(next(&b, 60).await, None);
    let digest = next(&b, 61).await.expect("an hour is over");
    assert_eq!(digest.joined.len(), 2, "{digest:#?}");
    b.store
        .settle_notice(digest.id, &NoticeOutcome::Again { at: at(70), note: "451".to_owned() }, at(61))
        .await
        .expect("settled");
    let again = next(&b, 70).await.expect("due again");
    assert_eq!((again.id, again.joined.len(), again.attempts), (digest.id, 2, 2));
    sent(&b, &again, 70).await;
    assert_eq!(next(&b, 500).await, None);
}

async fn broken(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    open(&b, 1, 1).await;
    queue(&b, 1).await;
    let first = next(&b, 1).await.expect("due");
    assert_eq!(next(&b, 1).await, None, "it is being sent");
    b.store.settle_broken_notices(at(2)).await.expect("settled");
    let again = next(&b, 2).await.expect("nothing had left");
    assert_eq!((again.id, &again.key), (first.id, &first.key), "the same mail");
    b.store.arm_notice(again.id, Some("hash"), 3, at(2)).await.expect("armed");
    b.store.settle_broken_notices(at(3)).await.expect("settled");
    assert_eq!(next(&b, 500).await, None, "it may have left");
    assert!(b.store.reply_address("hash", at(3)).await.expect("read").is_some(), "so its address means something");
    b.store.arm_notice(again.id, Some("other"), 3, at(4)).await.expect_err("it is not being sent");
}

/// Returns what the audit log says of notices that lin did not get, the newest first.
async fn not_told(b: &Bench) -> Vec<String> {
    let filter = AuditFilter { actor: "lin", what: "notice_returned", since: None, before: None, limit: 9 };
    let log = b.store.audit_log(&filter).await.expect("read");
    log.into_iter().map(|entry| entry.text).collect()
}

async fn counted(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    open(&b, 1, 1).await;
    queue(&b, 1).await;
    // Each sender ends on the way to the server, or the store failed it, or another process took its place.
    for minute in 1..20 {
        let notice = next(&b, minute).await.expect("it waits again");
        assert_eq!(notice.breaks, 0);
        b.store.note_notice_breaks(notice.id, 1).await.expect("begun");
        b.store.note_notice_breaks(notice.id, 0).await.expect("written");
        b.store.settle_broken_notices(at(minute)).await.expect("settled");
    }
    // Each ends while it is written.
    for minute in 20..24 {
        let notice = next(&b, minute).await.expect("it waits again");
        assert_eq!(i64::from(notice.breaks), minute - 20);
        b.store.note_notice_breaks(notice.id, notice.breaks + 1).await.expect("begun");
        b.store.settle_broken_notices(at(minute)).await.expect("settled");
    }
    let notice = next(&b, 24).await.expect("it waits again");
    let again = NoticeOutcome::Again { at: at(25), note: "451".to_owned() };
    b.store.settle_notice(notice.id, &again, at(24)).await.expect("settled");
    let notice = next(&b, 25).await.expect("due");
    assert_eq!(notice.breaks, 4, "a server that refuses takes nothing of it away");
    b.store.note_notice_breaks(notice.id, 0).await.expect("written");
    sent(&b, &notice, 25).await;
    assert_eq!(not_told(&b).await, [] as [String; 0]);
}

async fn failed(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    let ticket = open(&b, 1, 1).await;
    queue(&b, 1).await;
    let notice = next(&b, 1).await.expect("due");
    let refused = NoticeOutcome::Failed { note: "550 no such user".to_owned() };
    b.store.settle_notice(notice.id, &refused, at(1)).await.expect("settled");
    assert_eq!(next(&b, 500).await, None);
    assert_eq!(not_told(&b).await, [format!("the notice of ticket {ticket} was given up: 550 no such user")]);
    open(&b, 2, 4).await;
    queue(&b, 4).await;
    let notice = next(&b, 4).await.expect("due");
    let needless = NoticeOutcome::Dropped { note: "nobody needs it any more".to_owned() };
    b.store.settle_notice(notice.id, &needless, at(4)).await.expect("settled");
    assert_eq!(not_told(&b).await.len(), 1, "what nobody needs is no failure");
}

async fn failed_joined(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    let many = i64::from(NOTICES_PER_HOUR);
    let mut tickets = Vec::new();
    for chat in 1..=many + 3 {
        tickets.push(open(&b, chat, 1).await.to_string());
    }
    queue(&b, 1).await;
    told(&b, 1).await;
    let list = next(&b, 61).await.expect("an hour is over");
    let failed = NoticeOutcome::Failed { note: "550 no such user".to_owned() };
    b.store.settle_notice(list.id, &failed, at(61)).await.expect("settled");
    let held = tickets.split_off(tickets.len() - 3).join(", ");
    assert_eq!(not_told(&b).await, [format!("the notice of tickets {held} was given up: 550 no such user")]);
}

/// Lets every ticket be due then.
pub(super) async fn due(b: &Bench, minute: i64) {
    b.run(&format!("UPDATE ticket SET respond_by = {}", at(minute).as_millisecond())).await;
}

async fn due_of(b: &Bench, ticket: TicketId, minute: i64) {
    b.run(&format!("UPDATE ticket SET respond_by = {} WHERE id = {ticket}", at(minute).as_millisecond())).await;
}

async fn deadline(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    let ticket = open(&b, 1, 1).await;
    queue(&b, 1).await;
    told(&b, 1).await;
    due(&b, 120).await;
    let warn = async |minute: i64| {
        b.store.queue_deadline_notices(at(minute + 30), at(minute)).await.expect("queued");
        told(&b, minute).await
    };
    assert_eq!(warn(89).await, []);
    assert_eq!(warn(90).await, [to("lin", ticket, NoticeCause::Deadline)]);
    assert_eq!(warn(119).await, [], "once");
    due(&b, 300).await;
    close(&b, ticket, at(130)).await;
    assert_eq!(warn(299).await, [], "nobody waits any more");
}

/// Opens a ticket and lets a person have a notice of it whose address holds that.
pub(super) async fn armed(b: &Bench, token: &str) -> TicketId {
    person(b, "lin").await;
    queue(b, 0).await;
    let ticket = open(b, 1, 1).await;
    queue(b, 1).await;
    let notice = next(b, 1).await.expect("due");
    b.store.arm_notice(notice.id, Some(token), 7, at(1)).await.expect("armed");
    b.store.settle_notice(notice.id, &NoticeOutcome::Sent, at(1)).await.expect("settled");
    ticket
}

async fn in_force(b: Bench) {
    const DAY: i64 = 24 * 60;
    let ticket = armed(&b, "hash").await;
    let found = async |minute| b.store.reply_address("hash", at(minute)).await.expect("read");
    let address = found(2).await.expect("in force");
    assert_eq!((address.agent, address.ticket, address.seen), (name("lin"), ticket, 7));
    assert_eq!(b.store.reply_address("guess", at(2)).await.expect("read"), None);
    close(&b, ticket, at(DAY)).await;
    assert!(found(30 * DAY).await.is_some());
    assert!(found(31 * DAY + 1).await.is_none());
}

pub(super) fn back(agent: &AgentName, ticket: TicketId, inbound: InboundId) -> MailBack<'_> {
    MailBack {
        agent,
        ticket,
        cause: NoticeCause::Question,
        body: "It was not sent.",
        answer: Some("Yes."),
        seen: 9,
        inbound,
        parent: Some("a1@staff.example"),
    }
}

async fn mails_back(b: Bench) {
    let ticket = armed(&b, "hash").await;
    let lin = name("lin");
    let mail = b.mail("lin@staff.example", "a0", at(2)).await;
    for _ in 0..2 {
        assert!(b.store.queue_mail_back(&back(&lin, ticket, mail.id), at(2)).await.expect("queued"));
    }
    let question = next(&b, 2).await.expect("due at once");
    assert_eq!((question.cause, question.seen), (NoticeCause::Question, Some(9)));
    assert_eq!((question.body.as_str(), question.parent.as_deref()), ("It was not sent.", Some("a1@staff.example")));
    b.store.arm_notice(question.id, Some("asked"), 9, at(2)).await.expect("armed");
    let address = b.store.reply_address("asked", at(2)).await.expect("read").expect("in force");
    assert_eq!((address.cause, address.answer.as_deref()), (NoticeCause::Question, Some("Yes.")));
    b.store.settle_notice(question.id, &NoticeOutcome::Sent, at(2)).await.expect("settled");
    assert_eq!(next(&b, 2).await, None, "one mail back for one mail");
    for number in 1..MAILS_BACK_PER_HOUR {
        let mail = b.mail("lin@staff.example", &format!("a{number}"), at(3)).await;
        assert!(b.store.queue_mail_back(&back(&lin, ticket, mail.id), at(3)).await.expect("queued"));
    }
    let mail = b.mail("lin@staff.example", "more", at(3)).await;
    assert!(!b.store.queue_mail_back(&back(&lin, ticket, mail.id), at(3)).await.expect("it runs"), "enough");
    assert!(b.store.queue_mail_back(&back(&lin, ticket, mail.id), at(64)).await.expect("queued"), "an hour later");
}

async fn came_back(b: Bench) {
    person(&b, "lin").await;
    queue(&b, 0).await;
    open(&b, 1, 1).await;
    queue(&b, 1).await;
    let notice = next(&b, 1).await.expect("due");
    sent(&b, &notice, 1).await;
    for minute in [2, 3] {
        let whose = b.store.notice_returned(&notice.key, "5.1.1 no such user", at(minute)).await.expect("noted");
        assert_eq!(whose, Some(name("lin")));
    }
    let filter = AuditFilter { actor: "lin", what: "notice_returned", since: None, before: None, limit: 9 };
    let log = b.store.audit_log(&filter).await.expect("read");
    assert_eq!(log.iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>(), ["5.1.1 no such user"]);
    assert_eq!(b.store.notice_returned("n0123456789abcdef", "x", at(4)).await.expect("it runs"), None);
}

async fn addresses(b: Bench) {
    person(&b, "lin").await;
    add(&b, "mei", Role::Agent).await;
    assert_eq!(email(&b, "mei", Some("lin@staff.example")).await, AgentOutcome::AddressTaken);
    assert_eq!(email(&b, "lin", Some("lin@staff.example")).await, AgentOutcome::Changed, "it is lin's own");
    let whose = async |address| b.store.agent_by_email(address).await.expect("read").map(|agent| agent.name);
    assert_eq!(whose("lin@staff.example").await, Some(name("lin")));
    assert_eq!(email(&b, "lin", None).await, AgentOutcome::Changed);
    assert_eq!(whose("lin@staff.example").await, None);
    assert_eq!(email(&b, "mei", Some("lin@staff.example")).await, AgentOutcome::Changed);
    b.store.change_agent(&name("mei"), &AgentChange::Disable, &HERE, at(1)).await.expect("shut out");
    assert_eq!(whose("lin@staff.example").await, None, "who is shut out has none");
}
