//! BACK DOOR: a night's files appear together or not at all. In: names and bytes. Out: `OUT/NAME/` with a manifest.
//!
//! Files are made in `OUT/.NAME.new-XXXXXX`, synced, and renamed to `OUT/NAME`; an earlier folder of that name is first
//! renamed to `OUT/.NAME.old-XXXXXX` and removed afterwards. A run that fails or is killed leaves `OUT/NAME` as it was;
//! what it left besides is tidied by the next. Between the two renames there is an instant without `OUT/NAME`; a run
//! killed there is undone by the next one. What the files mean is report's work.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;
use tempfile::{Builder, TempDir};

mod whole_file;

pub use whole_file::WholeFile;

/// The file that lists the others; written last.
pub const MANIFEST: &str = "manifest.json";

/// A night's folder in the making. Dropped without `publish`, it disappears.
#[derive(Debug)]
pub struct Staging {
    out: PathBuf,
    name: String,
    folder: TempDir,
    /// Held while the folder is in use, so that another run does not take it for a leftover.
    lock: File,
    lock_path: PathBuf,
}

/// One line of the manifest.
#[derive(Debug, Serialize)]
struct Listed {
    path: String,
    bytes: u64,
    blake3: String,
}

impl Staging {
    /// Begins a folder that will become `out/name`; first undoes or tidies what killed runs left.
    ///
    /// # Errors
    /// A folder that cannot be made or written; a name that is not a plain file name.
    pub fn begin(out: &Path, name: &str) -> anyhow::Result<Staging> {
        check_name(name)?;
        let failed = || format!("{}: cannot write there; choose another --out", out.display());
        fs::create_dir_all(out).with_context(failed)?;
        recover(out).with_context(failed)?;
        let folder = Builder::new().prefix(&format!(".{name}.new-")).tempdir_in(out).with_context(failed)?;
        let lock_path = lock_of(folder.path());
        let lock = File::create(&lock_path).with_context(failed)?;
        lock.try_lock().map_err(io::Error::from).with_context(failed)?;
        Ok(Staging { out: out.to_owned(), name: name.to_owned(), folder, lock, lock_path })
    }

    /// Names the folder anew, for those who know its name only after the work.
    ///
    /// # Errors
    /// A name that is not a plain file name.
    pub fn rename(&mut self, name: &str) -> anyhow::Result<()> {
        name.clone_into(&mut self.name);
        check_name(name)
    }

    /// The folder in the making, for those who write files there themselves.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// A new file below the folder; `name` may hold `/`, the folders in between are made.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub fn create(&self, name: &str) -> anyhow::Result<BufWriter<File>> {
        let path = self.dir().join(name);
        let made = || {
            fs::create_dir_all(path.parent().unwrap_or(self.dir()))?;
            File::create(&path)
        };
        let file = made().with_context(|| format!("{}: cannot write the file", path.display()))?;
        Ok(BufWriter::with_capacity(1 << 16, file))
    }

    /// The files made so far, sorted, relative to the folder, with `/`.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn names(&self) -> anyhow::Result<Vec<String>> {
        files_below(self.dir()).with_context(|| format!("{}: cannot be read", self.dir().display()))
    }

    /// Writes the manifest, syncs everything and puts the folder in its place; returns that place.
    ///
    /// # Errors
    /// A disk that is full or fails; the earlier folder of that name then stands as it was.
    pub fn publish(self) -> anyhow::Result<PathBuf> {
        let place = self.out.join(&self.name);
        let failed = || format!("{}: cannot publish; the earlier folder, if any, is unchanged", place.display());
        self.write_manifest().with_context(failed)?;
        sync_tree(self.dir()).with_context(failed)?;
        open_to_others(self.dir()).with_context(failed)?;
        let old = self.set_earlier_aside(&place).with_context(failed)?;
        if let Err(error) = fs::rename(self.dir(), &place) {
            if let Some(old) = &old {
                fs::rename(old, &place).with_context(failed)?;
            }
            return Err(error).with_context(failed);
        }
        sync_folder(&self.out).with_context(failed)?;
        // Published; whatever cannot be tidied now is tidied by the next run.
        if let Some(old) = old {
            fs::remove_dir_all(old).ok();
        }
        Ok(place)
    }

    /// Renames the earlier folder of that name out of the way.
    fn set_earlier_aside(&self, place: &Path) -> io::Result<Option<PathBuf>> {
        if !place.exists() {
            return Ok(None);
        }
        // An empty folder may be renamed onto; the name is unique because it was just made.
        let old = Builder::new().prefix(&format!(".{}.old-", self.name)).tempdir_in(&self.out)?.keep();
        fs::rename(place, &old)?;
        Ok(Some(old))
    }

    fn write_manifest(&self) -> anyhow::Result<()> {
        let files = files_below(self.dir())?
            .into_iter()
            .map(|path| {
                let mut hasher = blake3::Hasher::new();
                let bytes = io::copy(&mut File::open(self.dir().join(&path))?, &mut hasher)?;
                Ok(Listed { path, bytes, blake3: hasher.finalize().to_hex().to_string() })
            })
            .collect::<io::Result<Vec<_>>>()?;
        let mut out = self.create(MANIFEST)?;
        serde_json::to_writer_pretty(&mut out, &serde_json::json!({ "name": self.name, "files": files }))?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // The folder itself goes with `TempDir`; after publishing there is none left.
        self.lock.unlock().ok();
        fs::remove_file(&self.lock_path).ok();
    }
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    anyhow::ensure!(plain, "{name:?} cannot name a folder; use a date such as 2026-11-20");
    Ok(())
}

/// Undoes and tidies what killed runs left in `out`.
fn recover(out: &Path) -> io::Result<()> {
    let mut left: Vec<PathBuf> = fs::read_dir(out)?.map(|e| e.map(|e| e.path())).collect::<io::Result<_>>()?;
    left.sort();
    for path in left {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        let Some(name) = name.strip_prefix('.').filter(|n| !n.ends_with(".lock")) else { continue };
        if let Some((night, _)) = name.split_once(".old-") {
            let place = out.join(night);
            let holds_files = fs::read_dir(&path)?.next().is_some();
            if !place.exists() && holds_files { fs::rename(&path, &place)? } else { fs::remove_dir_all(&path)? }
        } else if name.contains(".new-") && path.is_dir() && is_abandoned(&path) {
            fs::remove_dir_all(&path)?;
            fs::remove_file(lock_of(&path)).ok();
        }
    }
    Ok(())
}

/// Whether no living run holds the folder in the making.
fn is_abandoned(folder: &Path) -> bool {
    match File::open(lock_of(folder)) {
        Ok(lock) => lock.try_lock().is_ok(),
        // Killed between making the folder and locking it, or a run that is doing so right now: a minute tells.
        Err(_) => {
            let made = fs::metadata(folder).and_then(|m| m.modified()).ok();
            made.and_then(|m| m.elapsed().ok()).is_some_and(|age| age.as_secs() > 60)
        }
    }
}

fn lock_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// All files below a folder, relative, with `/`, sorted.
fn files_below(folder: &Path) -> io::Result<Vec<String>> {
    let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(prefix) = folders.pop() {
        for entry in fs::read_dir(folder.join(&prefix))? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|_| io::Error::other("a file name is not UTF-8"))?;
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            if entry.file_type()?.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// Makes a folder's files outlast a power cut.
fn sync_tree(folder: &Path) -> io::Result<()> {
    for path in files_below(folder)? {
        File::open(folder.join(&path))?.sync_all()?;
        if let Some((parent, _)) = path.rsplit_once('/') {
            sync_folder(&folder.join(parent))?;
        }
    }
    sync_folder(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Only Unix syncs folders as files.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Temporary folders are private to their owner; a published one is what `mkdir` would have made.
#[cfg(unix)]
fn open_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let like = folder.parent().map_or(Ok(0o755), |out| fs::metadata(out).map(|m| m.permissions().mode()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700 | (like & 0o055)))
}

#[cfg(not(unix))]
fn open_to_others(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT: &str = "2026-11-20";

    fn write(staging: &Staging, name: &str, text: &str) {
        staging.create(name).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn publish(out: &Path, text: &str) -> PathBuf {
        let staging = Staging::begin(out, NIGHT).unwrap();
        write(&staging, "suppression/addresses.csv", text);
        staging.publish().unwrap()
    }

    fn names(out: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn addresses(out: &Path) -> String {
        fs::read_to_string(out.join(NIGHT).join("suppression/addresses.csv")).unwrap()
    }

    #[test]
    fn a_published_folder_holds_all_files_and_their_manifest() {
        let out = tempfile::tempdir().unwrap();
        let place = publish(out.path(), "email\n");
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(place.join(MANIFEST)).unwrap()).unwrap();
        let file = &manifest["files"][0];
        assert_eq!((&file["path"], &file["bytes"]), (&"suppression/addresses.csv".into(), &6.into()));
        assert_eq!(file["blake3"], blake3::hash(b"email\n").to_hex().to_string());
        assert_eq!(names(out.path()), [NIGHT]);
    }

    #[test]
    fn a_second_run_of_a_night_replaces_the_first_whole() {
        let out = tempfile::tempdir().unwrap();
        let staging = Staging::begin(out.path(), NIGHT).unwrap();
        write(&staging, "old.csv", "");
        staging.publish().unwrap();
        publish(out.path(), "new\n");
        assert_eq!((addresses(out.path()).as_str(), out.path().join(NIGHT).join("old.csv").exists()), ("new\n", false));
        assert_eq!(names(out.path()), [NIGHT]);
    }

    #[test]
    fn a_run_that_fails_leaves_the_earlier_night_as_it_was() {
        let out = tempfile::tempdir().unwrap();
        publish(out.path(), "first\n");
        let staging = Staging::begin(out.path(), NIGHT).unwrap();
        write(&staging, "suppression/addresses.csv", "half");
        drop(staging);
        assert_eq!(addresses(out.path()), "first\n");
        assert_eq!(names(out.path()), [NIGHT]);
    }

    #[test]
    fn what_a_killed_run_left_is_tidied_by_the_next() {
        let out = tempfile::tempdir().unwrap();
        let mut killed = Staging::begin(out.path(), NIGHT).unwrap();
        killed.folder.disable_cleanup(true);
        let lock = killed.lock_path.clone();
        drop(killed);
        fs::write(lock, "").unwrap();
        publish(out.path(), "next\n");
        assert_eq!(names(out.path()), [NIGHT]);
    }

    #[test]
    fn a_living_runs_folder_is_left_alone() {
        let out = tempfile::tempdir().unwrap();
        let living = Staging::begin(out.path(), NIGHT).unwrap();
        publish(out.path(), "other\n");
        write(&living, "suppression/addresses.csv", "living\n");
        living.publish().unwrap();
        assert_eq!(addresses(out.path()), "living\n");
    }

    #[test]
    fn a_run_killed_between_the_renames_is_undone() {
        let out = tempfile::tempdir().unwrap();
        let place = publish(out.path(), "first\n");
        fs::rename(place, out.path().join(format!(".{NIGHT}.old-abc"))).unwrap();
        drop(Staging::begin(out.path(), "2026-11-21").unwrap());
        assert_eq!(addresses(out.path()), "first\n");
        assert_eq!(names(out.path()), [NIGHT]);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let out = tempfile::tempdir().unwrap();
        for name in ["", "..", "../up", "a/b", ".hidden"] {
            assert!(Staging::begin(out.path(), name).is_err(), "{name:?}");
        }
    }
}
