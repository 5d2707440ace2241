//! Single values of exports, made ours: codes, hosts, IPs, domains, ids. In: text as a platform writes it. Out: the value, or
//! nothing when it is none.

use std::net::{IpAddr, SocketAddr};

use crate::bounce::{Address, EnhancedStatus, ReplyCode, SmtpCommand, domain_key, has_control, plain_domain};

/// Longest reply text kept, in bytes.
pub const MAX_TEXT: usize = 8 << 10;
/// Longest id or name kept, in bytes: RFC 5322 allows a line of 998.
const MAX_NAME: usize = 998;

/// `text` without white space around it; nearly always there is none, and then two bytes tell.
pub fn trimmed(text: &str) -> &str {
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) { text } else { text.trim() }
}

/// `text`, at most `limit` bytes of it, never splitting a character.
pub fn capped(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// A name or id: kept as it is, capped.
pub fn name(text: &str) -> String {
    capped(text, MAX_NAME).to_owned()
}

/// A reply code at the start of the text: `550`, `550 5.1.1`, `550-5.1.1`.
pub fn reply_code(text: &str) -> Option<ReplyCode> {
    let digits = text.get(..3)?;
    let rest = text.as_bytes().get(3);
    if rest.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.') {
        return None;
    }
    digits.parse().ok()
}

/// An enhanced status code, the whole text or its first word that is one: `5.1.1`, `5.1.1 (bad mailbox)`, `550 5.1.1`.
pub fn status(text: &str) -> Option<EnhancedStatus> {
    text.parse().ok().or_else(|| {
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).filter(|word| !word.is_empty());
        words.by_ref().take(2).find_map(|word| word.parse().ok())
    })
}

/// The SMTP command: `RCPT TO`, `rcpt`, `end of DATA command`; `.` ends DATA.
pub fn command(text: &str) -> Option<SmtpCommand> {
    if text == "." {
        return Some(SmtpCommand::Data);
    }
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    words.find_map(|word| match word.to_ascii_uppercase().as_str() {
        "HELO" => Some(SmtpCommand::Ehlo),
        "BDAT" => Some(SmtpCommand::Data),
        "CONNECT" => Some(SmtpCommand::Conn),
        word => word.parse().ok(),
    })
}

/// A host, lower case: `dns; MX.example.com`, `mx.example.com (192.0.2.1)`, `mx.example.com[192.0.2.1]:25`, `mx.example.com.`.
pub fn host(text: &str) -> Option<String> {
    if let Some(host) = plain_domain(text) {
        return Some(host);
    }
    let typed = memchr::memchr(b';', text.as_bytes()).map_or(0, |at| at + 1);
    let text = trimmed(&text[typed..]);
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'(' | b'[' | b',');
    let word = match &text[..text.bytes().position(|b| ends(&b)).unwrap_or(text.len())] {
        "" => text.trim_matches(['[', ']', '(', ')']),
        word => word,
    };
    let word = capped(word.trim_end_matches('.'), MAX_NAME);
    (!word.is_empty() && !has_control(word)).then(|| word.to_ascii_lowercase())
}

/// Our IP: `192.0.2.1`, `192.0.2.1:25`, `[2001:db8::1]:25`.
pub fn ip(text: &str) -> Option<IpAddr> {
    let bare = text.trim_matches(['[', ']']);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// A domain, or the domain of an address: `example.com`, `ann@example.com`, `Ann <ann@example.com>`.
pub fn domain(text: &str) -> Option<String> {
    let text = trimmed(text).trim_end_matches('>');
    domain_key(text.rsplit_once('@').map_or(text, |(_, domain)| domain))
}

/// Whether an address is one that mail servers write reports from: `Mail Delivery System <MAILER-DAEMON@mx.example.com>`.
pub fn is_servers_own(text: &str) -> bool {
    let address = &text[memchr::memrchr(b'<', text.as_bytes()).map_or(0, |at| at + 1)..];
    let Some(at) = memchr::memchr(b'@', address.as_bytes()) else { return false };
    let local = address[..at].trim();
    ["mailer-daemon", "postmaster"].iter().any(|own| local.eq_ignore_ascii_case(own))
}

/// A Message-ID without its angle brackets.
pub fn message_id(text: &str) -> Option<String> {
    let id = trimmed(text).trim_start_matches('<').trim_end_matches('>');
    (!id.is_empty()).then(|| name(id))
}

/// An address behind its type (`rfc822;ann@example.com`) or its owner's name (`Ann <ann@example.com>`).
pub fn typed_address(text: &str) -> Option<Address> {
    if let Some((kind, address)) = text.split_once(';')
        && matches!(kind.trim().to_ascii_lowercase().as_str(), "rfc822" | "utf-8")
    {
        return Address::parse(address);
    }
    let open = text.rfind('<')?;
    Address::parse(&text[open..])
}

/// A short, harmless piece of foreign text for an error message.
pub fn excerpt(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_however_it_is_dressed() {
        for (text, want) in [
            ("dns; MX.example.com", Some("mx.example.com")),
            ("mx.example.com (192.0.2.1)", Some("mx.example.com")),
            ("mx.example.com[192.0.2.1]:25", Some("mx.example.com")),
            ("mx.example.com.", Some("mx.example.com")),
            ("[192.0.2.1]", Some("192.0.2.1")),
            ("", None),
        ] {
            assert_eq!(host(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn codes_are_found_in_their_columns_however_they_are_dressed() {
        for (text, want) in [
            ("550", Some(550)),
            ("550 5.1.1", Some(550)),
            ("550-x", Some(550)),
            ("5.1.1", None),
            ("5501", None),
            ("605", None),
        ] {
            assert_eq!(reply_code(text).map(ReplyCode::get), want, "{text}");
        }
        for (text, want) in
            [("5.1.1", true), ("5.1.1 (bad mailbox)", true), ("550 5.1.1", true), ("550", false), ("bounced", false)]
        {
            assert_eq!(status(text).is_some(), want, "{text}");
        }
    }

    #[test]
    fn an_ip_may_carry_a_port() {
        for (text, want) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:2525", Some("192.0.2.1")),
            ("[2001:db8::1]:25", Some("2001:db8::1")),
            ("mx", None),
        ] {
            assert_eq!(ip(text).map(|ip| ip.to_string()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_domain_is_taken_out_of_an_address() {
        for (text, want) in
            [("Example.com", Some("example.com")), ("Ann <ann@Example.com>", Some("example.com")), ("no domain", None)]
        {
            assert_eq!(domain(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn what_mail_servers_write_from_is_told_from_senders() {
        for (text, want) in [
            ("MAILER-DAEMON@mx.example.com", true),
            ("Mail Delivery System <Postmaster@mx.example.com>", true),
            ("\"ann@example.com\" <MAILER-DAEMON@mx.example.com>", true),
            ("News <news@example.com>", false),
            ("postmaster@example.org <news@example.com>", false),
            ("postmaster.example.com", false),
            ("", false),
        ] {
            assert_eq!(is_servers_own(text), want, "{text}");
        }
    }

    #[test]
    fn an_smtp_command_is_found_in_its_phrase() {
        for (text, want) in [
            ("RCPT TO", Some(SmtpCommand::Rcpt)),
            ("end of DATA command", Some(SmtpCommand::Data)),
            (".", Some(SmtpCommand::Data)),
            ("mail", Some(SmtpCommand::Mail)),
            ("250", None),
        ] {
            assert_eq!(command(text), want, "{text}");
        }
    }
}
