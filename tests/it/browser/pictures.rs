//! Pictures of every page, for people to look at: `cargo test --test it every_page_is_drawn -- --ignored`.

use std::{fs, path::Path};

use super::{
    day::Day,
    looks::{DOORS, MOMENTS, PHONE, Size, arrives, ask_for_chinese, shows, speak},
    page::Page,
};
use crate::support::letter::Letter;

/// How pages are drawn: a name, on what size of telephone if on one, in the dark.
const WAYS: [(&str, Option<Size>, bool); 4] = [
    ("desktop-light", None, false),
    ("desktop-dark", None, true),
    ("phone-light", Some(PHONE), false),
    ("phone-dark", Some(PHONE), true),
];

/// What buyers of the last week asked.
const ASKED: [(&str, &str); 9] = [
    ("Customs", "Hi, will I have to pay customs if you ship to Germany?"),
    ("How long?", "How long is shipping to France?"),
    ("Payment", "What payment methods do you accept?"),
    ("Returns", "Can I return it if I don't like it?"),
    ("Parcel", "Where is my parcel? I ordered two weeks ago."),
    ("配送", "寄到德国要多久？"),
    ("Broken", "The plate arrived broken, I want a refund."),
    ("A special wish", "Could you paint the lid in the color of my grandmother's kitchen?"),
    ("Many", "Do you offer wholesale prices?"),
];

/// So many of them.
const LAST_WEEK: usize = 72;

/// Moves those messages into the last week, with more of them in the evening, lets people have answered
/// what a machine did not, and some buyers be asked whether they were content.
const INTO_THE_PAST: &str = "
    CREATE TABLE moved AS SELECT i.id, i.thread,
        ((i.id * 37) % 7) * 86400000 + ((i.id * i.id * 13) % 11) * 3600000 + ((i.id * 29) % 60) * 60000 AS by
        FROM inbound i JOIN thread t ON t.id = i.thread WHERE t.participant LIKE 'buyer%@example.net';
    UPDATE inbound SET received_at = received_at - (SELECT m.by FROM moved m WHERE m.id = inbound.id),
        decided_at = decided_at - (SELECT m.by FROM moved m WHERE m.id = inbound.id)
        WHERE id IN (SELECT m.id FROM moved m);
    UPDATE recognized SET received_at = (SELECT i.received_at FROM inbound i WHERE i.id = recognized.inbound)
        WHERE inbound IN (SELECT m.id FROM moved m);
    UPDATE outbox SET created_at = created_at - (SELECT m.by FROM moved m WHERE m.thread = outbox.thread),
        settled_at = settled_at - (SELECT m.by FROM moved m WHERE m.thread = outbox.thread)
        WHERE thread IN (SELECT m.thread FROM moved m);
    UPDATE ticket SET opened_at = opened_at - (SELECT m.by FROM moved m WHERE m.thread = ticket.thread),
        respond_by = respond_by - (SELECT m.by FROM moved m WHERE m.thread = ticket.thread)
        WHERE thread IN (SELECT m.thread FROM moved m);
    UPDATE ticket SET state = 'closed', respond_by = NULL, closed_at = opened_at + 7200000
        WHERE thread IN (SELECT m.thread FROM moved m WHERE m.id % 9 <> 0);
    DROP TABLE moved;";

/// Writes a picture of every page to `target/screens`.
#[test]
#[ignore = "draws for people: cargo test --test it every_page_is_drawn -- --ignored"]
fn every_page_is_drawn() {
    let Some(day) = Day::after(&last_week()) else { return };
    day.desk.shop.change(INTO_THE_PAST);
    let visitor = day.desk.visitor();
    for language in ["en", "zh"] {
        speak(&day.ann, language);
        for page in day.pages() {
            day.ann.go(&page.path);
            draw(&day.ann, &format!("{}-{language}", page.name));
        }
        for moment in &MOMENTS {
            (moment.begin)(&day, &day.ann);
            draw(&day.ann, &format!("{}-{language}", moment.name));
        }
        for moment in &DOORS {
            arrives(&day, &visitor, moment);
            draw(&visitor, &format!("{}-{language}", moment.name));
        }
        ask_for_chinese(&visitor);
    }
}

/// What came in during the last week.
fn last_week() -> Vec<Letter> {
    let letters = (0..LAST_WEEK).map(|number| {
        let (subject, text) = ASKED[number * 5 % ASKED.len()];
        let mut letter = Letter::new(&format!("buyer{number}@example.net"), subject, text);
        letter.name = format!("Buyer {number}");
        letter
    });
    letters.collect()
}

fn draw(page: &Page, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screens");
    fs::create_dir_all(&folder).expect("the target folder is writable");
    for (way, phone, dark) in WAYS {
        shows(page, phone, dark);
        page.draw(&folder.join(format!("{name}-{way}.png")));
    }
    shows(page, None, false);
}
