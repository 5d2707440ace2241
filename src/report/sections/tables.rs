//! Domains and codes. In: the view. Out: HTML and Markdown; the CSV files hold all rows.

use maud::{Markup, html};

use crate::report::escape::{code, key, short, visible};
use crate::report::page::Page;
use crate::report::view::{TOP, View};
use crate::report::words::{MISSING, count, count_or_missing, counted, percent, spaced};

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
                            td.n { (percent(row.rate())) }
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

/// The domains with most failures in Markdown.
pub(super) fn write_domains(view: &View<'_>, page: &mut Page) {
    page.heading(&format!("Recipient domains, top {TOP}"));
    let (top, rest, rest_bounces) = view.top_domains();
    let header = &["domain", "receiver", "bounced", "delivered", "rate", "most frequent cause", "incident"];
    page.table(
        header,
        top.iter().map(|d| {
            vec![
                code(&key(&d.domain)),
                d.receiver.as_deref().map_or(MISSING.to_owned(), code),
                count(d.bounces),
                count_or_missing(d.delivered),
                percent(d.rate()),
                d.causes.first().map_or(MISSING.to_owned(), |(c, n)| format!("{} ({})", spaced(c.as_str()), count(*n))),
                d.incident.as_deref().map_or(MISSING.to_owned(), code),
            ]
        }),
    );
    if rest > 0 {
        page.line("");
        page.line(format!(
            "And {} with {}: domains.csv.",
            counted(rest, "domain", "domains"),
            counted(rest_bounces, "bounce", "bounces")
        ));
    }
}

/// The codes with most failures in Markdown.
pub(super) fn write_codes(view: &View<'_>, page: &mut Page) {
    page.heading(&format!("Codes, top {TOP}"));
    let header = &["code", "status", "cause", "receiver", "bounces", "organisations", "reply"];
    page.table(
        header,
        view.judgement.codes.iter().take(TOP).map(|c| {
            vec![
                c.reply_code.map_or(MISSING.to_owned(), |c| c.to_string()),
                c.status.map_or(MISSING.to_owned(), |s| s.to_string()),
                spaced(c.cause.as_str()),
                c.receiver.as_deref().map_or(MISSING.to_owned(), code),
                count(c.bounces),
                count(c.organisations),
                c.template.as_deref().map_or(MISSING.to_owned(), |t| code(&short(t, TEMPLATE))),
            ]
        }),
    );
}
