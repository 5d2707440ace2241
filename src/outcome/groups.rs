//! Groups that grow: the frames of row groups, grouped, put together and grouped again. In: pairs of numbers, in one key
//! each, with times where they are wanted. Out: one frame with a row for each pair. Sums, least and greatest values do not
//! depend on the order, so neither does the result, up to the order of its rows.

use polars::prelude::*;

/// Rows that wait are grouped again when there are so many, and twice as many as groups are known.
const GROUP_FROM: usize = 1 << 20;

const KEY: &str = "key";
const COUNT: &str = "n";
const FIRST: &str = "first";
const LAST: &str = "last";

/// No incident owns the row.
pub const NOBODY: u32 = u32::MAX;

/// Two numbers as one key.
pub const fn key(upper: u32, lower: u32) -> u64 {
    (upper as u64) << 32 | lower as u64
}

/// One group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The upper number of its key.
    pub upper: u32,
    /// The lower one.
    pub lower: u32,
    /// How many rows fell into it.
    pub count: u64,
    /// The least and the greatest time in it, if any row had one.
    pub times: Option<(i64, i64)>,
}

/// The groups of one kind of key.
#[derive(Debug, Default)]
pub struct Groups {
    /// Grouped frames that are not put together yet; the first is what was put together before.
    parts: Vec<DataFrame>,
    grouped: usize,
}

impl Groups {
    /// Counts rows by their keys; `times` of the same length, or empty where none are wanted.
    ///
    /// # Errors
    /// None that input can cause.
    pub fn add(&mut self, keys: Vec<u64>, times: Vec<Option<i64>>) -> PolarsResult<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let (rows, times) = (keys.len(), if times.is_empty() { vec![None; keys.len()] } else { times });
        let times = Column::new(FIRST.into(), times);
        let frame = DataFrame::new(rows, vec![Column::new(KEY.into(), keys), times])?;
        let of_group =
            [len().cast(DataType::Int64).alias(COUNT), col(FIRST).max().alias(LAST), col(FIRST).min().alias(FIRST)];
        self.push(frame.lazy().group_by([col(KEY)]).agg(of_group).collect()?)
    }

    /// Adds the groups of another part.
    ///
    /// # Errors
    /// None that input can cause.
    pub fn join(&mut self, other: Groups) -> PolarsResult<()> {
        other.parts.into_iter().try_for_each(|part| self.push(part))
    }

    /// All groups, in the order of their keys.
    ///
    /// # Errors
    /// None that input can cause.
    pub fn finish(mut self) -> PolarsResult<Vec<Group>> {
        self.regroup()?;
        let Some(groups) = self.parts.pop() else { return Ok(Vec::new()) };
        let groups = groups.sort([KEY], SortMultipleOptions::default())?;
        let (keys, counts) = (groups.column(KEY)?.u64()?, groups.column(COUNT)?.i64()?);
        let (first, last) = (groups.column(FIRST)?.i64()?, groups.column(LAST)?.i64()?);
        let group = |row: usize| {
            let key = keys.get(row).unwrap_or_default();
            let count = counts.get(row).and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
            let times = first.get(row).zip(last.get(row));
            Group { upper: (key >> 32) as u32, lower: key as u32, count, times }
        };
        Ok((0..groups.height()).map(group).collect())
    }

    fn push(&mut self, part: DataFrame) -> PolarsResult<()> {
        self.parts.push(part);
        let rows: usize = self.parts.iter().map(DataFrame::height).sum();
        if rows > GROUP_FROM && rows > 2 * self.grouped { self.regroup() } else { Ok(()) }
    }

    fn regroup(&mut self) -> PolarsResult<()> {
        if self.parts.len() < 2 {
            return Ok(());
        }
        let parts: Vec<LazyFrame> = self.parts.drain(..).map(DataFrame::lazy).collect();
        let of_group = [col(COUNT).sum(), col(LAST).max(), col(FIRST).min()];
        let grouped = concat(parts, UnionArgs::default())?.group_by([col(KEY)]).agg(of_group).collect()?;
        self.grouped = grouped.height();
        self.parts.push(grouped);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_the_same_however_the_rows_are_cut() {
        let mut whole = Groups::default();
        whole.add(vec![key(1, 2), key(7, 0), key(1, 2)], vec![Some(3), None, Some(1)]).unwrap();
        let (mut one, mut other) = (Groups::default(), Groups::default());
        one.add(vec![key(1, 2)], vec![Some(3)]).unwrap();
        other.add(vec![key(7, 0), key(1, 2)], vec![None, Some(1)]).unwrap();
        one.join(other).unwrap();
        let want = [
            Group { upper: 1, lower: 2, count: 2, times: Some((1, 3)) },
            Group { upper: 7, lower: 0, count: 1, times: None },
        ];
        assert_eq!(whole.finish().unwrap(), want);
        assert_eq!(one.finish().unwrap(), want);
        assert_eq!(Groups::default().finish().unwrap(), []);
    }
}
