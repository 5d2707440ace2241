//! What was written: the lists, the brake, what is held and why. In: the view. Out: HTML and Markdown.

use maud::{Markup, html};

use crate::report::escape::{code, visible};
use crate::report::page::Page;
use crate::report::phrases;
use crate::report::sentence::hold_reasons;
use crate::report::view::View;
use crate::report::words::{count, counted, date_or_missing, spaced};
use crate::suppress::BRAKED;

/// List sources shown.
const SOURCES: usize = 25;

/// The section.
pub(super) fn all(view: &View<'_>) -> Markup {
    let lists = view.lists;
    html! {
        h2 { "Lists written" }
        @if lists.brake.tripped() {
            p.card.act {
                strong { "The brake has tripped. " }
                (counted(lists.brake.new, "new entry", "new entries")) ", allowed " (lists.brake.cap.map(count).unwrap_or_default())
                ": everything that acts is in " (BRAKED) "/. Look at it before anything is imported or taken off."
            }
        }
        div.columns {
            (files(view))
            div.card {
                h3 { "What they say" }
                ul {
                    @for (cause, n) in &lists.addresses { li { (count(*n)) " to suppress: " (spaced(cause.as_str())) } }
                    @if !lists.domains.is_empty() { li { (counted(lists.domains.len() as u64, "domain", "domains")) " to suppress" } }
                    @if lists.covered > 0 { li { (counted(lists.covered, "address", "addresses")) " covered by those domains" } }
                    @if lists.unmatched > 0 { li { (counted(lists.unmatched, "address", "addresses")) " of reports that match nothing sent: on no list" } }
                    @for (reason, n) in view.held() { li { (count(n)) " held: " (phrases::hold(reason)) } }
                    li { (counted(lists.protected_total(), "address", "addresses")) " protected: bounced for a reason that is not theirs" }
                    @for (why, n) in &lists.released { li { (counted(*n, "entry", "entries")) " of your list " (if lists.brake.tripped() { "would come off" } else { "to take off" }) ": " (phrases::release(*why)) } }
                    @for untold in &lists.not_expressed {
                        li {
                            (counted(untold.entries, "entry", "entries")) " in not_expressed.csv of " code { (visible(&untold.target)) } ": " (untold.reason)
                        }
                    }
                    @if lists.quarantined > 0 { li { (counted(lists.quarantined, "cell", "cells")) " in quarantine: a spreadsheet would run them" } }
                }
                p.soft {
                    "Held until " (date_or_missing(lists.held_until)) ". Brake: "
                    @match lists.brake.cap {
                        Some(cap) => { (count(lists.brake.new)) " new of at most " (count(cap)) }
                        None => { "off, the recipients mailed are not known" }
                    }
                    "."
                }
            }
        }
        (sources(view))
    }
}

fn files(view: &View<'_>) -> Markup {
    html! {
        div.wide {
            table {
                caption { "Files " small { "sizes and hashes in manifest.json" } }
                thead { tr { th scope="col" { "File" } th.n scope="col" { "Rows" } } }
                tbody {
                    @for file in &view.lists.files {
                        tr { th scope="row" { code { (visible(&file.path)) } } td.n { (count(file.rows)) } }
                    }
                }
            }
        }
    }
}

fn sources(view: &View<'_>) -> Markup {
    let all = &view.judgement.list_sources;
    html! {
        @if !all.is_empty() {
            div.wide {
                table {
                    caption { "List sources to review as a whole" }
                    thead { tr {
                        th scope="col" { "Source" }
                        th.n scope="col" { "Tried" }
                        th.n scope="col" { "Unknown" }
                        th.n scope="col" { "Listings" }
                        th.n scope="col" { "Complaints" }
                        th scope="col" { "Why" }
                    } }
                    tbody {
                        @for row in all.iter().take(SOURCES) {
                            tr {
                                th.key scope="row" { (visible(&row.list_source)) }
                                td.n { (crate::report::words::count_or_missing(row.tried)) }
                                td.n { (count(row.unknown)) }
                                td.n { (count(row.listings)) }
                                td.n { (count(row.complaints)) }
                                td.text { (visible(&hold_reasons(&row.reasons, view.judgement.mode))) }
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
    page.heading("Lists written");
    let lists = view.lists;
    page.table(&["file", "rows"], lists.files.iter().map(|f| vec![code(&f.path), count(f.rows)]));
    page.line("");
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
    page.line(format!("Brake: {brake}. Held until {}.", date_or_missing(lists.held_until)));
    for (reason, n) in view.held() {
        page.line(format!("- {} held: {}", count(n), phrases::hold(reason)));
    }
    for (why, n) in &lists.released {
        let does = if lists.brake.tripped() { "would come off" } else { "to take off" };
        page.line(format!("- {} of your list {does}: {}", counted(*n, "entry", "entries"), phrases::release(*why)));
    }
    for untold in &lists.not_expressed {
        let entries = counted(untold.entries, "entry", "entries");
        page.line(format!("- {entries} in not_expressed.csv of {}: {}", code(&untold.target), untold.reason));
    }
}
