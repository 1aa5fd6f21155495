//! Promises about tickets that go on in another one, messages that begin one of their own, and whatever people do by chance.

use nightdesk::{
    model::{
        agent_command::AgentCommand,
        closing::Closing,
        ids::{InboundId, TicketId},
        outbound::OutboundKind,
        ticket::{EventKind, TicketState, Urgency},
    },
    service::agents::{ActError, Wish},
    store::timeline::Happened,
};

use super::{
    Case,
    acts::{Desk, reply},
    bench::{Bench, Plan, at},
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_merged_ticket_goes_on_in_the_other_one", |b| Box::pin(merged(b))),
    ("tickets_of_different_buyers_are_merged_only_if_confirmed", |b| Box::pin(other_buyer(b))),
    ("a_merge_is_taken_back", |b| Box::pin(merge_taken_back(b))),
    ("the_wait_of_an_older_ticket_goes_on_where_it_was_merged_into", |b| Box::pin(wait_goes_on(b))),
    ("a_switched_off_machine_is_off_in_what_joins", |b| Box::pin(off_in_what_joins(b))),
    ("a_message_begins_a_ticket_of_its_own", |b| Box::pin(split(b))),
    ("what_only_a_message_gave_a_ticket_goes_with_it", |b| Box::pin(split_takes_along(b))),
    ("a_wrong_merge_is_parted_by_taking_its_message_out", |b| Box::pin(parted(b))),
    ("whatever_people_do_the_queue_stays_sound", |b| Box::pin(any_acts(b))),
];

const ANA: &str = "ana@buyer.example";

/// Two tickets of the same buyer in two conversations.
async fn two(desk: &Desk) -> (TicketId, TicketId) {
    (desk.opened(ANA, &[OutboundKind::Ack]).await, desk.opened(ANA, &[]).await)
}

async fn merged(b: Bench) {
    let desk = Desk::new(b);
    let (from, into) = two(&desk).await;
    desk.act("lin", into, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    claim(&desk.b, 2).await.expect("lin's reply");
    desk.act("kim", from, AgentCommand::Merge(into), at(3)).await.expect("the same buyer");
    let (source, target) = (desk.file(from).await, desk.file(into).await);
    assert_eq!((source.ticket.state, source.ticket.merged_into), (TicketState::Closed, Some(into)));
    assert_eq!((target.ticket.state, target.ticket.respond_by), (TicketState::Claimed, Some(at(120))), "it waits here");
    assert_eq!(target.merged, [from]);
    let came = target.timeline.iter().filter(|moment| matches!(moment.what, Happened::Came(_))).count();
    assert_eq!(came, 2, "both conversations are told in one");
    assert_eq!(claim(&desk.b, 4).await, None, "the ack of the merged conversation was overtaken");
    desk.writes_again(ANA, at(5)).await;
    assert_eq!(desk.file(into).await.events.last().map(|event| event.what), Some(EventKind::Inbound));
    assert_eq!(desk.b.listed(&[TicketState::Open, TicketState::Claimed]).await, [into], "no other ticket was opened");
    let refused = desk.act("kim", from, AgentCommand::Claim, at(6)).await.expect_err("it goes on elsewhere");
    assert_eq!(refused.to_string(), format!("ticket {from} goes on in ticket {into}"));
    // What a person does in the target silences the machine in both conversations.
    desk.act("lin", into, reply("Really."), at(7)).await.expect("it can be answered");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM thread WHERE last_human_reply IS NOT NULL").await, 2);
    desk.act("lin", into, AgentCommand::Close(Closing::default()), at(8)).await.expect("it can be closed");
    desk.writes_again(ANA, at(9)).await;
    assert_eq!(desk.b.listed(&[TicketState::Open]).await, [into], "it is the target that opens again");
}

async fn other_buyer(b: Bench) {
    let desk = Desk::new(b);
    let from = desk.opened(ANA, &[]).await;
    let into = desk.opened("tom@buyer.example", &[]).await;
    let refused = desk.act("kim", from, AgentCommand::Merge(into), at(1)).await.expect_err("another buyer");
    assert!(refused.may_be_confirmed(), "{refused}");
    let wish = Wish { despite: true, ..Wish::new("kim".into(), from, AgentCommand::Merge(into)) };
    desk.wish(wish, at(1)).await.expect("confirmed");
    let closed = desk.opened("zoe@buyer.example", &[]).await;
    desk.act("kim", closed, AgentCommand::Close(Closing::default()), at(2)).await.expect("closed");
    let wish = Wish { despite: true, ..Wish::new("kim".into(), into, AgentCommand::Merge(closed)) };
    let refused = desk.wish(wish, at(3)).await.expect_err("the other one is closed");
    assert!(matches!(refused, ActError::TargetEnded(_)), "{refused}");
    let itself = desk.act("kim", into, AgentCommand::Merge(into), at(4)).await;
    assert!(itself.is_err());
}

async fn merge_taken_back(b: Bench) {
    let desk = Desk::new(b);
    let (from, into) = two(&desk).await;
    desk.act("kim", from, AgentCommand::Merge(into), at(3)).await.expect("the same buyer");
    let ticket = desk.undo("kim", from, at(3)).await.expect("at once");
    assert_eq!((ticket.state, ticket.merged_into, ticket.respond_by), (TicketState::Open, None, Some(at(120))));
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM thread WHERE merged_into IS NOT NULL").await, 0);
    desk.writes_again(ANA, at(5)).await;
    assert_eq!(desk.file(from).await.events.last().map(|event| event.what), Some(EventKind::Inbound));
}

async fn wait_goes_on(b: Bench) {
    let desk = Desk::new(b);
    let (from, into) = two(&desk).await;
    desk.act("lin", into, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    desk.act("kim", from, AgentCommand::Merge(into), at(3)).await.expect("the same buyer");
    assert_eq!(desk.b.store.ring_alarms(at(24 * 60)).await.expect("looked"), 1, "the older question waits");
    assert_eq!(desk.b.store.ring_alarms(at(24 * 60 + 1)).await.expect("looked"), 0, "once");
    // What was answered before the merge is no wait.
    let (from, into) = (desk.opened("tom@buyer.example", &[]).await, desk.opened("tom@buyer.example", &[]).await);
    desk.act("lin", into, reply("Here."), at(4)).await.expect("it can be answered");
    desk.act("lin", from, AgentCommand::Merge(into), at(5)).await.expect("the same buyer");
    desk.act("lin", into, reply("Both."), at(6)).await.expect("it can be answered");
    desk.act("lin", into, AgentCommand::Reopen, at(7)).await.expect("it waits");
    assert_eq!(desk.b.store.ring_alarms(at(24 * 60 + 2)).await.expect("looked"), 0);
}

async fn off_in_what_joins(b: Bench) {
    let desk = Desk::new(b);
    let (from, into) = two(&desk).await;
    desk.act("lin", into, AgentCommand::BotOff, at(1)).await.expect("switched off");
    desk.act("kim", from, AgentCommand::Merge(into), at(2)).await.expect("the same buyer");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM thread WHERE bot_off = 1").await, 2);
    // Taking back that it was switched on is true of both conversations as well.
    desk.act("lin", into, AgentCommand::BotOn, at(3)).await.expect("switched on");
    desk.undo("lin", into, at(3)).await.expect("at once");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM thread WHERE bot_off = 1").await, 2);
}

async fn split(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let only = desk.file(id).await.ticket.inbound;
    let refused = desk.act("lin", id, AgentCommand::Split(only), at(1)).await.expect_err("there is no other");
    assert!(matches!(refused, ActError::OnlyMessage(_)), "{refused}");
    desk.writes_again(ANA, at(2)).await;
    let second = InboundId(desk.b.number("SELECT MAX(id) FROM inbound").await);
    let made = desk.act("lin", id, AgentCommand::Split(second), at(3)).await.expect("it is hers").made;
    let made = made.expect("a new ticket");
    let file = desk.file(made).await;
    assert_eq!((file.ticket.inbound, file.ticket.state), (second, TicketState::Open));
    assert_eq!(file.last_inbound.map(|stored| stored.id), Some(second), "it can be answered there");
    assert_ne!(file.ticket.thread, desk.file(id).await.ticket.thread);
    let foreign = desk.act("lin", made, AgentCommand::Split(only), at(4)).await.expect_err("it is the other's");
    assert!(matches!(foreign, ActError::NotHere(_)), "{foreign}");
    // Whoever answers that message comes to the new ticket.
    let name = desk.b.text(&format!("SELECT message_id FROM inbound WHERE id = {second}")).await;
    let letter = desk.b.reply(ANA, "Well?", &[&name], at(5)).await;
    let to = desk.b.decide(&letter, Plan::escalate().sending(&[]), at(5)).await.ticket;
    assert_eq!(to, Some(made));
}

async fn split_takes_along(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let first = desk.b.text("SELECT message_id FROM inbound").await;
    let dispute = || Plan::escalate().urgent(Urgency::Urgent).labelled("dispute").labelled("known").sending(&[]);
    let letter = desk.b.reply(ANA, "I ask my bank for the money.", &[&first], at(2)).await;
    assert_eq!(desk.b.decide(&letter, dispute(), at(2)).await.ticket, Some(id));
    desk.act("lin", id, AgentCommand::Tag("vip".to_owned()), at(3)).await.expect("labelled");
    let other = desk.b.reply(ANA, "Do you know me?", &[&first], at(4)).await;
    desk.b.decide(&other, Plan::escalate().labelled("known").sending(&[]), at(4)).await;
    let before = desk.file(id).await.ticket;
    assert_eq!((before.urgency, before.tags.len()), (Urgency::Urgent, 3), "{before:?}");
    let made = desk.act("lin", id, AgentCommand::Split(letter.id), at(20)).await.expect("it is hers").made;
    let (rest, made) = (desk.file(id).await.ticket, desk.file(made.expect("a new ticket")).await.ticket);
    assert_eq!((rest.urgency, made.urgency), (Urgency::Normal, Urgency::Urgent));
    assert_eq!(made.tags, ["dispute", "known"]);
    let mut tags = rest.tags.clone();
    tags.sort();
    assert_eq!(tags, ["known", "vip"], "what another message gave, and what a person said");

    // What a person said of the urgency stays, whatever goes.
    let letter = desk.b.reply(ANA, "My lawyer writes to you.", &[&first], at(30)).await;
    desk.b.decide(&letter, dispute(), at(30)).await;
    desk.act("lin", id, AgentCommand::SetUrgency(Urgency::Urgent), at(31)).await.expect("set");
    desk.act("lin", id, AgentCommand::Split(letter.id), at(50)).await.expect("it is hers");
    let rest = desk.file(id).await.ticket;
    assert_eq!(rest.urgency, Urgency::Urgent);
    assert!(!rest.tags.contains(&"dispute".to_owned()), "{:?}", rest.tags);
}

async fn parted(b: Bench) {
    let desk = Desk::new(b);
    let (from, into) = two(&desk).await;
    let home = desk.file(from).await.ticket;
    desk.act("lin", into, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    desk.act("kim", from, AgentCommand::Merge(into), at(3)).await.expect("the same buyer");
    let own = desk.file(into).await.ticket.inbound;
    let refused = desk.act("lin", into, AgentCommand::Split(own), at(90)).await.expect_err("its own only one");
    assert!(matches!(refused, ActError::OnlyMessage(_)), "{refused}");
    let made = desk.act("lin", into, AgentCommand::Split(home.inbound), at(90)).await.expect("a wrong merge").made;
    let made = made.expect("a new ticket");
    let file = desk.file(made).await;
    assert_eq!(
        (file.ticket.inbound, file.ticket.thread),
        (home.inbound, home.thread),
        "the whole conversation went along"
    );
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM thread WHERE merged_into IS NOT NULL").await, 0);
    let refused = desk.act("kim", from, AgentCommand::Claim, at(91)).await.expect_err("it goes on elsewhere");
    assert_eq!(refused.to_string(), format!("ticket {from} goes on in ticket {made}"));
    assert_eq!(claim(&desk.b, 92).await.map(|row| row.human), Some(true), "the machine is silent there");
    // What the buyer writes there comes to the new ticket.
    desk.writes_again(ANA, at(93)).await;
    let last = |file: nightdesk::store::ticket::TicketFile| file.events.last().map(|event| event.what);
    assert_eq!(last(desk.file(made).await), Some(EventKind::Inbound));
    assert_eq!(last(desk.file(into).await), Some(EventKind::Split));
}

/// The same numbers come each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// How many acts are tried in one store.
const ACTS: i64 = 150;

async fn any_acts(b: Bench) {
    let desk = Desk::new(b);
    let mut tickets = Vec::new();
    for name in ["ana", "tom", "zoe"] {
        tickets.push(desk.opened(&format!("{name}@buyer.example"), &[OutboundKind::Draft]).await);
    }
    let mut chance = Chance(20_261_122);
    let mut done = 0;
    for minute in 1..=ACTS {
        let id = tickets[usize::try_from(chance.below(3)).expect("small")];
        let before = desk.file(id).await.ticket;
        let by = ["lin", "kim"][usize::try_from(chance.below(2)).expect("small")];
        let other = tickets[usize::try_from(chance.below(3)).expect("small")];
        let command = command(chance.below(20), other, minute);
        let keeps = !matches!(command, AgentCommand::Reply(_) | AgentCommand::Close(_) | AgentCommand::Merge(_));
        let wish = Wish { despite: chance.below(2) == 0, ..Wish::new(by.into(), id, command.clone()) };
        let acted = desk.wish(wish, at(minute)).await;
        let after = desk.file(id).await.ticket;
        match acted {
            Ok(_) => {
                done += 1;
                assert!(after.version > before.version, "{command:?}: the version rises");
                assert!(!keeps || after.respond_by >= before.respond_by, "{command:?}: only answers stop a clock");
                assert!(after.state != TicketState::Claimed || after.assignee.is_some(), "{command:?}");
            }
            Err(refused) => assert_eq!(after, before, "{command:?}: {refused}"),
        }
        if chance.below(3) == 0 && desk.undo(by, id, at(minute)).await.is_ok() {
            let back = desk.file(id).await.ticket;
            let told = |ticket: &nightdesk::model::ticket::Ticket| {
                (ticket.state, ticket.assignee.clone(), ticket.respond_by, ticket.tags.clone(), ticket.merged_into)
            };
            assert_eq!(told(&back), told(&before), "{command:?} was taken back");
        }
        sound(&desk).await;
    }
    assert!(done > ACTS / 3, "only {done} acts were possible");
}

fn command(number: u64, other: TicketId, minute: i64) -> AgentCommand {
    match number {
        0 | 1 => AgentCommand::Claim,
        2 => AgentCommand::Release,
        3 => AgentCommand::Assign("kim".into()),
        4..7 => reply("Tomorrow."),
        7 => AgentCommand::RejectDraft(String::new()),
        8 => AgentCommand::Note("hm".to_owned()),
        9 => AgentCommand::Close(Closing::default()),
        10 | 11 => AgentCommand::Reopen,
        12 => AgentCommand::Snooze(at(minute + 60)),
        13 => AgentCommand::Wake,
        14 => AgentCommand::Tag(format!("t{minute}")),
        15 => AgentCommand::SetUrgency(Urgency::High),
        16 if minute > ACTS - 20 => AgentCommand::Merge(other),
        16 | 17 => AgentCommand::HandBack,
        18 => AgentCommand::BotOff,
        _ => AgentCommand::BotOn,
    }
}

/// No conversation has two tickets that are not closed, and what was merged is closed.
async fn sound(desk: &Desk) {
    let doubled = "SELECT COUNT(*) FROM thread t WHERE 1 < (SELECT COUNT(*) FROM ticket k
         WHERE k.state <> 'closed' AND (k.thread = t.id OR k.id = t.merged_into))";
    assert_eq!(desk.b.number(doubled).await, 0);
    let merged = "SELECT COUNT(*) FROM ticket WHERE merged_into IS NOT NULL AND state <> 'closed'";
    assert_eq!(desk.b.number(merged).await, 0);
}
