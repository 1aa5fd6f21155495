//! A rule names a reply, an ack or a question that does not exist.

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{Code, Diagnostic, nearest::nearest},
    model::ids::ReplyId,
    rules::rule::Named,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Files(run) };

const CODE: Code = Code::new("missing-reply");

fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    let named = material.all_rules().flat_map(|rule| {
        let asks = rule.needs.iter().filter_map(|need| need.ask.as_ref());
        rule.reply.iter().chain(&rule.ack).chain(asks)
    });
    named.filter(|name| material.replies.written(&name.value).is_empty()).map(|name| missing(material, name)).collect()
}

fn missing(material: &Material<'_>, name: &Named<ReplyId>) -> Diagnostic {
    let written = name.value.as_str();
    let message = format!("the reply `{written}` does not exist");
    let found = Diagnostic::error(CODE, message, name.span.clone(), "no such reply");
    let known = material.replies.all();
    match nearest(written, known.iter().map(|(reply, _)| reply.as_str())) {
        Some(close) => found.help(format!("did you mean `{close}`?")).fix(name.span.clone(), close),
        None => found.help(format!("write it: replies/{written}/en.txt, and one file for each other language")),
    }
}
