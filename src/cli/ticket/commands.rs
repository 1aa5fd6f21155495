//! What can be done to a ticket from a terminal, as it is typed.

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use crate::{
    cli::input,
    model::{
        agent_command::{AgentCommand, Answer, Schedule},
        closing::{BadCompensation, CloseResult, Closing, Compensation},
        ids::{AgentName, InboundId, IntentId, TicketId},
        inbound::ChannelKind,
        language::Language,
        ticket::{TicketState, Urgency},
    },
    store::{
        card::BuyerAct,
        queue::{Narrowed, View},
    },
};

#[derive(Debug, Subcommand)]
pub(super) enum TicketCommand {
    /// List tickets, the most urgent first
    List(ListArguments),
    /// Show a ticket: the conversation, and why the machine did not settle it
    Show {
        /// Its number
        ticket: i64,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List what the machine answered, the newest first
    Answered {
        /// Go on after a page: the number of its last message
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// List machine mail, the newest first: what was kept and answered by nobody, with the reason
    MachineMail {
        /// Go on after a page: the number of its last message
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show a conversation, with a ticket or without: what was said, and how the machine read it
    Conversation {
        /// Its number, as `answered` tells it
        conversation: i64,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take over a message that has no ticket, machine mail too: it gets one, which is yours
    Open {
        /// The number of a message of it, as `answered`, `machine-mail` and `conversation` tell it
        #[arg(long)]
        message: i64,
    },
    /// Show the shop's replies, filled for a ticket
    Canned {
        /// Its number
        ticket: i64,
        /// Only this one
        reply: Option<String>,
    },
    /// Take back what you did last, within ten seconds
    Undo {
        /// Its number
        ticket: i64,
    },
    /// Say something of the buyer of a ticket: a note, a grade, a language, a country, another address
    Buyer(BuyerArguments),
    #[command(flatten)]
    Act(Act),
}

/// Which tickets to list.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Also those that wait for the buyer and those that are closed
    #[arg(long)]
    pub all: bool,
    /// Only those I own
    #[arg(long)]
    pub mine: bool,
    /// A list of the console, in its order: mine, unclaimed, drafts, waiting, scheduled, snoozed, all or closed
    #[arg(long, value_parser = view, conflicts_with_all = ["all", "mine"])]
    pub view: Option<View>,
    /// Only tickets in which this is said, as `nightdesk find` reads it
    #[arg(long, value_name = "WORDS", conflicts_with_all = ["all", "mine", "view", "NarrowArguments"])]
    pub search: Option<String>,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    /// One JSON object per line
    #[arg(long)]
    pub json: bool,
}

/// What narrows a list down, by the names of the API.
#[derive(Debug, Args)]
pub(super) struct NarrowArguments {
    /// Only this colleague's, or this program's (token:erp)
    #[arg(long, value_name = "NAME", conflicts_with = "mine")]
    assignee: Option<String>,
    /// Only with this label
    #[arg(long, value_name = "LABEL")]
    tag: Option<String>,
    /// Only of this intent, which is the id of a rule
    #[arg(long, value_name = "RULE")]
    intent: Option<String>,
    /// Only in this language, such as de
    #[arg(long, value_name = "CODE")]
    language: Option<Language>,
    /// Only through this kind of channel: email or telegram
    #[arg(long, value_parser = channel)]
    channel: Option<ChannelKind>,
    /// Only in this state: open, claimed, waiting or closed
    #[arg(long, value_parser = state)]
    state: Option<TicketState>,
}

impl ListArguments {
    /// Returns what narrows the list down; none if nothing does.
    pub(super) fn narrowed(&self, me: &AgentName) -> Option<Narrowed> {
        let NarrowArguments { assignee, tag, intent, language, channel, state } = &self.narrow;
        let narrowed = Narrowed {
            assignee: assignee.clone().map(AgentName::new),
            tag: tag.clone(),
            intent: intent.clone().map(IntentId::new),
            language: *language,
            channel: *channel,
            state: *state,
        };
        if narrowed == Narrowed::default() {
            return None;
        }
        Some(Narrowed { assignee: narrowed.assignee.or_else(|| self.mine.then(|| me.clone())), ..narrowed })
    }
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct BuyerWords {
    /// Write something on the card
    #[arg(long)]
    note: Option<String>,
    /// Give a grade such as vip, A or B; `none` takes it away
    #[arg(long)]
    grade: Option<String>,
    /// Answer in this language, such as de; `none` leaves it to the messages
    #[arg(long)]
    language: Option<String>,
    /// The buyer lives there, such as DE; `none` leaves it to the messages
    #[arg(long)]
    country: Option<String>,
    /// The buyer also writes from this address or chat, which people read together with this one from then on
    #[arg(long, value_name = "ADDRESS")]
    same_as: Option<String>,
    /// The address of this ticket is a person of its own
    #[arg(long)]
    apart: bool,
}

/// What a person says of a buyer.
#[derive(Debug)]
pub(super) enum Said {
    /// Something that stands on the card.
    OfOne(BuyerAct),
    /// The address of another buyer who is the same person.
    SameAs(String),
    /// The address is a person of its own.
    Apart,
}

#[derive(Debug, Args)]
pub(super) struct BuyerArguments {
    /// The number of a ticket of the buyer
    pub(super) ticket: i64,
    #[command(flatten)]
    words: BuyerWords,
}

impl BuyerArguments {
    /// Returns what is said of the buyer.
    ///
    /// # Errors
    ///
    /// It is no grade, language or country.
    pub(super) fn act(self) -> anyhow::Result<Said> {
        let said = |word: String| (word != "none").then_some(word);
        let BuyerWords { note, grade, language, country, same_as, apart } = self.words;
        if apart {
            return Ok(Said::Apart);
        }
        if let Some(address) = same_as {
            return Ok(Said::SameAs(address));
        }
        let act = match (note, grade, language, country) {
            (Some(note), ..) => BuyerAct::Note(note),
            (_, Some(grade), ..) => BuyerAct::Grade(said(grade)),
            (.., Some(country)) => BuyerAct::Country(said(country)),
            (_, _, language, _) => {
                let code = language.and_then(said);
                let read = |code: String| code.parse::<Language>().map_err(|error| anyhow::anyhow!("{error}"));
                BuyerAct::Language(code.map(read).transpose()?)
            }
        };
        Ok(Said::OfOne(act.checked()?))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Act {
    /// Take a ticket; from then on the machine is silent in its conversation
    Claim(One),
    /// Give a ticket back to the queue
    Release(One),
    /// Give a ticket to a colleague
    Assign {
        #[command(flatten)]
        one: One,
        /// The colleague's name
        person: String,
    },
    /// Answer the buyer, in the same mail thread or chat; it leaves after ten seconds, in which `undo` takes it back
    Reply(ReplyArguments),
    /// Do something with the prepared draft (`reply --draft` sends it)
    #[command(subcommand)]
    Draft(DraftAct),
    /// Take back a reply that waits for its hour
    CancelReply(One),
    /// Write something for colleagues; it never leaves the house
    Note {
        #[command(flatten)]
        one: One,
        /// The text; `-` or nothing reads it from standard input
        text: Option<String>,
    },
    /// Put a ticket off; the buyer's next message brings it back before
    Snooze {
        #[command(flatten)]
        one: One,
        /// Until when: `2h`, `3d`, `14:00`, `2026-11-20 09:00` of the desk's clock
        #[arg(long)]
        until: String,
    },
    /// Bring a ticket back that was put off
    Wake(One),
    /// Give a ticket a label
    Tag {
        #[command(flatten)]
        one: One,
        /// The label
        tag: String,
        /// Take it away instead
        #[arg(long)]
        remove: bool,
    },
    /// Say how soon a person must look: normal, high or urgent
    Urgency {
        #[command(flatten)]
        one: One,
        /// normal, high or urgent
        #[arg(value_parser = urgency)]
        urgency: Urgency,
    },
    /// Close a ticket; a new message of the buyer opens it again
    Close(CloseArguments),
    /// Open a ticket again that was closed or waits for the buyer
    Reopen(One),
    /// Let a ticket go on in another one of the same buyer
    Merge {
        #[command(flatten)]
        one: One,
        /// The number of the other one
        #[arg(long)]
        into: i64,
    },
    /// Let one message of a ticket begin a ticket of its own
    Split {
        #[command(flatten)]
        one: One,
        /// The number of the message, as `show` tells it
        #[arg(long)]
        message: i64,
    },
    /// Let the machine speak again in a conversation
    HandBack(One),
    /// Stop what the machine is about to say
    Stop(One),
    /// Switch the machine on or off in one conversation
    #[command(subcommand)]
    Bot(BotAct),
}

#[derive(Debug, Subcommand)]
pub(super) enum DraftAct {
    /// Throw it away as wrong; it is counted against its rule
    Reject {
        #[command(flatten)]
        one: One,
        /// Why
        #[arg(default_value = "")]
        why: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum BotAct {
    /// The machine may speak again
    On(One),
    /// The machine is silent until it is switched on again
    Off(One),
}

/// One ticket, and whether one is sure.
#[derive(Debug, Args)]
pub(super) struct One {
    /// Its number
    ticket: i64,
    /// Do it although a colleague has the ticket, a reply waits for its hour, the deadline is earlier, or the buyers differ
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReplyArguments {
    #[command(flatten)]
    one: One,
    /// The text; `-` or nothing reads it from standard input
    text: Option<String>,
    /// Send the prepared draft as it stands
    #[arg(long, conflicts_with_all = ["text", "edited"])]
    draft: bool,
    /// The text is the prepared draft with changes; counted so
    #[arg(long)]
    edited: bool,
    /// Let it leave then: `2h`, `14:00`, `2026-11-20 09:00` of the desk's clock
    #[arg(long, conflicts_with = "morning")]
    at: Option<String>,
    /// Let it leave in the buyer's next morning
    #[arg(long)]
    morning: bool,
}

#[derive(Debug, Args)]
pub(super) struct CloseArguments {
    #[command(flatten)]
    one: One,
    /// How it ended, in your own words
    #[arg(default_value = "")]
    text: String,
    /// What came of it: solved, refunded, replaced, returned, declined or withdrawn; complaints need it
    #[arg(long, value_parser = result)]
    result: Option<CloseResult>,
    /// Why it came to it, one of the causes of the configuration; complaints need it
    #[arg(long)]
    cause: Option<String>,
    /// What it cost: `none`, or `12.50 EUR`; complaints need it
    #[arg(long, value_parser = compensation)]
    compensation: Option<Compensation>,
}

fn view(word: &str) -> Result<View, String> {
    let known = View::ALL.map(View::as_str).join(", ");
    View::from_word(word).ok_or_else(|| format!("write one of {known}"))
}

fn channel(word: &str) -> Result<ChannelKind, String> {
    let known = [ChannelKind::Email, ChannelKind::Telegram];
    known.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| "write email or telegram".to_owned())
}

fn state(word: &str) -> Result<TicketState, String> {
    let known = TicketState::ALL.map(TicketState::as_str).join(", ");
    TicketState::from_word(word).ok_or_else(|| format!("write one of {known}"))
}

fn urgency(word: &str) -> Result<Urgency, String> {
    Urgency::from_word(word).ok_or_else(|| "write normal, high or urgent".to_owned())
}

fn result(word: &str) -> Result<CloseResult, String> {
    let known = CloseResult::ALL.map(CloseResult::as_str).join(", ");
    CloseResult::from_word(word).ok_or_else(|| format!("write one of {known}"))
}

fn compensation(text: &str) -> Result<Compensation, BadCompensation> {
    text.parse()
}

/// An act on a ticket, with the sentence that says that it is done.
pub(super) struct Typed {
    pub(super) ticket: TicketId,
    pub(super) command: AgentCommand,
    pub(super) force: bool,
    pub(super) done: &'static str,
}

impl Act {
    /// Returns the act that was typed; texts are read from standard input if they were not given.
    ///
    /// # Errors
    ///
    /// The input cannot be read, or a moment is none.
    pub(super) fn typed(self, zone: &TimeZone, now: Timestamp) -> anyhow::Result<Typed> {
        let (one, command, done) = match self {
            Self::Claim(one) => (one, AgentCommand::Claim, "is yours; the machine is silent in its conversation"),
            Self::Release(one) => (one, AgentCommand::Release, "is back in the queue"),
            Self::Assign { one, person } => (one, AgentCommand::Assign(AgentName::new(person)), "was handed over"),
            Self::Reply(reply) => reply.typed(zone, now)?,
            Self::Draft(DraftAct::Reject { one, why }) => {
                (one, AgentCommand::RejectDraft(why), "has no draft any more; it was counted as wrong")
            }
            Self::CancelReply(one) => (one, AgentCommand::CancelReply, "is yours; its reply does not leave"),
            Self::Note { one, text } => (one, AgentCommand::Note(input::text(text, "the note")?), "has a new note"),
            Self::Snooze { one, until } => (
                one,
                AgentCommand::Snooze(moment(&until, zone, now)?),
                "is put off; the buyer's next message brings it back",
            ),
            Self::Wake(one) => (one, AgentCommand::Wake, "is in the queue again"),
            Self::Tag { one, tag, remove: false } => (one, AgentCommand::Tag(tag), "has the label"),
            Self::Tag { one, tag, remove: true } => (one, AgentCommand::Untag(tag), "has the label no more"),
            Self::Urgency { one, urgency } => (one, AgentCommand::SetUrgency(urgency), "has another urgency"),
            Self::Close(close) => close.typed(),
            Self::Reopen(one) => (one, AgentCommand::Reopen, "is open again"),
            Self::Merge { one, into } => {
                (one, AgentCommand::Merge(TicketId(into)), "goes on in the other one, with everything that was said")
            }
            Self::Split { one, message } => (one, AgentCommand::Split(InboundId(message)), "has one message less"),
            Self::HandBack(one) => (one, AgentCommand::HandBack, "is nobody's; the machine may speak again"),
            Self::Stop(one) => {
                (one, AgentCommand::StopPending, "waits for a person; the machine's message does not leave")
            }
            Self::Bot(BotAct::On(one)) => (one, AgentCommand::BotOn, "may be answered by the machine again"),
            Self::Bot(BotAct::Off(one)) => (one, AgentCommand::BotOff, "is left alone by the machine from now on"),
        };
        Ok(Typed { ticket: TicketId(one.ticket), command, force: one.force, done })
    }
}

impl ReplyArguments {
    fn typed(self, zone: &TimeZone, now: Timestamp) -> anyhow::Result<(One, AgentCommand, &'static str)> {
        let schedule = match (&self.at, self.morning) {
            (Some(at), _) => Schedule::At(moment(at, zone, now)?),
            (None, true) => Schedule::BuyersMorning,
            (None, false) => Schedule::Now,
        };
        if self.draft {
            return Ok((self.one, AgentCommand::SendDraft(schedule), "was answered with its draft"));
        }
        let text = input::text(self.text, "the answer")?;
        let answer = Answer { text, from_draft: self.edited, schedule };
        Ok((self.one, AgentCommand::Reply(answer), "was answered"))
    }
}

impl CloseArguments {
    fn typed(self) -> (One, AgentCommand, &'static str) {
        let Self { one, text, result, cause, compensation } = self;
        (one, AgentCommand::Close(Closing { text, result, cause, compensation }), "is closed")
    }
}

/// Reads a moment: a length of time from now, an hour of the clock, which is the next one of that name, or a day and an hour.
fn moment(written: &str, zone: &TimeZone, now: Timestamp) -> anyhow::Result<Timestamp> {
    let text = written.trim();
    let bad = || anyhow::anyhow!("`{written}` is no moment: write `2h`, `3d`, `14:00` or `2026-11-20 09:00`");
    if let Some(length) = length(text) {
        return now.checked_add(length).map_err(|_| bad());
    }
    if let Some(time) = text.parse::<civil::Time>().ok().filter(|_| !text.contains('-')) {
        let today = now.to_zoned(zone.clone()).date();
        let at = |date: civil::Date| date.to_datetime(time).to_zoned(zone.clone()).ok().map(|at| at.timestamp());
        let next = at(today).filter(|at| *at > now).or_else(|| at(today.tomorrow().ok()?));
        return next.ok_or_else(bad);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let at: civil::DateTime = text.parse().map_err(|_| bad())?;
    Ok(at.to_zoned(zone.clone()).map_err(|_| bad())?.timestamp())
}

/// Reads `30m`, `2h`, `3d`.
fn length(text: &str) -> Option<SignedDuration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = digits.parse().ok().filter(|number| (1..=100_000).contains(number))?;
    match unit {
        "m" => Some(SignedDuration::from_mins(number)),
        "h" => Some(SignedDuration::from_hours(number)),
        "d" => Some(SignedDuration::from_hours(number * 24)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_length_an_hour_or_a_day_of_the_desks_clock() {
        let zone = TimeZone::get("Asia/Shanghai").expect("known");
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a moment");
        for (written, at) in [
            ("30m", "2026-11-22T08:30:00Z"),
            ("2d", "2026-11-24T08:00:00Z"),
            ("17:30", "2026-11-22T09:30:00Z"),
            ("09:00", "2026-11-23T01:00:00Z"),
            ("2026-11-25 09:00", "2026-11-25T01:00:00Z"),
            ("2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z"),
        ] {
            assert_eq!(moment(written, &zone, now).expect(written).to_string(), at, "{written}");
        }
        for written in ["", "h", "0h", "tomorrow", "25:00", "-2h"] {
            assert!(moment(written, &zone, now).is_err(), "{written}");
        }
    }
}
