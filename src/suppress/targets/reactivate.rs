//! Reactivation: entries of the sender's present list that the night contradicts. In: the night's lists and deliveries. Out: rows of
//! reactivate.csv, each with its evidence. What the night itself would suppress is never among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::entries::{Existing, Listed, read_csv};
use crate::bounce::Timestamp;
use crate::frame::{self, schema};
use crate::suppress::cells::is_formula;
use crate::suppress::rows::{Text, Times};

/// Length of `2026-11-20`.
const DATE: usize = 10;

/// A row of reactivate.csv behind its address: added, cause, reason, incident, evidence.
type Row = [String; 5];

/// Adds to reactivate.csv what the night contradicts: a delivery since, or a bounce that blames us. Says how many rows.
///
/// # Errors
/// Lists or delivery files that cannot be read, a list that cannot be written.
pub fn reactivate(night: &Path, held: bool, deliveries: &[PathBuf], existing: &Existing) -> anyhow::Result<u64> {
    let folder = night.join("suppression");
    let acting = if held { folder.join("held") } else { folder.clone() };
    let keys = |path: &Path, column: &str| -> anyhow::Result<BTreeSet<String>> {
        read_csv(path)?.map(|entry| Ok(entry?.get(column).to_lowercase())).collect()
    };
    let suppressed = keys(&acting.join("addresses.csv"), "email")?;
    let suppressed_domains = keys(&acting.join("domains.csv"), "domain")?;
    let mut found: BTreeMap<String, Row> = BTreeMap::new();
    for entry in read_csv(&folder.join("protected.csv"))? {
        let entry = entry?;
        if let Some(listed) = existing.addresses.get(&entry.key()) {
            let cell = |name: &str| entry.get(name).to_owned();
            let reason = "bounce_blames_us".to_owned();
            let row = [added(listed), cell("cause"), reason, cell("incident"), cell("evidence")];
            found.entry(listed.text.clone()).or_insert(row);
        }
    }
    for (key, last) in delivered(deliveries, existing)? {
        let Some(listed) = existing.addresses.get(&key).or_else(|| existing.domains.get(&key)) else { continue };
        let evidence = last.map_or("delivered this night".to_owned(), |last| format!("delivered {last}"));
        let reason = "delivered".to_owned();
        let row = [added(listed), String::new(), reason, String::new(), evidence];
        found.entry(listed.text.clone()).or_insert(row);
    }
    found.retain(|listed, _| {
        let key = listed.to_lowercase();
        let domain = key.rsplit_once('@').map_or(key.as_str(), |(_, domain)| domain);
        !suppressed.contains(&key) && !suppressed_domains.contains(domain) && !is_formula(listed)
    });
    let file = std::fs::OpenOptions::new().append(true).open(folder.join("reactivate.csv"))?;
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(file);
    for (listed, row) in &found {
        csv.write_record(std::iter::once(listed).chain(row))?;
    }
    csv.flush()?;
    Ok(found.len() as u64)
}

/// The day on which an entry was put on the list; empty if the list does not say.
fn added(listed: &Listed) -> String {
    listed.since.map(|since| since.to_string().chars().take(DATE).collect()).unwrap_or_default()
}

/// Keys of listed addresses and domains that took mail since they were listed, with the last time. A row of a send log
/// holds what was attempted and proves nothing; of one without a time, only the night is known.
fn delivered(deliveries: &[PathBuf], existing: &Existing) -> anyhow::Result<BTreeMap<String, Option<Timestamp>>> {
    let mut found: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
    if deliveries.is_empty() {
        return Ok(found);
    }
    let columns = [schema::RECIPIENT, schema::RECIPIENT_DOMAIN, schema::TIMESTAMP, schema::ATTEMPTED];
    for frame in frame::scan(deliveries, &columns)? {
        let frame = frame?;
        let recipients = Text::of(&frame, schema::RECIPIENT)?;
        let domains = Text::of(&frame, schema::RECIPIENT_DOMAIN)?;
        let times = Times::of(&frame, schema::TIMESTAMP)?;
        let attempted = frame.column(schema::ATTEMPTED)?.bool()?;
        for row in (0..frame.height()).filter(|row| attempted.get(*row) != Some(true)) {
            let time = times.get(row);
            let mut prove = |entries: &BTreeMap<String, Listed>, key: &str| {
                let Some(listed) = entries.get(key) else { return };
                if time.is_none() || time > listed.since {
                    let last = found.entry(key.to_owned()).or_default();
                    *last = time.max(*last);
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
