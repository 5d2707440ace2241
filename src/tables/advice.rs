//! Rows of advice.toml: what to do about a cause or an incident. In: the built-in text and a user's rows. Out: steps in
//! the order in which to take them. Placing them on a page is report's work.
//!
//! Several rows may fit one case. Of each phase only the narrowest speak, so that "forward the reply to this address"
//! replaces "ask the list", and the general steps of the other phases stay.

use std::path::Path;

use serde::Deserialize;

use super::blocklists::{Blocklist, BlocklistKind};
use super::{Row, Table, TableError, load};
use crate::bounce::{Cause, IncidentKind};

/// When a step is due; the order of the members is the order of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// What to halt now.
    Stop,
    /// What to look at.
    Check,
    /// What to change on our side.
    Fix,
    /// Where to look up or appeal, or whom to write to.
    Ask,
    /// When and how to go on.
    Resume,
    /// What makes it worse.
    Avoid,
}

impl Phase {
    /// All phases, in order of work.
    pub const ALL: [Phase; 6] = [Phase::Stop, Phase::Check, Phase::Fix, Phase::Ask, Phase::Resume, Phase::Avoid];

    /// The spelling in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Stop => "stop",
            Phase::Check => "check",
            Phase::Fix => "fix",
            Phase::Ask => "ask",
            Phase::Resume => "resume",
            Phase::Avoid => "avoid",
        }
    }
}

/// One thing to do, or to leave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When it is due.
    pub phase: Phase,
    /// What to do, a sentence or two.
    pub text: String,
    /// How long it usually takes, such as `24-48 h`; `None` where that says nothing.
    pub takes: Option<String>,
    /// The page to do it at.
    pub link: Option<String>,
    /// Where the knowledge comes from.
    pub source: String,
}

/// One row: the cases it speaks for, and what it says. All keys given must fit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceRow {
    /// For one bounce of these causes.
    #[serde(default)]
    pub cause: Vec<Cause>,
    /// For incidents of these kinds.
    #[serde(default)]
    pub incident: Vec<IncidentKind>,
    /// Only where one of these receivers refuses.
    #[serde(default)]
    pub receiver: Vec<String>,
    /// Only where one of these lists is named.
    #[serde(default)]
    pub blocklist: Vec<String>,
    /// Only where one of these rules of rules.toml spoke.
    #[serde(default)]
    pub rule: Vec<String>,
    /// What to do.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

impl Table for AdviceRow {
    const FILE: &'static str = "advice.toml";
    const KEY: &'static str = "advice";
    const BUILT_IN: &'static str = include_str!("advice.toml");
}

/// What advice is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// One bounce.
    Cause(Cause),
    /// A finding of a night.
    Incident(IncidentKind),
}

/// What is known beside it; whatever is unknown stays empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Case<'a> {
    /// The system that refuses, such as `exchange_online`.
    pub receiver: Option<&'a str>,
    /// The lists that the replies name, most named first.
    pub blocklists: &'a [&'a str],
    /// The rule that named the cause.
    pub rule: Option<&'a str>,
}

/// All advice: a user's rows, then the built-in ones.
#[derive(Debug)]
pub struct Advice {
    rows: Vec<Row<AdviceRow>>,
}

impl Advice {
    /// Loads the table.
    ///
    /// # Errors
    /// A row that is broken or that no case can reach, with file and line.
    pub fn load(user_tables: Option<&Path>) -> Result<Advice, TableError> {
        let mut rows = load::<AdviceRow>(user_tables)?;
        for row in &rows {
            if row.value.cause.is_empty() && row.value.incident.is_empty() {
                return Err(row.error("advice for nothing; give it `cause` or `incident`"));
            }
            if let Some(step) = row.value.steps.iter().find(|step| step.source.trim().is_empty()) {
                return Err(row.error(format!("\"{}\" has no source; say where it is from", step.text)));
            }
        }
        for list in load::<Blocklist>(user_tables)? {
            if !rows.iter().any(|row| tells_of(&row.value, &list.value.name)) {
                let value = off_the_list(&list.value);
                rows.push(Row { file: list.file, line: list.line, value });
            }
        }
        Ok(Advice { rows })
    }

    /// What to do, in order. Empty only where a user's table replaced the built-in one and says nothing.
    pub fn for_case(&self, about: About, case: &Case<'_>) -> Vec<&Step> {
        let fitting: Vec<(u8, &AdviceRow)> =
            self.rows.iter().filter_map(|row| Some((narrowness(&row.value, about, case)?, &row.value))).collect();
        let mut steps = Vec::new();
        for phase in Phase::ALL {
            let speaks = |row: &AdviceRow| row.steps.iter().any(|step| step.phase == phase);
            let narrowest = fitting.iter().filter(|(_, row)| speaks(row)).map(|(narrow, _)| *narrow).max();
            for (_, row) in fitting.iter().filter(|(narrow, _)| Some(*narrow) == narrowest) {
                steps.extend(row.steps.iter().filter(|step| step.phase == phase));
            }
        }
        steps
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[Row<AdviceRow>] {
        &self.rows
    }
}

/// Whether a row speaks of a list, or of the receiver whose own list it is.
fn tells_of(row: &AdviceRow, list: &str) -> bool {
    let owner = list.strip_suffix("_internal").unwrap_or_default();
    row.blocklist.iter().any(|name| name == list) || row.receiver.iter().any(|name| name == owner)
}

/// Advice for a list that no row of advice.toml names, from what blocklists.toml tells of it.
fn off_the_list(list: &Blocklist) -> AdviceRow {
    let name = &list.name;
    let (what, cause, incident) = match list.kind {
        BlocklistKind::Ip => (
            "IP",
            vec![Cause::IpReputation],
            vec![IncidentKind::IpReputation, IncidentKind::GatewayBlock, IncidentKind::ProviderBlock],
        ),
        BlocklistKind::Domain | BlocklistKind::Url => (
            "domain",
            vec![Cause::DomainReputation, Cause::Content],
            vec![IncidentKind::DomainReputation, IncidentKind::ContentRejection],
        ),
    };
    let page = |text: &str| text.starts_with("https://") && !text.contains(' ');
    let lookup = list.lookup.as_ref().map(|page| page.replace("{entry}", ""));
    let text = match (&lookup, list.removal.as_deref()) {
        (Some(_), Some(removal)) if page(removal) => {
            format!("Look the {what} up at {name}; once the cause is gone, ask for removal: {removal}")
        }
        (Some(_), Some(removal)) => format!("Look the {what} up at {name}. To get off it: {removal}."),
        (Some(_), None) => format!("Look the {what} up at {name}."),
        (None, Some(removal)) => format!("To get off {name}: {removal}."),
        (None, None) => format!("Ask {name} for removal once the cause is gone."),
    };
    let link = lookup.filter(|link| page(link));
    let step = Step { phase: Phase::Ask, text, takes: None, link, source: list.source.clone() };
    AdviceRow {
        cause,
        incident,
        receiver: Vec::new(),
        blocklist: vec![name.clone()],
        rule: Vec::new(),
        steps: vec![step],
    }
}

/// How narrowly a row fits a case: a rule counts 4, a list 2, a receiver 1; `None` where it does not fit.
fn narrowness(row: &AdviceRow, about: About, case: &Case<'_>) -> Option<u8> {
    let concerned = match about {
        About::Cause(cause) => row.cause.contains(&cause),
        About::Incident(kind) => row.incident.contains(&kind),
    };
    let one_of = |wanted: &[String], known: &[&str], weight: u8| match wanted {
        [] => Some(0),
        _ => wanted.iter().any(|w| known.contains(&w.as_str())).then_some(weight),
    };
    if !concerned {
        return None;
    }
    let rule = one_of(&row.rule, case.rule.as_slice(), 4)?;
    let list = one_of(&row.blocklist, case.blocklists, 2)?;
    let receiver = one_of(&row.receiver, case.receiver.as_slice(), 1)?;
    Some(rule + list + receiver)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::rules::Rule;

    fn advice() -> Advice {
        Advice::load(None).unwrap()
    }

    fn ask(about: About, case: Case<'_>) -> String {
        let advice = advice();
        let asks: Vec<_> = advice.for_case(about, &case).into_iter().filter(|s| s.phase == Phase::Ask).collect();
        asks.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_cause_and_every_incident_kind_has_advice() {
        let advice = advice();
        for cause in Cause::ALL {
            assert!(!advice.for_case(About::Cause(*cause), &Case::default()).is_empty(), "{cause}");
        }
        for kind in IncidentKind::ALL {
            assert!(!advice.for_case(About::Incident(*kind), &Case::default()).is_empty(), "{kind}");
        }
    }

    #[test]
    fn steps_come_in_order_of_work() {
        let advice = advice();
        for cause in Cause::ALL {
            let phases: Vec<_> = advice
                .for_case(
                    About::Cause(*cause),
                    &Case { receiver: Some("google"), blocklists: &["spamhaus"], rule: None },
                )
                .iter()
                .map(|step| step.phase)
                .collect();
            assert!(phases.is_sorted(), "{cause}: {phases:?}");
        }
    }

    #[test]
    fn the_narrowest_row_speaks_and_the_general_steps_of_other_phases_stay() {
        let advice = advice();
        let case =
            Case { receiver: Some("exchange_online"), blocklists: &["spamhaus_zen"], rule: Some("list-spamhaus-ip") };
        let steps = advice.for_case(About::Cause(Cause::IpReputation), &case);
        let asks: Vec<_> = steps.iter().filter(|s| s.phase == Phase::Ask).collect();
        assert_eq!(asks.len(), 1);
        assert_eq!(asks[0].link.as_deref(), Some("https://check.spamhaus.org/"));
        assert!(steps.iter().any(|s| s.phase == Phase::Stop && s.text.starts_with("Pause the sending IP")));
    }

    #[test]
    fn a_banned_ip_at_microsoft_is_told_portal_and_address() {
        let case = Case {
            receiver: Some("exchange_online"),
            blocklists: &["microsoft_internal"],
            rule: Some("list-microsoft-ip"),
        };
        let text = ask(About::Cause(Cause::IpReputation), case);
        assert!(text.contains("delist portal") && text.contains("delist@microsoft.com"), "{text}");
    }

    #[test]
    fn several_lists_each_have_their_say() {
        let case = Case { receiver: None, blocklists: &["barracuda_brbl", "spamcop"], rule: None };
        let text = ask(About::Incident(IncidentKind::IpReputation), case);
        assert!(text.contains("Barracuda Central") && text.contains("SpamCop"), "{text}");
    }

    #[test]
    fn a_list_without_advice_of_its_own_tells_its_pages() {
        let case = Case { receiver: Some("postfix"), blocklists: &["gbudb"], rule: None };
        let text = ask(About::Cause(Cause::IpReputation), case);
        assert!(text.starts_with("Look the IP up at gbudb") && text.contains("it expires"), "{text}");
    }

    #[test]
    fn every_list_has_advice() {
        for list in load::<Blocklist>(None).unwrap() {
            let name = list.value.name.as_str();
            assert!(advice().rows().iter().any(|row| tells_of(&row.value, name)), "{name}");
        }
    }

    #[test]
    fn rules_that_advice_names_exist() {
        let ids: Vec<String> = load::<Rule>(None).unwrap().into_iter().map(|row| row.value.id).collect();
        for row in advice().rows() {
            for rule in &row.value.rule {
                assert!(ids.contains(rule), "{}:{}: no rule \"{rule}\"", row.file, row.line);
            }
        }
    }

    #[test]
    fn links_are_pages() {
        for row in advice().rows() {
            for step in &row.value.steps {
                let page = step.link.as_deref().is_none_or(|link| link.starts_with("https://"));
                assert!(page, "{}:{}: {:?}", row.file, row.line, step.link);
            }
        }
    }

    #[test]
    fn advice_for_nothing_is_an_error_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let text = "\n[[advice]]\n[[advice.step]]\nphase = \"fix\"\ntext = \"x\"\nsource = \"y\"\n";
        std::fs::write(dir.path().join("advice.toml"), text).unwrap();
        let error = Advice::load(Some(dir.path())).unwrap_err();
        assert_eq!((error.line, error.what.as_str()), (2, "advice for nothing; give it `cause` or `incident`"));
    }
}
