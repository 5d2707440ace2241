//! Needles of a regex: literals of which every match contains at least one. In: one regex. Out: its needles, or none.
//! A template that holds none of a regex's needles cannot match it; one Aho-Corasick pass over all needles leaves a
//! handful of regexes to try, of some five hundred.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Needles longer than this are cut: a prefix is as required as the whole.
const MAX_NEEDLE: usize = 24;
/// More needles than this for one regex are no help.
const MAX_NEEDLES: usize = 400;
/// A needle shorter than this occurs everywhere.
const MIN_NEEDLE: usize = 3;
/// A part that stands for more texts than this is not spelled out.
const MAX_EXACT: usize = 10;
/// Largest class whose characters are spelled out: the ten digits.
const MAX_CLASS: u32 = 10;

/// Lower-case ASCII needles, of which every match holds at least one whatever its letter case; `None` when the regex
/// has no such set.
pub fn needles(hir: &Hir) -> Option<Vec<String>> {
    let mut found = required(hir)?;
    found.sort_unstable();
    found.dedup();
    let usable = found.iter().all(|needle| needle.len() >= MIN_NEEDLE) && found.len() <= MAX_NEEDLES;
    usable.then_some(found)
}

/// The best set of literals of which any match must hold one.
fn required(hir: &Hir) -> Option<Vec<String>> {
    if let Some(texts) = exact(hir) {
        let telling = texts.iter().all(|text| !text.is_empty());
        return telling.then(|| texts.into_iter().map(cut).collect());
    }
    match hir.kind() {
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
        _ => None,
    }
}

/// The best of what a sequence offers: its runs of parts that stand for a few texts, and what the other parts require.
fn best_of_concat(parts: &[Hir]) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    let mut offer = |set: Vec<String>| {
        let telling = set.iter().all(|text| !text.is_empty());
        if telling && best.as_ref().is_none_or(|known| worth(&set) > worth(known)) {
            best = Some(set.into_iter().map(cut).collect());
        }
    };
    let mut run = vec![String::new()];
    for part in parts {
        let Some(texts) = exact(part) else {
            offer(std::mem::replace(&mut run, vec![String::new()]));
            if let Some(set) = required(part) {
                offer(set);
            }
            continue;
        };
        match product(&run, &texts) {
            Some(longer) => run = longer,
            None => offer(std::mem::replace(&mut run, texts)),
        }
    }
    offer(run);
    best
}

/// How telling a set is: by its shortest needle, then by how few there are.
fn worth(set: &[String]) -> (usize, std::cmp::Reverse<usize>) {
    let shortest = set.iter().map(String::len).min().unwrap_or(0);
    (shortest.min(8), std::cmp::Reverse(set.len()))
}

/// The few texts that a part stands for, in lower case; zero-width parts stand for nothing. `None` for parts that stand
/// for many, and for text beyond ASCII, whose letter case is not folded here.
fn exact(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.is_ascii().then(|| vec![text.to_ascii_lowercase()])
        }
        HirKind::Class(class) => letters(class),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut texts = exact(&repetition.sub)?;
            texts.push(String::new());
            Some(texts)
        }
        HirKind::Repetition(_) => None,
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |run, part| product(&run, &exact(part)?)),
        HirKind::Alternation(branches) => {
            let mut texts = Vec::new();
            for branch in branches {
                texts.extend(exact(branch)?);
            }
            texts.sort_unstable();
            texts.dedup();
            (texts.len() <= MAX_EXACT).then_some(texts)
        }
    }
}

/// Every text of `heads` followed by every one of `tails`; `None` when that is too many.
fn product(heads: &[String], tails: &[String]) -> Option<Vec<String>> {
    if heads.len() * tails.len() > MAX_EXACT {
        return None;
    }
    let joined = |head: &String| tails.iter().map(move |tail| format!("{head}{tail}")).collect::<Vec<_>>();
    let mut all: Vec<String> = heads.iter().flat_map(joined).collect();
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// The characters of a small class, in lower case.
fn letters(class: &Class) -> Option<Vec<String>> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Bytes(bytes) => bytes.iter().map(|r| (r.start().into(), r.end().into())).collect(),
        Class::Unicode(chars) => chars.iter().map(|r| (r.start().into(), r.end().into())).collect(),
    };
    let size: u32 = ranges.iter().map(|(low, high)| high - low + 1).sum();
    if size > MAX_CLASS || ranges.iter().any(|(_, high)| *high > 0x7f) {
        return None;
    }
    let mut all: Vec<String> = ranges
        .iter()
        .flat_map(|(low, high)| (*low..=*high).filter_map(char::from_u32))
        .map(|c| c.to_ascii_lowercase().to_string())
        .collect();
    all.sort_unstable();
    all.dedup();
    Some(all)
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
            ("(user|recipient) unknown", Some(vec!["recipient unknown", "user unknown"])),
            ("black-?list", Some(vec!["black-list", "blacklist"])),
            (r"\[(TS|BL)\d\d\]", Some(vec!["[bl", "[ts"])),
            (r"5\.7\.\d+ access", Some(vec![" access"])),
            (r"\S+ list(ed)?", Some(vec![" list"])),
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
