//! GUARD: a panic over one item is that item's end, not the night's. In: work that may panic. Out: its result, or where and
//! why it stopped. A panic that nobody guards is printed on one line, and ends the run with exit code 1.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

/// Longest text of a panic that is kept, in characters: it may quote the input.
const MAX_TEXT: usize = 300;

/// Where and why some work stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked(String);

impl fmt::Display for Panicked {
    /// `src/parse/record/json.rs:91: index out of bounds`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

thread_local! {
    /// How many guards are around what this thread does.
    static GUARDS: Cell<u32> = const { Cell::new(0) };
    /// The last panic of this thread.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does some work; a panic in it is an error. What the work changed stays changed: the caller puts it right.
///
/// # Errors
/// The place and the text of a panic.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    GUARDS.set(GUARDS.get() + 1);
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDS.set(GUARDS.get() - 1);
    done.map_err(|_| Panicked(LAST.take().unwrap_or_else(|| "an unknown place".to_owned())))
}

/// Tells panics: to the log where a guard stands, else on standard error.
pub fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let text = told(panic);
        if GUARDS.get() > 0 {
            tracing::warn!("a fault of the program over one item, which is left out: {text}");
            LAST.set(Some(text));
        } else {
            eprintln!("bouncescope: a fault of the program, please report it: {text}");
        }
    }));
}

/// Place and text of a panic, harmless on a terminal. The text may quote what was read.
fn told(panic: &PanicHookInfo<'_>) -> String {
    let place =
        panic.location().map_or_else(|| "an unknown place".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
    let text = panic.payload_as_str().unwrap_or("no text");
    let shown = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect::<String>();
    format!("{place}: {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_without_a_panic_gives_its_result() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(GUARDS.get(), 0);
    }

    #[test]
    fn a_panic_is_an_error_and_the_guard_is_gone_after_it() {
        assert!(guarded(|| -> u8 { panic!("odd input") }).is_err());
        assert_eq!(GUARDS.get(), 0);
    }
}
