//! The rows of JSON lines, JSON and Parquet files.

use super::columns::DataRow;
use crate::error::{Error, Result};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::Type;
use rs_grpo_files::Reader;
use rs_grpo_files::Refuse as _;
use rs_grpo_files::panics::caught;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Longest `.json` file, which is read whole.
const LONGEST_JSON: u64 = 1 << 30;

/// Called with each row: its place, such as `file:12`, its number and its columns.
type Take<'a> = &'a mut dyn FnMut(&Path, usize, DataRow) -> Result<()>;

/// Calls `take` with every row of a file. Where columns can be read one by one, those that are not
/// `wanted` are null: solutions in DeepMath's are fifty times as long as its problems.
pub(super) fn each_row(path: &Path, wanted: &dyn Fn(&str) -> bool, take: Take<'_>) -> Result<()> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => parquet_rows(path, wanted, take),
        Some("json") => json_rows(path, take),
        _ => line_rows(path, take),
    }
}

fn line_rows(path: &Path, take: Take<'_>) -> Result<()> {
    let mut lines = Reader::<DataRow>::open(path)?;
    while let Some(line) = lines.next() {
        let number = lines.number();
        take(&place(path, number), number, line?)?;
    }
    Ok(())
}

fn place(path: &Path, number: usize) -> PathBuf {
    PathBuf::from(format!("{}:{number}", path.display()))
}

/// A list of objects, or JSON Lines under the name `.json`.
fn json_rows(path: &Path, take: Take<'_>) -> Result<()> {
    let size = std::fs::metadata(path).map_err(Error::file(path))?.len();
    if size > LONGEST_JSON {
        let problem = format!("has {size} bytes; convert it to JSON Lines (.jsonl)");
        return Err(Error::malformed(path, "the file", problem));
    }
    let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
    if text.trim_start().starts_with('{') {
        return line_rows(path, take);
    }
    let rows: Vec<DataRow> = serde_json::from_str(&text).map_err(|error| {
        let problem = format!("is not a list of JSON objects: {error}");
        Error::malformed(path, "the file", problem)
    })?;
    let mut rows = rows.into_iter().zip(1..);
    rows.try_for_each(|(row, number)| take(&place(path, number), number, row))
}

/// The Parquet reader panics on some damaged files; the panic is turned into an error.
fn parquet_rows(path: &Path, wanted: &dyn Fn(&str) -> bool, take: Take<'_>) -> Result<()> {
    let damaged = |error: String| {
        Error::malformed(path, "the file", format!("cannot be read as Parquet: {error}"))
    };
    let file = rs_grpo_files::open(path)?;
    let read = || -> Result<Vec<DataRow>, String> {
        let text = |error: parquet::errors::ParquetError| error.to_string();
        let reader = SerializedFileReader::new(file).map_err(text)?;
        let schema = reader.metadata().file_metadata().schema();
        let fields = schema.get_fields().iter();
        let (read, left): (Vec<_>, Vec<_>) =
            fields.cloned().partition(|field| wanted(field.name()));
        // A file with none of them is read whole: the error then shows what it has.
        let left = if read.is_empty() { Vec::new() } else { left };
        let projection = match read.is_empty() {
            true => None,
            false => Some(Type::group_type_builder(schema.name()).with_fields(read).build()),
        };
        let rows = reader.get_row_iter(projection.transpose().map_err(text)?).map_err(text)?;
        rows.map(|row| {
            let columns = row.map_err(text)?.into_columns();
            let left = left.iter().map(|field| (field.name().to_owned(), Value::Null));
            Ok(columns.into_iter().map(|(name, field)| (name, json(field))).chain(left).collect())
        })
        .collect()
    };
    let rows = caught(read).unwrap_or_else(|_| Err("it is damaged".to_owned())).map_err(damaged)?;
    let mut rows = rows.into_iter().zip(1..);
    rows.try_for_each(|(row, number)| take(&place(path, number), number, row))
}

/// A field as JSON; its text for types that problems and answers do not have.
fn json(field: Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => value.into(),
        Field::Byte(value) => value.into(),
        Field::Short(value) => value.into(),
        Field::Int(value) => value.into(),
        Field::Long(value) => value.into(),
        Field::UByte(value) => value.into(),
        Field::UShort(value) => value.into(),
        Field::UInt(value) => value.into(),
        Field::ULong(value) => value.into(),
        Field::Float(value) => value.into(),
        Field::Double(value) => value.into(),
        Field::Str(text) => text.into(),
        Field::Group(row) => {
            let fields = row.into_columns().into_iter();
            Value::Object(fields.map(|(name, field)| (name, json(field))).collect::<Map<_, _>>())
        }
        Field::ListInternal(list) => list.elements().iter().cloned().map(json).collect(),
        other => other.to_string().into(),
    }
}
