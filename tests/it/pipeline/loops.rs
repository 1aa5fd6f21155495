//! Machines that answer our machine.

use crate::support::{
    letter::{Letter, header, subject, text_of},
    post::Post,
};

/// Automatic mails that a machine at the other end may get before we fall silent.
const MAX_AUTOMATIC: usize = 3;

/// The most one sender can draw in a day, whatever it writes: three answers and three acks or questions (the defaults of
/// `limits`).
const DAILY_CAP: usize = 6;

/// A customer whose mailbox answers with Pigeonhole's vacation (tests/data/dovecot/vacation.sieve).
const ON_HOLIDAY: &str = "vac@example.org";

#[test]
fn vacation_note_on_our_mail_is_not_answered() {
    let post = Post::start();
    let shop = post.shop();
    let question = Letter::new(ON_HOLIDAY, "Customs", "Will I have to pay customs if you ship to Germany?");
    post.deliver(&question.from, &question.raw());
    post.until_relayed(1);
    let other = Letter::new(ON_HOLIDAY, "Engraving", "Could you engrave the name of my grandmother on the lid?");
    post.deliver(&other.from, &other.raw());
    post.until_relayed(2);
    shop.until_settled(2);
    // A person's mail carries no mark of a machine, so it does draw a vacation note: this is the control.
    shop.succeed(&["ticket", "reply", "1", "Yes, we engrave up to twelve letters."]);
    let mails = post.until_relayed(4);
    let note = mails.iter().filter(|mail| subject(mail) == "Out of office").count();
    assert_eq!(note, 1, "the vacation note of {ON_HOLIDAY}");
    let settled = shop.until_settled(3);
    assert_eq!(settled.len(), 3, "two questions and one note: {settled:#?}");
    assert_eq!(settled[2].outcome.as_deref(), Some("suppressed"), "{settled:#?}");
    assert_eq!(post.relay.mails().len(), 4, "answer, ack, a person's mail, the vacation note");
}

#[test]
fn responder_that_repeats_one_text_is_left_alone_soon() {
    let count = answered_by("desk@helpdesk.example", |number, subject, _| {
        let text = "Thank you for contacting us! Your request was received and will be answered by our team shortly.";
        Letter::new("desk@helpdesk.example", &format!("Ticket #{number}: {subject}"), text)
    });
    assert!(count <= MAX_AUTOMATIC, "{count} automatic mails");
}

#[test]
fn responder_that_asks_anew_each_time_is_left_alone_soon() {
    let count = answered_by("desk@helpdesk.example", |number, subject, _| {
        let text = format!("Case {number}. Hi, will I have to pay customs if you ship to Germany?");
        Letter::new("desk@helpdesk.example", &format!("Ticket #{number}: {subject}"), &text)
    });
    assert!(count <= MAX_AUTOMATIC, "{count} automatic mails");
}

#[test]
fn responder_that_throws_our_words_back_is_left_alone_soon() {
    let count = answered_by("desk@helpdesk.example", |number, _, ours| {
        let topics = ["do you offer free shipping to Canada?", "how much are the import duties for canada"];
        let text = format!("{}\n\n{ours}", topics[number % topics.len()]);
        Letter::new("desk@helpdesk.example", &format!("Your mail {number}"), &text)
    });
    assert!(count <= MAX_AUTOMATIC, "{count} automatic mails");
}

#[test]
fn responder_that_changes_its_topic_each_time_meets_the_daily_caps() {
    const TOPICS: [&str; 8] = [
        "Do you offer free shipping to Canada?",
        "Could you engrave my name on the lid?",
        "Why is my order taking so long? It should be here by now.",
        "Do you have a shop in Lyon that I can visit?",
        "Please cancel my order 10023",
        "My parcel arrived broken",
        "What colours does the lamp come in?",
        "Is the lamp waterproof?",
    ];
    let count = answered_by("desk@helpdesk.example", |number, _, _| {
        Letter::new("desk@helpdesk.example", &format!("Topic {number}"), TOPICS[number % TOPICS.len()])
    });
    assert!(count <= DAILY_CAP, "{count} automatic mails");
}

/// Starts with a buyer's question and lets a machine without any mark answer each of our mails: new Message-ID, no
/// References. Returns how many mails it got until we fell silent.
fn answered_by(address: &str, respond: impl Fn(usize, &str, &str) -> Letter) -> usize {
    let post = Post::start();
    let shop = post.shop();
    let first = Letter::new(address, "Customs", "Hi, will I have to pay customs if you ship to Germany?");
    post.deliver(&first.from, &first.raw());
    let mut received = 1;
    let mut answered = 0;
    loop {
        shop.until_settled(received);
        let mails = post.relay.mails();
        if mails.len() == answered {
            return answered;
        }
        for mail in &mails[answered..] {
            assert_eq!(header(mail, "Auto-Submitted").as_deref(), Some("auto-replied"));
            answered += 1;
            assert!(answered <= 3 * MAX_AUTOMATIC, "it goes on for ever");
            let response = respond(answered, &subject(mail), &text_of(mail));
            post.deliver(&response.from, &response.raw());
            received += 1;
        }
    }
}
