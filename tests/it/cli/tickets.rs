//! The queue from a terminal: two people, one ticket.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
};

use regex::Regex;

use crate::{
    cli::{nightdesk, starting::tour},
    support::shop::until_in,
};

#[test]
fn a_ticket_is_worked_from_claim_to_close() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let list = said(&ticket(folder.path(), "list", ""), 0);
    let rows: Vec<&str> = list.lines().collect();
    let [header, first, second] = rows[..] else { panic!("two tickets, not\n{list}") };
    assert!(header.starts_with("#  STATE  URGENCY"), "{header}");
    assert!(first.contains("urgent") && first.contains("Maria Lopez") && first.contains("cancel_order"), "{first}");
    assert!(second.contains("Jean Martin"), "{second}");
    let titles: Vec<&str> = header.split_whitespace().collect();
    assert!(titles.windows(2).any(|pair| pair == ["AGE", "DUE"]), "{header}");
    assert!([first, second].iter().all(|row| row.contains(" h ") || row.contains(" d ")), "both are due\n{list}");
    let waiting = said(&ticket(folder.path(), "show 1", ""), 0);
    assert!(waiting.contains("\nDue      "), "{waiting}");

    let act = |command: &str, input: &str, code: i32, words: &str| {
        let output = ticket(folder.path(), command, input);
        assert_eq!(output.stdout, b"", "acts are talk, not data");
        assert_eq!(told(&output.stderr), words, "{command}");
        assert_eq!(output.status.code(), Some(code), "{command}");
    };
    act("claim 1 --agent ann", "", 0, "Ticket 1 is yours; the machine is silent in its conversation.");
    act("claim 1 --agent ann", "", 5, "Not possible: ticket 1 is yours already.");
    act(
        "claim 1 --agent bob",
        "",
        5,
        "Not possible: ticket 1 is claimed by ann since THEN; --force does it all the same.",
    );
    act(
        "reply 1 --agent bob",
        "Hello",
        5,
        "Not possible: ticket 1 is claimed by ann since THEN; --force does it all the same.",
    );
    act("note 1 --agent bob", "she called, too", 0, "Ticket 1 has a new note.");
    act("reply 1 --agent ann", " \n", 5, "Not possible: the text is empty.");
    let long = "x".repeat(100_001);
    act("reply 1 --agent ann", &long, 4, "error: the answer is longer than 100 kB; is it the right file?");
    act("reply 1 --agent ann --draft", "", 5, "Not possible: ticket 1 has no draft; write the reply yourself.");
    act(
        "reply 1 --agent ann",
        "Dear Maria,\nit is cancelled.\n",
        0,
        "Ticket 1 was answered; it leaves in 10 s. `nightdesk ticket undo 1` takes it back.",
    );
    act("undo 1 --agent bob", "", 5, "Not possible: there is nothing of yours to take back in ticket 1.");
    act("undo 1 --agent ann", "", 0, "Ticket 1 is claimed as before.");
    act("undo 1 --agent ann", "", 5, "Not possible: there is nothing of yours to take back in ticket 1.");
    act(
        "reply 1 --agent ann",
        "Dear Maria,\nit is cancelled.\n",
        0,
        "Ticket 1 was answered; it leaves in 10 s. `nightdesk ticket undo 1` takes it back.",
    );
    act("close 1 --agent ann", "", 0, "Ticket 1 is closed.");
    act("close 1 --agent ann", "", 5, "Not possible: ticket 1 is closed; a new message of the buyer opens it again.");

    history(folder.path());
}

/// What colleagues read afterwards.
fn history(folder: &Path) {
    let shown = said(&ticket(folder, "show 1", ""), 0);
    assert!(!shown.contains("\nDue      "), "an answer stops the clock\n{shown}");
    for line in [
        "Ticket 1: closed by ann, urgent",
        "Maria Lopez wrote",
        "nightdesk answered automatically",
        "ann took it",
        "bob noted",
        "she called, too",
        "ann answered",
        "    it is cancelled.",
        "ann closed it",
    ] {
        assert!(shown.contains(line), "{line:?} is missing in\n{shown}");
    }
    let mine = said(&ticket(folder, "list --mine --all --json --agent ann", ""), 0);
    assert!(mine.lines().all(|line| line.starts_with("{\"id\":1,")) && mine.lines().count() == 1, "{mine}");
}

/// Returns what was said in one line, with moments and the program's path left out.
fn told(stderr: &[u8]) -> String {
    let said = String::from_utf8_lossy(stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    let said = Regex::new(r"since \S+Z").expect("well-formed").replace_all(&said, "since THEN").into_owned();
    Regex::new(r"`\S*nightdesk ").expect("well-formed").replace_all(&said, "`nightdesk ").into_owned()
}

#[test]
fn what_people_do_to_a_ticket_is_typed() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let act = |command: &str, code: i32, words: &str| {
        let output = ticket(folder.path(), command, "");
        assert_eq!(told(&output.stderr), words, "{command}");
        assert_eq!(output.status.code(), Some(code), "{command}");
    };
    act("assign 1 zoe", 0, "Ticket 1 was handed over.");
    let list = |words: &str| said(&ticket(folder.path(), words, ""), 0);
    let ids = |words: &str| -> Vec<String> {
        let listed = list(&format!("{words} --json"));
        let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].to_string();
        listed.lines().map(id).collect()
    };
    assert_eq!(ids("list --view unclaimed"), ["2"]);
    assert_eq!((ids("list --view mine --agent zoe"), ids("list --view mine")), (vec!["1".to_owned()], Vec::new()));
    assert!(list("list --view all").contains("zoe has it"));
    // A service that runs makes the words searchable.
    let found = until_in("the words", || {
        tour(folder.path());
        Some(ids("list --search cancel")).filter(|ids| ids.contains(&"1".to_owned()))
    });
    assert!(!found.contains(&"2".to_owned()), "{found:?}");
    act("release 1", 5, "Not possible: ticket 1 is claimed by zoe since THEN; --force does it all the same.");
    act("release 1 --force", 0, "Ticket 1 is back in the queue.");
    act("tag 1 late", 0, "Ticket 1 has the label.");
    act("tag 1 late", 5, "Not possible: the label `late` is there already.");
    act("urgency 1 high", 0, "Ticket 1 has another urgency.");
    act("snooze 1 --until 2h", 0, "Ticket 1 is put off; the buyer's next message brings it back.");
    act("wake 1", 0, "Ticket 1 is in the queue again.");
    act("bot off 1", 0, "Ticket 1 is left alone by the machine from now on.");
    act("hand-back 1", 0, "Ticket 1 is nobody's; the machine may speak again.");
    act("draft reject 1", 5, "Not possible: ticket 1 has no draft; write the reply yourself.");
    act("merge 1 --into 1", 5, "Not possible: ticket 1 cannot go on in itself.");
    act("tag 1 complaint", 0, "Ticket 1 has the label.");
    let unaccounted = "Not possible: ticket 1 is a complaint: say result, cause, compensation before it is closed.";
    // A case is accounted for by its label, whatever the rules say just now, or whether anybody can read them.
    let broken = folder.path().join("nightdesk-demo/rules/order/broken.yaml");
    fs::write(&broken, "intent: [").expect("own folder");
    act("close 1", 5, unaccounted);
    act("close 1 --result refunded --cause customs --compensation none", 0, "Ticket 1 is closed.");
    fs::remove_file(&broken).expect("it was written above");
    act("reopen 1", 0, "Ticket 1 is open again.");
    act("buyer 1 --grade vip", 0, "It stands on the card of the buyer of ticket 1.");
    act(
        "buyer 1 --country Atlantis",
        5,
        "Not possible: `Atlantis` is no country: write its code of two letters, such as `DE`.",
    );
    let shown = said(&ticket(folder.path(), "show 1", ""), 0);
    assert!(shown.contains("grade vip") && shown.contains("result: refunded, cause: customs"), "{shown}");
    let texts = said(&ticket(folder.path(), "canned 1", ""), 0);
    assert!(
        texts.contains("cancel_order_ack (fits)"),
        "where no answer is written, the first word to the buyer: {texts}"
    );
}

#[test]
fn what_the_machine_answered_is_read_and_taken_over_from_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let list = said(&ticket(folder.path(), "answered --json", ""), 0);
    let answered: Vec<serde_json::Value> = list.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answered.len(), 5, "four answers and a question:\n{list}");
    assert!(answered.iter().all(|line| line["state"] == "sent" && line["rules"][0].is_string()), "{list}");
    let (message, thread) = (&answered[0]["id"], &answered[0]["thread"]);
    let text = said(&ticket(folder.path(), "answered", ""), 0);
    assert!(text.contains(&format!("(conversation {thread})")) && text.contains(" sent]"), "{text}");
    let conversation = said(&ticket(folder.path(), &format!("conversation {thread}"), ""), 0);
    for words in ["wrote (message ", "nightdesk answered (sent)", "ticket open --message "] {
        assert!(conversation.contains(words), "{words:?} is missing in\n{conversation}");
    }
    let act = |command: &str, code: i32, words: &str| {
        let output = ticket(folder.path(), command, "");
        assert_eq!(told(&output.stderr), words, "{command}");
        assert_eq!(output.status.code(), Some(code), "{command}");
    };
    let open = format!("open --message {message}");
    act(&open, 0, "Ticket 3 is yours; the machine is silent in its conversation.");
    act(&open, 5, &format!("Not possible: message {message} has ticket 3 already."));
    let shown = said(&ticket(folder.path(), "show 3", ""), 0);
    assert!(shown.contains("nightdesk answered automatically") && shown.contains("desk took it"), "{shown}");
    // Once it goes on in another ticket, `show` names the messages, so that a wrong merge can be parted.
    act("merge 3 --into 1 --force", 0, "Ticket 3 goes on in the other one, with everything that was said.");
    let shown = said(&ticket(folder.path(), "show 1", ""), 0);
    assert!(shown.contains("ticket split 1 --message NUMBER"), "{shown}");
    let line = shown.lines().find(|line| line.trim_start().starts_with(&format!("{message}  ")));
    assert!(line.is_some(), "message {message} is not named:\n{shown}");
    act(&format!("split 1 --message {message}"), 0, "Ticket 1 has one message less; it began ticket 4.");
    let gone = "Not possible: there is no message 99, it is not decided yet, or the shop itself wrote it.";
    act("open --message 99", 5, gone);
    act("conversation 99", 5, "Not possible: there is no conversation 99.");
}

#[test]
fn machine_mail_is_listed_and_becomes_a_ticket_from_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let listed = || {
        let list = said(&ticket(folder.path(), "machine-mail --json", ""), 0);
        list.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<serde_json::Value>>()
    };
    let mails = listed();
    assert_eq!(mails.len(), 2, "what machines wrote:\n{mails:#?}");
    let text = said(&ticket(folder.path(), "machine-mail", ""), 0);
    assert!(text.contains("No answer: Auto-Submitted says anything but no (B3)"), "{text}");
    let newest = mails[0]["id"].to_string();
    assert!(text.starts_with(&format!("{newest}  ")), "the number by which it is opened comes first:\n{text}");
    let older = said(&ticket(folder.path(), &format!("machine-mail --json --before {newest}"), ""), 0);
    assert!(older.lines().count() == 1 && !older.contains(&format!("{{\"id\":{newest},")), "{older}");
    let opened = ticket(folder.path(), &format!("open --message {newest}"), "");
    assert_eq!(told(&opened.stderr), "Ticket 3 is yours; the machine is silent in its conversation.");
    assert_eq!(listed(), mails[1..], "what has a ticket is machine mail no more");
}

#[test]
fn lists_are_narrowed_down_from_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    for command in ["claim 1 --agent zoe", "tag 1 late --agent zoe"] {
        assert!(ticket(folder.path(), command, "").status.success(), "{command}");
    }
    let ids = |words: &str| -> String {
        let listed = said(&ticket(folder.path(), &format!("list {words} --json"), ""), 0);
        let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].to_string();
        let mut ids: Vec<String> = listed.lines().map(id).collect();
        ids.sort();
        ids.join(" ")
    };
    for (words, found) in [
        ("--tag late", "1"),
        ("--intent cancel_order", "1"),
        ("--channel email", "1 2"),
        ("--channel telegram", ""),
        ("--language en", "1 2"),
        ("--language de", ""),
        ("--assignee zoe", "1"),
        ("--assignee zoe --tag early", ""),
        ("--state open", "2"),
        ("--view unclaimed --channel email", "2"),
        ("--mine --tag late --agent zoe", "1"),
        ("--mine --tag late", ""),
    ] {
        assert_eq!(ids(words), found, "{words}");
    }
    assert!(ticket(folder.path(), "reply 1 It-is-cancelled. --agent zoe", "").status.success());
    for (words, found) in [("--tag late", ""), ("--all --tag late", "1"), ("--tag late --state waiting", "1")] {
        assert_eq!(ids(words), found, "{words}, once it is the buyer's turn");
    }
    assert!(ticket(folder.path(), "close 1 --agent zoe", "").status.success());
    for (words, found) in
        [("--tag late", ""), ("--all --tag late", "1"), ("--state closed", "1"), ("--view closed --tag early", "")]
    {
        assert_eq!(ids(words), found, "{words}, once it is closed");
    }
    assert_eq!(told(&ticket(folder.path(), "list --tag early", "").stderr), "No ticket of this list is so.");
}

#[test]
fn a_ticket_is_explained_as_it_was_decided_and_as_it_would_be_now() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let explain = |more: &[&str]| {
        let mut command = nightdesk(folder.path());
        command.args(["explain", "--ticket", "1", "--config", "nightdesk-demo/config.yaml"]).args(more);
        said(&command.output().expect("it runs"), 0)
    };
    let same = explain(&[]);
    assert!(same.starts_with("Ticket 1, as it was decided on "), "{same}");
    assert!(same.contains("⟦cancel my order⟧") && same.contains("The rules have not changed since."), "{same}");
    let rule = folder.path().join("nightdesk-demo/rules/order/cancel_order.yaml");
    let text = fs::read_to_string(&rule).expect("the demo has rules");
    fs::write(&rule, format!("# looked at\n{text}")).expect("own folder");
    assert!(explain(&[]).contains(") come to the same end."), "{}", explain(&[]));
    fs::write(&rule, text.replacen("action: escalate", "action: escalate\nmode: \"off\"", 1)).expect("own folder");
    let changed = explain(&[]);
    assert!(changed.contains("Today's rules say otherwise"), "{changed}");
    let why = explain(&["--rule", "cancel_order"]);
    assert!(why.contains("cancel_order was not tried: its mode is off"), "{why}");
    let both: serde_json::Value = serde_json::from_str(&explain(&["--format", "json"])).expect("JSON");
    assert_eq!(both["recorded"]["hits"][0]["rule"], "cancel_order");
    assert_ne!(both["now"]["rule_set_hash"], both["recorded"]["rule_set_hash"]);
}

#[test]
fn what_a_person_writes_leaves_with_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    said(&ticket(folder.path(), "reply 2", "Yes, in green, too.\n"), 0);
    let outbox = folder.path().join("nightdesk-demo/outbox/new");
    let sent = || {
        let mut mails = fs::read_dir(&outbox).expect("an outbox").map(|entry| entry.expect("readable").path());
        mails.find_map(|path| {
            Some(fs::read_to_string(path).expect("text")).filter(|mail| mail.contains("Yes, in green, too."))
        })
    };
    // For ten seconds it can be taken back.
    let mail = until_in("the reply", || {
        tour(folder.path());
        sent()
    });
    assert!(
        mail.contains("To: Jean Martin <jean.martin@example.com>") || mail.contains("jean.martin@example.com"),
        "{mail}"
    );
    assert!(!mail.contains("Auto-Submitted"), "a person wrote it\n{mail}");
}

fn ticket(folder: &Path, words: &str, input: &str) -> Output {
    let mut command = nightdesk(folder);
    command.arg("ticket").args(words.split(' ')).args(["--config", "nightdesk-demo/config.yaml"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A command that refuses before it reads closes the pipe.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

/// Returns the data of a command that ended with that code.
fn said(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("data is text")
}
