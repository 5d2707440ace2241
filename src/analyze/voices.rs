//! What the rows of a frame say. In: the columns of a classified reply. Out: a `Voice` for each row.

use polars::prelude::DataFrame;

use super::gather::Gatherer;
use super::names::NONE;
use super::night::Voice;
use crate::bounce::{Basis, Blames, Cause, EnhancedStatus, Kind, Permanence, ReplyCode};
use crate::frame::schema;

/// The place of a word in its closed set, `NONE` for others.
pub fn word(word: &str, words: &[&str]) -> u32 {
    words.iter().position(|w| *w == word).map_or(NONE, |at| at as u32)
}

/// The columns that make a voice.
pub struct Voices {
    causes: Vec<u32>,
    permanences: Vec<u32>,
    blamed: Vec<u32>,
    bases: Vec<u32>,
    codes: Vec<Option<u16>>,
    statuses: Vec<u32>,
    speakers: Vec<u32>,
    blocklists: Vec<u32>,
    templates: Vec<u32>,
}

impl Voices {
    /// Reads them.
    ///
    /// # Errors
    /// A column that is not there or holds something else.
    pub fn read(gatherer: &mut Gatherer, frame: &DataFrame) -> anyhow::Result<Voices> {
        Ok(Voices {
            causes: gatherer.ids(frame, schema::CAUSE, |_, w| word(w, Cause::WORDS))?,
            permanences: gatherer.ids(frame, schema::PERMANENCE, |_, w| word(w, Permanence::WORDS))?,
            blamed: gatherer.ids(frame, schema::BLAMES, |_, w| word(w, Blames::WORDS))?,
            bases: gatherer.ids(frame, schema::BASIS, |_, w| word(w, Basis::WORDS))?,
            codes: frame.column(schema::REPLY_CODE)?.i32()?.iter().map(|code| u16::try_from(code?).ok()).collect(),
            statuses: gatherer.ids(frame, schema::STATUS, |_, text| status_number(text))?,
            speakers: gatherer.ids(frame, schema::REJECTING_SYSTEM, Gatherer::receiver)?,
            blocklists: gatherer.ids(frame, schema::BLOCKLIST, |l, t| l.night.blocklists.id(t))?,
            templates: gatherer.ids(frame, schema::TEMPLATE, |l, t| l.night.templates.id(t))?,
        })
    }

    /// The voice of a row; `None` for a bounce that names no cause that we know.
    pub fn at(&self, at: usize, kind: Kind) -> Option<Voice> {
        let unnamed = Cause::ALL.get(self.causes[at] as usize).is_none();
        if unnamed && kind == Kind::Bounce {
            return None;
        }
        Some(Voice {
            kind,
            cause: Cause::ALL.get(self.causes[at] as usize).copied().unwrap_or(Cause::Unknown),
            permanence: Permanence::ALL.get(self.permanences[at] as usize).copied().unwrap_or(Permanence::Permanent),
            blames: Blames::ALL.get(self.blamed[at] as usize).copied().unwrap_or(Blames::Unknown),
            basis: Basis::ALL.get(self.bases[at] as usize).copied().unwrap_or(Basis::Unstated),
            reply_code: self.codes[at].and_then(ReplyCode::new),
            status: status_of(self.statuses[at]),
            speaker: self.speakers[at],
            blocklist: self.blocklists[at],
            template: self.templates[at],
        })
    }
}

/// A status as one number, `NONE` for what is none.
fn status_number(text: &str) -> u32 {
    let mut parts = text.split('.').map(|p| p.parse::<u32>().ok().filter(|p| *p <= 999));
    match (parts.next().flatten(), parts.next().flatten(), parts.next().flatten(), parts.next()) {
        (Some(class), Some(subject), Some(detail), None) => class * 1_000_000 + subject * 1_000 + detail,
        _ => NONE,
    }
}

fn status_of(number: u32) -> Option<EnhancedStatus> {
    let class = u8::try_from(number / 1_000_000).ok()?;
    EnhancedStatus::new(class, (number / 1_000 % 1_000) as u16, (number % 1_000) as u16)
}
