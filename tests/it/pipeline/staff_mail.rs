//! People of the desk are told of tickets by mail and answer by mail, through real servers and the real program.

use nightdesk::model::ticket::{Ticket, TicketState};

use crate::support::{
    letter::{Letter, header, subject, text_of},
    post::{Post, RETRY_SOON, SHOP},
    shop::{Shop, until_in},
    smtp_relay::Relayed,
};

/// What the configuration adds.
const STAFF_MAIL: &str = "trusted_authserv_ids: [mx.example.com]
console: {listen: \"127.0.0.1:0\", public_url: https://desk.example.com}
staff_mail: {account: support}";

pub(crate) const BUYER: &str = "anna@example.org";
pub(crate) const MEI: &str = "mei@example.net";
const BO: &str = "bo@example.net";

/// What our own server writes of a mail whose author it knows.
pub(crate) const PROVEN: &str = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.net";

/// What mei answers.
pub(crate) const ANSWER: &str = "Yes, up to twelve letters.";

/// Words that stand in an internal note alone.
const SECRET: &str = "This buyer has cheated us twice";

/// A shop whose people get mail.
pub(crate) struct Desk {
    pub(crate) post: Post,
    pub(crate) shop: Shop,
}

impl Desk {
    /// Opens it and starts the program.
    pub(crate) fn open() -> Self {
        let mut desk = Self::furnish();
        desk.shop.start();
        desk
    }

    /// Opens it with one person, and starts nothing.
    pub(crate) fn furnish() -> Self {
        let post = Post::start();
        let shop = Shop::open(&post.account(), &format!("{STAFF_MAIL}\n{RETRY_SOON}"));
        shop.succeed(&["user", "add", "mei", "--email", MEI]);
        Self { post, shop }
    }

    /// Adds accounts, as YAML; before the program starts.
    pub(crate) fn configure(&self, accounts: &str) {
        self.shop.configure(&(self.post.account() + accounts), &format!("{STAFF_MAIL}\n{RETRY_SOON}"));
    }

    /// Lets a buyer ask for something that only a person can say; returns the notice to mei.
    pub(crate) fn asked(&self) -> (Letter, Relayed) {
        let question = Letter::new(BUYER, "Engraving", "Could you engrave the name of my grandmother on the lid?");
        self.post.deliver(&question.from, &question.raw());
        let notice = self.until_told(MEI, 1).remove(0);
        (question, notice)
    }

    /// Waits until that many mails went to a person, and returns them.
    pub(crate) fn until_told(&self, to: &str, count: usize) -> Vec<Relayed> {
        until_in(&format!("{count} mails to {to}"), || Some(self.post.sent_to(to)).filter(|mails| mails.len() >= count))
    }

    /// Brings an answer to a mail of ours: `lines` come first, as a server writes them, and `to` replaces the shop.
    pub(crate) fn answer(&self, from: &str, mail: &Relayed, lines: &str, text: &str) -> Letter {
        let letter = Letter::answering(from, mail, text);
        let to = reply_address(mail);
        let raw = letter.raw().replace(&format!("To: Blue Lantern <{SHOP}>\n"), &format!("To: {to}\n"));
        self.post.deliver(from, &format!("{lines}\n{raw}"));
        letter
    }

    /// Waits until a mail of a person came to this end.
    pub(crate) fn until_ended(&self, words: &str) {
        self.shop.until_logged(words);
    }

    /// Returns the only ticket.
    pub(crate) fn ticket(&self) -> Ticket {
        let mut tickets = self.shop.tickets();
        assert_eq!(tickets.len(), 1, "mails of people are no tickets: {tickets:#?}");
        tickets.remove(0)
    }

    /// Returns what went to the buyer and was written by a person.
    pub(crate) fn human_mails(&self) -> Vec<Relayed> {
        let human = |mail: &Relayed| header(mail, "Message-ID").is_some_and(|id| id.starts_with("<hr."));
        self.post.sent_to(BUYER).into_iter().filter(human).collect()
    }

    /// Waits until a person's words went to the buyer, and returns the newest.
    pub(crate) fn until_answered(&self) -> Relayed {
        until_in("a person's answer", || self.human_mails().pop())
    }
}

/// Returns the address in `Reply-To`.
pub(crate) fn reply_address(mail: &Relayed) -> String {
    let field = header(mail, "Reply-To").expect("the notice takes answers");
    field.rsplit_once('<').map_or(field.as_str(), |(_, address)| address.trim_end_matches('>')).to_owned()
}

#[test]
fn person_answers_a_notice_and_the_buyer_gets_it_in_the_thread() {
    let desk = Desk::open();
    let (question, notice) = desk.asked();
    assert_eq!(header(&notice, "Auto-Submitted").as_deref(), Some("auto-generated"));
    assert!(subject(&notice).contains("Engraving") && subject(&notice).contains("[#1]"), "{}", subject(&notice));
    let text = text_of(&notice);
    assert!(text.starts_with("##- Nightdesk: write your answer above this line -##"), "{text}");
    for part in ["Anna Berg", "| Could you engrave", "https://desk.example.com/tickets/1", "Answer by"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    let secret = reply_address(&notice);
    let token =
        secret.strip_prefix("shop+").and_then(|rest| rest.strip_suffix("@example.com")).expect("beside the shop");
    assert_eq!(token.len(), 32, "128 bits");

    desk.answer(MEI, &notice, PROVEN, "Yes, up to twelve letters.\n\n-- \nMei Lin\nBlue Lantern");
    let reply = desk.until_answered();
    assert_eq!(text_of(&reply).trim(), ANSWER, "neither the quote nor the signature");
    assert_eq!(header(&reply, "In-Reply-To").as_deref(), Some(question.id.as_str()));
    assert!(!reply.data.contains(token) && !reply.data.contains(MEI), "nothing of the notice: {}", reply.data);
    let ticket = desk.ticket();
    assert_eq!(ticket.state, TicketState::Waiting);
    assert_eq!(ticket.assignee.map(|name| name.to_string()).as_deref(), Some("mei"));

    // The same mail once more, and the same words: delivered twice, sent once.
    desk.answer(MEI, &notice, PROVEN, ANSWER);
    desk.until_ended("staff mail: it was sent before");
    assert_eq!(desk.human_mails().len(), 1);

    let more = Letter::answering(BUYER, &reply, "And how much is that?");
    desk.post.deliver(BUYER, &more.raw());
    let settled = desk.shop.until_settled(4);
    assert!(settled.iter().any(|row| row.text.contains("how much")), "{settled:#?}");
    assert_eq!(desk.ticket().state, TicketState::Open, "the buyer's own answer is the buyer's");
}

#[test]
fn notes_stay_inside_and_stand_in_no_notice() {
    let desk = Desk::open();
    let (question, notice) = desk.asked();
    desk.answer(MEI, &notice, PROVEN, &format!("note: {SECRET}"));
    desk.until_ended("staff mail: a note");
    desk.answer(MEI, &notice, PROVEN, "// ask Bo about the drill\n// before noon");
    until_in("the second note", || desk.shop.succeed(&["ticket", "show", "1"]).contains("before noon").then_some(()));
    assert!(desk.shop.succeed(&["ticket", "show", "1"]).contains(SECRET));
    assert_eq!(desk.human_mails().len(), 0);

    desk.shop.succeed(&["user", "add", "bo", "--email", BO]);
    let second = Letter::new("tom@example.org", "Gift wrap", "Could you wrap it in blue paper with stars on it?");
    desk.post.deliver(&second.from, &second.raw());
    desk.until_told(BO, 1);
    desk.answer(MEI, &notice, PROVEN, "Yes. What is the name?");
    let reply = desk.until_answered();
    assert_eq!(header(&reply, "In-Reply-To").as_deref(), Some(question.id.as_str()), "notes overtake nothing");
    for mail in desk.post.relay.mails() {
        assert!(!text_of(&mail).contains(SECRET), "a note left the house: {}", mail.data);
    }
}

#[test]
fn nobody_answers_in_another_persons_name() {
    let desk = Desk::open();
    let (_, notice) = desk.asked();
    desk.shop.succeed(&["user", "add", "bo", "--email", BO]);
    let forged = "Authentication-Results: mx.example.com; dmarc=fail header.from=example.net";
    let by_itself = "Authentication-Results: mx.evil.example; dmarc=pass header.from=example.net";
    let other = "Authentication-Results: mx.example.com; dmarc=pass header.from=evil.example";
    let expected = [
        (MEI, forged, "nothing proves that mei wrote it"),
        (MEI, "X-Nothing: said", "nothing proves that mei wrote it"),
        (MEI, by_itself, "nothing proves that mei wrote it"),
        ("eve@evil.example", other, "its author is nobody who gets notices"),
    ];
    for (from, line, _) in expected {
        desk.answer(from, &notice, line, "We cancel your order.");
    }
    let refused = || {
        let log = desk.shop.succeed(&["audit", "--what", "staff_mail_refused", "--json"]);
        Some(log).filter(|log| log.lines().count() >= expected.len())
    };
    let log = until_in("the refusals in the audit log", refused);
    for (_, _, why) in expected {
        assert!(log.contains(why), "{why}: {log}");
    }
    assert_eq!(desk.post.sent_to("eve@evil.example").len(), 0);
    assert_eq!(desk.post.sent_to(MEI).len(), 1, "who is not proven gets no mail, and neither does mei");

    let absent = format!("{PROVEN}\nAuto-Submitted: auto-replied");
    desk.answer(MEI, &notice, &absent, "I am away until Monday.");
    desk.answer(BO, &notice, PROVEN, "Mei asked me to look: yes, we do.");
    let told = desk.until_told(BO, 1).remove(0);
    assert!(text_of(&told).contains("sent to somebody else"), "{}", text_of(&told));
    let ended = || desk.shop.activity().iter().filter(|row| row.outcome.is_some()).count() >= 7;
    until_in("every mail to its end", || ended().then_some(()));
    assert_eq!(desk.human_mails().len(), 0, "nothing went to the buyer");
    assert_eq!(desk.ticket().state, TicketState::Open);
}
