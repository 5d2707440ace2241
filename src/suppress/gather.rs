//! Gathering: the first reading of the events. In: frames with the columns that decide. Out: a record for each event that
//! says something about its address.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::DataFrame;

use super::domains::Targets;
use super::options::{Allow, Options};
use super::record::{NONE, Record, second};
use super::signal::{Event, Signal};
use super::unreliable_unknown::{Troubled, UnreliableUnknown};
use crate::bounce::{Basis, Blames, Cause, Families, Family, IncidentKind, Kind, Permanence, Unproven, is_return_path};
use crate::frame::cells::{Members, Numbers, Times, Words, columns};
use crate::frame::schema;
use crate::outcome::incident::{Incident, Judgement};
use crate::tables::policy::Suppress;

/// Everything that the first reading asks.
pub(super) struct Gather<'a> {
    policy: &'a Suppress,
    allow: &'a Allow,
    unreliable: UnreliableUnknown<'a>,
    judgement: &'a Judgement,
    /// Places of the incidents in the judgement.
    incidents: HashMap<&'a str, u32>,
    targets: &'a Targets<'a>,
    records: Vec<Record>,
    /// Delays that incidents own; they say nothing of their addresses.
    delays: BTreeMap<u32, u64>,
    rows: u64,
}

impl<'a> Gather<'a> {
    pub fn new(
        judgement: &'a Judgement,
        policy: &'a Suppress,
        options: &'a Options,
        targets: &'a Targets<'a>,
        troubled: &'a Troubled<'a>,
    ) -> Gather<'a> {
        let failures: u64 = judgement.codes.iter().map(|code| code.bounces).sum();
        // A hint only: a judgement of a damaged file must not reserve the machine.
        let records = Vec::with_capacity(failures.min(50_000_000) as usize);
        Gather {
            policy,
            allow: &options.allow,
            unreliable: UnreliableUnknown::new(policy, troubled),
            judgement,
            incidents: judgement.incidents.iter().map(|incident| incident.id.as_str()).zip(0..).collect(),
            targets,
            records,
            delays: BTreeMap::new(),
            rows: 0,
        }
    }

    /// Reads one frame.
    ///
    /// # Errors
    /// A column that is missing or of another type, and more than four billion events.
    pub fn frame(&mut self, frame: &DataFrame) -> anyhow::Result<()> {
        let columns = Columns::of(frame)?;
        for row in 0..frame.height() {
            if let Some(record) = self.record(&columns, row)? {
                self.records.push(record);
            }
        }
        self.rows += frame.height() as u64;
        Ok(())
    }

    /// All records, in order of reading, and the delays of each incident.
    pub fn finish(self) -> (Vec<Record>, BTreeMap<u32, u64>) {
        (self.records, self.delays)
    }

    fn record(&mut self, columns: &Columns<'_>, row: usize) -> anyhow::Result<Option<Record>> {
        let (Some(kind), Some(recipient)) = (columns.kind.get(row), columns.recipient.get(row)) else {
            return Ok(None);
        };
        let Some(address) = columns.recipient_key.get(row) else { return Ok(None) };
        let owner = columns.incident.get(row).and_then(|id| self.incidents.get(id).copied()).unwrap_or(NONE);
        if kind == Kind::Delay && owner != NONE {
            *self.delays.entry(owner).or_default() += 1;
        }
        let incident = self.judgement.incidents.get(owner as usize);
        let event = Event {
            kind,
            cause: columns.cause.get(row).unwrap_or(Cause::Unknown),
            blames: columns.blames.get(row).unwrap_or(Blames::Unknown),
            basis: columns.basis.get(row).unwrap_or(Basis::Unstated),
            // A right is earned: what is not known to be permanent is transient.
            permanence: columns.permanence.get(row).unwrap_or(Permanence::Transient),
            unproven: columns.unproven.get(row).or_else(|| own_address(recipient)),
            feedback_type: columns.feedback_type.get(row),
            recipient,
            final_recipient: columns.final_recipient.get(row),
            ours: incident.is_some_and(Incident::protects),
            unreliable: incident.is_some_and(|incident| incident.kind == IncidentKind::UnreliableUnknown),
        };
        let domain = columns.recipient_domain.get(row).unwrap_or_default();
        let unreliable = || {
            let reply = columns.template.get(row).unwrap_or_default();
            self.unreliable.reason(reply, columns.rejecting_system.get(row), columns.receiver.get(row))
        };
        let Some(signal) = Signal::of(&event, self.policy, unreliable) else {
            return Ok(None);
        };
        Ok(Some(Record {
            address,
            row: u32::try_from(self.rows + row as u64)?,
            second: second(columns.timestamp.get(row)),
            target: self.targets.find(domain, columns.sending_domain.get(row), signal).unwrap_or(NONE),
            incident: owner,
            signal,
            bounce: kind == Kind::Bounce,
            policy: columns.family.get(row).is_some_and(|family| Families::POLICY.has(family)),
            permanent: event.permanence == Permanence::Permanent,
            allowed: self.allow.holds(recipient, domain),
        }))
    }
}

/// A return path is an address of a sender's, in whatever column it stands.
fn own_address(recipient: &str) -> Option<Unproven> {
    let local = recipient.rsplit_once('@').map_or(recipient, |(local, _)| local);
    is_return_path(local).then_some(Unproven::OwnAddress)
}

columns! {
    /// The columns that decide.
    pub(super) struct Columns<'f> {
        kind: Members<'f, Kind> = schema::KIND,
        timestamp: Times<'f> = schema::TIMESTAMP,
        recipient: Words<'f> = schema::RECIPIENT,
        recipient_key: Numbers<'f> = schema::RECIPIENT_KEY,
        final_recipient: Words<'f> = schema::FINAL_RECIPIENT,
        recipient_domain: Words<'f> = schema::RECIPIENT_DOMAIN,
        receiver: Words<'f> = schema::RECEIVER,
        template: Words<'f> = schema::TEMPLATE,
        cause: Members<'f, Cause> = schema::CAUSE,
        blames: Members<'f, Blames> = schema::BLAMES,
        basis: Members<'f, Basis> = schema::BASIS,
        permanence: Members<'f, Permanence> = schema::PERMANENCE,
        unproven: Members<'f, Unproven> = schema::UNPROVEN,
        rejecting_system: Words<'f> = schema::REJECTING_SYSTEM,
        feedback_type: Words<'f> = schema::FEEDBACK_TYPE,
        sending_domain: Words<'f> = schema::SENDING_DOMAIN,
        family: Members<'f, Family> = schema::FAMILY,
        incident: Words<'f> = schema::INCIDENT,
    }
}
