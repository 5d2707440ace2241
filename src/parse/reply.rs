//! The reply reader: a Diagnostic-Code, a log line or an export's text in; the innermost reply out.
//! Unwraps "Remote server returned ... -> 550 ..." and its kin; joins multi-line replies; finds the codes.
//! What the reply means is classify's work.

use crate::bounce::{EnhancedStatus, ReplyCode, SmtpCommand};

/// What one diagnostic text says, once unwrapped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The innermost reply's code.
    pub code: Option<ReplyCode>,
    /// The innermost reply's enhanced code.
    pub status: Option<EnhancedStatus>,
    /// The innermost reply, codes included, white space folded; `None` when nothing but codes or nothing at all is there.
    pub text: Option<String>,
    /// The host that spoke it, where the wrapping names one, lower case.
    pub host: Option<String>,
    /// The command that it answered, where the wrapping names one.
    pub command: Option<SmtpCommand>,
}

/// Reads one diagnostic text.
pub fn read(diagnostic: &str) -> Reply {
    let _ = diagnostic;
    Reply::default()
}
