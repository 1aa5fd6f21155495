//! What a report says, made of what the store counted: shares, percentiles, hours and days by the desk's clock.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{
    agent_command::DraftOutcome,
    figures::{DraftCount, Ending, Figures, IntentCount, Overdue, Queue, Responder, Said, Wait},
    ids::IntentId,
    inbound::ChannelKind,
};

/// A report as people, programs and charts read it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Report {
    /// When its time begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// The zone of its hours and dates.
    pub zone: String,
    /// What came in.
    pub messages: Outcomes,
    /// The same by channel; a channel without messages is left out.
    #[schema(value_type = BTreeMap<String, Outcomes>)]
    pub channels: BTreeMap<ChannelKind, Outcomes>,
    /// The same by hour of the day, 0 to 23.
    pub hours: Vec<Outcomes>,
    /// Day by day, oldest first.
    pub days: Vec<Day>,
    /// How long buyers waited for the first answer.
    pub first_answer: FirstAnswer,
    /// Messages that said only that a person will write; no answers.
    pub acks: u64,
    /// What was recognized, most frequent first; ties by name.
    pub intents: Vec<IntentLine>,
    /// Messages in scope in which nothing was recognized.
    pub unrecognized: u64,
    /// What people did with the machine's drafts, rule by rule, by name; rules without any are left out.
    pub drafts: Vec<DraftLine>,
    /// How the queue stands now.
    pub queue: Queue,
    /// Tickets past their clock now, the latest first; their number stands in `queue`.
    pub overdue: Vec<Overdue>,
}

/// How messages ended.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, ToSchema)]
pub struct Outcomes {
    /// Answered by rule, and no person wrote within a week after.
    pub resolved: u64,
    /// Answered by rule; a person wrote later all the same.
    pub answered: u64,
    /// Asked back by rule.
    pub asked: u64,
    /// Left to a person.
    pub escalated: u64,
    /// Kept quiet: machine mail and the like. Not in scope.
    pub suppressed: u64,
    /// All but the suppressed.
    pub in_scope: u64,
    /// Resolved among all in scope, 0 to 1; none where nothing was in scope.
    pub auto_resolved: Option<f64>,
}

/// One day of a report.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Day {
    /// The date by the desk's clock.
    pub date: civil::Date,
    /// What came in.
    pub messages: Outcomes,
    /// How long buyers waited.
    pub first_answer: FirstAnswer,
}

/// How long messages waited for the first answer after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct FirstAnswer {
    /// Those answered by rule.
    pub rule: Option<Speed>,
    /// Those answered by a person.
    pub person: Option<Speed>,
    /// All of them.
    pub together: Option<Speed>,
}

/// Percentiles by the nearest rank, in seconds, as exact as [`Wait::seconds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Speed {
    /// How many messages.
    pub messages: u64,
    /// Half of them waited no longer.
    pub p50_seconds: u64,
    /// Nineteen of twenty waited no longer.
    pub p95_seconds: u64,
}

/// What became of one intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IntentLine {
    /// The intent, which is the rule.
    #[schema(value_type = String)]
    pub intent: IntentId,
    /// Messages it was recognized in.
    pub hits: u64,
    /// Messages that were about it most.
    pub first: u64,
    /// Answered at once.
    pub answered: u64,
    /// Asked back.
    pub asked: u64,
    /// Prepared for a person.
    pub drafted: u64,
    /// Left to a person, with or without an ack.
    pub left: u64,
}

/// What people did with the drafts of one rule. A draft of several rules counts for each of them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DraftLine {
    /// The rule.
    #[schema(value_type = String)]
    pub rule: IntentId,
    /// Sent as they stood.
    pub sent: u64,
    /// Sent with other words.
    pub edited: u64,
    /// Thrown away as wrong.
    pub rejected: u64,
    /// Passed over: another reply was written, or the case was closed.
    pub unused: u64,
    /// Sent as they stood among those sent, edited and rejected, 0 to 1; none where there were none.
    pub agreement: Option<f64>,
}

impl DraftLine {
    fn none(rule: &IntentId) -> Self {
        Self { rule: rule.clone(), sent: 0, edited: 0, rejected: 0, unused: 0, agreement: None }
    }
}

/// What was done since the desk was left, for the first glance of the morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Night {
    /// Since when.
    pub since: Timestamp,
    /// Messages in scope.
    pub came_in: u64,
    /// Messages a rule answered.
    pub answered: u64,
    /// Tickets that wait for a person now.
    pub waiting: u64,
}

impl Outcomes {
    fn add(&mut self, ending: Ending, messages: u64) {
        let counter = match ending {
            Ending::Resolved => &mut self.resolved,
            Ending::Answered => &mut self.answered,
            Ending::Asked => &mut self.asked,
            Ending::Escalated => &mut self.escalated,
            Ending::Suppressed => &mut self.suppressed,
        };
        *counter += messages;
        self.in_scope = self.resolved + self.answered + self.asked + self.escalated;
        self.auto_resolved = share(self.resolved, self.in_scope);
    }

    /// Returns how many of [`WHOLE`] were resolved among all in scope; none where nothing was in scope. It is all of it
    /// only if all were resolved, and nothing only if none was.
    pub fn resolved_share(&self) -> Option<u64> {
        let part = |whole: u64| (self.resolved.saturating_mul(WHOLE) / whole).max(u64::from(self.resolved > 0));
        (self.in_scope > 0).then(|| part(self.in_scope))
    }

    /// Returns how many ended so.
    pub fn count(&self, ending: Ending) -> u64 {
        match ending {
            Ending::Resolved => self.resolved,
            Ending::Answered => self.answered,
            Ending::Asked => self.asked,
            Ending::Escalated => self.escalated,
            Ending::Suppressed => self.suppressed,
        }
    }
}

/// A whole, in the parts that shares are drawn in: fine enough that only nothing is none of them and only all is all.
pub const WHOLE: u64 = 1_000_000;

/// Returns the part of a whole, 0 to 1; none of nothing.
pub fn share(part: u64, whole: u64) -> Option<f64> {
    // More than four thousand million messages are as many.
    let number = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    (whole > 0).then(|| number(part) / number(whole))
}

/// Makes a report of what was counted, with hours and dates of that zone.
pub fn report(figures: &Figures, zone: &TimeZone) -> Report {
    let mut messages = Outcomes::default();
    let mut channels: BTreeMap<ChannelKind, Outcomes> = BTreeMap::new();
    let mut hours = vec![Outcomes::default(); 24];
    for row in &figures.volume {
        messages.add(row.ending, row.messages);
        channels.entry(row.channel).or_default().add(row.ending, row.messages);
        let hour = usize::from(row.at.to_zoned(zone.clone()).hour().unsigned_abs());
        if let Some(outcomes) = hours.get_mut(hour) {
            outcomes.add(row.ending, row.messages);
        }
    }
    Report {
        from: figures.days.from(),
        to: figures.days.to(),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        messages,
        channels,
        hours,
        days: days(figures, zone),
        first_answer: first_answer(figures.waits.iter().flatten()),
        acks: figures.acks,
        intents: intents(&figures.intents),
        unrecognized: figures.unrecognized,
        drafts: drafts(&figures.drafts),
        queue: figures.queue,
        overdue: figures.overdue.clone(),
    }
}

/// Makes the morning's first glance of a report over the night.
pub fn night(report: &Report) -> Night {
    Night {
        since: report.from,
        came_in: report.messages.in_scope,
        answered: report.messages.resolved + report.messages.answered,
        waiting: report.queue.open + report.queue.claimed,
    }
}

fn days(figures: &Figures, zone: &TimeZone) -> Vec<Day> {
    let day = |((from, to), waits): ((Timestamp, Timestamp), &Vec<Wait>)| {
        let mut messages = Outcomes::default();
        for row in figures.volume.iter().filter(|row| from <= row.at && row.at < to) {
            messages.add(row.ending, row.messages);
        }
        Day { date: from.to_zoned(zone.clone()).date(), messages, first_answer: first_answer(waits.iter()) }
    };
    figures.days.each().zip(&figures.waits).map(day).collect()
}

fn first_answer<'a>(waits: impl Iterator<Item = &'a Wait>) -> FirstAnswer {
    let mut by: BTreeMap<Responder, BTreeMap<u64, u64>> = BTreeMap::new();
    let mut together: BTreeMap<u64, u64> = BTreeMap::new();
    for wait in waits {
        *by.entry(wait.by).or_default().entry(wait.seconds).or_default() += wait.messages;
        *together.entry(wait.seconds).or_default() += wait.messages;
    }
    FirstAnswer {
        rule: by.get(&Responder::Rule).and_then(speed),
        person: by.get(&Responder::Person).and_then(speed),
        together: speed(&together),
    }
}

/// Returns the percentiles of waits with their numbers; none of nothing.
fn speed(waits: &BTreeMap<u64, u64>) -> Option<Speed> {
    let messages: u64 = waits.values().sum();
    let rank = |percent: u64| {
        let rank = (messages * percent).div_ceil(100);
        let mut seen = 0;
        waits.iter().find_map(|(seconds, count)| {
            seen += count;
            (seen >= rank).then_some(*seconds)
        })
    };
    Some(Speed { messages, p50_seconds: rank(50).filter(|_| messages > 0)?, p95_seconds: rank(95)? })
}

/// Adds up what was recognized by intent, most frequent first; ties by name.
pub fn intents(counts: &[IntentCount]) -> Vec<IntentLine> {
    let mut lines: BTreeMap<&IntentId, IntentLine> = BTreeMap::new();
    for count in counts {
        let line = lines.entry(&count.intent).or_insert_with(|| IntentLine {
            intent: count.intent.clone(),
            hits: 0,
            first: 0,
            answered: 0,
            asked: 0,
            drafted: 0,
            left: 0,
        });
        line.hits += count.messages;
        line.first += if count.first { count.messages } else { 0 };
        let said = match count.said {
            Said::Answer => &mut line.answered,
            Said::Ask => &mut line.asked,
            Said::Draft => &mut line.drafted,
            Said::Ack | Said::Nothing => &mut line.left,
        };
        *said += count.messages;
    }
    let mut lines: Vec<IntentLine> = lines.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.hits));
    lines
}

/// Adds up what people did with drafts, by rule.
fn drafts(counts: &[DraftCount]) -> Vec<DraftLine> {
    let mut lines: BTreeMap<&IntentId, DraftLine> = BTreeMap::new();
    for count in counts {
        let line = lines.entry(&count.rule).or_insert_with(|| DraftLine::none(&count.rule));
        let counter = match count.outcome {
            DraftOutcome::Sent => &mut line.sent,
            DraftOutcome::Edited => &mut line.edited,
            DraftOutcome::Rejected => &mut line.rejected,
            DraftOutcome::Unused => &mut line.unused,
        };
        *counter += count.drafts;
        line.agreement = share(line.sent, line.sent + line.edited + line.rejected);
    }
    lines.into_values().collect()
}

/// Returns a length of time as short words: `<1 s`, `45 s`, `12 min`, `3 h`, `2 d`.
pub fn short(seconds: u64) -> String {
    match seconds {
        0 => "<1 s".to_owned(),
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Returns a share in whole percent; a dash for none. It says 100 % of everything only, and 0 % of nothing only.
pub fn percent(share: Option<f64>) -> String {
    match share {
        None => "–".to_owned(),
        Some(share) if share > 0.0 && share < 0.01 => "<1 %".to_owned(),
        Some(share) if share > 0.99 && share < 1.0 => ">99 %".to_owned(),
        Some(share) => format!("{:.0} %", share * 100.0),
    }
}

/// Returns a share in parts of [`WHOLE`] as [`percent`] says it.
pub fn share_in_words(parts: u64) -> String {
    percent(share(parts, WHOLE))
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};

    use super::{Outcomes, WHOLE, percent, report, share_in_words, short};
    use crate::model::{
        agent_command::DraftOutcome,
        figures::{Days, DraftCount, Ending, Figures, IntentCount, Queue, Responder, Said, Volume, Wait},
        ids::IntentId,
        inbound::ChannelKind,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn figures(volume: Vec<Volume>, waits: Vec<Vec<Wait>>, intents: Vec<IntentCount>) -> Figures {
        let bounds = vec![at("2026-11-22T18:15:00Z"), at("2026-11-23T18:15:00Z"), at("2026-11-24T18:15:00Z")];
        Figures {
            days: Days::new(bounds).expect("two days"),
            volume,
            waits,
            acks: 0,
            intents,
            unrecognized: 0,
            drafts: Vec::new(),
            queue: Queue::default(),
            overdue: Vec::new(),
        }
    }

    fn row(moment: &str, ending: Ending, messages: u64) -> Volume {
        Volume { at: at(moment), channel: ChannelKind::Email, ending, messages }
    }

    #[test]
    fn hours_and_days_are_those_of_the_zone_even_at_a_quarter_past() {
        let kathmandu = TimeZone::get("Asia/Kathmandu").expect("a zone, 5:45 ahead");
        let volume = vec![
            row("2026-11-22T18:15:00Z", Ending::Resolved, 3),
            row("2026-11-23T18:00:00Z", Ending::Escalated, 1),
            row("2026-11-23T18:15:00Z", Ending::Suppressed, 2),
        ];
        let report = report(&figures(volume, vec![Vec::new(), Vec::new()], Vec::new()), &kathmandu);
        assert_eq!(report.hours[0].resolved, 3, "18:15 of UTC is midnight there");
        assert_eq!(report.hours[23].escalated, 1);
        assert_eq!(report.days[0].messages.in_scope, 4);
        assert_eq!(report.days[1].messages, Outcomes { suppressed: 2, ..Outcomes::default() });
        assert_eq!(report.days[1].date.to_string(), "2026-11-24");
        assert_eq!(report.messages.auto_resolved, Some(0.75));
    }

    #[test]
    fn percentiles_are_values_that_somebody_waited() {
        let wait = |by, seconds, messages| Wait { by, seconds, messages };
        let first = vec![wait(Responder::Rule, 1, 10), wait(Responder::Rule, 4, 9), wait(Responder::Person, 7_200, 1)];
        let made = report(&figures(Vec::new(), vec![first, Vec::new()], Vec::new()), &TimeZone::UTC);
        let speed =
            |speed: Option<super::Speed>| speed.map(|speed| (speed.messages, speed.p50_seconds, speed.p95_seconds));
        assert_eq!(speed(made.first_answer.rule), Some((19, 1, 4)));
        assert_eq!(speed(made.first_answer.person), Some((1, 7_200, 7_200)));
        assert_eq!(speed(made.first_answer.together), Some((20, 1, 4)));
        assert_eq!(made.days[1].first_answer.together, None);
    }

    #[test]
    fn an_intent_is_one_line_and_the_frequent_one_is_first() {
        let count =
            |intent: &str, said, first, messages| IntentCount { intent: IntentId::from(intent), said, first, messages };
        let counted = vec![
            count("where_is_it", Said::Answer, true, 4),
            count("customs_tax", Said::Draft, true, 2),
            count("customs_tax", Said::Nothing, false, 3),
        ];
        let made = report(&figures(Vec::new(), vec![Vec::new(), Vec::new()], counted), &TimeZone::UTC);
        let [customs, place] = &made.intents[..] else { panic!("two lines, not {:?}", made.intents) };
        assert_eq!((customs.intent.as_str(), customs.hits, customs.first), ("customs_tax", 5, 2));
        assert_eq!((customs.drafted, customs.left), (2, 3));
        assert_eq!((place.hits, place.answered), (4, 4));
    }

    #[test]
    fn drafts_are_one_line_for_each_rule_and_those_passed_over_say_nothing_of_agreement() {
        let count = |rule: &str, outcome, drafts| DraftCount { rule: IntentId::from(rule), outcome, drafts };
        let counted = vec![
            count("where_is_it", DraftOutcome::Unused, 2),
            count("customs_tax", DraftOutcome::Sent, 3),
            count("customs_tax", DraftOutcome::Edited, 1),
            count("customs_tax", DraftOutcome::Unused, 6),
        ];
        let figures = Figures { drafts: counted, ..figures(Vec::new(), vec![Vec::new(), Vec::new()], Vec::new()) };
        let made = report(&figures, &TimeZone::UTC);
        let said: Vec<_> =
            made.drafts.iter().map(|line| (line.rule.as_str(), line.sent, line.edited, line.unused)).collect();
        assert_eq!(said, [("customs_tax", 3, 1, 6), ("where_is_it", 0, 0, 2)]);
        assert_eq!((made.drafts[0].agreement, made.drafts[1].agreement), (Some(0.75), None));
    }

    #[test]
    fn times_and_shares_are_said_shortly_and_never_rounded_to_all_or_nothing() {
        let said: Vec<String> = [0, 119, 120, 7_199, 7_200, 172_799, 172_800].into_iter().map(short).collect();
        assert_eq!(said, ["<1 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"]);
        let said: Vec<String> =
            [None, Some(0.0), Some(0.001), Some(0.5), Some(0.999), Some(1.0)].into_iter().map(percent).collect();
        assert_eq!(said, ["–", "0 %", "<1 %", "50 %", ">99 %", "100 %"]);
        let share = |resolved, in_scope| Outcomes { resolved, in_scope, ..Outcomes::default() }.resolved_share();
        assert_eq!([share(0, 0), share(0, 9), share(1, 4), share(9, 9)], [None, Some(0), Some(WHOLE / 4), Some(WHOLE)]);
        let said = [share(1, 3_000_000), share(2_999_999, 3_000_000)].map(|share| share.map(share_in_words));
        assert_eq!(said, [Some("<1 %".to_owned()), Some(">99 %".to_owned())]);
    }
}
