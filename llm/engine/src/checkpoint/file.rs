//! One `.safetensors` file, memory-mapped.

use super::header;
use super::mapped::Mapped;
use crate::{Error, Result};
use memmap2::Mmap;
use rs_grpo_files::Refuse as _;
use std::path::Path;
use std::sync::Arc;

/// Name and location of every tensor in a file.
pub fn read_tensors(path: &Path) -> Result<Vec<(String, Mapped)>> {
    let map = Arc::new(map(path)?);
    let entries = header::read(path, &map)?;
    let mapped = entries.into_iter().map(|entry| {
        let tensor = Mapped::new(&map, entry.bytes, entry.storage, entry.shape);
        (entry.name, tensor)
    });
    Ok(mapped.collect())
}

fn map(path: &Path) -> Result<Mmap> {
    let file = rs_grpo_files::open(path)?;
    #[expect(unsafe_code, reason = "a memory map has no safe form")]
    // SAFETY: the map is read-only, and every bit pattern is a valid number. The user must not
    // shorten or rewrite a checkpoint while it is open, which no program can check;
    // our own writer never touches an existing file.
    unsafe { Mmap::map(&file) }.map_err(Error::file(path))
}
