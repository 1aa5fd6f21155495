//! The process is killed while it tells people of tickets by mail, and while it takes their answers.

use crate::{
    pipeline::staff_mail::{ANSWER, BUYER, Desk, MEI, PROVEN},
    support::{
        letter::{Letter, text_of},
        shop::until_in,
    },
};

/// Kills the program at that place while a notice is on its way, and starts it again.
fn notices_after(place: &str) -> Desk {
    let mut desk = Desk::furnish();
    desk.shop.launch_with(Some(&format!("{place}:1:kill")));
    desk.shop.until_reading();
    let question = Letter::new(BUYER, "Engraving", "Could you engrave the name of my grandmother on the lid?");
    desk.post.deliver(&question.from, &question.raw());
    desk.shop.wait_for_end();
    desk.shop.start();
    desk
}

#[test]
fn notice_that_was_taken_and_not_begun_goes_out_once() {
    let desk = notices_after("notice.claim.after");
    let told = desk.until_told(MEI, 1);
    assert_eq!(told.len(), 1);
    desk.answer(MEI, &told[0], PROVEN, ANSWER);
    assert_eq!(text_of(&desk.until_answered()).trim(), ANSWER);
    assert_eq!(desk.post.sent_to(MEI).len(), 1);
}

#[test]
fn notice_that_left_before_anybody_wrote_it_down_is_not_sent_again_and_takes_answers() {
    let desk = notices_after("notice.attempt.after");
    let told = desk.until_told(MEI, 1);
    // The answer passes everything that a second notice would have to pass.
    desk.answer(MEI, &told[0], PROVEN, ANSWER);
    assert_eq!(text_of(&desk.until_answered()).trim(), ANSWER);
    assert_eq!(desk.post.sent_to(MEI).len(), 1, "it may have left, so it is not sent again");
}

#[test]
fn answer_that_was_acted_on_before_the_end_of_its_mail_goes_to_the_buyer_once() {
    let mut desk = Desk::open();
    let (_, notice) = desk.asked();
    desk.shop.kill();
    desk.shop.launch_with(Some("staff_mail.act.after:1:kill"));
    desk.answer(MEI, &notice, PROVEN, ANSWER);
    desk.shop.wait_for_end();
    desk.shop.start();
    desk.until_ended("staff mail: it was sent before");
    desk.until_answered();
    until_in("everything to its end", || desk.shop.activity().iter().all(|row| row.outcome.is_some()).then_some(()));
    assert_eq!(desk.human_mails().len(), 1);
}
