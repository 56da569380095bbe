//! One safetensors file.

use super::Mapped;
use super::mapped::Storage;
use crate::{Error, Result};
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Maps a file and checks its header: every tensor lies inside the file, has as many bytes as its
/// shape needs, and none overlaps another.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Mapped>> {
    let file = File::open(path).map_err(Error::file(path))?;
    #[expect(unsafe_code, reason = "a memory map")]
    // SAFETY: the map is read-only. As for every mapped file, another process that truncates it while
    // it is in use ends this one.
    let map = unsafe { Mmap::map(&file) }.map_err(Error::file(path))?;
    let map = Arc::new(map);
    let (header, metadata) = SafeTensors::read_metadata(&map)
        .map_err(|error| Error::malformed(path, "header", error.to_string()))?;
    // The header is preceded by its length.
    let data = 8 + header;
    let tensors = metadata.tensors();
    let tensor = |(name, info): (String, &safetensors::tensor::TensorInfo)| {
        let storage = storage(path, &name, info.dtype)?;
        let bytes = data + info.data_offsets.0..data + info.data_offsets.1;
        Ok((name, Mapped::new(&map, bytes, storage, info.shape.clone())))
    };
    tensors.into_iter().map(tensor).collect()
}

fn storage(path: &Path, name: &str, dtype: Dtype) -> Result<Storage> {
    match dtype {
        Dtype::F32 => Ok(Storage::F32),
        Dtype::BF16 => Ok(Storage::Bf16),
        Dtype::F16 => Ok(Storage::F16),
        other => {
            let problem = format!("has type {other:?}; supported: F32, BF16, F16");
            Err(Error::malformed(path, name, problem))
        }
    }
}
