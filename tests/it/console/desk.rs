//! The desk in the browser through real HTTP: the queue, a ticket, and what strangers write.

use jiff::Timestamp;
use nightdesk::{
    model::{agent::Role, language::Language, outbound::OutboundKind},
    store::{audit::Actor, people::AgentChange, quarantine::Cause},
};

use super::house::{House, Seat, Told};
use crate::store::bench::{Bench, Letter, Plan};

/// Texts that would do something if a page took them for more than text.
const PAYLOADS: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u{202e}gpj.exe<iframe srcdoc=x>",
];

/// Marks that only a page that took a text for more than text would hold.
const DONE: [&str; 6] =
    ["<script>alert", "<img src=x", "<svg/onload", "<iframe srcdoc", "srcdoc=x>", "href=\"javascript:"];

pub(super) fn mail(name: &str, address: &str, subject: &str, text: &str) -> String {
    let name = name.replace('"', "\\\"");
    format!(
        "From: \"{name}\" <{address}>\r\nTo: shop@shop.example\r\nSubject: {subject}\r\nMessage-ID: \
         <{address}.1>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
}

/// Opens a console with ann and bob, and a ticket of a buyer.
async fn opened() -> (House, Seat, Seat, Letter) {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    house.person("bob", Role::Agent, None).await;
    let bench = Bench::over(&house.store);
    let letter =
        ticket(&bench, &mail("Ana", "ana@buyer.example", "Where is my parcel?", "It was to be here today.")).await;
    let (ann, bob) = (house.seat("ann").await, house.seat("bob").await);
    (house, ann, bob, letter)
}

/// Lets a mail become a ticket.
async fn ticket(bench: &Bench, raw: &str) -> Letter {
    let now = Timestamp::now();
    let letter = bench.received(raw, now).await;
    bench.decide(&letter, Plan::escalate().sending(&[]), now).await;
    letter
}

pub(super) fn shows(page: &Told, parts: &[&str]) {
    assert_eq!(page.status, 200, "{}", page.body);
    for part in parts {
        assert!(page.body.contains(part), "the page lacks {part:?}: {}", page.body);
    }
}

/// Every form that changes something brings its session's token along.
pub(super) fn forms_are_signed(page: &Told) {
    let (forms, tokens) = (page.body.matches("method=\"post\"").count(), page.body.matches("name=\"csrf\"").count());
    assert!(forms > 0 && forms == tokens, "{forms} forms and {tokens} tokens in {}", page.body);
}

#[tokio::test]
async fn what_waits_stands_in_the_queue_and_a_claim_leads_to_it() {
    let (house, ann, bob, _) = opened().await;
    let queue = house.get("/queue", Some(&ann)).await;
    shows(&queue, &["Where is my parcel?", "Ana", "href=\"/tickets/1\"", "It was to be here today."]);
    forms_are_signed(&queue);
    let seen = queue.field("seen");
    let claimed = house.post("/tickets/1/act", Some(&ann), &[("act", "claim"), ("seen", &seen)]).await;
    assert_eq!((claimed.status, claimed.leads_to()), (303, "/tickets/1"));
    let late = house.post("/tickets/1/act", Some(&bob), &[("act", "claim"), ("seen", &seen)]).await;
    assert_eq!(late.status, 409, "{}", late.body);
    assert!(late.body.contains("ann took the ticket"), "{}", late.body);
    shows(&house.get("/queue?view=mine", Some(&ann)).await, &["Where is my parcel?", "yours"]);
    let empty = house.get("/queue?view=mine", Some(&bob)).await;
    assert!(empty.status == 200 && !empty.body.contains("Where is my parcel?"), "{}", empty.body);
}

#[tokio::test]
async fn a_reply_that_somebody_overtook_is_kept_and_sent_when_it_is_confirmed() {
    let (house, ann, bob, _) = opened().await;
    let seen = house.get("/tickets/1", Some(&bob)).await.field("seen");
    house.post("/tickets/1/act", Some(&ann), &[("act", "claim"), ("seen", &seen)]).await;
    let text = "It leaves <today> & arrives tomorrow.";
    let fields = [("act", "reply"), ("text", text), ("seen", seen.as_str())];
    let refused = house.post("/tickets/1/act", Some(&bob), &fields).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("It leaves &#60;today&#62; &#38; arrives tomorrow.</textarea>"), "{}", refused.body);
    let fields = [("act", "reply"), ("text", text), ("seen", &refused.field("seen"))];
    let taken = house.post("/tickets/1/act", Some(&bob), &fields).await;
    assert!(taken.status == 409 && taken.body.contains("ann works on it since"), "{}", taken.body);
    let fields = [("act", "reply"), ("text", text), ("seen", &taken.field("seen")), ("despite", "yes")];
    let sent = house.post("/tickets/1/act", Some(&bob), &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = house.get("/tickets/1", Some(&bob)).await;
    shows(&page, &["It leaves &#60;today&#62;", "value=\"undo\"", "waiting for the buyer"]);
    forms_are_signed(&page);
    assert_eq!(house.post("/tickets/1/act", Some(&bob), &[("act", "undo")]).await.status, 303);
    shows(&house.get("/tickets/1", Some(&bob)).await, &["not sent"]);
}

#[tokio::test]
async fn a_draft_is_sent_edited_or_thrown_away() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let ann = house.seat("ann").await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("Ana", "ana@buyer.example", "Size", "Is there an XL?"), now).await;
    bench.decide(&letter, Plan::escalate().sending(&[OutboundKind::Draft]), now).await;
    let page = house.get("/tickets/1", Some(&ann)).await;
    shows(&page, &["Draft of the machine", "value=\"send_draft\"", "?use=draft#reply"]);
    let edited = house.get("/tickets/1?use=draft", Some(&ann)).await;
    shows(&edited, &["name=\"from_draft\" value=\"yes\""]);
    let thrown = [("act", "reject_draft"), ("text", "wrong size"), ("seen", &page.field("seen"))];
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &thrown).await.status, 303);
    let after = house.get("/tickets/1", Some(&ann)).await;
    shows(&after, &["threw the draft away", "wrong size", "Draft of the machine", "not sent: a person rejected it"]);
    assert!(!after.body.contains("value=\"send_draft\""), "{}", after.body);
    assert!(!after.body.contains("sent by the machine"), "nothing was sent: {}", after.body);
    let letter = bench.received(&mail("Bo", "bo@buyer.example", "Size", "Is there an XS?"), now).await;
    bench.decide(&letter, Plan::escalate().sending(&[OutboundKind::Draft]), now).await;
    let seen = house.get("/tickets/2", Some(&ann)).await.field("seen");
    let sent = [("act", "send_draft"), ("seen", seen.as_str())];
    assert_eq!(house.post("/tickets/2/act", Some(&ann), &sent).await.status, 303);
    let after = house.get("/tickets/2", Some(&ann)).await;
    shows(&after, &["<li class=\"bubble shop\">"]);
    assert!(!after.body.contains("Draft of the machine"), "it stands there as ann's reply: {}", after.body);
}

#[tokio::test]
async fn a_ticket_goes_only_to_a_colleague_who_can_work_on_it() {
    let (house, ann, _, _) = opened().await;
    house.person("far", Role::Agent, Some(&["other".into()])).await;
    for (person, words) in
        [("nobody", "Nobody here is called “nobody”."), ("far", "“far” does not work for the account of this ticket.")]
    {
        let fields = [("act", "assign"), ("to", person)];
        let refused = house.post("/tickets/1/act", Some(&ann), &fields).await;
        assert_eq!(refused.status, 422, "{person}");
        assert!(refused.body.contains(&format!("{words} Who could take it: ann, bob.")), "{}", refused.body);
    }
    let fields = [("act", "assign"), ("to", "Bob")];
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &fields).await.status, 303);
}

#[tokio::test]
async fn an_address_that_names_nothing_is_a_page_that_says_so() {
    let (house, ann, _, letter) = opened().await;
    let file = format!("/inbound/{}/files/first", letter.id);
    for path in ["/tickets/one", "/tickets/99999999999999999999", "/buyers/ana", "/inbound/x/raw", &file] {
        let told = house.get(path, Some(&ann)).await;
        assert_eq!(told.status, 404, "{path}: {}", told.body);
        assert!(told.body.contains("<h1>") && told.body.contains("href=\"/"), "{path}: {}", told.body);
    }
}

#[tokio::test]
async fn an_empty_queue_says_what_the_machine_did_and_a_full_one_names_the_grade() {
    let (house, ann, _, _) = opened().await;
    let fields = [("act", "grade"), ("grade", "vip")];
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &fields).await.status, 303);
    shows(&house.get("/queue", Some(&ann)).await, &["title=\"Grade\"><bdi>vip</bdi>"]);
    let seen = house.get("/tickets/1", Some(&ann)).await.field("seen");
    house.post("/tickets/1/act", Some(&ann), &[("act", "claim"), ("seen", &seen)]).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    for number in 0..2 {
        let address = format!("b{number}@buyer.example");
        let answered = bench.received(&mail("Bo", &address, "Size?", "Which size?"), now).await;
        bench.decide(&answered, Plan::answer(), now).await;
    }
    let empty = house.get("/queue", Some(&ann)).await;
    shows(
        &empty,
        &["the machine answered 2 of the 3 messages that came in", "wait for a person: 1", "href=\"/reports\""],
    );
    let narrowed = house.get("/queue?tag=none", Some(&ann)).await;
    assert!(
        !narrowed.body.contains("the machine answered"),
        "who looks for something is told of that: {}",
        narrowed.body
    );
}

#[tokio::test]
async fn what_strangers_write_stays_text_on_every_page() {
    let house = House::open().await;
    house.person("ann", Role::Admin, None).await;
    let ann = house.seat("ann").await;
    let bench = Bench::over(&house.store);
    for (number, payload) in PAYLOADS.iter().enumerate() {
        let (address, ticket) = (format!("b{number}@buyer.example"), number + 1);
        let raw = mail(payload, &address, payload, payload);
        let letter = self::ticket(&bench, &raw).await;
        let act = format!("/tickets/{ticket}/act");
        for (name, what) in [("note", "note"), ("buyer_note", "buyer_note")] {
            assert_eq!(house.post(&act, Some(&ann), &[("act", what), (name, payload)]).await.status, 303);
        }
        // What is refused is shown again, in fields and in the notice.
        for (what, name) in
            [("tag", "tag"), ("grade", "grade"), ("assign", "to"), ("close", "compensation"), ("merge", "into")]
        {
            still_text(
                &house.post(&act, Some(&ann), &[("act", what), (name, payload), ("text", payload)]).await,
                payload,
            );
        }
        let quiet = bench.received(&mail(payload, &address, payload, payload), Timestamp::now()).await;
        house.store.ignore(quiet.id, "B3", Timestamp::now()).await.expect("ignored");
        let frame = format!("/inbound/{}/html", letter.id);
        for page in [format!("/tickets/{ticket}"), format!("/tickets/{ticket}/live"), frame] {
            still_text(&house.get(&page, Some(&ann)).await, payload);
        }
    }
    for page in
        ["/queue", "/queue/rows", "/answered", "/machine", "/quarantine", "/buyers", "/buyers/1", "/buyers/2", "/help"]
    {
        still_text(&house.get(page, Some(&ann)).await, page);
    }
    for payload in PAYLOADS {
        let asked = percent_encoding::utf8_percent_encode(payload, percent_encoding::NON_ALPHANUMERIC).to_string();
        for page in ["/search?q=", "/queue?tag=", "/queue?intent=", "/queue?from=", "/tickets/1?use="] {
            still_text(&house.get(&format!("{page}{asked}"), Some(&ann)).await, payload);
        }
    }
}

fn still_text(told: &Told, payload: &str) {
    assert!(told.status < 500, "{payload}: {}", told.body);
    for mark in DONE {
        assert!(!told.body.contains(mark), "{payload} became {mark}: {}", told.body);
    }
    assert!(!told.body.contains("49{%"), "{payload} was computed");
}

/// A mail in HTML with everything that would load or run, and two files of bad names.
const HOSTILE: &str = "From: Ana <ana@buyer.example>\r\nTo: shop@shop.example\r\nSubject: Photo\r\nMessage-ID: \
    <h1@buyer.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: \
    text/html; charset=utf-8\r\n\r\n<p onclick=alert(1) style=\"background:url(https://t.example/1)\">The <b>blue</b> \
    one</p><img src=https://t.example/2><script>alert(1)</script><a href=\"javascript:alert(1)\">a</a><a \
    href=\"https://ok.example/\">b</a><form action=/logout><input></form><link rel=stylesheet href=//t.example>\r\n--b\r\n\
    Content-Type: text/html\r\nContent-Disposition: attachment; filename=\"../../evil<script>.html\"\r\n\r\n\
    <script>alert(1)</script>\r\n--b--\r\n";

#[tokio::test]
async fn a_mail_in_html_is_shown_in_a_sealed_frame_that_loads_nothing() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let ann = house.seat("ann").await;
    let letter = ticket(&Bench::over(&house.store), HOSTILE).await;
    let page = house.get("/tickets/1", Some(&ann)).await;
    let source = format!("src=\"/inbound/{}/html\"", letter.id);
    shows(&page, &["<iframe sandbox=\"allow-popups allow-popups-to-escape-sandbox\"", &source, "loading=\"lazy\""]);
    let frame = house.get(&format!("/inbound/{}/html", letter.id), Some(&ann)).await;
    shows(&frame, &["The <b>blue</b> one", "href=\"https://ok.example/\"", "rel=\"noopener noreferrer nofollow\""]);
    for mark in ["t.example", "onclick", "style=", "<script", "<img", "javascript:", "<form", "<input", "<link"] {
        assert!(!frame.body.contains(mark), "{mark} is left in {}", frame.body);
    }
    let policy = frame.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert_eq!(frame.header("x-frame-options"), Some("SAMEORIGIN"));
}

#[tokio::test]
async fn files_are_saved_under_a_plain_name_and_never_shown() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let ann = house.seat("ann").await;
    let letter = ticket(&Bench::over(&house.store), HOSTILE).await;
    for (path, name) in [("files/0", "filename=\"evil_script_.html\""), ("raw", ".eml\"")] {
        let told = house.get(&format!("/inbound/{}/{path}", letter.id), Some(&ann)).await;
        assert_eq!(told.status, 200, "{path}");
        assert_eq!(told.header("content-type"), Some("application/octet-stream"));
        assert_eq!(told.header("x-content-type-options"), Some("nosniff"));
        let disposition = told.header("content-disposition").unwrap_or_default();
        assert!(disposition.starts_with("attachment;") && disposition.contains(name), "{disposition}");
    }
    assert_eq!(house.get(&format!("/inbound/{}/files/1", letter.id), Some(&ann)).await.status, 404);
    assert_eq!(house.get("/inbound/99/raw", Some(&ann)).await.status, 404);
}

#[tokio::test]
async fn a_complaint_is_closed_only_with_its_account_and_keeps_what_was_typed() {
    let (house, ann, _, _) = opened().await;
    let act = |fields: Vec<(&'static str, &'static str)>| {
        let (house, ann) = (&house, &ann);
        async move { house.post("/tickets/1/act", Some(ann), &fields).await }
    };
    assert_eq!(act(vec![("act", "tag"), ("tag", "complaint")]).await.status, 303);
    let refused = act(vec![("act", "close"), ("closing", "sent a new one")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("what came of it, why it came to it, what it cost"), "{}", refused.body);
    assert!(refused.body.contains("sent a new one</textarea>"), "{}", refused.body);
    let account = [("result", "replaced"), ("cause", "product_fault"), ("compensation", "12.50 EUR")];
    let fields = [("act", "close"), ("closing", "sent a new one")].into_iter().chain(account).collect();
    assert_eq!(act(fields).await.status, 303);
    shows(&house.get("/queue?view=closed", Some(&ann)).await, &["Where is my parcel?"]);
    let account = "sent a new one\nWhat came of it: another item was sent · Why it came to it: fault of the product · \
                   What it cost: 12.50 EUR";
    shows(&house.get("/tickets/1", Some(&ann)).await, &[account]);
    let chinese = AgentChange::Language(Language::ZH);
    let by = Actor { name: "terminal", address: "" };
    house.store.change_agent(&"ann".into(), &chinese, &by, Timestamp::now()).await.expect("changed");
    shows(&house.get("/tickets/1", Some(&ann)).await, &["处理结果: 已补发", "原因: 产品质量问题", "赔付: 12.50 EUR"]);
}

#[tokio::test]
async fn a_mail_that_ended_in_silence_becomes_a_ticket_when_a_person_says_so() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let ann = house.seat("ann").await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("Ana", "ana@buyer.example", "Out of office", "But where is it?"), now).await;
    bench.decide(&letter, Plan::suppress(), now).await;
    let machine = house.get("/machine", Some(&ann)).await;
    shows(&machine, &["Out of office", "(B3)"]);
    forms_are_signed(&machine);
    let path = format!("/machine/{}/open", letter.id);
    let opened = house.post(&path, Some(&ann), &[]).await;
    assert_eq!((opened.status, opened.leads_to()), (303, "/tickets/1"));
    shows(&house.get("/tickets/1", Some(&ann)).await, &["Out of office", "But where is it?"]);
    assert_eq!(house.post(&path, Some(&ann), &[]).await.status, 409);
}

#[tokio::test]
async fn the_quarantine_is_read_page_by_page_and_account_by_account() {
    let house = House::open().await;
    house.person("ed", Role::Editor, None).await;
    house.person("far", Role::Editor, Some(&["other".into()])).await;
    let (ed, far) = (house.seat("ed").await, house.seat("far").await);
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    for number in 0..51 {
        let raw = mail("Ana", &format!("b{number}@buyer.example"), "Boom", "boom");
        let letter = bench.received(&raw, now).await;
        house.store.quarantine(letter.id, Cause::Panicked, "it failed", now).await.expect("put aside");
    }
    let rows = |page: &Told| page.body.matches("<tr data-row=").count();
    let newest = house.get("/quarantine", Some(&ed)).await;
    shows(&newest, &["href=\"/quarantine?before=2\"", "<option dir=\"auto\">other</option>"]);
    let older = house.get("/quarantine?before=2", Some(&ed)).await;
    shows(&older, &["href=\"/quarantine\""]);
    assert_eq!((rows(&newest), rows(&older)), (50, 1));
    let chosen = house.get("/quarantine?account=shop&all=yes", Some(&ed)).await;
    shows(&chosen, &["<option dir=\"auto\" selected>shop</option>", "account=shop"]);
    assert_eq!(rows(&house.get("/quarantine?account=other", Some(&ed)).await), 0);
    for page in ["/quarantine", "/quarantine?account=shop", "/quarantine?before=x"] {
        assert_eq!(rows(&house.get(page, Some(&far)).await), 0, "{page}");
    }
}

#[tokio::test]
async fn the_pages_speak_chinese_to_who_reads_it() {
    let house = House::open().await;
    house.person("ann", Role::Editor, None).await;
    let ann = house.seat("ann").await;
    ticket(&Bench::over(&house.store), &mail("Ana", "ana@buyer.example", "退款", "我要退款")).await;
    let (name, by) = ("ann".into(), Actor { name: "terminal", address: "" });
    let chinese = AgentChange::Language(Language::ZH);
    house.store.change_agent(&name, &chinese, &by, Timestamp::now()).await.expect("changed");
    for (page, word) in [
        ("/queue", "工单队列"),
        ("/tickets/1", "回复买家"),
        ("/answered", "机器人已回复"),
        ("/machine", "机器邮件"),
        ("/quarantine", "隔离区"),
        ("/search", "搜索"),
        ("/buyers", "买家"),
        ("/help", "快捷键"),
    ] {
        shows(&house.get(page, Some(&ann)).await, &["lang=\"zh-Hans\"", word]);
    }
}

#[tokio::test]
async fn of_a_mail_nested_deeper_than_is_parsed_nothing_is_shown_and_that_is_said() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let ann = house.seat("ann").await;
    let (bench, said) = (Bench::over(&house.store), "too large or nested too deep to be shown");
    for (deep, shown) in [(256, true), (257, false)] {
        let head = mail("Ana", &format!("ana{deep}@buyer.example"), "Photo", "");
        let head = head.trim_end().replace("text/plain", "text/html");
        let letter = ticket(&bench, &format!("{head}\r\n\r\n{}innermost", "<div>".repeat(deep))).await;
        let frame = house.get(&format!("/inbound/{}/html", letter.id), Some(&ann)).await;
        assert_eq!(frame.status, 200, "{deep}: {}", frame.body);
        assert_eq!((frame.body.contains("innermost"), frame.body.contains(said)), (shown, !shown), "{deep}");
        assert!(shown || !frame.body.contains("<div"), "{deep}: {}", frame.body);
        // The words are in the conversation all the same.
        shows(&house.get(&format!("/tickets/{}", deep - 255), Some(&ann)).await, &["innermost", "<iframe"]);
    }
}
