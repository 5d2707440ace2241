//! What every output is: the view in, the bytes of one file out. Which there are is the room's list.

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
