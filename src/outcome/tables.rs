//! The tables around the incidents: by recipient domain, by code, by both. In: the groups of the rows. Out: the rows of a
//! `Judgement`, its sums, and how concentrated the refusals are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use polars::prelude::DataFrame;

use super::details::most;
use super::groups::COUNT;
use super::incident::{CodeRow, DomainCodeRow, DomainRow, Judgement};
use super::owned::{DECIDER, DOMAIN, OWNER};
use crate::bounce::{Cause, EnhancedStatus, Kind, ReplyCode};
use crate::facts::Facts;
use crate::frame::cells::{Numbers, Words};
use crate::frame::schema;
use crate::judge::grounds::Concentration;
use crate::tables::receivers::Receivers;

/// What a reply says, in numbers.
type Code = (Option<ReplyCode>, Option<EnhancedStatus>, Cause);

/// The columns of a code.
struct Codes<'f> {
    reply_codes: Numbers<'f>,
    statuses: Words<'f>,
    causes: Numbers<'f>,
    counts: Numbers<'f>,
}

impl<'f> Codes<'f> {
    fn of(frame: &'f DataFrame) -> anyhow::Result<Codes<'f>> {
        Ok(Codes {
            reply_codes: Numbers::of(frame, schema::REPLY_CODE)?,
            statuses: Words::of(frame, schema::STATUS)?,
            causes: Numbers::of(frame, schema::CAUSE)?,
            counts: Numbers::of(frame, COUNT)?,
        })
    }

    fn get(&self, row: usize) -> Code {
        let code = self.reply_codes.get(row).and_then(|code| u16::try_from(code).ok());
        let cause = self.causes.place(row).and_then(|place| Cause::ALL.get(place)).copied();
        (code.and_then(ReplyCode::new), self.statuses.word(row), cause.unwrap_or(Cause::Unknown))
    }

    fn count(&self, row: usize) -> u64 {
        self.counts.place(row).unwrap_or_default() as u64
    }
}

/// What is counted of one domain.
#[derive(Default)]
struct OfDomain {
    bounces: u64,
    delays: u64,
    complaints: u64,
    causes: BTreeMap<Cause, u64>,
    codes: BTreeMap<Code, u64>,
    incidents: BTreeMap<usize, u64>,
}

/// The rows by domain, and by domain and code. `ids` are the incidents by their places in the verdict.
///
/// # Errors
/// A frame of other columns.
pub fn domains(
    frame: &DataFrame,
    facts: &Facts,
    ids: &[String],
) -> anyhow::Result<(Vec<DomainRow>, Vec<DomainCodeRow>)> {
    let (places, owners) = (Numbers::of(frame, DOMAIN)?, Numbers::of(frame, OWNER)?);
    let (kinds, codes) = (Numbers::of(frame, schema::KIND)?, Codes::of(frame)?);
    let mut order: Vec<(usize, usize)> =
        (0..frame.height()).filter_map(|row| Some((places.place(row)?, row))).collect();
    order.sort_unstable();
    let (mut by_domain, mut by_code) = (Vec::new(), Vec::new());
    for rows in order.chunk_by(|a, b| a.0 == b.0) {
        let mut counted = OfDomain::default();
        for (_, row) in rows {
            let kind = kinds.place(*row).and_then(|place| Kind::ALL.get(place)).copied();
            counted.add(kind, codes.get(*row), owners.place(*row), codes.count(*row));
        }
        let domain = rows[0].0 as u32;
        let name = facts.night.domains.name(domain);
        by_code.extend(counted.codes.iter().map(|((reply_code, status, cause), bounces)| DomainCodeRow {
            domain: name.to_owned(),
            reply_code: *reply_code,
            status: *status,
            cause: *cause,
            bounces: *bounces,
        }));
        by_domain.push(counted.row(domain, facts, ids));
    }
    // Ids of domains follow their names, and the sort is stable.
    by_domain.sort_by_key(|row| Reverse(row.bounces));
    Ok((by_domain, by_code))
}

impl OfDomain {
    fn add(&mut self, kind: Option<Kind>, code: Code, owner: Option<usize>, n: u64) {
        match kind {
            Some(Kind::Delay) => self.delays += n,
            Some(Kind::Complaint) => self.complaints += n,
            _ => {
                self.bounces += n;
                *self.causes.entry(code.2).or_default() += n;
                *self.codes.entry(code).or_default() += n;
                owner.iter().for_each(|owner| *self.incidents.entry(*owner).or_default() += n);
            }
        }
    }

    fn row(&self, domain: u32, facts: &Facts, ids: &[String]) -> DomainRow {
        let Facts { night, places, .. } = facts;
        let decider = places.decider_of[domain as usize];
        let organisation = (!places.is_pool(decider)).then(|| places.deciders[decider as usize].key.clone());
        let mut causes: Vec<(Cause, u64)> = self.causes.iter().map(|(cause, n)| (*cause, *n)).collect();
        causes.sort_by_key(|(cause, n)| (Reverse(*n), *cause));
        DomainRow {
            domain: night.domains.name(domain).to_owned(),
            organisation,
            receiver: night.receivers.get(places.receiver_of[domain as usize]).map(str::to_owned),
            bounces: self.bounces,
            delays: self.delays,
            complaints: self.complaints,
            delivered: night.rates.then(|| night.delivered[domain as usize]),
            causes,
            incident: most(&self.incidents).and_then(|(owner, _)| ids.get(*owner)).cloned(),
        }
    }
}

/// What is counted of one code at one receiver.
#[derive(Default)]
struct OfCode {
    bounces: u64,
    deciders: HashSet<usize>,
    templates: BTreeMap<String, u64>,
}

/// The rows by code, cause and the receiver that spoke: from the bounces by organisation, and by template.
///
/// # Errors
/// Frames of other columns.
pub fn codes(by_decider: &DataFrame, by_template: &DataFrame, receivers: &Receivers) -> anyhow::Result<Vec<CodeRow>> {
    let mut counted: BTreeMap<(Code, Option<String>), OfCode> = BTreeMap::new();
    let speaker = |speakers: &Words<'_>, row| speakers.get(row).map(|name| receivers.family(name).to_owned());
    let (codes, speakers) = (Codes::of(by_decider)?, Words::of(by_decider, schema::REJECTING_SYSTEM)?);
    let deciders = Numbers::of(by_decider, DECIDER)?;
    for row in 0..by_decider.height() {
        let of_code = counted.entry((codes.get(row), speaker(&speakers, row))).or_default();
        of_code.bounces += codes.count(row);
        of_code.deciders.extend(deciders.place(row));
    }
    let (codes, speakers) = (Codes::of(by_template)?, Words::of(by_template, schema::REJECTING_SYSTEM)?);
    let templates = Words::of(by_template, schema::TEMPLATE)?;
    for row in 0..by_template.height() {
        let of_code = counted.entry((codes.get(row), speaker(&speakers, row))).or_default();
        *of_code.templates.entry(templates.get(row).unwrap_or_default().to_owned()).or_default() += codes.count(row);
    }
    let row = |(((reply_code, status, cause), receiver), of_code): ((Code, Option<String>), OfCode)| CodeRow {
        reply_code,
        status,
        cause,
        receiver,
        bounces: of_code.bounces,
        organisations: of_code.deciders.len() as u64,
        template: most(&of_code.templates).map(|(template, _)| template.clone()),
    };
    let mut rows: Vec<CodeRow> = counted.into_iter().map(row).collect();
    // The map's order is by code, cause, receiver, and the sort is stable.
    rows.sort_by_key(|row| Reverse(row.bounces));
    Ok(rows)
}

/// Messages tried and delivered of a night.
pub fn sums(judgement: &mut Judgement, facts: &Facts) {
    if facts.cells.rates {
        let delivered: u64 = facts.night.delivered.iter().sum();
        let bounces: u64 = judgement.domains.iter().map(|domain| domain.bounces).sum();
        judgement.delivered = Some(delivered);
        judgement.tried = Some(delivered + bounces);
    }
}

/// Refusals by those who decide: by organisation, and by receiver for its consumer mailboxes. `None` without any.
///
/// # Errors
/// A frame of other columns.
pub fn concentration(by_decider: &DataFrame) -> anyhow::Result<Option<Concentration>> {
    let (codes, deciders) = (Codes::of(by_decider)?, Numbers::of(by_decider, DECIDER)?);
    let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
    for row in (0..by_decider.height()).filter(|row| codes.get(*row).2.is_refusal()) {
        deciders.place(row).iter().for_each(|decider| *sizes.entry(*decider).or_default() += codes.count(row));
    }
    Ok(Concentration::of(sizes.into_values()))
}
