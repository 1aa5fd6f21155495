//! The commands: one file each.
//!
//! `main` calls [`run()`]; everything it returns is an [`Exit`]. Errors are explained here, once.

mod ask;
mod audit;
mod backup;
mod check;
mod completions;
mod demo;
mod desk;
mod difference;
pub mod exit;
mod explain;
mod export;
mod files;
mod find;
mod import;
mod init;
mod input;
mod layout;
mod matching;
mod new;
mod orders;
mod output;
mod pause;
mod quarantine;
mod reload;
mod report;
mod run;
mod samples;
mod schema;
mod situation;
mod status;
mod test;
mod ticket;
mod user;
mod write;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    cli::{exit::Exit, files::Unusable},
    library::LibraryError,
    store::open::OpenError,
};

/// Where the configuration is looked for when it is not named.
const DEFAULT_CONFIG: &str = "config.yaml";

/// Answers a shop's routine questions by e-mail and Telegram while its people sleep.
#[derive(Debug, Parser)]
#[command(name = "nightdesk", version, max_term_width = 100)]
struct Arguments {
    /// The configuration file [default: config.yaml]
    #[arg(long, short, global = true, env = "NIGHTDESK_CONFIG", hide_env_values = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole thing with sample mails in a folder; nothing to configure
    Demo(demo::Demo),
    /// Serve: read the mailboxes and bots of the configuration, answer, keep tickets
    Run(run::Run),
    /// Write a commented configuration with starter rules and replies into a new folder
    Init(init::Init),
    /// Write a new rule with its reply and its examples, ready to be edited
    New(new::New),
    /// Look for mistakes in configuration, rules and replies
    Check(check::Check),
    /// Run every rule's examples against the whole rule set
    Test(test::Test),
    /// Say what would be answered to a text or a mail, and why
    Explain(explain::Explain),
    /// Recognize many texts: one JSON object per line in, one per line out
    Match(matching::Match),
    /// Work the queue of tickets
    Ticket(ticket::TicketArguments),
    /// Find messages, answers and notes by their words
    Find(find::Find),
    /// Look at exports of orders before buyers are told what stands in them
    Orders(orders::Orders),
    /// Stop automatic answers until `resume`, of the shop, an account or a rule; messages become tickets
    Pause(pause::Pause),
    /// Answer automatically again
    Resume(pause::Resume),
    /// Switch a dated situation on or off by hand, or see which are in force
    Situation(situation::SituationArguments),
    /// Say how things stand: pauses with who and when, and what waits
    Status(status::Status),
    /// Count what came in and how it ended: the night, the week, what rules cover
    Report(report::ReportArguments),
    /// Say who may sign in to the console, and as what
    User(user::User),
    /// Show who came in, who was refused, and who changed what may be done
    Audit(audit::Audit),
    /// Look into messages that could not be read or decided
    Quarantine(quarantine::Quarantine),
    /// Copy the store into a new file, also while the service runs
    Backup(backup::Backup),
    /// Say that the store was put back from a backup, or that all from before was looked after
    Restored(backup::Restored),
    /// Write the texts of replies, or the examples of rules, as a table for spreadsheets
    Export(export::Export),
    /// Take texts or examples back from a spreadsheet; says first what they change
    Import(import::Import),
    /// Print or write the JSON Schemas with which editors complete and explain your files
    Schema(schema::SchemaArguments),
    /// Print what makes the Tab key complete commands in your shell
    Completions(completions::Completions),
}

/// Runs the command of the command line.
pub fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            // Help that nobody can read is no failure.
            drop(error.print());
            return exit;
        }
    };
    execute(arguments.command, arguments.config).unwrap_or_else(|error| {
        output::failure(&error);
        exit_of(&error)
    })
}

fn execute(command: Command, named: Option<PathBuf>) -> anyhow::Result<Exit> {
    match command {
        Command::Demo(demo) => demo.run(),
        Command::Init(init) => init.run(),
        Command::Schema(schema) => schema.run(),
        Command::Completions(completions) => completions.run(Arguments::command()),
        Command::Run(run) => run.run(&configuration(named)?),
        Command::New(new) => new.run(&configuration(named)?),
        Command::Export(export) => export.run(&configuration(named)?),
        Command::Import(import) => import.run(&configuration(named)?),
        Command::Check(check) => check.run(&configuration(named)?),
        Command::Test(test) => test.run(&configuration(named)?),
        Command::Explain(explain) => explain.run(&configuration(named)?),
        Command::Match(matching) => matching.run(&configuration(named)?),
        Command::Ticket(ticket) => ticket.run(&configuration(named)?),
        Command::Find(find) => find.run(&configuration(named)?),
        Command::Orders(orders) => orders.run(&configuration(named)?),
        Command::Pause(pause) => pause.run(&configuration(named)?),
        Command::Resume(resume) => resume.run(&configuration(named)?),
        Command::Situation(situation) => situation.run(&configuration(named)?),
        Command::Status(status) => status.run(&configuration(named)?),
        Command::Report(report) => report.run(&configuration(named)?),
        Command::Backup(backup) => backup.run(&configuration(named)?),
        Command::Restored(restored) => restored.run(&configuration(named)?),
        Command::User(user) => user.run(&configuration(named)?),
        Command::Audit(audit) => audit.run(&configuration(named)?),
        Command::Quarantine(quarantine) => quarantine.run(&configuration(named)?),
    }
}

/// Returns where the configuration is, or would be: without one some commands work on the starter pack, but a name
/// that leads nowhere is a mistake.
fn configuration(named: Option<PathBuf>) -> Result<PathBuf, Unusable> {
    let Some(path) = named else { return Ok(PathBuf::from(DEFAULT_CONFIG)) };
    if path.exists() { Ok(path) } else { Err(Unusable::NoConfig(path)) }
}

/// Returns the code for an error by its kind.
fn exit_of(error: &anyhow::Error) -> Exit {
    let address = matches!(error.downcast_ref(), Some(OpenError::Address { .. }));
    let files = address || error.is::<Unusable>() || error.is::<LibraryError>();
    if files { Exit::Configuration } else { Exit::Failure }
}

/// Returns a runtime for commands that wait for something.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
