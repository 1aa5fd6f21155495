//! Promises about the desk's lists: what each holds, in which order, page by page, and for whom.

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    model::{
        ids::{AccountName, AgentName, InboundId, TicketId},
        inbound::ChannelKind,
        outbound::OutboundKind,
        ticket::{EventKind, TicketState, Urgency},
    },
    store::{
        open_ticket::{Hands, OpenTicket, Opening},
        queue::{Counted, Mark, Narrowed, Page, View, Viewer},
    },
};

use super::{
    Case,
    bench::{Bench, Plan, account, at},
    changes,
};

pub(super) const CASES: &[Case] = &[
    ("what_must_be_worked_first_stands_on_top", |b| Box::pin(order(b))),
    ("a_list_is_read_page_by_page_without_gap_or_repeat", |b| Box::pin(pages(b))),
    ("each_view_holds_its_tickets_and_counts_them", |b| Box::pin(views(b))),
    ("a_list_is_narrowed_down_by_everything_it_shows", |b| Box::pin(narrowed(b))),
    ("tickets_of_other_accounts_are_not_there", |b| Box::pin(limited(b))),
    ("who_works_for_all_accounts_sees_what_everybody_sees", |b| Box::pin(all_accounts(b))),
    ("counting_ends_at_a_thousand", |b| Box::pin(most_counted(b))),
    ("machine_mail_is_listed_and_becomes_a_ticket", |b| Box::pin(machine_mail(b))),
    ("every_change_moves_the_mark_and_names_its_ticket", |b| Box::pin(changed(b))),
];

const NARROWED: Narrowed =
    Narrowed { assignee: None, tag: None, intent: None, language: None, channel: None, state: None };

async fn opened(b: &Bench, chat: i64, urgency: Urgency, minute: i64) -> TicketId {
    let plan = Plan::escalate().urgent(urgency).sending(&[]);
    b.decide(&b.chat(chat, "where is it", at(minute)).await, plan, at(minute)).await.ticket.expect("a ticket")
}

async fn page(b: &Bench, view: View, narrowed: &Narrowed, from: Option<Mark>, limit: u32) -> Page {
    let viewer = Viewer { name: &AgentName::from("lin"), accounts: None };
    b.store.queue(view, viewer, narrowed, from, limit, at(60)).await.expect("the list is read")
}

async fn listed(b: &Bench, view: View) -> Vec<TicketId> {
    ids(&page(b, view, &NARROWED, None, 100).await)
}

fn ids(page: &Page) -> Vec<TicketId> {
    page.tickets.iter().map(|listed| listed.ticket.id).collect()
}

async fn counted(b: &Bench, accounts: Option<&[AccountName]>) -> Counted {
    b.store.queue_counts(Viewer { name: &AgentName::from("lin"), accounts }, at(60)).await.expect("counted")
}

/// Sets when a ticket's response clock ends.
async fn due(b: &Bench, ticket: TicketId, at: Timestamp) {
    b.run(&format!("UPDATE ticket SET respond_by = {} WHERE id = {ticket}", at.as_millisecond())).await;
}

async fn order(b: Bench) {
    let hours = |hours| at(0) + SignedDuration::from_hours(hours);
    let without_clock = opened(&b, 1, Urgency::Normal, 0).await;
    let soon = opened(&b, 2, Urgency::Normal, 1).await;
    due(&b, soon, hours(10)).await;
    let late = opened(&b, 3, Urgency::Normal, 2).await;
    due(&b, late, hours(-30)).await;
    let urgent = opened(&b, 4, Urgency::Urgent, 3).await;
    due(&b, urgent, hours(24)).await;
    let high = opened(&b, 5, Urgency::High, 4).await;
    due(&b, high, hours(23)).await;
    let graded = opened(&b, 6, Urgency::Normal, 5).await;
    due(&b, graded, hours(14)).await;
    b.run(&format!("UPDATE ticket SET grade_rank = 2 WHERE id = {graded}")).await;
    b.run("UPDATE buyer SET grade = 'vip'").await;
    let answered = opened(&b, 7, Urgency::Urgent, 6).await;
    changes::reply(&b, answered, "on its way", at(7)).await;
    // Turns: -30 h, 24 - 24 = 0 h, 14 - 12 = 2 h, 10 h, 23 - 12 = 11 h, 24 h without a clock, and the buyer's turn.
    let expected = [late, urgent, graded, soon, high, without_clock, answered];
    assert_eq!(listed(&b, View::All).await, expected);
    let shown = page(&b, View::All, &NARROWED, None, 1).await;
    assert_eq!(shown.tickets[0].grade.as_deref(), Some("vip"));
    changes::close(&b, soon, at(8)).await;
    changes::close(&b, late, at(9)).await;
    assert_eq!(listed(&b, View::Closed).await, [late, soon], "the last closed first");
}

async fn pages(b: Bench) {
    let mut expected = Vec::new();
    for chat in 0..7 {
        expected.push(opened(&b, chat, Urgency::Normal, chat / 3).await);
    }
    let mut found = Vec::new();
    let mut from = None;
    for _ in 0..9 {
        let page = page(&b, View::Unclaimed, &NARROWED, from, 2).await;
        assert!(page.tickets.len() <= 2);
        found.extend(ids(&page));
        let Some(next) = page.next else { break };
        // What is worked meanwhile moves nothing on the pages to come.
        if found.len() == 2 {
            changes::close(&b, expected[0], at(5)).await;
        }
        from = Some(next.to_string().parse().expect("a mark reads itself"));
    }
    assert_eq!(found, expected);
    assert!("7".parse::<Mark>().is_err() && "a.b".parse::<Mark>().is_err() && "".parse::<Mark>().is_err());
}

async fn views(b: Bench) {
    let open = opened(&b, 1, Urgency::Normal, 0).await;
    let mine = opened(&b, 2, Urgency::Normal, 1).await;
    changes::apply(&b, mine, &changes::take_over(&b, mine).await, at(5)).await;
    let answered = opened(&b, 3, Urgency::Normal, 2).await;
    changes::reply(&b, answered, "on its way", at(6)).await;
    let plan = Plan::escalate().sending(&[OutboundKind::Draft]);
    let drafted = b.decide(&b.chat(4, "draft it", at(3)).await, plan, at(3)).await.ticket.expect("a ticket");
    let closed = opened(&b, 5, Urgency::Normal, 4).await;
    changes::close(&b, closed, at(7)).await;
    b.run(&format!(
        "UPDATE outbox SET due_at = {} WHERE thread = (SELECT thread FROM ticket WHERE id = {answered})",
        at(600).as_millisecond()
    ))
    .await;
    let put_off = opened(&b, 6, Urgency::Normal, 5).await;
    b.run(&format!("UPDATE ticket SET snoozed_until = {} WHERE id = {put_off}", at(900).as_millisecond())).await;
    let expected: [(View, &[TicketId]); 8] = [
        (View::Snoozed, &[put_off]),
        (View::Mine, &[mine, answered]),
        (View::Unclaimed, &[open, drafted]),
        (View::Drafts, &[drafted]),
        (View::Waiting, &[answered]),
        (View::Scheduled, &[answered]),
        (View::All, &[open, mine, drafted, put_off, answered]),
        (View::Closed, &[closed]),
    ];
    let counts = counted(&b, None).await;
    for (view, tickets) in expected {
        assert_eq!(listed(&b, view).await, tickets, "{view:?}");
        assert_eq!(counts.of(view) as usize, tickets.len(), "{view:?}");
        assert_eq!(View::from_word(view.as_str()), Some(view));
    }
    let page = page(&b, View::All, &NARROWED, None, 9).await;
    let line = |id| page.tickets.iter().find(|listed| listed.ticket.id == id).expect("it is listed");
    assert_eq!((line(drafted).draft, line(open).draft), (true, false));
    assert_eq!((line(answered).leaves_at, line(open).leaves_at), (Some(at(600)), None));
    assert_eq!(line(open).preview, "where is it");
}

async fn narrowed(b: Bench) {
    let chat = opened(&b, 1, Urgency::Normal, 0).await;
    let mail = b.decide(&b.mail("ana@buyer.example", "a", at(1)).await, Plan::escalate(), at(1)).await;
    let mail = mail.ticket.expect("a ticket");
    b.run(&format!("UPDATE ticket SET tags = '[\"late\"]', intent = 'where_is_it' WHERE id = {chat}")).await;
    b.run(&format!("UPDATE ticket SET tags = '[\"lately\"]', assignee = 'kim' WHERE id = {mail}")).await;
    b.run(&format!("UPDATE thread SET language = 'zh' WHERE id = (SELECT thread FROM ticket WHERE id = {mail})")).await;
    let cases = [
        (Narrowed { tag: Some("late".to_owned()), ..NARROWED }, vec![chat]),
        (Narrowed { tag: Some("l%".to_owned()), ..NARROWED }, vec![]),
        (Narrowed { intent: Some("where_is_it".into()), ..NARROWED }, vec![chat]),
        (Narrowed { assignee: Some("kim".into()), ..NARROWED }, vec![mail]),
        (Narrowed { language: Some("zh".parse().expect("a language")), ..NARROWED }, vec![mail]),
        (Narrowed { channel: Some(ChannelKind::Telegram), ..NARROWED }, vec![chat]),
        (Narrowed { state: Some(TicketState::Open), ..NARROWED }, vec![chat, mail]),
        (Narrowed { state: Some(TicketState::Claimed), ..NARROWED }, vec![]),
    ];
    for (narrowed, expected) in cases {
        assert_eq!(ids(&page(&b, View::All, &narrowed, None, 9).await), expected, "{narrowed:?}");
    }
}

async fn limited(b: Bench) {
    let chat = opened(&b, 1, Urgency::Normal, 0).await;
    let mail = b.decide(&b.mail("ana@buyer.example", "a", at(1)).await, Plan::escalate(), at(1)).await;
    let mail = mail.ticket.expect("a ticket");
    b.decide(&b.mail("robot@buyer.example", "b", at(2)).await, Plan::suppress(), at(2)).await;
    let bot = AccountName::from("bot");
    let cases: [(&[AccountName], &[TicketId], u32); 4] = [
        (std::slice::from_ref(&bot), &[chat], 0),
        (&[account()], &[mail], 1),
        (&[account(), bot.clone()], &[chat, mail], 1),
        // Part of a name is no name.
        (&["bo".into(), "b".into()], &[], 0),
    ];
    for (accounts, expected, machine) in cases {
        let viewer = Viewer { name: &AgentName::from("lin"), accounts: Some(accounts) };
        let page = b.store.queue(View::All, viewer, &NARROWED, None, 9, at(9)).await.expect("read");
        assert_eq!(ids(&page), expected, "{accounts:?}");
        let counts = counted(&b, Some(accounts)).await;
        assert_eq!((counts.of(View::All) as usize, counts.machine_mail), (expected.len(), machine), "{accounts:?}");
        let mail = b.store.machine_mail(Some(accounts), None, 9).await.expect("read");
        assert_eq!(mail.len(), machine as usize, "{accounts:?}");
    }
    let none = Viewer { name: &AgentName::from("lin"), accounts: Some(&[]) };
    let page = b.store.queue(View::All, none, &NARROWED, None, 9, at(9)).await.expect("read");
    assert_eq!(ids(&page), [], "no account is not every account");
}

/// The lists that grow for ever are read account by account, and put together again.
async fn all_accounts(b: Bench) {
    for minute in 0..12 {
        let chat = minute % 2 == 0;
        let from = format!("b{minute}@buyer.example");
        let letter = if chat { b.chat(minute, "a", at(minute)).await } else { b.mail(&from, "a", at(minute)).await };
        let plan = match minute % 3 {
            0 => Plan::answer(),
            1 => Plan::suppress(),
            _ => Plan::escalate().sending(&[]),
        };
        if let Some(ticket) = b.decide(&letter, plan, at(minute)).await.ticket {
            changes::close(&b, ticket, at(30 - minute)).await;
        }
    }
    let both = [account(), AccountName::from("bot")];
    let (lin, whose) = (AgentName::from("lin"), [None, Some(&both[..])]);
    for limit in [1, 3, 100] {
        let [everything, theirs] = whose.map(async |accounts| {
            let viewer = Viewer { name: &lin, accounts };
            let (mut closed, mut from) = (Vec::new(), None);
            loop {
                let page = b.store.queue(View::Closed, viewer, &NARROWED, from, limit, at(60)).await.expect("read");
                closed.extend(ids(&page));
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
            let (mut answered, mut machine): (Vec<InboundId>, Vec<InboundId>) = (Vec::new(), Vec::new());
            loop {
                let page = b.store.answered(accounts, answered.last().copied(), limit).await.expect("read");
                let mail = b.store.machine_mail(accounts, machine.last().copied(), limit).await.expect("read");
                if page.is_empty() && mail.is_empty() {
                    break;
                }
                answered.extend(page.iter().map(|answered| answered.message.id));
                machine.extend(mail.iter().map(|mail| mail.id));
            }
            (closed, answered, machine)
        });
        let (everything, theirs) = (everything.await, theirs.await);
        assert_eq!(everything, theirs, "pages of {limit}");
        assert_eq!((theirs.0.len(), theirs.1.len(), theirs.2.len()), (4, 4, 4));
    }
    assert_eq!(counted(&b, None).await, counted(&b, Some(&both)).await);
}

async fn most_counted(b: Bench) {
    let pattern = opened(&b, 1, Urgency::Normal, 0).await;
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)";
    b.run(&format!(
        "INSERT INTO ticket (thread, inbound, state, urgency, subject, buyer, reasons, tags, opened_at, changed_at,
                             closed_at, account)
         {numbers} SELECT k.thread, k.inbound, 'closed', 0, 's', 'b', '[]', '[]', 1, 1, 1, k.account
         FROM n, ticket k WHERE k.id = {pattern}"
    ))
    .await;
    assert_eq!(counted(&b, None).await.of(View::Closed), 1_000);
}

async fn machine_mail(b: Bench) {
    let mut ids = Vec::new();
    for minute in 0..3 {
        let letter = b.mail("robot@buyer.example", "out of office", at(minute)).await;
        b.decide(&letter, Plan::suppress(), at(minute)).await;
        ids.push(letter.id);
    }
    let read = async |before: Option<InboundId>| {
        let mail = b.store.machine_mail(None, before, 2).await.expect("read");
        mail.into_iter().map(|mail| (mail.id, mail.sender, mail.reason, mail.preview)).collect::<Vec<_>>()
    };
    let line = |id| (id, "Ana".to_owned(), "B3".to_owned(), "out of office".to_owned());
    assert_eq!(read(None).await, [line(ids[2]), line(ids[1])]);
    assert_eq!(read(Some(ids[1])).await, [line(ids[0])]);
    let (lin, bot) = (AgentName::from("lin"), [AccountName::from("bot")]);
    let open = async |message, accounts| {
        let wanted = OpenTicket { message, by: &lin, hands: Hands::Queue, accounts };
        b.store.open_ticket(&wanted, at(9)).await.expect("the call runs")
    };
    assert_eq!(open(ids[1], Some(&bot[..])).await, Opening::Gone, "another account's mail is not there");
    let Opening::Opened(ticket) = open(ids[1], None).await else { panic!("it becomes a ticket") };
    assert_eq!(open(ids[1], None).await, Opening::Gone, "it is machine mail no longer");
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!(file.ticket.state, TicketState::Open);
    assert_eq!(file.last_inbound.map(|inbound| inbound.id), Some(ids[1]), "a reply answers this one");
    assert!(file.events.iter().any(|event| event.what == EventKind::Inbound && event.text == "out of office"));
    assert_eq!(counted(&b, None).await.machine_mail, 2);
}

async fn changed(b: Bench) {
    let mut mark = b.store.latest_change().await.expect("read");
    assert_eq!(b.store.latest_change().await.expect("read"), mark, "nothing happened");
    let ticket = opened(&b, 1, Urgency::Normal, 0).await;
    let other = opened(&b, 2, Urgency::Normal, 1).await;
    let moved = async |mark: &mut _, expected: &[TicketId], what: &str| {
        let now = b.store.latest_change().await.expect("read");
        assert_ne!(now, *mark, "{what}");
        assert_eq!(b.store.changed_since(mark, 9).await.expect("read"), expected, "{what}");
        *mark = now;
    };
    moved(&mut mark, &[ticket, other], "two tickets were opened").await;
    changes::reply(&b, ticket, "on its way", at(2)).await;
    moved(&mut mark, &[ticket], "a person answered").await;
    let sent = nightdesk::store::outbox::Settlement::Sent { proof: "250".to_owned() };
    let row = b.store.claim(at(3), &[]).await.expect("runs").expect("it is due");
    b.store.set_phase(row.id, nightdesk::model::outbound::Phase::Dot).await.expect("written");
    b.store.settle(row.id, &sent, at(3)).await.expect("settled");
    moved(&mut mark, &[ticket], "it arrived").await;
    b.store.set_paused(Some("flood"), "lin", at(4)).await.expect("paused");
    moved(&mut mark, &[], "a pause").await;
    b.mail("ana@buyer.example", "a", at(5)).await;
    moved(&mut mark, &[], "a message came in").await;
}
