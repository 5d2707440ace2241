//! One token of a reply: what kind it is, and what the template says in its place.

use super::KnownHosts;
use super::hosts::is_host;
use super::kinds::{AT, COLON, DIGIT, DOT, END, EQUALS, JOINER, KINDS, LOWER, OTHER, SLASH, TELLING, UPPER, bits};
use super::shapes::{is_id, is_ipv4, is_ipv6, is_time, looks_encoded};

/// The first telling byte from `from` on. Most text is words, so eight bytes are looked at at once.
pub fn next_telling(bytes: &[u8], from: usize) -> Option<usize> {
    // Of slashes, one behind a colon tells: what follows belongs to a URL.
    let begins_url = |at: usize| bytes[at] == b'/' && at > from && bytes[at - 1] == b':';
    let tells = |at: usize| KINDS[bytes[at] as usize] & TELLING != 0 || begins_url(at);
    let mut at = from;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        match may_tell(u64::from_le_bytes(*eight)) {
            0 => at += 8,
            found => {
                at += found.trailing_zeros() as usize / 8;
                if tells(at) {
                    return Some(at);
                }
                at += 1;
            }
        }
    }
    (at..bytes.len()).find(|at| tells(*at))
}

/// The high bit of each byte that tells, and of each slash.
fn may_tell(eight: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    let low = eight & !HIGH;
    let from_dot = low + (0x80 - b'.' as u64) * EACH;
    let behind_nine = low + (0x80 - b'9' as u64 - 1) * EACH;
    // Only what is zero gains no high bit; no sum reaches the next byte.
    let not_at = (low ^ (b'@' as u64 * EACH)) + 0x7f * EACH;
    (from_dot & !behind_nine | !not_at) & !eight & HIGH
}

/// Where the token around `at` starts; not before `from`, where one starts or has ended.
pub fn start(bytes: &[u8], from: usize, at: usize) -> usize {
    let before = bytes[from..at].iter().rposition(|byte| KINDS[*byte as usize] == END);
    before.map_or(from, |before| from + before + 1)
}

/// Where the token that starts at `at` ends, and the bits of its bytes. Four bytes at a time while none of them ends it.
pub fn end(bytes: &[u8], at: usize) -> (usize, u16) {
    let rest = &bytes[at..];
    let (mut kinds, mut taken) = (0, 0);
    for four in rest.as_chunks::<4>().0 {
        let of_four = four.iter().fold(0, |kinds, byte| kinds | KINDS[*byte as usize]);
        if of_four & END != 0 {
            break;
        }
        kinds |= of_four;
        taken += 4;
    }
    for &byte in &rest[taken..] {
        let kind = KINDS[byte as usize];
        if kind == END {
            break;
        }
        kinds |= kind;
        taken += 1;
    }
    (at + taken, kinds)
}

/// Writes what stands for one token; `kinds` are its bits.
pub fn write(token: &str, kinds: u16, known: &KnownHosts, out: &mut String) {
    let closing = token.bytes().rev().take_while(|b| matches!(b, b'.' | b':' | b'!' | b'?')).count();
    let core = &token[..token.len() - closing];
    if core.len() < token.len() {
        if !core.is_empty() {
            write(core, bits(core), known, out);
        }
        return out.push_str(&token[core.len()..]);
    }
    if kinds & SLASH != 0 && kinds & COLON != 0 && token.contains("://") {
        url(token, known, out);
    } else if let Some((local, domain)) = (kinds & AT != 0).then(|| halves(token)).flatten() {
        // `ann@example.com:mailbox full`: the words behind the colon are no part of the address.
        let parted = (kinds & COLON != 0).then(|| domain.split_once(':')).flatten();
        let (domain, said) = parted.unwrap_or((domain, ""));
        address(local, domain, known, out);
        if !said.is_empty() {
            out.push(':');
            write(said, bits(said), known, out);
        }
    } else {
        piece(token, kinds, false, known, out);
    }
}

/// Where the code and the status end that a reply begins with; they stay. 0 if it does not begin with both.
pub fn leading_codes(bytes: &[u8]) -> usize {
    match bytes {
        [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ', b'2'..=b'5', b'.', b'0'..=b'9', b'.', b'0'..=b'9', b' ', ..] => 9,
        _ => 0,
    }
}

/// A reply code or a status, and nothing around it.
pub fn is_code(token: &[u8], kinds: u16) -> bool {
    match token {
        [_, _, _] => kinds == DIGIT,
        [b'2'..=b'5', b'.', subject, b'.', detail @ ..] => {
            kinds == DIGIT | DOT
                && subject.is_ascii_digit()
                && matches!(detail.len(), 1..=3)
                && detail.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// The local part and the domain of a mail address.
fn halves(token: &str) -> Option<(&str, &str)> {
    // From the end: most domains are shorter than what stands before them.
    let mut dotted = false;
    for (at, byte) in token.bytes().enumerate().rev() {
        if byte == b'@' {
            return (dotted && at > 0 && !token.ends_with('.')).then(|| (&token[..at], &token[at + 1..]));
        }
        dotted |= byte == b'.';
    }
    None
}

/// Local parts of contact addresses; they say whom to write to, not who was written to.
const ROLES: [&str; 12] = [
    "abuse",
    "postmaster",
    "tosa",
    "tobr",
    "delist",
    "unblock",
    "noc",
    "support",
    "security",
    "blocked",
    "spamblock",
    "hostmaster",
];

/// `{addr}`, but the contact addresses that replies name keep their role.
fn address(local: &str, domain: &str, known: &KnownHosts, out: &mut String) {
    let role = |role: &&str| local.get(..role.len()).is_some_and(|head| head.eq_ignore_ascii_case(role));
    if local.len() <= 24 && bits(local) & DIGIT == 0 && ROLES.iter().any(role) {
        out.push_str(local);
        out.push('@');
        known.write(domain, out);
    } else {
        out.push_str("{addr}");
    }
}

/// A URL: scheme, host, then path and query piece by piece.
fn url(token: &str, known: &KnownHosts, out: &mut String) {
    let Some(colon) = token.find("://") else {
        out.push_str(token);
        return;
    };
    let (scheme, rest) = token.split_at(colon + 3);
    out.push_str(scheme);
    let host_end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    let kept = if is_ipv4(host) {
        out.push_str("{ip}");
        false
    } else if host.is_empty() {
        false
    } else {
        known.write(host, out)
    };
    pieces(path, kept, known, out);
}

/// Path and query: pieces between separators, each on its own.
fn pieces(path: &str, kept: bool, known: &KnownHosts, out: &mut String) {
    let mut from = 0;
    for (at, byte) in path.bytes().enumerate() {
        if matches!(byte, b'/' | b'?' | b'&' | b'=' | b'#' | b':') {
            piece_of_path(&path[from..at], kept, known, out);
            out.push(char::from(byte));
            from = at + 1;
        }
    }
    piece_of_path(&path[from..], kept, known, out);
}

fn piece_of_path(text: &str, kept: bool, known: &KnownHosts, out: &mut String) {
    let kinds = bits(text);
    if kinds & AT != 0 {
        out.push_str("{addr}");
    } else if kinds & (DIGIT | DOT) == 0 {
        out.push_str(text);
    } else {
        piece(text, kinds, kept, known, out);
    }
}

/// What is neither address nor URL. `page`: part of a page that the tables know, whose longer numbers name its sections.
fn piece(text: &str, kinds: u16, page: bool, known: &KnownHosts, out: &mut String) {
    let only = |allowed: u16| kinds & !allowed == 0;
    if only(DIGIT | DOT) && is_ipv4(text) {
        return out.push_str("{ip}");
    }
    if kinds & COLON != 0 && kinds & DIGIT != 0 {
        if only(DIGIT | LOWER | UPPER | COLON | DOT) && is_ipv6(text) {
            return out.push_str("{ip}");
        }
        if is_time(text) {
            return out.push_str("{date}");
        }
    }
    if kinds & EQUALS != 0 && text.len() >= 20 && kinds & DIGIT != 0 && looks_encoded(text) {
        return out.push_str("{id}");
    }
    let joint = || text.bytes().position(is_joint);
    if let Some(at) = (kinds & (EQUALS | COLON | SLASH) != 0).then(joint).flatten() {
        let (head, rest) = text.split_at(at);
        let head_kinds = bits(head);
        if head_kinds & TELLING == 0 {
            out.push_str(head);
        } else {
            piece(head, head_kinds, page, known, out);
        }
        // Each separator is one byte, and each level takes at least one: linear.
        out.push_str(&rest[..1]);
        return tail(&rest[1..], page, known, out);
    }
    if kinds & DOT != 0 {
        return dotted(text, kinds, page, known, out);
    }
    word(text, kinds, page, out);
}

fn is_joint(byte: u8) -> bool {
    matches!(byte, b'=' | b':' | b'/')
}

fn tail(mut text: &str, page: bool, known: &KnownHosts, out: &mut String) {
    loop {
        if is_ipv6(text) {
            return out.push_str("{ip}");
        }
        let end = text.bytes().position(is_joint).unwrap_or(text.len());
        let (head, rest) = text.split_at(end);
        let kinds = bits(head);
        if let Some((local, domain)) = (kinds & AT != 0).then(|| halves(head)).flatten() {
            address(local, domain, known, out);
        } else if kinds & TELLING == 0 {
            out.push_str(head);
        } else if is_ipv4(head) {
            out.push_str("{ip}");
        } else if kinds & DOT != 0 {
            dotted(head, kinds, page, known, out);
        } else {
            word(head, kinds, page, out);
        }
        if rest.is_empty() {
            return;
        }
        out.push_str(&rest[..1]);
        text = &rest[1..];
    }
}

/// Text with dots inside: a status, a host, a decimal, an id with a suffix, or words that a dot joins.
fn dotted(text: &str, kinds: u16, page: bool, known: &KnownHosts, out: &mut String) {
    let letters = kinds & (LOWER | UPPER) != 0;
    if !letters && kinds & (JOINER | OTHER) == 0 {
        let parts = text.split('.').count();
        let digits = text.len() + 1 - parts;
        let code = parts == 2 && text.len() <= 6 && matches!(text.as_bytes(), [b'4' | b'5', _, _, b'.', ..]);
        let keep = match parts {
            2 => digits <= 2 || code,
            3 => digits <= 7,
            _ => false,
        };
        out.push_str(if keep { text } else { "{n}" });
    } else if is_host(text, kinds) {
        known.write(text, out);
    } else if kinds & DIGIT != 0 && letters && is_id(text) {
        out.push_str("{id}");
    } else {
        for (i, part) in text.split('.').enumerate() {
            if i > 0 {
                out.push('.');
            }
            word(part, bits(part), page, out);
        }
    }
}

/// A token of letters, digits and joining signs.
fn word(text: &str, kinds: u16, page: bool, out: &mut String) {
    if kinds & DIGIT == 0 {
        out.push_str(text);
    } else if kinds & (LOWER | UPPER | JOINER | OTHER) == 0 {
        number(text, page, out);
    } else if is_id(text) {
        out.push_str("{id}");
    } else {
        joined_numbers(text, page, out);
    }
}

/// Digits only: codes and small numbers stay; so do RFC numbers, Microsoft's `AS(1450)`, and the section numbers of known pages.
fn number(text: &str, page: bool, out: &mut String) {
    let after_rfc = || {
        let head = &out.as_bytes()[out.len().saturating_sub(4)..];
        matches!(head, [r, f, c, b' ' | b'.'] if [*r, *f, *c].eq_ignore_ascii_case(b"RFC"))
    };
    let keep = match text.len() {
        0..=3 => !out.ends_with("{ip} "),
        4 => page || after_rfc() || out.ends_with("AS("),
        5..=7 => page,
        _ => false,
    };
    out.push_str(if keep { text } else { "{n}" });
}

/// Digits among joining signs: long runs of digits become `{n}` unless they belong to a tag.
fn joined_numbers(text: &str, page: bool, out: &mut String) {
    let lettered = bits(text) & UPPER != 0;
    let mut from = 0;
    while from < text.len() {
        let rest = &text[from..];
        let joint = rest.find(|c: char| !c.is_ascii_alphanumeric());
        let (part, sign) = match joint {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let kinds = bits(part);
        if kinds & (LOWER | UPPER) == 0 && !part.is_empty() {
            // `AUP#In-1310`: four digits behind capitals are a tag's.
            if lettered && part.len() <= 4 {
                out.push_str(part);
            } else {
                number(part, page, out);
            }
        } else {
            out.push_str(part);
        }
        let sign_len = sign.chars().next().map_or(0, char::len_utf8);
        out.push_str(&sign[..sign_len]);
        from += part.len() + sign_len;
    }
}
