//! A console over a store of its own, and a browser that says exactly what a test wants it to say.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use jiff::Timestamp;
use nightdesk::{
    config,
    console::{
        self, Shop,
        guard::{Door, password::Passwords, secret},
        playground::Busy,
        practice::Practice,
    },
    diagnostic::source::SourceMap,
    engine::Engine,
    library::{
        Library, Sources,
        live::{Live, Reading, Refused},
        shelf::{Review, Shelf},
        watch::State,
    },
    model::{
        agent::Role,
        ids::{AccountName, AgentName},
        language::Language,
        wire_id::InstanceKey,
    },
    service::{Wake, accounts::Accounts, changes::Changes, handle::Handle},
    store::{
        Settings, Store,
        audit::Actor,
        people::NewAgent,
        sessions::{NewSession, Stage},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Everybody's password.
pub(super) const PASSWORD: &str = "tea at half past nine";

/// Its hash; computed once, for it costs.
static PHC: LazyLock<SecretString> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let hashed = std::thread::spawn(move || {
        runtime.block_on(Passwords::default().hash(SecretString::from(PASSWORD))).expect("hashed")
    });
    hashed.join().expect("the thread ends")
});

const TEST: Actor<'_> = Actor { name: "terminal", address: "" };

/// A console that serves until it is dropped.
pub(super) struct House {
    pub(super) store: Store,
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    folder: TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// One browser's session.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) cookie: String,
    pub(super) csrf: String,
}

/// What the console answered.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Told {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn leads_to(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// Returns name and value of the cookie that was given.
    pub(super) fn cookie(&self) -> Option<String> {
        self.header("set-cookie").map(|line| line.split(';').next().unwrap_or_default().to_owned())
    }

    /// Returns the value of a hidden field.
    pub(super) fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&mark).unwrap_or_else(|| panic!("no field {name} in {}", self.body)) + mark.len();
        self.body[at..].split('"').next().unwrap_or_default().to_owned()
    }
}

impl House {
    pub(super) async fn open() -> Self {
        Self::with("").await
    }

    /// Opens one whose section `console` has these lines too.
    pub(super) async fn with(console: &str) -> Self {
        Self::furnished(console, |_| Sources::default()).await
    }

    /// Opens one with the rules and replies of `tests/data/console/shop`; what lies on the disk was edited badly since.
    pub(super) async fn stocked() -> Self {
        Self::furnished("", stock).await
    }

    /// Opens one with those lines and those rules and replies.
    pub(super) async fn furnished(console: &str, stock: fn(bool) -> Sources) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("desk.db").display());
        for path in ["in", "out"] {
            fs::create_dir(folder.path().join(path)).expect("the folder is writable");
        }
        let account = |name: &str| {
            format!("  - {{name: {name}, folder: {{address: {name}@shop.example, inbox: in, outbox: out}}}}\n")
        };
        let text = format!(
            "shop: {{name: Blue Lantern, languages: [en, zh]}}\nstore: {url:?}\naccounts:\n{}{}console:\n  listen: \
             127.0.0.1:8026\n{console}\n",
            account("shop"),
            account("other")
        );
        let mut sources = SourceMap::default();
        let file = sources.add("config.yaml", text);
        let (config, found) = config::read(&sources, file, folder.path(), &|_| None);
        let config = config.unwrap_or_else(|| panic!("{found:#?}"));
        let settings = config.console.clone().expect("there is a section");
        let store = Store::open(&Settings { url: url.into() }).await.expect("an empty store opens");
        let key = InstanceKey::new([0; 32]);
        let library = Library::read(stock(false), &config.languages);
        let sources = library.sources.clone();
        let engine = Engine::new(config.engine(key.clone()), library.rules, library.replies);
        let live = Live::new(engine, sources, State::of(Vec::new()), Box::new(never_again), Timestamp::now());
        let languages = config.languages.clone();
        let review = move || {
            let Library { sources, diagnostics, .. } = Library::read(stock(true), &languages);
            Ok(Review { sources, found: diagnostics, rule_set: String::new(), at: Timestamp::now() })
        };
        let (live, accounts) = (Arc::new(live), Arc::new(Accounts::new(&config.accounts, key)));
        let handle = Handle {
            store: store.clone(),
            live: live.clone(),
            accounts: accounts.clone(),
            wake: Wake::default(),
            changes: Changes::default(),
        };
        let shop = Shop {
            store: store.clone(),
            live,
            accounts,
            handle,
            settings: Arc::new(settings),
            name: "Blue Lantern".into(),
            shelf: Arc::new(Shelf::new(Box::new(Vec::new), Box::new(review))),
            busy: Busy::default(),
            practice: Practice::default(),
            door: Door::default(),
        };
        let listener = console::bind("127.0.0.1:0".parse().expect("an address")).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stop = CancellationToken::new();
        tokio::spawn(console::serve(listener, shop, stop.clone()));
        Self { store, address, stop, folder }
    }

    /// Runs statements beside the store.
    pub(super) async fn run(&self, statements: &[&'static str]) {
        let file = self.folder.path().join("desk.db");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.expect("it is there");
        for statement in statements {
            sqlx::query(*statement).execute(&pool).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        pool.close().await;
    }

    /// Adds a person with [`PASSWORD`].
    pub(super) async fn person(&self, name: &str, role: Role, accounts: Option<&[AccountName]>) {
        let name = AgentName::from(name);
        let new = NewAgent {
            name: &name,
            display: name.as_str(),
            role,
            accounts,
            language: Language::EN,
            password: Some(&PHC),
        };
        assert!(self.store.add_agent(&new, &TEST, Timestamp::now()).await.expect("added"), "{name} is new");
    }

    /// Seats somebody without the way through the login.
    pub(super) async fn seat(&self, name: &str) -> Seat {
        let secret = secret::fresh().expect("random");
        let secret = secret.expose_secret();
        let (name, hash) = (AgentName::from(name), secret::hash(secret));
        let new = NewSession { hash: &hash, agent: &name, stage: Stage::Whole, browser: "a test" };
        self.store.begin_session(&new, None, &TEST, Timestamp::now()).await.expect("begun");
        Seat { cookie: format!("nightdesk={secret}"), csrf: secret::form_token(secret) }
    }

    /// Returns the origin of the console's own pages.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks for a page.
    pub(super) async fn get(&self, path: &str, seat: Option<&Seat>) -> Told {
        let cookie = seat.map(|seat| ("cookie", seat.cookie.as_str()));
        self.ask("GET", path, &cookie.into_iter().collect::<Vec<_>>(), "").await
    }

    /// Sends a form as the console's own page does.
    pub(super) async fn post(&self, path: &str, seat: Option<&Seat>, fields: &[(&str, &str)]) -> Told {
        let origin = self.origin();
        let mut headers = vec![("origin", origin.as_str())];
        headers.extend(seat.map(|seat| ("cookie", seat.cookie.as_str())));
        let token = seat.map(|seat| ("csrf", seat.csrf.as_str()));
        self.ask("POST", path, &headers, &form(token.iter().chain(fields))).await
    }

    /// Asks with exactly these headers; without a `host` it names the console's address.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
        let asked = async {
            let mut stream = TcpStream::connect(self.address).await.expect("it listens");
            let mut lines = vec![format!("{method} {path} HTTP/1.1"), "connection: close".to_owned()];
            if !headers.iter().any(|(name, _)| *name == "host") {
                lines.push(format!("host: {}", self.address));
            }
            lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
            if method == "POST" {
                if !headers.iter().any(|(name, _)| *name == "content-type") {
                    lines.push("content-type: application/x-www-form-urlencoded".to_owned());
                }
                lines.push(format!("content-length: {}", body.len()));
            }
            let text = lines.join("\r\n");
            stream.write_all(format!("{text}\r\n\r\n{body}").as_bytes()).await.expect("it reads");
            let mut answer = Vec::new();
            // Of news that never end, the head is enough.
            while stream.read_buf(&mut answer).await.expect("it answers") > 0 && !is_endless(&answer) {}
            told(&String::from_utf8_lossy(&answer))
        };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("no answer to {method} {path}"))
    }
}

/// Reads nothing: the rules of a house stay as they are.
fn never_again() -> Reading {
    let refused = Refused { errors: 1, first: "never read again".to_owned() };
    Reading { engine: Err(refused), restart: Vec::new(), roots: None }
}

/// Returns the files of a small shop; `edited` spoils a rule.
pub(super) fn stock(edited: bool) -> Sources {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/console/shop");
    let read = Sources::from_folders(SourceMap::default(), &folder.join("rules"), &folder.join("replies"));
    let mut sources = Sources::default();
    for (_, source) in read.expect("the folders are there").map.iter() {
        let text = if edited { source.text.replace("action: answer", "action: anwser") } else { source.text.clone() };
        let id = sources.map.add(source.path.as_str(), text);
        if source.path.starts_with("rules/") { sources.rules.push(id) } else { sources.replies.push(id) }
    }
    sources
}

/// Returns fields as a form sends them.
pub(super) fn form<'a>(fields: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> String {
    let quoted =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let pairs = fields.into_iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Returns whether the head of an answer has come, and news without end follow.
fn is_endless(answer: &[u8]) -> bool {
    let answer = String::from_utf8_lossy(answer);
    let head = answer.split_once("\r\n\r\n").map(|(head, _)| head);
    head.is_some_and(|head| head.contains("text/event-stream"))
}

fn told(answer: &str) -> Told {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));
    Told {
        status: status.expect("a status"),
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: body.to_owned(),
    }
}
