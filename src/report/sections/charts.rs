//! Charts, drawn as SVG by hand. In: numbers of the view. Out: markup; each chart has its numbers in words beside it.

use maud::{Markup, html};

use crate::judge::grounds::Concentration;
use crate::outcome::incident::Incident;
use crate::report::escape::visible;
use crate::report::view::View;
use crate::report::words::{MISSING, count, counted, percent, title};

/// Points on the concentration curve at most.
const CURVE_POINTS: usize = 60;

/// The three charts, where there is something to draw.
pub(super) fn all(view: &View<'_>) -> Markup {
    if view.causes.is_empty() {
        return html! {};
    }
    html! {
        h2 { "Where the failures lie" }
        div.charts {
            (causes(view))
            (receivers(view))
            @if let Some(concentration) = view.concentration { (curve(concentration)) }
        }
    }
}

fn causes(view: &View<'_>) -> Markup {
    let most = view.causes.first().map_or(1, |c| c.bounces.max(1));
    html! {
        div.wide {
            table {
                caption { "By cause" }
                thead { tr { th scope="col" { "Cause" } th.n scope="col" { "Bounces" } th.n scope="col" { "Share" } th scope="col" { "" } } }
                tbody {
                    @for part in &view.causes {
                        tr {
                            th scope="row" { (title(part.cause.as_str())) }
                            td.n { (count(part.bounces)) }
                            td.n { (percent(Some(part.share))) }
                            td { (bar(&[("fill-one", part.bounces)], most)) }
                        }
                    }
                }
            }
        }
    }
}

fn receivers(view: &View<'_>) -> Markup {
    let most = view.receivers.iter().map(|r| r.bounces()).max().unwrap_or(1).max(1);
    html! {
        div.wide {
            table {
                caption { "By receiver " small { "the largest" } }
                thead { tr {
                    th scope="col" { "Receiver" }
                    th.n scope="col" { span.key-two { "Policy" } }
                    th.n scope="col" { span.key-one { "Mailbox" } }
                    th.n scope="col" { span.key-three { "Other" } }
                    th scope="col" { "" }
                } }
                tbody {
                    @for part in &view.receivers {
                        tr {
                            th scope="row" { (part.receiver.as_deref().map_or(MISSING.into(), visible)) }
                            td.n { (count(part.policy)) }
                            td.n { (count(part.mailbox)) }
                            td.n { (count(part.other)) }
                            td { (bar(&[("fill-two", part.policy), ("fill-one", part.mailbox), ("fill-three", part.other)], most)) }
                        }
                    }
                }
            }
        }
    }
}

/// A bar of several parts; the numbers stand beside it, so that readers of the page's text miss nothing.
fn bar(parts: &[(&str, u64)], most: u64) -> Markup {
    let mut x = 0.0;
    let placed: Vec<_> = parts
        .iter()
        .map(|(class, n)| {
            let (start, width) = (x, 100.0 * *n as f64 / most as f64);
            x += width;
            (class, start, width)
        })
        .collect();
    html! {
        svg.bar viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" {
            rect.track x="0" y="1" width="100" height="10" rx="1" {}
            @for (class, start, width) in placed {
                rect class=(class) x=(format!("{start:.2}")) y="1" width=(format!("{width:.2}")) height="10" {}
            }
        }
    }
}

/// The share inside a scope with its interval, and the share elsewhere.
pub(super) fn contrast(incident: &Incident) -> Markup {
    let Some(rate) = incident.rate else { return html! {} };
    let at = |share: f64| format!("{:.2}", 100.0 * share.clamp(0.0, 1.0));
    let (low, high) = (incident.rate_low.unwrap_or(rate), incident.rate_high.unwrap_or(rate));
    let width = format!("{:.2}", (100.0 * (high - low).clamp(0.0, 1.0)).max(0.4));
    html! {
        h4 { "Refused inside and elsewhere" }
        table {
            tbody {
                tr {
                    th scope="row" { "Inside" }
                    td.n { (percent(Some(rate))) }
                    td.n { small { (percent(Some(low))) " to " (percent(Some(high))) } }
                    td {
                        svg.bar viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" {
                            rect.track x="0" y="1" width="100" height="10" {}
                            rect.fill-one x="0" y="3" width=(at(rate)) height="6" {}
                            rect.band x=(at(low)) y="1" width=(width) height="10" {}
                        }
                    }
                }
                tr {
                    th scope="row" { "Elsewhere" }
                    td.n { (percent(incident.rate_elsewhere)) }
                    td {}
                    td {
                        @if let Some(elsewhere) = incident.rate_elsewhere {
                            svg.bar viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" {
                                rect.track x="0" y="1" width="100" height="10" {}
                                rect.fill-three x="0" y="3" width=(at(elsewhere)) height="6" {}
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `262 refusals at 169 organisations (...); the largest has 6.5 %, as concentrated as 98.3 of equal size`.
pub(super) fn in_words(concentration: &Concentration) -> String {
    format!(
        "{} at {} (the consumer mailboxes of a receiver count as one); the largest has {}; as concentrated as {:.1} of equal size",
        counted(concentration.refusals, "refusal", "refusals"),
        counted(concentration.sizes.len() as u64, "organisation", "organisations"),
        percent(Some(concentration.top_share)),
        concentration.effective
    )
}

/// Share of the refusals that the largest 1, 2, ... organisations hold; from 0, at most some sixty points.
fn points(concentration: &Concentration) -> impl Iterator<Item = (u64, f64)> {
    let (all, most) = (concentration.refusals.max(1) as f64, concentration.sizes.len());
    let step = most.div_ceil(CURVE_POINTS).max(1);
    let mut reached = 0;
    let sums = concentration.sizes.iter().zip(1_usize..).map(move |(n, place)| {
        reached += n;
        (place, reached as f64 / all)
    });
    let drawn = sums.filter(move |&(place, _)| place == 1 || place.is_multiple_of(step) || place == most);
    std::iter::once((0, 0.0)).chain(drawn.map(|(place, share)| (place as u64, share)))
}

/// Share of the refusals by number of organisations: steep is one tenant, flat is us.
fn curve(concentration: &Concentration) -> Markup {
    const WIDTH: f64 = 420.0;
    const HEIGHT: f64 = 200.0;
    const LEFT: f64 = 44.0;
    const TOP: f64 = 12.0;
    let deciders = concentration.sizes.len() as u64;
    let last = deciders.max(1) as f64;
    let x = |organisations: u64| LEFT + (WIDTH - LEFT - 12.0) * organisations as f64 / last;
    let y = |share: f64| TOP + (HEIGHT - TOP - 30.0) * (1.0 - share);
    let points: Vec<_> = points(concentration).map(|(n, share)| format!("{:.1},{:.1}", x(n), y(share))).collect();
    let even = format!("M{:.1} {:.1}L{:.1} {:.1}", x(0), y(0.0), x(deciders), y(1.0));
    let words = in_words(concentration);
    html! {
        figure.card.plain {
            figcaption {
                strong { "Concentration of the refusals" }
                p.soft { (words) ". A steep start: few organisations refuse us, so it is their decision. Along the dashed line: all refuse alike, so it is our problem." }
            }
            svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(words) {
                @for step in [0.0, 0.5, 1.0] {
                    line.axis x1=(LEFT) x2=(WIDTH - 12.0) y1=(format!("{:.1}", y(step))) y2=(format!("{:.1}", y(step))) {}
                    text.label x=(LEFT - 6.0) y=(format!("{:.1}", y(step) + 4.0)) text-anchor="end" { (percent(Some(step))) }
                }
                path.even d=(even) {}
                polyline.stroke-one points=(points.join(" ")) {}
                text.label x=(LEFT) y=(HEIGHT - 8.0) { "1" }
                text.label x=(WIDTH - 12.0) y=(HEIGHT - 8.0) text-anchor="end" {
                    (counted(deciders, "organisation", "organisations"))
                }
            }
        }
    }
}
