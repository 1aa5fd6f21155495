//! Notices: people of the desk are told of tickets by mail.
//!
//! One task fills the queue from the histories of tickets (`store::notices`) and sends what is due, one mail after the other,
//! while this process serves the mailbox that sends them. A notice tells of the ticket as it is when it leaves; one that
//! nobody needs any more is dropped. A notice that may have left is not sent again. `letter` writes the mails, `words` has
//! their phrases; answers are the business of `staff_mail`.

pub(super) mod letter;
pub(super) mod words;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{InboxError, PhaseLog},
    failpoint,
    model::{
        agent::Agent,
        ids::AccountName,
        notice::NoticeCause,
        outbound::{Concern, MailPayload, Phase, Receipt},
        ticket::TicketState,
        wire_id::hex,
    },
    service::{
        accounts::AnyChannel,
        delivery::RetrySchedule,
        handle::Handle,
        isolation::{Isolated, Isolation, MAX_TRIES},
        lease::Held,
    },
    store::{
        Store,
        error::StoreError,
        notices::{Notice, NoticeOutcome},
        ticket::TicketFile,
    },
};

/// How often the histories are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How often it is looked for tickets whose time to answer ends.
const DEADLINES: SignedDuration = SignedDuration::from_secs(30);

/// People are told of the end of the time to answer so long before: enough to write an answer.
const AHEAD: SignedDuration = SignedDuration::from_mins(30);

/// How long nothing is sent after the server failed as a whole.
const REST: SignedDuration = SignedDuration::from_mins(2);

/// The most characters of a local part (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_PART: usize = 64;

/// Where the token stands in a template.
const PLACE: &str = "+{token}@";

/// The bytes of a token: 128 bits that nobody guesses.
const TOKEN_BYTES: usize = 16;

/// What the configuration says of mail to the people of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMail {
    /// The mailbox that sends it.
    pub account: AccountName,
    /// What people are told of.
    pub events: Vec<NoticeCause>,
    /// Where answers go; none if notices take none.
    pub answers_to: Option<ReplyTemplate>,
    /// Where the desk is opened in a browser, without a slash at its end.
    pub desk: String,
}

/// Addresses that each stand for one person and one ticket: `desk+<32 hex digits>@shop.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTemplate {
    local: String,
    domain: String,
}

impl ReplyTemplate {
    /// Reads a template such as `desk+{token}@shop.example`; none if it is something else, or would be too long.
    pub fn read(text: &str) -> Option<Self> {
        let (local, domain) = text.trim().split_once(PLACE)?;
        Self::beside(&format!("{local}@{domain}"))
    }

    /// Returns the template beside an address: its local part, a plus, and the token. None if that would be too long.
    pub fn beside(address: &str) -> Option<Self> {
        let (local, domain) = address.rsplit_once('@')?;
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let fits = !local.is_empty() && local.len() + 1 + 2 * TOKEN_BYTES <= MAX_LOCAL_PART;
        let plain = local.bytes().all(sound) && domain.contains('.') && domain.bytes().all(sound);
        (fits && plain).then(|| Self { local: local.to_ascii_lowercase(), domain: domain.to_ascii_lowercase() })
    }

    /// Returns the address without a token, to which a mailbox must belong.
    pub fn plain(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }

    /// Returns the address that holds this token.
    pub fn address(&self, token: &str) -> String {
        format!("{}+{token}@{}", self.local, self.domain)
    }

    /// Returns the token that an address holds; none if it is another address.
    pub fn token(&self, address: &str) -> Option<String> {
        let address = address.trim().to_ascii_lowercase();
        let (local, domain) = address.rsplit_once('@')?;
        let token = local.strip_prefix(&self.local)?.strip_prefix('+')?;
        let is_token = token.len() == 2 * TOKEN_BYTES && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        (domain == self.domain && is_token).then(|| token.to_owned())
    }
}

/// Returns what the store keeps of a token.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Sends notices.
#[derive(Debug)]
pub(super) struct Notices {
    pub handle: Handle,
    pub held: Arc<Held>,
    pub settings: StaffMail,
    pub retry: RetrySchedule,
    /// Where mails are written: they quote what strangers wrote.
    pub isolation: Isolation,
}

/// What the task remembers from look to look.
struct Rounds {
    /// When the first began: what happened since is told, however long the mailbox was somebody else's.
    since: Timestamp,
    /// The mailbox was this process's own at the last look, so that nobody else has begun anything since.
    ours: bool,
    /// Notices whose writing ended here although the store could not be told so: whatever it counts of them is no break.
    whole: BTreeSet<i64>,
    deadlines: Option<Timestamp>,
    rest: Option<Timestamp>,
}

impl Notices {
    /// Tells people what happens until told to stop.
    pub(super) async fn run_until(self, stop: CancellationToken) {
        let since = Timestamp::now();
        let mut rounds = Rounds { since, ours: false, whole: BTreeSet::new(), deadlines: None, rest: None };
        while !stop.is_cancelled() {
            if let Err(error) = Box::pin(self.round(&mut rounds, &stop)).await {
                tracing::error!("the store refuses, notices are put off: {error}");
                rounds.ours = false;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn round(&self, rounds: &mut Rounds, stop: &CancellationToken) -> Result<(), StoreError> {
        let Some(work) = self.held.work(&self.settings.account) else {
            rounds.ours = false;
            return Ok(());
        };
        let store = &work.store;
        let now = Timestamp::now();
        if !rounds.ours {
            store.settle_broken_notices(now).await?;
            rounds.ours = true;
        }
        if store.notices_are_behind().await? {
            while store.queue_notices(&self.settings.events, rounds.since, now).await? {}
        }
        let looked = rounds.deadlines.is_some_and(|at| now.duration_since(at) < DEADLINES);
        if self.settings.events.contains(&NoticeCause::Deadline) && !looked {
            store.queue_deadline_notices(now + AHEAD, now).await?;
            rounds.deadlines = Some(now);
        }
        if rounds.rest.is_some_and(|until| now < until) {
            return Ok(());
        }
        while !stop.is_cancelled() {
            let Some(notice) = store.claim_notice(Timestamp::now()).await? else { break };
            failpoint::reach("notice.claim.after");
            let outcome = Box::pin(self.deliver(store, &notice, rounds, stop)).await?;
            failpoint::reach("notice.attempt.after");
            log(&notice, &outcome);
            store.settle_notice(notice.id, &outcome, Timestamp::now()).await?;
            if rounds.rest.is_some_and(|until| Timestamp::now() < until) {
                break;
            }
        }
        Ok(())
    }

    /// Writes and sends one notice. If a stop ends the attempt before its last bytes, whoever follows begins it anew.
    async fn deliver(
        &self,
        store: &Store,
        notice: &Notice,
        rounds: &mut Rounds,
        stop: &CancellationToken,
    ) -> Result<NoticeOutcome, StoreError> {
        let now = Timestamp::now();
        let dropped = |note: &str| Ok(NoticeOutcome::Dropped { note: note.to_owned() });
        let Some(agent) = store.agent(&notice.agent).await?.filter(|agent| agent.disabled_at.is_none()) else {
            return dropped("the person is shut out");
        };
        let Some(to) = agent.email.clone() else { return dropped("the person has no address any more") };
        let mut files = self.files(store, notice, &agent, now).await?.into_iter();
        let Some(file) = files.next() else { return dropped("nobody needs it any more, or not this person") };
        let others: Vec<TicketFile> = files.collect();
        let takes_answers = self.settings.answers_to.is_some() && others.is_empty() && file.ticket.id == notice.ticket;
        let token = if takes_answers { fresh_token() } else { None };
        if takes_answers && token.is_none() {
            return Ok(self.again(notice, "the system has no random numbers".to_owned(), now));
        }
        let armed = Armed {
            store,
            id: notice.id,
            token: token.as_deref().map(token_hash),
            seen: notice.seen.unwrap_or(file.ticket.version),
        };
        let (handle, settings) = (self.handle.clone(), self.settings.clone());
        let draft = letter::Draft { handle, settings, notice: notice.clone(), agent, to, file, others, token, now };
        let mail = match self.write(store, draft, &mut rounds.whole).await? {
            Ok(mail) => mail,
            Err(outcome) => return Ok(outcome),
        };
        let Some(channel) = self.handle.accounts.channel(&self.settings.account) else {
            return dropped("the mailbox that sends notices is not configured any more");
        };
        Ok(match attempt(&channel, &mail, &armed, stop).await {
            Some(receipt) => self.outcome(notice, receipt, rounds),
            None => NoticeOutcome::Again { at: now, note: "the service was told to stop".to_owned() },
        })
    }

    /// Writes the mail, apart from everything else; the error is what becomes of the notice instead. A notice over which the
    /// program broke [`MAX_TRIES`] times is given up: it would break the next one too. Counted is the writing alone, which
    /// takes strangers' words to pieces, and none of it once it ended well: whatever happens on the way to the server, and a
    /// store that fails for a while, says nothing against a notice.
    async fn write(
        &self,
        store: &Store,
        draft: letter::Draft,
        whole: &mut BTreeSet<i64>,
    ) -> Result<Result<MailPayload, NoticeOutcome>, StoreError> {
        let notice = draft.notice.clone();
        let (id, attempts, now) = (notice.id, notice.attempts, draft.now);
        let before = if whole.contains(&id) { 0 } else { notice.breaks };
        if before >= MAX_TRIES {
            tracing::warn!(notice.id = id, "a notice over which the program ended several times is given up");
            let note = "the program ended several times while it was written".to_owned();
            return Ok(Err(NoticeOutcome::Failed { note }));
        }
        whole.insert(id);
        store.note_notice_breaks(id, before + 1).await?;
        let written = self.isolation.run(move || {
            failpoint::reach("notice.write.before");
            letter::write(&draft)
        });
        let what = match written.await {
            Isolated::Done(written) => {
                store.note_notice_breaks(id, 0).await?;
                failpoint::reach("notice.written.after");
                whole.remove(&id);
                return Ok(written.map_err(|note| NoticeOutcome::Failed { note }));
            }
            Isolated::Panicked => "writing it failed inside",
            Isolated::TooLong => "it could not be written within the time limit",
        };
        whole.remove(&id);
        tracing::warn!(notice.id = id, attempts, "a notice is not sent now: {what}");
        let note = what.to_owned();
        Ok(Err(if before + 1 < MAX_TRIES { self.again(&notice, note, now) } else { NoticeOutcome::Failed { note } }))
    }

    /// Returns the tickets that the mail tells of: those that still need that person, and what a mail of theirs was about.
    async fn files(
        &self,
        store: &Store,
        notice: &Notice,
        agent: &Agent,
        now: Timestamp,
    ) -> Result<Vec<TicketFile>, StoreError> {
        let mut files = Vec::new();
        for ticket in std::iter::once(&notice.ticket).chain(&notice.joined) {
            let Some(file) = store.ticket_at(*ticket, now).await? else { continue };
            if agent.sees(&file.recipient.account)
                && (!notice.cause.is_event() || is_needed(store, &file, agent).await?)
            {
                files.push(file);
            }
        }
        Ok(files)
    }

    fn outcome(&self, notice: &Notice, receipt: Receipt, rounds: &mut Rounds) -> NoticeOutcome {
        let now = Timestamp::now();
        match receipt {
            Receipt::Sent { .. } => NoticeOutcome::Sent,
            Receipt::Failed { reason } => NoticeOutcome::Failed { note: reason },
            Receipt::Uncertain { reason } => NoticeOutcome::Uncertain { note: reason },
            Receipt::Retry { reason, concerns, .. } => {
                if concerns == Concern::Account {
                    rounds.rest = Some(now + REST);
                }
                self.again(notice, reason, now)
            }
        }
    }

    fn again(&self, notice: &Notice, note: String, now: Timestamp) -> NoticeOutcome {
        match self.retry.next(notice.attempts, notice.created_at, now, None) {
            Some(at) => NoticeOutcome::Again { at, note },
            None => NoticeOutcome::Failed { note },
        }
    }
}

/// Returns what a reply address holds; none if the system has no random numbers.
fn fresh_token() -> Option<String> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(hex(&bytes))
}

/// Returns whether a person must still look: no other person has taken it, and nobody has answered.
async fn is_needed(store: &Store, file: &TicketFile, agent: &Agent) -> Result<bool, StoreError> {
    let ticket = &file.ticket;
    if ticket.merged_into.is_some() || !matches!(ticket.state, TicketState::Open | TicketState::Claimed) {
        return Ok(false);
    }
    match ticket.assignee.as_ref().filter(|owner| **owner != agent.name) {
        Some(owner) => Ok(store.agent(owner).await?.is_none_or(|owner| owner.disabled_at.is_some())),
        None => Ok(true),
    }
}

/// What is written before the last bytes leave.
struct Armed<'a> {
    store: &'a Store,
    id: i64,
    token: Option<String>,
    seen: i64,
}

/// Makes one attempt. A stop ends it at once unless its last bytes may have left.
async fn attempt(
    channel: &AnyChannel,
    mail: &MailPayload,
    armed: &Armed<'_>,
    stop: &CancellationToken,
) -> Option<Receipt> {
    let (phase, mut steps) = PhaseLog::pair();
    let at_dot = AtomicBool::new(false);
    let write = async {
        while let Some((reached, done)) = steps.recv().await {
            let written = if reached == Phase::Dot {
                at_dot.store(true, Ordering::Relaxed);
                armed.store.arm_notice(armed.id, armed.token.as_deref(), armed.seen, Timestamp::now()).await
            } else {
                Ok(())
            };
            if done.send(written.map_err(|error| InboxError(error.to_string()))).is_err() {
                break;
            }
        }
    };
    let send = async {
        let receipt = channel.post(mail, &phase).await;
        drop(phase);
        receipt
    };
    let stopped = async {
        stop.cancelled().await;
        if at_dot.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        (receipt, ()) = async { tokio::join!(send, write) } => Some(receipt),
        () = stopped => None,
    }
}

fn log(notice: &Notice, outcome: &NoticeOutcome) {
    let (id, agent, cause) = (notice.id, notice.agent.as_str(), notice.cause.as_str());
    match outcome {
        NoticeOutcome::Sent => tracing::info!(notice.id = id, agent, cause, ticket.id = notice.ticket.0, "notice sent"),
        NoticeOutcome::Again { at, .. } => {
            tracing::warn!(notice.id = id, agent, retry_at = %at, "a notice did not leave and will be tried again");
        }
        NoticeOutcome::Uncertain { .. } => {
            tracing::warn!(notice.id = id, agent, "a notice may or may not have left; it is not sent again");
        }
        NoticeOutcome::Dropped { .. } => tracing::info!(notice.id = id, agent, cause, "a notice was not sent"),
        NoticeOutcome::Failed { .. } => {
            tracing::warn!(notice.id = id, agent, cause, "a notice cannot be sent; the audit log says why");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn a_reply_address_is_known_again_in_any_case_and_nothing_else_is_one() {
        let template = ReplyTemplate::read("Desk+{token}@Shop.example").expect("a template");
        let address = template.address(TOKEN);
        assert_eq!(address, format!("desk+{TOKEN}@shop.example"));
        for (found, token) in [
            (address.to_ascii_uppercase(), Some(TOKEN)),
            (format!("desk+{TOKEN}@other.example"), None),
            (format!("sales+{TOKEN}@shop.example"), None),
            (format!("desk+{}@shop.example", &TOKEN[1..]), None),
            ("desk@shop.example".to_owned(), None),
            ("desk+bi42-answer-0123456789abcdef@shop.example".to_owned(), None),
        ] {
            assert_eq!(template.token(&found).as_deref(), token, "{found}");
        }
    }

    #[test]
    fn a_template_names_its_place_and_leaves_room_for_it() {
        for text in [
            "desk@shop.example",
            "{token}@shop.example",
            "desk+{token}@shop",
            "a b+{token}@shop.example",
            "+{token}@x.y",
        ] {
            assert_eq!(ReplyTemplate::read(text), None, "{text}");
        }
        assert!(ReplyTemplate::beside(&format!("{}@shop.example", "a".repeat(31))).is_some());
        assert_eq!(ReplyTemplate::beside(&format!("{}@shop.example", "a".repeat(32))), None);
    }
}
