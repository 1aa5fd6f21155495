//! How currencies are divided (ISO 4217), for those whose amounts are recognized.

const WITHOUT_DECIMALS: &[&str] = &["CLP", "ISK", "JPY", "KRW", "VND"];
const WITH_THREE_DECIMALS: &[&str] = &["BHD", "JOD", "KWD", "OMR", "TND"];

/// Returns how many decimals an amount of a currency has: 2 unless the currency is known to differ.
pub fn decimals(code: &str) -> u32 {
    if WITHOUT_DECIMALS.contains(&code) {
        0
    } else if WITH_THREE_DECIMALS.contains(&code) {
        3
    } else {
        2
    }
}
