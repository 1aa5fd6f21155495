//! Who gets what: every route of the console for every kind of visitor, on their own, on foreign and on missing things,
//! through real HTTP. The answers stand in `tests/data/console/access.tsv`; a new route fails here until its rows are
//! there (`UPDATE=1`) and somebody has read them.

use std::{env, fmt::Write as _, fs, path::Path};

use jiff::Timestamp;
use nightdesk::{
    console::{self, guard::secret},
    model::{
        agent::Role,
        ids::{AccountName, AgentName},
    },
    store::{
        audit::Actor,
        sessions::{NewSession, Stage},
    },
};

use super::{
    house::{House, Seat, Told},
    program::token,
};

/// Routes for those who are not signed in; all other pages lead them to the login, and the API asks for a token.
const OPEN: [&str; 6] = [
    "GET /assets/{version}/{name}",
    "GET /login",
    "POST /login",
    "GET /login/code",
    "POST /login/code",
    "GET /api/v1/openapi.json",
];

/// Links carry their own proof.
const LINKS: [&str; 4] = ["GET /setup/{token}", "POST /setup/{token}", "GET /s/{token}", "POST /s/{token}"];

/// What the matrix is about: a ticket, a buyer, a conversation and a message of each account.
const THINGS: [&str; 4] = [
    "INSERT INTO thread (id, channel, account, participant, created_at, changed_at)
     VALUES (1, 'email', 'shop', 'a@x', 1, 1), (2, 'email', 'other', 'b@x', 1, 1)",
    "INSERT INTO inbound (id, channel, account, source_key, raw, raw_sha256, size, in_junk, received_at, stored_at,
                          state, outcome, decided_at, thread)
     VALUES (1, 'email', 'shop', 'imap:7:1:INBOX', x'4d6573736167652d49443a203c7140783e0d0a0d0a71', x'', 0, 0, 1, 1,
             'decided', 'escalated', 1, 1),
            (2, 'email', 'other', 'imap:7:2:INBOX', x'4d6573736167652d49443a203c7140783e0d0a0d0a71', x'', 0, 0, 1, 1,
             'decided', 'escalated', 1, 2)",
    "INSERT INTO ticket (id, thread, inbound, state, urgency, subject, buyer, reasons, tags, opened_at, changed_at)
     VALUES (1, 1, 1, 'open', 1, 's', 'a', '[]', '[]', 1, 1), (2, 2, 2, 'open', 1, 's', 'b', '[]', '[]', 1, 1)",
    "INSERT INTO buyer (id, key, first_seen, changed_at) VALUES (1, 'a@x', 1, 1), (2, 'b@x', 1, 1)",
];

/// Who asks.
const VISITORS: [&str; 11] = [
    "nobody",
    "half",
    "token-limited",
    "token-agent",
    "token-editor",
    "token-admin",
    "limited",
    "limited-editor",
    "agent",
    "editor",
    "admin",
];

/// Which thing a path names.
const OBJECTS: [(&str, &str); 3] = [("own", "1"), ("foreign", "2"), ("missing", "99")];

async fn furnished() -> House {
    let house = House::open().await;
    house.run(&THINGS).await;
    let shop = [AccountName::from("shop")];
    house.person("limited", Role::Agent, Some(&shop)).await;
    house.person("limited-editor", Role::Editor, Some(&shop)).await;
    for (name, role) in [("agent", Role::Agent), ("editor", Role::Editor), ("admin", Role::Admin), ("kim", Role::Agent)]
    {
        house.person(name, role, None).await;
    }
    token(&house, "token-limited", Role::Agent, Some(&shop)).await;
    for (name, role) in [("token-agent", Role::Agent), ("token-editor", Role::Editor), ("token-admin", Role::Admin)] {
        token(&house, name, role, None).await;
    }
    house
}

/// Asks as somebody, each time in a session of its own.
async fn ask(house: &House, visitor: &str, method: &str, path: &str) -> Told {
    let seat = match visitor {
        "nobody" => None,
        token if token.starts_with("token-") => None,
        "half" => Some(half(house).await),
        name => Some(house.seat(name).await),
    };
    let origin = house.origin();
    let mut headers = vec![("origin", origin.as_str())];
    headers.extend(seat.as_ref().map(|seat| ("cookie", seat.cookie.as_str())));
    let bearer = format!("Bearer nightdesk_{visitor}");
    headers.extend(visitor.starts_with("token-").then_some(("authorization", bearer.as_str())));
    if path.starts_with("/api/") {
        headers.push(("content-type", "application/json"));
        return house.ask(method, path, &headers, "{}").await;
    }
    let body = seat.as_ref().map_or_else(String::new, |seat| format!("csrf={}", seat.csrf));
    house.ask(method, path, &headers, &body).await
}

/// Somebody whose password was right and whose code is missing.
async fn half(house: &House) -> Seat {
    let (agent, by) = (AgentName::from("agent"), Actor::here("terminal"));
    let new = NewSession { hash: &secret::hash("half"), agent: &agent, stage: Stage::Code, browser: "" };
    house.store.begin_session(&new, Some(new.hash), &by, Timestamp::now()).await.expect("begun");
    Seat { cookie: "nightdesk=half".to_owned(), csrf: secret::form_token("half") }
}

/// Returns the paths of a route, each with the thing it names.
fn paths(path: &str) -> Vec<(&'static str, String)> {
    let about = ["{ticket}", "{buyer}", "{inbound}", "{thread}"].into_iter().find(|param| path.contains(param));
    let others = |path: &str| {
        let path = if path.starts_with("/tokens/") { path.replace("{token}", "1") } else { path.to_owned() };
        let filled = path.replace("{name}", "kim");
        filled.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/")
    };
    match about {
        Some(param) => OBJECTS.iter().map(|(object, id)| (*object, others(&path.replace(param, id)))).collect(),
        None => vec![("-", others(path))],
    }
}

fn answer(told: &Told) -> String {
    // Where somebody is led who may do something is the page's business; to the door or not is ours.
    match told.leads_to() {
        door if door.starts_with("/login") || door == "/profile/totp" => {
            format!("{} {}", told.status, door.split('?').next().unwrap_or_default())
        }
        // So many failures in a row are slowed down; how many fit in before depends on the machine.
        _ if told.status == 429 => "401".to_owned(),
        _ => told.status.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_visitor_gets_on_every_route_what_the_matrix_says() {
    let mut matrix = String::from("route\tobject\tvisitor\tanswer\n");
    let mut broken = Vec::new();
    for (method, path) in console::routes() {
        let house = furnished().await;
        let route = format!("{method} {path}");
        for (object, filled) in paths(path) {
            for visitor in VISITORS {
                let said = answer(&ask(&house, visitor, &method, &filled).await);
                let program = visitor.starts_with("token-");
                let api = path.starts_with("/api/");
                let stranger = ["nobody", "half"].contains(&visitor) || program;
                let open = OPEN.contains(&route.as_str()) || LINKS.contains(&route.as_str());
                // Tokens open the API and nothing else, and nothing else opens it.
                let door = if api { "401" } else { "303 /login" };
                let kept_out = if api { !program } else { stranger };
                if kept_out && !open && said != door {
                    broken.push(format!("{route} {object}: {visitor} got {said}"));
                }
                if said.starts_with('5') {
                    broken.push(format!("{route} {object}: {visitor} got {said}"));
                }
                // What is not theirs does not exist; where their role is too low they learn not even that.
                let low = ["limited", "token-limited"].contains(&visitor);
                let refused = said == "404" || said == "403" && low || said == door && kept_out;
                if visitor.contains("limited") && object != "own" && object != "-" && !refused {
                    broken.push(format!("{route}: {visitor} got {said} on a {object} thing"));
                }
                writeln!(matrix, "{route}\t{object}\t{visitor}\t{said}").expect("a String takes everything");
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/console/access.tsv");
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, &matrix).expect("the folder is writable");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let differ: Vec<&str> = matrix.lines().filter(|line| !expected.lines().any(|known| known == *line)).collect();
    assert!(
        differ.is_empty(),
        "not so in {}; UPDATE=1 writes them, read them then:\n{}",
        file.display(),
        differ.join("\n")
    );
    assert_eq!(matrix.lines().count(), expected.lines().count(), "routes that are no more have rows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_takes_a_form_that_none_of_our_pages_sent() {
    let house = furnished().await;
    let origin = house.origin();
    for (_, path) in
        console::routes().into_iter().filter(|(method, path)| method == "POST" && !path.starts_with("/api/"))
    {
        for (_, filled) in paths(path) {
            let admin = house.seat("admin").await;
            let cookie = ("cookie", admin.cookie.as_str());
            let body = format!("csrf={}", admin.csrf);
            let route = format!("POST {path}");
            let door = OPEN.contains(&route.as_str()) || LINKS.contains(&route.as_str());
            for (what, headers, body) in [
                ("another site", vec![cookie, ("origin", "https://evil.example")], body.as_str()),
                ("an unknown place", vec![cookie], &body),
                ("a page without the token", vec![cookie, ("origin", &origin)], ""),
            ] {
                // Forms of the door come from before there was a session to have a token of.
                if door && what == "a page without the token" {
                    continue;
                }
                assert_eq!(house.ask("POST", &filled, &headers, body).await.status, 403, "{path} from {what}");
            }
        }
    }
}
