//! Benchmark: analysing a large night.
//!
//! Nights of one and of ten million events, with twice as many deliveries: 500,000 organisations, 30 IPs, 100 sending
//! domains, 200 campaigns, a listed IP, a blocked provider and tenants of their own. Prints seconds and peak memory of
//! analysing each; the files are made before. `cargo bench --bench judging [-- MILLIONS...]`.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bouncescope::bounce::{
    Address, Basis, Blames, Cause, Classification, Delivery, EnhancedStatus, Event, Key, Kind, Origin, Permanence,
    ReplyCode, Timestamp,
};
use bouncescope::facts::Sources;
use bouncescope::frame::{ClassifiedEvent, DeliveryId, NightFiles, NightWriter, PlacedDelivery, RowFacts, Sink};
use bouncescope::outcome::run;
use bouncescope::tables::receivers::Receivers;

const ORGANISATIONS: u64 = 500_000;
const IPS: u64 = 30;
const DOMAINS: u64 = 100;
const CAMPAIGNS: u64 = 200;
/// Rows made at a time.
const PAGE: u64 = 100_000;

/// A cheap generator of numbers (splitmix64); the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// One message.
struct Message {
    recipient: String,
    organisation: u64,
    ip: u64,
    sending_domain: u64,
    campaign: u64,
}

fn message(dice: &mut Dice, number: u64) -> Message {
    // Squaring makes the first organisations large, as in real lists.
    let x = dice.below(1 << 20);
    let organisation = (((x * x) >> 20) * ORGANISATIONS) >> 20;
    let recipient = format!("person{number}@company{organisation}.com");
    Message {
        recipient,
        organisation,
        ip: dice.below(IPS),
        sending_domain: dice.below(DOMAINS),
        campaign: dice.below(CAMPAIGNS),
    }
}

fn host(organisation: u64) -> String {
    match organisation % 5 {
        0 | 1 => format!("company{organisation}-com.mail.protection.outlook.com"),
        2 => "aspmx.l.google.com".to_owned(),
        3 => "eu-smtp-inbound-1.mimecast.com".to_owned(),
        _ => format!("mail.company{organisation}.com"),
    }
}

fn cause(message: &Message, dice: &mut Dice) -> (Cause, Blames, Basis) {
    match (message.ip, message.organisation % 5, message.organisation % 997) {
        (_, _, 0) => (Cause::TenantPolicy, Blames::Tenant, Basis::ExplicitRule),
        (7, _, _) => (Cause::IpReputation, Blames::SenderIp, Basis::Listing),
        (_, 3, _) => (Cause::OtherPolicy, Blames::Unknown, Basis::Unstated),
        _ if dice.below(10) == 0 => (Cause::MailboxFull, Blames::Recipient, Basis::System),
        _ => (Cause::MailboxUnknown, Blames::Recipient, Basis::Directory),
    }
}

/// What ingest tells of a row.
fn facts(recipient: Option<i64>, host: Option<&str>, receivers: &Receivers) -> RowFacts {
    let receiver = host.and_then(|host| receivers.of_host(host));
    RowFacts {
        recipient,
        receiver_family: receiver.map(|receiver| receivers.family(&receiver.name).into()),
        customer_key: host.and_then(|host| receivers.customer_key(host)).map(Into::into),
    }
}

fn event(dice: &mut Dice, number: u64, template: &Arc<str>, receivers: &Receivers) -> ClassifiedEvent {
    let message = message(dice, number);
    let (cause, blames, basis) = cause(&message, dice);
    let mut event = Event::new(Origin { source: "night.csv".into(), index: number }, Kind::Bounce, "generic");
    event.timestamp = Some(Timestamp(1_790_000_000_000 + dice.below(36_000_000) as i64));
    event.recipient = Address::parse(&message.recipient);
    event.reply_code = ReplyCode::new(550);
    event.status = EnhancedStatus::new(5, 7, 1);
    event.reply = Some(format!("550 5.7.1 refused for policy reasons, see {number}"));
    event.remote_mta = Some(host(message.organisation));
    event.sending_ip = Some(std::net::Ipv4Addr::new(198, 51, 100, message.ip as u8).into());
    event.sending_domain = Some(format!("send{}.example", message.sending_domain));
    event.campaign_id = Some(format!("campaign{}", message.campaign));
    event.message_id = Some(format!("{number}@send.example"));
    let classification = Classification {
        template: Some(template.clone()),
        ..Classification::new(cause, Permanence::Permanent, blames, basis)
    }
    .into();
    let recipient = event.recipient.as_ref().map(|address| Key::default().recipient(address));
    let facts = facts(recipient, event.remote_mta.as_deref(), receivers);
    ClassifiedEvent { id: u128::from(number), event, classification, organisation: None, receiver: None, facts }
}

fn delivery(dice: &mut Dice, number: u64, receivers: &Receivers) -> PlacedDelivery {
    let message = message(dice, 1_000_000_000 + number);
    let delivery = Delivery {
        origin: Origin { source: "sent.csv".into(), index: number },
        recipient: Address::parse(&message.recipient),
        recipient_domain: format!("company{}.com", message.organisation),
        count: 1,
        timestamp: None,
        sending_ip: Some(std::net::Ipv4Addr::new(198, 51, 100, message.ip as u8).into()),
        sending_domain: Some(format!("send{}.example", message.sending_domain)),
        campaign_id: Some(format!("campaign{}", message.campaign)),
        list_source: None,
        remote_mta: Some(host(message.organisation)),
        message_id: None,
    };
    let recipient = delivery.recipient.as_ref().map(|address| Key::default().recipient(address));
    let facts = facts(recipient, delivery.remote_mta.as_deref(), receivers);
    PlacedDelivery { delivery, id: DeliveryId::default(), facts, attempted: false }
}

fn make(folder: &Path, events: u64) -> anyhow::Result<NightFiles> {
    let files = NightFiles::in_folder(folder);
    let mut writer = NightWriter::create(&files)?;
    let receivers = Receivers::load(None)?;
    let (mut dice, template) = (Dice(1), Arc::from("550 5.7.1 refused for policy reasons, see {id}"));
    for start in (0..events).step_by(PAGE as usize) {
        let page = start..(start + PAGE).min(events);
        let rows: Vec<ClassifiedEvent> = page.clone().map(|n| event(&mut dice, n, &template, &receivers)).collect();
        let deliveries: Vec<PlacedDelivery> =
            (page.start * 2..page.end * 2).map(|n| delivery(&mut dice, n, &receivers)).collect();
        let frames = writer.page(&rows, &deliveries, &[])?;
        writer.write(frames)?;
    }
    writer.finish()?;
    Ok(files)
}

/// Peak memory of this process so far, in MiB; `None` where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn main() -> anyhow::Result<()> {
    let mut sizes: Vec<f64> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    // `judging FOLDER-OF-A-NIGHT` analyses files that are there: making them needs memory too.
    if let Some(folder) = std::env::args().nth(1).filter(|a| Path::new(a).is_dir()) {
        return analyse(&NightFiles::in_folder(Path::new(&folder)), "night");
    }
    if sizes.is_empty() {
        sizes = vec![1.0, 10.0];
    }
    for millions in sizes {
        let folder = tempfile::tempdir()?;
        make(folder.path(), (millions * 1e6) as u64)?;
        // A process of its own, so that its peak is its own.
        let status = std::process::Command::new(std::env::current_exe()?).arg(folder.path()).status()?;
        anyhow::ensure!(status.success(), "analysing {millions} million events failed");
    }
    Ok(())
}

fn analyse(files: &NightFiles, name: &str) -> anyhow::Result<()> {
    let start = Instant::now();
    let sources = Sources {
        events: vec![files.events.clone()],
        deliveries: vec![files.deliveries.clone()],
        ..Sources::default()
    };
    let judgement = run(&sources, &[])?.judgement;
    let bounces: u64 = judgement.domains.iter().map(|d| d.bounces).sum();
    println!(
        "{name}: {bounces} events, {} deliveries, {} incidents: {:.1} s, peak {} MiB",
        judgement.delivered.unwrap_or(0),
        judgement.incidents.len(),
        start.elapsed().as_secs_f64(),
        peak().map_or_else(|| "?".to_owned(), |mib| mib.to_string())
    );
    Ok(())
}
