//! Asks buyers how content they are, a day after their case was closed: one message with one link.
//!
//! It is a message of the machine like any other: it says so, it is held back by pauses and caps, it goes to nobody whom a
//! machine must not write to, and a person who takes the conversation over stops it. What speaks against a case for good
//! is noted with the reason, so that each is looked at once; what speaks against it now is looked at again, for a week.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp, civil};
use tokio_util::sync::CancellationToken;

use crate::{
    desk::{canned as texts, close},
    engine::Engine,
    failpoint,
    model::{
        ids::{InboundId, ReplyId, TicketId},
        inbound::Inbound,
        mode::Mode,
        outbound::{NewOutbound, OutboundKind},
        satisfaction::{PATH, REPLY, Whom, token_hash},
        switch::SituationSwitch,
        ticket::TicketState,
        time::QuietHours,
    },
    service::{
        agents, canned,
        handle::Handle,
        isolation::{Isolated, Isolation, MAX_TIME, MAX_TRIES},
        outgoing::{self, Words},
        reading::{self, Parsed},
    },
    store::{
        error::StoreError,
        satisfaction::{AskOutcome, Asking, Closed},
        ticket::TicketFile,
        timeline::Happened,
    },
};

/// How often it looks: what it asks can wait.
const PERIOD: Duration = Duration::from_mins(5);

/// How long after the end of a case its buyer is asked: by then whatever was agreed has had its first day, and a case that
/// was closed by mistake is open again.
const AFTER: SignedDuration = SignedDuration::from_hours(24);

/// A case that was closed longer ago is not asked about any more: the buyer has moved on.
const NOT_AFTER: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Cases that are read at once.
const AT_ONCE: u32 = 100;

/// Random bytes of a token: 256 bits, which nobody can try.
const BYTES: usize = 32;

/// Nobody is asked in the evening and at night of their own clock, whatever the shop's quiet hours are.
const QUIET: QuietHours = QuietHours { from: civil::time(20, 0, 0, 0), to: civil::time(9, 0, 0, 0) };

/// Guards whose objection was about our pace, a pause or a person at work, and not about who wrote or how the message came:
/// only they do not stand against a question.
const ABOUT_US: [&str; 11] = ["A2", "E3", "E4", "E5", "E6", "F1", "F2", "F4", "F5", "P1", "P2"];

/// Which buyers are asked, and where they answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whose cases are asked about.
    pub whom: Whom,
    /// The address of the console as buyers reach it, without a slash at its end.
    pub site: String,
}

/// Why a buyer is not asked.
enum Not {
    /// For good.
    Ever(&'static str),
    /// As things are now.
    Yet,
}

/// Asks buyers how content they are.
#[derive(Debug)]
pub struct Asks {
    handle: Handle,
    settings: Settings,
    isolation: Isolation,
    /// Cases whose question was written to its end although the store could not be told so: whatever it counts of them is
    /// no break.
    whole: BTreeSet<TicketId>,
}

impl Asks {
    /// Asks as the settings say; nothing happens yet.
    pub fn new(handle: Handle, settings: Settings) -> Self {
        Self { handle, settings, isolation: Isolation::new(MAX_TIME), whole: BTreeSet::new() }
    }

    /// Counts threads that are left to themselves together with those of others.
    pub(super) fn sharing(self, isolation: &Isolation) -> Self {
        Self { isolation: isolation.apart(), ..self }
    }

    /// Looks every few minutes until told to stop. A look that is broken off goes on with the next one.
    pub(super) async fn run_until(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                asked = self.ask(Timestamp::now()) => match asked {
                    Ok(0) => {}
                    Ok(asked) => tracing::info!(buyers = asked, "buyers were asked how content they are"),
                    Err(error) => {
                        tracing::error!("the store refuses, buyers are not asked how content they are: {error}");
                    }
                },
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }

    /// Asks everybody who is to be asked at that moment; returns how many were.
    pub async fn ask(&mut self, now: Timestamp) -> Result<u32, StoreError> {
        let mut asked = 0;
        let mut after: Option<Closed> = None;
        let switched: Arc<[SituationSwitch]> = self.handle.store.situation_switches().await?.into();
        loop {
            let closed = self.handle.store.closed_cases_unasked(now - NOT_AFTER, now - AFTER, after, AT_ONCE).await?;
            let Some(last) = closed.last().copied() else { return Ok(asked) };
            for case in closed {
                failpoint::reach("satisfaction.case.before");
                asked += u32::from(self.one(&switched, case, now).await?);
            }
            after = Some(last);
        }
    }

    /// Asks about one case, or notes why it is never asked about; returns whether its buyer was asked.
    async fn one(
        &mut self,
        switched: &Arc<[SituationSwitch]>,
        case: Closed,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = case.ticket;
        let Some(file) = self.handle.store.ticket(id).await?.map(Arc::new) else { return Ok(false) };
        let engine = self.handle.live.engine();
        let why = match self.written(switched, &engine, &file, case.breaks, now).await? {
            Err(Not::Yet) => return Ok(false),
            Err(Not::Ever(why)) => why,
            Ok(question) => {
                let limits = &engine.settings().limits;
                let asking = Asking {
                    ticket: &file.ticket,
                    token_hash: &question.token_hash,
                    language: question.language,
                    inbound: question.inbound,
                    message: &question.message,
                    most_of_shop: limits.sends_per_ten_minutes,
                    most_to_buyer: limits.notices_per_sender_day,
                };
                match self.handle.store.ask_satisfaction(&asking, now).await? {
                    AskOutcome::Asked => {
                        self.handle.wake.outbox.notify_one();
                        self.handle.changes.happened();
                        return Ok(true);
                    }
                    AskOutcome::Later(_) => return Ok(false),
                    AskOutcome::Passed(why) => why,
                }
            }
        };
        tracing::debug!(ticket.id = id.0, "a buyer is not asked how content they are: {why}");
        self.handle.store.pass_satisfaction(id, why, now).await?;
        Ok(false)
    }

    /// Looks whether the buyer is to be asked now, and writes the question, apart from everything else: it takes a
    /// stranger's message to pieces. `breaks` is how often in a row that was begun and did not end; after [`MAX_TRIES`] it
    /// is not begun again, because it would end the program at every start.
    async fn written(
        &mut self,
        switched: &Arc<[SituationSwitch]>,
        engine: &Arc<Engine>,
        file: &Arc<TicketFile>,
        breaks: u32,
        now: Timestamp,
    ) -> Result<Result<Question, Not>, StoreError> {
        // What waits for the morning, or for another setting, is read whole once it may go.
        if let Err(not) = may_be_asked(self.settings.whom, file).and_then(|()| may_be_now(engine, file, now)) {
            return Ok(Err(not));
        }
        let id = file.ticket.id;
        let before = if self.whole.contains(&id) { 0 } else { breaks };
        if before >= MAX_TRIES {
            tracing::warn!(ticket.id = id.0, "a question over which the program ended several times is not asked");
            return Ok(Err(Not::Ever("the program ended several times while the question was written")));
        }
        self.whole.insert(id);
        self.handle.store.note_question_breaks(id, before + 1).await?;
        let (handle, settings, switched) = (self.handle.clone(), self.settings.clone(), switched.clone());
        let (engine, file) = (engine.clone(), file.clone());
        let question = self.isolation.run(move || {
            failpoint::reach("satisfaction.write.before");
            message(&handle, &engine, &settings, &file, &switched, now)
        });
        let question = question.await;
        self.handle.store.note_question_breaks(id, 0).await?;
        self.whole.remove(&id);
        Ok(match question {
            Isolated::Done(question) => question,
            Isolated::Panicked | Isolated::TooLong => {
                tracing::warn!(ticket.id = id.0, "writing the question how content a buyer is failed inside");
                Err(Not::Ever("writing the question failed inside"))
            }
        })
    }
}

/// A question that is ready.
struct Question {
    token_hash: String,
    language: crate::model::language::Language,
    inbound: InboundId,
    message: NewOutbound,
}

/// Writes the question, unless something stands against it.
fn message(
    handle: &Handle,
    engine: &Engine,
    settings: &Settings,
    file: &TicketFile,
    switched: &[SituationSwitch],
    now: Timestamp,
) -> Result<Question, Not> {
    let stored = file.last_inbound.as_ref().ok_or(Not::Ever("there is no message to answer"))?;
    let Parsed::Message(inbound) = reading::parse(&stored.received, engine.settings()) else {
        return Err(Not::Ever("there is no message to answer"));
    };
    is_direct(&inbound)?;
    let token = token().map_err(|error| {
        tracing::error!("no buyer can be asked how content they are: {error}");
        Not::Yet
    })?;
    let url = format!("{}{PATH}{token}", settings.site);
    let known = canned::known(engine, file, switched, engine.settings().default_language);
    // What cannot be written or put on its way is the shop's files or settings, which somebody may mend.
    let put_off = |error: String| {
        tracing::warn!(ticket.id = file.ticket.id.0, "a buyer cannot be asked how content they are: {error}");
        Not::Yet
    };
    let (language, rendered) =
        texts::satisfaction(engine.replies(), &known, &url, now).map_err(|error| put_off(error.to_string()))?;
    let words = Words {
        key: format!("s{}", file.ticket.id),
        kind: OutboundKind::Ack,
        ticket: None,
        intents: file.ticket.intent.clone().into_iter().collect(),
        replies: vec![ReplyId::new(REPLY)],
        subject: rendered.subject.as_deref(),
        text: &rendered.text,
        html: rendered.html.as_deref(),
    };
    let mut rows =
        outgoing::compose(&handle.accounts, &inbound, &words, now).map_err(|error| put_off(error.to_string()))?;
    // A question in parts would be one with half a link.
    match (rows.pop(), rows.is_empty()) {
        (Some(message), true) => Ok(Question { token_hash: token_hash(&token), language, inbound: stored.id, message }),
        _ => Err(put_off("its text is longer than one message may be".to_owned())),
    }
}

/// Looks whether the case is one to ask about.
fn may_be_asked(whom: Whom, file: &TicketFile) -> Result<(), Not> {
    if file.ticket.state != TicketState::Closed {
        return Err(Not::Yet);
    }
    if whom == Whom::Complaints && !close::is_accountable(&file.ticket) {
        return Err(Not::Ever("it was no complaint"));
    }
    let by_person = |what: &Happened| match what {
        Happened::Went(went) => went.human && went.state == "sent",
        Happened::Came(came) => came.in_sent,
        Happened::Did(_) => false,
    };
    if !file.timeline.iter().any(|moment| by_person(&moment.what)) {
        return Err(Not::Ever("no person wrote to the buyer"));
    }
    if file.bot_off || file.recipient.key.is_empty() {
        return Err(Not::Ever("the machine must not write in the conversation"));
    }
    let guards = file.last_verdict.iter().flat_map(|verdict| &verdict.guards);
    if guards.into_iter().any(|hit| !ABOUT_US.contains(&hit.guard.as_str())) {
        return Err(Not::Ever("a machine must not answer the last message"));
    }
    Ok(())
}

/// Looks whether the machine speaks on the channel, and whether it is day for the buyer.
fn may_be_now(engine: &Engine, file: &TicketFile, now: Timestamp) -> Result<(), Not> {
    let settings = engine.settings();
    let ceiling = settings.ceiling(file.recipient.channel, settings.desk.is_open(now), None);
    let zone = agents::buyers_zone(engine, file).zone;
    let mut quiet = [Some(QUIET), settings.quiet_hours].into_iter().flatten();
    if ceiling.mode < Mode::Suggest || quiet.any(|quiet| quiet.over(now, &zone) > now) {
        return Err(Not::Yet);
    }
    Ok(())
}

/// Looks whether the message came from the buyer directly.
fn is_direct(inbound: &Inbound) -> Result<(), Not> {
    if inbound.marketplace.is_some() || inbound.relay.read().is_some() {
        return Err(Not::Ever("marketplaces and web forms take no links that lead elsewhere"));
    }
    Ok(())
}

fn token() -> Result<String, String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random bytes: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::ABOUT_US;
    use crate::engine::guard::GUARDS;

    #[test]
    fn guards_that_do_not_stand_against_a_question_are_guards() {
        for id in ABOUT_US {
            assert!(GUARDS.iter().any(|guard| guard.id == id), "{id}");
        }
    }
}
