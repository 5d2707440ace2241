//! The sections of the report for people, in their order. In: the view. Out: each as HTML and as Markdown. A section is added by a
//! file here that places its numbers, and a line in `SECTIONS`; the numbers are `view`'s.

use maud::Markup;

use super::page::Page;
use super::view::View;

mod charts;
mod fates;
mod incidents;
mod lists;
mod method;
mod quality;
mod rates;
mod tables;

/// One section.
pub struct Section {
    /// On the page.
    pub html: fn(&View<'_>) -> Markup,
    /// In Markdown.
    pub markdown: fn(&View<'_>, &mut Page),
}

/// All sections, below the verdict.
pub const SECTIONS: &[Section] = &[
    Section { html: incidents::systemic, markdown: incidents::write_systemic },
    Section { html: incidents::tenants, markdown: incidents::write_tenants },
    Section { html: incidents::others, markdown: incidents::write_others },
    Section { html: rates::all, markdown: rates::write_all },
    // Pictures; their numbers stand in the tables.
    Section { html: charts::all, markdown: |_, _| {} },
    Section { html: tables::domains, markdown: tables::write_domains },
    Section { html: tables::codes, markdown: tables::write_codes },
    Section { html: fates::all, markdown: fates::write_all },
    Section { html: lists::all, markdown: lists::write_all },
    Section { html: quality::all, markdown: quality::write_all },
    Section { html: method::all, markdown: method::write_all },
];
