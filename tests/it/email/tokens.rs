//! Token endpoints that are not what they should be: an answer costs a retry at most, and the refresh token goes nowhere
//! else.

use std::time::Duration;

use nightdesk::channel::email::{
    Login, OAuth2, Secret,
    oauth::{OAuthError, OAuthTokens},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::timeout,
};

/// Answers the next request with these lines and this body; returns the address.
async fn endpoint(head: String, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("somebody connects");
        let mut request = [0; 4096];
        let _read = socket.read(&mut request).await;
        let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        let _written = socket.write_all(&[head.as_bytes(), &body].concat()).await;
    });
    format!("http://127.0.0.1:{port}/token")
}

async fn token(token_url: String) -> Result<String, OAuthError> {
    let settings = OAuth2 {
        token_url,
        client_id: "nightdesk".to_owned(),
        client_secret: None,
        refresh_token: SecretString::from("refresh"),
        refresh_token_file: None,
        scope: None,
    };
    let login = Login { user: "support".to_owned(), secret: Secret::OAuth2(settings) };
    let asked = OAuthTokens::for_login(Some(&login)).token().await;
    asked.map(|token| token.expose_secret().to_owned())
}

async fn token_with_life(life: &str) -> String {
    let body = format!(r#"{{"access_token":"fresh","token_type":"Bearer","expires_in":{life}}}"#);
    token(endpoint("200 OK".to_owned(), body.into_bytes()).await).await.unwrap_or_else(|error| error.to_string())
}

#[tokio::test]
async fn a_life_is_read_as_a_number_and_as_a_text_and_never_trusted_beyond_a_day() {
    for life in ["3600", "\"3599\"", "0", "null", "\"soon\"", "3599.5", "-1", "18446744073709551615"] {
        assert_eq!(token_with_life(life).await, "fresh", "{life}");
    }
}

#[tokio::test]
async fn the_refresh_token_is_not_sent_on_by_a_redirect() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = elsewhere.local_addr().expect("a bound socket has an address").port();
    let head = format!("307 Temporary Redirect\r\nLocation: http://127.0.0.1:{port}/token");
    let asked = token(endpoint(head, Vec::new()).await);
    let error = timeout(Duration::from_secs(10), asked).await.expect("nobody waits for it").expect_err("no token");
    assert!(error.to_string().contains("`token_url` has moved"), "{error}");
    timeout(Duration::from_millis(50), elsewhere.accept()).await.expect_err("nobody was asked there");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let error = token(endpoint("200 OK".to_owned(), vec![b' '; 1024 * 1024]).await).await.expect_err("no token");
    assert!(error.to_string().contains("more than 262144 bytes"), "{error}");
}
