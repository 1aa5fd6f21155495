//! What our own mail server says about who sent a mail (RFC 8601).
//!
//! Only `Authentication-Results` fields whose authserv-id is configured count (section 5): anybody can write the others.
//! Servers prepend, so only the topmost one can prove an author. What follows from a result is not decided here.

use std::collections::BTreeSet;

use crate::model::inbound::MailFacts;

/// What our own server says about the author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// DMARC passes, or DKIM or SPF passes for a domain that may speak for the author.
    Pass,
    /// DMARC fails, or SPF and DKIM both fail.
    Fail,
    /// No result from a trusted server, or none that decides.
    Unknown,
}

/// Second-level labels under which anybody registers, so that the organisation is one label deeper.
const PUBLIC_SECOND_LEVELS: [&str; 26] = [
    "co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "gob", "nom", "gouv", "go", "re", "pe", "me", "ltd",
    "plc", "id", "idv", "ind", "firm", "gen", "web", "asn", "sch",
];

/// Returns the domain that an organisation registered: the last two labels, or three under `co.uk` and its like.
pub fn organisation(domain: &str) -> String {
    let labels: Vec<&str> = domain.trim_end_matches('.').split('.').collect();
    let country = labels.last().is_some_and(|top| top.len() == 2);
    let second = labels.len().checked_sub(2).and_then(|index| labels.get(index));
    let deep = country && second.is_some_and(|label| PUBLIC_SECOND_LEVELS.contains(label));
    let keep = if deep { 3 } else { 2 };
    labels[labels.len().saturating_sub(keep)..].join(".").to_lowercase()
}

/// Returns what our own server says about a mail. DKIM and SPF count for the organisations of `domains`: the author's own,
/// and those that may speak for the author.
pub fn of(mail: &MailFacts, domains: &[&str], trusted: &BTreeSet<String>) -> Authentication {
    let organisations: Vec<String> = domains.iter().map(|domain| organisation(domain)).collect();
    let mut findings = Vec::new();
    for (index, field) in fields(mail, trusted).iter().enumerate() {
        findings.extend(read(field, &organisations).filter(|finding| index == 0 || !finding.proves()));
    }
    judge(&findings)
}

/// Returns the fields our own server wrote, topmost first, without comments.
pub fn fields(mail: &MailFacts, trusted: &BTreeSet<String>) -> Vec<String> {
    let ours = |value: &String| {
        let identity = value.split(';').next().unwrap_or_default();
        let identity = identity.split_whitespace().next().unwrap_or_default().to_lowercase();
        trusted.contains(&identity)
    };
    mail.values("Authentication-Results").map(without_comments).filter(ours).collect()
}

/// Returns a structured header value without its comments (RFC 5322 section 3.2.2).
pub fn without_comments(value: &str) -> String {
    let mut depth = 0_usize;
    let mut bare = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(character),
            _ => {}
        }
    }
    bare
}

/// One result that matters. Several filters of one server write a field each: a failure counts in any of them, a proof
/// only in the topmost one, because a sender may have forged the lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    DmarcPass,
    DmarcFail,
    AlignedPass,
    SpfFail,
    DkimFail,
}

impl Finding {
    fn proves(self) -> bool {
        matches!(self, Self::DmarcPass | Self::AlignedPass)
    }
}

fn read<'a>(field: &'a str, organisations: &'a [String]) -> impl Iterator<Item = Finding> + 'a {
    let aligned = move |domain: Option<&str>| {
        let organisation = organisation(domain?);
        organisations.contains(&organisation).then_some(Finding::AlignedPass)
    };
    field.split(';').skip(1).filter_map(move |method| {
        let mut words = method.split_whitespace();
        let (name, result) = words.next()?.split_once('=')?;
        let properties: Vec<&str> = words.collect();
        let property = |name: &str| {
            let found = properties.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            found.map(|value| value.rsplit('@').next().unwrap_or(value))
        };
        match (name.to_ascii_lowercase().as_str(), result.to_ascii_lowercase().as_str()) {
            ("dmarc", "pass") => Some(Finding::DmarcPass),
            ("dmarc", "fail") => Some(Finding::DmarcFail),
            ("dkim", "pass") => aligned(property("header.d").or_else(|| property("header.i"))),
            ("spf", "pass") => aligned(property("smtp.mailfrom")),
            ("dkim", "fail" | "permerror") => Some(Finding::DkimFail),
            ("spf", "fail" | "softfail") => Some(Finding::SpfFail),
            _ => None,
        }
    })
}

fn judge(findings: &[Finding]) -> Authentication {
    let found = |finding| findings.contains(&finding);
    if found(Finding::DmarcPass) {
        return Authentication::Pass;
    }
    if found(Finding::DmarcFail) {
        return Authentication::Fail;
    }
    if found(Finding::AlignedPass) {
        return Authentication::Pass;
    }
    if found(Finding::SpfFail) && found(Finding::DkimFail) { Authentication::Fail } else { Authentication::Unknown }
}
