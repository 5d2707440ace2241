//! The page: safe, self-contained, complete.

use super::*;
use crate::report::testing::{ATTACK, Night};

fn rendered(night: &Night) -> String {
    let mut out = Vec::new();
    Html.render(&night.view(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_page_runs_nothing_and_asks_for_nothing() {
    for night in [Night::quiet(), Night::busy(), Night::hostile(), Night::counts_only()] {
        let page = rendered(&night);
        for sign in
            ["<script", "<img", "<iframe", "<link", "@import", "url(", " src=\"", "onerror=\"", "href=\"javascript:"]
        {
            assert!(!page.contains(sign), "{sign}");
        }
    }
}

#[test]
fn a_hostile_night_is_shown_as_text() {
    let page = rendered(&Night::hostile());
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "the attack must be visible, as text");
    assert!(!page.contains(ATTACK), "{page}");
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "no control character may pass");
    assert!(!page.contains('\u{202e}'), "no line may be turned around");
}

#[test]
fn every_element_that_opens_closes() {
    for night in [Night::quiet(), Night::busy(), Night::hostile()] {
        let page = rendered(&night);
        let body = &page[page.find("<body").unwrap()..];
        for tag in
            ["div", "table", "tr", "td", "th", "svg", "details", "ul", "ol", "li", "p", "section", "article", "figure"]
        {
            let opened = body.matches(&format!("<{tag}>")).count() + body.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, body.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}

#[test]
fn the_verdict_the_mode_and_every_incident_are_on_the_page() {
    let night = Night::busy();
    let page = rendered(&night);
    assert!(page.contains("Mode RATES") && page.contains("2 systemic incidents, 1 tenant block"));
    for incident in &night.judgement.incidents {
        assert!(page.contains(&format!("id=\"{}\"", incident.id)), "{}", incident.id);
    }
    assert!(rendered(&Night::counts_only()).contains("Mode COUNTS-ONLY"));
}

#[test]
fn a_quiet_night_has_no_empty_tables_of_incidents() {
    let page = rendered(&Night::quiet());
    assert!(page.contains("no organisation refuses us on its own"));
    assert!(!page.contains("that act on nothing"));
}

#[test]
fn only_plain_web_addresses_become_links() {
    let mut night = Night::busy();
    night.advice[0].link = Some("javascript:alert(1)".to_owned());
    assert!(!rendered(&night).contains("href=\"javascript"));
}
