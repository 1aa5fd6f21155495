//! Several processes on one PostgreSQL database: who serves what, and what happens when one of them dies, is stopped past
//! its lease, or goes in good order.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use crate::support::{
    dovecot::{HOST, PASSWORD},
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP, mailbox},
    shop::{Shop, until_in},
    until::within,
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";
const UNKNOWN: &str = "Could you engrave the name of my grandmother on the lid?";

/// A killed process is replaced after its leases ran out and somebody looked: 15 seconds and one; the rest is room for
/// a busy machine that runs unoptimized programs.
const TAKE_OVER: Duration = Duration::from_secs(40);

/// Several processes over one database and one post.
struct Instances {
    post: Post,
    shops: Vec<Shop>,
    accounts: usize,
    letters: u32,
}

fn address(account: usize) -> String {
    format!("shop{account}@example.com")
}

impl Instances {
    /// Starts the processes, the first one first; none where PostgreSQL is not installed.
    fn start(processes: usize, accounts: usize) -> Option<Self> {
        Self::start_with(processes, accounts, None)
    }

    /// The same, the first process with a fail point.
    fn start_with(processes: usize, accounts: usize, failpoint: Option<&str>) -> Option<Self> {
        let post = Post::start();
        let smtp = format!("{{host: {HOST}, port: {}, tls: none}}", post.relay.port());
        let account = |number| mailbox(&post.dovecot, &format!("a{number}"), &address(number), PASSWORD, &smtp);
        let configured: String = (0..accounts).map(account).collect();
        let first = Shop::on_postgres(&configured, RETRY_SOON)?;
        let mut shops = vec![first];
        for _ in 1..processes {
            let next = shops[0].beside(&configured, RETRY_SOON);
            shops.push(next);
        }
        shops[0].launch_with(failpoint);
        shops[0].until_logged("this process serves the account");
        for shop in &mut shops[1..] {
            shop.launch();
        }
        let instances = Self { post, shops, accounts, letters: 0 };
        instances.until_shared(processes);
        Some(instances)
    }

    /// Returns how many accounts each living process serves.
    fn served(&self) -> BTreeMap<String, usize> {
        let standing = self.shops[0].standing();
        let living = standing.runners.iter().filter(|seen| seen.lives);
        let mut served: BTreeMap<String, usize> = living.map(|seen| (seen.runner.id.clone(), 0)).collect();
        for holder in standing.leases.into_iter().filter_map(|lease| lease.holder) {
            *served.entry(holder).or_default() += 1;
        }
        served
    }

    /// Waits until every account is served and the shares are fair.
    fn until_shared(&self, processes: usize) {
        let mut last = BTreeMap::new();
        let shared = within(Duration::from_secs(90), || {
            last = self.served();
            let all = last.values().sum::<usize>() == self.accounts && last.len() == processes;
            let fair = last.values().all(|count| *count <= self.accounts.div_ceil(processes));
            (all && fair).then_some(())
        });
        assert!(shared.is_some(), "{processes} processes do not share {} accounts: {last:?}", self.accounts);
    }

    /// Has a new buyer ask a question in every mailbox; returns the buyers.
    fn ask_everywhere(&mut self) -> Vec<String> {
        (0..self.accounts).map(|account| self.ask(account)).collect()
    }

    fn ask(&mut self, account: usize) -> String {
        self.letters += 1;
        let buyer = format!("buyer{}@example{}.org", self.letters, self.letters);
        let letter = Letter::new(&buyer, "Customs", QUESTION);
        let raw = letter.raw().replace(SHOP, &address(account));
        self.post.dovecot.deliver(&address(account), &buyer, raw.as_bytes());
        buyer
    }

    /// Waits until each buyer has an answer.
    fn until_answered(&self, buyers: &[String]) {
        let answered = within(TAKE_OVER + Duration::from_secs(45), || {
            let answered: BTreeSet<String> = self.post.relay.mails().into_iter().flat_map(|mail| mail.to).collect();
            buyers.iter().all(|buyer| answered.contains(buyer)).then_some(())
        });
        assert!(answered.is_some(), "not everybody was answered: {:?}", self.shops[0].activity());
    }

    /// Makes sure that nobody got two mails.
    fn nobody_twice(&self) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for to in self.post.relay.mails().into_iter().flat_map(|mail| mail.to) {
            *counts.entry(to).or_default() += 1;
        }
        counts.retain(|_, count| *count > 1);
        assert!(counts.is_empty(), "answered more than once: {counts:?}");
    }
}

#[test]
fn accounts_of_a_killed_process_are_taken_over_and_nothing_is_lost_or_doubled() {
    let Some(mut desk) = Instances::start(3, 6) else { return };
    let before = desk.ask_everywhere();
    desk.until_answered(&before);
    let during = desk.ask_everywhere();
    let killed = Instant::now();
    desk.shops[1].kill();
    let after = desk.ask_everywhere();
    let taken =
        within(TAKE_OVER, || (desk.served().values().sum::<usize>() == 6 && desk.served().len() == 2).then_some(()));
    assert!(taken.is_some(), "after {:?}: {:?}", killed.elapsed(), desk.shops[0].standing());
    desk.until_answered(&[during, after].concat());
    desk.nobody_twice();
    assert_eq!(desk.shops[0].activity().len(), 18);
}

#[test]
fn process_that_was_stopped_past_its_lease_turns_back_before_anything_leaves() {
    let Some(mut desk) = Instances::start_with(2, 2, Some("delivery.claim.after:1:stop")) else { return };
    let buyers = desk.ask_everywhere();
    // The other process takes the account over and sends what the stopped one had begun.
    desk.until_answered(&buyers);
    desk.shops[0].signal("-CONT");
    desk.shops[0].until_logged("is lost");
    let more = desk.ask_everywhere();
    desk.until_answered(&more);
    desk.until_shared(2);
    desk.nobody_twice();
}

#[test]
fn message_of_a_process_stopped_right_before_its_last_bytes_leaves_once_and_is_known_to_have_left() {
    let Some(mut desk) = Instances::start_with(2, 2, Some("delivery.phase.after:1:stop")) else { return };
    let buyers = desk.ask_everywhere();
    // The other process finds that the message may have left, and looks for it instead of sending it again.
    let doubted = within(TAKE_OVER + Duration::from_secs(45), || {
        let messages = desk.shops[1].activity().into_iter().flat_map(|activity| activity.messages);
        messages.filter(|message| message.state == "uncertain").count().eq(&1).then_some(())
    });
    assert!(doubted.is_some(), "{:?}", desk.shops[1].activity());
    desk.shops[0].signal("-CONT");
    desk.until_answered(&buyers);
    desk.shops[0].until_logged("sent after all");
    desk.nobody_twice();
    assert!(desk.shops[1].tickets().is_empty(), "the server's word is a proof");
}

#[test]
fn second_process_for_one_account_stands_by_and_takes_over_at_once_from_one_that_stops() {
    let Some(mut desk) = Instances::start(2, 1) else { return };
    let buyers = desk.ask_everywhere();
    desk.until_answered(&buyers);
    assert!(!desk.shops[1].present_log().contains("this process serves the account"), "{}", desk.shops[1].log());
    assert!(desk.shops[0].terminate().success());
    let stopped = Instant::now();
    desk.shops[1].until_logged("this process serves the account");
    assert!(stopped.elapsed() < Duration::from_secs(8), "given back, not run out: {:?}", stopped.elapsed());
    let more = desk.ask_everywhere();
    desk.until_answered(&more);
    desk.nobody_twice();
}

#[test]
fn people_act_from_any_machine() {
    let Some(mut desk) = Instances::start(2, 1) else { return };
    desk.shops[1].succeed(&["pause"]);
    let letter = Letter::new("anna@example.org", "Engraving", UNKNOWN);
    let raw = letter.raw().replace(SHOP, &address(0));
    desk.post.dovecot.deliver(&address(0), "anna@example.org", raw.as_bytes());
    until_in("a ticket", || (!desk.shops[1].tickets().is_empty()).then_some(()));
    desk.shops[1].succeed(&["ticket", "reply", "1", "Yes, up to twelve letters."]);
    until_in("the person's mail", || (!desk.post.relay.mails().is_empty()).then_some(()));
    desk.shops[1].succeed(&["resume"]);
    let buyers = desk.ask_everywhere();
    desk.until_answered(&buyers);
    desk.nobody_twice();
}
