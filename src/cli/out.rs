//! Standard output. In: bytes. Out: nothing else.

use std::io::Write;

/// Writes data to stdout; a reader that went away is no error.
pub(super) fn write_out(bytes: &[u8]) -> anyhow::Result<()> {
    match std::io::stdout().write_all(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
