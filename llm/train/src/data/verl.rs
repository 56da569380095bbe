//! Problems as verl reads them: a Parquet file with the columns of its data sets.
//!
//! ```text
//! data_source   text
//! prompt        list of { role, content }: one message of the user
//! reward_model  { style, ground_truth }
//! extra_info    { index, id }
//! ```

use crate::error::{Error, Result};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use rs_grpo_files::Refuse as _;
use std::sync::Arc;

const SCHEMA: &str = "message problems {
    required binary data_source (UTF8);
    required group prompt (LIST) {
        repeated group list {
            required group element {
                required binary role (UTF8);
                required binary content (UTF8);
            }
        }
    }
    required group reward_model {
        required binary style (UTF8);
        required binary ground_truth (UTF8);
    }
    required group extra_info {
        required int64 index;
        required binary id (UTF8);
    }
}";

/// A problem for verl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerlRow {
    /// The set that it is from.
    pub source: String,
    /// The user's message.
    pub content: String,
    /// The gold answer, as in the set.
    pub answer: String,
    /// Name of the problem.
    pub id: String,
}

/// The bytes of a file with these problems.
///
/// # Errors
/// More than Parquet can hold.
pub fn verl_parquet(rows: &[VerlRow]) -> Result<Vec<u8>> {
    encoded(rows).map_err(|error| {
        Error::parameter("number of problems", rows.len(), format!("what Parquet holds: {error}"))
    })
}

fn encoded(rows: &[VerlRow]) -> Result<Vec<u8>, ParquetError> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let text = |of: fn(&VerlRow) -> &str| rows.iter().map(|row| ByteArray::from(of(row))).collect();
    // In the order of the schema. Every list has one element: definition 1, repetition 0.
    texts(&mut group, text(|row| &row.source), 0)?;
    texts(&mut group, text(|_| "user"), 1)?;
    texts(&mut group, text(|row| &row.content), 1)?;
    texts(&mut group, text(|_| "rule"), 0)?;
    texts(&mut group, text(|row| &row.answer), 0)?;
    let numbers: Vec<i64> = (0..rows.len() as i64).collect();
    if let Some(mut column) = group.next_column()? {
        column.typed::<Int64Type>().write_batch(&numbers, None, None)?;
        column.close()?;
    }
    texts(&mut group, text(|row| &row.id), 0)?;
    group.close()?;
    writer.into_inner()
}

/// The next column, whose values stand at this level of definition.
fn texts(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: Vec<ByteArray>,
    level: i16,
) -> Result<(), ParquetError> {
    if let Some(mut column) = group.next_column()? {
        let (definition, repetition) = (vec![level; values.len()], vec![0; values.len()]);
        let levels = (level > 0).then_some((&definition[..], &repetition[..]));
        let (definition, repetition) = levels.unzip();
        column.typed::<ByteArrayType>().write_batch(&values, definition, repetition)?;
        column.close()?;
    }
    Ok(())
}
