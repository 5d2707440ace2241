//! What the night lists, as frames: for what comes off and for targets. Nobody reads a list back from its file.

use polars::prelude::DataFrame;

/// Frames of text: the columns of each CSV that were asked for (`Keep`), rows in its order. What stands in quarantine is in none. A
/// frame of which nothing was asked for is empty.
#[derive(Debug, Clone, Default)]
pub struct ListFrames {
    /// addresses.csv.
    pub addresses: DataFrame,
    /// domains.csv.
    pub domains: DataFrame,
    /// held.csv: rows about entries of the present list, and about domains.
    pub held: DataFrame,
    /// protected.csv: rows about entries of the present list.
    pub protected: DataFrame,
}
