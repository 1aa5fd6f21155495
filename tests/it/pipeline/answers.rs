//! Questions that rules answer, as the buyer sees them.

use std::time::{Duration, Instant};

use crate::support::{
    letter::{Letter, header, html_of, subject, text_of},
    post::{Post, RETRY_SOON, SHOP},
    shop::Shop,
    smtp_relay::Relayed,
};

/// What the issue promises from the moment IDLE wakes.
const PROMISE: Duration = Duration::from_secs(2);
/// Dovecot gathers news for half a second before it wakes IDLE.
const GATHERED: Duration = Duration::from_millis(500);

#[test]
fn customs_question_is_answered_in_its_thread_with_the_right_headers() {
    let post = Post::start();
    let shop = post.shop();
    answers_customs_question(&post, &shop);
}

#[test]
fn postgres_holds_the_whole_way_as_well() {
    let post = Post::start();
    let Some(mut shop) = Shop::on_postgres(&post.account(), RETRY_SOON) else { return };
    shop.start();
    answers_customs_question(&post, &shop);
}

fn answers_customs_question(post: &Post, shop: &Shop) {
    let question = Letter::new("anna@example.org", "Customs", "Hi, will I have to pay customs if you ship to Germany?");
    post.deliver(&question.from, &question.raw());
    let mails = post.until_relayed(1);
    let answer = &mails[0];
    assert_is_reply_to(answer, &question, "i1-answer");
    assert_eq!(subject(answer), "Re: Customs");
    assert!(text_of(answer).starts_with("This is an automatic answer."), "{}", text_of(answer));
    assert!(text_of(answer).contains("flat duty of 3 EUR"), "{}", text_of(answer));
    let html = html_of(answer).expect("there is an HTML part");
    assert!(html.contains("flat duty of 3 EUR"), "{html}");
    assert!(answer.tls, "sent over TLS");
    assert_eq!(answer.user.as_deref(), Some(SHOP), "sent after a login");
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].outcome.as_deref(), Some("answered"));
    assert_eq!(settled[0].messages[0].state, "sent");
    assert!(shop.tickets().is_empty());
    assert_eq!(post.dovecot.mails("anna@example.org", "INBOX").len(), 1, "it lies in the buyer's mailbox");
}

#[test]
fn chinese_question_is_answered_in_chinese() {
    let post = Post::start();
    let shop = post.shop();
    let question = Letter::new("li.na@example.net", "关税", "你好，寄到德国要交关税吗？");
    post.deliver(&question.from, &question.raw());
    let answer = &post.until_relayed(1)[0];
    assert_is_reply_to(answer, &question, "i1-answer");
    assert_eq!(subject(answer), "Re: 关税");
    let (text, html) = (text_of(answer), html_of(answer).expect("there is an HTML part"));
    assert!(text.starts_with("这是一封自动回复"), "{text}");
    assert!(text.contains("3 EUR") && html.contains("3 EUR"), "{text}");
    assert!(text.contains("德国"), "the country is named in the buyer's language: {text}");
    assert_eq!(shop.until_settled(1)[0].outcome.as_deref(), Some("answered"));
}

#[test]
#[expect(clippy::print_stderr, reason = "the measured time is a result")]
fn answer_leaves_within_two_seconds_of_the_wake() {
    let post = Post::start();
    let shop = post.shop();
    let mut times = Vec::new();
    for (count, domain) in (1..).zip(["example.org", "example.net", "a.example", "b.example", "c.example"]) {
        let from = format!("buyer@{domain}");
        let question = Letter::new(&from, "Tax", "how much are the import duties for canada");
        let raw = question.raw();
        shop.until_settled(count - 1);
        let delivered = Instant::now();
        post.deliver(&from, &raw);
        post.until_relayed(count);
        times.push(delivered.elapsed());
    }
    times.sort();
    let median = times[times.len() / 2];
    eprintln!("from delivery to the relay's acceptance: median {median:?} of {times:?}");
    assert!(median < PROMISE + GATHERED, "{times:?}");
}

#[test]
fn missing_country_is_asked_for_and_its_answer_completes_the_question() {
    let post = Post::start();
    let shop = post.shop();
    let english = Letter::new("anna@example.org", "Duties", "What are the duties?");
    post.deliver(&english.from, &english.raw());
    post.until_relayed(1);
    let chinese = Letter::new("li.na@example.net", "请问", "请问会不会被收税");
    post.deliver(&chinese.from, &chinese.raw());
    let asked = post.until_relayed(2);
    assert_is_reply_to(&asked[0], &english, "i1-ask");
    assert_is_reply_to(&asked[1], &chinese, "i2-ask");
    assert!(text_of(&asked[0]).contains("which country will the parcel go to?"), "{}", text_of(&asked[0]));
    assert!(text_of(&asked[1]).contains("国家"), "{}", text_of(&asked[1]));

    let named = Letter::answering(&english.from, &asked[0], "Germany");
    post.deliver(&named.from, &named.raw());
    post.until_relayed(3);
    let named = Letter::answering(&chinese.from, &asked[1], "德国");
    post.deliver(&named.from, &named.raw());
    let answered = post.until_relayed(4);
    for answer in &answered[2..] {
        assert!(text_of(answer).contains("3 EUR"), "{}", text_of(answer));
    }
    assert!(text_of(&answered[3]).starts_with("这是一封自动回复"), "{}", text_of(&answered[3]));
    let references = header(&answered[2], "References").expect("there are references");
    assert_eq!(references.split(' ').count(), 3, "question, our question, the country: {references}");
    let outcomes: Vec<_> = shop.until_settled(4).into_iter().filter_map(|activity| activity.outcome).collect();
    assert_eq!(outcomes, ["asked", "asked", "answered", "answered"]);
    assert!(shop.tickets().is_empty());
}

#[test]
fn free_shipping_and_a_delay_with_a_known_cause_are_answered() {
    let post = Post::start();
    let shop = post.shop();
    let shipping = Letter::new("tom@example.org", "shipping", "Hi, do you offer free shipping to Canada?");
    post.deliver(&shipping.from, &shipping.raw());
    let answer = &post.until_relayed(1)[0];
    assert!(text_of(answer).contains("Standard shipping is free for orders of"), "{}", text_of(answer));
    let late =
        Letter::new("mia@example.net", "my order", "Hello, why is my order taking so long? It should be here by now.");
    post.deliver(&late.from, &late.raw());
    let answer = &post.until_relayed(2)[1];
    assert!(text_of(answer).contains("a strike in the port of Hamburg"), "{}", text_of(answer));
    let settled = shop.until_settled(2);
    assert!(settled.iter().all(|activity| activity.outcome.as_deref() == Some("answered")), "{settled:#?}");
    assert!(shop.tickets().is_empty());
}

fn assert_is_reply_to(answer: &Relayed, question: &Letter, key: &str) {
    let field = |name: &str| header(answer, name).unwrap_or_else(|| panic!("{name} is missing:\n{}", answer.data));
    assert_eq!(field("In-Reply-To"), question.id);
    assert_eq!(field("References"), question.id);
    assert_eq!(field("Auto-Submitted"), "auto-replied");
    assert_eq!(field("X-Auto-Response-Suppress"), "All");
    assert_eq!(field("Precedence"), "bulk");
    assert!(field("From").contains(&format!("<{SHOP}>")), "{}", field("From"));
    assert!(field("From").contains("Blue Lantern"), "{}", field("From"));
    assert!(field("To").contains(&question.from), "{}", field("To"));
    assert!(header(answer, "Cc").is_none() && header(answer, "Bcc").is_none());
    assert_eq!(answer.to, std::slice::from_ref(&question.from), "exactly one recipient");
    let id = field("Message-ID");
    let tag = id.strip_prefix(&format!("<ar.{key}.")).and_then(|rest| rest.strip_suffix("@example.com>"));
    let tag = tag.unwrap_or_else(|| panic!("{id} is not of our form"));
    assert!(tag.len() == 16 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(answer.from, format!("shop+b{key}-{tag}@example.com"), "a bounce names the message");
}
