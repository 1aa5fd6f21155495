//! Reports as tables for spreadsheets (RFC 4180).

use crate::{
    desk::{
        complaints::CauseLine,
        figures::{FirstAnswer, Report, Speed},
    },
    model::{closing::CloseResult, figures::Ending},
};

/// A cell that begins so is a formula to a spreadsheet, and a formula can send data away.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Returns one row per day, oldest first.
pub fn days(report: &Report) -> String {
    let mut header = vec!["date".to_owned(), "in_scope".to_owned()];
    header.extend(Ending::ALL.map(|ending| ending.as_str().to_owned()));
    header.push("auto_resolved".to_owned());
    for who in ["rule", "person", "together"] {
        header.extend(["messages", "p50_seconds", "p95_seconds"].map(|what| format!("{who}_{what}")));
    }
    let rows = report.days.iter().map(|day| {
        let mut row = vec![day.date.to_string(), day.messages.in_scope.to_string()];
        row.extend(Ending::ALL.map(|ending| day.messages.count(ending).to_string()));
        row.push(day.messages.auto_resolved.map_or_else(String::new, |share| format!("{share:.4}")));
        let FirstAnswer { rule, person, together } = day.first_answer;
        row.extend([rule, person, together].into_iter().flat_map(speed));
        row
    });
    written(std::iter::once(header).chain(rows))
}

fn speed(speed: Option<Speed>) -> [String; 3] {
    speed.map_or_else(Default::default, |speed| {
        [speed.messages, speed.p50_seconds, speed.p95_seconds].map(|number| number.to_string())
    })
}

/// Returns one row per intent, most frequent first.
pub fn coverage(report: &Report) -> String {
    let header = ["intent", "hits", "first", "answered", "asked", "drafted", "left"].map(str::to_owned).to_vec();
    let rows = report.intents.iter().map(|line| {
        let numbers = [line.hits, line.first, line.answered, line.asked, line.drafted, line.left];
        let mut row = vec![line.intent.to_string()];
        row.extend(numbers.map(|number| number.to_string()));
        row
    });
    written(std::iter::once(header).chain(rows))
}

/// Returns one row per cause of closed disputes and complaints, most frequent first.
pub fn complaints(causes: &[CauseLine]) -> String {
    let mut header = vec!["cause".to_owned(), "tickets".to_owned()];
    header.extend(CloseResult::ALL.map(|result| result.as_str().to_owned()));
    header.extend(["paid_tickets", "paid"].map(str::to_owned));
    let rows = causes.iter().map(|line| {
        let mut row = vec![line.cause.clone(), line.tickets.to_string()];
        row.extend(
            CloseResult::ALL.map(|result| line.results.get(result.as_str()).map_or(0, |count| *count).to_string()),
        );
        row.push(line.paid_tickets.to_string());
        row.push(line.paid.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        row
    });
    written(std::iter::once(header).chain(rows))
}

/// Returns a table of cells, each harmless and quoted where it must be.
pub(super) fn written(rows: impl Iterator<Item = Vec<String>>) -> String {
    let lines = rows.map(|row| {
        let cells: Vec<String> = row.iter().map(|cell| quoted(&harmless(cell))).collect();
        format!("{}\r\n", cells.join(","))
    });
    lines.collect()
}

/// Returns the cell so that no spreadsheet computes it. Numbers of ours are never negative.
fn harmless(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_read_back_whole() {
        let cells = ["=1+1", "+41", "-2", "@SUM(A1)", "\tx", "plain", "a=b", "say \"hi\", bo", "a\nb"];
        let table = written(std::iter::once(cells.map(str::to_owned).to_vec()));
        assert_eq!(table, "'=1+1,'+41,'-2,'@SUM(A1),'\tx,plain,a=b,\"say \"\"hi\"\", bo\",\"a\nb\"\r\n");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
        let row = reader.records().next().expect("a row").expect("well-formed");
        assert_eq!(row.iter().next_back(), Some("a\nb"));
        assert_eq!(row.len(), cells.len());
    }
}
