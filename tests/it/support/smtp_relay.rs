//! A real SMTP server that is not ours (aiosmtpd) in front of Dovecot: AUTH, STARTTLS, SMTPUTF8, and faults ordered by
//! the recipient's address (`tests/data/dovecot/smtp_relay.py` lists them). It writes down every mail it was given.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    dovecot::Dovecot,
    guarded::{Guarded, installed},
    until::until,
};

/// A running relay; everything it accepts lands in Dovecot's mailboxes.
pub(crate) struct SmtpRelay {
    port: u16,
    log: PathBuf,
    _running: Guarded,
}

/// One mail that came to its final dot.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Relayed {
    /// Envelope sender, empty for `<>`.
    pub(crate) from: String,
    /// Envelope recipients.
    pub(crate) to: Vec<String>,
    /// Options of MAIL FROM, such as `SMTPUTF8`.
    pub(crate) options: Vec<String>,
    /// Who logged in; none for nobody.
    pub(crate) user: Option<String>,
    /// Whether the connection was encrypted.
    pub(crate) tls: bool,
    /// What the client was told, or not.
    pub(crate) outcome: Outcome,
    /// When it was told to go ahead, on the machine's monotonic clock.
    pub(crate) data_ns: u64,
    /// When its final dot was read.
    pub(crate) dot_ns: u64,
    /// Headers and body as received.
    pub(crate) data: String,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// Delivered, 250.
    Accepted,
    /// Not delivered, 554.
    Rejected,
    /// Dovecot was away, 451.
    Deferred,
    /// Delivered, but the connection was cut before the 250.
    Dropped,
}

impl SmtpRelay {
    /// Starts the relay on the port to which Dovecot sends its vacation answers, with Dovecot's certificate.
    pub(crate) fn start(dovecot: &Dovecot) -> Self {
        let folder = dovecot.folder();
        let script = folder.join("smtp_relay.py");
        fs::write(&script, include_str!("../../data/dovecot/smtp_relay.py")).expect("the folder is writable");
        let (port, log, says) = (dovecot.ports().relay, folder.join("relay.jsonl"), folder.join("relay.out"));
        fs::write(&log, "").expect("the folder is writable");
        dovecot.run_as().own(&log).expect("root may give files away");

        let plain = |path: &Path| path.to_str().expect("the temporary folder has a plain name").to_owned();
        let mut args = vec![plain(&script), port.to_string(), dovecot.ports().lmtp.to_string()];
        args.extend([dovecot.ca_file(), dovecot.key_file(), log.clone()].iter().map(|path| plain(path)));
        let python = installed(&["/usr/bin/python3"]);
        let running = Guarded::start(dovecot.run_as(), python, args, &says).expect("a shell starts");
        let relay = Self { port, log, _running: running };
        until(&format!("the SMTP relay; see {}", says.display()), || relay.greets().then_some(()));
        relay
    }

    /// Returns where it listens, on [`HOST`](super::dovecot::HOST).
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns every mail it was given, in order.
    pub(crate) fn mails(&self) -> Vec<Relayed> {
        let text = fs::read_to_string(&self.log).expect("the relay's log is readable");
        // A last line without its end is still being written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).expect("the relay writes JSON lines")).collect()
    }

    /// Waits until it was given `count` mails and returns them all.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Relayed> {
        until(&format!("{count} mails at the SMTP relay"), || Some(self.mails()).filter(|mails| mails.len() >= count))
    }

    fn greets(&self) -> bool {
        let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else { return false };
        let mut greeting = String::new();
        BufReader::new(stream).read_line(&mut greeting).is_ok() && greeting.starts_with("220")
    }
}
