//! Answers of people of the desk that come by mail.
//!
//! A mail to a reply address of a notice is never a buyer's and never a ticket. It does something only if the address is in
//! force, the person's own registered address wrote it, the shop's mail server vouches for that, and no machine did. What
//! the person wrote goes through `agents::act` like any other act. Whatever is unclear is asked back with the exact words
//! that would go out; whoever is not proven gets no mail at all, only a line in the audit log.

pub mod reading;
mod refusals;
mod words;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    channel::email::report,
    engine::guard::plain_address,
    failpoint,
    model::{
        agent::Agent,
        agent_command::{AgentCommand, Answer},
        audit::Deed,
        closing::Closing,
        ids::{AgentName, InboundId, TicketId},
        inbound::{Inbound, MailFacts, Note},
        language::Language,
        notice::{self, NoticeCause},
        receive::Received,
        ticket::{EventKind, TicketEvent, TicketState},
    },
    service::{
        agents::{self, ActError, Wish},
        canned,
        handle::Handle,
        intake::Intake,
        notices::{StaffMail, letter::bars, token_hash, words::Phrase},
        staff_mail::{
            reading::{Expected, Said, Unclear},
            words::Reader,
        },
    },
    store::{
        Store,
        audit::Actor,
        error::StoreError,
        notice_answers::{MailBack, ReplyAddress},
        ticket::TicketFile,
    },
};

/// How many hours a question may be answered with `send`: what was true when it was asked may not be later.
const ASKED_HOURS: i64 = 24;

/// Who mails in the audit log are from whose author is not proven.
const BY_MAIL: Actor<'static> = Actor { name: "mail", address: "" };

/// What a mail has to do with notices.
struct Found {
    /// What the reply address holds that it was sent to.
    token: Option<String>,
    /// The keys of notices it names by ids that only this installation can make.
    keys: Vec<String>,
}

/// A mail of a person of the desk, proven to be theirs, to an address in force.
struct Case<'a> {
    handle: &'a Handle,
    settings: &'a StaffMail,
    /// The store under the lease of the mailbox it came to.
    store: &'a Store,
    id: InboundId,
    inbound: &'a Inbound,
    mail: &'a MailFacts,
    agent: &'a Agent,
    token: &'a str,
    address: &'a ReplyAddress,
    now: Timestamp,
}

impl Intake {
    /// Takes a mail that has to do with notices to people of the desk; returns whether it was one. Everything else is
    /// decided as any mail.
    pub(super) async fn take_staff_mail(
        &self,
        id: InboundId,
        received: &Received,
        inbound: &Inbound,
    ) -> Result<bool, StoreError> {
        let Some(mail) = &inbound.mail else { return Ok(false) };
        let found = self.found(mail, &received.raw);
        if found.token.is_none() && found.keys.is_empty() {
            return Ok(false);
        }
        let now = Timestamp::now();
        if let Some(failed) = report::failure(&received.raw) {
            if let Some(key) = found.keys.first() {
                let words = format!("{} {}", failed.status, failed.diagnostic.unwrap_or_default());
                let whose = self.store.notice_returned(key, words.trim_end(), now).await?;
                tracing::warn!(inbound.id = id.0, agent = whose.as_ref().map(AgentName::as_str), "a notice came back");
            }
            self.store.ignore(id, "a notice to a colleague came back", now).await?;
            return Ok(true);
        }
        if let Some(why) = reading::machine(inbound, mail) {
            self.store.ignore(id, &format!("a machine answered a notice: {why}"), now).await?;
            return Ok(true);
        }
        let Some(author) = reading::author(mail) else {
            return self.unproven(id, &found, "it names no single author", now).await;
        };
        let Some(agent) = self.store.agent_by_email(&author).await? else {
            // A notice may have been passed on to the buyer, who then writes to the shop.
            let to_shop =
                mail.recipients.iter().any(|to| self.is_shop(&to.address) && self.token(&to.address).is_none());
            if found.token.is_none() || to_shop {
                return Ok(false);
            }
            return self.unproven(id, &found, "its author is nobody who gets notices", now).await;
        };
        let engine = self.handle.live.engine();
        if let Some(why) = reading::doubt(mail, &author, &engine.settings().trusted_authserv_ids) {
            let why = format!("nothing proves that {} wrote it: {why}", agent.name);
            return self.unproven(id, &found, &why, now).await;
        }
        Box::pin(self.take_proven(id, inbound, mail, &agent, &found, now)).await?;
        Ok(true)
    }

    /// Looks what a mail has to do with notices.
    fn found(&self, mail: &MailFacts, raw: &[u8]) -> Found {
        let delivered = ["Delivered-To", "X-Original-To", "Envelope-To"].into_iter().flat_map(|name| mail.values(name));
        let mut addresses = mail.recipients.iter().map(|to| to.address.as_str()).chain(delivered);
        let token = addresses.find_map(|address| self.token(address));
        let key = |id: &String| self.accounts.instance.verify(id).map(|own| own.key).filter(|key| notice::is_key(key));
        Found { token, keys: self.own_messages(mail, raw).iter().filter_map(key).collect() }
    }

    fn token(&self, address: &str) -> Option<String> {
        self.staff.as_ref()?.answers_to.as_ref()?.token(address)
    }

    fn is_shop(&self, address: &str) -> bool {
        self.handle.live.engine().settings().own_addresses.contains(&plain_address(address))
    }

    /// Lets a mail end that nobody is answered for: who writes in somebody's name must not learn anything by it. The audit
    /// log has a line only where an address of ours was known: strangers who make addresses up do not fill it.
    async fn unproven(&self, id: InboundId, found: &Found, why: &str, now: Timestamp) -> Result<bool, StoreError> {
        let text = format!("a mail to a reply address was not taken: {why} (message {id})");
        let known = match &found.token {
            Some(token) => self.store.reply_address(&token_hash(token), now).await?.is_some(),
            None => true,
        };
        if known {
            self.store.note(&BY_MAIL, Deed::StaffMailRefused, &text, now).await?;
        }
        tracing::warn!(inbound.id = id.0, "a mail to a reply address was not taken");
        self.store.ignore(id, &text, now).await?;
        Ok(true)
    }

    async fn take_proven(
        &self,
        id: InboundId,
        inbound: &Inbound,
        mail: &MailFacts,
        agent: &Agent,
        found: &Found,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let address = match &found.token {
            Some(token) => self.store.reply_address(&token_hash(token), now).await?,
            None => None,
        };
        let (Some(address), Some(token), Some(settings)) = (address, &found.token, &self.staff) else {
            let known = match found.keys.first() {
                Some(key) => self.store.notice_of_key(key).await?,
                None => None,
            };
            if let Some(ticket) = known {
                self.mail_back(id, mail, agent, ticket, words::NOT_IN_FORCE, now).await?;
            } else {
                // Nothing says whom the answer was for: somebody must ask the person.
                let text = format!("{} answered a notice that is not known here (message {id})", agent.name);
                self.store.note(&BY_MAIL, Deed::StaffMailRefused, &text, now).await?;
            }
            return self.store.ignore(id, "an answer to an address that is not in force", now).await;
        };
        if address.agent != agent.name {
            if agent.sees(&address.account) {
                self.mail_back(id, mail, agent, address.ticket, words::NOT_YOURS, now).await?;
            }
            let text = format!("{} answered a notice to {} (message {id})", agent.name, address.agent);
            self.store.note(&BY_MAIL, Deed::StaffMailRefused, &text, now).await?;
            return self.store.ignore(id, &text, now).await;
        }
        if !agent.sees(&address.account) {
            return self.store.ignore(id, "the ticket is not for this person any more", now).await;
        }
        let case = Case {
            handle: &self.handle,
            settings,
            store: &self.store,
            id,
            inbound,
            mail,
            agent,
            token,
            address: &address,
            now,
        };
        let what = Box::pin(case.take()).await?;
        failpoint::reach("staff_mail.act.after");
        tracing::info!(
            inbound.id = id.0,
            agent = agent.name.as_str(),
            ticket.id = address.ticket.0,
            "staff mail: {what}"
        );
        self.store.ignore(id, &format!("{} answered by mail: {what}", agent.name), now).await
    }

    async fn mail_back(
        &self,
        id: InboundId,
        mail: &MailFacts,
        agent: &Agent,
        ticket: TicketId,
        why: Phrase,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let back = MailBack {
            agent: &agent.name,
            ticket,
            cause: NoticeCause::Refusal,
            body: why.of(agent.language),
            answer: None,
            seen: 0,
            inbound: id,
            parent: mail.message_id.as_deref(),
        };
        queue_back(&self.store, &back, now).await
    }
}

impl Case<'_> {
    /// Does what the mail asks for; returns what became of it, for the record.
    async fn take(&self) -> Result<&'static str, StoreError> {
        let Some(file) = self.handle.store.ticket_at(self.address.ticket, self.now).await? else {
            return Ok("the ticket is gone");
        };
        if self.inbound.notes.contains(&Note::TextCut) {
            return self.refuse(words::TOO_LONG.of(self.language())).await;
        }
        match reading::said(&self.inbound.text) {
            Said::Nothing => self.refuse(words::EMPTY.of(self.language())).await,
            Said::NotAlone => self.refuse(words::NOT_ALONE.of(self.language())).await,
            Said::Note(text) if text.is_empty() => self.refuse(words::EMPTY.of(self.language())).await,
            Said::Note(text) => self.note(&file, text).await,
            Said::Claim => self.command(&file, AgentCommand::Claim).await,
            Said::Close => self.command(&file, AgentCommand::Close(Closing::default())).await,
            Said::Send => self.confirm(&file).await,
            Said::Reply(text) => {
                let engine = self.handle.live.engine();
                let expected = Expected {
                    own: self.agent.email.as_deref().unwrap_or_default(),
                    token: self.token,
                    desk: &self.settings.desk,
                    shop: &engine.settings().own_addresses,
                };
                let unclear = reading::unclear(self.inbound, self.mail, &expected);
                self.reply(&file, &text, &unclear).await
            }
        }
    }

    fn language(&self) -> Language {
        self.agent.language
    }

    fn reader(&self) -> Reader {
        let zone = self.handle.live.engine().settings().desk.zone.clone();
        Reader { name: self.agent.name.clone(), language: self.language(), zone }
    }

    /// Sends the words of a question that was answered with `send`.
    async fn confirm(&self, file: &TicketFile) -> Result<&'static str, StoreError> {
        let asked = self.address.answer.as_deref().filter(|_| self.address.cause == NoticeCause::Question);
        let Some(text) = asked else { return self.refuse(words::NOTHING_ASKED.of(self.language())).await };
        if self.now.duration_since(self.address.created_at) > SignedDuration::from_hours(ASKED_HOURS) {
            return self.refuse(&words::too_late(self.language())).await;
        }
        if self.was_done(file, text, EventKind::Reply) {
            return Ok("it was sent before");
        }
        let since = self.since(file);
        if !since.is_empty() {
            return self.ask(file, text, since).await;
        }
        self.send(file, text, true).await
    }

    /// Sends words to the buyer, unless something about them is unclear.
    async fn reply(&self, file: &TicketFile, text: &str, unclear: &[Unclear]) -> Result<&'static str, StoreError> {
        if self.was_done(file, text, EventKind::Reply) {
            return Ok("it was sent before");
        }
        let mut why: Vec<String> = unclear.iter().map(|what| words::unclear(what, self.language())).collect();
        why.extend(self.since(file));
        if let Some(owner) = file.ticket.assignee.as_ref().filter(|owner| **owner != self.agent.name) {
            why.push(words::taken(owner.as_str(), self.language()));
        }
        if file.scheduled.is_some() {
            why.push(words::waits(self.language()));
        }
        let doubtful = canned::promises(&self.handle.live.engine(), file, text);
        if !doubtful.is_empty() {
            why.push(words::doubtful(&doubtful, self.language()));
        }
        if why.is_empty() { self.send(file, text, false).await } else { self.ask(file, text, why).await }
    }

    async fn send(&self, file: &TicketFile, text: &str, despite: bool) -> Result<&'static str, StoreError> {
        let wish =
            Wish { seen: Some(file.ticket.version), despite, ..self.wish(AgentCommand::Reply(Answer::now(text))) };
        match Box::pin(agents::act(self.handle, &wish, self.now)).await {
            Ok(_) => Ok("it goes to the buyer"),
            Err(ActError::Store(error)) => Err(error),
            Err(error) if matches!(error, ActError::Conflict { .. }) || (error.may_be_confirmed() && !despite) => {
                self.ask(file, text, vec![refusals::act(&error, &self.reader())]).await
            }
            Err(error) => self.refuse(&refusals::mail(&error, &self.reader())).await,
        }
    }

    async fn note(&self, file: &TicketFile, text: String) -> Result<&'static str, StoreError> {
        if self.was_done(file, &text, EventKind::Note) {
            return Ok("it was noted before");
        }
        self.act(&self.wish(AgentCommand::Note(text)), "a note").await
    }

    async fn command(&self, file: &TicketFile, command: AgentCommand) -> Result<&'static str, StoreError> {
        if let Some(before) = self.was_commanded(file, &command) {
            return Ok(before);
        }
        let ends = matches!(command, AgentCommand::Close(_)) && file.ticket.state != TicketState::Closed;
        // What the person did since the notice they know; what somebody else did is told with it, in its order.
        if ends && self.news(file).any(|event| event.by != self.agent.name.as_str()) {
            let (language, since) = (self.language(), listed(&self.since(file)));
            let moved = [words::MOVED_ON.of(language), &since, words::CLOSE_AGAIN.of(language)].join("\n\n");
            // Whoever answers this mail has read what happened.
            return self.refuse_at(&moved, file.ticket.version).await;
        }
        let wish = Wish { seen: Some(file.ticket.version), ..self.wish(command) };
        self.act(&wish, "a command").await
    }

    /// Returns that the person has done exactly this since the notice, and that it stands: the mail came twice, or the
    /// process ended between the act and the end of the mail.
    fn was_commanded(&self, file: &TicketFile, command: &AgentCommand) -> Option<&'static str> {
        let (ticket, me) = (&file.ticket, &self.agent.name);
        let did = |what| self.news(file).any(|event| event.what == what && event.by == me.as_str());
        match command {
            AgentCommand::Close(_) if ticket.state == TicketState::Closed && did(EventKind::Closed) => {
                Some("it was closed before")
            }
            AgentCommand::Claim if ticket.assignee.as_ref() == Some(me) && did(EventKind::Claimed) => {
                (ticket.state == TicketState::Claimed).then_some("it was claimed before")
            }
            _ => None,
        }
    }

    fn wish(&self, command: AgentCommand) -> Wish {
        Wish::new(self.agent.name.clone(), self.address.ticket, command)
    }

    async fn act(&self, wish: &Wish, what: &'static str) -> Result<&'static str, StoreError> {
        match Box::pin(agents::act(self.handle, wish, self.now)).await {
            Ok(_) => Ok(what),
            Err(ActError::Store(error)) => Err(error),
            Err(error) => self.refuse(&refusals::mail(&error, &self.reader())).await,
        }
    }

    /// Returns what happened after the notice that somebody who acts should know of. That a message needs a person is no news
    /// beside the message.
    fn news<'f>(&self, file: &'f TicketFile) -> impl Iterator<Item = &'f TicketEvent> {
        let seen = self.address.seen;
        let beside_message = move |event: &TicketEvent| {
            let mut messages = file.events.iter().filter(|other| other.what == EventKind::Inbound);
            event.what == EventKind::Opened && messages.any(|message| message.at == event.at)
        };
        let since = file.events.iter().filter(move |event| event.version > seen && !event.what.is_harmless());
        since.filter(move |event| !beside_message(event))
    }

    /// Tells the person what happened after the notice: not that they took the ticket themselves.
    fn since(&self, file: &TicketFile) -> Vec<String> {
        let own_claim = |event: &TicketEvent| event.what == EventKind::Claimed && event.by == self.agent.name.as_str();
        let reader = self.reader();
        self.news(file).filter(|event| !own_claim(event)).map(|event| words::happened(event, &reader)).collect()
    }

    /// Returns whether the person has done exactly this since the notice: the mail came twice, or the process ended between
    /// the act and the end of the mail. The same words to something that the buyer wrote since are another answer.
    fn was_done(&self, file: &TicketFile, text: &str, what: EventKind) -> bool {
        let own = |event: &&TicketEvent| event.version > self.address.seen && event.by == self.agent.name.as_str();
        let newest = file.events.iter().rev().take_while(|event| event.what != EventKind::Inbound);
        newest.filter(own).any(|event| event.what == what && event.text.trim() == text.trim())
    }

    /// Asks back, with the exact words that would go out.
    async fn ask(&self, file: &TicketFile, text: &str, why: Vec<String>) -> Result<&'static str, StoreError> {
        let language = self.language();
        let body = format!(
            "{}\n\n{}\n\n{}\n\n{}\n{}\n{}\n",
            words::BECAUSE.of(language),
            listed(&why),
            words::WOULD.of(language),
            bars(text),
            words::confirm(language),
            words::leaves(language),
        );
        self.queue(NoticeCause::Question, &body, Some(text), file.ticket.version).await?;
        Ok("it is asked back")
    }

    /// Says why nothing was done.
    async fn refuse(&self, why: &str) -> Result<&'static str, StoreError> {
        self.refuse_at(why, self.address.seen).await
    }

    /// The same where the mail tells of that version of the ticket.
    async fn refuse_at(&self, why: &str, seen: i64) -> Result<&'static str, StoreError> {
        self.queue(NoticeCause::Refusal, why, None, seen).await?;
        Ok("it was not done, and the person is told why")
    }

    async fn queue(&self, cause: NoticeCause, body: &str, answer: Option<&str>, seen: i64) -> Result<(), StoreError> {
        let back = MailBack {
            agent: &self.agent.name,
            ticket: self.address.ticket,
            cause,
            body,
            answer,
            seen,
            inbound: self.id,
            parent: self.mail.message_id.as_deref(),
        };
        queue_back(self.store, &back, self.now).await
    }
}

fn listed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}

/// Queues a mail back. Where the person got too many of them in this hour, the audit log says what they do not know.
async fn queue_back(store: &Store, back: &MailBack<'_>, now: Timestamp) -> Result<(), StoreError> {
    if store.queue_mail_back(back, now).await? {
        return Ok(());
    }
    tracing::warn!(inbound.id = back.inbound.0, "too many mails back in this hour, so the person is not told");
    let text = format!(
        "{} was not told what became of message {}: too many mails back in this hour",
        back.agent, back.inbound
    );
    store.note(&BY_MAIL, Deed::StaffMailRefused, &text, now).await
}

/// What the configuration says of answers by mail, as the intake holds it.
pub(super) type Staff = Option<Arc<StaffMail>>;
