//! Proof that the suite can fail: the same world with a promise broken on purpose, by a program that forgets at its start
//! what it did, or by somebody who changes the store or sends a mail again afterwards. The suite's own count and the
//! checker must both notice, each in the right words; what they let pass fails the run.

use std::{
    panic::{self, AssertUnwindSafe},
    process::Command,
    time::Duration,
};

use crate::{
    judge::Verdict,
    kills::{Effort, cycle},
    lacks, play, races,
    volume::Storage,
    world::{Shape, World},
};

/// The name under which these are played alone.
pub(crate) const NAME: &str = "sabotage";

/// Kills of one play, each in the middle of a mail.
const KILLS: u64 = 3;

/// The mail is at the server, which has not answered yet: the worst moment to send it again.
const AFTER_THE_DOT: &str = "mail.dot.after";

/// Nothing of the mail counts yet: the worst moment to take it for sent.
const BEFORE_THE_DOT: &str = "mail.data.after";

/// Mails of each.
const BURST: u64 = 6;

/// Take-overs of each play that is about them.
const RACES: Effort = Effort { rounds: 2, burst: 100 };

/// Before each step of a mail is written down, its process waits: of so many take-overs, some dozens meet a mail right before
/// its last step. Without the wait it is a matter of luck.
const BEFORE_EACH_STEP: (&str, &str) = ("NIGHTDESK_FAILPOINT", "delivery.phase.before:each:sleep=40");

/// How long a process may take to such a place.
const TO_PLACE: Duration = Duration::from_secs(4);

/// What is broken.
enum Means {
    /// The program: before each start this happens to its store.
    Program(&'static str),
    /// The store, when everything is over.
    Store(&'static str),
    /// The first answer leaves once more, word for word.
    Echo,
    /// The store forgets, by a trigger, what people's take-overs write; they race against the machine.
    TakeOver(&'static str),
}

struct Sabotage {
    about: &'static str,
    means: Means,
    /// Where the program dies.
    place: &'static str,
    /// Words of the suite's own count; empty where only the checker can know.
    suite: &'static str,
    /// The checker's invariant.
    checker: &'static str,
}

const ALL: [Sabotage; 8] = [
    Sabotage {
        about: "a program that sends again what was under way when it crashed",
        means: Means::Program(
            "UPDATE outbox SET state = 'ready', phase = 'before', verify_by = NULL, ticket = NULL, settled_at = NULL \
             WHERE state IN ('sending', 'uncertain', 'escalated')",
        ),
        place: AFTER_THE_DOT,
        // As often as it was started again.
        suite: "times without a refusal",
        checker: "I2",
    },
    Sabotage {
        about: "a program that takes what was under way when it crashed for sent",
        means: Means::Program(
            "UPDATE outbox SET state = 'sent', proof = '250 ok', settled_at = changed_at WHERE state IN ('ready', 'sending')",
        ),
        place: BEFORE_THE_DOT,
        suite: "said to be sent, and never arrived",
        checker: "I1",
    },
    Sabotage {
        about: "one mail gone from the store",
        means: Means::Store("DELETE FROM inbound WHERE id = (SELECT MIN(id) FROM inbound WHERE outcome = 'answered')"),
        place: AFTER_THE_DOT,
        suite: "never stored",
        checker: "I1",
    },
    Sabotage {
        about: "one ticket gone from the store",
        means: Means::Store(
            "DELETE FROM ticket WHERE inbound = (SELECT MAX(id) FROM inbound WHERE outcome = 'escalated')",
        ),
        place: AFTER_THE_DOT,
        suite: "escalated without a ticket",
        checker: "I1",
    },
    Sabotage {
        about: "one mail stored twice",
        means: Means::Store(
            "CREATE TEMP TABLE twin AS SELECT * FROM inbound WHERE outcome = 'answered' ORDER BY id LIMIT 1; \
             UPDATE twin SET id = id + 1000000; INSERT INTO inbound SELECT * FROM twin",
        ),
        place: AFTER_THE_DOT,
        suite: "stored 2 times",
        checker: "I1",
    },
    Sabotage {
        about: "one answer that leaves twice",
        means: Means::Echo,
        place: AFTER_THE_DOT,
        suite: "came to its final dot 2 times without a refusal",
        checker: "I2",
    },
    Sabotage {
        about: "a take-over that raises no epoch: what is under way goes on to its last bytes",
        means: Means::TakeOver(
            "CREATE TRIGGER IF NOT EXISTS no_epoch AFTER UPDATE OF epoch ON thread WHEN NEW.epoch > OLD.epoch \
             BEGIN UPDATE thread SET epoch = OLD.epoch WHERE id = NEW.id; END",
        ),
        place: "",
        suite: "",
        checker: "I5",
    },
    Sabotage {
        about: "a take-over that raises no epoch and cancels nothing",
        means: Means::TakeOver(
            "CREATE TRIGGER IF NOT EXISTS no_epoch AFTER UPDATE OF epoch ON thread WHEN NEW.epoch > OLD.epoch \
             BEGIN UPDATE thread SET epoch = OLD.epoch WHERE id = NEW.id; END; \
             CREATE TRIGGER IF NOT EXISTS no_cancel AFTER UPDATE OF state ON outbox \
             WHEN NEW.state = 'cancelled' AND NEW.human = 0 \
             BEGIN UPDATE outbox SET state = 'ready', settled_at = NULL WHERE id = NEW.id; END",
        ),
        place: "",
        suite: "",
        checker: "I5",
    },
];

/// Changes a store and goes on with a command. Nothing of it is in the program: what ships cannot be told to do this.
const CHANGE: &str = "import os,sqlite3,sys\n\
                      store=sqlite3.connect(sys.argv[1]);store.executescript(sys.argv[2]);store.close()\n\
                      os.execvp(sys.argv[3],sys.argv[3:])";

/// Plays all of them and prints what became of each; says whether every one was noticed, or why none could be played.
pub(crate) fn all_noticed(seed: u64) -> bool {
    if let Some(lack) = lacks::of_python() {
        let excuse = lack.excuse();
        print(&format!("sabotage     {}", excuse.as_ref().map_or_else(String::clone, |why| format!("skipped: {why}"))));
        return excuse.is_ok();
    }
    let mut noticed = 0;
    for (number, sabotage) in (0..).zip(&ALL) {
        let played = panic::catch_unwind(AssertUnwindSafe(|| sabotage.play(seed + number)));
        let played = played.unwrap_or_else(|panic| Err(format!("the harness failed: {}", play::words(&*panic))));
        noticed += usize::from(played.is_ok());
        match played {
            Ok(said) => print(&format!("sabotage     noticed: {}: {said}", sabotage.about)),
            Err(why) => print(&format!("sabotage     NOT NOTICED: {}: {why}", sabotage.about)),
        }
    }
    print(&format!("{noticed} of {} sabotages noticed", ALL.len()));
    noticed == ALL.len()
}

impl Sabotage {
    /// Plays it; returns what was said of it, or why it was not noticed as it must be.
    fn play(&self, seed: u64) -> Result<String, String> {
        let mut world = World::build(seed, Shape { postgres: false, instances: 1 }, Storage::Folder);
        world.first_look();
        if let Means::Program(change) | Means::TakeOver(change) = self.means {
            world.instances[0].wrap = changing(&world, change);
        }
        if let Means::TakeOver(_) = self.means {
            let (name, value) = BEFORE_EACH_STEP;
            world.instances[0].environment.push((name.to_owned(), value.to_owned()));
            races::run(&mut world, RACES)?;
        } else {
            for _ in 0..KILLS {
                cycle(&mut world, Some(&format!("{}:2:kill", self.place)), BURST, TO_PLACE)?;
            }
        }
        world.drain()?;
        match self.means {
            Means::Program(_) | Means::TakeOver(_) => {}
            Means::Store(change) => {
                let words = changing(&world, change);
                let changed = Command::new(&words[0]).args(&words[1..]).arg("true").status();
                if !changed.is_ok_and(|status| status.success()) {
                    return Err("the store could not be changed".to_owned());
                }
            }
            Means::Echo => world.sink.echo().ok_or("nothing left that could leave again")?,
        }
        let (counts, verdict) = play::verdict(&mut world)?;
        let found = counts.findings.iter().find(|finding| finding.contains(self.suite)).map(String::as_str);
        let Some(found) = found.or(Some("").filter(|_| self.suite.is_empty())) else {
            return Err(format!("the suite does not say {:?} but {:?}", self.suite, counts.findings));
        };
        match verdict {
            Verdict::Broken(said) if breaks(&said, self.checker) => {
                Ok(format!("{found}; the checker: {}", self.checker))
            }
            other => Err(format!("the checker does not name {}: {other:?}", self.checker)),
        }
    }
}

/// Returns the words that change the world's store and then run what follows them.
fn changing(world: &World, change: &str) -> Vec<String> {
    let store = world.store();
    let file = store.strip_prefix("sqlite://").expect("sabotage is played over SQLite");
    ["python3", "-c", CHANGE, file, change].map(str::to_owned).to_vec()
}

/// Says whether the checker's table calls an invariant broken.
fn breaks(said: &str, invariant: &str) -> bool {
    said.lines().any(|line| line.split_whitespace().next() == Some(invariant) && line.contains(" FAILED "))
}

#[expect(clippy::print_stdout, reason = "it belongs to the suite's result")]
fn print(line: &str) {
    println!("{line}");
}
