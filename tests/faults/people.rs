//! People at the desk while everything goes on: they claim tickets, hand them back, pause the shop and resume it.

use std::{thread, time::Duration};

use crate::{
    kills::{self, Effort, post},
    world::World,
};

/// Claims, pauses and a kill by turns, under load.
pub(crate) fn step_in(world: &mut World, effort: Effort) -> Result<(), String> {
    for _ in 0..effort.rounds {
        post(world, effort.burst);
        world.start_all();
        thread::sleep(Duration::from_millis(world.chance.between(50, 700)));
        match world.chance.below(3) {
            0 => kills::pause(world, None)?,
            1 => kills::claim(world, None)?,
            _ => {
                kills::claim(world, None)?;
                let time = Duration::from_millis(world.chance.between(1, 400));
                kills::cycle(world, None, effort.burst, time)?;
            }
        }
        world.faults += 1;
    }
    Ok(())
}
