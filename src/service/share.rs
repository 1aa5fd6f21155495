//! Who should serve what: the fair share of the accounts among the processes that live. Pure: it looks at how things
//! stand and says what this process should take and give back; `lease` does it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    model::ids::AccountName,
    store::lease::{self, Standing},
};

/// What this process should do next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// Leases to acquire.
    pub take: Vec<AccountName>,
    /// Leases to give back, because a process that serves less could have them.
    pub give: Vec<AccountName>,
}

/// An account that is free for so long is taken even by a process that serves more than the others: whoever should have
/// had it does not come.
const PATIENCE: Duration = lease::LENGTH;

/// Returns what a process should do. `mine` are the accounts it serves, `leaving` those it is about to end; neither is
/// taken again.
///
/// A free account goes to the process that serves least among those that have it in their configuration, so each gets
/// at most its share: the accounts divided by the processes, rounded up. A process that serves more gives back what one
/// that serves at least two less could have; one account and two processes therefore rest as they are.
pub(super) fn plan(
    me: &str,
    mine: &BTreeSet<AccountName>,
    leaving: &BTreeSet<AccountName>,
    standing: &Standing,
) -> Plan {
    let living = || standing.runners.iter().filter(|seen| seen.lives || seen.runner.id == me);
    let mut served: BTreeMap<&str, usize> = living().map(|seen| (seen.runner.id.as_str(), 0)).collect();
    for lease in &standing.leases {
        if let Some(count) = lease.holder.as_deref().and_then(|holder| served.get_mut(holder)) {
            *count += 1;
        }
    }
    served.insert(me, mine.len());
    let wants = |id: &str, account: &AccountName| {
        living().any(|seen| seen.runner.id == id && seen.runner.accounts.contains(account))
    };
    let mut plan = Plan::default();
    let mut own = mine.len();
    for account in wanted(me, standing) {
        if mine.contains(account) || leaving.contains(account) {
            continue;
        }
        let lease = standing.leases.iter().find(|lease| lease.account == *account);
        if lease.is_some_and(|lease| lease.holder.as_deref().is_some_and(|holder| holder != me)) {
            continue;
        }
        let poorer = served.iter().any(|(id, count)| *id != me && *count < own && wants(id, account));
        if !poorer || lease.is_some_and(|lease| lease.free_for > PATIENCE) {
            plan.take.push(account.clone());
            own += 1;
        }
    }
    if plan.take.is_empty() {
        give(me, mine, &mut served, &wants, &mut plan.give);
    }
    plan
}

/// Returns the accounts a process could serve: those of its configuration, and those that nobody has in theirs.
fn wanted<'s>(me: &str, standing: &'s Standing) -> impl Iterator<Item = &'s AccountName> {
    let configured = standing.runners.iter().filter(move |seen| seen.runner.id == me);
    configured.flat_map(|seen| &seen.runner.accounts).chain(&standing.abandoned)
}

fn give<'s>(
    me: &'s str,
    mine: &BTreeSet<AccountName>,
    served: &mut BTreeMap<&'s str, usize>,
    wants: &impl Fn(&str, &AccountName) -> bool,
    given: &mut Vec<AccountName>,
) {
    let share = served.values().sum::<usize>().div_ceil(served.len().max(1));
    for account in mine {
        let own = served[me];
        let poorer = served.iter().find(|(id, count)| **id != me && **count + 1 < own && wants(id, account));
        let Some(poorer) = poorer.map(|(id, _)| *id) else { continue };
        if own <= share {
            return;
        }
        given.push(account.clone());
        *served.entry(poorer).or_default() += 1;
        *served.entry(me).or_default() -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::store::lease::{LeaseSeen, Runner, RunnerSeen};

    fn names(accounts: &[&str]) -> Vec<AccountName> {
        accounts.iter().map(|&name| AccountName::from(name)).collect()
    }

    fn runner(id: &str, accounts: &[&str]) -> RunnerSeen {
        let runner = Runner { id: id.to_owned(), host: "desk".to_owned(), pid: 1, accounts: names(accounts) };
        RunnerSeen { runner, started_at: Timestamp::UNIX_EPOCH, seen_at: Timestamp::UNIX_EPOCH, lives: true }
    }

    fn account(account: &str, holder: Option<&str>) -> LeaseSeen {
        let holder = holder.map(str::to_owned);
        LeaseSeen { account: account.into(), holder, fence: 1, free_for: Duration::ZERO }
    }

    fn planned(me: &str, standing: &Standing) -> Plan {
        let held = standing.leases.iter().filter(|lease| lease.holder.as_deref() == Some(me));
        let mine = held.map(|lease| lease.account.clone()).collect();
        plan(me, &mine, &BTreeSet::new(), standing)
    }

    /// Lets everybody act in turn until nobody does anything; returns how many rounds that took.
    fn settle(standing: &mut Standing) -> usize {
        for round in 0..100 {
            let mut quiet = true;
            for seen in standing.runners.clone().iter().filter(|seen| seen.lives) {
                let me = seen.runner.id.as_str();
                let Plan { take, give } = planned(me, standing);
                quiet &= take.is_empty() && give.is_empty();
                standing.leases.retain(|lease| !take.contains(&lease.account));
                standing.leases.extend(take.iter().map(|name| account(name.as_str(), Some(me))));
                for lease in standing.leases.iter_mut().filter(|lease| give.contains(&lease.account)) {
                    lease.holder = None;
                }
            }
            if quiet {
                return round;
            }
        }
        panic!("accounts move about for ever: {standing:?}")
    }

    fn counts(standing: &Standing) -> Vec<usize> {
        let held = |id: &str| standing.leases.iter().filter(|lease| lease.holder.as_deref() == Some(id)).count();
        standing.runners.iter().map(|seen| held(&seen.runner.id)).collect()
    }

    #[test]
    fn one_process_takes_everything() {
        let mut standing = Standing { runners: vec![runner("a", &["x", "y", "z"])], ..Standing::default() };
        settle(&mut standing);
        assert_eq!(counts(&standing), [3]);
    }

    #[test]
    fn newcomers_get_their_share() {
        let all = ["s", "t", "u", "v", "w", "x", "y"];
        let mut standing = Standing { runners: vec![runner("a", &all)], ..Standing::default() };
        settle(&mut standing);
        standing.runners.extend([runner("b", &all), runner("c", &all)]);
        assert!(settle(&mut standing) < 5);
        let mut shares = counts(&standing);
        shares.sort_unstable();
        assert_eq!(shares, [2, 2, 3]);
    }

    #[test]
    fn a_second_process_for_one_account_stands_by() {
        let runners = vec![runner("a", &["x"]), runner("b", &["x"])];
        let mut standing = Standing { runners, leases: vec![account("x", Some("b"))], ..Standing::default() };
        assert_eq!(settle(&mut standing), 0);
        standing.runners[1].lives = false;
        standing.leases[0].holder = None;
        settle(&mut standing);
        assert_eq!(counts(&standing), [1, 0]);
    }

    #[test]
    fn accounts_only_one_process_has_stay_there() {
        let runners = vec![runner("a", &["x", "y", "z"]), runner("b", &["x"])];
        let mut standing = Standing { runners, ..Standing::default() };
        settle(&mut standing);
        assert_eq!(counts(&standing), [2, 1]);
    }

    #[test]
    fn what_is_free_for_long_is_taken_by_whoever_is_there() {
        let runners = vec![runner("a", &["x", "y"]), runner("b", &["x", "y"])];
        let mut standing =
            Standing { runners, leases: vec![account("x", Some("a")), account("y", None)], ..Standing::default() };
        assert_eq!(planned("a", &standing).take, [], "b serves less");
        standing.leases[1].free_for = PATIENCE + Duration::from_secs(1);
        assert_eq!(planned("a", &standing).take, names(&["y"]), "b does not come");
    }

    #[test]
    fn work_of_removed_accounts_is_somebodys() {
        let standing = Standing { runners: vec![runner("a", &["x"])], leases: vec![], abandoned: names(&["gone"]) };
        assert_eq!(planned("a", &standing).take, names(&["x", "gone"]));
    }
}
