//! Groups that grow: the frames of row groups, grouped, put together and grouped again. In: frames with the same keys and
//! counts. Out: one frame with a row for each key. Sums, least and greatest values do not depend on the order, so neither
//! does the result, up to the order of its rows.

use polars::prelude::*;

/// Rows that wait are grouped again when there are so many, and twice as many as groups are known.
const GROUP_FROM: usize = 1 << 20;

/// How many rows fell into a group.
pub const COUNT: &str = "n";
/// The least time in a group.
pub const FIRST: &str = "first";
/// The greatest time in a group.
pub const LAST: &str = "last";

/// The groups of one set of keys.
#[derive(Debug)]
pub struct Groups {
    keys: &'static [&'static str],
    /// A column of which each group keeps the least and the greatest value.
    times: Option<&'static str>,
    /// Grouped frames that are not put together yet; the first is what was put together before.
    parts: Vec<DataFrame>,
    grouped: usize,
}

impl Groups {
    /// No groups of these keys yet.
    pub fn by(keys: &'static [&'static str], times: Option<&'static str>) -> Groups {
        Groups { keys, times, parts: Vec::new(), grouped: 0 }
    }

    /// Counts the rows of a frame.
    ///
    /// # Errors
    /// A frame without the keys.
    pub fn add(&mut self, rows: LazyFrame) -> PolarsResult<()> {
        let mut of_group = vec![len().cast(DataType::Int64).alias(COUNT)];
        if let Some(times) = self.times {
            of_group.extend([col(times).min().alias(FIRST), col(times).max().alias(LAST)]);
        }
        self.push(rows.group_by(self.by_keys()).agg(of_group).collect()?)
    }

    /// Adds the groups of another part.
    ///
    /// # Errors
    /// None that input can cause.
    pub fn join(&mut self, other: Groups) -> PolarsResult<()> {
        other.parts.into_iter().try_for_each(|part| self.push(part))
    }

    /// One row for each group; categories are text again.
    ///
    /// # Errors
    /// None that input can cause.
    pub fn finish(mut self) -> PolarsResult<DataFrame> {
        self.regroup()?;
        let mut grouped = self.parts.pop().unwrap_or_default();
        for key in self.keys {
            if let Ok(column) = grouped.column(key)
                && matches!(column.dtype(), DataType::Categorical(..))
            {
                let text = column.cast(&DataType::String)?;
                grouped.with_column(text)?;
            }
        }
        Ok(grouped)
    }

    fn by_keys(&self) -> Vec<Expr> {
        self.keys.iter().map(|key| col(*key)).collect()
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
        let mut of_group = vec![col(COUNT).sum()];
        if self.times.is_some() {
            of_group.extend([col(FIRST).min(), col(LAST).max()]);
        }
        let grouped = concat(parts, UnionArgs::default())?.group_by(self.by_keys()).agg(of_group).collect()?;
        self.grouped = grouped.height();
        self.parts.push(grouped);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(keys: &[&str], times: &[i64]) -> LazyFrame {
        df!("key" => keys, "at" => times).unwrap().lazy()
    }

    #[test]
    fn groups_are_the_same_however_the_rows_are_cut() {
        let mut whole = Groups::by(&["key"], Some("at"));
        whole.add(frame(&["a", "b", "a"], &[3, 2, 1])).unwrap();
        let (mut one, mut other) = (Groups::by(&["key"], Some("at")), Groups::by(&["key"], Some("at")));
        one.add(frame(&["a"], &[3])).unwrap();
        other.add(frame(&["b", "a"], &[2, 1])).unwrap();
        one.join(other).unwrap();
        let sorted = |groups: Groups| groups.finish().unwrap().sort(["key"], SortMultipleOptions::default()).unwrap();
        let want = df!("key" => ["a", "b"], COUNT => [2i64, 1], FIRST => [1i64, 2], LAST => [3i64, 2]).unwrap();
        assert!(sorted(whole).equals(&want));
        assert!(sorted(one).equals(&want));
    }
}
