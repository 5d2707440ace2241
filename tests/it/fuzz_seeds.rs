//! The seeds and past findings of fuzzing, replayed: `fuzz/seeds/TARGET/*` through the function that TARGET fuzzes.

use std::fs;
use std::path::{Path, PathBuf};

/// A target's name, and what it does with bytes.
type Target = (&'static str, fn(&[u8]));

/// Each panics if something does not hold.
const TARGETS: &[Target] = &[
    ("door", bouncescope::source::probe::door),
    ("dsn", bouncescope::parse::probe::dsn),
    ("log", bouncescope::parse::probe::log),
    ("mbox", bouncescope::source::probe::mbox),
    ("prose", bouncescope::parse::probe::prose),
    ("record", bouncescope::parse::probe::record),
    ("reply", bouncescope::classify::probe::reply),
];

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds")
}

#[test]
fn every_seed_and_every_finding_holds() {
    for (target, probe) in TARGETS {
        let mut files: Vec<PathBuf> = fs::read_dir(seeds().join(target))
            .expect("a folder of seeds")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{target} has no seeds");
        for file in files {
            println!("{}", file.display());
            probe(&fs::read(file).expect("a seed"));
        }
    }
}

#[test]
fn every_folder_of_seeds_has_a_target() {
    for entry in fs::read_dir(seeds()).expect("the seeds").flatten() {
        let name = entry.file_name();
        let known = TARGETS.iter().any(|(target, _)| name == *target);
        assert!(known, "fuzz/seeds/{} has no line in TARGETS", name.display());
    }
}
