//! The verdict: the sentence that a reader needs first, and what it asks for.

use super::incident::IncidentView;
use super::totals::Totals;
use crate::bounce::{Confidence, IncidentKind, Loss, LostFile};
use crate::report::facts::NightFacts;
use crate::report::words::{count, counted, spaced};
use crate::suppress::{BRAKED, Lists};

/// Lost files named in the verdict; the section on the data's quality holds all.
const LOST_NAMED: usize = 3;
/// Characters of a lost file's name.
const NAME: usize = 60;

/// How urgent the night is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing to decide.
    Quiet,
    /// Something to look at.
    Watch,
    /// Something to stop or fix.
    Act,
}

impl Level {
    /// A word for it; colour alone never says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Quiet => "quiet",
            Level::Watch => "watch",
            Level::Act => "act",
        }
    }
}

/// The first thing a reader sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How urgent.
    pub level: Level,
    /// What was found and what was written, in one or two sentences; then the lost files, if any.
    pub sentence: String,
    /// `1 file lost: a.csv (cut off)`, `1 file not understood: b.csv`; `None` if all were read to their end.
    pub lost: Option<String>,
    /// What to do first; `None` on a quiet night.
    pub first_step: Option<String>,
}

impl Verdict {
    pub(super) fn new(incidents: &[IncidentView<'_>], lists: &Lists, totals: &Totals, facts: &NightFacts) -> Verdict {
        let number = |wanted: &dyn Fn(&&IncidentView<'_>) -> bool| incidents.iter().filter(wanted).count() as u64;
        let systemic = number(&|i| i.is_systemic() && i.acts());
        let tenants = number(&|i| i.incident.kind == IncidentKind::TenantBlock && i.acts());
        let suspected =
            number(&|i| i.incident.confidence == Confidence::Low && i.incident.kind != IncidentKind::Inconclusive);
        let inconclusive = number(&|i| i.incident.kind == IncidentKind::Inconclusive);
        let level = match (systemic, tenants + suspected + inconclusive) {
            _ if lists.brake.tripped() => Level::Act,
            (0, 0) if facts.lost_total > 0 => Level::Watch,
            (0, 0) => Level::Quiet,
            (0, _) => Level::Watch,
            _ => Level::Act,
        };
        let mut found = Vec::new();
        let mut tell = |n: u64, one: &str, many: &str| {
            if n > 0 {
                found.push(counted(n, one, many));
            }
        };
        tell(systemic, "systemic incident", "systemic incidents");
        tell(tenants, "tenant block", "tenant blocks");
        tell(suspected, "suspected incident", "suspected incidents");
        tell(inconclusive, "inconclusive finding", "inconclusive findings");
        tell(lists.addresses_total(), "address to suppress", "addresses to suppress");
        let found = match (found.is_empty(), totals.bounces) {
            (false, _) => found.join(", "),
            (true, 0) => "No bounces".to_owned(),
            (true, n) => format!("{}, nothing to do about them", counted(n, "bounce", "bounces")),
        };
        let kept = match lists.protected_total() {
            0 => String::new(),
            n => format!(" {} protected from suppression.", counted(n, "address", "addresses")),
        };
        let lost = lost(facts);
        let told = lost.as_ref().map(|lost| format!(" {lost}.")).unwrap_or_default();
        let first_step = first_step(incidents, lists).or_else(|| facts.lost.first().map(read_again));
        Verdict { level, sentence: format!("{found}.{kept}{told}"), lost, first_step }
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

/// What to do where nothing else is.
fn read_again(lost: &LostFile) -> String {
    let name = file_name(lost);
    match lost.why {
        Loss::NotUnderstood => format!(
            "First: say what the rows of {name} are (data quality holds the question) and repeat the run; what it holds is missing here."
        ),
        _ => format!("First: get {name} again whole and repeat the run; what it held is missing here."),
    }
}

/// The most urgent step: the brake, else the first incident of ours, else the first other.
fn first_step(incidents: &[IncidentView<'_>], lists: &Lists) -> Option<String> {
    if lists.brake.tripped() {
        let cap = lists.brake.cap.map(count).unwrap_or_default();
        let new = counted(lists.brake.new, "new entry", "new entries");
        return Some(format!(
            "The lists are held: {new}, the cap is {cap}. Check {BRAKED}/ before anything is imported."
        ));
    }
    let systemic = || incidents.iter().find(|i| i.is_systemic() && i.acts());
    let tenant = || incidents.iter().find(|i| i.incident.kind == IncidentKind::TenantBlock && i.acts());
    let first = systemic().or_else(tenant).or_else(|| incidents.first())?;
    let action = first.actions.first()?;
    let (verb, rest) = action.words(&first.scope());
    let why = match first.incident.kind {
        IncidentKind::Inconclusive => "the evidence is inconclusive".to_owned(),
        kind => format!("of {}", spaced(kind.as_str())),
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
