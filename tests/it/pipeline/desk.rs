//! People at the terminal beside the running service.

use nightdesk::model::ticket::TicketState;

use crate::support::{
    letter::{Letter, header, subject, text_of},
    post::{Post, RETRY_SOON, SHOP},
    shop::Shop,
};

#[test]
fn person_answers_in_the_thread_and_the_machine_stays_silent_there() {
    let post = Post::start();
    let shop = post.shop();
    works_a_ticket(&post, &shop);
}

#[test]
fn person_answers_over_postgres_as_well() {
    let post = Post::start();
    let Some(mut shop) = Shop::on_postgres(&post.account(), RETRY_SOON) else { return };
    shop.start();
    works_a_ticket(&post, &shop);
}

fn works_a_ticket(post: &Post, shop: &Shop) {
    let question =
        Letter::new("anna@example.org", "Engraving", "Could you engrave the name of my grandmother on the lid?");
    post.deliver(&question.from, &question.raw());
    let ack = post.until_relayed(1).remove(0);
    shop.until_settled(1);
    let listed = shop.succeed(&["ticket", "list"]);
    assert!(listed.contains("Anna Berg") && listed.contains("Engraving"), "{listed}");
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains(&question.text), "{shown}");

    shop.succeed(&["ticket", "--agent", "mei", "claim", "1"]);
    assert_eq!(shop.tickets()[0].state, TicketState::Claimed);
    let taken = shop.command(&["ticket", "--agent", "tom", "claim", "1"]);
    assert_eq!(taken.code, 5, "another person's ticket: {}", taken.err);

    // A question that a rule would answer, in a thread that a person owns.
    let more = Letter::answering(&question.from, &ack, "And will I have to pay customs if you ship to Germany?");
    post.deliver(&more.from, &more.raw());
    let settled = shop.until_settled(2);
    assert_eq!(settled[1].outcome.as_deref(), Some("escalated"), "{settled:#?}");
    assert_eq!(post.relay.mails().len(), 1, "the machine is silent");
    assert_eq!(shop.tickets().len(), 1);

    shop.succeed(&["ticket", "--agent", "mei", "reply", "1", "Yes, up to twelve letters. Customs: 3 EUR."]);
    let reply = post.until_relayed(2).remove(1);
    assert_eq!(text_of(&reply).trim(), "Yes, up to twelve letters. Customs: 3 EUR.");
    for machine in ["Auto-Submitted", "Precedence", "X-Loop", "X-Auto-Response-Suppress"] {
        assert_eq!(header(&reply, machine), None, "a person is no machine");
    }
    assert_eq!(header(&reply, "In-Reply-To").as_deref(), Some(more.id.as_str()));
    assert!(subject(&reply).starts_with("Re: Engraving"), "{}", subject(&reply));
    assert!(header(&reply, "Message-ID").is_some_and(|id| id.starts_with("<hr.")), "{}", reply.data);
    assert_eq!(reply.to, ["anna@example.org"]);
    assert!(header(&reply, "From").is_some_and(|from| from.contains(SHOP)), "{}", reply.data);

    let thanks = Letter::answering(&question.from, &reply, "Is delivery free if I buy two?");
    post.deliver(&thanks.from, &thanks.raw());
    let settled = shop.until_settled(3);
    assert_eq!(settled[2].outcome.as_deref(), Some("escalated"), "still the person's thread: {settled:#?}");
    assert_eq!(post.relay.mails().len(), 2);

    shop.succeed(&["ticket", "--agent", "mei", "close", "1", "sold"]);
    assert_eq!(shop.tickets()[0].state, TicketState::Closed);
    let waiting = shop.command(&["ticket", "list"]);
    assert!(!waiting.out.contains("Engraving"), "{}", waiting.out);
}

#[test]
fn pause_turns_questions_into_tickets_and_resume_answers_again() {
    let post = Post::start();
    let shop = post.shop();
    shop.succeed(&["pause", "--reason", "stocktaking"]);
    let question = "Hi, will I have to pay customs if you ship to Germany?";
    post.deliver("anna@example.org", &Letter::new("anna@example.org", "Customs", question).raw());
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].outcome.as_deref(), Some("escalated"), "{settled:#?}");
    assert!(post.relay.mails().is_empty());
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1);
    assert!(tickets[0].reasons.iter().any(|reason| reason.contains("stocktaking")), "{tickets:#?}");

    shop.succeed(&["resume"]);
    post.deliver("tom@example.net", &Letter::new("tom@example.net", "Customs", question).raw());
    let mails = post.until_relayed(1);
    assert_eq!(mails[0].to, ["tom@example.net"]);
    assert_eq!(shop.until_settled(2)[1].outcome.as_deref(), Some("answered"));
}
