//! report.json: the contract for programs. In: the view. Out: one JSON object; missing is `null`, never 0 or "".
//! Domains and codes are the largest; the CSV files hold all of them.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::facts::NightFacts;
use super::output::Output;
use super::view::{Action, AdviceLine, IncidentView, RatePart, ReasonPart, View};
use super::words::iso;
use crate::outcome::incident::{CodeRow, DomainRow, Scope};
use crate::suppress::{ByFate, Fate};

/// Changes with every field that is renamed, removed, or means something else.
const SCHEMA_VERSION: u32 = 2;
/// Domains and codes listed.
const MOST: usize = 1000;

/// The report for programs.
pub struct Json;

impl Output for Json {
    fn name(&self) -> &'static str {
        "report.json"
    }

    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &report(view))?;
        Ok(out.write_all(b"\n")?)
    }
}

fn report(view: &View<'_>) -> Value {
    let (facts, judgement) = (view.facts, view.judgement);
    json!({
        "schema_version": SCHEMA_VERSION,
        "tool_version": facts.tool_version,
        "tables_hash": facts.tables_hash,
        "as_of": facts.as_of.to_string(),
        "mode": judgement.mode,
        "window": facts.window.map(|(first, last)| json!({ "first": iso(first), "last": iso(last) })),
        "verdict": {
            "level": view.verdict.level(),
            "reasons": view.reasons.iter().map(reason).collect::<Vec<_>>(),
            "sentence": view.verdict.sentence,
            "first_step": view.verdict.first_step,
            "lost": view.verdict.lost,
        },
        "inputs": facts.inputs.iter().map(|i| json!({
            "name": i.name, "role": i.role, "grammars": i.grammars, "events": i.events, "deliveries": i.deliveries,
            "duplicates": i.duplicates, "rejects": i.rejects, "lost": i.lost,
        })).collect::<Vec<_>>(),
        "totals": totals(view),
        "rates": view.rates.iter().map(rate).collect::<Vec<_>>(),
        "incidents": view.incidents.iter().map(incident).collect::<Vec<_>>(),
        "domains": judgement.domains.iter().take(MOST).map(domain).collect::<Vec<_>>(),
        "domains_total": judgement.domains.len(),
        "codes": judgement.codes.iter().take(MOST).map(code).collect::<Vec<_>>(),
        "codes_total": judgement.codes.len(),
        "lists": lists(view),
        "quality": quality(facts),
    })
}

fn totals(view: &View<'_>) -> Value {
    let t = &view.totals;
    let kinds: Map<String, Value> =
        view.facts.kinds.iter().map(|(kind, n)| (kind.as_str().to_owned(), json!(n))).collect();
    json!({
        "items": t.items,
        "bytes": view.facts.bytes,
        "events": t.events,
        "rejects": t.rejects,
        "duplicates": t.duplicates,
        "kinds": kinds,
        "bounces": t.bounces,
        "policy_bounces": t.policy_bounces,
        "wordless_bounces": t.wordless_bounces,
        "dead_bounces": t.dead_bounces,
        "tried": t.tried,
        "delivered": t.delivered,
        "recipients_mailed": t.recipients_mailed,
        "bounce_rate": t.bounce_rate,
        "policy_rate": t.policy_rate,
        "complaint_rate": t.complaint_rate,
        "unknown_share": t.unknown_share,
        "causes": view.causes.iter().map(|c| (c.cause.as_str().to_owned(), json!(c.bounces))).collect::<Map<_, _>>(),
        "concentration": view.concentration.as_ref().map(|c| json!({
            "organisations": c.sizes.len(),
            "bounces": c.refusals,
            "top_share": c.top_share,
            "effective_organisations": c.effective,
        })),
    })
}

fn reason(reason: &ReasonPart) -> Value {
    json!({ "level": reason.level, "kind": reason.kind, "incident": reason.incident, "text": reason.text })
}

fn rate(part: &RatePart) -> Value {
    let r = &part.rate;
    json!({
        "name": r.name,
        "scope": scope(&r.scope),
        "events": r.events,
        "recipients": r.recipients,
        "of": r.of,
        "share": r.share,
        "low": r.low,
        "watch": part.watch,
        "act": part.act,
        "level": r.level,
    })
}

fn incident(view: &IncidentView<'_>) -> Value {
    let i = view.incident;
    json!({
        "id": i.id,
        "kind": i.kind,
        "scope": { "type": i.scope.type_name(), "key": i.scope.key() },
        "confidence": i.confidence,
        "status": i.status,
        "sentence": view.sentence,
        "bounces": i.bounces,
        "recipients": i.recipients,
        "organisations_hit": i.organisations_hit,
        "organisations_exposed": i.organisations_exposed,
        "rate": i.rate,
        "rate_low": i.rate_low,
        "rate_high": i.rate_high,
        "rate_elsewhere": i.rate_elsewhere,
        "impact": i.impact,
        "impact_low": i.impact_low,
        "impact_high": i.impact_high,
        "delivered_elsewhere": i.delivered_elsewhere,
        "cause": i.cause,
        "receiver": i.receiver,
        "explicit": i.explicit,
        "evidence": view.evidence,
        "missing": view.missing,
        "blocklists": i.blocklists.iter().map(|(name, n)| json!({ "name": name, "bounces": n })).collect::<Vec<_>>(),
        "template": i.template,
        "sample": i.sample,
        "confounded_with": i.confounded_with.iter().map(scope).collect::<Vec<_>>(),
        "domains": i.domains,
        "first_seen": i.first_seen.and_then(iso),
        "last_seen": i.last_seen.and_then(iso),
        "protected": view.protected,
        "fates": fates(&view.fates),
        "actions": view.actions.iter().map(action).collect::<Vec<_>>(),
        "advice": view.advice.iter().map(advice).collect::<Vec<_>>(),
    })
}

fn fates(fates: &ByFate) -> Value {
    Fate::ALL.iter().zip(fates).map(|(fate, n)| (fate.as_str().to_owned(), json!(n))).collect::<Map<_, _>>().into()
}

fn scope(scope: &Scope) -> Value {
    json!({ "type": scope.type_name(), "key": scope.key() })
}

fn action(action: &Action) -> Value {
    json!({
        "verb": action.verb.as_str(),
        "target": action.target,
        "amount": action.amount,
        "until": action.until.map(|d| d.to_string()),
    })
}

fn advice(line: &AdviceLine) -> Value {
    json!({ "text": line.text, "link": line.link, "takes": line.takes, "source": line.source })
}

fn domain(row: &DomainRow) -> Value {
    let causes: Map<String, Value> = row.causes.iter().map(|(c, n)| (c.as_str().to_owned(), json!(n))).collect();
    json!({
        "domain": row.domain,
        "organisation": row.organisation,
        "receiver": row.receiver,
        "bounces": row.bounces,
        "delays": row.delays,
        "complaints": row.complaints,
        "delivered": row.delivered,
        "rate": row.rate(),
        "causes": causes,
        "incident": row.incident,
    })
}

fn code(row: &CodeRow) -> Value {
    json!({
        "reply_code": row.reply_code.map(|c| c.get()),
        "status": row.status.map(|s| s.to_string()),
        "cause": row.cause,
        "receiver": row.receiver,
        "bounces": row.bounces,
        "organisations": row.organisations,
        "template": row.template,
    })
}

fn lists(view: &View<'_>) -> Value {
    let lists = view.lists;
    let counts = |pairs: Vec<(String, u64)>| pairs.into_iter().map(|(k, n)| (k, json!(n))).collect::<Map<_, _>>();
    json!({
        "fates": fates(&lists.fates.all),
        "addresses": lists.addresses_total(),
        "addresses_by_cause": counts(lists.addresses.iter().map(|(c, n)| (c.as_str().to_owned(), *n)).collect()),
        "domains": lists.domains.len(),
        "held": view.held().map(|(_, n)| n).sum::<u64>(),
        "held_by_reason": counts(view.held().map(|(reason, n)| (reason.as_str().to_owned(), n)).collect()),
        "held_until": lists.held_until.map(|d| d.to_string()),
        "protected": lists.protected_total(),
        "protected_without_incident": lists.protected.get(&None).copied().unwrap_or_default(),
        "released": counts(lists.released.iter().map(|(why, n)| (why.as_str().to_owned(), *n)).collect()),
        "covered_by_domains": lists.covered,
        "unmatched": lists.unmatched,
        "quarantined": lists.quarantined,
        "list_sources": lists.list_sources,
        "brake": { "new": lists.brake.new, "cap": lists.brake.cap, "tripped": lists.brake.tripped() },
        "files": lists.files.iter().map(|f| json!({ "path": f.path, "rows": f.rows })).collect::<Vec<_>>(),
        "not_expressed": lists.not_expressed.iter().map(|n| json!({
            "target": n.target, "reason": n.reason, "entries": n.entries,
        })).collect::<Vec<_>>(),
    })
}

fn quality(facts: &NightFacts) -> Value {
    json!({
        "rejects": facts.rejects.iter().map(|r| json!({
            "reason": r.reason.as_str(),
            "count": r.count,
            "origins": r.first.iter().map(|(origin, detail)| json!({
                "source": &*origin.source, "index": origin.index, "detail": detail,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "lost": facts.lost.iter().map(|lost| json!({
            "source": &*lost.source, "why": lost.why.as_str(), "detail": lost.detail,
        })).collect::<Vec<_>>(),
        "lost_total": facts.lost_total,
        "not_understood": facts.not_understood,
        "read_once": facts.again.iter().map(|again| json!({
            "name": again.name, "read_as": again.kept, "role": again.role,
        })).collect::<Vec<_>>(),
        "own_output": facts.ours,
        "passed_over": facts.strays.iter().map(|(name, what)| json!({ "name": name, "why": what })).collect::<Vec<_>>(),
        "duplicates": facts.duplicates,
        "unread_bounces": facts.unread_bounces,
        "hidden_complainers": facts.hidden_complainers,
        "skipped": facts.skipped.len(),
        "unknown_replies": facts.unknown_replies,
        "unknown_templates": facts.unknown_templates.iter().take(20).map(|u| json!({
            "template": u.template, "count": u.count, "example": u.example, "remote_mta": u.remote_mta,
        })).collect::<Vec<_>>(),
        "native_disagreements": facts.native_disagreements.iter().map(|n| json!({
            "native_class": n.native_class, "cause": n.cause, "count": n.count,
        })).collect::<Vec<_>>(),
        "unknown_columns": facts.unknown_columns.iter().map(|(name, n)| json!({ "name": name, "inputs": n })).collect::<Vec<_>>(),
    })
}
