//! Passages: which addresses a report names as failed, and which words are about each. In: a report's own lines, and
//! its layout if a row knows it. Out: one passage for each address, in the report's order.
//!
//! The general forms: the lines that name addresses most plainly are the recipients; the words about one are on its
//! line and after it, up to the next address or a blank line; where they tell nothing, the paragraphs after the last
//! address, then those before the first, serve all that have none of their own.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::super::mail::MAX_RECIPIENTS;
use super::super::mailbox;
use super::super::report::MAX_DIAGNOSTIC;
use super::dialogue::{self, Dialogue};
use super::layout::Layout;
use super::section::Section;
use super::shape::{self, Rank, starts_with_code};
use super::{Passage, Wordings};
use crate::bounce::Address;
use crate::tables::layouts::ReplyPlace;

/// Reads the passages of a report.
pub(super) fn read(section: &Section<'_>, layout: Option<&Layout>, wordings: &Wordings) -> Vec<Passage> {
    let begin = layout.and_then(|layout| layout.begin(&section.lines)).unwrap_or(0);
    let lines = &section.lines[begin..];
    let spots = spots(lines, layout, wordings);
    let mut blocks = blocks(lines, &spots);
    let place = layout.map_or(ReplyPlace::Best, |l| l.reply);
    share_paragraphs(lines, &spots, &mut blocks, place, wordings);
    if let Some(reply) = layout.and_then(|l| l.reply_text.as_ref()).and_then(|regex| regex.captures(section.own)) {
        let text = one_line(reply.name("reply").map_or("", |m| m.as_str()).lines());
        blocks.iter_mut().for_each(|block| block.text.clone_from(&text));
    }
    let dialogue = dialogue::listen(lines);
    let mut passages = merge(blocks, wordings);
    if passages.is_empty() {
        passages = dialogue.answers.iter().map(|(address, _)| passage(address.clone(), None, String::new())).collect();
    }
    add_dialogue(&mut passages, &dialogue);
    passages
}

/// What a report says of a recipient whom its text does not name.
pub(super) fn of_nobody(section: &Section<'_>, wordings: &Wordings) -> String {
    telling(&section.lines, wordings)
}

/// A line that names a recipient.
#[derive(Debug)]
struct Spot<'a> {
    line: usize,
    address: Address,
    rest: &'a str,
    indent: usize,
}

/// The lines that name recipients: those of a layout's own forms, else those that name an address most plainly.
fn spots<'a>(lines: &[&'a str], layout: Option<&Layout>, wordings: &Wordings) -> Vec<Spot<'a>> {
    if let Some(layout) = layout.filter(|l| !l.address.is_empty()) {
        let own: Vec<_> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| by_layout(at, line, layout))
            .take(MAX_RECIPIENTS + 1)
            .collect();
        if !own.is_empty() {
            return own;
        }
    }
    let mut named: Vec<(Rank, Spot<'a>)> = Vec::new();
    let mut contacts = HashSet::new();
    for (at, line) in lines.iter().enumerate() {
        if named.len() > MAX_RECIPIENTS {
            break;
        }
        let Some(found) = shape::read(line, wordings) else { continue };
        if found.rank == Rank::Mentioned && is_contact(line, found.before, wordings) {
            contacts.insert(found.address.key());
            continue;
        }
        if found.rank == Rank::Listed && shape::is_said_of_the_sender(line_above(lines, at), wordings) {
            continue;
        }
        if found.rank != Rank::Spoken && !is_alias_note(line) {
            for address in [found.address].into_iter().chain(found.more) {
                named.push((found.rank, Spot { line: at, address, rest: found.rest, indent: found.indent }));
            }
        }
    }
    named.retain(|(rank, spot)| *rank != Rank::Mentioned || !contacts.contains(&spot.address.key()));
    let Some(plainest) = named.iter().map(|(rank, _)| *rank).min() else {
        return aliases(lines);
    };
    let spots: Vec<Spot<'a>> = named.into_iter().filter(|(rank, _)| *rank == plainest).map(|(_, spot)| spot).collect();
    without_offices(without_quoted(spots, lines), wordings)
}

/// Whether a sentence names an address to write to: right before it, or without a word of failure.
fn is_contact(line: &str, before: &str, wordings: &Wordings) -> bool {
    const NEAR: usize = 24;
    let near = (before.len().saturating_sub(NEAR)..=before.len()).find_map(|at| before.get(at..)).unwrap_or_default();
    wordings.names_contact(near) || wordings.names_contact(line) && !wordings.tells_failure(line)
}

/// The nearest line above one that has words.
fn line_above<'a>(lines: &[&'a str], at: usize) -> &'a str {
    let above = &lines[..at.min(lines.len())];
    above.iter().rev().take(3).find(|line| !line.trim().is_empty()).map_or("", |line| line.trim())
}

/// The addresses of notes on aliases, for want of any other: Exim hides where an alias leads to, if told so, and writes
/// `(an undisclosed address)` above the note.
fn aliases<'a>(lines: &[&'a str]) -> Vec<Spot<'a>> {
    let noted = |(line, text): (usize, &&'a str)| {
        alias_note(text).map(|address| Spot { line, address, rest: "", indent: text.len() - text.trim_start().len() })
    };
    lines.iter().enumerate().filter_map(noted).take(MAX_RECIPIENTS + 1).collect()
}

fn by_layout<'a>(at: usize, line: &'a str, layout: &Layout) -> Option<Spot<'a>> {
    let captures = layout.address.iter().find_map(|regex| regex.captures(line))?;
    let address = mailbox::first(captures.name("address")?.as_str())?;
    let rest = captures.name("reply").map_or("", |m| &line[m.start()..m.end()]);
    Some(Spot { line: at, address, rest, indent: 0 })
}

/// `(expanded from: <ann@example.com>)`, `(generated from ann@example.com)`: about the address above.
fn is_alias_note(line: &str) -> bool {
    alias_note(line).is_some()
}

fn alias_note(line: &str) -> Option<Address> {
    let line = line.trim_start();
    let note = ["(expanded from", "(generated from", "(ultimately generated from", "generated from"].iter().find_map(
        |start| line.get(..start.len()).filter(|s| s.eq_ignore_ascii_case(start)).map(|_| &line[start.len()..]),
    )?;
    mailbox::first(note)
}

/// A line further in than the list, right below a line of a passage, quotes an address in a reply.
fn without_quoted<'a>(spots: Vec<Spot<'a>>, lines: &[&str]) -> Vec<Spot<'a>> {
    let mut kept: Vec<Spot<'a>> = Vec::new();
    for spot in spots {
        let below_text = spot.line > 0 && lines.get(spot.line - 1).is_some_and(|line| !line.trim().is_empty());
        let quoted = below_text
            && kept.last().is_some_and(|last| {
                last.line < spot.line && (spot.indent > last.indent || last.address.key() == spot.address.key())
            });
        if !quoted {
            kept.push(spot);
        }
    }
    kept
}

/// Postmasters sign reports; they are recipients only where nobody else is.
fn without_offices<'a>(spots: Vec<Spot<'a>>, wordings: &Wordings) -> Vec<Spot<'a>> {
    if spots.iter().all(|spot| wordings.is_office(&spot.address)) {
        return spots;
    }
    spots.into_iter().filter(|spot| !wordings.is_office(&spot.address)).collect()
}

/// A recipient and the words right at it.
#[derive(Debug)]
struct Block {
    line: usize,
    address: Address,
    original: Option<Address>,
    text: String,
}

fn blocks(lines: &[&str], spots: &[Spot<'_>]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::with_capacity(spots.len());
    let mut end = lines.len();
    for (at, spot) in spots.iter().enumerate().rev() {
        if let Some(next) = spots.get(at + 1).filter(|next| next.line > spot.line) {
            end = next.line;
        }
        let mut block = block(lines, spot, end);
        // Addresses right below each other share the words below the last of them.
        if let (true, Some(next)) = (block.text.is_empty(), blocks.last().filter(|next| next.line == spot.line + 1)) {
            block.text.clone_from(&next.text);
        }
        blocks.push(block);
    }
    blocks.reverse();
    blocks
}

fn block(lines: &[&str], spot: &Spot<'_>, end: usize) -> Block {
    let mut original = alias_note(spot.rest);
    // `(expanded from <team@example.com>): Host not found`
    let behind_note = spot.rest.split_once(')').map_or("", |(_, said)| said.trim_start_matches([':', ' ']));
    let first = if original.is_some() { behind_note } else { spot.rest };
    let mut text: Vec<&str> = vec![first];
    let mut open = first.trim().is_empty() || first.trim_end().ends_with(':');
    for (at, line) in (spot.line + 1..end).zip(&lines[spot.line + 1..end]) {
        let words = line.trim();
        if let Some(address) = alias_note(words) {
            original = original.or(Some(address));
        } else if words.is_empty() || is_rule(words) {
            // "Remote host said:" goes on after a blank line; an empty list line does not.
            let goes_on = open && at > spot.line + 1 && text.iter().any(|t| !t.trim().is_empty());
            if !goes_on {
                break;
            }
        } else {
            text.push(words);
            open = words.ends_with(':');
        }
    }
    Block {
        line: spot.line,
        address: spot.address.clone(),
        original,
        text: one_line(text.into_iter().map(without_reason)),
    }
}

/// The words within Sendmail's `(reason: 550 5.1.1 User unknown)`.
fn without_reason(line: &str) -> &str {
    line.strip_prefix("(reason: ").map_or(line, |reason| reason.strip_suffix(')').unwrap_or(reason))
}

/// A line of dashes and the like.
fn is_rule(line: &str) -> bool {
    line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '=' | '_' | '*' | '#' | '~' | '+'))
}

/// Words on one line, of bounded length.
fn one_line<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        let line = line.trim();
        if !line.is_empty() && text.len() + line.len() < MAX_DIAGNOSTIC {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(line);
        }
    }
    text
}

/// How much words tell of a failure: 3 a code, 2 a reason, 1 words, 0 nothing.
fn weight(text: &str, wordings: &Wordings) -> u8 {
    if has_code(text) {
        3
    } else if wordings.tells_reason(text) {
        2
    } else {
        u8::from(text.chars().any(char::is_alphabetic))
    }
}

/// Whether a refusal's code stands in a text: `550 `, `554-`, `#5.1.1`, `4.4.7`.
pub(super) fn has_code(text: &str) -> bool {
    let is_status = |word: &str| {
        matches!(word.as_bytes(), [b'4' | b'5', b'.', ..])
            && word.trim_end_matches('.').parse::<crate::bounce::EnhancedStatus>().is_ok()
    };
    words(text).any(|word| is_reply_code(word) || is_status(word))
}

/// Whether a refusal's three digits stand in a text.
fn has_reply_code(text: &str) -> bool {
    words(text).any(is_reply_code)
}

fn is_reply_code(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        [b'4' | b'5', b'0'..=b'5', b'0'..=b'9'] | [b'4' | b'5', b'0'..=b'5', b'0'..=b'9', b'-', ..]
    )
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '\'' | '"' | ',' | ';' | '#' | '<' | '>' | '[' | ']' | ':')
    })
}

/// Gives blocks that tell too little the words of the paragraphs around the list.
fn share_paragraphs(lines: &[&str], spots: &[Spot<'_>], blocks: &mut [Block], place: ReplyPlace, wordings: &Wordings) {
    let (Some(first), Some(last)) = (spots.first(), spots.last()) else { return };
    // The sentence that names an address is a reason only for want of a better one.
    let sentence = |block: &Block| lines.get(block.line).is_some_and(|line| line.trim() == block.text);
    let sole = blocks.len() == 1;
    let wants = |block: &Block| match place {
        ReplyPlace::Block => 4,
        ReplyPlace::After | ReplyPlace::Before => 1,
        ReplyPlace::Best if block.text.is_empty() || sentence(block) => 2,
        // Words right at an address are believed; a code elsewhere says more only if there is nobody else it may mean.
        ReplyPlace::Best if sole && weight(&block.text, wordings) == 1 => 3,
        ReplyPlace::Best => 4,
    };
    let wanted: Vec<u8> = blocks.iter().map(wants).collect();
    if wanted.iter().all(|w| *w > 3) {
        return;
    }
    let after = telling(&lines[(last.line + 1).min(lines.len())..], wordings);
    let before = telling(&lines[..first.line], wordings);
    let shared = match place {
        ReplyPlace::After => after,
        ReplyPlace::Before => before,
        ReplyPlace::Best | ReplyPlace::Block if weight(&after, wordings) >= weight(&before, wordings) => after,
        ReplyPlace::Best | ReplyPlace::Block => before,
    };
    let shared_weight = weight(&shared, wordings);
    for (block, wanted) in blocks.iter_mut().zip(wanted) {
        if shared_weight >= wanted {
            block.text.clone_from(&shared);
        }
    }
}

/// The lines that tell most: from one that starts with a reply code to the next blank one; else the first paragraph
/// with a code; else with a reason; else all.
fn telling(lines: &[&str], wordings: &Wordings) -> String {
    let paragraphs: Vec<&[&str]> = lines
        .split(|line| line.trim().is_empty() || is_rule(line.trim()))
        .filter(|paragraph| !paragraph.is_empty())
        .take(MAX_PARAGRAPHS)
        .collect();
    for paragraph in &paragraphs {
        if let Some(at) = paragraph.iter().position(|line| starts_with_code(line.trim()) && has_code(line)) {
            return one_line(paragraph[at..].iter().copied());
        }
    }
    let texts: Vec<String> =
        paragraphs.iter().map(|p| one_line(p.iter().copied().filter(|line| !is_heading(line)))).collect();
    let coded = texts.iter().find(|text| has_code(text));
    let reasons = || texts.iter().find(|text| wordings.tells_reason(text));
    coded.or_else(reasons).cloned().unwrap_or_else(|| one_line(texts.iter().map(String::as_str)))
}

/// Paragraphs around a list that are looked at: a reason stands near it.
const MAX_PARAGRAPHS: usize = 40;

/// `Your message was not delivered to:`, `------- Failure Reasons -------`: it announces, it does not tell.
fn is_heading(line: &str) -> bool {
    let line = line.trim();
    line.ends_with([':', '\u{ff1a}']) || (line.starts_with("---") && line.ends_with("---"))
}

/// One passage for each address: of several places that name it, the one that tells most, then the first.
fn merge(blocks: Vec<Block>, wordings: &Wordings) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for block in blocks {
        match places.entry(block.address.key()) {
            Entry::Vacant(place) => {
                place.insert(passages.len());
                passages.push(passage(block.address, block.original, block.text));
            }
            Entry::Occupied(place) => {
                if let Some(known) = passages.get_mut(*place.get()) {
                    let tells = |text: &str| (weight(text, wordings), has_reply_code(text));
                    if tells(&block.text) > tells(&known.text) {
                        known.text = block.text;
                    }
                    known.original = known.original.take().or(block.original);
                }
            }
        }
    }
    passages
}

fn passage(address: Address, original: Option<Address>, text: String) -> Passage {
    Passage { address, original, text, command: None, host: None }
}

/// What a dialogue adds to passages whose own words hold no code.
fn add_dialogue(passages: &mut [Passage], dialogue: &Dialogue) {
    for passage in passages {
        let own = dialogue.of(&passage.address.key());
        let answer = own.or_else(|| dialogue.last.as_ref().filter(|_| !has_code(&passage.text)));
        if let Some(answer) = answer {
            passage.command = answer.command;
            passage.host.clone_from(&answer.host);
            if !has_code(&passage.text) {
                passage.text.clone_from(&answer.text);
            }
        }
    }
}
