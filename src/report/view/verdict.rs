//! The verdict: the sentence that a reader needs first, and what it asks for.

use super::incident::IncidentView;
use super::reasons;
use super::totals::Totals;
use crate::bounce::{Kind, Level, Loss, LostFile, RejectReason};
use crate::outcome::incident::Judgement;
use crate::outcome::level::{Circumstances, NightLevel, Why};
use crate::report::facts::NightFacts;
use crate::report::words::{count, counted, spaced};
use crate::suppress::{BRAKED, Lists};
use crate::tables::policy::Policy;

/// Lost files named in the verdict; the section on the data's quality holds all.
const LOST_NAMED: usize = 3;
/// Characters of a lost file's name.
const NAME: usize = 60;

/// The first thing a reader sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How urgent, and why.
    pub night: NightLevel,
    /// What was found and what was written, in one or two sentences; then the lost files and other reasons, if any.
    pub sentence: String,
    /// `1 file lost: a.csv (cut off)`, `1 file not understood: b.csv`; `None` if all were read to their end.
    pub lost: Option<String>,
    /// What to do first; `None` on a quiet night.
    pub first_step: Option<String>,
}

impl Verdict {
    /// Puts into words how urgent a night is.
    pub(super) fn new(
        night: NightLevel,
        incidents: &[IncidentView<'_>],
        totals: &Totals,
        (judgement, lists, facts, policy): Sources<'_>,
    ) -> Verdict {
        let found = found(&night, incidents, judgement, (lists, totals));
        let kept = match lists.protected_total() {
            0 => String::new(),
            n => format!(" {} protected from suppression.", counted(n, "address", "addresses")),
        };
        let lost = lost(facts);
        let also = lost.clone().into_iter().chain(reasons::told(&night, judgement, policy));
        let also: String = also.map(|sentence| format!(" {sentence}.")).collect();
        let first_step = first_step(&night, incidents, (judgement, lists, facts));
        Verdict { sentence: format!("{found}.{kept}{also}"), night, lost, first_step }
    }

    /// How urgent.
    pub fn level(&self) -> Level {
        self.night.level
    }

    /// The level in words, in capitals: `CANNOT TELL`.
    pub fn word(&self) -> String {
        spaced(self.night.level.as_str()).to_uppercase()
    }
}

/// What a verdict is made from, besides incidents and sums.
pub(super) type Sources<'a> = (&'a Judgement, &'a Lists, &'a NightFacts, &'a Policy);

/// What the level is weighed on, of the reading and the lists.
pub(super) fn circumstances(facts: &NightFacts, lists: &Lists) -> Circumstances {
    let empty = facts.rejects.iter().filter(|reject| reject.reason == RejectReason::Empty);
    let empty: u64 = empty.map(|reject| reject.count).sum();
    Circumstances {
        lost: facts.lost_total,
        unread: facts.rejects_total().saturating_sub(empty),
        items: facts.items,
        bounces: facts.of_kind(Kind::Bounce),
        unknown_replies: facts.unknown_replies,
        deliveries: facts.deliveries,
        braked: lists.brake.tripped(),
    }
}

/// How many of what were found and listed; or that there is nothing.
fn found(
    night: &NightLevel,
    incidents: &[IncidentView<'_>],
    judgement: &Judgement,
    (lists, totals): (&Lists, &Totals),
) -> String {
    let number = |wanted: &dyn Fn(&&IncidentView<'_>) -> bool| incidents.iter().filter(wanted).count() as u64;
    let numbers = [
        (number(&|i| i.incident.is_systemic()), "systemic incident", "systemic incidents"),
        (number(&|i| i.incident.lists_domain()), "tenant block", "tenant blocks"),
        (number(&|i| i.incident.waits()), "tenant block to decide", "tenant blocks to decide"),
        (number(&|i| !i.incident.acts() && i.incident.kind.may_act()), "suspected incident", "suspected incidents"),
        (number(&|i| !i.incident.kind.may_act()), "inconclusive finding", "inconclusive findings"),
        (lists.addresses_total(), "address to suppress", "addresses to suppress"),
    ];
    let found: Vec<String> =
        numbers.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(n, one, many)).collect();
    // A refusal that names a listing is something to do about, even if it is the only one.
    let nothing = judgement.named.by_list == 0 && lists.protected_total() == 0 && night.level == Level::Quiet;
    match (found.is_empty(), totals.bounces) {
        (false, _) => found.join(", "),
        (true, 0) if night.reasons.iter().any(|reason| reason.why == Why::NothingRead) => {
            "Neither bounces nor deliveries were read".to_owned()
        }
        (true, 0) => "No bounces".to_owned(),
        (true, n) if nothing => format!("{}, nothing to do about them", counted(n, "bounce", "bounces")),
        (true, n) => counted(n, "bounce", "bounces"),
    }
}

/// The lost files and those that nobody understands, the first of each by name.
fn lost(facts: &NightFacts) -> Option<String> {
    let (asked, broken): (Vec<_>, Vec<_>) = facts.lost.iter().partition(|lost| lost.why == Loss::NotUnderstood);
    let broken: Vec<_> = broken.into_iter().map(|lost| format!("{} ({})", file_name(lost), lost.why)).collect();
    let asked: Vec<_> = asked.into_iter().map(file_name).collect();
    let total = facts.lost_total - facts.not_understood;
    let parts = [
        (total > 0).then(|| format!("{}: {}", counted(total, "file lost", "files lost"), first(&broken, total))),
        (facts.not_understood > 0).then(|| {
            let files = counted(facts.not_understood, "file not understood", "files not understood");
            format!("{files}: {}", first(&asked, facts.not_understood))
        }),
    ];
    let told: Vec<String> = parts.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// The first few of so many.
fn first(names: &[String], total: u64) -> String {
    let named = names.len().min(LOST_NAMED);
    match total - named as u64 {
        0 => names[..named].join(", "),
        more => format!("{} and {} more", names[..named].join(", "), count(more)),
    }
}

/// The name without its folders, of a member with its archive's; its end, if it is long.
fn file_name(lost: &LostFile) -> String {
    let file = lost.source.split('!').next().unwrap_or_default();
    let folder = file.rfind('/').map_or(0, |at| at + 1);
    let name = lost.source.get(folder..).unwrap_or(&lost.source);
    let over = name.chars().count().saturating_sub(NAME);
    if over == 0 { name.to_owned() } else { format!("…{}", name.chars().skip(over).collect::<String>()) }
}

/// What to do about lost files, which the sentence names.
fn read_again(lost: &LostFile) -> String {
    match lost.why {
        Loss::NotUnderstood => {
            "First: say what the rows of the file not understood are (data quality holds the question) and repeat the \
                                run; what it holds is missing here."
                .to_owned()
        }
        _ => "First: get what is lost again whole and repeat the run; what it held is missing here.".to_owned(),
    }
}

/// What to do about the most urgent reason: the brake, what was not read, an incident, else a rate or a listing.
fn first_step(
    night: &NightLevel,
    incidents: &[IncidentView<'_>],
    (judgement, lists, facts): (&Judgement, &Lists, &NightFacts),
) -> Option<String> {
    if lists.brake.tripped() {
        let cap = lists.brake.cap.map(count).unwrap_or_default();
        let new = counted(lists.brake.new, "new entry", "new entries");
        return Some(format!(
            "The lists are held: {new}, the cap is {cap}. Check {BRAKED}/ before anything is imported."
        ));
    }
    let urgent: Vec<&Why> = night.reasons.iter().filter(|r| r.level == night.level).map(|r| &r.why).collect();
    let is_reason =
        |i: &&IncidentView<'_>| urgent.iter().any(|why| matches!(why, Why::Incident(id) if *id == i.incident.id));
    if urgent.iter().any(|why| matches!(why, Why::Lost(_))) {
        return facts.lost.first().map(read_again);
    }
    incident_step(incidents.iter().filter(is_reason).collect()).or_else(|| reasons::step(&urgent, judgement))
}

/// The step of the first incident of ours, else the first tenant block, else the first other.
fn incident_step(incidents: Vec<&IncidentView<'_>>) -> Option<String> {
    let systemic = || incidents.iter().find(|i| i.incident.is_systemic());
    let tenant = || incidents.iter().find(|i| i.incident.lists_domain() || i.incident.waits());
    let first = systemic().or_else(tenant).or_else(|| incidents.first())?;
    let action = first.actions.first()?;
    let (verb, rest) = action.words(&first.scope());
    let kind = first.incident.kind;
    let why = match kind.may_act() {
        false => "the evidence is inconclusive".to_owned(),
        true => format!("of {}", spaced(kind.as_str())),
    };
    Some(format!("First: {verb} {rest}, because {why}."))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::incident::{A_PERSON, Action};
    use crate::tables::policy::Verb;

    #[test]
    fn every_action_reads_as_a_sentence() {
        let until = Some(date(2026, 11, 27));
        for (verb, amount, until, want) in [
            (Verb::Suppress, "all mail", until, "suppress all mail to house.example until 2026-11-27"),
            (
                Verb::Suppress,
                "mail from news.example.com",
                None,
                "suppress mail from news.example.com to house.example",
            ),
            (
                Verb::Suppress,
                "all mail to 2 domains",
                None,
                "suppress all mail to 2 domains (organisation house.example)",
            ),
            (Verb::Hold, A_PERSON, until, "hold mail to organisation house.example until 2026-11-27; a person decides"),
            (Verb::Review, A_PERSON, None, "review organisation house.example; a person decides"),
            (Verb::Pause, "all mail of the domain", None, "pause all mail of the domain (organisation house.example)"),
        ] {
            let action = Action { verb, target: "house.example".into(), amount: amount.into(), until };
            let (verb, rest) = action.words("organisation house.example");
            assert_eq!(format!("{verb} {rest}"), want);
        }
    }
}
