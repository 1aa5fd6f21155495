//! What changes while somebody comes in: a password that is compared, a code that is looked for. Whoever came in by what
//! held before is out.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use nightdesk::{
    console::guard::{password::Passwords, secret},
    model::{
        agent::Role,
        ids::{AccountName, AgentName},
    },
    store::{audit::Actor, people::AgentChange},
};
use secrecy::SecretString;

use super::house::{House, PASSWORD, Seat, Told};
use crate::support::authenticator;

/// Moments within one login at which something changes.
const MOMENTS: u32 = 10;

async fn login(house: &House) -> Told {
    login_of(house, "lin").await
}

async fn login_of(house: &House, name: &str) -> Told {
    house.post("/login", None, &[("name", name), ("password", PASSWORD), ("next", "/profile")]).await
}

/// Goes on with the cookie that an answer gave.
fn seat(told: &Told) -> Seat {
    let cookie = told.cookie().expect("a cookie was given");
    let secret = cookie.split_once('=').expect("a name and a value").1;
    Seat { csrf: secret::form_token(secret), cookie: cookie.clone() }
}

async fn change(house: &House, change: &AgentChange<'_>) {
    change_of(house, "lin", change).await;
}

async fn change_of(house: &House, name: &str, change: &AgentChange<'_>) {
    let by = Actor::here("boss");
    house.store.change_agent(&AgentName::from(name), change, &by, Timestamp::now()).await.expect("done");
}

/// Switches the second factor on; returns its secret and the recovery codes.
async fn with_second_factor(house: &House) -> (String, Vec<String>) {
    let lin = house.seat("lin").await;
    let secret = house.get("/profile/totp", Some(&lin)).await.field("secret");
    let code = authenticator::code(&secret, Timestamp::now());
    let right = [("secret", secret.as_str()), ("code", &code), ("password", PASSWORD)];
    let on = house.post("/profile/totp", Some(&lin), &right).await;
    assert_eq!(on.status, 200, "{}", on.body);
    let codes = on.body.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next());
    (secret, codes.map(str::to_owned).collect())
}

#[tokio::test]
async fn what_changes_between_the_password_and_the_code_ends_the_login() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let (_, recovery) = with_second_factor(&house).await;
    let other = Passwords::default().hash(SecretString::from("coffee at a quarter to four")).await.expect("hashed");
    let accounts = [AccountName::from("other")];
    let untouched = seat(&login(&house).await);
    let through = house.post("/login/code", Some(&untouched), &[("code", &recovery[0])]).await;
    assert_eq!((through.status, through.leads_to()), (303, "/queue"), "a code lets in where nothing changes");
    // What takes the password away comes last.
    let changes = [
        ("other mailboxes", AgentChange::Accounts(Some(&accounts))),
        ("another role", AgentChange::Role(Role::Editor)),
        ("shut out", AgentChange::Disable),
        ("another password", AgentChange::Password(&other)),
    ];
    for (number, (what, changed)) in changes.iter().enumerate() {
        let half = seat(&login(&house).await);
        assert_eq!(house.get("/login/code", Some(&half)).await.status, 200, "{what}: it is asked for a code");
        change(&house, changed).await;
        let told = house.post("/login/code", Some(&half), &[("code", &recovery[number + 1])]).await;
        assert!(
            told.status != 303 || told.leads_to().starts_with("/login"),
            "{what}: {} {}",
            told.status,
            told.leads_to()
        );
        for browser in told.cookie().map(|_| seat(&told)).iter().chain([&half]) {
            assert!(house.get("/profile", Some(browser)).await.leads_to().starts_with("/login"), "{what}");
        }
        change(&house, &AgentChange::Enable).await;
    }
    assert_eq!(login(&house).await.status, 401, "the old password is none");
}

#[tokio::test]
async fn whole_session_of_before_is_over_when_the_second_factor_is_taken_away() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let (_, recovery) = with_second_factor(&house).await;
    let half = seat(&login(&house).await);
    let whole = house.post("/login/code", Some(&half), &[("code", &recovery[0])]).await;
    let whole = seat(&whole);
    assert_eq!(house.get("/profile", Some(&whole)).await.status, 200);
    let half = seat(&login(&house).await);
    change(&house, &AgentChange::TotpOff).await;
    assert_eq!(house.get("/profile", Some(&whole)).await.status, 303);
    assert_eq!(house.post("/login/code", Some(&half), &[("code", &recovery[1])]).await.leads_to(), "/login");
    assert_eq!(
        house.get("/profile", Some(&seat(&login(&house).await))).await.status,
        200,
        "the password is enough now"
    );
}

/// A password takes a while to compare. Whatever changes in that time, the session that begins by what was read before is
/// none; the moments are spread over the time that one login takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_while_a_password_is_compared_lets_nobody_in() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let other = Passwords::default().hash(SecretString::from("coffee at a quarter to four")).await.expect("hashed");
    let begun = Instant::now();
    assert_eq!(login(&house).await.status, 303);
    let whole = begun.elapsed();
    let mut refused = 0;
    for moment in 0..MOMENTS {
        // Tries are counted by name, so each has one of its own.
        let name = format!("lin{moment}");
        house.person(&name, Role::Agent, None).await;
        let changed = if moment % 2 == 0 { AgentChange::Password(&other) } else { AgentChange::Disable };
        let later = async {
            tokio::time::sleep(whole * moment / MOMENTS + Duration::from_millis(1)).await;
            change_of(&house, &name, &changed).await;
        };
        let (told, ()) = tokio::join!(login_of(&house, &name), later);
        assert!([303, 401].contains(&told.status), "moment {moment}: {}", told.status);
        refused += u32::from(told.status == 401);
        if told.cookie().is_some() {
            let page = house.get("/profile", Some(&seat(&told))).await;
            assert_eq!(page.status, 303, "moment {moment}: a session that began by what held before");
        }
    }
    assert!(refused > 0, "no change came into the time of a login, so nothing was shown");
}
