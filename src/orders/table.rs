//! Reads a table of orders line by line: what it says, and everything that is wrong with it.
//!
//! One bad line never hides the good ones. A file that cannot be what it should be (another kind of file, no header, cut
//! off in the middle) is refused as a whole, so that what was known before stays.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    io::{self, Read},
};

use csv::{ReaderBuilder, StringRecord};
use jiff::civil::Date;

use crate::{
    model::order::{LineStatus, OrderLine, OrderStatus, address_key},
    orders::{
        field::Field,
        recognize::{self, Columns, NoColumns},
        settings::FileRule,
        source::{Delimiter, Look, decoded},
        values::{self, DayOrder, Unreadable},
    },
};

/// The header is looked for in so many lines: exports may begin with a title or an empty line.
const HEADER_LINES: usize = 10;
/// Problems that are kept in words; all are counted.
const MAX_PROBLEMS: usize = 20;
/// Different status words that nobody explained, as far as they are listed.
const MAX_WORDS: usize = 30;
/// Words below the table have no more cells.
const MAX_FOOTER_CELLS: usize = 2;
/// A line of this size is a quotation mark that is never closed.
const MAX_LINE_BYTES: usize = 1024 * 1024;
/// Status words that are remembered, so that each is looked up once.
const MAX_REMEMBERED: usize = 1_000;
/// Longer names of carriers and tracking numbers are something else.
const MAX_TEXT_CHARS: usize = 100;
/// A cell as it is quoted in a problem.
const MAX_QUOTED_CHARS: usize = 40;

/// The columns of days that say how far an order is, and how far.
const EVENTS: [(Field, OrderStatus); 4] = [
    (Field::Canceled, OrderStatus::Canceled),
    (Field::Delivered, OrderStatus::Delivered),
    (Field::Shipped, OrderStatus::Shipped),
    (Field::Paid, OrderStatus::Paid),
];

/// A cell says something, and it is no day that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Illegible;

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What separates its columns.
    pub delimiter: Delimiter,
    /// The words of its header.
    pub header: Vec<String>,
    /// Which column tells what.
    pub columns: Columns,
    /// Whether days or months come first; none if the file does not prove either.
    pub dates: Option<DayOrder>,
    /// Lines up to and with the header.
    skip: usize,
    statuses: BTreeMap<String, LineStatus>,
}

/// Why a file is not read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It has no lines.
    Empty,
    /// It is another kind of file.
    NoTable {
        /// Which kind.
        kind: &'static str,
    },
    /// No line of its beginning is a header that says enough.
    NoHeader {
        /// The line that came closest.
        header: Vec<String>,
        /// Why it does not do.
        why: NoColumns,
    },
    /// It has a header and no order.
    NoOrders,
    /// Its last line is not whole: somebody is still writing it.
    Unfinished {
        /// The line.
        line: u64,
    },
    /// A line has no end.
    Endless {
        /// Where it begins.
        line: u64,
    },
    /// It was written in time to come.
    Ahead,
    /// The system refuses.
    Unreadable(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "it is empty"),
            Self::NoTable { kind } => write!(f, "it is {kind}, not a table of text"),
            Self::NoHeader { header, why } => {
                let cells: Vec<String> = header.iter().take(MAX_PROBLEMS).map(|cell| quoted(cell)).collect();
                write!(f, "{why}; its header is {}", cells.join(", "))
            }
            Self::NoOrders => write!(f, "it has a header and no order below it"),
            Self::Unfinished { line } => write!(f, "line {line} is cut off: the file is still being written"),
            Self::Endless { line } => write!(f, "line {line} has no end"),
            Self::Ahead => write!(f, "its time of change is yet to come"),
            Self::Unreadable(why) => write!(f, "it cannot be read: {why}"),
        }
    }
}

impl Refused {
    /// Says what to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Empty | Self::NoOrders => "export it again; what was known before counts until it is too old",
            Self::NoTable { .. } => "save it as `CSV UTF-8` in the spreadsheet, or export CSV at the source",
            Self::NoHeader { why, .. } => why.help(),
            Self::Unfinished { .. } => "wait until it is written whole, or export it again",
            Self::Endless { .. } => "a quotation mark is opened there and never closed: mend the line, or export again",
            Self::Ahead => "set the clock right and save it again; nobody would know when it is too old",
            Self::Unreadable(_) => "close it where it is open, and let the user that runs nightdesk read it",
        }
    }
}

/// Something that is wrong with one cell or line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: u64,
    /// The column's name; none if it is the whole line.
    pub column: Option<String>,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a cell or line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// Fewer cells than the columns that are read.
    TooShort {
        /// How many it has.
        cells: usize,
        /// How many the header has.
        header: usize,
    },
    /// No order number; the line is left out.
    NoNumber(String),
    /// A number that a spreadsheet rounded.
    Rounded(String),
    /// A day that may be either of two.
    EitherDay(String),
    /// No day.
    NoDay(String),
    /// Something that has happened on a day to come.
    Future(String),
    /// A status word that nobody explained.
    UnknownStatus(String),
    /// No address; it is not repeated, because it may be half of one.
    NoAddress,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        match &self.kind {
            ProblemKind::TooShort { cells, header } => write!(f, ": {cells} cells where the header has {header}"),
            ProblemKind::NoNumber(cell) => write!(f, ": {} is no order number", quoted(cell)),
            ProblemKind::Rounded(cell) => write!(f, ": {} was rounded by a spreadsheet", quoted(cell)),
            ProblemKind::EitherDay(cell) => write!(f, ": {} may be either of two days", quoted(cell)),
            ProblemKind::NoDay(cell) => write!(f, ": {} is no day", quoted(cell)),
            ProblemKind::Future(cell) => write!(f, ": {} is yet to come", quoted(cell)),
            ProblemKind::UnknownStatus(cell) => write!(f, ": nobody said what the status {} means", quoted(cell)),
            ProblemKind::NoAddress => write!(f, ": it is no e-mail address"),
        }
    }
}

impl ProblemKind {
    /// Says what to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "mend the line; a separator inside a cell needs quotation marks around the cell",
            Self::NoNumber(_) => "write the order's number; the line is left out",
            Self::Rounded(_) => "export again and do not save the file in a spreadsheet, or format the column as text",
            Self::EitherDay(_) => "write `dates: day-first` or `dates: month-first` for the file under `orders:`",
            Self::NoDay(_) => "write days as 2026-11-20; until then it counts as not known",
            Self::Future(_) => "name a column of days that have passed; it counts as not known",
            Self::UnknownStatus(_) => {
                "add the word under `status:` of the file in `orders:`; until then the status is not known"
            }
            Self::NoAddress => "write the buyer's address; by this line nobody is told of the order",
        }
    }
}

/// What reading a file found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Lines about orders.
    pub lines: u64,
    /// Lines without the buyer's address.
    pub without_email: u64,
    /// Problems.
    pub wrong: u64,
    /// The first of them.
    pub problems: Vec<Problem>,
    /// Status words that nobody explained, with how often they stand there.
    pub unknown_statuses: BTreeMap<String, u64>,
}

impl Summary {
    fn add(&mut self, problem: Problem) {
        self.wrong += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

/// Finds out how a file is to be read from a look at it.
pub fn plan(look: &Look, rule: &FileRule) -> Result<Plan, Refused> {
    if look.empty {
        return Err(Refused::Empty);
    }
    if let Some(kind) = other_kind(look) {
        return Err(Refused::NoTable { kind });
    }
    let delimiter = rule.delimiter.unwrap_or_else(|| Delimiter::guess(&look.beginning));
    let records = beginning(look, delimiter);
    let mut closest: Option<(usize, NoColumns)> = None;
    for (index, record) in records.iter().take(HEADER_LINES).enumerate() {
        match recognize::columns(record, rule) {
            Ok(columns) => {
                let below = &records[index + 1..];
                let dates = rule.dates.or(columns.dates).or_else(|| proven_order(&columns, below));
                let (header, statuses) = (record.clone(), rule.statuses.clone());
                return Ok(Plan { delimiter, header, columns, dates, skip: index + 1, statuses });
            }
            Err(why) => {
                let wider = closest.as_ref().is_none_or(|(best, _)| records[*best].len() < record.len());
                if wider {
                    closest = Some((index, why));
                }
            }
        }
    }
    let (index, why) = closest.ok_or(Refused::Empty)?;
    Err(Refused::NoHeader { header: records[index].clone(), why })
}

/// Returns the cells of the lines that a file begins with; the last of them may be cut.
pub(super) fn beginning(look: &Look, delimiter: Delimiter) -> Vec<Vec<String>> {
    let mut reader = builder(delimiter).from_reader(look.beginning.as_bytes());
    reader.records().map_while(Result::ok).map(|record| cells(&record)).collect()
}

/// Returns what a file is that is no table, by how it begins.
fn other_kind(look: &Look) -> Option<&'static str> {
    const BYTES: [(&[u8], &str); 3] = [
        (b"PK\x03\x04", "a spreadsheet (XLSX) or a ZIP archive"),
        (b"\xd0\xcf\x11\xe0", "an old spreadsheet (XLS)"),
        (b"%PDF", "a PDF"),
    ];
    const WORDS: [(&str, &str); 4] =
        [("<!doctype", "a web page"), ("<html", "a web page"), ("<table", "a web page"), ("<?xml", "XML")];
    let by_bytes = BYTES.iter().find(|(bytes, _)| look.start.starts_with(bytes)).map(|(_, kind)| *kind);
    let text = look.beginning.trim_start();
    let begins = |words: &str| text.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words));
    by_bytes.or_else(|| WORDS.iter().find(|(words, _)| begins(words)).map(|(_, kind)| *kind))
}

/// Returns which order of day and month the dates below the header prove; none if they prove both or neither.
fn proven_order(columns: &Columns, below: &[Vec<String>]) -> Option<DayOrder> {
    const DAYS: [Field; 5] = [Field::Placed, Field::Paid, Field::Shipped, Field::Delivered, Field::Canceled];
    let positions: Vec<usize> = DAYS.iter().filter_map(|field| columns.at.get(field)?.first().copied()).collect();
    let cells = below.iter().flat_map(|record| positions.iter().filter_map(|at| record.get(*at)));
    let mut proofs = cells.filter_map(|cell| values::order_of(cell));
    let first = proofs.next()?;
    proofs.all(|proof| proof == first).then_some(first)
}

fn builder(delimiter: Delimiter) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter.byte()).has_headers(false).flexible(true);
    builder
}

fn cells(record: &StringRecord) -> Vec<String> {
    record.iter().map(|cell| cell.trim().trim_start_matches('\u{feff}').to_owned()).collect()
}

/// The lines of a table about orders. After the last one [`Table::finish`] says what was found.
pub struct Table<R> {
    plan: Plan,
    reader: csv::Reader<Bounded<R>>,
    record: StringRecord,
    summary: Summary,
    remembered: HashMap<String, Option<LineStatus>>,
    /// The day on which the file was written.
    written: Date,
    ends_with_break: bool,
    /// The last line had fewer cells than the header.
    short: Option<u64>,
}

/// Opens a table whose bytes begin anew. `written` is the day on which the file was written.
pub fn open<R: Read>(file: R, look: &Look, plan: Plan, written: Date) -> Result<Table<impl Read>, Refused> {
    let bounded = Bounded { text: decoded(file, look), left: MAX_LINE_BYTES, held: false };
    let mut table = Table {
        reader: builder(plan.delimiter).from_reader(bounded),
        record: StringRecord::new(),
        summary: Summary::default(),
        remembered: HashMap::new(),
        written,
        ends_with_break: look.ends_with_break,
        short: None,
        plan,
    };
    for _ in 0..table.plan.skip {
        table.advance()?;
    }
    Ok(table)
}

impl<R: Read> Table<R> {
    /// Returns the next line that tells of an order; none at the end.
    pub fn next_line(&mut self) -> Result<Option<OrderLine>, Refused> {
        while self.advance()? {
            if let Some(line) = self.line() {
                self.summary.lines += 1;
                self.summary.without_email += u64::from(line.email.is_none());
                return Ok(Some(line));
            }
        }
        if let Some(line) = self.short.filter(|_| !self.ends_with_break) {
            return Err(Refused::Unfinished { line });
        }
        if self.summary.lines == 0 { Err(Refused::NoOrders) } else { Ok(None) }
    }

    /// Returns what was found.
    pub fn finish(self) -> Summary {
        self.summary
    }

    fn advance(&mut self) -> Result<bool, Refused> {
        self.reader.get_mut().left = MAX_LINE_BYTES;
        let line = self.reader.position().line();
        self.reader.read_record(&mut self.record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Refused::Endless { line },
            csv::ErrorKind::Io(error) => Refused::Unreadable(error.to_string()),
            other => Refused::Unreadable(format!("line {line}: {other:?}")),
        })
    }

    fn line(&mut self) -> Option<OrderLine> {
        let at = self.place();
        let (cells, header) = (self.record.len(), self.plan.header.len());
        self.short = (cells < header).then_some(at);
        // Empty lines, and the words that some exports put below the table.
        let said = self.record.iter().filter(|cell| !cell.trim().is_empty()).count();
        let number = self.cell(Field::Number).unwrap_or_default();
        if said == 0 || (cells <= MAX_FOOTER_CELLS && cells < header && values::number(number).is_err()) {
            return None;
        }
        let needed = self.plan.columns.at.values().flatten().copied().max().unwrap_or(0);
        if cells <= needed && cells < header {
            let kind = ProblemKind::TooShort { cells, header };
            self.summary.add(Problem { line: at, column: None, kind });
            return None;
        }
        let number = self.number(at)?;
        let email = self.email(at);
        let placed = self.day(at, Field::Placed).unwrap_or_default();
        let events = EVENTS.map(|(field, _)| self.event(at, field));
        let [_, delivered, shipped, _] = events.map(Result::unwrap_or_default);
        let mut status = self.status(at, events);
        if events.contains(&Err(Illegible)) {
            // Something happened, and nobody can say when; the other columns may know nothing of it.
            status = Some(LineStatus::Unclear);
        }
        let (carrier, tracking) = (self.text(Field::Carrier), self.tracking(at));
        Some(OrderLine { line: at, number, email, status, placed, shipped, delivered, carrier, tracking })
    }

    /// Returns the line that the record begins in. Empty lines before it belong to none, and cells may hold line breaks.
    fn place(&self) -> u64 {
        let begun = self.record.position().map_or(0, csv::Position::line);
        let inside = self.record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
        begun.max(self.reader.position().line().saturating_sub(inside + 1))
    }

    fn number(&mut self, line: u64) -> Option<String> {
        let cell = self.cell(Field::Number).unwrap_or_default().to_owned();
        match values::number(&cell) {
            Ok(number) => Some(number),
            // Exports leave the number away in further lines of the same order.
            Err(_) if cell.is_empty() => None,
            Err(Unreadable::Rounded) => self.wrong(line, Field::Number, ProblemKind::Rounded(cell)),
            Err(_) => self.wrong(line, Field::Number, ProblemKind::NoNumber(cell)),
        }
    }

    fn email(&mut self, line: u64) -> Option<String> {
        let cell = self.cell(Field::Email).filter(|cell| !cell.is_empty())?.to_owned();
        if address_key(&cell).is_some() {
            return Some(cell);
        }
        self.wrong(line, Field::Email, ProblemKind::NoAddress)
    }

    fn day(&mut self, line: u64, field: Field) -> Result<Option<Date>, Illegible> {
        let Some(cell) = self.cell(field).map(str::to_owned) else { return Ok(None) };
        let kind = match values::day(&cell, self.plan.dates) {
            Ok(day) => return Ok(day),
            Err(Unreadable::EitherDay) => ProblemKind::EitherDay(cell),
            Err(_) => ProblemKind::NoDay(cell),
        };
        self.wrong::<Date>(line, field, kind);
        Err(Illegible)
    }

    /// Returns the day on which something has happened; none if it has not: columns tell on which day a parcel should
    /// leave or arrive, too. The file may be written in another zone than its days.
    fn event(&mut self, line: u64, field: Field) -> Result<Option<Date>, Illegible> {
        let Some(day) = self.day(line, field)? else { return Ok(None) };
        let expected = matches!(field, Field::Shipped | Field::Delivered);
        if expected && self.written.tomorrow().is_ok_and(|tomorrow| day > tomorrow) {
            return Ok(self.wrong(line, field, ProblemKind::Future(day.to_string())));
        }
        Ok(Some(day))
    }

    /// Returns the furthest point that any column tells; what needs a person hides the rest. `events` are the days of
    /// [`EVENTS`].
    fn status(&mut self, line: u64, events: [Result<Option<Date>, Illegible>; 4]) -> Option<LineStatus> {
        let told = EVENTS.into_iter().zip(events).filter(|(_, day)| matches!(day, Ok(Some(_))));
        let mut furthest = told.map(|((_, status), _)| status).max();
        for position in self.plan.columns.at.get(&Field::Status).cloned().unwrap_or_default() {
            let cell = self.record.get(position).unwrap_or_default().trim();
            if cell.is_empty() {
                continue;
            }
            let known = if let Some(known) = self.remembered.get(cell) {
                *known
            } else {
                let known = values::status(cell, self.plan.columns.export, &self.plan.statuses);
                if self.remembered.len() < MAX_REMEMBERED {
                    self.remembered.insert(cell.to_owned(), known);
                }
                known
            };
            match known {
                Some(LineStatus::Known(status)) => furthest = furthest.max(Some(status)),
                Some(LineStatus::Unclear) => return Some(LineStatus::Unclear),
                None => {
                    let cell = cell.to_owned();
                    self.unknown(line, position, cell);
                    return Some(LineStatus::Unclear);
                }
            }
        }
        furthest.map(LineStatus::Known)
    }

    fn unknown(&mut self, line: u64, position: usize, word: String) {
        let words = &mut self.summary.unknown_statuses;
        if words.len() < MAX_WORDS || words.contains_key(&word) {
            *words.entry(word.clone()).or_default() += 1;
        }
        let column = self.plan.header.get(position).cloned();
        self.summary.add(Problem { line, column, kind: ProblemKind::UnknownStatus(word) });
    }

    fn tracking(&mut self, line: u64) -> Option<String> {
        let written = self.text(Field::Tracking)?;
        match values::number(&written) {
            Ok(number) => Some(number),
            Err(Unreadable::Rounded) => self.wrong(line, Field::Tracking, ProblemKind::Rounded(written)),
            Err(_) => None,
        }
    }

    fn text(&self, field: Field) -> Option<String> {
        let cell = self.cell(field)?;
        let plain = !cell.is_empty() && cell.chars().count() <= MAX_TEXT_CHARS && !cell.chars().any(char::is_control);
        plain.then(|| cell.to_owned())
    }

    fn cell(&self, field: Field) -> Option<&str> {
        let position = self.plan.columns.at.get(&field)?.first()?;
        self.record.get(*position).map(str::trim)
    }

    fn wrong<T>(&mut self, line: u64, field: Field, kind: ProblemKind) -> Option<T> {
        let position = self.plan.columns.at.get(&field).and_then(|at| at.first());
        let column = position.and_then(|position| self.plan.header.get(*position)).cloned();
        self.summary.add(Problem { line, column, kind });
        None
    }
}

/// A reader that ends with an error where a line does not end, and in which lines end with LF alone: the lines of files
/// that end them with CRLF, or with CR as old spreadsheets do, are counted wrongly otherwise.
struct Bounded<R> {
    text: R,
    left: usize,
    /// The last byte was a CR whose LF may follow.
    held: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        if self.held && into.len() == 1 {
            into[0] = b'\r';
            self.held = false;
            return Ok(1);
        }
        loop {
            let from = usize::from(self.held);
            let count = self.text.read(&mut into[from..])?;
            self.left = self.left.checked_sub(count).ok_or(io::ErrorKind::FileTooLarge)?;
            if from == 1 {
                into[0] = b'\r';
                self.held = false;
            }
            if count == 0 {
                into[..from].fill(b'\n');
                return Ok(from);
            }
            let kept = with_line_feeds(&mut into[..from + count]);
            self.held = kept > 0 && into[kept - 1] == b'\r' && into.len() > 1;
            let given = kept - usize::from(self.held);
            if given > 0 {
                return Ok(given);
            }
        }
    }
}

/// Removes every CR before an LF and makes an LF of every other, but of the last byte, which may have an LF to come;
/// returns how many bytes are left.
fn with_line_feeds(bytes: &mut [u8]) -> usize {
    let mut kept = 0;
    for at in 0..bytes.len() {
        let (byte, next) = (bytes[at], bytes.get(at + 1));
        if byte == b'\r' && next == Some(&b'\n') {
            continue;
        }
        bytes[kept] = if byte == b'\r' && next.is_some() { b'\n' } else { byte };
        kept += 1;
    }
    kept
}

/// Quotes a cell for people, cut where it is long.
fn quoted(cell: &str) -> String {
    let mut shown: String = cell.chars().filter(|letter| !letter.is_control()).take(MAX_QUOTED_CHARS).collect();
    if shown.chars().count() < cell.chars().count() {
        shown.push('…');
    }
    format!("`{shown}`")
}
