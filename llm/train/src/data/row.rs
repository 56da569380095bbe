//! One row, and where it stands.

use super::cell::ColumnValue;
use crate::error::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One row: columns by name.
pub(super) type DataRow = BTreeMap<String, ColumnValue>;

/// Called with each row: its place, such as `file:12`, its number and its columns.
pub(super) type Take<'a> = &'a mut dyn FnMut(&Path, usize, DataRow) -> Result<()>;

/// The place of a row or a line of a file.
pub(super) fn place(path: &Path, number: usize) -> PathBuf {
    PathBuf::from(format!("{}:{number}", path.display()))
}
