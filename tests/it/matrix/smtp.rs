//! The table of submission servers: each row is played against a real socket, and then, if the message may be sent again,
//! once more against a server that is well.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use nightdesk::{
    channel::{
        PhaseLog,
        email::{
            Login, Secret, SmtpSettings, TlsMode,
            oauth::OAuthTokens,
            smtp::{Patience, send_within},
        },
    },
    model::{
        delivery::{DeliveryEvent, DeliveryState},
        outbound::{Concern, MailPayload, Phase, Receipt},
    },
};
use secrecy::SecretString;
use tokio::time::sleep;

use crate::support::smtp_sink::{Act, Plan, Protection, Script, SmtpSink};

const MESSAGE: &[u8] =
    b"From: support@lumencrafts.example\r\nTo: anna@example.org\r\n\r\nHello\r\n.\r\n..two\r\nbye\r\n";

/// Who logs in must not show anywhere.
const PASSWORD: &str = "hunter2";

/// Nor may it as it travels, by its beginning.
const ENCODED: &str = "AHN1cHBvcnQA";

/// Short enough that rows of silence end, long enough that a busy machine is not taken for silence.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(8),
    command: Duration::from_secs(4),
    block: Duration::from_secs(4),
    before_dot: Duration::from_secs(30),
    dot: Duration::from_secs(4),
};

/// Between the bytes of a reply that comes byte by byte.
const BYTE: Duration = Duration::from_millis(1);

/// Rows at a time.
const AT_ONCE: usize = 24;

/// Fewer would mean that rows were lost.
const MIN_CASES: usize = 140;

/// One row at one of its phases.
#[derive(Debug, Clone, Copy)]
struct Case {
    phase: &'static str,
    behaviour: &'static str,
    outcome: &'static str,
    again: &'static str,
    dots: &'static str,
    words: &'static str,
}

/// What one attempt led to.
struct Attempt {
    receipt: Receipt,
    /// The point of no return was written down.
    dot: bool,
}

#[tokio::test]
async fn every_reply_of_the_table_has_its_outcome() {
    let cases = cases();
    assert!(cases.len() >= MIN_CASES, "only {} cases", cases.len());
    let played = stream::iter(cases).map(async |case| {
        let wrong = play(case).await;
        (!wrong.is_empty()).then(|| format!("{}, {}: {}", case.phase, case.behaviour, wrong.join("; ")))
    });
    let wrong: Vec<String> = played.buffer_unordered(AT_ONCE).filter_map(async |wrong| wrong).collect().await;
    assert!(wrong.is_empty(), "{} rows failed:\n{}", wrong.len(), wrong.join("\n"));
}

fn cases() -> Vec<Case> {
    let rows = include_str!("../../data/matrix/smtp.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.flat_map(|row| {
        let fields: Vec<&'static str> = row.split('\t').collect();
        let [phases, behaviour, outcome, again, dots, words] = fields[..] else { panic!("six fields: {row}") };
        phases.split(' ').map(move |phase| Case { phase, behaviour, outcome, again, dots, words })
    })
    .collect()
}

/// Plays one case; returns what was wrong.
async fn play(case: Case) -> Vec<String> {
    let (mail, plan, tls) = set_up(case);
    let sink = SmtpSink::start(plan).await;
    let login = Some(Login { user: "support".to_owned(), secret: Secret::Password(SecretString::from(PASSWORD)) });
    let (host, ca_file) = ("localhost".to_owned(), Some(sink.ca_file()));
    let settings = SmtpSettings { host, port: sink.port, tls, login, ca_file };

    let first = attempt(&settings, &mail, &sink, case.phase == "body").await;
    let mut wrong = Vec::new();
    let mut expect = |what: &str, is_so: bool| {
        if !is_so {
            wrong.push(format!("{what} ({:?}, dot written down: {})", first.receipt, first.dot));
        }
    };
    expect(&format!("not {}", case.outcome), outcome(&first.receipt) == case.outcome);
    expect("other words", words(&first.receipt).contains(case.words));
    expect("the password is shown", ![PASSWORD, ENCODED].iter().any(|secret| words(&first.receipt).contains(secret)));
    expect("another number of messages", sink.taken().len().to_string() == case.dots);
    expect("a dot that was not written down", first.dot || case.dots == "0");
    expect("no clear text before TLS", tls != TlsMode::StartTls || !clear_secret(&sink));
    let may_repeat = DeliveryState::Sending.after(event(&first.receipt)).and_then(|s| s.after(DeliveryEvent::Claimed));
    expect("the table of states says otherwise", (case.again == "yes") == may_repeat.is_some());

    // The offer stays as it is: only a person mends that.
    if may_repeat.is_some() && !matches!(case.phase, "offer" | "bare") {
        let second = attempt(&settings, &mail, &sink, false).await;
        let is_sent = matches!(second.receipt, Receipt::Sent { .. });
        expect(&format!("the second attempt ended {:?}", second.receipt), is_sent);
        expect("the second attempt is not the last message", sink.taken().len().to_string() != case.dots);
    }
    let same = sink.taken().iter().all(|taken| taken.bytes == mail.bytes && taken.rcpt.contains(&mail.envelope_to));
    expect("other bytes", same);
    wrong
}

fn set_up(case: Case) -> (MailPayload, Plan, TlsMode) {
    let mut mail = MailPayload {
        envelope_from: "support@lumencrafts.example".to_owned(),
        envelope_to: "anna@example.org".to_owned(),
        message_id: "ar.i1-answer.0123456789abcdef@lumencrafts.example".to_owned(),
        bytes: MESSAGE.to_vec(),
        text: "Hello".to_owned(),
    };
    let mut plan = Plan::default();
    let mut script = Script::default();
    let mut tls = TlsMode::None;
    let place = match case.phase {
        "greeting" => &mut script.greeting,
        "ehlo" => &mut script.ehlo,
        "auth" => &mut script.auth,
        "mail" => &mut script.mail,
        "rcpt" => &mut script.rcpt,
        "data" => &mut script.data,
        "body" => &mut script.body,
        "dot" => &mut script.dot,
        "quit" => &mut script.quit,
        "starttls" => {
            (plan.protection, tls) = (Protection::StartTls, TlsMode::StartTls);
            &mut script.starttls
        }
        "bare" => {
            tls = TlsMode::StartTls;
            &mut script.ehlo
        }
        "offer" => {
            let (kind, offered) = case.behaviour.split_once(' ').expect("a mail and what is offered");
            plan.extensions = offered.split(',').filter(|word| !word.is_empty()).collect();
            match kind {
                "8bit" => mail.bytes = "Subject: x\r\n\r\nGrüße\r\n".as_bytes().to_vec(),
                "utf8" => "кто@пример.рф".clone_into(&mut mail.envelope_to),
                other => assert_eq!(other, "plain"),
            }
            return (mail, plan, tls);
        }
        other => panic!("unknown phase {other}"),
    };
    *place = act(case.behaviour);
    plan.scripts = vec![script, Script::default()];
    (mail, plan, tls)
}

fn act(behaviour: &'static str) -> Act {
    let (kind, text) = behaviour.split_once(' ').unwrap_or((behaviour, ""));
    match kind {
        "say" => Act::Say(text),
        "raw" => Act::Raw(text),
        "bytes" => Act::Drip(BYTE, text),
        "endless" => Act::Endless(text),
        "leave" => Act::Leave(text),
        "cut" => Act::Cut,
        "reset" => Act::Reset,
        "silence" => Act::Stall,
        "forget" => Act::Forget,
        other => panic!("unknown behaviour {other}"),
    }
}

/// Sends once. `waits`: the server does something of its own before the message has its end, and the end waits for that.
async fn attempt(settings: &SmtpSettings, mail: &MailPayload, sink: &SmtpSink, waits: bool) -> Attempt {
    let (phase, mut steps) = PhaseLog::pair();
    let access = OAuthTokens::for_login(settings.login.as_ref());
    let writer = async {
        let mut dot = false;
        while let Some((step, done)) = steps.recv().await {
            dot |= step == Phase::Dot;
            while waits && !has_acted(sink) {
                sleep(Duration::from_millis(2)).await;
            }
            done.send(Ok(())).expect("the sender waits");
        }
        dot
    };
    let sender = async {
        let receipt = send_within(settings, "lumencrafts.example", mail, &phase, &access, PATIENCE).await;
        drop(phase);
        receipt
    };
    let (receipt, dot) = tokio::join!(sender, writer);
    Attempt { receipt, dot }
}

/// Says whether the server has done what it does in the middle of a message.
fn has_acted(sink: &SmtpSink) -> bool {
    sink.closed() > 0 || sink.commands().iter().any(|line| line.starts_with("body "))
}

fn clear_secret(sink: &SmtpSink) -> bool {
    let commands = sink.commands();
    let until_tls = commands.iter().take_while(|line| !line.eq_ignore_ascii_case("STARTTLS"));
    until_tls.into_iter().any(|line| line.to_ascii_uppercase().starts_with("AUTH"))
}

fn outcome(receipt: &Receipt) -> &'static str {
    match receipt {
        Receipt::Sent { .. } => "sent",
        Receipt::Retry { concerns: Concern::Message, .. } => "retry:message",
        Receipt::Retry { concerns: Concern::Account, .. } => "retry:account",
        Receipt::Failed { .. } => "failed",
        Receipt::Uncertain { .. } => "uncertain",
    }
}

fn event(receipt: &Receipt) -> DeliveryEvent {
    match receipt {
        Receipt::Sent { .. } => DeliveryEvent::Accepted,
        Receipt::Retry { .. } => DeliveryEvent::Deferred,
        Receipt::Failed { .. } => DeliveryEvent::Refused,
        Receipt::Uncertain { .. } => DeliveryEvent::Lost,
    }
}

fn words(receipt: &Receipt) -> &str {
    match receipt {
        Receipt::Sent { proof } => proof,
        Receipt::Retry { reason, .. } | Receipt::Failed { reason } | Receipt::Uncertain { reason } => reason,
    }
}
