//! Access tokens of one login, fetched with its refresh token (RFC 6749 section 6) and kept until they grow old.
//!
//! A provider may hand out a new refresh token with each answer, and may refuse the old one from then on: the new one
//! replaces it in memory and in the file that the old one came from, before anything else is done with the answer. Where
//! there is no file, a person is told. Tokens are never logged; a provider's error is reported by its code and
//! description only.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Url, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::{sync::Mutex, task::spawn_blocking, time::Instant};

use crate::{
    channel::email::{Login, OAuth2, Secret},
    failpoint,
};

/// Time for one answer of the token endpoint.
const ANSWER: Duration = Duration::from_secs(30);

/// The life of a token whose answer names none; providers give about an hour, half of that is safe.
const DEFAULT_LIFE: u64 = 1800;

/// The longest life that is believed: a token is fetched anew once a day at least.
const MAX_LIFE: u64 = 24 * 60 * 60;

/// The longest answer read; one with two tokens has a few KiB.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Longest description of a provider that is shown to people.
const MAX_WORDS: usize = 200;

/// Why there is no access token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OAuthError {
    /// The login has a password, not a token.
    #[error("this login has no OAuth2 settings")]
    NotConfigured,
    /// The endpoint's address cannot be used.
    #[error("{0}")]
    Setup(String),
    /// The provider refuses for good (`invalid_grant`, `invalid_client`): a person must consent again.
    #[error("the provider refuses the refresh token ({code}): {words}")]
    Refused {
        /// The provider's error code.
        code: String,
        /// Its description.
        words: String,
    },
    /// No answer, or one that is no answer; worth another try.
    #[error("the token endpoint gave no token: {0}")]
    Unavailable(String),
}

/// The access tokens of one login; shared by all its connections.
#[derive(Debug)]
pub struct OAuthTokens {
    // The lock is held over the request on purpose: one refresh at a time, the others wait for its token.
    state: Option<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    settings: OAuth2,
    access: Option<Access>,
    /// A person was told that the configuration holds an old token.
    told: bool,
}

#[derive(Debug)]
struct Access {
    token: SecretString,
    old_at: Instant,
}

/// RFC 6749 section 5.1, and 5.2 for errors.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<SecretString>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    refresh_token: Option<SecretString>,
    error: Option<String>,
    error_description: Option<String>,
}

impl OAuthTokens {
    /// Returns the tokens of a login; those of a login with a password are always refused.
    pub fn for_login(login: Option<&Login>) -> Self {
        let state = match login.map(|login| &login.secret) {
            Some(Secret::OAuth2(settings)) => {
                Some(Mutex::new(State { settings: settings.clone(), access: None, told: false }))
            }
            _ => None,
        };
        Self { state }
    }

    /// Returns a token that has at least a fifth of its life before it.
    pub async fn token(&self) -> Result<SecretString, OAuthError> {
        let mut state = self.state.as_ref().ok_or(OAuthError::NotConfigured)?.lock().await;
        if let Some(access) = &state.access
            && Instant::now() < access.old_at
        {
            return Ok(access.token.clone());
        }
        state.refresh().await
    }

    /// Drops a token that a server refused, so that the next call fetches another; a newer one stays.
    pub async fn forget(&self, refused: &SecretString) {
        let Some(state) = &self.state else { return };
        let mut state = state.lock().await;
        if state.access.as_ref().is_some_and(|access| access.token.expose_secret() == refused.expose_secret()) {
            state.access = None;
        }
    }
}

impl State {
    async fn refresh(&mut self) -> Result<SecretString, OAuthError> {
        let asked_at = Instant::now();
        let answer = match self.exchange().await {
            // Another process may have been given a new one, or a person wrote one into the file.
            Err(OAuthError::Refused { code, .. }) if code == "invalid_grant" && self.reread().await => {
                self.exchange().await?
            }
            answer => answer?,
        };
        if let Some(rotated) = answer.refresh_token {
            self.keep(rotated).await;
        }
        let Some(token) = answer.access_token else {
            return Err(OAuthError::Unavailable("its answer holds no access_token".to_owned()));
        };
        let life = Duration::from_secs(answer.expires_in.unwrap_or(DEFAULT_LIFE).min(MAX_LIFE));
        self.access = Some(Access { token: token.clone(), old_at: asked_at + life.mul_f64(0.8) });
        Ok(token)
    }

    async fn exchange(&self) -> Result<Answer, OAuthError> {
        let url = endpoint(&self.settings.token_url)?;
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("client_id", self.settings.client_id.as_str()),
            ("refresh_token", self.settings.refresh_token.expose_secret()),
        ];
        if let Some(secret) = &self.settings.client_secret {
            form.push(("client_secret", secret.expose_secret()));
        }
        if let Some(scope) = &self.settings.scope {
            form.push(("scope", scope));
        }
        ask(url, &form).await
    }

    /// Takes over what the file holds; false if that is what we have.
    async fn reread(&mut self) -> bool {
        let Some(path) = self.settings.refresh_token_file.clone() else { return false };
        let Ok(Ok(text)) = spawn_blocking(move || fs::read_to_string(path)).await else { return false };
        let written = text.trim_end_matches(['\r', '\n']);
        if written.is_empty() || written == self.settings.refresh_token.expose_secret() {
            return false;
        }
        self.settings.refresh_token = SecretString::from(written.to_owned());
        true
    }

    /// Keeps a refresh token that replaces ours, in the file first.
    async fn keep(&mut self, rotated: SecretString) {
        if rotated.expose_secret() == self.settings.refresh_token.expose_secret() {
            return;
        }
        let client = &self.settings.client_id;
        match self.settings.refresh_token_file.clone() {
            Some(path) => {
                let (shown, token) = (path.display().to_string(), rotated.clone());
                failpoint::reach("oauth.rotated.before");
                let written = spawn_blocking(move || replace(&path, &token)).await;
                failpoint::reach("oauth.rotated.after");
                if let Err(error) = written.unwrap_or_else(|error| Err(io::Error::other(error))) {
                    tracing::error!(
                        client,
                        "the provider replaced the refresh token, and the new one could not be \
                        written to {shown}: {error}; make file and folder writable, or the login may be refused after \
                        the next start"
                    );
                }
            }
            None if !self.told => {
                self.told = true;
                tracing::warn!(
                    client,
                    "the provider replaced the refresh token, and the configuration names no file to \
                    keep the new one: after a restart the old one may be refused; use `refresh_token_file`"
                );
            }
            None => {}
        }
        self.settings.refresh_token = rotated;
    }
}

/// Puts a token into a file in one step, readable by its owner only: after a crash the file holds the old or the new one.
fn replace(path: &Path, token: &SecretString) -> io::Result<()> {
    // The name may be a link to where the secret really lies.
    let path = fs::canonicalize(path)?;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let fresh = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(token.expose_secret().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&fresh, &path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Returns the SASL response of XOAUTH2, in base64.
pub fn xoauth2(user: &str, token: &SecretString) -> SecretString {
    let text = format!("user={user}\u{1}auth=Bearer {}\u{1}\u{1}", token.expose_secret());
    SecretString::from(STANDARD.encode(text))
}

/// Reads the endpoint's address; a refresh token never travels in clear, except on this machine.
fn endpoint(text: &str) -> Result<Url, OAuthError> {
    let url =
        Url::parse(text).map_err(|error| OAuthError::Setup(format!("token_url {text} is no address: {error}")))?;
    let host = url.host_str().unwrap_or_default();
    let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.scheme() == "https" || (url.scheme() == "http" && local) {
        return Ok(url);
    }
    Err(OAuthError::Setup(format!("token_url {text} must begin with https://")))
}

async fn ask(url: Url, form: &[(&str, &str)]) -> Result<Answer, OAuthError> {
    let unavailable = |error: reqwest::Error| OAuthError::Unavailable(error.without_url().to_string());
    // Never sent on: a redirect would carry the refresh token to a place that nobody has named, in clear perhaps.
    let client = reqwest::Client::builder().timeout(ANSWER).redirect(redirect::Policy::none());
    let client = client.build().map_err(unavailable)?;
    let mut response = client.post(url).form(form).send().await.map_err(unavailable)?;
    let status = response.status();
    if status.is_redirection() {
        return Err(OAuthError::Unavailable(format!("it answered {status}: `token_url` has moved")));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(OAuthError::Unavailable(format!("it answered more than {MAX_ANSWER_BYTES} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    let answer: Answer = serde_json::from_slice(&body)
        .map_err(|_| OAuthError::Unavailable(format!("it answered {status} with something that is no JSON")))?;
    let Some(code) = &answer.error else { return Ok(answer) };
    let shown = |text: &str| text.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect::<String>();
    let words = shown(answer.error_description.as_deref().unwrap_or_default());
    match code.as_str() {
        // RFC 6749 section 5.2: nothing that another try could mend.
        "invalid_grant" | "invalid_client" | "unauthorized_client" | "invalid_scope" => {
            Err(OAuthError::Refused { code: code.clone(), words })
        }
        code => Err(OAuthError::Unavailable(format!("{status} {}: {words}", shown(code)))),
    }
}

/// Reads a number of seconds; some providers write it as a text, and what is neither is none.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}
