//! The program is killed while it does what time brings about at the desk: an alarm rings once, and a webhook's call that
//! was made and not noted comes again under the same id.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener},
    sync::{Arc, Mutex},
    thread,
};

use crate::support::shop::{Shop, until_in};

const FOLDER_ACCOUNT: &str = "  - name: shop
    folder: {address: shop@blue-lantern.example, inbox: inbox, outbox: outbox}
";

/// What only a person may answer.
const COMPLAINT: &str = "My parcel arrived broken and I want my money back.";

/// A program that takes every call and remembers its id.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<String>>>);

impl Receiver {
    /// Listens on a port of its own and returns it.
    fn listen(&self) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let receiver = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let (mut id, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    let read = reader.read_line(&mut line).unwrap_or(0);
                    let Some((name, value)) = line.trim_end().split_once(':').filter(|_| read > 2) else {
                        if read > 2 {
                            continue;
                        }
                        break;
                    };
                    match name.to_ascii_lowercase().as_str() {
                        "webhook-id" => value.trim().clone_into(&mut id),
                        "content-length" => length = value.trim().parse().unwrap_or(0),
                        _ => {}
                    }
                }
                let mut body = vec![0; length];
                drop(reader.read_exact(&mut body));
                receiver.0.lock().expect("nobody panicked").push(id);
                let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                drop(reader.get_mut().write_all(answer));
            }
        });
        port
    }

    fn got(&self) -> Vec<String> {
        self.0.lock().expect("nobody panicked").clone()
    }
}

pub(super) fn open(more: &str) -> Shop {
    let shop = Shop::open(FOLDER_ACCOUNT, more);
    for part in ["new", "cur", "tmp"] {
        fs::create_dir_all(shop.path("inbox").join(part)).expect("the folder is writable");
    }
    shop
}

/// Puts a complaint into the mailbox.
pub(super) fn complain(shop: &Shop, number: u32) {
    write(shop, number, "Broken", COMPLAINT);
}

/// Lets a buyer of that number write.
pub(super) fn write(shop: &Shop, number: u32, subject: &str, text: &str) {
    let mail = format!(
        "From: Anna Berg <anna{number}@mail{number}.example>\nTo: shop@blue-lantern.example\nSubject: {subject}\n\
         Message-ID: <{number}@mail{number}.example>\nDate: {}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n",
        jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).expect("today is a day"),
    );
    let part = shop.path("inbox/tmp").join(number.to_string());
    fs::write(&part, mail).expect("the folder is writable");
    fs::rename(&part, shop.path("inbox/new").join(number.to_string())).expect("the folder is writable");
}

/// Runs a statement beside the program and returns the one number that it says, if it says one.
pub(super) fn number(shop: &Shop, sql: &'static str) -> Option<i64> {
    let url = format!("sqlite://{}", shop.path("nightdesk.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect(&url).await.expect("the store is there");
        let said = sqlx::query_scalar(sql).fetch_optional(&pool).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        pool.close().await;
        said
    })
}

/// Waits until the program is there, and until a statement says that number.
pub(super) fn until(shop: &mut Shop, what: &str, sql: &'static str, wanted: i64) {
    until_in(what, || {
        assert!(shop.is_running(), "it ended while we waited for {what}");
        (shop.path("nightdesk.db").exists() && number(shop, sql) == Some(wanted)).then_some(())
    });
}

#[test]
fn a_call_that_was_made_and_not_noted_comes_again_with_the_same_id() {
    let receiver = Receiver::default();
    let port = receiver.listen();
    let mut shop = open(&format!(
        "webhooks:\n  - name: erp\n    url: http://127.0.0.1:{port}/\n    secret: a secret of twenty-four bytes\n    \
         allow_private: true\n"
    ));
    shop.launch();
    until_in("the program to listen", || shop.present_log().contains("nightdesk is serving").then_some(()));
    until(&mut shop, "the webhook to be known", "SELECT COUNT(*) FROM webhook", 1);
    shop.kill();
    shop.launch_with(Some("webhook.call.before:1:kill"));
    complain(&shop, 1);
    shop.wait_for_end();
    assert_eq!(receiver.got().len(), 0, "it was killed before its first call");
    number(&shop, "UPDATE webhook_call SET due_at = due_at - 120000");
    shop.launch_with(Some("webhook.call.after:1:kill"));
    shop.wait_for_end();
    assert_eq!(receiver.got().len(), 1, "it was killed behind its first call");
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM webhook_call WHERE state = 'waiting'"), Some(1), "nobody noted it");
    // The call is that process's for a minute; let it be over.
    number(&shop, "UPDATE webhook_call SET due_at = due_at - 120000");
    shop.launch();
    until(&mut shop, "the call to be noted", "SELECT COUNT(*) FROM webhook_call WHERE state = 'waiting'", 0);
    shop.kill();
    let got = receiver.got();
    assert_eq!((got.len(), got.iter().collect::<BTreeSet<_>>().len()), (2, 1), "twice, and once by its id: {got:?}");
    assert!(!got[0].is_empty(), "a call has an id");
}

#[test]
fn an_alarm_rings_once_however_often_the_program_is_killed_over_it() {
    let mut shop = open("");
    shop.launch();
    until_in("the program to listen", || shop.present_log().contains("nightdesk is serving").then_some(()));
    complain(&shop, 1);
    until(&mut shop, "a ticket", "SELECT COUNT(*) FROM ticket", 1);
    complain(&shop, 2);
    until(&mut shop, "two tickets", "SELECT COUNT(*) FROM ticket", 2);
    shop.kill();
    // The first buyer has waited for 26 hours.
    number(&shop, "UPDATE inbound SET received_at = received_at - 93600000 WHERE id = (SELECT MIN(id) FROM inbound)");
    shop.launch_with(Some("store.alarm.before:1:kill"));
    shop.wait_for_end();
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM alarm"), Some(0), "it had not rung");
    shop.launch_with(Some("store.alarm.after:1:kill"));
    shop.wait_for_end();
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM alarm"), Some(1), "it rang just now");
    // The second one's alarm shows that whoever follows has looked.
    number(&shop, "UPDATE inbound SET received_at = received_at - 90000000 WHERE id = (SELECT MAX(id) FROM inbound)");
    shop.launch();
    until(&mut shop, "the other alarm", "SELECT COUNT(*) FROM alarm", 2);
    shop.kill();
    let lines = "SELECT COUNT(*) FROM ticket_event WHERE what = 'alarm'";
    assert_eq!(number(&shop, lines), Some(2), "one line for each ticket");
    let tickets = "SELECT COUNT(DISTINCT ticket) FROM alarm WHERE rung_at IS NOT NULL";
    assert_eq!(number(&shop, tickets), Some(2));
}
