//! One small regex, compiled when first tried: to a table small enough to stay in the processor's cache, else to the
//! general engine. In: lower-case text. Out: whether it fits.

use std::sync::OnceLock;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::meta::Regex;
use regex_automata::nfa::thompson;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::Hir;

/// Largest table, in bytes; making a larger one takes longer than it ever saves.
const TABLE: usize = 128 << 10;

/// A regex that is compiled on demand.
#[derive(Debug)]
pub struct Matcher {
    hir: Hir,
    compiled: OnceLock<Compiled>,
}

#[derive(Debug)]
enum Compiled {
    Table(Box<dense::DFA<Vec<u32>>>),
    General(Regex),
    /// Too large for any engine; such a row never fits.
    Nothing,
}

impl Matcher {
    /// A matcher for one branch of a regex, in lower case.
    pub fn new(hir: Hir) -> Matcher {
        Matcher { hir, compiled: OnceLock::new() }
    }

    /// Whether it matches anywhere in a lower-case text.
    pub fn fits(&self, lower: &str) -> bool {
        match self.compiled.get_or_init(|| compile(&self.hir)) {
            Compiled::Table(table) => {
                // The only errors are those of tables that quit at some byte; these do not.
                matches!(table.try_search_fwd(&Input::new(lower).earliest(true)), Ok(Some(_)))
            }
            Compiled::General(regex) => regex.is_match(lower),
            Compiled::Nothing => false,
        }
    }
}

fn compile(hir: &Hir) -> Compiled {
    if let Some(table) = table(hir) {
        return Compiled::Table(Box::new(table));
    }
    let general = Regex::builder().configure(Regex::config().utf8_empty(false)).build_from_hir(hir);
    general.map_or(Compiled::Nothing, Compiled::General)
}

/// The table, unless it becomes too large or needs Unicode word boundaries.
fn table(hir: &Hir) -> Option<dense::DFA<Vec<u32>>> {
    let nfa = thompson::Compiler::new()
        .configure(thompson::Config::new().utf8(false).which_captures(thompson::WhichCaptures::None))
        .build_from_hir(hir)
        .ok()?;
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Unanchored)
        .dfa_size_limit(Some(TABLE))
        .determinize_size_limit(Some(4 * TABLE));
    dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()
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
            assert_eq!(matcher.fits(text), want, "{regex} on {text}");
        }
    }
}
