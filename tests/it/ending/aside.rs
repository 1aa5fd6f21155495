//! A mail that takes the process down each time it is read is put aside after some tries: a person gets it, everybody else
//! is answered, and it can be decided again.

use crate::support::{
    letter::Letter,
    post::Post,
    shop::{Shop, until_in},
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// How often a mail may take the process down before it is put aside.
const TRIES: u32 = 5;

#[test]
fn mail_that_kills_the_process_each_time_goes_to_a_person_and_can_be_decided_again() {
    let post = Post::start();
    let mut shop = post.shop();
    shop.kill();
    let poison = Letter::new("anna@example.org", "Customs", QUESTION);
    post.deliver(&poison.from, &poison.raw());
    for _ in 0..TRIES {
        shop.launch_with(Some("intake.parse.before:1:kill"));
        assert_eq!(shop.wait_for_end().code(), None, "the mail kills it:\n{}", shop.log());
    }
    shop.start();
    let tickets = until_in("a ticket", || Some(shop.tickets()).filter(|tickets| !tickets.is_empty()));
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    is_kept_as_it_came(&shop, &poison);
    let harmless = Letter::new("tom@example.net", "Customs", QUESTION);
    post.deliver(&harmless.from, &harmless.raw());
    until_in("the answer to somebody else", || (!post.sent_to("tom@example.net").is_empty()).then_some(()));
    assert!(post.sent_to("anna@example.org").len() <= 1, "an acknowledgement at most");
    shop.succeed(&["quarantine", "rerun", "1"]);
    shop.until_settled(2);
    assert_eq!(shop.tickets().len(), 1, "the result joins the ticket: {:#?}", shop.tickets());
    assert!(post.sent_to("anna@example.org").len() <= 2, "one acknowledgement and one answer at most");
}

fn is_kept_as_it_came(shop: &Shop, poison: &Letter) {
    let listed = shop.succeed(&["quarantine", "list"]);
    assert!(listed.contains('1'), "{listed}");
    let file = shop.path("aside.eml");
    shop.succeed(&["quarantine", "save", "1", file.to_str().expect("a plain name")]);
    let saved = std::fs::read_to_string(file).expect("it was saved");
    assert!(saved.contains(&poison.from) && saved.contains(QUESTION), "{saved}");
}
