//! report.md: the report for chats, tickets and repositories. In: the view. Out: GitHub-flavoured Markdown; foreign
//! words stand as code, sentences that quote them are escaped.

use std::io::Write;

use super::escape::prose;
use super::output::Output;
use super::page::Page;
use super::sections::SECTIONS;
use super::view::View;
use super::words::{counted, minute, spaced};

/// The report in Markdown.
pub struct Markdown;

impl Output for Markdown {
    fn name(&self) -> &'static str {
        "report.md"
    }

    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut page = Page::default();
        head(view, &mut page);
        SECTIONS.iter().for_each(|section| (section.markdown)(view, &mut page));
        Ok(out.write_all(page.into_text().as_bytes())?)
    }
}

/// The verdict and the figures at a glance.
fn head(view: &View<'_>, page: &mut Page) {
    let facts = view.facts;
    page.line(format!("# Bounces of {}", facts.as_of));
    page.line("");
    page.line(format!("**{}: {}**", view.verdict.word(), prose(&view.verdict.sentence)));
    if !view.reasons.is_empty() {
        page.line("");
    }
    for reason in view.top_reasons() {
        page.line(format!("- {}: {}", spaced(reason.level.as_str()), prose(&reason.text)));
    }
    if let Some(step) = &view.verdict.first_step {
        page.line("");
        page.line(prose(step));
    }
    page.line("");
    let window = facts.window.map(|(first, last)| format!(" · {} to {}", minute(first), minute(last)));
    page.line(format!(
        "Mode {}{} · {} · {} · {}",
        view.mode(),
        window.unwrap_or_default(),
        counted(view.totals.items, "item", "items"),
        counted(view.totals.events, "event", "events"),
        counted(view.totals.rejects, "reject", "rejects"),
    ));
    page.line("");
    page.table(
        &["figure", "value", "of"],
        view.tiles.iter().map(|t| vec![t.label.to_owned(), t.value.clone(), t.note.clone()]),
    );
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
