//! The table of tensors at the start of a `.safetensors` file: a length of 8 bytes, then JSON.
//!
//! The `safetensors` crate is used for writing only: its reading errors do not name the tensor, and of
//! two tensors with one name it keeps the last.

use super::mapped::Storage;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::Unique;
use serde_json::value::RawValue;
use std::ops::Range;
use std::path::Path;

/// Bytes of the length in front of the table.
const LENGTH_BYTES: usize = 8;

/// Longest table, in bytes; the limit of the format.
const MAX_BYTES: u64 = 100_000_000;

/// The field of the table that does not describe a tensor.
const METADATA: &str = "__metadata__";

/// One tensor of a file.
pub(super) struct TensorEntry {
    pub name: String,
    pub storage: Storage,
    pub shape: Vec<usize>,
    /// Where the numbers are, counted from the start of the file.
    pub bytes: Range<usize>,
}

/// The tensors of a file in the order of their bytes, which they fill without gap or overlap.
pub(super) fn read(path: &Path, file: &[u8]) -> Result<Vec<TensorEntry>> {
    let table = table(path, file)?;
    let refuse = |error| Error::malformed(path, "the header", format!("is refused: {error}"));
    let fields: Unique<&RawValue> = serde_json::from_slice(table).map_err(refuse)?;
    let start = LENGTH_BYTES + table.len();
    let tensors = fields.0.into_iter().filter(|(name, _)| name != METADATA);
    let mut entries = tensors
        .map(|(name, tensor)| entry(path, start, name, tensor))
        .collect::<Result<Vec<_>>>()?;
    entries.sort_by_key(|entry| (entry.bytes.start, entry.bytes.end));
    refuse_gaps(path, start, file.len(), &entries)?;
    Ok(entries)
}

/// The bytes of the table, with the claimed length checked.
fn table<'a>(path: &Path, file: &'a [u8]) -> Result<&'a [u8]> {
    let refuse = |problem: String| Error::malformed(path, "the header", problem);
    let Some((length, rest)) = file.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(refuse(format!(
            "is cut off: the file has {} bytes; download it again",
            file.len()
        )));
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_BYTES {
        return Err(refuse(format!(
            "claims {length} bytes; allowed: up to {MAX_BYTES}; is this a .safetensors file, and not the page or the pointer (git lfs pull) that stands for it?"
        )));
    }
    usize::try_from(length).ok().and_then(|length| rest.get(..length)).ok_or_else(|| {
        refuse(format!(
            "claims {length} bytes, but {} follow; the file is cut off: download it again",
            rest.len()
        ))
    })
}

/// One tensor, checked by itself.
fn entry(path: &Path, start: usize, name: String, tensor: &RawValue) -> Result<TensorEntry> {
    let refuse = |problem: String| Error::malformed(path, name.as_str(), problem);
    let tensor: RawTensor = serde_json::from_str(tensor.get())
        .map_err(|error| refuse(format!("its entry in the header is refused: {error}")))?;
    let known = Storage::NAMES.iter().find(|(known, _)| *known == tensor.dtype);
    let Some((_, storage)) = known else {
        let supported = Storage::NAMES.map(|(known, _)| known).join(", ");
        return Err(refuse(format!("has dtype {:?}; supported: {supported}", tensor.dtype)));
    };
    let count = tensor.shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
    let Some(needed) = count.and_then(|count| count.checked_mul(storage.bytes())) else {
        return Err(refuse(format!(
            "has the impossible shape {:?}: more bytes than can be counted",
            tensor.shape
        )));
    };
    let (from, to) = tensor.data_offsets;
    if to.checked_sub(from) != Some(needed) {
        return Err(refuse(format!(
            "has data_offsets [{from}, {to}]; its shape {:?} needs {needed} bytes",
            tensor.shape
        )));
    }
    let (Some(from), Some(to)) = (start.checked_add(from), start.checked_add(to)) else {
        return Err(refuse(format!("has data_offsets [{from}, {to}] outside every file")));
    };
    Ok(TensorEntry { name, storage: *storage, shape: tensor.shape, bytes: from..to })
}

/// Tensors fill the file after the header exactly.
fn refuse_gaps(path: &Path, start: usize, len: usize, entries: &[TensorEntry]) -> Result<()> {
    let mut filled = start;
    for entry in entries {
        if entry.bytes.start != filled {
            let what = if entry.bytes.start < filled { "overlaps" } else { "leaves a gap after" };
            let problem = format!(
                "begins at byte {} and {what} the tensor before it, which ends at {filled}",
                entry.bytes.start
            );
            return Err(Error::malformed(path, entry.name.as_str(), problem));
        }
        filled = entry.bytes.end;
    }
    if filled == len {
        return Ok(());
    }
    let problem = format!(
        "is {len} bytes, but its header describes {filled}; if a download or a copy was cut off, fetch it again"
    );
    Err(Error::malformed(path, "the length", problem))
}

/// A tensor's entry in the table.
#[derive(serde::Deserialize)]
#[serde(expecting = "an object with dtype, shape and data_offsets")]
struct RawTensor {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}
