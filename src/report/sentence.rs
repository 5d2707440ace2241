//! Incidents in English. In: what judge and outcome found, as numbers and members of closed sets. Out: one sentence for a
//! finding, one line for each piece of evidence and for what is missing. No figure is made here that the incident does not
//! hold.

use super::words::{count, counted, display, listed, minute, percent, scientific, short_number, spaced};
use crate::bounce::{Cause, FailureStream, IncidentKind, ScopeType};
use crate::judge::grounds::{Counted, Evidence, Grounds, HoldReason, Missing, Sign};
use crate::outcome::incident::{Incident, Mode, Scope};

/// The finding in one sentence, without what follows from it.
pub fn finding(incident: &Incident, mode: Mode) -> String {
    let mut parts = vec![match incident.counted {
        Counted::Organisations { hit_elsewhere, exposed_elsewhere, bounds_elsewhere } => {
            organisations(incident, mode, (hit_elsewhere, exposed_elsewhere, bounds_elsewhere))
        }
        Counted::ConsumerMailboxes => consumers(incident),
        Counted::Messages { failed, tried, .. } => messages(incident, mode, failed, tried),
    }];
    parts.extend(at_one_organisation(incident, mode));
    parts.extend(incident.first_seen.map(|first| format!("since {}", minute(first))));
    parts.extend(incident.confounded_with.first().map(|other| format!("not ruled out: {}", scope(other))));
    parts.push(confidence(incident));
    parts.join("; ")
}

/// `124 of 206 organisations refused mail from 192.0.2.14 (60 %, 95 % interval 53 % to 67 %), elsewhere 7 of 461 (1.5 %, ...)`.
fn organisations(incident: &Incident, mode: Mode, elsewhere: (u64, u64, Option<(f64, f64)>)) -> String {
    let (hit, exposed) = (count(incident.organisations_hit), count(incident.organisations_exposed));
    let among = if mode == Mode::Rates { "" } else { " with bounces" };
    let behind = receiver(&incident.scope).map_or_else(String::new, |name| format!(" behind {}", display(name)));
    let elsewhere = match (incident.scope.part(ScopeType::Fleet), elsewhere) {
        (Some(_), _) => String::new(),
        (None, (_, 0, _)) => ", nobody elsewhere to compare with".to_owned(),
        (None, (hit, exposed, bounds)) => {
            let rate = with_bounds(incident.rate_elsewhere, bounds);
            let note = if mode == Mode::Rates { "" } else { "; shares are of bounces only, deliveries are unknown" };
            format!(", elsewhere {} of {} ({rate}){note}", count(hit), count(exposed))
        }
    };
    let share = share(incident);
    let mut sentence = format!("{hit} of {exposed} organisations{among}{behind} {}{share}{elsewhere}", deed(incident));
    sentence.extend(replies(incident).map(|text| format!("; {text}")));
    sentence
}

/// `Google refused 60 % of the mail to its consumer mailboxes (95 % interval 41 % to 77 %), 412 of them, elsewhere 0.3 %`:
/// the mailboxes decide as one, so the share is of mail.
fn consumers(incident: &Incident) -> String {
    let name = receiver(&incident.scope).map_or_else(|| incident.scope.to_string(), display);
    let did = if incident.failures == FailureStream::Transient { "deferred" } else { "refused" };
    let bounds =
        incident.rate_low.zip(incident.rate_high).map_or_else(String::new, |bounds| format!(" ({})", interval(bounds)));
    let elsewhere = incident.rate_elsewhere.map_or_else(String::new, |r| format!(", elsewhere {}", percent(Some(r))));
    let mut sentence = format!(
        "{name} {did} {} of the mail to its consumer mailboxes{bounds}, {} of them{elsewhere}",
        percent(incident.rate),
        count(incident.recipients)
    );
    sentence.extend(replies(incident).map(|text| format!("; {text}")));
    sentence
}

/// ` (60 %, 95 % interval 53 % to 67 %)`; empty without trials.
fn share(incident: &Incident) -> String {
    incident.rate.map_or_else(String::new, |_| format!(" ({})", rate(incident)))
}

/// `60 %, 95 % interval 53 % to 67 %`; a dash without trials.
pub fn rate(incident: &Incident) -> String {
    with_bounds(incident.rate, incident.rate_low.zip(incident.rate_high))
}

/// A share and its bounds.
fn with_bounds(share: Option<f64>, bounds: Option<(f64, f64)>) -> String {
    bounds.map_or_else(|| percent(share), |bounds| format!("{}, {}", percent(share), interval(bounds)))
}

/// `95 % interval 53 % to 67 %`.
fn interval((low, high): (f64, f64)) -> String {
    format!("95 % interval {} to {}", percent(Some(low)), percent(Some(high)))
}

/// What organisations did with our mail.
fn deed(incident: &Incident) -> String {
    let ours = ours(&incident.scope);
    let mail = ours.as_deref().map_or_else(|| "our mail".to_owned(), |ours| format!("mail {}", from(incident, ours)));
    match (incident.failures, incident.kind) {
        (FailureStream::SetUp, _) => format!("refused to relay {mail}"),
        (FailureStream::List, IncidentKind::UnreliableUnknown) => {
            let to = ours.map_or_else(String::new, |ours| format!(" to {ours}"));
            format!("called living mailboxes unknown{to}")
        }
        (FailureStream::List, _) => {
            let list = ours.unwrap_or_else(|| "our lists".to_owned());
            format!("do not know addresses of {list}")
        }
        (FailureStream::Transient, _) => format!("deferred {mail}"),
        (FailureStream::Policy, IncidentKind::Targeting) => "have rules of their own against us".to_owned(),
        (FailureStream::Policy, IncidentKind::AuthenticationFailure) => format!("refused {mail} as not authenticated"),
        (FailureStream::Policy, _) => format!("refused {mail}"),
    }
}

/// `from 192.0.2.7`, `of campaign spring`.
fn from(incident: &Incident, ours: &str) -> String {
    let sends =
        [ScopeType::SendingIp, ScopeType::SendingDomain].iter().any(|part| incident.scope.part(*part).is_some());
    format!("{} {ours}", if sends { "from" } else { "of" })
}

/// `harborlight.example refused 17 of 17 messages (100 %, 95 % interval 82 % to 100 %)`.
fn messages(incident: &Incident, mode: Mode, failed: u64, tried: u64) -> String {
    let organisation = incident.scope.part(ScopeType::Organisation).map(str::to_owned);
    let name = organisation.or_else(|| receiver(&incident.scope).map(display)).unwrap_or_default();
    if incident.is_personal() {
        let people = counted(incident.recipients, "recipient", "recipients");
        return format!(
            "{people} of {name} have us on lists of their own; {} of {} {}{}",
            count(failed),
            count(tried),
            of_mode(mode),
            share(incident)
        );
    }
    let did = match incident.failures {
        _ if incident.kind == IncidentKind::UnreliableUnknown => "called unknown, perhaps wrongly, the recipients of",
        FailureStream::Policy => "refused",
        FailureStream::SetUp => "refused to relay",
        FailureStream::List => "does not know the recipients of",
        FailureStream::Transient => "deferred",
    };
    let of = of_mode(mode);
    let only = ours(&incident.scope).map_or_else(String::new, |ours| format!(", only those {}", from(incident, &ours)));
    format!("{name} {did} {} of {} {of}{}{only}", count(failed), count(tried), share(incident))
}

/// What shares are of.
const fn of_mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Rates => "messages",
        Mode::CountsOnly => "bounces",
    }
}

/// What sets one organisation that refuses us apart.
fn at_one_organisation(incident: &Incident, mode: Mode) -> Vec<String> {
    let Counted::Messages { explained, explicit, .. } = incident.counted else { return Vec::new() };
    if incident.failures != FailureStream::Policy || incident.is_personal() {
        return Vec::new();
    }
    let mut parts = Vec::new();
    if explained > 0 {
        parts.push(format!(
            "another incident explains {} there",
            counted(explained, "further refusal", "further refusals")
        ));
    }
    match explicit {
        0 => parts.extend(replies(incident)),
        n => parts.push(format!("{} that it blocks us", counted(n, "reply says", "replies say"))),
    }
    if let (Some(n @ 1..), Some(receiver)) = (incident.delivered_elsewhere, incident.receiver.as_deref()) {
        parts.push(format!("{} accepted {} for others", display(receiver), counted(n, "message", "messages")));
    }
    if let Some(rate) = incident.rate_elsewhere.filter(|_| mode == Mode::Rates) {
        parts.push(format!("background rate elsewhere {}", percent(Some(rate))));
    }
    parts
}

/// What the replies say: the most frequent cause, and the list named most.
fn replies(incident: &Incident) -> Option<String> {
    let share = |n: u64| percent(super::words::share(n, Some(incident.bounces)));
    let most = |a: &&(Cause, u64), b: &&(Cause, u64)| (a.1, b.0).cmp(&(b.1, a.0));
    let (cause, n) = *incident.causes.iter().max_by(most)?;
    let cause = format!("cause {} in {} of the replies", spaced(cause.as_str()), share(n));
    Some(match incident.blocklists.first() {
        Some((list, named)) if named * 2 >= n => format!("{} named in {} of the replies", display(list), share(*named)),
        Some((list, named)) => format!("{cause}, {} named in {}", display(list), share(*named)),
        None => cause,
    })
}

/// `confidence high: evidence 165 nats, 9.1 needed`.
fn confidence(incident: &Incident) -> String {
    let how = match incident.kind.may_act() {
        true => format!("confidence {}", incident.confidence),
        false => "inconclusive".to_owned(),
    };
    incident.grounds.as_ref().map_or(how.clone(), |why| format!("{how}: {}", grounds(why)))
}

/// Why a confidence is what it is.
fn grounds(why: &Grounds) -> String {
    match why {
        Grounds::Evidence { evidence, needed } => {
            format!("evidence {} nats, {} needed", short_number(*evidence), short_number(*needed))
        }
        Grounds::Witnesses { voices, mailed } => {
            format!("{} of {} unrelated voices say the same about us", count(*voices), count(*mailed))
        }
        Grounds::BlamesUs => "its replies blame us, not a rule of its own".to_owned(),
        Grounds::TakesUnknown => "without deliveries nobody knows what else it took".to_owned(),
        Grounds::RemedyOpen => "an alternative asks for another remedy and the replies do not tell which".to_owned(),
        Grounds::CountsOnly => "deliveries are unknown".to_owned(),
        Grounds::NothingStandsOut => "no receiver and no identity of ours stands out".to_owned(),
        Grounds::AlternativeOpen => "an alternative is not ruled out".to_owned(),
        Grounds::NothingSetsApart => "several of its organisations refuse us, and nothing sets it apart".to_owned(),
        Grounds::FewOrganisations => "few organisations are hit".to_owned(),
        Grounds::SmallVolume => "few messages were sent there".to_owned(),
        Grounds::AcceptsMost => "it accepts most of our mail".to_owned(),
        Grounds::OneReply => "only one reply says so".to_owned(),
        Grounds::TooFewMessages => "too few messages for a judgement".to_owned(),
        Grounds::PatternAlone => "without deliveries a pattern alone does not show a block".to_owned(),
        Grounds::MaybeReceiver { receiver, refusing, tried } => format!(
            "{} of {} organisations behind {} refuse us, it may be the receiver",
            count(*refusing),
            count(*tried),
            display(receiver)
        ),
        Grounds::NoContrast { identity: (kind, name), others } => {
            let to = match others {
                0 => "no other organisation".to_owned(),
                n => format!("only {}", counted(*n, "other organisation", "other organisations")),
            };
            format!("{} {name} went to {to}", spaced(kind.as_str()))
        }
        Grounds::OneDirectory => {
            "one night does not tell a directory that fails from addresses that have gone".to_owned()
        }
        Grounds::OneOfTooMany => "one of too many refusals that nothing explains".to_owned(),
        Grounds::PersonalLists => {
            "the replies name lists of single recipients, and do not tell whether one person decided".to_owned()
        }
    }
}

/// `202 bounces to 202 recipients, 124 of 206 organisations`; organisations only where they are what was counted.
pub fn figures(incident: &Incident) -> String {
    let bounces = counted(incident.bounces, "bounce", "bounces");
    let recipients = counted(incident.recipients, "recipient", "recipients");
    let organisations = match incident.counted {
        Counted::Organisations { .. } => {
            format!(
                ", {} of {} organisations",
                count(incident.organisations_hit),
                count(incident.organisations_exposed)
            )
        }
        Counted::ConsumerMailboxes | Counted::Messages { .. } => String::new(),
    };
    format!("{bounces} to {recipients}{organisations}")
}

/// What speaks for an incident, a line each.
pub fn evidence(incident: &Incident) -> Vec<String> {
    let (first, rest): (Vec<_>, Vec<_>) = incident.evidence.iter().partition(|e| is_score(e));
    let causes = (!incident.causes.is_empty())
        .then(|| format!("causes: {}", listed(incident.causes.iter().map(|(cause, n)| (spaced(cause.as_str()), *n)))));
    let lines = |all: Vec<&Evidence>| all.into_iter().map(line).collect::<Vec<_>>();
    lines(first).into_iter().chain(causes).chain(lines(rest)).collect()
}

/// Whether it is a figure of the judgement, which stands before what describes the failures.
const fn is_score(evidence: &Evidence) -> bool {
    matches!(
        evidence,
        Evidence::Weighed { .. } | Evidence::MeanShare { .. } | Evidence::Chance(_) | Evidence::MailboxesLive(_)
    )
}

fn line(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Weighed { evidence, needed, odds } => format!(
            "evidence {} nats, {} needed; odds {}",
            short_number(*evidence),
            short_number(*needed),
            short_number(*odds)
        ),
        Evidence::MeanShare { inside, elsewhere } => format!(
            "mean share of failed messages by organisation: {} inside, {}",
            percent(Some(*inside)),
            elsewhere.map_or("nobody elsewhere".to_owned(), |share| format!("{} elsewhere", percent(Some(share))))
        ),
        Evidence::Chance(chance) => format!("probability at the background rate alone: {}", scientific(*chance)),
        Evidence::MailboxesLive(sign) => mailboxes_live(sign),
        Evidence::Receivers(n) => format!("receivers: {}", count(*n)),
        Evidence::AssumedOrganisation => {
            "domains of the same name at the same receiver are taken as one organisation".to_owned()
        }
        Evidence::FirstReply { source, index } => format!("first reply: {source}#{index}"),
    }
}

/// What shows that mailboxes live which are called unknown.
fn mailboxes_live(sign: &Sign) -> String {
    match sign {
        Sign::OtherIdentity { taking, hit, inside, outside } => format!(
            "{} of the {} organisations that call contacts unknown take our mail through another identity; unknown there {}, here {}",
            count(*taking),
            count(*hit),
            percent(Some(*outside)),
            percent(Some(*inside))
        ),
        Sign::AllLost { lost, mailed } => format!(
            "{} of {} organisations lost all their contacts at once, two or more each",
            count(*lost),
            count(*mailed)
        ),
        Sign::KnownLiar { contacts, tried } => format!(
            "{} of {} recipients hear words that are known to be wrong at times",
            count(*contacts),
            count(*tried)
        ),
        Sign::OneOfSeveral { unknown, all, others, all_others } => {
            let rest = match all_others {
                0 => "nothing else failed".to_owned(),
                _ => format!("of {} other failures only {}", count(*all_others), count(*others)),
            };
            format!("{} of the night's {} unknown contacts stand with it; {rest}", count(*unknown), count(*all))
        }
    }
}

/// What would make the answer better, a line each.
pub fn missing(incident: &Incident) -> Vec<String> {
    let line = |missing: &Missing| match missing {
        Missing::Deliveries => "deliveries (--delivered or --sent): shares are of bounces only".to_owned(),
        Missing::DeliveriesNaming(kind) => {
            format!("deliveries that name the {}: only bounces are compared by it", spaced(kind.as_str()))
        }
        Missing::ReceivingHosts => {
            "deliveries that name the host (remote_mta): the receiver is known only of domains with bounces".to_owned()
        }
        Missing::Contrast { carries, without } => {
            format!("mail of {} without {}, to tell them apart", scope(carries), scope(without))
        }
        Missing::MoreMail(why) => format!("more mail to compare with: {}", grounds(why)),
    };
    incident.missing.iter().map(line).collect()
}

/// Why a list source is held for review.
pub fn hold_reasons(reasons: &[HoldReason], mode: Mode) -> String {
    let of = of_mode(mode);
    let line = |reason: &HoldReason| {
        let (part, whole) = reason.figures();
        let share = percent(super::words::share(part, Some(whole)));
        match reason {
            HoldReason::UnknownAddresses { .. } => {
                format!("{} of {} {of} ({share}) to unknown addresses", count(part), count(whole))
            }
            HoldReason::Listings { mean, mean_elsewhere, .. } => format!(
                "{} of {} organisations ({share}) answer with a listing or reputation; mean share of their messages {}, elsewhere {}",
                count(part),
                count(whole),
                percent(Some(*mean)),
                percent(Some(*mean_elsewhere))
            ),
            HoldReason::Complaints { share_elsewhere, .. } => format!(
                "{} of {} messages ({share}) drew a complaint, elsewhere {}",
                count(part),
                count(whole),
                percent(Some(*share_elsewhere))
            ),
        }
    };
    reasons.iter().map(line).collect::<Vec<_>>().join("; ")
}

/// The receiver of a scope, if it names one.
fn receiver(scope: &Scope) -> Option<&str> {
    scope.part(ScopeType::Provider).or_else(|| scope.part(ScopeType::Gateway))
}

/// Our side of a scope: `192.0.2.7`, `campaign spring`; `None` where it is about a receiver, an organisation or all mail.
fn ours(scope: &Scope) -> Option<String> {
    scope.parts.iter().find_map(|(kind, key)| match kind {
        ScopeType::SendingIp | ScopeType::SendingDomain => Some(key.clone()),
        ScopeType::Campaign | ScopeType::ListSource => Some(format!("{} {key}", spaced(kind.as_str()))),
        _ => None,
    })
}

/// A scope: `192.0.2.7 at Exchange Online`.
fn scope(scope: &Scope) -> String {
    match (ours(scope), receiver(scope)) {
        (Some(own), Some(name)) => format!("{own} at {}", display(name)),
        (Some(own), None) => own,
        (None, Some(name)) => display(name),
        (None, None) => scope.part(ScopeType::Organisation).unwrap_or("all that we send").to_owned(),
    }
}

#[cfg(test)]
mod tests;
