//! Columns of a frame as plain vectors. In: a frame of `frame::scan`. Out: ids, numbers, times, hashes. What they mean is
//! `load`'s work.

use polars::prelude::{Column, DataFrame, PolarsResult};

use super::names::NONE;
use super::night::{NO_TIME, mix, recipient_hash};

/// Ids of a column's words, remembered by the column's own codes, so that each word of a closed set is looked at once.
#[derive(Debug, Default)]
pub struct Coded {
    ids: Vec<Option<u32>>,
}

impl Coded {
    /// The id of each row's text, `NONE` for null. `intern` gives the id of a text.
    ///
    /// # Errors
    /// A column that is neither text nor categorical, or is not there.
    pub fn read(
        &mut self,
        frame: &DataFrame,
        name: &str,
        mut intern: impl FnMut(&str) -> u32,
    ) -> PolarsResult<Vec<u32>> {
        let column = frame.column(name)?;
        if let Some(words) = column.try_cat8() {
            let mapping = words.get_mapping();
            let mut id_of =
                |code: u8| self.id(code.into(), || mapping.cat_to_str(code.into()).map_or(NONE, &mut intern));
            return Ok(words.physical().iter().map(|code| code.map_or(NONE, &mut id_of)).collect());
        }
        let mut ids = Vec::with_capacity(column.len());
        for chunk in column.str()?.downcast_iter() {
            // Equal views of one chunk are equal texts, so what was seen lately needs no look-up.
            let mut lately = Box::new([(u128::MAX, NONE); LATELY]);
            ids.extend(chunk.iter().zip(chunk.views().iter()).map(|(text, view)| {
                let Some(text) = text else { return NONE };
                let view = view.as_u128();
                let seen = &mut lately[place(view)];
                if seen.0 != view {
                    *seen = (view, intern(text));
                }
                seen.1
            }));
        }
        Ok(ids)
    }

    fn id(&mut self, code: u32, find: impl FnOnce() -> u32) -> u32 {
        let at = code as usize;
        if at >= self.ids.len() {
            self.ids.resize(at + 1, None);
        }
        *self.ids[at].get_or_insert_with(find)
    }
}

/// Texts remembered of a chunk.
const LATELY: usize = 1 << 10;

/// Where a view is remembered.
fn place(view: u128) -> usize {
    (mix(view as u64 ^ (view >> 64) as u64) % LATELY as u64) as usize
}

/// Hashes of addresses or ids; `None` for null and for empty text.
///
/// # Errors
/// A column that is not text, or is not there.
pub fn hashes(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<u64>>> {
    let texts = frame.column(name)?.str()?;
    Ok(texts.iter().map(|text| text.filter(|t| !t.is_empty()).map(recipient_hash)).collect())
}

/// UTC milliseconds, `NO_TIME` for null.
///
/// # Errors
/// A column that holds no times, or is not there.
pub fn times(frame: &DataFrame, name: &str) -> PolarsResult<Vec<i64>> {
    Ok(frame.column(name)?.datetime()?.physical().iter().map(|t| t.unwrap_or(NO_TIME)).collect())
}

/// A column of text, row by row.
///
/// # Errors
/// A column that is not text, or is not there.
pub fn texts<'a>(frame: &'a DataFrame, name: &str) -> PolarsResult<impl Iterator<Item = Option<&'a str>>> {
    Ok(frame.column(name)?.str()?.iter())
}

/// Whether a column is there and holds anything.
pub fn holds_anything(column: &Column) -> bool {
    column.null_count() < column.len()
}
