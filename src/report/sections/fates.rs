//! What became of each bounce: the sums of the night and of each incident. In: the view. Out: HTML and Markdown.

use maud::{Markup, html};

use crate::report::escape::{code, visible};
use crate::report::page::Page;
use crate::report::view::View;
use crate::report::words::count;
use crate::suppress::{ByFate, Fate};

/// Incidents shown.
const INCIDENTS: usize = 25;

/// The head of a fate's column.
const fn head(fate: Fate) -> &'static str {
    match fate {
        Fate::Listed => "Address listed",
        Fate::Covered => "Domain listed",
        Fate::Held => "Held",
        Fate::Protected => "Protected",
        Fate::Retried => "To be retried",
        Fate::Unmatched => "Matches nothing sent",
    }
}

/// The rows: what it is about, and its bounces by fate. The night comes first.
fn rows<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v str, ByFate)> {
    let incidents = view.incidents.iter().take(INCIDENTS);
    std::iter::once(("all", view.lists.fates.all)).chain(incidents.map(|i| (i.incident.id.as_str(), i.fates)))
}

/// The section.
pub(super) fn all(view: &View<'_>) -> Markup {
    html! {
        h2 { "What became of each bounce" }
        div.wide {
            table {
                caption { "Bounces by fate " small { "each bounce has one; an incident\u{2019}s delays count as to be retried" } }
                thead { tr {
                    th scope="col" { "Of" }
                    th.n scope="col" { "Sum" }
                    @for fate in Fate::ALL { th.n scope="col" { (head(*fate)) } }
                } }
                tbody {
                    @for (of, fates) in rows(view) {
                        tr {
                            th.key scope="row" { (visible(of)) }
                            td.n { (count(fates.iter().sum())) }
                            @for n in fates { td.n { (count(n)) } }
                        }
                    }
                }
            }
        }
    }
}

/// The section in Markdown.
pub(super) fn write_all(view: &View<'_>, page: &mut Page) {
    page.heading("What became of each bounce");
    let header: Vec<&str> = ["of", "sum"].into_iter().chain(Fate::ALL.iter().map(|fate| head(*fate))).collect();
    let row = |(of, fates): (&str, ByFate)| {
        let numbers = fates.into_iter().map(count);
        [code(of), count(fates.iter().sum())].into_iter().chain(numbers).collect()
    };
    page.table(&header, rows(view).map(row));
}
