//! How good the data is: inputs, rejects, unknown replies, disagreements. In: the view. Out: markup.

use maud::{Markup, html};

use crate::report::escape::{short, visible};
use crate::report::facts::{NightFacts, RejectFact};
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
