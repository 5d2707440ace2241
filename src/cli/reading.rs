//! Flags that several commands share, and what they mean for reading. In: flags and settings. Out: ingest's options.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::config::Settings;
use crate::ingest::IngestOptions;
use crate::parse::OwnPatterns;

// Flags of every command. No doc comment: clap would take it for the program's.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// No summary and no progress; errors only.
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// More log on stderr; twice for all of it.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(super) verbose: u8,
    /// Form of the log on stderr.
    #[arg(long, global = true, value_enum, default_value = "text", env = "BOUNCESCOPE_LOG_FORMAT")]
    pub(super) log_format: LogFormat,
    /// No progress bar, even at a terminal.
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
    /// Configuration file (TOML); flags and BOUNCESCOPE_* variables win over it.
    #[arg(long, global = true, env = "BOUNCESCOPE_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Directory of tables whose rows stand before the built-in ones.
    #[arg(long, global = true, env = "BOUNCESCOPE_TABLES", value_name = "DIR")]
    pub(super) tables: Option<PathBuf>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// How inputs are read; shared by `run` and `parse`.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ReadArgs {
    /// Files, directories, globs, or `-` for standard input.
    #[arg(required = true, value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,
    /// Format of all inputs, in place of detection from content.
    #[arg(long, value_name = "NAME")]
    pub(super) input_format: Option<String>,
    /// TOML file whose `mapping` table names the columns of a CSV that nothing else knows.
    #[arg(long, value_name = "FILE")]
    pub(super) mapping: Option<PathBuf>,
    /// The night's name and "today", YYYY-MM-DD [default: UTC date of the newest event, else of the newest delivery].
    #[arg(long, env = "BOUNCESCOPE_AS_OF", value_name = "DATE")]
    pub(super) as_of: Option<String>,
    /// Zone of times that name none, such as `Europe/Berlin` or `+02:00`.
    #[arg(long, env = "BOUNCESCOPE_TIME_ZONE", value_name = "ZONE", allow_hyphen_values = true)]
    pub(super) time_zone: Option<String>,
    /// Header of the returned message that carries the campaign, before the usual ones; repeatable.
    #[arg(long = "campaign-header", value_name = "NAME")]
    pub(super) campaign_headers: Vec<String>,
    /// How your Message-IDs look, such as `*@mail.example.com`: a mailed report on any other message lists nobody; repeatable.
    #[arg(long = "own-message-id", value_name = "PATTERN")]
    pub(super) own_message_ids: Vec<String>,
    /// How your return paths look, such as `bounces+*@mail.example.com`: likewise; repeatable.
    #[arg(long = "own-return-path", value_name = "PATTERN")]
    pub(super) own_return_paths: Vec<String>,
}

/// The flags as options; a flag wins over the file.
pub(super) fn ingest_options(read: &ReadArgs, global: &Global, settings: &Settings) -> IngestOptions {
    let mut options = IngestOptions { tables: global.tables.clone(), ..Default::default() };
    options.source.input_format = read.input_format.clone();
    options.parse.input_format = read.input_format.clone();
    options.parse.mapping = read.mapping.clone();
    let as_of = read.as_of.as_ref().or(settings.as_of.as_ref());
    options.parse.as_of = as_of.and_then(|date| crate::parse::date::rfc5322(&format!("{date}T00:00:00Z")));
    options.parse.tables = global.tables.clone();
    options.parse.time_zone = read.time_zone.clone().or(settings.time_zone.clone());
    options.parse.campaign_headers = read.campaign_headers.clone();
    options.parse.campaign_headers.extend(settings.campaign_headers.clone().unwrap_or_default());
    let all = |given: &[String], set: &Option<Vec<String>>| {
        given.iter().chain(set.iter().flatten()).cloned().collect::<Vec<String>>()
    };
    options.parse.own = OwnPatterns {
        message_ids: all(&read.own_message_ids, &settings.own_message_ids),
        return_paths: all(&read.own_return_paths, &settings.own_return_paths),
    };
    options
}

/// Whether to draw progress: for somebody who looks.
pub(super) fn shows_progress(global: &Global) -> bool {
    !global.no_progress && !global.quiet && std::io::stderr().is_terminal()
}
