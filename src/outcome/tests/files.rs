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
        assert_eq!(Facts::read(&sources, &[]).unwrap().night.receivers_covered, covered, "{host:?}");
    }
}

#[test]
fn words_tell_the_receiver_of_a_domain_only_where_no_host_does() {
    // Hosts that are named, whether one that the table knows, and how many replies without a host tell Google by their words.
    for (hosts, known, told, want) in [
        (0, false, 1, Some("google")),
        (1, true, 9, Some("exchange_online")),
        (2, false, 2, None),
        (2, false, 3, Some("google")),
        (3, false, 0, None),
    ] {
        let row = |number: u64| {
            let mut placed = event(7 * number);
            placed.event.recipient = Address::parse(&format!("p{number}@firm.example"));
            let by_host = number < hosts;
            placed.event.remote_mta = by_host.then(|| "mx.firm.example".to_owned());
            let family = if by_host { known.then_some("exchange_online") } else { Some("google") };
            placed.facts.receiver_family = family.map(Into::into);
            placed.facts.customer_key = None;
            placed
        };
        let folder = tempfile::tempdir().unwrap();
        let files = written(folder.path(), &(0..hosts + told).map(row).collect::<Vec<_>>(), &[]);
        let facts = Facts::read(&Sources { events: vec![files.events], ..Sources::default() }, &[]).unwrap();
        let receiver = facts.night.receivers.get(facts.places.receiver_of[0]);
        assert_eq!(receiver, want, "{hosts} hosts, known: {known}, {told} by words");
    }
}

/// A consumer's refusal without a host, a list's dead addresses, or what `event` makes; hardly a row says its time.
fn mixed(number: u64) -> ClassifiedEvent {
    let mut placed = event(number);
    let consumer = number.is_multiple_of(3);
    if consumer || number % 7 == 1 {
        let address = if consumer { format!("someone{number}@gmail.com") } else { recipient(number) };
        placed.event.recipient = Address::parse(&address);
        placed.facts.recipient = Some(Key::default().recipient_of(&address));
        placed.facts.receiver_family = None;
        placed.event.remote_mta = None;
        let (cause, blames, basis) = if consumer {
            (Cause::OtherPolicy, Blames::Unknown, Basis::Unstated)
        } else {
            (Cause::MailboxUnknown, Blames::Recipient, Basis::Directory)
        };
        placed.classification = Classification::new(cause, Permanence::Permanent, blames, basis).into();
    }
    placed.event.list_source = Some(if number % 7 == 1 { "fair" } else { "shop" }.into());
    placed.event.timestamp = placed.event.timestamp.filter(|_| number.is_multiple_of(40));
    placed
}

/// A row of a send log for each of these, and of deliveries for others.
fn mixed_delivery(number: u64) -> PlacedDelivery {
    let mut placed = delivery(number);
    placed.delivery.recipient = mixed(number).event.recipient;
    placed.delivery.list_source = mixed(number).event.list_source;
    placed.facts.recipient = mixed(number).facts.recipient;
    if let Some(address) = &placed.delivery.recipient {
        placed.delivery.recipient_domain = address.domain().to_owned();
    }
    placed.attempted = number % 5 != 2;
    placed
}

/// Writes a file of each of these rows.
fn write_rows(folder: &Path, bounced: &[u64], sent: &[u64]) -> NightFiles {
    let files = NightFiles::in_folder(folder);
    let mut writer = NightWriter::create(&files).unwrap();
    let bounced: Vec<_> = bounced.iter().copied().map(mixed).collect();
    let sent: Vec<_> = sent.iter().copied().map(mixed_delivery).collect();
    let page = writer.page(&bounced, &sent, &[]).unwrap();
    writer.write(page).unwrap();
    writer.finish().unwrap();
    files
}

#[test]
fn no_cut_and_no_order_of_files_and_rows_changes_a_judgement() {
    let bounced: Vec<u64> = (0..1200).filter(|n| n % 3 == 0 || n % 7 == 1 || n % 60 == 7).collect();
    let sent: Vec<u64> = (0..1200).collect();
    let folder = tempfile::tempdir().unwrap();
    let one = judgement(&[write_rows(folder.path(), &bounced, &sent)]);
    let kinds: Vec<IncidentKind> = one.incidents.iter().map(|incident| incident.kind).collect();
    assert!(kinds.contains(&IncidentKind::ProviderBlock) && kinds.contains(&IncidentKind::ListQuality), "{kinds:?}");
    let (mut back, mut back_sent) = (bounced.clone(), sent.clone());
    back.reverse();
    back_sent.reverse();
    for (parts, (bounced, sent)) in
        [(1, (&back, &back_sent)), (3, (&bounced, &back_sent)), (7, (&back, &sent)), (7, (&bounced, &sent))]
    {
        let folders: Vec<tempfile::TempDir> = (0..parts).map(|_| tempfile::tempdir().unwrap()).collect();
        let cut = |rows: &[u64], part: usize| {
            let size = rows.len().div_ceil(parts);
            rows[(part * size).min(rows.len())..((part + 1) * size).min(rows.len())].to_vec()
        };
        let mut files: Vec<NightFiles> = folders
            .iter()
            .enumerate()
            .map(|(part, folder)| write_rows(folder.path(), &cut(bounced, part), &cut(sent, part)))
            .collect();
        for turn in 0..parts {
            files.rotate_left(1);
            let shards = format!("{:?}", judgement(&files));
            assert_eq!(shards, format!("{one:?}"), "{parts} shards, begun with {turn}");
        }
    }
}

#[test]
fn a_sample_does_not_depend_on_the_cut_where_nothing_tells_its_rows_apart_but_their_words() {
    let row = |number: u64| {
        let mut placed = event(7);
        placed.id = u128::from(number);
        placed.event.timestamp = None;
        placed.event.origin.index = number;
        placed.event.reply = Some(format!("550 5.7.1 refused, see {}", 1000 - number));
        placed
    };
    let sample = |rows: &[u64], size: usize| {
        let folders: Vec<tempfile::TempDir> = rows.chunks(size).map(|_| tempfile::tempdir().unwrap()).collect();
        let shard = |(rows, folder): (&[u64], &tempfile::TempDir)| {
            let files = NightFiles::in_folder(folder.path());
            let mut writer = NightWriter::create(&files).unwrap();
            let rows: Vec<_> = rows.iter().copied().map(row).collect();
            let page = writer.page(&rows, &[], &[]).unwrap();
            writer.write(page).unwrap();
            writer.finish().unwrap();
            files
        };
        let files: Vec<NightFiles> = rows.chunks(size).zip(&folders).map(shard).collect();
        judgement(&files).incidents[0].sample.clone().unwrap()
    };
    let rows: Vec<u64> = (0..100).collect();
    let back: Vec<u64> = (0..100).rev().collect();
    let one = sample(&rows, 100);
    assert_eq!([sample(&rows, 30), sample(&back, 30), sample(&back, 100)], [one.clone(), one.clone(), one]);
}
