//! Durations and sizes as people write them: `90s`, `4h`, `25 MB`.

/// The longest duration, ten years: nothing waits longer, and every moment it leads to can be written down.
const LONGEST_SECONDS: u64 = 3_650 * 86_400;

/// Returns the seconds of `90s`, `15m`, `4h`, `2d`; none if it is written otherwise, or longer than ten years.
pub(super) fn seconds(written: &str) -> Option<u64> {
    let (number, unit) = split(written)?;
    let factor = match unit.as_str() {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    };
    number.checked_mul(factor).filter(|seconds| *seconds <= LONGEST_SECONDS)
}

/// Returns the bytes of `500 kB`, `25 MB`, counted in powers of 1,000 as disks are sold.
pub(super) fn bytes(written: &str) -> Option<u64> {
    let (number, unit) = split(written)?;
    let factor = match unit.as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

fn split(written: &str) -> Option<(u64, String)> {
    let written = written.trim();
    let digits = written.len() - written.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let number = written[..digits].parse().ok()?;
    Some((number, written[digits..].trim().to_ascii_lowercase()))
}
