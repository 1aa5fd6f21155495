//! Questions that end at a person, as the buyer sees them.

use nightdesk::model::{
    ids::IntentId,
    ticket::{TicketState, Urgency},
};

use crate::support::{
    letter::{Letter, header, text_of},
    post::Post,
};

#[test]
fn unknown_question_gets_one_ack_and_one_ticket_however_often_the_buyer_writes() {
    let post = Post::start();
    let shop = post.shop();
    let first =
        Letter::new("anna@example.org", "A question", "Could you engrave the name of my grandmother on the lid?");
    post.deliver(&first.from, &first.raw());
    let acks = post.until_relayed(1);
    assert!(text_of(&acks[0]).contains("We have received your message."), "{}", text_of(&acks[0]));
    assert_eq!(header(&acks[0], "Auto-Submitted").as_deref(), Some("auto-replied"));
    let second = Letter::answering(&first.from, &acks[0], "And would it be possible before her birthday?");
    post.deliver(&second.from, &second.raw());
    // A third mail without any header of the thread, as some programs write it.
    let third = Letter::new(&first.from, "Re: A question", "Her name is Wilhelmina, by the way.")
        .with(&format!("In-Reply-To: {}", first.id));
    post.deliver(&third.from, &third.raw());
    let settled = shop.until_settled(3);
    assert!(settled.iter().all(|activity| activity.outcome.as_deref() == Some("escalated")), "{settled:#?}");
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert_eq!(tickets[0].state, TicketState::Open);
    assert_eq!(post.relay.mails().len(), 1, "one ack");
    let shown = shop.succeed(&["ticket", "show", "1"]);
    for text in [&first.text, "And would it be possible before her birthday?", &third.text] {
        assert!(shown.contains(text), "{text:?} is missing:\n{shown}");
    }
    assert!(shown.contains("asks for a person") && !shown.contains("opened the ticket"), "it was one ticket:\n{shown}");
}

#[test]
fn the_terminal_tells_what_is_known_under_another_address_of_the_buyer() {
    let post = Post::start();
    let shop = post.shop();
    for (place, from) in (1..).zip(["anna@example.org", "anna@home.example"]) {
        let letter = Letter::new(from, "A question", "Could you engrave the name of my grandmother on the lid?");
        post.deliver(&letter.from, &letter.raw());
        shop.until_settled(place);
    }
    let alone = shop.succeed(&["ticket", "show", "1"]);
    assert!(!alone.contains("Also"), "nobody said that they are one person's:\n{alone}");
    shop.succeed(&["ticket", "buyer", "1", "--same-as", "anna@home.example"]);
    let shown = shop.succeed(&["ticket", "show", "1"]);
    let also = "Also     anna@home.example (Anna Berg): 1 message, tickets 2 (open)";
    assert!(shown.contains(also), "{also:?} is missing:\n{shown}");
}

#[test]
fn wish_to_cancel_is_acknowledged_without_a_promise_and_urgent() {
    let post = Post::start();
    let shop = post.shop();
    let wish = Letter::new("tom@example.org", "Cancel", "Please cancel my order 10023, I ordered the wrong size.");
    post.deliver(&wish.from, &wish.raw());
    let ack = &post.until_relayed(1)[0];
    assert!(text_of(ack).contains("Nothing has been canceled yet."), "{}", text_of(ack));
    shop.until_settled(1);
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert_eq!(tickets[0].urgency, Urgency::Urgent);
    assert_eq!(tickets[0].intent.as_ref().map(IntentId::as_str), Some("cancel_order"));
    assert_eq!(tickets[0].buyer, "Anna Berg");
}
