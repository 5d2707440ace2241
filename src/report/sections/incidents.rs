//! Incidents: ours one by one, tenants and suspicions as tables. In: the view. Out: HTML and Markdown.

use maud::{Markup, html};

use super::charts;
use crate::report::escape::{code, key, prose, short, visible};
use crate::report::page::Page;
use crate::report::sentence;
use crate::report::view::{AdviceLine, IncidentView, View};
use crate::report::words::{
    MISSING, count, count_or_missing, counted, date_or_missing, minute, percent, spaced, title,
};

/// Samples and templates longer than this are cut; report.json has them whole.
const REPLY: usize = 400;
/// Templates longer than this are cut in Markdown.
const TEMPLATE: usize = 120;
/// Rows of a table of incidents; incidents.csv has them all.
const ROWS: usize = 100;
/// Domains of one organisation.
const DOMAINS: usize = 6;

/// Incidents of ours, a card each.
pub(super) fn systemic(view: &View<'_>) -> Markup {
    html! {
        h2 { "Systemic incidents: stop and fix" }
        @if view.systemic().next().is_none() { p.none { "None: nothing points at our side or at a whole receiver." } }
        @for incident in view.systemic() { (card(incident)) }
    }
}

fn card(view: &IncidentView<'_>) -> Markup {
    let i = view.incident;
    html! {
        article.card id=(i.id) {
            div.top {
                h3 { (title(i.kind.as_str())) ": " (spaced(&i.scope.type_name())) " " code { (key(&i.scope.key())) } }
                (badges(view))
            }
            p.sentence { (visible(&view.sentence)) }
            div.columns {
                div {
                    (next_steps(view))
                    (advice(&view.advice))
                }
                div {
                    (charts::contrast(i))
                    (figures(view))
                    (evidence(view))
                }
            }
            (replies(view))
        }
    }
}

fn badges(view: &IncidentView<'_>) -> Markup {
    let i = view.incident;
    html! {
        ul.badges {
            li.badge.strong { (i.confidence.as_str()) " confidence" }
            li.badge { (i.status.as_str()) }
            @if let Some(since) = i.first_seen { li.badge { "since " (minute(since)) } }
            li.badge { code { (visible(&i.id)) } }
        }
    }
}

fn next_steps(view: &IncidentView<'_>) -> Markup {
    html! {
        h4 { "Next steps" }
        ul {
            @for action in &view.actions {
                @let (verb, rest) = action.words(&view.scope());
                li { strong { (verb) } " " (visible(&rest)) }
            }
            @if view.protected > 0 {
                li { (counted(view.protected, "address", "addresses")) " kept off the suppression lists" }
            }
        }
    }
}

fn advice(lines: &[AdviceLine]) -> Markup {
    if lines.is_empty() {
        return html! {};
    }
    html! {
        h4 { "How to fix it" }
        ol {
            @for line in lines {
                li {
                    (visible(&line.text))
                    @if let Some(link) = &line.link { " " (anchor(link)) }
                    @if let Some(takes) = &line.takes { " " small { "Takes " (visible(takes)) "." } }
                }
            }
        }
    }
}

/// A link, if it is one that a reader may follow; else its text.
fn anchor(link: &str) -> Markup {
    html! {
        @if link.starts_with("https://") { a href=(link) rel="noopener noreferrer" { (visible(link)) } }
        @else { code { (visible(link)) } }
    }
}

fn figures(view: &IncidentView<'_>) -> Markup {
    let i = view.incident;
    html! {
        p.soft {
            (sentence::figures(i))
            @if let Some(n) = i.delivered_elsewhere { "; " (count(n)) " delivered elsewhere" }
        }
    }
}

fn evidence(view: &IncidentView<'_>) -> Markup {
    let i = view.incident;
    if view.evidence.is_empty() && i.blocklists.is_empty() && i.confounded_with.is_empty() && view.missing.is_empty() {
        return html! {};
    }
    html! {
        h4 { "Evidence" }
        ul {
            @for (name, n) in &i.blocklists { li { "names " code { (visible(name)) } ", " (count(*n)) " times" } }
            @for line in &view.evidence { li { (visible(line)) } }
            @for rival in &i.confounded_with {
                li { "may as well be " (spaced(&rival.type_name())) " " code { (key(&rival.key())) } }
            }
            @for line in &view.missing { li { "missing: " (visible(line)) } }
        }
    }
}

fn replies(view: &IncidentView<'_>) -> Markup {
    let i = view.incident;
    html! {
        @if let Some(template) = &i.template { p { small { "Reply " } code { (short(template, REPLY)) } } }
        @if let Some(sample) = &i.sample {
            details { summary { "A reply, word for word" } p { code { (short(sample, REPLY)) } } }
        }
    }
}

/// Organisations that refuse us.
pub(super) fn tenants(view: &View<'_>) -> Markup {
    let all: Vec<_> = view.tenants().collect();
    html! {
        h2 { "Tenant blocks: suppress the domain and move on" }
        @if all.is_empty() { p.none { "None: no organisation refuses us on its own." } }
        @else {
            div.wide {
                table {
                    caption {
                        (counted(all.len() as u64, "organisation refuses", "organisations refuse")) " us "
                        small { "while their receiver accepts our mail for others" }
                    }
                    thead { tr {
                        th scope="col" { "Organisation" }
                        th scope="col" { "Receiver" }
                        th.n scope="col" { "Refused" }
                        th.n scope="col" { "Rate" }
                        th.n scope="col" { "Delivered elsewhere" }
                        th scope="col" { "Wording" }
                        th scope="col" { "Confidence" }
                        th scope="col" { "Action" }
                    } }
                    tbody { @for tenant in all.iter().take(ROWS) { (tenant_row(tenant)) } }
                }
            }
            (more(all.len()))
        }
    }
}

fn tenant_row(view: &IncidentView<'_>) -> Markup {
    let i = view.incident;
    let action = view.actions.first();
    html! {
        tr id=(i.id) {
            td.key { (key(&i.scope.key())) (domains(&i.domains)) }
            td { (i.receiver.as_deref().map_or(MISSING.into(), visible)) }
            td.n { (count(i.bounces)) br; small { (counted(i.recipients, "recipient", "recipients")) } }
            td.n {
                (percent(i.rate))
                @if let (Some(low), Some(high)) = (i.rate_low, i.rate_high) {
                    br; small { (percent(Some(low))) " to " (percent(Some(high))) }
                }
            }
            td.n { (count_or_missing(i.delivered_elsewhere)) }
            td { @if i.explicit { "explicit" } @else { "pattern only" } }
            td { (i.confidence.as_str()) br; small { (i.status.as_str()) } }
            td {
                @if let Some(action) = action {
                    (action.verb.as_str()) " until " span.nobreak { (date_or_missing(action.until)) }
                    @if let Some(sending) = view.entry.and_then(|e| e.sending_domain.as_deref()) {
                        br; small { "mail from " (visible(sending)) }
                    }
                }
            }
        }
        // The why gets a row of its own: beside eight columns it would be a tall, narrow strip.
        tr.why {
            td.text colspan="8" {
                (visible(&view.sentence)) br;
                @if let Some(template) = &i.template { code { (short(template, REPLY)) } }
            }
        }
    }
}

fn domains(domains: &[String]) -> Markup {
    html! {
        @if domains.len() > 1 {
            br;
            small {
                @for (n, domain) in domains.iter().take(DOMAINS).enumerate() { @if n > 0 { ", " } (key(domain)) }
                @if domains.len() > DOMAINS { " and " (count((domains.len() - DOMAINS) as u64)) " more" }
            }
        }
    }
}

/// What does not act.
pub(super) fn others(view: &View<'_>) -> Markup {
    let all: Vec<_> = view.others().collect();
    if all.is_empty() {
        return html! {};
    }
    html! {
        h2 { "Suspected, inconclusive, for information" }
        details.card open[view.systemic().next().is_none() && view.tenants().next().is_none()] {
            summary { (counted(all.len() as u64, "finding", "findings")) " that act on nothing" }
            div style="overflow-x:auto" {
                table {
                    thead { tr {
                        th scope="col" { "Kind" }
                        th scope="col" { "Scope" }
                        th scope="col" { "Confidence" }
                        th.n scope="col" { "Bounces" }
                        th scope="col" { "What" }
                        th scope="col" { "Missing for a better answer" }
                    } }
                    tbody {
                        @for other in all.iter().take(ROWS) {
                            tr id=(other.incident.id) {
                                td { (title(other.incident.kind.as_str())) }
                                td.key { small { (spaced(&other.incident.scope.type_name())) } br; (key(&other.incident.scope.key())) }
                                td { (other.incident.confidence.as_str()) }
                                td.n { (count(other.incident.bounces)) }
                                td.text { (visible(&other.sentence)) }
                                td.text { (visible(&other.missing.join("; "))) }
                            }
                        }
                    }
                }
            }
            (more(all.len()))
        }
    }
}

fn more(rows: usize) -> Markup {
    html! {
        @if rows > ROWS { p.soft { "And " (counted((rows - ROWS) as u64, "more", "more")) " in " code { "incidents.csv" } "." } }
    }
}

/// Incidents of ours in Markdown, a chapter each.
pub(super) fn write_systemic(view: &View<'_>, page: &mut Page) {
    page.heading("Systemic incidents");
    if view.systemic().next().is_none() {
        page.line("None.");
    }
    for incident in view.systemic() {
        write_incident(incident, page);
    }
}

fn write_incident(view: &IncidentView<'_>, page: &mut Page) {
    let i = view.incident;
    page.line(format!(
        "### {}: {} {} ({}, {})",
        title(i.kind.as_str()),
        spaced(&i.scope.type_name()),
        code(&key(&i.scope.key())),
        i.confidence,
        i.status.as_str()
    ));
    page.line("");
    page.line(prose(&view.sentence));
    page.line("");
    write_evidence(view, page);
    write_next_steps(view, page);
    page.line("");
}

/// What speaks for an incident, and what is missing.
fn write_evidence(view: &IncidentView<'_>, page: &mut Page) {
    let i = view.incident;
    let mut item = |text: String| page.line(format!("- {text}"));
    item(format!("{}; {}", sentence::figures(i), view.rates()));
    if view.protected > 0 {
        item(format!("{} kept off the lists", counted(view.protected, "address", "addresses")));
    }
    if !i.blocklists.is_empty() {
        let lists: Vec<_> = i.blocklists.iter().map(|(name, n)| format!("{} ({})", code(name), count(*n))).collect();
        item(format!("blocklists named: {}", lists.join(", ")));
    }
    if let Some(template) = &i.template {
        item(format!("reply: {}", code(&short(template, TEMPLATE))));
    }
    view.evidence.iter().for_each(|e| item(prose(e)));
    for rival in &i.confounded_with {
        item(format!("may as well be {} {}", spaced(&rival.type_name()), code(&key(&rival.key()))));
    }
    view.missing.iter().for_each(|m| item(format!("missing: {}", prose(m))));
}

/// What follows from an incident.
fn write_next_steps(view: &IncidentView<'_>, page: &mut Page) {
    let mut item = |text: String| page.line(format!("- {text}"));
    for action in &view.actions {
        let (verb, rest) = action.words(&view.scope());
        item(format!("**{verb}** {}", prose(&rest)));
    }
    for advice in &view.advice {
        let link = advice.link.as_ref().map(|l| format!(" {}", code(l))).unwrap_or_default();
        let takes = advice.takes.as_ref().map(|t| format!(" Takes {}.", prose(t))).unwrap_or_default();
        item(format!("{}{link}{takes}", prose(&advice.text)));
    }
}

/// Organisations that refuse us in Markdown.
pub(super) fn write_tenants(view: &View<'_>, page: &mut Page) {
    page.heading("Tenant blocks");
    if view.tenants().next().is_none() {
        return page.line("None.");
    }
    let header = &[
        "organisation",
        "domains",
        "receiver",
        "refused",
        "rate",
        "delivered elsewhere there",
        "says so itself",
        "confidence",
        "expires",
    ];
    page.table(
        header,
        view.tenants().map(|t| {
            let i = t.incident;
            vec![
                code(&key(&i.scope.key())),
                count(i.domains.len().max(1) as u64),
                i.receiver.as_deref().map_or(MISSING.to_owned(), code),
                counted(i.bounces, "bounce", "bounces"),
                t.rates(),
                count_or_missing(i.delivered_elsewhere),
                if i.explicit { "yes" } else { "no, the pattern says so" }.to_owned(),
                i.confidence.to_string(),
                t.entry.map_or(MISSING.to_owned(), |e| date_or_missing(e.expires)),
            ]
        }),
    );
}

/// What does not act, in Markdown.
pub(super) fn write_others(view: &View<'_>, page: &mut Page) {
    if view.others().next().is_none() {
        return;
    }
    page.heading("Suspected, inconclusive, for information");
    let header = &["kind", "scope", "confidence", "bounces", "what", "missing"];
    page.table(
        header,
        view.others().map(|o| {
            let i = o.incident;
            vec![
                spaced(i.kind.as_str()),
                format!("{} {}", spaced(&i.scope.type_name()), code(&key(&i.scope.key()))),
                i.confidence.to_string(),
                count(i.bounces),
                prose(&o.sentence),
                prose(&o.missing.join("; ")),
            ]
        }),
    );
}
