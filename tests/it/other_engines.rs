//! Parquet files that other programs wrote of our rows: read with the same figures, or refused with file and column. The files
//! are made by `tests/parquet/make.py`.

use std::path::{Path, PathBuf};

use bouncescope::frame::{scan, schema};
use polars::prelude::{AnyValue, DataFrame, DataType, TimeUnit, TimeZone};

const COLUMNS: [&str; 7] = [
    schema::KIND,
    schema::REPLY_CODE,
    schema::RECIPIENT,
    schema::COUNT,
    schema::RECIPIENT_KEY,
    schema::BY_MAIL,
    schema::TIMESTAMP,
];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet").join(format!("{name}.parquet"))
}

fn read(name: &str, columns: &[&str]) -> anyhow::Result<DataFrame> {
    scan(&[file(name)], columns)?.next().unwrap_or_else(|| Ok(DataFrame::default()))
}

fn cells(frame: &DataFrame) -> Vec<String> {
    let row = |at: usize| {
        let cell = |name: &&str| match frame.column(name).expect("a column asked for").get(at).expect("a row") {
            AnyValue::Datetime(at, TimeUnit::Milliseconds, _) => at.to_string(),
            cell => cell.to_string().replace('"', ""),
        };
        COLUMNS.iter().map(cell).collect::<Vec<_>>().join(" ")
    };
    (0..frame.height()).map(row).collect()
}

#[test]
fn what_other_engines_wrote_is_read_with_the_same_figures() {
    let want = [
        "bounce 550 ann@example.com 1 -5 true 1795136523456",
        "delay null null 250 7 false -1",
        "null 421 bob@example.net 40000 null null null",
    ];
    for name in ["pyarrow", "dictionaries", "spark", "naive", "duckdb"] {
        let frame = read(name, &COLUMNS).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert_eq!(cells(&frame), want, "{name}");
    }
}

#[test]
fn every_column_has_its_one_type_whoever_wrote_it() {
    for name in ["pyarrow", "dictionaries", "spark", "naive", "duckdb"] {
        let frame = read(name, &COLUMNS).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        let types: Vec<DataType> = frame.columns().iter().map(|column| column.dtype().clone()).collect();
        let time = DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC));
        let want = [DataType::Int32, DataType::String, DataType::Int64, DataType::Int64, DataType::Boolean, time];
        assert_eq!(types[1..], want, "{name}");
        assert!(types[0].is_enum(), "{name}: {}", types[0]);
    }
}

#[test]
fn what_cannot_be_ours_is_refused_with_file_and_column() {
    for (name, column, says) in [
        ("int16", schema::REPLY_CODE, "column reply_code: expected whole numbers (int32), found i16"),
        ("fractions", schema::COUNT, "column count: expected whole numbers (int64), found decimal[10,2]"),
        ("floats", schema::COUNT, "column count: expected whole numbers (int64), found f64"),
        ("dates", schema::TIMESTAMP, "column timestamp: expected timestamps (milliseconds, UTC), found date"),
        ("words", schema::REPLY_CODE, "column reply_code: expected whole numbers (int32), found str"),
        ("structs", schema::RECIPIENT, "column recipient: expected text, found a type that is not read here"),
        ("unknown_word", schema::KIND, "column kind: unknown word \"bounced\"; its words are: bounce, delay,"),
        ("too_large", schema::COUNT, "column count: a number of it is too large for i64"),
        ("too_wide", schema::REPLY_CODE, "column reply_code: a number of it is too large for i32"),
        ("pyarrow", schema::CAUSE, "no column cause"),
        ("newer", schema::KIND, "schema version 999, and this bouncescope reads up to"),
    ] {
        let told = match read(name, &[column]) {
            Ok(frame) => panic!("{name}: read as {frame}"),
            Err(error) => format!("{error:#}"),
        };
        assert!(told.contains(&format!("{name}.parquet: {says}")), "{name}: {told}");
        assert!(!told.contains('\n'), "{told}");
    }
}

#[test]
fn what_is_no_parquet_is_an_error_and_no_panic() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(file("pyarrow")).expect("the file");
    let path = dir.path().join("broken.parquet");
    let all = |path: &PathBuf| {
        scan(std::slice::from_ref(path), &COLUMNS).and_then(|frames| frames.collect::<anyhow::Result<Vec<_>>>())
    };
    // Damage at places all over a small file: in pages, in the footer, in its length.
    for at in (0..whole.len()).step_by(97).chain(whole.len() - 12..whole.len()) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        std::fs::write(&path, &bytes).expect("written");
        if let Err(error) = all(&path) {
            let told = format!("{error:#}");
            assert!(told.contains("broken.parquet"), "{at}: {told}");
        }
    }
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("written");
    assert!(all(&path).is_err());
}
