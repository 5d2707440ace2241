//! The reply reader: a Diagnostic-Code, a log line or an export's text in; the innermost reply out.
//! Unwraps "Remote server returned ... -> 550 ..." and its kin; joins multi-line replies; finds the codes.
//! What the reply means is classify's work.

mod codes;
mod fold;
mod marks;
mod unwrap;

use crate::bounce::{EnhancedStatus, ReplyCode, SmtpCommand};

/// What one diagnostic text says, once unwrapped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The innermost reply's code. For a message that expired, the final code: the reply inside is only the last delay.
    pub code: Option<ReplyCode>,
    /// The innermost reply's enhanced code; where it has none, that of the wrapping around it.
    pub status: Option<EnhancedStatus>,
    /// The innermost reply, codes included, white space folded; `None` when nothing but codes or nothing at all is there.
    pub text: Option<String>,
    /// The host that spoke it, where the wrapping names one, lower case.
    pub host: Option<String>,
    /// The command that it answered, where the wrapping names one.
    pub command: Option<SmtpCommand>,
    /// Whether the host that we spoke to passed on what another system said to it.
    pub relayed: bool,
}

/// Longest text read, in bytes; what stands behind it is cut.
const MAX_LEN: usize = 16 * 1024;

/// Reads one diagnostic text. Linear in its length.
pub fn read(diagnostic: &str) -> Reply {
    let folded = fold::fold(diagnostic, MAX_LEN);
    let inner = unwrap::innermost(&folded);
    let joined = fold::join_lines(inner.text);
    let found = codes::read(&joined);
    let mut reply = Reply {
        code: found.code.or(inner.code),
        status: found.status.or(inner.status),
        text: None,
        host: inner.host,
        command: inner.command,
        relayed: inner.relayed,
    };
    // That it gave up is the end; what stood in the way is the reason, so only the code is the wrapping's.
    if inner.expired {
        reply.code = inner.code.or(reply.code);
    }
    let text = joined.get(found.from..).unwrap_or_default();
    if has_words(text) {
        reply.text = Some(match (found.code, inner.code) {
            (None, Some(code)) if inner.code_outside && !inner.expired => format!("{code} {text}"),
            _ => text.to_owned(),
        });
    }
    reply
}

/// Whether a diagnostic text quotes what another system said to the host that answered us.
pub fn is_relayed(diagnostic: &str) -> bool {
    unwrap::may_be_relayed(diagnostic) && read(diagnostic).relayed
}

/// Whether a text says anything beyond codes: a word of two letters, or anything not ASCII.
fn has_words(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(2).any(|pair| pair.iter().all(u8::is_ascii_alphabetic)) || bytes.iter().any(|b| !b.is_ascii())
}

#[cfg(test)]
mod tests;
