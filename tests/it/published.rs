//! A published night, read as its users would: the rows of events.parquet, the lists and tables as CSV, report.json. In: its
//! folder. Out: rows, and whether all that the files say of owners and fates agrees.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bouncescope::frame::{scan, schema};
use polars::prelude::{AnyValue, DataType};
use serde_json::Value;

/// What an event says that the lists and the report build on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub kind: String,
    /// In lower case.
    pub recipient: Option<String>,
    pub domain: Option<String>,
    pub unproven: Option<String>,
    pub incident: Option<String>,
}

/// A night.
pub struct Published {
    folder: PathBuf,
    pub rows: Vec<Row>,
    pub report: Value,
}

const COLUMNS: [&str; 5] =
    [schema::KIND, schema::RECIPIENT, schema::RECIPIENT_DOMAIN, schema::UNPROVEN, schema::INCIDENT];

fn rows(events: PathBuf) -> Vec<Row> {
    let mut rows = Vec::new();
    for frame in scan(&[events], &COLUMNS).expect("events.parquet") {
        let frame = frame.expect("a row group");
        let columns = COLUMNS.map(|name| {
            let column = frame.column(name).expect("a column");
            column.cast(&DataType::String).expect("text").str().expect("text").clone()
        });
        for at in 0..frame.height() {
            let [kind, recipient, domain, unproven, incident] =
                std::array::from_fn(|column| columns[column].get(at).map(str::to_owned));
            let recipient = recipient.map(|recipient| recipient.to_lowercase());
            rows.push(Row { kind: kind.unwrap_or_default(), recipient, domain, unproven, incident });
        }
    }
    rows
}

/// A cell as text, whatever its type; times in milliseconds.
fn cell(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Datetime(at, ..) => at.to_string(),
        AnyValue::String(text) => (*text).to_owned(),
        other => other.to_string().replace('"', ""),
    }
}

/// All cells of some columns of Parquet files, sorted: what the files hold, whatever the order of their rows.
pub fn cells(files: &[PathBuf], columns: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for frame in scan(files, columns).expect("Parquet files") {
        let frame = frame.expect("a row group");
        let columns: Vec<_> = columns.iter().map(|name| frame.column(name).expect("a column").clone()).collect();
        all.extend((0..frame.height()).map(|row| {
            let cells = columns.iter().map(|column| cell(&column.get(row).expect("a cell")));
            cells.collect::<Vec<_>>().join("|")
        }));
    }
    all.sort();
    all
}

impl Published {
    /// Reads a night's folder.
    pub fn read(folder: &Path) -> Published {
        let report = fs::read(folder.join("report.json")).expect("report.json");
        Published {
            folder: folder.to_owned(),
            rows: rows(folder.join("events.parquet")),
            report: serde_json::from_slice(&report).expect("JSON"),
        }
    }

    /// The rows of a CSV file, each by its columns' names.
    pub fn table(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut table = csv::Reader::from_path(self.folder.join(name)).expect(name);
        table.deserialize().map(|row| row.expect("a row of the header's columns")).collect()
    }

    pub fn incidents(&self) -> &[Value] {
        self.report["incidents"].as_array().expect("incidents")
    }

    /// The one incident of a kind and a scope.
    pub fn incident(&self, kind: &str, scope: (&str, &str)) -> Option<&Value> {
        let is = |i: &&Value| i["kind"] == kind && i["scope"]["type"] == scope.0 && i["scope"]["key"] == scope.1;
        self.incidents().iter().find(is)
    }

    /// How many rows an incident owns.
    pub fn owned(&self, id: &str) -> u64 {
        self.rows.iter().filter(|row| row.incident.as_deref() == Some(id)).count() as u64
    }

    /// All that disagrees about owners and fates; empty when the books close.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        self.fates_close(&mut faults);
        self.incidents_close(&mut faults);
        self.lists_rest_on_owners(&mut faults);
        self.domains_name_their_owner(&mut faults);
        faults
    }

    fn bounces(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.kind == "bounce")
    }

    /// The addresses that a list names, each with its incident.
    fn addresses(&self, list: &str) -> BTreeMap<String, String> {
        let of = |row: BTreeMap<String, String>| {
            let address = row.get("email").or_else(|| row.get("value").filter(|_| row["type"] == "address"))?;
            Some((address.to_lowercase(), row["incident"].clone()))
        };
        self.table(list).into_iter().filter_map(of).collect()
    }

    /// Each bounce has one fate, and it is that of the list that names its address.
    fn fates_close(&self, faults: &mut Vec<String>) {
        let fates = &self.report["lists"]["fates"];
        let bounces = self.bounces().count() as u64;
        let (sum, told) = (sum(fates), count(&self.report["totals"]["bounces"]));
        if (sum, told) != (bounces, bounces) {
            faults.push(format!("{bounces} bounces in events.parquet, {told} in the report, {sum} with a fate"));
        }
        for (fate, list) in [
            ("listed", "suppression/addresses.csv"),
            ("held", "review/held.csv"),
            ("protected", "review/protected.csv"),
        ] {
            let addresses = self.addresses(list);
            let on = |row: &&Row| row.recipient.as_ref().is_some_and(|recipient| addresses.contains_key(recipient));
            let (named, fated) = (self.bounces().filter(on).count() as u64, count(&fates[fate]));
            if named != fated {
                faults.push(format!("{fated} bounces {fate}, and {named} of addresses in {list}"));
            }
        }
    }

    /// An incident counts the rows that it owns, and no row names one that is not told.
    fn incidents_close(&self, faults: &mut Vec<String>) {
        for incident in self.incidents() {
            let id = incident["id"].as_str().expect("an id");
            let figures = [count(&incident["bounces"]), sum(&incident["fates"]), self.owned(id)];
            if figures.iter().any(|figure| *figure != figures[0]) {
                faults.push(format!("{id}: bounces, fates and rows are {figures:?}"));
            }
        }
        let table = self.table("incidents.csv");
        let known: BTreeSet<&str> = table.iter().map(|row| row["id"].as_str()).collect();
        let named: BTreeSet<&str> = self.rows.iter().filter_map(|row| row.incident.as_deref()).collect();
        faults.extend(named.difference(&known).map(|id| format!("rows name {id}, and incidents.csv does not")));
        for row in &table {
            let told = self.incidents().iter().find(|i| i["id"] == row["id"].as_str());
            if told.is_none_or(|told| told["bounces"] != row["bounces"].parse::<u64>().unwrap_or(u64::MAX)) {
                faults.push(format!("{}: incidents.csv says {} bounces", row["id"], row["bounces"]));
            }
        }
    }

    /// The incident beside an address owns a row of the address, and has it counted as protected.
    fn lists_rest_on_owners(&self, faults: &mut Vec<String>) {
        let owners = self.owners(|row| row.recipient.as_deref());
        let protected = self.addresses("review/protected.csv");
        for (address, incident) in &protected {
            let owns = owners.get(address.as_str()).is_some_and(|owners| owners.contains_key(incident.as_str()));
            if !incident.is_empty() && !owns {
                faults.push(format!("{address} is protected for {incident}, which owns none of its rows"));
            }
        }
        for incident in self.incidents() {
            let id = incident["id"].as_str().expect("an id");
            let named = protected.values().filter(|name| *name == id).count() as u64;
            if count(&incident["protected"]) != named {
                faults.push(format!("{id}: {} protected, and {named} in protected.csv", incident["protected"]));
            }
        }
    }

    /// domains.csv names the incident that owns most bounces of a domain.
    fn domains_name_their_owner(&self, faults: &mut Vec<String>) {
        let owners = self.owners(|row| row.domain.as_deref().filter(|_| row.kind == "bounce"));
        for row in self.table("domains.csv") {
            let owners = owners.get(row["domain"].as_str());
            let most = owners.and_then(|owners| owners.values().max().copied()).unwrap_or_default();
            let named = owners.and_then(|owners| owners.get(row["incident"].as_str()).copied()).unwrap_or_default();
            if named != most {
                faults.push(format!(
                    "{}: {:?} in domains.csv, and owners are {owners:?}",
                    row["domain"], row["incident"]
                ));
            }
        }
    }

    /// How many rows each incident owns, by something that a row says.
    fn owners<'a>(&'a self, of: impl Fn(&'a Row) -> Option<&'a str>) -> BTreeMap<&'a str, BTreeMap<&'a str, u64>> {
        let mut owners: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        for row in &self.rows {
            if let (Some(key), Some(owner)) = (of(row), row.incident.as_deref()) {
                *owners.entry(key).or_default().entry(owner).or_default() += 1;
            }
        }
        owners
    }
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no count: {value}"))
}

fn sum(counts: &Value) -> u64 {
    counts.as_object().expect("counts by name").values().map(count).sum()
}
