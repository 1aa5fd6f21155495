//! The disk is full, fails, or loses its power.

use std::{io, thread, time::Duration};

use crate::{
    kills::{Effort, post},
    world::World,
};

/// What fails, as `strace` names it: the system call, and the error it returns.
const FAILURES: [(&str, &str); 4] =
    [("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("fdatasync", "ENOSPC")];

/// Fills the disk under load, kills in every third round while it is full, and makes room again.
pub(crate) fn full(world: &mut World, effort: Effort) -> Result<(), String> {
    for round in 0..effort.rounds {
        world.restart_ended();
        post(world, effort.burst);
        pause(world, 500);
        on_volume(world, |world| world.volume()?.fill())?;
        world.truth.fault("disk_full", "volume", None);
        world.faults += 1;
        post(world, effort.burst);
        pause(world, 1500);
        if round % 3 == 2 {
            world.kill_all();
            world.count_kill();
        }
        on_volume(world, |world| world.volume()?.free())?;
        world.restart_ended();
        pause(world, 600);
    }
    Ok(())
}

/// A write or a sync fails at a random moment, and again some operations later.
#[expect(clippy::unnecessary_wraps, reason = "every case has this shape")]
pub(crate) fn failing(world: &mut World, effort: Effort) -> Result<(), String> {
    for _ in 0..effort.rounds {
        let (call, error) = world.chance.one(&FAILURES);
        let (first, step) = (world.chance.between(1, 160), world.chance.between(40, 160));
        let inject = format!("inject={call}:error={error}:when={first}+{step}");
        let strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e"];
        let wrap = strace.iter().map(|word| (*word).to_owned()).chain([inject]);
        world.instances[0].wrap = wrap.collect();
        post(world, effort.burst);
        world.instances[0].start(None);
        world.truth.fault("disk_error", "n1", Some(call));
        pause(world, 2500);
        world.instances[0].wait(Duration::ZERO);
        world.instances[0].kill();
        world.faults += 1;
    }
    world.instances[0].wrap.clear();
    Ok(())
}

/// Cuts the power of the file system under load; what the program took for written must be there afterwards.
pub(crate) fn powerless(world: &mut World, effort: Effort) -> Result<(), String> {
    for _ in 0..effort.rounds {
        post(world, effort.burst);
        world.start_all();
        pause(world, 900);
        on_volume(world, |world| world.volume()?.cut_power())?;
        world.truth.fault("power", "volume", None);
        world.kill_all();
        world.faults += 1;
        on_volume(world, |world| world.volume()?.restart())?;
        let damage = world.database.all("PRAGMA integrity_check").map_err(|error| error.to_string())?;
        let whole = damage.len() == 1 && damage[0].values().any(|word| word == "ok");
        if !whole {
            return Err(format!("the database is damaged after a power cut: {damage:?}"));
        }
    }
    Ok(())
}

fn pause(world: &mut World, most: u64) {
    thread::sleep(Duration::from_millis(world.chance.between(most / 10, most)));
}

fn on_volume(world: &World, act: impl FnOnce(&World) -> io::Result<()>) -> Result<(), String> {
    act(world).map_err(|error| format!("the case's file system: {error}"))
}
