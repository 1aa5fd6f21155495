//! Promises about conversations without a ticket: that they are read, and taken over.

use nightdesk::{
    model::{
        ids::{AccountName, AgentName, InboundId, ThreadId, TicketId},
        outbound::{OutboundKind, Phase},
        search::DocumentKind,
        ticket::{EventKind, TicketState},
    },
    service::{indexer::index_all, search},
    store::{
        card::BuyerAct,
        open_ticket::{Hands, OpenTicket, Opening},
        outbox::Settlement,
        queue::Viewer,
        search::SearchScope,
        timeline::Happened,
    },
};

use super::{
    Case,
    bench::{Bench, Letter, Plan, account, at},
    changes,
};

pub(super) const CASES: &[Case] = &[
    ("what_the_machine_answered_is_listed_with_its_answer", |b| Box::pin(answered(b))),
    ("what_the_machine_answered_for_other_accounts_is_not_there", |b| Box::pin(limited(b))),
    ("a_conversation_without_ticket_is_read_whole", |b| Box::pin(read_whole(b))),
    ("whoever_takes_a_conversation_over_has_it_and_the_machine_is_silent", |b| Box::pin(taken_over(b))),
    ("an_answer_that_is_stopped_by_a_take_over_starts_the_clock", |b| Box::pin(stopped(b))),
    ("of_two_who_take_a_conversation_over_one_makes_the_ticket", |b| Box::pin(at_once(b))),
    ("a_ticket_that_was_closed_lately_is_opened_again_by_a_take_over", |b| Box::pin(again(b))),
    ("the_conversations_of_a_buyer_are_those_with_and_without_ticket", |b| Box::pin(of_buyer(b))),
    ("labels_in_use_are_those_of_the_newest_tickets_one_may_see", |b| Box::pin(labels(b))),
    ("what_is_noted_of_a_buyer_is_found_by_who_may_see_the_buyer", |b| Box::pin(noted(b))),
    ("a_buyer_is_found_by_how_the_name_or_address_begins", |b| Box::pin(looked_for(b))),
];

const ANA: &str = "ana@buyer.example";

/// A mail that the machine answered, with the answer sent.
async fn answered_mail(b: &Bench, from: &str, text: &str, minute: i64) -> (Letter, ThreadId) {
    let letter = b.mail(from, text, at(minute)).await;
    let done = b.decide(&letter, Plan::answer(), at(minute)).await;
    let row = b.store.claim(at(minute), &[]).await.expect("runs").expect("it is due");
    b.store.set_phase(row.id, Phase::Dot).await.expect("written");
    b.store.settle(row.id, &Settlement::Sent { proof: "250".to_owned() }, at(minute)).await.expect("settled");
    (letter, done.thread)
}

pub(super) fn taking(message: InboundId, by: &AgentName) -> OpenTicket<'_> {
    OpenTicket { message, by, hands: Hands::Own, accounts: None }
}

async fn take(b: &Bench, message: InboundId, by: &str, minute: i64) -> Opening {
    b.store.open_ticket(&taking(message, &by.into()), at(minute)).await.expect("the call runs")
}

fn opened(opening: Opening) -> TicketId {
    let Opening::Opened(ticket) = opening else { panic!("{opening:?}") };
    ticket
}

async fn answered(b: Bench) {
    let (first, thread) = answered_mail(&b, ANA, "is it blue", 0).await;
    let waits = b.chat(7, "where is it", at(1)).await;
    b.decide(&waits, Plan::answer(), at(1)).await;
    let person = b.mail("bo@buyer.example", "a person please", at(2)).await;
    let ticket = b.decide(&person, Plan::escalate(), at(2)).await.ticket.expect("a ticket");
    b.decide(&b.mail("robot@buyer.example", "out of office", at(3)).await, Plan::suppress(), at(3)).await;
    let list = b.store.answered(None, None, 9).await.expect("read");
    let told = |line: &nightdesk::store::answered::Answered| {
        (
            line.message.id,
            line.message.preview.clone(),
            line.answer.clone(),
            line.state.map(nightdesk::model::delivery::DeliveryState::as_str),
            line.message.ticket,
        )
    };
    let expected = [
        (waits.id, "where is it".to_owned(), "answer to where is it".to_owned(), Some("ready"), None),
        (first.id, "is it blue".to_owned(), "answer to is it blue".to_owned(), Some("sent"), None),
    ];
    assert_eq!(list.iter().map(told).collect::<Vec<_>>(), expected, "and what people got is in the queue: {ticket}");
    assert_eq!((list[1].message.thread, list[1].asked, list[1].message.sender.as_str()), (thread, false, "Ana"));
    assert_eq!(list[1].answered_at, Some(at(0)));
    let older = b.store.answered(None, Some(waits.id), 9).await.expect("read");
    assert_eq!(older.iter().map(|line| line.message.id).collect::<Vec<_>>(), [first.id], "page by page");
    // A burst is one line, that of its last message.
    b.run(&format!("UPDATE inbound SET joined = {} WHERE id = {}", waits.id, first.id)).await;
    let joined = b.store.answered(None, None, 9).await.expect("read");
    assert_eq!(joined.iter().map(|line| line.message.id).collect::<Vec<_>>(), [waits.id]);
}

async fn limited(b: Bench) {
    let (mail, _) = answered_mail(&b, ANA, "is it blue", 0).await;
    let chat = b.chat(7, "where is it", at(1)).await;
    b.decide(&chat, Plan::answer(), at(1)).await;
    let (bot, name) = (AccountName::from("bot"), AgentName::from("lin"));
    let cases: [(&[AccountName], &[InboundId]); 4] = [
        (&[account()], &[mail.id]),
        (std::slice::from_ref(&bot), &[chat.id]),
        (&[account(), bot.clone()], &[chat.id, mail.id]),
        (&["bo".into()], &[]),
    ];
    for (accounts, expected) in cases {
        let list = b.store.answered(Some(accounts), None, 9).await.expect("read");
        assert_eq!(list.iter().map(|line| line.message.id).collect::<Vec<_>>(), expected, "{accounts:?}");
        let counted = b.store.queue_counts(Viewer { name: &name, accounts: Some(accounts) }, at(9)).await;
        assert_eq!(counted.expect("counted").answered as usize, expected.len(), "{accounts:?}");
    }
    let of_bot = [bot];
    let wanted = OpenTicket { accounts: Some(&of_bot), ..taking(mail.id, &name) };
    assert_eq!(b.store.open_ticket(&wanted, at(9)).await.expect("runs"), Opening::Gone, "it is not there for them");
}

async fn read_whole(b: Bench) {
    let (first, thread) = answered_mail(&b, ANA, "is it blue", 0).await;
    let id = b.text(&format!("SELECT message_id FROM inbound WHERE id = {}", first.id)).await;
    let second = b.reply(ANA, "and how large", &[&id], at(1)).await;
    b.decide(&second, Plan::answer(), at(1)).await;
    let read = b.store.conversation(thread).await.expect("read").expect("it is there");
    let said: Vec<String> = read
        .timeline
        .iter()
        .map(|moment| match &moment.what {
            Happened::Came(came) => came.text.clone(),
            Happened::Went(went) => format!("{}: {}", went.state, went.text),
            Happened::Did(event) => panic!("{event:?}"),
        })
        .collect();
    let expected = ["is it blue", "sent: answer to is it blue", "and how large", "ready: answer to and how large"];
    assert_eq!(said, expected);
    assert_eq!((read.open, read.tickets.len(), read.newest), (None, 0, Some(second.id)));
    assert_eq!((read.subject.as_str(), read.recipient.key.as_str(), read.card.messages), ("Order", ANA, 2));
    assert_eq!(read.pending.map(|pending| pending.text).as_deref(), Some("answer to and how large"));
    let decisions = b.store.decisions(&[second.id, first.id, InboundId(99)]).await.expect("read");
    let told: Vec<_> = decisions.iter().map(|why| (why.message, why.text.as_str())).collect();
    assert_eq!(told, [(second.id, "and how large"), (first.id, "is it blue")]);
    assert_eq!(b.store.conversation(ThreadId(99)).await.expect("read"), None);
    let ticket = opened(take(&b, second.id, "lin", 2).await);
    assert_eq!(b.store.conversation(thread).await.expect("read").expect("there").open, Some(ticket));
}

async fn taken_over(b: Bench) {
    let (letter, thread) = answered_mail(&b, ANA, "is it blue", 0).await;
    let ticket = opened(take(&b, letter.id, "lin", 5).await);
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!(
        (file.ticket.state, file.ticket.assignee.as_ref().map(AgentName::as_str)),
        (TicketState::Claimed, Some("lin"))
    );
    assert_eq!((file.ticket.thread, file.ticket.claimed_at), (thread, Some(at(5))));
    assert_eq!(file.ticket.respond_by, None, "whoever was answered waits for nobody");
    assert_eq!(file.last_inbound.map(|inbound| inbound.id), Some(letter.id), "a reply answers this one");
    let history: Vec<_> = file.events.iter().map(|event| (event.what, event.text.as_str())).collect();
    let expected = [
        (EventKind::Opened, "lin took the conversation over"),
        (EventKind::Inbound, "is it blue"),
        (EventKind::Automatic, "answer to is it blue"),
        (EventKind::Claimed, ""),
    ];
    assert_eq!(history, expected);
    assert_eq!(b.number(&format!("SELECT epoch FROM thread WHERE id = {thread}")).await, 1);
    let outcome = b.text(&format!("SELECT outcome FROM inbound WHERE id = {}", letter.id)).await;
    assert_eq!(outcome, "answered", "the machine did answer it");
    changes::reply(&b, ticket, "No, red.", at(6)).await;
    let waiting = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!(waiting.ticket.state, TicketState::Waiting, "from there on it is a ticket like any other");
}

async fn stopped(b: Bench) {
    let letter = b.mail(ANA, "is it blue", at(0)).await;
    let done = b.decide(&letter, Plan::answer(), at(0)).await;
    let ticket = opened(take(&b, letter.id, "lin", 1).await);
    assert!(b.is(done.outbox[0], "cancelled").await, "nothing leaves after the take-over");
    assert_eq!(b.store.claim(at(2), &[]).await.expect("runs"), None);
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!(file.ticket.respond_by, Some(at(1)), "the buyer waits for a person now");
    assert!(file.events.iter().all(|event| event.what != EventKind::Automatic), "nothing was said to them");
    let outcome = b.text(&format!("SELECT outcome FROM inbound WHERE id = {}", letter.id)).await;
    assert_eq!(outcome, "escalated");
}

async fn at_once(b: Bench) {
    let (letter, _) = answered_mail(&b, ANA, "is it blue", 0).await;
    let racers: Vec<_> = ["lin", "kim", "max"]
        .into_iter()
        .map(|name| {
            let (store, id) = (b.store.clone(), letter.id);
            tokio::spawn(async move { store.open_ticket(&taking(id, &name.into()), at(1)).await.expect("runs") })
        })
        .collect();
    let mut openings = Vec::new();
    for racer in racers {
        openings.push(racer.await.expect("no panic"));
    }
    let made: Vec<_> = openings.iter().filter(|opening| matches!(opening, Opening::Opened(_))).collect();
    let [Opening::Opened(ticket)] = made[..] else { panic!("{openings:?}") };
    assert_eq!(openings.iter().filter(|opening| **opening == Opening::Already(*ticket)).count(), 2, "{openings:?}");
    assert_eq!(b.number("SELECT COUNT(*) FROM ticket").await, 1);
    for message in [InboundId(99), b.mail(ANA, "not decided yet", at(2)).await.id] {
        assert_eq!(take(&b, message, "lin", 3).await, Opening::Gone);
    }
}

async fn again(b: Bench) {
    let letter = b.mail(ANA, "a person please", at(0)).await;
    let ticket = b.decide(&letter, Plan::escalate().sending(&[]), at(0)).await.ticket.expect("a ticket");
    changes::close(&b, ticket, at(1)).await;
    let id = b.text("SELECT message_id FROM inbound").await;
    let later = b.reply(ANA, "is it blue", &[&id], at(2)).await;
    b.decide(&later, Plan::answer().sending(&[OutboundKind::Answer]), at(2)).await;
    assert_eq!(take(&b, later.id, "kim", 3).await, Opening::Opened(ticket));
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!((file.ticket.state, file.ticket.assignee), (TicketState::Claimed, Some("kim".into())));
    assert!(file.events.iter().any(|event| event.what == EventKind::Reopened));
    assert_eq!(file.events.iter().filter(|event| event.what == EventKind::Inbound).count(), 2);
}

async fn of_buyer(b: Bench) {
    let (_, first) = answered_mail(&b, ANA, "is it blue", 0).await;
    let letter = b.mail(ANA, "a person please", at(1)).await;
    let done = b.decide(&letter, Plan::escalate().sending(&[]), at(1)).await;
    answered_mail(&b, "bo@buyer.example", "is it red", 2).await;
    let list = b.store.conversations_of_buyer(ANA, None).await.expect("read");
    let told: Vec<_> =
        list.iter().map(|talk| (talk.id, talk.ticket, talk.state, talk.messages, talk.last_at)).collect();
    let expected =
        [(done.thread, done.ticket, Some(TicketState::Open), 1, Some(at(1))), (first, None, None, 1, Some(at(0)))];
    assert_eq!(told, expected);
    assert_eq!(list[1].subject, "Order");
    let others = [AccountName::from("other")];
    assert_eq!(b.store.conversations_of_buyer(ANA, Some(&others)).await.expect("read"), []);
    assert_eq!(b.store.conversations_of_buyer("", None).await.expect("read"), [], "nobody is everybody unnamed");
}

async fn labels(b: Bench) {
    for (minute, tags) in [(0, r#"["late", "refund"]"#), (1, r#"["refund"]"#), (2, "[]")] {
        let letter = b.mail(ANA, "a person please", at(minute)).await;
        let ticket = b.decide(&letter, Plan::escalate().sending(&[]), at(minute)).await.ticket.expect("a ticket");
        b.run(&format!("UPDATE ticket SET tags = '{tags}' WHERE id = {ticket}")).await;
    }
    assert_eq!(b.store.labels_in_use(None).await.expect("read"), ["refund", "late"], "the most frequent first");
    let others = [AccountName::from("other")];
    assert_eq!(b.store.labels_in_use(Some(&others)).await.expect("read"), Vec::<String>::new());
}

async fn noted(b: Bench) {
    answered_mail(&b, ANA, "is it blue", 0).await;
    let act = BuyerAct::Note("likes 红色 lamps".to_owned());
    assert!(b.store.change_buyer(ANA, &"lin".into(), &act, at(1)).await.expect("written"));
    index_all(&b.store).await.expect("everything is indexed");
    let find = async |typed: &str, accounts: Option<&[AccountName]>| {
        let scope = SearchScope { accounts, before: None, limit: 9 };
        search::find(&b.store, typed, scope).await.expect("read").found
    };
    for typed in ["lamps", "红色", "from:lin", "ana likes"] {
        let found = find(typed, None).await;
        assert_eq!(found.len(), 1, "`{typed}`");
        let hit = &found[0].hit;
        assert_eq!((hit.kind, hit.by.as_str(), hit.buyer.as_str()), (DocumentKind::BuyerNote, "lin", "Ana"));
        assert_eq!((hit.noted.map(|buyer| buyer.0), hit.ticket, hit.thread), (Some(1), None, None), "`{typed}`");
    }
    let (own, others) = ([account()], [AccountName::from("other")]);
    assert_eq!(find("lamps", Some(&own)).await.len(), 1, "the buyer wrote to this account");
    assert_eq!(find("lamps", Some(&others)).await.len(), 0, "and never to that one");
    assert_eq!(find("lamps in:open", None).await.len(), 0, "a note has no ticket");
    assert_eq!(find("blue", Some(&own)).await.len(), 1, "messages are found as before");
}

async fn looked_for(b: Bench) {
    answered_mail(&b, "ana.berg@buyer.example", "is it blue", 0).await;
    answered_mail(&b, "bo_1@other.example", "is it red", 1).await;
    b.run("UPDATE buyer SET name = 'Maria López' WHERE key = 'ana.berg@buyer.example'").await;
    b.run("UPDATE buyer SET name = 'Émile 100%' WHERE key = 'bo_1@other.example'").await;
    let find = async |wanted: &str, accounts: Option<&[AccountName]>| {
        let found = b.store.buyers(accounts, wanted, None, 9).await.expect("read");
        found.into_iter().map(|buyer| buyer.key).collect::<Vec<_>>()
    };
    let (ana, bo) = ("ana.berg@buyer.example", "bo_1@other.example");
    for (wanted, expected) in [
        ("", vec![bo, ana]),
        ("  ", vec![bo, ana]),
        ("ANA", vec![ana]),
        ("berg", vec![]),
        ("maria", vec![ana]),
        ("lóp", vec![ana]),
        ("Maria L", vec![ana]),
        ("Émile", vec![bo]),
        ("bo_1", vec![bo]),
        ("bo%", vec![]),
        ("b__1", vec![]),
        ("100%", vec![bo]),
        ("@other", vec![bo]),
        ("is it", vec![]),
    ] {
        assert_eq!(find(wanted, None).await, expected, "`{wanted}`");
    }
    let others = [AccountName::from("other")];
    assert_eq!(find("ana", Some(&others)).await, Vec::<String>::new());
}
