//! Wording families. In: nothing. Out: the closed set of `bounce`, under the name that this room uses.

pub use crate::bounce::{Families, Family};
