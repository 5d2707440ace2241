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
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// The file that it is, for formats that must read it at any place; `None` for all others, which are laid down first.
    fn file(&self) -> Option<File> {
        None
    }

    /// Whether it gives the same bytes when it is opened again.
    fn opens_again(&self) -> bool {
        true
    }
}

/// A file, or what the system shows as one.
#[derive(Debug)]
pub(super) struct OnDisk(pub(super) PathBuf);

impl Opener for OnDisk {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(&self.0)?))
    }

    fn file(&self) -> Option<File> {
        File::open(&self.0).ok().filter(|file| file.metadata().is_ok_and(|about| about.is_file()))
    }
}

/// Standard input.
#[derive(Debug)]
pub(super) struct Stdin;

impl Opener for Stdin {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::stdin()))
    }

    fn opens_again(&self) -> bool {
        false
    }
}

/// Bytes at hand.
#[derive(Debug)]
pub(super) struct InMemory(pub(super) Arc<[u8]>);

impl Opener for InMemory {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}
