//! What the program depends on goes away: the database server, single connections to it, connections to the mailbox,
//! and for a while the processor.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    kills::{Effort, post},
    proxy::{Cuts, Proxy},
    server,
    world::{Detours, World},
};

/// How long a process that was stopped stays so: longer than its lease and the others' next look at it.
const PAST_THE_LEASE: Duration = Duration::from_secs(20);

/// `pg_ctl stop -m immediate` under load, and a start some time later.
pub(crate) fn database_stops(world: &mut World, effort: Effort) -> Result<(), String> {
    world.start_all();
    for _ in 0..effort.rounds {
        work(world, effort.burst, 1200);
        world.truth.fault("database_stopped", "postgres", None);
        let pause = Duration::from_millis(world.chance.between(0, 800));
        let server = world.server.as_mut().ok_or("this case needs PostgreSQL")?;
        server.stop_immediately();
        thread::sleep(pause);
        server.launch();
        world.faults += 1;
        world.restart_ended();
    }
    Ok(())
}

/// Connections to the database break, above all at COMMIT: before the server hears it, and after it has done it.
pub(crate) fn database_cuts(world: &mut World, effort: Effort) -> Result<(), String> {
    let server = world.server.as_ref().ok_or("this case needs PostgreSQL")?;
    let proxy = Proxy::before(server.port(), world.chance.below(u64::from(u32::MAX)));
    world.configure(&server::url_at(proxy.port()), Detours::default());
    let cuts = Cuts { packet: 2, before_commit: 3, after_commit: 4 };
    through(world, effort, &proxy, cuts);
    Ok(())
}

/// Connections to the mailbox break in the middle of anything.
#[expect(clippy::unnecessary_wraps, reason = "every case has this shape")]
pub(crate) fn mailbox_cuts(world: &mut World, effort: Effort) -> Result<(), String> {
    let imap = world.mailroom.dovecot.ports().imap;
    let proxy = Proxy::before(imap, world.chance.below(u64::from(u32::MAX)));
    world.configure(&world.store(), Detours { imap: Some(proxy.port()) });
    through(world, effort, &proxy, Cuts { packet: 30, ..Cuts::default() });
    Ok(())
}

/// One of several processes stops in the middle of anything for longer than its lease, and then goes on as if nothing
/// had happened.
#[expect(clippy::unnecessary_wraps, reason = "every case has this shape")]
pub(crate) fn processor_stops(world: &mut World, effort: Effort) -> Result<(), String> {
    for round in 0..effort.rounds {
        let count = world.instances.len() as u64;
        let index = usize::try_from(round % count).expect("a handful of processes");
        world.instances[index].kill();
        post(world, effort.burst);
        let hit = world.chance.between(1, effort.burst * 20);
        world.instances[index].start(Some(&format!("any:{hit}:stop")));
        world.start_all();
        let stopped = Instant::now();
        while stopped.elapsed() < PAST_THE_LEASE {
            work(world, effort.burst / 4, 2000);
        }
        world.instances[index].signal("-CONT");
        world.faults += 1;
        work(world, effort.burst, 2000);
        world.restart_ended();
    }
    Ok(())
}

fn through(world: &mut World, effort: Effort, proxy: &Proxy, cuts: Cuts) {
    proxy.set(cuts);
    world.start_all();
    let before = world.faults;
    // Each round waits for some cuts, so that the number of rounds says how many there were.
    for round in 1..=effort.rounds {
        let deadline = Instant::now() + Duration::from_secs(8);
        while proxy.cut() < round && Instant::now() < deadline {
            work(world, effort.burst, 250);
            world.restart_ended();
        }
    }
    world.faults = before + proxy.cut();
    world.truth.fault("cuts", "proxy", None);
    proxy.set(Cuts::default());
}

/// Brings mail and lets the processes work for up to so many milliseconds.
fn work(world: &mut World, burst: u64, most: u64) {
    post(world, burst);
    thread::sleep(Duration::from_millis(world.chance.between(most / 10, most)));
}
