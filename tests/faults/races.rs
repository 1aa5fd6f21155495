//! Races: a person takes a conversation over while the machine is about to speak in it. Thousands of conversations, each
//! at a moment of its own: before the acknowledgement is queued, while it waits, while its mail is written, after it; and
//! while the buyer's next mail is being decided. From the moment at which the person's act is acknowledged, nothing
//! automatic may begin to leave; the checker's I5 compares the moments.

use std::{
    collections::{BTreeMap, VecDeque},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    database::{number, text},
    desk::{Desk, Way},
    kills::Effort,
    load::Posted,
    mailroom::ACCOUNTS,
    sink::Weather,
    truth::now_ns,
    world::World,
};

/// How long a wave may take until every person has acted; many times what it takes.
const WAVE: Duration = Duration::from_mins(3);

/// The longest time between the moment a ticket shows and the person's act: about as long as a wave's mails take to leave.
const HESITATION: u64 = 400;

/// One wave in so many ends with a process killed in the middle of it.
const KILL_EVERY: u64 = 10;

/// Of a hundred conversations, those that a person answers in the mail program.
const BY_HAND: u64 = 20;

/// Of a hundred conversations, those in which the buyer writes again at the same time.
const AGAIN: u64 = 50;

/// Of ten conversations, those that must have been taken over at the end of a run; all of them are, as a rule.
const WON_OF_TEN: u64 = 9;

/// Plays races, wave after wave.
pub(crate) fn run(world: &mut World, effort: Effort) -> Result<(), String> {
    let mut races = Races {
        desk: Desk::open(world)?,
        last: Last::default(),
        by_hand: BTreeMap::new(),
        won: 0,
        refused: BTreeMap::new(),
    };
    world.sink.set(Weather::HAZE);
    let played = (1..=effort.rounds).try_for_each(|wave| races.wave(world, wave, effort.burst));
    world.faults += races.won;
    world.note(format!("{} take-overs acknowledged", races.won));
    for (why, count) in &races.refused {
        world.note(format!("{count} refused: {why}"));
    }
    races.desk.close();
    played?;
    let conversations = effort.rounds * effort.burst;
    if races.won * 10 < conversations * WON_OF_TEN {
        return Err(format!("of {conversations} conversations only {} were taken over: that shows little", races.won));
    }
    Ok(())
}

/// What was looked at already: row numbers only rise.
#[derive(Debug, Default)]
struct Last {
    ticket: i64,
    sent: i64,
}

struct Races {
    desk: Desk,
    last: Last,
    /// Answers in the Sent folder that the store does not know yet: Message-ID to the number of the mail answered and the
    /// moment.
    by_hand: BTreeMap<String, (String, u64)>,
    won: u64,
    /// Why acts were refused, and how often.
    refused: BTreeMap<String, u64>,
}

impl Races {
    fn wave(&mut self, world: &mut World, wave: u64, size: u64) -> Result<(), String> {
        world.start_all();
        let mut open: BTreeMap<String, Posted> = BTreeMap::new();
        for _ in 0..size {
            let account = world.chance.one(&ACCOUNTS);
            let mail = world.load.write_for_person(account);
            open.insert(mail.posted.nonce.clone(), mail.posted.clone());
            world.mailroom.put(&world.load, mail);
        }
        let deadline = Instant::now() + WAVE;
        let mut again: VecDeque<(Instant, Posted)> = VecDeque::new();
        let dies = wave.is_multiple_of(KILL_EVERY);
        let mut killed = false;
        while !open.is_empty() || !again.is_empty() || self.desk.is_busy() || !self.by_hand.is_empty() {
            if Instant::now() > deadline {
                let by_hand = self.by_hand.len();
                return Err(format!("wave {wave}: {} without a ticket, {by_hand} unseen in Sent", open.len()));
            }
            if dies && !killed && open.len() as u64 <= size / 2 {
                killed = true;
                kill_one(world);
            }
            world.restart_ended();
            self.meet_new_tickets(world, &mut open, &mut again);
            self.look_into_sent(world);
            while again.front().is_some_and(|(at, _)| *at <= Instant::now()) {
                let Some((_, first)) = again.pop_front() else { break };
                world.mailroom.put(&world.load, world.load.write_again(&first));
            }
            for ended in self.desk.ended() {
                match ended {
                    Ok(()) => self.won += 1,
                    Err(why) => *self.refused.entry(without_numbers(&why)).or_default() += 1,
                }
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Sets a person at each new ticket, at a moment of its own.
    fn meet_new_tickets(
        &mut self,
        world: &mut World,
        open: &mut BTreeMap<String, Posted>,
        again: &mut VecDeque<(Instant, Posted)>,
    ) {
        let asked = format!(
            "SELECT k.id, i.message_id FROM ticket k JOIN inbound i ON i.id = k.inbound WHERE k.id > {} ORDER BY k.id",
            self.last.ticket
        );
        // A store that cannot be read at this moment can at the next.
        for row in world.database.all(&asked).unwrap_or_default() {
            let ticket = number(&row, "id").unwrap_or_default();
            self.last.ticket = self.last.ticket.max(ticket);
            let nonce = text(&row, "message_id").split('@').next().unwrap_or_default();
            let Some(first) = open.remove(nonce) else { continue };
            let after = Duration::from_millis(world.chance.below(HESITATION));
            if world.chance.below(100) < AGAIN {
                // Often at the same moment as the person, else somewhat before or after.
                let apart = Duration::from_millis(world.chance.below(HESITATION));
                again.push_back((
                    Instant::now() + if world.chance.below(2) == 0 { after } else { apart },
                    first.clone(),
                ));
            }
            if world.chance.below(100) < BY_HAND {
                let started = now_ns();
                let id = world.mailroom.answer_by_hand(&world.load, &first);
                self.by_hand.insert(id, (first.nonce, started));
            } else {
                let way = world.chance.one(&Way::ALL);
                self.desk.take_over(ticket, way, after);
            }
        }
        again.make_contiguous().sort_by_key(|(at, _)| *at);
    }

    /// A person's mail in the Sent folder is acknowledged when the store knows what it means.
    fn look_into_sent(&mut self, world: &World) {
        if self.by_hand.is_empty() {
            return;
        }
        let asked = format!(
            "SELECT id, raw FROM inbound WHERE in_sent = 1 AND state = 'decided' AND id > {} ORDER BY id",
            self.last.sent
        );
        for row in world.database.all(&asked).unwrap_or_default() {
            let raw = text(&row, "raw");
            let seen = self.by_hand.keys().find(|id| raw.contains(&crate::truth::hex(id.as_bytes()))).cloned();
            let Some((id, (nonce, started))) = seen.and_then(|id| self.by_hand.remove_entry(&id)) else { continue };
            // They are decided in the order of their numbers for each account, not of all; so the mark moves only where
            // every answer before was met.
            if self.by_hand.is_empty() {
                self.last.sent = number(&row, "id").unwrap_or(self.last.sent);
            }
            drop(id);
            let fields: Value = json!({"nonce": nonce, "how": "sent_folder", "acknowledged": true, "silent": true});
            world.truth.since(started, "agents", "take_over", fields);
            self.won += 1;
        }
    }
}

fn kill_one(world: &mut World) {
    let index = usize::try_from(world.chance.below(world.instances.len() as u64)).expect("a handful of processes");
    if world.instances[index].is_started() {
        world.instances[index].kill();
        world.count_kill();
    }
    world.pass_leases();
}

/// Returns why something was refused, the same for all tickets.
fn without_numbers(why: &str) -> String {
    why.chars().map(|letter| if letter.is_ascii_digit() { '#' } else { letter }).collect()
}
