//! Templates: what is replaced, and what stays.

use super::*;

fn template(reply: &str) -> String {
    let mut known = KnownHosts::default();
    for domain in ["spamhaus.org", "support.google.com", "rx.t-online.de"] {
        known.keep_whole(domain);
    }
    for suffix in [".prod.protection.outlook.com", ".comcast.net"] {
        known.keep_suffix(suffix);
    }
    let mut out = String::new();
    write(reply, &known, &mut out);
    out
}

#[test]
fn what_varies_becomes_a_placeholder_and_what_tells_stays() {
    for (reply, want) in [
        ("550 5.1.1 <ann@example.com>: User unknown", "550 5.1.1 <{addr}>: User unknown"),
        ("550 5.1.1 ann@example.com... User unknown", "550 5.1.1 {addr}... User unknown"),
        ("550 ann@example.com:user not exist", "550 {addr}:user not exist"),
        ("Client host [192.0.2.1] blocked", "Client host [{ip}] blocked"),
        ("from [2001:db8::1 19] or 2001:db8:0:1:2:3:4:5", "from [{ip} {n}] or {ip}"),
        ("RACT 192.0.2.1: Mailbox is inactive", "RACT {ip}: Mailbox is inactive"),
        ("IP=192.0.2.1 - A problem (tosa@rx.t-online.de)", "IP={ip} - A problem (tosa@rx.t-online.de)"),
        ("see https://www.spamhaus.org/query/ip/192.0.2.1.", "see https://www.spamhaus.org/query/ip/{ip}."),
        ("using zen.spamhaus.org; www.example.org", "using zen.spamhaus.org; {host}"),
        (
            "https://support.google.com/mail/answer/81126 x1sm12345678abc.12 - gsmtp",
            "https://support.google.com/mail/answer/81126 {id} - gsmtp",
        ),
        ("block list (S3150). AS(1450) (AS16012607)", "block list (S3150). AS(1450) (AS16012607)"),
        ("[TSS04] LPN007_416 AUP#CXBL [CS01] OFR_506 IB103", "[TSS04] LPN007_416 AUP#CXBL [CS01] OFR_506 IB103"),
        (
            "[DM6NAM12FT101.eop-nam12.prod.protection.outlook.com 2024-03-08T18:27:57.188Z 08DC3ECF83FA972F]",
            "[{host}.prod.protection.outlook.com {date} {id}]",
        ),
        ("id=0badcafe-12ab-34cd-56ef-0123456789ab x", "id={id} x"),
        ("TRANSPORT.RULES.RejectMessage; the message", "TRANSPORT.RULES.RejectMessage; the message"),
        ("rejected.Please retry, RFC 5322 at 18:27:57", "rejected.Please retry, RFC 5322 at {date}"),
        ("size 1234567 exceeds 500", "size {n} exceeds 500"),
        ("a limit of 5. Wait 10! Version 23.129?", "a limit of 5. Wait 10! Version {n}?"),
        (
            "see https://intranet/why: or http://localhost:8025/x, call us://",
            "see https://{host}/why: or http://{host}:{n}/x, call us://",
        ),
        ("user unknown: key=value either/or", "user unknown: key=value either/or"),
        ("  folded \t white\r\n space ", "folded white space"),
        ("Benutzer unbekannt: größer", "Benutzer unbekannt: größer"),
        ("", ""),
    ] {
        assert_eq!(template(reply), want, "{reply}");
    }
}

#[test]
fn replies_that_differ_in_ids_only_share_a_template() {
    for (one, other) in [
        (
            "451 4.7.650 [AMS0EPF000001A7.eurprd05.prod.protection.outlook.com 2026-02-25T11:12:39.245Z 08DEF8E545D8505D]",
            "451 4.7.650 [DB3PEPF0000885F.eurprd02.prod.protection.outlook.com 2026-02-26T01:02:03.004Z 18DEF8E545D8505E]",
        ),
        ("552 5.2.2 c2-20229zmZBNM3agi23.222 - gsmtp", "552 5.2.2 d9443c01a7336-1f44c7c5a11si1.5 - gsmtp"),
        ("queued as 4XyZ12AbCd for ann@example.com", "queued as 4QrS34TuVw for bob@example.net"),
        ("550 <ann@example.com> 12345", "550 <bee@example.org> 67890123"),
    ] {
        assert_eq!(template(one), template(other));
    }
}

#[test]
fn a_template_of_a_template_is_itself() {
    for reply in [
        "550 5.1.1 <ann@example.com>: User unknown in 192.0.2.1 (id 1sSZcfhLEUv3Q) 12345",
        "see https://www.spamhaus.org/query/ip/192.0.2.1 or mail.example.com/x?y=1234567",
    ] {
        let once = template(reply);
        assert_eq!(template(&once), once);
    }
}

#[test]
fn a_long_reply_is_cut_at_a_character() {
    let long = "ü ".repeat(MAX_REPLY);
    assert!(template(&long).len() <= MAX_REPLY);
}
