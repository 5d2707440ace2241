//! The house rules that the compiler does not hold: who may import whom, where foreign crates live, how long a file may be.
//! In: the sources as text. Out: a list of breaches, each with file, line, room and remedy.

mod circles;

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order of the flow; a room imports only rooms to its left.
const ORDER: &[&str] = &[
    "bounce", "guard", "tables", "lists", "progress", "source", "parse", "classify", "frame", "ingest", "history",
    "facts", "judge", "outcome", "suppress", "targets", "report", "publish", "lib", "cli", "main",
];

/// The wings meet in `frame` and `bounce` (and `tables`); neither imports from the other.
const READING: &[&str] = &["source", "parse", "classify", "ingest"];
const THINKING: &[&str] = &["history", "facts", "judge", "outcome", "suppress", "targets", "report"];

/// A foreign crate, as it is spelled in code, and the places where it may be used: rooms, or files below `src/`.
const FOREIGN: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("rayon", &["classify", "ingest", "source", "facts", "outcome"]),
    ("polars", &["frame", "history", "facts", "outcome", "suppress", "targets"]),
    ("polars_io", &["frame"]),
    ("polars_parquet", &["frame"]),
    ("mail_parser", &["parse", "source/maildir.rs"]),
    ("csv", &["lists", "source", "suppress", "targets", "report"]),
    ("foldhash", &["facts", "outcome", "classify", "parse"]),
    ("indexmap", &["facts", "outcome"]),
    ("indicatif", &["progress"]),
    ("regex", &["classify", "parse"]),
    ("regex_automata", &["classify", "parse"]),
    ("aho_corasick", &["parse"]),
    ("daachorse", &["classify"]),
];

const CEILING: usize = 500;
const MAIN_CEILING: usize = 60;
const LIB_CEILING: usize = 120;

/// One source file.
struct File {
    /// Relative to the crate's root, with `/`.
    path: String,
    text: String,
}

impl File {
    /// The first step below `src/`, without `.rs`.
    fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }

    /// Line numbers from 1, and lines without comments, as far as imports are concerned.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line.split("//").next().unwrap_or_default()))
    }
}

#[test]
fn a_room_imports_only_rooms_to_its_left() {
    let mut breaches = Vec::new();
    for file in rooms() {
        let here = place(file.room()).unwrap_or_else(|| {
            panic!(
                "{}: {:?} is no room; add it to ORDER in tests/it/house.rs and to the floor plan",
                file.path,
                file.room()
            )
        });
        for (line, target) in imports(&file) {
            let there = place(target).unwrap_or_else(|| place("lib").expect("lib is a room"));
            if there > here {
                breaches.push(format!(
                    "{}:{line}: room `{}` imports from `{target}`, which stands to its right; move what both need to `bounce`, or let `lib` bring them together",
                    file.path, file.room()
                ));
            }
        }
    }
    assert_none(&breaches);
}

#[test]
fn the_two_wings_do_not_import_from_each_other() {
    let mut breaches = Vec::new();
    for file in rooms() {
        let other = if READING.contains(&file.room()) {
            THINKING
        } else if THINKING.contains(&file.room()) {
            READING
        } else {
            continue;
        };
        for (line, target) in imports(&file).into_iter().filter(|(_, t)| other.contains(t)) {
            breaches.push(format!(
                "{}:{line}: room `{}` imports from `{target}` in the other wing; pass it through `frame` or `bounce`, or let `lib` hand it over",
                file.path, file.room()
            ));
        }
    }
    assert_none(&breaches);
}

#[test]
fn publish_knows_names_and_bytes_only() {
    let breaches: Vec<String> = rooms()
        .iter()
        .filter(|file| file.room() == "publish")
        .flat_map(|file| {
            imports(file)
                .into_iter()
                .filter(|(_, target)| *target != "publish")
                .map(|(line, target)| {
                    format!("{}:{line}: `publish` imports from `{target}`; give it names and bytes instead", file.path)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert_none(&breaches);
}

#[test]
fn a_foreign_crate_lives_in_few_rooms() {
    let mut breaches = Vec::new();
    for file in rooms() {
        let inside = file.path.strip_prefix("src/").unwrap_or(&file.path);
        if inside.ends_with("tests.rs") {
            continue; // A test may build its input with any tool.
        }
        for (krate, homes) in FOREIGN {
            if homes.iter().any(|home| *home == file.room() || *home == inside) {
                continue;
            }
            for (line, _) in file.code().filter(|(_, code)| names(code, krate)) {
                breaches.push(format!(
                    "{}:{line}: room `{}` uses the crate `{krate}`, which lives in {}; ask that room for what is needed",
                    file.path, file.room(), homes.join(", ")
                ));
            }
        }
    }
    assert_none(&breaches);
}

/// A code that is made elsewhere may lack the line that says why.
#[test]
fn exit_codes_are_made_in_one_file() {
    let breaches: Vec<String> = rooms()
        .iter()
        .filter(|file| !matches!(file.path.as_str(), "src/cli/exit.rs" | "src/main.rs"))
        .flat_map(|file| {
            let made = |line: &str| {
                ["ExitCode::from", "ExitCode::SUCCESS", "ExitCode::FAILURE"].iter().any(|way| line.contains(way))
            };
            let lines = file.code().filter(|(_, line)| made(line)).map(|(line, _)| line).collect::<Vec<_>>();
            lines
                .into_iter()
                .map(|line| format!("{}:{line}: makes an exit code; ask `exit::done` or `exit::because`", file.path))
        })
        .collect();
    assert_none(&breaches);
}

#[test]
fn a_file_has_at_most_500_lines() {
    let mut breaches = Vec::new();
    for file in all() {
        let lines = file.text.lines().count();
        let ceiling = match file.path.as_str() {
            "src/main.rs" => MAIN_CEILING,
            "src/lib.rs" => LIB_CEILING,
            _ => CEILING,
        };
        if lines > ceiling {
            breaches.push(format!("{}: {lines} lines, the ceiling is {ceiling}; split it by subject", file.path));
        }
    }
    assert_none(&breaches);
}

#[test]
fn every_module_opens_with_what_it_is() {
    let breaches: Vec<String> = all()
        .iter()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| {
            format!(
                "{}:1: no module docs; say with //! what it is, what comes in, what goes out, what it leaves to others",
                file.path
            )
        })
        .collect();
    assert_none(&breaches);
}

#[test]
fn there_are_no_drawers_called_utils() {
    let breaches: Vec<String> = all()
        .iter()
        .filter(|file| {
            ["utils", "util", "helpers", "helper", "common", "misc"].iter().any(|drawer| {
                file.path.ends_with(&format!("/{drawer}.rs")) || file.path.contains(&format!("/{drawer}/"))
            })
        })
        .map(|file| format!("{}: name the file for its subject", file.path))
        .collect();
    assert_none(&breaches);
}

#[test]
fn the_house_test_sees_imports_however_they_are_spelled() {
    let file = File {
        path: "src/source/mod.rs".into(),
        text: "use crate::{\n    bounce::{Event, Kind},\n    report,\n};\nfn f() -> crate::frame::Frame {}\n// crate::cli\n".into(),
    };
    assert_eq!(imports(&file), [(1, "bounce"), (1, "report"), (5, "frame")]);
    assert!(names("pub use csv;", "csv"));
    assert!(names("let r = csv::Reader::new();", "csv"));
    assert!(!names("use super::csv::read;", "csv"));
}

/// The rooms of this crate that a file names: `crate::room` and `crate::{room::.., room}`, with their lines.
fn imports(file: &File) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, code) in file.code() {
        for (at, _) in code.match_indices("crate::").filter(|(at, _)| starts_word(code, *at)) {
            let rest = &code[at + "crate::".len()..];
            if rest.starts_with('{') {
                found.extend(group(&file.text, line).into_iter().map(|name| (line, name)));
            } else {
                found.push((line, identifier(rest)));
            }
        }
    }
    found
}

/// The names at the top of the braces that open on `line`: `bounce` and `tables` in `crate::{bounce::{A, B}, tables}`.
fn group(text: &str, line: usize) -> Vec<&str> {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let Some(open) = text[start..].find("crate::{") else {
        return Vec::new();
    };
    let body = &text[start + open + "crate::{".len()..];
    let mut depth = 0usize;
    let mut found = Vec::new();
    let mut expects_name = true;
    for (at, c) in body.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_name = true,
            c if depth == 0 && expects_name && !c.is_whitespace() => {
                found.push(identifier(&body[at..]));
                expects_name = false;
            }
            _ => {}
        }
    }
    found
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Whether `code` uses `krate` as a path's first step: `krate::` or `use krate`.
fn names(code: &str, krate: &str) -> bool {
    code.match_indices(krate).any(|(at, _)| {
        let after = &code[at + krate.len()..];
        let imported = code[..at].trim_end().ends_with("use") && after.starts_with([';', ' ']);
        starts_word(code, at) && !code[..at].ends_with("::") && (after.starts_with("::") || imported)
    })
}

fn starts_word(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn place(room: &str) -> Option<usize> {
    // `night` is `lib`'s own: what run() does, step by step.
    let room = if room == "night" { "lib" } else { room };
    ORDER.iter().position(|r| *r == room)
}

fn rooms() -> Vec<File> {
    all().into_iter().filter(|f| f.path.starts_with("src/")).collect()
}

fn all() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("src"), &mut paths);
    collect(&root.join("tests"), &mut paths);
    paths.sort();
    assert!(paths.len() > 20, "the house has more files than {}", paths.len());
    paths
        .into_iter()
        .map(|path| File {
            text: fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
            path: path.strip_prefix(root).expect("collected below the root").to_string_lossy().replace('\\', "/"),
        })
        .collect()
}

fn collect(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
        let path = entry.expect("a readable directory").path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}
