//! Promises about the sums of reports.

use jiff::Timestamp;
use nightdesk::{
    model::{
        commit::{CommitOutcome, Joined},
        figures::{Days, Ending, Figures, Responder, Said},
        ids::{AccountName, IntentId, OutboxId, TicketId},
        language::Language,
        outbound::{OutboundKind, Phase},
        satisfaction::TOKEN_CHARACTERS,
        ticket::Due,
        verdict::{Hit, PlannedMessage},
    },
    store::outbox::Settlement,
};

use super::{
    Case,
    bench::{Bench, Done, Letter, Plan, account, at},
    changes::reply,
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("messages_are_counted_by_slot_channel_and_ending", |b| Box::pin(by_ending(b))),
    ("an_answer_that_a_person_followed_within_a_week_resolved_nothing", |b| Box::pin(followed(b))),
    ("the_first_answer_after_a_message_counts_and_acks_do_not", |b| Box::pin(first_answers(b))),
    ("an_answer_from_the_sent_folder_is_a_persons", |b| Box::pin(answered_outside(b))),
    ("what_was_recognized_is_counted_with_what_was_said_to_it", |b| Box::pin(recognized(b))),
    ("what_no_rule_knew_is_listed_as_it_is_counted", |b| Box::pin(gaps(b))),
    ("tickets_past_their_clock_are_named_the_latest_first", |b| Box::pin(overdue(b))),
    ("figures_of_some_accounts_hold_nothing_of_others", |b| Box::pin(some_accounts(b))),
];

const ANA: &str = "ana@buyer.example";

/// The hours of minute 0 to 60 and of minute 60 to 12,000.
fn days() -> Days {
    Days::new(vec![at(0), at(60), at(12_000)]).expect("two stretches")
}

async fn figures(b: &Bench, now: Timestamp) -> Figures {
    b.store.figures(&days(), None, now).await.expect("counted")
}

/// Lets a message of ours leave at that moment.
async fn send(b: &Bench, id: OutboxId, minute: i64) {
    let taken = claim(b, minute).await.expect("something is due");
    assert_eq!(taken.id, id);
    b.store.set_phase(id, Phase::Dot).await.expect("written");
    b.store.settle(id, &Settlement::Sent { proof: "250".to_owned() }, at(minute)).await.expect("settled");
}

fn of(figures: &Figures, ending: Ending) -> Vec<(i64, u64)> {
    let rows = figures.volume.iter().filter(|row| row.ending == ending);
    rows.map(|row| (row.at.duration_since(at(0)).as_mins(), row.messages)).collect()
}

async fn by_ending(b: Bench) {
    for (minute, plan) in [
        (0, Plan::answer()),
        (1, Plan::answer()),
        (59, Plan::escalate()),
        (61, Plan::suppress()),
        (12_000, Plan::answer()),
    ] {
        let letter = b.mail(&format!("b{minute}@buyer.example"), &format!("letter {minute}"), at(minute)).await;
        b.decide(&letter, plan, at(minute)).await;
    }
    let undecided = b.mail(ANA, "nobody has looked at it", at(2)).await;
    let found = figures(&b, at(90)).await;
    assert_eq!(of(&found, Ending::Resolved).iter().map(|(_, messages)| messages).sum::<u64>(), 2, "{found:?}");
    assert_eq!(of(&found, Ending::Escalated).len(), 1);
    assert_eq!(of(&found, Ending::Suppressed).len(), 1);
    assert_eq!(found.volume.iter().map(|row| row.messages).sum::<u64>(), 4, "the end of a day belongs to the next");
    assert!(found.volume.iter().all(|row| row.at.as_second() % 900 == 0 || row.at == at(0)), "{found:?}");
    b.decide(&undecided, Plan::answer(), at(3)).await;
    assert_eq!(figures(&b, at(90)).await.volume.iter().map(|row| row.messages).sum::<u64>(), 5);
}

async fn followed(b: Bench) {
    let quick = b.chat(7, "where is it?", at(0)).await;
    let done = b.decide(&quick, Plan::answer(), at(0)).await;
    send(&b, done.outbox[0], 0).await;
    let later = b.chat(8, "where is it?", at(0)).await;
    let done = b.decide(&later, Plan::answer(), at(0)).await;
    send(&b, done.outbox[0], 0).await;
    assert_eq!(of(&figures(&b, at(1)).await, Ending::Resolved).iter().map(|row| row.1).sum::<u64>(), 2);
    // The first of them writes again and a person answers, eight days later; the second's person answers after three.
    for (chat, minute) in [(7, 8 * 24 * 60), (8, 3 * 24 * 60)] {
        let again = b.chat(chat, "and now?", at(minute)).await;
        let ticket = b.decide(&again, Plan::escalate(), at(minute)).await.ticket.expect("a ticket");
        reply(&b, ticket, "On its way.", at(minute)).await;
    }
    let found = figures(&b, at(90)).await;
    assert_eq!(of(&found, Ending::Resolved), [(0, 1)], "{found:?}");
    assert_eq!(of(&found, Ending::Answered), [(0, 1)], "{found:?}");
}

async fn first_answers(b: Bench) {
    let fast = b.mail(ANA, "where is it?", at(0)).await;
    let done = b.decide(&fast, Plan::answer(), at(0)).await;
    send(&b, done.outbox[0], 1).await;
    let slow = b.mail("bo@buyer.example", "it is broken", at(10)).await;
    let done = b.decide(&slow, Plan::escalate(), at(10)).await;
    send(&b, done.outbox[0], 10).await;
    let before = figures(&b, at(20)).await;
    assert_eq!(before.acks, 1);
    assert_eq!(waits(&before, 0), [(Responder::Rule, 60, 1)], "an ack is no answer");
    let ticket = done.ticket.expect("a ticket");
    reply(&b, ticket, "We are sorry.", at(190)).await;
    let row = OutboxId(b.number("SELECT MAX(id) FROM outbox").await);
    assert_eq!(waits(&figures(&b, at(195)).await, 0).len(), 1, "it has not left");
    send(&b, row, 195).await;
    let after = figures(&b, at(200)).await;
    let expected = [(Responder::Rule, 60, 1), (Responder::Person, 3 * 3_600, 1)];
    assert_eq!(waits(&after, 0), expected, "185 minutes are three hours");
    assert!(after.waits[1].is_empty(), "the day of the message counts");
}

fn waits(figures: &Figures, day: usize) -> Vec<(Responder, u64, u64)> {
    figures.waits[day].iter().map(|wait| (wait.by, wait.seconds, wait.messages)).collect()
}

async fn answered_outside(b: Bench) {
    let letter = b.mail(ANA, "it is broken", at(0)).await;
    let done = b.decide(&letter, Plan::answer(), at(0)).await;
    b.run(&format!(
        "INSERT INTO human_answer (message_id, sent, sent_at, thread) VALUES ('m', {}, {}, {})",
        letter.id,
        at(30).as_millisecond(),
        done.thread
    ))
    .await;
    let found = figures(&b, at(40)).await;
    assert_eq!(waits(&found, 0), [(Responder::Person, 1_800, 1)]);
    assert_eq!(of(&found, Ending::Answered), [(0, 1)], "{found:?}");
}

/// Decides on a message in which these rules were recognized; the first of them is spoken to.
async fn recognize(b: &Bench, letter: &Letter, rules: &[&str], plan: Plan, said: OutboundKind) -> Done {
    let mut commit = b.commit_of(letter, plan, letter.inbound.received_at).await;
    commit.verdict.hits = rules.iter().map(|rule| hit(rule)).collect();
    commit.verdict.messages = vec![PlannedMessage {
        kind: said,
        intents: rules.iter().take(1).map(|rule| IntentId::from(*rule)).collect(),
        replies: Vec::new(),
        language: Language::EN,
        subject: None,
        text: String::new(),
        html: None,
        choices: Vec::new(),
    }];
    match b.store.commit(&commit).await.expect("the commit runs") {
        CommitOutcome::Committed { thread, ticket, outbox } => Done { thread, ticket, outbox },
        other => panic!("not committed: {other:?}"),
    }
}

fn hit(rule: &str) -> Hit {
    Hit {
        rule: IntentId::from(rule),
        sentence: None,
        language: Language::EN,
        pattern: "where".to_owned(),
        spans: Vec::new(),
        words: 1,
        repairs: Vec::new(),
        confidence: 0.9,
    }
}

async fn recognized(b: Bench) {
    let both = b.mail(ANA, "where is it, and the tax?", at(0)).await;
    let rules = ["where_is_it", "customs_tax", "where_is_it"];
    recognize(&b, &both, &rules, Plan::escalate(), OutboundKind::Draft).await;
    let one = b.mail("bo@buyer.example", "where is it?", at(70)).await;
    recognize(&b, &one, &["where_is_it"], Plan::answer(), OutboundKind::Answer).await;
    let none = b.mail("cy@buyer.example", "hm", at(80)).await;
    b.decide(&none, Plan::escalate(), at(80)).await;
    let machine = b.mail("dd@buyer.example", "out of office", at(80)).await;
    recognize(&b, &machine, &["where_is_it"], Plan::suppress(), OutboundKind::Ack).await;
    let found = figures(&b, at(90)).await;
    let rows: Vec<_> =
        found.intents.iter().map(|row| (row.intent.as_str(), row.said, row.first, row.messages)).collect();
    let expected = [
        ("customs_tax", Said::Nothing, false, 1),
        ("where_is_it", Said::Draft, true, 1),
        ("where_is_it", Said::Answer, true, 1),
    ];
    assert_eq!(rows, expected, "a rule counts once in a message, and machine mail not at all");
    assert_eq!(found.unrecognized, 1);
    let by_day = b.store.intents_by_day(&days(), None).await.expect("counted");
    assert_eq!(by_day.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
}

async fn gaps(b: Bench) {
    let known = b.mail(ANA, "where is it?", at(0)).await;
    recognize(&b, &known, &["where_is_it"], Plan::answer(), OutboundKind::Answer).await;
    let machine = b.mail("dd@buyer.example", "out of office", at(1)).await;
    b.decide(&machine, Plan::suppress(), at(1)).await;
    let mut gaps = Vec::new();
    let link = "u".repeat(TOKEN_CHARACTERS);
    let quoting = format!("hm https://desk.shop.example/s/{link}");
    // Two of the same moment, one of a bot, and one of the second day.
    for (from, minute) in [("bo", 10), ("cy", 10), ("", 20), ("dee", 61)] {
        let letter = match from {
            "" => b.chat(7, "hm", at(minute)).await,
            from => b.mail(&format!("{from}@buyer.example"), &quoting, at(minute)).await,
        };
        b.decide(&letter, Plan::escalate(), at(minute)).await;
        gaps.push(letter.id);
    }
    // Messages that were decided together are one.
    let (first, last) = (b.chat(8, "hm", at(30)).await, b.chat(8, "hm?", at(30)).await);
    let mut commit = b.commit_of(&last, Plan::escalate(), at(30)).await;
    let alone = b.commit_of(&first, Plan::escalate(), at(30)).await;
    commit.joined = vec![Joined { inbound: first.id, envelope: alone.envelope }];
    assert!(matches!(b.store.commit(&commit).await.expect("the commit runs"), CommitOutcome::Committed { .. }));
    let newest_first = [gaps[3], last.id, gaps[2], gaps[1], gaps[0]];
    let found = b.store.unrecognized(&days(), None, None, 9).await.expect("listed");
    assert_eq!(found.iter().map(|gap| gap.id).collect::<Vec<_>>(), newest_first);
    assert_eq!(figures(&b, at(90)).await.unrecognized, 5);
    assert!(found.iter().all(|gap| gap.ticket.is_some() && gap.preview.starts_with("hm")), "{found:?}");
    assert!(found.iter().all(|gap| !gap.preview.contains(&link)), "a buyer's link is the buyer's alone: {found:?}");
    for (page, expected) in newest_first.windows(2).map(|pair| (Some(pair[0]), pair[1])) {
        let next = b.store.unrecognized(&days(), None, page, 1).await.expect("listed");
        assert_eq!(next.iter().map(|gap| gap.id).collect::<Vec<_>>(), [expected]);
    }
    let mails = b.store.unrecognized(&days(), Some(&[account()]), None, 9).await.expect("listed");
    assert_eq!(mails.iter().map(|gap| gap.id).collect::<Vec<_>>(), [gaps[3], gaps[1], gaps[0]]);
    assert_eq!(b.store.figures(&days(), Some(&[account()]), at(90)).await.expect("counted").unrecognized, 3);
    let written = b.store.words_of(last.id, None).await.expect("read").expect("it is there");
    assert_eq!(written.text, "hm\nhm?", "what a decision was made on");
    assert_eq!(b.store.words_of(last.id, Some(&[account()])).await.expect("read"), None);
}

async fn overdue(b: Bench) {
    let mut tickets: Vec<TicketId> = Vec::new();
    for (chat, due) in [(1, 50), (2, 20), (3, 500)] {
        let letter = b.chat(chat, &format!("help {chat}"), at(0)).await;
        let mut commit = b.commit_of(&letter, Plan::escalate(), at(0)).await;
        commit.verdict.due = Some(Due { at: at(due), clock: "telegram 2m".to_owned() });
        let CommitOutcome::Committed { ticket, .. } = b.store.commit(&commit).await.expect("the commit runs") else {
            panic!("not committed");
        };
        tickets.push(ticket.expect("a ticket"));
    }
    let found = figures(&b, at(100)).await;
    let late: Vec<_> = found.overdue.iter().map(|late| (late.ticket, late.respond_by)).collect();
    assert_eq!(late, [(tickets[1], at(20)), (tickets[0], at(50))]);
    assert_eq!((found.queue.open, found.queue.claimed, found.queue.overdue), (3, 0, 2));
    reply(&b, tickets[1], "Here I am.", at(100)).await;
    let found = figures(&b, at(101)).await;
    assert_eq!(found.overdue.iter().map(|late| late.ticket).collect::<Vec<_>>(), [tickets[0]]);
}

async fn some_accounts(b: Bench) {
    let mail = b.mail(ANA, "where is it?", at(0)).await;
    recognize(&b, &mail, &["where_is_it"], Plan::escalate().sending(&[]), OutboundKind::Ack).await;
    let chat = b.chat(7, "where is it?", at(0)).await;
    let done = b.decide(&chat, Plan::answer(), at(0)).await;
    send(&b, done.outbox[0], 1).await;
    for (accounts, mails, chats) in [
        (vec![account()], 1, 0),
        (vec![AccountName::from("bot")], 0, 1),
        (vec![account(), AccountName::from("bot")], 1, 1),
        (vec![AccountName::from("sho"), AccountName::from("hop"), AccountName::from("")], 0, 0),
        (vec![], 0, 0),
    ] {
        let found = b.store.figures(&days(), Some(&accounts), at(2)).await.expect("counted");
        assert_eq!(found.volume.iter().map(|row| row.messages).sum::<u64>(), mails + chats, "{accounts:?}");
        assert_eq!(found.intents.iter().map(|row| row.messages).sum::<u64>(), mails, "{accounts:?}");
        assert_eq!(found.queue.open, mails, "{accounts:?}");
        assert_eq!(found.waits[0].len() as u64, chats, "{accounts:?}");
    }
}
