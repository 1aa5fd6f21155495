//! An account that gave up tries again later; the clock stands still and runs ahead when nothing happens.

use std::{sync::Arc, time::Duration};

use nightdesk::{
    channel::ListenError,
    model::{ids::AccountName, wire_id::InstanceKey},
    service::accounts::{AccountSettings, Accounts},
};
use tokio::{
    task::JoinHandle,
    time::{Instant, advance},
};
use tokio_util::sync::CancellationToken;

use crate::{
    imap::account::account,
    support::{
        imap_script::{ScriptedServer, read},
        ledger::Ledger,
    },
};

const REFUSAL: &str = "\
S: * OK ready
C: CAPABILITY
S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN
S: $ OK done
C: AUTHENTICATE PLAIN
S: $ NO [AUTHENTICATIONFAILED] Invalid credentials
X: next
";

const WELCOME: &str = "@login\n@select 1 7\nX: quiet never\n";

/// Two accounts, of which only the one that is refused is listened to; the other is thought to be well.
struct Desk {
    accounts: Arc<Accounts>,
    server: ScriptedServer,
    ledger: Ledger,
    stop: CancellationToken,
    listening: JoinHandle<Result<(), ListenError>>,
}

impl Desk {
    async fn open(accounts: &[&str], script: &str) -> Self {
        let server = ScriptedServer::start(read(script), CancellationToken::new()).await;
        let named = |name: &&str| {
            let mut settings = account("shop@example.com", server.address.port());
            settings.name = AccountName::new(*name);
            AccountSettings::Email(settings)
        };
        let settings: Vec<AccountSettings> = accounts.iter().map(named).collect();
        let accounts = Arc::new(Accounts::new(&settings, InstanceKey::new([1; 32])));
        let (ledger, inbox) = Ledger::open(Vec::new(), 0);
        let stop = CancellationToken::new();
        let (held, token) = (Arc::clone(&accounts), stop.clone());
        let listening = tokio::spawn(async move {
            let channel = held.channel(&AccountName::new("shop")).expect("it is configured");
            held.listen(&channel, inbox, token).await
        });
        Self { accounts, server, ledger, stop, listening }
    }

    /// Lets time pass until something is so; returns how long that took by the stopped clock.
    async fn until(&self, what: &str, reached: impl Fn(&Self) -> bool) -> Duration {
        let started = Instant::now();
        while !reached(self) {
            assert!(started.elapsed() < Duration::from_hours(3), "{what} does not happen: {:?}", self.server.seen());
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(4))).await.expect("no panic");
            advance(Duration::from_millis(500)).await;
        }
        started.elapsed()
    }

    async fn end(self) -> ScriptedServer {
        self.stop.cancel();
        self.listening.await.expect("no panic").expect("a clean end");
        self.server
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_gave_up_tries_again_after_an_hour() {
    let desk = Desk::open(&["shop", "other"], &(REFUSAL.repeat(3) + WELCOME)).await;
    desk.until("giving up", |desk| !desk.accounts.down().is_empty()).await;
    let down = desk.accounts.down().remove("shop").expect("the account that was refused");
    assert!(down.reason.contains("check `user` and `password`"), "{}", down.reason);
    assert_eq!(desk.server.seen().connections, 3, "three quick tries, then none");
    let waited = desk.until("the next try", |desk| desk.ledger.mark("INBOX").is_some()).await;
    assert!(waited > Duration::from_mins(59), "it came after {waited:?}");
    assert!(desk.accounts.down().is_empty());
    assert_eq!(desk.end().await.seen().connections, 4);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_gave_up_tries_again_when_asked() {
    let desk = Desk::open(&["shop", "other"], &(REFUSAL.repeat(3) + WELCOME)).await;
    desk.until("giving up", |desk| !desk.accounts.down().is_empty()).await;
    desk.accounts.try_again();
    let waited = desk.until("the next try", |desk| desk.ledger.mark("INBOX").is_some()).await;
    assert!(waited < Duration::from_mins(1), "it came after {waited:?}");
    desk.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_only_account_never_worked_ends() {
    let desk = Desk::open(&["shop"], &REFUSAL.repeat(3)).await;
    desk.until("the end", |desk| desk.listening.is_finished()).await;
    let ended = desk.listening.await.expect("no panic");
    assert!(matches!(ended, Err(ListenError::Credentials { .. })), "{ended:?}");
}
