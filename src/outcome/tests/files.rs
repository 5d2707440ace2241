//! From Parquet files to a judgement: a night in one file, and the same night in shards.

use std::path::{Path, PathBuf};

use crate::bounce::{
    Address, Basis, Blames, Cause, Classification, Delivery, EnhancedStatus, Event, IncidentKind, Key, Kind, Origin,
    Permanence, ReplyCode, Timestamp,
};
use crate::facts::{Facts, Sources};
use crate::frame::{ClassifiedEvent, DeliveryId, NightFiles, NightWriter, PlacedDelivery, RowFacts, Sink};
use crate::outcome::run;

fn recipient(number: u64) -> String {
    format!("p{number}@company{}.com", number % 60)
}

/// A refusal by a tenant's own rule at one company, an unknown user here and there.
fn event(number: u64) -> ClassifiedEvent {
    let refused = number % 60 == 7;
    let (cause, blames, basis) = if refused {
        (Cause::TenantPolicy, Blames::Tenant, Basis::ExplicitRule)
    } else {
        (Cause::MailboxUnknown, Blames::Recipient, Basis::Directory)
    };
    let mut event = Event::new(Origin { source: "night.csv".into(), index: number }, Kind::Bounce, "generic");
    event.recipient = Address::parse(&recipient(number));
    event.timestamp = Some(Timestamp(1_790_000_000_000 + number as i64));
    event.reply_code = ReplyCode::new(550);
    event.status = EnhancedStatus::new(5, 7, 1);
    event.reply = Some(format!("550 5.7.1 refused, see {number}"));
    event.remote_mta = Some(format!("company{}-com.mail.protection.outlook.com", number % 60));
    event.sending_ip = "192.0.2.1".parse().ok();
    event.message_id = Some(format!("{number}@news.example"));
    let classification = Classification {
        template: Some("550 5.7.1 refused, see {id}".into()),
        ..Classification::new(cause, Permanence::Permanent, blames, basis)
    }
    .into();
    ClassifiedEvent {
        id: u128::from(number),
        event,
        classification,
        organisation: None,
        receiver: None,
        facts: RowFacts {
            recipient: Some(key(number)),
            receiver_family: Some("exchange_online".into()),
            customer_key: None,
        },
    }
}

fn key(number: u64) -> i64 {
    Key::default().recipient_of(&recipient(number))
}

/// A row of a log of all that was attempted: the night's bounces are still in it.
fn delivery(number: u64) -> PlacedDelivery {
    let delivery = Delivery {
        origin: Origin { source: "sent.csv".into(), index: number },
        recipient: Address::parse(&recipient(number)),
        recipient_domain: format!("company{}.com", number % 60),
        count: 1,
        timestamp: None,
        sending_ip: "192.0.2.1".parse().ok(),
        sending_domain: None,
        campaign_id: None,
        list_source: None,
        remote_mta: None,
        message_id: None,
    };
    let recipient = delivery.recipient.as_ref().map(|address| Key::default().recipient(address));
    let facts = RowFacts { recipient, ..RowFacts::default() };
    PlacedDelivery { delivery, id: DeliveryId::default(), facts, attempted: true }
}

/// Writes part `part` of `parts` of the night.
fn write(folder: &Path, part: u64, parts: u64) -> NightFiles {
    let mine = |number: &u64| number % parts == part;
    let bounced = (0..900).filter(|n| n % 60 == 7 || n % 50 == 3).filter(mine).map(event).collect::<Vec<_>>();
    let sent = (0..900).filter(mine).map(delivery).collect::<Vec<_>>();
    written(folder, &bounced, &sent)
}

fn written(folder: &Path, bounced: &[ClassifiedEvent], sent: &[PlacedDelivery]) -> NightFiles {
    let files = NightFiles::in_folder(folder);
    let mut writer = NightWriter::create(&files).unwrap();
    let page = writer.page(bounced, sent, &[]).unwrap();
    writer.write(page).unwrap();
    writer.finish().unwrap();
    files
}

fn judgement(files: &[NightFiles]) -> crate::outcome::incident::Judgement {
    let of = |path: fn(&NightFiles) -> &PathBuf| files.iter().map(|f| path(f).clone()).collect();
    let sources = Sources { events: of(|f| &f.events), deliveries: of(|f| &f.deliveries), ..Sources::default() };
    run(&sources, &[]).unwrap().judgement
}

#[test]
fn a_night_read_from_shards_is_the_night_read_from_one_file() {
    let whole = tempfile::tempdir().unwrap();
    let one = judgement(&[write(whole.path(), 0, 1)]);
    assert_eq!(one.incidents[0].kind, IncidentKind::TenantBlock);
    assert_eq!(one.incidents[0].bounces, 15);
    assert!(one.incidents[0].sample.as_ref().is_some_and(|reply| reply.contains("see 7")), "{:?}", one.incidents[0]);
    // Each message was attempted, and those that bounced are taken off.
    assert_eq!((one.tried, one.delivered), (Some(900), Some(900 - 15 - 18)));
    for parts in [2, 5] {
        let folders: Vec<tempfile::TempDir> = (0..parts).map(|_| tempfile::tempdir().unwrap()).collect();
        let files: Vec<NightFiles> =
            folders.iter().enumerate().map(|(part, folder)| write(folder.path(), part as u64, parts)).collect();
        assert_eq!(format!("{:?}", judgement(&files)), format!("{one:?}"), "{parts} shards");
    }
}

#[test]
fn a_host_that_nobody_knows_is_named_all_the_same() {
    for (host, covered) in [(Some("mx1.company.example"), true), (None, false)] {
        let folder = tempfile::tempdir().unwrap();
        let sent = |number| {
            let mut row = delivery(number);
            row.delivery.remote_mta = host.map(str::to_owned);
            row
        };
        let (bounced, sent) = ((0..20).map(event).collect::<Vec<_>>(), (20..60).map(sent).collect::<Vec<_>>());
        let files = written(folder.path(), &bounced, &sent);
        let sources = Sources { events: vec![files.events], deliveries: vec![files.deliveries], ..Sources::default() };
        assert_eq!(Facts::read(&sources).unwrap().night.receivers_covered, covered, "{host:?}");
    }
}
