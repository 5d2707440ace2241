//! What outcome says: incidents and the tables around them. Plain data; suppress acts on it, report places it.

use serde::Serialize;

pub use crate::judge::scope::Scope;

use crate::bounce::{
    Cause, Confidence, EnhancedStatus, FailureStream, IncidentKind, IncidentStatus, Level, RateName, ReplyCode,
    Timestamp,
};
use crate::judge::grounds::{Concentration, Counted, Evidence, Gate, Grounds, HoldReason, Missing};

/// Whether deliveries are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Deliveries are known; rates are shares of what was sent.
    Rates,
    /// Bounces only; rates are shares among bounces and never shown as delivery rates.
    CountsOnly,
}

/// One finding of a night.
#[derive(Debug, Clone)]
pub struct Incident {
    /// `KIND-` and a short hash of kind and scope: the same finding has the same id on every night.
    pub id: String,
    /// What it is.
    pub kind: IncidentKind,
    /// What it is about.
    pub scope: Scope,
    /// How sure; `inconclusive` ones are `Low`.
    pub confidence: Confidence,
    /// Failures explained by it.
    pub bounces: u64,
    /// Distinct recipients among them.
    pub recipients: u64,
    /// Organisations with at least one such failure; a consumer pool counts as one.
    pub organisations_hit: u64,
    /// Organisations that we tried to reach inside the scope.
    pub organisations_exposed: u64,
    /// Share of exposed organisations that failed (for an organisation's own incident and for the consumer mailboxes of a
    /// receiver: of messages), 0..=1; `None` without trials.
    pub rate: Option<f64>,
    /// Lower 95 % bound of `rate` (Wilson 1927).
    pub rate_low: Option<f64>,
    /// Upper 95 % bound of `rate`.
    pub rate_high: Option<f64>,
    /// The same share outside the scope; `None` without contrast.
    pub rate_elsewhere: Option<f64>,
    /// Share of the scope's mail that it refuses, 0..=1; `None` counts-only, and for a scope that deliveries do not name.
    pub impact: Option<f64>,
    /// Lower 95 % bound of `impact` (Wilson 1927).
    pub impact_low: Option<f64>,
    /// Upper 95 % bound of `impact`.
    pub impact_high: Option<f64>,
    /// The stream of failures that it was found in.
    pub failures: FailureStream,
    /// What `rate` is a share of, in counts.
    pub counted: Counted,
    /// Why the confidence is what it is; `None` where nothing more is to say.
    pub grounds: Option<Grounds>,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// Lists that the replies name, with counts, most named first.
    pub blocklists: Vec<(String, u64)>,
    /// The most frequent reply template among its failures.
    pub template: Option<String>,
    /// A sample reply, verbatim.
    pub sample: Option<String>,
    /// The cause most frequent among its failures.
    pub cause: Option<Cause>,
    /// All causes among its failures with counts, in the order of the contract.
    pub causes: Vec<(Cause, u64)>,
    /// The receiver most frequent among its failures.
    pub receiver: Option<String>,
    /// Whether the tenant's own wording says so (explicit rule), for tenant blocks.
    pub explicit: bool,
    /// Rivals that explain the same failures about as well.
    pub confounded_with: Vec<Scope>,
    /// For an organisation's incident: all its domains that we mailed, most mail first.
    pub domains: Vec<String>,
    /// Messages that the same organisation's receiver accepted from us for others that night; `None` counts-only.
    pub delivered_elsewhere: Option<u64>,
    /// First failure.
    pub first_seen: Option<Timestamp>,
    /// Last failure.
    pub last_seen: Option<Timestamp>,
    /// Against earlier nights; `New` without memory.
    pub status: IncidentStatus,
    /// What would make the answer better.
    pub missing: Vec<Missing>,
}

impl Incident {
    /// Whether something follows from it without a person's decision.
    pub fn acts(&self) -> bool {
        self.confidence != Confidence::Low && self.kind.may_act()
    }

    /// Whether it acts and the problem is ours, or a receiver's with us: stop and fix.
    pub fn is_systemic(&self) -> bool {
        self.acts() && self.kind.is_systemic()
    }

    /// Whether it acts and one organisation refuses us: its domains may be listed. Not where nobody knows what else it took: a
    /// person, or a night with deliveries, decides.
    pub fn lists_domain(&self) -> bool {
        self.acts() && self.kind.lists_domain() && self.grounds != Some(Grounds::TakesUnknown)
    }

    /// Whether lists of single recipients are all that speaks for it: each of them is that recipient's wish, and the domain as a
    /// whole waits for nobody.
    pub fn is_personal(&self) -> bool {
        self.grounds == Some(Grounds::PersonalLists)
    }

    /// Whether it acts, but a person or a night with deliveries decides whether its domains are listed.
    pub fn waits(&self) -> bool {
        self.acts() && self.kind.lists_domain() && !self.lists_domain()
    }

    /// Whether it acts and protects the bounces that it explains.
    pub fn protects(&self) -> bool {
        self.acts() && self.kind.protects()
    }
}

/// One recipient domain.
#[derive(Debug, Clone)]
pub struct DomainRow {
    /// The domain.
    pub domain: String,
    /// Its organisation; `None` for a consumer domain.
    pub organisation: Option<String>,
    /// The receiver that serves it.
    pub receiver: Option<String>,
    /// Failures.
    pub bounces: u64,
    /// Deferrals seen.
    pub delays: u64,
    /// Complaints.
    pub complaints: u64,
    /// Messages accepted; `None` counts-only.
    pub delivered: Option<u64>,
    /// Failures by cause, most first.
    pub causes: Vec<(Cause, u64)>,
    /// The incident that covers most of its failures.
    pub incident: Option<String>,
}

impl DomainRow {
    /// Share of the messages tried that failed, 0..=1; `None` counts-only.
    pub fn rate(&self) -> Option<f64> {
        let tried = self.delivered?.saturating_add(self.bounces);
        (tried > 0).then(|| self.bounces as f64 / tried as f64)
    }
}

/// One combination of reply code, status, cause and receiver.
#[derive(Debug, Clone)]
pub struct CodeRow {
    /// Reply code.
    pub reply_code: Option<ReplyCode>,
    /// Enhanced status.
    pub status: Option<EnhancedStatus>,
    /// Cause.
    pub cause: Cause,
    /// Receiver that spoke.
    pub receiver: Option<String>,
    /// Failures.
    pub bounces: u64,
    /// Distinct organisations.
    pub organisations: u64,
    /// The most frequent template.
    pub template: Option<String>,
}

/// One recipient domain × reply code × status × cause.
#[derive(Debug, Clone)]
pub struct DomainCodeRow {
    /// The domain.
    pub domain: String,
    /// Reply code.
    pub reply_code: Option<ReplyCode>,
    /// Enhanced status.
    pub status: Option<EnhancedStatus>,
    /// Cause.
    pub cause: Cause,
    /// Failures.
    pub bounces: u64,
}

/// A list source to hold for review as a whole.
#[derive(Debug, Clone)]
pub struct ListSourceRow {
    /// The source's name.
    pub list_source: String,
    /// Messages tried; `None` counts-only.
    pub tried: Option<u64>,
    /// Unknown, disabled and dead addresses.
    pub unknown: u64,
    /// Failures that name a listing or reputation.
    pub listings: u64,
    /// Complaints.
    pub complaints: u64,
    /// Why it is held; at least one.
    pub reasons: Vec<HoldReason>,
    /// The incident, if one says so.
    pub incident: Option<String>,
}

/// A candidate that was weighed: for `explain --incident`.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// Round of the greedy explanation, from 1.
    pub round: u32,
    /// What it was about.
    pub scope: Scope,
    /// Log-likelihood ratio, nats.
    pub evidence: f64,
    /// Score after priors and wording.
    pub score: f64,
    /// Gates passed and failed, in order.
    pub gates: Vec<Gate>,
    /// The incident that it became, if chosen.
    pub incident: Option<String>,
}

/// What organisations name; a consumer pool counts as one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Public lists with the failures that name them, most named first, then by name.
    pub lists: Vec<(String, u64)>,
    /// Organisations that name any of them.
    pub by_list: u64,
    /// Organisations that name SPF, DKIM or DMARC.
    pub by_authentication: u64,
}

/// A share of the night, or of one part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// What is counted.
    pub name: RateName,
    /// The fleet, a list source, a campaign, or a receiver.
    pub scope: Scope,
    /// Messages counted.
    pub events: u64,
    /// Distinct recipients behind them, of complaints; `None` where they are not counted.
    pub recipients: Option<u64>,
    /// Of so many messages; `None` where too few are known for a share.
    pub of: Option<u64>,
    /// The share, 0..=1; `None` without `of`.
    pub share: Option<f64>,
    /// Its lower bound, 0..=1, at 95 % for all of its kind together (Wilson 1927, Bonferroni 1936); `None` without `of`.
    pub low: Option<f64>,
    /// What it comes to; `Quiet`: a figure and no more.
    pub level: Level,
}

/// All that outcome says of a night.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Rates or counts-only.
    pub mode: Mode,
    /// Sorted: those that act first, then by bounces, then by id.
    pub incidents: Vec<Incident>,
    /// By recipient domain, most bounces first.
    pub domains: Vec<DomainRow>,
    /// By code, most bounces first.
    pub codes: Vec<CodeRow>,
    /// By domain and code, sorted by domain.
    pub domain_codes: Vec<DomainCodeRow>,
    /// Sources to hold.
    pub list_sources: Vec<ListSourceRow>,
    /// What was weighed.
    pub weighed: Vec<Weighed>,
    /// Messages tried: delivered plus bounced; `None` counts-only.
    pub tried: Option<u64>,
    /// Delivered; `None` counts-only.
    pub delivered: Option<u64>,
    /// Distinct recipients mailed, as far as known; `None` counts-only.
    pub recipients_mailed: Option<u64>,
    /// How concentrated the refusals are; `None` without any.
    pub concentration: Option<Concentration>,
    /// Public lists and failed authentication, by how many organisations name them.
    pub named: Named,
    /// Shares that are a reason by themselves: those of the night, then the parts that stand out.
    pub rates: Vec<Rate>,
}
