//! The folder of exports under the running program: files come, change, break and grow old, and buyers are told what is
//! theirs.

use std::{
    fs::{self, File},
    io::{BufWriter, Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::symlink,
    time::{Duration, Instant, SystemTime},
};

use nightdesk::store::activity::Activity;

use crate::support::{
    ports,
    shop::{Shop, until_in},
    until::within,
};

const ACCOUNT: &str = "  - name: shop
    folder: {address: shop@blue-lantern.example, inbox: inbox, outbox: outbox}
";
const VOUCHED: &str = "Authentication-Results: mx.blue-lantern.example; dmarc=pass\n";
const READ: &str = "a file of orders was read";
const RULE: &str = "intent: lantern_news\ntitle: News of an order\ncategory: tracking\naction: answer\nmode: auto\n\
                    say:\n  en: [news of my lantern]\nneeds:\n  \
                    order_number: {from: [order.number, entity.order_number], ask: which_lantern}\n  \
                    number: {from: [order.number]}\n  status: {from: [order.status]}\nreply: lantern_news\n";
const HEADER: &str = "Order ID,Email,Status,Tracking Number\n";

/// A running shop with a folder of exports and its status page.
struct Desk {
    shop: Shop,
    port: u16,
    letters: usize,
}

impl Desk {
    fn start() -> Self {
        let [port] = ports::free();
        let more = format!(
            "trusted_authserv_ids: [mx.blue-lantern.example]\nstatus: {{listen: \"127.0.0.1:{port}\"}}\n\
             orders: {{folder: orders, stale_after: 26h}}\n"
        );
        let shop = Shop::open(ACCOUNT, &more);
        for folder in ["inbox/new", "inbox/cur", "inbox/tmp", "orders", "replies/lantern_news", "replies/which_lantern"]
        {
            fs::create_dir_all(shop.path(folder)).expect("the folder is writable");
        }
        let mut desk = Self { shop, port, letters: 0 };
        desk.write("rules/tracking/lantern_news.yaml", RULE);
        desk.write("replies/lantern_news/en.txt", "Order {{ order.number }} is {{ order.status }}.\n");
        desk.write("replies/which_lantern/en.txt", "Which order is it?\n");
        desk.shop.launch();
        until_in("the status page", || {
            assert!(desk.shop.is_running(), "it ended at once:\n{}", desk.shop.log());
            desk.page("/healthz").map(drop)
        });
        desk
    }

    /// Has a buyer ask, and returns what is said.
    fn answer(&mut self, from: &str, headers: &str) -> String {
        let settled = self.ask(from, headers);
        settled.messages.first().unwrap_or_else(|| panic!("no answer: {settled:#?}")).text.clone()
    }

    /// Has a buyer ask, and waits for what comes of it.
    fn ask(&mut self, from: &str, headers: &str) -> Activity {
        self.letters += 1;
        let number = self.letters;
        let mail = format!(
            "{headers}From: Anna Berg <{from}>\nTo: shop@blue-lantern.example\nSubject: Hello\n\
             Message-ID: <{number}@mail.example>\nDate: {}\nContent-Type: text/plain; charset=utf-8\n\n\
             Hi, is there any news of my lantern?\n",
            jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).expect("today is a day"),
        );
        let part = self.shop.path("inbox/tmp").join(number.to_string());
        fs::write(&part, mail).expect("the folder is writable");
        fs::rename(&part, self.shop.path("inbox/new").join(number.to_string())).expect("the folder is writable");
        self.shop.until_settled(number).swap_remove(number - 1)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.shop.path(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder is writable");
        fs::write(path, text).expect("the folder is writable");
    }

    fn until_said(&self, words: &str, times: usize) {
        until_in(&format!("`{words}` {times} times in the log"), || {
            (self.shop.present_log().matches(words).count() >= times).then_some(())
        });
    }

    fn page(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut said = String::new();
        stream.read_to_string(&mut said).ok()?;
        Some(said)
    }
}

fn table(rows: &[(&str, &str, &str)]) -> String {
    let rows = rows.iter().map(|(number, email, status)| format!("{number},{email},{status},LX1\n"));
    HEADER.to_owned() + &rows.collect::<String>()
}

#[test]
fn buyers_are_told_what_the_newest_whole_file_says_of_their_own_orders() {
    let mut desk = Desk::start();
    let two = |status| table(&[("1001", "ana@one.example", status), ("1002", "ben@two.example", status)]);
    desk.write("orders/orders.csv", two("shipped"));
    desk.until_said(READ, 1);
    assert!(desk.answer("Ana@one.example", VOUCHED).contains("Order 1001 is shipped."));
    let unproved = desk.answer("ben@two.example", "");
    assert!(unproved.contains("Which order is it?") && !unproved.contains("1002"), "{unproved}");
    // An export that is replaced in one step, as good programs do it.
    desk.write("orders/.orders.csv.part", two("delivered"));
    fs::rename(desk.shop.path("orders/.orders.csv.part"), desk.shop.path("orders/orders.csv")).expect("renamed");
    desk.until_said(READ, 2);
    // One that is still being written counts only when it is whole.
    let whole = table(&[("1003", "cleo@three.example", "paid"), ("1004", "dan@four.example", "packed")]);
    desk.write("orders/more.csv", &whole[..whole.len() - 20]);
    desk.until_said("more.csv is not used: line 3 is cut off", 1);
    desk.write("orders/more.csv", &whole);
    desk.until_said(READ, 3);
    assert!(desk.answer("dan@four.example", VOUCHED).contains("Order 1004 is packed."));
    // One that cannot be used hides nothing, and people hear of it.
    desk.write("orders/orders.csv", b"PK\x03\x04 a workbook");
    desk.until_said("orders.csv is not used: it is a spreadsheet", 1);
    assert!(desk.answer("cleo@three.example", VOUCHED).contains("Order 1003 is paid."));
    let ready = desk.page("/readyz").expect("the page answers");
    assert!(ready.contains("orders: orders.csv is not used"), "{ready}");
    // A forged sender is told nothing, and a person sees what there is.
    let forged = desk.ask("ben@two.example", "Authentication-Results: mx.blue-lantern.example; dmarc=fail\n");
    assert!(forged.messages.is_empty(), "{forged:#?}");
    let ticket = desk.shop.tickets().pop().expect("a ticket").id.to_string();
    let shown = desk.shop.succeed(&["ticket", "show", &ticket]);
    assert!(
        shown.contains("Orders of this address") && shown.contains("1002: delivered, LX1 (orders.csv line 3,"),
        "{shown}"
    );
    assert!(shown.contains("not looked at: our mail server does not vouch"), "{shown}");
    let question = "Hi, is there any news of my lantern?";
    let explained = desk.shop.succeed(&["explain", question, "--from", "dan@four.example"]);
    assert!(explained.contains("1004: packed, LX1 (more.csv line 3, written 0 h before)"), "{explained}");
    let status = desk.shop.succeed(&["status"]);
    assert!(status.contains("Orders      more.csv: 2 lines"), "{status}");
    assert!(status.contains("Orders      orders.csv: not used"), "{status}");
}

#[test]
fn a_file_that_nobody_renews_is_not_spoken_of_and_people_hear_of_it() {
    let mut desk = Desk::start();
    desk.write("orders/orders.csv", table(&[("1001", "ana@one.example", "shipped"), ("1001", "ana@one.example", "")]));
    let yesterday = SystemTime::now() - Duration::from_hours(27);
    let file = File::options().write(true).open(desk.shop.path("orders/orders.csv")).expect("it is there");
    file.set_modified(yesterday).expect("the time can be set");
    drop(file);
    desk.until_said("orders.csv was not renewed for 26 hours", 1);
    let asked = desk.answer("ana@one.example", VOUCHED);
    assert!(asked.contains("Which order is it?"), "{asked}");
    let status = desk.page("/status").expect("the page answers");
    assert!(status.contains("\"stale\":[\"orders.csv\"]"), "{status}");
    let log = desk.shop.present_log();
    assert!(!log.contains("ana@one.example"), "addresses are never logged:\n{log}");
    // Whoever starts the service again finds the store as it was: the file is not read a second time.
    assert!(desk.shop.terminate().success());
    let reads = desk.shop.log().matches(READ).count();
    desk.shop.launch();
    desk.until_said("was not renewed", 1);
    assert_eq!(desk.shop.log().matches(READ).count(), reads, "{}", desk.shop.log());
}

#[test]
fn a_file_that_cannot_be_read_is_said_once_and_shown_until_it_can_be() {
    let mut desk = Desk::start();
    // A file that nobody can read, not even root.
    symlink("/proc/self/mem", desk.shop.path("orders/locked.csv")).expect("the folder is writable");
    desk.until_said("locked.csv is not used: it cannot be read", 1);
    desk.write("orders/workbook.csv", b"PK\x03\x04 a workbook");
    desk.until_said("workbook.csv is not used", 1);
    let status = desk.shop.succeed(&["status"]);
    assert!(status.contains("Orders      locked.csv: not used: it cannot be read"), "{status}");
    assert!(desk.page("/readyz").is_some_and(|ready| ready.contains("orders: locked.csv is not used")));
    fs::remove_file(desk.shop.path("orders/workbook.csv")).expect("it is there");
    fs::remove_file(desk.shop.path("orders/locked.csv")).expect("it is there");
    desk.write("orders/locked.csv", table(&[("1001", "ana@one.example", "shipped")]));
    desk.until_said(READ, 1);
    assert!(desk.answer("ana@one.example", VOUCHED).contains("Order 1001 is shipped."));
    let status = desk.shop.succeed(&["status"]);
    assert!(status.contains("Orders      locked.csv: 1 lines") && !status.contains("not used"), "{status}");
    until_in("the page without what is gone", || (!desk.page("/readyz")?.contains("not used")).then_some(()));
    assert_eq!(desk.shop.present_log().matches("locked.csv is not used").count(), 1, "{}", desk.shop.present_log());
}

#[test]
fn an_export_of_yesterday_is_no_trouble_where_there_is_one_of_today() {
    let mut desk = Desk::start();
    desk.write("orders/orders-2026-11-19.csv", table(&[("1001", "ana@one.example", "paid")]));
    let file = File::options().write(true).open(desk.shop.path("orders/orders-2026-11-19.csv")).expect("it is there");
    file.set_modified(SystemTime::now() - Duration::from_hours(30)).expect("the time can be set");
    drop(file);
    desk.until_said("orders-2026-11-19.csv was not renewed", 1);
    let explained = desk.shop.succeed(&["explain", "news of my lantern", "--from", "ana@one.example"]);
    assert!(explained.contains("too old to be spoken of: orders-2026-11-19.csv"), "{explained}");
    desk.write("orders/orders-2026-11-20.csv", table(&[("1001", "ana@one.example", "shipped")]));
    desk.until_said(READ, 2);
    assert!(desk.answer("ana@one.example", VOUCHED).contains("Order 1001 is shipped."));
    assert!(desk.page("/status").is_some_and(|status| status.contains("\"stale\":[]")));
    let explained = desk.shop.succeed(&["explain", "news of my lantern", "--from", "ana@one.example"]);
    assert!(explained.contains("1001: shipped") && !explained.contains("too old"), "{explained}");
    let status = desk.shop.succeed(&["status"]);
    assert!(status.contains("orders-2026-11-19.csv: 1 lines, 30 h old, replaced by a newer export"), "{status}");
    let check = desk.shop.command(&["orders", "check"]);
    assert!(check.code == 0 && !check.out.contains("hours old"), "{}{}", check.out, check.err);
}

/// `cargo test --test it orders::folder -- --ignored --nocapture`; docs/performance.md has the figures.
#[test]
#[ignore = "it takes minutes and measures"]
#[expect(clippy::print_stdout, reason = "the figures are the result")]
fn a_million_lines_need_no_more_memory_than_a_thousand() {
    const LINES: u32 = 1_000_000;
    const ENOUGH: Duration = Duration::from_mins(9);
    const MEBIBYTES: u64 = 48;
    let mut desk = Desk::start();
    let before = desk.shop.resident_kib();
    let file = File::create(desk.shop.path("orders/.big")).expect("the folder is writable");
    let mut file = BufWriter::new(file);
    file.write_all(HEADER.as_bytes()).expect("written");
    for number in 0..LINES {
        writeln!(file, "LH-{number:07},buyer{number}@mail.example,shipped,LX{number:09}CN").expect("written");
    }
    file.flush().expect("written");
    fs::rename(desk.shop.path("orders/.big"), desk.shop.path("orders/orders.csv")).expect("renamed");
    let started = Instant::now();
    let mut most = before;
    let read = within(ENOUGH, || {
        most = most.max(desk.shop.resident_kib());
        desk.shop.present_log().contains(READ).then_some(())
    });
    assert!(read.is_some(), "not read:\n{}", desk.shop.log());
    let took = started.elapsed();
    let asked = Instant::now();
    let told = desk.answer("buyer777777@mail.example", VOUCHED);
    assert!(told.contains("Order LH-0777777 is shipped."), "{told}");
    println!(
        "{LINES} lines in {:.0} s; {} MiB before, {} MiB at most; answered in {} ms",
        took.as_secs_f64(),
        before / 1024,
        most / 1024,
        asked.elapsed().as_millis()
    );
    assert!(most < before + MEBIBYTES * 1024, "{before} KiB before, {most} KiB at most");
}
