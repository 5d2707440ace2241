//! Templates: a reply with what varies from bounce to bounce replaced by placeholders.
//! In: the innermost reply. Out: the same words with `{addr} {ip} {host} {id} {date} {n}`, white space folded.
//! Rules, fingerprints and blocklists are matched on templates, never on the raw text, so that a cached answer for a
//! template is the answer. One pass, no regex.
//!
//! What stays: words, codes (`550`, `5.7.1`), vendor tags (`S3150`, `AS16012607`, `[TSS04]`, `LPN007_416`, `AUP#CXBL`),
//! numbers of up to three digits, and the hosts and pages that the tables spell.

mod hosts;
mod token;

pub use hosts::KnownHosts;

/// Longest reply that is read, in bytes; the rest says nothing new.
pub const MAX_REPLY: usize = 4096;

/// Writes the template of `reply` into `out`, which is cleared first.
pub fn write(reply: &str, known: &KnownHosts, out: &mut String) {
    out.clear();
    let reply = &reply[..floor_boundary(reply, MAX_REPLY)];
    let bytes = reply.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if is_space(byte) {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            at += 1;
            continue;
        }
        let (end, kinds) = token::end(bytes, at);
        if end == at {
            // A delimiter; ASCII, so one byte is one character.
            out.push(char::from(byte));
            at += 1;
            continue;
        }
        let text = &reply[at..end];
        if kinds & token::TELLING == 0 {
            out.push_str(text);
        } else {
            token::write(text, kinds, known, out);
        }
        at = end;
    }
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
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
