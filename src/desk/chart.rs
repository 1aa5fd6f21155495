//! Charts as SVG: pure functions from numbers and words to markup. Colors and sizes of letters are the style sheet's, by
//! class, so that a page needs no style of its own and charts follow light and dark. Every chart has a title and a
//! description for those who do not see it, and [`table`] says the same in words and numbers.

use std::fmt::Write as _;

use crate::desk::figures::WHOLE;

/// Width of every chart in its own units; the page scales it.
const WIDTH: f64 = 640.0;
/// Height of bars and lines.
const HEIGHT: f64 = 220.0;
/// Room for numbers to the left of the plot.
const LEFT: f64 = 52.0;
/// Room on the other sides: to the right, above, below for labels.
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 24.0;
/// The widest bar: one alone is no wall.
const WIDEST_BAR: f64 = 160.0;
/// Between one part of a bar and the next, so that neighbors are told apart whatever their colors (WCAG 1.4.11).
const GAP: f64 = 2.0;
/// Height of one line of a ranking, and of the bar in it.
const ROW: f64 = 22.0;
const ROW_BAR: f64 = 14.0;
/// Where the bars of a ranking begin: names of intents stand before them.
const NAMES: f64 = 220.0;
/// So many characters of a name fit before its bar; the table has it whole.
const NAME_CHARACTERS: usize = 30;
/// Labels below bars are left out so that at most this many remain.
const LABELS: usize = 12;
/// Shares that lines are drawn at across, in millionths.
const QUARTERS: [u64; 5] = [0, WHOLE / 4, WHOLE / 2, WHOLE / 4 * 3, WHOLE];
/// Lengths of time that lines are drawn at, in seconds.
const DURATIONS: [u64; 8] = [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800];

/// What a chart says to those who do not see it.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Unique in its page; letters, digits and `-`.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// What is to be seen in it, in a sentence.
    pub description: &'a str,
    /// Stands in the place of a plot without numbers.
    pub empty: &'a str,
}

/// One kind of thing counted, with a number for each label.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The class that gives it its color: letters and `-`.
    pub class: &'static str,
    /// One number per label; none where there is nothing to tell, which is not zero.
    pub values: Vec<Option<u64>>,
}

/// Draws one bar per label, with the series stacked in it, the first at the bottom.
pub fn stacked(words: Words<'_>, labels: &[String], series: &[Series<'_>]) -> String {
    let total =
        |index: usize| series.iter().filter_map(|series| series.values.get(index).copied().flatten()).sum::<u64>();
    let highest = (0..labels.len()).map(total).max().unwrap_or_default();
    let mut svg = opened(words, HEIGHT);
    if highest == 0 {
        return closed(svg, Some(words.empty));
    }
    let top = ceiling(highest);
    for tick in ticks(top) {
        grid(&mut svg, y(number(tick) / number(top)), &tick.to_string());
    }
    let step = (WIDTH - LEFT - RIGHT) / number(labels.len());
    let width = (step * 0.8).min(WIDEST_BAR);
    for (index, label) in labels.iter().enumerate() {
        let x = LEFT + step * number(index) + (step - width) / 2.0;
        let mut below = 0;
        for series in series {
            let Some(value) = series.values.get(index).copied().flatten().filter(|value| *value > 0) else { continue };
            let (from, to) = (y(number(below) / number(top)), y(number(below + value) / number(top)));
            let gap = if below == 0 { 0.0 } else { GAP.min((from - to) / 2.0) };
            let _ = write!(
                svg,
                "<rect class=\"bar {}\" x=\"{:.1}\" y=\"{to:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}: {} {value}\
                 </title></rect>",
                series.class,
                x,
                width,
                from - to - gap,
                escape(label),
                escape(series.name),
            );
            below += value;
        }
    }
    below(&mut svg, labels, step);
    closed(svg, None)
}

/// Draws one line per series over lengths of time in seconds, on a scale on which each mark is many times the one before:
/// seconds of a rule and hours of a person are seen in one picture. A label without a number breaks the line.
pub fn durations(words: Words<'_>, labels: &[String], series: &[Series<'_>], said: fn(u64) -> String) -> String {
    let longest = series.iter().flat_map(|series| series.values.iter().flatten()).max().copied();
    let mut svg = opened(words, HEIGHT);
    let Some(longest) = longest else { return closed(svg, Some(words.empty)) };
    let top = DURATIONS.into_iter().find(|mark| *mark >= longest).unwrap_or(longest);
    let height = |seconds: u64| (number(seconds) + 1.0).ln() / (number(top) + 1.0).ln();
    for mark in DURATIONS.into_iter().filter(|mark| *mark <= top) {
        grid(&mut svg, y(height(mark)), &said(mark));
    }
    lines(&mut svg, labels, series, height, said);
    closed(svg, None)
}

/// Draws one line per series over shares in millionths of the whole, from nothing to all. A label without a number breaks
/// the line.
pub fn shares(words: Words<'_>, labels: &[String], series: &[Series<'_>], said: fn(u64) -> String) -> String {
    let mut svg = opened(words, HEIGHT);
    if series.iter().all(|series| series.values.iter().all(Option::is_none)) {
        return closed(svg, Some(words.empty));
    }
    let height = |share: u64| number(share) / number(WHOLE);
    for mark in QUARTERS {
        grid(&mut svg, y(height(mark)), &said(mark));
    }
    lines(&mut svg, labels, series, height, said);
    closed(svg, None)
}

/// Draws the lines themselves with a dot at each number, and the labels below.
fn lines(
    svg: &mut String,
    labels: &[String],
    series: &[Series<'_>],
    height: impl Fn(u64) -> f64,
    said: fn(u64) -> String,
) {
    let step = (WIDTH - LEFT - RIGHT) / number(labels.len());
    for series in series {
        let points = series.values.iter().enumerate().map(|(index, value)| {
            value.map(|value| (index, LEFT + step * (number(index) + 0.5), y(height(value)), value))
        });
        let points: Vec<_> = points.collect();
        for piece in points.split(Option::is_none).filter(|piece| piece.len() > 1) {
            let path: Vec<String> = piece.iter().flatten().map(|(_, x, y, _)| format!("{x:.1},{y:.1}")).collect();
            let _ = write!(svg, "<polyline class=\"line {}\" points=\"{}\"/>", series.class, path.join(" "));
        }
        for (index, x, y, value) in points.iter().flatten() {
            let label = labels.get(*index).map_or("", String::as_str);
            let _ = write!(
                svg,
                "<circle class=\"dot {}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"><title>{}: {} {}</title></circle>",
                series.class,
                escape(label),
                escape(series.name),
                escape(&said(*value)),
            );
        }
    }
    below(svg, labels, step);
}

/// Draws one bar per name, from left to right, in the order given.
pub fn ranking(words: Words<'_>, rows: &[(String, u64)]) -> String {
    let highest = rows.iter().map(|(_, value)| *value).max().unwrap_or_default();
    let mut svg = opened(words, if highest == 0 { HEIGHT } else { ROW * number(rows.len()) });
    if highest == 0 {
        return closed(svg, Some(words.empty));
    }
    // The number stands behind its bar.
    let room = WIDTH - NAMES - LEFT;
    for (index, (name, value)) in rows.iter().enumerate() {
        let top = ROW * number(index);
        let length = (number(*value) / number(highest) * room).max(1.0);
        let _ = write!(
            svg,
            "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\
             <rect class=\"bar intents\" x=\"{NAMES:.1}\" y=\"{:.1}\" width=\"{length:.1}\" height=\"{ROW_BAR:.1}\"/>\
             <text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{value}</text>",
            NAMES - 8.0,
            top + 15.0,
            escape(&shortened(name)),
            top + (ROW - ROW_BAR) / 2.0,
            NAMES + length + 6.0,
            top + 15.0,
        );
    }
    closed(svg, None)
}

/// Says the same as a chart in a table: one row per label, one column per series.
pub fn table(first: &str, labels: &[String], series: &[Series<'_>], said: fn(u64) -> String) -> String {
    let mut html = format!("<table class=\"numbers\"><thead><tr><th scope=\"col\">{}</th>", escape(first));
    for series in series {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(series.name));
    }
    html.push_str("</tr></thead><tbody>");
    for (index, label) in labels.iter().enumerate() {
        let _ = write!(html, "<tr><th scope=\"row\">{}</th>", escape(label));
        for series in series {
            let value = series.values.get(index).copied().flatten().map_or("–".to_owned(), said);
            let _ = write!(html, "<td>{}</td>", escape(&value));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    html
}

fn opened(words: Words<'_>, height: f64) -> String {
    let id = escape(words.id);
    format!(
        "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" \
         aria-labelledby=\"{id}-title {id}-desc\"><title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
        escape(words.title),
        escape(words.description),
    )
}

/// Ends a chart; one without numbers says so.
fn closed(mut svg: String, empty: Option<&str>) -> String {
    if let Some(empty) = empty {
        let (x, y) = (WIDTH / 2.0, HEIGHT / 2.0);
        let _ = write!(svg, "<text class=\"empty\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(empty));
    }
    svg.push_str("</svg>");
    svg
}

/// Draws a line across with its number.
fn grid(svg: &mut String, y: f64, label: &str) {
    let _ = write!(
        svg,
        "<line class=\"grid\" x1=\"{LEFT:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\"/>\
         <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        WIDTH - RIGHT,
        LEFT - 6.0,
        y + 4.0,
        escape(label),
    );
}

/// Writes labels below the plot, some left out where they are many.
fn below(svg: &mut String, labels: &[String], step: f64) {
    let every = labels.len().div_ceil(LABELS).max(1);
    for (index, label) in labels.iter().enumerate().step_by(every) {
        let x = LEFT + step * (number(index) + 0.5);
        let _ = write!(svg, "<text class=\"label\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>", HEIGHT - 6.0, escape(label));
    }
}

/// Returns the height of a share of the plot, 0 at the bottom and 1 at the top.
fn y(share: f64) -> f64 {
    TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share.clamp(0.0, 1.0))
}

/// Returns the round number at or above the highest value: 1, 2 or 5 times a power of ten, at least 4.
fn ceiling(highest: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for times in [1, 2, 5] {
            let top = unit.saturating_mul(times);
            if top >= highest.max(4) {
                return top;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// Returns where lines are drawn across: at the bottom, at the top, and at even numbers between.
fn ticks(top: u64) -> impl Iterator<Item = u64> {
    let parts = if top.is_multiple_of(4) { 4 } else { 5 };
    (0..=parts).map(move |part| top / parts * part)
}

/// More than four thousand million are drawn as that many.
fn number(value: impl TryInto<u32>) -> f64 {
    f64::from(value.try_into().unwrap_or(u32::MAX))
}

/// Returns text as it stands between tags and in attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML knows no other control characters.
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARACTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Series, Words, ceiling, durations, ranking, shares, stacked, table, ticks};
    use crate::desk::figures::{WHOLE, share_in_words, short};

    const WORDS: Words<'static> =
        Words { id: "hours", title: "By hour", description: "Most came at <3>.", empty: "Nothing came in." };

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|label| label.to_string()).collect()
    }

    fn series<'a>(name: &'a str, class: &'static str, values: &[Option<u64>]) -> Series<'a> {
        Series { name, class, values: values.to_vec() }
    }

    /// Checks what holds for every chart: one well-formed tree, a title, a description, nothing inline.
    fn checked(svg: &str) -> String {
        assert!(!svg.contains("style=") && !svg.contains("<script") && !svg.contains(" on"), "{svg}");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && !svg.contains("NaN"), "{svg}");
        let open = svg.matches('<').count();
        let closing = svg.matches("</").count();
        let alone = svg.matches("/>").count();
        assert_eq!(open, closing * 2 + alone, "every element ends: {svg}");
        svg.to_owned()
    }

    #[test]
    fn bars_stand_on_one_another_and_reach_what_they_count() {
        let resolved = series("by itself", "resolved", &[Some(3), None, Some(0)]);
        let escalated = series("left", "escalated", &[Some(2), Some(10), Some(0)]);
        let svg = checked(&stacked(Words { description: "Most at 1.", ..WORDS }, &labels(3), &[resolved, escalated]));
        assert_eq!(svg.matches("<rect").count(), 3, "{svg}");
        let high =
            "<rect class=\"bar escalated\" x=\"264.7\" y=\"8.0\" width=\"154.7\" height=\"188.0\"><title>1: left 10";
        assert!(svg.contains(high), "ten is the ceiling: {svg}");
        let above = "<rect class=\"bar escalated\" x=\"71.3\" y=\"102.0\" width=\"154.7\" height=\"35.6\">";
        assert!(svg.contains(above), "two stand on three, and a gap between: {svg}");
    }

    #[test]
    fn lines_break_where_nobody_answered() {
        let half = series("half", "p50", &[Some(1), Some(3_600), None, Some(59)]);
        let svg = checked(&durations(Words { description: "x", ..WORDS }, &labels(4), &[half], short));
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (1, 3), "{svg}");
        assert!(svg.contains(">60 min</text>") && !svg.contains(">6 h</text>"), "the scale ends at the longest: {svg}");
    }

    #[test]
    fn a_thin_part_of_a_bar_is_seen_though_it_stands_apart() {
        let many = series("many", "many", &[Some(999)]);
        let few = series("few", "few", &[Some(1)]);
        let svg = checked(&stacked(Words { description: "x", ..WORDS }, &labels(1), &[many, few]));
        assert!(svg.contains("y=\"8.0\"") && svg.contains("height=\"0.1\""), "half of it is left: {svg}");
    }

    #[test]
    fn shares_reach_from_nothing_to_all_and_break_where_there_were_none() {
        let settled = series("settled", "resolved", &[Some(0), Some(WHOLE / 4), None, Some(WHOLE), Some(WHOLE - 1)]);
        let svg = checked(&shares(Words { description: "x", ..WORDS }, &labels(5), &[settled], share_in_words));
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (2, 4), "{svg}");
        for told in [
            "cy=\"196.0\" r=\"3\"><title>0: settled 0 %",
            "cy=\"149.0\" r=\"3\"><title>1: settled 25 %",
            "cy=\"8.0\" r=\"3\"><title>3: settled 100 %",
            "<title>4: settled &gt;99 %",
            ">75 %</text>",
        ] {
            assert!(svg.contains(told), "{told} in {svg}");
        }
    }

    #[test]
    fn words_of_the_shop_are_never_markup() {
        let hostile = "<b onload=x>&\"'".to_owned();
        let rows = vec![(hostile.clone(), 3)];
        let drawn = ranking(WORDS, &rows);
        let told = table(&hostile, std::slice::from_ref(&hostile), &[series(&hostile, "x", &[Some(1)])], short);
        for html in [drawn, told] {
            assert!(!html.contains("<b ") && !html.contains("<3>") && html.contains("&lt;b "), "{html}");
        }
    }

    #[test]
    fn a_chart_without_numbers_says_so() {
        for svg in [
            stacked(WORDS, &labels(2), &[series("a", "a", &[None, Some(0)])]),
            stacked(WORDS, &[], &[]),
            durations(WORDS, &labels(1), &[series("a", "a", &[None])], short),
            shares(WORDS, &labels(1), &[series("a", "a", &[None])], share_in_words),
            ranking(WORDS, &[]),
        ] {
            assert!(svg.contains("Nothing came in.") && !svg.contains("<rect") && !svg.contains("NaN"), "{svg}");
        }
    }

    #[test]
    fn scales_end_at_round_numbers() {
        let tops: Vec<u64> = [0, 1, 4, 5, 6, 11, 21, 99, 101, 4_000].into_iter().map(ceiling).collect();
        assert_eq!(tops, [5, 5, 5, 5, 10, 20, 50, 100, 200, 5_000]);
        for top in tops {
            let lines: Vec<u64> = ticks(top).collect();
            assert_eq!((lines.first(), lines.last()), (Some(&0), Some(&top)));
        }
        assert!(ceiling(u64::MAX) > 0, "it ends");
    }
}
