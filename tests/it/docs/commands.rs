//! Holds the documents to their word: the README's two commands, and every `nightdesk` command and option that a shell
//! block names.

use std::{collections::BTreeMap, fs, path::Path};

use assert_cmd::Command;

use crate::docs::{read, root};

/// A shell block of a document: its page and line, and its commands.
struct Block {
    place: String,
    commands: Vec<String>,
}

#[test]
fn readme_opens_with_the_command_that_runs_it_and_the_command_that_tests_it() {
    let readme = read("README.md");
    let opening = readme.split("\n## ").next().expect("a split has a first part");
    let commands: Vec<Vec<String>> = blocks("README.md", opening).into_iter().map(|block| block.commands).collect();
    let [run, test] = commands.as_slice() else { panic!("two shell blocks before the first section: {commands:?}") };
    assert_eq!(run, &["cargo run --release -- demo"]);
    assert_eq!(test, &["bash tests/run"]);
    assert!(read(".ci/run").lines().any(|line| line == test[0]), "continuous integration runs the README's command");
}

#[test]
fn every_command_in_the_documents_is_one_the_program_has() {
    let mut help = Help::default();
    assert!(help.of(&[]).contains("Commands:"), "the program's help lists no commands");
    let mut wrong = Vec::new();
    for page in pages() {
        for block in blocks(&page, &read(&page)) {
            let calls = block.commands.iter().filter_map(|command| arguments(command));
            let unknown = calls.filter_map(|words| unknown_word(&words, &mut |path| help.of(path)));
            wrong.extend(unknown.map(|what| format!("{}: {what}", block.place)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unknown_commands_and_options_are_found_in_a_shell_block() {
    let page = "```sh\n$ nightdesk ticket list --open \\\n    --limit 3   # newest first\n\
                echo hi | nightdesk match --jsonl > out\ncargo run --release -- demo\nRUST_LOG=info nightdesk run\n```\n\
                ```yaml\nnightdesk: unknown\n```\n";
    let help = |path: &[String]| {
        match path.join(" ").as_str() {
            "" => "Commands:\n  ticket  The queue\n  match   Batch\n\nOptions:\n  -h, --help  Print help",
            "ticket" => "Commands:\n  list  List\n",
            "ticket list" => "Options:\n      --limit <N>  At most",
            _ => "",
        }
        .to_owned()
    };
    let found = blocks("page.md", page);
    let [block] = found.as_slice() else { panic!("one shell block") };
    assert_eq!(block.place, "page.md:1");
    let calls: Vec<Vec<String>> = block.commands.iter().filter_map(|command| arguments(command)).collect();
    let unknown: Vec<Option<String>> = calls.iter().map(|words| unknown_word(words, &mut |path| help(path))).collect();
    let expected =
        ["`ticket list` has no `--open`", "`match` has no `--jsonl`", "no command `demo`", "no command `run`"];
    assert_eq!(unknown, expected.map(|what| Some(format!("nightdesk: {what}"))));
}

/// The program's own help, asked once per command.
#[derive(Default)]
struct Help {
    known: BTreeMap<Vec<String>, String>,
}

impl Help {
    fn of(&mut self, path: &[String]) -> String {
        let ask = || {
            let output = Command::new(env!("CARGO_BIN_EXE_nightdesk")).args(path).arg("--help").output();
            String::from_utf8_lossy(&output.expect("the program starts").stdout).into_owned()
        };
        self.known.entry(path.to_vec()).or_insert_with(ask).clone()
    }
}

/// Returns what is wrong with the words after `nightdesk`; none if the program's help knows them all.
fn unknown_word(words: &[String], help: &mut dyn FnMut(&[String]) -> String) -> Option<String> {
    let mut path: Vec<String> = Vec::new();
    let mut text = help(&path);
    for word in words.iter().take_while(|word| !word.starts_with('-')) {
        if !text.contains("Commands:") {
            break;
        }
        if !commands_of(&text).contains(&word.as_str()) {
            return Some(format!(
                "nightdesk: no command `{}`",
                [&path[..], std::slice::from_ref(word)].concat().join(" ")
            ));
        }
        path.push(word.clone());
        text = help(&path);
    }
    let options = words.iter().filter(|word| word.starts_with('-') && word.len() > 1);
    let names = options.map(|word| word.split('=').next().unwrap_or(word));
    let has = |name: &str| text.split([' ', ',', '\n', '[', '=']).any(|found| found == name);
    let unknown = names.into_iter().find(|name| !has(name))?;
    Some(format!("nightdesk: `{}` has no `{unknown}`", path.join(" ")))
}

fn commands_of(help: &str) -> Vec<&str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    list.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect()
}

/// Returns the words after `nightdesk` (or after `cargo run … --`); none if the command is another program's.
fn arguments(command: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let program = words.iter().position(|word| !word.contains('=') && *word != "sudo" && *word != "exec")?;
    let after = match words[program] {
        "cargo" if words.get(program + 1) == Some(&"run") => words.iter().position(|word| *word == "--")? + 1,
        name if name.rsplit('/').next() == Some("nightdesk") => program + 1,
        _ => return None,
    };
    let redirected = words[after..].iter().take_while(|word| !word.starts_with(['>', '<']));
    Some(redirected.map(|word| (*word).to_owned()).collect())
}

/// Returns the fenced `sh` blocks of a page: long lines joined, comments and prompts cut, pipelines taken apart. What
/// stands in quotes becomes one word.
fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut script = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut script, line.trim()) {
            (None, "```sh") => {
                blocks.push(Block { place: format!("{page}:{}", index + 1), commands: vec![] });
                script = Some(String::new());
            }
            (Some(joined), "```") => {
                let block = blocks.last_mut().expect("a script has its block");
                block.commands = commands(joined);
                script = None;
            }
            (Some(joined), line) => {
                let (line, end) = line.strip_suffix('\\').map_or((line, '\n'), |line| (line, ' '));
                joined.push_str(line.strip_prefix("$ ").unwrap_or(line));
                joined.push(end);
            }
            (None, _) => {}
        }
    }
    blocks
}

fn commands(script: &str) -> Vec<String> {
    let mut commands = vec![String::new()];
    let mut quote = None;
    let mut comment = false;
    for c in script.chars() {
        let current = commands.last_mut().expect("never empty");
        match (quote, c) {
            (_, '\n') => comment = false,
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') if !comment => {
                quote = Some(c);
                current.push('…');
            }
            (None, '#') if current.is_empty() || current.ends_with(' ') => comment = true,
            (None, c) if !comment && !matches!(c, '|' | '&' | ';') => current.push(c),
            _ => {}
        }
        if quote.is_none() && !comment && matches!(c, '\n' | '|' | '&' | ';') {
            commands.push(String::new());
        }
    }
    let trimmed = commands.iter().map(|command| command.trim().to_owned());
    trimmed.filter(|command| !command.is_empty()).collect()
}

fn pages() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).expect("docs/ is readable");
    let names = entries.map(|entry| entry.expect("docs/ is readable").file_name().to_string_lossy().into_owned());
    let mut pages: Vec<String> = names
        .filter(|name| Path::new(name).extension().is_some_and(|e| e == "md"))
        .map(|name| format!("docs/{name}"))
        .collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}
