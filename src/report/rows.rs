//! Events as rows for other programs: NDJSON and CSV, one event a line, columns as in `schema::EVENT_COLUMNS`.
//! In: classified events. Out: bytes. Nothing is judged here; absent is `null`, or an empty cell.

use std::io::Write;

use serde_json::{Map, Value};

use crate::bounce::{Address, Family, Key, Kind, Reject};
use crate::frame::{ClassifiedEvent, PlacedDelivery, Sink, schema};

/// The form of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// One JSON object a line; unknown fields are `null`.
    Ndjson,
    /// RFC 4180 with a header; unknown fields are empty.
    Csv,
}

/// Which events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFilter {
    /// All.
    All,
    /// Failures that no rule knows.
    Unknown,
}

/// Writes rows as they come.
pub struct RowSink<W> {
    out: W,
    format: RowFormat,
    filter: RowFilter,
}

impl<W: Write> RowSink<W> {
    /// Starts the output; CSV gets its header at once.
    ///
    /// # Errors
    /// Writing that fails.
    pub fn new(mut out: W, format: RowFormat, filter: RowFilter) -> anyhow::Result<RowSink<W>> {
        if format == RowFormat::Csv {
            csv::Writer::from_writer(&mut out).write_record(schema::EVENT_COLUMNS)?;
        }
        Ok(RowSink { out, format, filter })
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// Writing that fails.
    pub fn finish(mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }

    fn wanted(&self, row: &ClassifiedEvent) -> bool {
        match self.filter {
            RowFilter::All => true,
            RowFilter::Unknown => {
                row.event.kind == Kind::Bounce && row.classification.cause == crate::bounce::Cause::Unknown
            }
        }
    }
}

impl<W: Write + Send + Sync> Sink for RowSink<W> {
    type Page = Vec<u8>;

    fn page(&self, events: &[ClassifiedEvent], _: &[PlacedDelivery], _: &[Reject]) -> anyhow::Result<Vec<u8>> {
        let rows = events.iter().filter(|row| self.wanted(row)).map(cells);
        let mut page = Vec::new();
        match self.format {
            RowFormat::Ndjson => {
                for row in rows {
                    let names = schema::EVENT_COLUMNS.iter().map(|name| (*name).to_owned());
                    let object: Map<String, Value> = names.zip(row).collect();
                    serde_json::to_writer(&mut page, &object)?;
                    page.push(b'\n');
                }
            }
            RowFormat::Csv => {
                let mut writer = csv::Writer::from_writer(&mut page);
                for row in rows {
                    writer.write_record(row.iter().map(plain))?;
                }
                writer.flush()?;
            }
        }
        Ok(page)
    }

    fn write(&mut self, page: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.out.write_all(&page)?)
    }
}

/// The cells of one row, in the order of `schema::EVENT_COLUMNS`.
fn cells(row: &ClassifiedEvent) -> Vec<Value> {
    let (event, named) = (&row.event, &row.classification);
    let address = |a: &Option<Address>| text(a.as_ref().map(Address::as_str));
    let cause_known = crate::frame::names_a_cause(event, named);
    let word = |word: &str| if cause_known { Value::from(word) } else { Value::Null };
    vec![
        Value::from(format!("{:032x}", row.id)),
        Value::from(event.kind.as_str()),
        Value::from(&*event.origin.source),
        Value::from(event.origin.index),
        Value::from(&*event.grammar),
        event.timestamp.map_or(Value::Null, |t| Value::from(t.to_string())),
        address(&event.recipient),
        address(&event.original_recipient),
        address(&event.final_recipient),
        text(event.unproven.map(|u| u.as_str())),
        text(event.recipient.as_ref().map(Address::domain)),
        text(row.organisation.as_deref()),
        text(row.receiver.as_deref()),
        text(event.action.map(|a| a.as_str())),
        event.reply_code.map_or(Value::Null, |c| Value::from(c.get())),
        text(event.status.map(|s| s.to_string()).as_deref()),
        text(event.status_field.map(|s| s.to_string()).as_deref()),
        text(event.diagnostic_code.as_deref()),
        text(event.reply.as_deref()),
        text(named.template.as_deref()),
        text(event.command.map(|c| c.as_str())),
        word(named.cause.as_str()),
        word(named.permanence.as_str()),
        word(named.blames.as_str()),
        word(named.basis.as_str()),
        text(named.rejecting_system.as_deref()),
        text(named.blocklist.as_deref()),
        text(named.rule.as_deref()),
        text(named.vendor_tag.as_deref()),
        text(event.tenant_id.as_deref()),
        text(event.feedback_type.as_deref()),
        text(event.remote_mta.as_deref()),
        text(event.reporting_mta.as_deref()),
        text(event.sending_ip.map(|ip| ip.to_string()).as_deref()),
        text(event.sending_domain.as_deref()),
        text(event.campaign_id.as_deref()),
        text(event.list_source.as_deref()),
        text(event.message_id.as_deref()),
        text(event.native_class.as_deref()),
        Value::from(event.by_mail),
        text(Family::of_named(event.kind, named).map(Family::as_str)),
        row.facts.recipient.map_or(Value::Null, Value::from),
        row.facts.recipient.map_or(Value::Null, |key| Value::from(Key::bucket(key))),
        text(row.facts.receiver_family.as_deref()),
        text(row.facts.customer_key.as_deref()),
        text(event.dkim_domain.as_deref()),
        text(event.dkim_selector.as_deref()),
        text(event.mail_from_domain.as_deref()),
        // Nothing is judged here.
        Value::Null,
    ]
}

fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, Value::from)
}

/// A cell as CSV holds it: no quotes of JSON's, nothing for `null`.
fn plain(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::{Basis, Blames, Cause, Classification, Event, Origin, Permanence};

    fn row(cause: Cause) -> ClassifiedEvent {
        let mut event = Event::new(Origin { source: "a.eml".into(), index: 2 }, Kind::Bounce, "rfc3464");
        event.recipient = Address::parse("Ann@example.com");
        event.reply = Some("550 \"quoted\", and\nfolded".into());
        let classification = Classification::new(cause, Permanence::Permanent, Blames::Unknown, Basis::Unstated).into();
        ClassifiedEvent {
            id: 255,
            event,
            classification,
            organisation: None,
            receiver: None,
            facts: crate::frame::RowFacts::default(),
        }
    }

    fn page(format: RowFormat, filter: RowFilter, rows: &[ClassifiedEvent]) -> String {
        let sink = RowSink::new(Vec::new(), format, filter).unwrap();
        String::from_utf8(sink.page(rows, &[], &[]).unwrap()).unwrap()
    }

    #[test]
    fn ndjson_holds_every_column_and_null_for_what_is_missing() {
        let object: Map<String, Value> =
            serde_json::from_str(&page(RowFormat::Ndjson, RowFilter::All, &[row(Cause::Unknown)])).unwrap();
        assert_eq!(object.keys().map(String::as_str).collect::<Vec<_>>(), schema::EVENT_COLUMNS);
        assert_eq!(object["recipient"], "Ann@example.com");
        assert_eq!(object["event_id"], "000000000000000000000000000000ff");
        assert_eq!(object["sending_ip"], Value::Null);
    }

    #[test]
    fn csv_quotes_by_rfc_4180_and_leaves_missing_cells_empty() {
        let text = page(RowFormat::Csv, RowFilter::All, &[row(Cause::Unknown)]);
        assert!(text.contains("\"550 \"\"quoted\"\", and\nfolded\""), "{text}");
        assert!(!text.contains("null"), "{text}");
    }

    #[test]
    fn the_filter_leaves_only_replies_that_no_rule_knows() {
        let rows = [row(Cause::MailboxFull), row(Cause::Unknown)];
        assert_eq!(page(RowFormat::Ndjson, RowFilter::Unknown, &rows).lines().count(), 1);
    }
}
