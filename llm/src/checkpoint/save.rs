//! Writes a checkpoint that transformers and [`Checkpoint::open`](super::Checkpoint::open) read.

use super::mapped::Storage;
use super::open::{CONFIG, INDEX, SINGLE};
use super::shard::Shard;
use crate::{Error, ModelConfig, Result};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `config.json` and the tensors into a new folder: all of it, or nothing.
///
/// `tensors` are names, shapes and numbers; they are asked for one at a time and not kept. Every
/// number is rounded to the nearest of the storage, ties to even, so what was read from the same
/// storage is written back bit for bit (a signalling NaN becomes a quiet one). A file holds up to
/// `shard_bytes` bytes of numbers, and a larger tensor gets a file of its own. The configuration is
/// written as given, but for its `dtype` or `torch_dtype`, which becomes the storage.
///
/// # Errors
/// The folder exists and is not empty; the configuration is refused by
/// [`ModelConfig::from_json`]; the tensors are not those of [`ModelConfig::tensors`]; a finite
/// number is too large for the storage; the disk refuses. The folder is then as it was.
pub fn save<'a>(
    folder: &Path,
    config: &Value,
    tensors: impl IntoIterator<Item = (String, Vec<usize>, Cow<'a, [f32]>)>,
    storage: Storage,
    shard_bytes: u64,
) -> Result<()> {
    let path = folder.join(CONFIG);
    let fields = config.as_object();
    let fields = fields.ok_or_else(|| Error::malformed(&path, "the file", "is not an object"))?;
    let config = ModelConfig::from_map(&path, fields)?;
    aside(folder, |temporary| {
        let plan = Plan { folder, temporary, all: config.tensors(), storage, shard_bytes };
        let shards = plan.write(tensors)?;
        name_shards(temporary, &shards, storage, &plan.all)?;
        write_json(&temporary.join(CONFIG), &with_dtype(fields, storage))
    })
}

/// What is to be written where.
struct Plan<'p> {
    /// The final folder, which errors name.
    folder: &'p Path,
    temporary: &'p Path,
    all: Vec<(String, Vec<usize>)>,
    storage: Storage,
    shard_bytes: u64,
}

impl Plan<'_> {
    /// Fills numbered files; the names of the tensors in each.
    fn write<'a>(
        &self,
        tensors: impl IntoIterator<Item = (String, Vec<usize>, Cow<'a, [f32]>)>,
    ) -> Result<Vec<Vec<String>>> {
        let mut expected: BTreeMap<_, _> = self.all.iter().cloned().collect();
        let mut finished = vec![];
        let mut shard = self.shard(0)?;
        for (name, shape, values) in tensors {
            self.refuse_wrong(&name, &shape, values.len(), expected.remove(&name))?;
            let more = (values.len() * self.storage.bytes()) as u64;
            if shard.bytes > 0 && (shard.bytes as u64).saturating_add(more) > self.shard_bytes {
                finished.push(shard.finish()?);
                shard = self.shard(finished.len())?;
            }
            shard.push(name, shape, &values)?;
        }
        finished.push(shard.finish()?);
        self.refuse_missing(&expected)?;
        Ok(finished)
    }

    fn shard(&self, number: usize) -> Result<Shard> {
        Shard::create(unnamed(self.temporary, number), self.storage, &self.all)
    }

    fn refuse_wrong(
        &self,
        name: &str,
        shape: &[usize],
        values: usize,
        expected: Option<Vec<usize>>,
    ) -> Result<()> {
        let problem = match expected {
            None => "is given twice, or is no tensor of this configuration".to_owned(),
            Some(expected) if expected != shape => {
                format!("has shape {shape:?}; the configuration needs {expected:?}")
            }
            // The shapes of a configuration have no overflowing products.
            Some(_) if shape.iter().product::<usize>() != values => {
                format!("has {values} values, which do not fill its shape {shape:?}")
            }
            Some(_) => return Ok(()),
        };
        Err(Error::malformed(self.folder, name, problem))
    }

    fn refuse_missing(&self, missing: &BTreeMap<String, Vec<usize>>) -> Result<()> {
        if missing.is_empty() {
            return Ok(());
        }
        let problems =
            missing.iter().map(|(name, shape)| format!("{name}: missing, expected {shape:?}"));
        Err(Error::Tensors { path: self.folder.to_owned(), problems: problems.collect() })
    }
}

/// Fills a folder beside the final one, and gives it its name once everything is on the disk.
fn aside(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let refuse = |problem| Error::malformed(folder, "the folder", problem);
    let name = folder.file_name().and_then(OsStr::to_str);
    let name = name.ok_or_else(|| refuse("has no name in UTF-8; give a new or an empty folder"))?;
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(refuse("is not empty; give a new or an empty folder"));
    }
    let parent = folder.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(Error::file(parent))?;
    let temporary = temporary_folder(parent, name)?;
    fill(temporary.path())?;
    sync_folder(temporary.path())?;
    std::fs::rename(temporary.path(), folder).map_err(Error::file(folder))?;
    // The folder has its final name now: there is nothing to clean up.
    let _ = temporary.keep();
    sync_folder(parent)
}

fn temporary_folder(parent: &Path, name: &str) -> Result<tempfile::TempDir> {
    let prefix = format!(".{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    // Temporary folders are private; a checkpoint is as open as the user's other folders.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent).map_err(Error::file(parent))
}

/// Makes the names in a folder survive a loss of power, where the system can.
fn sync_folder(folder: &Path) -> Result<()> {
    match cfg!(unix) {
        true => File::open(folder).and_then(|open| open.sync_all()).map_err(Error::file(folder)),
        false => Ok(()),
    }
}

/// The file of a shard until their number is known.
fn unnamed(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("shard-{number}"))
}

/// Gives the files the names that transformers looks for, with an index if they are several.
fn name_shards(
    folder: &Path,
    shards: &[Vec<String>],
    storage: Storage,
    all: &[(String, Vec<usize>)],
) -> Result<()> {
    let mut weight_map = BTreeMap::new();
    for (number, tensors) in shards.iter().enumerate() {
        let name = match shards.len() {
            1 => SINGLE.to_owned(),
            count => format!("model-{:05}-of-{count:05}.safetensors", number + 1),
        };
        let path = folder.join(&name);
        std::fs::rename(unnamed(folder, number), &path).map_err(Error::file(&path))?;
        weight_map.extend(tensors.iter().map(|tensor| (tensor, name.clone())));
    }
    if shards.len() == 1 {
        return Ok(());
    }
    let numbers: usize = all.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
    let total = numbers * storage.bytes();
    let index = json!({ "metadata": { "total_size": total }, "weight_map": weight_map });
    write_json(&folder.join(INDEX), &index)
}

/// The configuration, with the type of the weights under the name that it used so far.
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

fn write_json(path: &Path, value: &Value) -> Result<()> {
    let text = format!("{value:#}\n");
    let write = |mut file: File| file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    File::create(path).and_then(write).map_err(Error::file(path))
}
