//! Promises about mail that people write past us, in whichever order it is stored with the mail it answers.

use nightdesk::{
    model::{
        commit::{CommitOutcome, Refusal},
        ids::{InboundId, TicketId},
        outbound::OutboundKind::{Ack, Answer, Draft},
        receive::{FolderRole, ReceiveOutcome, SourceKey},
        ticket::TicketState,
    },
    store::sent::{Found, HumanMail, HumanSent},
};

use super::{
    Case,
    bench::{Bench, Letter, Plan, account, at, mail},
};

pub(super) const CASES: &[Case] = &[
    ("a_persons_mail_stops_what_was_not_begun", |b| Box::pin(stops_what_was_not_begun(b))),
    ("a_persons_mail_makes_an_open_ticket_wait", |b| Box::pin(makes_a_ticket_wait(b))),
    ("a_persons_mail_is_recorded_once", |b| Box::pin(is_recorded_once(b))),
    ("a_persons_mail_stops_a_claimed_answer_before_the_dot", |b| Box::pin(stops_a_claimed_answer(b))),
    ("a_mail_answered_before_it_was_decided_waits", |b| Box::pin(answered_before_it_was_decided(b))),
    ("a_decision_is_refused_when_a_person_answered_meanwhile", |b| Box::pin(refused_meanwhile(b))),
    ("one_answer_covers_one_mail_of_an_id", |b| Box::pin(covers_one_mail(b))),
    ("a_new_mail_of_a_person_finds_the_buyers_conversation", |b| Box::pin(found_by_recipient(b))),
    ("mail_to_strangers_belongs_nowhere", |b| Box::pin(mail_to_strangers(b))),
    ("what_people_sent_is_looked_at_first", |b| Box::pin(looked_at_first(b))),
];

const ANA: &str = "ana@buyer.example";

/// Receives a mail of the Sent folder.
pub(super) async fn sent(b: &Bench, minute: i64) -> InboundId {
    let number = b.next();
    let mut received = mail(number, 7, &format!("sent {number}"), at(minute));
    received.key = SourceKey::Imap { folder: "Sent".to_owned(), uid_validity: 7, uid: number };
    received.role = FolderRole::Sent;
    let outcomes = b.store.receive(&[received], None, at(minute)).await.expect("the batch is stored");
    let [ReceiveOutcome::Stored(id)] = outcomes[..] else { panic!("not stored: {outcomes:?}") };
    id
}

/// Receives and records a person's answer to a mail.
pub(super) async fn answers(b: &Bench, to: &str, parent: Option<&str>, minute: i64) -> (InboundId, HumanSent) {
    let id = sent(b, minute).await;
    let outcome = record(b, id, to, parent, minute).await;
    (id, outcome)
}

async fn record(b: &Bench, id: InboundId, to: &str, parent: Option<&str>, minute: i64) -> HumanSent {
    let (account, own) = (account(), format!("hand-{id}@shop.example"));
    let parents: Vec<String> = parent.map(str::to_owned).into_iter().collect();
    let written = HumanMail {
        inbound: id,
        account: &account,
        message_id: Some(&own),
        parents: &parents,
        recipients: &[to.to_owned()],
        forwarded: false,
        subject: "Re: Order",
        text: "I looked: tomorrow.",
        sent_at: at(minute),
        found: Found::SentFolder,
    };
    b.store.human_sent(&written, at(minute)).await.expect("it is recorded")
}

fn id_of(letter: &Letter) -> &str {
    letter.inbound.mail.as_ref().and_then(|mail| mail.message_id.as_deref()).expect("a mail with an id")
}

async fn ticket_state(b: &Bench, id: TicketId) -> TicketState {
    b.store.ticket(id).await.expect("read").expect("there").ticket.state
}

async fn outcome(b: &Bench, id: InboundId) -> String {
    b.text(&format!("SELECT outcome || ' ' || COALESCE(outcome_reason, '') FROM inbound WHERE id = {id}")).await
}

async fn stops_what_was_not_begun(b: Bench) {
    let letter = b.mail(ANA, "where is it", at(0)).await;
    let done = b.decide(&letter, Plan::answer().sending(&[Answer]), at(0)).await;
    let (row, what) = answers(&b, ANA, Some(id_of(&letter)), 1).await;
    let HumanSent::Answered { thread, ticket: Some(ticket) } = what else { panic!("{what:?}") };
    assert_eq!(thread, done.thread);
    assert_eq!(ticket_state(&b, ticket).await, TicketState::Waiting);
    assert!(b.is(done.outbox[0], "cancelled").await);
    assert_eq!(b.store.claim(at(2), &[]).await.expect("looked"), None);
    assert_eq!(outcome(&b, letter.id).await, "escalated a person answered in the mailbox");
    assert_eq!(outcome(&b, row).await, "suppressed sent_folder");
    let next = b.reply(ANA, "thank you", &[id_of(&letter)], at(3)).await;
    let thread = b.context(&next, at(3)).await.thread.expect("the same conversation");
    assert_eq!((thread.epoch, thread.last_human_reply), (1, Some(at(1))));
}

async fn makes_a_ticket_wait(b: Bench) {
    let letter = b.mail(ANA, "engrave it", at(0)).await;
    let done = b.decide(&letter, Plan::escalate().sending(&[Ack, Draft]), at(0)).await;
    let (_, what) = answers(&b, ANA, Some(id_of(&letter)), 1).await;
    assert_eq!(what, HumanSent::Answered { thread: done.thread, ticket: done.ticket });
    let file = b.store.ticket(done.ticket.expect("a ticket")).await.expect("read").expect("there");
    assert_eq!((file.ticket.state, file.draft), (TicketState::Waiting, None));
    assert_eq!(file.events.last().expect("a history").text, "I looked: tomorrow.");
    assert_eq!(file.last_inbound.expect("a message").id, letter.id, "a reply answers the buyer, not the person");
}

async fn is_recorded_once(b: Bench) {
    let letter = b.mail(ANA, "engrave it", at(0)).await;
    b.decide(&letter, Plan::escalate().sending(&[]), at(0)).await;
    let (row, _) = answers(&b, ANA, Some(id_of(&letter)), 1).await;
    let events = b.number("SELECT COUNT(*) FROM ticket_event").await;
    assert_eq!(record(&b, row, ANA, Some(id_of(&letter)), 2).await, HumanSent::Known);
    assert_eq!(b.number("SELECT COUNT(*) FROM ticket_event").await, events);
    assert_eq!(b.number("SELECT MAX(epoch) FROM thread").await, 1);
}

async fn stops_a_claimed_answer(b: Bench) {
    let letter = b.mail(ANA, "where is it", at(0)).await;
    b.decide(&letter, Plan::answer().sending(&[Answer]), at(0)).await;
    let claimed = b.store.claim(at(0), &[]).await.expect("looked").expect("due");
    let (_, what) = answers(&b, ANA, Some(id_of(&letter)), 1).await;
    assert!(matches!(what, HumanSent::Answered { ticket: Some(_), .. }), "{what:?}");
    let dot = b.store.set_phase(claimed.id, nightdesk::model::outbound::Phase::Dot).await;
    assert!(dot.is_err(), "the dot is refused after the person's answer was recorded");
}

async fn answered_before_it_was_decided(b: Bench) {
    let letter = b.mail(ANA, "where is it", at(0)).await;
    let (_, what) = answers(&b, ANA, Some(id_of(&letter)), 1).await;
    assert!(matches!(what, HumanSent::Answered { ticket: None, .. }), "{what:?}");
    let ticket = b.store.answered_by_person(letter.id, &letter.inbound, at(2)).await.expect("looked");
    let ticket = ticket.expect("a ticket");
    assert_eq!(ticket_state(&b, ticket).await, TicketState::Waiting);
    assert_eq!(outcome(&b, letter.id).await, "escalated a person answered in the mailbox");
    assert_eq!(b.store.answered_by_person(letter.id, &letter.inbound, at(2)).await.expect("looked"), None);
    assert_eq!(b.number("SELECT COUNT(*) FROM ticket").await, 1);
}

async fn refused_meanwhile(b: Bench) {
    let letter = b.mail(ANA, "where is it", at(0)).await;
    let commit = b.commit_of(&letter, Plan::answer().sending(&[Answer]), at(0)).await;
    answers(&b, ANA, Some(id_of(&letter)), 1).await;
    let refused = b.store.commit(&commit).await.expect("runs");
    assert_eq!(refused, CommitOutcome::Refused(Refusal::Epoch));
}

async fn covers_one_mail(b: Bench) {
    let first = b.mail_as(ANA, "one", "form@shop.example", &[], at(0)).await;
    answers(&b, ANA, Some("form@shop.example"), 1).await;
    let twin = b.mail_as("tom@buyer.example", "two", "form@shop.example", &[], at(0)).await;
    let later = b.mail_as("eva@buyer.example", "three", "form@shop.example", &[], at(5)).await;
    let looked = async |letter: &Letter| {
        b.store.answered_by_person(letter.id, &letter.inbound, at(6)).await.expect("looked").is_some()
    };
    assert!(looked(&first).await);
    assert!(!looked(&twin).await, "the answer is spent");
    assert!(!looked(&later).await, "it came after the answer");
}

async fn found_by_recipient(b: Bench) {
    let letter = b.mail(ANA, "engrave it", at(0)).await;
    let done = b.decide(&letter, Plan::escalate().sending(&[]), at(0)).await;
    let (_, what) = answers(&b, ANA, None, 1).await;
    assert_eq!(what, HumanSent::Answered { thread: done.thread, ticket: done.ticket });
}

async fn mail_to_strangers(b: Bench) {
    let (row, what) = answers(&b, "supplier@other.example", None, 1).await;
    assert_eq!(what, HumanSent::Unrelated);
    assert_eq!(outcome(&b, row).await, "suppressed sent_folder");
    assert_eq!(b.number("SELECT COUNT(*) FROM thread").await, 0);
    b.decide(&b.mail(ANA, "out of office", at(2)).await, Plan::suppress(), at(2)).await;
    let counts = b.store.counts().await.expect("read");
    assert_eq!(counts.inbound.get("suppressed"), Some(&1), "it is no message to the shop");
    assert_eq!(counts.sent_folder, 1);
}

async fn looked_at_first(b: Bench) {
    b.mail(ANA, "one", at(0)).await;
    let row = sent(&b, 1).await;
    let waiting = b.store.undecided(5).await.expect("read");
    assert_eq!(waiting.iter().map(|waiting| waiting.id).collect::<Vec<_>>(), [row]);
    assert_eq!(waiting[0].received.role, FolderRole::Sent);
    b.store.ignore(row, "sent_folder", at(1)).await.expect("ended");
    assert_eq!(b.store.undecided(5).await.expect("read").len(), 1);
}
