//! What a mail may ask of the parser. In: its bytes. Out: whether it can be parsed, and with what stack.
//!
//! Attached messages nest in memory, so a mail of a thousand of them inside each other needs a deep stack to be freed;
//! and each multipart may make the parser look for a boundary to the end of the mail, which is quadratic.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

use crate::bounce::RejectReason;

/// Why a mail gave no event.
pub(super) type Refusal = (RejectReason, &'static str);

/// Mails below this size cannot nest deep enough to matter: a level takes some 30 bytes.
const ALWAYS_FINE: usize = 8 << 10;

/// Parts that may nest, in one mail, up to which the usual stack serves.
const USUAL_NESTING: usize = 200;

/// Parts that may nest, in one mail, beyond which it is refused.
const MAX_NESTING: usize = 9_999;

/// Cap for size times multiparts, in byte steps: some seconds of work.
const MAX_WORK: usize = 4 << 30;

/// Stack for deep mails, in bytes; only what is used is ever committed.
const DEEP_STACK: usize = 256 << 20;

/// How deep a mail may go.
pub(super) enum Depth {
    Usual,
    Deep,
}

/// Content types whose parts hold other parts.
static NESTING: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(["message/rfc822", "message/global", "multipart/"])
        .expect("three short words make an automaton")
});

/// Counts what may nest, without parsing.
pub(super) fn check(bytes: &[u8]) -> Result<Depth, Refusal> {
    if bytes.len() < ALWAYS_FINE {
        return Ok(Depth::Usual);
    }
    let nesting = NESTING.find_iter(bytes).take(MAX_NESTING + 1).count();
    if nesting > MAX_NESTING || nesting.saturating_mul(bytes.len()) > MAX_WORK.max(32 * bytes.len()) {
        return Err((RejectReason::TooDeep, "more nested parts than a mail may have"));
    }
    Ok(if nesting > USUAL_NESTING { Depth::Deep } else { Depth::Usual })
}

/// Runs `work` on a thread with a deep stack; `None` if there is no such thread or it panicked.
pub(super) fn with_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, work).ok()?;
        thread.join().ok()
    })
}
