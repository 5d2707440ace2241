//! Nights for tests: incidents, judgements, frames with a few events.

use std::sync::Arc;

use jiff::civil::Date;
use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series, TimeUnit, TimeZone};

use crate::bounce::{
    Basis, Blames, Cause, Confidence, Family, IncidentKind, IncidentStatus, Key, Kind, Permanence, ScopeType, Unproven,
};
use crate::frame::schema;
use crate::judge::grounds::Counted;
use crate::outcome::incident::{DomainRow, Incident, Judgement, Mode, Named, Scope};
use crate::suppress::Options;
use crate::tables::receivers::Receivers;

pub const NIGHT: Date = jiff::civil::date(2026, 11, 20);
/// 2026-11-20T00:00:00Z in milliseconds.
pub const MIDNIGHT: i64 = 1_795_132_800_000;
pub const DAY: i64 = crate::bounce::Timestamp::DAY;

pub fn incident(kind: IncidentKind, scope: Scope) -> Incident {
    Incident {
        id: format!("{}-{}", kind.as_str(), scope.key()),
        kind,
        scope,
        confidence: Confidence::High,
        bounces: 10,
        recipients: 10,
        organisations_hit: 1,
        organisations_exposed: 1,
        rate: Some(1.0),
        rate_low: Some(0.7),
        rate_high: Some(1.0),
        rate_elsewhere: Some(0.002),
        impact: None,
        failures: kind.meaning().failures,
        counted: Counted::Messages { failed: 10, tried: 10, explained: 0, explicit: 0 },
        grounds: None,
        evidence: Vec::new(),
        blocklists: Vec::new(),
        template: None,
        sample: None,
        cause: Some(Cause::OtherPolicy),
        receiver: Some("exchange_online".to_owned()),
        explicit: false,
        confounded_with: Vec::new(),
        causes: Vec::new(),
        domains: Vec::new(),
        impact_low: None,
        impact_high: None,
        delivered_elsewhere: Some(120),
        first_seen: None,
        last_seen: None,
        status: IncidentStatus::New,
        missing: Vec::new(),
    }
}

pub fn tenant_block(organisation: &str) -> Incident {
    incident(IncidentKind::TenantBlock, Scope::one(ScopeType::Organisation, organisation))
}

pub fn provider_block(provider: &str) -> Incident {
    incident(IncidentKind::ProviderBlock, Scope::one(ScopeType::Provider, provider))
}

pub fn domain_row(domain: &str) -> DomainRow {
    DomainRow {
        domain: domain.to_owned(),
        organisation: Some(domain.to_owned()),
        receiver: None,
        bounces: 0,
        delays: 0,
        complaints: 0,
        delivered: Some(0),
        causes: Vec::new(),
        incident: None,
    }
}

/// What differs from run to run, as it is by default.
pub fn options() -> Options {
    Options::for_night(NIGHT, Arc::new(Receivers::load(None).expect("the table is whole")))
}

pub fn judgement() -> Judgement {
    Judgement {
        mode: Mode::Rates,
        incidents: Vec::new(),
        domains: Vec::new(),
        codes: Vec::new(),
        domain_codes: Vec::new(),
        list_sources: Vec::new(),
        weighed: Vec::new(),
        tried: Some(1000),
        delivered: Some(900),
        recipients_mailed: Some(1000),
        concentration: None,
        named: Named::default(),
        rates: Vec::new(),
    }
}

/// One event of a test night.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub kind: Kind,
    pub recipient: &'a str,
    pub cause: Cause,
    pub blames: Blames,
    pub permanence: Permanence,
    pub unproven: Option<Unproven>,
    pub millis: i64,
    pub feedback_type: Option<&'a str>,
    pub template: Option<&'a str>,
    pub sending_domain: Option<&'a str>,
    pub receiver: Option<&'a str>,
    /// The incident that owns it.
    pub incident: Option<&'a str>,
}

pub fn bounce(recipient: &str, cause: Cause, blames: Blames) -> Row<'_> {
    Row {
        kind: Kind::Bounce,
        recipient,
        cause,
        blames,
        permanence: Permanence::Permanent,
        unproven: None,
        millis: MIDNIGHT,
        feedback_type: None,
        template: None,
        sending_domain: None,
        receiver: None,
        incident: None,
    }
}

/// A frame with all event columns; the domain of each recipient is its organisation, save gmail.com.
pub fn frame(rows: &[Row<'_>]) -> DataFrame {
    let text = |name: &str, cell: &dyn Fn(&Row<'_>) -> Option<String>| -> Column {
        Series::new(name.into(), rows.iter().map(cell).collect::<Vec<_>>()).into()
    };
    let domain = |r: &Row<'_>| r.recipient.rsplit_once('@').map(|(_, d)| d.to_owned());
    let columns = schema::EVENT_COLUMNS.iter().map(|name| match *name {
        schema::KIND => text(name, &|r| Some(r.kind.as_str().to_owned())),
        schema::CAUSE => text(name, &|r| Some(r.cause.as_str().to_owned())),
        schema::BLAMES => text(name, &|r| Some(r.blames.as_str().to_owned())),
        schema::PERMANENCE => text(name, &|r| Some(r.permanence.as_str().to_owned())),
        schema::UNPROVEN => text(name, &|r| r.unproven.map(|u| u.as_str().to_owned())),
        schema::RECIPIENT => text(name, &|r| Some(r.recipient.to_owned())),
        schema::RECIPIENT_KEY => {
            let keys = rows.iter().map(|r| Key::default().recipient_of(r.recipient));
            Series::new((*name).into(), keys.collect::<Vec<_>>()).into()
        }
        schema::RECIPIENT_DOMAIN => text(name, &domain),
        schema::ORGANISATION => text(name, &|r| domain(r).filter(|d| d != "gmail.com")),
        schema::FAMILY => text(name, &|r| {
            let family = Family::of(r.kind, r.cause, r.permanence, r.blames, Basis::Unstated);
            family.map(|family| family.as_str().to_owned())
        }),
        schema::INCIDENT => text(name, &|r| r.incident.map(str::to_owned)),
        schema::SOURCE => text(name, &|_| Some("night.csv".to_owned())),
        schema::RULE => text(name, &|r| Some(format!("rule-{}", r.cause))),
        schema::FEEDBACK_TYPE => text(name, &|r| r.feedback_type.map(str::to_owned)),
        schema::TEMPLATE => text(name, &|r| r.template.map(str::to_owned)),
        schema::SENDING_DOMAIN => text(name, &|r| r.sending_domain.map(str::to_owned)),
        schema::RECEIVER | schema::REJECTING_SYSTEM => text(name, &|r| r.receiver.map(str::to_owned)),
        schema::SOURCE_INDEX => Series::new((*name).into(), (0..rows.len() as i64).collect::<Vec<_>>()).into(),
        schema::BY_MAIL => Series::new((*name).into(), vec![false; rows.len()]).into(),
        schema::REPLY_CODE => Series::new((*name).into(), vec![Some(550_i32); rows.len()]).into(),
        schema::TIMESTAMP => {
            let millis: Series = Series::new((*name).into(), rows.iter().map(|r| r.millis).collect::<Vec<_>>());
            let utc = DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC));
            millis.cast(&utc).expect("milliseconds are datetimes").into()
        }
        _ => text(name, &|_| None),
    });
    DataFrame::new(rows.len(), columns.collect()).expect("columns of one height")
}
