//! `parse -o FILE`: the file appears whole or is as it was, and is never one of the inputs.

use std::fs;
use std::path::Path;

use crate::program::bouncescope;
use crate::scratch::{Scratch, bounces};

const FORMATS: &[&str] = &["ndjson", "csv", "parquet"];
const EARLIER: &str = "of last night";

fn night() -> Scratch {
    let scratch = Scratch::new();
    scratch.add("in/rows.csv", bounces("rows", 50));
    scratch.add("out", EARLIER);
    scratch
}

/// Everything in a folder, hidden or not.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn whatever_is_wrong_leaves_the_earlier_file_and_nothing_else() {
    for format in FORMATS {
        for args in [
            "in misspelt",
            "in/nothing*.csv",
            "in --input-format cvs",
            "in --mapping misspelt.toml",
            "in --time-zone Nowhere/At_All",
            "in --tables misspelt",
            "in --config misspelt.toml",
            "broken.csv.gz",
            "in --input-format mbox",
            "in/rows.csv --input-format maillog",
            "in/rows.csv --input-format ndjson",
            "plain.csv",
            "note.txt",
            "ragged.csv",
            "noise.json",
            "folder-of-readmes",
        ] {
            let scratch = night();
            scratch.add("broken.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0");
            scratch.add("plain.csv", "who,when\nann,today\n");
            scratch.add("note.txt", "we met\n");
            scratch.add("ragged.csv", "recipient,timestamp,reply_code\na\nb,c\n");
            scratch.add("noise.json", "[{\"a\":1},{\"b\":2}]");
            scratch.add("folder-of-readmes/README", "about\n");
            let before = names(&scratch.path(""));
            let told = scratch.parse(&format!("{args} --format {format} -o out"));
            assert!(matches!(told.code, Some(1 | 2)), "{format} {args}: {:?} {}", told.code, told.stderr);
            assert_eq!(fs::read_to_string(scratch.path("out")).expect("there"), EARLIER, "{format} {args}");
            assert_eq!(names(&scratch.path("")), before, "{format} {args}");
        }
    }
}

#[test]
fn the_message_says_that_the_earlier_file_stays_and_why() {
    for (args, why) in
        [("in --input-format mbox", "rejected"), ("plain.csv", "plain.csv: "), ("cut.csv.gz", "files lost: 1")]
    {
        let scratch = night();
        scratch.add("plain.csv", "who,when\nann,today\n");
        scratch.add("cut.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0");
        let told = scratch.parse(&format!("{args} -q -o out"));
        assert!(told.stderr.contains("out is as it was") && told.stderr.contains(why), "{args}: {}", told.stderr);
        assert_eq!(told.stderr.trim_end().lines().count(), 1, "{args}: {}", told.stderr);
    }
}

#[test]
fn inputs_without_any_item_make_an_empty_file() {
    for format in FORMATS {
        for input in ["header.csv", "page.json", "folder"] {
            let scratch = night();
            scratch.add("header.csv", "recipient,timestamp,reply_code\n");
            scratch.add("page.json", "[]");
            fs::create_dir(scratch.path("folder")).expect("made");
            let told = scratch.parse(&format!("{input} --format {format} -o out"));
            assert_eq!(told.code, Some(0), "{format} {input}: {}", told.stderr);
            assert_ne!(fs::read(scratch.path("out")).expect("there"), EARLIER.as_bytes(), "{format} {input}");
        }
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_is_an_input_is_refused_whatever_path_leads_to_it() {
    for format in FORMATS {
        for (args, output) in [
            ("in/rows.csv", "in/rows.csv"),
            ("in/rows.csv", "./in/../in/rows.csv"),
            ("in", "in/rows.csv"),
            ("in/*.csv", "in/rows.csv"),
            ("in", "linked"),
            ("in", "hard"),
            ("linked", "in/rows.csv"),
            ("in --mapping columns.toml", "columns.toml"),
        ] {
            let scratch = night();
            std::os::unix::fs::symlink("in/rows.csv", scratch.path("linked")).expect("linked");
            fs::hard_link(scratch.path("in/rows.csv"), scratch.path("hard")).expect("linked");
            scratch.add("columns.toml", "[mapping]\nrecipient = \"E-Mail\"\n");
            let before = fs::read(scratch.path(output)).expect("there");
            let told = scratch.parse(&format!("{args} --format {format} -o {output}"));
            assert_eq!(told.code, Some(2), "{format} {args} -o {output}: {}", told.stderr);
            assert_eq!(told.stderr.trim().lines().count(), 1, "{}", told.stderr);
            assert!(told.stderr.contains(output), "{}", told.stderr);
            assert!(fs::read(scratch.path(output)).expect("there") == before, "{format} {args} -o {output}: changed");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_new_file_has_the_rights_that_any_new_file_has() {
    use std::os::unix::fs::PermissionsExt;
    for format in FORMATS {
        let scratch = night();
        let mode = |name: &str| fs::metadata(scratch.path(name)).expect("there").permissions().mode() & 0o777;
        let told = scratch.parse(&format!("in --format {format} -o new"));
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        assert_eq!(mode("new"), mode("out"), "{format}");
        assert_eq!(names(&scratch.path("")), ["in", "new", "out"], "{format}");
    }
}

/// A pipe as input, so that the run is surely in its middle when it is killed.
#[cfg(unix)]
#[test]
fn what_a_killed_run_leaves_is_private_and_says_whose_it_is() {
    use std::os::unix::fs::PermissionsExt;
    for format in FORMATS {
        let scratch = night();
        let pipe = scratch.path("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_bouncescope"))
            .args(["parse", "pipe", "--format", format, "-o", "out"])
            .current_dir(scratch.path(""))
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("started");
        let writer = fs::OpenOptions::new().write(true).open(&pipe).expect("opened for writing");
        run.kill().expect("killed");
        run.wait().expect("ended");
        drop(writer);
        assert_eq!(fs::read_to_string(scratch.path("out")).expect("there"), EARLIER);
        let found = names(&scratch.path(""));
        let left: Vec<_> = found.iter().filter(|name| !["in", "out", "pipe"].contains(&name.as_str())).collect();
        let [left] = left.as_slice() else { panic!("{format}: {found:?}") };
        assert!(left.starts_with(".out.bouncescope-") && left.ends_with(".tmp"), "{format}: {left}");
        let about = fs::metadata(scratch.path(left)).expect("there");
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{format}");
        // It is no input of the next run.
        assert_eq!(scratch.parse("in .").lines().len(), 50, "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_a_device_stays_a_device() {
    let scratch = night();
    let full = scratch.parse("in -o /dev/full");
    assert_eq!(full.code, Some(1));
    assert!(full.stderr.contains("No space left"), "{}", full.stderr);
    assert_eq!(scratch.parse("in -o /dev/null").code, Some(0));
    assert!(!fs::metadata("/dev/null").expect("there").is_file());
    let printed = bouncescope(["parse", "in", "-o", "/dev/stderr"]).dir(&scratch.path("")).run().behaves(&[0]);
    assert!(printed.stderr.contains("\"recipient\":\"rows0@house0.example\""), "{}", printed.stderr);
}
