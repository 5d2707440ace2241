//! Nights for tests of reports: a quiet one, a busy one, and one whose every text attacks the reader.

use std::collections::BTreeMap;

use crate::bounce::{
    Cause, Confidence, EnhancedStatus, IncidentKind, IncidentStatus, Kind, Loss, LostFile, Origin, RejectReason,
    ReplyCode, ScopeType, Timestamp,
};
use crate::judge::grounds::{Concentration, Counted, Evidence, Grounds, HoldReason, Missing};
use crate::outcome::incident::{CodeRow, DomainCodeRow, DomainRow, Incident, Judgement, ListSourceRow, Mode, Scope};
use crate::report::{AdviceLine, AgainFact, InputFact, NativeFact, NightFacts, RejectFact, UnknownFact, View};
use crate::suppress::testing::{NIGHT, domain_row, incident, judgement, provider_block, tenant_block};
use crate::suppress::{Brake, DomainEntry, HeldDomain, Hold, ListFile, Lists, Seen};
use crate::tables::policy::{self, Policy};

/// A text with all that an outsider could try: HTML, Markdown, a formula, terminal codes, a turned-around line.
pub const ATTACK: &str = "=cmd|'/C calc'!A0<script>alert(1)</script>\"'><img src=x onerror=alert(1)>[x](http://evil.example)`|`\u{1b}[2J\u{202e}\n# head";

/// All that a view is made of.
pub struct Night {
    pub facts: NightFacts,
    pub judgement: Judgement,
    pub lists: Lists,
    pub policy: Policy,
    pub advice: Vec<AdviceLine>,
}

impl Night {
    pub fn view(&self) -> View<'_> {
        View::new(&self.facts, &self.judgement, &self.lists, &self.policy, &|_| self.advice.clone())
    }

    /// Ten dead addresses and nothing else.
    pub fn quiet() -> Night {
        let row = DomainRow {
            receiver: Some("exchange_online".to_owned()),
            bounces: 10,
            delivered: Some(90),
            causes: vec![(Cause::MailboxUnknown, 10)],
            ..domain_row("example.com")
        };
        let mut facts = NightFacts::empty(NIGHT);
        facts.items = 10;
        facts.kinds = BTreeMap::from([(Kind::Bounce, 10)]);
        facts.tables_hash = "0123456789abcdef".to_owned();
        Night {
            facts,
            judgement: Judgement { domains: vec![row], codes: vec![code(Cause::MailboxUnknown, 10)], ..judgement() },
            lists: Lists { addresses: BTreeMap::from([(Cause::MailboxUnknown, 10)]), ..no_lists() },
            policy: policy::load(None).unwrap(),
            advice: Vec::new(),
        }
    }

    /// An IP incident, two tenants, a suspicion, and doubts about the data.
    pub fn busy() -> Night {
        let mut night = Night::quiet();
        night.judgement.incidents = incidents();
        night.judgement.codes = vec![code(Cause::IpReputation, 640), code(Cause::MailboxUnknown, 412)];
        night.judgement.domains.extend((0..40).map(|i| DomainRow {
            receiver: Some(if i % 3 == 0 { "google_workspace" } else { "exchange_online" }.to_owned()),
            bounces: 60 - i,
            delivered: Some(3 * i),
            causes: vec![(Cause::IpReputation, 50 - i), (Cause::MailboxUnknown, 10)],
            incident: Some("ip_reputation-1".to_owned()),
            ..domain_row(&format!("firm{i}.example.org"))
        }));
        night.judgement.concentration = Concentration::of((11..=50).rev());
        night.judgement.domain_codes = vec![DomainCodeRow {
            domain: "firm0.example.org".to_owned(),
            reply_code: ReplyCode::new(550),
            status: EnhancedStatus::new(5, 7, 1),
            cause: Cause::IpReputation,
            bounces: 50,
        }];
        night.facts = busy_facts(night.facts);
        night.lists = busy_lists(&night);
        night.advice = vec![AdviceLine {
            text: "Look the IP up, fix what got it listed, then ask for its removal.".to_owned(),
            link: Some("https://check.spamhaus.org/".to_owned()),
            takes: Some("24 to 72 hours".to_owned()),
            source: None,
        }];
        night
    }

    /// A busy night whose every foreign text is an attack.
    pub fn hostile() -> Night {
        let mut night = Night::busy();
        let attack = || ATTACK.to_owned();
        for incident in &mut night.judgement.incidents {
            incident.evidence = vec![Evidence::FirstReply { source: attack(), index: 0 }];
            incident.template = Some(attack());
            incident.sample = Some(attack());
            incident.receiver = Some(attack());
            incident.blocklists = vec![(attack(), 3)];
            let identity = (ScopeType::Campaign, attack());
            incident.grounds = Some(Grounds::NoContrast { identity, others: 1 });
            incident.scope = Scope::one(ScopeType::Campaign, attack());
            incident.missing =
                vec![Missing::Contrast { carries: incident.scope.clone(), without: incident.scope.clone() }];
            incident.domains = vec![attack()];
        }
        for row in &mut night.judgement.domains {
            row.domain = attack();
            row.receiver = Some(attack());
        }
        for row in &mut night.judgement.codes {
            row.template = Some(attack());
            row.receiver = Some(attack());
        }
        night.judgement.domain_codes[0].domain = attack();
        night.judgement.list_sources = vec![ListSourceRow { list_source: attack(), ..list_source() }];
        night.facts.inputs[0].name = attack();
        night.facts.skipped = vec![attack()];
        night.facts.lost = vec![LostFile { source: ATTACK.into(), why: Loss::CutOff, detail: attack() }];
        night.facts.lost_total = 1;
        night.facts.ours = vec![attack()];
        night.facts.again = vec![AgainFact { name: attack(), kept: attack(), role: "delivered" }];
        night.facts.unknown_columns = vec![(attack(), 1)];
        night.facts.unknown_templates[0] =
            UnknownFact { template: attack(), count: 3, example: attack(), remote_mta: Some(attack()) };
        night.facts.native_disagreements[0].native_class = attack();
        night.facts.rejects[0].first = vec![(Origin { source: ATTACK.into(), index: 0 }, attack())];
        night
    }

    /// A busy night without deliveries.
    pub fn counts_only() -> Night {
        let mut night = Night::busy();
        night.judgement.mode = Mode::CountsOnly;
        (night.judgement.tried, night.judgement.delivered, night.judgement.recipients_mailed) = (None, None, None);
        night.judgement.domains.iter_mut().for_each(|d| d.delivered = None);
        night
    }
}

fn code(cause: Cause, bounces: u64) -> CodeRow {
    CodeRow {
        reply_code: ReplyCode::new(550),
        status: EnhancedStatus::new(5, 7, 1),
        cause,
        receiver: Some("exchange_online".to_owned()),
        bounces,
        organisations: 30,
        template: Some("550 5.7.1 Service unavailable, Client host [{ip}] blocked using Spamhaus".to_owned()),
    }
}

fn list_source() -> ListSourceRow {
    ListSourceRow {
        list_source: "fair-2026".to_owned(),
        tried: Some(3200),
        unknown: 900,
        listings: 12,
        complaints: 4,
        reasons: vec![
            HoldReason::UnknownAddresses { unknown: 900, tried: 3200 },
            HoldReason::Complaints { complaints: 4, tried: 3200, share_elsewhere: 0.0 },
        ],
        incident: None,
    }
}

fn incidents() -> Vec<Incident> {
    let time = |hour: i64| Some(Timestamp(crate::suppress::testing::MIDNIGHT + hour * 3_600_000));
    vec![
        Incident {
            id: "ip_reputation-1".to_owned(),
            bounces: 640,
            recipients: 610,
            organisations_hit: 212,
            organisations_exposed: 270,
            rate: Some(0.785),
            rate_low: Some(0.732),
            rate_high: Some(0.83),
            rate_elsewhere: Some(0.002),
            impact: Some(0.31),
            impact_low: Some(0.29),
            impact_high: Some(0.33),
            counted: Counted::Organisations {
                hit_elsewhere: 4,
                exposed_elsewhere: 1_900,
                bounds_elsewhere: Some((0.000_8, 0.005_4)),
            },
            grounds: Some(Grounds::Evidence { evidence: 410.0, needed: 9.0 }),
            evidence: vec![
                Evidence::Weighed { evidence: 410.0, needed: 9.0, odds: 900.0 },
                Evidence::MeanShare { inside: 0.785, elsewhere: Some(0.0004) },
                Evidence::Receivers(9),
                Evidence::FirstReply { source: "night/bounces.csv".to_owned(), index: 4 },
            ],
            causes: vec![(Cause::IpReputation, 600), (Cause::OtherPolicy, 40)],
            blocklists: vec![("spamhaus_zen".to_owned(), 390)],
            template: Some("550 5.7.1 Service unavailable, Client host [{ip}] blocked using Spamhaus".to_owned()),
            sample: Some("550 5.7.1 Service unavailable, Client host [192.0.2.7] blocked using Spamhaus".to_owned()),
            cause: Some(Cause::IpReputation),
            confounded_with: vec![Scope::one(ScopeType::SendingDomain, "news.example.net")],
            first_seen: time(2),
            last_seen: time(5),
            ..incident(IncidentKind::IpReputation, Scope::one(ScopeType::SendingIp, "192.0.2.7"))
        },
        Incident {
            id: "tenant_block-1".to_owned(),
            explicit: true,
            domains: vec!["example.com".to_owned(), "example.net".to_owned()],
            counted: Counted::Messages { failed: 14, tried: 14, explained: 0, explicit: 14 },
            cause: Some(Cause::TenantPolicy),
            status: IncidentStatus::Chronic,
            first_seen: time(3),
            ..tenant_block("example.com")
        },
        Incident { confidence: Confidence::Medium, ..provider_block("yahoo") },
        Incident {
            id: "tenant_block-2".to_owned(),
            confidence: Confidence::Low,
            grounds: Some(Grounds::OneReply),
            missing: vec![Missing::MoreMail(Grounds::OneReply)],
            ..tenant_block("example.org")
        },
        Incident {
            confidence: Confidence::Low,
            rate: None,
            rate_low: None,
            rate_high: None,
            rate_elsewhere: None,
            ..incident(IncidentKind::Inconclusive, Scope::one(ScopeType::Campaign, "spring"))
        },
    ]
}

fn busy_facts(facts: NightFacts) -> NightFacts {
    NightFacts {
        window: Some((
            Timestamp(crate::suppress::testing::MIDNIGHT),
            Timestamp(crate::suppress::testing::MIDNIGHT + 9 * 3_600_000),
        )),
        inputs: vec![InputFact {
            name: "night/bounces.csv".to_owned(),
            role: "input",
            grammars: vec!["generic".to_owned()],
            events: 1_240,
            deliveries: 0,
            rejects: 2,
            duplicates: 0,
            lost: 0,
        }],
        items: 1_250,
        bytes: 412_000,
        kinds: BTreeMap::from([(Kind::Bounce, 1_230), (Kind::Delay, 4), (Kind::Complaint, 6)]),
        rejects: vec![RejectFact {
            reason: RejectReason::NoRecipient,
            count: 2,
            first: vec![(Origin { source: "night/a.eml".into(), index: 0 }, "no recipient field".to_owned())],
        }],
        duplicates: 8,
        deliveries: Some(9_000),
        unknown_templates: vec![UnknownFact {
            template: "554 go away {id}".to_owned(),
            count: 3,
            example: "554 go away 4711".to_owned(),
            remote_mta: Some("mx.example.com".to_owned()),
        }],
        unknown_replies: 3,
        native_disagreements: vec![NativeFact {
            native_class: "Invalid Address".to_owned(),
            cause: Cause::IpReputation,
            count: 31,
        }],
        ..facts
    }
}

fn no_lists() -> Lists {
    Lists {
        addresses: BTreeMap::new(),
        domains: Vec::new(),
        held: BTreeMap::new(),
        held_domains: Vec::new(),
        held_until: Some(jiff::civil::date(2026, 11, 27)),
        protected: BTreeMap::new(),
        fates: Default::default(),
        covered: 0,
        unmatched: 0,
        quarantined: 0,
        list_sources: 0,
        brake: Brake { new: 10, cap: Some(50) },
        files: vec![ListFile { path: "suppression/addresses.csv".to_owned(), rows: 10 }],
        released: BTreeMap::new(),
        not_expressed: Vec::new(),
    }
}

fn busy_lists(night: &Night) -> Lists {
    let tenant = &night.judgement.incidents[1];
    let seen = || Seen { first: None, last: None, bounces: 14, days: 1, origin: "night/bounces.csv#4".to_owned() };
    let entry = |domain| {
        DomainEntry::from_tenant_block(domain, tenant, 14, (14, seen()), &night.policy.suppress, NIGHT).unwrap()
    };
    Lists {
        addresses: BTreeMap::from([(Cause::MailboxUnknown, 412), (Cause::Complaint, 6)]),
        domains: vec![entry("example.com"), entry("example.net")],
        held: BTreeMap::from([(Hold::MailboxFull, 9)]),
        held_domains: vec![HeldDomain {
            domain: "example.org".to_owned(),
            incident: Some("tenant_block-2".to_owned()),
            reason: Hold::SuspectedTenant,
            cause: Some(Cause::OtherPolicy),
            bounces: 4,
        }],
        protected: BTreeMap::from([(Some("ip_reputation-1".to_owned()), 3_100), (None, 80)]),
        covered: 14,
        quarantined: 1,
        list_sources: 1,
        ..no_lists()
    }
}
