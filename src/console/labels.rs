//! What the desk's own words mean to whoever reads the page: one word of the page for each word of the store.

use crate::{
    console::words::{Tongue, desk::Words, reasons, ticket},
    engine::Engine,
    model::{
        closing::CloseResult,
        delivery::DeliveryState,
        ids::IntentId,
        inbound::ChannelKind,
        language::Language,
        ticket::{EventKind, TicketState, Urgency},
    },
    store::quarantine::Cause,
};

/// Returns where a ticket stands.
pub(super) fn state(words: &Words, state: TicketState) -> &'static str {
    match state {
        TicketState::Open => words.open,
        TicketState::Claimed => words.claimed,
        TicketState::Waiting => words.waiting,
        TicketState::Closed => words.closed,
    }
}

/// Returns how soon somebody must look.
pub(super) fn urgency(words: &Words, urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Normal => words.normal,
        Urgency::High => words.high,
        Urgency::Urgent => words.urgent,
    }
}

/// Returns the kind of a channel.
pub(super) fn channel(words: &Words, channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Email => words.email,
        ChannelKind::Telegram => words.telegram,
    }
}

/// Returns where a message of ours stands, and whether that needs attention.
pub(super) fn delivery(words: &ticket::Words, state: DeliveryState) -> (&'static str, bool) {
    match state {
        DeliveryState::Held => (words.st_held, false),
        DeliveryState::Ready => (words.st_on_its_way, false),
        DeliveryState::Sending => (words.st_sending, false),
        DeliveryState::RetryAt => (words.st_retry, true),
        DeliveryState::Sent | DeliveryState::VerifiedSent => (words.st_sent, false),
        DeliveryState::Uncertain | DeliveryState::Escalated => (words.st_uncertain, true),
        DeliveryState::Cancelled => (words.st_cancelled, true),
    }
}

/// Returns what somebody did, to stand behind a name.
pub(super) fn event(words: &Words, kind: EventKind) -> &'static str {
    match kind {
        EventKind::Opened => words.ev_opened,
        EventKind::Inbound => words.ev_inbound,
        EventKind::Automatic => words.ev_automatic,
        EventKind::Draft => words.ev_draft,
        EventKind::Claimed => words.ev_claimed,
        EventKind::Reply => words.ev_reply,
        EventKind::Note => words.ev_note,
        EventKind::Closed => words.ev_closed,
        EventKind::Reopened => words.ev_reopened,
        EventKind::Delivery => words.ev_delivery,
        EventKind::Released => words.ev_released,
        EventKind::Assigned => words.ev_assigned,
        EventKind::Scheduled => words.ev_scheduled,
        EventKind::TakenBack => words.ev_taken_back,
        EventKind::Rejected => words.ev_rejected,
        EventKind::Snoozed => words.ev_snoozed,
        EventKind::Woken => words.ev_woken,
        EventKind::Tagged => words.ev_tagged,
        EventKind::Urgency => words.ev_urgency,
        EventKind::Merged => words.ev_merged,
        EventKind::Split => words.ev_split,
        EventKind::HandedBack => words.ev_handed_back,
        EventKind::BotOff => words.ev_bot_off,
        EventKind::BotOn => words.ev_bot_on,
        EventKind::Stopped => words.ev_stopped,
        EventKind::Undone => words.ev_undone,
        EventKind::Alarm => words.ev_alarm,
        EventKind::Rated => words.ev_rated,
    }
}

/// Returns what came of a case.
pub(super) fn result(words: &Words, result: CloseResult) -> &'static str {
    match result {
        CloseResult::Solved => words.solved,
        CloseResult::Refunded => words.refunded,
        CloseResult::Replaced => words.replaced,
        CloseResult::Returned => words.returned,
        CloseResult::Declined => words.declined,
        CloseResult::Withdrawn => words.withdrawn,
    }
}

/// Returns why a message was put aside.
pub(super) fn cause(words: &Words, cause: Cause) -> &'static str {
    match cause {
        Cause::Panicked => words.q_panicked,
        Cause::TooLong => words.q_too_long,
        Cause::Crashed => words.q_crashed,
        Cause::Limits => words.q_limits,
        Cause::Contested => words.q_contested,
        Cause::Stuck => words.q_stuck,
    }
}

/// Returns who did something: the machine, the reader, or a name.
pub(super) fn actor(words: &Words, by: &str, me: &str) -> String {
    match by {
        "nightdesk" => words.machine.to_owned(),
        by if by == me => words.you.to_owned(),
        by => by.to_owned(),
    }
}

/// Returns what an intent is called: the title of its rule, or its id where the rule is gone.
pub(super) fn intent(engine: &Engine, intent: &IntentId) -> String {
    engine.rules().rule(intent).map_or_else(|| intent.to_string(), |rule| rule.title.clone())
}

/// Returns what a complaint came from: one of the usual causes in the reader's words, or the shop's own.
pub(super) fn case_cause<'a>(words: &'static Words, cause: &'a str) -> &'a str {
    match cause {
        "product_fault" => words.c_product_fault,
        "damaged_in_transit" => words.c_damaged_in_transit,
        "wrong_item" => words.c_wrong_item,
        "description" => words.c_description,
        "late_delivery" => words.c_late_delivery,
        "lost_parcel" => words.c_lost_parcel,
        "customs" => words.c_customs,
        "buyer_error" => words.c_buyer_error,
        "other" => words.c_other,
        own => own,
    }
}

/// Returns why a message ended in silence, in words: the condition of the guard, or the rule's title.
pub(super) fn silence(engine: &Engine, reason: &str, tongue: Tongue) -> String {
    if let Some(condition) = reasons::condition(tongue, reason) {
        return format!("{condition} ({reason})");
    }
    intent(engine, &IntentId::new(reason))
}

/// Names of the languages that buyers of small shops write most: code, English, Chinese.
const LANGUAGES: [(&str, &str, &str); 24] = [
    ("ar", "Arabic", "阿拉伯语"),
    ("cs", "Czech", "捷克语"),
    ("da", "Danish", "丹麦语"),
    ("de", "German", "德语"),
    ("en", "English", "英语"),
    ("es", "Spanish", "西班牙语"),
    ("fi", "Finnish", "芬兰语"),
    ("fr", "French", "法语"),
    ("he", "Hebrew", "希伯来语"),
    ("hu", "Hungarian", "匈牙利语"),
    ("it", "Italian", "意大利语"),
    ("ja", "Japanese", "日语"),
    ("ko", "Korean", "韩语"),
    ("nl", "Dutch", "荷兰语"),
    ("no", "Norwegian", "挪威语"),
    ("pl", "Polish", "波兰语"),
    ("pt", "Portuguese", "葡萄牙语"),
    ("ru", "Russian", "俄语"),
    ("sv", "Swedish", "瑞典语"),
    ("th", "Thai", "泰语"),
    ("tr", "Turkish", "土耳其语"),
    ("uk", "Ukrainian", "乌克兰语"),
    ("vi", "Vietnamese", "越南语"),
    ("zh", "Chinese", "中文"),
];

/// Returns the languages that a buyer can be said to write, by code and name; the one that is set is among them.
pub(super) fn languages(tongue: Tongue, set: Option<Language>) -> Vec<(String, String)> {
    let usual = LANGUAGES.iter().filter_map(|(code, ..)| code.parse().ok());
    let other = set.filter(|set| LANGUAGES.iter().all(|(code, ..)| *code != set.as_str()));
    let all = usual.chain(other).map(|code: Language| (code.to_string(), language(tongue, code)));
    let mut all: Vec<(String, String)> = all.collect();
    all.sort_by(|one, two| one.1.cmp(&two.1));
    all
}

/// Returns the name of a language; its code where it has none here.
pub(super) fn language(tongue: Tongue, language: Language) -> String {
    let named = LANGUAGES.iter().find(|(code, ..)| *code == language.as_str());
    let name = named.map(|(_, en, zh)| match tongue {
        Tongue::English => *en,
        Tongue::Chinese => *zh,
    });
    name.map_or_else(|| language.to_string(), str::to_owned)
}
