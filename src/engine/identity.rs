//! Whose orders may be spoken of: those of the buyer whom the message proves to be its author, and nobody else's.
//!
//! Whatever this module does not let through does not exist for rules, replies, drafts and tickets of the machine, so an
//! order that is somebody else's and one that never was lead to the same words. `docs/orders.md` has the table.

use std::borrow::Cow;

use crate::{
    engine::guard::{self, Case},
    model::{
        context::Context,
        inbound::{Inbound, MailFacts},
    },
};

/// Returns the context with the orders of the author, or without orders where the author is not proved.
pub(super) fn with_own_orders<'a>(case: &Case<'a>) -> Cow<'a, Context> {
    let knows = !case.ctx.orders.is_empty() || case.ctx.buyer.as_ref().is_some_and(|buyer| buyer.orders.is_some());
    let Some(doubt) = doubt(case).filter(|_| knows) else { return Cow::Borrowed(case.ctx) };
    let buyer = case.ctx.buyer.clone().map(|mut buyer| {
        buyer.orders = None;
        buyer
    });
    Cow::Owned(Context { orders: Vec::new(), orders_missing: Some(doubt.to_owned()), buyer, ..case.ctx.clone() })
}

/// Returns why the author is not certain enough; none if orders may be spoken of.
fn doubt(case: &Case<'_>) -> Option<&'static str> {
    if case.inbound.telegram.is_some() {
        return Some("a chat does not prove whose order it is");
    }
    // Text without a mail around it is typed by the seller: `explain`, `match`, `test`.
    let mail = case.mail()?;
    if !is_author(mail, case.inbound) {
        return Some("the buyer is named by somebody else, as in a contact form");
    }
    if mail.forwarded {
        return Some("it is a forwarded mail");
    }
    if !guard::proves_author(case) {
        return Some("our mail server does not vouch for the sender's address");
    }
    // What a person sends of a draft goes to Reply-To.
    let elsewhere = mail.reply_to.iter().any(|mailbox| !same(&mailbox.address, author(case.inbound)));
    elsewhere.then_some("it wants the answer at another address")
}

/// Returns whether who counts as the buyer is the one and only author in the header.
fn is_author(mail: &MailFacts, inbound: &Inbound) -> bool {
    match mail.from.as_slice() {
        [only] => same(&only.address, author(inbound)),
        _ => false,
    }
}

fn author(inbound: &Inbound) -> &str {
    inbound.from.as_ref().map_or("", |mailbox| mailbox.address.as_str())
}

fn same(left: &str, right: &str) -> bool {
    !left.is_empty() && left.eq_ignore_ascii_case(right)
}
