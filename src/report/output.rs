//! What an output is. In: the view. Out: the bytes of one file of a night's folder.

use std::io::Write;

use super::view::View;

/// One file of a night's folder.
pub trait Output: Sync {
    /// Its name within the folder.
    fn name(&self) -> &'static str;

    /// Its bytes.
    ///
    /// # Errors
    /// Only those of the writer.
    fn render(&self, view: &View<'_>, out: &mut dyn Write) -> anyhow::Result<()>;
}
