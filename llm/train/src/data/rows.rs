//! The rows of JSON, CSV and Parquet files.

use super::cell::ColumnValue;
use super::parquet::parquet_rows;
use super::row::{DataRow, Take, place};
use crate::error::{Error, Result};
use rs_grpo_files::Refuse as _;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

/// Kinds of files that are read, by the ends of their names.
pub(super) const KINDS: [&str; 5] = ["jsonl", "json", "parquet", "csv", "tsv"];
/// Longest line of JSON, in bytes.
const LONGEST_LINE: u64 = 64 << 20;
/// How files of other kinds begin.
const OTHERS: [(&[u8], &str); 4] = [
    (b"\x1f\x8b", "compressed with gzip: unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd: unpack it"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet: unpack it, or save it as CSV"),
    (b"ARROW1", "in Arrow's format: save it as Parquet or JSON lines"),
];

/// The columns of a row of JSON, not yet looked into.
type RawRow = BTreeMap<String, Box<RawValue>>;

/// Calls `take` with every row of a file. Columns that are not `wanted` are null: solutions in DeepMath's
/// are fifty times as long as its problems.
///
/// # Errors
/// Files of other kinds, damaged ones, and what `take` refuses.
pub(super) fn each_row(path: &Path, wanted: &dyn Fn(&str) -> bool, take: Take<'_>) -> Result<()> {
    let mut file = rs_grpo_files::open(path)?;
    let start = beginning(&mut file).map_err(Error::file(path))?;
    if let Some((_, what)) = OTHERS.iter().find(|(mark, _)| start.starts_with(mark)) {
        let kinds = KINDS.join(", .");
        return Err(Error::malformed(path, "the file", format!("is {what}; read are .{kinds}")));
    }
    if start.starts_with(b"PAR1") {
        return parquet_rows(path, file, wanted, take);
    }
    let reader = BufReader::new(file);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => {
            Err(Error::malformed(path, "the file", "does not begin as Parquet does"))
        }
        Some("csv") => separated_rows(path, reader, b',', take),
        Some("tsv") => separated_rows(path, reader, b'\t', take),
        _ if start.trim_ascii_start().starts_with(b"[") => list_rows(path, reader, wanted, take),
        _ => line_rows(path, reader, wanted, take),
    }
}

/// The first bytes of a file; it is left at its beginning, or behind the mark of UTF-8 (a BOM) there.
fn beginning(file: &mut File) -> std::io::Result<Vec<u8>> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let mut start = Vec::new();
    file.take(4096).read_to_end(&mut start)?;
    let bom = if start.starts_with(BOM) { BOM.len() } else { 0 };
    file.seek(std::io::SeekFrom::Start(bom as u64))?;
    Ok(start.split_off(bom))
}

/// An object a line.
fn line_rows(
    path: &Path,
    mut reader: impl BufRead,
    wanted: &dyn Fn(&str) -> bool,
    take: Take<'_>,
) -> Result<()> {
    let mut line = Vec::new();
    for number in 1.. {
        let place = place(path, number);
        line.clear();
        let read = reader.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line);
        if read.map_err(Error::file(&place))? == 0 {
            break;
        }
        if line.len() as u64 > LONGEST_LINE {
            let problem = format!("is longer than {LONGEST_LINE} bytes, the most of one row");
            return Err(Error::malformed(&place, "the line", problem));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |problem: String| Error::malformed(&place, "the line", problem);
        let raw = serde_json::from_slice(&line).map_err(|error| wrong(error.to_string()))?;
        take(&place, number, row(raw, wanted).map_err(wrong)?)?;
    }
    Ok(())
}

/// A list of objects, read one by one.
fn list_rows(
    path: &Path,
    reader: impl BufRead,
    wanted: &dyn Fn(&str) -> bool,
    take: Take<'_>,
) -> Result<()> {
    let mut failed = None;
    let items = Items { path, wanted, take, failed: &mut failed };
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let read = items.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => {
            let problem = format!("is not a list of JSON objects: {error}");
            Err(Error::malformed(path, "the file", problem))
        }
    }
}

/// The items of a list, each a row.
struct Items<'a, 'b> {
    path: &'a Path,
    wanted: &'a dyn Fn(&str) -> bool,
    take: Take<'b>,
    /// Why a row was refused.
    failed: &'a mut Option<Error>,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(raw) = items.next_element::<RawRow>()? {
            number += 1;
            let place = place(self.path, number);
            let row = row(raw, self.wanted);
            let row = row.map_err(|problem| Error::malformed(&place, "the row", problem));
            if let Err(error) = row.and_then(|row| (self.take)(&place, number, row)) {
                *self.failed = Some(error);
                return Err(A::Error::custom("a row was refused"));
            }
        }
        Ok(())
    }
}

fn row(raw: RawRow, wanted: &dyn Fn(&str) -> bool) -> Result<DataRow, String> {
    let cell = |(name, value): (String, Box<RawValue>)| match wanted(&name) {
        true => ColumnValue::of_json(&value)
            .map(|cell| (name.clone(), cell))
            .map_err(|problem| format!("{name}: {problem}")),
        false => Ok((name, ColumnValue::Null)),
    };
    raw.into_iter().map(cell).collect()
}

/// Values between commas or tabs, with the names of the columns in the first line.
fn separated_rows(path: &Path, reader: impl BufRead, delimiter: u8, take: Take<'_>) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(reader);
    let wrong = |error: csv::Error| Error::malformed(path, "the file", error.to_string());
    let names = reader.headers().map_err(wrong)?.clone();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let number = record.position().map_or(0, csv::Position::line) as usize;
        let cells = names.iter().zip(&record);
        let row = cells.map(|(name, value)| (name.to_owned(), ColumnValue::Text(value.to_owned())));
        take(&place(path, number), number, row.collect())?;
    }
    Ok(())
}
