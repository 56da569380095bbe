//! What is saved is read back bit for bit, and is there whole or not at all.

use crate::checkpoint::{bytes, tensors, tiny};
use crate::support::{CASES, folder};
use rs_grpo_llm::Result;
use rs_grpo_llm::checkpoint::{Checkpoint, Storage, save};
use safetensors::SafeTensors;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::path::Path;

type Tensor<'a> = (String, Vec<usize>, Cow<'a, [f32]>);

/// Tensors of [`tiny`], all numbers alike.
fn filled(value: f32) -> Vec<Tensor<'static>> {
    let fill = |(name, shape): (String, Vec<usize>)| {
        let numbers = vec![value; shape.iter().product()];
        (name, shape, numbers.into())
    };
    tensors().into_iter().map(fill).collect()
}

fn config(folder: &Path) -> Value {
    let bytes = std::fs::read(folder.join("config.json")).expect("a file");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Saves an open checkpoint.
fn copy(checkpoint: &Checkpoint, to: &Path, storage: Storage, shard_bytes: u64) -> Result<()> {
    let tensors = checkpoint.tensors().map(|(name, tensor)| {
        (name.to_owned(), tensor.shape().to_vec(), tensor.elements().to_f32().into())
    });
    save(to, &config(checkpoint.folder()), tensors, storage, shard_bytes)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().into_string().expect("UTF-8")
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn a_copy_has_the_same_bits() {
    for case in CASES {
        let original = Checkpoint::open(&folder(case)).expect(case);
        let storage = original.tensor("model.norm.weight").expect("there").storage();
        for shard_bytes in [u64::MAX, 20_000, 0] {
            let home = tempfile::tempdir().expect("a folder");
            let path = home.path().join("deeper/copy");
            copy(&original, &path, storage, shard_bytes).expect(case);
            let copied = Checkpoint::open(&path).expect(case);
            assert_eq!(copied.config(), original.config());
            for (name, tensor) in original.tensors() {
                let copied = copied.tensor(name).expect(case);
                assert_eq!(copied.storage(), storage);
                assert_eq!(bytes(copied.elements()), bytes(tensor.elements()), "{case}: {name}");
            }
            assert_eq!(names(home.path().join("deeper").as_path()), ["copy"], "leftovers");
        }
    }
}

/// Bits that arithmetic would lose: negative zero, subnormals, infinities, a NaN.
#[test]
fn odd_numbers_survive() {
    let home = tempfile::tempdir().expect("a folder");
    let odd = [-0.0, f32::from_bits(1), f32::NEG_INFINITY, f32::from_bits(0x7fc0_1234)];
    let mut tensors = filled(1.0);
    let norm = tensors.iter_mut().find(|(name, ..)| name == "model.norm.weight").expect("there");
    norm.2 = odd.to_vec().into();
    let path = home.path().join("odd");
    save(&path, &tiny(), tensors, Storage::F32, u64::MAX).expect("saved");
    let checkpoint = Checkpoint::open(&path).expect("opened");
    let read = checkpoint.tensor("model.norm.weight").expect("there").elements().to_f32();
    assert_eq!(read.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), odd.map(f32::to_bits));
}

#[test]
fn numbers_are_rounded_to_the_nearest_even() {
    let home = tempfile::tempdir().expect("a folder");
    // Halfway between 1 and the next of each storage, and a little more.
    for (storage, half) in [(Storage::Bf16, 1.0 / 256.0), (Storage::F16, 1.0 / 2048.0)] {
        for (value, expected) in [(1.0 + half, 1.0), (1.0 + 1.01 * half, 1.0 + 2.0 * half)] {
            let path = home.path().join(format!("{storage:?} {value}"));
            save(&path, &tiny(), filled(value), storage, u64::MAX).expect("saved");
            let checkpoint = Checkpoint::open(&path).expect("opened");
            let norm = checkpoint.tensor("model.norm.weight").expect("there");
            assert_eq!(norm.elements().to_f32(), [expected; 4]);
        }
    }
}

/// As `safetensors` for Python and transformers want them.
#[test]
fn files_say_format_pt_are_aligned_and_sharded_by_size() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("sharded");
    save(&path, &tiny(), filled(0.5), Storage::F32, 100).expect("saved");
    let names = names(&path);
    let index = std::fs::read(path.join("model.safetensors.index.json")).expect("an index");
    let index: Value = serde_json::from_slice(&index).expect("JSON");
    let files = names.iter().filter(|name| name.ends_with(".safetensors"));
    let mut total = 0;
    for (number, name) in files.clone().enumerate() {
        assert_eq!(
            *name,
            format!("model-{:05}-of-{:05}.safetensors", number + 1, files.clone().count())
        );
        let file = std::fs::read(path.join(name)).expect("a file");
        let (header, metadata) = SafeTensors::read_metadata(&file).expect("a header");
        assert!(header.is_multiple_of(8), "{name}");
        assert_eq!(metadata.metadata().as_ref().expect("metadata")["format"], "pt");
        let views = SafeTensors::deserialize(&file).expect("a file");
        assert!(views.len() == 1 || metadata.data_len() <= 100, "{name}");
        assert!(views.names().iter().all(|tensor| index["weight_map"][tensor] == **name));
        total += metadata.data_len();
    }
    assert_eq!(index["metadata"]["total_size"], total);
    assert_eq!(index["weight_map"].as_object().expect("an object").len(), tensors().len());
}

#[test]
fn the_configuration_says_the_storage() {
    let home = tempfile::tempdir().expect("a folder");
    for (name, base) in
        [("torch_dtype", json!({"torch_dtype": "float32"})), ("dtype", json!({"dtype": 0}))]
    {
        let path = home.path().join(name);
        let config_before = crate::config::with(&tiny(), base);
        save(&path, &config_before, filled(0.5), Storage::Bf16, u64::MAX).expect("saved");
        assert_eq!(config(&path), crate::config::with(&config_before, json!({name: "bfloat16"})));
        assert_eq!(names(&path), ["config.json", "model.safetensors"]);
    }
}

/// What is refused leaves no trace.
#[test]
fn messages() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("model");
    let refuse = |config: &Value, storage, change: &dyn Fn(&mut Vec<Tensor<'static>>)| {
        let mut tensors = filled(1e38);
        change(&mut tensors);
        let error = save(&path, config, tensors, storage, u64::MAX).expect_err("refused");
        assert_eq!(names(home.path()), Vec::<String>::new(), "left behind");
        error.to_string().replace(&home.path().display().to_string(), "HOME")
    };
    let messages = [
        refuse(&tiny(), Storage::F32, &|tensors| tensors.truncate(tensors.len() - 2)),
        refuse(&tiny(), Storage::F32, &|tensors| tensors.push(tensors[0].clone())),
        refuse(&tiny(), Storage::F32, &|tensors| tensors[0].0 = "stranger".to_owned()),
        refuse(&tiny(), Storage::F32, &|tensors| tensors[0].1.reverse()),
        refuse(&tiny(), Storage::F32, &|tensors| tensors[0].2 = vec![0.0].into()),
        refuse(&json!([]), Storage::F32, &|_| ()),
        refuse(&json!({"model_type": "gpt2"}), Storage::F32, &|_| ()),
    ];
    let overflow = refuse(&tiny(), Storage::F16, &|_| ());
    assert!(overflow.contains("save as F32"), "{overflow}");
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_folder_with_files_is_left_alone_and_an_empty_one_is_filled() {
    let home = tempfile::tempdir().expect("a folder");
    save(home.path(), &tiny(), filled(1.0), Storage::F32, u64::MAX).expect("an empty folder");
    let error = save(home.path(), &tiny(), filled(2.0), Storage::F32, u64::MAX).expect_err("full");
    assert!(error.to_string().contains("is not empty; give a new or an empty folder"), "{error}");
    let checkpoint = Checkpoint::open(home.path()).expect("the first one");
    let norm = checkpoint.tensor("model.norm.weight").expect("there").elements().to_f32();
    assert_eq!(norm, [1.0; 4]);
}
