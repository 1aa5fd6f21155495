//! Named places at which a test ends, stops or delays this very process, as a crash would.
//!
//! A place is one line, `failpoint::reach("store.decision.before")`, where something has just become true outside or on
//! the disk. Nothing happens there unless the environment variable `NIGHTDESK_FAILPOINT` was set when the process
//! began, and nothing is compiled in at all without debug assertions or the feature `failpoints`.
//!
//! The variable says `PLACE:HIT:ACTION`: at the HIT-th time that PLACE is reached (counted from 1; `any` counts all
//! places together; `each` means every time), the process is killed (`kill`, SIGKILL to itself, so nothing is flushed or
//! unwound), stopped until somebody continues it (`stop`, SIGSTOP), or its thread sleeps (`sleep=MILLISECONDS`) or panics
//! (`panic`). With
//! `NIGHTDESK_FAILPOINT_LOG`, the name of each place reached is appended to that file, one a line.

/// Marks a place; does what the environment asks for it.
#[cfg(any(debug_assertions, feature = "failpoints"))]
pub fn reach(place: &'static str) {
    if let Some(plan) = armed::plan() {
        plan.reach(place);
    }
}

/// Marks a place; nothing in this build.
#[cfg(not(any(debug_assertions, feature = "failpoints")))]
#[inline(always)]
pub fn reach(_place: &'static str) {}

#[cfg(any(debug_assertions, feature = "failpoints"))]
mod armed {
    use std::{
        fs::{File, OpenOptions},
        io::Write as _,
        sync::{
            OnceLock,
            atomic::{AtomicU64, Ordering},
        },
        time::Duration,
    };

    use rustix::process::{Signal, getpid, kill_process};

    /// What the environment asked for when the process began.
    pub(super) struct Plan {
        place: String,
        /// None means every time.
        hit: Option<u64>,
        action: Action,
        reached: AtomicU64,
        log: Option<File>,
    }

    enum Action {
        Nothing,
        Kill,
        Stop,
        Sleep(Duration),
        Panic,
    }

    /// Returns the plan; none in a process that nobody wants to disturb.
    pub(super) fn plan() -> Option<&'static Plan> {
        static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
        PLAN.get_or_init(read).as_ref()
    }

    fn read() -> Option<Plan> {
        let log = std::env::var_os("NIGHTDESK_FAILPOINT_LOG")
            .and_then(|path| OpenOptions::new().append(true).create(true).open(path).ok());
        let asked = std::env::var("NIGHTDESK_FAILPOINT").ok();
        let (place, hit, action) = match asked.as_deref() {
            None => (String::new(), None, Action::Nothing),
            // A test that misspells its wish must not pass for want of a crash.
            Some(asked) => understand(asked).expect("NIGHTDESK_FAILPOINT is PLACE:HIT|each:kill|stop|panic|sleep=MS"),
        };
        let wanted = log.is_some() || asked.is_some();
        wanted.then_some(Plan { place, hit, action, reached: AtomicU64::new(0), log })
    }

    fn understand(asked: &str) -> Option<(String, Option<u64>, Action)> {
        let mut parts = asked.splitn(3, ':');
        let (place, hit, action) = (parts.next()?, parts.next()?, parts.next()?);
        let hit = if hit == "each" { None } else { Some(hit.parse().ok()?) };
        let action = match action {
            "kill" => Action::Kill,
            "stop" => Action::Stop,
            "panic" => Action::Panic,
            other => Action::Sleep(Duration::from_millis(other.strip_prefix("sleep=")?.parse().ok()?)),
        };
        Some((place.to_owned(), hit, action))
    }

    impl Plan {
        pub(super) fn reach(&self, place: &'static str) {
            if let Some(mut log) = self.log.as_ref() {
                // One write a line, so that lines of several processes do not mix. A log that cannot be written shows
                // as places that were never reached.
                let _written = log.write_all(format!("{place}\n").as_bytes());
            }
            if self.place != "any" && self.place != place {
                return;
            }
            let reached = self.reached.fetch_add(1, Ordering::SeqCst) + 1;
            if self.hit.is_none_or(|hit| hit == reached) {
                self.act();
            }
        }

        fn act(&self) {
            match self.action {
                Action::Nothing => {}
                Action::Kill => {
                    let _ended = kill_process(getpid(), Signal::KILL);
                    // The signal is delivered before the call returns to this thread; were it not, go no further.
                    std::process::abort();
                }
                Action::Stop => {
                    let _stopped = kill_process(getpid(), Signal::STOP);
                }
                Action::Sleep(time) => std::thread::sleep(time),
                Action::Panic => panic!("the fail point {}", self.place),
            }
        }
    }
}
