//! Columns read cell by cell. In: a frame. Out: typed cells; a word that its closed set does not know reads as missing, as
//! a null does. What kind of column a file has is looked at once, here.

use std::str::FromStr;

use anyhow::{Context, bail};
use polars::prelude::{
    BooleanChunked, Categorical8Type, CategoricalChunked, Column, DataFrame, DataType, Int32Chunked, Int64Chunked,
    StringChunked,
};

use crate::bounce::Timestamp;

/// A column of text: plain, or a closed set.
pub enum Words<'a> {
    /// Text.
    Plain(&'a StringChunked),
    /// A closed set.
    Closed(&'a CategoricalChunked<Categorical8Type>),
}

impl<'a> Words<'a> {
    /// The column of that name.
    ///
    /// # Errors
    /// A column that is not there, or holds no text.
    pub fn of(frame: &'a DataFrame, name: &str) -> anyhow::Result<Words<'a>> {
        let column = frame.column(name)?;
        if let Ok(text) = column.str() {
            return Ok(Words::Plain(text));
        }
        column.try_cat8().map(Words::Closed).with_context(|| expected(column, "text"))
    }

    /// The cell; `None` where it is null.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Words::Plain(column) => column.get(row),
            Words::Closed(column) => column.get_mapping().cat_to_str(u32::from(column.physical().get(row)?)),
        }
    }

    /// The cell as a member of a closed set.
    pub fn word<W: FromStr>(&self, row: usize) -> Option<W> {
        self.get(row)?.parse().ok()
    }
}

/// A column of few distinct words, read as numbers: what a word was given lately needs no look-up.
pub struct Coded<'a> {
    words: Words<'a>,
    /// Views of words of a column in one chunk, and their numbers. Equal views of one chunk are equal words.
    lately: Box<[(u128, u32); LATELY]>,
}

/// Words remembered of a column; a power of two.
const LATELY: usize = 1 << 10;

impl<'a> Coded<'a> {
    /// The column of that name.
    ///
    /// # Errors
    /// A column that is not there, or holds no text.
    pub fn of(frame: &'a DataFrame, name: &str) -> anyhow::Result<Coded<'a>> {
        Ok(Coded { words: Words::of(frame, name)?, lately: Box::new([(u128::MAX, u32::MAX); LATELY]) })
    }

    /// Whether the cell is not null.
    pub fn has(&self, row: usize) -> bool {
        self.words.get(row).is_some()
    }

    /// The number of a cell's word, as `number` gives it; `None` where the cell is null.
    pub fn get(&mut self, row: usize, number: impl FnOnce(&'a str) -> u32) -> Option<u32> {
        let word = self.words.get(row)?;
        let Words::Plain(column) = &self.words else { return Some(number(word)) };
        let mut chunks = column.downcast_iter();
        let (Some(chunk), None) = (chunks.next(), chunks.next()) else { return Some(number(word)) };
        let view = chunk.views()[row].as_u128();
        let mixed = (view as u64 ^ (view >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let seen = &mut self.lately[(mixed >> 54) as usize % LATELY];
        if seen.0 != view {
            *seen = (view, number(word));
        }
        Some(seen.1)
    }
}

/// A column of a closed set, read as its members.
pub struct Members<'a, W> {
    words: Words<'a>,
    /// The member of each code of a closed set; empty for plain text.
    of_code: Vec<Option<W>>,
}

impl<'a, W: FromStr + Copy> Members<'a, W> {
    /// The column of that name.
    ///
    /// # Errors
    /// A column that is not there, or holds no text.
    pub fn of(frame: &'a DataFrame, name: &str) -> anyhow::Result<Members<'a, W>> {
        let words = Words::of(frame, name)?;
        let of_code = match &words {
            Words::Plain(_) => Vec::new(),
            Words::Closed(column) => {
                let mapping = column.get_mapping();
                let codes = 0..=u32::from(u8::MAX);
                codes.map(|code| mapping.cat_to_str(code).and_then(|word| word.parse().ok())).collect()
            }
        };
        Ok(Members { words, of_code })
    }

    /// The cell; `None` where it is null, or a word that the set does not know.
    pub fn get(&self, row: usize) -> Option<W> {
        match &self.words {
            Words::Plain(_) => self.words.word(row),
            Words::Closed(column) => self.of_code.get(usize::from(column.physical().get(row)?)).copied().flatten(),
        }
    }
}

/// The column of timestamps.
pub struct Times<'a>(&'a Int64Chunked);

impl<'a> Times<'a> {
    /// The column of that name.
    ///
    /// # Errors
    /// A column that is not there, or holds no times.
    pub fn of(frame: &'a DataFrame, name: &str) -> anyhow::Result<Times<'a>> {
        let column = frame.column(name)?;
        let times = column.datetime().with_context(|| expected(column, "times"))?;
        Ok(Times(times.physical()))
    }

    /// The cell; `None` where it is null.
    pub fn get(&self, row: usize) -> Option<Timestamp> {
        self.0.get(row).map(Timestamp)
    }
}

/// A column of whole numbers, of either width.
pub enum Numbers<'a> {
    /// Counts, positions, keys.
    Long(&'a Int64Chunked),
    /// Codes, buckets.
    Short(&'a Int32Chunked),
}

impl<'a> Numbers<'a> {
    /// The column of that name.
    ///
    /// # Errors
    /// A column that is not there, or holds no whole numbers.
    pub fn of(frame: &'a DataFrame, name: &str) -> anyhow::Result<Numbers<'a>> {
        let column = frame.column(name)?;
        Ok(match column.dtype() {
            DataType::Int64 => Numbers::Long(column.i64()?),
            DataType::Int32 => Numbers::Short(column.i32()?),
            _ => bail!(expected(column, "whole numbers")),
        })
    }

    /// The cell as a count or a place; `None` where it is null or negative.
    pub fn place(&self, row: usize) -> Option<usize> {
        usize::try_from(self.get(row)?).ok()
    }

    /// The cell; `None` where it is null.
    pub fn get(&self, row: usize) -> Option<i64> {
        match self {
            Numbers::Long(column) => column.get(row),
            Numbers::Short(column) => column.get(row).map(i64::from),
        }
    }
}

/// A column of yes and no.
///
/// # Errors
/// A column that is not there, or holds something else.
pub fn flags<'a>(frame: &'a DataFrame, name: &str) -> anyhow::Result<&'a BooleanChunked> {
    let column = frame.column(name)?;
    column.bool().with_context(|| expected(column, "true or false"))
}

/// A struct of typed columns, with the names of those columns, to scan, and how to find them in a frame.
macro_rules! columns {
    ($(#[$doc:meta])* $vis:vis struct $name:ident<$f:lifetime> { $($field:ident: $kind:ty = $column:expr,)+ }) => {
        $(#[$doc])*
        $vis struct $name<$f> { $($vis $field: $kind,)+ }

        impl<$f> $name<$f> {
            /// The columns to read.
            $vis const NAMES: &'static [&'static str] = &[$($column,)+];

            /// The columns of a frame.
            ///
            /// # Errors
            /// A column that is missing or of another type.
            $vis fn of(frame: &$f polars::prelude::DataFrame) -> anyhow::Result<Self> {
                Ok($name { $($field: <$kind>::of(frame, $column)?,)+ })
            }
        }
    };
}

pub(crate) use columns;

fn expected(column: &Column, what: &str) -> String {
    format!("column {}: expected {what}, found {}", column.name(), column.dtype())
}
