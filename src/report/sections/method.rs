//! How the verdicts come about. In: the view. Out: HTML and Markdown.

use maud::{Markup, html};

use super::charts;
use crate::report::escape::code;
use crate::report::page::Page;
use crate::report::view::View;

/// How the verdicts come about, for readers who want to know.
const METHOD: &str = "Organisations vote, not messages: four hundred refusals at one company are one decision. For \
each receiver, sending IP, sending domain, campaign and list source the share of organisations that refused is compared \
inside and outside; the candidate that explains most is taken first, its failures are set aside, and the search goes on \
within one budget for errors. What remains at single organisations is a tenant block if it is too frequent there to be \
chance and the same mail reached others, or if the organisation says so in its own words. Where contrast or volume is \
missing, the finding is inconclusive. Rates carry 95 % Wilson intervals. A bounce whose cause lies with the \
sender or the message never suppresses an address: such addresses stand in review/protected.csv. What nobody knows, a bounce \
without words included, waits in review/held.csv, unless a platform's own class says that the address does not exist. Without deliveries (COUNTS-ONLY) \
there are no delivery rates, and a pattern alone is only suspected.";

/// The section.
pub(super) fn all(view: &View<'_>) -> Markup {
    html! {
        h2 { "Method" }
        details.card {
            summary { "How the verdicts come about" }
            p { (METHOD) }
            @if let Some(c) = view.concentration {
                p {
                    "Concentration of the refusals: " (charts::in_words(c)) "."
                }
            }
        }
    }
}

/// The section in Markdown.
pub(super) fn write_all(view: &View<'_>, page: &mut Page) {
    page.heading("Method");
    page.line(METHOD);
    page.line("");
    page.line(format!("bouncescope {}, tables {}.", view.facts.tool_version, code(&view.facts.tables_hash)));
}
