//! What is written reads back bit for bit, here and in the `safetensors` crate.

use half::{bf16, f16};
use rs_grpo_engine::checkpoint::{Checkpoint, Elements, Layout, Storage, save};
use rs_grpo_engine::{Error, Result};
use rs_grpo_files::Refuse as _;
use safetensors::SafeTensors;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use test_support::checkpoint::{config, malformed, tensors, tiny};

const STORAGES: [Storage; 3] = [Storage::F32, Storage::Bf16, Storage::F16];

/// Saves the tiny model with the values of `tensors`.
fn save_tiny(folder: &Path, layout: Layout) -> Result<()> {
    let values: BTreeMap<_, _> =
        tensors(&tiny()).into_iter().map(|(name, _, values)| (name, values)).collect();
    let shapes = config(&tiny()).tensors();
    save(folder, object(&tiny()), &shapes, layout, |name| Ok(Cow::Borrowed(&values[name])))
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_storage_reads_back() {
    for storage in STORAGES {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("step-1");
        save_tiny(&folder, Layout::new(storage)).unwrap();
        assert_eq!(entries(parent.path()), ["step-1"], "nothing is left beside it");
        assert_eq!(entries(&folder), ["config.json", "model.safetensors"]);
        let checkpoint = Checkpoint::open(&folder).unwrap();
        checkpoint.check().unwrap();
        assert_eq!(checkpoint.config(), &config(&tiny()));
        assert_eq!(checkpoint.config_fields()["hidden_size"], 8);
        for (name, _, values) in tensors(&tiny()) {
            let read = checkpoint.tensor(&name).unwrap();
            assert_eq!(read.storage(), storage);
            let rounded: Vec<f32> = values
                .iter()
                .map(|&x| match storage {
                    Storage::F32 => x,
                    Storage::Bf16 => bf16::from_f32(x).to_f32(),
                    Storage::F16 => f16::from_f32(x).to_f32(),
                })
                .collect();
            assert_eq!(read.to_f32(), rounded, "{name}");
        }
    }
}

/// The `safetensors` crate is what transformers and vLLM read with.
#[test]
fn the_reference_reader_agrees() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("model");
    save_tiny(&folder, Layout::new(Storage::F32)).unwrap();
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let (header, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(header % 8, 0, "the numbers are aligned");
    assert_eq!(metadata.metadata().as_ref().unwrap()["format"], "pt");
    let read = SafeTensors::deserialize(&bytes).unwrap();
    for (name, shape, values) in tensors(&tiny()) {
        let view = read.tensor(&name).unwrap();
        let expected: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!((view.shape(), view.data()), (shape.as_slice(), expected.as_slice()), "{name}");
    }
}

/// All 65 536 bit patterns, NaN with any payload aside: reading widens, writing rounds.
#[test]
fn numbers_of_two_bytes_survive_bit_for_bit() {
    let all = || 0..=u16::MAX;
    let upper: Vec<f32> = all().map(|bits| bf16::from_bits(bits).to_f32()).collect();
    let halves: Vec<f32> = all().map(|bits| f16::from_bits(bits).to_f32()).collect();
    for (storage, values) in [(Storage::Bf16, upper), (Storage::F16, halves)] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("model");
        let mut wide = tiny();
        wide["vocab_size"] = (values.len() / 8).into();
        let shapes = config(&wide).tensors();
        let sizes: BTreeMap<_, usize> =
            shapes.iter().map(|(name, shape)| (name.as_str(), shape.iter().product())).collect();
        let part = |name: &str| Ok(Cow::Borrowed(&values[..sizes[name]]));
        save(&folder, object(&wide), &shapes, Layout::new(storage), part).unwrap();
        let checkpoint = Checkpoint::open(&folder).unwrap();
        let embedding = checkpoint.tensor("model.embed_tokens.weight").unwrap();
        assert_eq!(embedding.elements().len(), values.len());
        let bits: Vec<u16> = match embedding.elements() {
            Elements::Bf16(numbers) => numbers.iter().map(|x| x.to_bits()).collect(),
            Elements::F16(numbers) => numbers.iter().map(|x| x.to_bits()).collect(),
            Elements::F32(_) => panic!("saved as {storage:?}"),
        };
        for ((found, expected), value) in bits.into_iter().zip(all()).zip(&values) {
            assert!(found == expected || value.is_nan(), "{expected:#06x} became {found:#06x}");
        }
    }
}

#[test]
fn large_models_are_split() {
    let parent = tempfile::tempdir().unwrap();
    for (limit, files) in [(1, tensors(&tiny()).len()), (1_600, 6), (u64::MAX, 1)] {
        let folder = parent.path().join(limit.to_string());
        let layout = Layout { storage: Storage::F32, shard_bytes: limit };
        save_tiny(&folder, layout).unwrap();
        let names = entries(&folder);
        let shards: Vec<_> = names.iter().filter(|name| name.ends_with(".safetensors")).collect();
        assert_eq!(shards.len(), files, "{names:?}");
        for shard in shards {
            let bytes = std::fs::read(folder.join(shard)).unwrap();
            let read = SafeTensors::deserialize(&bytes).unwrap();
            let data: usize = read.iter().map(|(_, view)| view.data().len()).sum();
            assert!(data as u64 <= limit || read.len() == 1, "{shard} has {data} bytes");
        }
        let checkpoint = Checkpoint::open(&folder).unwrap();
        checkpoint.check().unwrap();
        for (name, _, values) in tensors(&tiny()) {
            assert_eq!(checkpoint.tensor(&name).unwrap().to_f32(), values, "{name}");
        }
    }
    let index = parent.path().join("1600/model.safetensors.index.json");
    let index: Value = serde_json::from_slice(&std::fs::read(index).unwrap()).unwrap();
    let bytes: usize = tensors(&tiny()).iter().map(|(.., values)| 4 * values.len()).sum();
    assert_eq!(index["metadata"]["total_size"], bytes);
    let file = "model-00006-of-00006.safetensors";
    assert_eq!(index["weight_map"]["lm_head.weight"], file);
}

#[test]
fn the_configuration_says_what_is_stored() {
    let parent = tempfile::tempdir().unwrap();
    let mut new = tiny();
    let fields = new.as_object_mut().unwrap();
    fields.remove("torch_dtype");
    fields.insert("dtype".to_owned(), "float32".into());
    for (name, config, key) in [("old", tiny(), "torch_dtype"), ("new", new, "dtype")] {
        let folder = parent.path().join(name);
        save(&folder, object(&config), &[], Layout::new(Storage::Bf16), |_| unreachable!())
            .unwrap();
        let text = std::fs::read(folder.join("config.json")).unwrap();
        let mut expected = config.clone();
        expected[key] = "bfloat16".into();
        assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), expected);
    }
}

/// Whatever goes wrong, there is no folder of that name, and nothing beside it.
#[test]
fn a_failure_leaves_nothing_behind() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("model");
    let shapes = |names: &[&str]| names.iter().map(|name| (name.to_string(), vec![2])).collect();
    let attempt = |storage, shapes: Vec<_>, values: &[f32]| {
        let values = |_: &str| Ok(Cow::Owned(values.to_vec()));
        save(&folder, object(&tiny()), &shapes, Layout::new(storage), values)
    };
    for (result, blamed) in [
        (attempt(Storage::F32, shapes(&["a", "b", "a"]), &[1.0, 2.0]), "a"),
        (attempt(Storage::F32, shapes(&["a"]), &[1.0]), "a"),
        (attempt(Storage::F16, shapes(&["a"]), &[1.0, 65_520.0]), "a"),
        (attempt(Storage::Bf16, shapes(&["b"]), &[1.0, f32::MAX]), "b"),
    ] {
        assert_eq!(malformed(result).0, blamed);
        assert!(entries(parent.path()).is_empty());
    }
    let stop = |name: &str| match name {
        "a" => Ok(Cow::Owned(vec![1.0, 2.0])),
        _ => Err(Error::parameter("device", "gone", "here")),
    };
    let layout = Layout { storage: Storage::F32, shard_bytes: 1 };
    let result = save(&folder, object(&tiny()), &shapes(&["a", "b"]), layout, stop);
    assert!(
        matches!(result, Err(Error::Input(rs_grpo_files::Error::Parameter { .. }))),
        "{result:?}"
    );
    assert!(entries(parent.path()).is_empty());
    // Infinities and NaN are numbers of every storage.
    attempt(Storage::F16, shapes(&["a"]), &[f32::INFINITY, f32::NAN]).unwrap();
}

#[test]
fn an_existing_checkpoint_is_not_overwritten() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("model");
    std::fs::create_dir(&folder).unwrap();
    save_tiny(&folder, Layout::new(Storage::F32)).unwrap();
    let (field, problem) = malformed(save_tiny(&folder, Layout::new(Storage::Bf16)));
    assert_eq!(field, "the folder", "{problem}");
    assert_eq!(
        Checkpoint::open(&folder).unwrap().tensor("model.norm.weight").unwrap().storage(),
        Storage::F32
    );
}
