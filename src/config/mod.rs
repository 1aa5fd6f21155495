//! The configuration file, as written and as used.
//!
//! Every edge defines its own settings; this module only composes them and is the one place that knows the file's
//! form. `resolve` fills in environment variables and secret files, `raw` reads the whole, `account`, `clocks`,
//! `console`, `desk` and `units` its parts. All problems are reported at once.

mod account;
mod clocks;
mod console;
mod delivery;
mod desk;
pub mod fixed;
pub mod mask;
mod orders;
mod raw;
mod resolve;
pub mod schema;
mod staff_mail;
mod units;
mod webhooks;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    diagnostic::{
        Diagnostic,
        source::{FileId, SourceMap, Span},
    },
    engine,
    library::{LibraryError, profile},
    model::{
        inbound::ChannelKind,
        language::Language,
        mode::Mode,
        profile::Profiles,
        time::{DeskHours, QuietHours},
        wire_id::InstanceKey,
    },
    service::{self, accounts::AccountSettings},
    store,
};

/// The whole configuration, checked.
#[derive(Debug)]
pub struct Config {
    /// The shop's name, as it signs.
    pub shop_name: String,
    /// The languages the shop answers in, the default first; never empty.
    pub languages: Vec<Language>,
    /// When people sit at the desk.
    pub desk: DeskHours,
    /// Where the desk's country is named, if it is.
    pub desk_country: Option<Span>,
    /// Within how many minutes of desk time a person answers.
    pub reply_within_minutes: u32,
    /// Where everything is kept.
    pub store: store::Settings,
    /// The folder of rules.
    pub rules: PathBuf,
    /// The folder of replies.
    pub replies: PathBuf,
    /// The folder of mail profiles; it need not exist.
    pub profiles_folder: PathBuf,
    /// The mail profiles in force: those inside the program until [`Config::read_profiles`] adds the shop's own.
    pub profiles: Profiles,
    /// The marketplaces the shop names, with their places.
    pub marketplaces: Vec<(String, Span)>,
    /// Mailboxes, bots, folders.
    pub accounts: Vec<AccountSettings>,
    /// Names under which our own servers write Authentication-Results.
    pub trusted_authserv_ids: BTreeSet<String>,
    /// The highest mode per channel.
    pub max_mode: BTreeMap<ChannelKind, Mode>,
    /// The confidence from which on an answer goes out by itself.
    pub answer_at: f64,
    /// What the starter pack made up may be told to buyers.
    pub tell_made_up_facts: bool,
    /// Counts and ages at which the machine steps back.
    pub limits: engine::settings::Limits,
    /// The highest mode while somebody is at the desk.
    pub overnight: Option<Mode>,
    /// Within which time people must have answered.
    pub clocks: engine::settings::Clocks,
    /// Hours of the buyer's clock in which nothing goes out that can wait.
    pub quiet_hours: Option<QuietHours>,
    /// The desk in a browser; none if there is no such section.
    pub console: Option<crate::console::settings::Settings>,
    /// The causes that a dispute or complaint may have.
    pub causes: Vec<String>,
    /// Status page and retries.
    pub service: service::Settings,
    /// What is read at the start only.
    pub fixed: fixed::Fixed,
}

/// The environment as the configuration sees it: a name to a value.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads a configuration file that is already in the source map. Relative paths in it are relative to `folder`.
///
/// There is a configuration if and only if no diagnostic is an error.
pub fn read(
    sources: &SourceMap,
    file: FileId,
    folder: &Path,
    environment: Environment<'_>,
) -> (Option<Config>, Vec<Diagnostic>) {
    raw::read(sources, file, folder, environment)
}

/// Returns whether a finding says that a secret is not set, without which the files can be tried out but not served.
pub fn is_unset_secret(found: &Diagnostic) -> bool {
    found.code == resolve::UNSET_SECRET
}

impl Config {
    /// Returns what the engine needs; the secret comes from the store.
    pub fn engine(&self, instance: InstanceKey) -> engine::settings::Settings {
        engine::settings::Settings {
            shop_name: self.shop_name.clone(),
            languages: self.languages.clone(),
            default_language: self.languages.first().copied().unwrap_or(Language::EN),
            desk: self.desk.clone(),
            reply_within_minutes: self.reply_within_minutes,
            own_addresses: self.own_addresses(),
            trusted_authserv_ids: self.trusted_authserv_ids.clone(),
            instance,
            max_mode: self.max_mode.clone(),
            profiles: self.profiles.clone(),
            answer_at: self.answer_at,
            tell_made_up_facts: self.tell_made_up_facts,
            limits: self.limits.clone(),
            overnight: self.overnight,
            clocks: self.clocks.clone(),
            quiet_hours: self.quiet_hours,
            causes: self.causes.clone(),
        }
    }

    /// Adds the shop's own mail profiles and marks the marketplaces it sells on.
    ///
    /// # Errors
    ///
    /// The folder is there and cannot be read.
    pub fn read_profiles(&mut self, sources: &mut SourceMap) -> Result<Vec<Diagnostic>, LibraryError> {
        let (profiles, mut found) = profile::with_own(sources, &self.profiles_folder, &profile::shipped())?;
        self.profiles = profiles;
        let trusts = !self.trusted_authserv_ids.is_empty();
        found.extend(profile::mark_used(&mut self.profiles, &self.marketplaces, sources, trusts));
        Ok(found)
    }

    /// Returns whether mail to this address comes into a mailbox of the shop, whatever stands behind a `+`.
    pub fn is_own_address(&self, address: &str) -> bool {
        self.own_addresses().contains(&engine::guard::plain_address(address))
    }

    /// Returns all addresses and aliases of all mailboxes, lower case.
    fn own_addresses(&self) -> BTreeSet<String> {
        let addresses = self.accounts.iter().flat_map(|account| match account {
            AccountSettings::Email(email) => std::iter::once(&email.address).chain(&email.aliases).collect(),
            AccountSettings::Folder(folder) => vec![&folder.address],
            AccountSettings::Telegram(_) => Vec::new(),
        });
        addresses.map(|address| address.to_lowercase()).collect()
    }
}
