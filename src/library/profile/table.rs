//! The tables of `docs/marketplaces.md`, made from the profiles themselves.

use std::fmt::Write as _;

use crate::model::profile::{CustomerAt, NoticeEnd, Profile, Profiles};

/// Returns one table over all profiles, and what each does with its marketplace's notices.
pub fn table(profiles: &Profiles) -> String {
    let mut page = String::from(
        "| profile | the buyer is | highest mode | answers | not taken | answer within | an automatic answer counts |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for profile in &profiles.all {
        let response = profile.response.map_or_else(|| "—".to_owned(), |clock| clock.to_string());
        let counts = if profile.automatic_counts { "yes" } else { "no" };
        let _infallible = writeln!(
            page,
            "| `{}`: {} | {} | {} | {} | {} | {response} | {counts} |",
            profile.name,
            profile.title,
            customer(profile),
            profile.max_mode.as_str(),
            answers(profile),
            refused(profile),
        );
    }
    for profile in &profiles.all {
        let _infallible = write!(page, "\n### {}\n\n{}\n\n", profile.title, profile.about.trim());
        let senders: Vec<String> = profile.senders.iter().map(|sender| format!("`{}`", sender.from)).collect();
        let senders = if senders.is_empty() { "named in your own file".to_owned() } else { senders.join(", ") };
        let _infallible = writeln!(page, "- Messages come from: {senders}.");
        notices(profile, &mut page);
        let words: Vec<String> = profile.answers.forbid_words.iter().map(|word| format!("“{word}”")).collect();
        if !words.is_empty() {
            let _infallible = writeln!(page, "- Words that must not stand in an answer: {}.", words.join(", "));
        }
    }
    page
}

fn customer(profile: &Profile) -> &'static str {
    match profile.customer {
        CustomerAt::From => "an alias, proven",
        CustomerAt::Alias => "an alias in Reply-To, proven",
        CustomerAt::ReplyTo => "whoever stands in Reply-To, not proven",
        CustomerAt::Body(_) => "whoever stands in the form, not proven",
    }
}

fn answers(profile: &Profile) -> String {
    let mut parts = vec![if profile.answers.html { "text and HTML" } else { "plain text" }.to_owned()];
    if profile.reference.is_some() {
        parts.push("the reference stays".to_owned());
    }
    if let Some(most) = profile.answers.max_characters {
        parts.push(format!("at most {most} characters"));
    }
    if let Some(most) = profile.answers.max_attachment_bytes {
        let kinds = match &profile.answers.attachment_types[..] {
            [] => String::new(),
            kinds => format!(" ({})", kinds.join(", ")),
        };
        parts.push(format!("attachments up to {} MB{kinds}", most / 1_000_000));
    }
    if !profile.answers.acks {
        parts.push("no acks by machine".to_owned());
    }
    parts.join("; ")
}

fn refused(profile: &Profile) -> String {
    let kinds: Vec<&str> = profile.answers.forbid.iter().map(|kind| kind.as_str()).collect();
    let mut refused = if kinds.is_empty() { "—".to_owned() } else { kinds.join(", ") };
    if !profile.answers.links_to.is_empty() {
        let _infallible = write!(refused, " (but links to {})", profile.answers.links_to.join(", "));
    }
    refused
}

fn notices(profile: &Profile, page: &mut String) {
    for (end, what) in [
        (NoticeEnd::Urgent, "An urgent ticket when"),
        (NoticeEnd::Ticket, "A ticket when"),
        (NoticeEnd::Silence, "Recorded in silence when"),
    ] {
        let titles: Vec<&str> =
            profile.notices.iter().filter(|notice| notice.becomes == end).map(|notice| notice.title.as_str()).collect();
        if !titles.is_empty() {
            let _infallible = writeln!(page, "- {what}: {}.", titles.join("; "));
        }
    }
}
