//! A real Dovecot for one test: IMAP, IMAPS, STARTTLS, LMTP, XOAUTH2 and a customer on holiday (`vac@example.org`).
//!
//! Each test starts its own; it is up in half a second, has its own folder and ports, and is gone when dropped, also
//! when the test's process is killed. Every call blocks for some milliseconds. Any user name logs in with
//! [`PASSWORD`]; a mailbox appears on first delivery or login. `tests/data/dovecot/` holds the configuration.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use tempfile::TempDir;

use super::{
    guarded::{Guarded, RunAs, installed},
    lmtp, ports,
    until::{until, within},
};

/// Where every test server listens; its certificate also names `localhost`.
pub(crate) const HOST: &str = "127.0.0.1";

/// Every user's password.
pub(crate) const PASSWORD: &str = "secret";

/// Signs access tokens; Dovecot reads it in base64 from its key folder.
const TOKEN_KEY: &[u8] = b"secret-secret-secret";

/// Seconds since a token was issued; in the past, so that an expired one was once valid.
const AGE_OF_TOKENS: u64 = 3600;

/// Starts before we believe that Dovecot cannot start: another test may have taken a port in between.
const TRIES: usize = 3;

/// A running (or stopped) server.
pub(crate) struct Dovecot {
    folder: TempDir,
    ports: Ports,
    run_as: RunAs,
    running: Option<Guarded>,
}

/// Where it listens, on [`HOST`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// IMAP: plain, and STARTTLS.
    pub(crate) imap: u16,
    /// IMAP with TLS from the first byte.
    pub(crate) imaps: u16,
    /// LMTP: deliveries.
    pub(crate) lmtp: u16,
    /// Where it sends vacation answers to; [`SmtpRelay`](super::smtp_relay::SmtpRelay) listens there.
    pub(crate) relay: u16,
}

impl Dovecot {
    /// Starts a server with empty mailboxes.
    pub(crate) fn start() -> Self {
        let mut trouble = String::new();
        for _ in 0..TRIES {
            let [imap, imaps, lmtp, relay] = ports::free();
            let mut dovecot = Self {
                folder: TempDir::with_prefix("nightdesk-dovecot-").expect("the temporary folder is writable"),
                ports: Ports { imap, imaps, lmtp, relay },
                run_as: RunAs::current(),
                running: None,
            };
            dovecot.furnish();
            if dovecot.launch() {
                return dovecot;
            }
            trouble = dovecot.log();
        }
        panic!("Dovecot did not start:\n{trouble}")
    }

    /// Stops it: every connection ends, mailboxes stay. Does nothing if it is stopped.
    pub(crate) fn stop(&mut self) {
        drop(self.running.take());
        until("Dovecot to close its ports", || (!listens(self.ports.imap)).then_some(()));
    }

    /// Starts it again with the same mailboxes on the same ports.
    pub(crate) fn restart(&mut self) {
        self.stop();
        assert!(self.launch(), "Dovecot did not start again:\n{}", self.log());
    }

    /// Returns where it listens.
    pub(crate) fn ports(&self) -> Ports {
        self.ports
    }

    /// Returns the certificate that clients must trust, as PEM.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Returns the certificate's private key, for a server beside this one.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// Delivers a mail as a mail server would. `from` may be empty (a bounce); lines may end in LF. Answers only after
    /// the mail lies in the mailbox.
    pub(crate) fn deliver(&self, to: &str, from: &str, raw: &[u8]) {
        lmtp::deliver(self.ports.lmtp, to, from, raw).unwrap_or_else(|error| panic!("LMTP to {to}: {error}"));
    }

    /// Returns the mails of a mailbox in order of arrival. `folder` is `INBOX`, `Sent`, `Junk`, …
    pub(crate) fn mails(&self, user: &str, folder: &str) -> Vec<Vec<u8>> {
        let maildir = self.folder.path().join("mail").join(user);
        let maildir = if folder == "INBOX" { maildir } else { maildir.join(format!(".{folder}")) };
        let mut files: Vec<PathBuf> = ["new", "cur"].iter().flat_map(|part| files(&maildir.join(part))).collect();
        files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        // A mail may move from new/ to cur/ while we look; the next look sees it.
        files.iter().filter_map(|file| fs::read(file).ok()).collect()
    }

    /// Runs `doveadm` and returns what it says; panics if it fails.
    pub(crate) fn doveadm(&self, args: &[&str]) -> String {
        let config = self.folder.path().join("dovecot.conf");
        let doveadm = installed(&["/usr/bin/doveadm", "/usr/local/bin/doveadm"]);
        let output = self.run_as.command(doveadm).arg("-c").arg(config).args(args).output().expect("doveadm runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "doveadm {}: {told}", args.join(" "));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Ends the user's connections with `* BYE`.
    pub(crate) fn kick(&self, user: &str) {
        self.doveadm(&["kick", user]);
    }

    /// Gives the inbox another UIDVALIDITY, as a server does that was restored from a backup. The mails stay. `number`
    /// must be larger than before.
    pub(crate) fn set_uid_validity(&self, user: &str, number: u32) {
        self.doveadm(&["mailbox", "update", "-u", user, "--uid-validity", &number.to_string(), "INBOX"]);
    }

    /// Returns an XOAUTH2 access token that any of these servers takes until it expires.
    pub(crate) fn access_token(user: &str, expires: SystemTime) -> String {
        let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
        let (expires, issued) = (seconds(expires), seconds(SystemTime::now()) - AGE_OF_TOKENS);
        let head = json!({"alg": "HS256", "typ": "JWT"});
        let claims = json!({"email": user, "sub": user, "iat": issued, "nbf": issued, "exp": expires});
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(head), part(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(TOKEN_KEY).expect("HMAC takes keys of any length");
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// Returns what Dovecot logged.
    pub(crate) fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("dovecot.out") + &read("dovecot.log")
    }

    /// Returns the server's folder, owned by the user it runs as.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the user it runs as, for a server beside this one.
    pub(crate) fn run_as(&self) -> &RunAs {
        &self.run_as
    }

    fn furnish(&self) {
        let dir = self.folder.path();
        for folder in ["run", "state", "mail", "sieve", "keys/default/HS256"] {
            fs::create_dir_all(dir.join(folder)).expect("the temporary folder is writable");
        }
        let names = ["localhost".to_owned(), HOST.to_owned()];
        let own = rcgen::generate_simple_self_signed(names).expect("two plain names make a certificate");
        let key = base64::engine::general_purpose::STANDARD.encode(TOKEN_KEY);
        let files = [
            ("cert.pem", own.cert.pem()),
            ("key.pem", own.signing_key.serialize_pem()),
            ("keys/default/HS256/default", key),
            ("dovecot.conf", self.fill(include_str!("../../data/dovecot/dovecot.conf"))),
            ("oauth2.conf.ext", self.fill(include_str!("../../data/dovecot/oauth2.conf.ext"))),
            ("sieve/vac@example.org.sieve", include_str!("../../data/dovecot/vacation.sieve").to_owned()),
        ];
        for (name, text) in files {
            fs::write(dir.join(name), text).expect("the temporary folder is writable");
        }
        self.run_as.own(dir).expect("root may give files away");
    }

    fn fill(&self, template: &str) -> String {
        let dir = self.folder.path().to_str().expect("the temporary folder has a plain name");
        template
            .replace("@DIR@", dir)
            .replace("@USER@", &self.run_as.user)
            .replace("@GROUP@", &self.run_as.group)
            .replace("@IMAP@", &self.ports.imap.to_string())
            .replace("@IMAPS@", &self.ports.imaps.to_string())
            .replace("@LMTP@", &self.ports.lmtp.to_string())
            .replace("@RELAY@", &self.ports.relay.to_string())
    }

    /// Starts the program; says whether it came up.
    fn launch(&mut self) -> bool {
        let config = self.folder.path().join("dovecot.conf");
        let config = config.to_str().expect("the temporary folder has a plain name").to_owned();
        let args = vec!["-F".to_owned(), "-c".to_owned(), config];
        let program = installed(&["/usr/sbin/dovecot", "/usr/local/sbin/dovecot"]);
        let says = self.folder.path().join("dovecot.out");
        let started = Guarded::start(&self.run_as, program, args, &says).expect("a shell starts");
        self.running = Some(started);
        let ports = [self.ports.imap, self.ports.imaps, self.ports.lmtp];
        let up = || {
            let answers = ports.iter().all(|port| listens(*port));
            let fatal = self.log().contains("Fatal:");
            (answers || fatal).then_some(answers && !fatal)
        };
        within(super::until::PATIENCE, up).unwrap_or(false)
    }
}

/// Says whether somebody listens there.
pub(crate) fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    entries.filter_map(Result::ok).map(|entry| entry.path()).collect()
}
