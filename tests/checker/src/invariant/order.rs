//! I12: in one conversation answers leave in the order of the mails.

use std::collections::BTreeMap;

use super::{Findings, Invariant};
use crate::{
    chain::Span,
    truth::Order,
    world::{Send, World},
};

/// The invariant.
pub(super) const I12: Invariant =
    Invariant { id: "I12", title: "answers keep the mails' order", unit: "conversations", check };

/// An answer of a conversation and the mail it answers.
struct Answer<'a> {
    send: &'a Send<'a>,
    commit: Span,
    delivered: Span,
}

fn check(world: &World<'_>) -> Findings {
    let mut findings = Findings::default();
    if world.run.began.order == Order::Free {
        return findings;
    }
    let mut conversations: BTreeMap<(&str, &str, &str), Vec<Answer<'_>>> = BTreeMap::new();
    for send in world.sends.iter().filter(|send| send.is_automatic && send.transaction.taken) {
        let (Some(mail), Some(commit)) = (send.mail, send.commit()) else { continue };
        let (delivered, first) = world.mails[mail].first();
        let key = (first.conversation.as_str(), first.account.as_str(), first.folder.as_str());
        conversations.entry(key).or_default().push(Answer { send, commit, delivered });
    }
    for mut answers in conversations.into_values() {
        findings.looked_at += 1;
        answers.sort_by_key(|answer| answer.commit.end);
        in_order(&answers, &mut findings);
    }
    findings
}

/// Compares each answer with the one before it whose mail came last.
fn in_order(answers: &[Answer<'_>], findings: &mut Findings) {
    let mut newest: Option<&Answer<'_>> = None;
    for answer in answers {
        if let Some(newest) = newest.filter(|newest| newest.delivered.start > answer.delivered.end) {
            if newest.commit.end < answer.commit.start {
                let what = format!("answers an older mail than {}, which left before", newest.send.place);
                findings.breach(answer.send.place, what);
            } else {
                findings.window_hits += 1;
            }
        }
        if newest.is_none_or(|newest| newest.delivered.start < answer.delivered.start) {
            newest = Some(answer);
        }
    }
}
