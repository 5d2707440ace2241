//! Writing: the second reading of the events. In: decisions in order of reading, and frames. Out: the lists as CSV. An
//! entry is built from the event that stands for it, by the constructors that refuse; what they refuse is protected.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::DataFrame;

use super::decision::{Decision, Hold, Verdict};
use super::domain_entry::DomainEntry;
use super::entry::{AddressEntry, Answer, Seen};
use super::frames::ListFrames;
use super::lists::Lists;
use super::options::Keep;
use super::plan::Plan;
use super::record::{NONE, moment};
use super::unreliable_unknown::Troubled;
use crate::bounce::{Address, Basis, Blames, Cause, Kind, Permanence, ReplyCode, Unproven};
use crate::frame::cells::{Members, Numbers, Words, columns};
use crate::frame::schema;

mod files;

pub use files::{ADDRESSES, DOMAINS};

use files::Files;

columns! {
    /// The columns that the lists show.
    pub(super) struct Columns<'f> {
        kind: Members<'f, Kind> = schema::KIND,
        source: Words<'f> = schema::SOURCE,
        source_index: Numbers<'f> = schema::SOURCE_INDEX,
        recipient: Words<'f> = schema::RECIPIENT,
        reply_code: Numbers<'f> = schema::REPLY_CODE,
        status: Words<'f> = schema::STATUS,
        cause: Members<'f, Cause> = schema::CAUSE,
        blames: Members<'f, Blames> = schema::BLAMES,
        basis: Members<'f, Basis> = schema::BASIS,
        permanence: Members<'f, Permanence> = schema::PERMANENCE,
        unproven: Members<'f, Unproven> = schema::UNPROVEN,
        rule: Words<'f> = schema::RULE,
        feedback_type: Words<'f> = schema::FEEDBACK_TYPE,
        rejecting_system: Words<'f> = schema::REJECTING_SYSTEM,
        receiver: Words<'f> = schema::RECEIVER,
    }
}

/// One event as the lists show it.
struct Shown {
    recipient: String,
    origin: String,
    answer: Answer,
}

/// What the second reading has found so far.
struct Writing<'p, 'a> {
    plan: &'p Plan<'a>,
    troubled: Troubled<'p>,
    files: Files<'p>,
    lists: Lists,
    /// Decisions still to come.
    decisions: std::slice::Iter<'p, Decision>,
    /// Targets by the position of their first event.
    evidence: BTreeMap<u32, Vec<usize>>,
    /// The event that each target's entry rests on.
    found: Vec<Option<Shown>>,
}

/// Writes the lists from the frames of a second reading; reactivate.csv is written by who knows what comes off.
///
/// # Errors
/// Frames that cannot be read, files that cannot be written.
pub(super) fn lists<'p>(
    plan: &'p Plan<'_>,
    frames: impl Iterator<Item = anyhow::Result<DataFrame>>,
    night: &Path,
    keep: &Keep<'p>,
) -> anyhow::Result<(Lists, ListFrames)> {
    let mut evidence: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (target, shown) in plan.shown.iter().enumerate().filter(|(_, s)| s.row != NONE) {
        evidence.entry(shown.row).or_default().push(target);
    }
    let mut writing = Writing {
        plan,
        troubled: Troubled::new(&plan.judgement.incidents, &plan.options.receivers),
        files: Files::create(night, plan.brake.tripped(), keep)?,
        lists: Lists {
            held_domains: plan.targets.held.clone(),
            held_until: plan.policy.expires.held.from_night(plan.options.as_of),
            fates: plan.fates.clone(),
            covered: plan.covered,
            unmatched: plan.unmatched,
            list_sources: plan.judgement.list_sources.len() as u64,
            brake: plan.brake,
            ..Lists::default()
        },
        decisions: plan.decisions.iter(),
        evidence,
        found: plan.targets.all.iter().map(|_| None).collect(),
    };
    let mut start = 0;
    for frame in frames {
        start = writing.frame(&frame?, start)?;
    }
    writing.domains()?;
    writing.held_domains()?;
    writing.list_sources()?;
    let Writing { mut lists, files, .. } = writing;
    let (files, frames, quarantined) = files.finish()?;
    (lists.files, lists.quarantined) = (files, quarantined);
    Ok((lists, frames))
}

impl<'p> Writing<'p, '_> {
    /// Writes the decisions that lie in this frame; returns the position behind its last row.
    fn frame(&mut self, frame: &DataFrame, start: u64) -> anyhow::Result<u64> {
        let end = start + frame.height() as u64;
        let columns = Columns::of(frame)?;
        let inside = |row: u32| u64::from(row) < end;
        while let Some(decision) = self.decisions.as_slice().first().copied().filter(|r| inside(r.row)) {
            self.decisions.next();
            let row = (u64::from(decision.row) - start) as usize;
            if let Some(shown) = columns.event(row) {
                let incident = self.incident(&decision, columns.receivers(row));
                self.address(&decision, shown, incident)?;
            }
        }
        while let Some(entry) = self.evidence.first_entry().filter(|e| inside(*e.key())) {
            let (row, targets) = entry.remove_entry();
            for target in targets {
                self.found[target] = columns.event((u64::from(row) - start) as usize);
            }
        }
        Ok(end)
    }

    /// The incident that a decision rests on; `None` where no incident has a part in it.
    fn incident(&self, decision: &Decision, receivers: [Option<&str>; 2]) -> Option<&'p str> {
        let incidents = &self.plan.judgement.incidents;
        let found = match decision.verdict {
            Verdict::Hold(Hold::ReceiverIncident) => {
                self.troubled.incident(receivers).and_then(|place| incidents.get(place))
            }
            _ => incidents.get(decision.incident as usize),
        };
        found.map(|incident| incident.id.as_str())
    }

    /// One decision and its event to their list.
    fn address(&mut self, decision: &Decision, shown: Shown, incident: Option<&str>) -> anyhow::Result<()> {
        let Shown { recipient, origin, answer } = shown;
        let seen = decision.seen(origin);
        match decision.verdict {
            Verdict::Suppress => {
                let (policy, as_of) = (self.plan.policy, self.plan.options.as_of);
                let build = match answer.kind {
                    Kind::Complaint => AddressEntry::from_complaint,
                    _ => AddressEntry::from_bounce,
                };
                let entry = Address::parse(&recipient);
                let entry = entry.map(|address| build(address, answer.clone(), seen.clone(), policy, as_of));
                match entry {
                    Some(Ok(entry)) => {
                        if self.files.address(&entry, incident)? {
                            *self.lists.addresses.entry(entry.answer.cause).or_default() += 1;
                        }
                        return Ok(());
                    }
                    // A decision and the types disagree: a fault of ours, and the type is right.
                    Some(Err(refused)) => tracing::error!(origin = seen.origin, %refused, "entry refused"),
                    None => tracing::error!(origin = seen.origin, "recipient is no address"),
                }
                self.protect(&recipient, &answer, &seen, None)
            }
            Verdict::Hold(reason) => {
                let until = (self.lists.held_until, incident);
                if self.files.held_address(&recipient, reason, &answer, &seen, until)? {
                    *self.lists.held.entry(reason).or_default() += 1;
                }
                Ok(())
            }
            Verdict::Protect => self.protect(&recipient, &answer, &seen, incident),
            Verdict::Covered | Verdict::Retry | Verdict::Unmatched => Ok(()),
        }
    }

    fn protect(&mut self, recipient: &str, answer: &Answer, seen: &Seen, incident: Option<&str>) -> anyhow::Result<()> {
        if self.files.protected(recipient, answer, seen, incident)? {
            *self.lists.protected.entry(incident.map(str::to_owned)).or_default() += 1;
        }
        Ok(())
    }

    /// All domain entries, sorted by domain.
    fn domains(&mut self) -> anyhow::Result<()> {
        let plan = self.plan;
        let (policy, as_of) = (plan.policy, plan.options.as_of);
        let proven = plan.targets.proven(&plan.shown);
        let mut entries = Vec::new();
        for ((target, shown), found) in plan.targets.all.iter().zip(&plan.shown).zip(&self.found) {
            let origin = found.as_ref().map(|f| f.origin.clone());
            let seen = |origin: String| Seen {
                first: moment(shown.first),
                last: moment(shown.last),
                bounces: shown.bounces,
                days: 1,
                origin,
            };
            let entry = match (target.incident, found) {
                // A domain of the organisation that has no bounce of its own rests on the incident.
                (Some(incident), _) if proven.contains(incident.id.as_str()) => DomainEntry::from_tenant_block(
                    target.domain,
                    incident,
                    incident.bounces,
                    (shown.recipients, seen(origin.unwrap_or_else(|| incident.id.clone()))),
                    policy,
                    as_of,
                ),
                (None, Some(found)) => DomainEntry::from_domain_invalid(
                    target.domain,
                    target.organisation,
                    (found.answer.cause, found.answer.blames, found.answer.permanence),
                    shown.recipients,
                    seen(found.origin.clone()),
                    policy,
                    as_of,
                ),
                // Its domains are held already.
                (Some(_), _) | (None, None) => continue,
            };
            match entry {
                Ok(entry) => entries.push(entry),
                Err(refused) => tracing::error!(domain = target.domain, %refused, "entry refused"),
            }
        }
        entries.sort_by(|a, b| (&a.domain, &a.sending_domain).cmp(&(&b.domain, &b.sending_domain)));
        for entry in entries {
            if self.files.domain(&entry)? {
                self.lists.domains.push(entry);
            }
        }
        Ok(())
    }

    fn held_domains(&mut self) -> anyhow::Result<()> {
        let until = self.lists.held_until;
        for held in std::mem::take(&mut self.lists.held_domains) {
            if self.files.held_domain(&held, until)? {
                self.lists.held_domains.push(held);
            }
        }
        Ok(())
    }

    fn list_sources(&mut self) -> anyhow::Result<()> {
        for row in &self.plan.judgement.list_sources {
            self.files.list_source(row)?;
        }
        Ok(())
    }
}

impl Decision {
    fn seen(&self, origin: String) -> Seen {
        Seen {
            first: moment(self.first),
            last: moment(self.last),
            bounces: u64::from(self.bounces),
            days: self.days,
            origin,
        }
    }
}

impl<'f> Columns<'f> {
    /// The system that spoke, and the one that serves the domain.
    fn receivers(&self, row: usize) -> [Option<&'f str>; 2] {
        [self.rejecting_system.get(row), self.receiver.get(row)]
    }

    /// The event at a row of this frame; `None` where it has no recipient.
    fn event(&self, row: usize) -> Option<Shown> {
        let source = self.source.get(row).unwrap_or("?");
        Some(Shown {
            recipient: self.recipient.get(row)?.to_owned(),
            origin: match self.source_index.get(row) {
                Some(index) => format!("{source}#{index}"),
                None => source.to_owned(),
            },
            answer: Answer {
                kind: self.kind.get(row).unwrap_or(Kind::Other),
                cause: self.cause.get(row).unwrap_or(Cause::Unknown),
                blames: self.blames.get(row).unwrap_or(Blames::Unknown),
                basis: self.basis.get(row).unwrap_or(Basis::Unstated),
                permanence: self.permanence.get(row).unwrap_or(Permanence::Transient),
                unproven: self.unproven.get(row),
                feedback_type: self.feedback_type.get(row).map(str::to_owned),
                rule: self.rule.get(row).map(str::to_owned),
                reply_code: self.reply_code.get(row).and_then(|code| ReplyCode::new(u16::try_from(code).ok()?)),
                status: self.status.word(row),
            },
        })
    }
}
