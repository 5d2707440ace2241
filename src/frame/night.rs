//! A night's Parquet files. In: frames in the order of the input. Out: `events.parquet`, `deliveries.parquet` and
//! `rejects.parquet` in one folder. Row groups are cut by rows alone, so the bytes do not depend on batches or threads.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Context;
use polars::prelude::{ArrowDataType, ArrowField, ArrowSchema, CompatLevel, DataFrame, PolarsResult};
use polars_io::parquet::write::{BatchedWriter, KeyValueMetadata, ParquetCompression, ParquetWriter};
use polars_parquet::write::schema_to_metadata_key;

use super::read::ARROW_SCHEMA;
use polars_parquet::write::CompressedPage;

use super::{ClassifiedEvent, PlacedDelivery, delivery_frame, event_frame, schema, text, whole};
use crate::bounce::{Key, Origin, Reject};

/// Rows of one row group: a compromise between memory and the cost of a group.
const ROWS_PER_GROUP: usize = 1 << 16;

/// Where the rows of a run go. Pages are made in parallel and written in the order of the input.
pub trait Sink: Sync {
    /// Rows in the form in which they are written.
    type Page: Send;

    /// Gives some consecutive rows their form.
    ///
    /// # Errors
    /// Rows that the form cannot hold; none that input can cause.
    fn page(
        &self,
        events: &[ClassifiedEvent],
        deliveries: &[PlacedDelivery],
        rejects: &[Reject],
    ) -> anyhow::Result<Self::Page>;

    /// Writes a page.
    ///
    /// # Errors
    /// Writing that fails.
    fn write(&mut self, page: Self::Page) -> anyhow::Result<()>;
}

/// The paths of a night's files.
#[derive(Debug, Clone)]
pub struct NightFiles {
    /// Classified events.
    pub events: PathBuf,
    /// Deliveries.
    pub deliveries: PathBuf,
    /// Rejects: `source`, `source_index`, `reason`, `detail`.
    pub rejects: PathBuf,
}

impl NightFiles {
    /// The files of a night in `folder`, whether or not they exist.
    pub fn in_folder(folder: &Path) -> NightFiles {
        NightFiles {
            events: folder.join("events.parquet"),
            deliveries: folder.join("deliveries.parquet"),
            rejects: folder.join("rejects.parquet"),
        }
    }
}

/// Writes a night's files.
pub struct NightWriter {
    events: TableWriter,
    deliveries: TableWriter,
    rejects: TableWriter,
}

impl NightWriter {
    /// Creates the files, so that a bad folder fails before the work starts.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub fn create(files: &NightFiles) -> anyhow::Result<NightWriter> {
        NightWriter::create_under(files, &Key::default())
    }

    /// The same for rows hashed under a key.
    ///
    /// # Errors
    /// As `create`.
    pub fn create_under(files: &NightFiles, key: &Key) -> anyhow::Result<NightWriter> {
        Ok(NightWriter {
            events: TableWriter::create(&files.events, &event_frame(&[])?, key)?,
            deliveries: TableWriter::create(&files.deliveries, &delivery_frame(&[])?, key)?,
            rejects: TableWriter::create(&files.rejects, &reject_frame(&[])?, key)?,
        })
    }

    /// Writes what is left and the footers.
    ///
    /// # Errors
    /// Writing that fails, such as on a full disk.
    pub fn finish(self) -> anyhow::Result<()> {
        self.events.finish()?;
        self.deliveries.finish()?;
        self.rejects.finish()
    }
}

/// Writes events alone, into a file of its own.
pub struct EventsWriter(TableWriter);

impl EventsWriter {
    /// Creates the file for rows hashed under a key, or empties the one that is there.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub fn create(path: &Path, key: &Key) -> anyhow::Result<EventsWriter> {
        Ok(EventsWriter(TableWriter::create(path, &event_frame(&[])?, key)?))
    }

    /// Writes what is left and the footer.
    ///
    /// # Errors
    /// Writing that fails, such as on a full disk.
    pub fn finish(self) -> anyhow::Result<()> {
        self.0.finish()
    }
}

impl Sink for EventsWriter {
    type Page = DataFrame;

    fn page(&self, events: &[ClassifiedEvent], _: &[PlacedDelivery], _: &[Reject]) -> anyhow::Result<DataFrame> {
        Ok(event_frame(events)?)
    }

    fn write(&mut self, events: DataFrame) -> anyhow::Result<()> {
        self.0.push(events)
    }
}

/// Events, deliveries and rejects as frames.
type Frames = [DataFrame; 3];

impl Sink for NightWriter {
    type Page = Frames;

    fn page(
        &self,
        events: &[ClassifiedEvent],
        deliveries: &[PlacedDelivery],
        rejects: &[Reject],
    ) -> anyhow::Result<Frames> {
        Ok([event_frame(events)?, delivery_frame(deliveries)?, reject_frame(rejects)?])
    }

    fn write(&mut self, [events, deliveries, rejects]: Frames) -> anyhow::Result<()> {
        self.events.push(events)?;
        self.deliveries.push(deliveries)?;
        self.rejects.push(rejects)
    }
}

fn reject_frame(rows: &[Reject]) -> PolarsResult<DataFrame> {
    let columns = vec![
        text(schema::SOURCE, rows, |r| Some(&r.origin.source)),
        whole(schema::SOURCE_INDEX, rows, |r| r.origin.index),
        text(schema::REASON, rows, |r| Some(r.reason.as_str())),
        text(schema::DETAIL, rows, |r| Some(&r.detail)),
    ];
    DataFrame::new(rows.len(), columns)
}

/// The rejects of a night, in the order of the input.
///
/// # Errors
/// A file that cannot be opened or is not one of ours.
pub fn rejects(file: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Reject>>> {
    let columns = [schema::SOURCE, schema::SOURCE_INDEX, schema::REASON, schema::DETAIL];
    let frames = super::scan(&[file.to_owned()], &columns)?;
    Ok(frames.flat_map(|frame| match frame.and_then(|frame| rows_of(&frame)) {
        Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    }))
}

fn rows_of(frame: &DataFrame) -> anyhow::Result<Vec<Reject>> {
    let (source, index) = (frame.column(schema::SOURCE)?.str()?, frame.column(schema::SOURCE_INDEX)?.i64()?);
    let (reason, detail) = (frame.column(schema::REASON)?.str()?, frame.column(schema::DETAIL)?.str()?);
    (0..frame.height())
        .map(|row| {
            Ok(Reject {
                origin: Origin {
                    source: source.get(row).unwrap_or_default().into(),
                    index: index.get(row).and_then(|index| u64::try_from(index).ok()).unwrap_or_default(),
                },
                reason: reason.get(row).unwrap_or_default().parse()?,
                detail: detail.get(row).unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

/// What a file says of itself: the version of its columns, the name of its key, and the columns' types as Arrow has them. Those that polars would write
/// are its own kinds of text, which not every engine reads.
fn told_of(empty: &DataFrame, key: &Key) -> KeyValueMetadata {
    let plain = |name: &str| {
        let dtype = match schema::type_of(name).polars().to_arrow(CompatLevel::oldest()) {
            ArrowDataType::LargeUtf8 | ArrowDataType::Dictionary(..) => ArrowDataType::Utf8,
            other => other,
        };
        (name.into(), ArrowField::new(name.into(), dtype, true))
    };
    let types: ArrowSchema = empty.get_column_names().into_iter().map(|name| plain(name)).collect();
    let told = schema_to_metadata_key(&types);
    let types = told.value.map(|types| (ARROW_SCHEMA.to_owned(), types));
    let version = (schema::VERSION_KEY.to_owned(), schema::VERSION.to_string());
    let key = (schema::KEY_KEY.to_owned(), key.name().to_owned());
    KeyValueMetadata::from_static(types.into_iter().chain([version, key]).collect())
}

/// One Parquet file, written in row groups of equal size.
pub(super) struct TableWriter {
    writer: BatchedWriter<BufWriter<File>>,
    pending: DataFrame,
    path: PathBuf,
}

impl TableWriter {
    pub(super) fn create(path: &Path, empty: &DataFrame, key: &Key) -> anyhow::Result<TableWriter> {
        let file = File::create(path).with_context(|| format!("{}: cannot be created", path.display()))?;
        let writer = ParquetWriter::new(BufWriter::new(file))
            .with_compression(ParquetCompression::Zstd(None))
            .with_key_value_metadata(Some(told_of(empty, key)))
            .batched(empty.schema())?;
        Ok(TableWriter { writer, pending: empty.clone(), path: path.to_owned() })
    }

    pub(super) fn push(&mut self, frame: DataFrame) -> anyhow::Result<()> {
        if frame.height() == 0 {
            return Ok(());
        }
        self.pending.vstack_mut_owned(frame)?;
        while self.pending.height() >= ROWS_PER_GROUP {
            let rest = self.pending.slice(ROWS_PER_GROUP as i64, usize::MAX);
            let group = self.pending.slice(0, ROWS_PER_GROUP);
            self.write(group)?;
            self.pending = rest;
        }
        Ok(())
    }

    /// Writes a row group whose columns are encoded already.
    pub(super) fn push_pages(&mut self, rows: u64, pages: &[Vec<CompressedPage>]) -> anyhow::Result<()> {
        self.writer.write_row_group(rows, pages).with_context(|| format!("{}: cannot be written", self.path.display()))
    }

    fn write(&mut self, mut group: DataFrame) -> anyhow::Result<()> {
        group.rechunk_mut();
        self.writer.write_batch(&group).with_context(|| format!("{}: cannot be written", self.path.display()))
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        if self.pending.height() > 0 {
            let rest = std::mem::take(&mut self.pending);
            self.write(rest)?;
        }
        self.writer.finish().with_context(|| format!("{}: cannot be written", self.path.display()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::RejectReason;
    use crate::frame::scan;

    fn reject(index: u64) -> Reject {
        let origin = Origin { source: "in.csv".into(), index };
        Reject { origin, reason: RejectReason::RaggedRow, detail: format!("{index} fields") }
    }

    #[test]
    fn rows_come_back_in_order_with_only_the_columns_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let files = NightFiles::in_folder(dir.path());
        let mut writer = NightWriter::create(&files).unwrap();
        for rejects in [&[reject(1), reject(2)][..], &[reject(3)]] {
            let page = writer.page(&[], &[], rejects).unwrap();
            writer.write(page).unwrap();
        }
        writer.finish().unwrap();
        let frames: Vec<DataFrame> = scan(std::slice::from_ref(&files.rejects), &[schema::DETAIL])
            .unwrap()
            .collect::<anyhow::Result<_>>()
            .unwrap();
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0].shape(), (3, 1));
        let back: Vec<Reject> = rejects(&files.rejects).unwrap().collect::<anyhow::Result<_>>().unwrap();
        assert_eq!(back, [reject(1), reject(2), reject(3)]);
    }

    #[test]
    fn an_empty_night_reads_back_as_no_frames() {
        let dir = tempfile::tempdir().unwrap();
        let files = NightFiles::in_folder(dir.path());
        NightWriter::create(&files).unwrap().finish().unwrap();
        assert_eq!(scan(&[files.events], &[schema::CAUSE]).unwrap().count(), 0);
    }
}
