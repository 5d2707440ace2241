//! The contract with scripts: exit codes, what stands on stdout and stderr, and that a failed run harms no earlier night.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::program::{Outcome, bouncescope, root, tree};
use crate::scratch::{Scratch, bounces};

/// The night of sample_data.
const NIGHT: &str = "2026-11-20";

fn run(out: &Path, more: &[&str]) -> Outcome {
    let args = ["run", "sample_data", "--no-progress", "--out"].map(AsRef::as_ref);
    bouncescope(args.into_iter().chain([out.as_os_str()]).chain(more.iter().map(AsRef::as_ref))).dir(&root("")).run()
}

#[test]
fn a_night_that_is_done_exits_0_and_leaves_every_file_of_the_contract() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let told = run(out.path(), &[]).behaves(&[0]);
    let night = out.path().join(NIGHT);
    for name in [
        "report.html",
        "report.md",
        "report.json",
        "manifest.json",
        "incidents.csv",
        "domains.csv",
        "codes.csv",
        "domain_codes.csv",
        "rejects.csv",
        "events.parquet",
        "deliveries.parquet",
        "suppression/addresses.csv",
        "suppression/domains.csv",
        "review/protected.csv",
        "release/reactivate.csv",
        "review/list_sources.csv",
        "review/held.csv",
        "review/quarantine.csv",
        "README.txt",
    ] {
        assert!(night.join(name).is_file(), "{name} is missing:\n{}", told.stderr);
    }
}

#[test]
fn the_summary_is_at_most_25_lines() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let told = run(out.path(), &[]).behaves(&[0]);
    let lines = told.stdout.lines().count() + told.stderr.lines().count();
    assert!((3..=25).contains(&lines), "{lines} lines:\n{}{}", told.stdout, told.stderr);
}

#[test]
fn an_unknown_flag_exits_2_and_says_which() {
    let told = bouncescope(["run", "sample_data", "--delivred", "x.csv"]).dir(&root("")).run().behaves(&[2]);
    assert!(told.stderr.contains("--delivred") && told.stderr.contains("--delivered"), "{}", told.stderr);
}

#[test]
fn a_file_that_is_not_there_exits_2_and_is_named() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let nowhere = ["run", "no-such.csv", "--no-progress", "--out"].map(AsRef::as_ref);
    let told = bouncescope(nowhere.into_iter().chain([out.path().as_os_str()])).dir(&root("")).run().behaves(&[2]);
    assert!(told.stderr.contains("no-such.csv"), "{}", told.stderr);
    for flag in ["--allow", "--contacts", "--existing", "--delivered"] {
        let told = run(out.path(), &[flag, "no-such.csv"]).behaves(&[2]);
        assert!(told.stderr.contains("no-such.csv"), "{flag}: {}", told.stderr);
    }
}

#[test]
fn a_list_of_ones_own_that_is_not_as_it_must_be_exits_2_with_its_line() {
    let out = tempfile::tempdir().expect("a temporary directory");
    for (flag, text, place) in [
        ("--contacts", "mail,source\na@example.com,fair\n", ":1: no column \"email\""),
        ("--tenants", "domain,organisation\nexample.com,\n", ":2: no organisation"),
        ("--allow", "email\nno address\n", ":2: neither an address nor a domain"),
        ("--existing", "name;phone\nann;1\n", "no entry could be read"),
    ] {
        let file = out.path().join("list.csv");
        fs::write(&file, text).expect("written");
        let told = run(out.path(), &[flag, &file.display().to_string()]).behaves(&[2]);
        assert!(told.stderr.contains(place), "{flag}: {}", told.stderr);
    }
}

#[test]
fn inputs_that_hold_nothing_are_told_as_such() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("empty")).expect("made");
    fs::write(dir.path().join("header.csv"), "recipient,timestamp,reply_code\n").expect("written");
    for input in ["empty", "header.csv"] {
        let told = bouncescope(["run", input, "--no-progress"]).dir(dir.path()).run().behaves(&[2]);
        assert!(told.stderr.contains(&format!("nothing to read was found in {input};")), "{}", told.stderr);
        let told = bouncescope(["parse", input]).dir(dir.path()).run().behaves(&[0]);
        assert!(told.stdout.is_empty() && told.stderr.contains("nothing to read was found"), "{}", told.stderr);
        bouncescope(["run", input, "--no-progress", "--as-of", NIGHT]).dir(dir.path()).run().behaves(&[0]);
    }
    fs::write(dir.path().join("in.csv"), "recipient,reply_code\na@example.com,550\nb@example.com,250\nc\n")
        .expect("written");
    let told = bouncescope(["parse", "in.csv"]).dir(dir.path()).run().behaves(&[3]);
    assert!(told.stderr.contains("3 items read: 1 events, 1 deliveries (not listed), 1 unread"), "{}", told.stderr);
}

/// What cron mails is what stands on stderr.
#[test]
fn every_exit_code_but_0_is_explained_in_one_line_also_when_quiet() {
    let scratch = Scratch::new();
    scratch.add("some.csv", "recipient,reply_code\na@house.example,550\nb@house.example,250\nc\n");
    scratch.add("rows.csv", bounces("quiet", 90));
    scratch.add("plain.csv", "who,when,how\nann,today,slowly\n");
    scratch.add("mixed/rows.csv", bounces("quiet", 90));
    scratch.add("mixed/plain.csv", "contact_mail,shoe\nann@house.example,44\nben@house.example,45\n");
    scratch.add("cut.json", "[{\"recipient\":\"a@house.example\",\"reply_code\":550},\n{\"recip");
    scratch.add("note.txt", "we met and talked\nabout it\n");
    scratch.add("empty.csv", "");
    scratch.add("tables/rules.toml", concat!(
        "[[rule]]\nid = \"gate\"\ntext = 'refused by the gate'\ncause = \"tenant_policy\"\nblames = \"tenant\"\n",
        "basis = \"explicit_rule\"\nsource = \"a letter, 2026-11-18\"\nexamples = [\"550 5.7.1 Let in by the door\"]\n",
    ));
    fs::create_dir(scratch.path("locked")).expect("made");
    for (args, code, says) in [
        ("parse some.csv", 3, "1 of 3 items rejected, more than 5 % (0); the first: some.csv#2"),
        ("parse rows.csv --input-format mbox", 3, "rejected"),
        ("parse /dev/null", 3, "1 of 1 item rejected"),
        ("parse mixed", 3, "nothing says what the rows of mixed/plain.csv are"),
        ("parse cut.json", 3, "1 file lost, the first cut.json (cut off)"),
        ("parse plain.csv", 2, "plain.csv: "),
        ("parse nowhere.csv", 2, "nowhere.csv"),
        ("parse rows.csv --format parquet", 2, "-o FILE"),
        (
            "run some.csv --as-of 2026-11-20 --out o1",
            3,
            "1 of 3 items rejected, more than --max-rejects allows (0); the first: some.csv#2",
        ),
        ("run mixed --out o2", 3, "nothing says what the rows of mixed/plain.csv are"),
        (
            "run mixed cut.json --out o3",
            3,
            "1 file lost, the first cut.json (cut off); nothing says what the rows of mixed/plain.csv are",
        ),
        ("run rows.csv --out o4 --max-suppressions 1", 5, "safety brake"),
        ("run empty.csv --out o5", 2, "nothing to read was found in empty.csv"),
        ("run empty.csv --out o6 --as-of 2026-11-20 --fail-on-empty", 6, "nothing new"),
        ("run rows.csv --input-format mbox --out o7", 1, "nothing could be read, 1 item rejected"),
        ("run note.txt --out o8", 1, "note.txt"),
        ("run rows.csv --max-rejects many", 2, "--max-rejects"),
        ("explain note.txt", 3, "note.txt"),
        ("explain empty.csv", 3, "empty.csv"),
        ("explain --incident x --from locked", 2, "locked"),
        ("check --tables tables", 2, "2 rows of the tables do not hold; the first: "),
        ("check --tables nowhere", 2, "nowhere"),
    ] {
        for quiet in [true, false] {
            let more = if quiet { ["--quiet"].as_slice() } else { &[] };
            let words = args.split(' ').chain(more.iter().copied());
            let told = bouncescope(words).dir(&scratch.path("")).run();
            assert_eq!(told.code, Some(code), "{args}: {}", told.stderr);
            let last = told.stderr.trim_end().lines().last().unwrap_or_default();
            assert!(last.contains(says), "{args}: {}", told.stderr);
            assert!(!quiet || told.stderr.trim_end().lines().count() == 1, "{args}: {}", told.stderr);
        }
    }
}

#[test]
fn no_command_exits_2_with_the_usage() {
    let told = bouncescope::<&str>([]).run().behaves(&[2]);
    assert!(told.stderr.contains("Usage"), "{}", told.stderr);
}

#[test]
fn a_broken_table_exits_2_and_names_file_and_line() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("rules.toml"), "[[rule]]\nid = \"x\"\ncause = \"mailbox_unknwon\"\n").expect("written");
    let told = bouncescope(["check".as_ref(), "--tables".as_ref(), dir.path().as_os_str()]).run().behaves(&[2]);
    let said = format!("{}{}", told.stdout, told.stderr);
    assert!(said.contains("rules.toml:3") && said.contains("mailbox_unknown"), "{said}");
}

#[test]
fn the_tables_compiled_in_pass_their_own_check() {
    bouncescope(["check"]).run().behaves(&[0]);
}

#[test]
fn more_rejects_than_allowed_exit_3() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let told = run(out.path(), &["--max-rejects", "0"]);
    assert!(told.code == Some(0) || told.code == Some(3), "{}", told.stderr);
    let csv = out.path().join("in.csv");
    fs::write(&csv, "recipient,timestamp,diagnostic_code\na@northwind.example,2026-11-20T01:00:00Z,550 5.1.1 User unknown\nragged\n").expect("written");
    let nights = out.path().join("nights");
    bouncescope(["run".as_ref(), csv.as_os_str(), "--out".as_ref(), nights.as_os_str()]).run().behaves(&[3]);
    bouncescope([
        "run".as_ref(),
        csv.as_os_str(),
        "--out".as_ref(),
        nights.as_os_str(),
        "--max-rejects".as_ref(),
        "60%".as_ref(),
    ])
    .run()
    .behaves(&[0]);
}

#[test]
fn the_brake_exits_5_publishes_the_report_and_holds_the_lists() {
    let out = tempfile::tempdir().expect("a temporary directory");
    run(out.path(), &["--max-suppressions", "1"]).behaves(&[5]);
    let night = out.path().join(NIGHT);
    assert!(night.join("report.html").is_file());
    assert!(night.join("review/braked/addresses.csv").is_file());
    assert!(!night.join("suppression/addresses.csv").exists(), "a held list must not stand where a job picks lists up");
}

#[test]
fn a_path_that_cannot_be_read_fails_at_once_and_is_named() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let told = run(out.path(), &["no/such/bounces.csv"]).behaves(&[1, 2]);
    assert!(told.stderr.contains("no/such/bounces.csv"), "{}", told.stderr);
    // A second is promised; the rest is for machines that build beside the test.
    assert!(told.took < Duration::from_secs(5), "took {:?}", told.took);
    assert!(!out.path().join(NIGHT).exists(), "nothing is published");
}

#[test]
fn a_failed_run_leaves_the_earlier_night_as_it_was() {
    let out = tempfile::tempdir().expect("a temporary directory");
    run(out.path(), &[]).behaves(&[0]);
    let before = tree(out.path());
    run(out.path(), &["no/such/bounces.csv"]).behaves(&[1, 2]);
    run(out.path(), &["--delivered", "no/such/delivered.csv"]).behaves(&[1, 2]);
    run(out.path(), &["--tables", "no/such/tables"]).behaves(&[1, 2]);
    assert!(before == tree(out.path()), "a failed run changed the night");
}

#[test]
fn the_same_night_gives_the_same_bytes_on_1_and_8_threads_and_twice_in_a_row() {
    let mut nights = Vec::new();
    for threads in ["1", "8", "8"] {
        let out = tempfile::tempdir().expect("a temporary directory");
        let args = ["run", "sample_data", "--no-progress", "--out"].map(AsRef::as_ref);
        bouncescope(args.into_iter().chain([out.path().as_os_str()]))
            .dir(&root(""))
            .env("RAYON_NUM_THREADS", threads)
            .env("POLARS_MAX_THREADS", threads)
            .run()
            .behaves(&[0]);
        nights.push(tree(&out.path().join(NIGHT)));
    }
    let names = |night: &BTreeMap<String, Vec<u8>>| night.keys().cloned().collect::<Vec<_>>();
    for other in &nights[1..] {
        assert_eq!(names(&nights[0]), names(other));
        let differing: Vec<&String> = nights[0].keys().filter(|name| nights[0][*name] != other[*name]).collect();
        assert!(differing.is_empty(), "these files differ: {differing:?}");
    }
}

#[test]
fn parse_writes_data_to_stdout_and_everything_else_to_stderr() {
    let told = bouncescope(["parse", "sample_data/eml/dsn", "--format", "ndjson"]).dir(&root("")).run().behaves(&[0]);
    assert!(told.lines().len() >= 15);
    let piped = bouncescope(["parse", "-", "--format", "ndjson"])
        .stdin(&root("sample_data/eml/dsn/m365-spamhaus.eml"))
        .run()
        .behaves(&[0]);
    assert_eq!(piped.lines()[0]["source"], "-");
    assert_eq!(piped.lines()[0]["recipient"], "dana.whitlock@northbridge.example");
}

fn parse_to_parquet(path: &Path) -> Outcome {
    let args = ["parse", "sample_data/eml/dsn", "--format", "parquet", "-o"].map(AsRef::as_ref);
    bouncescope(args.into_iter().chain([path.as_os_str()])).dir(&root("")).run()
}

#[test]
fn parquet_replaces_a_file_and_leaves_the_link_that_names_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (file, link) = (dir.path().join("events.parquet"), dir.path().join("link"));
    fs::write(&file, "of last night").expect("written");
    std::os::unix::fs::symlink(&file, &link).expect("linked");
    parse_to_parquet(&link).behaves(&[0]);
    assert!(fs::read(&file).expect("there").starts_with(b"PAR1"));
    assert!(link.is_symlink());
    assert_eq!(fs::read_dir(dir.path()).expect("there").count(), 2, "nothing else is left");
}

/// A rename in place of `/dev/null` would break the machine.
#[test]
fn parquet_is_written_into_a_pipe_and_does_not_take_its_place() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (pipe, copy) = (dir.path().join("pipe"), dir.path().join("copy"));
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
    let mut reader =
        Command::new("cat").arg(&pipe).stdout(fs::File::create(&copy).expect("created")).spawn().expect("cat starts");
    parse_to_parquet(&pipe).behaves(&[0]);
    assert!(!pipe.metadata().expect("there").is_file(), "the pipe gave way to a file");
    assert!(reader.wait().expect("cat ends").success());
    assert!(fs::read(&copy).expect("there").starts_with(b"PAR1"));
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_exits_1_with_a_line_and_never_101() {
    for command in ["completions bash", "man", "check", "run sample_data --no-progress --as-of 2026-11-20 --out OUT"] {
        let out = tempfile::tempdir().expect("a temporary directory");
        let words = command.split(' ').map(|word| if word == "OUT" { out.path().as_os_str() } else { word.as_ref() });
        let full = fs::File::options().write(true).open("/dev/full").expect("the full device");
        let told = Command::new(env!("CARGO_BIN_EXE_bouncescope"))
            .args(words)
            .current_dir(root(""))
            .stdout(full)
            .output()
            .expect("started");
        let said = String::from_utf8_lossy(&told.stderr);
        assert_eq!(told.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("No space left") && !said.contains("panicked"), "{command}: {said}");
    }
}
