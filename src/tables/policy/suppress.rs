//! The `[suppress.*]` part of policy.toml: cause -> list and expiry, incident -> action.

use jiff::civil::Date;
use serde::Deserialize;

use crate::bounce::IncidentKind;

/// What follows from a cause or an incident.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppress {
    /// How long entries last.
    pub expires: Expires,
    /// Which complaints count.
    pub complaint: Complaint,
    /// When a full mailbox is given up.
    pub mailbox_full: MailboxFull,
    /// The default cap on new entries.
    pub brake: Brake,
    /// Wordings of "unknown" that are wrong at times.
    #[serde(default)]
    pub doubtful: Vec<Doubtful>,
    /// Where an action changes.
    pub impact: Impact,
    /// What to do about incidents.
    #[serde(default)]
    pub act: Vec<Act>,
}

impl Suppress {
    /// What to do about an incident of that kind; `None` when the policy names nothing.
    pub fn act_on(&self, kind: IncidentKind) -> Option<&Act> {
        self.act.iter().find(|act| act.incident == kind)
    }
}

/// How long an entry lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Expiry {
    /// Until somebody removes it.
    Never,
    /// So many days from the night's date.
    Days(u16),
}

impl Expiry {
    /// The first day on which the entry no longer holds; `None` when it never lapses.
    pub fn from_night(self, as_of: Date) -> Option<Date> {
        match self {
            Expiry::Never => None,
            // Saturates at the calendar's end, 9999-12-31.
            Expiry::Days(days) => Some(as_of.saturating_add(jiff::Span::new().days(i64::from(days)))),
        }
    }
}

impl TryFrom<String> for Expiry {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "never" {
            return Ok(Expiry::Never);
        }
        text.strip_suffix(" days")
            .and_then(|days| days.parse().ok())
            .filter(|days| *days > 0)
            .map(Expiry::Days)
            .ok_or_else(|| format!("expiry {text:?}; write \"never\" or \"N days\""))
    }
}

/// How long each kind of entry lasts. One field for each cause that may suppress; there are no others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expires {
    /// No such mailbox.
    pub mailbox_unknown: Expiry,
    /// Switched off.
    pub mailbox_disabled: Expiry,
    /// The recipient complained.
    pub complaint: Expiry,
    /// The recipient's own rule, or an internal-only group.
    pub tenant_policy: Expiry,
    /// Full for long.
    pub mailbox_full: Expiry,
    /// The domain takes no mail.
    pub domain_invalid: Expiry,
    /// An organisation that says in its own words that it refuses us.
    pub tenant_block_explicit: Expiry,
    /// An organisation whose pattern says so.
    pub tenant_block_pattern: Expiry,
    /// What a person must decide.
    pub held: Expiry,
}

/// Which complaints count.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// Feedback types (RFC 5965 and its registry), lower case.
    pub feedback_types: Vec<String>,
}

impl Complaint {
    /// Whether a feedback report is the recipient's wish; one without a type is a platform's own complaint event.
    pub fn is_wish(&self, feedback_type: Option<&str>) -> bool {
        feedback_type.is_none_or(|t| self.feedback_types.iter().any(|known| known == t))
    }
}

/// When a full mailbox is given up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxFull {
    /// So many bounces on distinct days.
    pub bounces: u32,
    /// Within so many days.
    pub within_days: u16,
}

/// The default cap on new entries of one run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brake {
    /// So many entries are always allowed.
    pub entries: u64,
    /// And this share of the recipients mailed, 0..=1.
    pub share: f64,
}

/// A wording of "unknown" that is wrong at times.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doubtful {
    /// Only when one of these systems spoke; empty: any.
    #[serde(default)]
    pub receiver: Vec<String>,
    /// Any of these, lower case, within the reply.
    pub text: Vec<String>,
    /// When it is not believed.
    pub when: Vec<When>,
    /// Where the row's knowledge comes from.
    pub source: String,
}

impl Doubtful {
    /// Whether it is a wording of that system's.
    pub fn speaks(&self, speaker: Option<&str>) -> bool {
        self.receiver.is_empty() || speaker.is_some_and(|s| self.receiver.iter().any(|r| r == s))
    }

    /// Whether a reply says it.
    pub fn says(&self, reply: &str) -> bool {
        let reply = reply.to_ascii_lowercase();
        self.text.iter().any(|text| reply.contains(text.as_str()))
    }

    /// Whether it is a lie where many contacts of one organisation hear it at once.
    pub fn in_masses(&self) -> bool {
        self.when.contains(&When::DomainFlips)
    }
}

/// When a doubtful wording is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// On its own, ever.
    Always,
    /// When many contacts of its organisation hear it at once; judged, as `unreliable_unknown`.
    DomainFlips,
    /// When its receiver is under an incident the same night.
    ReceiverIncident,
}

/// What to do about an incident.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// The kind of incident.
    pub incident: IncidentKind,
    /// What to do.
    pub verb: Verb,
    /// How much, in words.
    pub amount: String,
    /// Until the next look, in days; absent: until it is fixed.
    pub days: Option<u16>,
    /// What to do instead where little of the scope's mail is refused, or nobody knows how much.
    pub little: Option<Step>,
    /// What to do instead where nearly all of it is refused.
    pub nearly_all: Option<Step>,
}

/// What to do instead.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do.
    pub verb: Verb,
    /// How much, in words.
    pub amount: String,
}

/// Where an action changes with the share of the scope's mail that is refused, each 0..=1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impact {
    /// Below it is little.
    pub little: f64,
    /// From it on it is nearly all.
    pub nearly_all: f64,
}

impl Act {
    /// What to do, and how much, where this share of the scope's mail is refused; `None` where nobody knows. `whole` scopes
    /// (a receiver) are acted on, however little we send there.
    pub fn at(&self, impact: Option<f64>, whole: bool, bounds: Impact) -> (Verb, &str) {
        let little = !whole && impact.is_none_or(|impact| impact < bounds.little);
        let nearly_all = impact.is_some_and(|impact| impact >= bounds.nearly_all);
        let step = self.little.as_ref().filter(|_| little).or(self.nearly_all.as_ref().filter(|_| nearly_all));
        step.map_or((self.verb, &self.amount), |step| (step.verb, &step.amount))
    }
}

/// What to do with mail inside an incident's scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Put on the suppression list.
    Suppress,
    /// Send nothing for some days.
    Pause,
    /// Send less.
    Throttle,
    /// Send nothing until fixed.
    Stop,
    /// Send no more until a person decided.
    Hold,
    /// A person looks.
    Review,
    /// Leave it to the retries.
    Retry,
}

impl Verb {
    /// The spelling used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Suppress => "suppress",
            Verb::Pause => "pause",
            Verb::Throttle => "throttle",
            Verb::Stop => "stop",
            Verb::Hold => "hold",
            Verb::Review => "review",
            Verb::Retry => "retry",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_counts_from_the_night() {
        let night = jiff::civil::date(2026, 11, 20);
        assert_eq!(Expiry::Days(90).from_night(night), Some(jiff::civil::date(2027, 2, 18)));
        assert_eq!(Expiry::Never.from_night(night), None);
    }

    #[test]
    fn an_expiry_at_the_end_of_time_does_not_overflow() {
        assert_eq!(Expiry::Days(u16::MAX).from_night(Date::MAX), Some(Date::MAX));
    }

    #[test]
    fn every_incident_kind_has_an_action() {
        let policy = crate::tables::policy::load(None).unwrap().suppress;
        for kind in IncidentKind::ALL {
            assert!(policy.act_on(*kind).is_some(), "{kind}");
        }
    }
}
