//! The tables as machine CSV: incidents, domains, codes, domains by code, rejects. In: the view, or rejects one by one.
//! Out: RFC 4180, UTF-8, LF; missing is an empty cell. Text that a spreadsheet would run gets an apostrophe in front
//! (`suppress::prose`): no cell here is fed back into a system, addresses stand only in the lists.

use std::borrow::Cow;
use std::io::Write;

use super::output::Output;
use super::view::View;
use super::words::{decimal, iso};
use crate::bounce::{Cause, Reject};
use crate::suppress::{place, prose};

/// incidents.csv.
pub struct Incidents;

impl Output for Incidents {
    fn name(&self) -> &'static str {
        "incidents.csv"
    }

    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut csv = writer(out);
        csv.write_record([
            "id",
            "kind",
            "scope_type",
            "scope_key",
            "confidence",
            "status",
            "bounces",
            "recipients",
            "organisations_hit",
            "organisations_exposed",
            "rate",
            "rate_low",
            "rate_high",
            "rate_elsewhere",
            "impact",
            "impact_low",
            "impact_high",
            "delivered_elsewhere",
            "cause",
            "receiver",
            "explicit",
            "blocklists",
            "domains",
            "confounded_with",
            "first_seen",
            "last_seen",
            "action",
            "until",
            "template",
            "sentence",
        ])?;
        for view in &view.incidents {
            let i = view.incident;
            let action = view.actions.first();
            let names = |names: Vec<String>| prose(&names.join(" ")).into_owned();
            csv.write_record([
                prose(&i.id).as_ref(),
                i.kind.as_str(),
                &i.scope.type_name(),
                &prose(&i.scope.key()),
                i.confidence.as_str(),
                i.status.as_str(),
                &i.bounces.to_string(),
                &i.recipients.to_string(),
                &i.organisations_hit.to_string(),
                &i.organisations_exposed.to_string(),
                &number(i.rate),
                &number(i.rate_low),
                &number(i.rate_high),
                &number(i.rate_elsewhere),
                &number(i.impact),
                &number(i.impact_low),
                &number(i.impact_high),
                &count(i.delivered_elsewhere),
                i.cause.map(Cause::as_str).unwrap_or_default(),
                &text(i.receiver.as_deref()),
                if i.explicit { "true" } else { "false" },
                &names(i.blocklists.iter().map(|(name, n)| format!("{name}={n}")).collect()),
                &names(i.domains.clone()),
                &names(i.confounded_with.iter().map(|s| format!("{}:{}", s.type_name(), s.key())).collect()),
                &i.first_seen.and_then(iso).unwrap_or_default(),
                &i.last_seen.and_then(iso).unwrap_or_default(),
                action.map(|a| a.verb.as_str()).unwrap_or_default(),
                &action.and_then(|a| a.until).map(|d| d.to_string()).unwrap_or_default(),
                &text(i.template.as_deref()),
                &prose(&view.sentence),
            ])?;
        }
        Ok(csv.flush()?)
    }
}

/// domains.csv.
pub struct Domains;

impl Output for Domains {
    fn name(&self) -> &'static str {
        "domains.csv"
    }

    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut csv = writer(out);
        csv.write_record([
            "domain",
            "organisation",
            "receiver",
            "bounces",
            "delays",
            "complaints",
            "delivered",
            "rate",
            "causes",
            "incident",
        ])?;
        for row in &view.judgement.domains {
            let causes: Vec<_> = row.causes.iter().map(|(cause, n)| format!("{cause}={n}")).collect();
            csv.write_record([
                prose(&row.domain).as_ref(),
                &text(row.organisation.as_deref()),
                &text(row.receiver.as_deref()),
                &row.bounces.to_string(),
                &row.delays.to_string(),
                &row.complaints.to_string(),
                &count(row.delivered),
                &number(row.rate()),
                &causes.join(" "),
                &text(row.incident.as_deref()),
            ])?;
        }
        Ok(csv.flush()?)
    }
}

/// codes.csv.
pub struct Codes;

impl Output for Codes {
    fn name(&self) -> &'static str {
        "codes.csv"
    }

    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut csv = writer(out);
        csv.write_record(["reply_code", "status", "cause", "receiver", "bounces", "organisations", "template"])?;
        for row in &view.judgement.codes {
            csv.write_record([
                row.reply_code.map(|c| c.to_string()).unwrap_or_default().as_str(),
                &row.status.map(|s| s.to_string()).unwrap_or_default(),
                row.cause.as_str(),
                &text(row.receiver.as_deref()),
                &row.bounces.to_string(),
                &row.organisations.to_string(),
                &text(row.template.as_deref()),
            ])?;
        }
        Ok(csv.flush()?)
    }
}

/// domain_codes.csv.
pub struct DomainCodes;

impl Output for DomainCodes {
    fn name(&self) -> &'static str {
        "domain_codes.csv"
    }

    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut csv = writer(out);
        csv.write_record(["domain", "reply_code", "status", "cause", "bounces"])?;
        for row in &view.judgement.domain_codes {
            csv.write_record([
                prose(&row.domain).as_ref(),
                &row.reply_code.map(|c| c.to_string()).unwrap_or_default(),
                &row.status.map(|s| s.to_string()).unwrap_or_default(),
                row.cause.as_str(),
                &row.bounces.to_string(),
            ])?;
        }
        Ok(csv.flush()?)
    }
}

/// Writes rejects.csv from rejects as they come: there may be as many as items.
///
/// # Errors
/// A reject that cannot be read back, a writer that fails.
pub fn rejects_csv(rejects: impl Iterator<Item = anyhow::Result<Reject>>, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut csv = writer(out);
    csv.write_record(["source", "source_index", "reason", "detail"])?;
    for reject in rejects {
        let reject = reject?;
        csv.write_record([
            place(&reject.origin.source).as_ref(),
            &reject.origin.index.to_string(),
            reject.reason.as_str(),
            &prose(&reject.detail),
        ])?;
    }
    Ok(csv.flush()?)
}

fn writer(out: &mut dyn Write) -> csv::Writer<&mut dyn Write> {
    csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(out)
}

fn text(cell: Option<&str>) -> Cow<'_, str> {
    prose(cell.unwrap_or_default())
}

fn number(cell: Option<f64>) -> String {
    cell.map(decimal).unwrap_or_default()
}

fn count(cell: Option<u64>) -> String {
    cell.map(|n| n.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::{Origin, RejectReason};
    use crate::report::testing::Night;

    fn rendered(output: &dyn Output, night: &Night) -> String {
        let mut out = Vec::new();
        output.render(&night.view(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_missing_is_an_empty_cell() {
        let mut night = Night::quiet();
        night.judgement.domains[0].delivered = None;
        night.judgement.domains[0].organisation = None;
        let csv = rendered(&Domains, &night);
        assert_eq!(csv.lines().nth(1), Some("example.com,,exchange_online,10,0,0,,,mailbox_unknown=10,"));
    }

    #[test]
    fn every_table_has_as_many_cells_in_each_row_as_in_its_header() {
        let night = Night::busy();
        for output in [&Incidents as &dyn Output, &Domains, &Codes, &DomainCodes] {
            let csv = rendered(output, &night);
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let rows: Result<Vec<_>, _> = reader.records().collect();
            let rows = rows.unwrap_or_else(|e| panic!("{}: {e}", output.name()));
            assert!(!rows.is_empty(), "{}", output.name());
            assert!(!csv.contains('\r'), "{}", output.name());
        }
    }

    #[test]
    fn no_cell_of_a_hostile_night_begins_like_a_formula() {
        let night = Night::hostile();
        for output in [&Incidents as &dyn Output, &Domains, &Codes, &DomainCodes] {
            let csv = rendered(output, &night);
            for row in csv::Reader::from_reader(csv.as_bytes()).records() {
                for cell in &row.unwrap() {
                    assert!(!crate::suppress::is_formula(cell), "{}: {cell}", output.name());
                }
            }
        }
    }

    #[test]
    fn rejects_stream_one_by_one() {
        let reject = |source: &str, detail: &str| Reject {
            origin: Origin { source: source.into(), index: 7 },
            reason: RejectReason::NoRecipient,
            detail: detail.to_owned(),
        };
        let rejects = [reject("a.mbox", "no, \"recipient\""), reject("-", "=1+1")];
        let mut out = Vec::new();
        rejects_csv(rejects.into_iter().map(Ok), &mut out).unwrap();
        let want = "source,source_index,reason,detail\n\
            a.mbox,7,no_recipient,\"no, \"\"recipient\"\"\"\n\
            ./-,7,no_recipient,'=1+1\n";
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }
}
