//! One night, from paths to a published folder: the rooms in order, and nothing else.
//! In: a job. Out: an outcome for the exit code. How each step works is its room's.

mod facts;
mod inputs;
mod lists;
mod shortfall;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::civil::Date;

pub use self::inputs::{Undated, Unfound, Unplaced, tell_inputs, unread};
use self::lists::Brought;
pub use self::shortfall::{Shortfall, TooManyRejects, UnreadFiles};
use crate::analyze::AnalyzeOptions;
use crate::analyze::incident::{Incident, Judgement};
use crate::bounce::Confidence;
use crate::bounce::IncidentKind;
use crate::frame::{NightFiles, NightWriter};
use crate::history::{EarlierNight, EarlierVerdict, State};
use crate::ingest::{Desk, IngestOptions, Role, Seen, Summary};
use crate::progress::Progress;
use crate::publish::Staging;
use crate::report::{self, View};
use crate::suppress::{self, Cap, Decided};
use crate::tables::policy::Policy;
use crate::{source, tables};

/// A number, or a share of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// So many.
    Count(u64),
    /// A share, 0..=1.
    Share(f64),
}

impl Quantity {
    /// The number that this is of `whole`, rounded down.
    pub fn of(self, whole: u64) -> u64 {
        match self {
            Quantity::Count(n) => n,
            Quantity::Share(share) => (whole as f64 * share) as u64,
        }
    }
}

/// What `run` is asked to do.
#[derive(Debug, Clone)]
pub struct Job {
    /// Bounces, and deliveries where the format says so.
    pub inputs: Vec<PathBuf>,
    /// Files of accepted messages.
    pub delivered: Vec<PathBuf>,
    /// Files of attempted messages.
    pub sent: Vec<PathBuf>,
    /// Folder of the nights' folders.
    pub out: PathBuf,
    /// Folder of the memory.
    pub state: PathBuf,
    /// The night's name; `None` for the newest event's UTC date.
    pub as_of: Option<Date>,
    /// The brake's cap; `None` for the policy's.
    pub max_suppressions: Option<Quantity>,
    /// Rejects that a run may have; `None` for the default.
    pub max_rejects: Option<Quantity>,
    /// A user's map of domains to organisations.
    pub tenants: Option<PathBuf>,
    /// The sender's own list.
    pub contacts: Option<PathBuf>,
    /// Lists of what must never be suppressed.
    pub allow: Vec<PathBuf>,
    /// The sender's present lists.
    pub existing: Vec<PathBuf>,
    /// Targets whose import files are wanted.
    pub targets: Vec<String>,
    /// Whether an alert changes the exit code.
    pub exit_on_alert: bool,
    /// Whether nothing new changes the exit code, and publishes nothing.
    pub fail_on_empty: bool,
    /// How to read.
    pub ingest: IngestOptions,
    /// Whether to draw progress.
    pub progress: bool,
}

/// How a night went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// For the terminal, at most 25 lines.
    pub summary: String,
    /// The brake held the lists.
    pub braked: bool,
    /// What was not read of inputs that were there.
    pub shortfall: Shortfall,
    /// An incident of high or medium confidence stands.
    pub alert: bool,
    /// No event at all.
    pub nothing_new: bool,
}

/// Does a night: reads, judges, decides, reports, publishes.
///
/// # Errors
/// Whatever stops the night; then nothing is published and an earlier night's folder is as it was.
pub fn run(job: &Job) -> anyhow::Result<Outcome> {
    let policy = tables::policy::load(job.ingest.tables.as_deref())?;
    let reading = Reading::open(job)?;
    let brought = Brought::read(job, reading.desk.classifier())?;
    let state = State::open(&job.state)?;
    let mut staging = Staging::begin(&job.out, "night")?;
    let files = NightFiles::in_folder(staging.dir());

    let summary = reading.read(&files)?;
    tell_inputs(&summary);
    if let Some(error) = unread(&job.inputs, &summary).filter(|_| !may_be_empty(job, &summary)) {
        return Err(error);
    }
    if summary.events == 0 && job.fail_on_empty && summary.lost.total() == 0 {
        return Ok(Outcome { nothing_new: true, summary: "nothing new\n".into(), ..Outcome::default() });
    }
    crate::frame::mark_unmatched(&files)?;
    let as_of = night_of(job, &summary)?;
    staging.rename(&as_of.to_string())?;

    let judgement = judge(job, &files, &summary, state.before(&as_of.to_string())?)?;
    let decided = decide(job, &files, &judgement, &policy, (as_of, &brought), staging.dir())?;
    let lists = brought.write(staging.dir(), &files, decided)?;
    let facts = facts::facts(&summary, as_of, job)?;
    let advise = facts::advice(job)?;
    let view = View::new(&facts, &judgement, &lists, &policy.suppress, &advise);
    tell(&view, &files, &mut staging)?;

    let folder = staging.publish()?;
    state.remember(remembered(&judgement, as_of))?;
    let acts = |i: &Incident| i.kind != IncidentKind::Inconclusive && i.confidence < Confidence::Low;
    Ok(Outcome {
        summary: report::summary(&view, &folder.display().to_string()),
        braked: lists.brake.tripped(),
        shortfall: Shortfall::of_night(&summary, job.max_rejects),
        alert: judgement.incidents.iter().any(acts),
        nothing_new: summary.events == 0,
    })
}

/// Whether a night of which nothing was read may be published: it tells its rejects, and replaces nothing that an earlier run
/// read. What a lost file held would be missing, and a night without a name has none to be published under.
fn may_be_empty(job: &Job, summary: &Summary) -> bool {
    let replaces = |as_of: Date| job.out.join(as_of.to_string()).exists();
    summary.items > 0 && summary.lost.total() == 0 && job.as_of.is_some_and(|as_of| !replaces(as_of))
}

/// The lists, written to the night's folder.
fn decide(
    job: &Job,
    files: &NightFiles,
    judgement: &Judgement,
    policy: &Policy,
    (as_of, brought): (Date, &Brought),
    folder: &Path,
) -> anyhow::Result<Decided> {
    let cap = match job.max_suppressions {
        None => Cap::Policy,
        Some(Quantity::Count(entries)) => Cap::Entries(entries),
        Some(Quantity::Share(share)) => Cap::Share(share),
    };
    let deliveries = vec![files.deliveries.clone()];
    let allow = brought.allow.clone();
    let options = suppress::Options { cap, deliveries, allow, ..suppress::Options::for_night(as_of) };
    let events = [files.events.clone()];
    suppress::decide(&events, judgement, &policy.suppress, &options)?.write(&events, folder, &brought.keep())
}

/// The report's files, the rejects, and the guide to all files of the folder.
fn tell(view: &View<'_>, files: &NightFiles, staging: &mut Staging) -> anyhow::Result<()> {
    report::render(view, |name| staging.create(name))?;
    report::rejects_csv(crate::frame::rejects(&files.rejects)?, &mut staging.create("rejects.csv")?)?;
    std::fs::remove_file(&files.rejects)?;
    staging.create(report::GUIDE)?.write_all(report::guide(&staging.names()?).as_bytes())?;
    Ok(())
}

/// All inputs, opened and listed before anything is made.
struct Reading<'a> {
    job: &'a Job,
    listings: Vec<source::Listing>,
    desk: Desk,
}

impl<'a> Reading<'a> {
    fn open(job: &'a Job) -> anyhow::Result<Reading<'a>> {
        let own = source::Own::at([job.out.as_path(), job.state.as_path()]);
        let asked: [(Role, &[PathBuf]); 3] =
            [(Role::Bounces, &job.inputs), (Role::Delivered, &job.delivered), (Role::Sent, &job.sent)];
        let listings = source::open_all(&asked, &own, &job.ingest.source)?;
        if let Some(refusal) = listings.first().and_then(|inputs| Unfound::all_passed_over(&job.inputs, inputs)) {
            return Err(refusal.into());
        }
        for path in job.tenants.iter().chain(&job.contacts) {
            std::fs::File::open(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        }
        Ok(Reading { job, listings, desk: Desk::new(&job.ingest)? })
    }

    fn read(&self, files: &NightFiles) -> anyhow::Result<Summary> {
        let mut writer = NightWriter::create(files)?;
        let (mut seen, mut summary) = (Seen::default(), Summary::default());
        let bytes = self.listings.iter().map(source::Listing::bytes).sum();
        let progress = Progress::new(bytes, self.job.progress);
        for listing in &self.listings {
            summary.add(self.desk.ingest(listing, listing.role, &mut seen, &mut writer, &progress)?);
        }
        progress.finish();
        writer.finish()?;
        Ok(summary)
    }
}

/// The night's name: as asked for, else the newest event's UTC date.
fn night_of(job: &Job, summary: &Summary) -> anyhow::Result<Date> {
    let newest = || summary.window.and_then(|(_, last)| last.date()).and_then(|date| date.parse().ok());
    job.as_of.or_else(newest).ok_or_else(|| match summary.events + summary.delivery_rows {
        0 => Unfound::empty(&job.inputs).into(),
        _ => Undated.into(),
    })
}

fn judge(job: &Job, files: &NightFiles, summary: &Summary, earlier: Vec<EarlierNight>) -> anyhow::Result<Judgement> {
    let counted = summary.delivery_rows > 0;
    crate::analyze::run(&AnalyzeOptions {
        events: vec![files.events.clone()],
        deliveries: if counted { vec![files.deliveries.clone()] } else { Vec::new() },
        user_tables: job.ingest.tables.clone(),
        tenants: job.tenants.clone(),
        contacts: job.contacts.clone(),
        earlier,
    })
}

/// Judges a published night again and tells how one incident came about. `maps` are the run's files of tenants and of
/// contacts: without them it would be judged otherwise.
///
/// # Errors
/// A folder that holds no night, an id that the night does not have.
pub fn explain_incident(
    night: &Path,
    id: &str,
    tables: Option<&Path>,
    [tenants, contacts]: [Option<&Path>; 2],
) -> anyhow::Result<String> {
    let files = NightFiles::in_folder(night);
    let counted = crate::frame::scan(std::slice::from_ref(&files.deliveries), &[])?.next().is_some();
    let judgement = crate::analyze::run(&AnalyzeOptions {
        events: vec![files.events],
        deliveries: if counted { vec![files.deliveries] } else { Vec::new() },
        user_tables: tables.map(Path::to_owned),
        tenants: tenants.map(Path::to_owned),
        contacts: contacts.map(Path::to_owned),
        ..AnalyzeOptions::default()
    })?;
    suppress::trail::incident(night, id, &judgement)
}

/// What the memory keeps of a night.
fn remembered(judgement: &Judgement, night: Date) -> EarlierNight {
    let verdict = |incident: &Incident| EarlierVerdict {
        kind: incident.kind,
        scope_type: incident.scope.type_name(),
        scope_key: incident.scope.key(),
        confidence: incident.confidence,
        bounces: incident.bounces,
        organisations_hit: incident.organisations_hit,
        organisations_exposed: incident.organisations_exposed,
    };
    EarlierNight { night: night.to_string(), verdicts: judgement.incidents.iter().map(verdict).collect() }
}
