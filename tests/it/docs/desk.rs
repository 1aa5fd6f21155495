//! The table of acts in `docs/desk.md` and beside the code is what the code does.

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    desk::transition::{Circumstances, transition},
    model::{
        agent_command::{AgentCommand, Answer, Owner, Schedule},
        closing::Closing,
        ids::{AgentName, InboundId, ThreadId, TicketId},
        ticket::{Ticket, TicketState, Urgency},
    },
};

use super::{generated, read};

const PAGE: &str = "docs/desk.md";
const CODE: &str = "src/desk/transition.rs";
const HEAD: &str =
    "| from \\ act | open | claimed by me | claimed by another | waiting | closed |\n|---|---|---|---|---|---|\n";

const ME: &str = "lin";
const OTHER: &str = "kim";

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("a moment in 2026")
}

fn acts() -> Vec<(&'static str, AgentCommand)> {
    vec![
        ("claim", AgentCommand::Claim),
        ("release", AgentCommand::Release),
        ("assign", AgentCommand::Assign("zoe".into())),
        ("reply", AgentCommand::Reply(Answer::now("Tomorrow."))),
        ("send draft", AgentCommand::SendDraft(Schedule::Now)),
        ("reject draft", AgentCommand::RejectDraft(String::new())),
        ("cancel reply", AgentCommand::CancelReply),
        ("stop pending", AgentCommand::StopPending),
        ("note", AgentCommand::Note("hm".to_owned())),
        ("tag", AgentCommand::Tag("new".to_owned())),
        ("untag", AgentCommand::Untag("old".to_owned())),
        ("urgency", AgentCommand::SetUrgency(Urgency::High)),
        ("snooze", AgentCommand::Snooze(now() + SignedDuration::from_hours(1))),
        ("wake", AgentCommand::Wake),
        ("close", AgentCommand::Close(Closing::default())),
        ("reopen", AgentCommand::Reopen),
        ("merge", AgentCommand::Merge(TicketId(2))),
        ("split", AgentCommand::Split(InboundId(3))),
        ("hand back", AgentCommand::HandBack),
        ("bot off", AgentCommand::BotOff),
        ("bot on", AgentCommand::BotOn),
    ]
}

/// The five columns: a state, and who has the ticket.
const COLUMNS: [(TicketState, Option<&str>); 5] = [
    (TicketState::Open, None),
    (TicketState::Claimed, Some(ME)),
    (TicketState::Claimed, Some(OTHER)),
    (TicketState::Waiting, Some(ME)),
    (TicketState::Closed, Some(ME)),
];

fn ticket(state: TicketState, owner: Option<&str>) -> Ticket {
    Ticket {
        id: TicketId(1),
        thread: ThreadId(1),
        inbound: InboundId(1),
        state,
        urgency: Urgency::Normal,
        subject: "Order".to_owned(),
        buyer: "Ana".to_owned(),
        intent: None,
        reasons: Vec::new(),
        tags: vec!["old".to_owned()],
        assignee: owner.map(AgentName::from),
        version: 7,
        opened_at: now(),
        changed_at: now(),
        respond_by: Some(now() + SignedDuration::from_hours(24)),
        claimed_at: owner.map(|_| now()),
        snoozed_until: Some(now()),
        merged_into: None,
        result: None,
        cause: None,
        compensation: None,
    }
}

/// Says what becomes of a ticket in circumstances in which everything is there that the act needs.
fn cell(command: &AgentCommand, state: TicketState, owner: Option<&str>) -> String {
    let scheduled = (*command == AgentCommand::CancelReply).then_some(now());
    let around = Circumstances { draft: Some("a draft"), scheduled, pending: true, ..Circumstances::plain(now()) };
    let act = |despite| transition(&ticket(state, owner), &ME.into(), command, &Circumstances { despite, ..around });
    let (change, prefix) = match (act(false), act(true)) {
        (Ok(change), _) => (change, ""),
        (Err(_), Ok(change)) => (change, "confirmed: "),
        (Err(_), Err(_)) => return "refused".to_owned(),
    };
    assert_eq!(change.version, 7, "a change is computed on the version that was read");
    let owner = match change.owner {
        Owner::Same => "",
        Owner::Actor => ", mine",
        Owner::Person(_) => ", theirs",
        Owner::Nobody => ", nobody's",
    };
    format!("{prefix}{}{owner}", change.state.as_str())
}

fn table() -> String {
    let row = |(name, command): (&str, AgentCommand)| {
        let cells: Vec<String> = COLUMNS.iter().map(|(state, owner)| cell(&command, *state, *owner)).collect();
        format!("| {name} | {} |\n", cells.join(" | "))
    };
    format!("{HEAD}{}", acts().into_iter().map(row).collect::<String>())
}

/// Puts a table in the place of the one that begins with the same head.
fn with_table(text: &str, table: &str, margin: &str) -> String {
    let inside = |line: &str| line.trim_start().trim_start_matches("///").trim_start().starts_with('|');
    let begin = text.lines().position(|line| line.contains("| from \\ act |")).expect("the table is there");
    let end = begin + text.lines().skip(begin).take_while(|line| inside(line)).count();
    let before = text.lines().take(begin).map(str::to_owned);
    let table = table.lines().map(|line| format!("{margin}{line}"));
    let lines: Vec<String> = before.chain(table).chain(text.lines().skip(end).map(str::to_owned)).collect();
    format!("{}\n", lines.join("\n"))
}

#[test]
fn the_table_of_acts_is_what_the_code_does() {
    let table = table();
    generated(PAGE, &with_table(&read(PAGE), &table, ""));
    generated(CODE, &with_table(&read(CODE), &table, "/// "));
}
