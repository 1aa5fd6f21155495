//! Where a list goes on: with what is older than the last entry of the page.

/// Returns the number that the next page begins below; none where this one was not filled, so that nothing is left.
pub(super) fn next<T>(found: &[T], limit: u32, number: impl Fn(&T) -> i64) -> Option<String> {
    let full = found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    found.last().filter(|_| full).map(|last| number(last).to_string())
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn only_a_full_page_goes_on_and_below_its_last_entry() {
        assert_eq!(next(&[9_i64, 7, 4], 3, |number| *number).as_deref(), Some("4"));
        assert_eq!(next(&[9_i64, 7], 3, |number| *number), None);
        assert_eq!(next(&[], 3, |number: &i64| *number), None);
    }
}
