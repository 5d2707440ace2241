//! Addresses. In: an address as a report or an export spells it. Out: `Address`, or nothing.
//!
//! The local part is kept byte for byte (RFC 5321 2.4: only its host may interpret it); the domain is the lower-case
//! A-label form, so that one domain is one key. What a gateway wrote around an address (its type, an encapsulation) is
//! taken off here, so that no entry can hold it. Finding an address inside prose is parse's work.

use std::borrow::Cow;
use std::fmt;

/// Longest address kept, in bytes: RFC 5321 allows 64 + 1 + 255; some room for what is really sent.
const MAX_LEN: usize = 512;

/// An e-mail address with a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    text: String,
    at: usize,
}

impl Address {
    /// Reads `local@domain`; tolerates surrounding white space, angle brackets, a source route (`@a,@b:local@domain`), a
    /// trailing dot, an address type (`SMTP:`, `SMTP=`, `mailto:`), and undoes the encapsulations of Exchange
    /// (`IMCEASMTP-ann+40example+2Ecom@gateway`, [MS-OXCMAIL] 2.1.3.3) and X.400 (`RFC-822=ann(a)example.com`, RFC 2156
    /// 4.3). `None` for a directory name that Exchange encapsulated (`IMCEAEX-_O=ORG_CN=ANN@gateway`), which is nobody's
    /// address, when no domain can be made out, or when the address holds control characters.
    pub fn parse(text: &str) -> Option<Address> {
        match Self::plain(text) {
            Some(address) if may_be_wrapped(address.local()) => match is_encapsulated(address.local()) {
                true => unwrapped(&address.text),
                false => unwrapped(&address.text).or(Some(address)),
            },
            Some(address) => Some(address),
            None => unwrapped(text).or_else(|| Self::dressed(text)),
        }
    }

    /// Reads an address as it stands, without anything to be undone.
    fn bare(text: &str) -> Option<Address> {
        Self::plain(text).or_else(|| Self::dressed(text))
    }

    /// An address as nearly all are: ASCII, nothing around it, nothing quoted.
    fn plain(text: &str) -> Option<Address> {
        let at = text.bytes().position(|b| !IN_LOCAL[usize::from(b)]).filter(|at| *at > 0)?;
        let domain = text.as_bytes().get(at..)?.strip_prefix(b"@")?;
        if text.len() > MAX_LEN || !is_domain(domain) {
            return None;
        }
        let mut text = text.to_owned();
        text[at..].make_ascii_lowercase();
        Some(Address { text, at })
    }

    /// What stands behind a type, perhaps another type.
    fn parse_once_more(text: &str) -> Option<Address> {
        let text = text.trim();
        let inner = ["smtp:", "smtp="].iter().find_map(|prefix| {
            text.get(..prefix.len()).filter(|s| s.eq_ignore_ascii_case(prefix)).map(|_| &text[prefix.len()..])
        });
        Self::bare(inner.unwrap_or(text))
    }

    fn dressed(text: &str) -> Option<Address> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
        let text = match text.strip_prefix('@') {
            Some(route) => route.split_once(':')?.1,
            None => text,
        };
        if text.len() > MAX_LEN || has_control(text) {
            return None;
        }
        let (local, domain) = text.rsplit_once('@')?;
        let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
        if local.is_empty()
            || (!quoted && (has_mark(local) || !local.is_ascii() && local.chars().any(char::is_whitespace)))
        {
            return None;
        }
        let mut text = String::with_capacity(local.len() + 1 + domain.len());
        text.push_str(local);
        text.push('@');
        push_domain(&mut text, domain)?;
        Some(Address { text, at: local.len() })
    }

    /// The address as a list target wants it: local part as given, domain in A-labels.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the last `@`, byte for byte.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The domain: lower case, A-labels, no trailing dot.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The form for comparing and counting: all lower case. Not for sending.
    pub fn key(&self) -> String {
        self.lower().into_owned()
    }

    /// The same, borrowed where the address is so already, as most are.
    pub fn lower(&self) -> Cow<'_, str> {
        // No way out in between: so the compiler looks at many bytes at once.
        let other = self.text.bytes().fold(false, |found, b| found | b.is_ascii_uppercase() | !b.is_ascii());
        if other { Cow::Owned(self.text.to_lowercase()) } else { Cow::Borrowed(&self.text) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Whether a local part is one that only a sender's return path has: SRS (`SRS0=hash=tt=domain=local`), BATV and its kin
/// (`prvs=tag=local`), VERP (`bounces+ann=example.org`), or a mailbox for bounces with a number (`bounces+77`, `bounce-12.34`).
/// Such an address is the sender's own, never somebody who was mailed.
pub fn is_return_path(local: &str) -> bool {
    // Nearly no address of a person's has one of these.
    if !local.contains('=')
        && !local.get(..4).is_some_and(|start| ["boun", "srs0", "srs1"].iter().any(|s| start.eq_ignore_ascii_case(s)))
    {
        return false;
    }
    let lower = local.to_ascii_lowercase();
    let begins = |scheme: &&str| lower.starts_with(*scheme);
    if RETURN_SCHEMES.iter().any(begins) {
        return true;
    }
    let named = ["bounces", "bounce"].iter().find_map(|name| lower.strip_prefix(name));
    let told = |rest: &str| rest.starts_with(['+', '-', '=', '_', '.']) && rest.bytes().any(|b| b.is_ascii_digit());
    named.is_some_and(told) || holds_address(&lower)
}

/// How return paths begin that are no VERP: the schemes' own specifications (SRS, draft-levine-smtp-batv, msprvs).
const RETURN_SCHEMES: [&str; 9] = ["prvs=", "btv1==", "msprvs1=", "srs0=", "srs0+", "srs0-", "srs1=", "srs1+", "srs1-"];

/// `bounces+ann=example.org`: an address whose `@` is written `=`, behind something of the sender's own.
fn holds_address(local: &str) -> bool {
    let Some((left, domain)) = local.rsplit_once('=') else { return false };
    let dotted =
        domain.rsplit_once('.').is_some_and(|(_, top)| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()));
    dotted && is_domain(domain.as_bytes()) && left.contains(['+', '-'])
}

/// Whether Exchange encapsulated a name of some type.
fn is_encapsulated(local: &str) -> bool {
    local.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("IMCEA")) && local.contains('-')
}

/// A quick look: what stands around an address ends with one of these, or begins so.
fn may_be_wrapped(local: &str) -> bool {
    local.bytes().any(|b| b == b':' || b == b'=') || is_encapsulated(local)
}

/// An address without what a gateway wrote around it; `None` if it wrote nothing.
fn unwrapped(text: &str) -> Option<Address> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let strip = |prefix: &str| {
        text.get(..prefix.len()).filter(|s| s.eq_ignore_ascii_case(prefix)).map(|_| &text[prefix.len()..])
    };
    if let Some(address) = ["smtp:", "smtp=", "mailto:"].iter().find_map(|prefix| strip(prefix)) {
        // `dda:SMTP=x`, `mailto:SMTP:x`: at most one more within.
        return Address::parse_once_more(address);
    }
    if let Some(encapsulated) = strip("imcea") {
        let (kind, rest) = encapsulated.split_once('-')?;
        let named = ["smtp", "mailto", "invalid"].iter().any(|known| kind.eq_ignore_ascii_case(known));
        return Address::bare(&plus_decoded(rest.rsplit_once('@')?.0)).filter(|_| named);
    }
    let lower = text.to_ascii_lowercase();
    let at = ["rfc-822=", "rfc822="].iter().find_map(|name| lower.find(name).map(|at| at + name.len()))?;
    let value = text.get(at..)?.split(['/', ';']).next()?;
    // RFC 2156 4.3.4: the printable string's spelling of signs that it has not.
    Address::bare(
        &value.replace("(a)", "@").replace("(u)", "_").replace("(p)", "%").replace("(b)", "!").replace("(q)", "\""),
    )
}

/// `cleo+40example+2Eorg`: `+` and two hex digits stand for a byte.
fn plus_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let code =
            (byte == b'+').then(|| text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok())).flatten();
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The one spelling of a domain: lower case, A-labels, no trailing dot; an address literal stays in its brackets.
/// `None` for what cannot be a domain.
pub fn domain_key(domain: &str) -> Option<String> {
    if let Some(key) = plain_domain(domain) {
        return Some(key);
    }
    let mut key = String::with_capacity(domain.len());
    push_domain(&mut key, domain)?;
    Some(key)
}

/// A domain that needs nothing but lower case, as nearly all do; `None` for all else, be it one in other spelling.
pub fn plain_domain(domain: &str) -> Option<String> {
    is_domain(domain.as_bytes()).then(|| domain.to_ascii_lowercase())
}

/// A domain as people know it: `bücher.example (xn--bcher-kva.example)`. The A-labels stay beside it because letters of
/// different scripts look alike, and because lists and logs have them.
pub fn shown_domain(domain: &str) -> Cow<'_, str> {
    if !domain.contains("xn--") {
        return Cow::Borrowed(domain);
    }
    match idna::domain_to_unicode(domain) {
        (shown, Ok(())) if shown != domain => Cow::Owned(format!("{shown} ({domain})")),
        _ => Cow::Borrowed(domain),
    }
}

/// Appends the one spelling of a domain; `None`, and some rest appended, for what cannot be one.
fn push_domain(out: &mut String, domain: &str) -> Option<()> {
    let start = out.len();
    let domain = domain.trim().trim_end_matches('.');
    let literal = domain.starts_with('[') && domain.ends_with(']') && domain.len() > 2;
    if literal || domain.is_ascii() {
        out.push_str(domain);
        out[start..].make_ascii_lowercase();
    } else {
        out.push_str(&idna::domain_to_ascii(domain).ok()?);
    }
    (literal || is_domain(&out.as_bytes()[start..])).then_some(())
}

/// Whether a local part holds what only a quoted one may.
fn has_mark(local: &str) -> bool {
    local.bytes().any(|b| b.is_ascii_whitespace() || is_mark(b))
}

const fn is_mark(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'@' | b';' | b',' | b'(' | b')' | b'"')
}

/// Labels of 1 to 63 bytes with dots between them, 253 bytes in all (RFC 1035 2.3.4); `_` is seen in hosts' names.
fn is_domain(domain: &[u8]) -> bool {
    let mut label = 0;
    for byte in domain {
        match byte {
            b'.' if (1..64).contains(&label) => label = 0,
            byte if IN_LABEL[usize::from(*byte)] => label += 1,
            _ => return false,
        }
    }
    (1..64).contains(&label) && domain.len() <= 253
}

/// The bytes of a label.
static IN_LABEL: [bool; 256] = {
    let (mut table, mut at) = ([false; 256], 0);
    while at < table.len() {
        let byte = at as u8;
        table[at] = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        at += 1;
    }
    table
};

/// The bytes of a plain local part: every sign that is neither blank nor a mark.
static IN_LOCAL: [bool; 256] = {
    let (mut table, mut at) = ([false; 256], 0);
    while at < table.len() {
        let byte = at as u8;
        table[at] = byte.is_ascii_graphic() && !is_mark(byte);
        at += 1;
    }
    table
};

/// Whether a text has control characters.
pub fn has_control(text: &str) -> bool {
    if text.is_ascii() { text.bytes().any(|b| b.is_ascii_control()) } else { text.chars().any(char::is_control) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_local_part_and_normalises_its_domain() {
        for (text, want) in [
            ("Ann.Bee@Example.COM", Some("Ann.Bee@example.com")),
            ("<ann@example.com>", Some("ann@example.com")),
            ("@relay.example.net,@mx.example.org:ann@example.com", Some("ann@example.com")),
            ("ann@example.com.", Some("ann@example.com")),
            ("\"ann bee\"@example.com", Some("\"ann bee\"@example.com")),
            ("ann@bücher.example", Some("ann@xn--bcher-kva.example")),
            ("ann@[192.0.2.1]", Some("ann@[192.0.2.1]")),
            ("=ann+tag@example.com", Some("=ann+tag@example.com")),
            ("ann", None),
            ("@example.com", None),
            ("ann bee@example.com", None),
            ("ann@", None),
            ("ann@exa mple.com", None),
            ("ann@example..com", None),
            ("an\u{7}n@example.com", None),
        ] {
            assert_eq!(Address::parse(text).as_ref().map(Address::as_str), want, "{text}");
        }
    }

    #[test]
    fn what_a_gateway_writes_around_an_address_is_no_part_of_it() {
        for (text, want) in [
            ("SMTP:ann@example.com", Some("ann@example.com")),
            ("smtp=Ann.Bee@example.com", Some("Ann.Bee@example.com")),
            ("<mailto:ann@example.com>", Some("ann@example.com")),
            ("mailto:SMTP:ann@example.com", Some("ann@example.com")),
            ("IMCEASMTP-ann+40example+2Ecom@gw.example.net", Some("ann@example.com")),
            ("imceamailto-a+2Bb+40example+2Ecom@gw.example.net", Some("a+b@example.com")),
            ("IMCEAEX-_O=ORG_CN=ANN@gw.example.net", None),
            ("c=us;a= ;p=org;dda:RFC-822=ann(u)b(a)example.com;", Some("ann_b@example.com")),
            ("/DD.RFC822=ann(a)example.com/P=x/@gw.example.net", Some("ann@example.com")),
            ("a=b@example.com", Some("a=b@example.com")),
            ("smtp:", None),
        ] {
            assert_eq!(Address::parse(text).as_ref().map(Address::as_str), want, "{text}");
        }
    }

    #[test]
    fn a_return_path_is_known_by_its_shape() {
        for local in [
            "SRS0=ab=cd=example.org=ann",
            "srs1+x=y==z",
            "prvs=1234=ann",
            "btv1==0912==ann",
            "Bounce+77",
            "bounces-12.34",
            "bounces+ann=example.org",
            "b-77-ann=example.org",
            "news+tag=mail.example.org",
        ] {
            assert!(is_return_path(local), "{local}");
        }
        for local in [
            "ann",
            "ann+tag",
            "bounce",
            "bounces",
            "bouncer",
            "a=b",
            "ann=example",
            "g=ann/s=bee",
            "x-y=z",
            "ann.bounce",
        ] {
            assert!(!is_return_path(local), "{local}");
        }
    }

    #[test]
    fn a_domain_is_shown_in_its_own_letters_and_in_a_labels() {
        for (domain, want) in [
            ("xn--bcher-kva.example", "bücher.example (xn--bcher-kva.example)"),
            ("example.com", "example.com"),
            ("xn--a.example", "xn--a.example"),
        ] {
            assert_eq!(shown_domain(domain), want);
        }
    }

    #[test]
    fn keys_of_one_mailbox_agree_whatever_the_case() {
        assert_eq!(Address::parse("Ann@Example.com").unwrap().key(), Address::parse("aNN@example.COM").unwrap().key());
    }
}
