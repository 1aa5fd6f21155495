//! Mails to the shop, by the thousand: questions that the starter pack answers, questions back, cases for people, and
//! machine mail, in known shares. Every mail names a number of 128 bits in its Message-ID by which all that follows from
//! it is found again.

use std::{collections::BTreeMap, fmt::Write as _, sync::Mutex};

use crate::{chance::Chance, support::letter::now};

/// What a mail is meant to bring about. What really happens is the store's word; the shares only see to variety.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    /// A question that a rule answers.
    Answer,
    /// A question that needs a question back.
    Ask,
    /// Something for a person; the buyer gets an acknowledgement.
    Person,
    /// Machine mail, which is recorded and never answered.
    Machine,
    /// A buyer's second mail in the same conversation.
    Again,
    /// A bounce of a mail of ours.
    Bounce,
}

/// One mail that lies in a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    /// The 128 bits, in hexadecimal.
    pub(crate) nonce: String,
    /// The account whose mailbox it lies in.
    pub(crate) account: String,
    /// Who wrote it.
    pub(crate) from: String,
    /// The subject, in ASCII.
    pub(crate) subject: String,
    /// The number of the first mail of its conversation.
    pub(crate) conversation: String,
    /// What it is meant to bring about.
    pub(crate) face: Face,
}

impl Posted {
    /// Returns the Message-ID, in its brackets.
    pub(crate) fn message_id(&self) -> String {
        format!("<{}@mua.example.net>", self.nonce)
    }
}

/// A mail to be delivered.
#[derive(Debug)]
pub(crate) struct Mail {
    /// What is remembered of it.
    pub(crate) posted: Posted,
    /// Its bytes, lines ending in LF.
    pub(crate) raw: String,
}

/// Shares in a hundred; the rest of a hundred is [`Face::Answer`].
const SHARES: [(Face, u64); 4] = [(Face::Ask, 12), (Face::Person, 18), (Face::Machine, 12), (Face::Again, 8)];

const ANSWERS: [&str; 4] = [
    "Hi, will I have to pay customs if you ship to Germany?",
    "Do you have free shipping?",
    "how much are the import duties for canada",
    "你好，寄到德国要交关税吗？",
];
const ASKS: [&str; 2] = ["Will I have to pay customs?", "Do I have to pay import tax on this?"];
const PERSONS: [&str; 4] = [
    "Could you engrave the name of my grandmother on the lid?",
    "I want to talk to a real person please.",
    "I want to cancel my order 100482.",
    "My lawyer will write to you about this.",
];

/// Writes mails and remembers every one that was delivered.
#[derive(Debug)]
pub(crate) struct Load {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    chance: Chance,
    buyers: u64,
    posted: BTreeMap<String, Posted>,
    /// Conversations that may go on: account, buyer, the id of the first mail, its subject.
    open: Vec<Posted>,
}

impl Load {
    /// The load of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let chance = Chance::new(seed);
        Self { state: Mutex::new(State { chance, buyers: 0, posted: BTreeMap::new(), open: Vec::new() }) }
    }

    /// Writes the next mail to an account.
    pub(crate) fn write(&self, account: &str) -> Mail {
        let mut state = self.state.lock().expect("no holder panics");
        let mut drawn = state.chance.below(100);
        let face = SHARES.iter().find_map(|(face, share)| {
            let hit = drawn < *share;
            drawn = drawn.saturating_sub(*share);
            hit.then_some(*face)
        });
        state.mail(face.unwrap_or(Face::Answer), account)
    }

    /// Writes a mail to an account that asks for something only a person can say.
    pub(crate) fn write_for_person(&self, account: &str) -> Mail {
        let mut state = self.state.lock().expect("no holder panics");
        state.mail(Face::Person, account)
    }

    /// Writes the buyer's next mail in a conversation: a question that a rule answers.
    pub(crate) fn write_again(&self, first: &Posted) -> Mail {
        let mut state = self.state.lock().expect("no holder panics");
        state.letter(Face::Again, &first.account, Some(first.clone()))
    }

    /// Writes what a person of the shop answers a buyer with a mail program; returns its Message-ID, without brackets, too.
    pub(crate) fn write_by_hand(&self, first: &Posted, shop: &str) -> (String, String) {
        let mut state = self.state.lock().expect("no holder panics");
        let id = format!("{}@hand.example.com", state.chance.nonce());
        let raw = format!(
            "From: Blue Lantern <{shop}>\nTo: {}\nSubject: Re: {}\nDate: {}\nMessage-ID: <{id}>\nIn-Reply-To: {}\n\
             MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nI write this by hand.\n",
            first.from,
            first.subject,
            now(),
            first.message_id(),
        );
        (id, raw)
    }

    /// Writes the report of a mail server that a mail of ours, sent under that envelope sender, could not be delivered.
    pub(crate) fn write_bounce(&self, account: &str, message_id: &str, returned_to: &str) -> Mail {
        let mut state = self.state.lock().expect("no holder panics");
        let nonce = state.chance.nonce();
        let posted = Posted {
            conversation: nonce.clone(),
            nonce,
            account: account.to_owned(),
            from: "mailer-daemon@mx.example.net".to_owned(),
            subject: "Undelivered Mail Returned to Sender".to_owned(),
            face: Face::Bounce,
        };
        let raw = bounce(&posted, message_id, returned_to);
        Mail { posted, raw }
    }

    /// Remembers a mail that lies in the mailbox now.
    pub(crate) fn delivered(&self, posted: Posted) {
        let mut state = self.state.lock().expect("no holder panics");
        if matches!(posted.face, Face::Answer | Face::Person) && state.open.len() < 64 {
            state.open.push(posted.clone());
        }
        state.posted.insert(posted.nonce.clone(), posted);
    }

    /// Returns everything delivered, by its number.
    pub(crate) fn posted(&self) -> BTreeMap<String, Posted> {
        self.state.lock().expect("no holder panics").posted.clone()
    }

    /// Returns how many mails were delivered.
    pub(crate) fn count(&self) -> usize {
        self.state.lock().expect("no holder panics").posted.len()
    }
}

impl State {
    fn mail(&mut self, face: Face, account: &str) -> Mail {
        let again = if face == Face::Again { self.earlier(account) } else { None };
        let face = if face == Face::Again && again.is_none() { Face::Answer } else { face };
        self.letter(face, account, again)
    }

    /// Writes a mail, in the conversation that `again` began if there is one.
    fn letter(&mut self, face: Face, account: &str, again: Option<Posted>) -> Mail {
        let nonce = self.chance.nonce();
        self.buyers += 1;
        let (from, subject, mut more) = match &again {
            Some(first) => {
                (first.from.clone(), first.subject.clone(), format!("In-Reply-To: {}\n", first.message_id()))
            }
            None => (format!("buyer{}@b{}.example", self.buyers, &nonce[..8]), "A question".to_owned(), String::new()),
        };
        if face == Face::Machine {
            let line = ["Auto-Submitted: auto-replied", "List-Id: <news.example.org>", "Precedence: bulk"];
            writeln!(more, "{}", self.chance.one(&line)).expect("writing to a String never fails");
        }
        let text: &str = match face {
            Face::Ask => self.chance.one(&ASKS),
            Face::Person => self.chance.one(&PERSONS),
            Face::Answer | Face::Machine | Face::Again | Face::Bounce => self.chance.one(&ANSWERS),
        };
        let conversation = again.map_or_else(|| nonce.clone(), |first| first.conversation);
        let posted = Posted { nonce, account: account.to_owned(), from, subject, conversation, face };
        let raw = format!(
            "From: Anna Berg <{}>\nTo: Blue Lantern <{account}@example.com>\nSubject: {}\nDate: {}\nMessage-ID: {}\n\
             {more}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n",
            posted.from,
            posted.subject,
            now(),
            posted.message_id(),
        );
        Mail { posted, raw }
    }

    /// Takes a conversation of that account out of those that may go on.
    fn earlier(&mut self, account: &str) -> Option<Posted> {
        let index = self.open.iter().position(|first| first.account == account)?;
        Some(self.open.swap_remove(index))
    }
}

fn bounce(posted: &Posted, message_id: &str, returned_to: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: Mail Delivery System <{}>\nTo: {returned_to}\nDelivered-To: {returned_to}\n\
         Subject: {}\nDate: {}\nMessage-ID: {}\nIn-Reply-To: {message_id}\nAuto-Submitted: auto-replied\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\n\n\
         --b1\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\n\
         --b1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n\
         Final-Recipient: rfc822; nobody@example.org\nAction: failed\nStatus: 4.4.7\n\
         Diagnostic-Code: smtp; 451 4.4.7 timed out\n\n--b1--\n",
        posted.from,
        posted.subject,
        now(),
        posted.message_id(),
    )
}
