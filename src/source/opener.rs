//! Where bytes come from: a file, standard input, memory. The reading asks for no path; what else bytes can come from, an
//! object store say, is one more `Opener`, and somebody who lists it.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// Somewhere that bytes come from.
pub trait Opener: Debug + Send + Sync {
    /// Opens it, at its start.
    ///
    /// # Errors
    /// Whatever the system says.
    fn open(&self) -> io::Result<Opened>;

    /// Whether it gives the same bytes when it is opened again.
    fn opens_again(&self) -> bool {
        true
    }
}

/// What was opened.
pub enum Opened {
    /// A file, which formats that need it may read at any place.
    File(File),
    /// Bytes in order, once.
    Stream(Box<dyn Read + Send>),
}

impl Opened {
    /// The bytes in order.
    pub(super) fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            Opened::File(file) => Box::new(file),
            Opened::Stream(reader) => reader,
        }
    }
}

/// A file, or what the system shows as one.
#[derive(Debug, Clone)]
pub(super) struct OnDisk(pub(super) PathBuf);

impl Opener for OnDisk {
    fn open(&self) -> io::Result<Opened> {
        File::open(&self.0).map(Opened::File)
    }
}

/// Standard input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stdin;

impl Opener for Stdin {
    fn open(&self) -> io::Result<Opened> {
        Ok(Opened::Stream(Box::new(io::stdin())))
    }

    fn opens_again(&self) -> bool {
        false
    }
}

/// Bytes at hand, such as a member of an archive.
#[derive(Debug, Clone)]
pub struct InMemory(pub Arc<[u8]>);

impl Opener for InMemory {
    fn open(&self) -> io::Result<Opened> {
        Ok(Opened::Stream(Box::new(Cursor::new(self.0.clone()))))
    }
}
