//! The process is killed while it tells people of tickets by mail, and while it takes their answers.

use nightdesk::model::ticket::TicketState;

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
fn notice_that_was_being_queued_or_claimed_goes_out_once() {
    for place in ["store.notice.before", "store.notice_claim.before", "store.notice_claim.after", "notice.write.before"]
    {
        let desk = notices_after(place);
        let told = desk.until_told(MEI, 1);
        desk.answer(MEI, &told[0], PROVEN, ANSWER);
        desk.until_answered();
        assert_eq!(desk.post.sent_to(MEI).len(), 1, "{place}");
    }
}

/// Ends the program that often in a row whenever it reaches that place, over one notice.
fn broken_off(desk: &mut Desk, place: &str, times: usize) {
    let question = Letter::new(BUYER, "Engraving", "Could you engrave the name of my grandmother on the lid?");
    for turn in 0..times {
        desk.shop.launch_with(Some(&format!("{place}:each:kill")));
        if turn == 0 {
            desk.shop.until_reading();
            desk.post.deliver(&question.from, &question.raw());
        }
        desk.shop.wait_for_end();
    }
}

/// Returns the lines of the audit log about notices that mei did not get.
fn given_up(desk: &Desk) -> Option<String> {
    let log = desk.shop.succeed(&["audit", "--what", "notice_returned"]);
    log.contains("mei").then_some(log)
}

#[test]
fn notice_that_breaks_the_program_each_time_is_given_up_after_five_tries() {
    let mut desk = Desk::furnish();
    broken_off(&mut desk, "notice.write.before", 5);
    desk.shop.start();
    let log = until_in("the notice that was given up", || given_up(&desk));
    assert!(log.contains("ticket 1") && log.contains("the program ended several times while it was written"), "{log}");
    let other = Letter::new("tom@example.org", "Gift wrap", "Could you wrap it in blue paper with stars on it?");
    desk.post.deliver(&other.from, &other.raw());
    let told = desk.until_told(MEI, 1);
    assert!(text_of(&told[0]).contains("blue paper"), "the next one is told: {}", text_of(&told[0]));
}

#[test]
fn notice_is_not_to_blame_for_a_program_that_ends_while_it_is_on_its_way() {
    let mut desk = Desk::furnish();
    broken_off(&mut desk, "notice.written.after", 7);
    desk.shop.start();
    let told = desk.until_told(MEI, 1);
    assert!(text_of(&told[0]).contains("engrave"), "{}", text_of(&told[0]));
    assert_eq!(given_up(&desk), None);
}

#[test]
fn notice_is_not_to_blame_for_a_store_that_fails() {
    let mut desk = Desk::furnish();
    // One more break, and it would be given up; then the store takes the count and not the end of it.
    desk.shop.change(
        "CREATE TRIGGER four AFTER INSERT ON notice BEGIN UPDATE notice SET broken = 4 WHERE id = NEW.id; END;
         CREATE TRIGGER refuse BEFORE UPDATE OF broken ON notice WHEN NEW.broken = 0
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    );
    desk.shop.start();
    let question = Letter::new(BUYER, "Engraving", "Could you engrave the name of my grandmother on the lid?");
    desk.post.deliver(&question.from, &question.raw());
    until_in("three refusals of the store", || {
        (desk.shop.present_log().matches("notices are put off").count() >= 3).then_some(())
    });
    desk.shop.change("DROP TRIGGER refuse");
    desk.until_told(MEI, 1);
    assert_eq!(given_up(&desk), None);
}

#[test]
fn panic_while_a_notice_is_written_ends_neither_the_service_nor_the_other_notices() {
    let mut desk = Desk::furnish();
    desk.shop.launch_with(Some("notice.write.before:each:panic"));
    desk.shop.until_reading();
    let question = Letter::new(BUYER, "Engraving", "Could you engrave the name of my grandmother on the lid?");
    desk.post.deliver(&question.from, &question.raw());
    let log = until_in("the notice that was given up", || given_up(&desk));
    assert!(log.contains("writing it failed inside"), "{log}");
    assert!(desk.shop.is_running(), "{}", desk.shop.log());
    let customs = Letter::new("tom@example.org", "Customs", "Will I have to pay customs if you ship to Germany?");
    desk.post.deliver(&customs.from, &customs.raw());
    desk.shop.until_settled(2);
    assert_eq!(desk.post.sent_to("tom@example.org").len(), 1, "buyers are answered all the while");
    assert_eq!(desk.post.sent_to(MEI).len(), 0);
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

#[test]
fn close_that_was_acted_on_before_the_end_of_its_mail_is_done_and_refused_to_nobody() {
    let mut desk = Desk::open();
    let (_, notice) = desk.asked();
    desk.shop.kill();
    desk.shop.launch_with(Some("staff_mail.act.after:1:kill"));
    desk.answer(MEI, &notice, PROVEN, "close");
    desk.shop.wait_for_end();
    desk.shop.start();
    desk.until_ended("staff mail: it was closed before");
    assert_eq!(desk.ticket().state, TicketState::Closed);
    assert_eq!(desk.post.sent_to(MEI).len(), 1, "there is nothing to tell");
}
