//! Who asks too often is told when to come back, in the header that programs read; nobody else notices.

use nightdesk::model::agent::Role;

use super::{
    house::{House, PASSWORD, Told, form},
    program::Program,
};

/// What `docs/api.md` promises a token.
const CALLS_A_MINUTE: usize = 600;

/// What an address may ask of pages that need no login.
const STRANGERS_A_MINUTE: usize = 60;

/// Returns the seconds after which it may be tried again.
fn retry_after(told: &Told) -> u64 {
    let header = told.header("retry-after").unwrap_or_else(|| panic!("no Retry-After: {:?}", told.headers));
    header.parse().unwrap_or_else(|_| panic!("{header} is no number of seconds"))
}

#[tokio::test]
async fn program_that_runs_wild_is_told_when_its_minute_is_over() {
    let house = House::open().await;
    let wild = Program::of(&house, "wild", Role::Agent, None).await;
    let calm = Program::of(&house, "calm", Role::Agent, None).await;
    for call in 0..CALLS_A_MINUTE {
        assert_eq!(wild.get("/api/v1/openapi.json").await.status, 200, "call {call}");
    }
    let heard = wild.get("/api/v1/tickets").await;
    assert_eq!(heard.problem(), (429, "too_many_requests"));
    assert!((1..=60).contains(&retry_after(&heard.told)), "{:?}", heard.told.headers);
    assert_eq!(calm.get("/api/v1/tickets").await.status, 200, "another token is another program");
    let guess = house.ask("GET", "/api/v1/tickets", &[("authorization", "Bearer nightdesk_guess")], "").await;
    assert_eq!(guess.status, 401, "who has no token is told nothing of anybody's pace");
}

#[tokio::test]
async fn address_that_tries_links_waits_and_the_desk_stays_open_to_it() {
    let house = House::with("  trusted_proxies: [127.0.0.1]").await;
    house.person("lin", Role::Agent, None).await;
    let lin = house.seat("lin").await;
    let from = async |address: &str, path: &str, cookie: &str| {
        house.ask("GET", path, &[("x-forwarded-for", address), ("cookie", cookie)], "").await
    };
    let link = format!("/s/{}", "u".repeat(43));
    for ask in 0..STRANGERS_A_MINUTE {
        assert_eq!(from("198.51.100.1", &link, "").await.status, 404, "ask {ask}");
    }
    let told = from("198.51.100.1", &link, "").await;
    assert_eq!((told.status, retry_after(&told)), (429, 60), "{}", told.body);
    assert_eq!(from("198.51.100.2", &link, "").await.status, 404, "another address is somebody else");
    assert_eq!(from("198.51.100.1", "/queue", &lin.cookie).await.status, 200, "people of the desk are no strangers");
}

#[tokio::test]
async fn who_guesses_passwords_is_told_when_the_next_try_counts() {
    let house = House::with("  trusted_proxies: [127.0.0.1]").await;
    house.person("lin", Role::Agent, None).await;
    let origin = house.origin();
    let attempt = async |password: &str| {
        let body = form(&[("name", "lin"), ("password", password)]);
        let headers = [("origin", origin.as_str()), ("x-forwarded-for", "203.0.113.9")];
        house.ask("POST", "/login", &headers, &body).await
    };
    let mut told = attempt("not that one at all").await;
    for _ in 0..10 {
        if told.status == 429 {
            break;
        }
        assert_eq!((told.status, told.header("retry-after")), (401, None));
        told = attempt("not that one at all").await;
    }
    assert_eq!(told.status, 429);
    assert!(retry_after(&told) >= 1, "{:?}", told.headers);
    let right = attempt(PASSWORD).await;
    assert_eq!((right.status, right.cookie()), (429, None), "the right password waits too");
}
