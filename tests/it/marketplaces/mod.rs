//! Mail of marketplaces and web forms: raw mails as they write them, and everything that becomes of each.
//!
//! `tests/data/marketplaces/<profile>/<case>.eml` is one mail, `<case>.expected` what its profile reads, what the engine
//! decides with the shop beside it, and the answer as it would go over the wire; `UPDATE=1` rewrites them.

mod limits;
mod properties;
mod real;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    channel::email::{
        EnvelopeSender,
        compose::{Letter, ReplyTo, compose},
        parse::parse_by,
        profile,
    },
    config::{self, Config},
    diagnostic::{has_errors, render::human, source::SourceMap},
    engine::Engine,
    library::{self, Library, Sources},
    model::{
        context::Context,
        ids::AccountName,
        inbound::{ChannelKind, Inbound},
        outbound::OutboundKind,
        profile::{Profiles, Relay},
        receive::{FolderRole, Received, SourceKey},
        verdict::{Outcome, Verdict},
        wire_id::InstanceKey,
    },
};

/// A quarter of an hour after the mails of the fixtures were sent.
const NOW: &str = "2026-11-19T18:17:00Z";
/// Mails of each profile: a question, one with more around it, a notice.
const ENOUGH: usize = 3;

#[test]
fn every_mail_is_read_and_answered_as_expected() {
    let engine = engine();
    let mut wrong = String::new();
    for path in mails() {
        let said = told(&engine, &path);
        let expected = path.with_extension("expected");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &said).expect("the data folder is writable");
        } else if fs::read_to_string(&expected).unwrap_or_default() != said {
            let _ = writeln!(wrong, "== {} ==\n{said}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nUPDATE=1 rewrites what is expected");
}

#[test]
fn every_shipped_profile_is_read_without_a_finding() {
    let mut sources = SourceMap::default();
    for (name, text) in library::profile::shipped_files() {
        let file = sources.add(format!("profiles/{name}.yaml"), text);
        let (profile, found) = library::profile::read::read(&sources, file, &name, &[]);
        assert!(profile.is_some() && found.is_empty(), "{}", human::render(&sources, &found, false));
    }
    assert_eq!(library::profile::shipped().all.len(), library::profile::shipped_files().len());
}

#[test]
fn the_clock_of_a_shops_own_profile_is_the_clock_of_its_marketplace() {
    let clock = |own: Option<&str>, set: &str| {
        let (mut config, mut sources) = shop();
        if let Some(own) = own {
            let file = sources.add("profiles/amazon.yaml", own);
            let (profile, found) = library::profile::read::read(&sources, file, "amazon", &config.profiles.all);
            assert!(found.is_empty(), "{}", human::render(&sources, &found, false));
            config.profiles.all.retain(|profile| profile.name != "amazon");
            config.profiles.all.push(Arc::new(profile.expect("a usable profile")));
        }
        if !set.is_empty() {
            config.clocks.marketplaces.insert("amazon".to_owned(), set.parse().expect("a clock"));
        }
        let engine = engine_of(&config, sources);
        let (_, verdict) = decided(&engine, &root().join("amazon/question-en.eml"));
        verdict.due.expect("a draft waits for a person")
    };
    // The promise of the shop, four hours at the desk, ends later than any of these.
    assert_eq!(clock(Some("response: {within: 2h}"), "").clock, "amazon 2h");
    assert_eq!(clock(Some("response: {within: 30m}"), "").clock, "amazon 30m");
    assert_eq!(clock(Some("response: {within: 2m desk}"), "").clock, "amazon 2m desk");
    assert_eq!(clock(Some("response: {within: 1h}"), "3h").clock, "amazon 3h", "the configuration has the last word");
    assert_ne!(clock(None, "").clock, "amazon 2h");
}

#[test]
fn every_profile_that_names_its_senders_has_mails() {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for path in mails() {
        let folder = path.parent().and_then(Path::file_name).expect("mails lie in folders");
        *counted.entry(folder.to_string_lossy().into_owned()).or_default() += 1;
    }
    let (config, _) = shop();
    for profile in config.profiles.all.iter().filter(|profile| !profile.senders.is_empty()) {
        let count = counted.get(&profile.name).copied().unwrap_or_default();
        assert!(count >= ENOUGH, "{} has {count} mails", profile.name);
    }
}

#[test]
fn nothing_hostile_is_answered_by_a_machine() {
    let engine = engine();
    for path in mails().into_iter().filter(|path| path.to_string_lossy().contains("/hostile/")) {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let (_, verdict) = decided(&engine, &path);
        // These two only look hostile: the frame says what is whose.
        let innocent = ["form-address-in-the-words", "buyer-writes-like-a-notice", "reference-in-the-words"];
        assert_eq!(verdict.speaks(), innocent.contains(&name.as_str()), "{name}: {verdict:?}");
    }
}

#[test]
fn a_relay_that_nobody_vouches_for_is_never_answered() {
    let engine = engine();
    for path in mails() {
        let mut received = received(&path);
        let raw = String::from_utf8(received.raw).expect("fixtures are text");
        received.raw = raw.replace("mx.blue-lantern.example;", "mx.elsewhere.example;").into_bytes();
        let inbound = parse(&engine, &received);
        assert!(inbound.relay.read().is_none(), "{}", path.display());
        if matches!(inbound.relay, Relay::Unproven(_)) {
            let verdict = engine.decide(&inbound, &Context::default(), now());
            assert!(!verdict.speaks(), "{}: {verdict:?}", path.display());
        }
    }
}

#[test]
fn mails_of_one_buyer_about_one_order_are_one_conversation() {
    let engine = engine();
    let mail = |subject: &str, alias: &str| {
        let raw = format!(
            "Authentication-Results: mx.blue-lantern.example; dmarc=pass\nFrom: <{alias}@marketplace.amazon.com>\n\
             To: shop@blue-lantern.example\nSubject: {subject}\n\n------------- Message: -------------\n\nHello\n"
        );
        let inbound = parse(&engine, &received_of(raw.into_bytes()));
        inbound.conversation_key().expect("a marketplace's mail has a key")
    };
    let first = mail("Inquiry from Amazon customer Maria (Order: 113-4482913-7719430)", "m1");
    assert_eq!(first, mail("Re: Return (Order: 113-4482913-7719430)", "M1"));
    assert_ne!(first, mail("Inquiry (Order: 113-4482913-7719431)", "m1"));
    assert_ne!(first, mail("Inquiry (Order: 113-4482913-7719430)", "m2"));
}

#[test]
fn an_answer_that_a_marketplace_does_not_count_leaves_its_clock_to_a_person() {
    let engine = engine();
    let decided = |mail: &str| decided(&engine, &root().join(mail));
    let (inbound, verdict) = decided("walmart/question-en.eml");
    assert_eq!(verdict.outcome, Outcome::Escalated { with_answer: true });
    let due = verdict.due.expect("a person must write");
    assert_eq!((due.clock.as_str(), due.at), ("walmart 48h", inbound.received_at + SignedDuration::from_hours(48)));
    let (_, verdict) = decided("ebay/question-en.eml");
    assert_eq!((verdict.outcome, verdict.ticket), (Outcome::Answered, None), "eBay counts it");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/marketplaces")
}

/// Returns every mail, sorted.
fn mails() -> Vec<PathBuf> {
    let mut mails = Vec::new();
    for folder in fs::read_dir(root()).expect("the data folder").flatten().filter(|entry| entry.path().is_dir()) {
        let files = fs::read_dir(folder.path()).expect("a readable folder").flatten().map(|entry| entry.path());
        mails.extend(files.filter(|path| path.extension().is_some_and(|ending| ending == "eml")));
    }
    mails.sort();
    assert!(mails.len() >= 50, "only {} mails were found", mails.len());
    mails
}

fn now() -> Timestamp {
    NOW.parse().expect("a moment")
}

fn shop() -> (Config, SourceMap) {
    let mut sources = SourceMap::default();
    let folder = root().join("shop");
    let text = fs::read_to_string(folder.join("config.yaml")).expect("the configuration");
    let file = sources.add("config.yaml", text);
    let (config, mut found) = config::read(&sources, file, &folder, &|_| None);
    let mut config = config.expect("a usable configuration");
    found.extend(config.read_profiles(&mut sources).expect("readable profiles"));
    assert!(found.is_empty(), "{}", human::render(&sources, &found, false));
    (config, sources)
}

fn engine() -> Engine {
    let (config, sources) = shop();
    engine_of(&config, sources)
}

fn engine_of(config: &Config, sources: SourceMap) -> Engine {
    let sources = Sources::from_folders(sources, &config.rules, &config.replies).expect("readable folders");
    let library = Library::read(sources, &config.languages);
    assert!(!has_errors(&library.diagnostics), "{}", human::render(&library.sources, &library.diagnostics, false));
    Engine::new(config.engine(instance()), library.rules, library.replies)
}

fn instance() -> InstanceKey {
    InstanceKey::new([7; 32])
}

fn received(path: &Path) -> Received {
    received_of(fs::read(path).expect("a readable mail"))
}

fn received_of(raw: Vec<u8>) -> Received {
    Received {
        channel: ChannelKind::Email,
        account: AccountName::new("shop"),
        key: SourceKey::Maildir { name: "1".to_owned() },
        size: raw.len() as u64,
        raw,
        received_at: now(),
        role: FolderRole::Inbox,
        reconciled: false,
    }
}

fn parse(engine: &Engine, received: &Received) -> Inbound {
    let settings = engine.settings();
    let profiles: &Profiles = &settings.profiles;
    parse_by(received, profiles, &settings.trusted_authserv_ids)
}

fn decided(engine: &Engine, path: &Path) -> (Inbound, Verdict) {
    let inbound = parse(engine, &received(path));
    let verdict = engine.decide(&inbound, &Context::default(), now());
    (inbound, verdict)
}

fn told(engine: &Engine, path: &Path) -> String {
    let (inbound, verdict) = decided(engine, path);
    let mut out = String::new();
    read_of(&inbound, &mut out);
    decision_of(&verdict, &mut out);
    for message in &verdict.messages {
        let _ = writeln!(out, "\n--- {} in {}, on the wire", message.kind.as_str(), message.language);
        out.push_str(&wire(&inbound, message.kind, &message.text, message.html.as_deref()));
    }
    out
}

fn read_of(inbound: &Inbound, out: &mut String) {
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(out, "{name}: {value}");
    };
    let buyer = inbound.from.as_ref().map_or("nobody", |buyer| &buyer.address);
    field("from", buyer);
    match &inbound.relay {
        Relay::None => field("profile", "none"),
        Relay::Unproven(why) => field("unproven", why),
        Relay::Read(relayed) => {
            field("profile", &relayed.profile.title);
            field("proven", if relayed.proven { "yes" } else { "no" });
            field("conversation", relayed.thread.as_deref().unwrap_or("none"));
            field("order", relayed.order.as_deref().unwrap_or("none"));
            field("reference", relayed.reference.as_deref().unwrap_or("none"));
            field("country", relayed.country.as_deref().unwrap_or("none"));
            for problem in &relayed.problems {
                field("problem", problem);
            }
            for cut in &relayed.cut {
                field("cut", &cut.replace('\n', " / "));
            }
        }
    }
    field("language of the site", inbound.language_hint.as_ref().map_or("none", |language| language.as_str()));
    field("subject", &inbound.subject);
    for line in inbound.text.lines() {
        field("text", line);
    }
}

fn decision_of(verdict: &Verdict, out: &mut String) {
    let _ = writeln!(out, "outcome: {:?}", verdict.outcome);
    for guard in &verdict.guards {
        let _ = writeln!(out, "guard: {} {:?} {}", guard.guard, guard.action, guard.evidence);
    }
    for intent in verdict.intents() {
        let _ = writeln!(out, "intent: {intent}");
    }
    if let Some(ticket) = &verdict.ticket {
        let _ = writeln!(out, "ticket: {}", ticket.urgency.as_str());
        for reason in &ticket.reasons {
            let _ = writeln!(out, "reason: {reason}");
        }
    }
}

/// Returns the mail as the service puts it together.
fn wire(inbound: &Inbound, kind: OutboundKind, text: &str, html: Option<&str>) -> String {
    let facts = inbound.mail.as_ref().expect("a mail");
    let buyer = inbound.from.as_ref().expect("somebody to answer");
    let direct = Letter {
        key: &format!("i1-{}", kind.as_str()),
        automatic: kind != OutboundKind::Draft,
        from_name: "Blue Lantern",
        from_address: "shop@blue-lantern.example",
        to_name: buyer.name.as_deref(),
        to_address: &buyer.address,
        subject: &inbound.subject,
        reply_to: Some(ReplyTo {
            message_id: facts.message_id.as_deref(),
            references: &facts.references,
            in_reply_to: &facts.in_reply_to,
        }),
        ticket: None,
        text,
        html,
        date: now(),
        instance: &instance(),
        envelope_sender: EnvelopeSender::Verp,
    };
    let mail = match inbound.relay.read() {
        Some(relayed) => {
            let text = profile::answer(relayed, text);
            compose(&profile::addressed(relayed, Letter { text: &text, ..direct }))
        }
        None => compose(&direct),
    };
    let mail = mail.expect("a mail can be composed");
    let bytes = String::from_utf8(mail.bytes).expect("headers and text are encoded");
    format!("MAIL FROM: {}\nRCPT TO: {}\n{}", mail.envelope_from, mail.envelope_to, bytes.replace('\r', ""))
}
