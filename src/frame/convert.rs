//! A column as read -> the column as the schema has it. In: whole numbers of any width, times of any unit, text. Out: the one
//! type of our column, with every value as it was; a value that the type cannot hold is an error, never another value.

use polars::prelude::{
    Categorical8Chunked, Column, DataType, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked, TimeUnit,
    TimeZone, UInt8Chunked,
};

use super::schema::{ColumnType, enum_type};

/// The column in its type; the error says what does not fit.
pub(super) fn column(read: &Column, wanted: ColumnType) -> Result<Column, String> {
    match (wanted, read.dtype()) {
        (_, DataType::Null) => Ok(Column::full_null(read.name().clone(), read.len(), &wanted.polars())),
        (ColumnType::Text, DataType::String) | (ColumnType::Boolean, DataType::Boolean) => Ok(read.clone()),
        (ColumnType::Words(set), DataType::String) => words(read.str().map_err(|e| e.to_string())?, set),
        (ColumnType::Int32 | ColumnType::Int64, _) => whole(read, &wanted.polars()),
        (ColumnType::Time, DataType::Datetime(..)) => times(read),
        (_, found) => Err(format!("expected {}, found {found}", wanted.words())),
    }
}

/// Whole numbers of any width; one that does not fit is an error.
fn whole(read: &Column, wanted: &DataType) -> Result<Column, String> {
    if read.dtype() == wanted {
        return Ok(read.clone());
    }
    let cast = read.cast(wanted).map_err(|error| error.to_string())?;
    if cast.null_count() != read.null_count() {
        return Err(format!("a number of it is too large for {wanted}"));
    }
    Ok(cast)
}

/// Times of any unit, in UTC or without a zone, which is UTC. What lies between two milliseconds is the earlier one.
fn times(read: &Column) -> Result<Column, String> {
    let (times, utc) = (read.datetime().map_err(|error| error.to_string())?, Some(TimeZone::UTC));
    let per_milli = match times.time_unit() {
        TimeUnit::Milliseconds if *times.time_zone() == utc => return Ok(read.clone()),
        TimeUnit::Milliseconds => 1,
        TimeUnit::Microseconds => 1_000,
        TimeUnit::Nanoseconds => 1_000_000,
    };
    let millis = times.physical().iter().map(|time| time.map(|time| time.div_euclid(per_milli)));
    let millis = Int64Chunked::from_iter_options(read.name().clone(), millis);
    Ok(millis.into_datetime(TimeUnit::Milliseconds, utc).into_column())
}

/// Words remembered of a chunk; a power of two.
const LATELY: usize = 64;

/// Words of a closed set as its members.
fn words(texts: &StringChunked, set: &'static [&'static str]) -> Result<Column, String> {
    let mut places: Vec<Option<u8>> = Vec::with_capacity(texts.len());
    for chunk in texts.downcast_iter() {
        // Equal views of one chunk are equal texts, so what was seen lately needs no look-up.
        let mut lately = [(u128::MAX, 0_u8); LATELY];
        for (text, view) in chunk.iter().zip(chunk.views().iter()) {
            let Some(text) = text else {
                places.push(None);
                continue;
            };
            let view = view.as_u128();
            let seen = &mut lately[(view ^ (view >> 40) ^ (view >> 96)) as usize % LATELY];
            if seen.0 != view {
                *seen = (view, place(text, set)?);
            }
            places.push(Some(seen.1));
        }
    }
    let places = UInt8Chunked::from_iter_options(texts.name().clone(), places.into_iter());
    Ok(Categorical8Chunked::from_cats_and_dtype(places, enum_type(set)).into_column())
}

/// The place of a word in its set.
fn place(text: &str, set: &[&str]) -> Result<u8, String> {
    let place = set.iter().position(|word| *word == text).and_then(|place| u8::try_from(place).ok());
    place.ok_or_else(|| {
        let shown: String = text.chars().take(80).collect();
        format!("unknown word {shown:?}; its words are: {}", set.join(", "))
    })
}
