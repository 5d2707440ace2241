//! What records become, whatever their format.

use super::*;
use crate::bounce::Kind;
use crate::parse::Reader;
use crate::source::{self, Item, SourceOptions};

pub(super) fn records(deliveries: bool) -> Reader {
    Reader::new(&ParseOptions { deliveries, ..ParseOptions::default() }).unwrap()
}

fn origin() -> Origin {
    Origin { source: "test".into(), index: 0 }
}

pub(super) fn csv_with(reader: &Reader, text: &str) -> Parsed {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let options = SourceOptions { input_format: Some("csv".to_owned()), ..SourceOptions::default() };
    let mut out = Parsed::default();
    for source in source::open(&[file.path().display().to_string()], &options).unwrap().sources {
        for batch in source.batches(&options).unwrap() {
            batch.unwrap().each(&mut |item| reader.item(&item.unwrap(), &mut out));
        }
    }
    out
}

pub(super) fn read_csv(text: &str) -> Parsed {
    csv_with(&records(false), text)
}

pub(super) fn read_json(text: &str) -> Parsed {
    let mut out = Parsed::default();
    records(false).item(&Item::Json { origin: origin(), text: text.as_bytes() }, &mut out);
    out
}

#[test]
fn a_generic_row_fills_the_fields_of_the_same_name() {
    let out = read_csv(
        "timestamp,recipient,reply_code,status,diagnostic_code,remote_mta,sending_ip,sending_domain,campaign_id,message_id\n\
         2026-11-20T01:02:03Z,Ann@Example.com,550,5.1.1,550 5.1.1 unknown,MX.example.com,192.0.2.1,News.example.org,c1,<1@example.org>\n",
    );
    let event = &out.events[0];
    assert_eq!(event.kind, Kind::Bounce);
    assert_eq!(event.recipient.as_ref().unwrap().as_str(), "Ann@example.com");
    assert_eq!(event.timestamp.unwrap().0, 1_795_136_523_000);
    assert_eq!(event.reply_code.unwrap().get(), 550);
    assert_eq!(event.status.unwrap().to_string(), "5.1.1");
    assert_eq!(event.diagnostic_code.as_deref(), Some("550 5.1.1 unknown"));
    assert_eq!(event.remote_mta.as_deref(), Some("mx.example.com"));
    assert_eq!(event.sending_ip.unwrap().to_string(), "192.0.2.1");
    assert_eq!(event.sending_domain.as_deref(), Some("news.example.org"));
    assert_eq!(event.campaign_id.as_deref(), Some("c1"));
    assert_eq!(event.message_id.as_deref(), Some("1@example.org"));
}

#[test]
fn a_generic_object_is_read_like_a_row() {
    let out = read_json(
        r#"{"kind":"bounce","timestamp":"2026-11-20T01:02:03Z","recipient":"ann@example.com","reply_code":550,"status":"5.1.1",
            "diagnostic_code":"550 5.1.1 no \"ann\" here","cause":null,"source_index":3}"#,
    );
    let event = &out.events[0];
    assert_eq!(event.reply_code.unwrap().get(), 550);
    assert_eq!(event.diagnostic_code.as_deref(), Some("550 5.1.1 no \"ann\" here"));
}

#[test]
fn rows_without_kind_are_bounces_where_the_file_has_a_code_column() {
    for (text, want) in [
        ("recipient,reply_code\nann@example.com,550\n", Kind::Bounce),
        ("recipient,reply_code\nann@example.com,451\n", Kind::Bounce),
        ("recipient,status\nann@example.com,5.1.1\n", Kind::Bounce),
        ("recipient,diagnostic_code\nann@example.com,\n", Kind::Bounce),
        ("recipient,reply_code\nann@example.com,250\n", Kind::Delivered),
        ("recipient\nann@example.com\n", Kind::Delivered),
        ("recipient,action,diagnostic_code\nann@example.com,delayed,451 later\n", Kind::Delay),
        ("recipient,kind,diagnostic_code\nann@example.com,complaint,\n", Kind::Complaint),
        ("recipient,kind\nann@example.com,delivered\n", Kind::Delivered),
        ("recipient,kind\nann@example.com,opened\n", Kind::Other),
    ] {
        let out = read_csv(text);
        let kind = out.events.first().map_or(Kind::Delivered, |event| event.kind);
        assert_eq!((kind, out.events.len() + out.deliveries.len()), (want, 1), "{text}");
    }
}

#[test]
fn a_count_by_domain_is_a_delivery_without_a_recipient() {
    let out = read_csv("recipient_domain,count,sending_ip\nExample.com,12,192.0.2.1\nexample.net,0,\n");
    assert_eq!((out.deliveries[0].recipient_domain.as_str(), out.deliveries[0].count), ("example.com", 12));
    assert_eq!(out.deliveries[0].recipient, None);
    assert_eq!(out.rejects.len(), 1);
}

#[test]
fn records_of_a_delivery_file_are_deliveries_unless_they_say_otherwise() {
    let records = records(true);
    let out = csv_with(
        &records,
        "recipient,reply_code,kind\na@example.com,550,\nb@example.com,,bounce\nc@example.com,250,delivered\n",
    );
    assert_eq!((out.deliveries.len(), out.events.len()), (2, 1));
}

#[test]
fn an_unusable_recipient_is_one_reject() {
    let out = read_csv("recipient,reply_code\nnobody,550\n,550\nann@example.com,550\n");
    let details: Vec<_> = out.rejects.iter().map(|r| (r.reason, r.detail.as_str())).collect();
    assert_eq!(
        details,
        [
            (RejectReason::BadRow, "generic: recipient \"nobody\" is not an address"),
            (RejectReason::BadRow, "generic: no recipient"),
        ]
    );
    assert_eq!(out.events.len(), 1);
}

#[test]
fn a_missing_recipient_column_names_those_found_and_the_nearest() {
    let out = read_csv("when,recipeint,text\n1,ann@example.com,550\n");
    let detail = &out.rejects[0].detail;
    assert!(
        detail.starts_with(
            "no column \"recipient\"; found: when, recipeint, text; is \"recipeint\" the recipient? then save the line  \
             mapping = { recipient = \"recipeint\", diagnostic_code = \"text\", timestamp = \"when\", needs = "
        ),
        "{detail}"
    );
    assert_eq!(out.rejects[0].reason, RejectReason::UnknownFormat);
}

#[test]
fn a_time_without_zone_is_a_reject_that_says_what_to_set() {
    let out = read_csv("recipient,timestamp,reply_code\nann@example.com,2026-11-20 01:02:03,550\n");
    assert!(out.rejects[0].detail.contains("--time-zone"), "{}", out.rejects[0].detail);
    let options = ParseOptions { time_zone: Some("+01:00".to_owned()), ..ParseOptions::default() };
    let out = csv_with(&Reader::new(&options).unwrap(), "recipient,timestamp\nann@example.com,1970-01-01 01:00:00\n");
    assert_eq!(out.deliveries[0].timestamp.unwrap().0, 0);
}

#[test]
fn damaged_json_is_one_reject_and_the_records_before_it_are_kept() {
    let out = read_json(r#"[{"recipient":"a@example.com"},{"recipient":"b@example.com"},{"recip"#);
    assert_eq!((out.deliveries.len(), out.rejects.len()), (2, 1));
    assert_eq!(out.rejects[0].reason, RejectReason::BadJson);
}

#[test]
fn lines_are_read_alike_whatever_the_keys_of_those_before() {
    let lines = [
        r#"{"recipient":"a@example.com","reply_code":550,"status":"5.1.1"}"#,
        r#"{"status":"5.2.2","recipient":"b@example.com","reply_code":552}"#,
        r#"{"other":1,"recipient":"c@example.com","nested":{"recipient":"x@example.com"},"status":"5.1.2"}"#,
        r#"{"recipient":"d@example.com","reply_code":550,"status":"5.1.1","status":"5.9.9"}"#,
        r#"{"recipient":"broken"#,
        r#"{"recipient":"e@example.com","reply_code":550}"#,
    ];
    let (reader, mut together) = (records(false), Parsed::default());
    for text in lines.iter().chain(lines.iter().rev()) {
        reader.item(&Item::Json { origin: origin(), text: text.as_bytes() }, &mut together);
    }
    let alone: Vec<Parsed> = lines.iter().chain(lines.iter().rev()).map(|text| read_json(text)).collect();
    assert!(together.events.iter().eq(alone.iter().flat_map(|out| &out.events)));
    assert!(together.rejects.iter().eq(alone.iter().flat_map(|out| &out.rejects)));
    assert_eq!((together.events.len(), together.rejects.len()), (10, 2));
}

#[test]
fn bytes_that_are_no_text_are_a_reject_and_the_records_before_them_are_kept() {
    let mut out = Parsed::default();
    let text = b"[{\"recipient\":\"a@example.com\"},{\"recipient\":\"b\xff@example.com\"}]";
    records(false).item(&Item::Json { origin: origin(), text }, &mut out);
    assert_eq!((out.deliveries.len(), out.rejects.len()), (1, 1));
    assert!(out.rejects[0].detail.contains("utf-8"), "{}", out.rejects[0].detail);
}

#[test]
fn whole_numbers_are_spelled_as_they_are() {
    for number in ["0", "99", "100", "550", "999", "1000", "-550", "18446744073709551615"] {
        let out =
            read_json(&format!("{{\"recipient\":\"a@example.com\",\"status\":\"5.1.1\",\"message_id\":{number}}}"));
        assert_eq!(out.events[0].message_id.as_deref(), Some(number));
    }
}

#[test]
fn of_a_batch_that_is_cut_off_the_whole_records_are_kept() {
    let brevo = r#"{"event":"hard_bounce","email":"@","ts_event":1795136523,"message-id":"<1@x>"}"#;
    let mailgun = r#"{"address":"@","code":"550","error":"550 no","created_at":"Fri, 21 Oct 2011 11:02:55 GMT"}"#;
    for (list, record) in [("events", brevo), ("items", mailgun)] {
        let [first, second] =
            ["a@example.com", "b@example.com"].map(|name| record.replace("\"@\"", &format!("\"{name}\"")));
        let out = read_json(&format!("{{\"{list}\":[{first},{second},{{\"event\":\"hard_bo"));
        let recipients: Vec<_> = out.events.iter().filter_map(|event| event.recipient.as_ref()).collect();
        assert_eq!(recipients.iter().map(|a| a.as_str()).collect::<Vec<_>>(), ["a@example.com", "b@example.com"]);
        assert_eq!(out.rejects.len(), 1, "{:?}", out.rejects);
        assert_eq!(out.rejects[0].reason, RejectReason::BadJson);
    }
}

#[test]
fn an_object_that_names_no_recipient_tells_the_keys_found() {
    for (text, want) in [
        (r#"{"recipeint":"a@example.com","code":550}"#, "found: recipeint, code; is \"recipeint\" the recipient?"),
        (
            r#"{"to":{"adress":"a@example.com"},"status":"5.1.1"}"#,
            "found: to.adress, status; is \"to.adress\" the recipient?",
        ),
    ] {
        let out = read_json(text);
        assert!(out.rejects[0].detail.contains(want), "{}", out.rejects[0].detail);
    }
    assert_eq!(read_json(r#"{"recipient":null,"status":"5.1.1"}"#).rejects[0].detail, "generic: no recipient");
}

#[test]
fn ids_beyond_double_precision_stay_exact() {
    let out = read_json(r#"{"recipient":"a@example.com","message_id":13792286917004337,"reply_code":550}"#);
    assert_eq!(out.events[0].message_id.as_deref(), Some("13792286917004337"));
}

#[test]
fn each_address_of_a_list_is_its_own_record() {
    let out = read_json(
        r#"{"type":"Delivery","queue":"q","recipient":["a@example.com","b@example.com"],"id":"1","timestamp":1795136523}"#,
    );
    let recipients: Vec<_> = out.deliveries.iter().map(|d| d.recipient.as_ref().unwrap().as_str()).collect();
    assert_eq!(recipients, ["a@example.com", "b@example.com"]);
}

#[test]
fn a_mapping_reads_columns_that_nothing_else_knows() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "[mapping]\nrecipient = \"E-Mail Adresse\"\ndiagnostic_code = \"Grund\"\n\n[[mapping.kinds]]\nwhen = { Art = \"zugestellt\" }\nkind = \"delivered\"\n";
    std::fs::write(file.path(), text).unwrap();
    let options = ParseOptions { mapping: Some(file.path().to_owned()), ..ParseOptions::default() };
    let out = csv_with(
        &Reader::new(&options).unwrap(),
        "Art,E-Mail Adresse,Grund,campaign\nrückläufer,ann@example.com,550 5.1.1 unbekannt,c1\nzugestellt,bob@example.com,,c1\n",
    );
    assert_eq!(out.events[0].diagnostic_code.as_deref(), Some("550 5.1.1 unbekannt"));
    assert_eq!(out.events[0].campaign_id.as_deref(), Some("c1"));
    assert_eq!((out.events.len(), out.deliveries.len()), (1, 1));
}

#[test]
fn a_format_asked_for_by_name_is_not_looked_for() {
    let options = ParseOptions { input_format: Some("powermta".to_owned()), ..ParseOptions::default() };
    let out = csv_with(&Reader::new(&options).unwrap(), "type,rcpt\nd,ann@example.com\n");
    assert_eq!(out.deliveries.len(), 1);
    let options = ParseOptions { input_format: Some("sendgird_events".to_owned()), ..ParseOptions::default() };
    let error = Reader::new(&options).unwrap_err().to_string();
    assert!(error.contains("did you mean \"sendgrid_events\""), "{error}");
}

#[test]
fn the_events_of_a_message_share_what_it_says_and_win_over_it() {
    let out = read_json(
        r#"{"from_email":"news@example.org","sg_message_id":"m1","to_email":"ann@example.com","status":"bounced","events":[
            {"event":"delivered","email":"ann@example.com","timestamp":1795136520,"response":"250 ok"},
            {"event":"bounce","email":"ann@example.com","timestamp":1795136523,"reason":"550 5.1.1 unknown","status":"5.1.1"}
            ],"outbound_ip":"192.0.2.1"}"#,
    );
    assert_eq!((out.rejects.len(), out.deliveries.len(), out.events.len()), (0, 1, 1), "{out:?}");
    let event = &out.events[0];
    assert_eq!((event.grammar.as_ref(), event.kind), ("sendgrid_message", Kind::Bounce));
    assert_eq!(event.status.unwrap().to_string(), "5.1.1");
    assert_eq!(event.sending_domain.as_deref(), Some("example.org"));
    assert_eq!(event.sending_ip.unwrap().to_string(), "192.0.2.1");
    assert_eq!(out.deliveries[0].sending_ip, event.sending_ip);
}

#[test]
fn a_reply_in_the_place_of_a_notice_is_the_reply() {
    for (text, want) in [
        ("550 5.1.1 The email account does not exist.", Some("550 5.1.1 The email account does not exist.")),
        ("it came back", None),
    ] {
        let row = format!(
            r#"{{"event_type":"EMAIL_BOUNCE","to_email":"ann@example.com","bounce_message":{{"text":"{text}","html":"<p>{text}</p>"}}}}"#
        );
        assert_eq!(read_json(&row).events[0].reply.as_deref(), want, "{text}");
    }
}

#[test]
fn a_message_of_an_earlier_mailgun_keeps_its_reply() {
    let out = read_json(
        r#"{"event":"bounced","recipient":"ann@example.com","domain":"news.example.org","message-headers":"[]","code":"550",
            "error":"5.1.1 The mailbox does not exist","Message-Id":"<1@example.org>","timestamp":"1795136523"}"#,
    );
    let event = &out.events[0];
    assert_eq!((event.grammar.to_string().as_str(), event.kind), ("mailgun_legacy", Kind::Bounce));
    assert_eq!(event.diagnostic_code.as_deref(), Some("550 5.1.1 The mailbox does not exist"));
    assert_eq!(event.sending_domain.as_deref(), Some("news.example.org"));
    assert_eq!(event.message_id.as_deref(), Some("1@example.org"));
}

#[test]
fn what_sns_says_of_a_subscription_is_about_no_message() {
    for text in [
        r#"{"Type":"SubscriptionConfirmation","MessageId":"1","TopicArn":"arn:aws:sns:x","Message":"You have chosen to subscribe","Timestamp":"2026-11-20T01:02:03Z"}"#,
        r#"{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:x","Message":"Successfully validated SNS topic for Amazon SES event publishing.","Timestamp":"2026-11-20T01:02:03Z"}"#,
    ] {
        let out = read_json(text);
        assert!(out.rejects.is_empty(), "{:?}", out.rejects);
        assert_eq!(out.events[0].kind, Kind::Other);
    }
}

#[test]
fn events_inside_a_message_are_told_from_messages_inside_a_list_of_events() {
    let events = r#""events":[{"event_name":"processed","processed":"2026-11-20T01:02:00Z"},
        {"event_name":"bounced","processed":"2026-11-20T01:02:03Z","reason":"550 5.1.1 no such user","bounce_type":"bounced","mx_server":"mx.example.com"}]"#;
    let rest = r#""msg_id":"m1","from_email":"news@example.org","to_email":"ann@example.com","status":"not_delivered""#;
    for text in [format!("{{{rest},\n{events}}}"), format!("{{{events},\n{rest}}}"), format!("[{{{rest},{events}}}]")] {
        let out = read_json(&text);
        assert!(out.rejects.is_empty(), "{:?}", out.rejects);
        let kinds: Vec<_> = out.events.iter().map(|event| (event.grammar.to_string(), event.kind)).collect();
        assert_eq!(
            kinds,
            [("sendgrid_message".to_owned(), Kind::Other), ("sendgrid_message".to_owned(), Kind::Bounce)],
            "{text}"
        );
        let bounce = &out.events[1];
        assert_eq!(bounce.recipient.as_ref().unwrap().as_str(), "ann@example.com");
        assert_eq!(bounce.timestamp.unwrap().0, 1_795_136_523_000);
        assert_eq!(bounce.reply_code.unwrap().get(), 550);
        assert_eq!(bounce.remote_mta.as_deref(), Some("mx.example.com"));
        assert_eq!(bounce.message_id.as_deref(), Some("m1"));
    }
    let out = read_json(
        r#"{"count":2,"events":[{"event":"hardBounces","email":"ann@example.com","date":"2026-11-20T01:02:03Z","messageId":"<1@example.org>","reason":"550 5.1.1 no"},
            {"event":"hardBounces","email":"bob@example.com","date":"2026-11-20T01:02:03Z","messageId":"<2@example.org>","reason":"550 5.1.1 no"}]}"#,
    );
    let read: Vec<_> = out.events.iter().map(|e| (e.grammar.to_string(), e.message_id.clone().unwrap())).collect();
    assert_eq!(
        read,
        [("brevo".to_owned(), "1@example.org".to_owned()), ("brevo".to_owned(), "2@example.org".to_owned())]
    );
    assert!(out.rejects.is_empty(), "{:?}", out.rejects);
}

#[test]
fn a_csv_by_hand_is_read_with_the_names_that_people_write() {
    for text in [
        "Email Address;Bounce Reason\nann@example.com;550 5.1.1 User unknown\n",
        "email,smtp_code,smtp_reply\nann@example.com,550,5.1.1 User unknown\n",
        "\"E-mail\",\"Error message\"\n\"ann@example.com\",\"550 5.1.1 User\n unknown\"\n",
    ] {
        let out = read_csv(text);
        let event = &out.events[0];
        assert_eq!((event.kind, event.reply_code.map(|code| code.get())), (Kind::Bounce, Some(550)), "{text}");
        assert_eq!(event.status.unwrap().to_string(), "5.1.1", "{text}");
    }
}

#[test]
fn a_reply_that_accepts_is_a_delivery_though_no_column_says_so() {
    let out = read_csv("email,smtp_response\na@example.com,250 2.0.0 OK\nb@example.com,421 4.7.0 later\n");
    assert_eq!((out.deliveries.len(), out.events.len()), (1, 1));
}

#[test]
fn a_servers_own_address_is_no_sending_domain() {
    let out = read_json(
        r#"{"type":"OOB","id":"1","recipient":"a@example.com","queue":"x","sender":"bounce@news.example.org","timestamp":1795136523,
            "headers":{"From":"MAILER-DAEMON@mx.example.com"},"response":{"code":550,"content":"no such user"}}"#,
    );
    assert_eq!(out.events[0].sending_domain.as_deref(), Some("news.example.org"));
}

#[test]
fn a_log_that_is_not_postfixs_is_a_reject() {
    let mut out = Parsed::default();
    let text = b"2026-11-20 10:00:01 1tDabc-000001-AB ** a@example.com R=dnslookup T=remote_smtp: 550 no\n";
    records(false).item(&Item::Log { origin: origin(), before: b"", text }, &mut out);
    assert_eq!((out.events.len(), out.rejects.len()), (0, 1));
    assert_eq!(out.rejects[0].reason, RejectReason::UnknownFormat);
}

#[test]
fn record_types_may_be_spelled_out_and_a_tag_may_be_json() {
    let out = read_csv(
        "type,timeLogged,rcpt,dsnDiag\nbounce,2018-04-20 08:26:59+0200,a@example.com,smtp;550 no\n\
         delivery,2018-04-20 08:26:59+0200,b@example.com,\n",
    );
    assert_eq!((out.events[0].kind, out.deliveries.len()), (Kind::Bounce, 1));
    let out = read_json(
        r#"{"event":"hard_bounce","email":"a@example.com","ts_event":1795136523,"message-id":"<1@x>","tag":"[\"spring\",\"b\"]"}"#,
    );
    assert_eq!(out.events[0].campaign_id.as_deref(), Some("spring"));
}

#[test]
fn what_a_log_calls_a_transport_is_no_host() {
    let mut out = Parsed::default();
    let text = b"2026-11-20T10:00:01Z mx postfix/pipe[1]: 4ABC123D01: to=<a@example.com>, relay=dovecot, dsn=5.1.1, status=bounced (user unknown)\n\
        2026-11-20T10:00:01Z mx postfix/lmtp[1]: 4ABC123D02: to=<b@example.com>, relay=mx[private/dovecot-lmtp], dsn=2.0.0, status=sent (250 OK)\n\
        2026-11-20T10:00:01Z mx postfix/smtp[1]: 4ABC123D03: to=<c@example.com>, relay=mx.example.com[192.0.2.1]:25, dsn=2.0.0, status=sent (250 OK)\n";
    records(false).item(&Item::Log { origin: origin(), before: b"", text }, &mut out);
    let hosts: Vec<_> = out.events.iter().map(|event| (event.kind, event.remote_mta.as_deref())).collect();
    assert_eq!(hosts, [(Kind::Bounce, None), (Kind::Other, Some("mx"))]);
    assert_eq!(out.deliveries.len(), 1);
}

#[test]
fn what_ses_says_of_a_new_topic_is_no_reject() {
    let said = r#"{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have successfully subscribed"}"#;
    let wrapped = format!(
        "{{\"Type\":\"Notification\",\"TopicArn\":\"arn:aws:sns:x:1:t\",\"Message\":{},\"Timestamp\":\"2026-11-20T01:00:00Z\"}}",
        serde_json::to_string(said).unwrap()
    );
    for text in [said, &wrapped] {
        let out = read_json(text);
        assert_eq!((out.events.len(), out.rejects.len()), (1, 0), "{:?}", out.rejects);
        assert_eq!(out.events[0].kind, Kind::Other);
    }
    assert_eq!(read_json(r#"{"notificationType":"Bounce","bounce":{},"message":"x"}"#).rejects.len(), 1);
    assert_eq!(
        read_json(&wrapped.replace("AmazonSnsSubscriptionSucceeded\\\"", "Bounce\\\",\\\"bounce\\\":{}")).rejects.len(),
        1
    );
}
