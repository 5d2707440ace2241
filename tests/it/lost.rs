//! Files that are lost, as a whole or from some place on: told by name in the verdict and on standard error, exit code 3. And
//! text with a few NUL bytes, which is not lost. Every case is a run of its own, beside a good file.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use crate::program::bouncescope;
use crate::scratch::{Scratch, Told, bounces, bounces_by_line};

/// Rows of the good file: enough that one reject more is no share worth an exit code.
const GOOD: u64 = 300;

fn night() -> Scratch {
    let scratch = Scratch::new();
    scratch.add("in/good.csv", bounces("good", GOOD as usize));
    scratch
}

/// Asserts that exactly this file is told as lost, everywhere, and that the good one was read.
fn lost(told: &Told, name: &str, why: &str) {
    let shown = format!("1 file lost: {name} ({why})");
    assert_eq!(told.outcome.code, Some(3), "{name}: {}", told.outcome.stderr);
    let mut lines = told.outcome.stdout.lines();
    assert!(lines.next().is_some_and(|line| !line.contains(name)), "{name}: {}", told.outcome.stdout);
    assert!(lines.next().is_some_and(|line| line.contains(&shown)), "{name}: {}", told.outcome.stdout);
    assert!(told.at("/verdict/sentence").as_str().is_some_and(|text| text.contains(&shown)), "{name}");
    assert_ne!(told.at("/verdict/level"), "quiet", "{name}");
    assert_eq!(told.count("/quality/lost_total"), 1, "{name}: {}", told.at("/quality/lost"));
    assert_eq!(told.at("/quality/lost/0/why"), why);
    let source = told.at("/quality/lost/0/source").as_str().expect("a name");
    assert!(source.ends_with(name), "{name}: {source}");
    assert!(told.outcome.stderr.contains(source), "{name}: {}", told.outcome.stderr);
    assert!(told.count("/totals/events") >= GOOD, "{name}: the good file was not read");
    told.sums_close();
}

fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packed = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        packed.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        packed.write_all(bytes).expect("packed");
    }
    packed.finish().expect("packed").into_inner()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packed = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        packed.append_data(&mut header, name, *bytes).expect("a member");
    }
    packed.into_inner().expect("packed")
}

#[test]
fn a_file_cut_off_is_lost_whatever_it_is_packed_in() {
    let rows = bounces("cut", 3000);
    let rows = rows.as_bytes();
    let zst = zstd::stream::encode_all(rows, 3).expect("packed");
    let small: Vec<_> = (0..8).map(|n| (format!("part{n}.csv"), bounces(&format!("p{n}-"), 3))).collect();
    let small: Vec<_> = small.iter().map(|(name, rows)| (name.as_str(), rows.as_bytes())).collect();
    let elements: Vec<String> = bounces_by_line("json", 50).lines().map(str::to_owned).collect();
    let array = format!("[\n{}", elements.join(",\n"));
    let torn = &array[..array.len() - 20];
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("rows.csv.gz", half(&gzip(rows)), "rows.csv.gz"),
        ("rows-end.csv.gz", gzip(rows)[..gzip(rows).len() - 4].to_vec(), "rows-end.csv.gz"),
        ("rows.csv.zst", half(&zst), "rows.csv.zst"),
        ("many.tar", tar(&small)[..512 * 2 * 4].to_vec(), "many.tar"),
        ("large.tar", half(&tar(&[("large.csv", bounces("large", 9000).as_bytes())])), "large.tar!large.csv"),
        (
            "many.tar.gz",
            half(&gzip(&tar(&[("large.csv", bounces("large", 9000).as_bytes())]))),
            "many.tar.gz!large.csv",
        ),
        ("all.zip", half(&zip(&[("rows.csv", rows)])), "all.zip"),
        ("inner.zip", zip(&[("a/rows.csv.gz", &half(&gzip(rows))), ("b.csv", small[0].1)]), "inner.zip!a/rows.csv.gz"),
        ("rows.csv", rows[..rows.len() - 40].to_vec(), "rows.csv"),
        (
            "quoted.csv",
            [rows, b"2026-11-20T02:00:00Z,q@house.example,550,\"550 5.1.1 No".as_slice()].concat(),
            "quoted.csv",
        ),
        ("lines.ndjson", elements.join("\n").as_bytes()[..3000].to_vec(), "lines.ndjson"),
        ("tail-of-zeros.csv", [rows, vec![0; 9000].as_slice()].concat(), "tail-of-zeros.csv"),
        (
            "tail-of-zeros.ndjson",
            [elements.join("\n").as_bytes(), vec![0; 500].as_slice()].concat(),
            "tail-of-zeros.ndjson",
        ),
        ("between.json", array.clone().into_bytes(), "between.json"),
        ("within.json", torn.as_bytes().to_vec(), "within.json"),
    ];
    for (name, bytes, want) in cases {
        let scratch = night();
        scratch.add(format!("in/{name}"), bytes);
        lost(&scratch.run("in"), want, "cut off");
    }
}

#[test]
fn a_file_that_is_damaged_or_of_no_known_format_is_lost() {
    let rows = bounces("odd", 3000);
    let mut flipped = zip(&[("rows.csv", rows.as_bytes())]);
    let middle = flipped.len() / 3;
    flipped[middle] ^= 0x55;
    let noise: Vec<u8> = (0..60_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 21) as u8).collect();
    let cases: &[(&str, Vec<u8>, &str, &str)] = &[
        ("flipped.zip", flipped, "flipped.zip!rows.csv", "damaged"),
        ("program.txt", [b"\x7fELF\x02\x01\x01\0".as_slice(), &noise].concat(), "program.txt", "binary"),
        ("mail.log.1", vec![0; 70_000], "mail.log.1", "binary"),
        ("zeros.csv", vec![0; 5000], "zeros.csv", "binary"),
        ("slides.pdf.txt", b"%PDF-1.7\n1 0 obj\n".to_vec(), "slides.pdf.txt", "unknown format"),
        ("rows.csv.xz", [b"\xfd7zXZ\0".as_slice(), &noise].concat(), "rows.csv.xz", "unknown format"),
        ("notes.zip", zip(&[("notes.txt", b"we met and talked\nabout it\n")]), "notes.zip!notes.txt", "unknown format"),
    ];
    for (name, bytes, want, why) in cases {
        let scratch = night();
        scratch.add(format!("in/{name}"), bytes);
        lost(&scratch.run("in"), want, why);
    }
}

#[test]
fn an_empty_file_is_a_reject_and_lost_nothing() {
    let scratch = night();
    scratch.add("in/empty.csv", "");
    let told = scratch.run("in");
    assert_eq!((told.outcome.code, told.count("/quality/lost_total")), (Some(0), 0));
    assert_eq!(told.count("/totals/rejects"), 1);
}

#[test]
fn a_file_that_ends_without_a_line_end_is_whole() {
    let scratch = Scratch::new();
    scratch.add("in/rows.csv", bounces("whole", 40).trim_end());
    scratch.add("in/rows.ndjson", bounces_by_line("line", 40).trim_end());
    scratch.add("in/footer.csv", format!("{}Total,40,rows,in,all", bounces("sum", 300)));
    let told = scratch.run("in");
    assert_eq!((told.outcome.code, told.count("/quality/lost_total")), (Some(0), 0), "{}", told.outcome.stderr);
    assert_eq!((told.count("/totals/events"), told.count("/totals/rejects")), (380, 1));
}

/// Asks of a link to nowhere what is asked of any other file that cannot be read.
#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_lost_wherever_it_was_found() {
    for (place, args) in
        [("in/nowhere.csv", "in"), ("in/deep/nowhere", "in"), ("in/nowhere.csv", "in/*"), ("box/cur/1.host", "in box")]
    {
        let scratch = night();
        for folder in ["in/deep", "box/cur", "box/new"] {
            fs::create_dir_all(scratch.path(folder)).expect("made");
        }
        std::os::unix::fs::symlink("/no/such/place", scratch.path(place)).expect("linked");
        lost(&scratch.run(args), place.rsplit('/').next().expect("a name"), "cannot be read");
    }
    let scratch = night();
    std::os::unix::fs::symlink("/no/such/place", scratch.path("nowhere.csv")).expect("linked");
    assert_eq!(scratch.run("in nowhere.csv").outcome.code, Some(2), "a link that is named");
}

/// Reading the memory of a process from its start is a read error of the system.
#[cfg(target_os = "linux")]
#[test]
fn a_read_error_loses_the_file_and_not_the_night() {
    for role in ["in in/trouble.csv", "in --delivered trouble.csv", "in --sent trouble.csv"] {
        let scratch = night();
        let name = role.rsplit(' ').next().expect("a name");
        std::os::unix::fs::symlink("/proc/self/mem", scratch.path(name)).expect("linked");
        lost(&scratch.run(role), "trouble.csv", "cannot be read");
    }
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_loses_itself_and_not_the_night() {
    use std::os::unix::fs::PermissionsExt;
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("allowed");
    for (closed, args) in [
        ("in/closed.csv", vec!["in"]),
        ("in/closed", vec!["in"]),
        ("closed.csv", vec!["in", "closed.csv"]),
        ("closed.csv", vec!["in", "--delivered", "closed.csv"]),
        ("closed.csv", vec!["in", "clo*.csv"]),
        ("closed", vec!["in", "closed/*.csv"]),
        ("closed", vec!["in", "closed/rows.csv"]),
    ] {
        let scratch = night();
        let path = if closed.ends_with("csv") {
            scratch.add(closed, bounces("closed", 5))
        } else {
            scratch.add(format!("{closed}/rows.csv"), bounces("closed", 5)).parent().expect("its folder").to_owned()
        };
        allow(&scratch.path(""), 0o777);
        allow(&path, 0o000);
        let words = ["run", "--no-progress", "--quiet"].into_iter().chain(args.iter().copied());
        let told = bouncescope(words).dir(&scratch.path("")).unprivileged().run().behaves(&[3]);
        allow(&path, 0o755);
        assert!(told.stderr.contains("closed") && told.stderr.contains("cannot be read"), "{args:?}: {}", told.stderr);
        let report = fs::read_to_string(scratch.path("reports/2026-11-20/report.json")).expect("published");
        assert!(report.contains("1 file lost: "), "{args:?}");
    }
}

/// The listing is done when the pipe is opened, and the file's turn has not come before the pipe ends.
#[cfg(unix)]
#[test]
fn a_file_that_vanishes_before_its_turn_is_lost() {
    for rows in [10, 9000] {
        let scratch = Scratch::new();
        let pipe = scratch.path("a.pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts");
        assert!(made.success());
        let goes = scratch.add("b.csv", bounces("gone", rows));
        let writer = std::thread::spawn(move || {
            let mut pipe = fs::OpenOptions::new().write(true).open(pipe).expect("opened for writing");
            fs::remove_file(goes).expect("removed");
            pipe.write_all(bounces("good", GOOD as usize).as_bytes()).expect("written");
        });
        let told = scratch.run("a.pipe b.csv");
        writer.join().expect("written to its end");
        lost(&told, "b.csv", "cannot be read");
    }
}

#[test]
fn when_all_is_lost_nothing_is_published_and_the_earlier_night_stays() {
    let scratch = night();
    assert_eq!(scratch.run("in").outcome.code, Some(0));
    let before = fs::read(scratch.path("reports/2026-11-20/suppression/addresses.csv")).expect("published");
    scratch.add("late.csv.gz", half(&gzip(b"timestamp,recipient\n")));
    scratch.add("ragged.csv", "recipient,timestamp,reply_code\na\nb,c\n");
    for (args, name) in [
        ("late.csv.gz", "late.csv.gz"),
        ("late.csv.gz --as-of 2026-11-20", "late.csv.gz"),
        ("late.csv.gz --as-of 2026-11-20 --fail-on-empty", "late.csv.gz"),
        ("in --input-format mbox --as-of 2026-11-20", "in/good.csv"),
        ("ragged.csv --as-of 2026-11-20 --fail-on-empty", "ragged.csv"),
    ] {
        let told = scratch.run(args).outcome;
        assert_eq!(told.code, Some(1), "{args}: {}", told.stderr);
        assert!(told.stderr.contains(name), "{args}: {}", told.stderr);
    }
    assert_eq!(scratch.run("ragged.csv --as-of 2026-11-20 --out other").outcome.code, Some(3), "it replaces nothing");
    let after = fs::read(scratch.path("reports/2026-11-20/suppression/addresses.csv")).expect("there");
    assert!(before == after, "the earlier night was changed");
}

/// What is not on it would be listed anew.
#[test]
fn an_existing_list_that_is_cut_off_stops_the_run() {
    let scratch = night();
    scratch.add("list.csv.gz", half(&gzip(bounces("listed", 3000).as_bytes())));
    let told = scratch.run("in --existing list.csv.gz --target generic").outcome;
    assert_eq!(told.code, Some(2), "{}", told.stderr);
    assert!(told.stderr.contains("list.csv.gz") && told.stderr.contains("cut off"), "{}", told.stderr);
}

#[test]
fn parse_tells_a_lost_file_with_exit_code_3_however_few_its_rejects_are() {
    let scratch = night();
    scratch.add("in/cut.csv.gz", half(&gzip(bounces("cut", 900).as_bytes())));
    let told = scratch.parse("in");
    assert_eq!(told.code, Some(3), "{}", told.stderr);
    assert!(told.stderr.contains("lost: in/cut.csv.gz (cut off)"), "{}", told.stderr);
    assert!(told.lines().len() > GOOD as usize);
}

#[test]
fn many_lost_files_are_counted_and_the_first_are_named() {
    let scratch = night();
    for n in 0..5 {
        scratch.add(format!("in/scan{n}.txt"), "%PDF-1.7\n");
    }
    let told = scratch.run("in");
    let verdict = told.at("/verdict/sentence").as_str().expect("a sentence");
    let want =
        "5 files lost: scan0.txt (unknown format), scan1.txt (unknown format), scan2.txt (unknown format) and 2 more";
    assert!(verdict.contains(want), "{verdict}");
    told.sums_close();
}

/// Where a NUL may stand in a text: at its start, in its first line, in an early row, beyond what tells the format, at its end.
fn with_nul(text: &str) -> Vec<(usize, Vec<u8>)> {
    let bytes = text.as_bytes();
    let inner = [0, 3, 150, bytes.len() * 9 / 10, bytes.len()];
    inner.map(|at| (at, [&bytes[..at], b"\0", &bytes[at..]].concat())).into()
}

#[test]
fn one_nul_byte_costs_at_most_its_own_row() {
    const ROWS: u64 = 1200;
    let comma = bounces("nul", ROWS as usize);
    let semicolon = comma.replace(',', ";");
    let tab = comma.replace(',', "\t");
    let lines = bounces_by_line("nul", ROWS as usize);
    let list = lines.trim_end().replace('\n', ",\n");
    let array = format!("[{list}]\n");
    for (name, text) in
        [("a.csv", &comma), ("a.txt", &semicolon), ("a.tsv", &tab), ("a.ndjson", &lines), ("a.json", &array)]
    {
        for (at, bytes) in with_nul(text) {
            let scratch = Scratch::new();
            scratch.add(name, &bytes);
            scratch.add("packed.gz", gzip(&bytes));
            let inputs = if name == "a.csv" { vec![name, "packed.gz"] } else { vec![name] };
            for input in inputs {
                let told = scratch.run(&format!("{input} --out out-{input}"));
                let what = format!("{input} of {name}, NUL at {at}: {}", told.outcome.stderr);
                assert_eq!(told.outcome.code, Some(0), "{what}");
                let (events, rejects) = (told.count("/totals/events"), told.count("/totals/rejects"));
                assert!(events >= ROWS - 1 && rejects <= 1, "{what}: {events} events, {rejects} rejects");
            }
        }
    }
}

#[test]
fn a_hole_of_zeros_as_a_crash_leaves_it_costs_the_rows_in_it() {
    let mut rows = bounces("hole", 1000).into_bytes();
    rows[4000..8096].fill(0);
    let scratch = Scratch::new();
    scratch.add("a.csv", rows);
    let told = scratch.run("a.csv");
    assert_eq!(told.outcome.code, Some(0), "{}", told.outcome.stderr);
    assert!(told.count("/totals/events") > 900);
}
