//! report.html: one self-contained page for people. In: the view. Out: HTML without scripts and without requests; the
//! decision stands first, the evidence below, the data's quality and the method last. It prints, follows the reader's
//! light or dark setting, and never says anything by colour alone.

use std::io::Write;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::escape::visible;
use super::output::Output;
use super::sections::SECTIONS;
use super::view::View;
use super::words::{counted, minute, spaced};
use crate::bounce::Level;

/// Nothing but the page itself may be loaded, and nothing may run: a second wall behind the escaping.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The page.
pub struct Html;

impl Output for Html {
    fn name(&self) -> &'static str {
        "report.html"
    }

    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        Ok(out.write_all(page(view).into_string().as_bytes())?)
    }
}

fn page(view: &View<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Bounces of " (view.facts.as_of) ": " (visible(&view.verdict.sentence)) }
                style { (PreEscaped(include_str!("html/style.css"))) }
            }
            body {
                (head(view))
                main {
                    (verdict(view))
                    (tiles(view))
                    @for section in SECTIONS { ((section.html)(view)) }
                }
                footer {
                    "bouncescope " (visible(&view.facts.tool_version)) ", tables "
                    code { (visible(&view.facts.tables_hash)) } ". Times are UTC."
                }
            }
        }
    }
}

fn head(view: &View<'_>) -> Markup {
    let t = &view.totals;
    html! {
        header {
            h1 { "Bounces of " (view.facts.as_of) }
            ul.badges {
                li.badge.strong { "Mode " (view.mode()) }
                @if let Some((first, last)) = view.facts.window {
                    li.badge { (minute(first)) " to " (minute(last)) }
                }
                li.badge { (counted(view.facts.inputs.len() as u64, "input", "inputs")) }
                li.badge { (counted(t.events, "event", "events")) }
                li.badge { (counted(t.rejects, "item unread", "items unread")) }
            }
        }
    }
}

fn verdict(view: &View<'_>) -> Markup {
    let verdict = &view.verdict;
    html! {
        section class={ "verdict " (verdict.level().as_str()) } aria-label="Verdict" {
            (icon(verdict.level()))
            div {
                div.word { (spaced(verdict.level().as_str())) }
                p.sentence { (visible(&verdict.sentence)) }
                @if !view.reasons.is_empty() {
                    ul.step { @for reason in view.top_reasons() { li { (spaced(reason.level.as_str())) ": " (visible(&reason.text)) } } }
                }
                @if let Some(step) = &verdict.first_step { p.step { (visible(step)) } }
                @if view.mode() == "COUNTS-ONLY" {
                    p.step { "No deliveries were given: there are no delivery rates, and patterns are only suspected. \
                              Add --delivered or --sent for firmer answers." }
                }
            }
        }
    }
}

/// A shape for each level, so that colour is not needed.
fn icon(level: Level) -> Markup {
    let (outline, mark) = match level {
        Level::Act => ("M12 2h8l8 8v8l-8 8h-8l-8-8v-8z", "M16 8v8M16 20v.5"),
        Level::CannotTell => ("M4 4h24v24H4z", "M12 12a4 4 0 1 1 4 5v3M16 24v.5"),
        Level::Watch => ("M16 3l14 24H2z", "M16 12v7M16 23v.5"),
        Level::Quiet => ("M16 3a13 13 0 1 0 .01 0z", "M10 16.5l4.5 4.5L23 12"),
    };
    html! {
        svg viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.4"
            stroke-linecap="round" stroke-linejoin="round" {
            path d=(outline) {}
            path d=(mark) {}
        }
    }
}

fn tiles(view: &View<'_>) -> Markup {
    html! {
        dl.tiles {
            @for tile in &view.tiles {
                div class={ "tile" @if tile.level > Level::Quiet { " " (tile.level.as_str()) } } {
                    dt { (tile.label) @if tile.level > Level::Quiet { " " strong { "(" (tile.level.as_str()) ")" } } }
                    dd.value { (tile.value) }
                    dd.note { (tile.note) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
