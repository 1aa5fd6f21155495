//! The closed lists of words in rule files, in the words of people.

use crate::{
    model::mode::Mode,
    rules::rule::{Action, BuyerField, Category, OrderField},
};

/// Returns every category with what it is for.
pub(super) fn categories() -> Vec<(&'static str, &'static str)> {
    let known = Category::WORDS.iter().filter_map(|word| Category::from_word(word));
    known.map(|category| (category.as_str(), category_means(category))).collect()
}

fn category_means(category: Category) -> &'static str {
    match category {
        Category::PreSale => "questions before buying",
        Category::Order => "placing, changing, cancelling",
        Category::Tracking => "where the parcel is",
        Category::AfterSale => "returns, refunds, use",
        Category::Complaint => "something went wrong; mostly for a person",
        Category::Closing => "thanks and goodbyes; they end a message in silence only if nothing else is said",
        Category::Foreign => "not about the shop at all: banking, jobs, offers",
        Category::Other => "everything else",
    }
}

/// Returns every action with what follows.
pub(super) fn actions() -> Vec<(&'static str, &'static str)> {
    let known = Action::WORDS.iter().filter_map(|word| Action::from_word(word));
    known.map(|action| (action.as_str(), action_means(action))).collect()
}

fn action_means(action: Action) -> &'static str {
    match action {
        Action::Answer => "the `reply` goes out, as far as the mode allows",
        Action::Escalate => "a person must look: a ticket, and the `ack` to the buyer",
        Action::Suppress => "kept and listed, nobody is bothered",
    }
}

/// Returns every mode with what a hit does.
pub(super) fn modes() -> Vec<(&'static str, &'static str)> {
    let known = Mode::WORDS.iter().filter_map(|word| Mode::from_word(word));
    known.map(|mode| (mode.as_str(), mode_means(mode))).collect()
}

fn mode_means(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "nothing; the rule is not tried",
        Mode::Shadow => "is recorded with the decision and changes nothing else",
        Mode::Suggest => "prepares the answer as a draft on a ticket, and the buyer is told that a person will write",
        Mode::Auto => "sends",
    }
}

/// Returns every source of `needs` that is no entity, with where it comes from.
pub(super) fn sources() -> Vec<(String, &'static str)> {
    let buyer = BuyerField::WORDS.iter().map(|word| (format!("buyer.{word}"), "known about the buyer from before"));
    let order = OrderField::WORDS.iter().map(|word| (format!("order.{word}"), "of the order in question"));
    buyer.chain(order).chain([("situation.text".to_owned(), "the situation in force")]).collect()
}
