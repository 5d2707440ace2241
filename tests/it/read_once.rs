//! One file is read once, however many paths lead to it and whatever roles it is given; the others are told. And files whose
//! names differ only in bytes that are not UTF-8 are different files.

use std::fs;

use crate::scratch::{Scratch, Told, bounces, deliveries};

const BOUNCES: u64 = 200;
const DELIVERED: u64 = 5000;

/// `night/bounces.csv` and `night/delivered.csv`, neither with ids of messages.
fn night() -> Scratch {
    let scratch = Scratch::new();
    scratch.add("night/bounces.csv", bounces("once", BOUNCES as usize));
    scratch.add("night/delivered.csv", deliveries("once", DELIVERED as usize));
    scratch
}

fn told_once(told: &Told, what: &str) {
    assert_eq!(told.count("/totals/events"), BOUNCES, "{what}");
    told.sums_close();
    assert!(!told.at("/quality/read_once").as_array().expect("a list").is_empty(), "{what}: not in the report");
    assert!(told.outcome.stderr.contains("read once"), "{what}: {}", told.outcome.stderr);
    assert!(told.outcome.stdout.contains("read under"), "{what}: {}", told.outcome.stdout);
}

#[test]
fn a_file_in_two_roles_counts_in_the_stronger_one() {
    for (args, role) in [
        ("night --delivered night/delivered.csv", "delivered"),
        ("night --delivered ./night/../night/delivered.csv", "delivered"),
        ("night --delivered night/deliv*.csv", "delivered"),
        ("night/* --delivered night/delivered.csv", "delivered"),
        ("night/bounces.csv night/delivered.csv --delivered night/delivered.csv", "delivered"),
        ("night --sent night/delivered.csv", "sent"),
        ("night --delivered night/delivered.csv --sent night/delivered.csv", "sent"),
    ] {
        let scratch = night();
        let told = scratch.run(args);
        told_once(&told, args);
        assert_eq!(told.sum("deliveries"), DELIVERED, "{args}");
        let inputs = told.at("/inputs").as_array().expect("a list");
        let of = |input: &&serde_json::Value| input["deliveries"] != 0;
        assert_eq!(inputs.iter().find(of).expect("deliveries")["role"], role, "{args}");
        assert!(told.outcome.stderr.contains(&format!("read once, as {role}")), "{args}: {}", told.outcome.stderr);
    }
}

#[test]
fn what_is_given_in_several_ways_is_told_once() {
    for (args, times) in [
        ("night/bounces.csv --delivered night/delivered.csv --sent night/delivered.csv", 1),
        ("night --delivered night/delivered.csv --sent night/delivered.csv", 1),
        ("night night/bounces.csv night/b*.csv --delivered night/delivered.csv night/bounces.csv", 2),
    ] {
        let told = night().run(args);
        assert_eq!(told.outcome.stderr.matches("read once").count(), times, "{args}: {}", told.outcome.stderr);
        assert_eq!(told.at("/quality/read_once").as_array().expect("a list").len(), times, "{args}");
        told.sums_close();
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_looked_at_is_lost_once_in_several_roles() {
    let scratch = night();
    std::os::unix::fs::symlink("/no/such/place", scratch.path("night/nowhere.csv")).expect("linked");
    let told = scratch.run("night --delivered night");
    assert_eq!(told.outcome.code, Some(3), "{}", told.outcome.stderr);
    assert_eq!((told.count("/quality/lost_total"), told.count("/totals/rejects")), (1, 1));
    told.sums_close();
}

#[test]
fn a_file_that_holds_only_what_was_read_is_an_input_with_its_duplicates() {
    let rows = crate::scratch::bounces_by_line("same", 50)
        .replace("{\"timestamp", "{\"message_id\":\"<m@example.com>\",\"timestamp");
    let scratch = Scratch::new();
    scratch.add("in/a.ndjson", &rows);
    scratch.add("in/b.ndjson", &rows);
    scratch.add("in/c.ndjson.gz", {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(rows.as_bytes()).expect("packed");
        packed.finish().expect("packed")
    });
    let told = scratch.run("in");
    let inputs = told.at("/inputs").as_array().expect("a list");
    let figures: Vec<_> = inputs
        .iter()
        .map(|i| (i["name"].as_str().expect("a name"), i["events"].as_u64(), i["duplicates"].as_u64()))
        .collect();
    let want =
        [("in/a.ndjson", Some(50), Some(0)), ("in/b.ndjson", Some(0), Some(50)), ("in/c.ndjson.gz", Some(0), Some(50))];
    assert_eq!(figures, want);
    assert_eq!(told.sum("duplicates"), told.count("/totals/duplicates"));
}

/// Bounces are no deliveries because they lie beside some.
#[test]
fn a_folder_in_two_roles_is_read_as_its_rows_say() {
    for args in ["night --delivered night", "night --sent night/", "night/bounces.csv --delivered night"] {
        let told = night().run(args);
        told_once(&told, args);
        assert_eq!(told.sum("deliveries"), DELIVERED, "{args}");
    }
}

/// Lays a further path to the bounces.
#[cfg(unix)]
type Prepare = fn(&Scratch);

#[cfg(unix)]
#[test]
fn another_path_to_a_file_is_the_same_file() {
    let cases: &[(&str, Prepare, &str)] = &[
        ("twice", |_| (), "night/bounces.csv night/bounces.csv"),
        ("through a dot", |_| (), "night/bounces.csv ./night/bounces.csv"),
        ("through its folder", |_| (), "night night/bounces.csv"),
        ("by a pattern", |_| (), "night/b*.csv night"),
        ("folders that overlap", |_| (), "night ."),
        ("a link beside it", |s| link(s, "bounces.csv", "night/again.csv"), "night"),
        ("a link elsewhere", |s| link(s, "night/bounces.csv", "again.csv"), "night again.csv"),
        ("a link to its folder", |s| link(s, "night", "again"), "night again"),
        ("a link in a circle", |s| link(s, "../night", "night/circle"), "night"),
        (
            "a hard link",
            |s| fs::hard_link(s.path("night/bounces.csv"), s.path("night/again.csv")).expect("linked"),
            "night",
        ),
    ];
    for (what, prepare, args) in cases {
        let scratch = night();
        prepare(&scratch);
        let out = tempfile::tempdir().expect("a temporary directory");
        let told = run_out(&scratch, args, out.path());
        told_once(&told, what);
    }
}

#[cfg(unix)]
fn link(scratch: &Scratch, to: &str, name: &str) {
    std::os::unix::fs::symlink(to, scratch.path(name)).expect("linked");
}

fn run_out(scratch: &Scratch, args: &str, out: &std::path::Path) -> Told {
    scratch.run_words(args.split(' ').map(Into::into).chain(["--out".into(), out.into()]).collect())
}

#[cfg(unix)]
#[test]
fn standard_input_may_be_a_file_that_is_named_too() {
    let scratch = night();
    let told = crate::program::bouncescope(["parse", "-", "night/bounces.csv"])
        .dir(&scratch.path(""))
        .stdin(&scratch.path("night/bounces.csv"))
        .run()
        .behaves(&[0]);
    assert_eq!(told.lines().len(), BOUNCES as usize);
    assert!(told.stderr.contains("read once"), "{}", told.stderr);
}

#[cfg(target_os = "linux")]
mod names {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    use super::*;

    /// Names that are one if what is not UTF-8 is replaced.
    const NAMES: &[&[u8]] =
        &[b"caf\xe9.csv", b"caf\xe8.csv", b"caf\xff.csv", b"\xc3.csv", b"\xa9.csv", "caf\u{fffd}.csv".as_bytes()];

    fn folder() -> Scratch {
        let scratch = Scratch::new();
        for (n, name) in NAMES.iter().enumerate() {
            let name = std::path::Path::new("in").join(std::ffi::OsStr::from_bytes(name));
            scratch.add(name, bounces(&format!("n{n}-"), 10));
        }
        scratch
    }

    fn check(told: &Told, what: &str) {
        assert_eq!(told.count("/totals/events"), 10 * NAMES.len() as u64, "{what}: {}", told.outcome.stderr);
        assert_eq!(told.at("/inputs").as_array().expect("a list").len(), NAMES.len(), "{what}: merged");
        told.sums_close();
    }

    #[test]
    fn names_that_are_not_utf8_are_read_and_never_merged() {
        check(&folder().run("in"), "a folder");
        check(&folder().run("in/*.csv"), "a pattern");
        check(&folder().run("*/*"), "a pattern of folders");
    }

    #[test]
    fn a_name_that_is_not_utf8_can_be_given_on_the_command_line() {
        let scratch = folder();
        let paths: Vec<OsString> = NAMES.iter().map(|name| OsString::from_vec([b"in/", *name].concat())).collect();
        check(&scratch.run_words(paths.clone()), "named");
        for (flag, name) in [("--delivered", &paths[0]), ("--sent", &paths[1])] {
            let told = scratch.run_words(vec!["in".into(), flag.into(), name.clone()]);
            assert_eq!(told.at("/quality/read_once").as_array().expect("a list").len(), 1, "{flag}");
        }
        let told = crate::program::bouncescope([OsString::from("explain"), paths[2].clone()])
            .dir(&scratch.path(""))
            .run()
            .behaves(&[0]);
        assert!(told.stdout.contains("in/caf\\xFF.csv#0"), "{}", told.stdout);
    }

    #[test]
    fn one_that_is_not_there_is_named_in_the_error() {
        let told = Scratch::new().run_words(vec![OsString::from_vec(b"nowhere-\xe9.csv".to_vec())]).outcome;
        assert_eq!(told.code, Some(2));
        assert!(told.stderr.contains("nowhere-\\xE9.csv"), "{}", told.stderr);
    }
}
