//! The thresholds of judging. In: the section `[judging]` of policy.toml. Out: numbers by name. What they decide is
//! judge's work; the reasons stand in policy.toml, beside the values.

use serde::Deserialize;

/// All thresholds of judging. Shares are 0..=1, evidence is in nats.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judging {
    /// Chance that a whole night without incident shows one; shared by all candidates tried.
    pub error_budget: f64,
    /// Fewer than three organisations are single tenants, whatever they have in common.
    pub organisations: f64,
    /// Odds inside against outside. With thousands of organisations a harmless difference becomes significant; a cause is large.
    pub odds: f64,
    /// A vendor's block hits most of its customers: the lower 95 % bound of their share. Two strict tenants of one vendor stay below it.
    pub receiver_low: f64,
    /// A listing of ours is consulted by some receivers only.
    pub sender_share: f64,
    /// Without anybody outside there is no contrast.
    pub outside_organisations: f64,
    /// A consumer pool is one decision-maker; it is an incident of its own only if almost nobody else refuses.
    pub pool_outside: f64,
    /// The same without deliveries, where shares are among bounces and so higher.
    pub pool_outside_counts: f64,
    /// Without deliveries a pool needs clearer odds.
    pub pool_odds_counts: f64,
    /// Refusals of a consumer pool before it is a candidate.
    pub pool_refusals: f64,
    /// The same where all of them name the same cause.
    pub pool_refusals_named: f64,
    /// Nats. A pair must explain more than either of its parts.
    pub pair_penalty: f64,
    /// Nats for wording that names the candidate's kind: enough to break ties, too little to overrule a clear pattern.
    pub text_weight: f64,
    /// More incidents of our side than this in one night are one incident of the fleet.
    pub rounds: f64,
    /// Odds of 20 to 1. Within them a rival is not ruled out.
    pub rival_nats: f64,
    /// A rival explains at least this share of the same failures.
    pub rival_overlap: f64,
    /// A candidate that holds this share of the same messages is a rival, whatever its evidence.
    pub rival_slices: f64,
    /// With less of the wording naming the kind, nothing but the pattern speaks for one rival over another.
    pub silent_text: f64,
    /// Receivers that do not say why are the rule; where this share names SPF, DKIM or DMARC, that is the cause.
    pub authentication_share: f64,
    /// Where this share names SPF, DKIM or DMARC, that is what a receiver or the fleet suffers from.
    pub authentication_majority: f64,
    /// Replies of another wording belong to an incident if they are as much more frequent inside as the incident itself must be.
    pub absorb_odds: f64,
    /// Voices that name what anybody can check, for a word about it.
    pub witness_low: f64,
    /// The same for medium confidence, and their share of the voices mailed.
    pub witness_medium: f64,
    /// See `witness_medium`.
    pub witness_medium_share: f64,
    /// The same among voices with any failure, without deliveries.
    pub witness_medium_share_counts: f64,
    /// Medium confidence at a smaller share, where there are many.
    pub witness_many: f64,
    /// See `witness_many`.
    pub witness_many_share: f64,
    /// High confidence, and the share.
    pub witness_high: f64,
    /// See `witness_high`.
    pub witness_high_share: f64,
    /// High confidence at a smaller share, where there are very many.
    pub witness_high_many: f64,
    /// See `witness_high_many`.
    pub witness_high_many_share: f64,
    /// Voices that say what only they know (a score, content), for medium confidence, and their share.
    pub witness_score_medium: f64,
    /// See `witness_score_medium`.
    pub witness_score_medium_share: f64,
    /// The same for high confidence.
    pub witness_score_high: f64,
    /// See `witness_score_high`.
    pub witness_score_high_share: f64,
    /// The same without deliveries, never more than medium.
    pub witness_score_counts: f64,
    /// See `witness_score_counts`.
    pub witness_score_counts_share: f64,
    /// How many voices a receiver is that says to several customers what anybody can check.
    pub witness_receiver_weight: f64,
    /// Share of its customers that it must refuse so.
    pub witness_receiver_share: f64,
    /// Mean share of refusals over all organisations. No healthy sender sees a fifth refused for policy.
    pub fleet_rate: f64,
    /// The same among bounces, without deliveries.
    pub fleet_rate_counts: f64,
    /// Fewer are no fleet-wide finding.
    pub fleet_organisations: f64,
    /// With fewer receivers the receiver is the better explanation.
    pub fleet_receivers: f64,
    /// Three refusals are the least that make a pattern.
    pub tenant_failures: f64,
    /// An organisation that blocks us refuses nearly all of what we send; who takes a third does not block us.
    pub tenant_rate: f64,
    /// The lower 95 % bound of that share, for a pattern.
    pub tenant_low: f64,
    /// Chance that any organisation of the night refuses as much by strays alone.
    pub tenant_chance: f64,
    /// Least rate of stray refusals assumed at quiet organisations.
    pub stray_floor: f64,
    /// Refusals of one of our identities only, for a block of that identity.
    pub identity_failures: f64,
    /// Share refused of what that identity sent there.
    pub identity_rate: f64,
    /// Share of the organisation's refusals that one identity carries.
    pub identity_share: f64,
    /// Other organisations that the refused identity must have reached, or it could as well be to blame.
    pub contrast_organisations: f64,
    /// Organisations that use one free text alike, before it may be a stock text.
    pub stock_organisations: f64,
    /// Organisations with rules of their own, for a finding about it.
    pub targeting_organisations: f64,
    /// And their share of those mailed.
    pub targeting_share: f64,
    /// Share of a gateway's or shared host's customers with explicit words, for the host to be the one that says so.
    pub host_says_so: f64,
    /// More blocks known by pattern only, and the share below: a spread that nothing here explains.
    pub breaker_tenants: f64,
    /// Share of the organisations with three or more messages; real tenants that always refuse are rarer.
    pub breaker_share: f64,
    /// Chance of the pattern, below which a block without wording is certain.
    pub sure_chance: f64,
    /// Refusals needed for that.
    pub sure_failures: f64,
    /// Below this share refused nothing is suspected.
    pub inconclusive_rate: f64,
    /// Share of organisations that block us for good.
    pub tenant_prior: f64,
    /// Share of a receiver's organisations with any failure that refuse us, for a suspicion without deliveries.
    pub suspect_share_counts: f64,
    /// Share of receivers that refuse us as a whole on a given night.
    pub vendor_prior: f64,
    /// Share refused by an organisation hidden behind findings of ours.
    pub masked_rate: f64,
    /// Odds of a block of its own against those findings and strays.
    pub masked_odds: f64,
    /// Times the evidence needed, for high confidence.
    pub sure_evidence: f64,
    /// Organisations hit, for high confidence.
    pub sure_organisations: f64,
    /// Unknown addresses before a campaign or list source is called bad.
    pub list_missing: f64,
    /// Deferred share of an organisation's bounces, without deliveries.
    pub deferred_rate_counts: f64,
    /// Deferrals needed for that.
    pub deferred_failures_counts: f64,
    /// Share of unknown addresses. Good lists stay below 2 %, and platforms review accounts from 5 %.
    pub list_rate: f64,
    /// Unknown addresses at one organisation before it is called stale.
    pub stale_failures: f64,
    /// And their share of what was sent there.
    pub stale_rate: f64,
    /// People at one organisation whose own lists refuse us before it is asked about.
    pub personal_recipients: f64,
    /// Of the organisations that call contacts unknown, those that take our mail through another identity.
    pub unreliable_taking: f64,
    /// Times the unknown share of the same organisations through other identities.
    pub unreliable_ratio: f64,
    /// Organisations that lost all their contacts at one receiver or identity in one night.
    pub unreliable_lost: f64,
    /// Contacts that each of them lost.
    pub unreliable_contacts: f64,
    /// Their share of the organisations mailed there with as many contacts.
    pub unreliable_share: f64,
    /// Without deliveries their share of the organisations there with any unknown contact.
    pub unreliable_share_counts: f64,
    /// Messages of a campaign or list source elsewhere, before they clear it.
    pub unreliable_elsewhere: f64,
    /// Unknown contacts of one of several identities, without deliveries.
    pub unreliable_missing_counts: f64,
    /// Their share of all unknown contacts.
    pub unreliable_identity_share: f64,
    /// The identity's share of the other failures stays below this.
    pub unreliable_identity_others: f64,
    /// Contacts of one organisation that hear a known liar's words.
    pub liar_contacts: f64,
    /// Their share of the messages there.
    pub liar_share: f64,
    /// Contacts of one organisation, without deliveries.
    pub liar_contacts_counts: f64,
    /// Contacts among the consumer mailboxes of one receiver, without deliveries.
    pub liar_pool_counts: f64,
}

#[cfg(test)]
mod tests {
    use crate::tables::policy;

    #[test]
    fn a_users_threshold_wins_and_the_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("policy.toml"), "[judging]\nodds = 9\n").unwrap();
        let built_in = policy::load(None).unwrap().judging;
        assert_eq!(policy::load(Some(dir.path())).unwrap().judging, super::Judging { odds: 9.0, ..built_in });
    }

    #[test]
    fn each_threshold_has_a_reason_above_it() {
        let text = include_str!("../policy.toml");
        let section = text.split("[judging]").nth(1).unwrap().split("\n[").next().unwrap();
        let lines: Vec<&str> = section.lines().collect();
        let bare: Vec<&&str> =
            lines.windows(2).filter(|w| w[1].contains(" = ") && !w[0].starts_with("# ")).map(|w| &w[1]).collect();
        assert!(bare.is_empty(), "without a reason: {bare:?}");
    }
}
