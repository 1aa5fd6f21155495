//! A person's command is killed right before and right after it is written: before, nothing of it is there; after, all of
//! it is; and the same command again leads to no second one.

use super::desk::{complain, number, open, until, write};
use crate::support::shop::Shop;

/// What the configuration adds: people can only be added where they can sign in.
const CONSOLE: &str = "console: {listen: \"127.0.0.1:0\"}\n";

/// A question that the machine answers by itself.
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// One act in a terminal.
struct Act {
    /// Where it is killed with nothing written.
    before: &'static str,
    /// Where it is killed with everything written, if there is such a place.
    after: Option<&'static str>,
    /// What is done ahead of each kill.
    ahead: &'static [&'static str],
    command: &'static [&'static str],
    /// Counts how often the act was done.
    done: &'static str,
    /// How the command ends when all was written before: 5 is a refusal.
    again: i32,
}

/// Tickets 1, 2 and 3 are complaints of three buyers, message 4 was answered by the machine.
const ACTS: &[Act] = &[
    Act {
        before: "store.buyer.before",
        after: None,
        ahead: &[],
        command: &["ticket", "buyer", "1", "--note", "likes lamps"],
        done: "SELECT COUNT(*) FROM buyer_note n JOIN audit a ON a.what = 'buyer_noted'",
        again: 0,
    },
    Act {
        before: "store.merge.before",
        after: Some("store.merge.after"),
        ahead: &[],
        command: &["ticket", "merge", "2", "--into", "1", "--force"],
        done: "SELECT COUNT(*) FROM ticket k JOIN ticket_event e ON e.ticket = 1 AND e.what = 'merged'
               JOIN thread t ON t.merged_into = 1 WHERE k.merged_into = 1 AND k.state = 'closed'",
        again: 5,
    },
    Act {
        before: "store.split.before",
        after: Some("store.split.after"),
        ahead: &[],
        command: &["ticket", "split", "1", "--message", "2"],
        done: "SELECT COUNT(*) FROM ticket k JOIN ticket_event e ON e.ticket = 1 AND e.what = 'split'
               WHERE k.inbound = 2 AND k.state = 'open'",
        again: 5,
    },
    Act {
        before: "store.undo.before",
        after: Some("store.undo.after"),
        ahead: &["ticket", "tag", "3", "late"],
        command: &["ticket", "undo", "3"],
        done: "SELECT COUNT(*) FROM ticket_event WHERE ticket = 3 AND what = 'undone'",
        again: 5,
    },
    Act {
        before: "store.opening.before",
        after: Some("store.opening.after"),
        ahead: &[],
        command: &["ticket", "open", "--message", "4"],
        done: "SELECT COUNT(*) FROM ticket k JOIN thread t ON t.id = k.thread AND t.epoch = 1 WHERE k.inbound = 4",
        again: 5,
    },
    Act {
        before: "store.agent.before",
        after: Some("store.agent.after"),
        ahead: &[],
        command: &["user", "role", "mei", "editor"],
        done: "SELECT COUNT(*) FROM agent g JOIN audit a ON a.what = 'role_changed' WHERE g.role = 'editor'",
        again: 0,
    },
];

/// A shop in which everybody has written, and nothing runs.
fn written() -> Shop {
    let mut shop = open(CONSOLE);
    shop.succeed(&["user", "add", "mei"]);
    shop.launch();
    shop.until_logged("nightdesk is serving");
    for buyer in 1..=3 {
        complain(&shop, buyer);
        until(&mut shop, "a ticket", "SELECT COUNT(*) FROM ticket", buyer.into());
    }
    write(&shop, 4, "Customs", QUESTION);
    until(&mut shop, "an answer", "SELECT COUNT(*) FROM outbox WHERE kind = 'answer' AND state = 'sent'", 1);
    shop.kill();
    shop
}

fn done(shop: &Shop, act: &Act) -> i64 {
    number(shop, act.done).expect("a count")
}

/// Nothing refers to what is not there, and no conversation has two tickets that are not closed.
fn is_sound(shop: &Shop, place: &str) {
    let loose = number(shop, "SELECT COUNT(*) FROM pragma_foreign_key_check");
    assert_eq!(loose, Some(0), "{place}");
    let doubled = "SELECT COUNT(*) FROM thread t WHERE 1 < (SELECT COUNT(*) FROM ticket k
         WHERE k.state <> 'closed' AND (k.thread = t.id OR k.id = t.merged_into))";
    assert_eq!(number(shop, doubled), Some(0), "{place}");
}

#[test]
fn acts_of_a_terminal_that_is_killed_are_done_whole_or_not_at_all() {
    let shop = written();
    for act in ACTS {
        let ahead = |place: &str| {
            if !act.ahead.is_empty() {
                let said = shop.command(act.ahead);
                // What the killed act left is there already.
                assert!(matches!(said.code, 0 | 5), "{place}: {}", said.err);
            }
        };
        ahead(act.before);
        shop.killed_at(act.before, act.command);
        assert_eq!(done(&shop, act), 0, "{}: nothing was written", act.before);
        is_sound(&shop, act.before);
        match act.after {
            Some(after) => {
                ahead(after);
                shop.killed_at(after, act.command);
            }
            None => drop(shop.succeed(act.command)),
        }
        assert_eq!(done(&shop, act), 1, "{}: all of it was written", act.before);
        is_sound(&shop, act.before);
        if act.again == 0 {
            continue;
        }
        let said = shop.command(act.command);
        assert_eq!(said.code, act.again, "{}: {}", act.before, said.err);
        assert_eq!(done(&shop, act), 1, "{}: once", act.before);
    }
}

#[test]
fn service_that_is_killed_while_it_looks_for_what_was_left_over_looks_again() {
    let mut shop = open(CONSOLE);
    shop.launch_with(Some("sweep.look.before:1:kill"));
    shop.wait_for_end();
    shop.launch();
    shop.until_logged("nightdesk is serving");
    complain(&shop, 1);
    until(&mut shop, "a ticket", "SELECT COUNT(*) FROM ticket", 1);
}
