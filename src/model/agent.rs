//! The people who work at the desk: what each may do, and for which mailboxes.
//!
//! Passwords, codes and sessions are no part of this: they never leave the store and the console's door.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    ids::{AccountName, AgentName},
    language::Language,
};

/// The longest login name: it stands in lists, in the audit log and beside every act.
pub const MAX_LOGIN_NAME: usize = 32;

/// The longest name that colleagues see, in characters.
pub const MAX_DISPLAY_NAME: usize = 80;

/// Names under which the program itself or a terminal acts; nobody may take one and pass for them.
const RESERVED: [&str; 8] = ["api", "buyer", "desk", "engine", "nightdesk", "setup", "system", "terminal"];

/// What a person may do. Each may do what the one before may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Work the queue.
    #[default]
    Agent,
    /// Also pause, switch situations, and look into rules and quarantine.
    Editor,
    /// Also people, tokens, settings and the audit log.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Agent, Self::Editor, Self::Admin];

    /// Returns the word used in the store, in forms and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A person who may sign in, or could once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agent {
    /// The login name, which also stands beside every act.
    pub name: AgentName,
    /// The name that colleagues see.
    pub display: String,
    /// What this person may do.
    pub role: Role,
    /// The mailboxes and bots this person works for; none means all, those that are added later too.
    pub accounts: Option<Vec<AccountName>>,
    /// The language of the pages.
    pub language: Language,
    /// Keys work that are pressed alone, such as `j`; whoever speaks to the computer has them off (WCAG 2.1.4).
    pub single_keys: bool,
    /// Where notices about tickets go, in lower case; none if the person wants none.
    pub email: Option<String>,
    /// A password was chosen; without one nobody can sign in under this name.
    pub has_password: bool,
    /// An authenticator program is asked for a code at each login.
    pub totp: bool,
    /// When the person was shut out; none while the door is open.
    pub disabled_at: Option<Timestamp>,
    /// When the person was added.
    pub created_at: Timestamp,
    /// The last login.
    pub login_at: Option<Timestamp>,
}

impl Agent {
    /// Returns the accounts the person is limited to; none means all. An admin decides who is limited, so a limit of
    /// their own would be one they could lift: for admins there is none.
    pub fn reach(&self) -> Option<&[AccountName]> {
        self.accounts.as_deref().filter(|_| self.role < Role::Admin)
    }

    /// Returns whether cases of this account exist for the person.
    pub fn sees(&self, account: &AccountName) -> bool {
        self.reach().is_none_or(|accounts| accounts.contains(account))
    }

    /// Returns whether the person can sign in at all.
    pub fn is_active(&self) -> bool {
        self.has_password && self.disabled_at.is_none()
    }
}

/// Why a login name cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// It has none, or too many characters, or others than allowed.
    #[error(
        "a login name has 1 to {MAX_LOGIN_NAME} characters of a-z, 0-9, `.`, `_` and `-`, and begins with a letter or \
         a digit"
    )]
    Form,
    /// The program itself acts under it.
    #[error("that name is one under which the program itself acts; take another")]
    Reserved,
}

/// Reads a login name as somebody typed it: blanks around it go, capitals become small.
pub fn login_name(typed: &str) -> Result<AgentName, NameProblem> {
    let name = typed.trim().to_ascii_lowercase();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !begins || name.len() > MAX_LOGIN_NAME || !name.chars().all(allowed) {
        return Err(NameProblem::Form);
    }
    if RESERVED.contains(&name.as_str()) {
        return Err(NameProblem::Reserved);
    }
    Ok(AgentName::new(name))
}

/// Returns a name for colleagues as it is kept: one line, no control characters, not longer than
/// [`MAX_DISPLAY_NAME`] characters; the login name if nothing is left.
pub fn display_name(typed: &str, login: &AgentName) -> String {
    let visible = typed.chars().map(|c| if c.is_control() { ' ' } else { c });
    let one_line: String = visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = one_line.chars().take(MAX_DISPLAY_NAME).collect();
    if cut.is_empty() { login.to_string() } else { cut }
}
