//! One file that appears whole or not at all. In: where it is to stand, and bytes. Out: the file there, or what stood there
//! before.
//!
//! It is made beside its place as `.NAME.bouncescope-XXXXXX.tmp`, readable by its owner alone, and renamed when it is whole.
//! A link stays, and what it names gets the bytes. A pipe or a device is written to: a rename would put a file in its
//! place, and that of `/dev/null` breaks the machine.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::{Builder, NamedTempFile};

/// A file in the making. Dropped without `publish`, it disappears.
#[derive(Debug)]
pub struct WholeFile {
    place: PathBuf,
    made: NamedTempFile,
    /// What the file's readers may do once it is whole; `None` for a pipe or a device, which keep what they have.
    permissions: Option<Permissions>,
}

impl WholeFile {
    /// Begins the file that is to stand at `place`.
    ///
    /// # Errors
    /// A folder that is not there or cannot be written to, a folder in the file's place.
    pub fn begin(place: &Path) -> anyhow::Result<WholeFile> {
        let failed = || format!("{}: cannot be created", place.display());
        let place = &std::fs::canonicalize(place).unwrap_or_else(|_| place.to_owned());
        let earlier = place.metadata().ok();
        if earlier.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            return Err(io::Error::from(io::ErrorKind::IsADirectory)).with_context(failed);
        }
        if earlier.as_ref().is_some_and(|found| !found.is_file()) {
            let made = Builder::new().prefix("bouncescope-").suffix(".tmp").tempfile().with_context(failed)?;
            return Ok(WholeFile { place: place.clone(), made, permissions: None });
        }
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(place.file_name().unwrap_or_default());
        prefix.push(".bouncescope-");
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(".tmp");
        let (made, usual) = private(&builder, folder).with_context(failed)?;
        let permissions = Some(earlier.map_or(usual, |found| found.permissions()));
        Ok(WholeFile { place: place.clone(), made, permissions })
    }

    /// Where the file is made, for those who write it themselves.
    pub fn path(&self) -> &Path {
        self.made.path()
    }

    /// What to write to: the file in the making, or the pipe or device itself, whose reader gets the bytes as they come.
    ///
    /// # Errors
    /// A pipe or device that cannot be opened.
    pub fn writer(&self) -> anyhow::Result<File> {
        match self.permissions {
            Some(_) => Ok(self.made.as_file().try_clone()?),
            None => self.device(),
        }
    }

    fn device(&self) -> anyhow::Result<File> {
        let opened = OpenOptions::new().write(true).open(&self.place);
        opened.with_context(|| format!("{}: cannot be opened", self.place.display()))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// A disk that is full or fails; what stood there is as it was.
    pub fn publish(self) -> anyhow::Result<()> {
        let failed = || format!("{}: cannot be written", self.place.display());
        let Some(permissions) = self.permissions else {
            // What was written to it as it came is there already.
            if self.made.as_file().metadata()?.len() > 0 {
                io::copy(&mut File::open(self.made.path())?, &mut self.device()?).with_context(failed)?;
            }
            return Ok(());
        };
        let file = self.made.as_file();
        file.sync_all().with_context(failed)?;
        file.set_permissions(permissions).with_context(failed)?;
        self.made.persist(&self.place).map_err(|error| error.error).with_context(failed)?;
        Ok(())
    }
}

/// A file that its owner alone can read, and what other new files are given here.
#[cfg(unix)]
fn private(builder: &Builder<'_, '_>, folder: &Path) -> io::Result<(NamedTempFile, Permissions)> {
    use std::os::unix::fs::PermissionsExt;
    // Made like any file, so that the system says what the user's mask leaves; nothing is in it yet.
    let made = builder.clone().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    let usual = made.as_file().metadata()?.permissions();
    made.as_file().set_permissions(Permissions::from_mode(0o600))?;
    Ok((made, usual))
}

/// A file, and what new files are given here.
#[cfg(not(unix))]
fn private(builder: &Builder<'_, '_>, folder: &Path) -> io::Result<(NamedTempFile, Permissions)> {
    let made = builder.tempfile_in(folder)?;
    let usual = made.as_file().metadata()?.permissions();
    Ok((made, usual))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_not_published_leaves_the_earlier_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("rows.csv");
        std::fs::write(&place, "earlier").unwrap();
        let made = WholeFile::begin(&place).unwrap();
        made.writer().unwrap().write_all(b"half").unwrap();
        let names_then = names(folder.path());
        assert!(names_then[0].starts_with(".rows.csv.bouncescope-") && names_then[0].ends_with(".tmp"));
        drop(made);
        assert_eq!(names(folder.path()), ["rows.csv"]);
        assert_eq!(std::fs::read_to_string(place).unwrap(), "earlier");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_in_the_making_and_has_the_earlier_ones_rights_in_its_place() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("rows.csv");
        std::fs::write(&place, "earlier").unwrap();
        std::fs::set_permissions(&place, Permissions::from_mode(0o640)).unwrap();
        let made = WholeFile::begin(&place).unwrap();
        assert_eq!(mode(made.path()), 0o600);
        made.publish().unwrap();
        assert_eq!(mode(&place), 0o640);
    }
}
