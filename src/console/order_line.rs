//! One order in one line, in the reader's language: where it stands, and where that is written down.

use jiff::{SignedDuration, Timestamp};

use crate::{
    console::{
        when,
        words::{Tongue, fill, orders::Words},
    },
    model::order::{Order, OrderSource, OrderStatus},
};

/// Returns an order in words. Numbers, days, carrier and file stand as the records have them; the age of the file is what it
/// was at that moment.
pub(super) fn of(order: &Order, at: Timestamp, tongue: Tongue) -> String {
    let words = Words::of(tongue);
    let days =
        [(words.placed_on, order.placed), (words.shipped_on, order.shipped), (words.delivered_on, order.delivered)];
    let mut told = vec![order.status.map_or(words.unknown, |known| status(known, tongue)).to_owned()];
    told.extend(days.into_iter().filter_map(|(what, day)| Some(fill(what, &[&day?.to_string()]))));
    told.extend([&order.carrier, &order.tracking].into_iter().flatten().cloned());
    let line = fill(words.line, &[&order.number, &told.join(words.between)]);
    let Some(OrderSource { file, line: place, as_of }) = &order.source else { return line };
    let age = when::length(at.duration_since(*as_of).max(SignedDuration::ZERO), tongue);
    line + &fill(words.written, &[file, &place.to_string(), &age])
}

/// Returns why no order was spoken of; what the record says where those words are none of ours any more.
pub(super) fn unseen(why: &str, tongue: Tongue) -> String {
    let (english, words) = (Words::of(Tongue::English), Words::of(tongue));
    let reasons: [fn(&Words) -> &'static str; 5] = [
        |words| words.chat,
        |words| words.form,
        |words| words.forwarded,
        |words| words.unproven,
        |words| words.elsewhere,
    ];
    let known = reasons.into_iter().find(|reason| reason(english) == why).map(|reason| reason(words).to_owned());
    let old = || why.strip_prefix(english.too_old.trim_end_matches("{}")).map(|files| fill(words.too_old, &[files]));
    known.or_else(old).unwrap_or_else(|| why.to_owned())
}

/// Returns what people call where an order stands.
pub(super) fn status(status: OrderStatus, tongue: Tongue) -> &'static str {
    let words = Words::of(tongue);
    match status {
        OrderStatus::Unpaid => words.unpaid,
        OrderStatus::Paid => words.paid,
        OrderStatus::Packed => words.packed,
        OrderStatus::Shipped => words.shipped,
        OrderStatus::Delivered => words.delivered,
        OrderStatus::Returned => words.returned,
        OrderStatus::Canceled => words.canceled,
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp, civil::date};

    use super::{of, unseen};
    use crate::{
        console::words::Tongue,
        engine::identity::DOUBTS,
        model::order::{Order, OrderSource, OrderStatus},
    };

    #[test]
    fn an_order_is_told_in_the_language_of_the_reader() {
        let now = Timestamp::from_second(1_790_000_000).expect("a moment in 2026");
        let written = |hours| OrderSource {
            file: "orders.csv".to_owned(),
            line: 2,
            as_of: now - SignedDuration::from_hours(hours),
        };
        let order = Order {
            number: "#1001".to_owned(),
            status: Some(OrderStatus::Shipped),
            placed: Some(date(2026, 9, 1)),
            shipped: Some(date(2026, 9, 3)),
            delivered: None,
            carrier: Some("DHL".to_owned()),
            tracking: Some("LX123456785CN".to_owned()),
            source: Some(written(5)),
        };
        assert_eq!(
            of(&order, now, Tongue::English),
            "#1001: shipped, placed 2026-09-01, shipped 2026-09-03, DHL, LX123456785CN (orders.csv, line 2, written 5 h \
             earlier)"
        );
        assert_eq!(
            of(&order, now, Tongue::Chinese),
            "#1001：已发货，2026-09-01 下单，2026-09-03 发货，DHL，LX123456785CN（orders.csv 第 2 行，5 小时前写入）"
        );
        // A file from a machine whose clock runs ahead is as new as can be.
        let ahead = Order {
            status: None,
            placed: None,
            shipped: None,
            carrier: None,
            tracking: None,
            source: Some(written(-3)),
            ..order
        };
        assert_eq!(
            of(&ahead, now, Tongue::English),
            "#1001: where it stands is not known (orders.csv, line 2, written 0 min earlier)"
        );
        assert_eq!(of(&Order { source: None, ..ahead }, now, Tongue::Chinese), "#1001：状态未知");
    }

    #[test]
    fn every_reason_for_which_the_engine_speaks_of_no_order_is_told_in_the_language_of_the_reader() {
        for why in DOUBTS {
            assert_eq!(unseen(why, Tongue::English), why);
            assert!(!unseen(why, Tongue::Chinese).contains(|letter: char| letter.is_ascii_alphabetic()), "{why}");
        }
        assert_eq!(unseen("too old to be spoken of: a.csv", Tongue::Chinese), "记录过旧，不予引用：a.csv");
    }
}
