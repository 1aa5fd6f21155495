//! From bytes to characters: how an export is encoded, and what separates its columns.
//!
//! A file is looked through once before it is read: only the whole of it says whether it is UTF-8, because the first
//! foreign letter may stand in its last line.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// So much of the beginning is looked at to find the header, the separator and the order of dates.
const SAMPLE_BYTES: usize = 256 * 1024;
/// So much with foreign letters in it is enough to tell encodings apart.
const FOREIGN_BYTES: usize = 64 * 1024;
/// The bytes by which kinds of files are known.
const START_BYTES: usize = 8;
/// Read at once.
const CHUNK: usize = 64 * 1024;
/// Of bytes beyond ASCII, this share stands in pairs where the text is Chinese; in European text they stand alone.
const PAIRED_PERCENT: usize = 90;

/// How characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// Returns the encoding of a name such as `utf-8`, `gbk`, `utf-16` or `windows-1252` (WHATWG Encoding, section 4.2).
    pub fn from_name(name: &str) -> Option<Self> {
        encoding_rs::Encoding::for_label(name.trim().as_bytes()).map(Self)
    }

    /// Returns its name, for people.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// What separates the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`, where a comma is part of numbers.
    Semicolon,
    /// The tabulator.
    Tab,
    /// `|`
    Bar,
}

impl Delimiter {
    /// Every separator, the most usual first.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Bar];
    /// The words of the configuration.
    pub const WORDS: [&str; 4] = ["comma", "semicolon", "tab", "bar"];

    /// Reads a word of the configuration, or the character itself.
    pub fn from_word(word: &str) -> Option<Self> {
        let by_word = Self::WORDS.iter().position(|known| *known == word).map(|index| Self::ALL[index]);
        by_word
            .or_else(|| Self::ALL.into_iter().find(|known| word.as_bytes() == [known.byte()] || known.escape() == word))
    }

    /// Returns the character.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }

    fn escape(self) -> &'static str {
        if self == Self::Tab { "\\t" } else { "" }
    }

    /// Returns the separator of a table that begins so: the one that stands most often outside of quotes in a line of the
    /// beginning. Exports may begin with a line of their own (`sep=;`, a title).
    pub fn guess(beginning: &str) -> Self {
        const LINES: usize = 10;
        let count = |delimiter: Self| {
            let most = beginning.lines().take(LINES).map(|line| outside_quotes(line, delimiter)).max();
            most.unwrap_or(0)
        };
        let mut best = (Self::Comma, count(Self::Comma));
        for delimiter in Self::ALL {
            let found = count(delimiter);
            if found > best.1 {
                best = (delimiter, found);
            }
        }
        best.0
    }
}

fn outside_quotes(line: &str, delimiter: Delimiter) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for byte in line.bytes() {
        quoted ^= byte == b'"';
        count += usize::from(!quoted && byte == delimiter.byte());
    }
    count
}

/// What a look through a file found.
#[derive(Debug, Clone)]
pub struct Look {
    /// How its characters are written.
    pub encoding: Encoding,
    /// The beginning, decoded; it may end in the middle of a line.
    pub beginning: String,
    /// The file ends with a line break, so that its last line is whole.
    pub ends_with_break: bool,
    /// It has no byte at all.
    pub empty: bool,
    /// Its first bytes as they are, by which other kinds of files are known.
    pub start: Vec<u8>,
    /// Bytes that tell the encoding stand in front.
    mark: usize,
}

/// Looks through a whole file. `told` is the encoding that the seller named; without it, it is found out.
pub fn look(mut file: impl Read, told: Option<Encoding>) -> io::Result<Look> {
    let mut seen = Seen::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => seen.take(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mark = encoding_rs::Encoding::for_bom(&seen.sample);
    let encoding = match (mark, told) {
        (Some((encoding, _)), _) => encoding,
        (None, Some(told)) => told.0,
        (None, None) => seen.guess(),
    };
    let mark = mark.map_or(0, |(_, length)| length);
    let (beginning, _) = encoding.decode_without_bom_handling(&seen.sample[mark..]);
    let ends_with_break = match seen.last {
        // In UTF-16 the line break is two bytes, in either order.
        [before, last] => last == b'\n' || last == b'\r' || (last == 0 && before == b'\n'),
    };
    Ok(Look {
        encoding: Encoding(encoding),
        beginning: beginning.into_owned(),
        ends_with_break,
        empty: seen.sample.is_empty(),
        start: seen.sample[..seen.sample.len().min(START_BYTES)].to_vec(),
        mark,
    })
}

/// What was seen of a file so far.
#[derive(Debug, Default)]
struct Seen {
    sample: Vec<u8>,
    foreign: Vec<u8>,
    not_utf8: bool,
    /// The beginning of a character that the last chunk cut.
    cut: Vec<u8>,
    last: [u8; 2],
}

impl Seen {
    fn take(&mut self, chunk: &[u8]) {
        for byte in &chunk[chunk.len().saturating_sub(2)..] {
            self.last = [self.last[1], *byte];
        }
        let room = SAMPLE_BYTES.saturating_sub(self.sample.len()).min(chunk.len());
        self.sample.extend_from_slice(&chunk[..room]);
        if let Some(first) = chunk.iter().position(|byte| !byte.is_ascii()) {
            let room = FOREIGN_BYTES.saturating_sub(self.foreign.len()).min(chunk.len() - first);
            self.foreign.extend_from_slice(&chunk[first..first + room]);
        } else if self.cut.is_empty() {
            return;
        }
        if !self.not_utf8 {
            self.cut.extend_from_slice(chunk);
            let whole = std::mem::take(&mut self.cut);
            if let Err(error) = std::str::from_utf8(&whole) {
                match error.error_len() {
                    Some(_) => self.not_utf8 = true,
                    None => self.cut = whole[error.valid_up_to()..].to_vec(),
                }
            }
        }
    }

    fn guess(&self) -> &'static encoding_rs::Encoding {
        // Text holds no NUL, and ASCII written as UTF-16 is half of it.
        let nul = |offset: usize| self.sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
        let quarter = self.sample.len() / 4;
        if quarter > 0 && nul(1) > quarter {
            return UTF_16LE;
        }
        if quarter > 0 && nul(0) > quarter {
            return UTF_16BE;
        }
        if !self.not_utf8 && self.cut.is_empty() {
            return UTF_8;
        }
        if is_paired(&self.foreign) { GB18030 } else { WINDOWS_1252 }
    }
}

/// Returns whether bytes beyond ASCII stand in pairs, as the Chinese characters of GB 2312 do.
fn is_paired(bytes: &[u8]) -> bool {
    let (mut paired, mut all, mut at) = (0, 0, 0);
    while let Some(byte) = bytes.get(at) {
        let pair = (0xa1..=0xf7).contains(byte) && bytes.get(at + 1).is_some_and(|next| *next >= 0xa1);
        if pair {
            paired += 2;
            all += 2;
            at += 1;
        } else if !byte.is_ascii() {
            all += 1;
        }
        at += 1;
    }
    all > 0 && paired * 100 >= all * PAIRED_PERCENT
}

/// Returns the file's text as UTF-8, read from its beginning again.
pub fn decoded<R: Read>(file: R, look: &Look) -> impl Read {
    Decoded {
        file,
        decoder: look.encoding.0.new_decoder_without_bom_handling(),
        skip: look.mark,
        plain: look.encoding.0 == UTF_8,
        raw: Vec::new(),
        ended: false,
        text: Vec::new(),
        given: 0,
    }
}

/// A reader that undoes an encoding. What has no meaning in it becomes U+FFFD.
struct Decoded<R> {
    file: R,
    decoder: Decoder,
    /// Bytes in front that are no text.
    skip: usize,
    /// The bytes are UTF-8 already.
    plain: bool,
    raw: Vec<u8>,
    ended: bool,
    text: Vec<u8>,
    given: usize,
}

impl<R: Read> Decoded<R> {
    fn more(&mut self) -> io::Result<()> {
        self.raw.resize(CHUNK, 0);
        let count = self.file.read(&mut self.raw)?;
        self.ended = count == 0;
        let skipped = self.skip.min(count);
        self.skip -= skipped;
        let mut raw = &self.raw[skipped..count];
        self.given = 0;
        self.text.clear();
        if self.plain {
            self.text.extend_from_slice(raw);
            return Ok(());
        }
        loop {
            let from = self.text.len();
            self.text.resize(from + 3 * raw.len() + 16, 0);
            let (result, read, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text[from..], self.ended);
            self.text.truncate(from + written);
            raw = &raw[read..];
            if result == CoderResult::InputEmpty {
                return Ok(());
            }
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.more()?;
        }
        let count = into.len().min(self.text.len() - self.given);
        into[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8], told: Option<&str>) -> (String, &'static str) {
        let told = told.map(|name| Encoding::from_name(name).expect("a known name"));
        let look = look(bytes, told).expect("memory can be read");
        let mut text = String::new();
        decoded(bytes, &look).read_to_string(&mut text).expect("the text is UTF-8");
        (text, look.encoding.name())
    }

    #[test]
    fn encodings_are_found_out() {
        let chinese = "订单号,订单状态\n1001,已发货\n".repeat(3);
        let german = "Bestellung;Käufer\n1001;Jörg Müßig, Straße 1\n";
        let utf16 = |text: &str, big: bool| -> Vec<u8> {
            let units = text.encode_utf16();
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        let cases: [(Vec<u8>, &str, &str); 9] = [
            (chinese.as_bytes().to_vec(), &chinese, "UTF-8"),
            (marked(&[0xef, 0xbb, 0xbf], chinese.as_bytes()), &chinese, "UTF-8"),
            (GB18030.encode(&chinese).0.into_owned(), &chinese, "gb18030"),
            (marked(&[0xff, 0xfe], &utf16(&chinese, false)), &chinese, "UTF-16LE"),
            (marked(&[0xfe, 0xff], &utf16(&chinese, true)), &chinese, "UTF-16BE"),
            (utf16(german, false), german, "UTF-16LE"),
            (utf16(german, true), german, "UTF-16BE"),
            (WINDOWS_1252.encode(german).0.into_owned(), german, "windows-1252"),
            (b"a,b\n1,2\n".to_vec(), "a,b\n1,2\n", "UTF-8"),
        ];
        for (bytes, text, name) in cases {
            assert_eq!(text_of(&bytes, None), (text.to_owned(), name));
        }
        let japanese = "注文番号,状態\n";
        let bytes = encoding_rs::SHIFT_JIS.encode(japanese).0;
        assert_eq!(text_of(&bytes, Some("shift_jis")), (japanese.to_owned(), "Shift_JIS"), "as the seller said");
    }

    #[test]
    fn a_foreign_letter_at_the_very_end_counts_and_no_character_is_torn() {
        let long = format!("{}ü", "a".repeat(SAMPLE_BYTES + 5));
        assert_eq!(text_of(&WINDOWS_1252.encode(&long).0, None), (long.clone(), "windows-1252"));
        assert_eq!(text_of(long.as_bytes(), None), (long, "UTF-8"));
        let dense = "号".repeat(CHUNK);
        assert_eq!(text_of(dense.as_bytes(), None), (dense.clone(), "UTF-8"));
        assert_eq!(text_of(&GB18030.encode(&format!("a{dense}")).0, None), (format!("a{dense}"), "gb18030"));
    }

    #[test]
    fn separators_are_found_outside_of_quotes() {
        for (text, delimiter) in [
            ("a,b,c\n1,2,3", Delimiter::Comma),
            ("sep=;\na;b;c", Delimiter::Semicolon),
            ("a\tb\tc,d", Delimiter::Tab),
            ("\"a,b,c,d\";e;f", Delimiter::Semicolon),
            ("one column", Delimiter::Comma),
            ("a|b|c", Delimiter::Bar),
        ] {
            assert_eq!(Delimiter::guess(text), delimiter, "{text}");
        }
    }
}
