//! Writing a checkpoint that transformers and vLLM load.

use super::{CONFIG, INDEX, SINGLE};
use crate::{Error, Result};
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize_to_file};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// The precision that weights are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Single.
    F32,
    /// The upper half of single.
    Bf16,
    /// Half.
    F16,
}

impl Precision {
    fn dtype(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::Bf16 => Dtype::BF16,
            Self::F16 => Dtype::F16,
        }
    }

    fn round(self, numbers: &[f32]) -> Vec<u8> {
        match self {
            Self::F32 => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Self::Bf16 => numbers.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
            Self::F16 => numbers.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect(),
        }
    }
}

/// A tensor in the file's precision.
struct Rounded {
    name: String,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Writes `config.json` and the tensors, in files of at most `shard_bytes` where a tensor is not
/// larger by itself. Each file is written aside, synced and renamed: a crash leaves whole files only.
///
/// # Errors
/// [`Error::File`] where the disk refuses.
pub fn save(
    folder: &Path,
    config: &Value,
    tensors: impl IntoIterator<Item = (String, Vec<usize>, Vec<f32>)>,
    precision: Precision,
    shard_bytes: usize,
) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let shards = split(tensors, precision, shard_bytes);
    let names = shard_names(shards.len());
    let (mut map, mut total) = (serde_json::Map::new(), 0);
    for (shard, file) in shards.iter().zip(&names) {
        for tensor in shard {
            map.insert(tensor.name.clone(), json!(file));
            total += tensor.bytes.len();
        }
        write_shard(&folder.join(file), shard, precision)?;
    }
    if shards.len() > 1 {
        let index = json!({ "metadata": { "total_size": total }, "weight_map": map });
        write_json(&folder.join(INDEX), &index)?;
    }
    write_json(&folder.join(CONFIG), config)
}

fn split(
    tensors: impl IntoIterator<Item = (String, Vec<usize>, Vec<f32>)>,
    precision: Precision,
    shard_bytes: usize,
) -> Vec<Vec<Rounded>> {
    let mut shards = vec![Vec::new()];
    let mut size = 0;
    for (name, shape, numbers) in tensors {
        let bytes = precision.round(&numbers);
        if size > 0 && size + bytes.len() > shard_bytes {
            shards.push(Vec::new());
            size = 0;
        }
        size += bytes.len();
        let last = shards.len() - 1;
        shards[last].push(Rounded { name, shape, bytes });
    }
    shards
}

/// As `save_pretrained` names them.
fn shard_names(shards: usize) -> Vec<String> {
    match shards {
        1 => vec![SINGLE.to_owned()],
        _ => (1..=shards).map(|i| format!("model-{i:05}-of-{shards:05}.safetensors")).collect(),
    }
}

fn write_shard(path: &Path, shard: &[Rounded], precision: Precision) -> Result<()> {
    let views = shard.iter().map(|Rounded { name, shape, bytes }| {
        let view = TensorView::new(precision.dtype(), shape.clone(), bytes);
        Ok((name, view.map_err(|error| Error::malformed(path, name, error.to_string()))?))
    });
    let views: Vec<_> = views.collect::<Result<_>>()?;
    // Transformers refuses files that do not say which framework's layout they hold.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    write_aside(path, |aside| {
        serialize_to_file(views, Some(metadata), aside).map_err(std::io::Error::other)
    })
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    write_aside(path, |aside| File::create(aside)?.write_all(format!("{value:#}\n").as_bytes()))
}

/// Writes beside the file, syncs, and renames.
fn write_aside(path: &Path, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let aside = tempfile::NamedTempFile::new_in(folder).map_err(Error::file(folder))?;
    write(aside.path()).map_err(Error::file(path))?;
    File::open(aside.path()).and_then(|file| file.sync_all()).map_err(Error::file(path))?;
    aside.persist(path).map_err(|error| Error::file(path)(error.error))?;
    Ok(())
}
