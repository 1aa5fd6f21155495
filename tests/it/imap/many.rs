//! Many accounts in one process: real program, scripted servers.

use std::{fmt::Write as _, net::SocketAddr, time::Instant};

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::support::{
    imap_script::{ScriptedServer, read},
    shop::{Shop, until_in},
};

/// Brings one mail after the first look.
const GOOD: &str = "\
@login
@select 1 7
C: UID FETCH 7:* (UID RFC822.SIZE INTERNALDATE)
S: $ OK done
C: IDLE
S: + idling
S: * 4 EXISTS
C= DONE
S: $ OK done
C: UID FETCH 7:* (UID RFC822.SIZE INTERNALDATE)
S: * 4 FETCH (UID 7 RFC822.SIZE 60 INTERNALDATE \"20-Nov-2026 10:00:00 +0000\")
S: $ OK done
C: UID FETCH 7 (UID BODY.PEEK[])
S: * 4 FETCH (UID 7 BODY[] <<From: a@example.org\\r\\nSubject: seven\\r\\n\\r\\nWhere is my parcel?\\r\\n>>)
S: $ OK done
X: quiet never
";

/// A mailbox without anything.
const QUIET: &str = "@login\n@select 1 7\nX: quiet never\n";

/// Takes the connection and never says a word.
const BLACK_HOLE: &str = "X: silence\n";

/// Greets so slowly that nobody waits for the end.
const TRICKLING: &str = "X: trickle 9 * OK welcome to the slowest server that ever took a connection of yours\n";

const REFUSING: &str = "\
S: * OK ready
C: CAPABILITY
S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN
S: $ OK done
C: AUTHENTICATE PLAIN
S: $ NO [AUTHENTICATIONFAILED] Invalid credentials
";

/// Accounts that bring a mail.
const GOOD_ONES: usize = 17;

fn account(name: &str, address: SocketAddr) -> String {
    let port = address.port();
    format!(
        "  - name: {name}
    email:
      address: shop@example.com
      imap: {{host: 127.0.0.1, port: {port}, tls: none, user: shop@example.com, password: secret, junk: false, sent: off}}
      smtp: {{host: 127.0.0.1, port: 9, tls: none}}
"
    )
}

#[test]
fn a_dead_a_slow_and_a_refusing_server_delay_nobody_else() {
    let runtime = Runtime::new().expect("a runtime starts");
    // The hostile ones come first in the order of names; each takes several connections.
    let hostile = [("a-black-hole", BLACK_HOLE), ("b-trickling", TRICKLING), ("c-refusing", REFUSING)];
    let several = |script: &str| [script; 20].join("X: next\n");
    let scripts = hostile.iter().map(|(name, script)| ((*name).to_owned(), several(script)));
    let good = (0..GOOD_ONES).map(|number| (format!("shop-{number:02}"), GOOD.to_owned()));
    let mut accounts = String::new();
    let mut servers = Vec::new();
    for (name, script) in scripts.chain(good) {
        let server = runtime.block_on(ScriptedServer::start(read(&script), CancellationToken::new()));
        accounts += &account(&name, server.address);
        servers.push(server);
    }
    let mut shop = Shop::open(&accounts, "");
    shop.launch();
    shop.until_logged("Reading the mailbox");
    let reading = Instant::now();
    until_in("the mail of all good accounts", || (shop.activity().len() == GOOD_ONES).then_some(()));
    let took = reading.elapsed();
    // The connect and greeting limits of the others are 15 seconds each.
    assert!(took.as_secs() < 12, "it took {took:?}");
    shop.until_logged("c-refusing: the server refuses the login");
    assert!(shop.is_running());
    let log = shop.present_log();
    assert!(!log.contains("shop-16 folder=\"INBOX\" error"), "{log}");
    for server in servers.iter().skip(hostile.len()) {
        assert_eq!(server.seen().connections, 1, "{:?}", server.seen());
    }
}

/// Run by hand for docs/operating.md: `cargo test --test it -- --ignored --nocapture imap::many`.
#[test]
#[ignore = "measures memory with 300 connections"]
#[expect(clippy::print_stdout, reason = "the figure is what it is run for")]
fn three_hundred_idle_accounts_fit_into_150_megabytes() {
    let runtime = Runtime::new().expect("a runtime starts");
    let mut figures = String::new();
    for count in [1, 100, 300] {
        let mut accounts = String::new();
        let mut servers = Vec::new();
        for number in 0..count {
            let server = runtime.block_on(ScriptedServer::start(read(QUIET), CancellationToken::new()));
            accounts += &account(&format!("shop-{number:03}"), server.address);
            servers.push(server);
        }
        let mut shop = Shop::open(&accounts, "");
        shop.launch();
        shop.until_reading_all(count);
        let kib = shop.resident_kib();
        writeln!(figures, "{count} accounts: {} MB", kib / 1024).expect("a String takes everything");
        assert!(kib < 150 * 1024, "{figures}");
    }
    println!("{figures}");
}
