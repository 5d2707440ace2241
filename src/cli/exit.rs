//! Exit codes and why: the contract with scripts (README, "Exit codes"). In: what a command came to. Out: a code, and for
//! every code other than 0 one line on stderr, also with `--quiet`. No other file makes a code.

use std::fmt::Display;
use std::process::ExitCode;

use super::config::Usage;
use crate::Outcome;

/// Done.
pub fn done() -> ExitCode {
    ExitCode::SUCCESS
}

/// A code other than 0, and why, in one line.
pub fn because(code: u8, why: impl Display) -> ExitCode {
    tracing::error!("exit code {code}: {}", crate::report::harmless(&why.to_string()));
    ExitCode::from(code)
}

/// The code of a night that is done; of several the most urgent.
pub fn of_night(outcome: &Outcome, on_alert: bool, on_empty: bool) -> ExitCode {
    match outcome {
        o if o.braked => because(5, "the safety brake holds the lists; look at them before anything is imported"),
        o if !o.shortfall.is_none() => because(3, &o.shortfall),
        o if o.alert && on_alert => because(4, "an incident of high or medium confidence stands (--exit-on-alert)"),
        o if o.nothing_new && on_empty => because(6, "nothing new, nothing published (--fail-on-empty)"),
        _ => done(),
    }
}

/// The code of an error that `main` prints: 2 for what the user can put right in usage or configuration and for a file that
/// is not there (outputs are made, so it is one that the user named), 11 for a held lock, else 1.
pub fn of_error(error: &anyhow::Error) -> ExitCode {
    let usage = error.chain().any(|cause| {
        cause.is::<crate::tables::TableError>()
            || cause.is::<Usage>()
            || cause.is::<crate::Unplaced>()
            || cause.is::<crate::Unfound>()
    });
    let missing = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::NotFound);
    let locked = error.chain().any(|cause| cause.is::<crate::history::Locked>());
    ExitCode::from(if locked {
        11
    } else if usage || missing {
        2
    } else {
        1
    })
}
