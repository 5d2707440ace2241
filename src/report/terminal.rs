//! The summary on the terminal: what was found, what was written, at most 25 lines. In: the view. Out: text, made
//! harmless for a terminal.

use std::fmt::Write;

use super::escape::{key, short};
use super::view::{IncidentView, View};
use crate::bounce::Level;
use crate::suppress::BRAKED;

use super::words::{counted, date_or_missing, spaced};

/// Incidents shown.
const INCIDENTS: usize = 8;
/// Columns of a line.
const WIDTH: usize = 160;
/// Columns of the verdict, of which nothing may be missing.
const VERDICT: usize = 600;

/// The summary; `folder` is where the night was published.
pub fn summary(view: &View<'_>, folder: &str) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut wide = |text: String, width: usize| {
        let _ = writeln!(out, "{}", short(text.trim_end(), width));
    };
    wide(format!("bouncescope {}  {}", view.facts.as_of, view.mode()), VERDICT);
    wide(format!("{}: {}", view.verdict.word(), view.verdict.sentence), VERDICT);
    let mut line = |text: String| wide(text, WIDTH);
    if let Some(step) = &view.verdict.first_step {
        line(step.clone());
    }
    line(String::new());
    let tiles: Vec<_> = view.tiles.iter().map(|t| format!("{} {}", t.label.to_lowercase(), t.value)).collect();
    line(tiles.join(" · "));
    line(read(view));
    if !view.incidents.is_empty() {
        line(String::new());
    }
    for incident in view.incidents.iter().take(INCIDENTS) {
        line(incident_line(incident));
    }
    if view.incidents.len() > INCIDENTS {
        let more = (view.incidents.len() - INCIDENTS) as u64;
        line(format!("  and {} more in report.html", counted(more, "finding", "findings")));
    }
    line(String::new());
    for list in lists(view) {
        line(list);
    }
    line(format!("report: {folder}/report.html"));
    out
}

/// What a run says that has found nothing to read, and publishes nothing.
pub fn nothing_read() -> String {
    let word = spaced(Level::CannotTell.as_str()).to_uppercase();
    format!("{word}: Neither bounces nor deliveries were read; nothing is published.\n")
}

fn read(view: &View<'_>) -> String {
    let t = &view.totals;
    let mut parts = vec![counted(t.items, "item", "items"), counted(t.events, "event", "events")];
    let mut also = |n: u64, one: &str, many: &str| {
        if n > 0 {
            parts.push(counted(n, one, many));
        }
    };
    also(t.rejects, "reject", "rejects");
    also(view.facts.lost_total - view.facts.not_understood, "file lost", "files lost");
    also(view.facts.not_understood, "file not understood", "files not understood");
    also(t.wordless_bounces, "bounce without words", "bounces without words");
    also(t.duplicates, "duplicate", "duplicates");
    also(t.self_suppressed, "dropped by our own platform", "dropped by our own platform");
    also(view.facts.again.len() as u64, "path read under another", "paths read under others");
    also(view.facts.strays.len() as u64, "stray file passed over", "stray files passed over");
    also(view.facts.ours.len() as u64, "of our own files passed over", "of our own files passed over");
    format!("read {}", parts.join(", "))
}

fn incident_line(view: &IncidentView<'_>) -> String {
    let i = view.incident;
    let action = view.actions.first().map(|a| match a.until {
        Some(until) => format!(" -> {} until {until}", a.verb.as_str()),
        None => format!(" -> {}", a.verb.as_str()),
    });
    format!(
        "  {:<6} {:<22} {}: {}{}",
        i.confidence,
        spaced(i.kind.as_str()),
        key(&i.scope.key()),
        counted(i.bounces, "bounce", "bounces"),
        action.unwrap_or_default()
    )
}

fn lists(view: &View<'_>) -> Vec<String> {
    let lists = view.lists;
    let mut lines = Vec::new();
    let folder = if lists.brake.tripped() { BRAKED } else { "suppression" };
    lines.push(format!(
        "{folder}: {}, {}",
        counted(lists.addresses_total(), "address", "addresses"),
        counted(lists.domains.len() as u64, "domain", "domains")
    ));
    let held: u64 = view.held().map(|(_, n)| n).sum();
    lines.push(format!(
        "held until {}: {}; protected: {}; in quarantine: {}",
        date_or_missing(lists.held_until),
        held,
        lists.protected_total(),
        lists.quarantined
    ));
    let released = lists.released.values().sum();
    if released > 0 {
        let entries = counted(released, "entry", "entries");
        lines.push(match lists.brake.tripped() {
            true => format!("{folder}: {entries} of your list would come off"),
            false => format!("release: {entries} of your list to take off"),
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Night;

    #[test]
    fn the_summary_is_short_even_on_a_busy_night() {
        let text = summary(&Night::busy().view(), "reports/2026-11-20");
        assert!(text.lines().count() <= 25, "{text}");
        assert!(text.contains("RATES") && text.contains("IP reputation"), "{text}");
    }

    #[test]
    fn nothing_of_a_hostile_night_reaches_the_terminal() {
        let text = summary(&Night::hostile().view(), "reports/2026-11-20");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
    }

    #[test]
    fn a_tripped_brake_is_the_first_thing_said() {
        let mut night = Night::quiet();
        night.lists.brake.cap = Some(0);
        let text = summary(&night.view(), "reports/2026-11-20");
        assert!(text.lines().nth(2).is_some_and(|l| l.starts_with("The lists are held")), "{text}");
    }
}
