//! A mail of a marketplace or a web form, read by its profile: who the buyer is, which order and conversation it belongs
//! to, which words are the buyer's. Pure.
//!
//! A profile is believed only where our own server vouches for the sender; whether an answer may go out is decided by the
//! guards, which are told here what is unclear.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    channel::email::{EnvelopeSender, addresses, compose::Letter},
    model::{
        authentication::{self, Authentication, organisation},
        inbound::{MailFacts, Mailbox},
        language::Language,
        profile::{CustomerAt, Frame, NoticeEnd, NoticeFound, Objection, Pattern, Profile, Profiles, Relayed, Sender},
    },
    text::forbidden,
};

/// Bytes of a body that are looked at; a marketplace's mail has ten thousand.
const MAX_BODY: usize = 256 * 1024;

/// Characters kept of each part that was cut, for people.
const MAX_CUT: usize = 2_000;

/// What the sender of a mail turns out to be.
#[derive(Debug, Clone)]
pub enum Recognized {
    /// No marketplace's.
    No,
    /// It has a marketplace's address, and nothing proves it; why, as a clause.
    Unproven(String),
    /// A marketplace's or form's.
    Proven(Match),
}

/// The profile that a mail is read by.
#[derive(Debug, Clone)]
pub struct Match {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Which of its senders it is.
    pub sender: Sender,
    /// The sender brings notices only.
    pub notices_only: bool,
}

/// Finds the profile of a mail by its author, whom our own server must vouch for.
pub fn recognize(
    facts: &MailFacts,
    author: Option<&Mailbox>,
    profiles: &Profiles,
    trusted: &BTreeSet<String>,
) -> Recognized {
    let Some(author) = author else { return Recognized::No };
    let mut unproven = None;
    for (profile, sender, notices_only) in senders(profiles) {
        if !sender.matches(&author.address) {
            continue;
        }
        let own = author.address.rsplit_once('@').map_or("", |(_, domain)| domain);
        let domains: Vec<&str> = std::iter::once(own).chain(sender.vouched_by.iter().map(String::as_str)).collect();
        if authentication::of(facts, &domains, trusted) == Authentication::Pass {
            let profile = Arc::clone(profile);
            return Recognized::Proven(Match { profile, sender: sender.clone(), notices_only });
        }
        unproven.get_or_insert_with(|| {
            format!(
                "it says it comes from {}, and no server that we trust vouches for {}",
                profile.title, author.address
            )
        });
    }
    unproven.map_or(Recognized::No, Recognized::Unproven)
}

fn senders(profiles: &Profiles) -> impl Iterator<Item = (&Arc<Profile>, &Sender, bool)> {
    profiles.all.iter().flat_map(|profile| {
        let messages = profile.senders.iter().map(move |sender| (profile, sender, false));
        messages.chain(profile.notice_senders.iter().map(move |sender| (profile, sender, true)))
    })
}

/// A mail as its profile sees it.
#[derive(Debug, Clone)]
pub struct Read {
    /// What was found.
    pub relayed: Relayed,
    /// The buyer's words, with what their mail program quotes.
    pub text: String,
    /// The subject without what the marketplace adds.
    pub subject: String,
    /// The language of the site.
    pub language: Option<Language>,
}

/// Reads a mail by its profile. `body` is its text as people see it.
pub fn read(found: &Match, facts: &MailFacts, author: Option<&Mailbox>, subject: &str, body: &str) -> Read {
    let Match { profile, sender, notices_only } = found;
    let body = &body[..body.floor_char_boundary(MAX_BODY)];
    let mut problems = Vec::new();
    let framed = !profile.frame.begins_after.is_empty();
    let parts = cut(&profile.frame, body, &mut problems);
    // A mail in the frame is a buyer's; they choose some words of its subject, and what they sent must not vanish.
    if (*notices_only || framed && parts.head.is_empty())
        && let Some(notice) = notice(profile, subject, *notices_only)
    {
        return as_notice(found, notice, subject, body);
    }
    let buyer = buyer(found, facts, author, &parts, &mut problems);
    let order = order(profile, subject, &parts, &mut problems);
    let reference = reference(profile, subject, &parts, &mut problems);
    let about = order.as_deref().unwrap_or("-");
    let thread = buyer.as_ref().map(|buyer| format!("{}:{}:{about}", profile.name, buyer.address.to_lowercase()));
    let relayed = Relayed {
        profile: Arc::clone(profile),
        proven: matches!(profile.customer, CustomerAt::From | CustomerAt::Alias),
        thread,
        order,
        reference,
        subject: subject.to_owned(),
        cut: parts.cut(),
        notice: None,
        problems,
        country: sender.country.clone(),
        buyer,
    };
    let subject = quiet(profile, subject);
    Read { relayed, text: parts.text, subject, language: sender.language }
}

/// Returns an answer as the marketplace finds its conversation by it: with the reference below the text.
pub fn answer(relayed: &Relayed, text: &str) -> String {
    match &relayed.reference {
        Some(reference) if !text.contains(reference.as_str()) => format!("{}\n\n{reference}\n", text.trim_end()),
        _ => text.to_owned(),
    }
}

/// Returns why the marketplace would not take an answer.
pub fn objections(relayed: &Relayed, text: &str) -> Vec<Objection> {
    forbidden::objections(text, &relayed.profile.answers)
}

/// Returns a letter as the marketplace takes it: its subject as it was, plain text where it wants that, and sent in every
/// sense from the address that it knows.
pub fn addressed<'l>(relayed: &'l Relayed, letter: Letter<'l>) -> Letter<'l> {
    let html = letter.html.filter(|_| relayed.profile.answers.html);
    if !relayed.proven {
        // A form has no relay behind it: the answer is an ordinary mail to the buyer.
        let subject = if letter.subject.is_empty() { &relayed.subject } else { letter.subject };
        return Letter { subject, html, ..letter };
    }
    Letter { subject: &relayed.subject, ticket: None, html, envelope_sender: EnvelopeSender::Same, ..letter }
}

/// Returns which notice it is. Who brings nothing but notices may bring one that the profile does not know.
fn notice(profile: &Profile, subject: &str, notices_only: bool) -> Option<NoticeFound> {
    let known = profile.notices.iter().find(|notice| notice.subject.iter().any(|pattern| pattern.stands_in(subject)));
    match known {
        Some(notice) => {
            // Perhaps the frame changed, and it is a buyer's after all.
            let kept = !notices_only && notice.becomes == NoticeEnd::Silence;
            let becomes = if kept { NoticeEnd::Ticket } else { notice.becomes };
            Some(NoticeFound { title: notice.title.clone(), becomes: Some(becomes) })
        }
        None => notices_only.then(|| NoticeFound { title: "another notice".to_owned(), becomes: None }),
    }
}

fn as_notice(found: &Match, notice: NoticeFound, subject: &str, body: &str) -> Read {
    let Match { profile, sender, .. } = found;
    let order = sole(profile.order_number.as_ref(), [subject, body]);
    let relayed = Relayed {
        profile: Arc::clone(profile),
        proven: false,
        thread: order.as_ref().map(|order| format!("{}:notice:{order}", profile.name)),
        order,
        reference: None,
        subject: subject.to_owned(),
        cut: Vec::new(),
        notice: Some(notice),
        problems: Vec::new(),
        country: sender.country.clone(),
        buyer: None,
    };
    Read { relayed, text: body.to_owned(), subject: subject.to_owned(), language: sender.language }
}

/// A body taken apart.
#[derive(Debug, Default)]
struct Parts {
    head: String,
    text: String,
    tail: String,
    dropped: String,
}

impl Parts {
    fn cut(&self) -> Vec<String> {
        let parts = [&self.head, &self.dropped, &self.tail];
        let short = |part: &&String| part.trim().chars().take(MAX_CUT).collect::<String>();
        parts.iter().map(short).filter(|part| !part.is_empty()).collect()
    }
}

/// Cuts what the marketplace wrote around the buyer's words. A line of the frame that stands twice, or before one that
/// should come first, may be the buyer's own, and then nobody can say where the words end.
fn cut(frame: &Frame, body: &str, problems: &mut Vec<String>) -> Parts {
    let lines: Vec<&str> = body.lines().collect();
    let is = |patterns: &[Pattern], line: &str| patterns.iter().any(|pattern| pattern.stands_in(line.trim()));
    let begin = lines.iter().position(|line| is(&frame.begins_after, line));
    if begin.is_none() && !frame.begins_after.is_empty() {
        problems.push("the line below which the buyer's words begin is not there".to_owned());
        return Parts { text: body.to_owned(), ..Parts::default() };
    }
    let first = begin.map_or(0, |line| line + 1);
    let end = lines[first..].iter().position(|line| is(&frame.ends_before, line)).map_or(lines.len(), |at| first + at);
    if lines[first..end].iter().any(|line| is(&frame.begins_after, line)) {
        problems.push("the line below which the buyer's words begin stands there twice".to_owned());
    }
    if let Some(line) = lines.get(end) {
        // The lines that end a message are written in the order in which a marketplace writes them.
        let cutting = frame.ends_before.iter().position(|pattern| pattern.stands_in(line.trim()));
        let first_ones = &frame.ends_before[..cutting.map_or(0, |index| index + 1)];
        if lines[end + 1..].iter().any(|later| is(first_ones, later)) {
            problems.push(format!("the buyer's words may not end at the line “{}”: another end follows", line.trim()));
        }
    }
    let (dropped, kept): (Vec<&str>, Vec<&str>) =
        lines[first..end].iter().copied().partition(|line| is(&frame.drop, line));
    Parts {
        head: lines[..first].join("\n"),
        text: kept.join("\n").trim_matches('\n').to_owned(),
        tail: lines[end..].join("\n"),
        dropped: dropped.join("\n"),
    }
}

/// Returns the buyer: never the sender of a form, and of several addresses none.
fn buyer(
    Match { profile, sender, .. }: &Match,
    facts: &MailFacts,
    author: Option<&Mailbox>,
    parts: &Parts,
    problems: &mut Vec<String>,
) -> Option<Mailbox> {
    let found = match &profile.customer {
        CustomerAt::From => return author.map(|author| Mailbox { name: name_of(profile, author), ..author.clone() }),
        CustomerAt::ReplyTo | CustomerAt::Alias => match facts.reply_to.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        },
        CustomerAt::Body(pattern) => in_head(pattern, &parts.head),
    };
    let found = found.filter(|buyer| {
        let form = author.is_some_and(|author| author.address.eq_ignore_ascii_case(&buyer.address));
        let alias = profile.customer != CustomerAt::Alias || is_alias(sender, buyer);
        addresses::is_real(&buyer.address) && !form && alias
    });
    if found.is_none() {
        problems.push("it does not name exactly one address of the buyer".to_owned());
    }
    found
}

/// Returns the buyer's own name; what a marketplace writes around it is nobody's, and member names greet nobody.
fn name_of(profile: &Profile, author: &Mailbox) -> Option<String> {
    let captures = profile.buyer_name.as_ref()?.regex()?.captures(author.name.as_deref()?)?;
    captures.name("name").map(|name| name.as_str().trim().to_owned()).filter(|name| !name.is_empty())
}

/// Returns whether an address is one of the marketplace's own.
fn is_alias(sender: &Sender, buyer: &Mailbox) -> bool {
    let Some((_, domain)) = buyer.address.rsplit_once('@') else { return false };
    let own = sender.from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let same = |known: &str| organisation(known) == organisation(domain);
    same(own) || sender.vouched_by.iter().any(|known| same(known))
}

/// Reads the address above the message; whoever writes a second one there may be somebody else.
fn in_head(pattern: &Pattern, head: &str) -> Option<Mailbox> {
    let regex = pattern.regex()?;
    let mut found: Vec<Mailbox> = Vec::new();
    for captures in regex.captures_iter(head) {
        let group = |name: &str| captures.name(name).map(|group| group.as_str().trim().to_owned());
        let Some(address) = group("address") else { continue };
        let address = address.trim_matches(['<', '>', '(', ')', ',', ';']).to_owned();
        if !found.iter().any(|known| known.address.eq_ignore_ascii_case(&address)) {
            found.push(Mailbox { name: group("name").filter(|name| !name.is_empty()), address });
        }
    }
    if found.len() == 1 { found.pop() } else { None }
}

/// Returns the order that the marketplace names: in the subject, or else beside the message, or else the buyer.
fn order(profile: &Profile, subject: &str, parts: &Parts, problems: &mut Vec<String>) -> Option<String> {
    let pattern = profile.order_number.as_ref()?;
    let beside = format!("{}\n{}\n{}", parts.head, parts.dropped, parts.tail);
    let named = [subject, beside.as_str()].into_iter().map(|text| all(pattern, text)).find(|found| !found.is_empty());
    let said = all(pattern, &parts.text);
    let Some(named) = named else {
        // Which of several orders is meant is a question for the rules.
        return if said.len() == 1 { said.into_iter().next() } else { None };
    };
    if named.len() > 1 || said.iter().any(|order| !named.contains(order)) {
        let both: BTreeSet<&String> = named.iter().chain(&said).collect();
        let both: Vec<&str> = both.into_iter().map(String::as_str).collect();
        problems.push(format!("it names several orders: {}", both.join(", ")));
        return None;
    }
    named.into_iter().next()
}

/// Returns what must stand in the answer. The buyer's own words are not looked at: they could name another conversation.
fn reference(profile: &Profile, subject: &str, parts: &Parts, problems: &mut Vec<String>) -> Option<String> {
    let wanted = profile.reference.as_ref()?;
    let beside = format!("{}\n{}\n{}\n{subject}", parts.head, parts.dropped, parts.tail);
    let mut found = all(&wanted.pattern, &beside).into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        (None, _) if wanted.required => {
            problems.push("the reference that must stand in the answer is missing".to_owned());
            None
        }
        (Some(_), Some(_)) => {
            problems.push("it holds several references, and only one can stand in the answer".to_owned());
            None
        }
        (None, _) => None,
    }
}

fn sole(pattern: Option<&Pattern>, texts: [&str; 2]) -> Option<String> {
    let pattern = pattern?;
    let found = texts.into_iter().map(|text| all(pattern, text)).find(|found| !found.is_empty())?;
    if found.len() == 1 { found.into_iter().next() } else { None }
}

/// Returns every different match, in order: of the group `number` if there is one, else whole.
fn all(pattern: &Pattern, text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for captures in pattern.regex().into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let Some(part) = captures.name("number").or_else(|| captures.get(0)) else { continue };
        let part = part.as_str().to_owned();
        if !found.contains(&part) {
            found.push(part);
        }
    }
    found
}

fn quiet(profile: &Profile, subject: &str) -> String {
    let mut quiet = subject.to_owned();
    for noise in &profile.subject_noise {
        if let Some(regex) = noise.regex() {
            quiet = regex.replace_all(&quiet, " ").into_owned();
        }
    }
    quiet.split_whitespace().collect::<Vec<_>>().join(" ")
}
