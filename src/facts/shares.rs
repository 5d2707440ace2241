//! Row groups shared out among the cores. In: row groups, and what takes one in. Out: a part for each core, of row groups that
//! follow each other, in their order.

use polars::prelude::DataFrame;
use rayon::prelude::*;

use crate::frame::RowGroups;

/// Gives each core a part that `make` makes, and `take` adds to it each of its row groups, with its place in the files.
///
/// # Errors
/// A file that cannot be read; what `take` says.
pub fn shared_out<P: Send>(
    groups: &RowGroups,
    make: impl Fn() -> P + Sync,
    take: impl Fn(&mut P, usize, &DataFrame) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<Vec<P>> {
    let all: Vec<usize> = (0..groups.len()).collect();
    let part = |share: &[usize]| {
        let mut part = make();
        share.iter().try_for_each(|at| take(&mut part, *at, &groups.read(*at)?))?;
        Ok(part)
    };
    all.par_chunks(all.len().div_ceil(rayon::current_num_threads()).max(1)).map(part).collect()
}
