//! What lies in a folder of inputs and is none: pictures, documents, what systems and Office leave behind, pipes. It is passed
//! over and told, and the night is done; the same file is lost if it is named, or if its name says that it is data.

use std::fs;

use crate::scratch::{NIGHT, Scratch, Told, bounces};

fn night() -> Scratch {
    let scratch = Scratch::new();
    scratch.add("in/good.csv", bounces("good", 300));
    scratch
}

/// First bytes of files that are no data, as they are found in folders.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let noise: Vec<u8> = (0..9_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 21) as u8).collect();
    let with = |start: &[u8]| [start, &noise].concat();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    vec![
        ("chart.png", with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\0")),
        ("photo.JPG", with(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0")),
        ("logo.gif", with(b"GIF89a\x10\0\x10\0\xf7\0\0")),
        ("icon.ico", with(b"\0\0\x01\0\x01\0\x10\x10\0\0")),
        ("scan.pdf", b"%PDF-1.7\n1 0 obj\n".to_vec()),
        ("letter.doc", with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0")),
        ("program", with(b"\x7fELF\x02\x01\x01\0")),
        ("tool.exe", with(b"MZ\x90\0\x03\0\0\0")),
        ("Thumbs.db", with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0")),
        (".DS_Store", with(b"\0\0\0\x01Bud1\0\0")),
        ("desktop.ini", b"[.ShellClassInfo]\r\nIconIndex=0\r\n".to_vec()),
        ("Desktop.ini", [b"\xff\xfe".to_vec(), wide("[ViewState]\r\nMode=\r\n")].concat()),
        ("~$bounces.xlsx", [b"\x05clerk".to_vec(), wide("clerk   "), vec![0x20, 0]].concat()),
    ]
}

fn passed_over(told: &Told, name: &str) {
    assert_eq!(told.outcome.code, Some(0), "{name}: {}", told.outcome.stderr);
    assert_eq!((told.count("/quality/lost_total"), told.count("/totals/rejects")), (0, 0), "{name}");
    assert_eq!(told.count("/totals/items"), 300, "{name}");
    told.sums_close();
}

/// Whether the report says so of this file.
fn is_told(told: &Told, name: &str, why: &str) -> bool {
    let passed = told.at("/quality/passed_over").as_array().expect("a list");
    let listed = passed.iter().any(|file| file["name"] == format!("in/{name}") && file["why"] == why);
    listed && told.outcome.stderr.contains(&format!("in/{name} is {why} and was not named: passed over"))
}

#[test]
fn a_file_of_no_data_in_a_folder_is_passed_over_and_told() {
    for (name, bytes) in samples() {
        for input in ["in", "in/*"] {
            let scratch = night();
            scratch.add(format!("in/{name}"), &bytes);
            let told = scratch.run(input);
            passed_over(&told, name);
            let by_name = told.count("/quality/skipped") == 1 || input == "in/*";
            assert!(by_name || is_told(&told, name, "binary"), "{name}: {}", told.outcome.stderr);
        }
    }
}

#[test]
fn the_same_file_is_lost_if_it_is_named_or_if_its_name_says_that_it_is_data() {
    const SUFFIXES: &[&str] =
        &["csv", "ndjson", "json", "eml", "mbox", "log", "txt", "csv.gz", "log.zst", "zip", "LOG.1"];
    for (n, (name, bytes)) in
        samples().into_iter().enumerate().filter(|(_, (name, _))| !name.starts_with(['.', 'd', 'D', '~']))
    {
        let scratch = night();
        scratch.add(format!("in/{name}"), &bytes);
        for args in [format!("in in/{name}"), format!("in/* in/{name}"), format!("in --delivered in/{name}")] {
            let told = scratch.run(&args);
            assert_eq!(
                (told.outcome.code, told.count("/quality/lost_total")),
                (Some(3), 1),
                "{args}: {}",
                told.outcome.stderr
            );
        }
        for suffix in [SUFFIXES[n % SUFFIXES.len()], SUFFIXES[(n + 5) % SUFFIXES.len()]] {
            let scratch = night();
            scratch.add(format!("in/{name}.{suffix}"), &bytes);
            let told = scratch.run("in");
            assert_eq!((told.outcome.code, told.count("/quality/lost_total")), (Some(3), 1), "{name}.{suffix}");
        }
    }
}

#[test]
fn nothing_but_strays_is_no_empty_night() {
    let scratch = night();
    assert_eq!(scratch.run("in").outcome.code, Some(0));
    scratch.add("stray/chart.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\0");
    scratch.add("out.csv", "earlier");
    let told = scratch.run(&format!("stray --as-of {NIGHT}")).outcome;
    assert_eq!(told.code, Some(2), "{}", told.stderr);
    assert!(told.stderr.contains("stray/chart.png is binary"), "{}", told.stderr);
    assert_eq!(scratch.parse("stray -o out.csv").code, Some(2));
    assert_eq!(fs::read_to_string(scratch.path("out.csv")).expect("there"), "earlier");
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_devices_in_a_folder_are_told_by_name() {
    let scratch = night();
    let made = std::process::Command::new("mkfifo").arg(scratch.path("in/pipe.csv")).status().expect("mkfifo starts");
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(scratch.path("in/socket")).expect("bound");
    std::os::unix::fs::symlink("/dev/null", scratch.path("in/device")).expect("linked");
    for input in ["in", "in/*"] {
        let told = scratch.run(input);
        passed_over(&told, input);
        for (name, why) in [("pipe.csv", "a named pipe"), ("socket", "a socket"), ("device", "a device")] {
            assert!(is_told(&told, name, why), "{name}: {}", told.outcome.stderr);
        }
        assert!(told.outcome.stdout.contains("3 stray files passed over"), "{}", told.outcome.stdout);
    }
}
