//! `reports/example` is what `run sample_data` writes today. In: a run. Out: the names of files that differ.
//! So is the summary in the README. The hash of the tables is masked, so that a new rule alone changes nothing here. `UPDATE_EXAMPLE=1 cargo test example` renews both; read the difference before committing it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{bouncescope, root, tree};

#[test]
fn the_example_is_what_a_run_writes_today() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let args = ["run", "sample_data", "--no-progress", "--quiet", "--out"].map(AsRef::as_ref);
    bouncescope(args.into_iter().chain([out.path().as_os_str()])).dir(&root("")).run().behaves(&[0]);
    let mut today = tree(&out.path().join("2026-11-20"));
    // Binary, and no help to a reader; the manifest, which stays, names their hashes.
    today.retain(|name, _| !name.ends_with(".parquet"));
    mask_tables_hash(&mut today);
    let example = root("reports/example");
    if std::env::var_os("UPDATE_EXAMPLE").is_some() {
        renew(&example, &today);
    }
    let kept = tree(&example);
    let differing: Vec<&String> =
        today.keys().chain(kept.keys()).filter(|name| today.get(*name) != kept.get(*name)).collect();
    assert!(
        differing.is_empty(),
        "reports/example is out of date: {differing:?}; run `UPDATE_EXAMPLE=1 cargo test example`, read the difference, commit it"
    );
}

#[test]
fn the_readme_shows_what_a_run_prints_today() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let args = ["run", "sample_data", "--no-progress", "--out"].map(AsRef::as_ref);
    let told = bouncescope(args.into_iter().chain([out.path().as_os_str()])).dir(&root("")).run().behaves(&[0]);
    let printed = told.stdout.replace(&*out.path().to_string_lossy(), "reports");
    let path = root("README.md");
    let readme = fs::read_to_string(&path).expect("the README");
    let command = "$ cargo run --release -- run sample_data\n";
    let start = readme.find(command).expect("the README names the command") + command.len();
    let end = start + readme[start..].find("```").expect("the block ends");
    if std::env::var_os("UPDATE_EXAMPLE").is_some() {
        fs::write(&path, format!("{}{printed}{}", &readme[..start], &readme[end..]))
            .expect("the README can be written");
    } else {
        assert_eq!(printed, readme[start..end], "run `UPDATE_EXAMPLE=1 cargo test example` and read the difference");
    }
}

/// Puts zeros in the place of the tables' hash, and of the manifest's hashes of the files that hold it.
fn mask_tables_hash(files: &mut BTreeMap<String, Vec<u8>>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the example is text");
    let report: Value = serde_json::from_slice(&files["report.json"]).expect("a report in JSON");
    let hash = report["tables_hash"].as_str().expect("a hash of the tables").to_owned();
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).expect("a manifest in JSON");
    let mut masks = vec![hash.clone()];
    for file in manifest["files"].as_array().expect("files") {
        let name = file["path"].as_str().expect("a path");
        if files.get(name).is_some_and(|bytes| text(bytes).contains(&hash)) {
            masks.push(file["blake3"].as_str().expect("a hash").to_owned());
        }
    }
    assert!(masks.len() > 1, "no file holds the hash of the tables");
    for bytes in files.values_mut() {
        let masked = masks.iter().fold(text(bytes), |text, mask| text.replace(mask, &"0".repeat(mask.len())));
        *bytes = masked.into_bytes();
    }
}

fn renew(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the old example can be removed");
    }
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        fs::write(path, bytes).expect("a file can be written");
    }
}
