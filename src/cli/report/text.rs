//! Reports as people read them in a terminal. Pure: the time and the width are given.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    cli::{layout, output},
    desk::complaints::CauseLine,
    desk::figures::{self, IntentLine, Outcomes, Report, Speed, percent, short},
    model::satisfaction::{BAD, BEST},
    store::satisfaction::Satisfaction,
};

/// Intents named in `night` and `week`; `coverage` has them all.
const TOP: usize = 8;

/// Bars of one hour in a line of text, lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A report with what its words need.
pub(super) struct Page<'a> {
    pub report: &'a Report,
    pub satisfaction: Satisfaction,
    pub zone: &'a TimeZone,
    pub now: Timestamp,
    pub width: Option<usize>,
}

impl Page<'_> {
    /// Says what the machine did since the desk was left, and what waits.
    pub(super) fn night(&self) -> String {
        let night = figures::night(self.report);
        let mut text = output::strong(&format!(
            "Since {} the machine answered {} of {}; {} for you.",
            self.moment(night.since),
            night.answered,
            output::counted(usize::try_from(night.came_in).unwrap_or(usize::MAX), "message"),
            match night.waiting {
                0 => "nothing waits".to_owned(),
                1 => "1 ticket waits".to_owned(),
                waiting => format!("{waiting} tickets wait"),
            },
        ));
        text.push_str("\n\n");
        text.push_str(&self.labels());
        text
    }

    /// Says how the days went, one line each.
    pub(super) fn week(&self) -> String {
        let mut text = output::strong(&format!(
            "{} to {}, by the clock of {}",
            self.moment(self.report.from),
            self.moment(self.report.to),
            self.report.zone
        ));
        let _ = write!(text, "\n\n{}\n\n{}", self.labels(), self.days());
        let busiest = self.report.hours.iter().map(|hour| hour.in_scope).max().unwrap_or_default();
        if busiest > 0 {
            let bars: String = self.report.hours.iter().map(|hour| bar(hour.in_scope, busiest)).collect();
            let _ = write!(text, "\n\nBy hour  0 {bars} 23   (the highest bar: {busiest})");
        }
        text
    }

    /// Says what buyers asked, rule by rule.
    pub(super) fn coverage(&self, weeks: &[Vec<IntentLine>]) -> String {
        let report = self.report;
        let known = report.messages.in_scope.saturating_sub(report.unrecognized);
        let mut text = output::strong(&format!(
            "Since {} rules knew {known} of {} ({}).",
            self.moment(report.from),
            output::counted(usize::try_from(report.messages.in_scope).unwrap_or(usize::MAX), "message"),
            percent(figures::share(known, report.messages.in_scope)),
        ));
        if report.intents.is_empty() {
            return text;
        }
        let mut table = new_table(&["INTENT", "MESSAGES", "ANSWERED", "ASKED", "DRAFTED", "LEFT", "BY WEEK"]);
        for line in &report.intents {
            let by_week: Vec<String> = weeks.iter().map(|week| hits(week, line).to_string()).collect();
            table.add_row([
                line.intent.to_string(),
                line.hits.to_string(),
                line.answered.to_string(),
                line.asked.to_string(),
                line.drafted.to_string(),
                line.left.to_string(),
                by_week.join(" "),
            ]);
        }
        text.push_str("\n\n");
        text.push_str(&lines(table, 1..6));
        text + &self.drafts()
    }

    /// Says what people did with drafts, a line for each rule; nothing where there were none.
    fn drafts(&self) -> String {
        if self.report.drafts.is_empty() {
            return String::new();
        }
        let mut table = new_table(&["DRAFTS OF", "SENT AS IS", "EDITED", "REJECTED", "PASSED OVER", "AGREEMENT"]);
        for line in &self.report.drafts {
            table.add_row([
                line.rule.to_string(),
                line.sent.to_string(),
                line.edited.to_string(),
                line.rejected.to_string(),
                line.unused.to_string(),
                percent(line.agreement),
            ]);
        }
        format!("\n\n{}", lines(table, 1..6))
    }

    /// Says why it came to disputes and complaints, and what they cost.
    pub(super) fn complaints(&self, causes: &[CauseLine]) -> String {
        let tickets: u64 = causes.iter().map(|line| line.tickets).sum();
        let since = self.moment(self.report.from);
        if tickets == 0 {
            return output::strong(&format!("Since {since} no dispute or complaint was closed."));
        }
        let many = output::counted(usize::try_from(tickets).unwrap_or(usize::MAX), "case");
        let closed = if tickets == 1 { "was closed that had" } else { "were closed that had" };
        let mut table = new_table(&["CAUSE", "CLOSED", "PAID FOR", "PAID", "RESULTS"]);
        for line in causes {
            let paid: Vec<String> = line.paid.iter().map(ToString::to_string).collect();
            let results: Vec<String> = line.results.iter().map(|(result, count)| format!("{count} {result}")).collect();
            table.add_row([
                output::plain(&line.cause),
                line.tickets.to_string(),
                line.paid_tickets.to_string(),
                paid.join(", "),
                results.join(", "),
            ]);
        }
        format!(
            "{}\n\n{}",
            output::strong(&format!("Since {since} {many} {closed} to say how they ended.")),
            lines(table, 1..4)
        )
    }

    /// Returns what both reports begin with, a line for each thing.
    fn labels(&self) -> String {
        let Report { messages, queue, acks, .. } = self.report;
        let kept = match messages.suppressed {
            0 => String::new(),
            kept => format!(", and {kept} kept quiet (machine mail and the like)"),
        };
        let mut lines = vec![
            ("Came in", format!("{}{}{kept}", messages.in_scope, self.channels())),
            ("Machine", machine(messages)),
            ("Asked back", messages.asked.to_string()),
            ("To people", format!("{}; {acks} times buyers were told that a person will write", messages.escalated)),
            ("By rules", speed(self.report.first_answer.rule)),
            ("By people", speed(self.report.first_answer.person)),
            ("Queue", format!("{} open, {} claimed, {} late", queue.open, queue.claimed, queue.overdue)),
        ];
        let top: Vec<String> =
            self.report.intents.iter().take(TOP).map(|line| format!("{} {}", line.intent, line.hits)).collect();
        let Satisfaction { asked, answered, bad, .. } = self.satisfaction;
        if let Some(mean) = self.satisfaction.mean() {
            lines.push((
                "Content",
                format!("{mean:.1} of {BEST}; {answered} of {asked} answered, {bad} with {BAD} or less"),
            ));
        }
        if !top.is_empty() {
            lines.push(("Asked for", top.join(", ")));
        }
        let mut text: Vec<String> = lines.into_iter().map(|(label, value)| format!("{label:<11} {value}")).collect();
        text.extend(self.report.overdue.iter().map(|late| {
            let seconds = u64::try_from(self.now.duration_since(late.respond_by).as_secs()).unwrap_or_default();
            let subject = output::plain(&late.subject).replace('\n', " ");
            format!("{:<11} #{} since {}: {subject}", "Late", late.ticket, short(seconds))
        }));
        layout::block(&text.join("\n"), "", self.width)
    }

    fn channels(&self) -> String {
        if self.report.channels.len() < 2 {
            return String::new();
        }
        let named: Vec<String> = self
            .report
            .channels
            .iter()
            .map(|(channel, outcomes)| format!("{} {}", channel.as_str(), outcomes.in_scope))
            .collect();
        format!(" ({})", named.join(", "))
    }

    fn days(&self) -> String {
        let mut table = new_table(&["DAY", "CAME IN", "SETTLED", "ASKED", "TO PEOPLE", "SHARE", "HALF IN", "95 % IN"]);
        for day in &self.report.days {
            let wait =
                |pick: fn(Speed) -> u64| day.first_answer.together.map_or("–".to_owned(), |speed| short(pick(speed)));
            table.add_row([
                day.date.strftime("%a %m-%d").to_string(),
                day.messages.in_scope.to_string(),
                day.messages.resolved.to_string(),
                day.messages.asked.to_string(),
                day.messages.escalated.to_string(),
                percent(day.messages.auto_resolved),
                wait(|speed| speed.p50_seconds),
                wait(|speed| speed.p95_seconds),
            ]);
        }
        lines(table, 1..8)
    }

    fn moment(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone());
        let today = self.now.to_zoned(self.zone.clone()).date();
        let near = local.date() == today || local.date().tomorrow().is_ok_and(|day| day == today);
        local.strftime(if near { "%H:%M" } else { "%a %m-%d %H:%M" }).to_string()
    }
}

fn machine(messages: &Outcomes) -> String {
    let alone = format!("{} settled ({})", messages.resolved, percent(messages.auto_resolved));
    match messages.answered {
        0 => alone,
        more => format!("{alone}, {more} answered that a person followed"),
    }
}

fn hits(week: &[IntentLine], line: &IntentLine) -> u64 {
    week.iter().find(|other| other.intent == line.intent).map_or(0, |other| other.hits)
}

fn speed(speed: Option<Speed>) -> String {
    match speed {
        None => "no answer yet".to_owned(),
        Some(speed) => format!(
            "half within {}, 95 % within {} ({} answered)",
            short(speed.p50_seconds),
            short(speed.p95_seconds),
            output::counted(usize::try_from(speed.messages).unwrap_or(usize::MAX), "message")
        ),
    }
}

/// Returns the bar of an hour; a blank for nothing.
fn bar(messages: u64, busiest: u64) -> char {
    if messages == 0 {
        return ' ';
    }
    let height = (messages * 8).div_ceil(busiest.max(1)).clamp(1, 8);
    usize::try_from(height).ok().and_then(|height| BARS.get(height - 1)).copied().unwrap_or(' ')
}

fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    table
}

/// Returns the lines of a table whose columns of that range hold numbers.
fn lines(mut table: Table, numbers: std::ops::Range<usize>) -> String {
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index > 0), 1));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}
