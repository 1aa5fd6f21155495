//! One step of a story as written: who does what, and what is expected then.

use crate::{
    check::story::{
        Act, Letter, Step,
        claim::{Claim, Expected},
        clock,
        read::Reader,
        silence,
    },
    diagnostic::yaml::{self, Kind, Node},
    model::{
        agent_command::{AgentCommand, Answer, Schedule},
        closing::Closing,
        ids::{IntentId, ReplyId},
        inbound::ChannelKind,
        ticket::{TicketState, Urgency},
    },
};

/// The keys of which a step has exactly one.
pub(in crate::check) const ACTS: [&str; 7] = ["buyer", "agent", "wait", "at", "order", "pause", "resume"];
/// What a person at the desk may do in one word.
pub(in crate::check) const AGENT_WORDS: [&str; 6] = ["claim", "send_draft", "close", "bot_off", "bot_on", "hand_back"];

/// Reads a step; none if something is wrong with it, which is collected.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, channel: ChannelKind) -> Option<Step> {
    let mut fields =
        reader.open(node, "begin the step with `buyer:`, `agent:`, `wait:`, `at:`, `order:`, `pause:` or `resume:`")?;
    let acts: Vec<(&'static str, &Node)> = ACTS.into_iter().filter_map(|key| Some((key, fields.node(key)?))).collect();
    let expect = fields.node("expect");
    reader.found.extend(fields.finish());
    let claims = expect.map_or_else(Vec::new, |expect| claims(reader, expect));
    let [(key, value)] = acts[..] else {
        let message = format!("a step says one of `{}`, this one says {}", ACTS.join("`, `"), acts.len());
        reader.bad(node, message, "make one step of each, in the order in which they happen");
        return None;
    };
    let act = act(reader, key, value, channel);
    Some(Step { act: act?, claims, span: reader.span(value) })
}

fn act(reader: &mut Reader<'_>, key: &str, node: &Node, channel: ChannelKind) -> Option<Act> {
    let text = node.as_text();
    match key {
        "buyer" => letter(reader, node, channel).map(|letter| Act::Buyer(Box::new(letter))),
        "agent" => agent(reader, node).map(Act::Agent),
        "wait" => {
            let wait = text.and_then(clock::duration);
            if wait.is_none() {
                reader.wrong(node, "a duration", "write `90s`, `15m`, `4h`, `2d` or `1d 6h`");
            }
            wait.map(Act::Wait)
        }
        "at" => {
            let moment = text.and_then(|text| text.parse().ok()).map(Act::At);
            let act = moment.or_else(|| text.and_then(clock::time_of_day).map(Act::Clock));
            if act.is_none() {
                let help = "write `09:30` for the next time the desk's clock shows it, or `2026-11-21T09:30+08:00`";
                reader.wrong(node, "a time of day or a moment with its zone", help);
            }
            act
        }
        "order" => {
            let order = yaml::read(reader.file, node).map_err(|found| {
                let help = "write `{number: 1001, status: shipped, placed: 2026-11-01}`";
                reader.found.push(found.help(help));
            });
            let email = node.get("email").and_then(Node::as_text).map(str::to_owned);
            order.ok().map(|order| Act::Order(Box::new(order), email))
        }
        "pause" => Some(Act::Pause(text.unwrap_or("paused in a story").to_owned())),
        _ => Some(Act::Resume),
    }
}

fn letter(reader: &mut Reader<'_>, node: &Node, channel: ChannelKind) -> Option<Letter> {
    let mut letter = Letter {
        text: String::new(),
        subject: None,
        from: None,
        name: None,
        channel,
        attachments: Vec::new(),
        headers: Vec::new(),
        client_language: None,
        new_mail: false,
    };
    if let Some(text) = node.as_text() {
        text.clone_into(&mut letter.text);
        return Some(letter);
    }
    let mut fields = reader.open(node, "write the message, or `{text: …, subject: …}`")?;
    let text = fields.require("text", "write what the buyer says");
    letter.subject = fields.take("subject");
    letter.from = fields.take("from");
    letter.name = fields.take("name");
    letter.channel = reader.channel(&mut fields).unwrap_or(channel);
    letter.attachments = fields.take("attachments").unwrap_or_default();
    letter.client_language = fields.take("client_language");
    letter.new_mail = fields.take("new_mail").unwrap_or_default();
    if let Some(Kind::Mapping(entries)) = fields.node("headers").map(|node| &node.kind) {
        let field = |(name, value): &(Node, Node)| Some((name.as_text()?.to_owned(), value.as_text()?.to_owned()));
        letter.headers = entries.iter().filter_map(field).collect();
        if letter.headers.len() != entries.len() {
            reader.wrong(node, "header fields as text", "write `headers: {Auto-Submitted: auto-replied}`");
        }
    }
    reader.found.extend(fields.finish());
    letter.text = text?;
    Some(letter)
}

fn agent(reader: &mut Reader<'_>, node: &Node) -> Option<AgentCommand> {
    let help = "write `claim`, `send_draft`, `close`, `bot_off`, `bot_on`, `hand_back`, `{reply: …}`, `{note: …}` or `{close: …}`";
    if let Some(word) = node.as_text() {
        return match word {
            "claim" => Some(AgentCommand::Claim),
            "send_draft" => Some(AgentCommand::SendDraft(Schedule::Now)),
            "close" => Some(AgentCommand::Close(Closing::default())),
            "bot_off" => Some(AgentCommand::BotOff),
            "bot_on" => Some(AgentCommand::BotOn),
            "hand_back" => Some(AgentCommand::HandBack),
            _ => {
                reader.unknown(node, "act of a person called", word, &AGENT_WORDS);
                None
            }
        };
    }
    let mut fields = reader.open(node, help)?;
    let commands = [
        fields.take::<String>("reply").map(|text| AgentCommand::Reply(Answer::now(text))),
        fields.take::<String>("note").map(AgentCommand::Note),
        fields.take::<String>("close").map(|text| AgentCommand::Close(Closing::saying(text))),
    ];
    reader.found.extend(fields.finish());
    let mut commands: Vec<AgentCommand> = commands.into_iter().flatten().collect();
    if commands.len() != 1 {
        reader.bad(node, "a person does one thing in a step", help);
        return None;
    }
    commands.pop()
}

fn claims(reader: &mut Reader<'_>, node: &Node) -> Vec<Claim> {
    let Kind::Mapping(entries) = &node.kind else {
        reader.wrong(node, "expectations", "write `{answer: free_shipping, lang: en}`");
        return Vec::new();
    };
    let claim = |(key, value): &(Node, Node)| {
        let what = expected(reader, key, value)?;
        Some(Claim { what, span: reader.span(value) })
    };
    entries.iter().filter_map(claim).collect()
}

/// The keys of `expect`.
const KEYS: [&str; 16] = [
    "intent", "answer", "ask", "ack", "draft", "escalate", "silent", "says", "not_says", "lang", "urgency", "ticket",
    "due", "reason", "tag", "shadow",
];

fn expected(reader: &mut Reader<'_>, key: &Node, value: &Node) -> Option<Expected> {
    let written = key.as_text().unwrap_or_default();
    match written {
        "intent" => intents(reader, value).map(Expected::Intent),
        "answer" => replies(reader, value).map(Expected::Answer),
        "draft" => replies(reader, value).map(Expected::Draft),
        "ask" => one(reader, value, replies).map(Expected::Ask),
        "ack" => one(reader, value, replies).map(Expected::Ack),
        "shadow" => one(reader, value, intents).map(Expected::Shadow),
        "escalate" => match value.kind {
            Kind::Bool(true) => Some(Expected::Escalate(None)),
            Kind::Bool(false) => Some(Expected::NoEscalation),
            _ => one(reader, value, intents).map(|intent| Expected::Escalate(Some(intent))),
        },
        "silent" => silent(reader, value),
        "says" => texts(reader, value).map(Expected::Says),
        "not_says" => texts(reader, value).map(Expected::NotSays),
        "reason" => texts(reader, value).map(Expected::Reason),
        "tag" => texts(reader, value).map(Expected::Tag),
        "lang" => {
            let language = value.as_text().and_then(|code| code.parse().ok());
            if language.is_none() {
                reader.wrong(value, "a language code", "write two letters such as `en`, `zh` or `de`");
            }
            language.map(Expected::Lang)
        }
        "urgency" => {
            let urgency = value.as_text().and_then(Urgency::from_word);
            if urgency.is_none() {
                reader.wrong(value, "`normal`, `high` or `urgent`", "name how soon a person must look");
            }
            urgency.map(Expected::Urgency)
        }
        "ticket" => ticket(reader, value),
        "due" => due(reader, value),
        _ => {
            let name = key.as_text().map_or_else(|| key.describe(), str::to_owned);
            reader.unknown(key, "expectation", &name, &KEYS);
            None
        }
    }
}

fn ticket(reader: &mut Reader<'_>, value: &Node) -> Option<Expected> {
    let word = value.as_text().unwrap_or_default();
    let state = if word == "none" { Some(None) } else { TicketState::from_word(word).map(Some) };
    if state.is_none() {
        let help = "write how the ticket stands after this step";
        reader.wrong(value, "`none`, `open`, `claimed`, `waiting` or `closed`", help);
    }
    state.map(Expected::Ticket)
}

fn due(reader: &mut Reader<'_>, value: &Node) -> Option<Expected> {
    let word = value.as_text().unwrap_or_default();
    let moment = if word == "none" { Some(None) } else { word.parse().ok().map(Some) };
    if moment.is_none() {
        let help = "write by when a person must have answered, such as `2026-11-20T18:00+08:00`";
        reader.wrong(value, "`none` or a moment with its zone", help);
    }
    moment.map(Expected::Due)
}

fn silent(reader: &mut Reader<'_>, value: &Node) -> Option<Expected> {
    if value.kind == Kind::Bool(true) {
        return Some(Expected::Silent(None));
    }
    let Some(word) = value.as_text() else {
        reader.wrong(value, "`true`, or who is the reason", "write `silent: human_owns_thread` or `silent: true`");
        return None;
    };
    if silence::guard(word).is_some() || reader.names.rules.contains(word) {
        return Some(Expected::Silent(Some(word.to_owned())));
    }
    let names = reader.names;
    let rules = names.rules.iter().map(String::as_str);
    let known: Vec<&str> = silence::NAMES.iter().map(|(_, name)| *name).chain(rules).collect();
    reader.unknown(value, "guard or rule", word, &known);
    None
}

fn intents(reader: &mut Reader<'_>, value: &Node) -> Option<Vec<IntentId>> {
    let names = reader.names;
    named(reader, value, "rule", &names.rules).map(|names| names.into_iter().map(IntentId::new).collect())
}

fn replies(reader: &mut Reader<'_>, value: &Node) -> Option<Vec<ReplyId>> {
    let names = reader.names;
    named(reader, value, "reply", &names.replies).map(|names| names.into_iter().map(ReplyId::new).collect())
}

/// Reads one name, or a list of names, all of which must be known.
fn named(
    reader: &mut Reader<'_>,
    value: &Node,
    what: &str,
    known: &std::collections::BTreeSet<String>,
) -> Option<Vec<String>> {
    let items = if let Kind::List(items) = &value.kind { items.as_slice() } else { std::slice::from_ref(value) };
    let mut names = Vec::new();
    for item in items {
        match item.as_text() {
            Some(name) if known.contains(name) => names.push(name.to_owned()),
            Some(name) => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                reader.unknown(item, what, name, &known);
            }
            None => reader.wrong(item, &format!("the name of a {what}"), "write its name, or several in a list"),
        }
    }
    (names.len() == items.len()).then_some(names)
}

/// Reads exactly one name.
fn one<T>(reader: &mut Reader<'_>, value: &Node, read: fn(&mut Reader<'_>, &Node) -> Option<Vec<T>>) -> Option<T> {
    if matches!(value.kind, Kind::List(_)) {
        reader.wrong(value, "one name", "only `intent`, `answer` and `draft` take several");
        return None;
    }
    read(reader, value)?.pop()
}

fn texts(reader: &mut Reader<'_>, value: &Node) -> Option<Vec<String>> {
    if let Some(text) = value.as_text() {
        return Some(vec![text.to_owned()]);
    }
    yaml::read(reader.file, value).map_err(|found| reader.found.push(found)).ok()
}
