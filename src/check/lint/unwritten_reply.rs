//! Replies that `nightdesk new` left to be written: an error where the rule speaks by itself, a warning where it prepares
//! drafts.

use std::collections::BTreeMap;

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{Code, Diagnostic, source::Span},
    model::{ids::ReplyId, language::Language, mode::Mode},
    rules::rule::{Named, Rule},
};

pub(super) const LINT: Lint = Lint { code: SPOKEN, look: Look::Files(spoken) };
pub(super) const OF_DRAFTS: Lint = Lint { code: DRAFTED, look: Look::Files(drafted) };

const SPOKEN: Code = Code::new("unwritten-reply");
const DRAFTED: Code = Code::new("unwritten-draft");

/// One text that is not there yet.
struct Hole<'a> {
    reply: &'a ReplyId,
    language: Language,
    at: Span,
    /// Where a rule names the reply.
    named: Span,
    rule: &'a Rule,
    /// Words for buyers leave by themselves.
    speaks: bool,
}

fn spoken(material: &Material<'_>) -> Vec<Diagnostic> {
    let found = holes(material).into_iter().filter(|hole| hole.speaks).map(|hole| {
        let message = format!("the reply `{}` is not written in `{}`, and its rule answers", hole.reply, hole.language);
        let found = Diagnostic::error(SPOKEN, message, hole.at, "a placeholder");
        found.related(hole.named, format!("`{}` would send it", hole.rule.id)).help(
            "write what buyers are to read and remove the remark; a placeholder is never sent, so every such message is a ticket",
        )
    });
    found.collect()
}

fn drafted(material: &Material<'_>) -> Vec<Diagnostic> {
    let found = holes(material).into_iter().filter(|hole| !hole.speaks).map(|hole| {
        let message = format!("the reply `{}` is not written in `{}` yet", hole.reply, hole.language);
        let found = Diagnostic::warning(DRAFTED, message, hole.at, "a placeholder");
        found.related(hole.named, format!("`{}` would prepare a draft of it", hole.rule.id)).help(
            "write what buyers are to read and remove the remark, or remove the file; until then the ticket has no draft",
        )
    });
    found.collect()
}

/// Returns each text once: as spoken, if any rule speaks it.
fn holes<'a>(material: &Material<'a>) -> Vec<Hole<'a>> {
    let mut holes: BTreeMap<(&ReplyId, Language), Hole<'a>> = BTreeMap::new();
    for rule in material.all_rules().filter(|rule| rule.mode != Mode::Off) {
        for (name, speaks) in named(rule) {
            for (language, at) in material.replies.unwritten(&name.value) {
                let hole = Hole { reply: &name.value, language, at, named: name.span.clone(), rule, speaks };
                let known = holes.get(&(&name.value, language));
                if known.is_none_or(|known| speaks && !known.speaks) {
                    holes.insert((&name.value, language), hole);
                }
            }
        }
    }
    holes.into_values().collect()
}

/// Returns the replies of a rule, and whether each leaves by itself: an ack does so even where the answer is a draft.
fn named(rule: &Rule) -> impl Iterator<Item = (&Named<ReplyId>, bool)> {
    let answers = rule.mode == Mode::Auto;
    let asks = rule.needs.iter().filter_map(|need| need.ask.as_ref());
    let spoken = rule.reply.iter().chain(asks).map(move |name| (name, answers));
    spoken.chain(rule.ack.iter().map(|name| (name, rule.mode != Mode::Shadow)))
}
