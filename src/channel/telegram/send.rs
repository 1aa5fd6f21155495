//! One attempt at `sendMessage`, and what its outcome means.
//!
//! `sendMessage` has no key by which Telegram would recognise a repeat. So whatever happens after the request may have
//! been written, short of a clear answer, is uncertain and is never repeated (reliability.md section 2.2).

use crate::{
    channel::{
        PhaseLog,
        telegram::api::{Api, CallError, Refusal},
    },
    model::outbound::{Concern, Phase, Receipt, TelegramPayload},
};

/// Refusals that people will meet, by a part of the Bot API's description, and what they mean.
const MEANINGS: &[(&str, &str)] = &[
    ("bot was blocked by the user", "the buyer has blocked the bot"),
    ("user is deactivated", "the buyer's Telegram account no longer exists"),
    ("bot can't initiate conversation", "the buyer has never opened a chat with the bot"),
    ("chat not found", "Telegram knows no such chat for this bot"),
    ("BUSINESS_", "the business account does not let the bot write in this chat"),
    ("message is too long", "the text is longer than Telegram allows"),
    ("text is empty", "the text is empty"),
];

/// Telegram's limits of a bot ask for seconds, those of a chat for up to an hour: a longer pause is about the chat.
const MAX_BOT_PAUSE: u32 = 30;

/// Makes one attempt. `phase` reaches [`Phase::Dot`] before the call, because nobody can look inside an HTTP client;
/// a crash from then on counts as uncertain, though the connection may not even have stood.
pub(super) async fn attempt(api: &Api, payload: &TelegramPayload, phase: &PhaseLog) -> Receipt {
    if let Err(error) = phase.reach(Phase::Dot).await {
        return Receipt::Retry { reason: error.to_string(), after_seconds: None, concerns: Concern::Message };
    }
    match api.send_message(payload).await {
        Ok(message_id) => Receipt::Sent { proof: format!("message_id {message_id}") },
        Err(CallError::Refused(refusal)) => refused(&refusal),
        Err(error @ CallError::Connect(_)) => {
            Receipt::Retry { reason: error.to_string(), after_seconds: None, concerns: Concern::Account }
        }
        Err(error @ (CallError::Broken(_) | CallError::Foreign { .. })) => {
            Receipt::Uncertain { reason: error.to_string() }
        }
    }
}

fn refused(refusal: &Refusal) -> Receipt {
    let words = format!("{} {}", refusal.code, refusal.description);
    match refusal.code {
        429 => Receipt::Retry {
            reason: words,
            // Telegram counts whole seconds; one more keeps us off the edge.
            after_seconds: refusal.retry_after.map(|seconds| seconds.saturating_add(1)),
            concerns: match refusal.retry_after {
                Some(seconds) if seconds <= MAX_BOT_PAUSE => Concern::Account,
                _ => Concern::Message,
            },
        },
        // The Bot API answers 404 when the path names no bot.
        401 | 404 => Receipt::Retry {
            reason: format!("Telegram does not accept the bot's token ({words})"),
            after_seconds: None,
            concerns: Concern::Account,
        },
        400..500 => Receipt::Failed { reason: failure(refusal, &words) },
        _ => Receipt::Uncertain { reason: words },
    }
}

fn failure(refusal: &Refusal, words: &str) -> String {
    if let Some(chat) = refusal.migrate_to {
        return format!("the group has become a supergroup with the new chat id {chat} ({words})");
    }
    let meaning = MEANINGS.iter().find(|(part, _)| refusal.description.contains(part));
    format!("{} ({words})", meaning.map_or("Telegram refuses the message", |(_, meaning)| meaning))
}
