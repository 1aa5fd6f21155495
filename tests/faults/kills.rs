//! The process dies: at a named place, at any place, after any time, and by request.

use std::{
    fs::{self, File},
    io::Write as _,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    database,
    instance::Ended,
    mailroom::{ACCOUNTS, address},
    points::{self, Stimulus},
    sink::Weather,
    truth::now_ns,
    world::World,
};

/// How long a process may take from its first look into a mailbox to the place where it is to die; then it is killed
/// where it is.
const TO_PLACE: Duration = Duration::from_secs(2);

/// How long where all rules are read anew on the way: an unoptimized program on a busy machine takes seconds for them.
const TO_PLACE_BEHIND_RULES: Duration = Duration::from_secs(30);

/// How long a start may take on a busy machine.
const TO_START: Duration = Duration::from_secs(15);

/// How long one of several processes is waited for: it may be that the others serve every account.
const TO_SHARE: Duration = Duration::from_secs(3);

/// How long a process may take from SIGTERM to its end, whatever is under way.
pub(crate) const TO_STOP: Duration = Duration::from_secs(10);

/// Mail that was not dealt with, beyond which a cycle brings no more, unless its bursts are large.
const BACKLOG: usize = 150;

/// So many bursts may wait at a time.
const BURSTS_WAITING: usize = 3;

/// How long a process works on a backlog at most before it is killed where it is.
const TO_PLACE_IN_BACKLOG: Duration = Duration::from_secs(8);

/// Kills for each burst after which a backlog that is not worked off is given up.
const KILLS_PER_BURST: u64 = 20;

/// A message that was begun so often and never finished is put aside at the next start.
const BEGUN_AT_MOST: u64 = 5;

/// How much of a case is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Kills, or other rounds.
    pub(crate) rounds: u64,
    /// Mails of one round.
    pub(crate) burst: u64,
}

/// Kills at every named place that this world can reach, by turns, at its first or a later hit.
pub(crate) fn at_named_places(world: &mut World, effort: Effort) -> Result<(), String> {
    let mut places: Vec<String> = points::all().into_keys().collect();
    places.retain(|place| match points::stimulus(place) {
        Stimulus::Elsewhere | Stimulus::Birth => false,
        Stimulus::Postgres => world.server.is_some(),
        _ => true,
    });
    let mut done = 0;
    while done < effort.rounds {
        world.chance.shuffle(&mut places);
        // Those that only few worlds reach come first, so that a short run has them.
        places.sort_by_key(|place| points::stimulus(place) != Stimulus::Postgres);
        for place in places.iter().take(usize::try_from(effort.rounds - done).unwrap_or(usize::MAX)) {
            at_place(world, place, effort.burst)?;
            done += 1;
        }
    }
    Ok(())
}

/// Kills at any place, counted over all of them.
pub(crate) fn at_any_place(world: &mut World, effort: Effort) -> Result<(), String> {
    for _ in 0..effort.rounds {
        // A mail passes some forty places from the mailbox to the proof.
        let hit = world.chance.between(1, effort.burst * 40);
        cycle(world, Some(&format!("any:{hit}:kill")), effort.burst, TO_PLACE)?;
    }
    Ok(())
}

/// Kills in the midst of hundreds of mails that wait, until that many bursts were worked off.
pub(crate) fn in_a_backlog(world: &mut World, effort: Effort) -> Result<(), String> {
    let wanted = usize::try_from(effort.rounds * effort.burst).expect("some ten thousand mails");
    for _ in 0..effort.rounds * KILLS_PER_BURST {
        // On average a burst is worked off between two kills.
        let hit = world.chance.between(1, effort.burst * 80);
        cycle(world, Some(&format!("any:{hit}:kill")), effort.burst, TO_PLACE_IN_BACKLOG)?;
        if world.load.count() >= wanted {
            return Ok(());
        }
    }
    Err(format!("only {} of {wanted} mails could be brought", world.load.count()))
}

/// Kills at any place while the submission server misbehaves in every way.
pub(crate) fn in_a_storm(world: &mut World, effort: Effort) -> Result<(), String> {
    world.sink.set(Weather::STORM);
    at_any_place(world, effort)
}

/// Kills after a time that nothing in the program decides.
pub(crate) fn by_timer(world: &mut World, effort: Effort) -> Result<(), String> {
    for _ in 0..effort.rounds {
        let time = Duration::from_millis(world.chance.between(1, 900));
        cycle(world, None, effort.burst, time)?;
    }
    Ok(())
}

/// Asks to end after any time; the process must end in order and leave nothing in doubt.
pub(crate) fn by_request(world: &mut World, effort: Effort) -> Result<(), String> {
    for _ in 0..effort.rounds {
        post(world, effort.burst);
        world.start_all();
        thread::sleep(Duration::from_millis(world.chance.between(1, 900)));
        let index = any_instance(world);
        let instance = &mut world.instances[index];
        instance.signal("-TERM");
        let (name, id) = (instance.name.clone(), instance.id());
        match instance.wait(TO_STOP) {
            Ended::Code(0) => {
                let held = world.database.leases_of(id).map_err(|error| error.to_string())?;
                if held > 0 {
                    return Err(format!("{name} ended in order and kept {held} leases"));
                }
            }
            // Before the signal handler is in place the signal ends the process by itself.
            Ended::Signal(15) => {}
            other => return Err(format!("{name} did not end in order within {TO_STOP:?} of SIGTERM: {other:?}")),
        }
        world.faults += 1;
    }
    Ok(())
}

/// Kills the very first starts, one after another over the same empty store.
pub(crate) fn at_birth(world: &mut World) {
    let mut places: Vec<String> = points::all().into_keys().collect();
    places.retain(|place| matches!(points::stimulus(place), Stimulus::Birth));
    for place in places {
        world.instances[0].start(Some(&format!("{place}:1:kill")));
        if world.instances[0].wait(TO_PLACE) == Ended::NotYet {
            world.instances[0].kill();
        }
        world.count_kill();
    }
}

fn at_place(world: &mut World, place: &str, burst: u64) -> Result<(), String> {
    let wish = |hit: u64| format!("{place}:{hit}:kill");
    match points::stimulus(place) {
        Stimulus::Mail | Stimulus::Postgres | Stimulus::Birth | Stimulus::Elsewhere => {
            // What happens once in the life of a process is reached once.
            let once = ["service.", "store.recovery.", "store.schema.", "imap.list.", "imap.batch.", "intake.receive."];
            let most = if once.iter().any(|begins| place.starts_with(begins)) { 1 } else { burst };
            let hit = world.chance.between(1, most);
            cycle(world, Some(&wish(hit)), burst, TO_PLACE)
        }
        Stimulus::Edit => while_running(world, &wish(1), burst, TO_PLACE_BEHIND_RULES, |world| {
            let rule = world.path("rules/pre_sale/customs_tax.yaml");
            let mut rule = File::options().append(true).open(rule).expect("the folder is writable");
            writeln!(rule, "# edited").expect("the folder is writable");
        }),
        Stimulus::Terminate => while_running(world, &wish(1), burst, TO_PLACE, |world| {
            for instance in &world.instances {
                instance.signal("-TERM");
            }
        }),
        Stimulus::Claim => claim(world, Some(&wish(1))),
        Stimulus::Pause => pause(world, Some(&wish(1))),
        Stimulus::Backup => {
            backup(world, Some(&wish(1)));
            Ok(())
        }
        Stimulus::Renumber => {
            let account = world.chance.one(&ACCOUNTS);
            renumber(world, account);
            cycle(world, Some(&wish(1)), burst, TO_PLACE)
        }
        Stimulus::Bounce => {
            bounce(world);
            cycle(world, Some(&wish(1)), burst, TO_PLACE)
        }
        Stimulus::Poison => {
            // Accounts are decided for at the same time, and each of their messages has its own count.
            for _ in 0..ACCOUNTS.len() as u64 * BEGUN_AT_MOST {
                cycle(world, Some("intake.parse.before:1:kill"), 1, TO_PLACE)?;
                if begun(world) >= BEGUN_AT_MOST {
                    break;
                }
            }
            cycle(world, Some(&wish(1)), 1, TO_PLACE)
        }
    }
}

/// Returns how often the message was begun that was begun most often and never finished.
fn begun(world: &World) -> u64 {
    let rows = world.database.all("SELECT MAX(tries) AS tries FROM inbound WHERE state <> 'decided'");
    let most = rows.ok().and_then(|rows| database::number(rows.first()?, "tries"));
    most.and_then(|most| u64::try_from(most).ok()).unwrap_or_default()
}

/// Brings mail, starts the processes, one of them with a wish, and waits until that one is dead.
pub(crate) fn cycle(world: &mut World, wish: Option<&str>, burst: u64, patience: Duration) -> Result<(), String> {
    post(world, burst);
    let index = begin(world, wish);
    if wish.is_some() {
        until_reading(world, index);
    }
    end(world, index, patience)
}

/// Waits until a process looks into a mailbox, or dies before.
fn until_reading(world: &mut World, index: usize) {
    let deadline = Instant::now() + if world.instances.len() > 1 { TO_SHARE } else { TO_START };
    let instance = &mut world.instances[index];
    while instance.lives() && !instance.is_reading() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(2));
    }
}

fn while_running(
    world: &mut World,
    wish: &str,
    burst: u64,
    patience: Duration,
    act: impl Fn(&World),
) -> Result<(), String> {
    post(world, burst);
    let index = begin(world, Some(wish));
    until_reading(world, index);
    act(world);
    end(world, index, patience)
}

/// Starts all processes, one of them anew with the wish; returns which. Of several, the others die with it now and then
/// and come later, so that it serves every account; else they go on meanwhile.
fn begin(world: &mut World, wish: Option<&str>) -> usize {
    let index = any_instance(world);
    let alone = wish.is_some() && world.chance.below(2) == 0;
    for number in 0..world.instances.len() {
        if (number == index || alone) && world.instances[number].is_started() {
            world.instances[number].kill();
            world.count_kill();
        }
    }
    world.pass_leases();
    world.instances[index].start(wish);
    if alone {
        until_reading(world, index);
    }
    world.start_all();
    index
}

fn end(world: &mut World, index: usize, patience: Duration) -> Result<(), String> {
    let instance = &mut world.instances[index];
    match instance.wait(patience) {
        Ended::AtPlace => {}
        Ended::NotYet => instance.kill(),
        // The signal ends a process at once that was told to stop before it listens.
        Ended::Code(0) | Ended::Signal(15) => return Ok(()),
        other => return Err(format!("{} ended by itself: {other:?}", instance.name)),
    }
    world.count_kill();
    Ok(())
}

fn any_instance(world: &mut World) -> usize {
    let count = world.instances.len() as u64;
    usize::try_from(world.chance.below(count)).expect("a handful of processes")
}

/// Brings mail unless much of the last still waits. One mail in eight is for nobody to answer.
pub(crate) fn post(world: &mut World, burst: u64) {
    let most = BACKLOG.max(BURSTS_WAITING * usize::try_from(burst).expect("a burst of some hundred mails"));
    if world.load.count() * 7 / 8 < world.sink.dots() + most {
        world.post(burst);
    }
}

/// A person claims an open ticket and hands it back by closing it. With a wish the first try dies.
pub(crate) fn claim(world: &mut World, wish: Option<&str>) -> Result<(), String> {
    let rows = world.database.all("SELECT id FROM ticket WHERE state = 'open' ORDER BY id DESC LIMIT 1");
    let rows = rows.map_err(|error| format!("the store cannot be read: {error}"))?;
    let Some(ticket) = rows.first().and_then(|row| row.get("id")?.as_i64()) else { return Ok(()) };
    let number = ticket.to_string();
    let act = |words: &[&str], event: &str, fields: serde_json::Value, wish: Option<&str>| {
        let started = now_ns();
        let mut fields = fields;
        let acknowledged = world.command(words, wish);
        fields["acknowledged"] = acknowledged.into();
        world.truth.since(started, "agents", event, fields);
        acknowledged
    };
    let taken = json!({"ticket": ticket, "how": "claim"});
    if let Some(wish) = wish {
        act(&["ticket", "claim", &number], "take_over", taken.clone(), Some(wish));
    }
    act(&["ticket", "claim", &number], "take_over", taken, None);
    act(&["ticket", "close", &number], "hand_back", json!({"ticket": ticket}), None);
    world.faults += u64::from(wish.is_some());
    Ok(())
}

/// A person pauses the shop and resumes it. With a wish the first try dies.
pub(crate) fn pause(world: &mut World, wish: Option<&str>) -> Result<(), String> {
    let switch = |word: &str, wish: Option<&str>| {
        let started = now_ns();
        let acknowledged = world.command(&[word], wish);
        let fields = json!({"scope": "shop", "name": "", "acknowledged": acknowledged});
        world.truth.since(started, "agents", word, fields);
        acknowledged
    };
    if wish.is_some() {
        switch("pause", wish);
    }
    switch("pause", None);
    thread::sleep(Duration::from_millis(20));
    let resumed = switch("resume", None);
    world.faults += u64::from(wish.is_some());
    if resumed { Ok(()) } else { Err("`resume` failed".to_owned()) }
}

/// A person makes a backup beside the processes. With a wish the first try dies.
fn backup(world: &mut World, wish: Option<&str>) {
    // SQLite only; PostgreSQL has its own tools, and the command says so.
    let file = world.path("backup.db");
    // A backup never takes the place of a file, so that of the last time would end this one before its places.
    drop(fs::remove_file(&file));
    let words = ["backup", file.to_str().expect("a temporary folder has a plain name")];
    if wish.is_some() {
        world.command(&words, wish);
        world.faults += 1;
    }
    world.command(&words, None);
}

fn renumber(world: &mut World, account: &str) {
    // Larger than the UIDVALIDITY of a new mailbox, and rising.
    let number = 4_000_000_000 + u32::try_from(world.faults).unwrap_or(0);
    let user = address(account);
    world.kill_all();
    let deadline = Instant::now() + Duration::from_secs(5);
    while world.mailroom.dovecot.doveadm(&["who"]).contains(&user) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(10));
    }
    world.mailroom.dovecot.set_uid_validity(&user, number);
    world.truth.fault("renumbered", "mailbox", None);
}

fn bounce(world: &mut World) {
    let arrivals = world.sink.arrivals();
    let Some(arrival) = arrivals.iter().rev().find(|arrival| arrival.reply.delivers()) else { return };
    let account = ACCOUNTS.iter().find(|account| arrival.sender.starts_with(**account)).copied();
    let account = account.unwrap_or(ACCOUNTS[0]);
    let id = format!("<{}>", arrival.message_id);
    world.mailroom.put(&world.load, world.load.write_bounce(account, &id, &arrival.sender));
}
