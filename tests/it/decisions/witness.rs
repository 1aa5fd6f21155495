//! The second witness: likeness to the examples, and the confidence that both witnesses earn.

use std::fmt::Write as _;

use nightdesk::{
    diagnostic::source::SourceMap,
    engine::{
        Engine,
        calibration::{self, Calibration},
    },
    model::{
        inbound::{ChannelKind, Inbound},
        outbound::OutboundKind,
        verdict::{Outcome, Verdict},
    },
    rules::{set::RuleSet, similar::Resemblance},
    text::folded::Folded,
};
use proptest::prelude::*;

use crate::decisions::{
    engine,
    world::{self, World},
};

/// What the rule about engraving was given as examples; its pattern hits none of the other texts here.
const ENGRAVING: [&str; 6] = [
    "Can you engrave a name on the ring",
    "is engraving possible on this bracelet",
    "I want my initials engraved",
    "do you engrave dates too",
    "how many letters can be engraved",
    "could you engrave both sides",
];

fn rules(examples: &[(&str, &str)]) -> RuleSet {
    let mut sources = SourceMap::default();
    let mut files = Vec::new();
    for name in ["first", "second", "third"] {
        let own = examples.iter().filter(|(rule, _)| *rule == name);
        let list = own.fold(String::new(), |mut list, (_, text)| {
            let _infallible = write!(list, "\n      - \"{text}\"");
            list
        });
        let examples = if list.is_empty() { String::new() } else { format!("examples:\n  en:\n    match:{list}\n") };
        let rule =
            format!("intent: {name}\ntitle: T\ncategory: other\naction: escalate\nsay:\n  en: [qqjxzk]\n{examples}");
        files.push(sources.add(format!("rules/other/{name}.yaml"), rule));
    }
    RuleSet::read(&sources, &files).0
}

/// Returns rule and likenesses; which example it was moves when one is gone.
fn likenesses(found: Vec<Resemblance>) -> Vec<(usize, f64, f64)> {
    found.into_iter().map(|found| (found.rule, found.score, found.skip)).collect()
}

fn with_engraving(similar: &str) -> Engine {
    let examples = ENGRAVING.map(|text| format!("\n      - {text}")).concat();
    let rule = format!(
        "intent: engraving\ntitle: Engraving\ncategory: pre_sale\naction: answer\nmode: auto\n{similar}\nsay:\n  en: \
         [qqjxzk]\nreply: sizes\nexamples:\n  en:\n    match:{examples}\n"
    );
    engine(world::settings(), &[("rules/pre_sale/engraving.yaml", &rule)])
}

fn ask(engine: &Engine, text: &str) -> Verdict {
    let now = world::moment(world::NIGHT);
    engine.decide(&Inbound::from_text(ChannelKind::Telegram, text, now), &World::default().context(now), now)
}

#[test]
fn likeness_alone_drafts_for_a_person_and_never_sends() {
    let verdict = ask(&with_engraving(""), "is engraving possible on this bracelet?");
    assert_eq!(verdict.similar.first().map(|like| like.rule.as_str()), Some("engraving"));
    assert_eq!(verdict.outcome, Outcome::Escalated { with_answer: false });
    assert!(verdict.messages.iter().any(|message| message.kind == OutboundKind::Draft), "{:?}", verdict.messages);
    let ticket = verdict.ticket.expect("a person is asked");
    assert_eq!(ticket.intent.map(|intent| intent.to_string()).as_deref(), Some("engraving"));
}

#[test]
fn likeness_answers_only_where_the_rule_says_so() {
    let text = "is engraving possible on this bracelet?";
    assert_eq!(ask(&with_engraving("similar: auto"), text).outcome, Outcome::Answered);
    let silent = ask(&with_engraving("similar: never"), text);
    assert!(silent.messages.iter().all(|message| message.kind == OutboundKind::Ack), "{:?}", silent.messages);
    let faint = ask(&with_engraving("similar: auto"), "can you repair the clasp of a bracelet?");
    assert_ne!(faint.outcome, Outcome::Answered, "{:?}", faint.similar);
}

#[test]
fn no_answer_goes_out_below_what_the_shop_asks_for() {
    let mut settings = world::settings();
    settings.answer_at = 1.0;
    let verdict = ask(&engine(settings, &[]), "Do you offer free shipping?");
    assert_eq!(verdict.outcome, Outcome::Escalated { with_answer: false });
    let reasons = verdict.ticket.expect("a person is asked").reasons.join(" ");
    assert!(reasons.contains("1.00 is asked for"), "{reasons}");
}

#[test]
fn the_reliability_table_holds_every_judgement_once() {
    let engine = with_engraving("");
    let bins = calibration::reliability(&engine);
    assert!(bins.first().is_some_and(|bin| bin.from <= 0.0) && bins.last().is_some_and(|bin| bin.to >= 1.0));
    assert!(bins.windows(2).all(|pair| pair[0].to.total_cmp(&pair[1].from).is_eq()), "{bins:?}");
    for bin in &bins {
        assert!(bin.right <= bin.examples && (bin.from..=bin.to).contains(&bin.predicted), "{bin:?}");
        assert_eq!(bin.observed().is_some(), bin.examples > 0);
    }
    assert_eq!(bins, calibration::reliability(&engine), "the same twice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn leaving_an_example_out_is_never_having_learned_it(
        words in prop::collection::vec((0..3_usize, prop::collection::vec(0..12_usize, 1..6)), 1..14),
        left in 0..14_usize,
        text in prop::collection::vec(0..12_usize, 1..8),
    ) {
        const WORDS: [&str; 12] =
            ["lamp", "lamps", "ship", "shipping", "order", "late", "the", "my", "refund", "blue", "is", "包邮"];
        const RULES: [&str; 3] = ["first", "second", "third"];
        let say = |chosen: &[usize]| chosen.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join(" ");
        let mut all: Vec<(&str, String)> = words.iter().map(|(rule, chosen)| (RULES[*rule], say(chosen))).collect();
        all.sort_by_key(|(rule, _)| *rule);
        let left = left % all.len();
        let of = |list: &[(&'static str, String)]| {
            rules(&list.iter().map(|(rule, text)| (*rule, text.as_str())).collect::<Vec<_>>())
        };
        let all: Vec<(&'static str, String)> =
            all.into_iter().map(|(rule, text)| (RULES[RULES.iter().position(|known| *known == rule).unwrap_or(0)], text)).collect();
        let mut fewer = all.clone();
        fewer.remove(left);
        let folded = Folded::new(&say(&text));
        let whole = 0..folded.words().len();
        let without = of(&all).similar().compare(&folded, whole.clone(), Some(left));
        let rebuilt = of(&fewer).similar().compare(&folded, whole, None);
        prop_assert_eq!(likenesses(without), likenesses(rebuilt));
    }

    #[test]
    fn a_higher_score_is_never_a_lower_probability(
        judged in prop::collection::vec((-6.0..6.0_f64, any::<bool>()), 0..200),
        low in -6.0..6.0_f64,
        more in 0.0..6.0_f64,
    ) {
        let curve = Calibration::fit(&judged);
        prop_assert!(curve.probability(low) <= curve.probability(low + more));
        // Examples come from the hand that wrote the patterns: they may lower a claim and never raise it.
        let claim = low.max(0.0);
        prop_assert!(curve.probability(claim) <= Calibration::SHIPPED.probability(claim) + 1e-12);
    }
}
