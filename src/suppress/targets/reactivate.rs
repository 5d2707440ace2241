//! Reactivation: entries of the sender's present list that the night contradicts. In: the night's lists and deliveries. Out: rows of
//! reactivate.csv, each with its evidence. What the night itself would suppress is never among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::entries::{Existing, read_csv};
use crate::frame::{self, schema};
use crate::suppress::cells::is_formula;
use crate::suppress::rows::Text;

/// A row of reactivate.csv behind its address: cause, reason, incident, evidence.
type Row = [String; 4];

/// Adds to reactivate.csv what the night contradicts: a delivery since, or a bounce that blames us. Says how many rows.
///
/// # Errors
/// Lists or delivery files that cannot be read, a list that cannot be written.
pub fn reactivate(night: &Path, held: bool, deliveries: &[PathBuf], existing: &Existing) -> anyhow::Result<u64> {
    let folder = night.join("suppression");
    let acting = if held { folder.join("held") } else { folder.clone() };
    let keys = |path: &Path, column: &str| -> anyhow::Result<BTreeSet<String>> {
        Ok(read_csv(path)?.iter().map(|entry| entry.get(column).to_lowercase()).collect())
    };
    let suppressed = keys(&acting.join("addresses.csv"), "email")?;
    let suppressed_domains = keys(&acting.join("domains.csv"), "domain")?;
    let mut found: BTreeMap<String, Row> = BTreeMap::new();
    for entry in read_csv(&folder.join("protected.csv"))? {
        if let Some(listed) = existing.addresses.get(&entry.key()) {
            let cell = |name: &str| entry.get(name).to_owned();
            let row = [cell("cause"), "bounce_blames_us".to_owned(), cell("incident"), cell("evidence")];
            found.entry(listed.clone()).or_insert(row);
        }
    }
    for listed in delivered(deliveries, existing)? {
        found.entry(listed).or_insert_with(|| [String::new(), "delivered".to_owned(), String::new(), String::new()]);
    }
    found.retain(|listed, _| {
        let key = listed.to_lowercase();
        let domain = key.rsplit_once('@').map_or(key.as_str(), |(_, domain)| domain);
        !suppressed.contains(&key) && !suppressed_domains.contains(domain) && !is_formula(listed)
    });
    let file = std::fs::OpenOptions::new().append(true).open(folder.join("reactivate.csv"))?;
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(file);
    for (listed, [cause, reason, incident, evidence]) in &found {
        csv.write_record([listed, "", cause, reason, incident, evidence])?;
    }
    csv.flush()?;
    Ok(found.len() as u64)
}

/// Listed addresses and domains that took mail.
fn delivered(deliveries: &[PathBuf], existing: &Existing) -> anyhow::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    if deliveries.is_empty() {
        return Ok(found);
    }
    for frame in frame::scan(deliveries, &[schema::RECIPIENT, schema::RECIPIENT_DOMAIN])? {
        let frame = frame?;
        let recipients = Text::of(&frame, schema::RECIPIENT)?;
        let domains = Text::of(&frame, schema::RECIPIENT_DOMAIN)?;
        for row in 0..frame.height() {
            let key = recipients.get(row).map(str::to_lowercase);
            found.extend(key.and_then(|key| existing.addresses.get(&key)).cloned());
            found.extend(domains.get(row).filter(|domain| existing.domains.contains(*domain)).map(str::to_owned));
        }
    }
    Ok(found)
}
