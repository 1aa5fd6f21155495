//! Answers by mail that are unclear are asked back; nothing goes to the buyer before the person says so.

use nightdesk::model::ticket::TicketState;

use super::staff_mail::{ANSWER, BUYER, Desk, MEI, PROVEN, reply_address};
use crate::support::{
    letter::{Letter, header, text_of},
    shop::until_in,
    smtp_relay::Relayed,
};

/// Returns what mei is asked, when that many mails went to her.
fn asked(desk: &Desk, mails: usize, why: &str) -> Relayed {
    let question = desk.until_told(MEI, mails).remove(mails - 1);
    let text = text_of(&question);
    assert!(text.contains(why) && text.contains(&format!("| {ANSWER}")), "{why}: {text}");
    assert_eq!(desk.human_mails().len(), 0, "nothing was sent");
    question
}

#[test]
fn answer_that_went_to_a_colleague_too_goes_out_when_it_is_confirmed() {
    let desk = Desk::open();
    let (_, notice) = desk.asked();
    desk.answer(MEI, &notice, &format!("{PROVEN}\nCc: bo@example.net"), ANSWER);
    let question = asked(&desk, 2, "bo@example.net");
    assert_ne!(reply_address(&question), reply_address(&notice));
    let threaded = header(&question, "In-Reply-To").is_some_and(|id| id.contains("mua.example.net"));
    assert!(threaded, "in the thread of the answer: {}", question.data);

    // `send` to the notice confirms nothing: it asked nothing.
    desk.answer(MEI, &notice, PROVEN, "send");
    let refusal = desk.until_told(MEI, 3).remove(2);
    assert!(text_of(&refusal).contains("asked nothing"), "{}", text_of(&refusal));
    assert_eq!(desk.human_mails().len(), 0);

    desk.answer(MEI, &question, PROVEN, "send");
    let reply = desk.until_answered();
    assert_eq!(text_of(&reply).trim(), ANSWER);
    desk.answer(MEI, &question, PROVEN, "Send.");
    desk.until_ended("staff mail: it was sent before");
    assert_eq!(desk.human_mails().len(), 1, "once");
}

#[test]
fn answer_to_what_is_not_the_newest_any_more_is_asked_back() {
    let desk = Desk::open();
    let (question, notice) = desk.asked();
    let ack = desk.post.until_relayed(2).into_iter().find(|mail| mail.to == [BUYER]).expect("an acknowledgement");
    let more = Letter::answering(&question.from, &ack, "Forget it, I want my money back. Here is why.");
    desk.post.deliver(&question.from, &more.raw());
    let overtaken = || desk.shop.succeed(&["ticket", "show", "1"]).contains("Forget it").then_some(());
    until_in("the second message in the ticket", overtaken);
    desk.answer(MEI, &notice, PROVEN, ANSWER);
    let asked = asked(&desk, 2, "| Forget it, I want my money back.");
    desk.answer(MEI, &asked, PROVEN, "I am sorry. You get it back today, all of it.");
    let reply = desk.until_answered();
    assert!(text_of(&reply).contains("I am sorry."), "another text is a new answer: {}", reply.data);
    assert_eq!(desk.ticket().state, TicketState::Waiting);
}

#[test]
fn empty_answers_and_lines_below_the_marker_send_nothing() {
    let desk = Desk::open();
    let (_, notice) = desk.asked();
    desk.answer(MEI, &notice, PROVEN, "");
    let told = desk.until_told(MEI, 2).remove(1);
    assert!(text_of(&told).contains("no text above the line"), "{}", text_of(&told));

    let letter = Letter::answering(MEI, &notice, ANSWER);
    let raw = format!("{PROVEN}\n{}\nAnd it takes two days.\n", letter.raw())
        .replace("To: Blue Lantern <shop@example.com>\n", &format!("To: {}\n", reply_address(&notice)));
    desk.post.deliver(MEI, &raw);
    asked(&desk, 3, "below the line");

    desk.answer(MEI, &notice, PROVEN, &format!("// only for Bo\n{ANSWER}"));
    let told = desk.until_told(MEI, 4).remove(3);
    assert!(text_of(&told).contains("as notes for colleagues do"), "{}", text_of(&told));
    desk.answer(MEI, &notice, PROVEN, &format!("{ANSWER}\n\nNote: he has cheated us twice"));
    let told = desk.until_told(MEI, 5).remove(4);
    assert!(text_of(&told).contains("as notes for colleagues do"), "{}", text_of(&told));
    assert_eq!(desk.human_mails().len(), 0);
    assert_eq!(desk.ticket().state, TicketState::Open);
}

#[test]
fn close_that_was_overtaken_says_by_what_and_is_done_when_it_is_said_again() {
    let desk = Desk::open();
    let (question, notice) = desk.asked();
    let ack = desk.post.until_relayed(2).into_iter().find(|mail| mail.to == [BUYER]).expect("an acknowledgement");
    let more = Letter::answering(&question.from, &ack, "And how long does it take?");
    desk.post.deliver(&question.from, &more.raw());
    let overtaken = || desk.shop.succeed(&["ticket", "show", "1"]).contains("how long").then_some(());
    until_in("the second message in the ticket", overtaken);
    desk.answer(MEI, &notice, PROVEN, "close");
    let refusal = desk.until_told(MEI, 2).remove(1);
    let text = text_of(&refusal);
    for part in
        ["Nothing was done.", "since the notice: the buyer wrote (", "| And how long does it take?", "answer this mail"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("asks for a person"), "that it needs a person is no news beside it: {text}");
    assert_eq!(desk.ticket().state, TicketState::Open);
    desk.answer(MEI, &refusal, PROVEN, "close");
    until_in("the end of the case", || (desk.ticket().state == TicketState::Closed).then_some(()));

    // What cannot be done is told in the language of who reads it.
    let mut answered = 2;
    for (language, words) in [("en", "is closed; a new message"), ("zh", "此工单已关闭")] {
        desk.shop.change(&format!("UPDATE agent SET language = '{language}'"));
        desk.answer(MEI, &refusal, PROVEN, "claim");
        answered += 1;
        let told = desk.until_told(MEI, answered).remove(answered - 1);
        assert!(text_of(&told).contains(words), "{}", text_of(&told));
    }
}

#[test]
fn close_is_done_whatever_the_person_did_before_it_and_said_twice_it_is_done_once() {
    let desk = Desk::open();
    let (_, notice) = desk.asked();
    desk.answer(MEI, &notice, PROVEN, "claim");
    desk.until_ended("staff mail: a command");
    desk.answer(MEI, &notice, PROVEN, "claim");
    desk.until_ended("staff mail: it was claimed before");
    desk.answer(MEI, &notice, PROVEN, ANSWER);
    assert_eq!(text_of(&desk.until_answered()).trim(), ANSWER);
    desk.answer(MEI, &notice, PROVEN, "close");
    until_in("the end of the case", || (desk.ticket().state == TicketState::Closed).then_some(()));
    desk.answer(MEI, &notice, PROVEN, "close");
    desk.until_ended("staff mail: it was closed before");
    assert_eq!(desk.ticket().state, TicketState::Closed);
    assert_eq!(desk.post.sent_to(MEI).len(), 1, "she is told nothing of what she knows");
}

#[test]
fn close_of_what_a_colleague_closed_says_that_it_is_closed() {
    let desk = Desk::open();
    let (_, notice) = desk.asked();
    desk.shop.succeed(&["user", "add", "bo"]);
    desk.shop.succeed(&["ticket", "--agent", "bo", "close", "1", "sold"]);
    desk.answer(MEI, &notice, PROVEN, "close");
    let told = desk.until_told(MEI, 2).remove(1);
    assert!(text_of(&told).contains("Ticket 1 is closed"), "{}", text_of(&told));
    assert!(!text_of(&told).contains("was not closed"), "{}", text_of(&told));
}

#[test]
fn notice_that_comes_back_is_no_ticket_and_stands_in_the_audit_log() {
    let desk = Desk::open();
    let (_, notice) = desk.asked();
    let report = format!(
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nTo: {}\n\
         Subject: Undelivered Mail Returned to Sender\nMessage-ID: <d1@mx.example.net>\nAuto-Submitted: auto-replied\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nNo such user.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n\
         Final-Recipient: rfc822; {MEI}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n--b--\n",
        notice.from
    );
    desk.post.deliver("", &report);
    let returned = || {
        let log = desk.shop.succeed(&["audit", "--what", "notice_returned"]);
        log.contains("no such user").then_some(log)
    };
    let log = until_in("the returned notice in the audit log", returned);
    assert!(log.contains("mei"), "{log}");
    assert_eq!(desk.ticket().state, TicketState::Open, "and nothing else happened");
}
