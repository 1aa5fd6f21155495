//! Everything at once, in an order that a number decides: what breaks here can be played again.

use std::{collections::BTreeMap, thread, time::Duration};

use crate::support::{
    letter::Letter,
    post::{Post, SHOP},
    shop::Shop,
};

/// Steps of one run.
const STEPS: u32 = 60;

/// The shop's own brake must not hide what is tested.
const NO_BRAKE: &str =
    "limits:\n  sends_per_ten_minutes: 1000\ndelivery:\n  retry_after: 1s\n  longest_pause: 1s\n  verify_for: 1s";

/// Larger than the UIDVALIDITY of a new mailbox.
const FIRST_NUMBER: u32 = 4_000_000_000;

#[test]
fn nothing_is_lost_or_said_twice_whatever_happens_in_whatever_order() {
    let post = Post::start();
    let mut shop = Shop::open(&post.account(), NO_BRAKE);
    shop.start();
    run(&post, &mut shop, 20_261_121);
}

#[test]
fn nothing_is_lost_or_said_twice_over_postgres() {
    let post = Post::start();
    let Some(mut shop) = Shop::on_postgres(&post.account(), NO_BRAKE) else { return };
    shop.start();
    run(&post, &mut shop, 1_047);
}

fn run(post: &Post, shop: &mut Shop, seed: u64) {
    let mut chance = Chance(seed);
    // How often each buyer's mail was delivered.
    let mut delivered: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for step in 0..STEPS {
        match chance.below(10) {
            0..4 => {
                let refused_once = if chance.below(3) == 0 { "once451" } else { "" };
                let from = format!("{refused_once}buyer@shop{step}.example");
                let raw = Letter::new(&from, "Customs", "Will I have to pay customs if you ship to Germany?").raw();
                post.deliver(&from, &raw);
                delivered.insert(from, (raw, 1));
            }
            4 => {
                let again = chance.below(delivered.len().max(1));
                if let Some((from, (raw, times))) = delivered.iter_mut().nth(again) {
                    post.deliver(from, raw);
                    *times += 1;
                }
            }
            5..9 => {
                shop.kill();
                shop.launch();
            }
            // Dovecot ends the connections of whoever reads the mailbox at this moment.
            _ => post.dovecot.set_uid_validity(SHOP, FIRST_NUMBER + step),
        }
        thread::sleep(Duration::from_millis(u64::try_from(chance.below(300)).expect("a small number")));
    }
    shop.kill();
    shop.start();
    judge(post, shop, &delivered);
}

/// Compares what was delivered with what is stored and what left.
fn judge(post: &Post, shop: &Shop, delivered: &BTreeMap<String, (String, usize)>) {
    let total = delivered.values().map(|(_, times)| times).sum();
    let settled = shop.until_settled(total);
    assert_eq!(settled.len(), total, "each delivery is stored once");
    let mut sent_or_doubted = 0;
    for activity in &settled {
        match activity.outcome.as_deref() {
            Some("answered") => {
                let [message] = activity.messages.as_slice() else { panic!("not one message: {activity:#?}") };
                let doubted = message.state == "escalated" && activity.ticket.is_some();
                assert!(message.state == "sent" || doubted, "{activity:#?}");
                sent_or_doubted += 1;
            }
            Some("suppressed") => assert!(activity.messages.is_empty(), "{activity:#?}"),
            _ => panic!("neither answered nor a copy: {activity:#?}"),
        }
    }
    assert_eq!(sent_or_doubted, delivered.len(), "one answer for each buyer");
    let doubted = settled.iter().flat_map(|activity| &activity.messages).filter(|message| message.state != "sent");
    let doubted = doubted.count();
    let mut unanswered = 0;
    for buyer in delivered.keys() {
        match post.sent_to(buyer).len() {
            0 => unanswered += 1,
            1 => {}
            many => panic!("{many} answers to {buyer}"),
        }
    }
    assert!(unanswered <= doubted, "{unanswered} buyers got no answer, {doubted} answers are doubted");
    assert_eq!(shop.tickets().len(), doubted, "only doubted answers need a person");
}

/// A small generator (Knuth's MMIX constants); the same seed gives the same run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bits = usize::try_from(self.0 >> 33).expect("31 bits");
        bits % limit
    }
}
