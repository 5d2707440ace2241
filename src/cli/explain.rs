//! `explain`: one bounce, one incident, one address or one domain in words. In: an input, a reply, or a night's folder.
//! Out: text on stdout. What it says is asked of parse, classify, outcome and suppress; this file only prints.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::config::{Settings, Usage};
use super::exit;
use super::out::write_out;
use crate::bounce::{Address, Blames, Cause, Classification, Event, Families, Family, Kind, Permanence, Reject};
use crate::classify::{Classifier, Trace};
use crate::frame::names_a_cause;
use crate::parse::{ParseOptions, Parsed, Reader};
use crate::report::{self, harmless};
use crate::source;
use crate::suppress::provenance;
use crate::tables::advice::{About, Advice, Case, Phase};

/// Events told of one input.
const SHOWN: usize = 20;

/// What to explain.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A mail, a mailbox or an export; or a reply in quotes.
    #[arg(value_name = "INPUT|REPLY", required_unless_present_any = ["incident", "address", "domain"])]
    input: Option<OsString>,
    /// The host that gave the reply.
    #[arg(long, value_name = "HOST")]
    remote_mta: Option<String>,
    /// An incident of a published night, by its id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["input", "address", "domain"])]
    incident: Option<String>,
    /// An address: its events, and the lists it is on.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["input", "domain"])]
    address: Option<String>,
    /// A domain: its events, and the lists it is on.
    #[arg(long, value_name = "DOMAIN", conflicts_with = "input")]
    domain: Option<String>,
    /// The night's folder [default: the newest below reports].
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// With --incident: the file that the run was given as --tenants.
    #[arg(long, env = "BOUNCESCOPE_TENANTS", value_name = "FILE")]
    tenants: Option<PathBuf>,
    /// With --incident: the file that the run was given as --contacts.
    #[arg(long, env = "BOUNCESCOPE_CONTACTS", value_name = "FILE")]
    contacts: Option<PathBuf>,
}

/// Explains; exit code 0, or 3 when the input holds nothing that could be read.
///
/// # Errors
/// An input or folder that cannot be read, a broken table.
pub fn explain(args: &ExplainArgs, tables: Option<&Path>, settings: &Settings) -> anyhow::Result<ExitCode> {
    let Some(input) = &args.input else {
        return past(args, tables, settings);
    };
    let desk = Desk::open(tables)?;
    let (events, rejects) = match input.to_str().filter(|text| !is_input(text)) {
        Some(reply) => (vec![desk.reader.reply_alone(reply, args.remote_mta.as_deref())], Vec::new()),
        None => desk.read(input)?,
    };
    let mut out = String::new();
    for (number, event) in events.iter().take(SHOWN).enumerate() {
        if number > 0 {
            out.push('\n');
        }
        desk.tell(event, &mut out);
    }
    if events.len() > SHOWN {
        let _ = writeln!(out, "\nand {} more events; `bouncescope parse` lists them all", events.len() - SHOWN);
    }
    for reject in rejects.iter().take(SHOWN) {
        line(&mut out, "unread", &format!("{}: {} ({})", reject.origin, reject.reason, reject.detail));
    }
    write_out(out.as_bytes())?;
    Ok(match (events.is_empty(), rejects.first()) {
        (false, _) => exit::done(),
        (true, None) => exit::because(3, format!("{} holds no event", input.display())),
        (true, Some(first)) => {
            let unread = format!("{}: {} ({})", first.origin, first.reason, first.detail);
            exit::because(3, format!("nothing could be read; the first: {unread}"))
        }
    })
}

/// A path or a glob names an input; anything else is a reply. A reply starts with a digit or has blanks, and no file is
/// called that.
fn is_input(text: &str) -> bool {
    let spaced = text.contains(char::is_whitespace);
    text == "-" || Path::new(text).exists() || !(spaced || text.starts_with(|c: char| c.is_ascii_digit()))
}

/// An event, an address or a domain of a published night.
fn past(args: &ExplainArgs, tables: Option<&Path>, settings: &Settings) -> anyhow::Result<ExitCode> {
    let folder = match &args.from {
        Some(folder) => folder.clone(),
        None => newest_night(Path::new("reports"))?,
    };
    let told = if let Some(id) = &args.incident {
        let maps = [(&args.tenants, &settings.tenants), (&args.contacts, &settings.contacts)]
            .map(|(flag, file)| flag.as_deref().or(file.as_deref()));
        crate::night::explain_incident(&folder, id, tables, maps)?
    } else if let Some(address) = &args.address {
        let address = Address::parse(address)
            .ok_or_else(|| Usage(format!("--address {address:?} is not an address; write it as ann@example.com")))?;
        report::told(address.as_str(), &provenance::address(&folder, &address)?)
    } else if let Some(domain) = &args.domain {
        let domain = crate::bounce::domain_key(domain)
            .ok_or_else(|| Usage(format!("--domain {domain:?} is not a domain; write it as example.com")))?;
        report::told(&domain, &provenance::domain(&folder, &domain)?)
    } else {
        String::new()
    };
    let told: Vec<_> = told.lines().map(harmless).collect();
    write_out((told.join("\n") + "\n").as_bytes())?;
    Ok(exit::done())
}

/// The folder with the greatest date.
fn newest_night(reports: &Path) -> anyhow::Result<PathBuf> {
    let entries = std::fs::read_dir(reports).into_iter().flatten().flatten();
    let nights = entries.map(|e| e.path()).filter(|p| {
        let name = p.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        name.parse::<jiff::civil::Date>().is_ok()
    });
    nights.max().ok_or_else(|| Usage(format!("{}: holds no night; name one with --from", reports.display())).into())
}

/// The reading wing for one input.
struct Desk {
    reader: Reader,
    classifier: Classifier,
    advice: Advice,
}

impl Desk {
    fn open(tables: Option<&Path>) -> anyhow::Result<Desk> {
        let options = ParseOptions { tables: tables.map(Path::to_owned), ..ParseOptions::default() };
        Ok(Desk { reader: Reader::new(&options)?, classifier: Classifier::new(tables)?, advice: Advice::load(tables)? })
    }

    fn read(&self, input: &OsStr) -> anyhow::Result<(Vec<Event>, Vec<Reject>)> {
        let options = source::SourceOptions::default();
        let mut parsed = Parsed::default();
        for source in source::open(&[input], &options)?.sources {
            for batch in source.batches(&options)? {
                batch?.each(&mut |item| match item {
                    Ok(item) => self.reader.item(&item, &mut parsed),
                    Err(refused) => parsed.rejects.push(refused.into_reject()),
                });
                if parsed.events.len() > SHOWN {
                    return Ok((parsed.events, parsed.rejects));
                }
            }
        }
        Ok((parsed.events, parsed.rejects))
    }

    fn tell(&self, event: &Event, out: &mut String) {
        let trace = self.classifier.trace(event);
        fields(event, out);
        if !names_a_cause(event, &trace.named) {
            line(out, "means", "no failure: it counts nowhere");
            return;
        }
        naming(event, &trace, out);
        self.next_steps(&trace, out);
    }

    fn next_steps(&self, trace: &Trace, out: &mut String) {
        let lists: Vec<&str> = trace.named.blocklist.as_deref().into_iter().collect();
        let case = Case {
            receiver: trace.named.rejecting_system.as_deref(),
            blocklists: &lists,
            rule: trace.named.rule.as_deref(),
        };
        let mut last: Option<Phase> = None;
        for step in self.advice.for_case(About::Cause(trace.named.cause), &case) {
            let name = if last == Some(step.phase) { "" } else { step.phase.as_str() };
            last = Some(step.phase);
            let takes = step.takes.as_deref().map(|t| format!(" [{t}]")).unwrap_or_default();
            let link = step.link.as_deref().map(|l| format!(" {l}")).unwrap_or_default();
            line(out, name, &format!("{}{takes}{link}", step.text));
        }
    }
}

/// What the report says, field by field; what it does not say is left out.
fn fields(event: &Event, out: &mut String) {
    let text = |value: &Option<String>| value.clone();
    let address = |value: &Option<Address>| value.as_ref().map(Address::to_string);
    line(out, "event", &format!("{} ({}, {})", event.kind, event.grammar, event.origin));
    let rows: [(&str, Option<String>); 19] = [
        ("timestamp", event.timestamp.map(|t| t.to_string())),
        ("recipient", address(&event.recipient)),
        ("original_recipient", address(&event.original_recipient)),
        ("final_recipient", address(&event.final_recipient)),
        ("unproven", event.unproven.map(|u| u.to_string())),
        ("action", event.action.map(|a| a.to_string())),
        ("reply_code", event.reply_code.map(|c| c.to_string())),
        ("status", event.status.map(|s| s.to_string())),
        ("diagnostic_code", text(&event.diagnostic_code)),
        ("reply", text(&event.reply)),
        ("command", event.command.map(|c| c.to_string())),
        ("remote_mta", text(&event.remote_mta)),
        ("reporting_mta", text(&event.reporting_mta)),
        ("sending_ip", event.sending_ip.map(|ip| ip.to_string())),
        ("sending_domain", text(&event.sending_domain)),
        ("campaign_id", text(&event.campaign_id)),
        ("message_id", text(&event.message_id)),
        ("feedback_type", text(&event.feedback_type)),
        ("native_class", text(&event.native_class)),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            line(out, name, &value);
        }
    }
}

/// Which rules hold, which one won, and what it names.
fn naming(event: &Event, trace: &Trace, out: &mut String) {
    let named = &trace.named;
    line(out, "template", &trace.template);
    match trace.matched.split_first() {
        None => line(out, "rule", "none knows this reply; README tells how to add one"),
        Some((won, others)) => {
            line(out, "rule", &format!("{} ({}:{}; {})", won.rule, won.file, won.line, won.source));
            for other in others.iter().take(5) {
                line(out, "", &format!("also held: {} ({}), which stands later", other.rule, other.cause));
            }
        }
    }
    line(out, "cause", &format!("{}, {}, by {}", named.cause, named.permanence, named.basis));
    line(out, "who", &who(event.kind, named));
    for (name, value) in [("spoken by", &named.rejecting_system), ("blocklist", &named.blocklist)] {
        if let Some(value) = value {
            line(out, name, value);
        }
    }
    if let Some(tag) = &named.vendor_tag {
        line(out, "vendor_tag", tag);
    }
}

/// Who is at fault, in words.
fn who(kind: Kind, named: &Classification) -> String {
    let of_the_address = named.blames.is_the_address(named.cause, named.basis);
    let fault = match named.blames {
        Blames::Recipient => "the recipient: this address, nobody else",
        Blames::Tenant if of_the_address => "the recipient's organisation, about this address and nobody else",
        Blames::Tenant => "the recipient's organisation",
        Blames::SenderIp => "us: our sending IP",
        Blames::SenderDomain => "us: our sending domain",
        Blames::SenderSetup => "us: our set-up",
        Blames::Message => "us: this message",
        Blames::Transient => "nobody: it passes",
        Blames::Unknown => "the reply does not tell",
    };
    // What takes part in no verdict says nothing about the organisation, whoever set it up.
    let judged = Family::of_named(kind, named).is_some_and(|family| Families::POLICY.has(family));
    let suppress = match (kind, named.cause) {
        (Kind::Complaint, _) => "; suppress the address",
        (_, Cause::MailboxFull) if of_the_address => "; suppress the address if it lasts",
        (_, Cause::DomainInvalid) if of_the_address => "; suppress the domain if nothing of it answers",
        _ if of_the_address && named.permanence == Permanence::Transient => {
            "; hold the address: an answer that may pass lists nobody"
        }
        _ if of_the_address => "; suppress the address",
        (_, Cause::TenantPolicy) if named.blames == Blames::Tenant && judged => {
            "; suppress the domain once the night's other replies bear it out"
        }
        _ => "; suppress nobody for it",
    };
    format!("{fault}{suppress}")
}

fn line(out: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{name:<19} {}", harmless(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reply: &str, host: Option<&str>) -> String {
        let desk = Desk::open(None).unwrap();
        let mut out = String::new();
        desk.tell(&desk.reader.reply_alone(reply, host), &mut out);
        out
    }

    #[test]
    fn a_listing_is_told_with_its_list_and_blames_our_ip() {
        let out = told(
            "550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus",
            Some("contoso-com.mail.protection.outlook.com"),
        );
        for want in ["ip_reputation", "exchange_online", "us: our sending IP", "suppress nobody", "192.0.2.1"] {
            assert!(out.contains(want), "{want} is missing in:\n{out}");
        }
    }

    #[test]
    fn a_dead_mailbox_is_the_recipients() {
        let out = told("550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown", None);
        assert!(out.contains("the recipient: this address") && out.contains("suppress the address"), "{out}");
    }

    #[test]
    fn only_what_a_verdict_can_rest_on_speaks_of_the_domain() {
        for (reply, want) in [
            ("550 5.7.134 Sender was not authenticated for mailbox", "nobody else; suppress the address"),
            ("550 5.7.1 This distribution list is for members only", "nobody else; suppress the address"),
            ("450 4.7.1 Only members may write to this group", "nobody else; hold the address"),
            ("530 5.7.57 Client not authenticated to send mail", "organisation; suppress nobody"),
            ("550 5.7.1 Your domain has been blocked by our administrator", "organisation; suppress the domain once"),
        ] {
            let out = told(reply, None);
            assert!(out.contains(want), "{want} is missing for {reply}:\n{out}");
        }
    }

    #[test]
    fn what_looks_like_a_reply_is_none_of_the_inputs() {
        for (text, want) in [
            ("550 5.1.1 User unknown", false),
            ("User unknown", false),
            ("550", false),
            ("mails/*.eml", true),
            ("-", true),
            ("missing.eml", true),
        ] {
            assert_eq!(is_input(text), want, "{text}");
        }
    }

    #[test]
    fn control_characters_of_a_reply_do_not_reach_the_terminal() {
        assert!(!told("550 \u{1b}[31mred", None).contains('\u{1b}'));
    }
}
