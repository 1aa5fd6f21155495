//! Coming in: what lets people in, what keeps others out, and what neither of them is told.

use std::time::Duration;

use jiff::Timestamp;
use nightdesk::{
    console::guard::secret,
    model::{
        agent::Role,
        ids::{AccountName, AgentName},
    },
    store::{
        audit::{Actor, AuditFilter},
        people::AgentChange,
        sessions::{IDLE, NewSession, Stage},
    },
};

use super::house::{House, PASSWORD, Seat, Told};
use crate::support::authenticator;

async fn login(house: &House, name: &str, password: &str) -> Told {
    house.post("/login", None, &[("name", name), ("password", password), ("next", "/profile")]).await
}

/// Goes on with the cookie that an answer gave.
fn seat(told: &Told) -> Seat {
    let cookie = told.cookie().expect("a cookie was given");
    let secret = cookie.split_once('=').expect("a name and a value").1;
    Seat { csrf: secret::form_token(secret), cookie: cookie.clone() }
}

async fn log(house: &House) -> Vec<String> {
    let filter = AuditFilter { actor: "", what: "", since: None, before: None, limit: 100 };
    let entries = house.store.audit_log(&filter).await.expect("read");
    entries.into_iter().map(|entry| format!("{} {} {}", entry.actor, entry.what, entry.text)).collect()
}

#[tokio::test]
async fn a_right_password_opens_the_desk_until_signing_out() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let told = login(&house, " Lin ", PASSWORD).await;
    assert_eq!((told.status, told.leads_to()), (303, "/profile"), "{}", told.body);
    let line = told.header("set-cookie").expect("a cookie");
    for part in ["nightdesk=", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("Domain"), "{line}");
    let lin = seat(&told);
    let page = house.get("/profile", Some(&lin)).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.field("csrf"), lin.csrf);
    let out = house.post("/logout", Some(&lin), &[]).await;
    assert_eq!((out.status, out.leads_to()), (303, "/login"));
    assert_eq!(house.get("/profile", Some(&lin)).await.leads_to(), "/login?next=%2Fprofile");
    let log = log(&house).await;
    assert!(log[0].starts_with("lin signed_out") && log[1].starts_with("lin signed_in"), "{log:?}");
}

#[tokio::test]
async fn unknown_names_and_wrong_passwords_are_answered_alike() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    house.person("out", Role::Agent, None).await;
    let gone = AgentName::from("out");
    let by = Actor::here("terminal");
    house.store.change_agent(&gone, &AgentChange::Disable, &by, Timestamp::now()).await.expect("shut out");
    let wrong = login(&house, "lin", "not that one at all").await;
    assert_eq!(wrong.status, 401);
    for (name, password) in [("nobody", PASSWORD), ("out", PASSWORD), ("lin' OR 1=1", PASSWORD), ("", PASSWORD)] {
        let told = login(&house, name, password).await;
        let quoted = name.replace('\'', "&#39;");
        let alike = told.body.replace(&format!("value=\"{quoted}\""), "value=\"lin\"");
        let autofocus = |page: &str| page.replace(" autofocus", "");
        assert_eq!((told.status, autofocus(&alike)), (401, autofocus(&wrong.body)), "{name}");
        assert_eq!(told.cookie(), None);
    }
    let log = log(&house).await;
    let failed = log.iter().filter(|entry| entry.contains("sign_in_failed")).cloned().collect::<Vec<_>>();
    let unknown = "(unknown) sign_in_failed the password was wrong";
    let known = |name: &str| format!("{name} sign_in_failed the password was wrong");
    assert_eq!(failed, [unknown, unknown, &known("out"), unknown, &known("lin")], "what was typed is not written down");
}

/// Both must take the time of one hash; a name that is looked up and not compared would answer a hundred times faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_long_it_takes_does_not_tell_whether_there_is_such_a_name() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..2 {
        for (best, name) in fastest.iter_mut().zip(["lin", "nobody"]) {
            let begun = std::time::Instant::now();
            assert_eq!(login(&house, name, "not that one at all").await.status, 401);
            *best = (*best).min(begun.elapsed());
        }
    }
    let [known, unknown] = fastest;
    assert!(unknown * 4 > known && known * 4 > unknown, "known {known:?}, unknown {unknown:?}");
}

#[tokio::test]
async fn guessing_is_slowed_down_and_does_not_lock_out_the_one_at_the_usual_place() {
    let house = House::with("  trusted_proxies: [127.0.0.1]").await;
    house.person("lin", Role::Agent, None).await;
    let origin = house.origin();
    let from = async |address: &str, password: &str| {
        let body = super::house::form(&[("name", "lin"), ("password", password)]);
        let headers = [("origin", origin.as_str()), ("x-forwarded-for", address)];
        house.ask("POST", "/login", &headers, &body).await
    };
    assert_eq!(from("198.51.100.1", PASSWORD).await.status, 303, "lin's usual place");
    let mut refused = 0;
    for n in 0..8 {
        refused += usize::from(from(&format!("203.0.113.{n}"), "not that one at all").await.status == 429);
    }
    assert!(refused >= 2, "a name is guarded wherever the tries come from");
    let late = from("203.0.113.99", PASSWORD).await;
    assert_eq!((late.status, late.cookie()), (429, None), "even the right password waits elsewhere");
    assert!(late.body.contains("Too many wrong tries"), "{}", late.body);
    assert_eq!(from("198.51.100.1", PASSWORD).await.status, 303, "the usual place stays open");
}

#[tokio::test]
async fn a_forwarded_address_counts_from_trusted_proxies_only() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let origin = house.origin();
    let body = super::house::form(&[("name", "lin"), ("password", "not that one at all")]);
    let headers = [("origin", origin.as_str()), ("x-forwarded-for", "203.0.113.7")];
    house.ask("POST", "/login", &headers, &body).await;
    let filter = AuditFilter { actor: "", what: "sign_in_failed", since: None, before: None, limit: 1 };
    assert_eq!(house.store.audit_log(&filter).await.expect("read")[0].address, "127.0.0.1");
}

#[tokio::test]
async fn a_session_prepared_by_somebody_else_is_none_after_the_login() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    house.person("eve", Role::Agent, None).await;
    let planted = house.seat("eve").await;
    let origin = house.origin();
    for cookie in ["nightdesk=chosen-by-eve".to_owned(), planted.cookie.clone()] {
        let token = secret::form_token(cookie.split_once('=').expect("a value").1);
        let body = super::house::form(&[("name", "lin"), ("password", PASSWORD), ("csrf", &token)]);
        let told = house.ask("POST", "/login", &[("origin", &origin), ("cookie", &cookie)], &body).await;
        let given = told.cookie().expect("a cookie");
        assert_ne!(given, cookie);
        let old = Seat { cookie, csrf: String::new() };
        assert_eq!(house.get("/profile", Some(&old)).await.status, 303, "the old one opens nothing");
        assert_eq!(house.get("/profile", Some(&seat(&told))).await.status, 200);
    }
}

#[tokio::test]
async fn forms_of_other_pages_change_nothing() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let lin = house.seat("lin").await;
    let other = house.seat("lin").await;
    let origin = house.origin();
    let body = |token: &str| super::house::form(&[("csrf", token), ("display", "Changed"), ("language", "en")]);
    let wrong = [
        (vec![], lin.csrf.as_str(), "says nothing of where it comes from"),
        (vec![("origin", "https://evil.example")], &lin.csrf, "another site"),
        (vec![("origin", "null")], &lin.csrf, "a sandboxed frame"),
        (vec![("origin", &origin), ("sec-fetch-site", "cross-site")], &lin.csrf, "contradicts itself"),
        (vec![("sec-fetch-site", "same-site")], &lin.csrf, "a neighbor of the same domain"),
        (vec![("origin", &origin)], "", "no token"),
        (vec![("origin", &origin)], &other.csrf, "another session's token"),
    ];
    for (headers, token, what) in wrong {
        let mut headers = headers;
        headers.push(("cookie", &lin.cookie));
        let told = house.ask("POST", "/profile", &headers, &body(token)).await;
        assert_eq!(told.status, 403, "{what}");
    }
    let name = AgentName::from("lin");
    let display = async || house.store.agent(&name).await.expect("read").expect("there").display;
    assert_eq!(display().await, "lin");
    let told = house.ask("POST", "/login", &[("origin", "https://evil.example")], "name=eve&password=x").await;
    assert_eq!(told.status, 403, "nobody is signed in by another site either");
    let headers = [("origin", origin.as_str()), ("cookie", &lin.cookie), ("x-csrf-token", &lin.csrf)];
    assert_eq!(house.ask("POST", "/profile", &headers, "display=Changed&language=en").await.status, 303);
    assert_eq!(display().await, "Changed", "a script of ours sends the token as a header");
}

#[tokio::test]
async fn a_name_that_suddenly_leads_here_reads_nothing() {
    let house = House::with("  public_url: https://desk.shop.example").await;
    house.person("lin", Role::Agent, None).await;
    let lin = house.seat("lin").await;
    let port = house.address.port();
    for (host, status) in [
        (format!("evil.example:{port}"), 421),
        ("evil.example".to_owned(), 421),
        (format!("127.0.0.1.evil.example:{port}"), 421),
        ("desk.shop.example".to_owned(), 303),
        (format!("localhost:{port}"), 200),
    ] {
        let told = house.ask("GET", "/profile", &[("host", &host), ("cookie", &lin.cookie)], "").await;
        assert_eq!(told.status, status, "{host}");
        assert!(told.header("content-security-policy").is_some(), "{host}");
    }
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_the_host() {
    let house = House::with("  public_url: https://desk.shop.example").await;
    house.person("lin", Role::Agent, None).await;
    let body = super::house::form(&[("name", "lin"), ("password", PASSWORD)]);
    let headers = [("host", "desk.shop.example"), ("origin", "https://desk.shop.example")];
    let told = house.ask("POST", "/login", &headers, &body).await;
    let line = told.header("set-cookie").expect("a cookie");
    assert!(line.starts_with("__Host-nightdesk=") && line.ends_with("; Secure"), "{line}");
    assert_eq!(told.header("strict-transport-security"), Some("max-age=31536000"));
    let cookie = told.cookie().expect("a cookie");
    let page = |cookie: String| {
        let house = &house;
        async move { house.ask("GET", "/profile", &[("host", "desk.shop.example"), ("cookie", &cookie)], "").await.status }
    };
    assert_eq!(page(cookie.clone()).await, 200);
    assert_eq!(page(cookie.replace("__Host-", "")).await, 303, "a cookie that a neighbor could set is none");
    assert_eq!(page(format!("{cookie}; {cookie}")).await, 303, "of two one was planted");
    let plain =
        house.ask("POST", "/login", &[("host", "desk.shop.example"), ("origin", "http://desk.shop.example")], &body);
    assert_eq!(plain.await.status, 403, "a form that came without HTTPS");
}

#[tokio::test]
async fn every_answer_forbids_frames_foreign_content_and_keeping() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let lin = house.seat("lin").await;
    for path in ["/login", "/profile", "/people", "/nothing-here", "/setup/x"] {
        let told = house.get(path, Some(&lin)).await;
        let policy = told.header("content-security-policy").unwrap_or_default();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(told.header(name), Some(value), "{path}");
        }
        assert!(!told.body.contains("style=") && !told.body.contains("onclick="), "{path}");
    }
}

#[tokio::test]
async fn an_unused_session_is_over() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let (lin, by) = (AgentName::from("lin"), Actor::here("terminal"));
    for (ago, status) in [(IDLE - jiff::SignedDuration::from_mins(1), 200), (IDLE, 303)] {
        let hash = secret::hash("old");
        let new = NewSession { hash: &hash, agent: &lin, stage: Stage::Whole, browser: "" };
        house.store.begin_session(&new, Some(&hash), &by, Timestamp::now() - ago).await.expect("begun");
        let seat = Seat { cookie: "nightdesk=old".to_owned(), csrf: String::new() };
        assert_eq!(house.get("/profile", Some(&seat)).await.status, status);
    }
}

/// Computes the code of now as an authenticator program does.
fn code(secret: &str) -> String {
    authenticator::code(secret, Timestamp::now())
}

#[tokio::test]
async fn with_a_second_factor_a_password_alone_opens_nothing() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let lin = house.seat("lin").await;
    let page = house.get("/profile/totp", Some(&lin)).await;
    let secret = page.field("secret");
    let wrong = [("secret", secret.as_str()), ("code", "000000"), ("password", PASSWORD)];
    assert_eq!(house.post("/profile/totp", Some(&lin), &wrong).await.status, 422);
    let (first, password) = (code(&secret), "not that one at all");
    let unproved = [("secret", secret.as_str()), ("code", &first), ("password", password)];
    assert_eq!(house.post("/profile/totp", Some(&lin), &unproved).await.status, 422, "the screen was unlocked");
    let right = [("secret", secret.as_str()), ("code", &first), ("password", PASSWORD)];
    let on = house.post("/profile/totp", Some(&lin), &right).await;
    assert_eq!(on.status, 200, "{}", on.body);
    let recovery: Vec<&str> = on.body.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(recovery.len(), 10);
    assert_eq!(house.get("/profile", Some(&lin)).await.status, 303, "sessions from before are over");
    assert_eq!(house.get("/profile", Some(&seat(&on))).await.status, 200, "this browser goes on");

    let told = login(&house, "lin", PASSWORD).await;
    assert_eq!(told.leads_to(), "/login/code?next=%2Fprofile");
    let half = seat(&told);
    assert_eq!(house.get("/profile", Some(&half)).await.leads_to(), "/login?next=%2Fprofile");
    let given = async |seat: &Seat, code: &str| house.post("/login/code", Some(seat), &[("code", code)]).await.status;
    assert_eq!(given(&half, &first).await, 401, "the code that switched it on was used");
    assert_eq!(given(&half, recovery[0]).await, 303);
    assert_eq!(house.get("/profile", Some(&half)).await.status, 303, "the secret changed with the login");
    let half = seat(&login(&house, "lin", PASSWORD).await);
    let bare = Seat { csrf: String::new(), ..half };
    let other = [("name", "lin"), ("password", PASSWORD)];
    let again = seat(&house.post("/login", Some(&bare), &other).await);
    assert_eq!(given(&again, recovery[0]).await, 401, "used");
    assert_eq!(given(&again, &recovery[1].to_uppercase().replace('-', " ")).await, 303);
}

#[tokio::test]
async fn where_the_shop_asks_for_a_second_factor_nothing_else_opens_before() {
    let house = House::with("  require_totp: true").await;
    house.person("boss", Role::Admin, None).await;
    let boss = house.seat("boss").await;
    for path in ["/people", "/audit", "/tokens"] {
        assert_eq!(house.get(path, Some(&boss)).await.leads_to(), "/profile/totp", "{path}");
    }
    assert_eq!(house.get("/profile/totp", Some(&boss)).await.status, 200);
    let off = house.post("/profile/totp/off", Some(&boss), &[("password", PASSWORD)]).await;
    assert_eq!(off.status, 422, "it cannot be switched off");
}

#[tokio::test]
async fn an_address_for_notices_takes_the_password_and_is_neither_the_shops_nor_a_colleagues() {
    let house = House::open().await;
    for login in ["lin", "mei"] {
        house.person(login, Role::Agent, None).await;
    }
    let (lin, mei) = (house.seat("lin").await, house.seat("mei").await);
    let change = async |who: &Seat, address: &str, password: &str| {
        house.post("/profile/email", Some(who), &[("email", address), ("password", password)]).await
    };
    let told = change(&lin, " Lin@Staff.example ", PASSWORD).await;
    assert_eq!(told.leads_to(), "/profile?said=email");
    assert!(house.get("/profile", Some(&lin)).await.body.contains("lin@staff.example"));
    for (address, password) in [
        ("mei@staff.example", "not that one at all"),
        ("mei at home", PASSWORD),
        ("lin@staff.example", PASSWORD),
        ("shop+mei@shop.example", PASSWORD),
    ] {
        assert_eq!(change(&mei, address, password).await.status, 422, "{address}");
    }
    assert!(!house.get("/profile", Some(&mei)).await.body.contains("staff.example"), "nothing was kept");
    assert_eq!(change(&lin, "", PASSWORD).await.status, 303, "none is possible, too");
    assert_eq!(change(&mei, "lin@staff.example", PASSWORD).await.status, 303, "it is free again");
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_and_must_be_a_good_one() {
    let house = House::open().await;
    house.person("lin", Role::Agent, None).await;
    let (lin, phone) = (house.seat("lin").await, house.seat("lin").await);
    let change = async |old: &str, new: &str, again: &str| {
        let fields = [("password", old), ("new", new), ("again", again)];
        house.post("/profile/password", Some(&lin), &fields).await
    };
    let good = "coffee at a quarter to four";
    for (old, new, again) in [
        (PASSWORD, "short", "short"),
        (PASSWORD, "password1234567", "password1234567"),
        (PASSWORD, good, "coffee at a quarter to five"),
        ("not that one at all", good, good),
    ] {
        assert_eq!(change(old, new, again).await.status, 422, "{new}");
    }
    assert_eq!(house.get("/profile", Some(&phone)).await.status, 200);
    let told = change(PASSWORD, good, good).await;
    assert_eq!(told.leads_to(), "/profile?said=password");
    assert_eq!(house.get("/profile", Some(&phone)).await.status, 303);
    assert_eq!(house.get("/profile", Some(&seat(&told))).await.status, 200);
    assert_eq!(login(&house, "lin", PASSWORD).await.status, 401);
    assert_eq!(login(&house, "lin", good).await.status, 303);
}

#[tokio::test]
async fn the_first_admin_comes_by_a_link_that_opens_once_and_invites_the_others() {
    let house = House::open().await;
    let settings = nightdesk::console::settings::Settings {
        listen: house.address,
        public_url: None,
        trusted_proxies: Vec::new(),
        require_totp: false,
        satisfaction: None,
    };
    let link = nightdesk::console::setup::first_link(&house.store, &settings, Timestamp::now());
    let link = link.await.expect("made").expect("there is no admin yet");
    let path = link.strip_prefix(&house.origin()).expect("it leads here").to_owned();
    assert!(house.get("/login", None).await.body.contains("Nobody can sign in yet"));
    assert_eq!(house.get(&path, None).await.status, 200);
    assert_eq!(house.get("/setup/guessed", None).await.status, 404);
    let fields = [("name", "Ana"), ("display", "Ana Silva"), ("password", PASSWORD), ("again", PASSWORD)];
    let weak = [("name", "Ana"), ("password", "anaanaanaana"), ("again", "anaanaanaana")];
    assert_eq!(house.post(&path, None, &weak).await.status, 422);
    assert_eq!(house.post(&path, None, &fields).await.leads_to(), "/login?done=1");
    assert_eq!(house.post(&path, None, &fields).await.status, 404, "used");
    let ana = seat(&login(&house, "ana", PASSWORD).await);
    let kim = [("name", "kim"), ("role", "editor"), ("reach", "some"), ("account", "shop")];
    let told = house.post("/people", Some(&ana), &kim).await;
    let secret = told.body.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a link");
    let path = secret.split_once("/setup/").map(|(_, token)| format!("/setup/{token}")).expect("a link");
    let fields = [("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(house.post(&path, None, &fields).await.leads_to(), "/login?done=1");
    let kim = house.store.agent(&AgentName::from("kim")).await.expect("read").expect("added");
    assert_eq!((kim.role, kim.accounts, kim.has_password), (Role::Editor, Some(vec![AccountName::from("shop")]), true));
    assert_eq!(house.get("/people", Some(&seat(&login(&house, "kim", PASSWORD).await))).await.status, 403);
}

#[tokio::test]
async fn names_from_outside_stay_text_on_every_page() {
    let house = House::open().await;
    house.person("boss", Role::Admin, None).await;
    let boss = house.seat("boss").await;
    let nasty = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>";
    house.post("/profile", Some(&boss), &[("display", nasty), ("language", "en")]).await;
    house.post("/tokens", Some(&boss), &[("name", "<script>a</script>"), ("role", "agent"), ("reach", "all")]).await;
    house.post("/login", None, &[("name", nasty), ("password", nasty), ("next", nasty)]).await;
    let search =
        format!("/audit?actor={}", percent_encoding::utf8_percent_encode(nasty, percent_encoding::NON_ALPHANUMERIC));
    for path in ["/profile", "/people", "/people/boss", "/tokens", "/audit", search.as_str()] {
        let page = house.get(path, Some(&boss)).await;
        assert_eq!(page.status, 200, "{path}");
        let strange = page.body.replace("<script src=\"/assets/", "");
        assert!(!strange.contains("<script") && !strange.contains("<img"), "{path}: {}", page.body);
    }
}
