//! The one integration binary: each further one would link polars again.

mod exports;
mod house;
