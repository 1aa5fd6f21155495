//! Passwords: which are taken, how they are kept, and that comparing one costs the same whoever asks.
//!
//! Kept as Argon2id with the parameters of OWASP's Password Storage Cheat Sheet (19 MiB, two passes, one lane), computed
//! on threads for blocking work and two at a time, so that a flood of logins takes neither the memory nor the service.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

/// Memory of one hash in KiB: OWASP's first recommendation for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// One lane: a login should take one core, not all.
const LANES: u32 = 1;

/// Hashes computed at once: 38 MiB and two cores at most.
const AT_ONCE: usize = 2;

/// Logins that may wait for their turn; further ones are told to come back, which is better than to wait a minute.
const IN_LINE: usize = 32;

/// The least length, in characters: with no other demand, length is what guessing costs.
pub const MIN_CHARACTERS: usize = 12;

/// The greatest length, in bytes: a long sentence fits, a megabyte does not.
pub const MAX_BYTES: usize = 1024;

/// Fewer different characters than this are a pattern, whatever the length.
const LEAST_DIFFERENT: usize = 5;

/// A run along the keyboard or the alphabet of this share makes the rest worthless.
const LONGEST_RUN: usize = 8;

/// Rows of keyboards, the digits and the alphabet: what fingers find by themselves.
const RUNS: [&str; 7] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];

/// The cores of passwords that are tried first, one on each line.
static COMMON: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    include_str!("common-passwords.txt").lines().map(str::trim).filter(|word| !word.is_empty()).collect()
});

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Too short.
    #[error("the password needs at least {MIN_CHARACTERS} characters; a sentence is easy to keep in mind")]
    Short,
    /// Too long.
    #[error("the password is longer than {MAX_BYTES} bytes")]
    Long,
    /// A pattern.
    #[error("the password repeats few characters or follows the keyboard or the alphabet; that is tried first")]
    Pattern,
    /// A common word with decoration.
    #[error("the password is one of the most used ones with something around it; that is tried first")]
    Common,
    /// The person's or the shop's name with decoration.
    #[error("the password is a name from these pages with something around it; that is tried first")]
    Name,
}

/// Says why a password is not taken; none if it is. `names` are those that stand around it: the person's, the shop's.
pub fn weakness(password: &str, names: &[&str]) -> Option<Weak> {
    if password.len() > MAX_BYTES {
        return Some(Weak::Long);
    }
    if password.chars().count() < MIN_CHARACTERS {
        return Some(Weak::Short);
    }
    let small = password.to_lowercase();
    let different: BTreeSet<char> = small.chars().collect();
    if different.len() < LEAST_DIFFERENT || is_mostly_run(&small) {
        return Some(Weak::Pattern);
    }
    let core = core(&small);
    if core.is_empty() || COMMON.contains(core.as_str()) || is_made_of_common(&core) {
        return Some(Weak::Common);
    }
    let named = names.iter().flat_map(|name| name.split_whitespace()).map(|name| self::core(&name.to_lowercase()));
    named.into_iter().any(|name| name.chars().count() > 2 && repeats(&core, &name)).then_some(Weak::Name)
}

/// Returns the word inside a password: letters that digits stand for put back, everything that is no letter dropped.
fn core(small: &str) -> String {
    let trimmed = small.trim_matches(|c: char| !c.is_alphabetic() && !matches!(c, '@' | '$'));
    let letter = |c: char| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    };
    trimmed.chars().map(letter).filter(|c| c.is_alphabetic()).collect()
}

/// Returns whether a word is a common one again and again, or two of them: `passwordpassword`, `adminpassword`.
fn is_made_of_common(core: &str) -> bool {
    let starts = core.char_indices().map(|(at, _)| at).skip(1);
    starts.into_iter().any(|at| {
        let (head, tail) = core.split_at(at);
        COMMON.contains(head) && (COMMON.contains(tail) || repeats(tail, head))
    })
}

/// Returns whether a text is nothing but another one, once or several times.
fn repeats(text: &str, piece: &str) -> bool {
    !text.is_empty()
        && !piece.is_empty()
        && text.len().is_multiple_of(piece.len())
        && text.replace(piece, "").is_empty()
}

/// Returns whether all but a few characters follow one another on the keyboard or in the alphabet, in either direction.
fn is_mostly_run(small: &str) -> bool {
    let characters: Vec<char> = small.chars().collect();
    let follows = |pair: &[char]| {
        RUNS.iter().any(|run| {
            let at = |c| run.chars().position(|one| one == c);
            matches!((at(pair[0]), at(pair[1])), (Some(one), Some(other)) if one.abs_diff(other) == 1)
        })
    };
    let steps = characters.windows(2).filter(|pair| follows(pair)).count();
    steps >= LONGEST_RUN && steps * 4 >= (characters.len() - 1) * 3
}

/// A password could not be hashed or compared now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unhashed {
    /// Too many wait already.
    #[error("too many people sign in at this moment; try again in a few seconds")]
    Busy,
    /// The computation failed.
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}

/// Where passwords are hashed and compared. Clones share the turns.
#[derive(Debug, Clone)]
pub struct Passwords {
    line: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { line: Arc::new(Semaphore::new(IN_LINE)), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// Returns a password as it is kept, a PHC string.
    pub async fn hash(&self, password: SecretString) -> Result<SecretString, Unhashed> {
        self.in_turn(move || hash(&password)).await?
    }

    /// Returns whether a password is the one that was kept. With nothing to compare it with, as long is computed and the
    /// answer is no: how long it takes does not tell whether there is such a person.
    pub async fn is(&self, password: SecretString, kept: Option<SecretString>) -> Result<bool, Unhashed> {
        self.in_turn(move || compare(&password, kept.as_ref())).await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unhashed> {
        let failed = |error: &dyn std::fmt::Display| Unhashed::Failed(error.to_string());
        let place = Arc::clone(&self.line).try_acquire_owned().map_err(|_| Unhashed::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|error| failed(&error))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work itself, which goes on when nobody waits for it any more.
            let _held = (place, turn);
            work()
        });
        done.await.map_err(|error| failed(&error))
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &SecretString) -> Result<SecretString, Unhashed> {
    let hashed = argon2().hash_password(password.expose_secret().as_bytes());
    hashed.map(|phc| SecretString::from(phc.to_string())).map_err(|error| Unhashed::Failed(error.to_string()))
}

fn compare(password: &SecretString, kept: Option<&SecretString>) -> bool {
    // Somebody who sends a megabyte wants to keep us busy; no password is that long.
    let given = if password.expose_secret().len() > MAX_BYTES { "" } else { password.expose_secret() };
    let parsed = kept.and_then(|phc| PasswordHash::new(phc.expose_secret()).ok());
    let Some(phc) = parsed else {
        // As much work as a comparison; what comes out interests nobody.
        drop(argon2().hash_password(given.as_bytes()));
        return false;
    };
    argon2().verify_password(given.as_bytes(), &phc).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_refused_with_the_reason() {
        let names = ["lin", "Lin Wei", "Pearl Harbor Tea"];
        for (password, weak) in [
            ("short", Some(Weak::Short)),
            ("elevenchars", Some(Weak::Short)),
            ("一二三四五六七八九十一", Some(Weak::Short)),
            ("aaaaaaaaaaaaaaaa", Some(Weak::Pattern)),
            ("abababababababab", Some(Weak::Pattern)),
            ("123456789012", Some(Weak::Pattern)),
            ("abcdefghijklmn", Some(Weak::Pattern)),
            ("Qwertyuiop12", Some(Weak::Pattern)),
            ("1qaz2wsx3edc4rfv", Some(Weak::Pattern)),
            ("Password12345!", Some(Weak::Common)),
            ("P@ssw0rd!2026", Some(Weak::Common)),
            ("passwordpassword", Some(Weak::Common)),
            ("adminpassword", Some(Weak::Common)),
            ("letmein2026!!", Some(Weak::Common)),
            ("2026-11-22 2026", Some(Weak::Common)),
            ("linlinlinlin", Some(Weak::Pattern)),
            ("Pearl1234567", Some(Weak::Name)),
            ("!!Harbor!!2026", Some(Weak::Name)),
            ("correct horse battery", None),
            ("tea at half past nine", None),
            ("买家都睡着了我也去睡觉啦", None),
            ("Xk9#mQ2$vL7!", None),
        ] {
            assert_eq!(weakness(password, &names), weak, "{password}");
        }
        assert_eq!(weakness(&"long sentence ".repeat(80), &[]), Some(Weak::Long));
    }

    #[test]
    fn the_list_of_common_ones_is_long_and_sound() {
        assert!(COMMON.len() >= 300, "only {}", COMMON.len());
        for word in COMMON.iter() {
            assert_eq!(core(word), **word, "only what is left of a password is compared with the list");
        }
    }

    #[tokio::test]
    async fn a_password_is_its_own_and_no_other_and_kept_as_argon2id() {
        let passwords = Passwords::default();
        let given = |text: &str| SecretString::from(text);
        let kept = passwords.hash(given("tea at half past nine")).await.expect("hashed");
        assert!(kept.expose_secret().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.expose_secret());
        let again = passwords.hash(given("tea at half past nine")).await.expect("hashed");
        assert_ne!(kept.expose_secret(), again.expose_secret(), "each has its own salt");
        for (tried, kept, right) in [
            ("tea at half past nine", Some(kept.clone()), true),
            ("tea at half past ten", Some(kept.clone()), false),
            ("", Some(kept), false),
            ("tea at half past nine", None, false),
            ("tea at half past nine", Some(given("no hash")), false),
        ] {
            assert_eq!(passwords.is(given(tried), kept).await, Ok(right), "{tried}");
        }
    }

    #[tokio::test]
    async fn more_than_the_line_holds_are_told_to_come_back() {
        let passwords = Passwords::default();
        let held = Arc::clone(&passwords.line).acquire_many_owned(32).await.expect("free");
        let asked = passwords.is(SecretString::from("tea"), None).await;
        assert_eq!(asked, Err(Unhashed::Busy));
        drop(held);
        assert_eq!(passwords.is(SecretString::from("tea"), None).await, Ok(false));
    }
}
