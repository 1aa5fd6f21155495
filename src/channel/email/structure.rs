//! The MIME tree of a mail, walked once over its lines without decoding anything: which media types it holds, and
//! whether it is too deep or too wide to be given to the MIME parser.
//!
//! The parser itself is linear but spends up to forty times the size of a bomb in memory, and nested messages are
//! dropped recursively; so the caps stand in front of it.

use mail_parser::{ContentType, HeaderValue, parsers::MessageStream};

use crate::channel::email::headers;

/// Nested multiparts; people's clients make 4, a mail forwarded ten times 12.
pub const MAX_DEPTH: usize = 32;

/// Messages inside messages.
pub const MAX_MESSAGE_DEPTH: usize = 8;

/// Parts of one mail.
pub const MAX_PARTS: usize = 1_000;

/// Comparisons of a possible boundary with the open ones; a mail of 25 MB has a hundred thousand.
const MAX_COMPARISONS: usize = 4_000_000;

/// Octets read of one Content-Type value; segmented parameters (RFC 2231) beyond this are an attack.
const MAX_CONTENT_TYPE: usize = 8 * 1024;

/// What the walk saw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Structure {
    /// Media types of all parts, lower case, the top one first.
    pub types: Vec<String>,
    /// A `text/calendar` part names a METHOD.
    pub calendar_method: bool,
    /// The top part is `text/plain; format=flowed` (RFC 3676), and whether `delsp=yes`.
    pub flowed: Option<bool>,
    /// A cap was hit; the rest was not looked at.
    pub over: bool,
}

/// Walks the whole message.
pub fn walk(raw: &[u8]) -> Structure {
    let mut walker = Walker::default();
    let mut at = 0;
    while at < raw.len() && !walker.structure.over {
        let (line, next) = headers::line_at(raw, at);
        walker.line(line);
        at = next;
    }
    if walker.in_header && !walker.structure.over {
        walker.end_header();
    }
    walker.structure
}

/// One open multipart.
struct Level {
    delimiter: Vec<u8>,
    message_depth: usize,
    is_digest: bool,
}

struct Walker {
    structure: Structure,
    levels: Vec<Level>,
    message_depth: usize,
    in_header: bool,
    /// The header of the current part so far; only the two fields that matter are kept.
    content_type: Vec<u8>,
    encoding: Vec<u8>,
    field: Field,
    header_octets: usize,
    comparisons: usize,
    stray_parts: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    ContentType,
    Encoding,
    Other,
}

impl Default for Walker {
    fn default() -> Self {
        Self {
            structure: Structure::default(),
            levels: Vec::new(),
            message_depth: 0,
            in_header: true,
            content_type: Vec::new(),
            encoding: Vec::new(),
            field: Field::Other,
            header_octets: 0,
            comparisons: 0,
            stray_parts: 0,
        }
    }
}

impl Walker {
    fn line(&mut self, line: &[u8]) {
        if line.starts_with(b"--") && self.delimiter(line) || self.stray_delimiter(line) {
            return;
        }
        if !self.in_header {
            return;
        }
        if line.is_empty() {
            self.end_header();
            return;
        }
        self.header_octets += line.len();
        if self.header_octets > headers::MAX_BYTES {
            self.structure.over = true;
            return;
        }
        self.header_line(line);
    }

    /// Returns whether the line closes a part.
    fn delimiter(&mut self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        let found = self.levels.iter().rposition(|level| {
            line.strip_prefix(level.delimiter.as_slice()).is_some_and(|rest| rest.is_empty() || rest == b"--")
        });
        let Some(index) = found else { return false };
        if self.in_header {
            self.end_header();
        }
        let is_last = line.len() > self.levels[index].delimiter.len();
        self.message_depth = self.levels[index].message_depth;
        self.levels.truncate(if is_last { index } else { index + 1 });
        if !is_last {
            self.begin_header();
        }
        true
    }

    /// The MIME parser takes a boundary wherever it stands, in the middle of a line and before other characters too; what
    /// is hidden that way counts as parts. Returns whether there was one.
    fn stray_delimiter(&mut self, line: &[u8]) -> bool {
        let mut found = 0;
        for (at, _) in line.windows(2).enumerate().filter(|(_, pair)| pair == b"--") {
            self.comparisons += self.levels.len();
            if self.levels.iter().any(|level| line[at..].starts_with(&level.delimiter)) {
                found += 1;
            }
            if self.comparisons > MAX_COMPARISONS || self.stray_parts + found > MAX_PARTS {
                self.structure.over = true;
                return true;
            }
        }
        if found == 0 {
            return false;
        }
        self.stray_parts += found;
        if self.in_header {
            self.end_header();
        }
        self.begin_header();
        true
    }

    fn begin_header(&mut self) {
        self.in_header = true;
        self.content_type.clear();
        self.encoding.clear();
        self.field = Field::Other;
        self.header_octets = 0;
    }

    fn header_line(&mut self, line: &[u8]) {
        let value = if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            line
        } else {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
            let name = line[..colon].trim_ascii_end();
            // Of repeated fields the last one counts, as for the MIME parser.
            self.field = if name.eq_ignore_ascii_case(b"content-type") {
                self.content_type.clear();
                Field::ContentType
            } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
                self.encoding.clear();
                Field::Encoding
            } else {
                Field::Other
            };
            &line[colon + 1..]
        };
        match self.field {
            Field::ContentType => self.content_type.extend_from_slice(value),
            Field::Encoding => self.encoding.extend_from_slice(value),
            Field::Other => {}
        }
    }

    fn end_header(&mut self) {
        self.in_header = false;
        let parent_is_digest = self.levels.last().is_some_and(|level| level.is_digest);
        let line = field_line(&self.content_type);
        let content_type = read_content_type(&line);
        let (media_type, boundary) = match &content_type {
            Some(content_type) => (media_type(content_type), content_type.attribute("boundary")),
            // RFC 2046 section 5.1.5.
            None if parent_is_digest => ("message/rfc822".to_owned(), None),
            None => ("text/plain".to_owned(), None),
        };
        if self.structure.types.len() >= MAX_PARTS {
            self.structure.over = true;
            return;
        }
        if let Some(content_type) = &content_type {
            self.note(content_type, &media_type);
        }
        let is_message = matches!(media_type.as_str(), "message/rfc822" | "message/global");
        let is_multipart = media_type.starts_with("multipart/");
        let is_digest = media_type == "multipart/digest";
        self.structure.types.push(media_type);
        if is_message && self.is_identity() {
            self.message_depth += 1;
            self.structure.over |= self.message_depth > MAX_MESSAGE_DEPTH;
            self.begin_header();
        } else if is_multipart && let Some(boundary) = boundary {
            let delimiter = [b"--", boundary.as_bytes().trim_ascii_end()].concat();
            self.levels.push(Level { delimiter, message_depth: self.message_depth, is_digest });
            self.structure.over |= self.levels.len() > MAX_DEPTH;
        }
    }

    fn note(&mut self, content_type: &ContentType<'_>, media_type: &str) {
        self.structure.calendar_method |= media_type == "text/calendar" && content_type.has_attribute("method");
        let is = |name: &str, value: &str| content_type.attribute(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        if self.structure.flowed.is_none() && media_type == "text/plain" && is("format", "flowed") {
            self.structure.flowed = Some(is("delsp", "yes"));
        }
    }

    fn is_identity(&self) -> bool {
        let encoding = self.encoding.trim_ascii();
        !encoding.eq_ignore_ascii_case(b"base64") && !encoding.eq_ignore_ascii_case(b"quoted-printable")
    }
}

fn read_content_type(line: &[u8]) -> Option<ContentType<'_>> {
    match MessageStream::new(line).parse_content_type() {
        HeaderValue::ContentType(content_type) => Some(content_type),
        _ => None,
    }
}

/// The value as the field parser wants it: cut at the cap, ended by a line feed.
fn field_line(value: &[u8]) -> Vec<u8> {
    let value = value.trim_ascii();
    let mut line = value[..value.len().min(MAX_CONTENT_TYPE)].to_vec();
    line.push(b'\n');
    line
}

fn media_type(content_type: &ContentType<'_>) -> String {
    let subtype = content_type.subtype().unwrap_or(if content_type.ctype() == "text" { "plain" } else { "unknown" });
    headers::clean(&format!("{}/{subtype}", content_type.ctype()), 100).to_lowercase()
}
