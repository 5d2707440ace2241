//! Parquet files read back: ours, and what other programs wrote of our rows. In: files, the columns wanted. Out: frames, one row
//! group at a time, each column in the one type that the schema gives it. What does not fit is an error that names file and
//! column. A file's own Arrow schema is not looked at: the Parquet types say all that is needed, and every writer has them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use polars::prelude::{ArrowDataType, Column, DataFrame, DataType};
use polars_io::SerReader;
use polars_io::parquet::metadata::FileMetadataRef;
use polars_io::parquet::read::ParquetReader;

use super::convert;
use super::schema::{self, ColumnType};
use crate::guard::guarded;

/// Where Parquet writers keep the Arrow types of a file.
pub(super) const ARROW_SCHEMA: &str = "ARROW:schema";

/// The row groups of Parquet files, to be read one by one, in any order, by any thread.
pub struct RowGroups {
    columns: Vec<String>,
    groups: Vec<RowGroup>,
}

struct RowGroup {
    path: PathBuf,
    metadata: FileMetadataRef,
    start: usize,
    rows: usize,
}

impl RowGroups {
    /// The row groups of these files, of which only `columns` will be read.
    ///
    /// # Errors
    /// A file that cannot be opened, is not Parquet, or was written by a newer version; a column that it does not have, or
    /// has in a type that cannot be the column's.
    pub fn open(files: &[PathBuf], columns: &[&str]) -> anyhow::Result<RowGroups> {
        let mut groups = Vec::new();
        for path in files {
            let metadata = metadata(path, columns)?;
            let mut start = 0;
            for group in &metadata.row_groups {
                let rows = group.num_rows();
                groups.push(RowGroup { path: path.clone(), metadata: metadata.clone(), start, rows });
                start += rows;
            }
        }
        Ok(RowGroups { columns: columns.iter().map(|c| (*c).to_owned()).collect(), groups })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// How many rows they hold together.
    pub fn rows(&self) -> usize {
        self.groups.iter().map(|group| group.rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Reads one, by its place in the order of the files: the columns asked for, in that order.
    ///
    /// # Errors
    /// Damaged data; a value that its column's type cannot hold.
    pub fn read(&self, at: usize) -> anyhow::Result<DataFrame> {
        let RowGroup { path, metadata, start, rows } = &self.groups[at];
        let place = || format!("{}: rows {start}..{}", path.display(), start + rows);
        let mut reader =
            ParquetReader::new(open(path)?).with_columns(Some(self.columns.clone())).with_slice(Some((*start, *rows)));
        reader.set_metadata(metadata.clone());
        let frame = match guarded(|| reader.finish()) {
            Ok(read) => read.with_context(place)?,
            Err(panic) => bail!("{}: damaged; reading it stopped at {panic}", place()),
        };
        let column = |name: &String| {
            let read = frame.column(name)?;
            convert::column(read, schema::type_of(name))
                .map_err(|what| anyhow::anyhow!("{}: column {name}: {what}", path.display()))
        };
        let columns = self.columns.iter().map(column).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(DataFrame::new(frame.height(), columns)?)
    }

    /// A frame of the same columns without rows.
    ///
    /// # Errors
    /// Columns that were asked for twice.
    pub fn no_rows(&self) -> anyhow::Result<DataFrame> {
        let column = |name: &String| Column::new_empty(name.as_str().into(), &schema::type_of(name).polars());
        Ok(DataFrame::new(0, self.columns.iter().map(column).collect())?)
    }
}

/// Parquet files read back, one row group at a time, only the columns asked for, in the types of [`schema::type_of`]: closed
/// sets as `Enum`, times as `Datetime(ms, UTC)`, numbers as `Int64` or `Int32`, text as `String`.
///
/// # Errors
/// As [`RowGroups::open`].
pub fn scan(
    files: &[PathBuf],
    columns: &[&str],
) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<DataFrame>> + Send>> {
    let groups = RowGroups::open(files, columns)?;
    Ok(Box::new((0..groups.len()).map(move |at| groups.read(at))))
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("{}: cannot be opened", path.display()))
}

/// The footer of a file that holds these columns, without its Arrow schema.
fn metadata(path: &Path, columns: &[&str]) -> anyhow::Result<FileMetadataRef> {
    let mut reader = ParquetReader::new(open(path)?);
    let read = guarded(|| reader.get_metadata().cloned());
    let mut metadata = match read {
        Ok(read) => read.with_context(|| format!("{}: not a Parquet file", path.display()))?,
        Err(panic) => bail!("{}: not a Parquet file; reading it stopped at {panic}", path.display()),
    };
    check_version(path, &metadata)?;
    if let Some(pairs) = &mut Arc::make_mut(&mut metadata).key_value_metadata {
        pairs.retain(|pair| pair.key != ARROW_SCHEMA);
    }
    check_columns(path, &metadata, columns)?;
    Ok(metadata)
}

/// A file of a newer version may mean something else by a column of the same name. One without a version is taken as it is.
fn check_version(path: &Path, metadata: &FileMetadataRef) -> anyhow::Result<()> {
    let mut pairs = metadata.key_value_metadata.iter().flatten();
    let Some(told) = pairs.find(|pair| pair.key == schema::VERSION_KEY).and_then(|pair| pair.value.as_deref()) else {
        return Ok(());
    };
    match told.parse::<u32>() {
        Ok(version) if version <= schema::VERSION => Ok(()),
        Ok(version) => bail!(
            "{}: schema version {version}, and this bouncescope reads up to {}; read it with the version that wrote it, or a newer one",
            path.display(),
            schema::VERSION
        ),
        Err(_) => bail!("{}: schema version \"{}\" is no number; write it anew", path.display(), told.escape_debug()),
    }
}

/// That each column is there, in a type that can become its own.
fn check_columns(path: &Path, metadata: &FileMetadataRef, columns: &[&str]) -> anyhow::Result<()> {
    let inferred = guarded(|| polars_io::parquet::read::infer_schema(metadata));
    let types = match inferred {
        Ok(types) => types.with_context(|| format!("{}: its columns cannot be read", path.display()))?,
        Err(panic) => bail!("{}: its columns cannot be read; it stopped at {panic}", path.display()),
    };
    for name in columns {
        let Some(field) = types.get(name) else {
            bail!("{}: no column {name}; write it anew with this version, or give a file that has it", path.display());
        };
        let wanted = schema::type_of(name);
        if !may_become(&field.dtype, wanted) {
            let found = found(&field.dtype);
            bail!("{}: column {name}: expected {}, found {found}; write it as that", path.display(), wanted.words());
        }
    }
    Ok(())
}

/// Whether every value of a type that fits can be told in ours without a guess.
fn may_become(found: &ArrowDataType, wanted: ColumnType) -> bool {
    use ArrowDataType as Arrow;
    match wanted {
        _ if *found == Arrow::Null => true,
        ColumnType::Text | ColumnType::Words(_) => matches!(found, Arrow::Utf8View | Arrow::LargeUtf8 | Arrow::Utf8),
        ColumnType::Int32 | ColumnType::Int64 => matches!(
            found,
            Arrow::Int32 | Arrow::Int64 | Arrow::UInt16 | Arrow::UInt32 | Arrow::UInt64 | Arrow::Decimal(_, 0)
        ),
        ColumnType::Boolean => *found == Arrow::Boolean,
        ColumnType::Time => matches!(found, Arrow::Timestamp(..)),
    }
}

/// A type as an error names it.
fn found(dtype: &ArrowDataType) -> String {
    match guarded(|| DataType::from_arrow(dtype, None)) {
        Ok(dtype) => dtype.to_string(),
        Err(_) => "a type that is not read here".to_owned(),
    }
}
