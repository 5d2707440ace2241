//! Reasons for the night's level in words, and what to do about those that are no incident. In: the level with its reasons. Out: a
//! clause for each reason, without its full stop; one first step.

use crate::bounce::{Cause, Level, RateName, ScopeType};
use crate::outcome::incident::{Judgement, Rate, Scope};
use crate::outcome::level::{NightLevel, Why};
use crate::report::words::{count, counted, display, percent, share, spaced, title};
use crate::tables::policy::Policy;

/// Rates told in the verdict; the section on rates holds all.
const RATES: usize = 2;
/// Lists named.
const LISTS: usize = 3;

/// The reasons that a reader does not find among the incidents: unread items, failures without cause, rates, and what can be
/// looked up. A listing is told on every night on which no incident that acts tells it.
pub(super) fn told(night: &NightLevel, judgement: &Judgement, policy: &Policy) -> Vec<String> {
    let mut told: Vec<String> = night.reasons.iter().filter_map(|reason| doubt(&reason.why)).collect();
    // What an incident of the same scope tells is no news, nor is a lesser reason on a worse night.
    let acting = || judgement.incidents.iter().filter(|incident| incident.acts());
    let news = |rate: &&Rate| rate.level == night.level && !acting().any(|incident| incident.scope == rate.scope);
    let rates: Vec<&Rate> = night.reasons.iter().filter_map(|reason| rate_of(&reason.why)).filter(news).collect();
    let shown = rates.len().min(RATES);
    told.extend(rates[..shown].iter().map(|rate| beyond(rate, policy)));
    if rates.len() > shown {
        let more = (rates.len() - shown) as u64;
        told.push(format!("{} beyond a threshold", counted(more, "further rate is", "further rates are")));
    }
    if judgement.named.by_list > 0 && !acting().any(|incident| !incident.blocklists.is_empty()) {
        told.push(listed(judgement));
    }
    let authentication = |why: &Why| matches!(why, Why::Authentication(_));
    if !acting().any(|incident| incident.cause == Some(Cause::Authentication)) {
        let failed = night.reasons.iter().find(|reason| authentication(&reason.why));
        told.extend(failed.map(|reason| text(&reason.why, judgement, policy)));
    }
    told
}

/// A reason in words.
pub(super) fn text(why: &Why, judgement: &Judgement, policy: &Policy) -> String {
    match why {
        Why::Brake => "The brake holds the lists".to_owned(),
        Why::NothingRead => "Neither bounces nor deliveries were read".to_owned(),
        Why::Lost(files) => counted(*files, "file is lost or not understood", "files are lost or not understood"),
        Why::Unread { unread, items } => {
            format!("{} of {} could not be read", count(*unread), counted(*items, "item", "items"))
        }
        Why::Unnamed { unnamed, failures } => without_cause(*unnamed, *failures),
        Why::Incident(id) => judgement.incidents.iter().find(|incident| incident.id == *id).map_or_else(
            || id.clone(),
            |incident| {
                let impact = incident.impact.map(|impact| format!(", {} of its mail", percent(Some(impact))));
                format!(
                    "{} of {}{}",
                    title(incident.kind.as_str()),
                    of_scope(&incident.scope),
                    impact.unwrap_or_default()
                )
            },
        ),
        Why::Rate(rate) => beyond(rate, policy),
        Why::Listed(_) => listed(judgement),
        Why::Authentication(organisations) => format!(
            "{} that our mail is not authenticated",
            counted(*organisations, "organisation says", "organisations say")
        ),
    }
}

/// `Nothing tells the cause of 66 of 120 bounces (55 %)`.
fn without_cause(unnamed: u64, failures: u64) -> String {
    let of = counted(failures, "bounce", "bounces");
    format!("Nothing tells the cause of {} of {of} ({})", count(unnamed), percent(share(unnamed, Some(failures))))
}

/// Why nobody can say that the night was quiet, where nothing else in the verdict says it.
fn doubt(why: &Why) -> Option<String> {
    match why {
        Why::Unread { unread, items } => Some(format!(
            "{} of {} could not be read, so nobody knows what they say",
            count(*unread),
            counted(*items, "item", "items")
        )),
        Why::Unnamed { unnamed, failures } => Some(without_cause(*unnamed, *failures)),
        _ => None,
    }
}

const fn rate_of(why: &Why) -> Option<&Rate> {
    match why {
        Why::Rate(rate) => Some(rate),
        _ => None,
    }
}

/// `Complaints of list source fair: 30 of 1,000 (3.0 %), act from 0.3 %`.
fn beyond(rate: &Rate, policy: &Policy) -> String {
    let row = policy.rate_of(rate.name);
    let limit = row.and_then(|row| if rate.level == Level::Act { row.act } else { Some(row.watch) });
    let limit = limit.map(|limit| format!(", {} from {}", rate.level, percent(Some(limit))));
    let of = rate.of.map(|of| format!(" of {}", count(of))).unwrap_or_default();
    let share = rate.share.map(|share| format!(" ({})", percent(Some(share)))).unwrap_or_default();
    format!("{}: {}{of}{share}{}", named(rate), count(rate.events), limit.unwrap_or_default())
}

/// `Complaints`, `Complaints of list source fair`.
pub(super) fn named(rate: &Rate) -> String {
    match rate.scope.part(ScopeType::Fleet) {
        Some(_) => rate_title(rate.name).to_owned(),
        None => format!("{} {}", rate_title(rate.name), of_rate(rate)),
    }
}

/// What a rate counts.
pub(super) const fn rate_title(name: RateName) -> &'static str {
    match name {
        RateName::Complaints => "Complaints",
        RateName::UnknownUsers => "Dead addresses and domains",
        RateName::Refused => "Refused by policy or reputation",
        RateName::Transient => "Failures that pass",
        RateName::UnknownReplies => "Replies no rule knows",
    }
}

/// `at provider Yahoo`, `of list source fair`.
fn of_rate(rate: &Rate) -> String {
    let receiver = [ScopeType::Provider, ScopeType::Gateway].into_iter().find_map(|kind| rate.scope.part(kind));
    receiver.map_or_else(|| format!("of {}", of_scope(&rate.scope)), |name| format!("at {}", display(name)))
}

/// `list source fair`; of everything `all we send`.
pub(super) fn of_scope(scope: &Scope) -> String {
    match scope.part(ScopeType::Fleet) {
        Some(_) => "all we send".to_owned(),
        None => format!("{} {}", spaced(&scope.type_name()), scope.key()),
    }
}

/// `4 organisations name a public list: Spamhaus ZEN, SpamCop`.
fn listed(judgement: &Judgement) -> String {
    let lists: Vec<String> = judgement.named.lists.iter().take(LISTS).map(|(list, _)| display(list)).collect();
    let by = counted(judgement.named.by_list, "organisation names", "organisations name");
    format!("{by} a public list: {}", lists.join(", "))
}

/// What to do about the most urgent reasons where none of them is an incident. A part of the mail is a better place to begin
/// than all of it.
pub(super) fn step(urgent: &[&Why], judgement: &Judgement) -> Option<String> {
    let part = |rate: &&Rate| rate.scope.part(ScopeType::Fleet).is_none();
    let rates: Vec<&Rate> = urgent.iter().filter_map(|why| rate_of(why)).collect();
    let rate = rates.iter().copied().find(part).or_else(|| rates.first().copied());
    let first = *urgent.first()?;
    let what = match (first, rate) {
        (Why::Rate(_), Some(rate)) => rate_step(rate),
        (Why::NothingRead, _) => {
            "look whether the export ran: neither bounces nor deliveries came in, and that is no good news by itself"
                .to_owned()
        }
        (Why::Unread { .. }, _) => {
            "see in data quality why so many items could not be read, and repeat the run".to_owned()
        }
        (Why::Unnamed { .. }, _) => {
            "read the replies that no rule knows (data quality holds them) before any conclusion is drawn".to_owned()
        }
        (Why::Listed(_), _) => {
            let list = judgement.named.lists.first().map(|(list, _)| display(list)).unwrap_or_default();
            format!("look our IPs and domains up at {list}, mend what got them listed, then ask for removal")
        }
        (Why::Authentication(_), _) => "check SPF, DKIM and DMARC of a test mail".to_owned(),
        _ => return None,
    };
    Some(format!("First: {what}."))
}

/// What to do about a rate.
fn rate_step(rate: &Rate) -> String {
    let whole = rate.scope.part(ScopeType::Fleet).is_some();
    match rate.name {
        RateName::Complaints | RateName::UnknownUsers if whole => {
            "find out which list source or campaign is behind it, and stop that one".to_owned()
        }
        RateName::Complaints => format!("look at what went to those who complained {}, and stop it", of_rate(rate)),
        RateName::UnknownUsers => format!("stop {} until its addresses are checked", of_scope(&rate.scope)),
        RateName::Refused => "read what the refusals say, by code, before more is sent".to_owned(),
        RateName::Transient => {
            "look whether one receiver or our own network is behind the failures that pass, and let them be tried again"
                .to_owned()
        }
        RateName::UnknownReplies => "read the replies that no rule knows; data quality holds them".to_owned(),
    }
}
