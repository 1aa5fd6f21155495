//! The buyer's clock and ours: in which zone a moment is named to the buyer, when a person will have written, and by when
//! one must.

use jiff::{
    SignedDuration, Timestamp, Zoned,
    tz::{Offset, TimeZone},
};

use crate::{
    engine::{guard::Case, understand::Understanding},
    model::{inbound::Inbound, ticket::Due, time::ResponseClock, zone},
    replies::catalog::HumanEta,
    text::entity::country,
};

/// The name of the clock that the shop's own promise runs by.
const PROMISE: &str = "reply_within";

/// Below this the detector guesses, and a clock is not guessed from a guess.
const SURE: f64 = 0.5;

/// Who wrote within the hour waits for an answer, and is awake.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// What is known of the clock on the buyer's wall.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BuyersClock {
    /// Its zone.
    pub zone: TimeZone,
    /// It is certain enough to be called the buyer's own time.
    pub sure: bool,
}

/// Returns the clock on which moments are told: the buyer's as far as there is any sign of it, otherwise the desk's.
pub(super) fn told_on(case: &Case<'_>, understanding: &Understanding<'_>) -> BuyersClock {
    let desk = || BuyersClock { zone: case.settings.desk.zone.clone(), sure: false };
    buyers_clock(case, understanding).unwrap_or_else(desk)
}

/// Returns the moment by which a person answers, on the buyer's clock where there is any sign of it.
pub(super) fn human_eta(case: &Case<'_>, understanding: &Understanding<'_>) -> Option<HumanEta> {
    let desk = &case.settings.desk;
    let at = desk.after_desk_minutes(case.now, case.settings.reply_within_minutes)?;
    let clock = told_on(case, understanding);
    Some(HumanEta { at: at.to_zoned(clock.zone), zone_known: clock.sure })
}

/// Returns by when a person must have answered, by the tightest of the clocks of channel, marketplace and shop.
///
/// Clocks of others run from the moment the message came in, the shop's promise from now, as the buyer is told.
pub(super) fn due(case: &Case<'_>, understanding: &Understanding<'_>) -> Option<Due> {
    let settings = case.settings;
    let zone = told_on(case, understanding).zone;
    let channel = case.inbound.channel;
    let marketplace = case.inbound.marketplace.as_deref();
    let marketplace = marketplace.and_then(|name| Some((name, marketplace_clock(case, name)?)));
    let outside = [Some((channel.as_str(), settings.clocks.channel(channel))), marketplace];
    let outside = outside.into_iter().flatten().filter_map(|(name, clock)| {
        let at = clock.due(case.inbound.received_at, &settings.desk, &zone)?;
        Some(Due { at, clock: format!("{name} {clock}") })
    });
    let promised = settings.desk.after_desk_minutes(case.now, settings.reply_within_minutes);
    let promised = promised.map(|at| Due { at, clock: PROMISE.to_owned() });
    outside.chain(promised).min_by_key(|due| due.at)
}

/// Returns by when the marketplace that brought a message wants an answer of a person; none if it has no clock.
pub(super) fn due_at_marketplace(case: &Case<'_>, understanding: &Understanding<'_>) -> Option<Due> {
    let name = case.inbound.marketplace.as_deref()?;
    let clock = marketplace_clock(case, name)?;
    let at = clock.due(case.inbound.received_at, &case.settings.desk, &told_on(case, understanding).zone)?;
    Some(Due { at, clock: format!("{name} {clock}") })
}

/// Returns the clock of a marketplace: the shop's own setting, or what the marketplace's profile says.
fn marketplace_clock(case: &Case<'_>, name: &str) -> Option<ResponseClock> {
    let own = case.settings.clocks.marketplaces.get(name).copied();
    own.or_else(|| case.profile()?.response)
}

/// Returns when an answer to this message may go out, where that is not at once: the message has lain so long, after an
/// outage, that it is night where the buyer is by now, and a message may wake people.
///
/// Who wrote a moment ago is awake, whatever the clock says, and is answered at once.
pub(super) fn not_before(case: &Case<'_>, understanding: &Understanding<'_>) -> Option<Timestamp> {
    let quiet = case.settings.quiet_hours?;
    let fresh = case.now.duration_since(case.inbound.received_at) < FRESH;
    let clock = buyers_clock(case, understanding).filter(|_| !fresh)?;
    let over = quiet.over(case.now, &clock.zone);
    (over > case.now).then_some(over)
}

/// Returns the buyer's clock by the best sign there is: the buyer's country, the clock of the program the mail was
/// written with, a country the message names, the language.
///
/// It is called the buyer's own only where two signs agree, or the buyer lives in a country with one clock: the country
/// that a message names may be that of a friend, and who lives in a country with several may write from anywhere.
fn buyers_clock(case: &Case<'_>, understanding: &Understanding<'_>) -> Option<BuyersClock> {
    let written = written_at(case.inbound);
    let sure = |zone| Some(BuyersClock { zone, sure: true });
    let unsure = |zone| Some(BuyersClock { zone, sure: false });
    let known = case.ctx.buyer.as_ref().and_then(|buyer| buyer.country.as_deref()).and_then(zone::main_zone);
    if let Some(main) = known {
        return match written {
            _ if main.only => sure(main.zone),
            Some(offset) if shows(&main.zone, offset, case.inbound.received_at) => sure(main.zone),
            Some(offset) => unsure(TimeZone::fixed(offset)),
            None => unsure(main.zone),
        };
    }
    let site = || case.inbound.relay.read().and_then(|relayed| relayed.country.as_deref());
    let named = understanding.named.only(country::KIND).or_else(site).and_then(zone::main_zone);
    match (named, written) {
        (Some(main), Some(offset)) if shows(&main.zone, offset, case.inbound.received_at) => sure(main.zone),
        (_, Some(offset)) => unsure(TimeZone::fixed(offset)),
        (Some(main), None) => unsure(main.zone),
        (None, None) => {
            let detected = understanding.language.detected.filter(|_| understanding.language.confidence >= SURE);
            let language = case.inbound.language_hint.or(detected)?;
            unsure(zone::of_language(language)?)
        }
    }
}

fn shows(zone: &TimeZone, offset: Offset, at: Timestamp) -> bool {
    Zoned::new(at, zone.clone()).offset() == offset
}

/// Returns how far the sender's clock is from UTC, by the mail's `Date` (RFC 5322 section 3.3).
///
/// `+0000` and zone names say nothing: servers write them, and `-0000` says so. A marketplace's clock is not the buyer's.
fn written_at(inbound: &Inbound) -> Option<Offset> {
    let mail = inbound.mail.as_ref().filter(|_| inbound.marketplace.is_none())?;
    let written = mail.values("Date").next()?;
    let written = written.split('(').next().unwrap_or_default().trim_end();
    let zone = written.rsplit_once(' ').map(|(_, zone)| zone)?;
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = (digits[..2].parse::<i32>().ok()?, digits[2..].parse::<i32>().ok()?);
    let seconds = sign * (hours * 3_600 + minutes * 60);
    // The clocks of the world lie between UTC-12 and UTC+14, at quarters of an hour.
    let exists = (-12 * 3_600..=14 * 3_600).contains(&seconds) && seconds % 900 == 0 && seconds != 0;
    Offset::from_seconds(seconds).ok().filter(|_| exists)
}
