//! What has no ticket, from a terminal: what the machine answered, one conversation, and the way to a ticket.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    check::explain,
    cli::{
        exit::Exit,
        layout, output,
        ticket::{handle, view},
    },
    config::Config,
    engine::guard::GUARDS,
    model::{
        ids::{AgentName, InboundId, IntentId, ThreadId},
        outbound::OutboundKind,
    },
    service::openings,
    store::{
        Store,
        answered::Answered,
        conversation::{Conversation, Decision},
        machine_mail::MachineMail,
        open_ticket::{Hands, OpenTicket, Opening},
        timeline::{Came, Happened, Moment, Went},
    },
};

/// What one `answered` shows: about three screens.
const LISTED: u32 = 30;

/// Texts stand under the line that says whose they are.
const MARGIN: &str = "    ";

/// Lists what the machine answered, the newest first.
pub(super) async fn answered(config: &Config, store: &Store, before: Option<i64>, json: bool) -> anyhow::Result<Exit> {
    let found = store.answered(None, before.map(InboundId), LISTED).await?;
    for answered in &found {
        let zone = &config.desk.zone;
        let text = if json { serde_json::to_string(answered)? } else { line(answered, zone, output::width()) };
        output::data(&text);
    }
    match found.last() {
        None if before.is_none() => output::talk("The machine has answered nothing yet."),
        Some(last) if found.len() == LISTED as usize => {
            output::talk(&format!("Older ones: {} ticket answered --before {}", output::program(), last.message.id));
        }
        _ => {}
    }
    Ok(Exit::Success)
}

fn line(answered: &Answered, zone: &TimeZone, width: Option<usize>) -> String {
    let message = &answered.message;
    let place = match message.ticket {
        Some(ticket) => format!("ticket {ticket}"),
        None => format!("conversation {}", message.thread),
    };
    let at = view::moment(message.received_at, zone);
    let head = format!("{}  {at}  {}  {}  ({place})", message.id, message.sender, message.subject);
    let rules: Vec<&str> = answered.rules.iter().map(IntentId::as_str).collect();
    let state = answered.state.map_or("not here", |state| state.as_str());
    let how = format!("{} {state}", rules.join(", "));
    let parts = [
        output::strong(&output::plain(&head)),
        layout::block(&output::plain(&format!("> {}", one_line(&message.preview))), MARGIN, width),
        layout::block(&output::plain(&format!("< {} [{}]", one_line(&answered.answer), how.trim())), MARGIN, width),
    ];
    parts.join("\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lists machine mail, the newest first.
pub(super) async fn machine_mail(
    config: &Config,
    store: &Store,
    before: Option<i64>,
    json: bool,
) -> anyhow::Result<Exit> {
    let found = store.machine_mail(None, before.map(InboundId), LISTED).await?;
    for mail in &found {
        let zone = &config.desk.zone;
        let text = if json { serde_json::to_string(mail)? } else { kept_quiet(mail, zone, output::width()) };
        output::data(&text);
    }
    match found.last() {
        None if before.is_none() => output::talk("There is no machine mail."),
        Some(last) if found.len() == LISTED as usize => {
            output::talk(&format!("Older ones: {} ticket machine-mail --before {}", output::program(), last.id));
        }
        _ => {}
    }
    Ok(Exit::Success)
}

fn kept_quiet(mail: &MachineMail, zone: &TimeZone, width: Option<usize>) -> String {
    let at = view::moment(mail.received_at, zone);
    let head = format!("{}  {at}  {}  {}  ({})", mail.id, mail.sender, mail.subject, mail.account);
    let parts = [
        output::strong(&output::plain(&head)),
        layout::block(&output::plain(&format!("> {}", one_line(&mail.preview))), MARGIN, width),
        layout::block(&output::plain(&format!("No answer: {}", why(&mail.reason))), MARGIN, width),
    ];
    parts.join("\n")
}

/// Returns why nothing was said: what makes the guard speak, or the rule.
fn why(reason: &str) -> String {
    let guard = GUARDS.iter().find(|guard| guard.id == reason);
    guard.map_or_else(|| reason.to_owned(), |guard| format!("{} ({reason})", guard.condition))
}

/// Shows one conversation: what was said, and how each message was read.
pub(super) async fn conversation(config: &Config, store: &Store, id: i64, json: bool) -> anyhow::Result<Exit> {
    let Some(found) = store.conversation(ThreadId(id)).await? else {
        return Ok(output::refusal(&format!("there is no conversation {id}")));
    };
    let decisions = store.explained(&found.timeline).await?;
    if json {
        let why = |decision: &Decision| serde_json::json!({ "message": decision.message, "verdict": decision.verdict });
        let value = serde_json::json!({ "conversation": found.id, "subject": found.subject, "ticket": found.open,
            "timeline": found.timeline, "verdicts": decisions.iter().map(why).collect::<Vec<_>>(),
            "orders": found.orders, "buyer": found.card });
        output::data(&serde_json::to_string_pretty(&value)?);
        return Ok(Exit::Success);
    }
    output::data(&described(&found, &decisions, &config.desk.zone, output::width()));
    Ok(Exit::Success)
}

fn described(found: &Conversation, decisions: &[Decision], zone: &TimeZone, width: Option<usize>) -> String {
    let recipient = &found.recipient;
    let who = recipient.name.as_ref().map_or_else(String::new, |name| format!("{name} "));
    let mut head = vec![
        format!("Buyer    {who}<{}>", recipient.key),
        format!("Through  {} {}", recipient.channel.as_str(), recipient.account),
    ];
    if recipient.bot_off {
        head.push("Machine  switched off in this conversation".to_owned());
    }
    let next = match (found.open, found.newest) {
        (Some(ticket), _) => Some(format!("Ticket   {ticket}: {} ticket show {ticket}", output::program())),
        (None, Some(message)) => {
            Some(format!("Ticket   none; take over: {} ticket open --message {message}", output::program()))
        }
        (None, None) => None,
    };
    head.extend(next);
    let title = format!("Conversation {}: {}", found.id, found.subject);
    let mut parts = vec![
        output::strong(&output::plain(&title)),
        layout::block(&output::plain(&head.join("\n")), "", width),
        String::new(),
    ];
    parts.extend(found.timeline.iter().map(|moment| said(moment, decisions, zone, width)));
    if let Some(pending) = &found.pending {
        let at = view::moment(pending.at, zone);
        parts.push(output::strong(&format!("\nThe machine's message leaves on {at}")));
        parts.push(layout::block(&output::plain(&pending.text), MARGIN, width));
    }
    parts.join("\n")
}

fn said(moment: &Moment, decisions: &[Decision], zone: &TimeZone, width: Option<usize>) -> String {
    let at = view::moment(moment.at, zone);
    match &moment.what {
        Happened::Came(came) => {
            let head = format!("  {at}  {} wrote (message {})", came.from, came.id);
            let mut text = written(&head, &came.text, width);
            text.extend(read(came, decisions, width));
            text
        }
        Happened::Went(went) => written(&format!("  {at}  {}", went_by(went)), &went.text, width),
        Happened::Did(_) => String::new(),
    }
}

fn written(head: &str, text: &str, width: Option<usize>) -> String {
    format!("{}\n{}", output::plain(head), layout::block(&output::plain(text), MARGIN, width))
}

fn went_by(went: &Went) -> String {
    let who = match (&went.author, went.human) {
        (Some(author), true) => author.as_str(),
        (None, true) => "desk",
        (_, false) => "nightdesk",
    };
    let did = match went.kind {
        OutboundKind::Ask => "asked back",
        OutboundKind::Ack => "acknowledged",
        OutboundKind::Answer | OutboundKind::Draft => "answered",
    };
    format!("{who} {did} ({})", went.state)
}

/// Tells how a message was read, under it.
fn read(came: &Came, decisions: &[Decision], width: Option<usize>) -> Option<String> {
    let decision = decisions.iter().find(|decision| decision.message == came.id)?;
    let reading = explain::reading(&decision.text, &decision.verdict);
    Some(format!("\n{}", layout::block(output::plain(&reading).trim_end(), "      ", width)))
}

/// Makes a ticket of a message; whoever acts has it from then on.
pub(super) async fn open(config: &Config, store: &Store, by: &AgentName, message: i64) -> anyhow::Result<Exit> {
    let handle = handle(store, config, None).await?;
    let wanted = OpenTicket { message: InboundId(message), by, hands: Hands::Own, accounts: None };
    match openings::open(&handle, &wanted, Timestamp::now()).await? {
        Opening::Opened(ticket) => {
            output::talk(&format!("Ticket {ticket} is yours; the machine is silent in its conversation."));
            Ok(Exit::Success)
        }
        Opening::Already(ticket) => Ok(output::refusal(&format!("message {message} has ticket {ticket} already"))),
        Opening::Gone => Ok(output::refusal(&format!(
            "there is no message {message}, it is not decided yet, or the shop itself wrote it"
        ))),
    }
}
