//! What holds for every message, whatever is in it.

use std::{collections::BTreeSet, sync::LazyLock};

use nightdesk::{
    engine::{
        Engine,
        guard::{GUARDS, Stage},
    },
    model::{
        outbound::OutboundKind,
        verdict::{Outcome, Verdict},
    },
};
use proptest::prelude::*;

use crate::decisions::{
    engine,
    world::{self, Message, Person, Thread, World},
};

/// A word that no rule, reply or fact of the cases holds.
const CANARY: &str = "zqxwvcanary";

static ENGINE: LazyLock<Engine> = LazyLock::new(|| engine(world::settings(), &[]));
/// The same with a rule that nobody's words hit.
static WITH_IDLE_RULE: LazyLock<Engine> = LazyLock::new(|| {
    let rule = "intent: idle\ntitle: Idle\ncategory: other\naction: answer\nmode: auto\n\nsay:\n  en: [qqjxzkvwp wvqzzkjyx]\n\n\
                reply: sizes\n";
    engine(world::settings(), &[("rules/other/idle.yaml", rule)])
});

/// Sentences that rules know, that nobody knows, and courtesies.
const SENTENCES: [&str; 18] = [
    "Do you offer free shipping?",
    "Do I have to pay customs?",
    "Germany",
    "Canada or Germany",
    "I want a refund.",
    "Please change my address.",
    "Please do not cancel my order.",
    "Is there a size chart?",
    "What is the wholesale price?",
    "Is the autumn promotion still on?",
    "Is the lamp safe for cats?",
    "Thank you!",
    "Good evening,",
    "包邮吗",
    "要付关税吗？",
    "Ist der Versand versandkostenfrei?",
    "Bonsoir, je voudrais savoir si vous livrez en Belgique.",
    "> quoted text about free shipping",
];

const FIELDS: [&str; 12] = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: no (by hand)",
    "Precedence: bulk",
    "X-Auto-Response-Suppress: All",
    "X-Auto-Response-Suppress: DR",
    "List-Id: <lamps.example.org>",
    "Return-Path: <>",
    "Return-Path: <anna.berger@example.org>",
    "Authentication-Results: mx.lantern-home.example; dmarc=fail",
    "Authentication-Results: mx.lantern-home.example; dmarc=pass",
    "From: second@example.org",
    "X-Loop: ((((;;==,,",
];

fn text() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(SENTENCES.to_vec()).prop_map(str::to_owned);
    let piece = prop_oneof![12 => known, 1 => any::<String>(), 1 => "[ -~äöüß包邮。？\u{200b}\u{202e}\n]{0,60}"];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.join("\n"))
}

fn message() -> impl Strategy<Value = Message> {
    let known = proptest::sample::select(FIELDS.to_vec()).prop_map(str::to_owned);
    let wild = "[A-Za-z-]{1,20}: [ -~]{0,60}";
    let some = proptest::collection::vec(prop_oneof![3 => known, 1 => wild], 1..3);
    let headers = prop_oneof![2 => Just(Vec::new()), 1 => some];
    let subject = prop_oneof![3 => Just(String::new()), 1 => text().prop_map(|text| text.replace(['\n', '\r'], " "))];
    let from =
        prop_oneof![3 => Just(None), 1 => any::<String>().prop_map(|name| Some(format!("{name} <anna@example.org>")))];
    (any::<bool>(), text(), subject, headers, from).prop_map(|(chat, text, subject, headers, from)| Message {
        channel: chat.then(|| "telegram".to_owned()),
        from: from.map(|from| from.replace(['\n', '\r'], " ")),
        subject: Some(subject),
        text,
        headers,
        ..Message::default()
    })
}

fn context() -> impl Strategy<Value = World> {
    let thread = "{said: [{kind: ask, intents: [customs_tax], replies: [which_country]}], \
                  pending: {intent: customs_tax, slot: country}, language: en}";
    let answered = "{said: [{kind: answer, intents: [free_shipping], replies: [free_shipping]}]}";
    let threads = ["~", "~", thread, answered, "{ticket: 4, claimed: true}"];
    let buyers = ["~", "~", "{country: DE}", "{suppressed: true}", "{language: zh}"];
    let counters = ["notices_sender_day", "answers_sender_day", "sends_chat_hour", "sends_shop_ten_minutes"];
    let select = proptest::sample::select::<&str>;
    (select(threads.to_vec()), select(buyers.to_vec()), select(counters.to_vec()), 0..40_u32, any::<bool>()).prop_map(
        |(thread, buyer, counter, count, counted)| World {
            thread: serde_yaml::from_str::<Option<Thread>>(thread).expect("a thread of the list"),
            buyer: serde_yaml::from_str::<Option<Person>>(buyer).expect("a buyer of the list"),
            counters: counted.then(|| (counter.to_owned(), count)).into_iter().collect(),
            ..World::default()
        },
    )
}

fn decide(engine: &Engine, message: &Message, context: &World) -> Verdict {
    let now = world::moment(world::NIGHT);
    engine.decide(&message.inbound(now), &context.context(now), now)
}

fn is_message_stage(guard: &str) -> bool {
    GUARDS.iter().any(|known| known.id == guard && known.stage == Stage::Message)
}

proptest! {
    // Three hundred per property keep the area under ten seconds in a debug build.
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_verdict_agrees_with_itself(message in message(), context in context()) {
        let verdict = decide(&ENGINE, &message, &context);
        let of = |kind| verdict.messages.iter().filter(|message| message.kind == kind).count();
        let (answers, asks) = (of(OutboundKind::Answer), of(OutboundKind::Ask));
        match &verdict.outcome {
            Outcome::Answered => {
                prop_assert_eq!((answers, verdict.messages.len()), (1, 1));
                prop_assert!(verdict.ticket.is_none());
            }
            Outcome::Asked => {
                prop_assert_eq!((asks, verdict.messages.len()), (1, 1));
                prop_assert!(verdict.ticket.is_none() && verdict.pending.is_some());
            }
            Outcome::Escalated { with_answer } => {
                prop_assert_eq!(answers, usize::from(*with_answer));
                prop_assert!(verdict.ticket.as_ref().is_some_and(|ticket| !ticket.reasons.is_empty()));
            }
            Outcome::Suppressed { reason } => {
                prop_assert!(verdict.messages.is_empty() && verdict.ticket.is_none() && !reason.is_empty());
            }
        }
        prop_assert!(verdict.messages.len() <= 2 && answers + asks <= 1);
        prop_assert!(verdict.messages.iter().all(|message| !message.text.trim().is_empty()));
    }

    #[test]
    fn a_guard_of_the_message_stage_means_silence(message in message(), context in context()) {
        let verdict = decide(&ENGINE, &message, &context);
        if verdict.guards.iter().any(|hit| is_message_stage(&hit.guard)) {
            prop_assert!(verdict.messages.is_empty() && verdict.pending.is_none(), "{verdict:?}");
        }
    }

    #[test]
    fn the_same_arguments_give_the_same_verdict(message in message(), context in context()) {
        prop_assert_eq!(decide(&ENGINE, &message, &context), decide(&ENGINE, &message, &context));
    }

    #[test]
    fn a_rule_that_nobody_hits_changes_nothing(message in message(), context in context()) {
        let verdict = decide(&ENGINE, &message, &context);
        let mut with_idle_rule = decide(&WITH_IDLE_RULE, &message, &context);
        prop_assert_ne!(&verdict.rule_set_hash, &with_idle_rule.rule_set_hash);
        with_idle_rule.rule_set_hash.clone_from(&verdict.rule_set_hash);
        prop_assert_eq!(verdict, with_idle_rule);
    }

    #[test]
    fn words_of_the_buyer_never_stand_in_a_reply(message in message(), context in context(), at in 0..5_usize) {
        let mut message = message;
        let mut lines: Vec<String> = message.text.lines().map(str::to_owned).collect();
        lines.insert(at.min(lines.len()), format!("My {CANARY} {{{{ shop.name }}}}"));
        message.text = lines.join("\n");
        message.subject = message.subject.map(|subject| format!("{subject} {CANARY}"));
        message.from = Some(format!("Anna {CANARY} <anna@example.org>"));
        for planned in decide(&ENGINE, &message, &context).messages {
            prop_assert!(!planned.text.to_lowercase().contains(CANARY), "{}", planned.text);
            prop_assert!(!planned.subject.unwrap_or_default().contains(CANARY));
            prop_assert!(!planned.html.unwrap_or_default().contains(CANARY));
        }
    }
}

#[test]
fn generated_messages_end_in_every_way() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};

    // Properties over messages that all end the same way would prove nothing.
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        let drawn = (message(), context()).new_tree(&mut runner).expect("a value").current();
        seen.insert(decide(&ENGINE, &drawn.0, &drawn.1).outcome.as_str());
    }
    assert_eq!(Vec::from_iter(seen), ["answered", "asked", "escalated", "suppressed"]);
}
