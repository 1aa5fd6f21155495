//! Tickets as people read them: the list and one case. Pure: the width of the terminal is given.

use comfy_table::{CellAlignment, ContentArrangement, Row, Table, presets};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    check::explain,
    cli::{layout, output},
    desk::canned::Canned,
    model::{
        ticket::{EventKind, Ticket, TicketEvent, TicketState, Urgency},
        time::offset_name,
    },
    store::{
        person::OtherAddress,
        ticket::TicketFile,
        timeline::{Came, Happened, Waiting},
    },
};

/// Who wrote the buyer's lines in a ticket's history.
const BUYER: &str = "buyer";
/// Message texts stand under the line that says whose they are.
const MARGIN: &str = "    ";

/// Characters of a message by which people know it again in a list.
const MESSAGE_SHOWN: usize = 60;

/// Returns the queue, one line per ticket; what does not fit into the width is cut. `show` has it whole.
pub(super) fn table(tickets: &[Ticket], now: Timestamp, width: Option<usize>) -> String {
    let mut table = Table::new();
    table.set_truncation_indicator("…");
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width {
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    table.set_header(["#", "STATE", "URGENCY", "AGE", "DUE", "BUYER", "INTENT", "SUBJECT"]);
    for ticket in tickets {
        let state = match &ticket.assignee {
            Some(owner) if ticket.state == TicketState::Claimed => format!("{owner} has it"),
            _ => ticket.state.as_str().to_owned(),
        };
        let urgency = if ticket.urgency == Urgency::Normal { "" } else { ticket.urgency.as_str() };
        let mut row = Row::from([
            ticket.id.to_string(),
            output::plain(&state),
            urgency.to_owned(),
            age(ticket.opened_at, now),
            ticket.respond_by.map_or_else(String::new, |due| until(due, now)),
            output::plain(&ticket.buyer),
            ticket.intent.as_ref().map_or("-", |intent| intent.as_str()).to_owned(),
            output::plain(&ticket.subject),
        ]);
        row.max_height(1);
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index > 0), 1));
        if index == 0 || index == 3 || index == 4 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Returns one case: what it is, why a person must look, the conversation, the draft, how the machine read it. `also` are the
/// other addresses of the buyer.
pub(super) fn describe(
    file: &TicketFile,
    also: &[OtherAddress],
    zone: &TimeZone,
    now: Timestamp,
    width: Option<usize>,
) -> String {
    let ticket = &file.ticket;
    let mut parts = vec![head(file, also, zone, width), output::strong("Why a person")];
    let reasons: Vec<String> = ticket.reasons.iter().map(|reason| format!("- {}", output::plain(reason))).collect();
    parts.push(layout::block(&reasons.join("\n"), "  ", width));
    if !file.orders.is_empty() {
        parts.push(output::strong("\nOrders of this address"));
        let orders: Vec<String> = file.orders.iter().map(|order| format!("- {}", explain::order(order, now))).collect();
        parts.push(layout::block(&output::plain(&orders.join("\n")), "  ", width));
    }
    parts.push(output::strong("\nConversation"));
    parts.extend(file.events.iter().map(|event| describe_event(ticket, event, zone, width)));
    parts.extend(messages(file, zone, width));
    parts.extend(waiting(file, zone, width));
    if let Some((_, draft)) = &file.draft {
        let send = format!("{} ticket reply {} --draft", output::program(), ticket.id);
        parts.push(output::strong(&format!("\nDraft (send it as it stands: {send})")));
        parts.push(layout::block(&output::plain(draft.text()), MARGIN, width));
    }
    if let (Some(verdict), Some(message)) = (&file.last_verdict, &file.last_text) {
        parts.push(output::strong("\nHow the last message was read"));
        parts.push(layout::block(output::plain(&explain::reading(message, verdict)).trim_end(), "  ", width));
    }
    parts.join("\n")
}

/// Lists the buyer's messages by their numbers, where one of them could begin a ticket of its own.
fn messages(file: &TicketFile, zone: &TimeZone, width: Option<usize>) -> Vec<String> {
    let came = file.timeline.iter().filter_map(|at| match &at.what {
        Happened::Came(came) if !came.in_sent => Some((at.at, came)),
        _ => None,
    });
    let came: Vec<_> = came.collect();
    if came.len() < 2 || file.ticket.merged_into.is_some() {
        return Vec::new();
    }
    let split = format!("{} ticket split {} --message NUMBER", output::program(), file.ticket.id);
    let mut lines = vec![output::strong(&format!("\nMessages (let one begin a ticket of its own: {split})"))];
    let line = |(at, came): &(Timestamp, &Came)| {
        let text = came.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let begun: String = text.chars().take(MESSAGE_SHOWN).collect();
        let more = if begun.len() < text.len() { "…" } else { "" };
        output::plain(&format!("  {:>4}  {}  {begun}{more}", came.id.to_string(), moment(*at, zone)))
    };
    lines.extend(came.iter().map(line).map(|line| layout::block(&line, "", width)));
    lines
}

/// Says what is about to leave, of the machine and of people.
fn waiting(file: &TicketFile, zone: &TimeZone, width: Option<usize>) -> Vec<String> {
    let id = file.ticket.id;
    let of = |waiting: &Option<Waiting>, who: &str, command: &str| {
        let waiting = waiting.as_ref()?;
        let at = moment(waiting.at, zone);
        let title = format!("\n{who} leaves on {at} (stop it: {} ticket {command} {id})", output::program());
        let text = layout::block(&output::plain(&waiting.text), MARGIN, width);
        Some(format!("{}\n{text}", output::strong(&title)))
    };
    let pending = of(&file.pending, "The machine's message", "stop");
    let scheduled = of(&file.scheduled, "A person's reply", "cancel-reply");
    pending.into_iter().chain(scheduled).collect()
}

/// Returns what is known of the buyer, line by line.
fn buyer_lines(file: &TicketFile) -> Vec<String> {
    let card = &file.card;
    let mut lines = Vec::new();
    let known = [
        card.country.clone(),
        card.language.map(|language| language.as_str().to_owned()),
        card.grade.as_ref().map(|grade| format!("grade {grade}")),
        card.suppressed.then(|| "never answered by the machine".to_owned()),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    if !known.is_empty() {
        lines.push(format!("Known    {}", known.join(", ")));
    }
    if !card.tickets.is_empty() {
        let tickets: Vec<String> =
            card.tickets.iter().map(|ticket| format!("{} ({})", ticket.id, ticket.state.as_str())).collect();
        lines.push(format!("Tickets  {}", tickets.join(", ")));
    }
    lines.extend(card.notes.iter().map(|note| format!("Noted    {} ({})", note.text, note.by)));
    lines
}

fn head(file: &TicketFile, also: &[OtherAddress], zone: &TimeZone, width: Option<usize>) -> String {
    let ticket = &file.ticket;
    let state = match &ticket.assignee {
        Some(owner) => format!("{} by {owner}", ticket.state.as_str()),
        None => ticket.state.as_str().to_owned(),
    };
    let title = format!("Ticket {}: {state}, {}", ticket.id, ticket.urgency.as_str());
    let intent = ticket.intent.as_ref().map_or("none recognized", |intent| intent.as_str());
    let mut lines = vec![
        format!("Buyer    {}", ticket.buyer),
        format!("Subject  {}", ticket.subject),
        format!("Intent   {intent}"),
    ];
    lines.extend(ticket.respond_by.map(|due| due_line(file, due, zone)));
    lines.extend(buyer_lines(file));
    lines.extend(also.iter().map(also_line));
    lines.extend(ticket.snoozed_until.map(|until| format!("Put off  until {}", moment(until, zone))));
    lines.extend(ticket.merged_into.map(|into| format!("Goes on  in ticket {into}")));
    if file.bot_off {
        lines.push("Machine  switched off in this conversation".to_owned());
    }
    if !ticket.tags.is_empty() {
        lines.push(format!("Tags     {}", ticket.tags.join(", ")));
    }
    let fields = layout::block(&output::plain(&lines.join("\n")), "", width);
    format!("{}\n{fields}\n", output::strong(&output::plain(&title)))
}

/// Names another address of the person with what is known under it: none of it stands anywhere else on the card.
fn also_line(other: &OtherAddress) -> String {
    let OtherAddress { buyer, known } = other;
    let name = buyer.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let messages = if known.messages == 1 { "1 message".to_owned() } else { format!("{} messages", known.messages) };
    let tickets = known.tickets.iter().map(|ticket| format!("{} ({})", ticket.id, ticket.state.as_str()));
    let tickets = tickets.collect::<Vec<_>>().join(", ");
    let tickets = if tickets.is_empty() { "no ticket".to_owned() } else { format!("tickets {tickets}") };
    format!("Also     {}{name}: {messages}, {tickets}", buyer.key)
}

/// Says by when a person must have answered, with the clock that demands it where the last message set it.
fn due_line(file: &TicketFile, due: Timestamp, zone: &TimeZone) -> String {
    let demanded = file.last_verdict.as_ref().and_then(|verdict| verdict.due.as_ref()).filter(|last| last.at == due);
    let by = demanded.map_or_else(String::new, |last| format!(" ({})", last.clock));
    format!("Due      {}{by}", moment(due, zone))
}

/// Names a moment on the desk's clock.
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    format!("{} {}", at.strftime("%a %d %b %H:%M"), offset_name(&at))
}

fn describe_event(ticket: &Ticket, event: &TicketEvent, zone: &TimeZone, width: Option<usize>) -> String {
    let at = moment(event.at, zone);
    let by = if event.by == BUYER { &ticket.buyer } else { &event.by };
    let line = output::plain(&format!("  {at}  {by} {}", deed(event.what)));
    // Why it was opened stands above, under its own heading.
    if event.text.is_empty() || event.what == EventKind::Opened {
        return line;
    }
    format!("{line}\n{}", layout::block(&output::plain(&event.text), MARGIN, width))
}

fn deed(what: EventKind) -> &'static str {
    match what {
        // A message that an open ticket goes on with is written down so, too.
        EventKind::Opened => "asks for a person",
        EventKind::Inbound => "wrote",
        EventKind::Automatic => "answered automatically",
        EventKind::Draft => "prepared a draft",
        EventKind::Claimed => "took it",
        EventKind::Reply => "answered",
        EventKind::Note => "noted",
        EventKind::Closed => "closed it",
        EventKind::Reopened => "opened it again",
        EventKind::Delivery => "reported on the delivery",
        EventKind::Released => "gave it back",
        EventKind::Assigned => "gave it to",
        EventKind::Scheduled => "answered for a later hour",
        EventKind::TakenBack => "took the waiting reply back",
        EventKind::Rejected => "threw the draft away",
        EventKind::Snoozed => "put it off",
        EventKind::Woken => "took it up again",
        EventKind::Tagged => "changed its labels",
        EventKind::Urgency => "changed its urgency",
        EventKind::Merged => "merged it",
        EventKind::Split => "split it",
        EventKind::HandedBack => "let the machine speak again",
        EventKind::BotOff => "switched the machine off here",
        EventKind::BotOn => "switched the machine on here",
        EventKind::Stopped => "stopped what the machine was about to say",
        EventKind::Undone => "took back",
        EventKind::Alarm => "rang an alarm",
        EventKind::Rated => "said how content they are",
    }
}

/// Returns the shop's replies as ready texts: their first line each, or one of them whole.
pub(super) fn canned(texts: &[Canned], whole: bool, width: Option<usize>) -> String {
    let mut parts = Vec::new();
    for canned in texts {
        let name = if canned.fits { format!("{} (fits)", canned.reply) } else { canned.reply.to_string() };
        parts.push(output::strong(&output::plain(&name)));
        let text = match &canned.text {
            Ok(filled) if whole => filled.text.clone(),
            Ok(filled) => first_words(&filled.text),
            Err(why) => format!("cannot be filled: {why}"),
        };
        parts.push(layout::block(&output::plain(&text), MARGIN, width));
        if let Ok(filled) = &canned.text
            && !filled.doubtful.is_empty()
        {
            parts.push(format!("{MARGIN}better not said: {}", output::plain(&filled.doubtful.join(", "))));
        }
    }
    parts.join("\n")
}

/// Returns the line after the greeting, which says what a text is about.
fn first_words(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let greeting = lines.next().unwrap_or_default();
    lines.next().unwrap_or(greeting).to_owned()
}

fn age(from: Timestamp, now: Timestamp) -> String {
    span(now.duration_since(from))
}

/// Returns how long there is time for an answer, or for how long it is late.
pub(super) fn until(due: Timestamp, now: Timestamp) -> String {
    if due < now { format!("{} late", span(now.duration_since(due))) } else { span(due.duration_since(now)) }
}

fn span(length: SignedDuration) -> String {
    let minutes = length.as_mins().max(0);
    match minutes {
        0..60 => format!("{minutes} min"),
        60..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1_440),
    }
}
