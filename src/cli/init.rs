//! `nightdesk init`: a new folder with a commented configuration, starter rules and starter replies.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{
    channel::email::addresses,
    check::schema::{FOLDER, header},
    cli::{ask, exit::Exit, output, schema, write},
    library,
};

/// Write a commented configuration with starter rules and replies into a new folder.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder to make
    #[arg(default_value = "nightdesk")]
    folder: PathBuf,
    /// The shop's name
    #[arg(long)]
    shop: Option<String>,
    /// The address buyers write to
    #[arg(long)]
    address: Option<String>,
    /// The IMAP server
    #[arg(long)]
    imap: Option<String>,
    /// The SMTP server
    #[arg(long)]
    smtp: Option<String>,
    /// The time zone of the desk, such as Asia/Shanghai
    #[arg(long)]
    zone: Option<String>,
    /// Ask nothing; take what is given and leave the rest as examples
    #[arg(long)]
    yes: bool,
}

/// The commented configuration of the repository, which `init` fills in.
const TEMPLATE: &str = include_str!("../../config.example.yaml");
/// A conversation that `test` plays, as a pattern for the seller's own.
const STORY: &str = include_str!("samples/story.yaml");

/// What is asked, and what the template says in that place.
struct Question<'a> {
    asks: &'static str,
    example: &'static str,
    given: Option<&'a str>,
    /// Returns what is wrong with an answer, as a clause.
    objects: fn(&str) -> Option<&'static str>,
}

impl Init {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        if let Some(taken) = taken(&self.folder) {
            let why = format!("{} exists already; name another folder, or move it away", taken.display());
            return Ok(output::refusal(&why));
        }
        let questions = self.questions();
        for question in &questions {
            if let Some(wrong) = question.given.and_then(question.objects) {
                return Ok(output::refusal(&format!("{}: {wrong}", question.asks)));
            }
        }
        let ask = !self.yes && ask::is_possible();
        let answers = if ask { asked(&questions)? } else { given(&questions) };
        for (path, text) in files(&answers) {
            write::replaced(&self.folder.join(path), &text)?;
        }
        schema::write_all(&self.folder.join(FOLDER))?;
        self.next_steps();
        Ok(Exit::Success)
    }

    fn questions(&self) -> [Question<'_>; 5] {
        let question = |asks, example, given, objects| Question { asks, example, given, objects };
        [
            question("The shop's name", "Blue Lantern", self.shop.as_deref(), name_objection),
            question("The address buyers write to", "support@shop.example", self.address.as_deref(), address_objection),
            question("The IMAP server", "imap.shop.example", self.imap.as_deref(), host_objection),
            question("The SMTP server", "smtp.shop.example", self.smtp.as_deref(), host_objection),
            question("The time zone of your desk", "Asia/Shanghai", self.zone.as_deref(), zone_objection),
        ]
    }

    fn next_steps(&self) {
        let folder = self.folder.display();
        let here = self.folder == Path::new(".");
        let into = if here { "this folder".to_owned() } else { folder.to_string() };
        let program = output::program();
        let config = format!("--config {folder}/config.yaml");
        let steps = [
            format!("Wrote a configuration, rules, replies and a story into {into}. Next:"),
            "1. Prices and dates of the starter pack are made up, and answers that rest on them wait as drafts. Put in your \
             own and remove `example: true`:"
                .to_owned(),
            format!("     {folder}/replies/_facts/shipping.yaml"),
            format!("     {folder}/replies/_situations.yaml"),
            "2. Put the mailbox password into the environment:".to_owned(),
            "     export MAIL_PASSWORD=…".to_owned(),
            "3. Look for mistakes, run the rules' examples, then start:".to_owned(),
            format!("     {program} check {config}"),
            format!("     {program} test {config}"),
            format!("     {program} run {config}"),
        ];
        output::talk(&steps.join("\n"));
    }
}

/// Returns the files of a new shop, each with the line that tells editors its schema.
fn files(answers: &[(&str, String)]) -> Vec<(String, String)> {
    let mut files = library::starter_files();
    // Until the seller has put in the own prices, nobody is told those of the starter pack.
    let careful = TEMPLATE.replace("# tell_made_up_facts: true ", "tell_made_up_facts: false  ");
    let with_desk = uncommented(&careful, "console");
    files.push(("config.yaml".to_owned(), filled(&with_desk, answers)));
    files.push(("tests/first_story.yaml".to_owned(), STORY.to_owned()));
    files.into_iter().map(|(path, text)| (path.clone(), header(&path).unwrap_or_default() + &text)).collect()
}

/// Returns the template with a section in force, all but its keys that are examples.
fn uncommented(template: &str, section: &str) -> String {
    let (begin, mut inside) = (format!("# {section}:"), false);
    let mut text = String::with_capacity(template.len());
    for line in template.split_inclusive('\n') {
        inside = line.starts_with(&begin) || inside && line.starts_with("#   ");
        let example = line.starts_with("#   ") && line.contains("# example");
        text.push_str(if inside && !example { line.get(2..).unwrap_or_default() } else { line });
    }
    text
}

/// Returns what replaces what in the template.
fn given<'a>(questions: &[Question<'a>]) -> Vec<(&'static str, String)> {
    let answer = |question: &Question<'a>| question.given.unwrap_or(question.example).to_owned();
    questions.iter().map(|question| (question.example, answer(question))).collect()
}

fn asked(questions: &[Question<'_>]) -> anyhow::Result<Vec<(&'static str, String)>> {
    output::talk("A few questions; Enter takes what stands in brackets. Everything can be changed later.");
    let mut answers = Vec::new();
    for question in questions {
        let answer = match question.given {
            Some(given) => given.to_owned(),
            None => answer_to(question)?,
        };
        answers.push((question.example, answer));
    }
    Ok(answers)
}

/// Asks until the answer can be used; the end of the input is an error.
fn answer_to(question: &Question<'_>) -> anyhow::Result<String> {
    loop {
        let answer = ask::line(&format!("{} [{}]", question.asks, question.example))?;
        if answer.is_empty() {
            return Ok(question.example.to_owned());
        }
        match (question.objects)(&answer) {
            None => return Ok(answer),
            Some(wrong) => output::talk(&format!("  {wrong}.")),
        }
    }
}

/// Returns the template with every example replaced, in one pass, so that an answer is never replaced again.
fn filled(template: &str, answers: &[(&str, String)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    loop {
        let next = answers.iter().filter_map(|(example, answer)| Some((rest.find(example)?, *example, answer))).min();
        let Some((at, example, answer)) = next else { break };
        text.push_str(&rest[..at]);
        text.push_str(answer);
        rest = &rest[at + example.len()..];
    }
    text.push_str(rest);
    text
}

fn name_objection(answer: &str) -> Option<&'static str> {
    // The answer is written between double quotes.
    let clean = !answer.contains(['"', '\\', '$']) && !answer.chars().any(char::is_control);
    (!clean).then_some("quotes, backslashes and $ cannot stand here")
}

fn address_objection(answer: &str) -> Option<&'static str> {
    let can_answer = addresses::can_be_ours(answer);
    name_objection(answer).or((!can_answer).then_some("write it as name@shop.example"))
}

fn host_objection(answer: &str) -> Option<&'static str> {
    let known = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
    let sound = !answer.is_empty() && answer.chars().all(known);
    (!sound).then_some("write the server's name alone, such as imap.example.com; a port is set in the file")
}

fn zone_objection(answer: &str) -> Option<&'static str> {
    let known = jiff::tz::TimeZone::get(answer).is_ok();
    (!known).then_some("write an IANA time zone such as Asia/Shanghai or Europe/Berlin")
}

/// Returns what stands in the way: nothing is ever overwritten.
fn taken(folder: &Path) -> Option<PathBuf> {
    let file = folder.is_file().then(|| folder.to_owned());
    let inside = ["config.yaml", "rules", "replies"].map(|name| folder.join(name));
    file.or_else(|| inside.into_iter().find(|path| path.exists()))
}
