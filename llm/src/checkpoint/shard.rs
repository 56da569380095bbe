//! Writes one `.safetensors` file, a tensor at a time.

use super::header::LENGTH_BYTES;
use super::mapped::Storage;
use crate::{Error, Result};
use half::{bf16, f16, slice::HalfFloatSliceExt};
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Numbers that are converted at a time.
const CHUNK: usize = 1 << 16;

/// A file whose header is written last: only then are its tensors known.
pub(super) struct Shard {
    path: PathBuf,
    out: BufWriter<File>,
    storage: Storage,
    /// Bytes in front of the numbers, kept free for the header.
    reserved: usize,
    tensors: Vec<(String, TensorInfo)>,
    /// Bytes of numbers so far.
    pub bytes: usize,
}

impl Shard {
    /// A new file, whose tensors are some of `all`.
    pub fn create(path: PathBuf, storage: Storage, all: &[(String, Vec<usize>)]) -> Result<Self> {
        let reserved = LENGTH_BYTES + longest_table(&path, storage, all)?;
        let open = || {
            let mut file = File::create(&path)?;
            file.seek(SeekFrom::Start(reserved as u64))?;
            Ok(BufWriter::with_capacity(1 << 20, file))
        };
        let out = open().map_err(Error::file(&path))?;
        Ok(Self { path, out, storage, reserved, tensors: vec![], bytes: 0 })
    }

    /// Appends a tensor, each number rounded to the nearest of the storage.
    pub fn push(&mut self, name: String, shape: Vec<usize>, values: &[f32]) -> Result<()> {
        for chunk in values.chunks(CHUNK) {
            let bytes = encode(&self.path, &name, chunk, self.storage)?;
            self.out.write_all(&bytes).map_err(Error::file(&self.path))?;
        }
        let start = self.bytes;
        self.bytes += values.len() * self.storage.bytes();
        let dtype = dtype(self.storage);
        self.tensors.push((name, TensorInfo { dtype, shape, data_offsets: (start, self.bytes) }));
        Ok(())
    }

    /// Writes the header and waits until all is on the disk; the names of the tensors.
    pub fn finish(self) -> Result<Vec<String>> {
        let Self { path, mut out, reserved, tensors, .. } = self;
        let names = tensors.iter().map(|(name, _)| name.clone()).collect();
        let mut table = table(&path, tensors)?;
        table.resize(reserved - LENGTH_BYTES, b' ');
        let mut write = || {
            out.seek(SeekFrom::Start(0))?;
            out.write_all(&(table.len() as u64).to_le_bytes())?;
            out.write_all(&table)?;
            out.flush()?;
            out.get_ref().sync_all()
        };
        write().map_err(Error::file(&path))?;
        Ok(names)
    }
}

/// A length that suffices for the table of some of the tensors in any order, and keeps the numbers
/// behind it aligned.
fn longest_table(path: &Path, storage: Storage, all: &[(String, Vec<usize>)]) -> Result<usize> {
    const DIGITS: usize = 20;
    let infos = all.iter().map(|(name, shape)| {
        // Without bytes there is nothing to be consistent with the offsets.
        let empty = [0].iter().chain(shape).copied().collect();
        let info = TensorInfo { dtype: dtype(storage), shape: empty, data_offsets: (0, 0) };
        (name.clone(), info)
    });
    let offsets = all.len() * 2 * DIGITS;
    Ok((table(path, infos.collect())?.len() + offsets).next_multiple_of(size_of::<u64>()))
}

fn table(path: &Path, tensors: Vec<(String, TensorInfo)>) -> Result<Vec<u8>> {
    // transformers refuses files that do not say which framework's layout they follow.
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let refuse =
        |error: String| Error::malformed(path, "the header", format!("cannot be written: {error}"));
    let table = Metadata::new(Some(format), tensors).map_err(|error| refuse(error.to_string()))?;
    serde_json::to_vec(&table).map_err(|error| refuse(error.to_string()))
}

fn dtype(storage: Storage) -> Dtype {
    match storage {
        Storage::F32 => Dtype::F32,
        Storage::Bf16 => Dtype::BF16,
        Storage::F16 => Dtype::F16,
    }
}

/// The numbers as bytes of the storage, unless a finite one becomes infinite.
fn encode<'a>(
    path: &Path,
    name: &str,
    values: &'a [f32],
    storage: Storage,
) -> Result<Cow<'a, [u8]>> {
    let (bytes, overflow) = match storage {
        Storage::F32 => (Cow::Borrowed(bytemuck::cast_slice(values)), None),
        Storage::Bf16 => {
            let mut numbers = vec![bf16::ZERO; values.len()];
            numbers.convert_from_f32_slice(values);
            let overflow = overflow(values, numbers.iter().map(|number| number.is_finite()));
            (Cow::Owned(bytemuck::cast_slice(&numbers).to_vec()), overflow)
        }
        Storage::F16 => {
            let mut numbers = vec![f16::ZERO; values.len()];
            numbers.convert_from_f32_slice(values);
            let overflow = overflow(values, numbers.iter().map(|number| number.is_finite()));
            (Cow::Owned(bytemuck::cast_slice(&numbers).to_vec()), overflow)
        }
    };
    let refuse = |value| {
        let problem = format!("holds {value}, which is infinite in {storage:?}; save as F32");
        Error::malformed(path, name, problem)
    };
    overflow.map_or(Ok(bytes), |value| Err(refuse(value)))
}

/// The first finite number whose rounded form is not.
fn overflow(values: &[f32], rounded_is_finite: impl Iterator<Item = bool>) -> Option<f32> {
    let lost = |(value, finite): &(&f32, bool)| value.is_finite() && !finite;
    values.iter().zip(rounded_is_finite).find(lost).map(|(value, _)| *value)
}
