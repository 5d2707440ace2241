//! Layouts: one export format, its names resolved to places. In: a row of exports.toml and where each name stands (columns of
//! one header, or slots of the JSON reader). Out: a field's value for any record, without looking up a name again.

use std::borrow::Cow;

use super::clean;
use super::field::Field;
use crate::bounce::{EnhancedStatus, Kind};
use crate::parse::glob::Glob;
use crate::tables::exports::{Export, Name};

/// Where a value stands in a record: a column, or a slot of the JSON reader.
pub type Slot = u16;

/// A value as the record holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'v> {
    /// Text, trimmed, not empty.
    Text(&'v str),
    /// A whole number that `i64` holds; larger ones are text.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Flag(bool),
}

impl<'v> Value<'v> {
    /// The value as text.
    #[inline]
    pub fn text(self) -> Cow<'v, str> {
        match self {
            Value::Text(text) => Cow::Borrowed(text),
            other => other.spelled(),
        }
    }

    /// What is not text; apart, so that the usual way is short enough to be inlined.
    #[cold]
    fn spelled(self) -> Cow<'v, str> {
        match self {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Integer(number) => {
                three_digits(number).map_or_else(|| Cow::Owned(number.to_string()), Cow::Borrowed)
            }
            Value::Float(number) => Cow::Owned(number.to_string()),
            Value::Flag(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
        }
    }
}

/// A number of three digits, spelled: reply codes are most of the numbers in exports, and are asked for more than once.
fn three_digits(number: i64) -> Option<&'static str> {
    static SPELLED: [u8; 3000] = {
        let (mut digits, mut number) = ([0; 3000], 0);
        while number < 1000 {
            digits[3 * number] = b'0' + (number / 100) as u8;
            digits[3 * number + 1] = b'0' + (number / 10 % 10) as u8;
            digits[3 * number + 2] = b'0' + (number % 10) as u8;
            number += 1;
        }
        digits
    };
    let at = 3 * usize::try_from(number).ok().filter(|number| (100..1000).contains(number))?;
    str::from_utf8(SPELLED.get(at..at + 3)?).ok()
}

/// Something that has values in slots.
pub trait Values {
    /// The value there; `None` when it is empty.
    fn get(&self, slot: Slot) -> Option<Value<'_>>;
    /// Whether the record has that name at all, be it empty.
    fn has(&self, slot: Slot) -> bool;
    /// Whether the record has no names but these.
    fn has_only(&self, slots: &[Slot]) -> bool;
    /// Whether a value that no format asks for begins as a refusal does.
    fn tells_refusal(&self) -> bool {
        false
    }
}

/// A column that nothing reads.
#[derive(Debug, Clone, Copy)]
pub struct Unread {
    /// Where it stands.
    pub slot: Slot,
    /// Whether its name is about a reply: then any value there tells of a failure.
    pub reply: bool,
}

/// When a record that does not say what it is, is a delivery.
#[derive(Debug)]
enum Proof {
    Never,
    Always,
    /// When it has no other names.
    Only(Vec<Slot>),
}

/// One format with its names resolved.
#[derive(Debug)]
pub struct Layout {
    /// The format's name.
    pub name: &'static str,
    picks: [Vec<Pick>; Field::COUNT],
    kinds: Vec<KindTest>,
    delivery: Proof,
    by_words: bool,
    unread: Vec<Unread>,
    /// The kind of a record for which no test speaks.
    pub default_kind: Option<Kind>,
}

#[derive(Debug)]
enum Pick {
    Plain(Slot),
    Join(Vec<Slot>, String),
    Cut { slot: Slot, before: Option<String>, after: Option<String> },
}

/// All must hold.
#[derive(Debug)]
struct KindTest {
    when: Vec<(Vec<Slot>, Vec<Glob>)>,
    kind: Kind,
    feedback: Option<String>,
}

impl Layout {
    /// Resolves a format's names; those that `place` does not know are left out.
    ///
    /// # Errors
    /// A field that we do not have, with the nearest one.
    pub fn new(
        export: &Export,
        name: &'static str,
        mut place: impl FnMut(&str) -> Option<Slot>,
    ) -> Result<Layout, String> {
        let mut picks: [Vec<Pick>; Field::COUNT] = Default::default();
        for (field, names) in &export.fields {
            let field = Field::named(field)?;
            picks[field as usize] = names.as_slice().iter().filter_map(|name| Pick::new(name, &mut place)).collect();
        }
        let mut kinds = Vec::new();
        for row in &export.kinds {
            let when: Option<Vec<_>> = row
                .when
                .iter()
                .map(|(names, words)| {
                    let slots: Vec<Slot> = names.split('|').filter_map(&mut place).collect();
                    (!slots.is_empty()).then(|| (slots, words.as_slice().iter().map(|word| Glob::new(word)).collect()))
                })
                .collect();
            kinds.extend(when.map(|when| KindTest { when, kind: row.kind, feedback: row.feedback.clone() }));
        }
        let own = Field::DELIVERY.iter().filter_map(|field| place(field.name()));
        let delivery = if export.proves_deliveries { Proof::Only(own.collect()) } else { Proof::Never };
        let (by_words, unread) = (export.by_words, Vec::new());
        Ok(Layout { name, picks, kinds, delivery, by_words, unread, default_kind: export.default_kind })
    }

    /// Decides once for all records of a header, whose names are the first `columns` slots, and of which `unread` are read by
    /// nobody.
    pub fn decide_for(&mut self, columns: usize, unread: Vec<Unread>) {
        self.unread = unread;
        if let Proof::Only(slots) = &self.delivery {
            let all = (0..columns).all(|column| slots.iter().any(|slot| usize::from(*slot) == column));
            self.delivery = if all { Proof::Always } else { Proof::Never };
        }
    }

    /// Whether the record tells of a refusal where nobody reads it, so that a mere word or code proves no delivery.
    pub fn is_disputed(&self, record: &impl Values) -> bool {
        let tells = |column: &Unread| {
            let value = record.get(column.slot);
            value.is_some_and(|value| column.reply || is_refusal(&value.text()))
        };
        self.by_words && (record.tells_refusal() || self.unread.iter().any(tells))
    }

    /// Whether its words for kinds are those of people, and no platform's.
    pub fn is_by_words(&self) -> bool {
        self.by_words
    }

    /// Whether its names alone prove that a record is a delivery.
    pub fn proves_delivery(&self, record: &impl Values) -> bool {
        match &self.delivery {
            Proof::Never => false,
            Proof::Always => true,
            Proof::Only(slots) => record.has_only(slots),
        }
    }

    /// Whether some name of this format can fill the field.
    pub fn knows(&self, field: Field) -> bool {
        !self.picks[field as usize].is_empty()
    }

    /// Whether the record has a name for the field, be it empty.
    pub fn has(&self, field: Field, record: &impl Values) -> bool {
        self.picks[field as usize].iter().any(|pick| match pick {
            Pick::Plain(slot) | Pick::Cut { slot, .. } => record.has(*slot),
            Pick::Join(slots, _) => slots.iter().any(|slot| record.has(*slot)),
        })
    }

    /// The field's text in this record.
    pub fn text<'v>(&self, field: Field, record: &'v impl Values) -> Option<Cow<'v, str>> {
        self.picks[field as usize].iter().find_map(|pick| pick.text(record))
    }

    /// All texts that the field has in this record, the preferred one first.
    pub fn texts<'v>(&self, field: Field, record: &'v impl Values) -> impl Iterator<Item = Cow<'v, str>> {
        self.picks[field as usize].iter().filter_map(|pick| pick.text(record))
    }

    /// Calls `visit` with the text of every field that this record holds.
    pub fn each(&self, record: &impl Values, visit: &mut dyn FnMut(&str)) {
        self.each_named(record, &mut |_, text| visit(text));
    }

    /// The same with the field's name.
    pub fn each_named(&self, record: &impl Values, visit: &mut dyn FnMut(&str, &str)) {
        for field in Field::ALL {
            if let Some(text) = self.text(*field, record) {
                visit(field.name(), &text);
            }
        }
    }

    /// The field's value in this record, numbers as numbers; for the fields that can be numbers.
    pub fn value<'v>(&self, field: Field, record: &'v impl Values) -> Option<Value<'v>> {
        self.picks[field as usize].iter().find_map(|pick| match pick {
            Pick::Plain(slot) => record.get(*slot),
            Pick::Join(..) | Pick::Cut { .. } => None,
        })
    }

    /// What the record's own words say that it is.
    pub fn kind(&self, record: &impl Values) -> Option<Kind> {
        self.test(record).map(|test| test.kind)
    }

    /// What the recipient wishes, by the record's own words.
    pub fn feedback(&self, record: &impl Values) -> Option<&str> {
        self.test(record)?.feedback.as_deref()
    }

    fn test(&self, record: &impl Values) -> Option<&KindTest> {
        let says = |slot: &Slot, words: &[Glob]| {
            record.get(*slot).is_some_and(|value| {
                let text = value.text();
                words.iter().any(|word| word.fits(&text))
            })
        };
        let holds = |(slots, words): &(Vec<Slot>, Vec<Glob>)| slots.iter().any(|slot| says(slot, words));
        self.kinds.iter().find(|test| test.when.iter().all(holds))
    }
}

/// Whether a text begins as a refusal does: `550 5.1.1 ...`, `5.1.1`, `smtp; 554 ...`.
pub fn is_refusal(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches("smtp;").trim_start();
    // A number alone may count anything.
    let code = clean::reply_code(text).filter(|_| text.len() > 3);
    let status = || text.split(' ').next().and_then(|word| word.parse::<EnhancedStatus>().ok());
    code.is_some_and(|code| code.class() >= 4) || status().is_some_and(|status| status.class >= 4)
}

impl Pick {
    #[inline]
    fn text<'v>(&self, record: &'v impl Values) -> Option<Cow<'v, str>> {
        match self {
            Pick::Plain(slot) => record.get(*slot).map(Value::text),
            Pick::Join(slots, with) => join(slots, with, record),
            Pick::Cut { slot, before, after } => cut(record.get(*slot)?.text(), before.as_deref(), after.as_deref()),
        }
    }

    fn new(name: &Name, place: &mut impl FnMut(&str) -> Option<Slot>) -> Option<Pick> {
        match name {
            Name::Plain(name) => place(name).map(Pick::Plain),
            Name::Join { join, with } => {
                let slots: Option<Vec<Slot>> = join.iter().map(|name| place(name)).collect();
                slots.map(|slots| Pick::Join(slots, with.clone()))
            }
            Name::Cut { cut, before, after } => {
                place(cut).map(|slot| Pick::Cut { slot, before: before.clone(), after: after.clone() })
            }
        }
    }
}

fn join<'v>(slots: &[Slot], with: &str, record: &'v impl Values) -> Option<Cow<'v, str>> {
    let (first, others) = slots.split_first()?;
    let mut joined = record.get(*first)?.text();
    for slot in others {
        let part = record.get(*slot)?.text();
        // "550" and "550 5.1.1 unknown": the code stands in the text already.
        if part.starts_with(&*joined) {
            joined = part;
        } else {
            joined = Cow::Owned(format!("{joined}{with}{part}"));
        }
    }
    Some(joined)
}

fn cut<'v>(text: Cow<'v, str>, before: Option<&str>, after: Option<&str>) -> Option<Cow<'v, str>> {
    let start = match after {
        Some(mark) => text.find(mark)? + mark.len(),
        None => 0,
    };
    let end = match before {
        Some(mark) => start + text[start..].find(mark)?,
        None => text.len(),
    };
    let part = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text[start..end].trim()),
        Cow::Owned(text) => Cow::Owned(text[start..end].trim().to_owned()),
    };
    (!part.is_empty()).then_some(part)
}
