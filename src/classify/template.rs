//! Templates: a reply with what varies from bounce to bounce replaced by placeholders.
//! In: the innermost reply. Out: the same words with `{addr} {ip} {host} {id} {date} {n}`, white space folded.
//! Rules, fingerprints and blocklists are matched on templates, never on the raw text, so that a cached answer for a
//! template is the answer. One pass, no regex.
//!
//! What stays: words, codes (`550`, `5.7.1`), vendor tags (`S3150`, `AS16012607`, `[TSS04]`, `LPN007_416`, `AUP#CXBL`),
//! numbers of up to three digits, and the hosts and pages that the tables spell.

use std::borrow::Cow;

mod hosts;
mod kinds;
mod shapes;
mod token;

pub use hosts::KnownHosts;

/// Longest reply that is read, in bytes; the rest says nothing new.
pub const MAX_REPLY: usize = 4096;

/// Writes the template of `reply` into `out`, which is cleared first.
pub fn write(reply: &str, known: &KnownHosts, out: &mut String) {
    out.clear();
    let reply = &reply[..floor_boundary(reply, MAX_REPLY)];
    let folded = fold(reply);
    let reply = &*folded;
    let bytes = reply.as_bytes();
    // All is copied as it stands, but for tokens that hold a telling byte. What is not yet copied starts at `from`.
    let (mut from, mut at) = (0, token::leading_codes(bytes));
    while let Some(telling) = token::next_telling(bytes, at) {
        let start = token::start(bytes, at, telling);
        let (end, kinds) = token::end(bytes, start);
        at = end;
        let before = &reply[from..start];
        // Most tokens that tell are codes: `550`, `5.7.1`. A number behind an address of the network is no code.
        let behind_ip = || before.ends_with("{ip} ") || (before == " " && out.ends_with("{ip}"));
        if token::is_code(&bytes[start..end], kinds) && !behind_ip() {
            continue;
        }
        out.push_str(before);
        token::write(&reply[start..end], kinds, known, out);
        from = end;
    }
    out.push_str(&reply[from..]);
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
}

/// White space folded to single blanks, none at the ends; most replies are read so.
fn fold(reply: &str) -> Cow<'_, str> {
    let bytes = reply.as_bytes();
    let ends = [bytes.first(), bytes.last()].into_iter().flatten().any(|byte| is_space(*byte));
    // No way out in between: so the compiler looks at many bytes at once.
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let uneven = pairs.fold(false, |found, (a, b)| found | (*a < b' ') | (*a == 0x7f) | (*a.max(b) == b' '));
    if !uneven && !ends {
        return reply.into();
    }
    let words = reply.split(|c: char| c.is_ascii() && is_space(c as u8)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").into()
}

/// White space and control characters; they all fold to one space.
fn is_space(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}

/// The largest index that is at most `max` and a character boundary.
fn floor_boundary(text: &str, max: usize) -> usize {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests;
