//! What people do to tickets and cards, cut at its commit; see `cuts.rs`.

use nightdesk::{
    model::{
        agent_command::TicketChange,
        ids::{BuyerId, TicketId},
        outbound::OutboundKind,
        ticket::{EventKind, TicketState},
    },
    store::{
        card::BuyerAct,
        open_ticket::{Hands, OpenTicket},
        satisfaction::Rating,
    },
};

use super::{
    bench::{self, Plan, at},
    changes, conversations,
    cuts::{Run, say},
    satisfactions,
};

/// Opens a ticket of a buyer.
async fn ticket(run: &Run) -> TicketId {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    run.bench.decide(&letter, Plan::escalate(), at(0)).await.ticket.expect("a ticket")
}

pub(super) async fn undo(run: Run) -> (Run, String) {
    let ticket = ticket(&run).await;
    let change = TicketChange { undo_until: Some(at(2)), ..changes::take_over(&run.bench, ticket).await };
    run.bench.store.change_ticket(ticket, &"lin".into(), &change, at(1)).await.expect("claimed");
    run.arm();
    // After a lost answer it is not known any more what was taken back.
    run.store.undo(ticket, &"lin".into(), at(2)).await.expect("the call finds its way");
    (run, String::new())
}

pub(super) async fn merge(run: Run) -> (Run, String) {
    let (from, into) = (ticket(&run).await, ticket(&run).await);
    let change = TicketChange { state: TicketState::Closed, ..changes::take_over(&run.bench, from).await };
    say!(run, run.store.merge_tickets(from, into, &"lin".into(), &change, at(1)))
}

pub(super) async fn split(run: Run) -> (Run, String) {
    let ticket = ticket(&run).await;
    let first = run.bench.text("SELECT message_id FROM inbound").await;
    let letter = run.bench.reply("ana@buyer.example", "and", &[&first], at(1)).await;
    run.bench.decide(&letter, Plan::escalate(), at(1)).await;
    let version = run.bench.store.ticket(ticket).await.expect("read").expect("there").ticket.version;
    let change = TicketChange::new(version, TicketState::Open, EventKind::Split, "");
    say!(run, run.store.split_ticket(ticket, letter.id, &"lin".into(), &change, at(2)))
}

pub(super) async fn buyer(run: Run) -> (Run, String) {
    ticket(&run).await;
    let act = BuyerAct::Grade(Some("vip".to_owned()));
    say!(run, run.store.change_buyer("ana@buyer.example", &"lin".into(), &act, at(1)))
}

/// Two buyers who wrote once each.
async fn two(run: &Run) -> (BuyerId, BuyerId) {
    for (minute, address) in (0..).zip(["ana@buyer.example", "tom@buyer.example"]) {
        let letter = run.bench.mail(address, "q", at(minute)).await;
        run.bench.decide(&letter, Plan::escalate(), at(minute)).await;
    }
    (BuyerId(1), BuyerId(2))
}

pub(super) async fn join(run: Run) -> (Run, String) {
    let (ana, tom) = two(&run).await;
    say!(run, run.store.join_buyers(ana, tom, &"lin".into(), at(2)))
}

pub(super) async fn part(run: Run) -> (Run, String) {
    let (ana, tom) = two(&run).await;
    run.bench.store.join_buyers(ana, tom, &"lin".into(), at(2)).await.expect("joined");
    say!(run, run.store.part_buyer(ana, &"lin".into(), at(3)))
}

pub(super) async fn machine_mail(run: Run) -> (Run, String) {
    let letter = run.bench.mail("robot@buyer.example", "q", at(0)).await;
    run.bench.decide(&letter, Plan::suppress(), at(0)).await;
    let lin = "lin".into();
    let wanted = OpenTicket { hands: Hands::Queue, ..conversations::taking(letter.id, &lin) };
    say!(run, run.store.open_ticket(&wanted, at(1)))
}

pub(super) async fn take_over(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    run.bench.decide(&letter, Plan::answer(), at(0)).await;
    let lin = "lin".into();
    say!(run, run.store.open_ticket(&conversations::taking(letter.id, &lin), at(1)))
}

pub(super) async fn index(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    run.bench.decide(&letter, Plan::escalate(), at(0)).await;
    let documents = run.store.unindexed(9).await.expect("read");
    let documents: Vec<_> = documents.into_iter().map(|document| (document, vec!["word".to_owned()])).collect();
    say!(run, run.store.index(&documents))
}

pub(super) async fn ask(run: Run) -> (Run, String) {
    let (ticket, letter) = satisfactions::closed(&run.bench).await;
    let message = bench::outbound(&letter, OutboundKind::Ack);
    say!(run, run.store.ask_satisfaction(&satisfactions::asking(&ticket, &letter, &message), at(3)))
}

pub(super) async fn question_breaks(run: Run) -> (Run, String) {
    let (ticket, _) = satisfactions::closed(&run.bench).await;
    say!(run, run.store.note_question_breaks(ticket.id, 2))
}

pub(super) async fn pass(run: Run) -> (Run, String) {
    let (ticket, _) = satisfactions::closed(&run.bench).await;
    say!(run, run.store.pass_satisfaction(ticket.id, "why", at(3)))
}

pub(super) async fn answer(run: Run) -> (Run, String) {
    let (ticket, letter) = satisfactions::closed(&run.bench).await;
    let message = bench::outbound(&letter, OutboundKind::Ack);
    run.bench.store.ask_satisfaction(&satisfactions::asking(&ticket, &letter, &message), at(3)).await.expect("asked");
    let rating = Rating { score: 1, remark: "slow", respond_by: None };
    say!(run, run.store.answer_satisfaction("hash", &rating, at(4)))
}
