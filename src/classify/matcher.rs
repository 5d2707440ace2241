//! One small regex, compiled when first tried: for the general engine, and once it is tried often, to a table, if that is
//! small. In: lower-case text. Out: whether it fits; both engines give the same answer. Most nights try most rows a few
//! times, and tables for all of them would cost more than the naming.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::meta::Regex;
use regex_automata::nfa::thompson;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::Hir;

/// Largest table, in bytes: what stays in the processor's cache beside others. A larger one takes longer to make than it
/// saves.
const TABLE: usize = 32 << 10;
/// Tries after which a table pays: it takes as long to make as some thousand tries take with the general engine.
const OFTEN: u32 = 3_000;

/// A regex that is compiled on demand.
#[derive(Debug)]
pub struct Matcher {
    hir: Hir,
    /// How often it was tried before its table was made.
    tried: AtomicU32,
    /// `None` if it is too large for any engine; such a row never fits.
    general: OnceLock<Option<Regex>>,
    /// `None` if it would be too large, or needs Unicode word boundaries.
    table: OnceLock<Option<Box<Table>>>,
}

type Table = dense::DFA<Vec<u32>>;

impl Matcher {
    /// A matcher for one branch of a regex, in lower case.
    pub fn new(hir: Hir) -> Matcher {
        Matcher { hir, tried: AtomicU32::new(0), general: OnceLock::new(), table: OnceLock::new() }
    }

    /// Whether it matches anywhere in a lower-case text.
    pub fn fits(&self, lower: &str) -> bool {
        let often = || self.tried.fetch_add(1, Ordering::Relaxed) >= OFTEN;
        let made = self.table.get().or_else(|| often().then(|| self.table.get_or_init(|| table(&self.hir))));
        match made.and_then(Option::as_ref) {
            Some(table) => {
                // The only errors are those of tables that quit at some byte; these do not.
                matches!(table.try_search_fwd(&Input::new(lower).earliest(true)), Ok(Some(_)))
            }
            None => self.general.get_or_init(|| general(&self.hir)).as_ref().is_some_and(|regex| regex.is_match(lower)),
        }
    }
}

fn general(hir: &Hir) -> Option<Regex> {
    Regex::builder().configure(Regex::config().utf8_empty(false)).build_from_hir(hir).ok()
}

/// The table, unless it becomes too large or needs Unicode word boundaries.
fn table(hir: &Hir) -> Option<Box<Table>> {
    let nfa = thompson::Compiler::new()
        .configure(thompson::Config::new().utf8(false).which_captures(thompson::WhichCaptures::None))
        .build_from_hir(hir)
        .ok()?;
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Unanchored)
        .dfa_size_limit(Some(TABLE))
        .determinize_size_limit(Some(4 * TABLE));
    dense::Builder::new().configure(config).build_from_nfa(&nfa).ok().map(Box::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_agree() {
        let large = r"(a|b|c)[a-z]{20,60}(x|y).{30}z";
        for (regex, text, want) in [
            (r"no (\S+ )?user", "550 no such user", true),
            (r"no (\S+ )?user", "550 no user", true),
            (r"^no user$", "550 no user", false),
            (large, "nothing of the kind", false),
        ] {
            let matcher = Matcher::new(regex_syntax::parse(regex).unwrap());
            assert_eq!(matcher.fits(text), want, "{regex} on {text}, general");
            for _ in 0..OFTEN {
                matcher.fits(text);
            }
            assert_eq!(matcher.fits(text), want, "{regex} on {text}, table");
            assert_eq!(matcher.table.get().map(Option::is_some), Some(regex != large), "{regex}");
        }
    }
}
