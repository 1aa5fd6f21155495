//! Mails to the people of the desk: what they are told of by mail, and what their answers are asked back about.

/// The longest mail address (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const MAX_ADDRESS: usize = 254;

/// The hex digits behind the `n` of a notice's key: 64 random bits, so that a store that was put back from a backup never
/// makes a key again.
const KEY_DIGITS: usize = 16;

/// Why a mail goes to a person of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeCause {
    /// A ticket was opened, or opened again.
    NewTicket,
    /// The buyer wrote again.
    BuyerReplied,
    /// The time to answer is about to end, or an alarm rang.
    Deadline,
    /// An answer by mail was not sent; the person is asked whether it is to go out all the same.
    Question,
    /// An answer by mail was not sent, and this says why.
    Refusal,
}

impl NoticeCause {
    /// Every cause.
    pub const ALL: [Self; 5] = [Self::NewTicket, Self::BuyerReplied, Self::Deadline, Self::Question, Self::Refusal];

    /// What a shop may want its people to be told of.
    pub const EVENTS: [Self; 3] = [Self::NewTicket, Self::BuyerReplied, Self::Deadline];

    /// What answers a mail of a person.
    pub const BACK: [Self; 2] = [Self::Question, Self::Refusal];

    /// Returns the word used in the store and in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewTicket => "new_ticket",
            Self::BuyerReplied => "buyer_replied",
            Self::Deadline => "deadline",
            Self::Question => "question",
            Self::Refusal => "refusal",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }

    /// Returns whether it tells of a ticket; the others answer a mail of the person.
    pub fn is_event(self) -> bool {
        Self::EVENTS.contains(&self)
    }
}

/// Returns a person's mail address as it is kept: in lower case, without blanks around it. None if it is no plain address
/// in ASCII: `local@domain` with at least one dot in the domain.
pub fn staff_address(typed: &str) -> Option<String> {
    let address = typed.trim().to_ascii_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let in_local = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let in_domain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let labels = domain.split('.').count();
    let sound = !local.is_empty()
        && local.bytes().all(in_local)
        && labels > 1
        && domain.split('.').all(|label| !label.is_empty() && label.bytes().all(in_domain))
        && address.len() <= MAX_ADDRESS;
    sound.then_some(address)
}

/// Returns the key of a notice made of at least sixteen random hex digits.
pub fn key(random: &str) -> String {
    format!("n{}", &random[..random.len().min(KEY_DIGITS)])
}

/// Returns whether the key inside a Message-ID of ours names a notice; all others name messages to buyers.
pub fn is_key(key: &str) -> bool {
    key.strip_prefix('n')
        .is_some_and(|digits| digits.len() == KEY_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_address_is_kept_in_one_form_and_nothing_else_is_an_address() {
        for (typed, kept) in [
            (" Anna.Berg@Staff.example ", Some("anna.berg@staff.example")),
            ("anna+desk@staff.example", Some("anna+desk@staff.example")),
            ("anna", None),
            ("anna@localhost", None),
            ("@staff.example", None),
            ("anna@staff..example", None),
            ("anna@staff.example, bo@staff.example", None),
            ("Anna <anna@staff.example>", None),
            ("anna@staff.example\r\nBcc: x@y.example", None),
            ("änna@staff.example", None),
        ] {
            assert_eq!(staff_address(typed).as_deref(), kept, "{typed}");
        }
    }

    #[test]
    fn keys_of_notices_are_told_from_those_of_messages_to_buyers() {
        assert!(is_key(&key("0123456789abcdef0123456789abcdef")));
        for other in ["i42-answer", "t12-3", "n12", "n0123456789abcdeg"] {
            assert!(!is_key(other), "{other}");
        }
    }
}
