//! Texts cut into messages.

use nightdesk::{
    channel::telegram::compose::{ComposeError, MAX_UNITS, compose},
    model::{inbound::TelegramFacts, outbound::TelegramPayload},
};
use proptest::prelude::*;

fn facts() -> TelegramFacts {
    TelegramFacts { chat_id: 512_044_871, message_id: 318, private: true, ..TelegramFacts::default() }
}

fn pieces(text: &str) -> Vec<String> {
    compose(&facts(), text).expect("not empty").into_iter().map(|payload| payload.text).collect()
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[test]
fn a_short_text_is_one_message_that_quotes_the_buyer() {
    let facts = TelegramFacts { business_connection_id: Some("Bm9x".to_owned()), ..facts() };
    let expected = TelegramPayload {
        chat_id: 512_044_871,
        business_connection_id: Some("Bm9x".to_owned()),
        reply_to_message_id: Some(318),
        text: "Hello Maja,\n\nno customs within the EU.".to_owned(),
    };
    assert_eq!(compose(&facts, "\r\nHello Maja,\r\n\r\nno customs within the EU.\r\n"), Ok(vec![expected]));
}

#[test]
fn a_text_that_nobody_could_see_is_refused() {
    for text in ["", " \n\t ", "\u{200b}\u{feff}", "\u{7}"] {
        assert_eq!(compose(&facts(), text), Err(ComposeError::Empty { chat_id: 512_044_871 }), "{text:?}");
    }
}

#[test]
fn only_the_first_of_several_messages_quotes_the_buyer() {
    let payloads = compose(&facts(), &"word ".repeat(2000)).expect("not empty");
    let quotes: Vec<Option<i32>> = payloads.iter().map(|payload| payload.reply_to_message_id).collect();
    assert_eq!(quotes, [Some(318), None, None]);
}

#[test]
fn a_message_without_a_usable_id_is_answered_without_quoting_it() {
    let payloads = compose(&TelegramFacts { message_id: 0, ..facts() }, "Hello").expect("not empty");
    assert_eq!(payloads[0].reply_to_message_id, None);
}

#[test]
fn the_limit_counts_utf_16_units() {
    assert_eq!(pieces(&"🏮".repeat(2048)).len(), 1);
    let two = pieces(&"🏮".repeat(2049));
    assert_eq!(two.iter().map(|piece| units(piece)).collect::<Vec<_>>(), [4096, 2]);
}

#[test]
fn a_long_text_is_cut_where_a_person_would() {
    let paragraph = "A sentence of this paragraph. ".repeat(60).trim_end().to_owned();
    let paragraphs = [paragraph.as_str(); 3].join("\n\n");
    assert_eq!(pieces(&paragraphs), [format!("{paragraph}\n\n{paragraph}"), paragraph.clone()]);

    let lines = [paragraph.as_str(); 3].join("\n");
    assert_eq!(pieces(&lines), [format!("{paragraph}\n{paragraph}"), paragraph]);

    let english = pieces(&"It is on its way. ".repeat(300));
    assert!(english.iter().all(|piece| piece.ends_with("way.")), "{english:?}");

    let chinese = pieces(&"包裹已经寄出。".repeat(900));
    assert!(chinese.len() > 1 && chinese.iter().all(|piece| piece.ends_with('。')), "{chinese:?}");

    let words = pieces(&"lantern ".repeat(900));
    assert!(words.iter().all(|piece| piece.ends_with("lantern")), "{words:?}");
}

#[test]
fn a_short_first_paragraph_does_not_travel_alone() {
    let text = format!("Hello Maja,\n\n{}", "a lantern and ".repeat(400));
    assert!(units(&pieces(&text)[0]) > MAX_UNITS / 2);
}

#[test]
fn a_character_of_many_code_points_is_not_torn() {
    let family = "👨‍👩‍👧‍👦";
    let cut = pieces(&family.repeat(800));
    assert!(cut.iter().all(|piece| units(piece) <= MAX_UNITS && units(piece).is_multiple_of(units(family))), "{cut:?}");
}

#[test]
fn a_monstrous_character_is_cut_all_the_same() {
    let monster = format!("e{}", "\u{301}".repeat(10_000));
    let cut = pieces(&monster);
    assert_eq!(cut.concat(), monster);
    assert!(cut.iter().all(|piece| units(piece) <= MAX_UNITS));
}

proptest! {
    #[test]
    fn cutting_loses_nothing_but_white_space(
        parts in proptest::collection::vec(("[\\PC\n ]{0,40}", 1_usize..200), 1..40)
    ) {
        let text: String = parts.iter().map(|(part, times)| part.repeat(*times)).collect();
        let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect::<String>();
        match compose(&facts(), &text) {
            Err(ComposeError::Empty { .. }) => prop_assert_eq!(visible(&text), ""),
            Ok(payloads) => {
                let joined: String = payloads.iter().map(|payload| payload.text.as_str()).collect();
                prop_assert_eq!(visible(&joined), visible(&text));
                for payload in payloads {
                    prop_assert!((1..=MAX_UNITS).contains(&units(&payload.text)));
                }
            }
        }
    }
}

fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}
