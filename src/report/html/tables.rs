//! Domains and codes on the page. In: the view. Out: markup; the CSV files hold all rows.

use maud::{Markup, html};

use crate::report::escape::{key, short, visible};
use crate::report::view::{TOP, View};
use crate::report::words::{MISSING, count, count_or_missing, counted, percent, share, spaced};

/// Templates longer than this are cut.
const TEMPLATE: usize = 160;

/// The domains with most failures.
pub(super) fn domains(view: &View<'_>) -> Markup {
    let (top, rest, rest_bounces) = view.top_domains();
    html! {
        h2 { "Recipient domains" }
        div.wide {
            table {
                caption { "The " (TOP) " with most bounces " small { "all in domains.csv and domain_codes.csv" } }
                thead { tr {
                    th scope="col" { "Domain" }
                    th scope="col" { "Receiver" }
                    th.n scope="col" { "Bounced" }
                    th.n scope="col" { "Delivered" }
                    th.n scope="col" { "Rate" }
                    th.n scope="col" { "Delays" }
                    th.n scope="col" { "Complaints" }
                    th scope="col" { "Causes" }
                    th scope="col" { "Incident" }
                } }
                tbody {
                    @for row in top {
                        tr {
                            th.key scope="row" { (key(&row.domain)) }
                            td { (row.receiver.as_deref().map_or(MISSING.into(), visible)) }
                            td.n { (count(row.bounces)) }
                            td.n { (count_or_missing(row.delivered)) }
                            td.n { (percent(share(row.bounces, row.delivered.map(|d| d + row.bounces)))) }
                            td.n { (count(row.delays)) }
                            td.n { (count(row.complaints)) }
                            td {
                                @for (n, (cause, bounces)) in row.causes.iter().take(3).enumerate() {
                                    @if n > 0 { ", " }
                                    (spaced(cause.as_str())) " " (count(*bounces))
                                }
                            }
                            td {
                                @match &row.incident {
                                    Some(id) => { a href={ "#" (id) } { (visible(id)) } }
                                    None => { (MISSING) }
                                }
                            }
                        }
                    }
                    @if rest > 0 {
                        tr {
                            th scope="row" { (counted(rest, "other", "others")) }
                            td {}
                            td.n { (count(rest_bounces)) }
                            td colspan="6" {}
                        }
                    }
                }
            }
        }
    }
}

/// The codes with most failures.
pub(super) fn codes(view: &View<'_>) -> Markup {
    html! {
        h2 { "Codes" }
        div.wide {
            table {
                caption { "The " (TOP) " with most bounces " small { "code × status × cause × receiver; all in codes.csv" } }
                thead { tr {
                    th.n scope="col" { "Code" }
                    th.n scope="col" { "Status" }
                    th scope="col" { "Cause" }
                    th scope="col" { "Receiver" }
                    th.n scope="col" { "Bounces" }
                    th.n scope="col" { "Organisations" }
                    th scope="col" { "Most frequent reply" }
                } }
                tbody {
                    @for row in view.judgement.codes.iter().take(TOP) {
                        tr {
                            td.n { (row.reply_code.map_or(MISSING.to_owned(), |c| c.to_string())) }
                            td.n { (row.status.map_or(MISSING.to_owned(), |s| s.to_string())) }
                            td { (spaced(row.cause.as_str())) }
                            td { (row.receiver.as_deref().map_or(MISSING.into(), visible)) }
                            td.n { (count(row.bounces)) }
                            td.n { (count(row.organisations)) }
                            td.text { @if let Some(template) = &row.template { code { (short(template, TEMPLATE)) } } @else { (MISSING) } }
                        }
                    }
                }
            }
        }
    }
}
