//! Why the engine decided so, read from the record of the decision: nothing is computed a second time.

use std::ops::Range;

use jiff::Timestamp;

use crate::{
    check::explain,
    console::{
        address, labels, order_line,
        words::{Tongue, reasons, ticket::Words},
    },
    engine::Engine,
    model::verdict::{Hit, LossReason, Outcome, Verdict},
    store::ticket::TicketFile,
};

/// The decision, part by part; parts that say nothing are empty.
pub(super) struct Why {
    pub(super) outcome: &'static str,
    pub(super) language: String,
    /// The code of the language that the message is in; empty where that was not seen.
    pub(super) code: String,
    /// The message with what was recognized marked.
    pub(super) text: Vec<Piece>,
    pub(super) hits: Vec<Stands>,
    /// Guards, alarms, doubts and values, where there are any.
    pub(super) parts: Vec<Part>,
    pub(super) facts: Vec<Fact>,
    /// What lost and what resembles it, for those who want to know it all.
    pub(super) rest: Vec<Part>,
    pub(super) order: Option<String>,
    pub(super) situation: Option<String>,
    /// The whole record in words, as the terminal tells it.
    pub(super) whole: String,
}

/// A piece of the message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) marked: bool,
}

/// A rule that stands.
pub(super) struct Stands {
    pub(super) title: String,
    pub(super) href: String,
    /// The words of the message that made it stand.
    pub(super) words: String,
    pub(super) sure: String,
}

/// A list of the decision.
pub(super) struct Part {
    pub(super) title: &'static str,
    pub(super) told: Vec<Told>,
}

/// Something with what is to be said about it.
pub(super) struct Told {
    pub(super) name: String,
    pub(super) text: String,
}

/// A fact that a reply quotes.
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) source: String,
    pub(super) until: Option<String>,
    pub(super) made_up: bool,
}

/// Tells why the newest message of the ticket was decided as it was; none if none was decided on.
pub(super) fn newest(file: &TicketFile, engine: &Engine, tongue: Tongue, now: Timestamp) -> Option<Why> {
    let verdict = file.last_verdict.as_ref()?;
    Some(of(file.last_text.as_deref().unwrap_or_default(), verdict, engine, tongue, now))
}

/// Tells why a message with that text was decided so.
pub(super) fn of(text: &str, verdict: &Verdict, engine: &Engine, tongue: Tongue, now: Timestamp) -> Why {
    let words = Words::of(tongue);
    Why {
        code: verdict.language.detected.map(|code| code.to_string()).unwrap_or_default(),
        outcome: outcome(&verdict.outcome, words),
        language: language(verdict, words, tongue),
        text: marked(text, spans(verdict)),
        hits: stand(verdict, text, engine),
        parts: parts(verdict, engine, words, tongue),
        facts: facts(verdict),
        rest: rest(verdict, engine, words),
        order: verdict
            .order
            .as_ref()
            .map(|order| order_line::of(order, now, tongue))
            .or_else(|| Some(order_line::unseen(verdict.orders_unseen.as_deref()?, tongue))),
        situation: verdict.situation.clone(),
        whole: explain::reading(text, verdict),
    }
}

fn told(name: String, text: &str) -> Told {
    Told { name, text: text.to_owned() }
}

/// Keeps the lists that say something.
fn filled<const N: usize>(parts: [(&'static str, Vec<Told>); N]) -> Vec<Part> {
    let filled = parts.into_iter().filter(|(_, told)| !told.is_empty());
    filled.map(|(title, told)| Part { title, told }).collect()
}

fn parts(verdict: &Verdict, engine: &Engine, words: &Words, tongue: Tongue) -> Vec<Part> {
    let guards = verdict.guards.iter().map(|hit| {
        let condition = reasons::condition(tongue, &hit.guard).unwrap_or_default();
        told(format!("{} {condition}", hit.guard), &hit.evidence)
    });
    let alarms = verdict.alarms.iter().map(|alarm| told(labels::intent(engine, &alarm.topic), &alarm.pattern));
    let doubts = verdict.doubts.iter().map(|doubt| told(labels::intent(engine, &doubt.rule), &doubt.evidence));
    let values = verdict.entities.iter().map(|entity| told(entity.kind.clone(), &entity.value));
    filled([
        (words.why_guards, guards.collect()),
        (words.why_alarms, alarms.collect()),
        (words.why_doubts, doubts.collect()),
        (words.why_values, values.collect()),
    ])
}

fn rest(verdict: &Verdict, engine: &Engine, words: &Words) -> Vec<Part> {
    let losers =
        verdict.losers.iter().map(|loser| told(labels::intent(engine, &loser.rule), &loss(&loser.why, engine)));
    let similar = verdict
        .similar
        .iter()
        .map(|like| told(format!("{} {}", labels::intent(engine, &like.rule), percent(like.score)), &like.example));
    filled([(words.why_losers, losers.collect()), (words.why_similar, similar.collect())])
}

fn outcome(outcome: &Outcome, words: &Words) -> &'static str {
    match outcome {
        Outcome::Answered => words.out_answered,
        Outcome::Asked => words.out_asked,
        Outcome::Escalated { with_answer: true } => words.out_part,
        Outcome::Escalated { with_answer: false } => words.out_escalated,
        Outcome::Suppressed { .. } => words.out_suppressed,
    }
}

fn language(verdict: &Verdict, words: &Words, tongue: Tongue) -> String {
    let choice = &verdict.language;
    let answer = labels::language(tongue, choice.answer);
    match choice.detected {
        Some(detected) if detected != choice.answer => {
            let detected = labels::language(tongue, detected);
            format!("{detected} {}; {} {answer}", percent(choice.confidence), words.why_answered_in)
        }
        Some(_) => format!("{answer} {}", percent(choice.confidence)),
        None => answer,
    }
}

/// Returns the rules that stand; one that stands twice by the same words is told once.
fn stand(verdict: &Verdict, text: &str, engine: &Engine) -> Vec<Stands> {
    let mut told: Vec<Stands> = Vec::new();
    for hit in &verdict.hits {
        let stands = stands(hit, text, engine);
        if !told.iter().any(|known| known.href == stands.href && known.words == stands.words) {
            told.push(stands);
        }
    }
    told
}

fn stands(hit: &Hit, text: &str, engine: &Engine) -> Stands {
    Stands {
        title: labels::intent(engine, &hit.rule),
        href: format!("/rules/{}", address::part(hit.rule.as_str())),
        words: hit.spans.iter().filter_map(|span| text.get(span.clone())).collect::<Vec<_>>().join(" … "),
        sure: percent(hit.confidence),
    }
}

fn facts(verdict: &Verdict) -> Vec<Fact> {
    let fact = |fact: &crate::model::verdict::FactUsed| Fact {
        name: fact.name.clone(),
        value: fact.value.clone(),
        source: fact.source.clone(),
        until: fact.valid_until.clone(),
        made_up: fact.made_up,
    };
    verdict.facts.iter().map(fact).collect()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Says why a rule that hit does not stand; the evidence is in the words of the rule files.
pub(in crate::console) fn loss(why: &LossReason, engine: &Engine) -> String {
    match why {
        LossReason::StolenBy(rule) => format!("← {}", labels::intent(engine, rule)),
        LossReason::Unless(pattern) => format!("unless `{pattern}`"),
        LossReason::Language { pattern, message } => format!("{pattern} ≠ {message}"),
        LossReason::Negated(word) => format!("“{word}”"),
        LossReason::When(condition) => format!("when {condition}"),
        LossReason::Mode(mode) => mode.clone(),
        LossReason::NotAlone(words) => format!("“{words}”"),
    }
}

/// Where in the text something was recognized that counts: rules that stand, and alarms.
fn spans(verdict: &Verdict) -> Vec<Range<usize>> {
    let hits = verdict.hits.iter().flat_map(|hit| hit.spans.iter().cloned());
    let alarms = verdict.alarms.iter().flat_map(|alarm| alarm.spans.iter().cloned());
    let mut spans: Vec<Range<usize>> = hits.chain(alarms).collect();
    spans.sort_by_key(|span| (span.start, span.end));
    spans
}

/// Cuts a text at spans that are in order and may overlap. Spans that do not fit the text mark nothing: it was cut
/// since, or is another one.
fn marked(text: &str, spans: Vec<Range<usize>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for span in spans {
        let (start, end) = (span.start.max(at), span.end);
        let (Some(before), Some(hit)) = (text.get(at..start), text.get(start..end)) else { continue };
        if hit.is_empty() {
            continue;
        }
        if !before.is_empty() {
            pieces.push(Piece { text: before.to_owned(), marked: false });
        }
        pieces.push(Piece { text: hit.to_owned(), marked: true });
        at = end;
    }
    if let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        pieces.push(Piece { text: rest.to_owned(), marked: false });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn marks_keep_every_character_of_the_text() {
        let text = "where is 我的包裹 please";
        for (spans, shown) in [
            (&[(9, 21)][..], "where is [我的包裹] please"),
            (&[(0, 5), (3, 8)][..], "[where][ is] 我的包裹 please"),
            (&[(0, 5), (2, 4)][..], "[where] is 我的包裹 please"),
            // Within a character, behind the end, turned round: no mark, and no word lost.
            (&[(10, 12)][..], text),
            (&[(500, 900)][..], text),
            (&[(5, 5)][..], text),
        ] {
            let pieces = marked(text, spans.iter().map(|(start, end)| *start..*end).collect());
            let told: String = pieces
                .iter()
                .map(|piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text.clone() })
                .collect();
            assert_eq!(told, shown);
            assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
        }
    }
}
