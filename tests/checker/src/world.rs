//! Truth and dump, joined: which row is which mail, which message on the wire is which row and answers which mail.
//!
//! Everything is found by hash, once, so that judging a run costs about as much as reading it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    chain::Span,
    dump::{Inbound, Outbox, Ticket},
    run::Run,
    truth::{Delivered, Event, Expect, Phase, Transaction},
};

/// What a ticket says of an uncertain send; the words the program promises.
pub const NOTICE: &str = "may have been sent";

/// A run, joined.
#[derive(Debug)]
pub struct World<'a> {
    /// What it was made of.
    pub run: &'a Run,
    /// Mails by nonce, in order of delivery.
    pub mails: Vec<Mail<'a>>,
    /// Transactions, in order of their beginning.
    pub sends: Vec<Send<'a>>,
    /// For each outbox row, its transactions, by index.
    pub sends_of_row: Vec<Vec<usize>>,
    /// For each inbound row, the outbox rows that answer it, by index.
    pub answers_of: HashMap<i64, Vec<usize>>,
    /// Tickets of a conversation, by index.
    pub tickets_of_thread: HashMap<i64, Vec<usize>>,
    /// Messages that go to a person while their safe part is answered.
    pub with_answer: BTreeSet<i64>,
    /// Rows of mails that nobody delivered.
    pub strangers: usize,
    inbound_by_id: HashMap<i64, usize>,
    mail_of_inbound: HashMap<i64, usize>,
    mail_by_nonce: HashMap<&'a str, usize>,
    ticket_by_id: HashMap<i64, usize>,
}

/// One mail as its nonce names it.
#[derive(Debug)]
pub struct Mail<'a> {
    /// The nonce.
    pub nonce: &'a str,
    /// Where and when it was delivered; at least once.
    pub deliveries: Vec<(Span, &'a Delivered)>,
    /// How often the server showed it once more.
    pub again: usize,
    /// Mailboxes from which somebody else deleted it.
    pub removed: BTreeSet<&'a str>,
    /// Its rows, by index.
    pub rows: Vec<usize>,
}

impl<'a> Mail<'a> {
    /// The first delivery.
    pub fn first(&self) -> (Span, &'a Delivered) {
        self.deliveries[0]
    }

    /// What may become of it.
    pub fn expect(&self) -> Expect {
        self.first().1.expect
    }
}

/// One transaction and what it is.
#[derive(Debug)]
pub struct Send<'a> {
    /// What the sink saw.
    pub transaction: &'a Transaction,
    /// File and line.
    pub place: &'a str,
    /// From MAIL to the end.
    pub span: Span,
    /// The outbox row with this Message-ID, by index.
    pub row: Option<usize>,
    /// The mail it answers, by index.
    pub mail: Option<usize>,
    /// No person wrote it.
    pub is_automatic: bool,
}

impl Send<'_> {
    /// Returns the interval in which the program decided for good to send; none if it did not come so far.
    pub fn commit(&self) -> Option<Span> {
        Some(Span { start: self.transaction.data_ns?, end: self.transaction.dot_ns? })
    }

    /// Says whether the final dot was read.
    pub fn came_to_dot(&self) -> bool {
        self.transaction.phase == Phase::Dot
    }

    /// Says whether the final dot was read and the client cannot know what became of it.
    pub fn is_unclear(&self) -> bool {
        self.came_to_dot() && (!self.transaction.written || self.transaction.reply.is_none())
    }

    /// Says whether the client was told that the sink keeps the message.
    pub fn is_confirmed(&self) -> bool {
        let said_yes = self.transaction.reply.as_deref().is_some_and(|reply| reply.starts_with('2'));
        self.came_to_dot() && self.transaction.written && said_yes
    }
}

impl<'a> World<'a> {
    /// Joins a run.
    pub fn of(run: &'a Run) -> Self {
        let (mails, mail_by_nonce) = mails(run);
        let mut world = Self {
            run,
            mails,
            sends: Vec::new(),
            sends_of_row: vec![Vec::new(); run.dump.outbox.len()],
            answers_of: HashMap::new(),
            tickets_of_thread: HashMap::new(),
            with_answer: BTreeSet::new(),
            strangers: 0,
            inbound_by_id: HashMap::new(),
            mail_of_inbound: HashMap::new(),
            mail_by_nonce,
            ticket_by_id: HashMap::new(),
        };
        world.join_inbound();
        world.join_rows();
        world.join_sends();
        world
    }

    /// Returns a received message.
    pub fn inbound(&self, id: i64) -> Option<&'a Inbound> {
        self.inbound_by_id.get(&id).map(|index| &self.run.dump.inbound[*index])
    }

    /// Returns the mail that a received message is.
    pub fn mail_of(&self, inbound: i64) -> Option<&Mail<'a>> {
        self.mail_of_inbound.get(&inbound).map(|index| &self.mails[*index])
    }

    /// Returns a ticket.
    pub fn ticket(&self, id: i64) -> Option<&'a Ticket> {
        self.ticket_by_id.get(&id).map(|index| &self.run.dump.ticket[*index])
    }

    /// Returns the outbox row of a transaction.
    pub fn row(&self, send: &Send<'_>) -> Option<&'a Outbox> {
        send.row.map(|index| &self.run.dump.outbox[index])
    }

    /// Returns the conversation of a transaction, as the store numbers it.
    pub fn thread(&self, send: &Send<'_>) -> Option<i64> {
        let by_row = self.row(send).map(|row| row.thread);
        by_row.or_else(|| send.mail.and_then(|mail| self.thread_of_mail(&self.mails[mail])))
    }

    /// Returns the conversation that a ticket or a mail belongs to, as agents name it.
    pub fn thread_named(&self, ticket: Option<i64>, nonce: Option<&str>) -> Option<i64> {
        let by_ticket = ticket.and_then(|id| self.ticket(id)).map(|ticket| ticket.thread);
        by_ticket.or_else(|| self.thread_of_mail(&self.mails[*self.mail_by_nonce.get(nonce?)?]))
    }

    /// Translates a moment of the store to the monotonic clock; none before the machine's start.
    pub fn monotonic(&self, unix_ms: i64) -> Option<u64> {
        let since = unix_ms.checked_sub(self.run.began.unix_ms)?.checked_mul(1_000_000)?;
        self.run.began_ns.checked_add_signed(since)
    }

    /// Groups the automatic messages that have a conversation and came to their final dot by it.
    pub fn automatic_by_thread(&self) -> BTreeMap<i64, Vec<&Send<'a>>> {
        let mut threads: BTreeMap<i64, Vec<&Send<'a>>> = BTreeMap::new();
        for send in self.sends.iter().filter(|send| send.is_automatic && send.came_to_dot()) {
            if let Some(thread) = self.thread(send) {
                threads.entry(thread).or_default().push(send);
            }
        }
        threads
    }

    fn thread_of_mail(&self, mail: &Mail<'_>) -> Option<i64> {
        mail.rows.iter().find_map(|row| self.run.dump.inbound[*row].thread)
    }

    fn join_inbound(&mut self) {
        for (index, row) in self.run.dump.inbound.iter().enumerate() {
            self.inbound_by_id.insert(row.id, index);
            let id = row.message_id.clone().or_else(|| row.raw.as_deref().and_then(message_id_in));
            let mail = id.as_deref().and_then(|id| self.mail_by_nonce.get(nonce_in(id)));
            match mail {
                Some(mail) => {
                    self.mails[*mail].rows.push(index);
                    self.mail_of_inbound.insert(row.id, *mail);
                }
                None => self.strangers += 1,
            }
        }
    }

    fn join_rows(&mut self) {
        let dump = &self.run.dump;
        for (index, row) in dump.outbox.iter().enumerate() {
            if let Some(inbound) = row.inbound {
                self.answers_of.entry(inbound).or_default().push(index);
            }
        }
        for (index, ticket) in dump.ticket.iter().enumerate() {
            self.ticket_by_id.insert(ticket.id, index);
            self.tickets_of_thread.entry(ticket.thread).or_default().push(index);
        }
        self.with_answer.extend(dump.inbound.iter().filter(|row| row.with_answer).map(|row| row.id));
        self.with_answer.extend(dump.verdict.iter().filter(|verdict| verdict.is_with_answer()).map(|v| v.inbound));
    }

    fn join_sends(&mut self) {
        let outbox = &self.run.dump.outbox;
        let with_id =
            outbox.iter().enumerate().filter_map(|(index, row)| Some((bare(row.message_id.as_deref()?), index)));
        let by_id: HashMap<&str, usize> = with_id.collect();
        for seen in &self.run.truth {
            let Event::Transaction(transaction) = &seen.event else { continue };
            let row = transaction.message_id.as_deref().and_then(|id| by_id.get(bare(id)).copied());
            let by_reference = transaction.in_reply_to.as_deref().and_then(|id| self.mail_by_nonce.get(nonce_in(id)));
            let by_row = || self.mail_of_inbound.get(&outbox[row?].inbound?);
            let mail = by_reference.or_else(by_row).copied();
            let says_so = transaction.auto_submitted.as_deref().is_some_and(|value| !value.trim().starts_with("no"));
            let is_automatic = says_so || row.is_none_or(|row| !outbox[row].human);
            if let Some(row) = row {
                self.sends_of_row[row].push(self.sends.len());
            }
            self.sends.push(Send { transaction, place: &seen.place, span: seen.span, row, mail, is_automatic });
        }
    }
}

/// Returns a Message-ID without its brackets.
pub fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

/// Returns the left part of a Message-ID.
pub fn nonce_in(id: &str) -> &str {
    bare(id).split('@').next().unwrap_or_default()
}

fn mails(run: &Run) -> (Vec<Mail<'_>>, HashMap<&str, usize>) {
    let mut mails: Vec<Mail<'_>> = Vec::new();
    let mut by_nonce: HashMap<&str, usize> = HashMap::new();
    for seen in &run.truth {
        let Event::Delivered(delivered) = &seen.event else { continue };
        let index = *by_nonce.entry(&delivered.nonce).or_insert(mails.len());
        if index == mails.len() {
            let nonce = delivered.nonce.as_str();
            mails.push(Mail { nonce, deliveries: Vec::new(), again: 0, removed: BTreeSet::new(), rows: Vec::new() });
        }
        mails[index].deliveries.push((seen.span, delivered));
    }
    for seen in &run.truth {
        match &seen.event {
            Event::Again(again) => {
                if let Some(mail) = by_nonce.get(again.nonce.as_str()) {
                    mails[*mail].again += 1;
                }
            }
            Event::Removed(removed) => {
                if let Some(mail) = by_nonce.get(removed.nonce.as_str()) {
                    mails[*mail].removed.insert(&removed.account);
                }
            }
            _ => {}
        }
    }
    (mails, by_nonce)
}

/// Finds the Message-ID in the header of a mail given as hex. The generated mails have it unfolded on one line.
fn message_id_in(raw: &str) -> Option<String> {
    let digits = raw.as_bytes().chunks_exact(2);
    let bytes: Vec<u8> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect::<Option<_>>()?;
    let text = String::from_utf8_lossy(&bytes);
    let head = text.lines().take_while(|line| !line.trim().is_empty());
    head.filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("message-id"))
        .map(|(_, value)| bare(value).to_owned())
}
