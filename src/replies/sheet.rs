//! The texts of replies as a table for spreadsheets, and back.
//!
//! One row per file: `reply`, `language`, `variant`, `subject`, `text`. A cell that a spreadsheet would take for a formula
//! is written with an apostrophe in front. A row whose text was emptied removes its file; a row that is not there leaves
//! its file alone, for rows are easily lost in filters. A text that was not edited keeps every byte.

use std::{collections::BTreeMap, fmt};

use csv::{ReaderBuilder, Terminator, WriterBuilder};

use crate::model::language::Language;

/// The columns, in the order in which they are written.
pub const COLUMNS: [&str; 5] = ["reply", "language", "variant", "subject", "text"];
/// More rows than any shop has texts.
const MAX_ROWS: usize = 50_000;
/// What begins a subject line in a file.
const SUBJECT: &str = "Subject:";
/// Spreadsheets compute cells that begin so.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// Tells spreadsheets that the file is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One text as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number as spreadsheets count: the heading is row 1.
    pub number: u64,
    /// Its file, relative to `replies/`.
    pub path: String,
    /// The subject line; empty if it has none.
    pub subject: String,
    /// The text, lines broken by `\n`.
    pub text: String,
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Not text in a known encoding.
    #[error(
        "the table is not UTF-8 text, so some characters in it may be lost; in Excel choose `CSV UTF-8 (comma delimited)` \
         when you save"
    )]
    Encoding,
    /// The heading lacks columns.
    #[error("the table has no column {missing}; its first line must name the columns: {all}")]
    Columns {
        /// The columns it lacks.
        missing: String,
        /// All that it should have.
        all: String,
    },
    /// Cells that do not fit the columns.
    #[error("row {number}: {what}")]
    Row {
        /// Its number as spreadsheets count: the heading is row 1.
        number: u64,
        /// What is wrong, as a clause.
        what: String,
    },
    /// Far too much.
    #[error("the table has more than {MAX_ROWS} rows; is it the right file?")]
    TooLong,
}

/// How a file differs from its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A file that was not there, with its text.
    New(String),
    /// A file with another text.
    Changed {
        /// The whole file as it was.
        from: String,
        /// The whole file as it becomes.
        to: String,
    },
    /// A file that goes.
    Removed,
}

/// Returns the table of these files, by path relative to `replies/`; what is no text of a reply is left out.
pub fn write(files: &BTreeMap<String, String>) -> String {
    let places = files.iter().filter_map(|(path, text)| Some((Place::of(path)?, text)));
    table(
        COLUMNS,
        places.map(|(place, text)| {
            let (subject, body) = split(text);
            [place.reply, place.language, place.variant, subject, body]
        }),
    )
}

/// Returns how many of these files are texts of replies.
pub fn count(files: &BTreeMap<String, String>) -> usize {
    files.keys().filter(|path| Place::of(path).is_some()).count()
}

/// Reads a table as a spreadsheet saved it: UTF-8 or UTF-16, cells between commas, semicolons or tabs.
///
/// All that is wrong comes back; there are rows only if nothing is.
pub fn read(bytes: &[u8]) -> Result<Vec<Row>, Vec<SheetError>> {
    let (lines, mut errors) = lines(bytes, COLUMNS).map_err(|error| vec![error])?;
    let mut rows = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for (number, cells) in lines {
        match row(number, cells) {
            Ok(row) => {
                if let Some(first) = seen.insert(row.path.clone(), row.number) {
                    let what = format!("the same text stands in row {first} already");
                    errors.push(SheetError::Row { number: row.number, what });
                }
                rows.push(row);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(in_order(errors)) }
}

/// Sorts what is wrong by its place in the table.
pub fn in_order(mut errors: Vec<SheetError>) -> Vec<SheetError> {
    errors.sort_by_key(|error| match error {
        SheetError::Row { number, .. } => *number,
        _ => 0,
    });
    errors
}

/// A line of a table with its number and the cells of the columns that were asked for, as they are written.
pub type Line<const N: usize> = (u64, [String; N]);

/// Takes a table apart; lines without any word are left out. Lines that do not fit the columns come back as errors beside
/// the others.
pub fn lines<const N: usize>(
    bytes: &[u8],
    columns: [&'static str; N],
) -> Result<(Vec<Line<N>>, Vec<SheetError>), SheetError> {
    let text = decoded(bytes)?;
    let heading = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|delimiter| (heading.bytes().filter(|byte| byte == delimiter).count(), *delimiter == b','));
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter.unwrap_or(b',')).flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let places = columns.map(|name| headers.iter().position(|header| header.trim().eq_ignore_ascii_case(name)));
    let missing: Vec<&str> = columns.iter().zip(places).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        return Err(SheetError::Columns { missing: missing.join(", "), all: columns.join(", ") });
    }
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for record in reader.records() {
        match record.map_err(|error| error.position().map_or(0, number_of)) {
            Err(number) => {
                errors.push(SheetError::Row { number, what: "the cells cannot be read; is a quote open?".to_owned() });
            }
            Ok(record) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(record) => {
                let number = record.position().map_or(0, number_of);
                if record.iter().skip(headers.len()).any(|cell| !cell.is_empty()) {
                    let (cells, all) = (record.len(), headers.len());
                    let what = format!("{cells} cells, but {all} columns; a text with commas needs quotes");
                    errors.push(SheetError::Row { number, what });
                    continue;
                }
                let cell = |at: Option<usize>| record.get(at.unwrap_or(usize::MAX)).unwrap_or_default().to_owned();
                lines.push((number, places.map(cell)));
            }
        }
        if lines.len() > MAX_ROWS {
            return Err(SheetError::TooLong);
        }
    }
    Ok((lines, errors))
}

/// Returns a table of these lines, as spreadsheets open it; no cell is taken for a formula.
pub fn table<const N: usize>(columns: [&str; N], lines: impl IntoIterator<Item = [String; N]>) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns).expect("writing to memory never fails");
    for cells in lines {
        writer.write_record(cells.map(|cell| guarded(&cell))).expect("writing to memory never fails");
    }
    let bytes = writer.into_inner().expect("writing to memory never fails");
    format!("{BYTE_ORDER_MARK}{}", String::from_utf8_lossy(&bytes))
}

/// Returns what the rows change in these files, by path. Rows that say what the files say change nothing.
pub fn edits(files: &BTreeMap<String, String>, rows: &[Row]) -> BTreeMap<String, Edit> {
    let mut edits = BTreeMap::new();
    for row in rows {
        let before = files.get(&row.path);
        let whole = joined(&row.subject, &row.text);
        let edit = match before {
            None if row.text.trim().is_empty() => continue,
            None => Edit::New(whole),
            Some(_) if row.text.trim().is_empty() => Edit::Removed,
            Some(before) if split(before) == (row.subject.trim().to_owned(), trimmed(&row.text)) => continue,
            Some(before) => Edit::Changed { from: before.clone(), to: whole },
        };
        edits.insert(row.path.clone(), edit);
    }
    edits
}

/// Where a text lies: `<reply>/<language>[.<variant>].txt`, or `<reply>/<language>.html`.
struct Place {
    reply: String,
    language: String,
    variant: String,
}

/// The variant of a file that ends in `.html`.
const HTML: &str = "html";

impl Place {
    fn of(path: &str) -> Option<Self> {
        let (reply, name) = path.split_once('/')?;
        let (stem, ending) = name.rsplit_once('.')?;
        let (language, variant) = match (stem.split_once('.'), ending) {
            (None, "txt") => (stem, ""),
            (None, HTML) => (stem, HTML),
            (Some((language, variant)), "txt") => (language, variant),
            _ => return None,
        };
        let known = language.parse::<Language>().is_ok() && reply != "_facts";
        known.then(|| Self { reply: reply.to_owned(), language: language.to_owned(), variant: variant.to_owned() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reply, language, variant } = self;
        match variant.as_str() {
            "" => write!(f, "{reply}/{language}.txt"),
            HTML => write!(f, "{reply}/{language}.{HTML}"),
            variant => write!(f, "{reply}/{language}.{variant}.txt"),
        }
    }
}

/// Understands one line.
fn row(number: u64, cells: [String; 5]) -> Result<Row, SheetError> {
    let wrong = |what: String| SheetError::Row { number, what };
    let [reply, language, variant, subject, text] = cells;
    let [reply, language, variant] = [reply, language, variant].map(|cell| cell.trim().to_owned());
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if reply.is_empty() || !reply.chars().all(fits) {
        return Err(wrong(format!("`{reply}` is no name of a reply: expected lower-case letters, digits and `_`")));
    }
    if !language.parse::<Language>().is_ok_and(|known| known.as_str() == language) {
        return Err(wrong(format!("`{language}` is no language code: expected two letters such as en, zh, de")));
    }
    if !variant.chars().all(fits) {
        return Err(wrong(format!("`{variant}` is no variant: leave the cell empty, or write html or telegram")));
    }
    let path = Place { reply, language, variant }.to_string();
    Ok(Row { number, path, subject: unguarded(&subject).trim().to_owned(), text: trimmed(unguarded(&text)) })
}

fn number_of(position: &csv::Position) -> u64 {
    position.record() + 1
}

fn decoded(bytes: &[u8]) -> Result<String, SheetError> {
    let utf16 = |little: bool| {
        let pairs = bytes[2..].chunks_exact(2);
        let units = pairs.map(|pair| {
            let pair = [pair[0], pair[1]];
            if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        });
        char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| SheetError::Encoding)
    };
    match bytes {
        [0xff, 0xfe, ..] => utf16(true),
        [0xfe, 0xff, ..] => utf16(false),
        _ => {
            let text = std::str::from_utf8(bytes).map_err(|_| SheetError::Encoding)?;
            Ok(text.trim_start_matches(BYTE_ORDER_MARK).to_owned())
        }
    }
}

/// Takes a file apart into its subject and its text, lines broken by `\n`, blank lines at both ends left out.
fn split(file: &str) -> (String, String) {
    let file = file.trim_start_matches(BYTE_ORDER_MARK);
    let Some(after) = file.strip_prefix(SUBJECT) else { return (String::new(), trimmed(file)) };
    let (subject, body) = after.split_once('\n').unwrap_or((after, ""));
    (subject.trim().to_owned(), trimmed(body))
}

fn joined(subject: &str, text: &str) -> String {
    let text = trimmed(text);
    if subject.is_empty() { format!("{text}\n") } else { format!("{SUBJECT} {subject}\n\n{text}\n") }
}

fn trimmed(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim_start_matches('\n').trim_end().to_owned()
}

/// Returns a cell that no spreadsheet computes.
fn guarded(cell: &str) -> String {
    if is_guarded(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// Returns what a guarded cell says.
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_guarded(rest) => rest,
        _ => cell,
    }
}

/// Cells with apostrophes before the mark get one more, so that taking one away gives them back.
fn is_guarded(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::btree_map, proptest};

    use super::{Edit, SheetError, edits, read, write};

    proptest! {
        #[test]
        fn a_table_that_nobody_edits_changes_nothing(
            files in btree_map("[a-z_]{1,8}/(en|zh|de)(\\.telegram|\\.2)?\\.txt", "(Subject: .{0,9}\n)?['=+@\\-\"\n\r,;\t ]{0,3}\\PC{0,40}(\r?\n\\PC{0,20}){0,3}", 0..6)
        ) {
            let rows = read(write(&files).as_bytes()).expect("it can be read");
            let kept: Vec<_> = edits(&files, &rows).into_iter().filter(|(_, edit)| *edit != Edit::Removed).collect();
            assert_eq!(kept, vec![]);
            // Only a text without a word reads as one that was taken away.
            for path in edits(&files, &rows).keys() {
                let text = files[path].split_once('\n').map_or("", |(_, text)| text);
                assert!(files[path].trim().is_empty() || text.trim().is_empty(), "{path}");
            }
        }

        #[test]
        fn any_bytes_are_rows_or_errors(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            drop(read(&bytes));
        }
    }

    fn files(text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("thanks/en.txt".to_owned(), text.to_owned())])
    }

    #[test]
    fn cells_that_would_be_computed_are_guarded_and_come_back() {
        for text in ["=1+1", "- a list\n- of two", "+49 30", "@all", "'=quoted", "''+"] {
            let table = write(&files(text));
            assert!(!table.lines().any(|line| line.ends_with(&format!(",{text}"))), "{table}");
            assert_eq!(read(table.as_bytes()).expect("rows")[0].text, text);
        }
    }

    #[test]
    fn what_spreadsheets_save_is_read() {
        let table = "reply;language;variant;subject;text\r\nthanks;en;;;\"Line one\r\nline; two\"\r\n;;;;\r\n";
        let wide: Vec<u8> = std::iter::once(0xfeff).chain(table.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let tabs = table.replace(';', "\t");
        for bytes in [table.as_bytes(), &wide, tabs.as_bytes()] {
            let rows = read(bytes).expect("rows");
            assert_eq!(rows.len(), 1);
            assert!(rows[0].text.starts_with("Line one\nline"), "{rows:?}");
        }
        assert_eq!(read(b"reply,language\n\xc4\xe3\xba\xc3").expect_err("GBK"), [SheetError::Encoding]);
    }

    #[test]
    fn a_changed_cell_changes_its_file_and_an_empty_one_removes_it() {
        let files = files("Subject: Thanks\n\nThank you.\n");
        let table = write(&files);
        let changed = read(table.replace("Thank you.", "Many thanks.").as_bytes()).expect("rows");
        let to = "Subject: Thanks\n\nMany thanks.\n".to_owned();
        let from = files["thanks/en.txt"].clone();
        assert_eq!(edits(&files, &changed)["thanks/en.txt"], Edit::Changed { from, to });
        let emptied = read(table.replace("Thank you.", "").as_bytes()).expect("rows");
        assert_eq!(edits(&files, &emptied)["thanks/en.txt"], Edit::Removed);
        assert_eq!(edits(&files, &[]), BTreeMap::new());
    }
}
