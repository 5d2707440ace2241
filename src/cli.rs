//! clap: the only room that knows flags. In: the command line, the environment, a configuration file.
//! Out: each room's small options. Exit codes are `exit`'s, work is the rooms'.

mod config;
mod exit;
mod explain;
mod out;
mod parse;
mod reading;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

pub use exit::of_error as exit_code_of;

use self::out::write_out;
use self::reading::{Global, LogFormat, ReadArgs, ingest_options, shows_progress};
use crate::Job;
use crate::report::words::counted;

/// Last night's bounces in; who is at fault, what to do, and the lists to do it with, out.
#[derive(Debug, Parser)]
#[command(name = "bouncescope", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The nightly job: read, judge, write reports and lists.
    Run(Box<RunArgs>),
    /// Every event, classified; nothing judged.
    Parse(parse::ParseArgs),
    /// One bounce, one incident, one address or one domain in words.
    Explain(explain::ExplainArgs),
    /// Checks tables and configuration.
    Check,
    /// Prints a completion script.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page.
    Man,
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    read: ReadArgs,
    /// Messages that were accepted; repeatable.
    #[arg(long, value_name = "FILE")]
    delivered: Vec<PathBuf>,
    /// Messages that were attempted, bounced ones included; repeatable.
    #[arg(long, value_name = "FILE")]
    sent: Vec<PathBuf>,
    /// Folder of the nights' folders [default: reports].
    #[arg(long, env = "BOUNCESCOPE_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder of the memory [default: OUT/state].
    #[arg(long, env = "BOUNCESCOPE_STATE", value_name = "DIR")]
    state: Option<PathBuf>,
    /// Brake: hold all lists beyond this many new entries, a number or a share of the recipients mailed such as `5%`.
    #[arg(long, env = "BOUNCESCOPE_MAX_SUPPRESSIONS", value_name = "N|P%")]
    max_suppressions: Option<String>,
    /// Exit code 3 beyond this many rejects, a number or a share of the items [default: 5%].
    #[arg(long, env = "BOUNCESCOPE_MAX_REJECTS", value_name = "N|P%")]
    max_rejects: Option<String>,
    /// Organisations that are really one: CSV with domain, organisation and perhaps receiver.
    #[arg(long, env = "BOUNCESCOPE_TENANTS", value_name = "FILE")]
    tenants: Option<PathBuf>,
    /// Your own list: CSV email,list_source.
    #[arg(long, env = "BOUNCESCOPE_CONTACTS", value_name = "FILE")]
    contacts: Option<PathBuf>,
    /// Addresses and domains that must never be suppressed, one a line; repeatable.
    #[arg(long, value_name = "FILE")]
    allow: Vec<PathBuf>,
    /// Your present suppression list, in any input format: only changes are written; repeatable.
    #[arg(long, value_name = "FILE")]
    existing: Vec<PathBuf>,
    /// Also write the lists in the import form of a platform, such as `ses` or `mailgun`; repeatable.
    #[arg(long = "target", value_name = "NAME")]
    targets: Vec<String>,
    /// Exit code 4 when an incident of high or medium confidence stands.
    #[arg(long)]
    exit_on_alert: bool,
    /// Exit code 6, nothing published, when there is nothing new.
    #[arg(long)]
    fail_on_empty: bool,
}

/// Parses the command line, does what it says, returns the exit code of the contract (README, "Exit codes").
///
/// # Errors
/// What stopped the run, for `main` to print; the exit code of such an error is `exit_code_of`.
pub fn main() -> anyhow::Result<ExitCode> {
    let mut cli = Cli::parse();
    start_log(&cli.global);
    let settings = config::Settings::load(cli.global.config.as_deref())?;
    cli.global.tables = cli.global.tables.take().or(settings.tables.clone());
    if let Some(dir) = cli.global.tables.as_deref().filter(|dir| !dir.is_dir()) {
        return Err(config::Usage(format!("--tables {}: not a directory", dir.display())).into());
    }
    match cli.command {
        Command::Run(args) => run(*args, &cli.global, settings),
        Command::Parse(args) => parse::parse(&args, &cli.global, &settings),
        Command::Explain(args) => explain::explain(&args, cli.global.tables.as_deref(), &settings),
        Command::Check => check(&cli.global),
        Command::Completions { shell } => {
            // Written at once: the generator panics where it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "bouncescope", &mut script);
            write_out(&script)?;
            Ok(exit::done())
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?;
            Ok(exit::done())
        }
    }
}

fn start_log(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => tracing::Level::ERROR,
        (_, 0) => tracing::Level::INFO,
        (_, 1) => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()));
    match global.log_format {
        LogFormat::Text => log.without_time().init(),
        LogFormat::Json => log.json().init(),
    }
}

fn run(args: RunArgs, global: &Global, settings: config::Settings) -> anyhow::Result<ExitCode> {
    let job = job(args, global, settings)?;
    let outcome = crate::run(&job).inspect_err(|error| {
        if error.is::<crate::Unfound>() && !global.quiet {
            // The error that follows says more; whoever reads levels finds one also where there is no report.
            let _ = write_out(crate::report::nothing_read().as_bytes());
        }
    })?;
    if !global.quiet {
        write_out(outcome.summary.as_bytes())?;
    }
    Ok(exit::of_night(&outcome, job.exit_on_alert, job.fail_on_empty))
}

/// The flags as a job; a flag wins over the file, the file over the default.
fn job(args: RunArgs, global: &Global, settings: config::Settings) -> anyhow::Result<Job> {
    let out = args.out.or(settings.out.clone()).unwrap_or_else(|| PathBuf::from("reports"));
    let quantity = |flag: Option<String>, file: Option<String>, name: &str| {
        flag.or(file).map(|text| config::quantity(&text, name)).transpose()
    };
    Ok(Job {
        state: args.state.or(settings.state.clone()).unwrap_or_else(|| out.join("state")),
        as_of: args.read.as_of.clone().or(settings.as_of.clone()).map(|date| config::date(&date)).transpose()?,
        max_suppressions: quantity(args.max_suppressions, settings.max_suppressions.clone(), "--max-suppressions")?,
        max_rejects: quantity(args.max_rejects, settings.max_rejects.clone(), "--max-rejects")?,
        tenants: args.tenants.or(settings.tenants.clone()),
        contacts: args.contacts.or(settings.contacts.clone()),
        allow: args.allow,
        existing: args.existing,
        targets: args.targets,
        exit_on_alert: args.exit_on_alert || settings.exit_on_alert.unwrap_or(false),
        fail_on_empty: args.fail_on_empty || settings.fail_on_empty.unwrap_or(false),
        inputs: args.read.inputs.clone(),
        delivered: args.delivered,
        sent: args.sent,
        out,
        ingest: ingest_options(&args.read, global, &settings),
        progress: shows_progress(global),
    })
}

/// Checks all tables; exit code 2 when something is wrong. The configuration was checked on the way here.
fn check(global: &Global) -> anyhow::Result<ExitCode> {
    let tables = global.tables.as_deref();
    let findings = crate::check(tables)?;
    let told: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    write_out(told.as_bytes())?;
    if findings.is_empty() {
        write_out(format!("tables {}: all rows and their examples hold\n", crate::tables::hash(tables)?).as_bytes())?;
    }
    Ok(match findings.as_slice() {
        [] => exit::done(),
        [first, ..] => {
            let rows =
                counted(findings.len() as u64, "row of the tables does not hold", "rows of the tables do not hold");
            exit::because(2, format!("{rows}; the first: {first}"))
        }
    })
}
