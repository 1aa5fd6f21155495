//! Every update under `tests/data/telegram/updates/`, parsed and written down. `UPDATE=1` rewrites the expectations.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use jiff::Timestamp;
use nightdesk::{
    channel::telegram::parse::{Ignored, parse},
    model::{
        ids::AccountName,
        inbound::{ChannelKind, Inbound},
        receive::{FolderRole, Received, SourceKey},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::bot_api::schema::Schema;

/// When the updates of the fixtures came in: 2026-11-20T20:00:00Z, later than their dates.
const STORED_AT: i64 = 1_795_204_800;

fn received(raw: Vec<u8>) -> Received {
    Received {
        channel: ChannelKind::Telegram,
        account: AccountName::new("bot"),
        key: SourceKey::Telegram { update_id: 1 },
        size: raw.len() as u64,
        raw,
        received_at: Timestamp::from_second(STORED_AT).expect("a moment of this century"),
        role: FolderRole::Inbox,
        reconciled: false,
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/telegram/updates")
}

/// Writes down what a person would want to compare; long texts by their ends and length.
fn dump(parsed: &Result<Inbound, Ignored>) -> String {
    let inbound = match parsed {
        Ok(inbound) => inbound,
        Err(ignored) => return format!("ignored: {ignored}\n"),
    };
    let facts = inbound.telegram.as_ref().expect("a Telegram message has Telegram facts");
    let mut out = String::new();
    let mut line = |name: &str, value: String| writeln!(out, "{name}: {value}").expect("writing to a string");
    line("text", brief(&inbound.text));
    line("elided", brief(&inbound.elided));
    line("from", format!("{:?}", inbound.from));
    line("username", format!("{:?}", facts.username));
    line("chat", format!("{} private={} message={}", facts.chat_key(), facts.private, facts.message_id));
    line("received", inbound.received_at.to_string());
    line("sent", format!("{:?}", inbound.sent_at.map(|at| at.to_string())));
    line("language", format!("{:?}", inbound.language_hint));
    line("machine", format!("{:?}", facts.machine));
    line("unsupported", format!("{:?}", facts.unsupported));
    line("edited", facts.edited.to_string());
    line("attachments", format!("{:?}", inbound.attachments));
    line("notes", format!("{:?}", inbound.notes));
    out
}

fn brief(text: &str) -> String {
    if text.chars().count() <= 200 {
        return format!("{text:?}");
    }
    let head: String = text.chars().take(40).collect();
    format!("{head:?} … {} bytes", text.len())
}

#[test]
fn every_update_reads_as_written_down() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    let entries = fs::read_dir(folder()).expect("the fixtures are committed");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "json")) {
        let found = dump(&parse(&received(fs::read(file).expect("a readable fixture"))));
        let expected = file.with_extension("expected");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &found).expect("a writable folder");
        }
        let written = fs::read_to_string(&expected).unwrap_or_default();
        if written != found {
            wrong.push(format!("{}\n--- written down\n{written}--- found\n{found}", file.display()));
        }
        used.insert(expected);
    }
    assert!(wrong.is_empty(), "{}\nUPDATE=1 rewrites the expectations", wrong.join("\n"));
    let unused =
        files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "expected") && !used.contains(*file));
    assert_eq!(unused.collect::<Vec<_>>(), Vec::<&PathBuf>::new(), "expectations without an update");
}

#[test]
fn every_kind_of_update_of_the_bot_api_is_known() {
    let message = private_message(json!({ "text": "hello" }));
    for kind in Schema::load().update_kinds {
        let parsed = parse(&received(json!({ "update_id": 1, kind.as_str(): message }).to_string().into_bytes()));
        let carries = ["message", "edited_message", "business_message", "edited_business_message"].contains(&&*kind);
        match parsed {
            Ok(inbound) => assert!(carries && inbound.notes.is_empty(), "{kind}: {inbound:?}"),
            Err(ignored) => assert!(!carries && ignored == Ignored::Kind(kind.clone()), "{kind}: {ignored}"),
        }
    }
}

/// A field of `Message` that is neither content, event nor a mere attribute would be "unknown content" to people.
#[test]
fn every_content_of_the_bot_api_has_its_name() {
    let attributes = "message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count \
        sender_business_bot sender_tag date guest_query_id business_connection_id chat forward_origin is_topic_message \
        is_automatic_forward reply_to_message external_reply quote reply_to_story reply_to_checklist_task_id \
        reply_to_poll_option_id via_bot guest_bot_caller_user guest_bot_caller_chat edit_date has_protected_content \
        is_from_offline is_paid_post media_group_id author_signature paid_star_count text entities \
        link_preview_options suggested_post_info effect_id caption caption_entities show_caption_above_media \
        has_media_spoiler reply_markup";
    // These exist in groups and channels only.
    let elsewhere = "new_chat_members left_chat_member chat_owner_left chat_owner_changed new_chat_title \
        new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created channel_chat_created \
        migrate_to_chat_id migrate_from_chat_id direct_message_price_changed giveaway_created giveaway \
        giveaway_winners giveaway_completed poll_option_added poll_option_deleted suggested_post_approved \
        suggested_post_approval_failed suggested_post_declined suggested_post_paid suggested_post_refunded";
    let skipped: BTreeSet<&str> = attributes.split_whitespace().chain(elsewhere.split_whitespace()).collect();
    for field in Schema::load().message_fields.iter().filter(|field| !skipped.contains(field.as_str())) {
        let message = private_message(json!({ field.as_str(): {} }));
        let parsed = parse(&received(json!({ "update_id": 1, "message": message }).to_string().into_bytes()));
        match parsed {
            Ok(inbound) => assert_eq!(inbound.telegram.expect("facts").unsupported, Some(field.as_str())),
            Err(ignored) => assert!(matches!(ignored, Ignored::Service(name) if name == field), "{field}: {ignored}"),
        }
    }
}

fn private_message(content: Value) -> Value {
    let mut message = json!({
        "message_id": 9, "date": 1_795_202_130,
        "from": { "id": 512_044_871, "is_bot": false, "first_name": "Maja" },
        "chat": { "id": 512_044_871, "type": "private", "first_name": "Maja" }
    });
    let Value::Object(content) = content else { panic!("content is an object") };
    message.as_object_mut().expect("an object").extend(content);
    message
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever Telegram puts into one field of a private message, the parser neither panics nor loses the buyer.
    #[test]
    fn a_strange_field_never_loses_a_private_message(
        field in prop_oneof![
            Just("from"), Just("date"), Just("entities"), Just("photo"), Just("document"), Just("quote"),
            Just("message_id"), Just("edit_date"), Just("via_bot"), Just("reply_to_message"), Just("hologram"),
        ],
        value in any_json(),
    ) {
        let message = private_message(json!({ "text": "where is my order?", field: value }));
        let update = json!({ "update_id": 1, "message": message }).to_string();
        let inbound = parse(&received(update.into_bytes())).expect("a private message is never ignored");
        prop_assert_eq!(inbound.text, "where is my order?");
        prop_assert_eq!(inbound.telegram.expect("facts").chat_id, 512_044_871);
        prop_assert!(inbound.received_at.as_second() <= STORED_AT);
    }

    #[test]
    fn arbitrary_bytes_never_panic(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
        let read = parse(&received(raw));
        prop_assert!(read.is_err());
    }
}
