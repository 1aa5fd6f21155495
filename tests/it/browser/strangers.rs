//! What strangers write when they want a page to do something: mails, chats and lines of exports, in every field they have.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::json;

use super::desk::Desk;
use crate::{
    pipeline::{
        staff_mail::{MEI, PROVEN, reply_address},
        telegram::Bot,
    },
    support::{
        letter::{self, Letter, subject},
        post::SHOP,
        shop::{Shop, until_in},
    },
};

/// So many messages are of one buyer, and in one conversation.
pub(super) const TOGETHER: usize = 5;

/// What a draft is made for, and what is answered at once: the rules of [`furnish`] know both.
const ASKED: [(&str, &str); 2] = [("zebra", "We dream of zebra paint."), ("striped", "We dream of striped paint.")];

/// A question that a rule of the starter pack answers.
const CUSTOMS: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// The buyers of each kind of question.
pub(super) const ASKING: usize = 3;

/// The first chat's number; its buyer's messages follow one another.
const CHATS: i64 = 9_001;

/// Mail that machines wrote, of which nobody makes a ticket.
const MACHINES: usize = 2;

fn address(number: usize) -> String {
    format!("b{}@buyer.example", number / TOGETHER)
}

/// Returns a field as mails write what is not plain.
fn word(text: &str) -> String {
    format!("=?UTF-8?B?{}?=", STANDARD.encode(text))
}

/// Sends a mail of each: it says it in its sender's name, subject, text, HTML and the name of a file.
pub(super) fn write_mails(desk: &Desk, payloads: &[String]) {
    for (number, payload) in payloads.iter().enumerate() {
        desk.post.deliver(&address(number), &mail(number, payload));
    }
}

fn mail(number: usize, payload: &str) -> String {
    let word = word(payload);
    let name = percent_encoding::utf8_percent_encode(payload, percent_encoding::NON_ALPHANUMERIC);
    let (from, date, first) = (address(number), letter::now(), number - number % TOGETHER);
    let id = |number: usize| format!("<hostile.{number}@buyer.example>");
    let (own, opener) = (id(number), id(first));
    let thread = if number > first { format!("In-Reply-To: {opener}\nReferences: {opener}\n") } else { String::new() };
    format!(
        "From: {word} <{from}>\nTo: {SHOP}\nSubject: {word}\nDate: {date}\nMessage-ID: {own}\n{thread}\
         MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\n\
         Content-Type: multipart/alternative; boundary=inner\n\n--inner\nContent-Type: text/plain; charset=utf-8\n\n\
         Please let the monogram face the window, as we agreed. {payload}\n--inner\n\
         Content-Type: text/html; charset=utf-8\n\n<p>Please let the monogram face the window.</p>{payload}\n\
         --inner--\n--outer\nContent-Type: application/octet-stream\n\
         Content-Disposition: attachment; filename*=UTF-8''{name}\n\nA file.\n--outer--\n"
    )
}

/// Sends what a rule answers, what a rule drafts for, what machines write, and a mail that nobody can read; returns how many.
pub(super) fn write_questions(desk: &Desk, payloads: &[String]) -> usize {
    let send = |from: &str, [name, subject]: [&str; 2], more: &str, text: &str| {
        let (name, subject, id) = (word(name), word(subject), Letter::new(from, "", "").id);
        let head = format!("From: {name} <{from}>\nTo: {SHOP}\nSubject: {subject}\nMessage-ID: {id}\n{more}");
        let raw = format!("{head}Date: {}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n", letter::now());
        desk.post.deliver(from, &raw);
    };
    for (kind, question) in ASKED {
        for (number, payload) in payloads.iter().step_by(payloads.len() / ASKING).take(ASKING).enumerate() {
            send(&format!("{kind}{number}@buyer.example"), [payload, payload], "", question);
        }
    }
    for (number, payload) in payloads.iter().take(MACHINES).enumerate() {
        send(&format!("away{number}@buyer.example"), [payload, payload], "Auto-Submitted: auto-replied\n", payload);
    }
    send("tom@buyer.example", [&payloads[11], "Customs"], "", CUSTOMS);
    desk.post.deliver("odd@buyer.example", &unreadable(payloads));
    // And the two of one each.
    ASKED.len() * ASKING + MACHINES + 2
}

/// A mail that is nested deeper than anybody's, with all of them in its header.
fn unreadable(payloads: &[String]) -> String {
    let fields: Vec<String> = payloads.iter().map(|payload| format!("X-Hostile: {payload}\n")).collect();
    let fields = fields.concat();
    let head = format!(
        "From: odd@buyer.example\nTo: {SHOP}\n{fields}Subject: {}\nDate: {}\n",
        word(&payloads[11]),
        letter::now()
    );
    let part = |depth: usize| format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n");
    (0..100).fold(head, |mail, depth| mail + &part(depth))
}

/// Says each in a chat: in the person's names, as a text or below a file that is called so.
pub(super) fn chat(bot: &Bot, payloads: &[String]) {
    for (number, payload) in payloads.iter().enumerate() {
        let [message, buyer] = [number, number / TOGETHER].map(|number| i64::try_from(number).expect("small"));
        let chat = CHATS + buyer;
        let person = json!({"id": chat, "is_bot": false, "first_name": payload, "last_name": payload,
            "username": payload, "language_code": "en"});
        let mut content = json!({
            "message_id": message + 1, "date": Timestamp::now().as_second(), "from": person,
            "chat": {"id": chat, "first_name": payload, "type": "private"},
        });
        if number % 2 == 0 {
            content["text"] = json!(payload);
        } else {
            content["caption"] = json!(payload);
            content["document"] = json!({"file_id": "f", "file_unique_id": "u", "file_name": payload});
        }
        bot.api.push("message", &content);
    }
}

/// Has a colleague answer the notice of a chat's ticket by mail with these words, and waits until they are the buyer's. `mails`
/// is how many tickets mails have made before.
pub(super) fn answer_by_mail(desk: &Desk, mails: usize, text: &str) {
    let of_a_chat = |subject: &str| {
        let number = subject.rsplit_once("[#").and_then(|(_, rest)| rest.split_once(']')?.0.parse::<usize>().ok());
        number.is_some_and(|number| number > mails)
    };
    let notice = until_in("the notice of a chat's ticket", || {
        desk.post.sent_to(MEI).into_iter().find(|mail| of_a_chat(&subject(mail)))
    });
    let letter = Letter::answering(MEI, &notice, text);
    let raw = letter.raw().replace(&format!("<{SHOP}>"), &format!("<{}>", reply_address(&notice)));
    desk.post.deliver(MEI, &format!("{PROVEN}\n{raw}"));
    until_in("mei's answer", || {
        let mei = |ticket: &nightdesk::model::ticket::Ticket| {
            ticket.assignee.as_ref().is_some_and(|name| name.as_str() == "mei")
        };
        desk.shop.tickets().iter().any(mei).then_some(())
    });
}

/// Adds rules whose every text would do something, and an export that says it of the orders of those who write mails.
pub(super) fn furnish(shop: &Shop, payloads: &[String]) {
    let payload = &payloads[11];
    for (intent, mode, words) in [("hostile", "suggest", "zebra paint"), ("hostile_answer", "auto", "striped paint")] {
        rule(shop, payload, intent, mode, words);
    }
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let lines = payloads.iter().enumerate().map(|(number, payload)| {
        let short = payload.chars().count() <= 60;
        let order = if short { format!("{payload} {number}") } else { number.to_string() };
        format!("{},{},{2},{2},{2}\n", cell(&order), address(number), cell(payload))
    });
    let table = format!("Order number,Email,Status,Carrier,Tracking number\n{}", lines.collect::<String>());
    std::fs::create_dir(shop.path("orders")).expect("the folder is writable");
    // A file may be called so as well.
    let file = shop.path(&format!("orders/{}.csv", payloads[10]));
    std::fs::write(file, table).expect("the folder is writable");
}

fn rule(shop: &Shop, payload: &str, intent: &str, mode: &str, words: &str) {
    let quoted = serde_json::to_string(payload).expect("a text is JSON, and JSON is YAML");
    let rule = format!(
        "intent: {intent}\ntitle: {quoted}\ncategory: pre_sale\naction: answer\nmode: {mode}\nsay:\n  en: [{words}]\n\
         reply: {intent}\nexamples:\n  en:\n    match: [We dream of {words}.]\n"
    );
    std::fs::write(shop.path(&format!("rules/pre_sale/{intent}.yaml")), rule).expect("the folder is writable");
    std::fs::create_dir(shop.path(&format!("replies/{intent}"))).expect("the folder is writable");
    for language in ["en", "zh"] {
        let file = shop.path(&format!("replies/{intent}/{language}.txt"));
        std::fs::write(file, format!("About {words}: {payload}\n")).expect("the folder is writable");
    }
}
