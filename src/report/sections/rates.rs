//! Rates: shares that are a reason by themselves, with their thresholds. In: the view. Out: HTML and Markdown.

use maud::{Markup, html};

use crate::bounce::Level;
use crate::report::escape::{prose, visible};
use crate::report::page::Page;
use crate::report::view::{RatePart, View};
use crate::report::words::{MISSING, count, count_or_missing, percent, spaced};

/// Rows shown; report.json holds all.
const ROWS: usize = 40;
/// What the reader must know of the figures.
const NOTE: &str = "A rate counts when its lower bound is beyond a threshold and enough events stand behind it; else it is a \
                    figure and no more. Complaints are shares of the mail that receivers accepted tonight which sent a report \
                    tonight; Gmail sends none.";

/// The section.
pub(super) fn all(view: &View<'_>) -> Markup {
    if view.rates.is_empty() {
        return html! {};
    }
    html! {
        h2 { "Rates" }
        div.wide {
            table {
                caption { "Rates and their thresholds " small { (NOTE) } }
                thead { tr {
                    th scope="col" { "Rate" }
                    th scope="col" { "Of" }
                    th.n scope="col" { "Events" }
                    th.n scope="col" { "Messages" }
                    th.n scope="col" { "Share" }
                    th.n scope="col" { "Lower bound" }
                    th.n scope="col" { "Watch" }
                    th.n scope="col" { "Act" }
                    th scope="col" { "Level" }
                } }
                tbody { @for part in view.rates.iter().take(ROWS) { (row(part)) } }
            }
        }
    }
}

fn row(part: &RatePart) -> Markup {
    let rate = &part.rate;
    html! {
        tr {
            th scope="row" { (part.title) }
            td.text { (visible(&part.scope)) }
            td.n { (count(rate.events)) }
            td.n { (count_or_missing(rate.of)) }
            td.n { (part.share) }
            td.n { (percent(rate.low)) }
            td.n { (percent(part.watch)) }
            td.n { (percent(part.act)) }
            td { (level(rate.level)) }
        }
    }
}

/// The level of a rate; a dash for a figure that is no more.
fn level(level: Level) -> String {
    if level == Level::Quiet { MISSING.to_owned() } else { spaced(level.as_str()) }
}

/// The section in Markdown.
pub(super) fn write_all(view: &View<'_>, page: &mut Page) {
    if view.rates.is_empty() {
        return;
    }
    page.heading("Rates");
    let header = ["rate", "of", "events", "messages", "share", "lower bound", "watch", "act", "level"];
    page.table(
        &header,
        view.rates.iter().take(ROWS).map(|part| {
            let rate = &part.rate;
            vec![
                part.title.to_owned(),
                prose(&part.scope),
                count(rate.events),
                count_or_missing(rate.of),
                part.share.clone(),
                percent(rate.low),
                percent(part.watch),
                percent(part.act),
                level(rate.level),
            ]
        }),
    );
    page.line("");
    page.line(NOTE);
}
