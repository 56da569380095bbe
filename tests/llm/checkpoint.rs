//! Checkpoints are read in place, from one file or several, and compared with their configuration.

use crate::checkpoint_support::{folder, malformed, serialise, tensors, tiny, write};
use rs_grpo_llm::Error;
use rs_grpo_llm::checkpoint::{Checkpoint, Elements};
use serde_json::{Value, json};
use std::path::Path;

type Tensors = Vec<(String, Vec<usize>, Vec<f32>)>;

/// Writes tensors to two files with an index; the first `split` go to the first.
fn shard(folder: &Path, tensors: &Tensors, split: usize) {
    let (first, second) = tensors.split_at(split);
    let files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let mut weight_map = serde_json::Map::new();
    for (name, part) in files.iter().zip([first, second]) {
        write(&folder.join(name), &serialise(part));
        weight_map.extend(part.iter().map(|(tensor, ..)| (tensor.clone(), Value::from(*name))));
    }
    index(folder, json!(weight_map));
}

fn index(folder: &Path, weight_map: Value) {
    let index = json!({ "metadata": { "total_size": 1 }, "weight_map": weight_map });
    write(&folder.join("model.safetensors.index.json"), index.to_string().as_bytes());
}

/// A folder with the tiny configuration only.
fn bare() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("config.json"), tiny().to_string().as_bytes());
    folder
}

/// The tensors that `open` refuses.
fn problems(folder: &Path) -> Vec<String> {
    match Checkpoint::open(folder) {
        Ok(_) => vec![],
        Err(Error::Tensors { problems, .. }) => problems,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn one_file_and_several_read_the_same() {
    let tensors = tensors(&tiny());
    let single = folder(&tiny(), &serialise(&tensors));
    let several = bare();
    shard(several.path(), &tensors, 5);
    for folder in [&single, &several] {
        let checkpoint = Checkpoint::open(folder.path()).unwrap();
        assert_eq!(checkpoint.tensors().count(), tensors.len());
        for (name, shape, values) in &tensors {
            let tensor = checkpoint.tensor(name).unwrap();
            assert_eq!(tensor.shape(), shape, "{name}");
            assert_eq!(tensor.elements().len(), values.len(), "{name}");
            assert_eq!(tensor.elements(), Elements::F32(values), "{name}");
            assert_eq!(&tensor.to_f32(), values, "{name}");
        }
        let (name, _) = malformed(checkpoint.tensor("model.layers.2.mlp.up_proj.weight"));
        assert_eq!(name, "model.layers.2.mlp.up_proj.weight");
    }
}

#[test]
fn every_difference_from_the_configuration_is_listed() {
    let mut changed = tensors(&tiny());
    let norm = changed.iter().position(|(name, ..)| name == "model.norm.weight").unwrap();
    changed[norm].1 = vec![2, 4];
    changed[0].0 = "wte.weight".to_owned();
    let folder = folder(&tiny(), &serialise(&changed));
    assert_eq!(
        problems(folder.path()),
        [
            "model.norm.weight: has shape [2, 4], expected [8]",
            "wte.weight: unexpected, of shape [10, 8]",
            "model.embed_tokens.weight: missing, of shape [10, 8]",
        ]
    );
}

#[test]
fn harmless_extras_pass() {
    let mut tied = tiny();
    tied["tie_word_embeddings"] = true.into();
    // The head is in the file although it is the embedding: Qwen3-0.6B is published like that.
    let mut extra = tensors(&tiny());
    extra.push(("model.layers.0.self_attn.rotary_emb.inv_freq".to_owned(), vec![3], vec![0.0; 3]));
    let right = folder(&tied, &serialise(&extra));
    Checkpoint::open(right.path()).unwrap();

    let head = extra.iter().position(|(name, ..)| name == "lm_head.weight").unwrap();
    extra[head] = ("lm_head.weight".to_owned(), vec![1, 8], vec![0.0; 8]);
    let wrong = folder(&tied, &serialise(&extra));
    let problems = problems(wrong.path());
    assert_eq!(problems, ["lm_head.weight: unexpected, of shape [1, 8]"]);
}

#[test]
fn the_single_file_counts_where_there_is_an_index_too() {
    let folder = folder(&tiny(), &serialise(&tensors(&tiny())));
    index(folder.path(), json!({ "a": "gone.safetensors" }));
    Checkpoint::open(folder.path()).unwrap();
}

#[test]
fn an_index_does_not_leave_its_folder() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("model.safetensors");
    write(&secret, &serialise(&tensors(&tiny())));
    let absolute = secret.to_str().unwrap();
    for name in [absolute, "../a", "a/b", "a\\b", "..", ".", "", "/", "a/", "./a", "C:a", "a\0b"] {
        let folder = bare();
        index(folder.path(), json!({ "model.norm.weight": name }));
        let (field, problem) = malformed(Checkpoint::open(folder.path()));
        assert_eq!(field, "model.norm.weight", "{name}: {problem}");
    }
}

#[test]
fn an_index_says_where_everything_is() {
    let tensors = tensors(&tiny());
    let (first, second) = (&tensors[0].0, &tensors[6].0);
    let files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

    let moved = bare();
    shard(moved.path(), &tensors, 5);
    index(moved.path(), json!({ first: files[1], second: files[0] }));
    assert_eq!(malformed(Checkpoint::open(moved.path())).0, *first);

    let twice = bare();
    shard(twice.path(), &tensors, 5);
    write(&twice.path().join(files[1]), &serialise(&tensors[4..]));
    assert_eq!(malformed(Checkpoint::open(twice.path())).0, tensors[4].0);

    let gone = bare();
    shard(gone.path(), &tensors, 5);
    std::fs::remove_file(gone.path().join(files[1])).unwrap();
    let error = Checkpoint::open(gone.path()).unwrap_err().to_string();
    assert!(error.contains(files[1]), "{error}");

    for broken in ["{}", "[]", "{\"weight_map\":{}}", "{\"weight_map\":{\"a\":1}}", "nonsense"] {
        let folder = bare();
        write(&folder.path().join("model.safetensors.index.json"), broken.as_bytes());
        assert_eq!(malformed(Checkpoint::open(folder.path())).0, "weight_map", "{broken}");
    }
}

/// The hub's cache is made of links.
#[cfg(unix)]
#[test]
fn links_are_followed() {
    let real = folder(&tiny(), &serialise(&tensors(&tiny())));
    let linked = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors"] {
        let (from, to) = (real.path().join(name), linked.path().join(name));
        std::os::unix::fs::symlink(from, to).unwrap();
    }
    Checkpoint::open(linked.path()).unwrap();
}

#[test]
fn a_folder_without_weights_says_what_is_missing() {
    let folder = bare();
    let (field, problem) = malformed(Checkpoint::open(folder.path()));
    assert_eq!(field, "model.safetensors");
    assert!(problem.contains("model.safetensors.index.json"), "{problem}");
    write(&folder.path().join("pytorch_model.bin"), b"");
    let (_, problem) = malformed(Checkpoint::open(folder.path()));
    assert!(problem.contains("pytorch_model.bin"), "{problem}");
}
