//! Quotes, signatures and markup.

use nightdesk::{
    channel::email::parse::REPLY_MARKERS,
    text::{
        html,
        quote::{self, unflow},
    },
};
use proptest::prelude::*;

use super::golden;

#[test]
fn the_new_text_is_found_in_every_clients_reply() {
    golden::check("quotes", "txt", 40, |bytes| {
        let stripped = quote::strip(&String::from_utf8_lossy(bytes), REPLY_MARKERS);
        let flags: Vec<&str> =
            [("kept_all", stripped.kept_all), ("forwarded", stripped.forwarded), ("interleaved", stripped.interleaved)]
                .iter()
                .filter(|(_, is_set)| *is_set)
                .map(|(name, _)| *name)
                .collect();
        format!("flags: {}\n=== reply\n{}\n=== elided\n{}\n", flags.join(" "), stripped.reply, stripped.elided)
    });
}

#[test]
fn the_new_text_is_found_in_html_mail() {
    golden::check("html", "html", 10, |bytes| {
        let converted = html::to_text(&String::from_utf8_lossy(bytes));
        format!("fallback: {}\n=== text\n{}\n", converted.fallback, converted.text)
    });
}

#[test]
fn deep_html_goes_to_the_plain_fallback_and_keeps_its_words() {
    for depth in [300, 50_000] {
        let page = format!("{}where is my order{}", "<div>".repeat(depth), "</div>".repeat(depth));
        let converted = html::to_text(&page);
        assert!(converted.fallback);
        assert!(converted.text.contains("where is my order"), "depth {depth}: {:?}", converted.text);
    }
}

#[test]
fn html_made_to_be_slow_goes_to_the_plain_fallback() {
    let hidden_depth = "<div></span>".repeat(30_000);
    let fonts: Vec<String> = (0..200).map(|n| format!("<font color={n}>")).collect();
    let repeated = format!("{}{}", fonts.concat(), "<p>x".repeat(15_000));
    let tables = "<table><tr><td>".repeat(20_000);
    for page in [hidden_depth, repeated, tables] {
        let converted = html::to_text(&format!("where is my order {page}"));
        assert!(converted.fallback, "{}", &page[..40]);
        assert!(converted.text.contains("where is my order"));
    }
}

#[test]
fn soft_line_breaks_are_joined() {
    let text = "This line goes \non here.\n> quoted words go \n> on too\n-- \nAnna";
    assert_eq!(unflow(text, false), "This line goes on here.\n> quoted words go on too\n-- \nAnna");
}

#[test]
fn twenty_thousand_quoted_lines_are_stripped() {
    let long = format!("Where is it?\n\n{}", "> On Tue, 17 Nov 2026, someone <a@b.example> wrote:\n".repeat(30_000));
    assert_eq!(quote::strip(&long, REPLY_MARKERS).reply, "Where is it?");
}

proptest! {
    #[test]
    fn stripping_never_panics_and_never_invents_words(text in "[ -~\n\r>|äß中\u{200b}-]{0,400}") {
        let stripped = quote::strip(&text, REPLY_MARKERS);
        let visible = text.replace('\u{200b}', "");
        for word in stripped.reply.split_whitespace() {
            prop_assert!(visible.contains(word), "{:?} is not in the text", word);
        }
    }

    #[test]
    fn html_never_panics(text in "(<[a-z/!]{0,4}( [a-z]{1,4}=(\"|')?[a-z:0]{0,5}(\"|')?)?>?|[a-zé&;<> ]{0,6}){0,60}") {
        html::to_text(&text);
    }
}
