//! What several lines of several files say about orders, put together. Pure.
//!
//! Within a file, the lines of one number are parts of one order: the least advanced part says where it stands. Of
//! several files the newest that says a thing counts. An order is its buyer's by the newest file of its series that names
//! an address. A series without addresses and without days on which orders were placed is a list (a carrier's tracking
//! numbers); it adds to an order only if one shop has its number. A shop whose files are too old to be spoken of has its
//! numbers still.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};

use crate::model::order::{LineStatus, Order, OrderSource, OrderStatus};

/// More parcels of one order are no list for a letter.
const MAX_TRACKINGS: usize = 5;

/// A stored line with its file.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) series: String,
    pub(super) source: OrderSource,
    pub(super) number: String,
    pub(super) number_key: String,
    pub(super) email_key: Option<String>,
    /// Some line of the file has an address.
    pub(super) addressed: bool,
    pub(super) status: Option<LineStatus>,
    pub(super) placed: Option<civil::Date>,
    pub(super) shipped: Option<civil::Date>,
    pub(super) delivered: Option<civil::Date>,
    pub(super) carrier: Option<String>,
    pub(super) tracking: Option<String>,
}

/// An order as all files tell it.
#[derive(Debug)]
pub(super) struct Merged {
    /// What they say, for people.
    pub(super) order: Order,
    /// Where it stands needs a person.
    unclear: bool,
}

impl Merged {
    /// Returns what a buyer may be told. A parcel that left, and then something that needs a person: it may have come
    /// back, so nothing is said of it.
    pub(super) fn for_buyer(self) -> Order {
        if !self.unclear {
            return self.order;
        }
        Order { shipped: None, delivered: None, carrier: None, tracking: None, ..self.order }
    }
}

/// Everything one file says about one order.
#[derive(Debug)]
struct Account {
    first: Told,
    trackings: Vec<String>,
    /// Lines name different addresses.
    torn: bool,
}

/// Returns the orders of that address, newest first, as files say that were written at that moment or later.
pub(super) fn merge(told: Vec<Told>, email_key: &str, fresh_since: Timestamp) -> Vec<Merged> {
    let mut numbers: BTreeMap<String, BTreeMap<(String, String), Account>> = BTreeMap::new();
    for line in told {
        let files = numbers.entry(line.number_key.clone()).or_default();
        let file = (line.series.clone(), line.source.file.clone());
        match files.get_mut(&file) {
            Some(account) => account.add(line),
            None => {
                files.insert(file, Account::new(line));
            }
        }
    }
    let mut orders: Vec<Merged> =
        numbers.into_values().flat_map(|files| of_number(files, email_key, fresh_since)).collect();
    orders.sort_by(|left, right| {
        let age = |Merged { order, .. }: &Merged| {
            (order.placed, order.source.as_ref().map(|source| source.as_of), order.number.clone())
        };
        age(right).cmp(&age(left))
    });
    orders
}

/// Returns the orders of one number: as many as there are series in which it is the buyer's.
fn of_number(files: BTreeMap<(String, String), Account>, email_key: &str, fresh_since: Timestamp) -> Vec<Merged> {
    let mut series: BTreeMap<String, Vec<Account>> = BTreeMap::new();
    for ((name, _), account) in files {
        series.entry(name).or_default().push(account);
    }
    let (mut shops, mut lists): (Vec<_>, Vec<_>) =
        series.into_values().partition(|accounts| accounts.iter().any(Account::is_a_shops));
    // A list of tracking numbers does not say whose number it means.
    if shops.len() > 1 {
        lists.clear();
    }
    let fresh = |account: &Account| account.first.source.as_of >= fresh_since;
    for accounts in &mut shops {
        accounts.retain(fresh);
    }
    let mut lists: Vec<Account> = lists.into_iter().flatten().filter(fresh).collect();
    let mine = shops.into_iter().filter_map(|mut accounts| {
        newest_first(&mut accounts);
        let owner = accounts.iter().find(|account| account.first.email_key.is_some())?;
        if owner.torn || owner.first.email_key.as_deref() != Some(email_key) {
            return None;
        }
        // What a file says of the same number under another address may be of another shop's order.
        accounts.retain(|account| {
            let key = account.first.email_key.as_deref();
            !account.torn && key.is_none_or(|key| key == email_key)
        });
        accounts.append(&mut lists);
        newest_first(&mut accounts);
        Some(put_together(&accounts))
    });
    mine.collect()
}

fn newest_first(accounts: &mut [Account]) {
    let age = |account: &Account| (account.first.source.as_of, account.first.source.file.clone());
    accounts.sort_by_key(|account| std::cmp::Reverse(age(account)));
}

fn put_together(accounts: &[Account]) -> Merged {
    let newest = |says: &dyn Fn(&Account) -> bool| accounts.iter().find(|account| says(account));
    let status = newest(&|account| account.first.status.is_some()).and_then(|account| account.first.status);
    let (status, unclear) = match status {
        Some(LineStatus::Known(status)) => (Some(status), false),
        Some(LineStatus::Unclear) => (None, true),
        None => (None, false),
    };
    let day = |of: fn(&Told) -> Option<civil::Date>| accounts.iter().find_map(|account| of(&account.first));
    let tracking = newest(&|account| !account.trackings.is_empty()).map(|account| account.trackings.join(", "));
    let before = |point: OrderStatus| status.is_some_and(|status| status < point);
    let first = &accounts[0].first;
    let order = Order {
        number: first.number.clone(),
        status,
        placed: day(|told| told.placed),
        // A part that left is no order that left.
        shipped: day(|told| told.shipped).filter(|_| !before(OrderStatus::Shipped)),
        delivered: day(|told| told.delivered).filter(|_| !before(OrderStatus::Delivered)),
        carrier: accounts.iter().find_map(|account| account.first.carrier.clone()),
        tracking,
        source: Some(first.source.clone()),
    };
    Merged { order, unclear }
}

impl Account {
    fn new(first: Told) -> Self {
        Self { trackings: first.tracking.iter().cloned().collect(), torn: false, first }
    }

    /// Returns whether a shop wrote it: carriers know neither addresses nor when an order was placed.
    fn is_a_shops(&self) -> bool {
        self.first.addressed || self.first.placed.is_some()
    }

    /// Adds another line of the same order.
    fn add(&mut self, line: Told) {
        let first = &mut self.first;
        self.torn |= first.email_key.is_some() && line.email_key.is_some() && first.email_key != line.email_key;
        first.email_key = first.email_key.take().or(line.email_key);
        first.status = least(first.status, line.status);
        first.placed = earlier(first.placed, line.placed);
        first.shipped = first.shipped.max(line.shipped);
        first.delivered = first.delivered.max(line.delivered);
        first.carrier = first.carrier.take().or(line.carrier);
        if let Some(tracking) = line.tracking
            && !self.trackings.contains(&tracking)
            && self.trackings.len() < MAX_TRACKINGS
        {
            self.trackings.push(tracking);
        }
    }
}

/// Returns the point that all parts have reached; a part that needs a person makes the whole need one.
fn least(left: Option<LineStatus>, right: Option<LineStatus>) -> Option<LineStatus> {
    match (left, right) {
        (Some(LineStatus::Known(left)), Some(LineStatus::Known(right))) => Some(LineStatus::Known(left.min(right))),
        (Some(LineStatus::Unclear), _) | (_, Some(LineStatus::Unclear)) => Some(LineStatus::Unclear),
        (left, right) => left.or(right),
    }
}

fn earlier(left: Option<civil::Date>, right: Option<civil::Date>) -> Option<civil::Date> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}
