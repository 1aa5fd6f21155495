//! Promises about what a decision may know.

use std::sync::Arc;

use nightdesk::model::{
    context::Counters,
    ids::{AccountName, ReplyId},
    inbound::Inbound,
    language::Language,
    outbound::OutboundKind,
    profile::{Profile, Relay, Relayed},
    verdict::Outcome,
};

use super::{
    Case,
    bench::{Bench, Letter, Plan, at},
};

pub(super) const CASES: &[Case] = &[
    ("a_reference_to_the_buyers_own_mail_finds_the_thread", |b| Box::pin(own_reference(b))),
    ("a_reference_to_our_answer_finds_the_thread", |b| Box::pin(our_reference(b))),
    ("somebody_elses_reference_is_unverified", |b| Box::pin(somebody_elses_reference(b))),
    ("a_stolen_message_id_does_not_hide_the_buyers_thread", |b| Box::pin(stolen_id(b))),
    ("a_chat_finds_its_thread", |b| Box::pin(a_chat_finds_its_thread(b))),
    ("mails_about_one_order_of_a_marketplace_are_one_thread", |b| Box::pin(one_order(b))),
    ("a_thread_tells_what_we_said", |b| Box::pin(a_thread_tells_what_we_said(b))),
    ("a_buyer_is_remembered", |b| Box::pin(a_buyer_is_remembered(b))),
    ("mail_that_went_to_two_mailboxes_is_a_duplicate", |b| Box::pin(duplicate(b))),
    ("the_same_id_with_other_text_is_new_mail", |b| Box::pin(same_id_other_text(b))),
    ("after_ninety_days_nothing_is_a_duplicate", |b| Box::pin(after_ninety_days(b))),
    ("counters_count_sender_domain_and_shop", |b| Box::pin(counters_count(b))),
    ("counters_are_exact_from_the_breaker_on", |b| Box::pin(counters_are_exact_from_the_breaker_on(b))),
    ("counters_count_a_chat", |b| Box::pin(counters_count_a_chat(b))),
    ("people_and_drafts_are_not_counted", |b| Box::pin(people_and_drafts_are_not_counted(b))),
    ("repeated_texts_are_counted", |b| Box::pin(repeated_texts_are_counted(b))),
    ("the_usual_load_is_the_median_of_the_busiest_ten_minutes", |b| Box::pin(usual_load(b))),
    ("hostile_text_is_stored_and_found_again", |b| Box::pin(hostile_text(b))),
    ("a_message_without_a_sender_has_no_buyer", |b| Box::pin(no_sender(b))),
];

const ANA: &str = "ana@buyer.example";
const BEN: &str = "ben@other.example";
const DAY: i64 = 24 * 60;

async fn own_reference(b: Bench) {
    let first = b.mail_as(ANA, "customs?", "first@x", &[], at(0)).await;
    let done = b.decide(&first, Plan::answer(), at(0)).await;
    let second = b.reply("Ana@Buyer.example", "and tax?", &["unknown@x", "first@x", "later@x"], at(5)).await;
    let thread = b.context(&second, at(5)).await.thread.expect("the thread is found");
    assert_eq!((thread.id, thread.epoch, thread.participant.as_str()), (done.thread, 0, ANA));
}

async fn our_reference(b: Bench) {
    let first = b.mail(ANA, "customs?", at(0)).await;
    let done = b.decide(&first, Plan::answer(), at(0)).await;
    let ours = format!("ar.i{}-answer@shop.example", first.id);
    let mut second = b.reply(ANA, "thanks", &[], at(5)).await;
    second.inbound.mail.as_mut().expect("a mail").in_reply_to = vec![ours];
    let context = b.context(&second, at(5)).await;
    assert_eq!(context.thread.map(|thread| thread.id), Some(done.thread));
}

async fn somebody_elses_reference(b: Bench) {
    let first = b.mail_as(ANA, "customs?", "first@x", &[], at(0)).await;
    let done = b.decide(&first, Plan::answer(), at(0)).await;
    let forged = b.reply(BEN, "send it to me", &["first@x"], at(5)).await;
    let context = b.context(&forged, at(5)).await;
    assert_eq!((context.thread, context.unverified_thread), (None, Some(done.thread)));
}

async fn stolen_id(b: Bench) {
    let first = b.mail_as(ANA, "customs?", "first@x", &[], at(0)).await;
    let done = b.decide(&first, Plan::answer(), at(0)).await;
    let thief = b.mail_as(BEN, "mine", "first@x", &[], at(1)).await;
    b.decide(&thief, Plan::escalate(), at(1)).await;
    let second = b.reply(ANA, "and tax?", &["first@x"], at(5)).await;
    let context = b.context(&second, at(5)).await;
    assert_eq!(context.thread.map(|thread| thread.id), Some(done.thread));
    assert_eq!(context.unverified_thread, None);
}

async fn a_chat_finds_its_thread(b: Bench) {
    let done = b.decide(&b.chat(5, "hi", at(0)).await, Plan::answer(), at(0)).await;
    let same = b.context(&b.chat(5, "again", at(1)).await, at(1)).await;
    let other = b.context(&b.chat(6, "hi", at(1)).await, at(1)).await;
    assert_eq!((same.thread.map(|thread| thread.id), other.thread), (Some(done.thread), None));
}

async fn one_order(b: Bench) {
    let about = |mut letter: Letter, order: &str| {
        let profile = Arc::new(Profile::named("ebay"));
        letter.inbound.relay = Relay::Read(Box::new(Relayed {
            profile,
            proven: true,
            order: Some(order.to_owned()),
            thread: Some(format!("ebay:{ANA}:{order}")),
            reference: None,
            subject: String::new(),
            cut: Vec::new(),
            notice: None,
            problems: Vec::new(),
            country: None,
            buyer: letter.inbound.from.clone(),
        }));
        letter
    };
    let first = about(b.mail_as(ANA, "customs?", "first@x", &[], at(0)).await, "1");
    let done = b.decide(&first, Plan::answer(), at(0)).await;
    let same = about(b.mail(ANA, "and tax?", at(1)).await, "1");
    assert_eq!(b.context(&same, at(1)).await.thread.map(|thread| thread.id), Some(done.thread));
    // What it refers to is of another order.
    let other = about(b.reply(ANA, "and this one?", &["first@x"], at(2)).await, "2");
    let context = b.context(&other, at(2)).await;
    assert_eq!((context.thread, context.unverified_thread), (None, None));
    let done = b.decide(&other, Plan::answer(), at(2)).await;
    let again = about(b.mail(ANA, "well?", at(3)).await, "2");
    assert_eq!(b.context(&again, at(3)).await.thread.map(|thread| thread.id), Some(done.thread));
}

async fn a_thread_tells_what_we_said(b: Bench) {
    let first = b.chat(5, "hi", at(0)).await;
    let kinds = [OutboundKind::Answer, OutboundKind::Ack, OutboundKind::Draft];
    let done = b.decide(&first, Plan::escalate().sending(&kinds), at(0)).await;
    let thread = b.context(&b.chat(5, "?", at(1)).await, at(1)).await.thread.expect("the thread is found");
    let said: Vec<_> = thread.said.iter().map(|said| (said.kind, said.at)).collect();
    assert_eq!(said, [(OutboundKind::Answer, at(0)), (OutboundKind::Ack, at(0))], "a draft was not said");
    assert_eq!(thread.said[0].replies, [ReplyId::from("answer")]);
    assert_eq!((thread.open_ticket, thread.claimed, thread.language), (done.ticket, false, Some(Language::EN)));
}

async fn a_buyer_is_remembered(b: Bench) {
    let first = b.mail(ANA, "to Germany", at(0)).await;
    assert_eq!(b.context(&first, at(0)).await.buyer, None);
    let plan = Plan { country: Some("DE".to_owned()), confidence: 0.4, ..Plan::answer() };
    b.decide(&first, plan, at(0)).await;
    let second = b.mail("ANA@buyer.example", "hello", at(1)).await;
    let buyer = b.context(&second, at(1)).await.buyer.expect("the buyer is known");
    assert_eq!((buyer.key.as_str(), buyer.name.as_deref(), buyer.country.as_deref()), (ANA, Some("Ana"), Some("DE")));
    assert_eq!((buyer.language, buyer.suppressed), (None, false), "a guess is not remembered");
    b.decide(&second, Plan::escalate(), at(1)).await;
    let buyer = b.context(&b.mail(ANA, "hi", at(2)).await, at(2)).await.buyer.expect("the buyer is known");
    assert_eq!((buyer.language, buyer.country.as_deref()), (Some(Language::EN), Some("DE")), "nothing is unlearned");
}

/// Returns the same mail as it arrives in another mailbox.
async fn copy(b: &Bench, letter: &Letter, days: i64) -> Letter {
    let now = at(days * DAY);
    let other = b.mail(ANA, "-", now).await;
    let inbound = Inbound { account: AccountName::from("second"), received_at: now, ..letter.inbound.clone() };
    Letter { id: other.id, inbound }
}

async fn duplicate(b: Bench) {
    let letter = b.mail(ANA, "customs?", at(0)).await;
    let twin = copy(&b, &letter, 0).await;
    b.decide(&twin, Plan::answer(), at(0)).await;
    assert_eq!(b.context(&letter, at(1)).await.duplicate_of, Some(twin.id), "whichever is decided first counts");
    assert_eq!(b.context(&twin, at(1)).await.duplicate_of, None, "a message is not its own duplicate");
}

async fn same_id_other_text(b: Bench) {
    let letter = b.mail_as(ANA, "customs?", "same@x", &[], at(0)).await;
    b.decide(&letter, Plan::answer(), at(0)).await;
    let other = b.mail_as(ANA, "free shipping?", "same@x", &[], at(1)).await;
    assert_eq!(b.context(&other, at(1)).await.duplicate_of, None);
}

async fn after_ninety_days(b: Bench) {
    let letter = b.mail(ANA, "customs?", at(0)).await;
    b.decide(&letter, Plan::answer(), at(0)).await;
    let late = copy(&b, &letter, 91).await;
    assert_eq!(b.context(&late, at(91 * DAY)).await.duplicate_of, None);
    let in_time = copy(&b, &letter, 89).await;
    assert_eq!(b.context(&in_time, at(89 * DAY)).await.duplicate_of, Some(letter.id));
}

async fn counters_count(b: Bench) {
    for (minute, from) in [(0, ANA), (3 * DAY, ANA), (3 * DAY, "cleo@buyer.example"), (3 * DAY + 2, BEN)] {
        let letter = b.mail(from, "customs?", at(minute)).await;
        b.decide(&letter, Plan::answer(), at(minute)).await;
    }
    let now = 3 * DAY + 5;
    let letter = b.mail(ANA, "delay?", at(now)).await;
    b.decide(&letter, Plan::escalate(), at(now)).await;
    let counters = b.context(&b.mail(ANA, "next", at(now)).await, at(now)).await.counters;
    let expected = Counters {
        answers_sender_day: 1,
        answers_sender_week: 2,
        answers_domain_day: 2,
        answers_domain_week: 3,
        notices_sender_day: 1,
        sends_shop_ten_minutes: 4,
        replies_sender_day: vec![ReplyId::from("ack"), ReplyId::from("answer")],
        ..Counters::default()
    };
    assert_eq!(counters, expected);
}

/// Below the breaker people, drafts and cancelled messages may count; from it on, only what was sent.
async fn counters_are_exact_from_the_breaker_on(b: Bench) {
    let old = b.mail(ANA, "customs?", at(0)).await;
    b.decide(&old, Plan::answer(), at(0)).await;
    for minute in [20, 21] {
        let from = format!("{minute}@buyer.example");
        b.decide(&b.mail(&from, "customs?", at(minute)).await, Plan::answer(), at(minute)).await;
        let letter = b.mail(&format!("draft{minute}@buyer.example"), "customs?", at(minute)).await;
        b.decide(&letter, Plan::answer().sending(&[OutboundKind::Draft]), at(minute)).await;
    }
    let next = b.mail(ANA, "next", at(22)).await;
    let mut counted = Vec::new();
    for breaker in [1, 2, 3, 4, 5, 100] {
        let context = b.store.context(next.id, &next.inbound, breaker, at(22)).await.expect("the context is read");
        let count = context.counters.sends_shop_ten_minutes;
        assert_eq!(count >= breaker, 2 >= breaker, "with a breaker at {breaker}: {count}");
        counted.push(count);
    }
    assert_eq!(counted, [2, 2, 2, 2, 4, 4]);
    let quiet = b.store.context(next.id, &next.inbound, 100, at(60)).await.expect("the context is read");
    assert_eq!(quiet.counters.sends_shop_ten_minutes, 0);
}

async fn counters_count_a_chat(b: Bench) {
    for minute in [0, 30, 70] {
        b.decide(&b.chat(5, &minute.to_string(), at(minute)).await, Plan::answer(), at(minute)).await;
    }
    let counters = b.context(&b.chat(5, "next", at(80)).await, at(80)).await.counters;
    assert_eq!((counters.sends_chat_hour, counters.answers_sender_day), (2, 3));
    assert_eq!((counters.answers_domain_day, counters.answers_domain_week), (0, 0));
}

async fn people_and_drafts_are_not_counted(b: Bench) {
    let letter = b.mail(ANA, "customs?", at(0)).await;
    let mut commit =
        b.commit_of(&letter, Plan::answer().sending(&[OutboundKind::Draft, OutboundKind::Answer]), at(0)).await;
    commit.outbound[1].human = true;
    b.store.commit(&commit).await.expect("committed");
    let counters = b.context(&b.mail(ANA, "next", at(1)).await, at(1)).await.counters;
    assert_eq!(counters, Counters::default());
}

async fn repeated_texts_are_counted(b: Bench) {
    for minute in [0, 15, 20] {
        b.decide(&b.mail(ANA, "same", at(minute)).await, Plan::suppress(), at(minute)).await;
    }
    b.decide(&b.mail(BEN, "same", at(20)).await, Plan::suppress(), at(20)).await;
    let counters = b.context(&b.mail(ANA, "same", at(22)).await, at(22)).await.counters;
    assert_eq!(counters.same_body_ten_minutes, 2, "another sender and an hour ago do not count");
}

async fn usual_load(b: Bench) {
    // Answers in the busiest ten minutes of seven days: 3, 2, 1, 1, 2, 0, 0; the median is 1.
    for (day, answers) in [(0, 3), (1, 2), (2, 1), (3, 1), (4, 2)] {
        for number in 0..answers {
            let now = at(day * DAY);
            let letter = b.mail(&format!("{day}-{number}@buyer.example"), "q", now).await;
            b.decide(&letter, Plan::answer(), now).await;
        }
    }
    let now = at(6 * DAY + 60);
    let counters = b.context(&b.mail(ANA, "next", now).await, now).await.counters;
    assert_eq!((counters.sends_shop_usual, counters.sends_shop_ten_minutes), (1, 0));
}

async fn hostile_text(b: Bench) {
    // Random letters do not compress, so that the text really is as long in an index as here.
    let random = |seed: &u32| Some(seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let numbers = std::iter::successors(Some(7_u32), random).take(9000);
    let long: String = numbers.map(|number| char::from(b'a' + (number >> 24).to_le_bytes()[0] % 26)).collect();
    let address = format!("nul\0{long}@buyer.example");
    let letter = b.mail_as(&address, "te\0xt \u{1f600}", &format!("{long}\0@x"), &[], at(0)).await;
    let plan = Plan { outcome: Outcome::Escalated { with_answer: false }, ..Plan::escalate() };
    let done = b.decide(&letter, plan, at(0)).await;
    let second = b.reply(&address, "again", &[&format!("{long}\0@x")], at(1)).await;
    let context = b.context(&second, at(1)).await;
    assert_eq!(context.counters.notices_sender_day, 1);
    assert_eq!(context.thread.map(|thread| thread.id), Some(done.thread));
    let file = b.store.ticket(done.ticket.expect("a ticket")).await.expect("read").expect("there");
    assert!(file.events.iter().any(|event| event.text == "te\u{fffd}xt \u{1f600}"), "{:?}", file.events);
}

async fn no_sender(b: Bench) {
    let mut letter = b.mail(ANA, "hello", at(0)).await;
    letter.inbound.from = None;
    let done = b.decide(&letter, Plan::escalate().sending(&[]), at(0)).await;
    let file = b.store.ticket(done.ticket.expect("a ticket")).await.expect("read").expect("there");
    assert_eq!((file.recipient.key.as_str(), b.number("SELECT COUNT(*) FROM buyer").await), ("", 0));
}
