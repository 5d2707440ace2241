//! What contradicts entries of the present list. In: deliveries and events of the night. Out: the last delivery to each entry, and the
//! replies to protected addresses that blame us.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::civil::Date;

use super::tonight::Tonight;
use crate::bounce::{Blames, Cause, Kind, Timestamp};
use crate::frame::{self, schema};
use crate::suppress::present::{Existing, Listed};
use crate::suppress::rows::{Text, Times, counts};

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
        let recipients = Text::of(&frame, schema::RECIPIENT)?;
        let domains = Text::of(&frame, schema::RECIPIENT_DOMAIN)?;
        let times = Times::of(&frame, schema::TIMESTAMP)?;
        let attempted = frame.column(schema::ATTEMPTED)?.bool()?;
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

/// The last failure tonight at each listed domain; the end of time for one without a time. One mail that got past does not end a block
/// that goes on.
pub(super) fn failed(events: &[PathBuf], existing: &Existing) -> anyhow::Result<BTreeMap<String, Timestamp>> {
    let mut found: BTreeMap<String, Timestamp> = BTreeMap::new();
    if existing.domains.is_empty() {
        return Ok(found);
    }
    for frame in frame::scan(events, &[schema::KIND, schema::RECIPIENT_DOMAIN, schema::TIMESTAMP])? {
        let frame = frame?;
        let (kinds, domains) = (Text::of(&frame, schema::KIND)?, Text::of(&frame, schema::RECIPIENT_DOMAIN)?);
        let times = Times::of(&frame, schema::TIMESTAMP)?;
        for row in (0..frame.height()).filter(|row| kinds.word(*row) == Some(Kind::Bounce)) {
            let Some(domain) = domains.get(row).filter(|domain| existing.domains.contains_key(*domain)) else {
                continue;
            };
            let at = times.get(row).unwrap_or(Timestamp(i64::MAX));
            let last = found.entry(domain.to_owned()).or_insert(at);
            *last = at.max(*last);
        }
    }
    Ok(found)
}

/// The listed addresses of which the night tells a wish: a complaint, whatever it proves, or an unsubscribe. A feedback report that
/// is none (`not-spam`, `auth-failure`) tells none.
pub(super) fn wishes(events: &[PathBuf], existing: &Existing) -> anyhow::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for frame in frame::scan(events, &[schema::KIND, schema::RECIPIENT, schema::FEEDBACK_TYPE])? {
        let frame = frame?;
        let text = |name| Text::of(&frame, name);
        let (kinds, recipients, feedback) =
            (text(schema::KIND)?, text(schema::RECIPIENT)?, text(schema::FEEDBACK_TYPE)?);
        for row in 0..frame.height() {
            let wish = match feedback.get(row) {
                Some(told) => !matches!(told, "not-spam" | "auth-failure" | "dmarc"),
                None => kinds.word(row) == Some(Kind::Complaint),
            };
            let Some(key) = recipients.get(row).filter(|_| wish).map(str::to_lowercase) else { continue };
            if existing.addresses.contains_key(&key) {
                found.insert(key);
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

/// The replies to protected addresses that blame us, by key.
pub(super) fn our_faults(events: &[PathBuf], tonight: &Tonight) -> anyhow::Result<BTreeMap<String, OurFault>> {
    let mut found: BTreeMap<String, OurFault> = BTreeMap::new();
    if tonight.protected.is_empty() {
        return Ok(found);
    }
    let columns = [
        schema::KIND,
        schema::RECIPIENT,
        schema::TIMESTAMP,
        schema::CAUSE,
        schema::BLAMES,
        schema::UNPROVEN,
        schema::SOURCE,
        schema::SOURCE_INDEX,
    ];
    for frame in frame::scan(events, &columns)? {
        let frame = frame?;
        let text = |name| Text::of(&frame, name);
        let (kinds, recipients, causes) = (text(schema::KIND)?, text(schema::RECIPIENT)?, text(schema::CAUSE)?);
        let (blames, unproven, source) = (text(schema::BLAMES)?, text(schema::UNPROVEN)?, text(schema::SOURCE)?);
        let (times, index) = (Times::of(&frame, schema::TIMESTAMP)?, counts(&frame, schema::SOURCE_INDEX)?);
        for row in 0..frame.height() {
            let ours = kinds.word(row) == Some(Kind::Bounce)
                && blames.word(row).is_some_and(Blames::is_us)
                && unproven.get(row).is_none();
            let Some(key) = recipients.get(row).filter(|_| ours).map(str::to_lowercase) else { continue };
            let (Some(incident), Some(at)) = (tonight.protected.get(&key), times.get(row)) else { continue };
            let evidence = format!("{}#{}", source.get(row).unwrap_or("?"), index.get(row).unwrap_or_default());
            let reply = Reply { at, cause: causes.word(row).unwrap_or(Cause::Unknown), evidence };
            let fault = found.entry(key).or_default();
            fault.incident.clone_from(incident);
            fault.replies.push(reply);
        }
    }
    Ok(found)
}
