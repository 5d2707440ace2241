//! All texts that are looked for in a template, in one pass. In: texts, each with what it means that it is there.
//! Out: those that are there, overlapping ones too. What they mean is the caller's.

use std::fmt;
use std::ops::Range;

use daachorse::errors::DaachorseError;
use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder};

/// The automaton of the texts. Its double array takes a step in fewer places of memory than other kinds, and with eight
/// thousand texts that is what counts.
pub struct Needles<M> {
    automaton: DoubleArrayAhoCorasick<Meant>,
    meanings: Vec<M>,
}

/// Where the meanings of a text stand.
#[derive(Debug, Clone, Copy)]
struct Meant {
    from: u32,
    to: u32,
}

impl<M> Needles<M> {
    /// Makes the automaton of texts that are not empty. What one text means stays in order.
    ///
    /// # Errors
    /// Too many texts, in the automaton's own words.
    pub fn new(mut texts: Vec<(String, M)>) -> Result<Needles<M>, DaachorseError> {
        texts.sort_by(|(one, _), (other, _)| one.cmp(other));
        let same = texts.chunk_by(|(one, _), (other, _)| one == other);
        let meant = same.scan(0, |from, same| {
            let to = *from + same.len() as u32;
            Some((&same[0].0, Meant { from: std::mem::replace(from, to), to }))
        });
        // Its prefilter is for texts that seldom occur; these do.
        let automaton = DoubleArrayAhoCorasickBuilder::new().use_prefilter(false).build_with_values(meant)?;
        Ok(Needles { automaton, meanings: texts.into_iter().map(|(_, means)| means).collect() })
    }

    /// Tells of every text that is found what it means and where it stands.
    pub fn find(&self, text: &str, mut found: impl FnMut(&M, Range<usize>)) {
        for needle in self.automaton.find_overlapping_iter(text) {
            let Meant { from, to } = needle.value();
            for means in &self.meanings[from as usize..to as usize] {
                found(means, needle.start()..needle.end());
            }
        }
    }
}

impl<M> fmt::Debug for Needles<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Needles").field("meanings", &self.meanings.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_wherever_it_stands() {
        let texts = [("she", 2), ("he", 1), ("hers", 4), ("she", 3)].map(|(text, means)| (text.to_owned(), means));
        let needles = Needles::new(texts.into()).unwrap();
        let mut found = Vec::new();
        needles.find("ushers", |means, at| found.push((*means, at)));
        found.sort_unstable_by_key(|(means, _)| *means);
        assert_eq!(found, [(1, 2..4), (2, 1..4), (3, 1..4), (4, 2..6)]);
    }
}
