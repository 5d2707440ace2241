//! Gathering: the first reading of the events. In: frames with the columns that decide. Out: one small record for each
//! event that says something about its address, forty bytes, no text: addresses are 128-bit hashes (two of ten million
//! collide with a chance of 10⁻²⁵), places are indices into the judgement.

use std::collections::HashMap;

use polars::prelude::DataFrame;

use super::cover::{Covers, Place, is_policy};
use super::domains::Targets;
use super::doubt::Doubts;
use super::rows::{PlaceColumns, Text, Times};
use super::signal::{Event, Signal};
use super::{Allow, Options};
use crate::analyze::incident::Judgement;
use crate::bounce::{Blames, Cause, Kind, Permanence, Unproven, is_return_path};
use crate::frame::schema;
use crate::tables::policy::Suppress;

/// The columns that decide.
pub(super) const COLUMNS: &[&str] = &[
    schema::KIND,
    schema::TIMESTAMP,
    schema::RECIPIENT,
    schema::FINAL_RECIPIENT,
    schema::RECIPIENT_DOMAIN,
    schema::ORGANISATION,
    schema::RECEIVER,
    schema::TEMPLATE,
    schema::CAUSE,
    schema::BLAMES,
    schema::PERMANENCE,
    schema::UNPROVEN,
    schema::REJECTING_SYSTEM,
    schema::FEEDBACK_TYPE,
    schema::SENDING_IP,
    schema::SENDING_DOMAIN,
    schema::CAMPAIGN_ID,
    schema::LIST_SOURCE,
];

/// No index, no date.
pub(super) const NONE: u32 = u32::MAX;

/// 128 bits; in two halves, so that a record needs no padding.
pub(super) type AddressHash = [u64; 2];

/// What one event says, in brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Record {
    /// Hash of the address; records of one address are neighbours once sorted.
    pub address: AddressHash,
    /// Position among all events read.
    pub row: u32,
    /// Seconds since 1970, or `NONE`.
    pub second: u32,
    /// Index of the target that a domain entry is about, or `NONE`.
    pub target: u32,
    /// Index of the incident that explains it, or `NONE`.
    pub incident: u32,
    /// What it says.
    pub signal: Signal,
    /// Whether its cause belongs to the policy stream.
    pub policy: bool,
    /// Whether trying again will not help.
    pub permanent: bool,
    /// Whether the allow list names the address or its domain.
    pub allowed: bool,
}

const _: () = assert!(size_of::<Record>() == 40, "a record has forty bytes");

/// The hash by which events of one mailbox find each other, whatever the case of its letters.
pub fn address_hash(address: &str) -> AddressHash {
    let hash = blake3::hash(address.to_lowercase().as_bytes());
    let words = hash.as_bytes().as_chunks().0;
    std::array::from_fn(|at| u64::from_be_bytes(words[at]))
}

/// Everything that the first reading asks.
pub(super) struct Gather<'a> {
    policy: &'a Suppress,
    allow: &'a Allow,
    doubts: Doubts<'a>,
    covers: Covers<'a>,
    targets: &'a Targets<'a>,
    records: Vec<Record>,
    rows: u64,
}

impl<'a> Gather<'a> {
    pub fn new(
        judgement: &'a Judgement,
        policy: &'a Suppress,
        options: &'a Options,
        targets: &'a Targets<'a>,
    ) -> Gather<'a> {
        let failures: u64 = judgement.codes.iter().map(|code| code.bounces).sum();
        // A hint only: a judgement of a damaged file must not reserve the machine.
        let records = Vec::with_capacity(failures.min(50_000_000) as usize);
        Gather {
            policy,
            allow: &options.allow,
            doubts: Doubts::new(judgement, policy),
            covers: Covers::new(&judgement.incidents),
            targets,
            records,
            rows: 0,
        }
    }

    /// Reads one frame.
    ///
    /// # Errors
    /// A column that is missing or of another type, and more than four billion events.
    pub fn frame(&mut self, frame: &DataFrame) -> anyhow::Result<()> {
        let columns = Columns::of(frame)?;
        let mut places = Places::default();
        for row in 0..frame.height() {
            if let Some(record) = self.record(&columns, &mut places, row)? {
                self.records.push(record);
            }
        }
        self.rows += frame.height() as u64;
        Ok(())
    }

    /// All records, in order of reading.
    pub fn finish(self) -> Vec<Record> {
        self.records
    }

    fn record<'f>(&self, columns: &Columns<'f>, places: &mut Places<'f>, row: usize) -> anyhow::Result<Option<Record>> {
        let (Some(kind), Some(recipient)) = (columns.kind.word::<Kind>(row), columns.recipient.get(row)) else {
            return Ok(None);
        };
        let event = Event {
            kind,
            cause: columns.cause.word(row).unwrap_or(Cause::Unknown),
            blames: columns.blames.word(row).unwrap_or(Blames::Unknown),
            // A right is earned: what is not known to be permanent is transient.
            permanence: columns.permanence.word(row).unwrap_or(Permanence::Transient),
            unproven: columns.unproven.word(row).or_else(|| own_address(recipient)),
            feedback_type: columns.feedback_type.get(row),
            recipient,
            final_recipient: columns.final_recipient.get(row),
        };
        let domain = columns.recipient_domain.get(row).unwrap_or_default();
        let place = columns.place.get(row);
        let doubt = || {
            let reply = columns.template.get(row).unwrap_or_default();
            self.doubts.reason(reply, columns.rejecting_system.get(row), place.receiver, domain)
        };
        let Some(signal) = Signal::of(&event, self.policy, doubt) else {
            return Ok(None);
        };
        let incident = match signal {
            Signal::Ours | Signal::Unknown => places.incident(&self.covers, event.cause, &place),
            _ => NONE,
        };
        // What a systemic incident explains is ours, whatever its words.
        let signal = if signal == Signal::Unknown && self.covers.is_ours(incident) { Signal::Ours } else { signal };
        Ok(Some(Record {
            address: address_hash(recipient),
            row: u32::try_from(self.rows + row as u64)?,
            second: columns.second(row),
            target: self.targets.find(domain, place.sending_domain, signal).unwrap_or(NONE),
            incident,
            signal,
            policy: is_policy(event.cause),
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

/// Incidents already looked up in this frame: a night has far fewer places than events.
#[derive(Default)]
struct Places<'f>(HashMap<(Cause, [Option<&'f str>; 6]), u32>);

impl<'f> Places<'f> {
    fn incident(&mut self, covers: &Covers<'_>, cause: Cause, place: &Place<'f>) -> u32 {
        let Place { organisation, receiver, sending_ip, sending_domain, campaign, list_source } = *place;
        let key = (cause, [organisation, receiver, sending_ip, sending_domain, campaign, list_source]);
        *self.0.entry(key).or_insert_with(|| covers.find(cause, place).unwrap_or(NONE))
    }
}

/// The deciding columns of one frame.
struct Columns<'f> {
    kind: Text<'f>,
    timestamp: Times<'f>,
    recipient: Text<'f>,
    final_recipient: Text<'f>,
    recipient_domain: Text<'f>,
    place: PlaceColumns<'f>,
    template: Text<'f>,
    cause: Text<'f>,
    blames: Text<'f>,
    permanence: Text<'f>,
    unproven: Text<'f>,
    rejecting_system: Text<'f>,
    feedback_type: Text<'f>,
}

impl<'f> Columns<'f> {
    fn of(frame: &'f DataFrame) -> anyhow::Result<Columns<'f>> {
        let text = |name| Text::of(frame, name);
        Ok(Columns {
            kind: text(schema::KIND)?,
            timestamp: Times::of(frame, schema::TIMESTAMP)?,
            recipient: text(schema::RECIPIENT)?,
            final_recipient: text(schema::FINAL_RECIPIENT)?,
            recipient_domain: text(schema::RECIPIENT_DOMAIN)?,
            place: PlaceColumns::of(frame)?,
            template: text(schema::TEMPLATE)?,
            cause: text(schema::CAUSE)?,
            blames: text(schema::BLAMES)?,
            permanence: text(schema::PERMANENCE)?,
            unproven: text(schema::UNPROVEN)?,
            rejecting_system: text(schema::REJECTING_SYSTEM)?,
            feedback_type: text(schema::FEEDBACK_TYPE)?,
        })
    }

    /// Seconds since 1970; dates before 1970 and after 2106 are as good as none.
    fn second(&self, row: usize) -> u32 {
        self.timestamp.get(row).and_then(|t| u32::try_from(t.0.div_euclid(1000)).ok()).unwrap_or(NONE)
    }
}
