//! Our IP. In: a reply, or the header of the returned message. Out: the address that we sent from, never the
//! receiver's. Order of trust: the reply's own words, a ConnectingIp header, the Received line that the other side
//! wrote, a Reporting-MTA that is an address.
//!
//! A reply names two kinds of address: the one it complains about, and the one of the server that spoke. Only words
//! before the address tell them apart, so an address without such words is not taken.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::fields::Head;

/// Words right before an address that is ours, as replies have them; lower case, white space and punctuation folded.
const OURS: &[&str] = &[
    "client host",
    "client",
    "sending ip",
    "sending ip address",
    "sending mta",
    "sender",
    "sender ip",
    "sender ip address",
    "messages from",
    "message from",
    "mail from ip",
    "mail from ip address",
    "mails from",
    "email from",
    "emails from",
    "mail server ip",
    "connection from",
    "connections from",
    "connecting ip",
    "connecting ip address",
    "your ip",
    "your ip address",
    "your ip address is",
    "your ip is",
    "your host",
    "your server",
    "your mail server",
    "from ip",
    "from ip address",
    "from your ip",
    "from your ip address",
    "source ip",
    "source address",
    "remote ip",
    "ip address",
    "ip",
    "the ip",
    "the ip address",
    "the sending ip address",
    "ipsrc",
    "query ip",
    "bl ip",
    "host",
    "mail from",
    "from",
    "rbl 521",
    "traffic from",
    "access denied from",
    "peer",
    "v",
    "address",
    "originating ip",
    "unknown",
    "listed",
    "blacklisted",
    "reject",
    "rejected",
    "denied",
];

/// Words that make the address after them the receiver's.
const THEIRS: &[&str] = &[
    "said",
    "giving up on",
    "connect to",
    "connected to",
    "connection to",
    "remote host",
    "to host",
    "server for the domain",
    "delivery to",
    "lost connection with",
    "conversation with",
    "in reply to",
    "server at",
    "smtp error from remote mail server",
    "relay",
    "delivered to",
    "by",
    "at",
    "talking to",
    "server",
    "mx",
];

/// The sending IP that a reply complains about.
pub fn from_reply(text: &str) -> Option<IpAddr> {
    let mut padded = None;
    for spot in Spots::new(text) {
        // Google writes ours as `[192.0.2.1      13]`, the number being its own.
        if padded.is_none() && spot.is_padded(text) {
            padded = Some(spot.ip);
        }
        if spot.is_ours(text) {
            return Some(spot.ip);
        }
    }
    padded
}

/// The sending IP by the headers of the returned message; `reporting_mta` and `recipient_domain` tell which side wrote.
pub(crate) fn from_headers(head: &Head<'_>, reporting_mta: Option<&str>) -> Option<IpAddr> {
    connecting_ip(head).or_else(|| crossing(head, reporting_mta))
}

/// `X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp: TenantId=...;Ip=[192.0.2.1];Helo=[...]`.
fn connecting_ip(head: &Head<'_>) -> Option<IpAddr> {
    let field = head.fields().iter().find(|field| {
        let name = field.name.as_bytes();
        name.len() > 12 && name[name.len() - 12..].eq_ignore_ascii_case(b"ConnectingIp")
    })?;
    let spot = Spots::new(&field.value()).next()?;
    is_public(spot.ip).then_some(spot.ip)
}

/// The topmost Received line by which the other side took the mail from ours: `by` a host of the reporting side, `from`
/// a host of another side, with a public address. Without a reporting host that wrote such lines there is none: a mail
/// refused in the dialogue bears only our own lines.
fn crossing(head: &Head<'_>, reporting_mta: Option<&str>) -> Option<IpAddr> {
    let theirs = side(reporting_mta?)?;
    for line in head.all("Received") {
        let Some((from, by)) = hop(&line) else {
            continue;
        };
        if side(by).as_ref() != Some(&theirs) {
            return None;
        }
        let host = from.split_whitespace().next().unwrap_or("");
        if side(host).as_ref() == Some(&theirs) {
            continue;
        }
        let sender = Spots::new(from).map(|spot| spot.ip).find(|ip| is_public(*ip));
        if sender.is_some() {
            return sender;
        }
    }
    None
}

/// What stands after `from` and after `by` in a Received line.
fn hop(line: &str) -> Option<(&str, &str)> {
    let from = line.strip_prefix("from ").or_else(|| line.strip_prefix("From "))?;
    let (from, by) = from.split_once(" by ")?;
    Some((from, by.split_whitespace().next()?))
}

/// The registrable domain of a host, lower case: one side of a hop.
fn side(host: &str) -> Option<Cow<'_, str>> {
    let host = host.trim_matches(['[', ']', '.', ';', '(', ')']);
    if host.bytes().any(|b| b.is_ascii_uppercase()) {
        return psl::domain_str(&host.to_ascii_lowercase()).map(|domain| Cow::Owned(domain.to_owned()));
    }
    psl::domain_str(host).map(Cow::Borrowed)
}

/// Whether an address can be one that we send from over the internet. Documentation ranges pass: samples use them.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || shared)
        }
        IpAddr::V6(ip) => {
            let head = ip.segments()[0];
            !(ip.is_loopback() || ip.is_unspecified() || head & 0xfe00 == 0xfc00 || head & 0xffc0 == 0xfe80)
        }
    }
}

/// An address in a text, and where it stands.
#[derive(Debug, Clone, Copy)]
struct Spot {
    ip: IpAddr,
    start: usize,
    end: usize,
}

impl Spot {
    fn is_padded(&self, text: &str) -> bool {
        let after = &text[self.end..];
        let digits = after.trim_start_matches(' ');
        let gap = after.len() - digits.len();
        text[..self.start].ends_with('[')
            && gap >= 2
            && digits.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(']')
    }

    fn is_ours(&self, text: &str) -> bool {
        let words = words_before(&text[..self.start]);
        let ends = |list: &[&str]| {
            list.iter()
                .any(|phrase| words.strip_suffix(phrase).is_some_and(|rest| rest.is_empty() || rest.ends_with(' ')))
        };
        // `host mx.example.com[192.0.2.1] said`: the receiver, whatever stands before.
        let after = text[self.end..].trim_start_matches([']', ')', '>', ':', ' ', '"']);
        let after = after.trim_start();
        let speaks = ["said", "refused to talk", "failed", "does not like", "did not like", "SMTP error"]
            .iter()
            .any(|verb| after.starts_with(verb));
        !speaks && is_public(self.ip) && !ends(THEIRS) && ends(OURS)
    }
}

/// The last 60 bytes of `text`, lower case, every run of other characters one space; a host name right before the
/// address is passed over (`unknown[192.0.2.1]` and `mail.example.com[192.0.2.1]` are one thing).
fn words_before(text: &str) -> String {
    let mut from = text.len().saturating_sub(60);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let mut words = String::with_capacity(60);
    let tail = text[from..].trim_end_matches(['[', '(', '<', ' ', '=', ':', '/', '"', '\'', ',', '|']);
    let host = tail.rsplit(|c: char| c.is_whitespace() || matches!(c, '=' | '/' | '?' | '&')).next().unwrap_or("");
    let tail = if host.contains('.') && !text.ends_with(' ') && host.len() < tail.len() {
        &tail[..tail.len() - host.len()]
    } else {
        tail
    };
    for c in tail.chars() {
        if c.is_ascii_alphanumeric() {
            words.push(c.to_ascii_lowercase());
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// The addresses in a text, from left to right.
struct Spots<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Spots<'a> {
    fn new(text: &'a str) -> Spots<'a> {
        Spots { text, at: 0 }
    }
}

impl Iterator for Spots<'_> {
    type Item = Spot;

    fn next(&mut self) -> Option<Spot> {
        let bytes = self.text.as_bytes();
        let part = |b: u8| b.is_ascii_hexdigit() || b == b'.' || b == b':';
        while self.at < bytes.len() {
            let start = self.at;
            if !part(bytes[start]) {
                self.at += 1;
                continue;
            }
            let length = bytes[start..].iter().take_while(|b| part(**b)).count();
            self.at = start + length;
            let glued = start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'-');
            let run = self.text[start..self.at].trim_end_matches(['.', ':']);
            if glued || !(7..=45).contains(&run.len()) {
                continue;
            }
            let skipped = run.len() - run.trim_start_matches([':', '.']).len();
            let plain = if run.contains("::") { run } else { &run[skipped..] };
            let ip = plain.parse::<Ipv4Addr>().map(IpAddr::V4).or_else(|_| plain.parse::<Ipv6Addr>().map(IpAddr::V6));
            if let Ok(ip) = ip {
                let end = start + run.len();
                return Some(Spot { ip, start: end - plain.len(), end });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_a_reply_complains_about_is_ours() {
        for (reply, want) in [
            ("550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus.", "192.0.2.1"),
            ("550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal", "192.0.2.1"),
            ("550 5.7.511 Access denied, banned sender[192.0.2.1]. To request removal", "192.0.2.1"),
            ("550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent.", "192.0.2.1"),
            ("550 SC-004 Unfortunately, messages from 192.0.2.1 weren't sent.", "192.0.2.1"),
            ("421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred", "192.0.2.25"),
            ("521< 192.0.2.1 >_is_blocked. DNSBL:(ATT)RBL 521< 192.0.2.1 >_is_blocked.", "192.0.2.1"),
            ("550-5.7.1 [192.0.2.1      13] Our system has detected an unusual rate", "192.0.2.1"),
            ("550-5.7.25 [2001:db8::3      19] The IP address sending this message", "2001:db8::3"),
            ("554 blocked, see https://www.spamhaus.org/query/ip/192.0.2.1", "192.0.2.1"),
            ("554 IP=192.0.2.1 - A problem occurred.", "192.0.2.1"),
            ("550 rejected, see https://example.net/?c=r0301&i=ip&v=192.0.2.1&r=1", "192.0.2.1"),
            ("host mx.example.net[203.0.113.9] said: 554 Client host [192.0.2.1] blocked", "192.0.2.1"),
            ("554 mail.example.com[192.0.2.1]: Client host rejected: Access denied", ""),
            ("host mx.example.net[203.0.113.9] said: 550 5.1.1 User unknown", ""),
            ("host mx.example.net [203.0.113.9]\n    SMTP error from remote mail server after RCPT TO: 550 no", ""),
            ("Giving up on 203.0.113.9.", ""),
            ("Connected to 203.0.113.9 but sender was rejected.", ""),
            ("203.0.113.9 does not like recipient.", ""),
            ("550 version 1.2.3.4 is too old", ""),
            ("550 5.7.1 Client host [10.1.2.3] blocked", ""),
        ] {
            let got = from_reply(reply).map(|ip| ip.to_string()).unwrap_or_default();
            assert_eq!(got, want, "{reply}");
        }
    }

    #[test]
    fn the_hop_into_the_reporting_side_names_our_address() {
        let header = "Received: from hub.example.net (10.0.0.2) by store.example.net; x\r\n\
            Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n by mx.example.net with ESMTP; x\r\n\
            Received: from app (app.example.com [192.0.2.77]) by mail.example.com; x\r\n";
        let head = Head::read(header);
        let got = from_headers(&head, Some("store.example.net"));
        assert_eq!(got, Some("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn a_mail_that_never_reached_the_other_side_names_none() {
        let head = Head::read("Received: from app (app.example.org [192.0.2.77]) by mail.example.com; x\r\n");
        assert_eq!(from_headers(&head, Some("mx.example.net")), None);
    }

    #[test]
    fn a_connecting_ip_header_is_ours() {
        let head = Head::read(
            "X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp: TenantId=0;Ip=[192.0.2.1];Helo=[mail.example.com]\r\n",
        );
        assert_eq!(from_headers(&head, None), Some("192.0.2.1".parse().unwrap()));
    }
}
