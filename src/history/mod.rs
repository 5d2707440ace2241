//! MEMORY: the state folder: a lock, and the verdicts of earlier nights.
//!
//! In: the folder and a night's verdicts. Out: what was judged on earlier nights, so that outcome can tell new from
//! chronic. A night that is judged again replaces what it said before. Events and the ledger join with the nights.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::bounce::{Confidence, IncidentKind};

/// A night with traffic, and what was judged of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierNight {
    /// `YYYY-MM-DD`.
    pub night: String,
    /// Its verdicts; none on a quiet night.
    pub verdicts: Vec<EarlierVerdict>,
}

/// One verdict of one night.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierVerdict {
    /// What it was.
    pub kind: IncidentKind,
    /// Scope type, pairs joined with `+`.
    pub scope_type: String,
    /// Scope key, pairs joined with `+`.
    pub scope_key: String,
    /// How sure.
    pub confidence: Confidence,
    /// Failures explained.
    pub bounces: u64,
    /// Organisations hit.
    pub organisations_hit: u64,
    /// Organisations exposed.
    pub organisations_exposed: u64,
}

/// The state folder, locked for this run.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    _lock: File,
}

/// Another run holds the state folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: another run holds this lock; wait for it, or give this run a --state folder of its own", .0.display())]
pub struct Locked(pub PathBuf);

impl State {
    /// Opens the folder, making it if need be, and locks it until dropped.
    ///
    /// # Errors
    /// `Locked` when another run holds it; a folder that cannot be made or written.
    pub fn open(folder: &Path) -> anyhow::Result<State> {
        std::fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
        let path = folder.join("lock");
        let lock = File::create(&path).with_context(|| format!("{}: cannot be created", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(State { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Locked(path).into()),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// The nights before `night`, oldest first.
    ///
    /// # Errors
    /// A file that cannot be read, or a line that is not a night, with its number.
    pub fn before(&self, night: &str) -> anyhow::Result<Vec<EarlierNight>> {
        let all = self.nights()?;
        Ok(all.into_iter().filter(|earlier| earlier.night.as_str() < night).collect())
    }

    /// Keeps a night, in the place of what the same night said before.
    ///
    /// # Errors
    /// A file that cannot be read or replaced.
    pub fn remember(&self, night: EarlierNight) -> anyhow::Result<()> {
        let mut all = self.nights()?;
        all.retain(|earlier| earlier.night != night.night);
        all.push(night);
        all.sort();
        let path = self.path();
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        for night in &all {
            serde_json::to_writer(&mut file, night)?;
            std::io::Write::write_all(&mut file, b"\n")?;
        }
        file.as_file().sync_all()?;
        file.persist(&path).with_context(|| format!("{}: cannot be replaced", path.display()))?;
        Ok(())
    }

    fn nights(&self) -> anyhow::Result<Vec<EarlierNight>> {
        let path = self.path();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        text.lines()
            .enumerate()
            .map(|(i, line)| {
                serde_json::from_str(line).with_context(|| {
                    format!("{}:{}: not a night; restore the file or delete it to forget", path.display(), i + 1)
                })
            })
            .collect()
    }

    fn path(&self) -> PathBuf {
        self.folder.join("nights.ndjson")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(night: &str, key: &str) -> EarlierNight {
        let verdict = EarlierVerdict {
            kind: IncidentKind::TenantBlock,
            scope_type: "organisation".into(),
            scope_key: key.into(),
            confidence: Confidence::High,
            bounces: 5,
            organisations_hit: 1,
            organisations_exposed: 1,
        };
        EarlierNight { night: night.into(), verdicts: vec![verdict] }
    }

    #[test]
    fn only_earlier_nights_are_remembered_for_a_night() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        state.remember(night("2026-11-20", "b.example")).unwrap();
        state.remember(night("2026-11-19", "a.example")).unwrap();
        assert_eq!(state.before("2026-11-20").unwrap(), [night("2026-11-19", "a.example")]);
    }

    #[test]
    fn a_night_judged_again_replaces_what_it_said() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        state.remember(night("2026-11-19", "a.example")).unwrap();
        let quiet = EarlierNight { night: "2026-11-19".into(), verdicts: Vec::new() };
        state.remember(quiet.clone()).unwrap();
        assert_eq!(state.before("2026-11-20").unwrap(), [quiet]);
    }

    #[test]
    fn a_second_run_finds_the_folder_locked() {
        let dir = tempfile::tempdir().unwrap();
        let _first = State::open(dir.path()).unwrap();
        assert!(State::open(dir.path()).unwrap_err().downcast_ref::<Locked>().is_some());
    }

    #[test]
    fn a_damaged_memory_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("nights.ndjson"), "{}\n").unwrap();
        let error = State::open(dir.path()).unwrap().before("2026-11-20").unwrap_err();
        assert!(format!("{error}").contains("nights.ndjson:1:"), "{error}");
    }
}
