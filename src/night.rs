//! One night, from paths to a published folder: the rooms in order, and nothing else.
//! In: a job. Out: an outcome for the exit code. How each step works is its room's.

mod facts;
mod inputs;
mod job;
mod lists;
mod shortfall;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use jiff::civil::Date;

pub use self::inputs::{Undated, Unfound, Unplaced, tell_inputs, unread};
pub use self::job::{Job, Quantity};
use self::lists::Brought;
pub use self::shortfall::{Shortfall, TooManyRejects, UnreadFiles};
use crate::bounce::Key;
use crate::facts::Sources;
use crate::frame::{self, NightFiles, NightWriter};
use crate::history::{EarlierNight, EarlierVerdict, State};
use crate::ingest::{Desk, Role, Seen, Summary};
use crate::outcome;
use crate::outcome::incident::{Incident, Judgement};
use crate::progress::Progress;
use crate::publish::Staging;
use crate::report::{self, View};
use crate::suppress::{self, Cap, Decided};
use crate::tables::policy::Policy;
use crate::tables::receivers::Receivers;
use crate::{source, tables};

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
    frame::mark_unmatched(&files, &job.ingest.parse.key)?;
    let as_of = night_of(job, &summary)?;
    staging.rename(&as_of.to_string())?;

    let judgement = judge(job, &files, &summary, &state.before(&as_of.to_string())?)?;
    let decided = decide(job, &files, &judgement, &policy, (as_of, &brought), staging.dir())?;
    let lists = brought.write(staging.dir(), &files, decided)?;
    let facts = facts::facts(&summary, as_of, job)?;
    let advise = facts::advice(job)?;
    let view = View::new(&facts, &judgement, &lists, &policy, &advise);
    tell(&view, &files, &mut staging)?;

    let folder = staging.publish()?;
    state.remember(remembered(&judgement, as_of))?;
    Ok(Outcome {
        summary: report::summary(&view, &folder.display().to_string()),
        braked: lists.brake.tripped(),
        shortfall: Shortfall::of_night(&summary, job.max_rejects),
        alert: judgement.incidents.iter().any(Incident::acts),
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
    let receivers = Arc::new(Receivers::load(job.ingest.tables.as_deref())?);
    let options = suppress::Options { cap, deliveries, allow, ..suppress::Options::for_night(as_of, receivers) };
    let events = [files.events.clone()];
    suppress::decide(&events, judgement, &policy.suppress, &options)?.write(&events, folder, &brought.keep())
}

/// The report's files, the rejects, and the guide to all files of the folder.
fn tell(view: &View<'_>, files: &NightFiles, staging: &mut Staging) -> anyhow::Result<()> {
    report::render(view, |name| staging.create(name))?;
    report::rejects_csv(frame::rejects(&files.rejects)?, &mut staging.create("rejects.csv")?)?;
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
        let mut writer = NightWriter::create_under(files, &self.job.ingest.parse.key)?;
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

/// The night's name: as asked for, else the newest event's UTC date, else the newest delivery's: a night without a bounce is a
/// night too.
fn night_of(job: &Job, summary: &Summary) -> anyhow::Result<Date> {
    let newest = || summary.window.map(|(_, last)| last).or(summary.last_delivery);
    let date = || newest()?.date()?.parse().ok();
    job.as_of.or_else(date).ok_or_else(|| match summary.events + summary.delivery_rows {
        0 => Unfound::empty(&job.inputs).into(),
        _ => Undated.into(),
    })
}

/// Judges the night, and names the incident of each event in its file.
fn judge(job: &Job, files: &NightFiles, summary: &Summary, earlier: &[EarlierNight]) -> anyhow::Result<Judgement> {
    let maps = [job.tenants.as_deref(), job.contacts.as_deref()];
    let sources = sources(files, summary.delivery_rows > 0, job.ingest.tables.as_deref(), maps, &job.ingest.parse.key);
    let judged = outcome::run(&sources, earlier)?;
    if !judged.owners.is_empty() {
        frame::name_incidents(&files.events, &job.ingest.parse.key, |group| judged.owners.of_group(group))?;
    }
    Ok(judged.judgement)
}

/// What a night is judged from; `maps` are the files of tenants and of contacts.
fn sources(
    files: &NightFiles,
    counted: bool,
    tables: Option<&Path>,
    [tenants, contacts]: [Option<&Path>; 2],
    key: &Key,
) -> Sources {
    Sources {
        events: vec![files.events.clone()],
        deliveries: if counted { vec![files.deliveries.clone()] } else { Vec::new() },
        user_tables: tables.map(Path::to_owned),
        tenants: tenants.map(Path::to_owned),
        contacts: contacts.map(Path::to_owned),
        key: key.clone(),
    }
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
    maps: [Option<&Path>; 2],
) -> anyhow::Result<String> {
    let files = NightFiles::in_folder(night);
    let counted = frame::scan(std::slice::from_ref(&files.deliveries), &[])?.next().is_some();
    let judgement = outcome::run(&sources(&files, counted, tables, maps, &Key::default()), &[])?.judgement;
    let incident = report::incident_of(&judgement, id, night)?;
    Ok(report::incident_told(incident, &judgement, &suppress::provenance::incident(night, id)?))
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
