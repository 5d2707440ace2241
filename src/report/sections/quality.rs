//! How good the data is: inputs, rejects, unknown replies, disagreements. In: the view. Out: HTML and Markdown.

use maud::{Markup, html};

use crate::report::escape::{code, prose, short, visible};
use crate::report::facts::{NightFacts, RejectFact};
use crate::report::page::Page;
use crate::report::view::View;
use crate::report::words::{MISSING, bytes, count, counted, percent, share, spaced};

/// Rows of each table.
const ROWS: usize = 20;
/// Details and templates longer than this are cut.
const TEXT: usize = 200;

/// The section.
pub(super) fn all(view: &View<'_>) -> Markup {
    let (facts, t) = (view.facts, &view.totals);
    html! {
        h2 { "Data quality" }
        p {
            strong { (count(t.rejects)) " of " (counted(t.items, "item", "items")) " unread" }
            " (" (percent(share(t.rejects, Some(t.items)))) "); "
            (bytes(facts.bytes)) " read, "
            (counted(t.duplicates, "duplicate", "duplicates")) " left out, "
            (counted(t.self_suppressed, "message", "messages")) " dropped by our own platform left out, "
            (counted(facts.skipped.len() as u64, "file", "files")) " passed over by name."
        }
        @if facts.unread_bounces + facts.hidden_complainers > 0 {
            p {
                (counted(facts.unread_bounces, "bounce names", "bounces name")) " no recipient that could be read; "
                (counted(facts.hidden_complainers, "complaint hides", "complaints hide")) " who complained. They list nobody."
            }
        }
        (lost(facts))
        div.columns {
            (rejects(&facts.rejects))
            (inputs(facts))
        }
        (unknown(facts))
        (disagreements(facts))
        @if !facts.unknown_columns.is_empty() {
            p {
                "Columns that nothing reads: "
                @for (n, (name, inputs)) in facts.unknown_columns.iter().take(ROWS).enumerate() {
                    @if n > 0 { ", " }
                    code { (short(name, TEXT)) } " (" (counted(*inputs, "input", "inputs")) ")"
                }
                "."
            }
        }
    }
}

/// Lost files, and paths that led to no input of their own.
fn lost(facts: &NightFacts) -> Markup {
    html! {
        @if facts.lost_total > 0 {
            div.card {
                h3 { (counted(facts.lost_total, "file lost or not understood", "files lost or not understood")) }
                p { "What they held, from where they are lost on, is missing in every figure of this page." }
                ul {
                    @for lost in facts.lost.iter().take(ROWS) {
                        li { code { (visible(&lost.source)) } " " strong { (lost.why) } ": " (short(&lost.detail, TEXT)) }
                    }
                }
                @if facts.lost_total > ROWS as u64 { p.soft { "More in rejects.csv." } }
            }
        }
        @if !facts.again.is_empty() {
            p { (counted(facts.again.len() as u64, "path leads", "paths lead")) " to what was read on another way; it was read once:" }
            ul {
                @for again in facts.again.iter().take(ROWS) {
                    li {
                        code { (visible(&again.name)) }
                        @if again.name != again.kept { " is " code { (visible(&again.kept)) } }
                        ": read as " (again.role)
                    }
                }
            }
        }
        @if !facts.strays.is_empty() {
            p {
                "Passed over, because in a folder they are no inputs: "
                @for (n, (path, what)) in facts.strays.iter().take(ROWS).enumerate() {
                    @if n > 0 { ", " }
                    code { (visible(path)) } " (" (what) ")"
                }
                @if facts.strays.len() > ROWS { " and " (count((facts.strays.len() - ROWS) as u64)) " more" }
                "."
            }
        }
        @if !facts.ours.is_empty() {
            p {
                "Passed over as output of this program: "
                @for (n, path) in facts.ours.iter().take(ROWS).enumerate() { @if n > 0 { ", " } code { (visible(path)) } }
                @if facts.ours.len() > ROWS { " and " (count((facts.ours.len() - ROWS) as u64)) " more" }
                "."
            }
        }
    }
}

fn rejects(rejects: &[RejectFact]) -> Markup {
    html! {
        @if rejects.is_empty() { p.none { "Every item was read." } }
        @else {
            div.card {
                h3 { "Unread, by reason" }
                @for reject in rejects {
                    h4 { (count(reject.count)) " " (spaced(reject.reason.as_str())) }
                    ul {
                        @for (origin, detail) in &reject.first {
                            li { code { (visible(&origin.to_string())) } " " (short(detail, TEXT)) }
                        }
                    }
                }
                p.soft { "All in rejects.csv." }
            }
        }
    }
}

fn inputs(facts: &NightFacts) -> Markup {
    html! {
        div.wide {
            table {
                caption { "Inputs" }
                thead { tr {
                    th scope="col" { "Input" }
                    th scope="col" { "Role" }
                    th scope="col" { "Read as" }
                    th.n scope="col" { "Events" }
                    th.n scope="col" { "Deliveries" }
                    th.n scope="col" { "Duplicates" }
                    th.n scope="col" { "Unread" }
                    th.n scope="col" { "Lost" }
                } }
                tbody {
                    @for input in facts.inputs.iter().take(ROWS) {
                        tr {
                            th.key scope="row" { (visible(&input.name)) }
                            td { (input.role) }
                            td { (visible(&input.grammars.join(", "))) }
                            td.n { (count(input.events)) }
                            td.n { (count(input.deliveries)) }
                            td.n { (count(input.duplicates)) }
                            td.n { (count(input.rejects)) }
                            td.n { @if input.lost > 0 { strong { (count(input.lost)) } } @else { "0" } }
                        }
                    }
                }
            }
        }
        @if facts.inputs.len() > ROWS {
            p.soft { "And " (counted((facts.inputs.len() - ROWS) as u64, "more input", "more inputs")) " in report.json." }
        }
    }
}

fn unknown(facts: &NightFacts) -> Markup {
    html! {
        @if !facts.unknown_templates.is_empty() {
            div.wide {
                table {
                    caption { "Replies that no rule knows " small { (counted(facts.unknown_replies, "bounce", "bounces")) "; each row is a rule to write" } }
                    thead { tr {
                        th scope="col" { "Template" }
                        th.n scope="col" { "Bounces" }
                        th scope="col" { "Answered by" }
                        th scope="col" { "Example" }
                    } }
                    tbody {
                        @for row in facts.unknown_templates.iter().take(ROWS) {
                            tr {
                                td.text { code { (short(&row.template, TEXT)) } }
                                td.n { (count(row.count)) }
                                td.key { (row.remote_mta.as_deref().map_or(MISSING.into(), visible)) }
                                td.text { code { (short(&row.example, TEXT)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn disagreements(facts: &NightFacts) -> Markup {
    html! {
        @if !facts.native_disagreements.is_empty() {
            div.wide {
                table {
                    caption { "Where the platform's class and ours disagree" }
                    thead { tr { th scope="col" { "The platform says" } th scope="col" { "We say" } th.n scope="col" { "Bounces" } } }
                    tbody {
                        @for row in facts.native_disagreements.iter().take(ROWS) {
                            tr {
                                td.key { (short(&row.native_class, TEXT)) }
                                td { (spaced(row.cause.as_str())) }
                                td.n { (count(row.count)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The section in Markdown.
pub(super) fn write_all(view: &View<'_>, page: &mut Page) {
    page.heading("Data quality");
    let facts = view.facts;
    page.line(format!(
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
        page.line(format!(
            "- {} no recipient that could be read, {} who complained; they list nobody",
            counted(facts.unread_bounces, "bounce names", "bounces name"),
            counted(facts.hidden_complainers, "complaint hides", "complaints hide")
        ));
    }
    if view.lists.unmatched > 0 {
        page.line(format!(
            "- {} of reports that match nothing sent: on no list",
            counted(view.lists.unmatched, "address", "addresses")
        ));
    }
    write_inputs(facts, page);
    write_rejects(facts, page);
    write_unknown(facts, page);
}

/// What could not be read, by reason.
fn write_rejects(facts: &NightFacts, page: &mut Page) {
    for reject in &facts.rejects {
        page.line(format!("- {} {}", count(reject.count), spaced(reject.reason.as_str())));
        for (origin, detail) in &reject.first {
            page.line(format!("  - {} {}", code(&origin.to_string()), prose(&short(detail, TEXT))));
        }
    }
}

/// What the tables do not know, or see otherwise than the platform.
fn write_unknown(facts: &NightFacts, page: &mut Page) {
    if !facts.unknown_templates.is_empty() {
        page.line("");
        let header = &["replies no rule knows", "bounces", "answered by"];
        page.table(
            header,
            facts.unknown_templates.iter().take(20).map(|u| {
                let by = u.remote_mta.as_deref().map_or(MISSING.to_owned(), code);
                vec![code(&short(&u.template, TEXT)), count(u.count), by]
            }),
        );
    }
    if !facts.native_disagreements.is_empty() {
        page.line("");
        let header = &["the platform says", "we say", "bounces"];
        page.table(
            header,
            facts
                .native_disagreements
                .iter()
                .take(20)
                .map(|n| vec![code(&n.native_class), spaced(n.cause.as_str()), count(n.count)]),
        );
    }
    for (name, inputs) in &facts.unknown_columns {
        page.line(format!("- column {} is read by nothing ({})", code(name), counted(*inputs, "input", "inputs")));
    }
}

/// Lost files, and paths that led to no input of their own.
fn write_inputs(facts: &NightFacts, page: &mut Page) {
    if facts.lost_total > 0 {
        let files = counted(facts.lost_total, "file lost or not understood", "files lost or not understood");
        page.line(format!("- **{files}**"));
    }
    for lost in facts.lost.iter().take(ROWS) {
        let detail = prose(&short(&lost.detail, TEXT));
        page.line(format!("  - {} {}: {detail}", code(&lost.source), lost.why));
    }
    for again in facts.again.iter().take(ROWS) {
        let same = if again.name == again.kept { String::new() } else { format!(" is {}", code(&again.kept)) };
        page.line(format!("- {}{same}: read once, as {}", code(&again.name), again.role));
    }
    for (path, what) in facts.strays.iter().take(ROWS) {
        page.line(format!("- {} is {what}: passed over", code(path)));
    }
    for path in facts.ours.iter().take(ROWS) {
        page.line(format!("- {} is output of this program: passed over", code(path)));
    }
}
