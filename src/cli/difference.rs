//! What changed between two texts, line by line. Pure.

/// Longer texts are shown as removed and added whole; finding common lines takes the product of both lengths.
const MAX_LINES: usize = 2_000;

/// Returns the lines that differ: `- ` before one that goes, `+ ` before one that comes.
pub(super) fn lines(from: &str, to: &str) -> Vec<String> {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let common = if from.len().max(to.len()) > MAX_LINES { Vec::new() } else { common(&from, &to) };
    let mut shown = Vec::new();
    let (mut left, mut right) = (0, 0);
    for (next_left, next_right) in common.into_iter().chain([(from.len(), to.len())]) {
        shown.extend(from[left..next_left].iter().map(|line| format!("- {line}")));
        shown.extend(to[right..next_right].iter().map(|line| format!("+ {line}")));
        (left, right) = (next_left + 1, next_right + 1);
    }
    shown
}

/// Returns the longest common subsequence as pairs of line numbers.
fn common(from: &[&str], to: &[&str]) -> Vec<(usize, usize)> {
    let mut longest = vec![vec![0_usize; to.len() + 1]; from.len() + 1];
    for left in (0..from.len()).rev() {
        for right in (0..to.len()).rev() {
            longest[left][right] = if from[left] == to[right] {
                longest[left + 1][right + 1] + 1
            } else {
                longest[left + 1][right].max(longest[left][right + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut left, mut right) = (0, 0);
    while left < from.len() && right < to.len() {
        if from[left] == to[right] {
            pairs.push((left, right));
            (left, right) = (left + 1, right + 1);
        } else if longest[left + 1][right] >= longest[left][right + 1] {
            left += 1;
        } else {
            right += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn only_lines_that_differ_are_shown() {
        assert_eq!(lines("a\nb\nc", "a\nB\nc\nd"), ["- b", "+ B", "+ d"]);
        assert_eq!(lines("a\nb", "a\nb"), Vec::<String>::new());
        assert_eq!(lines("", "a"), ["+ a"]);
        assert_eq!(lines("a", ""), ["- a"]);
    }
}
