//! When people must have answered, when the machine may, and when buyers are left in peace: `overnight`, `clocks`,
//! `quiet_hours`.

use std::collections::BTreeMap;

use jiff::civil;

use crate::{
    config::{desk, raw::Reader},
    diagnostic::{
        Code, Diagnostic,
        yaml::{Kind, Node, fields::Fields},
    },
    engine::settings::Clocks,
    model::{
        inbound::ChannelKind,
        mode::Mode,
        time::{DeskHours, QuietHours, ResponseClock},
    },
};

const CLOCK: &str = "a response clock: `24h`, `2m desk` for desk time, or `same_day`";
const QUIET: &str = "hours of the buyer's clock such as 22:00-08:00, or off";

/// An `overnight` that has nothing to tell apart.
pub(super) const OVERNIGHT_IDLE: Code = Code::new("overnight-idle");

/// Reads `overnight`: the highest mode while somebody is at the desk; none where the hour makes no difference.
pub(super) fn overnight(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    desk: &DeskHours,
    max_mode: &BTreeMap<ChannelKind, Mode>,
) -> Option<Mode> {
    let node = fields.node("overnight")?;
    let mode = ceiling(reader, node)?;
    let idle = if desk.never_closes() {
        Some(("the desk never closes, so that nothing is ever answered by itself", "write the hours of the desk"))
    } else if desk.week.iter().all(Vec::is_empty) {
        Some(("the desk never opens, so that `overnight` changes nothing", "write the hours of the desk"))
    } else if max_mode.values().all(|highest| *highest <= mode) {
        Some(("`max_mode` allows no more at night either", "raise `max_mode`, which holds while nobody is there"))
    } else {
        None
    };
    if let Some((why, help)) = idle {
        let span = reader.span(node);
        reader.push(Diagnostic::warning(OVERNIGHT_IDLE, why, span, "here").help(help));
    }
    Some(mode)
}

fn ceiling(reader: &mut Reader<'_>, node: &Node) -> Option<Mode> {
    if let Kind::Mapping(_) = node.kind {
        let mut section = reader.open(node)?;
        let modes = [("shadow", Mode::Shadow), ("suggest", Mode::Suggest)];
        let open = section.node("open");
        if open.is_none() {
            reader.missing(node, "open", "write `overnight: on`, or `overnight: {open: shadow}`");
        }
        let mode = open.and_then(|open| reader.choose(open, &modes));
        reader.close(section);
        return mode;
    }
    reader.choose(node, &[("on", Some(Mode::Suggest)), ("off", None)]).flatten()
}

/// Reads `clocks`.
pub(super) fn clocks(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Clocks {
    let mut clocks = Clocks::default();
    let Some(mut section) = fields.node("clocks").and_then(|node| reader.open(node)) else { return clocks };
    for (key, slot) in [("email", &mut clocks.email), ("telegram", &mut clocks.telegram)] {
        let written = section.node(key).and_then(|node| clock(reader, node));
        *slot = written.unwrap_or(*slot);
    }
    match section.node("marketplaces").map(|node| (node, &node.kind)) {
        Some((_, Kind::Mapping(entries))) => {
            for (name, value) in entries {
                let (Some(name), Some(clock)) = (name.as_text(), clock(reader, value)) else { continue };
                clocks.marketplaces.insert(name.to_owned(), clock);
            }
        }
        Some((node, _)) => reader.bad(node, "marketplaces with their clocks such as `amazon: 24h`"),
        None => {}
    }
    reader.close(section);
    clocks
}

fn clock(reader: &mut Reader<'_>, node: &Node) -> Option<ResponseClock> {
    let clock = node.as_text().and_then(|text| text.parse().ok());
    if clock.is_none() {
        reader.bad(node, CLOCK);
    }
    clock
}

/// Reads `quiet_hours`; none where no hour is quiet.
pub(super) fn quiet_hours(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<QuietHours> {
    let node = fields.node("quiet_hours")?;
    let text = node.as_text().unwrap_or_default();
    if text == "off" {
        return None;
    }
    let quiet = quiet(text);
    if quiet.is_none() {
        reader.bad(node, QUIET);
    }
    quiet
}

fn quiet(text: &str) -> Option<QuietHours> {
    let period = desk::period(text)?;
    let time = |minute: u16| {
        let (hour, minute) = (i8::try_from(minute / 60 % 24).ok()?, i8::try_from(minute % 60).ok()?);
        civil::Time::new(hour, minute, 0, 0).ok()
    };
    Some(QuietHours { from: time(period.from)?, to: time(period.to)? })
}
