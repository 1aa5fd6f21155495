//! The desk's lists: which tickets a view holds, in which order they are worked, and how many there are.
//!
//! **The order.** Every list begins with what must be worked first, by one moment for each ticket, its *turn*: the
//! deadline of its response clock, or a day after it was opened where no clock runs. A step of urgency (high, urgent)
//! counts as twelve hours less, a step of the buyer's grade as six. So what is overdue stands on top, the longest overdue
//! first; an urgent ticket with a clock of a day has its turn at once; and nothing, however small, waits for ever behind
//! what is urgent. What waits for the buyer has its turn a year later and stands behind the rest. Closed
//! tickets are listed the last closed first.
//!
//! The moment is computed by an expression that indexes hold (migration `search`), so there is no column that a write
//! could forget. Lists are read from a mark on, never by an offset: a page costs the same however far down it is.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    model::{
        ids::{AccountName, AgentName, IntentId, TicketId},
        inbound::ChannelKind,
        language::Language,
        satisfaction,
        ticket::{Ticket, TicketState},
    },
    store::{
        Store,
        database::{Row, Value},
        error::StoreError,
        inbound::channel_of,
        thread::language_of,
        ticket::ticket_of,
    },
};

/// Counts end here: a number beyond it helps nobody to decide what to do next, and counting on costs time.
pub const MOST_COUNTED: u32 = 1_000;

/// The most tickets one page holds, whatever is asked for.
pub const MOST_LISTED: u32 = 200;

/// What leaves within this time is on its way, and no scheduled reply.
const SOON: SignedDuration = SignedDuration::from_mins(1);

/// A list of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// What the asking person owns and has not closed.
    Mine,
    /// Nobody works on it.
    Unclaimed,
    /// A draft of the machine waits for a person.
    Drafts,
    /// It is the buyer's turn.
    Waiting,
    /// A reply is written and leaves at an hour that a person chose.
    Scheduled,
    /// Somebody put it off, and its time has not come.
    Snoozed,
    /// Everything that is not closed.
    All,
    /// Closed, the last one first.
    Closed,
}

impl View {
    /// Every view, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Mine,
        Self::Unclaimed,
        Self::Drafts,
        Self::Waiting,
        Self::Scheduled,
        Self::Snoozed,
        Self::All,
        Self::Closed,
    ];

    /// Returns the word used in addresses and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unclaimed => "unclaimed",
            Self::Drafts => "drafts",
            Self::Waiting => "waiting",
            Self::Scheduled => "scheduled",
            Self::Snoozed => "snoozed",
            Self::All => "all",
            Self::Closed => "closed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == word)
    }
}

/// Whose lists these are.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    /// The asking person, for [`View::Mine`].
    pub name: &'a AgentName,
    /// The accounts whose tickets they may see; none: all of them.
    pub accounts: Option<&'a [AccountName]>,
}

/// What narrows a list down. The default narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowed {
    /// Only this person's.
    pub assignee: Option<AgentName>,
    /// Only with this label.
    pub tag: Option<String>,
    /// Only of this intent.
    pub intent: Option<IntentId>,
    /// Only in this language.
    pub language: Option<Language>,
    /// Only through this kind of channel.
    pub channel: Option<ChannelKind>,
    /// Only in this state.
    pub state: Option<TicketState>,
}

/// Where the next page begins. Written as text in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    turn: i64,
    id: i64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.turn, self.id)
    }
}

impl FromStr for Mark {
    type Err = NoMark;

    fn from_str(text: &str) -> Result<Self, NoMark> {
        let (turn, id) = text.split_once('.').ok_or(NoMark)?;
        match (turn.parse(), id.parse()) {
            (Ok(turn), Ok(id)) => Ok(Self { turn, id }),
            _ => Err(NoMark),
        }
    }
}

/// A text that is no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in a list; begin at the first page")]
pub struct NoMark;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// The ticket.
    pub ticket: Ticket,
    /// The mailbox or bot.
    pub account: AccountName,
    /// The kind of channel.
    pub channel: ChannelKind,
    /// The language of the conversation, if known.
    pub language: Option<Language>,
    /// The grade that the shop gave the buyer, if any.
    pub grade: Option<String>,
    /// The beginning of the buyer's newest message; empty where there is none.
    pub preview: String,
    /// A draft waits.
    pub draft: bool,
    /// When a written reply leaves that a person put off.
    pub leaves_at: Option<Timestamp>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// In the order of the list.
    pub tickets: Vec<Listed>,
    /// Where the next page begins; none if this was the last one.
    pub next: Option<Mark>,
}

/// How many there are in each list, at most [`MOST_COUNTED`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counted {
    /// By view.
    pub tickets: Vec<(View, u32)>,
    /// Messages that the machine answered.
    pub answered: u32,
    /// Machine mail: messages that ended in silence.
    pub machine_mail: u32,
    /// Messages that could not be decided on.
    pub quarantine: u32,
}

impl Counted {
    /// Returns how many tickets a view holds.
    pub fn of(&self, view: View) -> u32 {
        self.tickets.iter().find(|(counted, _)| *counted == view).map_or(0, |(_, count)| *count)
    }
}

/// The turn, word for word as the indexes have it.
macro_rules! turn {
    () => {
        "(COALESCE(respond_by, opened_at + 86400000) - urgency * 43200000 - grade_rank * 21600000
    + CASE WHEN state = 'waiting' THEN 31536000000 ELSE 0 END)"
    };
}

/// Which tickets belong to a view; `$1` is the person, `$2` the moment after which a reply is a scheduled one.
macro_rules! mine {
    () => {
        "state <> 'closed' AND assignee = $1 AND (snoozed_until IS NULL OR snoozed_until <= $2)"
    };
}
macro_rules! unclaimed {
    () => {
        "state <> 'closed' AND state = 'open' AND (snoozed_until IS NULL OR snoozed_until <= $2)"
    };
}
macro_rules! drafts {
    () => {
        "state <> 'closed' AND EXISTS (
           SELECT o.id FROM outbox o WHERE o.thread = ticket.thread AND o.state = 'held')"
    };
}
macro_rules! waiting {
    () => {
        "state <> 'closed' AND state = 'waiting'"
    };
}
macro_rules! scheduled {
    () => {
        "state <> 'closed' AND EXISTS (
           SELECT o.id FROM outbox o
           WHERE o.thread = ticket.thread AND o.human = 1 AND o.state IN ('ready', 'retry_at') AND o.due_at > $2)"
    };
}
macro_rules! snoozed {
    () => {
        "state <> 'closed' AND snoozed_until > $2"
    };
}
macro_rules! unfinished {
    () => {
        "state <> 'closed'"
    };
}
/// A ticket has the moment exactly while it is closed. By its state, an index of states would be taken and all be sorted.
macro_rules! closed {
    () => {
        "closed_at IS NOT NULL"
    };
}

/// The tickets of a view whose accounts the person may see.
macro_rules! seen {
    ($scope:expr) => {
        concat!($scope, " AND ($3 IS NULL OR REPLACE($3, '\n' || account || '\n', '') <> $3)")
    };
}

/// One page of a view by an order.
macro_rules! list {
    ($scope:expr, $turn:expr) => {
        page!(seen!($scope), $turn)
    };
}

/// One page of the tickets in a scope that says whose they are.
macro_rules! page {
    ($seen:expr, $turn:expr) => {
        concat!(
            "SELECT p.id, p.thread, p.inbound, p.state, p.urgency, p.subject, p.buyer, p.intent, p.reasons, p.tags,
                    p.assignee, p.version, p.opened_at, p.changed_at, p.respond_by, p.claimed_at, p.snoozed_until,
                    p.merged_into, p.result, p.cause, p.compensation, p.turn, p.account,
                    t.channel, t.language, b.grade,
                    (SELECT SUBSTR(e.text, 1, 250) FROM ticket_event e WHERE e.ticket = p.id AND e.what = 'inbound'
                     ORDER BY e.id DESC LIMIT 1) AS preview,
                    (SELECT COUNT(*) FROM outbox o WHERE o.thread = p.thread AND o.state = 'held') AS drafts,
                    (SELECT MIN(o.due_at) FROM outbox o WHERE o.thread = p.thread AND o.human = 1
                       AND o.state IN ('ready', 'retry_at') AND o.due_at > $2) AS leaves_at
             FROM (SELECT id, thread, inbound, state, urgency, subject, buyer, intent, reasons, tags, assignee, version,
                          opened_at, changed_at, respond_by, account, claimed_at, snoozed_until, merged_into, result,
                          cause, compensation, ",
            $turn,
            " AS turn FROM ticket WHERE ",
            $seen,
            " AND ",
            $turn,
            " >= $4 AND (",
            $turn,
            " > $4 OR id > $5) AND ($1 IS NOT NULL)
              AND ($6 IS NULL OR assignee = $6) AND ($7 IS NULL OR REPLACE(tags, $7, '') <> tags)
              AND ($8 IS NULL OR intent = $8)
              AND ($9 IS NULL OR (SELECT x.language FROM thread x WHERE x.id = ticket.thread) = $9)
              AND ($10 IS NULL OR (SELECT x.channel FROM thread x WHERE x.id = ticket.thread) = $10)
              AND ($11 IS NULL OR state = $11) ORDER BY ",
            $turn,
            ", id LIMIT $12) p
             JOIN thread t ON t.id = p.thread LEFT JOIN buyer b ON b.key = t.participant ORDER BY p.turn, p.id"
        )
    };
}

/// How many tickets a view holds, up to a limit.
macro_rules! count {
    ($scope:expr) => {
        count_of!(seen!($scope))
    };
}

/// How many tickets a scope holds that says whose they are.
macro_rules! count_of {
    ($seen:expr) => {
        concat!(
            "SELECT COUNT(*) AS many FROM (SELECT id FROM ticket WHERE ",
            $seen,
            " AND $1 IS NOT NULL AND $2 > 0 LIMIT $4) c"
        )
    };
}

/// Returns the statement that lists a view, for whoever looks at its plan. Its values are those of [`Store::queue`].
pub fn listing(view: View) -> &'static str {
    match view {
        View::Mine => list!(mine!(), turn!()),
        View::Unclaimed => list!(unclaimed!(), turn!()),
        View::Drafts => list!(drafts!(), turn!()),
        View::Waiting => list!(waiting!(), turn!()),
        View::Scheduled => list!(scheduled!(), turn!()),
        View::Snoozed => list!(snoozed!(), turn!()),
        View::All => list!(unfinished!(), turn!()),
        View::Closed => list!(closed!(), "(0 - closed_at)"),
    }
}

/// The closed tickets of one account. They are many, and another account's may be nearly all of them.
pub const CLOSED_OF_ACCOUNT: &str = page!(concat!(closed!(), " AND account = $3"), "(0 - closed_at)");

fn counting(view: View) -> &'static str {
    match view {
        View::Mine => count!(mine!()),
        View::Unclaimed => count!(unclaimed!()),
        View::Drafts => count!(drafts!()),
        View::Waiting => count!(waiting!()),
        View::Scheduled => count!(scheduled!()),
        View::Snoozed => count!(snoozed!()),
        View::All => count!(unfinished!()),
        View::Closed => count!(closed!()),
    }
}

impl Store {
    /// Returns a page of a list, from a mark on; at most [`MOST_LISTED`] tickets, whatever `limit` says.
    pub async fn queue(
        &self,
        view: View,
        viewer: Viewer<'_>,
        narrowed: &Narrowed,
        from: Option<Mark>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Page, StoreError> {
        let limit = limit.clamp(1, MOST_LISTED);
        let from = from.unwrap_or(Mark { turn: i64::MIN, id: i64::MIN });
        let accounts = named(viewer.accounts);
        let tag = narrowed.tag.as_deref().map(quoted);
        let mut values: [Value<'_>; 12] = [
            viewer.name.as_str().into(),
            (now + SOON).into(),
            accounts.as_deref().into(),
            from.turn.into(),
            from.id.into(),
            narrowed.assignee.as_ref().map(AgentName::as_str).into(),
            tag.as_deref().into(),
            narrowed.intent.as_ref().map(IntentId::as_str).into(),
            narrowed.language.as_ref().map(Language::as_str).into(),
            narrowed.channel.map(ChannelKind::as_str).into(),
            narrowed.state.map(TicketState::as_str).into(),
            (limit + 1).into(),
        ];
        let rows = match (view, viewer.accounts) {
            (View::Closed, Some(accounts)) => {
                let mut rows = Vec::new();
                for account in accounts {
                    values[2] = account.as_str().into();
                    for row in self.db.ask("listing tickets", CLOSED_OF_ACCOUNT, &values).await? {
                        rows.push((row.get::<i64>("turn")?, row.get::<i64>("id")?, row));
                    }
                }
                rows.sort_by_key(|(turn, id, _)| (*turn, *id));
                rows.into_iter().map(|(_, _, row)| row).collect()
            }
            _ => self.db.ask("listing tickets", listing(view), &values).await?,
        };
        let kept = usize::try_from(limit).unwrap_or(usize::MAX);
        let next = match rows.get(kept.saturating_sub(1)).filter(|_| rows.len() > kept) {
            Some(last) => Some(Mark { turn: last.get("turn")?, id: last.get("id")? }),
            None => None,
        };
        let tickets = rows.iter().take(kept).map(listed).collect::<Result<_, _>>()?;
        Ok(Page { tickets, next })
    }

    /// Returns how many there are in every list, in one snapshot.
    pub async fn queue_counts(&self, viewer: Viewer<'_>, now: Timestamp) -> Result<Counted, StoreError> {
        let mut tx = self.db.read("counting tickets").await?;
        let accounts = named(viewer.accounts);
        let mut tickets = Vec::with_capacity(View::ALL.len());
        for view in View::ALL {
            let values = |of| [viewer.name.as_str().into(), (now + SOON).into(), of, MOST_COUNTED.into()];
            let many = if view == View::Closed {
                let mut many = 0;
                for account in each(viewer.accounts) {
                    let statement = if account.is_some() { CLOSED_COUNT } else { counting(view) };
                    many += tx.one(statement, &values(account.into())).await?.count("many")?;
                }
                many.min(MOST_COUNTED)
            } else {
                tx.one(counting(view), &values(accounts.as_deref().into())).await?.count("many")?
            };
            tickets.push((view, many));
        }
        let (mut answered, mut machine_mail) = (0, 0);
        for account in each(viewer.accounts) {
            let values = [account.into(), MOST_COUNTED.into()];
            let [all_answered, all_machine] = if account.is_some() { COUNTS_OF_ACCOUNT } else { COUNTS };
            answered += tx.one(all_answered, &values).await?.count("many")?;
            machine_mail += tx.one(all_machine, &values).await?.count("many")?;
        }
        let (answered, machine_mail) = (answered.min(MOST_COUNTED), machine_mail.min(MOST_COUNTED));
        let values = [accounts.as_deref().into(), MOST_COUNTED.into()];
        let quarantine = tx.one(IN_QUARANTINE, &values).await?.count("many")?;
        Ok(Counted { tickets, answered, machine_mail, quarantine })
    }
}

/// What stands around each of [`named`] accounts, for statements in files of their own.
pub(super) const AROUND: &str = "\n";

/// The closed tickets of one account, up to a limit.
const CLOSED_COUNT: &str = count_of!(concat!(closed!(), " AND account = $3"));

/// How many messages fit, up to a limit.
macro_rules! message_count {
    ($fits:literal) => {
        concat!("SELECT COUNT(*) AS many FROM (SELECT id FROM inbound WHERE ", $fits, " LIMIT $2) c")
    };
}

/// What the machine answered, and machine mail.
const COUNTS: [&str; 2] = [
    message_count!("COALESCE(outcome, '') IN ('answered', 'asked') AND joined IS NULL AND $1 IS NULL"),
    message_count!("outcome = 'suppressed' AND in_sent = 0 AND $1 IS NULL"),
];

/// The same for one account. The outcome is written so that SQLite does not take the index of outcomes.
const COUNTS_OF_ACCOUNT: [&str; 2] = [
    message_count!("COALESCE(outcome, '') IN ('answered', 'asked') AND joined IS NULL AND account = $1"),
    message_count!("COALESCE(outcome, '') = 'suppressed' AND in_sent = 0 AND account = $1"),
];

/// The statement of [`Store::queue_counts`] that counts the quarantine, for whoever looks at its plan. SQLite takes tables in
/// the order of a `CROSS JOIN`; else it takes an empty quarantine for a large one and goes through all messages.
pub const IN_QUARANTINE: &str = "SELECT COUNT(*) AS many FROM (
       SELECT q.inbound FROM quarantine q CROSS JOIN inbound i WHERE i.id = q.inbound AND q.left_at IS NULL
         AND ($1 IS NULL OR REPLACE($1, '\n' || i.account || '\n', '') <> $1) LIMIT $2) c";

/// Returns one account after the other, for lists that are read from an index of each; once nothing for all accounts.
pub(super) fn each(accounts: Option<&[AccountName]>) -> Vec<Option<&str>> {
    accounts.map_or_else(|| vec![None], |accounts| accounts.iter().map(|account| Some(account.as_str())).collect())
}

/// Returns accounts as statements compare them: each between line ends; none for all of them.
pub(super) fn named(accounts: Option<&[AccountName]>) -> Option<String> {
    let names = accounts?.iter().flat_map(|account| [account.as_str(), "\n"]);
    Some(["\n"].into_iter().chain(names).collect())
}

/// Returns a label as it stands in a list of labels.
pub(super) fn quoted(tag: &str) -> String {
    serde_json::Value::from(tag).to_string()
}

fn listed(row: &Row) -> Result<Listed, StoreError> {
    Ok(Listed {
        ticket: ticket_of(row)?,
        account: AccountName::new(row.get::<String>("account")?),
        channel: row.word("channel", channel_of)?,
        language: language_of(row, "language")?,
        grade: row.get("grade")?,
        preview: satisfaction::preview(row.get::<Option<&str>>("preview")?.unwrap_or_default()),
        draft: row.count("drafts")? > 0,
        leaves_at: row.maybe_moment("leaves_at")?,
    })
}

/// Returns the tickets that these numbers name and a person may see, for lists that were made elsewhere.
pub(super) fn ids(rows: &[Row], column: &str) -> Result<Vec<TicketId>, StoreError> {
    rows.iter().map(|row| row.get(column).map(TicketId)).collect()
}
