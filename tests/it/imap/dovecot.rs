//! A real Dovecot for one test: started on free ports in a folder that vanishes, stopped when dropped.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tempfile::TempDir;

/// What tokens are signed with.
const TOKEN_KEY: &str = "secret-secret-secret";

/// Time for a server to start or stop, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
#[derive(Debug)]
pub(crate) struct Dovecot {
    folder: TempDir,
    user: Option<&'static str>,
    master: Option<Child>,
    /// Port of IMAP in clear and with STARTTLS.
    pub(crate) imap: u16,
    /// Port of IMAP under TLS.
    pub(crate) imaps: u16,
    lmtp: u16,
}

impl Dovecot {
    /// Starts a server.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [imap, imaps, lmtp] = free_ports();
        let root = output(Command::new("id").arg("-u")).trim() == "0";
        let mut server = Self { folder, user: root.then_some("nobody"), master: None, imap, imaps, lmtp };
        server.configure();
        server.resume();
        server
    }

    /// Returns the file with the server's certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.path("cert.pem")
    }

    /// Starts the server again after [`Self::stop`].
    pub(crate) fn resume(&mut self) {
        let config = self.path("dovecot.conf");
        let mut command = self.as_user("dovecot");
        command.arg("-F").arg("-c").arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.master = Some(command.spawn().expect("dovecot is installed"));
        let deadline = Instant::now() + PATIENCE;
        while !greets(self.imap) {
            assert!(Instant::now() < deadline, "dovecot did not start: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops the server, connections and all.
    pub(crate) fn stop(&mut self) {
        let Some(mut master) = self.master.take() else { return };
        output(Command::new("kill").arg(master.id().to_string()));
        master.wait().expect("dovecot ends");
    }

    /// Runs `doveadm` against this server.
    pub(crate) fn doveadm(&self, arguments: &[&str]) -> String {
        output(self.as_user("doveadm").arg("-c").arg(self.path("dovecot.conf")).args(arguments))
    }

    /// Delivers one message by LMTP.
    pub(crate) fn deliver(&self, user: &str, message: &str) {
        let stream = TcpStream::connect(("127.0.0.1", self.lmtp)).expect("LMTP answers");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut reader = BufReader::new(stream);
        let mut say = |line: &str, code: &str| {
            reader.get_mut().write_all(line.as_bytes()).expect("LMTP listens");
            loop {
                let mut answer = String::new();
                reader.read_line(&mut answer).expect("LMTP answers");
                assert!(answer.starts_with(code), "to {line:?} LMTP said {answer:?}");
                if answer.as_bytes().get(3) != Some(&b'-') {
                    return;
                }
            }
        };
        say("", "220");
        say("LHLO test\r\n", "250");
        say("MAIL FROM:<buyer@example.net>\r\n", "250");
        say(&format!("RCPT TO:<{user}>\r\n"), "250");
        say("DATA\r\n", "354");
        say(&format!("{}\r\n.\r\n", message.replace('\n', "\r\n")), "250");
        say("QUIT\r\n", "221");
    }

    /// Puts one message into a folder, as another mail program would.
    pub(crate) fn save(&self, user: &str, folder: &str, message: &str) {
        let mut command = self.as_user("doveadm");
        command.arg("-c").arg(self.path("dovecot.conf")).args(["save", "-u", user, "-m", folder]);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("doveadm is installed");
        child.stdin.take().expect("a pipe").write_all(message.as_bytes()).expect("doveadm reads");
        assert!(child.wait().expect("doveadm ends").success(), "doveadm save failed");
    }

    /// Returns how many logins of this user were refused.
    pub(crate) fn tries(&self, user: &str) -> usize {
        let refused = format!("user=<{user}>");
        self.log().lines().filter(|line| line.contains("auth failed") && line.contains(&refused)).count()
    }

    /// Returns an access token for this user that expires so many seconds from now.
    pub(crate) fn token(user: &str, seconds: i64) -> String {
        let now = jiff::Timestamp::now().as_second();
        let claims =
            serde_json::json!({"email": user, "sub": user, "iat": now - 60, "nbf": now - 60, "exp": now + seconds});
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut mac = Hmac::<Sha256>::new_from_slice(TOKEN_KEY.as_bytes()).expect("any key length will do");
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("dovecot.log")).unwrap_or_default()
    }

    fn configure(&self) {
        for name in ["run", "state", "mail", "keys/default/HS256"] {
            fs::create_dir_all(self.path(name)).expect("a folder");
        }
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = rcgen::generate_simple_self_signed(names).expect("a certificate");
        fs::write(self.path("cert.pem"), certificate.cert.pem()).expect("a file");
        fs::write(self.path("key.pem"), certificate.signing_key.serialize_pem()).expect("a file");
        fs::write(self.path("keys/default/HS256/default"), STANDARD.encode(TOKEN_KEY)).expect("a file");
        let folder = self.folder.path().display();
        let oauth2 = format!(
            "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={folder}/keys/\n\
             username_attribute = email\nopenid_configuration_url = https://127.0.0.1/none\n"
        );
        fs::write(self.path("oauth2.conf.ext"), oauth2).expect("a file");
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/imap/dovecot.conf");
        let template = fs::read_to_string(template).expect("the template");
        let own = output(Command::new("id").arg("-un"));
        let group = output(Command::new("id").arg("-gn"));
        let (user, group) = self.user.map_or((own.trim(), group.trim()), |user| (user, "nogroup"));
        let config = template
            .replace("@DIR@", &folder.to_string())
            .replace("@IMAP@", &self.imap.to_string())
            .replace("@IMAPS@", &self.imaps.to_string())
            .replace("@LMTP@", &self.lmtp.to_string())
            .replace("@USER@", user)
            .replace("@GROUP@", group);
        fs::write(self.path("dovecot.conf"), config).expect("a file");
        if let Some(user) = self.user {
            output(Command::new("chown").arg("-R").arg(format!("{user}:nogroup")).arg(self.folder.path()));
        }
    }

    /// Returns a command that runs as the server's user: root would need system accounts of Dovecot.
    fn as_user(&self, program: &str) -> Command {
        let Some(user) = self.user else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={user}"), "--regid=nogroup", "--clear-groups", program]);
        command
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("a bound port").port())
}

fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(2))).expect("a timeout");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).is_ok() && line.starts_with("* OK")
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
