//! The rows of Parquet files.

use super::cell::ColumnValue;
use super::row::{DataRow, Take, place};
use crate::error::{Error, Result};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::schema::types::Type;
use rs_grpo_files::Refuse as _;
use rs_grpo_files::panics::caught;
use std::fs::File;
use std::path::Path;

/// Calls `take` with every row; columns that are not `wanted` are not read, and null.
///
/// The reader panics on some damaged files, and the verdict on a stranger's file must be an error.
pub(super) fn parquet_rows(
    path: &Path,
    file: File,
    wanted: &dyn Fn(&str) -> bool,
    take: Take<'_>,
) -> Result<()> {
    let damaged = |error: String| {
        Error::malformed(path, "the file", format!("cannot be read as Parquet: {error}"))
    };
    let panicked = |_: String| damaged("it is damaged".to_owned());
    let open = caught(|| Rows::open(file, wanted)).map_err(panicked)?;
    let mut rows = open.map_err(|error| damaged(error.to_string()))?;
    for number in 1.. {
        match caught(|| rows.next()).map_err(panicked)? {
            Some(Ok(row)) => take(&place(path, number), number, row)?,
            Some(Err(error)) => return Err(damaged(error.to_string())),
            None => break,
        }
    }
    Ok(())
}

/// The rows of a file, read one by one.
struct Rows {
    rows: RowIter<'static>,
    /// Names of the columns that are not read.
    left: Vec<String>,
}

impl Rows {
    fn open(file: File, wanted: &dyn Fn(&str) -> bool) -> Result<Self, ParquetError> {
        let reader = SerializedFileReader::new(file)?;
        let schema = reader.metadata().file_metadata().schema();
        let fields = schema.get_fields().iter();
        let (read, left): (Vec<_>, Vec<_>) =
            fields.cloned().partition(|field| wanted(field.name()));
        // A file with none of them is read whole: the error then shows what it has.
        let (projection, left) = match read.is_empty() {
            true => (None, Vec::new()),
            false => {
                (Some(Type::group_type_builder(schema.name()).with_fields(read).build()?), left)
            }
        };
        let left = left.iter().map(|field| field.name().to_owned()).collect();
        let rows = RowIter::from_file_into(Box::new(reader)).project(projection)?;
        Ok(Self { rows, left })
    }
}

impl Iterator for Rows {
    type Item = Result<DataRow, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.rows.next()?;
        let columns = |row: parquet::record::Row| {
            let read = row.into_columns().into_iter();
            let read = read.map(|(name, field)| (name, ColumnValue::of_parquet(field)));
            read.chain(self.left.iter().map(|name| (name.clone(), ColumnValue::Null))).collect()
        };
        Some(read.map(columns))
    }
}
