//! The table of replies against cases as servers really write them.

use nightdesk::{
    channel::email::smtp::reply::{Meaning, Reply, Step, judge},
    model::outbound::Concern,
};
use proptest::{prelude::any, proptest};

const STEPS: [(&str, Step); 9] = [
    ("greeting", Step::Greeting),
    ("ehlo", Step::Hello),
    ("starttls", Step::StartTls),
    ("auth", Step::Login),
    ("mail", Step::Mail),
    ("rcpt", Step::Rcpt),
    ("data", Step::Data),
    ("body", Step::Body),
    ("dot", Step::Dot),
];

fn word(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Good => "good",
        Meaning::Later(Concern::Message) => "later",
        Meaning::Later(Concern::Account) => "account",
        Meaning::Login => "login",
        Meaning::Never => "never",
        Meaning::Odd => "odd",
    }
}

fn reply(text: &str) -> Option<Reply> {
    let lines: Vec<String> = text.split("\\n").map(str::to_owned).collect();
    Reply::read(&lines)
}

#[test]
fn every_reply_means_what_its_case_says() {
    let cases = include_str!("../../data/delivery/replies.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases {
        let fields: Vec<&str> = case.split('\t').collect();
        let [steps, expected, text] = fields[..] else { panic!("three fields: {case}") };
        let reply = reply(text).unwrap_or_else(|| panic!("no reply: {text}"));
        for step in steps.split(' ') {
            let (_, place) = STEPS.iter().find(|(name, _)| *name == step).unwrap_or_else(|| panic!("step {step}"));
            count += 1;
            let meaning = word(judge(*place, &reply));
            if meaning != expected {
                wrong.push(format!("{step}: {text}: {meaning}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 100, "only {count} cases");
}

#[test]
fn after_the_final_dot_only_a_whole_refusal_lets_it_be_sent_again() {
    for code in 200..600_u16 {
        for status in ["", "4.7.0 ", "4.3.2 ", "5.7.8 ", "5.4.5 ", "2.0.0 "] {
            let meaning = judge(Step::Dot, &reply(&format!("{code} {status}words")).expect("a reply"));
            let allowed = match code / 100 {
                2 => matches!(meaning, Meaning::Good),
                3 => matches!(meaning, Meaning::Odd),
                4 => matches!(meaning, Meaning::Later(_)),
                _ => matches!(meaning, Meaning::Never),
            };
            assert!(allowed, "{code} {status}: {meaning:?}");
        }
    }
}

#[test]
fn before_the_final_dot_nothing_but_the_expected_reply_is_good() {
    for (name, step) in STEPS.into_iter().filter(|(_, step)| *step != Step::Dot) {
        for code in 200..600_u16 {
            let meaning = judge(step, &reply(&format!("{code} words")).expect("a reply"));
            let expected = match step {
                Step::Greeting | Step::StartTls => code == 220,
                Step::Hello => code == 250,
                Step::Login => code == 235,
                Step::Mail | Step::Rcpt => (250..=252).contains(&code),
                Step::Data => code == 354,
                Step::Body | Step::Dot => false,
            };
            assert_eq!(meaning == Meaning::Good, expected, "{name} {code}");
        }
    }
}

#[test]
fn lines_that_are_no_reply_are_told() {
    for text in ["", "25", "2500 ok", "250_ok", "abc ok", "150 ok", "600 ok", "250-a\\n251 b", "250-a\\nb", "٢٥٠ ok"]
    {
        assert_eq!(reply(text), None, "{text}");
    }
    for text in ["250", "250 ", "250-a\\n250-b\\n250", "554-5.7.1 a\\n554 5.7.1 b"] {
        assert!(reply(text).is_some(), "{text}");
    }
    assert_eq!(reply("550-5.1.1 no\\n550 5.1.1 such user").expect("a reply").words(), "550 5.1.1 no 5.1.1 such user");
    assert_eq!(reply("250 a\u{7}b").expect("a reply").words(), "250 a b");
}

proptest! {
    #[test]
    fn any_lines_are_read_without_a_panic(lines in proptest::collection::vec(any::<String>(), 0..5)) {
        if let Some(reply) = Reply::read(&lines) {
            for (_, step) in STEPS {
                judge(step, &reply);
            }
            assert!((200..600).contains(&reply.code));
        }
    }
}
