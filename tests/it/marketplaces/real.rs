//! Marketplaces' mail through real servers and the real program: what is sent, and what waits for a person.

use std::{fs, path::Path};

use crate::support::{
    letter::{Letter, header, html_of, subject, text_of},
    post::{Post, RETRY_SOON, SHOP},
    shop::Shop,
};

/// What the shop's mail server puts above the mail it vouches for.
fn vouched(letter: Letter, domain: &str) -> Letter {
    letter.with(&format!("Authentication-Results: mx.shop.example; dkim=pass header.d={domain}; dmarc=pass"))
}

fn open(post: &Post) -> Shop {
    let more = format!("{RETRY_SOON}\ntrusted_authserv_ids: [mx.shop.example]\nmarketplaces: [ebay, amazon]");
    let mut shop = Shop::of_all_languages(&post.account(), &more);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop");
    for file in ["rules/pre_sale/gift_wrapping.yaml", "replies/gift_wrapping/en.txt", "replies/gift_wrapping/zh.txt"] {
        let target = shop.path(file);
        fs::create_dir_all(target.parent().expect("a folder")).expect("the folder is writable");
        fs::copy(own.join(file), target).expect("the folder is writable");
    }
    shop.start();
    shop
}

fn ebay(text: &str, reference: &str) -> Letter {
    let text = format!(
        "New message from: joe (3)\n\n{text}\n\nReply\n\nOrder number: 07-10832-44190\n\n\
         Email reference id: {reference}\n"
    );
    let letter =
        Letter::new("4b7e21c09dd1f3a8@members.ebay.com", "joe has sent a question about item #254417730921", &text);
    vouched(letter, "ebay.com")
}

#[test]
fn a_question_by_ebay_is_answered_as_ebay_takes_it_and_stays_one_conversation() {
    let post = Post::start();
    let shop = open(&post);
    let question = ebay("Can you wrap it as a gift?", "[#a05-7xk2qv9d1m#]");
    post.deliver(&question.from, &question.raw());
    let answer = &post.until_relayed(1)[0];
    assert_eq!(answer.to, std::slice::from_ref(&question.from));
    assert_eq!(answer.from, SHOP, "the relay knows this address only");
    assert_eq!(subject(answer), "Re: joe has sent a question about item #254417730921");
    assert_eq!(header(answer, "In-Reply-To").as_deref(), Some(question.id.as_str()));
    assert!(text_of(answer).contains("we wrap gifts at no charge"), "{}", text_of(answer));
    assert!(text_of(answer).trim_end().ends_with("[#a05-7xk2qv9d1m#]"), "{}", text_of(answer));
    assert!(html_of(answer).is_none(), "eBay strips HTML");

    // eBay refers to nothing of ours; buyer and order make it the same conversation, which was answered once already.
    let again = ebay("Great. Can you wrap both as a gift?", "[#a05-9zz8yy7xx6#]");
    post.deliver(&again.from, &again.raw());
    let settled = shop.until_settled(2);
    assert_eq!(settled[0].outcome.as_deref(), Some("answered"));
    assert_eq!(settled[1].outcome.as_deref(), Some("escalated"), "{settled:#?}");
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("this mail thread already got an automatic answer"), "{shown}");
}

#[test]
fn a_question_by_amazon_becomes_a_draft_that_a_person_sends() {
    let post = Post::start();
    let shop = open(&post);
    let text = "------------- Message: -------------\n\nCan you wrap it as a gift?\n\n\
                ------------- End message -------------\n";
    let subject_line = "Inquiry from Amazon customer Maria (Order: 113-4482913-7719430)";
    let question = vouched(Letter::new("9k2l7xw4q1m8zrt@marketplace.amazon.com", subject_line, text), "amazon.com");
    post.deliver(&question.from, &question.raw());
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].outcome.as_deref(), Some("escalated"));
    assert!(post.relay.mails().is_empty(), "nothing leaves by itself, not even an ack");
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("the highest mode of Amazon is suggest"), "{shown}");

    let refused = shop.command(&["ticket", "reply", "1", "See https://shop.example/papers"]);
    assert_ne!(refused.code, 0);
    assert!(refused.err.contains("Amazon does not take it"), "{}", refused.err);
    shop.succeed(&["ticket", "reply", "1", "--draft"]);
    let answer = &post.until_relayed(1)[0];
    assert_eq!(answer.to, std::slice::from_ref(&question.from));
    assert_eq!(subject(answer), format!("Re: {subject_line}"));
    assert!(html_of(answer).is_none() && header(answer, "Auto-Submitted").is_none());
    assert!(text_of(answer).contains("we wrap gifts at no charge"), "{}", text_of(answer));
}

#[test]
fn a_profile_that_is_saved_is_in_force_without_a_restart() {
    let post = Post::start();
    let shop = open(&post);
    let folder = shop.path("profiles");
    fs::create_dir_all(&folder).expect("the folder is writable");
    fs::write(folder.join("amazon.yaml"), "max_mode: auto\n").expect("the folder is writable");
    shop.until_logged("new rules are in force");
    let text = "------------- Message: -------------\n\nCan you wrap it as a gift?\n\n------------- End message -------------\n";
    let question = Letter::new("9k2l7xw4q1m8zrt@marketplace.amazon.com", "Inquiry from Amazon customer Maria", text);
    let question = vouched(question, "amazon.com");
    post.deliver(&question.from, &question.raw());
    let answer = &post.until_relayed(1)[0];
    assert!(text_of(answer).contains("we wrap gifts at no charge"), "{}", text_of(answer));
    // Amazon does not count what a machine answers, so its clock runs on for a person.
    assert_eq!(shop.until_settled(1)[0].outcome.as_deref(), Some("escalated"));
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("Amazon does not count an automatic answer: a person must write too"), "{shown}");
}

#[test]
fn a_forged_relay_gets_no_word() {
    let post = Post::start();
    let shop = open(&post);
    let mut question = ebay("Can you wrap it as a gift?", "[#a05-7xk2qv9d1m#]");
    question.more = vec!["Authentication-Results: mx.evil.example; dmarc=pass header.from=ebay.com".to_owned()];
    post.deliver(&question.from, &question.raw());
    assert_eq!(shop.until_settled(1)[0].outcome.as_deref(), Some("escalated"));
    assert!(post.relay.mails().is_empty());
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("it says it comes from eBay"), "{shown}");
}
