//! What a submission server's reply means for the message and for the account: one table, read from the top.
//!
//! A reply is a code of three digits, often an enhanced status (RFC 3463), and words. The code decides whether anything
//! was delivered; the enhanced status tells a trouble of this message from one of the whole account. Words are kept for
//! people and never judged.

use crate::model::outbound::Concern;

/// Longest line of a reply, with its end. RFC 5321 section 4.5.3.1.5 says 512; servers of large providers write more.
pub const MAX_LINE: usize = 2_048;

/// Lines of one reply; an EHLO answer has about a dozen.
pub const MAX_LINES: usize = 100;

/// Characters of a server's reply that are kept as proof or reason.
const MAX_WORDS: usize = 500;

/// One whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, from 200 to 599.
    pub code: u16,
    /// The enhanced status at the head of the first line.
    pub enhanced: Option<Enhanced>,
    /// The text of each line, without the code.
    pub lines: Vec<String>,
}

/// Class, subject and detail (RFC 3463 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enhanced(pub u8, pub u16, pub u16);

/// Where in the conversation a reply comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// At connecting.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Login,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// Unasked, before the message was complete.
    Body,
    /// The final dot.
    Dot,
}

impl Step {
    /// Returns what trouble at this step is about when the reply does not tell: before the envelope no message is known.
    pub fn concern(self) -> Concern {
        match self {
            Self::Greeting | Self::Hello | Self::StartTls | Self::Login => Concern::Account,
            Self::Mail | Self::Rcpt | Self::Data | Self::Body | Self::Dot => Concern::Message,
        }
    }
}

/// What follows from a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// As hoped: on with the next step; after the dot, the server has the message.
    Good,
    /// Nothing was delivered, another attempt may succeed.
    Later(Concern),
    /// Nothing was delivered because the login is missing, refused or too weak: an operator or the provider mends it.
    Login,
    /// Nothing was delivered and never will be.
    Never,
    /// A reply that does not belong here. After the dot nobody can say what it means.
    Odd,
}

/// Which codes a row is about.
#[derive(Debug, Clone, Copy)]
enum Codes {
    Any,
    One(u16),
    Class(u16),
    In(&'static [u16]),
}

/// Which enhanced statuses a row is about, whatever their class.
#[derive(Debug, Clone, Copy)]
enum Status {
    Any,
    Subject(u16),
    Exactly(&'static [(u16, u16)]),
    /// X.7.500 and up: Microsoft's throttles.
    Throttle,
}

struct Row {
    steps: &'static [Step],
    codes: Codes,
    status: Status,
    meaning: Meaning,
}

const EVERYWHERE: &[Step] = &[
    Step::Greeting,
    Step::Hello,
    Step::StartTls,
    Step::Login,
    Step::Mail,
    Step::Rcpt,
    Step::Data,
    Step::Body,
    Step::Dot,
];
const OPENING: &[Step] = &[Step::Greeting, Step::Hello, Step::StartTls];
const ENVELOPE: &[Step] = &[Step::Mail, Step::Rcpt, Step::Data];
const MESSAGE: &[Step] = &[Step::Mail, Step::Rcpt, Step::Data, Step::Body, Step::Dot];

const ACCOUNT: Meaning = Meaning::Later(Concern::Account);
const THIS_MESSAGE: Meaning = Meaning::Later(Concern::Message);

const fn row(steps: &'static [Step], codes: Codes, status: Status, meaning: Meaning) -> Row {
    Row { steps, codes, status, meaning }
}

/// The first row that fits holds. `tests/data/delivery/replies.tsv` has cases for every one.
const TABLE: &[Row] = &[
    // What each step hopes for. Any other 2xx or 3xx is odd, which is the last row.
    row(&[Step::Greeting], Codes::One(220), Status::Any, Meaning::Good),
    row(&[Step::StartTls], Codes::One(220), Status::Any, Meaning::Good),
    row(&[Step::Hello], Codes::One(250), Status::Any, Meaning::Good),
    row(&[Step::Login], Codes::One(235), Status::Any, Meaning::Good),
    row(&[Step::Mail, Step::Rcpt], Codes::In(&[250, 251, 252]), Status::Any, Meaning::Good),
    row(&[Step::Data], Codes::One(354), Status::Any, Meaning::Good),
    row(&[Step::Dot], Codes::Class(2), Status::Any, Meaning::Good),
    // 421: the server closes, is busy, or has had too many connections or messages of this account (RFC 5321, Gmail).
    row(EVERYWHERE, Codes::One(421), Status::Any, ACCOUNT),
    // Before the envelope nothing is about one message.
    row(OPENING, Codes::Class(4), Status::Any, ACCOUNT),
    row(OPENING, Codes::Class(5), Status::Any, ACCOUNT),
    // 454 and 432 are passing troubles of the login (RFC 4954 section 6), everything else there is a refusal.
    row(&[Step::Login], Codes::Class(4), Status::Any, Meaning::Login),
    row(&[Step::Login], Codes::Class(5), Status::Any, Meaning::Login),
    // RFC 4954 section 6: 530 authentication required, 534 too weak, 535 refused, 538 encryption required.
    row(ENVELOPE, Codes::In(&[530, 534, 535, 538]), Status::Any, Meaning::Login),
    // The same by the enhanced status: not authenticated, refused, too weak, encryption needed (RFC 4954, 3463), and
    // Microsoft's switched-off passwords.
    row(
        ENVELOPE,
        Codes::Class(5),
        Status::Exactly(&[(7, 3), (7, 8), (7, 9), (7, 11), (7, 14), (7, 30), (7, 57), (7, 139)]),
        Meaning::Login,
    ),
    // The day's allowance is used up (Gmail), or the account is stopped for sending too much (Microsoft 365).
    row(ENVELOPE, Codes::Class(5), Status::Exactly(&[(4, 5), (1, 8), (1, 90)]), ACCOUNT),
    // Too much at once from this account: Microsoft 365's throttles and its three parallel connections.
    row(MESSAGE, Codes::Class(4), Status::Throttle, ACCOUNT),
    row(MESSAGE, Codes::One(432), Status::Any, ACCOUNT),
    // The server as a whole: full, not accepting, congested (RFC 3463 sections 3.4 and 3.5).
    row(MESSAGE, Codes::Class(4), Status::Exactly(&[(3, 1), (3, 2), (4, 5)]), ACCOUNT),
    // Greylisting and refusals of one recipient, whatever subject they give; then 4.7 is about who sends.
    row(&[Step::Rcpt], Codes::In(&[450, 451]), Status::Any, THIS_MESSAGE),
    row(MESSAGE, Codes::Class(4), Status::Subject(7), ACCOUNT),
    // 454 outside of a login: no TLS now, or a passing trouble of it.
    row(MESSAGE, Codes::One(454), Status::Any, ACCOUNT),
    // 452 with a mailbox's status is this buyer's mailbox, with 4.5.3 this message's recipients; else the server's disk.
    row(MESSAGE, Codes::One(452), Status::Subject(2), THIS_MESSAGE),
    row(MESSAGE, Codes::One(452), Status::Subject(5), THIS_MESSAGE),
    row(MESSAGE, Codes::One(452), Status::Any, ACCOUNT),
    row(MESSAGE, Codes::Class(4), Status::Any, THIS_MESSAGE),
    // 550, 551, 552, 553, 554, 555 and their kin: the server's last word on this message.
    row(MESSAGE, Codes::Class(5), Status::Any, Meaning::Never),
    row(EVERYWHERE, Codes::Any, Status::Any, Meaning::Odd),
];

/// Returns what a reply means at a step.
pub fn judge(step: Step, reply: &Reply) -> Meaning {
    let fits =
        |row: &&Row| row.steps.contains(&step) && row.codes.cover(reply.code) && row.status.covers(reply.enhanced);
    TABLE.iter().find(fits).map_or(Meaning::Odd, |row| row.meaning)
}

impl Codes {
    fn cover(self, code: u16) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => code == one,
            Self::Class(class) => code / 100 == class,
            Self::In(codes) => codes.contains(&code),
        }
    }
}

impl Status {
    fn covers(self, enhanced: Option<Enhanced>) -> bool {
        let Some(Enhanced(_, subject, detail)) = enhanced else { return matches!(self, Self::Any) };
        match self {
            Self::Any => true,
            Self::Subject(wanted) => subject == wanted,
            Self::Exactly(wanted) => wanted.contains(&(subject, detail)),
            Self::Throttle => subject == 7 && detail >= 500,
        }
    }
}

impl Reply {
    /// Reads the lines of one reply, without their ends. None if they are no reply: another form, or codes that differ.
    pub fn read(lines: &[String]) -> Option<Self> {
        let (first, rest) = lines.split_first()?;
        let (code, _) = split(first)?;
        if rest.iter().any(|line| split(line).is_none_or(|(other, _)| other != code)) {
            return None;
        }
        let lines: Vec<String> = lines.iter().filter_map(|line| split(line)).map(|(_, text)| text.to_owned()).collect();
        let enhanced = lines.first().and_then(|line| Enhanced::read(line, code));
        Some(Self { code, enhanced, lines })
    }

    /// Says whether a line is the last one of its reply; none if it belongs to no reply.
    pub fn ends(line: &str) -> Option<bool> {
        split(line)?;
        Some(line.as_bytes().get(3) != Some(&b'-'))
    }

    /// Returns code and words in one line, without control characters and not too long.
    pub fn words(&self) -> String {
        let text = format!("{} {}", self.code, self.lines.join(" "));
        shorten(text.trim_end())
    }
}

impl Enhanced {
    /// Reads `5.1.1` at the head of a line; its class must be the code's (RFC 2034 section 4).
    fn read(line: &str, code: u16) -> Option<Self> {
        let mut parts = line.split_whitespace().next()?.split('.');
        let class = parts.next()?.parse().ok().filter(|class: &u8| u16::from(*class) == code / 100)?;
        let (subject, detail) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Self(class, subject, detail))
    }
}

/// Returns code and text of a line; none if it is no line of a reply.
fn split(line: &str) -> Option<(u16, &str)> {
    let (digits, rest) = line.split_at_checked(3)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let code: u16 = digits.parse().ok().filter(|code| (200..600).contains(code))?;
    match rest.as_bytes().first() {
        None => Some((code, "")),
        Some(b' ' | b'-') => Some((code, &rest[1..])),
        Some(_) => None,
    }
}

/// Returns a text fit for a log line and a ticket: one line, without control characters, not too long.
pub fn shorten(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_WORDS).collect()
}
