//! Mailboxes, bots and folders as written.

use std::path::Path;

use secrecy::SecretString;

use crate::{
    channel::{
        email::{
            EnvelopeSender, ImapSettings, Login, OAuth2, Secret, SentFolder, Settings as Email, SmtpSettings, TlsMode,
            addresses,
        },
        folder::Settings as Folder,
        telegram::Settings as Telegram,
    },
    config::{raw::Reader, resolve},
    diagnostic::{
        Code, Diagnostic,
        source::Span,
        yaml::{Node, fields::Fields},
    },
    model::ids::AccountName,
    service::accounts::AccountSettings,
};

/// An account that names no channel, or several.
pub(super) const ACCOUNT_KIND: Code = Code::new("account-kind");
/// A mail address that cannot be one.
pub(super) const BAD_ADDRESS: Code = Code::new("bad-address");
/// A login without a secret, or with several.
pub(super) const LOGIN_SECRET: Code = Code::new("login-secret");

const DEFAULT_IMAP_PORT: u16 = 993;
const DEFAULT_SMTP_PORT: u16 = 465;
/// How often a mailbox without push is looked at.
const DEFAULT_POLL_SECONDS: u64 = 60;
/// Larger mails are not fetched whole (reliability: a message over 25 MB is a ticket with its header).
const DEFAULT_MAX_MESSAGE_BYTES: u64 = 25_000_000;
/// How long one Telegram poll waits; Telegram allows 50 seconds.
const DEFAULT_LONG_POLL_SECONDS: u64 = 50;
/// How often a folder is looked at.
const DEFAULT_FOLDER_POLL_MILLIS: u64 = 500;

/// Reads one entry of `accounts`.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<AccountSettings> {
    let mut fields = reader.open(node)?;
    let name = AccountName::new(fields.require::<String>("name", "give the account a short name of your own")?);
    let kinds =
        [("email", fields.node("email")), ("folder", fields.node("folder")), ("telegram", fields.node("telegram"))];
    let written: Vec<_> = kinds.into_iter().filter_map(|(kind, node)| Some((kind, node?))).collect();
    let [(kind, body)] = written[..] else {
        let span = Span::new(reader.file, node.span.clone());
        let message = match written.len() {
            0 => format!("the account `{name}` names no channel"),
            several => format!("the account `{name}` names {several} channels, expected one"),
        };
        let help = "write one of `email:`, `telegram:` or `folder:` below the name";
        fields.push(Diagnostic::error(ACCOUNT_KIND, message, span, "this account").help(help));
        reader.close(fields);
        return None;
    };
    reader.close(fields);
    match kind {
        "email" => email(reader, name, body).map(AccountSettings::Email),
        "folder" => folder(reader, name, body).map(AccountSettings::Folder),
        _ => telegram(reader, name, body).map(AccountSettings::Telegram),
    }
}

fn email(reader: &mut Reader<'_>, name: AccountName, node: &Node) -> Option<Email> {
    let mut fields = reader.open(node)?;
    let address = address(reader, &mut fields);
    let display_name = fields.take("display_name").unwrap_or_else(|| reader.shop_name.clone());
    let aliases = fields.take("aliases").unwrap_or_default();
    let envelope = fields.node("envelope_sender").map(|node| {
        reader.choose(
            node,
            &[("verp", EnvelopeSender::Verp), ("null", EnvelopeSender::Null), ("same", EnvelopeSender::Same)],
        )
    });
    let imap = fields.node("imap").and_then(|node| imap(reader, node));
    let smtp = fields.node("smtp").and_then(|node| smtp(reader, node));
    for (key, present) in [("imap", imap.is_some()), ("smtp", smtp.is_some())] {
        if !present && node.get(key).is_none() {
            reader.missing(node, key, "say which server: `host`, `user`, `password`");
        }
    }
    reader.close(fields);
    let envelope_sender = envelope.flatten().unwrap_or_default();
    Some(Email { name, address: address?, display_name, aliases, imap: imap?, smtp: smtp?, envelope_sender })
}

fn imap(reader: &mut Reader<'_>, node: &Node) -> Option<ImapSettings> {
    let mut fields = reader.open(node)?;
    let host: Option<String> = fields.require("host", "for example imap.example.com");
    let tls = tls(reader, &mut fields);
    let login = login(reader, &mut fields, node);
    let settings = ImapSettings {
        host: host.unwrap_or_default(),
        port: fields.take("port").unwrap_or(DEFAULT_IMAP_PORT),
        tls,
        login: login.clone().unwrap_or_else(no_login),
        folders: fields.take("folders").unwrap_or_else(|| vec!["INBOX".to_owned()]),
        junk: fields.take("junk").unwrap_or(true),
        sent: sent(fields.take::<String>("sent").as_deref()),
        ca_file: fields.take::<String>("ca_file").map(|path| reader.folder.join(path)),
        poll_seconds: u32::try_from(reader.seconds(&mut fields, "poll", DEFAULT_POLL_SECONDS)).unwrap_or(u32::MAX),
        max_message_bytes: reader.bytes(&mut fields, "max_message", DEFAULT_MAX_MESSAGE_BYTES),
    };
    if login.is_none() && node.get("user").is_none() {
        reader.missing(node, "user", "the login name, often the whole address");
    }
    reader.close(fields);
    (login.is_some() && !settings.host.is_empty()).then_some(settings)
}

/// Reads `sent: auto|off|<folder>`.
fn sent(written: Option<&str>) -> SentFolder {
    match written {
        None | Some("auto") => SentFolder::Auto,
        Some("off") => SentFolder::Off,
        Some(name) => SentFolder::Named(name.to_owned()),
    }
}

fn smtp(reader: &mut Reader<'_>, node: &Node) -> Option<SmtpSettings> {
    let mut fields = reader.open(node)?;
    let host: Option<String> = fields.require("host", "for example smtp.example.com");
    let tls = tls(reader, &mut fields);
    let login = login(reader, &mut fields, node);
    let port = fields.take("port").unwrap_or(DEFAULT_SMTP_PORT);
    let ca_file = fields.take::<String>("ca_file").map(|path| reader.folder.join(path));
    reader.close(fields);
    Some(SmtpSettings { host: host?, port, tls, login, ca_file })
}

fn tls(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> TlsMode {
    let choices = [("implicit", TlsMode::Implicit), ("starttls", TlsMode::StartTls), ("none", TlsMode::None)];
    fields.node("tls").and_then(|node| reader.choose(node, &choices)).unwrap_or(TlsMode::Implicit)
}

/// Reads `user` with exactly one of `password`, `password_file`, `oauth2`; none if there is no `user`.
fn login(reader: &mut Reader<'_>, fields: &mut Fields<'_>, node: &Node) -> Option<Login> {
    let user: Option<String> = fields.take("user");
    let password = fields.take::<String>("password").map(|text| Secret::Password(SecretString::from(text)));
    let from_file = secret_file(reader, fields, "password_file").map(Secret::Password);
    let oauth2 = fields.node("oauth2").and_then(|node| oauth2(reader, node)).map(Secret::OAuth2);
    let user = user?;
    let help = "write one of `password: ${NAME}`, `password_file: path` or `oauth2:`";
    one_secret(reader, node, &["password", "password_file", "oauth2"], help)?;
    Some(Login { user, secret: password.or(from_file).or(oauth2)? })
}

/// Makes sure that exactly one of these keys is written; otherwise says so.
fn one_secret(reader: &mut Reader<'_>, node: &Node, keys: &[&str], help: &str) -> Option<()> {
    let written: Vec<Span> = keys.iter().filter_map(|key| Some(reader.span(node.get(key)?))).collect();
    let found = match &written[..] {
        [_] => return Some(()),
        [] => {
            let span = Span::new(reader.file, node.span.start..node.span.start);
            Diagnostic::error(LOGIN_SECRET, "there is no secret to log in with", span, "in this mapping")
        }
        [first, second, ..] => {
            let message = format!("there are {} secrets to log in with, expected one", written.len());
            let found = Diagnostic::error(LOGIN_SECRET, message, second.clone(), "second one");
            found.related(first.clone(), "first one")
        }
    };
    reader.push(found.help(help));
    None
}

fn no_login() -> Login {
    Login { user: String::new(), secret: Secret::Password(SecretString::from(String::new())) }
}

fn oauth2(reader: &mut Reader<'_>, node: &Node) -> Option<OAuth2> {
    let mut fields = reader.open(node)?;
    let token_url: Option<String> = fields.require("token_url", "the provider's token endpoint");
    let client_id: Option<String> = fields.require("client_id", "the application's client id");
    let client_secret = fields.take::<String>("client_secret").map(SecretString::from);
    let refresh = fields.take::<String>("refresh_token").map(SecretString::from);
    let from_file = secret_file(reader, &mut fields, "refresh_token_file");
    let refresh_token_file =
        node.get("refresh_token_file").and_then(Node::as_text).map(|path| reader.folder.join(path));
    let refresh_token = refresh.or(from_file);
    let scope = fields.take("scope");
    let help = "write the mailbox owner's token: `refresh_token: ${NAME}` or `refresh_token_file: path`";
    let one = one_secret(reader, node, &["refresh_token", "refresh_token_file"], help);
    reader.close(fields);
    one?;
    Some(OAuth2 {
        token_url: token_url?,
        client_id: client_id?,
        client_secret,
        refresh_token: refresh_token?,
        refresh_token_file,
        scope,
    })
}

fn folder(reader: &mut Reader<'_>, name: AccountName, node: &Node) -> Option<Folder> {
    let mut fields = reader.open(node)?;
    let address = address(reader, &mut fields);
    let display_name = fields.take("display_name").unwrap_or_else(|| reader.shop_name.clone());
    let inbox: Option<String> = fields.require("inbox", "the Maildir that a mail server delivers into");
    let outbox: Option<String> = fields.require("outbox", "the Maildir that answers are written into");
    let poll_millis = reader.seconds(&mut fields, "poll", 0) * 1_000;
    reader.close(fields);
    Some(Folder {
        name,
        address: address?,
        display_name,
        inbox: reader.folder.join(inbox?),
        outbox: reader.folder.join(outbox?),
        poll_millis: if poll_millis == 0 { DEFAULT_FOLDER_POLL_MILLIS } else { poll_millis },
    })
}

fn telegram(reader: &mut Reader<'_>, name: AccountName, node: &Node) -> Option<Telegram> {
    let mut fields = reader.open(node)?;
    let token = fields.take::<String>("token").map(SecretString::from);
    let from_file = secret_file(reader, &mut fields, "token_file");
    let token = token.or(from_file);
    let api_url = fields.take("api_url");
    let poll = reader.seconds(&mut fields, "poll", DEFAULT_LONG_POLL_SECONDS);
    let help = "write the token that @BotFather gave you: `token: ${TELEGRAM_TOKEN}` or `token_file: path`";
    let one = one_secret(reader, node, &["token", "token_file"], help);
    reader.close(fields);
    one?;
    Some(Telegram { name, token: token?, api_url, poll_seconds: u32::try_from(poll).unwrap_or(u32::MAX) })
}

fn address(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<String> {
    let address: String = fields.require("address", "the address buyers write to")?;
    if addresses::can_be_ours(&address) {
        return Some(address);
    }
    let span = fields.node("address").map_or(0..0, |node| node.span.clone());
    let message = format!("`{address}` is no mail address");
    let found = Diagnostic::error(BAD_ADDRESS, message, Span::new(reader.file, span), "here");
    fields.push(found.help("write it as name@shop.example, a domain beyond ASCII in its xn-- form"));
    None
}

fn secret_file(reader: &mut Reader<'_>, fields: &mut Fields<'_>, key: &'static str) -> Option<SecretString> {
    let node = fields.node(key)?;
    let span = Span::new(reader.file, node.span.clone());
    let path: String = fields.take(key)?;
    match resolve::secret_file(&reader.folder.join(Path::new(&path)), &span) {
        Ok(secret) => Some(secret),
        Err(found) => {
            fields.push(found);
            None
        }
    }
}
