//! Moments on the pages: on the desk's own clock, to the minute.

use jiff::Timestamp;

use crate::console::Shop;

/// Returns a moment as people of the desk read it: `2026-11-22 22:35`.
pub(super) fn minute(shop: &Shop, at: Timestamp) -> String {
    at.to_zoned(shop.live.engine().settings().desk.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}
