//! report.md: the report for chats, tickets and repositories. In: the view. Out: GitHub-flavoured Markdown; foreign
//! words stand as code, sentences that quote them are escaped.

use std::fmt::Write as _;
use std::io::Write;

use super::Output;
use super::escape::{code, key, prose, short};
use super::facts::NightFacts;
use super::view::{IncidentView, TOP, View};
use super::words::{
    METHOD, MISSING, bytes, count, count_or_missing, counted, date_or_missing, minute, percent, share, spaced, title,
};
use crate::suppress::BRAKED;

/// Templates longer than this are cut; report.json has them whole.
const TEMPLATE: usize = 120;
/// Lost files and paths of each kind listed; report.json has them all.
const ROWS: usize = 20;

/// The report in Markdown.
pub struct Markdown;

impl Output for Markdown {
    fn name(&self) -> &'static str {
        "report.md"
    }

    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut page = Page(String::new());
        page.head(view);
        page.systemic(view);
        page.tenants(view);
        page.others(view);
        page.domains(view);
        page.codes(view);
        page.lists(view);
        page.quality(view);
        page.method(view);
        Ok(out.write_all(page.0.as_bytes())?)
    }
}

/// The page so far.
struct Page(String);

impl Page {
    fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.line("");
        self.line(format!("## {text}"));
        self.line("");
    }

    fn table(&mut self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.line(format!("| {} |", header.join(" | ")));
        self.line(format!("|{}", " --- |".repeat(header.len())));
        for row in rows {
            self.line(format!("| {} |", row.join(" | ")));
        }
    }

    fn head(&mut self, view: &View<'_>) {
        let facts = view.facts;
        self.line(format!("# Bounces of {}", facts.as_of));
        self.line("");
        self.line(format!("**{}: {}**", view.verdict.level.as_str().to_uppercase(), prose(&view.verdict.sentence)));
        if let Some(step) = &view.verdict.first_step {
            self.line("");
            self.line(prose(step));
        }
        self.line("");
        let window = facts.window.map(|(first, last)| format!(" · {} to {}", minute(first), minute(last)));
        self.line(format!(
            "Mode {}{} · {} · {} · {}",
            view.mode(),
            window.unwrap_or_default(),
            counted(view.totals.items, "item", "items"),
            counted(view.totals.events, "event", "events"),
            counted(view.totals.rejects, "reject", "rejects"),
        ));
        self.line("");
        self.table(
            &["figure", "value", "of"],
            view.tiles.iter().map(|t| vec![t.label.to_owned(), t.value.clone(), t.note.clone()]),
        );
    }

    fn systemic(&mut self, view: &View<'_>) {
        self.heading("Systemic incidents");
        if view.systemic().next().is_none() {
            self.line("None.");
        }
        for incident in view.systemic() {
            self.incident(incident);
        }
    }

    fn incident(&mut self, view: &IncidentView<'_>) {
        let i = view.incident;
        self.line(format!(
            "### {}: {} {} ({}, {})",
            title(i.kind.as_str()),
            spaced(&i.scope.type_name()),
            code(&key(&i.scope.key())),
            i.confidence,
            i.status.as_str()
        ));
        self.line("");
        self.line(prose(&i.sentence));
        self.line("");
        self.evidence(view);
        self.next_steps(view);
        self.line("");
    }

    /// What speaks for an incident, and what is missing.
    fn evidence(&mut self, view: &IncidentView<'_>) {
        let i = view.incident;
        let mut item = |text: String| self.line(format!("- {text}"));
        item(format!(
            "{} to {}, {} of {} organisations; {}",
            counted(i.bounces, "bounce", "bounces"),
            counted(i.recipients, "recipient", "recipients"),
            count(i.organisations_hit),
            count(i.organisations_exposed),
            view.rates()
        ));
        if view.protected > 0 {
            item(format!("{} kept off the lists", counted(view.protected, "address", "addresses")));
        }
        if !i.blocklists.is_empty() {
            let lists: Vec<_> =
                i.blocklists.iter().map(|(name, n)| format!("{} ({})", code(name), count(*n))).collect();
            item(format!("blocklists named: {}", lists.join(", ")));
        }
        if let Some(template) = &i.template {
            item(format!("reply: {}", code(&short(template, TEMPLATE))));
        }
        i.evidence.iter().for_each(|e| item(prose(e)));
        for rival in &i.confounded_with {
            item(format!("may as well be {} {}", spaced(&rival.type_name()), code(&key(&rival.key()))));
        }
        i.missing.iter().for_each(|m| item(format!("missing: {}", prose(m))));
    }

    /// What follows from an incident.
    fn next_steps(&mut self, view: &IncidentView<'_>) {
        let mut item = |text: String| self.line(format!("- {text}"));
        for action in &view.actions {
            let (verb, rest) = action.words(&view.scope());
            item(format!("**{verb}** {}", prose(&rest)));
        }
        for advice in &view.advice {
            let link = advice.link.as_ref().map(|l| format!(" {}", code(l))).unwrap_or_default();
            let takes = advice.takes.as_ref().map(|t| format!(" Takes {}.", prose(t))).unwrap_or_default();
            item(format!("{}{link}{takes}", prose(&advice.text)));
        }
    }

    fn tenants(&mut self, view: &View<'_>) {
        self.heading("Tenant blocks");
        if view.tenants().next().is_none() {
            return self.line("None.");
        }
        let header = &[
            "organisation",
            "domains",
            "receiver",
            "refused",
            "rate",
            "delivered elsewhere there",
            "says so itself",
            "confidence",
            "expires",
        ];
        self.table(
            header,
            view.tenants().map(|t| {
                let i = t.incident;
                vec![
                    code(&key(&i.scope.key())),
                    count(i.domains.len().max(1) as u64),
                    i.receiver.as_deref().map_or(MISSING.to_owned(), code),
                    counted(i.bounces, "bounce", "bounces"),
                    t.rates(),
                    count_or_missing(i.delivered_elsewhere),
                    if i.explicit { "yes" } else { "no, the pattern says so" }.to_owned(),
                    i.confidence.to_string(),
                    t.entry.map_or(MISSING.to_owned(), |e| date_or_missing(e.expires())),
                ]
            }),
        );
    }

    fn others(&mut self, view: &View<'_>) {
        if view.others().next().is_none() {
            return;
        }
        self.heading("Suspected, inconclusive, for information");
        let header = &["kind", "scope", "confidence", "bounces", "what", "missing"];
        self.table(
            header,
            view.others().map(|o| {
                let i = o.incident;
                vec![
                    spaced(i.kind.as_str()),
                    format!("{} {}", spaced(&i.scope.type_name()), code(&key(&i.scope.key()))),
                    i.confidence.to_string(),
                    count(i.bounces),
                    prose(&i.sentence),
                    prose(&i.missing.join("; ")),
                ]
            }),
        );
    }

    fn domains(&mut self, view: &View<'_>) {
        self.heading(&format!("Recipient domains, top {TOP}"));
        let (top, rest, rest_bounces) = view.top_domains();
        let header = &["domain", "receiver", "bounced", "delivered", "rate", "most frequent cause", "incident"];
        self.table(
            header,
            top.iter().map(|d| {
                vec![
                    code(&key(&d.domain)),
                    d.receiver.as_deref().map_or(MISSING.to_owned(), code),
                    count(d.bounces),
                    count_or_missing(d.delivered),
                    percent(share(d.bounces, d.delivered.map(|n| n + d.bounces))),
                    d.causes
                        .first()
                        .map_or(MISSING.to_owned(), |(c, n)| format!("{} ({})", spaced(c.as_str()), count(*n))),
                    d.incident.as_deref().map_or(MISSING.to_owned(), code),
                ]
            }),
        );
        if rest > 0 {
            self.line("");
            self.line(format!(
                "And {} with {}: domains.csv.",
                counted(rest, "domain", "domains"),
                counted(rest_bounces, "bounce", "bounces")
            ));
        }
    }

    fn codes(&mut self, view: &View<'_>) {
        self.heading(&format!("Codes, top {TOP}"));
        let header = &["code", "status", "cause", "receiver", "bounces", "organisations", "reply"];
        self.table(
            header,
            view.judgement.codes.iter().take(TOP).map(|c| {
                vec![
                    c.reply_code.map_or(MISSING.to_owned(), |c| c.to_string()),
                    c.status.map_or(MISSING.to_owned(), |s| s.to_string()),
                    spaced(c.cause.as_str()),
                    c.receiver.as_deref().map_or(MISSING.to_owned(), code),
                    count(c.bounces),
                    count(c.organisations),
                    c.template.as_deref().map_or(MISSING.to_owned(), |t| code(&short(t, TEMPLATE))),
                ]
            }),
        );
    }

    fn lists(&mut self, view: &View<'_>) {
        self.heading("Lists written");
        let lists = view.lists;
        self.table(&["file", "rows"], lists.files.iter().map(|f| vec![code(&f.path), count(f.rows)]));
        self.line("");
        let brake = match lists.brake.cap {
            _ if lists.brake.tripped() => {
                format!(
                    "tripped at {}: everything that acts is in {BRAKED}/, what is to be added and what would come off",
                    count(lists.brake.new)
                )
            }
            Some(cap) => format!("ok, {} of at most {}", count(lists.brake.new), count(cap)),
            None => "off, the recipients mailed are not known".to_owned(),
        };
        self.line(format!("Brake: {brake}. Held until {}.", date_or_missing(lists.held_until)));
        for (reason, n) in view.held() {
            self.line(format!("- {} held: {}", count(n), reason.in_words()));
        }
        for (why, n) in &lists.released {
            let does = if lists.brake.tripped() { "would come off" } else { "to take off" };
            self.line(format!("- {} of your list {does}: {}", counted(*n, "entry", "entries"), why.in_words()));
        }
        for untold in &lists.not_expressed {
            let entries = counted(untold.entries, "entry", "entries");
            self.line(format!("- {entries} in not_expressed.csv of {}: {}", code(&untold.target), untold.reason));
        }
    }

    fn quality(&mut self, view: &View<'_>) {
        self.heading("Data quality");
        let facts = view.facts;
        self.line(format!(
            "{} of {} unread ({}), {}, {}, {} passed over, {} read.",
            count(view.totals.rejects),
            counted(facts.items, "item", "items"),
            percent(share(view.totals.rejects, Some(facts.items))),
            counted(facts.duplicates, "duplicate", "duplicates"),
            counted(
                view.totals.self_suppressed,
                "message dropped by our own platform",
                "messages dropped by our own platform"
            ),
            counted(facts.skipped.len() as u64, "file", "files"),
            bytes(facts.bytes)
        ));
        if facts.unread_bounces + facts.hidden_complainers > 0 {
            self.line(format!(
                "- {} no recipient that could be read, {} who complained; they list nobody",
                counted(facts.unread_bounces, "bounce names", "bounces name"),
                counted(facts.hidden_complainers, "complaint hides", "complaints hide")
            ));
        }
        if view.lists.unmatched > 0 {
            self.line(format!(
                "- {} of reports that match nothing sent: on no list",
                counted(view.lists.unmatched, "address", "addresses")
            ));
        }
        self.inputs(facts);
        self.rejects(facts);
        self.unknown(facts);
    }

    /// What could not be read, by reason.
    fn rejects(&mut self, facts: &NightFacts) {
        for reject in &facts.rejects {
            self.line(format!("- {} {}", count(reject.count), spaced(reject.reason.as_str())));
            for (origin, detail) in &reject.first {
                self.line(format!("  - {} {}", code(&origin.to_string()), prose(&short(detail, TEMPLATE))));
            }
        }
    }

    /// What the tables do not know, or see otherwise than the platform.
    fn unknown(&mut self, facts: &NightFacts) {
        if !facts.unknown_templates.is_empty() {
            self.line("");
            let header = &["replies no rule knows", "bounces", "answered by"];
            self.table(
                header,
                facts.unknown_templates.iter().take(20).map(|u| {
                    let by = u.remote_mta.as_deref().map_or(MISSING.to_owned(), code);
                    vec![code(&short(&u.template, TEMPLATE)), count(u.count), by]
                }),
            );
        }
        if !facts.native_disagreements.is_empty() {
            self.line("");
            let header = &["the platform says", "we say", "bounces"];
            self.table(
                header,
                facts
                    .native_disagreements
                    .iter()
                    .take(20)
                    .map(|n| vec![code(&n.native_class), spaced(n.cause.as_str()), count(n.count)]),
            );
        }
        for (name, inputs) in &facts.unknown_columns {
            self.line(format!("- column {} is read by nothing ({})", code(name), counted(*inputs, "input", "inputs")));
        }
    }

    /// Lost files, and paths that led to no input of their own.
    fn inputs(&mut self, facts: &NightFacts) {
        if facts.lost_total > 0 {
            let files = counted(facts.lost_total, "file lost or not understood", "files lost or not understood");
            self.line(format!("- **{files}**"));
        }
        for lost in facts.lost.iter().take(ROWS) {
            let detail = prose(&short(&lost.detail, TEMPLATE));
            self.line(format!("  - {} {}: {detail}", code(&lost.source), lost.why));
        }
        for again in facts.again.iter().take(ROWS) {
            let same = if again.name == again.kept { String::new() } else { format!(" is {}", code(&again.kept)) };
            self.line(format!("- {}{same}: read once, as {}", code(&again.name), again.role));
        }
        for (path, what) in facts.strays.iter().take(ROWS) {
            self.line(format!("- {} is {what}: passed over", code(path)));
        }
        for path in facts.ours.iter().take(ROWS) {
            self.line(format!("- {} is output of this program: passed over", code(path)));
        }
    }

    fn method(&mut self, view: &View<'_>) {
        self.heading("Method");
        self.line(METHOD);
        let _ =
            write!(self.0, "\nbouncescope {}, tables {}.\n", view.facts.tool_version, code(&view.facts.tables_hash));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Night;

    fn page(night: &Night) -> String {
        let mut out = Vec::new();
        Markdown.render(&night.view(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_verdict_stands_first_and_the_mode_is_named() {
        let text = page(&Night::busy());
        assert!(text.lines().nth(2).is_some_and(|l| l.starts_with("**ACT: 2 systemic incidents")), "{text}");
        assert!(text.contains("Mode RATES"), "{text}");
        assert!(page(&Night::counts_only()).contains("Mode COUNTS-ONLY"));
    }

    #[test]
    fn a_hostile_night_makes_no_markup() {
        let text = page(&Night::hostile());
        // Outside of code spans no HTML and no link may stand unescaped.
        let mut outside = String::new();
        for line in text.lines() {
            outside.push_str(&without_code(line).replace("\\<", "").replace("\\]", ""));
            outside.push('\n');
        }
        for sign in ["<script", "<img", "](http", "\n# head"] {
            assert!(!outside.contains(sign), "{sign}: {outside}");
        }
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }

    #[test]
    fn every_row_of_a_table_has_as_many_cells_as_its_header() {
        for night in [Night::busy(), Night::hostile(), Night::counts_only()] {
            let mut want = None;
            for line in page(&night).lines() {
                let cells = line.starts_with('|').then(|| line.replace("\\|", "").matches('|').count());
                if let (Some(want), Some(got)) = (want, cells) {
                    assert_eq!(want, got, "{line}");
                }
                want = cells;
            }
        }
    }

    /// A line without its code spans, by CommonMark's rule: a run of backticks closes at the next run of that length.
    fn without_code(line: &str) -> String {
        let (mut out, mut rest) = (String::new(), line);
        while let Some(start) = rest.find('`') {
            out.push_str(&rest[..start]);
            let escaped = rest[..start].ends_with('\\');
            let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
            let after = &rest[start + run..];
            let fence = "`".repeat(run);
            let end = after
                .match_indices(&fence)
                .map(|(i, _)| i)
                .find(|i| !after[..*i].ends_with('`') && !after[i + run..].starts_with('`'));
            rest = match end {
                Some(end) if !escaped => &after[end + run..],
                _ => after,
            };
        }
        out + rest
    }
}
