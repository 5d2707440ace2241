//! Passages: which addresses a report names as failed, and which words are about each. In: a report's own lines, and
//! its layout if a row knows it. Out: one passage for each address, in the report's order.
//!
//! The general forms: the lines that name addresses most plainly are the recipients; the words about one are on its
//! line and after it, up to the next address or a blank line; where they tell nothing, the paragraphs after the last
//! address, then those before the first, serve all that have none of their own.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::super::limits::{MAX_DIAGNOSTIC, MAX_RECIPIENTS};
use super::super::mail::OwnAddresses;
use super::super::mailbox;
use super::codes::{has_code, has_coded_reply, has_reply_code, is_worded, starts_with_code};
use super::dialogue::{self, Dialogue};
use super::layout::Layout;
use super::section::Section;
use super::shape::{self, Rank};
use super::{Passage, Wordings};
use crate::bounce::Address;
use crate::tables::layouts::ReplyPlace;

/// Reads the passages of a report.
/// Addresses of ours are none. `doubtful`: only words make it a report, so the sentences that lead to addresses matter.
pub(super) fn read(
    section: &Section<'_>,
    layout: Option<&Layout>,
    wordings: &Wordings,
    own: &OwnAddresses,
    doubtful: bool,
) -> Vec<Passage> {
    let begin = layout.and_then(|layout| layout.begin(&section.lines)).unwrap_or(0);
    let lines = &section.lines[begin..];
    let spots = spots(lines, layout, wordings, own);
    let mut blocks = blocks(lines, &spots, wordings);
    if doubtful {
        for (block, spot) in blocks.iter_mut().zip(&spots) {
            block.judge(&introduction(lines, spot), wordings);
        }
    }
    let place = layout.map_or(ReplyPlace::Best, |l| l.reply);
    share_paragraphs(lines, &spots, &mut blocks, place, wordings);
    if let Some(reply) = layout.and_then(|l| l.reply_text.as_ref()).and_then(|regex| regex.captures(&section.own)) {
        let text = one_line(reply.name("reply").map_or("", |m| m.as_str()).lines());
        blocks.iter_mut().for_each(|block| {
            block.text.clone_from(&text);
            block.own_words = true;
        });
    }
    let dialogue = dialogue::listen(lines);
    let mut passages = merge(blocks, wordings);
    if passages.is_empty() {
        let spoken = dialogue.answers.iter().filter(|(address, _)| !own.holds(address));
        passages = spoken.map(|(address, _)| Passage { plainly: true, ..Passage::of(address.clone()) }).collect();
    }
    add_dialogue(&mut passages, &dialogue);
    passages
}

/// How many addresses that are not ours a report's own words name, beside those of the header that it repeats.
pub(super) fn addresses(section: &Section<'_>, wordings: &Wordings, own: &OwnAddresses) -> usize {
    let said = section.lines.iter().filter(|line| !wordings.repeats_header(line));
    let all = said.flat_map(|line| mailbox::all(line)).map(|found| found.address);
    all.filter(|address| !own.holds(address)).map(|address| address.key()).collect::<HashSet<_>>().len()
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
    rank: Rank,
    addressed: bool,
}

/// The lines that name recipients: those of a layout's own forms, else those that name an address most plainly.
fn spots<'a>(lines: &[&'a str], layout: Option<&Layout>, wordings: &Wordings, own: &OwnAddresses) -> Vec<Spot<'a>> {
    if let Some(layout) = layout.filter(|l| !l.address.is_empty()) {
        let by_row: Vec<_> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| by_layout(at, line, layout))
            .filter(|spot| !own.holds(&spot.address))
            .take(MAX_RECIPIENTS + 1)
            .collect();
        if !by_row.is_empty() {
            return by_row;
        }
    }
    let mut named: Vec<(Rank, Spot<'a>)> = Vec::new();
    let mut contacts = HashSet::new();
    for (at, line) in lines.iter().enumerate() {
        if named.len() > MAX_RECIPIENTS {
            break;
        }
        let Some(found) = shape::read(line, wordings, own) else { continue };
        if found.rank == Rank::Mentioned && is_contact(line, found.before, wordings) {
            contacts.insert(found.address.key());
            continue;
        }
        if found.rank == Rank::Listed && shape::is_said_of_the_sender(line_above(lines, at), wordings) {
            continue;
        }
        if found.rank != Rank::Spoken && !is_alias_note(line) {
            for address in [found.address].into_iter().chain(found.more) {
                let (rank, rest, indent, addressed) = (found.rank, found.rest, found.indent, found.addressed);
                named.push((rank, Spot { line: at, address, rest, indent, rank, addressed }));
            }
        }
    }
    named.retain(|(rank, spot)| *rank != Rank::Mentioned || !contacts.contains(&spot.address.key()));
    let Some(plainest) = named.iter().map(|(rank, _)| *rank).min() else {
        return aliases(lines, own);
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
fn aliases<'a>(lines: &[&'a str], own: &OwnAddresses) -> Vec<Spot<'a>> {
    let noted = |(line, text): (usize, &&'a str)| {
        let address = alias_note(text).filter(|address| !own.holds(address))?;
        let indent = text.len() - text.trim_start().len();
        Some(Spot { line, address, rest: "", indent, rank: Rank::Listed, addressed: true })
    };
    lines.iter().enumerate().filter_map(noted).take(MAX_RECIPIENTS + 1).collect()
}

fn by_layout<'a>(at: usize, line: &'a str, layout: &Layout) -> Option<Spot<'a>> {
    let captures = layout.address.iter().find_map(|regex| regex.captures(line))?;
    let address = mailbox::first(captures.name("address")?.as_str())?;
    let rest = captures.name("reply").map_or("", |m| &line[m.start()..m.end()]);
    Some(Spot { line: at, address, rest, indent: 0, rank: Rank::Listed, addressed: true })
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
    own_words: bool,
    plainly: bool,
    addressed: bool,
    introduced: bool,
    instead: bool,
}

fn blocks(lines: &[&str], spots: &[Spot<'_>], wordings: &Wordings) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::with_capacity(spots.len());
    let mut end = lines.len();
    for (at, spot) in spots.iter().enumerate().rev() {
        if let Some(next) = spots.get(at + 1).filter(|next| next.line > spot.line) {
            end = next.line;
        }
        let mut block = block(lines, spot, end, wordings);
        // Addresses right below each other share the words below the last of them.
        if let (true, Some(next)) = (block.text.is_empty(), blocks.last().filter(|next| next.line == spot.line + 1)) {
            block.text.clone_from(&next.text);
            block.own_words = next.own_words;
        }
        blocks.push(block);
    }
    blocks.reverse();
    blocks
}

fn block(lines: &[&str], spot: &Spot<'_>, end: usize, wordings: &Wordings) -> Block {
    let mut original = alias_note(spot.rest);
    // `(expanded from <team@example.com>): Host not found`
    let behind_note = spot.rest.split_once(')').map_or("", |(_, said)| said.trim_start_matches([':', ' ']));
    let first = if original.is_some() { behind_note } else { spot.rest };
    // What remains of a sentence behind the address may be its full stop.
    let ended = (first.starts_with(". ") || first.starts_with('\u{3002}')) && !has_code(first);
    let first = if first.contains(char::is_alphanumeric) && !ended { first } else { "" };
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
        } else if !wordings.repeats_header(words) || has_code(words) {
            text.push(words);
            open = words.ends_with(':');
        }
    }
    let text = one_line(text.into_iter().map(without_reason));
    Block {
        line: spot.line,
        address: spot.address.clone(),
        original,
        own_words: !text.is_empty(),
        instead: false,
        introduced: false,
        text,
        plainly: matches!(spot.rank, Rank::Listed | Rank::Labelled),
        addressed: spot.addressed,
    }
}

impl Block {
    /// Notes what the sentence that leads to the address says.
    fn judge(&mut self, lead: &str, wordings: &Wordings) {
        self.introduced = wordings.tells_failure(lead) || has_code(&self.text) || wordings.tells_reason(&self.text);
        self.instead = wordings.names_contact(lead) || wordings.is_office(&self.address);
    }
}

/// The sentence that leads to an address: the one it stands in, or for one on a line of its own the last of the line
/// above; of a list's addresses that of the first. At the start of a text the address leads itself.
fn introduction(lines: &[&str], spot: &Spot<'_>) -> String {
    let line = lines.get(spot.line).copied().unwrap_or_default();
    if spot.rank != Rank::Listed {
        let at = line.find(spot.address.local()).unwrap_or(0);
        let from = line[..at].rfind(". ").map_or(0, |end| end + 2);
        let to = line[at..].find(". ").map_or(line.len(), |end| at + end);
        return line[from..to].to_owned();
    }
    let mut above = lines[..spot.line.min(lines.len())].iter().rev().map(|line| line.trim());
    let led = above.find(|line| !line.is_empty() && !is_rule(line) && mailbox::first(line).is_none());
    match led {
        None => "undeliverable".to_owned(),
        Some(line) => line.rsplit(". ").next().unwrap_or(line).to_owned(),
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

/// How much words tell of a failure: 4 a reply with its code, 3 a bare code, 2 a reason, 1 words, 0 nothing.
fn weight(text: &str, wordings: &Wordings) -> u8 {
    if has_code(text) {
        3 + u8::from(is_worded(text))
    } else if wordings.tells_reason(text) {
        REASON
    } else {
        u8::from(text.chars().any(char::is_alphabetic))
    }
}

/// What a reason without a code weighs.
const REASON: u8 = 2;

/// More than any words weigh.
const NEVER: u8 = 5;

/// Gives blocks that tell too little the words of the paragraphs around the list.
fn share_paragraphs(lines: &[&str], spots: &[Spot<'_>], blocks: &mut [Block], place: ReplyPlace, wordings: &Wordings) {
    let (Some(first), Some(last)) = (spots.first(), spots.last()) else { return };
    // The sentence that names an address is a reason only for want of a better one.
    let sentence = |block: &Block| lines.get(block.line).is_some_and(|line| line.trim() == block.text);
    let sole = blocks.len() == 1;
    let wants = |block: &Block| match place {
        ReplyPlace::Block => NEVER,
        ReplyPlace::After | ReplyPlace::Before => 1,
        ReplyPlace::Best if block.text.is_empty() || sentence(block) => 2,
        // Words right at an address are believed; a code elsewhere says more only if there is nobody else it may mean,
        // and a reply in words says more than the code alone.
        ReplyPlace::Best if sole => match weight(&block.text, wordings) {
            1 => 3,
            2 | 3 => 4,
            _ => NEVER,
        },
        ReplyPlace::Best => NEVER,
    };
    let wanted: Vec<u8> = blocks.iter().map(wants).collect();
    if wanted.iter().all(|w| *w == NEVER) {
        return;
    }
    let (before, after) = (&lines[..first.line], &lines[(last.line + 1).min(lines.len())..]);
    let is_coded = |lines: &[&str]| lines.iter().any(|line| has_code(line));
    if wanted.iter().all(|w| *w > REASON) && !is_coded(before) && !is_coded(after) {
        return;
    }
    let (before, after) = (telling(before, wordings), telling(after, wordings));
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
            block.own_words = false;
        }
    }
}

/// The lines that tell most: from one that starts with a reply code to the next blank one; else the first paragraph
/// with a reply in words; else one with a bare code; else with a reason; else all. Words without a code that stand behind
/// a rule are a footer's, and what repeats the returned header is no reply.
fn telling(lines: &[&str], wordings: &Wordings) -> String {
    let footer = lines.iter().position(|line| is_rule(line.trim())).unwrap_or(lines.len());
    let mut told = 0;
    let paragraphs: Vec<(bool, &[&str])> = lines
        .split(|line| line.trim().is_empty() || is_rule(line.trim()))
        .map(|paragraph| {
            let from = told;
            told += paragraph.len() + 1;
            (from > footer, paragraph)
        })
        .filter(|(_, paragraph)| !paragraph.is_empty())
        .take(MAX_PARAGRAPHS)
        .collect();
    for (_, paragraph) in &paragraphs {
        let begins = |line: &&str| starts_with_code(line.trim()) && has_code(line);
        if let Some(at) = paragraph.iter().position(begins) {
            let text = one_line(paragraph[at..].iter().copied());
            if is_worded(&text) {
                return text;
            }
        }
    }
    let says = |line: &&str| has_code(line) || !is_heading(line) && !wordings.repeats_header(line);
    let texts: Vec<(bool, String)> =
        paragraphs.iter().map(|(footer, p)| (*footer, one_line(p.iter().copied().filter(|line| says(line))))).collect();
    // A number in a footer is no code.
    let is_coded = |footer: bool, text: &str| if footer { has_coded_reply(text) } else { has_code(text) };
    let coded = || texts.iter().filter(|(footer, text)| is_coded(*footer, text)).map(|(_, text)| text);
    let above = || texts.iter().filter(|(footer, _)| !footer).map(|(_, text)| text);
    let reply = coded().find(|text| is_worded(text)).or_else(|| coded().next());
    let reason = || above().find(|text| wordings.tells_reason(text));
    reply.or_else(reason).cloned().unwrap_or_else(|| one_line(above().map(String::as_str)))
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
                let Block { address, original, text, own_words, plainly, addressed, introduced, instead, .. } = block;
                passages.push(Passage {
                    original,
                    text,
                    own_words,
                    plainly,
                    addressed,
                    introduced,
                    instead,
                    ..Passage::of(address)
                });
            }
            Entry::Occupied(place) => {
                if let Some(known) = passages.get_mut(*place.get()) {
                    let tells = |text: &str| (weight(text, wordings), has_reply_code(text));
                    if tells(&block.text) > tells(&known.text) {
                        known.text = block.text;
                        known.own_words = block.own_words;
                    }
                    known.plainly |= block.plainly;
                    known.original = known.original.take().or(block.original);
                }
            }
        }
    }
    passages
}

/// What a dialogue adds to passages whose own words hold no code, or are the dialogue itself.
fn add_dialogue(passages: &mut [Passage], dialogue: &Dialogue) {
    for passage in passages {
        let own = dialogue.of(&passage.address.key());
        let silent = !has_code(&passage.text) || passage.text.contains("<-- ") || passage.text.contains("<<< ");
        let answer = own.or_else(|| dialogue.last.as_ref().filter(|_| silent));
        if let Some(answer) = answer {
            passage.command = answer.command;
            passage.host.clone_from(&answer.host);
            if silent {
                passage.text.clone_from(&answer.text);
                passage.own_words = true;
            }
        }
    }
}
