//! TELLING: what was found, in the forms that people and programs read.

pub mod rows;

/// Text from outside, made harmless for a terminal.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
