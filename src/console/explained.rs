//! One decision as pages show it: the text with what hit marked in it, what stands and what lost, what goes out.
//!
//! Everything is read from the verdict; nothing is decided or computed a second time. The template is
//! `pages/explained.html`, included where a page has a field `explained`.

use std::ops::Range;

use jiff::tz::TimeZone;

use crate::{
    console::{
        order_line,
        words::{Tongue, explained::Words, fill, reasons},
    },
    engine::Engine,
    model::{
        ids::IntentId,
        language::Language,
        outbound::OutboundKind,
        ticket::Urgency,
        verdict::{Hit, LossReason, Outcome, PlannedMessage, SentenceKind, Verdict},
    },
};

/// Longer patterns are cut in lists; the page of the rule shows them whole.
const MAX_PATTERN: usize = 60;

/// A decision, ready to be shown.
#[derive(Debug)]
pub(super) struct Explained {
    pub words: &'static Words,
    /// The look of the headline: `good`, `info`, `warn` or empty.
    pub look: &'static str,
    pub headline: &'static str,
    pub intents: Vec<Intent>,
    /// How sure the engine is, in words; none where nothing stands.
    pub sure: Option<String>,
    pub language: String,
    pub sentences: Vec<Sentence>,
    pub similar: Vec<Like>,
    pub lines: Vec<Line>,
    pub urgency: Option<String>,
    pub reasons: Vec<String>,
    pub messages: Vec<Message>,
    /// The page shows what goes out elsewhere already.
    pub told: bool,
    pub shadow: Vec<String>,
}

/// A rule that stands.
#[derive(Debug)]
pub(super) struct Intent {
    pub id: String,
    pub title: String,
}

/// One sentence with its marks and what rules made of it.
#[derive(Debug)]
pub(super) struct Sentence {
    pub kind: &'static str,
    pub pieces: Vec<Piece>,
    pub notes: Vec<String>,
    pub uncovered: bool,
}

/// A stretch of text; `by` names the rule that hit it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    pub by: Option<String>,
}

/// A rule whose examples resemble the message.
#[derive(Debug)]
pub(super) struct Like {
    pub rule: String,
    pub percent: String,
    pub example: String,
}

/// One line of the reasons.
#[derive(Debug)]
pub(super) struct Line {
    pub label: &'static str,
    pub text: String,
}

/// What goes out or is drafted.
#[derive(Debug)]
pub(super) struct Message {
    pub kind: &'static str,
    pub draft: bool,
    pub language: Language,
    pub subject: Option<String>,
    pub text: String,
}

impl Explained {
    /// Reads a verdict about a text. `engine` is the one that decided, for the titles of rules.
    pub(super) fn of(text: &str, verdict: &Verdict, engine: &Engine, tongue: Tongue) -> Self {
        let words = Words::of(tongue);
        let (look, headline) = headline(verdict, words);
        let intents = verdict.intents().into_iter().map(|id| intent(&id, engine)).collect();
        let sure = (!verdict.hits.is_empty()).then(|| fill(words.sure, &[&percent(verdict.confidence)]));
        let urgency = verdict.ticket.as_ref().map(|ticket| fill(words.urgency, &[urgency(ticket.urgency, words)]));
        Self {
            look,
            headline,
            intents,
            sure,
            language: language(verdict, words),
            sentences: sentences(text, verdict, words),
            similar: verdict.similar.iter().map(like).collect(),
            lines: lines(verdict, &engine.settings().desk.zone, words, tongue),
            urgency,
            reasons: verdict
                .ticket
                .iter()
                .flat_map(|ticket| &ticket.reasons)
                .map(|why| reasons::told(tongue, why))
                .collect(),
            messages: verdict.messages.iter().map(|planned| message(planned, words)).collect(),
            told: false,
            shadow: shadow(verdict, words),
            words,
        }
    }
}

fn headline(verdict: &Verdict, words: &'static Words) -> (&'static str, &'static str) {
    let drafted = verdict.messages.iter().any(|message| message.kind == OutboundKind::Draft);
    match &verdict.outcome {
        Outcome::Answered => ("good", words.answered),
        Outcome::Asked => ("info", words.asked),
        Outcome::Escalated { with_answer: true } => ("info", words.answered_and_ticket),
        Outcome::Escalated { with_answer: false } if drafted => ("warn", words.drafted),
        Outcome::Escalated { with_answer: false } => ("warn", words.ticket),
        Outcome::Suppressed { .. } => ("", words.silent),
    }
}

fn intent(id: &IntentId, engine: &Engine) -> Intent {
    let title = engine.rules().rule(id).map_or_else(|| id.to_string(), |rule| rule.title.clone());
    Intent { id: id.to_string(), title }
}

fn urgency(urgency: Urgency, words: &'static Words) -> &'static str {
    match urgency {
        Urgency::Normal => words.normal,
        Urgency::High => words.high,
        Urgency::Urgent => words.urgent,
    }
}

fn language(verdict: &Verdict, words: &Words) -> String {
    let by = match verdict.language.reason.as_str() {
        "pattern" => words.by_pattern,
        "detector" => words.by_detector,
        "thread" => words.by_thread,
        "buyer" => words.by_buyer,
        "client" => words.by_client,
        _ => words.by_default,
    };
    fill(words.language_by, &[verdict.language.answer.as_str(), by])
}

fn sentences(text: &str, verdict: &Verdict, words: &'static Words) -> Vec<Sentence> {
    let whole = verdict.sentences.iter().enumerate().map(|(index, sentence)| {
        let hits: Vec<&Hit> = verdict.hits.iter().filter(|hit| hit.sentence == Some(index)).collect();
        let alarms = verdict.alarms.iter().filter(|alarm| alarm.sentence == Some(index));
        let mut marks: Vec<(Range<usize>, String)> = Vec::new();
        marks.extend(hits.iter().flat_map(|hit| hit.spans.iter().map(|span| (span.clone(), hit.rule.to_string()))));
        marks.extend(alarms.flat_map(|alarm| alarm.spans.iter().map(|span| (span.clone(), alarm.topic.to_string()))));
        Sentence {
            kind: match sentence.kind {
                SentenceKind::Asks => words.asks,
                SentenceKind::States => words.states,
                SentenceKind::Courtesy => words.courtesy,
            },
            pieces: pieces(text, &sentence.span, &marks),
            notes: notes(text, verdict, Some(index), words),
            uncovered: sentence.kind == SentenceKind::Asks && sentence.covered_by.is_empty(),
        }
    });
    let mut all: Vec<Sentence> = whole.collect();
    let of_subject = notes(text, verdict, None, words);
    if !of_subject.is_empty() {
        all.push(Sentence { kind: words.subject, pieces: Vec::new(), notes: of_subject, uncovered: false });
    }
    all
}

/// Says which rules hit in a sentence, or in the subject, and which hit and lost.
fn notes(text: &str, verdict: &Verdict, sentence: Option<usize>, words: &Words) -> Vec<String> {
    let mut notes = Vec::new();
    for hit in verdict.hits.iter().filter(|hit| hit.sentence == sentence) {
        let note = fill(words.hit_by, &[hit.rule.as_str(), &shortened(&hit.pattern)]);
        let sure = fill(words.sure, &[&percent(hit.confidence)]);
        notes.push(if hit.confidence > 0.0 { format!("{note} ({sure})") } else { note });
        for repair in &hit.repairs {
            let written = text.get(repair.span.clone()).unwrap_or_default();
            notes.push(fill(words.read_as, &[written, &repair.meant]));
        }
    }
    for loser in verdict.losers.iter().filter(|loser| loser.sentence == sentence) {
        notes.push(fill(words.not_this, &[loser.rule.as_str(), &loss(&loser.why, words)]));
    }
    notes
}

fn loss(why: &LossReason, words: &Words) -> String {
    match why {
        LossReason::StolenBy(rule) => fill(words.lost_stolen, &[rule.as_str()]),
        LossReason::Unless(pattern) => fill(words.lost_unless, &[&shortened(pattern)]),
        LossReason::Language { pattern, message } => fill(words.lost_language, &[pattern.as_str(), message.as_str()]),
        LossReason::Negated(word) => fill(words.lost_negated, &[word]),
        LossReason::When(condition) => fill(words.lost_when, &[condition]),
        LossReason::Mode(mode) => fill(words.lost_mode, &[mode]),
        LossReason::NotAlone(other) => fill(words.lost_alone, &[other]),
    }
}

fn like(likeness: &crate::model::verdict::Likeness) -> Like {
    Like {
        rule: likeness.rule.to_string(),
        percent: percent(likeness.score.clamp(0.0, 1.0)),
        example: likeness.example.clone(),
    }
}

/// Values, facts, order, situation, guards and doubts, in the order in which they come into play.
fn lines(verdict: &Verdict, zone: &TimeZone, words: &'static Words, tongue: Tongue) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |label, text: String| lines.push(Line { label, text });
    for guard in &verdict.guards {
        let condition = reasons::condition(tongue, &guard.guard).unwrap_or(&guard.guard);
        add(words.guard, format!("{condition} ({}): {}", guard.guard, guard.evidence));
    }
    for alarm in &verdict.alarms {
        add(words.alarm, format!("{}: {}", alarm.topic, shortened(&alarm.pattern)));
    }
    for entity in &verdict.entities {
        add(words.value, format!("{} = {}", entity.kind, entity.value));
    }
    for fact in &verdict.facts {
        let mut text = format!("{} = {} ({})", fact.name, fact.value, fact.source);
        if let Some(until) = &fact.valid_until {
            text = format!("{text}, {}", fill(words.fact_until, &[until]));
        }
        if fact.made_up {
            text = format!("{text}, {}", words.made_up);
        }
        add(words.fact, text);
    }
    if let Some(order) = &verdict.order {
        add(words.order, order_line::of(order, verdict.decided_at, tongue));
    }
    if let Some(why) = &verdict.orders_unseen {
        add(words.orders_unseen, order_line::unseen(why, tongue));
    }
    if let Some(situation) = &verdict.situation {
        add(words.situation, situation.clone());
    }
    for doubt in &verdict.doubts {
        add(words.doubt, format!("{} ({}): {}", doubt.rule, doubt.gate.as_str(), doubt.evidence));
    }
    if let Some(pending) = &verdict.pending {
        add(words.waits_for, format!("{} ({})", pending.slot, pending.intent));
    }
    if let Some(due) = verdict.due.as_ref().filter(|_| verdict.ticket.is_some()) {
        let at = due.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M");
        add(words.due, format!("{at} ({})", due.clock));
    }
    lines
}

fn message(planned: &PlannedMessage, words: &'static Words) -> Message {
    let kind = match planned.kind {
        OutboundKind::Answer => words.kind_answer,
        OutboundKind::Ack => words.kind_ack,
        OutboundKind::Ask => words.kind_ask,
        OutboundKind::Draft => words.kind_draft,
    };
    Message {
        kind,
        draft: planned.kind == OutboundKind::Draft,
        language: planned.language,
        subject: planned.subject.clone(),
        text: planned.text.clone(),
    }
}

fn shadow(verdict: &Verdict, words: &Words) -> Vec<String> {
    let said = verdict.shadow.iter().map(|shadow| {
        let rules: Vec<&str> = shadow.intents.iter().map(IntentId::as_str).collect();
        let would = shadow.text.as_deref().or(shadow.problem.as_deref()).unwrap_or(shadow.would.as_str());
        fill(words.shadow_would, &[&rules.join(", "), would])
    });
    said.collect()
}

/// Returns a stretch of a text in pieces, with what is marked in pieces of its own; marks that overlap count once.
pub(super) fn pieces(text: &str, range: &Range<usize>, marks: &[(Range<usize>, String)]) -> Vec<Piece> {
    let mut marks: Vec<&(Range<usize>, String)> = marks.iter().collect();
    marks.sort_by_key(|(span, _)| (span.start, span.end));
    let mut pieces = Vec::new();
    let mut at = range.start;
    let mut push = |range: Range<usize>, by: Option<String>| {
        if let Some(part) = text.get(range).filter(|part| !part.is_empty()) {
            pieces.push(Piece { text: part.to_owned(), by });
        }
    };
    for (span, by) in marks {
        if span.start < at || span.end > range.end {
            continue;
        }
        push(at..span.start, None);
        push(span.clone(), Some(by.clone()));
        at = span.end;
    }
    push(at..range.end.max(at), None);
    pieces
}

/// Returns a share as a whole percentage, without the sign.
fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

fn shortened(pattern: &str) -> String {
    if pattern.chars().count() <= MAX_PATTERN {
        return pattern.to_owned();
    }
    let beginning: String = pattern.chars().take(MAX_PATTERN).collect();
    format!("{beginning}…")
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn marked_words_are_pieces_and_nothing_of_the_text_is_lost() {
        let text = "Do I pay 关税 for it?";
        let from = text.find('关').expect("it is there");
        let marks = [
            (from..from + 6, "customs".to_owned()),
            (from + 3..from + 6, "other".to_owned()),
            (900..901, "x".to_owned()),
        ];
        let cut = pieces(text, &(0..text.len()), &marks);
        let whole: String = cut.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, text);
        assert_eq!(cut[1], Piece { text: "关税".to_owned(), by: Some("customs".to_owned()) });
        assert_eq!(cut.len(), 3);
    }
}
