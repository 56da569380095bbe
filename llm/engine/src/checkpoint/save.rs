//! Writes a checkpoint that transformers, vLLM and [`Checkpoint::open`](super::Checkpoint::open)
//! read.

use super::mapped::Storage;
use super::open::{INDEX, SINGLE};
use crate::{Error, Result};
use half::{bf16, f16, slice::HalfFloatSliceExt};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::{aside, write_json};
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// How weights are laid out in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Type of the numbers.
    pub storage: Storage,
    /// Largest file of weights, in bytes without its header; a larger tensor gets its own file.
    pub shard_bytes: u64,
}

impl Layout {
    /// Files of up to 5 GB, as transformers 4 writes them.
    pub fn new(storage: Storage) -> Self {
        Self { storage, shard_bytes: 5_000_000_000 }
    }
}

/// Name and shape of a tensor to be written.
pub type Shaped = (String, Vec<usize>);

/// Writes `config.json` and the tensors into a new folder, atomically.
///
/// `values` gives the numbers of one tensor at a time, so that weights kept in another type or
/// on a device need room for one converted tensor only. Numbers are rounded to the nearest of the
/// storage, ties to even; what was read in the same storage is written back bit for bit. The
/// configuration is written as given, but for its type of the weights, which becomes the storage's.
///
/// # Errors
/// The folder exists and is not empty; a tensor occurs twice, has another number of values than its
/// shape says, or holds a finite number too large for the storage; the disk is full or refuses.
/// Nothing is left behind then.
pub fn save<'a>(
    folder: &Path,
    config: &Map<String, Value>,
    tensors: &[Shaped],
    layout: Layout,
    values: impl FnMut(&str) -> Result<Cow<'a, [f32]>>,
) -> Result<()> {
    refuse_twins(folder, tensors)?;
    aside(folder, |temporary| write_model(temporary, config, tensors, layout, values))
}

/// Writes `config.json` and the tensors into an existing folder.
pub fn write_model<'a>(
    folder: &Path,
    config: &Map<String, Value>,
    tensors: &[Shaped],
    layout: Layout,
    mut values: impl FnMut(&str) -> Result<Cow<'a, [f32]>>,
) -> Result<()> {
    let shards = shards(tensors, layout);
    for (number, shard) in shards.iter().enumerate() {
        let path = folder.join(file_name(number, shards.len()));
        write_tensors(&path, shard, layout.storage, &mut values)?;
    }
    if shards.len() > 1 {
        write_json(&folder.join(INDEX), &index(&shards, layout.storage))?;
    }
    Ok(write_json(&folder.join("config.json"), &with_dtype(config, layout.storage))?)
}

fn refuse_twins(folder: &Path, tensors: &[Shaped]) -> Result<()> {
    let mut seen = HashSet::new();
    match tensors.iter().find(|(name, _)| !seen.insert(name)) {
        Some((twin, _)) => Err(Error::malformed(folder, twin.as_str(), "is to be written twice")),
        None => Ok(()),
    }
}

/// Splits the tensors into files, in order.
fn shards(tensors: &[Shaped], layout: Layout) -> Vec<&[Shaped]> {
    let mut filled = tensors.first().map_or(0, |first| bytes(first, layout.storage));
    let fits = |_: &Shaped, next: &Shaped| {
        let next = bytes(next, layout.storage);
        let fits = filled.saturating_add(next) <= layout.shard_bytes;
        filled = if fits { filled + next } else { next };
        fits
    };
    let shards: Vec<_> = tensors.chunk_by(fits).collect();
    // Without tensors, one empty file is written.
    if shards.is_empty() { vec![tensors] } else { shards }
}

fn bytes((_, shape): &Shaped, storage: Storage) -> u64 {
    shape.iter().fold(storage.bytes() as u64, |bytes, &size| bytes.saturating_mul(size as u64))
}

fn file_name(number: usize, count: usize) -> String {
    match count {
        1 => SINGLE.to_owned(),
        _ => format!("model-{:05}-of-{count:05}.safetensors", number + 1),
    }
}

fn index(shards: &[&[Shaped]], storage: Storage) -> Value {
    let tensors = || shards.iter().copied().flatten();
    let total: u64 = tensors().map(|tensor| bytes(tensor, storage)).sum();
    let mut weight_map = BTreeMap::new();
    for (number, shard) in shards.iter().enumerate() {
        let file = file_name(number, shards.len());
        weight_map.extend(shard.iter().map(|(name, _)| (name.clone(), file.clone())));
    }
    json!({ "metadata": { "total_size": total }, "weight_map": weight_map })
}

/// The configuration, with the type of the weights under the name that the file used so far.
fn with_dtype(config: &Map<String, Value>, storage: Storage) -> Value {
    let name = if config.contains_key("dtype") { "dtype" } else { "torch_dtype" };
    let dtype = match storage {
        Storage::F32 => "float32",
        Storage::Bf16 => "bfloat16",
        Storage::F16 => "float16",
    };
    let mut config = config.clone();
    config.insert(name.to_owned(), dtype.into());
    Value::Object(config)
}

/// Writes one `.safetensors` file to the disk.
pub fn write_tensors<'a>(
    path: &Path,
    shard: &[Shaped],
    storage: Storage,
    values: &mut impl FnMut(&str) -> Result<Cow<'a, [f32]>>,
) -> Result<()> {
    let file = File::create(path).map_err(Error::file(path))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    out.write_all(&header(path, shard, storage)?).map_err(Error::file(path))?;
    for tensor in shard {
        let (name, shape) = tensor;
        let values = values(name)?;
        if (values.len() as u64).checked_mul(storage.bytes() as u64) != Some(bytes(tensor, storage))
        {
            let problem = format!("has {} values; its shape is {shape:?}", values.len());
            return Err(Error::malformed(path, name.as_str(), problem));
        }
        write_values(path, name, &values, storage, &mut out)?;
    }
    let file = out.into_inner().map_err(|error| Error::file(path)(error.into_error()))?;
    file.sync_all().map_err(Error::file(path))
}

/// Length and table of a file, padded so that the numbers behind them are aligned.
fn header(path: &Path, shard: &[Shaped], storage: Storage) -> Result<Vec<u8>> {
    let refuse = |error: &dyn std::fmt::Display| {
        Error::malformed(path, "the header", format!("cannot be written: {error}"))
    };
    let dtype = match storage {
        Storage::F32 => Dtype::F32,
        Storage::Bf16 => Dtype::BF16,
        Storage::F16 => Dtype::F16,
    };
    let mut end = 0_usize;
    let infos = shard.iter().map(|tensor| {
        let start = end;
        end = end.saturating_add(bytes(tensor, storage).try_into().unwrap_or(usize::MAX));
        let info = TensorInfo { dtype, shape: tensor.1.clone(), data_offsets: (start, end) };
        (tensor.0.clone(), info)
    });
    // transformers refuses files without `format`, the framework whose layout they follow.
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let table = Metadata::new(Some(format), infos.collect()).map_err(|error| refuse(&error))?;
    let mut table = serde_json::to_vec(&table).map_err(|error| refuse(&error))?;
    table.resize(table.len().next_multiple_of(size_of::<u64>()), b' ');
    let length = (table.len() as u64).to_le_bytes();
    Ok([length.as_slice(), &table].concat())
}

fn write_values(
    path: &Path,
    name: &str,
    values: &[f32],
    storage: Storage,
    out: &mut impl Write,
) -> Result<()> {
    for chunk in values.chunks(1 << 16) {
        let (bytes, rounded) = encode(chunk, storage);
        let overflow = |(value, rounded): &(&f32, f32)| value.is_finite() && !rounded.is_finite();
        if let Some((value, _)) = chunk.iter().zip(rounded).find(overflow) {
            let problem = format!("holds {value}, which is infinite in {storage:?}; save as F32");
            return Err(Error::malformed(path, name, problem));
        }
        out.write_all(&bytes).map_err(Error::file(path))?;
    }
    Ok(())
}

/// The numbers as bytes, and what reads back from these.
fn encode(values: &[f32], storage: Storage) -> (Cow<'_, [u8]>, Vec<f32>) {
    match storage {
        Storage::F32 => (bytemuck::cast_slice(values).into(), values.to_vec()),
        Storage::Bf16 => {
            let mut numbers = vec![bf16::ZERO; values.len()];
            numbers.convert_from_f32_slice(values);
            (bytemuck::cast_slice(&numbers).to_vec().into(), numbers.to_f32_vec())
        }
        Storage::F16 => {
            let mut numbers = vec![f16::ZERO; values.len()];
            numbers.convert_from_f32_slice(values);
            (bytemuck::cast_slice(&numbers).to_vec().into(), numbers.to_f32_vec())
        }
    }
}
