//! Reads Rust source far enough to judge its shape: words, paths and functions, each with its line.
//!
//! Not a parser: comments and the contents of literals are blanked, the rest is cut into words and marks. Macro bodies
//! are read like any other code, so a path hidden in one is still seen.

/// One source file, ready to be judged.
pub(super) struct Source {
    /// Path from the root of the repository, with slashes.
    pub(super) path: String,
    /// The text as written.
    pub(super) text: String,
    /// Words and marks without comments and literals.
    pub(super) tokens: Vec<Token>,
}

/// One word or one mark (`::` is one mark).
pub(super) struct Token {
    /// As written.
    pub(super) text: String,
    /// Line, from 1.
    pub(super) line: usize,
}

/// One path such as `crate::model::ids`, spelled out of its `use` group.
pub(super) struct Path {
    /// Its words; `*` for a glob.
    pub(super) segments: Vec<String>,
    /// Line on which the path's first word stands.
    pub(super) line: usize,
    /// Index of the path's first word in the tokens.
    pub(super) at: usize,
}

/// One function with a body.
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// Line of the word `fn`.
    pub(super) first: usize,
    /// Line of the closing brace.
    pub(super) last: usize,
}

impl Source {
    /// Reads one file.
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), tokens: tokens(&blank(text)) }
    }

    /// Returns the word or mark at the index, empty past the end.
    pub(super) fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text.as_str())
    }

    /// Returns every path of two or more words, groups spelled out.
    pub(super) fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        for at in 0..self.tokens.len() {
            let starts = is_word(self.word(at)) && self.word(at + 1) == "::" && (at == 0 || self.word(at - 1) != "::");
            if starts {
                let mut found = Vec::new();
                self.spell(at, &mut Vec::new(), &mut found);
                let line = self.tokens[at].line;
                paths.extend(found.into_iter().map(|segments| Path { segments, line, at }));
            }
        }
        paths
    }

    /// Returns every function that has a body.
    pub(super) fn functions(&self) -> Vec<Function> {
        let heads = (0..self.tokens.len()).filter(|&at| self.word(at) == "fn" && is_word(self.word(at + 1)));
        heads
            .filter_map(|at| {
                let last = self.closing_brace(self.body(at)?)?;
                let name = self.word(at + 1).to_owned();
                Some(Function { name, first: self.tokens[at].line, last: self.tokens[last].line })
            })
            .collect()
    }

    /// Returns the names of the inline modules around the token, outermost first.
    pub(super) fn inline_modules(&self, at: usize) -> Vec<&str> {
        let opens = (0..at).filter(|&i| self.word(i) == "mod" && is_word(self.word(i + 1)) && self.word(i + 2) == "{");
        opens.filter(|&i| self.closing_brace(i + 2).is_none_or(|end| end > at)).map(|i| self.word(i + 1)).collect()
    }

    /// Adds the paths that start at `at`, each behind `before`; returns the index after them.
    fn spell(&self, mut at: usize, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
        let depth = before.len();
        loop {
            if self.word(at) == "{" {
                at = self.spell_group(at + 1, before, found);
                break;
            }
            if !is_word(self.word(at)) && self.word(at) != "*" {
                found.push(before.clone());
                break;
            }
            before.push(self.word(at).to_owned());
            at += 1;
            if self.word(at) != "::" {
                found.push(before.clone());
                break;
            }
            at += 1;
        }
        before.truncate(depth);
        at
    }

    fn spell_group(&self, mut at: usize, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
        while at < self.tokens.len() && self.word(at) != "}" {
            let starts = is_word(self.word(at)) || matches!(self.word(at), "*" | "{");
            at = if starts { self.spell(at, before, found) } else { at + 1 };
            if self.word(at) == "as" {
                at += 2;
            }
        }
        at + 1
    }

    /// Returns the index of the brace that opens the body; none for a declaration.
    fn body(&self, head: usize) -> Option<usize> {
        let mut depth = 0_i32;
        for at in head..self.tokens.len() {
            match self.word(at) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                "{" if depth == 0 => return Some(at),
                ";" if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }

    fn closing_brace(&self, open: usize) -> Option<usize> {
        let mut depth = 0_i32;
        for at in open..self.tokens.len() {
            match self.word(at) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }
}

/// Says whether this is a name, a keyword or a number.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_word(rest) {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(Token { text: rest[..length].to_owned(), line: index + 1 });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// Returns the text with comments and the contents of literals replaced by spaces; lines stay where they are.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let skipped = if after_word { literal(rest, first == '"') } else { literal(rest, true) };
        if let Some(length) = skipped {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
            after_word = false;
        } else {
            code.push(first);
            after_word = first.is_alphanumeric() || first == '_';
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// Returns the length of the comment or literal that `rest` begins with. `prefixed`: letters before a quote may belong
/// to the literal (not so in the middle of a word).
fn literal(rest: &str, prefixed: bool) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    if !prefixed {
        return None;
    }
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or("");
        after.trim_start_matches('#').starts_with('"') && (prefix.ends_with('r') || after.starts_with('"'))
    });
    let Some(prefix) = prefix else {
        return rest.strip_prefix("b'").and_then(|_| character(&rest[1..])).map(|length| length + 1);
    };
    let body = &rest[prefix.len()..];
    Some(prefix.len() + if prefix.ends_with('r') { raw_string(body) } else { string(body) })
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Returns the length of a character literal; none for a lifetime or a label.
fn character(rest: &str) -> Option<usize> {
    let inside = &rest[1..];
    let first = inside.chars().next()?;
    if first == '\\' {
        return inside.char_indices().skip(2).find(|&(_, c)| c == '\'').map(|(at, _)| at + 2);
    }
    inside[first.len_utf8()..].starts_with('\'').then(|| first.len_utf8() + 2)
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == '"' && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

fn raw_string(rest: &str) -> usize {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    rest[hashes + 1..].find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len())
}
