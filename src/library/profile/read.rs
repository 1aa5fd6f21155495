//! A profile as written: keys, words, patterns. Every problem is collected with its place.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    diagnostic::{
        Code, Diagnostic, has_errors,
        nearest::nearest,
        source::{FileId, SourceMap, Span},
        yaml::{self, Kind, Node, UNKNOWN_VALUE, WRONG_TYPE, fields::Fields},
    },
    model::{
        mode::Mode,
        profile::{Answers, CustomerAt, Forbidden, Frame, Notice, NoticeEnd, Pattern, Profile, Reference, Sender},
        time::ResponseClock,
    },
};

/// A pattern that cannot be read, or would take too much memory.
pub(super) const PROFILE_PATTERN: Code = Code::new("profile-pattern");
/// An address of a sender that could be anybody's.
pub(super) const PROFILE_SENDER: Code = Code::new("profile-sender");
/// A profile that cannot do what it says.
pub(super) const PROFILE_INCOMPLETE: Code = Code::new("profile-incomplete");

/// Patterns of one list.
const MAX_PATTERNS: usize = 200;

/// Reads one file. `known` are the profiles that it may begin with: the one of its own name, or the one after `like:`.
///
/// There is a profile if and only if no diagnostic is an error.
pub fn read(
    sources: &SourceMap,
    file: FileId,
    name: &str,
    known: &[Arc<Profile>],
) -> (Option<Profile>, Vec<Diagnostic>) {
    let (root, found) = yaml::parse_all(file, &sources.file(file).text);
    let Some(root) = root else { return (None, found) };
    finished(Reader { file, shipped: false, found }, name, &root, known)
}

/// Reads a file that travels inside the binary: its patterns are compiled when they are needed.
pub(super) fn read_shipped(sources: &SourceMap, file: FileId, name: &str) -> (Option<Profile>, Vec<Diagnostic>) {
    let (root, found) = yaml::parse_all(file, &sources.file(file).text);
    let Some(root) = root else { return (None, found) };
    finished(Reader { file, shipped: true, found }, name, &root, &[])
}

fn finished(mut reader: Reader, name: &str, root: &Node, known: &[Arc<Profile>]) -> (Option<Profile>, Vec<Diagnostic>) {
    let profile = reader.profile(name, root, known);
    let usable = !has_errors(&reader.found);
    (profile.filter(|_| usable), reader.found)
}

struct Reader {
    file: FileId,
    shipped: bool,
    found: Vec<Diagnostic>,
}

impl Reader {
    fn profile(&mut self, name: &str, root: &Node, known: &[Arc<Profile>]) -> Option<Profile> {
        let mut fields = self.open(root)?;
        let begin = self.begin(name, &mut fields, known);
        let mut profile = Profile { name: name.to_owned(), ..begin };
        set(&mut profile.title, fields.take("title"));
        set(&mut profile.about, fields.take("about"));
        set(&mut profile.senders, fields.node("senders").map(|node| self.senders(node)));
        set(&mut profile.notice_senders, fields.node("notice_senders").map(|node| self.senders(node)));
        set(&mut profile.customer, fields.node("customer").and_then(|node| self.customer(node)));
        if let Some(node) = fields.node("buyer_name") {
            profile.buyer_name = self.pattern(node);
        }
        if let Some(node) = fields.node("order_number") {
            profile.order_number = self.pattern(node);
        }
        if let Some(node) = fields.node("reference") {
            profile.reference = self.reference(node);
        }
        if let Some(node) = fields.node("frame") {
            self.frame(node, &mut profile.frame);
        }
        set(&mut profile.subject_noise, fields.node("subject_noise").map(|node| self.patterns(node)));
        set(&mut profile.notices, fields.node("notices").map(|node| self.notices(node)));
        if let Some(node) = fields.node("answers") {
            self.answers(node, &mut profile.answers);
        }
        let modes = ["off", "shadow", "suggest", "auto"].map(|word| (word, Mode::from_word(word).unwrap_or(Mode::Off)));
        set(&mut profile.max_mode, fields.node("max_mode").and_then(|node| self.choose(node, &modes)));
        if let Some(node) = fields.node("response") {
            self.response(node, &mut profile);
        }
        self.found.extend(fields.finish());
        self.whole(root, &profile);
        Some(profile)
    }

    /// Returns what the profile begins with.
    fn begin(&mut self, name: &str, fields: &mut Fields<'_>, known: &[Arc<Profile>]) -> Profile {
        let of = |wanted: &str| known.iter().find(|profile| profile.name == wanted).map(|found| found.as_ref().clone());
        let Some(node) = fields.node("like") else {
            let begin = of(name);
            if begin.is_none() && !fields.has("title") {
                fields.missing("title", "the name for people: `title: Our contact form`");
            }
            return begin.unwrap_or_else(|| Profile::named(name));
        };
        let written = node.as_text().unwrap_or_default();
        of(written).unwrap_or_else(|| {
            let names = known.iter().map(|profile| profile.name.as_str());
            let message = format!("there is no shipped profile `{written}`");
            let mut found = Diagnostic::error(UNKNOWN_VALUE, message, self.span(node), "here");
            found = found.help(format!("write one of: {}", names.clone().collect::<Vec<_>>().join(", ")));
            if let Some(meant) = nearest(written, names) {
                found = found.fix(self.span(node), meant);
            }
            self.found.push(found);
            Profile::named(name)
        })
    }

    fn senders(&mut self, node: &Node) -> Vec<Sender> {
        let nodes = self.list(node, "a list of senders, each `{from: address}`");
        nodes.iter().filter_map(|node| self.sender(node)).collect()
    }

    fn sender(&mut self, node: &Node) -> Option<Sender> {
        let mut fields = self.open(node)?;
        let from: Option<String> = fields.require("from", "the address it writes from: `from: form@shop.example`");
        let vouched_by: Vec<String> = fields.take("vouched_by").unwrap_or_default();
        let language = fields.take("language");
        let country: Option<String> = fields.take("country");
        let place = fields.node("from").map_or_else(|| self.span(node), |from| self.span(from));
        self.found.extend(fields.finish());
        let from = from?.trim().to_lowercase();
        // Whoever may register a domain that fits could write as the marketplace.
        let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
        let fixed = !domain.contains('*') && domain.contains('.') && from.matches('@').count() == 1;
        if !fixed {
            let message = format!("found `{from}`, expected an address whose domain is written out");
            let help = "write `*` only before the @: `*@members.ebay.com`";
            self.found.push(Diagnostic::error(PROFILE_SENDER, message, place, "anybody could have it").help(help));
            return None;
        }
        let vouched_by = vouched_by.iter().map(|domain| domain.trim().to_lowercase()).collect();
        Some(Sender { from, vouched_by, language, country: country.map(|code| code.to_uppercase()) })
    }

    fn customer(&mut self, node: &Node) -> Option<CustomerAt> {
        if node.as_text().is_some() {
            let places = [("from", CustomerAt::From), ("alias", CustomerAt::Alias), ("reply_to", CustomerAt::ReplyTo)];
            return self.choose(node, &places);
        }
        let mut fields = self.open(node)?;
        let pattern = fields.node("body").map(|body| (self.span(body), self.pattern(body)));
        if pattern.is_none() {
            fields.missing("body", "the line with the buyer's address: `body: '^E-mail: (?<address>\\S+)'`");
        }
        self.found.extend(fields.finish());
        let (span, pattern) = pattern?;
        let pattern = pattern?;
        if !pattern.written().contains("<address>") {
            let message = "the pattern does not say which part is the address";
            let help = "write `(?<address>\\S+)` where it stands";
            self.found.push(Diagnostic::error(PROFILE_PATTERN, message, span, "no group `address`").help(help));
            return None;
        }
        Some(CustomerAt::Body(pattern))
    }

    fn reference(&mut self, node: &Node) -> Option<Reference> {
        let mut fields = self.open(node)?;
        let pattern = fields.node("pattern").map(|pattern| self.pattern(pattern));
        if pattern.is_none() {
            fields.missing("pattern", "what the reference looks like");
        }
        let required = fields.take("required").unwrap_or(false);
        self.found.extend(fields.finish());
        Some(Reference { pattern: pattern??, required })
    }

    fn frame(&mut self, node: &Node, frame: &mut Frame) {
        let Some(mut fields) = self.open(node) else { return };
        set(&mut frame.begins_after, fields.node("begins_after").map(|node| self.patterns(node)));
        set(&mut frame.ends_before, fields.node("ends_before").map(|node| self.patterns(node)));
        set(&mut frame.drop, fields.node("drop").map(|node| self.patterns(node)));
        self.found.extend(fields.finish());
    }

    fn notices(&mut self, node: &Node) -> Vec<Notice> {
        let nodes = self.list(node, "a list of notices");
        nodes.iter().filter_map(|node| self.notice(node)).collect()
    }

    fn notice(&mut self, node: &Node) -> Option<Notice> {
        let mut fields = self.open(node)?;
        let title: Option<String> = fields.require("title", "what it is, for people");
        let subject = fields.node("subject").map(|node| self.patterns(node));
        if subject.is_none() {
            fields.missing("subject", "patterns of its subject, in every language the marketplace writes");
        }
        let becomes = fields.node("becomes").map(|node| self.choose(node, &NoticeEnd::WORDS));
        if becomes.is_none() {
            fields.missing("becomes", "silence, ticket or urgent");
        }
        self.found.extend(fields.finish());
        Some(Notice { title: title?, subject: subject?, becomes: becomes?? })
    }

    fn answers(&mut self, node: &Node, answers: &mut Answers) {
        let Some(mut fields) = self.open(node) else { return };
        set(&mut answers.html, fields.take("html"));
        if let Some(node) = fields.node("forbid") {
            let nodes = self.list(node, "a list of: links, emails, phones");
            let forbid: BTreeSet<Forbidden> =
                nodes.iter().filter_map(|node| self.choose(node, &Forbidden::WORDS)).collect();
            answers.forbid = forbid;
        }
        set(&mut answers.links_to, fields.take("links_to"));
        set(&mut answers.forbid_words, fields.take("forbid_words"));
        if let Some(most) = fields.take::<u32>("max_characters") {
            answers.max_characters = Some(most as usize);
        }
        if let Some(most) = fields.take::<u32>("max_attachment_mb") {
            answers.max_attachment_bytes = Some(u64::from(most) * 1_000_000);
        }
        set(&mut answers.attachment_types, fields.take("attachment_types"));
        set(&mut answers.acks, fields.take("acks"));
        self.found.extend(fields.finish());
    }

    fn response(&mut self, node: &Node, profile: &mut Profile) {
        let Some(mut fields) = self.open(node) else { return };
        if let Some(node) = fields.node("within") {
            let clock = node.as_text().and_then(|written| written.parse::<ResponseClock>().ok());
            if clock.is_none() {
                let message = format!("found {}, expected a response clock such as 24h", node.describe());
                let found = Diagnostic::error(WRONG_TYPE, message, self.span(node), "here");
                self.found.push(found.help("write `90m`, `24h` or `2d`, `2h desk` for desk time, or `same_day`"));
            }
            profile.response = clock.or(profile.response);
        }
        set(&mut profile.automatic_counts, fields.take("automatic_counts"));
        self.found.extend(fields.finish());
    }

    /// Says what keeps a profile with correct parts from working.
    fn whole(&mut self, root: &Node, profile: &Profile) {
        let span = Span::new(self.file, root.span.start..root.span.start);
        if matches!(profile.customer, CustomerAt::Body(_)) && profile.frame.begins_after.is_empty() {
            let message = "the buyer's address stands above the message, and nothing says where the message begins";
            let help = "write `frame: {begins_after: ['^Message:$']}`; a buyer could else name somebody else's address";
            self.found.push(Diagnostic::error(PROFILE_INCOMPLETE, message, span, "in this profile").help(help));
            return;
        }
        // A relay has an address for each buyer; a form has one, and an answer to it would reach nobody.
        let single = profile.senders.iter().find(|sender| !sender.from.contains('*'));
        let told = profile.customer == CustomerAt::From && !has_errors(&self.found);
        if let Some(sender) = single.filter(|_| told) {
            let message =
                format!("{} writes for every buyer, and nothing says where the buyer's address stands", sender.from);
            let help = "write `customer: reply_to` if it stands in Reply-To, or `customer: {body: '^E-mail: *(?<address>\\S+)$'}` \
                        with the line above the message";
            self.found.push(Diagnostic::error(PROFILE_INCOMPLETE, message, span, "in this profile").help(help));
        }
    }

    fn patterns(&mut self, node: &Node) -> Vec<Pattern> {
        let nodes = self.list(node, "a list of patterns (regular expressions)");
        nodes.iter().take(MAX_PATTERNS).filter_map(|node| self.pattern(node)).collect()
    }

    fn pattern(&mut self, node: &Node) -> Option<Pattern> {
        let Some(written) = node.as_text() else {
            let message = format!("found {}, expected a pattern (a regular expression in quotes)", node.describe());
            self.found.push(Diagnostic::error(WRONG_TYPE, message, self.span(node), "wrong kind of value"));
            return None;
        };
        let pattern = Pattern::new(written);
        // What travels inside the binary is compiled by a test, and here when it is needed.
        if self.shipped {
            return Some(pattern);
        }
        match pattern.check() {
            Ok(()) if !pattern.stands_in("") => Some(pattern),
            Ok(()) => {
                let message = "the pattern matches everything, also nothing";
                let found = Diagnostic::error(PROFILE_PATTERN, message, self.span(node), "here");
                self.found.push(found.help("write what must stand there: `^Message:$`"));
                None
            }
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let message = format!("not a pattern: {reason}");
                let found = Diagnostic::error(PROFILE_PATTERN, message, self.span(node), "here");
                self.found.push(found.help("write it in single quotes; `\\.` is a dot, `\\[` a bracket"));
                None
            }
        }
    }

    fn open<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        Fields::open(self.file, node).map_err(|problem| self.found.push(problem)).ok()
    }

    fn list<'n>(&mut self, node: &'n Node, expected: &str) -> &'n [Node] {
        if let Kind::List(items) = &node.kind {
            return items;
        }
        let message = format!("found {}, expected {expected}", node.describe());
        self.found.push(Diagnostic::error(WRONG_TYPE, message, self.span(node), "wrong kind of value"));
        &[]
    }

    fn choose<T: Clone>(&mut self, node: &Node, choices: &[(&str, T)]) -> Option<T> {
        let written = node.as_text().unwrap_or_default();
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == written) {
            return Some(value.clone());
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let message = format!("found {}, expected one of: {}", node.describe(), names.join(", "));
        let mut found = Diagnostic::error(UNKNOWN_VALUE, message, self.span(node), "here");
        if let Some(close) = nearest(written, names.iter().copied()) {
            found = found.help(format!("did you mean `{close}`?")).fix(self.span(node), close);
        }
        self.found.push(found);
        None
    }

    fn span(&self, node: &Node) -> Span {
        Span::new(self.file, node.span.clone())
    }
}

fn set<T>(slot: &mut T, written: Option<T>) {
    if let Some(value) = written {
        *slot = value;
    }
}
