//! What a regex comes down to. In: one regex of the tables. Out: its branches, each either plain text or a small regex
//! with its needles: sets of literals, of each of which every match contains at least one.
//!
//! Most rows are lists of phrases, so most branches are plain text, and finding the text is the match.

use std::cmp::Reverse;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Needles longer than this are cut: a prefix is as required as the whole.
const MAX_NEEDLE: usize = 24;
/// More needles than this for one branch are no help.
const MAX_NEEDLES: usize = 64;
/// Sets of needles looked for: two words of a phrase are seldom both there by chance.
const MAX_SETS: usize = 2;
/// A needle shorter than this occurs everywhere, unless it is a digit behind a letter, `#` or a bracket.
const MIN_NEEDLE: usize = 3;
/// A part that stands for more texts than this is not spelled out.
const MAX_EXACT: usize = 12;
/// Largest class whose characters are spelled out: the ten digits.
const MAX_CLASS: u32 = 10;

/// One way for a regex to match.
#[derive(Debug)]
pub enum Branch {
    /// Any of these texts, within these edges.
    Plain(Vec<String>, Edges),
    /// A regex, and the sets of its needles, the most telling first; without any it must always be tried.
    Regex(Hir, Vec<Vec<String>>),
}

/// What must stand at the ends of a plain text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Edges {
    /// A word boundary before it.
    pub word_before: bool,
    /// A word boundary behind it.
    pub word_behind: bool,
    /// Nothing before it.
    pub start: bool,
    /// Nothing behind it.
    pub end: bool,
}

impl Edges {
    /// Whether the edges hold for the bytes from `from` to before `to`.
    /// A letter beyond ASCII counts as part of a word.
    pub fn hold(self, text: &[u8], from: usize, to: usize) -> bool {
        let word = |at: Option<usize>| {
            at.and_then(|at| text.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii())
        };
        let before = from.checked_sub(1);
        (!self.start || from == 0)
            && (!self.end || to == text.len())
            && (!self.word_before || word(before) != word(Some(from)))
            && (!self.word_behind || word(to.checked_sub(1)) != word(Some(to)))
    }
}

/// The branches of a regex.
pub fn branches(hir: &Hir) -> Vec<Branch> {
    match hir.kind() {
        HirKind::Capture(capture) => branches(&capture.sub),
        HirKind::Alternation(all) => all.iter().flat_map(branches).collect(),
        _ => vec![plain(hir).unwrap_or_else(|| Branch::Regex(hir.clone(), needles(hir)))],
    }
}

/// A branch that stands for a few texts, with its edges.
fn plain(hir: &Hir) -> Option<Branch> {
    let mut edges = Edges::default();
    let HirKind::Concat(parts) = hir.kind() else {
        return usable(exact(hir)?).map(|texts| Branch::Plain(texts, edges));
    };
    let look = |part: &Hir| match part.kind() {
        HirKind::Look(look) => Some(*look),
        _ => None,
    };
    let mut middle = parts.as_slice();
    while let Some((first, rest)) = middle.split_first().filter(|(first, _)| look(first).is_some()) {
        match look(first)? {
            Look::WordAscii | Look::WordUnicode => edges.word_before = true,
            Look::Start => edges.start = true,
            _ => return None,
        }
        middle = rest;
    }
    while let Some((last, rest)) = middle.split_last().filter(|(last, _)| look(last).is_some()) {
        match look(last)? {
            Look::WordAscii | Look::WordUnicode => edges.word_behind = true,
            Look::End => edges.end = true,
            _ => return None,
        }
        middle = rest;
    }
    let run = middle.iter().try_fold(vec![String::new()], |run, part| match look(part) {
        Some(_) => None,
        None => product(&run, &exact(part)?),
    })?;
    usable(run).map(|texts| Branch::Plain(texts, edges))
}

fn usable(texts: Vec<String>) -> Option<Vec<String>> {
    texts.iter().all(|text| text.len() >= MIN_NEEDLE).then_some(texts)
}

/// The most telling sets of needles: every match holds one of each.
fn needles(hir: &Hir) -> Vec<Vec<String>> {
    let mut sets = required(hir);
    for set in &mut sets {
        set.sort_unstable();
        set.dedup();
    }
    sets.retain(|set| set.len() <= MAX_NEEDLES && set.iter().all(|needle| is_rare(needle)));
    sets.sort_by_key(|set| Reverse(worth(set)));
    sets.dedup();
    sets.truncate(MAX_SETS);
    sets
}

/// Whether a needle is seldom there by chance.
fn is_rare(needle: &str) -> bool {
    match needle.as_bytes() {
        [first, b'0'..=b'9'] => first.is_ascii_alphabetic() || matches!(first, b'#' | b'(' | b'['),
        bytes => bytes.len() >= MIN_NEEDLE,
    }
}

/// The sets of literals of each of which any match must hold one.
fn required(hir: &Hir) -> Vec<Vec<String>> {
    if let Some(texts) = exact(hir) {
        return telling(texts).into_iter().collect();
    }
    match hir.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Alternation(branches) => {
            // One of the best of each branch.
            let best = |branch| required(branch).into_iter().min_by_key(|set| Reverse(worth(set)));
            let bests: Option<Vec<_>> = branches.iter().map(best).collect();
            bests.map(|bests| bests.concat()).into_iter().collect()
        }
        HirKind::Concat(parts) => required_of_concat(parts),
        _ => Vec::new(),
    }
}

/// What a sequence requires: its runs of parts that stand for a few texts, and what the other parts require.
fn required_of_concat(parts: &[Hir]) -> Vec<Vec<String>> {
    let mut sets = Vec::new();
    let mut run = vec![String::new()];
    let mut before = run.clone();
    for part in parts {
        let whole = exact(part);
        let breaks_off = whole.is_none();
        if let Some(texts) = whole.or_else(|| heads(part)) {
            // A run of too many texts goes on with its last part alone, or anew.
            let longer = product(&run, &texts).unwrap_or_else(|| {
                sets.extend(telling(std::mem::take(&mut run)));
                product(&before, &texts).unwrap_or_else(|| texts.clone())
            });
            (run, before) = (longer, texts);
        }
        if breaks_off {
            before = tails(part);
            sets.extend(telling(std::mem::replace(&mut run, before.clone())));
            sets.extend(required(part));
        }
    }
    sets.extend(telling(run));
    sets
}

/// The few texts that a part begins with which stands for many: `\d+` begins with a digit, `5\d\d|600` with `5` or `600`.
fn heads(part: &Hir) -> Option<Vec<String>> {
    let begins = |part: &Hir| exact(part).or_else(|| heads(part));
    match part.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => begins(&repetition.sub),
        HirKind::Capture(capture) => heads(&capture.sub),
        HirKind::Concat(parts) => begins(parts.first()?),
        HirKind::Alternation(branches) => {
            let mut texts = branches.iter().map(begins).collect::<Option<Vec<_>>>()?.concat();
            texts.sort_unstable();
            texts.dedup();
            (texts.len() <= MAX_EXACT).then_some(texts)
        }
        _ => None,
    }
}

/// The few texts that a part ends with which stands for many, as far as they matter: what was repeated ends as it began.
fn tails(part: &Hir) -> Vec<String> {
    match part.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => exact(&repetition.sub),
        _ => None,
    }
    .unwrap_or_else(|| vec![String::new()])
}

/// Texts as needles; `None` if one of them is empty, as it is found everywhere.
fn telling(texts: Vec<String>) -> Option<Vec<String>> {
    texts.iter().all(|text| !text.is_empty()).then(|| texts.into_iter().map(cut).collect())
}

/// How telling a set is: by its shortest needle, then by how few there are.
fn worth(set: &[String]) -> (usize, Reverse<usize>) {
    let shortest = set.iter().map(String::len).min().unwrap_or(0);
    (shortest.min(8), Reverse(set.len()))
}

/// The few texts that a part stands for; zero-width parts stand for nothing. `None` for parts that stand for many.
fn exact(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(|text| vec![text.to_owned()]),
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
    let mut all = Vec::with_capacity(heads.len() * tails.len());
    for head in heads {
        all.extend(tails.iter().map(|tail| [head.as_str(), tail].concat()));
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// The characters of a small class.
fn letters(class: &Class) -> Option<Vec<String>> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Bytes(bytes) => bytes.iter().map(|r| (r.start().into(), r.end().into())).collect(),
        Class::Unicode(chars) => chars.iter().map(|r| (r.start().into(), r.end().into())).collect(),
    };
    let size: u32 = ranges.iter().map(|(low, high)| high - low + 1).sum();
    // A byte beyond ASCII is a part of a character, not one.
    let bytes = matches!(class, Class::Bytes(_)) && ranges.iter().any(|(_, high)| *high > 0x7f);
    if size > MAX_CLASS || bytes {
        return None;
    }
    let chars = ranges.iter().flat_map(|(low, high)| (*low..=*high).filter_map(char::from_u32));
    Some(chars.map(String::from).collect())
}

fn cut(mut text: String) -> String {
    let mut end = text.len().min(MAX_NEEDLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The branches in one line: plain texts bare, each set of needles of a regex in `( )` behind `~`.
    fn of(regex: &str) -> String {
        let shown = branches(&regex_syntax::parse(regex).unwrap()).into_iter().map(|branch| match branch {
            Branch::Plain(texts, _) => texts.join("/"),
            Branch::Regex(_, sets) => {
                sets.iter().fold("~".to_owned(), |shown, set| format!("{shown}({})", set.join("/")))
            }
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_list_of_phrases_is_plain_text() {
        for (regex, want) in [
            ("user unknown|no such user", "user unknown no such user"),
            (r"\bpbl\b", "pbl"),
            ("^(over )?quota", "over quota/quota"),
            ("black-?list", "black-list/blacklist"),
            ("größe", "größe"),
        ] {
            assert_eq!(of(regex), want, "{regex}");
        }
    }

    #[test]
    fn every_match_of_a_regex_holds_one_of_its_needles() {
        for (regex, want) in [
            (r"5\.7\.\d+ access", "~( access)(5.7.)"),
            (r"5\.7\.(5\d\d|[67]\d\d|800)", "~(5.7.5/5.7.6/5.7.7/5.7.800)"),
            (r"^[0-9]{3}[ -]#[0-9]\S", "~(#0/#1/#2/#3/#4/#5/#6/#7/#8/#9)"),
            (r"\bib[0-2]{3}\b", "~(ib0/ib1/ib2)"),
            (r"(tag )+of", "~(tag of)(tag )"),
            (r"\S+ list(ed)?", "~( list/ listed)"),
            ("(?:quota)+", "~(quota)"),
            (r"^\d{3} \S+$", "~"),
            ("(quota)*", "~"),
            (r"no mail|\d+ ab", "no mail ~( ab)"),
            (r"user \S+ is (not )?known", "~( is known/ is not known)(user )"),
            (r"a.+list.+of.+senders", "~(senders)(list)"),
            (r"list.+list", "~(list)"),
            (r"(no|any) (\S+ )*user", "~(user)(any /no )"),
            (r"(no \S+ user|not .+ mailbox) here", "~( here)( mailbox/ user)"),
        ] {
            assert_eq!(of(regex), want, "{regex}");
        }
    }

    #[test]
    fn edges_hold_where_words_begin_and_end() {
        let edges = Edges { word_before: true, word_behind: true, ..Edges::default() };
        for (text, from, to, want) in
            [("a pbl b", 2, 5, true), ("xpbl", 1, 4, false), ("pbl", 0, 3, true), ("pbls", 0, 3, false)]
        {
            assert_eq!(edges.hold(text.as_bytes(), from, to), want, "{text}");
        }
        assert!(!Edges { start: true, ..Edges::default() }.hold(b"a pbl", 2, 5));
        assert!(Edges { end: true, ..Edges::default() }.hold(b"a pbl", 2, 5));
    }
}
