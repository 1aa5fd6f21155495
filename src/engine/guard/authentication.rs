//! C1: our own server says that the author is forged.
//!
//! Only `Authentication-Results` fields whose authserv-id is configured count (RFC 8601 section 5): anybody can write
//! the others. Servers prepend, so only the topmost one can prove an author.

use crate::engine::guard::{Case, Guard, Objection, Stage, field, without_comments};

pub(super) const GUARD: Guard = Guard {
    id: "C1",
    condition: "our own server says DMARC failed, or SPF and DKIM both failed",
    demands: "escalate",
    source: "RFC 8601 section 5; an answer would be backscatter",
    stage: Stage::Message,
    objects,
};

/// What our own server says about the author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authentication {
    /// DMARC passes, or DKIM or SPF passes for the author's own domain.
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
pub(super) fn organisation(domain: &str) -> String {
    let labels: Vec<&str> = domain.trim_end_matches('.').split('.').collect();
    let country = labels.last().is_some_and(|top| top.len() == 2);
    let second = labels.len().checked_sub(2).and_then(|index| labels.get(index));
    let deep = country && second.is_some_and(|label| PUBLIC_SECOND_LEVELS.contains(label));
    let keep = if deep { 3 } else { 2 };
    labels[labels.len().saturating_sub(keep)..].join(".").to_lowercase()
}

/// Returns what our own server says about the message.
pub(super) fn of_message(case: &Case<'_>) -> Authentication {
    let author = case.inbound.sender_domain().map(|domain| organisation(&domain));
    let mut findings = Vec::new();
    for (index, field) in trusted(case).iter().enumerate() {
        findings.extend(read(field, author.as_deref()).filter(|finding| index == 0 || !finding.proves()));
    }
    judge(&findings)
}

fn objects(case: &Case<'_>) -> Option<Objection> {
    (of_message(case) == Authentication::Fail)
        .then(|| Objection::escalate(field("Authentication-Results", &trusted(case).join(" / "))))
}

/// Returns the fields our own server wrote, topmost first, without comments.
fn trusted(case: &Case<'_>) -> Vec<String> {
    let Some(mail) = case.mail() else { return Vec::new() };
    let ours = |value: &String| {
        let identity = value.split(';').next().unwrap_or_default();
        let identity = identity.split_whitespace().next().unwrap_or_default().to_lowercase();
        case.settings.trusted_authserv_ids.contains(&identity)
    };
    mail.values("Authentication-Results").map(without_comments).filter(ours).collect()
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

fn read<'a>(field: &'a str, author: Option<&'a str>) -> impl Iterator<Item = Finding> + 'a {
    let aligned = move |domain: Option<&str>| {
        (author.is_some() && domain.map(organisation).as_deref() == author).then_some(Finding::AlignedPass)
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
