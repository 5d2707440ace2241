//! A list being written: its CSV file, complete when it is closed, and a frame of those of its columns that somebody asked for.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use anyhow::Context;
use polars::prelude::{DataFrame, IntoColumn, StringChunkedBuilder};

/// A list as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFile {
    /// Relative to the night's folder, with `/`.
    pub path: String,
    /// Rows below the header.
    pub rows: u64,
}

/// A cell of a row, by the name of its column.
pub(super) type Cell<'c> = (&'static str, Cow<'c, str>);

/// One list.
pub(super) struct Sheet {
    path: String,
    columns: Vec<&'static str>,
    rows: u64,
    csv: csv::Writer<BufWriter<File>>,
    /// Of the frame, each with the position of its column.
    kept: Vec<(usize, StringChunkedBuilder)>,
}

impl Sheet {
    /// Creates the file below `night`, with its header; `kept` says of which columns a frame is made.
    pub fn create(
        night: &Path,
        path: String,
        header: &'static str,
        kept: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Sheet> {
        let full = night.join(&path);
        let opened = (|| {
            fs::create_dir_all(full.parent().unwrap_or(night))?;
            File::create(&full)
        })();
        let file = opened.with_context(|| format!("{}: cannot write the list", full.display()))?;
        let mut csv = csv::WriterBuilder::new()
            .terminator(csv::Terminator::Any(b'\n'))
            .from_writer(BufWriter::with_capacity(1 << 16, file));
        let columns: Vec<&str> = header.split(',').collect();
        csv.write_record(&columns)?;
        let kept = columns.iter().enumerate().filter(|(_, name)| kept(name));
        let kept = kept.map(|(at, name)| (at, StringChunkedBuilder::new((*name).into(), 0))).collect();
        Ok(Sheet { path, columns, rows: 0, csv, kept })
    }

    /// Writes a row, its cells in any order, those that are missing empty; the frame gets it where it is `kept`. Always true.
    pub fn row(&mut self, cells: &[Cell<'_>], kept: bool) -> anyhow::Result<bool> {
        let cell = |name: &&str| cells.iter().find(|(known, _)| known == name).map_or("", |(_, cell)| cell);
        let written = self.csv.write_record(self.columns.iter().map(cell));
        written.with_context(|| format!("{}: cannot write the list", self.path))?;
        self.rows += 1;
        for (at, column) in self.kept.iter_mut().filter(|_| kept) {
            column.append_value(cell(&self.columns[*at]));
        }
        Ok(true)
    }

    /// Its file's name.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Closes the file.
    pub fn finish(mut self) -> anyhow::Result<(ListFile, DataFrame)> {
        self.csv.flush().with_context(|| format!("{}: cannot write the list", self.path))?;
        let columns = self.kept.into_iter().map(|(_, column)| column.finish().into_column()).collect();
        Ok((ListFile { path: self.path, rows: self.rows }, DataFrame::new_infer_height(columns)?))
    }
}
