//! Archives and compression: what they hold, and what they are not allowed to do.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::tests::read;
use super::*;

const MAIL: &[u8] = b"Subject: x\n\nhi\n";
const CSV: &[u8] = b"email,n\na@example.com,1\nb@example.com,2\n";

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 3).expect("in memory")
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, *bytes).expect("in memory");
    }
    builder.into_inner().expect("in memory")
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, ::zip::write::SimpleFileOptions::default()).expect("in memory");
        writer.write_all(bytes).expect("in memory");
    }
    writer.finish().expect("in memory").into_inner()
}

fn place(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("p");
    fs::write(&path, bytes).expect("written");
    path
}

fn read_packed(bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    read(&[&place(folder.path(), bytes)], &SourceOptions::default())
}

#[test]
fn packings_are_taken_off_by_content_and_in_any_order() {
    let rows = ["p#0 row a@example.com|1", "p#1 row b@example.com|2"];
    let inner = ["p!x.csv#0 row a@example.com|1", "p!x.csv#1 row b@example.com|2"];
    let two =
        |outer: &str| vec![format!("p!{outer}#0 mail Subject: x\n\nhi\n"), "p!b.eml#0 mail Subject: x\n\nhi\n".into()];
    let cases: Vec<(Vec<u8>, Vec<String>)> = vec![
        (gz(CSV), rows.map(String::from).to_vec()),
        (zst(CSV), rows.map(String::from).to_vec()),
        ([gz(&CSV[..20]), gz(&CSV[20..]), vec![0; 1024]].concat(), rows.map(String::from).to_vec()),
        ([zst(&CSV[..20]), zst(&CSV[20..])].concat(), rows.map(String::from).to_vec()),
        (zst(&gz(CSV)), rows.map(String::from).to_vec()),
        (tar(&[("./a.eml", MAIL), ("b.eml", MAIL)]), two("a.eml")),
        (gz(&tar(&[("a.eml", MAIL), ("README.md", MAIL), ("b.eml", MAIL)])), two("a.eml")),
        (zip(&[("a.eml", MAIL), ("__MACOSX/._a.eml", MAIL), ("b.eml", MAIL)]), two("a.eml")),
        (zip(&[("x.csv", CSV)]), inner.map(String::from).to_vec()),
        (zip(&[("x.csv", &gz(CSV))]), inner.map(String::from).to_vec()),
        (zst(&tar(&[("x.csv", &zst(CSV))])), inner.map(String::from).to_vec()),
        (tar(&[("in.zip", &zip(&[("a.eml", MAIL)]))]), vec!["p!in.zip!a.eml#0 mail Subject: x\n\nhi\n".into()]),
    ];
    for (at, (bytes, want)) in cases.into_iter().enumerate() {
        assert_eq!(read_packed(&bytes), want, "case {at}");
    }
}

#[test]
fn a_long_name_in_a_tar_is_kept_whole() {
    let name = format!("{}/a.eml", "d".repeat(150));
    assert_eq!(read_packed(&tar(&[(&name, MAIL)])), ["a.eml#0 mail Subject: x\n\nhi\n"]);
}

#[test]
fn a_large_member_is_read_as_a_stream() {
    let mut csv = b"email,n\n".to_vec();
    (0..50_000).for_each(|n| csv.extend_from_slice(format!("user{n}@example.com,{n}\n").as_bytes()));
    for packed in [
        zip(&[("a.eml", MAIL), ("x.csv", &csv), ("b.eml", MAIL)]),
        gz(&tar(&[("a.eml", MAIL), ("x.csv", &csv), ("b.eml", MAIL)])),
    ] {
        let seen = read_packed(&packed);
        assert_eq!(seen.len(), 50_002);
        assert_eq!(
            (seen[0].as_str(), seen[50_001].as_str()),
            ("p!a.eml#0 mail Subject: x\n\nhi\n", "p!b.eml#0 mail Subject: x\n\nhi\n")
        );
        assert_eq!(seen[50_000], "p!x.csv#49999 row user49999@example.com|49999");
    }
}

#[test]
fn a_truncated_stream_gives_its_whole_items_and_one_reject() {
    let noise = |n: u32| n.wrapping_mul(2_654_435_761).to_string();
    let mut csv = b"email,n\n".to_vec();
    (0..2_000).for_each(|n| csv.extend_from_slice(format!("{}@example.com,{n}\n", noise(n)).as_bytes()));
    for packed in [gz(&csv), zst(&csv), zst(&tar(&[("x.csv", &csv)])), gz(&tar(&[("a.eml", MAIL), ("b.csv", &csv)]))] {
        let seen = read_packed(&packed[..packed.len() * 9 / 10]);
        let (last, whole) = seen.split_last().expect("something");
        assert!(last.ends_with("! damaged_archive"), "{last}");
        assert!(whole.iter().all(|item| !item.contains("! ")), "{whole:?}");
    }
}

#[test]
fn damage_in_one_member_of_a_zip_leaves_the_others() {
    let mut bytes = zip(&[("a.eml", MAIL), ("b.eml", MAIL)]);
    let at = memchr::memmem::find(&bytes, b"a.eml").expect("its name") + 7;
    bytes[at] ^= 0x55;
    assert_eq!(read_packed(&bytes), ["p!a.eml#0! damaged_archive", "p!b.eml#0 mail Subject: x\n\nhi\n"]);
    assert_eq!(read_packed(&bytes[..60]), ["p#0! damaged_archive"]);
}

#[test]
fn a_bomb_is_a_reject_and_is_not_unpacked_to_its_end() {
    let zeros = vec![0; 64 << 20];
    let text = ["email,n\n", &"a".repeat(64 << 20)].concat();
    for (what, bomb) in [
        ("zeros", gz(&zeros[..16 << 20]).repeat(12)),
        ("text", zst(text.as_bytes()).repeat(4)),
        ("zstd", zst(&zeros).repeat(16)),
        ("gz in zst", zst(&gz(&zeros[..16 << 20]).repeat(12))),
    ] {
        let seen = read_packed(&bomb);
        assert_eq!(seen.last().map(|s| s.split("! ").last()), Some(Some("compression_bomb")), "{what}: {seen:?}");
        assert!(seen.len() <= 3, "{what}: {seen:?}");
    }
    let zip = zip(&[("zeros", &zeros), ("more", &zeros), ("even more", &zeros), ("a.eml", MAIL)]);
    let seen = read_packed(&zip);
    assert!(seen.iter().any(|item| item.ends_with("compression_bomb")), "{seen:?}");
}

#[test]
fn the_cap_on_what_comes_out_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SourceOptions { max_decompressed_bytes: 1 << 20, ..SourceOptions::default() };
    let path = place(folder.path(), &gz(&CSV.repeat(100_000)));
    let seen = read(&[&path], &options);
    assert!(seen.last().is_some_and(|item| item.ends_with("compression_bomb")), "{:?}", seen.last());
}

#[test]
fn something_packed_into_itself_many_times_is_refused() {
    let onion = (0..9).fold(CSV.to_vec(), |inner, _| gz(&inner));
    assert_eq!(read_packed(&onion), ["p#0! compression_bomb"]);
}
