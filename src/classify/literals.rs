//! Needles of a regex: literals of which every match contains at least one. In: one regex. Out: its needles, or none.
//! A template that holds none of a regex's needles cannot match it; one Aho-Corasick pass over all needles leaves a
//! handful of regexes to try, of some five hundred.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Needles longer than this are cut: a prefix is as required as the whole.
const MAX_NEEDLE: usize = 24;
/// More needles than this for one regex are no help.
const MAX_NEEDLES: usize = 200;
/// A needle shorter than this occurs everywhere.
const MIN_NEEDLE: usize = 3;

/// Lower-case ASCII needles, of which every match holds at least one whatever its letter case; `None` when the regex
/// has no such set.
pub fn needles(hir: &Hir) -> Option<Vec<String>> {
    let found = required(hir)?;
    let usable = found.iter().all(|needle| needle.len() >= MIN_NEEDLE) && found.len() <= MAX_NEEDLES;
    usable.then_some(found)
}

/// The best set of literals of which any match must hold one.
fn required(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => {
            let run = exact(hir)?;
            (!run.is_empty()).then(|| vec![cut(run)])
        }
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Repetition(repetition) => (repetition.min > 0).then(|| required(&repetition.sub)).flatten(),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(required(branch)?);
            }
            all.sort_unstable();
            all.dedup();
            Some(all)
        }
        HirKind::Concat(parts) => best_of_concat(parts),
    }
}

/// The best of what a sequence offers: its runs of plain text, and what its parts require.
fn best_of_concat(parts: &[Hir]) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    let mut run = String::new();
    let mut offer = |set: Vec<String>| {
        if best.as_ref().is_none_or(|known| worth(&set) > worth(known)) {
            best = Some(set);
        }
    };
    for part in parts {
        match exact(part) {
            Some(text) => run.push_str(&text),
            None => {
                if !run.is_empty() {
                    offer(vec![cut(std::mem::take(&mut run))]);
                }
                if let Some(set) = required(part) {
                    offer(set);
                }
            }
        }
    }
    if !run.is_empty() {
        offer(vec![cut(run)]);
    }
    best
}

/// How telling a set is: by its shortest needle, then by how few there are.
fn worth(set: &[String]) -> (usize, std::cmp::Reverse<usize>) {
    let shortest = set.iter().map(String::len).min().unwrap_or(0);
    (shortest.min(8), std::cmp::Reverse(set.len()))
}

/// The one text that a part stands for, in lower case; zero-width parts stand for nothing. `None` for everything else,
/// and for text beyond ASCII, whose letter case is not folded here.
fn exact(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(String::new()),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.is_ascii().then(|| text.to_ascii_lowercase())
        }
        HirKind::Class(class) => one_letter(class).map(String::from),
        HirKind::Capture(capture) => exact(&capture.sub),
        _ => None,
    }
}

/// The letter of a class that holds it in both cases, `[Aa]`.
fn one_letter(class: &Class) -> Option<char> {
    let both = |mut letters: Vec<char>| {
        letters.dedup();
        match letters.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    };
    match class {
        Class::Bytes(bytes) => {
            let single = bytes.iter().all(|range| range.start() == range.end() && range.start().is_ascii());
            single
                .then(|| both(bytes.iter().map(|range| char::from(range.start().to_ascii_lowercase())).collect()))
                .flatten()
        }
        Class::Unicode(chars) => {
            let single = chars.iter().all(|range| range.start() == range.end() && range.start().is_ascii());
            single.then(|| both(chars.iter().map(|range| range.start().to_ascii_lowercase()).collect())).flatten()
        }
    }
}

fn cut(mut text: String) -> String {
    text.truncate(MAX_NEEDLE);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(regex: &str) -> Option<Vec<String>> {
        needles(&regex_syntax::parse(regex).unwrap())
    }

    #[test]
    fn every_match_holds_one_of_the_needles() {
        for (regex, want) in [
            ("User unknown", Some(vec!["user unknown"])),
            ("user unknown|no such user", Some(vec!["no such user", "user unknown"])),
            (r"\bpbl\b", Some(vec!["pbl"])),
            ("(user|recipient) unknown", Some(vec![" unknown"])),
            ("black-?list", Some(vec!["black"])),
            (r"5\.7\.\d+ access", Some(vec![" access"])),
            ("[Aa]bc", Some(vec!["abc"])),
            ("(full )?mailbox", Some(vec!["mailbox"])),
            ("(?:quota)+", Some(vec!["quota"])),
            ("a|quota", None),
            (r"^\d{3} \S+$", None),
            ("(quota)?", None),
            ("größe", None),
        ] {
            let want = want.map(|set| set.into_iter().map(String::from).collect::<Vec<_>>());
            assert_eq!(of(regex), want, "{regex}");
        }
    }
}
