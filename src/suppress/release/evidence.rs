//! What contradicts entries of the present list. In: deliveries and events of the night. Out: the last delivery to each entry, and the
//! replies to protected addresses that blame us.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::civil::Date;
use polars::prelude::DataFrame;

use super::tonight::Tonight;
use crate::bounce::{Blames, Cause, Kind, Timestamp};
use crate::frame::cells::{Members, Numbers, Times, Words, columns, flags};
use crate::frame::{self, schema};
use crate::suppress::present::{Existing, Listed};

/// Days after the night beyond which a time is a wrong clock's.
const OUTLIER_DAYS: i64 = 2;

/// The last delivery to each listed address and domain. A row of a send log holds what was attempted and proves nothing; nor does one
/// without a clock time: a date alone is kept as its midnight, so whatever stands there is taken for one. What lies more than two
/// days after the night shows a wrong clock.
pub(super) fn delivered(
    deliveries: &[PathBuf],
    night: Date,
    existing: &Existing,
) -> anyhow::Result<BTreeMap<String, Timestamp>> {
    let mut found: BTreeMap<String, Timestamp> = BTreeMap::new();
    if deliveries.is_empty() {
        return Ok(found);
    }
    let midnight = night.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_millisecond();
    let end = midnight + (1 + OUTLIER_DAYS) * Timestamp::DAY;
    let is_told = |at: &Timestamp| at.0.rem_euclid(Timestamp::DAY) != 0 && at.0 < end;
    let columns = [schema::RECIPIENT, schema::RECIPIENT_DOMAIN, schema::TIMESTAMP, schema::ATTEMPTED];
    for frame in frame::scan(deliveries, &columns)? {
        let frame = frame?;
        let recipients = Words::of(&frame, schema::RECIPIENT)?;
        let domains = Words::of(&frame, schema::RECIPIENT_DOMAIN)?;
        let times = Times::of(&frame, schema::TIMESTAMP)?;
        let attempted = flags(&frame, schema::ATTEMPTED)?;
        for row in (0..frame.height()).filter(|row| attempted.get(*row) != Some(true)) {
            let Some(at) = times.get(row).filter(is_told) else { continue };
            let mut prove = |entries: &BTreeMap<String, Listed>, key: &str| {
                if entries.contains_key(key) {
                    let last = found.entry(key.to_owned()).or_insert(at);
                    *last = at.max(*last);
                }
            };
            if let Some(recipient) = recipients.get(row) {
                prove(&existing.addresses, &recipient.to_lowercase());
            }
            if let Some(domain) = domains.get(row) {
                prove(&existing.domains, domain);
            }
        }
    }
    Ok(found)
}

/// A reply that blames us.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub at: Timestamp,
    pub cause: Cause,
    /// `source#index`.
    pub evidence: String,
}

/// What speaks for an address.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OurFault {
    /// The incident that explains its failures; empty where none does.
    pub incident: String,
    /// In order of reading.
    pub replies: Vec<Reply>,
}

/// What the night's events say of the entries.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The last failure at each listed domain; the end of time for one without a time. One mail that got past does not end a block
    /// that goes on.
    pub failed: BTreeMap<String, Timestamp>,
    /// The listed addresses that expressed a wish: a complaint, whatever it proves, or an unsubscribe. A feedback report that is none
    /// (`not-spam`, `auth-failure`) expresses none.
    pub wishes: BTreeSet<String>,
    /// The replies to protected addresses that blame us, by key.
    pub faults: BTreeMap<String, OurFault>,
}

columns! {
    /// What an event says of an entry.
    struct Columns<'f> {
        kind: Members<'f, Kind> = schema::KIND,
        recipient: Words<'f> = schema::RECIPIENT,
        domain: Words<'f> = schema::RECIPIENT_DOMAIN,
        feedback: Words<'f> = schema::FEEDBACK_TYPE,
        cause: Members<'f, Cause> = schema::CAUSE,
        blames: Members<'f, Blames> = schema::BLAMES,
        unproven: Words<'f> = schema::UNPROVEN,
        source: Words<'f> = schema::SOURCE,
        index: Numbers<'f> = schema::SOURCE_INDEX,
        time: Times<'f> = schema::TIMESTAMP,
    }
}

impl Told {
    /// Reads the events once.
    pub fn read(events: &[PathBuf], existing: &Existing, tonight: &Tonight) -> anyhow::Result<Told> {
        let mut told = Told::default();
        for frame in frame::scan(events, Columns::NAMES)? {
            told.add(&frame?, existing, tonight)?;
        }
        Ok(told)
    }

    fn add(&mut self, frame: &DataFrame, existing: &Existing, tonight: &Tonight) -> anyhow::Result<()> {
        let columns = Columns::of(frame)?;
        for row in 0..frame.height() {
            let (kind, at) = (columns.kind.get(row), columns.time.get(row));
            let bounced = kind == Some(Kind::Bounce);
            if let Some(domain) =
                columns.domain.get(row).filter(|domain| bounced && existing.domains.contains_key(*domain))
            {
                let at = at.unwrap_or(Timestamp(i64::MAX));
                let last = self.failed.entry(domain.to_owned()).or_insert(at);
                *last = at.max(*last);
            }
            let wish = match columns.feedback.get(row) {
                Some(told) => !matches!(told, "not-spam" | "auth-failure" | "dmarc"),
                None => kind == Some(Kind::Complaint),
            };
            let ours =
                bounced && columns.blames.get(row).is_some_and(Blames::is_us) && columns.unproven.get(row).is_none();
            let Some(key) = columns.recipient.get(row).filter(|_| wish || ours).map(str::to_lowercase) else {
                continue;
            };
            if wish && existing.addresses.contains_key(&key) {
                self.wishes.insert(key.clone());
            }
            let (Some(incident), Some(at)) = (tonight.protected.get(&key).filter(|_| ours), at) else { continue };
            let evidence = {
                let (source, index) = (columns.source.get(row), columns.index.get(row));
                format!("{}#{}", source.unwrap_or("?"), index.unwrap_or_default())
            };
            let fault = self.faults.entry(key).or_default();
            fault.incident.clone_from(incident);
            fault.replies.push(Reply { at, cause: columns.cause.get(row).unwrap_or(Cause::Unknown), evidence });
        }
        Ok(())
    }
}
