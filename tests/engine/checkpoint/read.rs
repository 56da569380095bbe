//! Checkpoints are read without copying, and as the `safetensors` crate reads them.

use rs_grpo_engine::checkpoint::{Checkpoint, Elements};
use safetensors::SafeTensors;
use serde_json::{Map, Value, json};
use std::path::Path;
use tempfile::TempDir;
use test_support::{CASES, folder};

/// A Llama of one layer with a tied head; two numbers a head.
pub(crate) fn tiny() -> Value {
    json!({
        "model_type": "llama", "vocab_size": 5, "hidden_size": 4, "intermediate_size": 3,
        "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
        "tie_word_embeddings": true
    })
}

/// Names and shapes of the tensors of [`tiny`].
pub(crate) fn tensors() -> Vec<(String, Vec<usize>)> {
    crate::config::read::parse(&tiny().to_string()).expect("a good configuration").tensors()
}

/// A header as a map, and numbers 0, 1, 2, … for it.
pub(crate) fn table(tensors: &[(String, Vec<usize>)]) -> (Map<String, Value>, Vec<u8>) {
    let (mut table, mut data) = (Map::new(), vec![]);
    for (name, shape) in tensors {
        let start = data.len();
        let count = shape.iter().product::<usize>();
        data.extend((0..count).flat_map(|i| (i as f32).to_le_bytes()));
        let entry = json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        table.insert(name.clone(), entry);
    }
    (table, data)
}

/// A `.safetensors` file.
pub(crate) fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// A folder with [`tiny`] and files of weights.
pub(crate) fn checkpoint(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "config.json", tiny().to_string().as_bytes());
    for (name, bytes) in files {
        write(folder.path(), name, bytes);
    }
    folder
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).expect("written");
}

/// The bytes of the numbers, wherever they are.
pub(crate) fn bytes(elements: Elements<'_>) -> Vec<u8> {
    match elements {
        Elements::F32(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Elements::Bf16(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Elements::F16(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}

/// The weights of all files in a folder, by the `safetensors` crate.
fn oracle(folder: &Path) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let mut tensors = vec![];
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        if !(name.starts_with("model") && name.ends_with(".safetensors")) {
            continue;
        }
        let file = std::fs::read(&path).expect("a file");
        let views = SafeTensors::deserialize(&file).expect("a safetensors file");
        let owned = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
            (name, view.shape().to_vec(), view.data().to_vec())
        };
        tensors.extend(views.tensors().into_iter().map(owned));
    }
    tensors.sort();
    tensors
}

#[test]
fn committed_checkpoints_are_read_as_by_the_safetensors_crate() {
    for case in CASES {
        let checkpoint = Checkpoint::open(&folder(case)).expect(case);
        assert_eq!(checkpoint.folder(), folder(case));
        let oracle = oracle(&folder(case));
        assert_eq!(checkpoint.tensors().count(), oracle.len(), "{case}");
        for (name, shape, data) in oracle {
            let tensor = checkpoint.tensor(&name).expect(case);
            assert_eq!(tensor.shape(), shape, "{case}: {name}");
            assert_eq!(bytes(tensor.elements()), data, "{case}: {name}");
        }
    }
}

#[test]
fn elements_say_their_storage_and_number() {
    let embedding = |case| {
        let checkpoint = Checkpoint::open(&folder(case)).expect(case);
        checkpoint.tensor("model.embed_tokens.weight").expect("there").clone()
    };
    for (case, narrow) in
        [("llama-tied-f16", true), ("qwen2-untied-bf16", true), ("qwen2-tied", false)]
    {
        // The numbers stay mapped after the checkpoint is gone.
        let embedding = embedding(case);
        let elements = embedding.elements();
        assert_eq!(matches!(elements, Elements::F32(_)), !narrow, "{case}");
        assert_eq!(elements.len(), embedding.shape().iter().product::<usize>(), "{case}");
        assert_eq!(elements.to_f32().len(), elements.len(), "{case}");
        assert!(!elements.is_empty());
    }
}

/// A header may have any length, so the numbers may have any address.
#[test]
fn unaligned_numbers_are_read() {
    let (table, data) = table(&tensors());
    for padding in 0..9 {
        let header = Value::Object(table.clone()).to_string() + &" ".repeat(padding);
        let folder = checkpoint(&[("model.safetensors", &file(&header, &data))]);
        let checkpoint = Checkpoint::open(folder.path()).expect("a good file");
        let norm = checkpoint.tensor("model.norm.weight").expect("there");
        assert_eq!(norm.elements(), Elements::F32(&[0.0, 1.0, 2.0, 3.0]), "{padding}");
    }
}

/// `rotary_emb.inv_freq` of old files, and the copy of a tied head.
#[test]
fn harmless_extras_are_tolerated() {
    let mut tensors = tensors();
    tensors.push(("model.layers.0.self_attn.rotary_emb.inv_freq".to_owned(), vec![1]));
    tensors.push(("lm_head.weight".to_owned(), vec![5, 4]));
    let (table, data) = table(&tensors);
    let file = file(&Value::Object(table).to_string(), &data);
    let folder = checkpoint(&[("model.safetensors", &file)]);
    assert!(Checkpoint::open(folder.path()).is_ok());
}

#[test]
fn the_single_file_counts_where_a_folder_has_both() {
    let (table, data) = table(&tensors());
    let file = file(&Value::Object(table).to_string(), &data);
    let index = ("model.safetensors.index.json", &b"{}"[..]);
    let folder = checkpoint(&[("model.safetensors", &file), index]);
    assert!(Checkpoint::open(folder.path()).is_ok());
}

/// The hub's cache keeps files under their hashes, and a folder of links to them.
#[cfg(unix)]
#[test]
fn links_are_followed() {
    let links = tempfile::tempdir().expect("a folder");
    let case = folder("qwen3-tied-sharded");
    for entry in std::fs::read_dir(&case).expect("a folder") {
        let entry = entry.expect("an entry");
        let link = links.path().join(entry.file_name());
        std::os::unix::fs::symlink(entry.path(), link).expect("linked");
    }
    let checkpoint = Checkpoint::open(links.path()).expect("links are followed");
    assert_eq!(checkpoint.tensors().count(), oracle(&case).len());
}

/// 256 MiB of weights, of which opening touches the header alone.
#[test]
fn opening_copies_nothing() {
    let mut config = tiny();
    config["vocab_size"] = json!(1 << 24);
    let tensors = crate::config::read::parse(&config.to_string()).expect("good").tensors();
    let mut end = 0;
    let entries = tensors.iter().map(|(name, shape)| {
        let start = end;
        end += shape.iter().product::<usize>() * 4;
        let entry = json!({"dtype": "F32", "shape": shape, "data_offsets": [start, end]});
        (name.clone(), entry)
    });
    let mut header = Value::Object(entries.collect()).to_string();
    header += &" ".repeat(header.len().next_multiple_of(8) - header.len());
    let folder = checkpoint(&[("model.safetensors", &file(&header, &[]))]);
    write(folder.path(), "config.json", config.to_string().as_bytes());
    let path = folder.path().join("model.safetensors");
    let sparse = std::fs::OpenOptions::new().write(true).open(path).expect("a file");
    sparse.set_len((8 + header.len() + end) as u64).expect("room for a sparse file");

    let mut opened = None;
    let used = allocation_counter::measure(|| opened = Checkpoint::open(folder.path()).ok());
    assert!(opened.is_some() && end >= 100_000_000 && used.bytes_max < 100_000, "{used:?}");
}
