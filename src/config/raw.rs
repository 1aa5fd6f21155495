//! The configuration file as written: sections, keys, defaults. Every problem is collected.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::Path,
};

use secrecy::SecretString;

use crate::{
    config::{
        Config, Environment, account, clocks, console, delivery::delivery, desk, fixed::Fixed, orders, resolve,
        staff_mail, units, webhooks,
    },
    desk::close,
    diagnostic::{
        Code, Diagnostic, has_errors,
        nearest::nearest,
        source::{FileId, SourceMap, Span},
        yaml::{self, Kind, MISSING_KEY, Node, UNKNOWN_VALUE, fields::Fields},
    },
    engine::settings::{DEFAULT_ANSWER_AT, Limits},
    library::profile,
    model::{inbound::ChannelKind, language::Language, mode::Mode, profile::Profiles, time::DeskHours},
    service::{self, accounts::AccountSettings},
    store,
};

/// A duration, size, address or language that cannot be read.
pub(super) const BAD_VALUE: Code = Code::new("bad-value");
/// Two accounts of one name.
pub(super) const DUPLICATE_ACCOUNT: Code = Code::new("duplicate-account");

/// Below one half the machine would answer what it believes to be wrong.
pub(super) const LEAST_ANSWER_AT: f64 = 0.5;
/// The promise to buyers if the shop makes none: half a day at the desk.
const DEFAULT_REPLY_WITHIN_SECONDS: u64 = 4 * 3_600;

/// Reads sections and collects what is wrong.
pub(super) struct Reader<'a> {
    pub file: FileId,
    pub folder: &'a Path,
    pub shop_name: String,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Opens a mapping; what is no mapping is collected.
    pub(super) fn open<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        Fields::open(self.file, node).map_err(|problem| self.found.push(problem)).ok()
    }

    /// Collects what a mapping had wrong.
    pub(super) fn close(&mut self, fields: Fields<'_>) {
        self.found.extend(fields.finish());
    }

    /// Returns the place of a value.
    pub(super) fn span(&self, node: &Node) -> Span {
        Span::new(self.file, node.span.clone())
    }

    pub(super) fn push(&mut self, found: Diagnostic) {
        self.found.push(found);
    }

    pub(super) fn missing(&mut self, node: &Node, key: &str, help: &str) {
        let span = Span::new(self.file, node.span.start..node.span.start);
        self.push(
            Diagnostic::error(MISSING_KEY, format!("the key `{key}` is missing"), span, "in this mapping").help(help),
        );
    }

    pub(super) fn bad(&mut self, node: &Node, expected: &str) {
        let span = Span::new(self.file, node.span.clone());
        let message = format!("found {}, expected {expected}", node.describe());
        self.push(Diagnostic::error(BAD_VALUE, message, span, "here"));
    }

    /// Returns the value of the word written, or collects that it is none of them.
    pub(super) fn choose<T: Copy>(&mut self, node: &Node, choices: &[(&str, T)]) -> Option<T> {
        let written = node.as_text().unwrap_or_default();
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == written) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let span = Span::new(self.file, node.span.clone());
        let message = format!("found {}, expected one of: {}", node.describe(), names.join(", "));
        let mut found = Diagnostic::error(UNKNOWN_VALUE, message, span.clone(), "here");
        if let Some(close) = nearest(written, names.iter().copied()) {
            found = found.help(format!("did you mean `{close}`?")).fix(span, close);
        }
        self.push(found);
        None
    }

    pub(super) fn seconds(&mut self, fields: &mut Fields<'_>, key: &'static str, default: u64) -> u64 {
        self.unit(fields, key, default, units::seconds, "a duration such as 90s, 15m, 4h or 2d")
    }

    pub(super) fn bytes(&mut self, fields: &mut Fields<'_>, key: &'static str, default: u64) -> u64 {
        self.unit(fields, key, default, units::bytes, "a size such as 500 kB or 25 MB")
    }

    fn unit(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: u64,
        read: fn(&str) -> Option<u64>,
        expected: &str,
    ) -> u64 {
        let Some(node) = fields.node(key) else { return default };
        node.as_text().and_then(read).unwrap_or_else(|| {
            self.bad(node, expected);
            default
        })
    }
}

pub(super) fn read(
    sources: &SourceMap,
    file: FileId,
    folder: &Path,
    environment: Environment<'_>,
) -> (Option<Config>, Vec<Diagnostic>) {
    let (root, mut found) = yaml::parse_all(file, &sources.file(file).text);
    let Some(mut root) = root else { return (None, found) };
    resolve::fill(file, &mut root, environment, &mut found);
    let mut reader = Reader { file, folder, shop_name: String::new(), found };
    let config = whole(&mut reader, &root);
    let usable = !has_errors(&reader.found);
    (config.filter(|_| usable), reader.found)
}

fn whole(reader: &mut Reader<'_>, root: &Node) -> Option<Config> {
    let mut fields = reader.open(root)?;
    let (shop_name, languages) = shop(reader, &mut fields, root);
    reader.shop_name.clone_from(&shop_name);
    let ((desk, desk_country), reply_within_minutes, causes) = desk_section(reader, &mut fields);
    let url = fields.take::<String>("store").unwrap_or_else(|| "sqlite://nightdesk.db".to_owned());
    let rules = reader.folder.join(fields.take::<String>("rules").unwrap_or_else(|| "rules".to_owned()));
    let replies = reader.folder.join(fields.take::<String>("replies").unwrap_or_else(|| "replies".to_owned()));
    let profiles_folder =
        reader.folder.join(fields.take::<String>("profiles").unwrap_or_else(|| "profiles".to_owned()));
    let marketplaces = marketplaces(reader, &mut fields);
    let accounts = accounts(reader, &mut fields, root);
    let trusted = fields.take::<Vec<String>>("trusted_authserv_ids").unwrap_or_default();
    let max_mode = max_mode(reader, &mut fields);
    let answer_at = answer_at(reader, &mut fields);
    let tell_made_up_facts = fields.take("tell_made_up_facts").unwrap_or(true);
    let limits = limits(reader, &mut fields);
    let overnight = clocks::overnight(reader, &mut fields, &desk, &max_mode);
    let response = clocks::clocks(reader, &mut fields);
    let quiet_hours = clocks::quiet_hours(reader, &mut fields);
    let console = console::read(reader, &mut fields);
    let status = status(reader, &mut fields);
    let (retry, verify, pace) = delivery(reader, &mut fields);
    let orders = orders::read(reader, &mut fields);
    let webhooks = webhooks::read(reader, &mut fields);
    let trusted = authserv_ids(trusted, &accounts);
    let staff_mail = staff_mail::read(reader, &mut fields, &accounts, &trusted, console.as_ref());
    let satisfaction = console.as_ref().and_then(console::asks);
    let service = service::Settings { status, retry, verify, pace, orders, webhooks, staff_mail, satisfaction };
    reader.close(fields);
    Some(Config {
        shop_name,
        languages,
        desk,
        desk_country,
        reply_within_minutes,
        store: store::Settings { url: SecretString::from(absolute(&url, reader.folder)) },
        rules,
        replies,
        profiles_folder,
        profiles: Profiles { used: marketplaces.iter().map(|(name, _)| name.clone()).collect(), ..profile::shipped() },
        marketplaces,
        trusted_authserv_ids: trusted,
        accounts,
        max_mode,
        answer_at,
        tell_made_up_facts,
        limits,
        overnight,
        clocks: response,
        quiet_hours,
        console,
        causes,
        service,
        fixed: Fixed::of(root),
    })
}

fn shop(reader: &mut Reader<'_>, fields: &mut Fields<'_>, root: &Node) -> (String, Vec<Language>) {
    let Some(node) = fields.node("shop") else {
        reader.missing(root, "shop", "write `shop:` with `name:` and `languages: [en, zh]` below it");
        return (String::new(), vec![Language::EN]);
    };
    let Some(mut shop) = reader.open(node) else { return (String::new(), vec![Language::EN]) };
    let name = shop.require("name", "the name with which answers are signed").unwrap_or_default();
    let mut languages = Vec::new();
    if let Some(Kind::List(items)) = shop.node("languages").map(|node| &node.kind) {
        for item in items {
            match item.as_text().and_then(|code| code.parse().ok()) {
                Some(language) => languages.push(language),
                None => reader.bad(item, "a language code such as en, zh or de"),
            }
        }
    }
    reader.close(shop);
    if languages.is_empty() {
        reader.missing(node, "languages", "list the languages the shop answers in, the default first: `[en, zh]`");
        languages.push(Language::EN);
    }
    (name, languages)
}

fn desk_section(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> ((DeskHours, Option<Span>), u32, Vec<String>) {
    let usual = || close::CAUSES.iter().map(ToString::to_string).collect();
    let opened = fields.node("desk").and_then(|node| reader.open(node));
    let Some(mut section) = opened else {
        return ((desk::default_hours(), None), minutes(DEFAULT_REPLY_WITHIN_SECONDS), usual());
    };
    let hours = desk::read(reader.file, &mut section);
    let within = reader.seconds(&mut section, "reply_within", DEFAULT_REPLY_WITHIN_SECONDS);
    let causes = section.take::<Vec<String>>("causes").filter(|causes| !causes.is_empty()).unwrap_or_else(usual);
    reader.close(section);
    (hours, minutes(within), causes)
}

fn accounts(reader: &mut Reader<'_>, fields: &mut Fields<'_>, root: &Node) -> Vec<AccountSettings> {
    let Some(node) = fields.node("accounts") else {
        reader.missing(root, "accounts", "list at least one mailbox, bot or folder");
        return Vec::new();
    };
    let Kind::List(items) = &node.kind else {
        reader.bad(node, "a list of accounts, each beginning with `- name:`");
        return Vec::new();
    };
    let mut accounts: Vec<AccountSettings> = Vec::new();
    for item in items {
        let Some(account) = account::read(reader, item) else { continue };
        if accounts.iter().any(|known| known.name() == account.name()) {
            let span = Span::new(reader.file, item.span.clone());
            let message = format!("two accounts are called `{}`", account.name());
            reader.push(Diagnostic::error(DUPLICATE_ACCOUNT, message, span, "second one").help("rename one of them"));
            continue;
        }
        accounts.push(account);
    }
    accounts
}

/// Reads the names of mail profiles; which there are is known when those of the shop are read.
fn marketplaces(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<(String, Span)> {
    let Some(node) = fields.node("marketplaces") else { return Vec::new() };
    let Kind::List(items) = &node.kind else {
        reader.bad(node, "a list of mail profiles such as [amazon, ebay]");
        return Vec::new();
    };
    let mut named = Vec::new();
    for item in items {
        match item.as_text() {
            Some(name) => named.push((name.to_owned(), reader.span(item))),
            None => reader.bad(item, "the name of a mail profile such as ebay"),
        }
    }
    named
}

fn max_mode(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> BTreeMap<ChannelKind, Mode> {
    let modes = [("off", Mode::Off), ("shadow", Mode::Shadow), ("suggest", Mode::Suggest), ("auto", Mode::Auto)];
    let mut ceilings = BTreeMap::from([(ChannelKind::Email, Mode::Auto), (ChannelKind::Telegram, Mode::Auto)]);
    let Some(node) = fields.node("max_mode") else { return ceilings };
    if node.as_text().is_some() {
        // One word is the ceiling of every channel.
        if let Some(mode) = reader.choose(node, &modes) {
            for ceiling in ceilings.values_mut() {
                *ceiling = mode;
            }
        }
        return ceilings;
    }
    let Some(mut section) = reader.open(node) else { return ceilings };
    for (key, kind) in [("email", ChannelKind::Email), ("telegram", ChannelKind::Telegram)] {
        let Some(node) = section.node(key) else { continue };
        ceilings.extend(reader.choose(node, &modes).map(|mode| (kind, mode)));
    }
    reader.close(section);
    ceilings
}

fn answer_at(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> f64 {
    let Some(node) = fields.node("answer_at") else { return DEFAULT_ANSWER_AT };
    let number = match &node.kind {
        Kind::Float(share) => Some(*share),
        Kind::Integer(1) => Some(1.0),
        _ => None,
    };
    let written = number.filter(|share| (LEAST_ANSWER_AT..=1.0).contains(share));
    written.unwrap_or_else(|| {
        reader.bad(node, "a share from 0.5 to 1 such as 0.95");
        DEFAULT_ANSWER_AT
    })
}

fn limits(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Limits {
    let mut limits = Limits::default();
    let Some(mut section) = fields.node("limits").and_then(|node| reader.open(node)) else { return limits };
    for (key, slot) in [
        ("answers_per_sender_day", &mut limits.answers_per_sender_day),
        ("answers_per_sender_week", &mut limits.answers_per_sender_week),
        ("sends_per_chat_hour", &mut limits.sends_per_chat_hour),
        ("sends_per_ten_minutes", &mut limits.sends_per_ten_minutes),
        ("notices_per_sender_day", &mut limits.notices_per_sender_day),
        ("max_mail_age_hours", &mut limits.max_mail_age_hours),
        ("max_chat_age_hours", &mut limits.max_chat_age_hours),
        ("human_silence_hours", &mut limits.human_silence_hours),
    ] {
        if let Some(value) = section.take(key) {
            *slot = value;
        }
    }
    reader.close(section);
    limits
}

fn status(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<SocketAddr> {
    let mut section = fields.node("status").and_then(|node| reader.open(node))?;
    let address = section.node("listen").and_then(|node| {
        let address = node.as_text().and_then(|text| text.parse().ok());
        if address.is_none() {
            reader.bad(node, "an address and a port such as 127.0.0.1:8025");
        }
        address
    });
    reader.close(section);
    address
}

/// Returns the names under which our servers write Authentication-Results: those configured, and those of providers
/// whose name is known by the IMAP host.
fn authserv_ids(written: Vec<String>, accounts: &[AccountSettings]) -> BTreeSet<String> {
    const PROVIDERS: [(&str, &str); 1] = [("imap.gmail.com", "mx.google.com")];
    let hosts = accounts.iter().filter_map(|account| match account {
        AccountSettings::Email(email) => Some(email.imap.host.as_str()),
        AccountSettings::Folder(_) | AccountSettings::Telegram(_) => None,
    });
    let known = hosts.filter_map(|host| PROVIDERS.iter().find(|(imap, _)| imap.eq_ignore_ascii_case(host)));
    let known: Vec<String> = known.map(|(_, id)| (*id).to_owned()).collect();
    written.into_iter().map(|id| id.to_lowercase()).chain(known).collect()
}

/// Makes the path of a SQLite file absolute to the configuration's folder.
fn absolute(url: &str, folder: &Path) -> String {
    match url.strip_prefix("sqlite://") {
        Some(path) => format!("sqlite://{}", folder.join(path).display()),
        None => url.to_owned(),
    }
}

fn minutes(seconds: u64) -> u32 {
    u32::try_from(seconds / 60).unwrap_or(u32::MAX)
}
