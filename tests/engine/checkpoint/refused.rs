//! Checkpoints that are refused: the message names file, tensor, value and what to do.

use crate::checkpoint::read::{checkpoint, file, table, tensors};
use rs_grpo_engine::Error;
use rs_grpo_engine::checkpoint::Checkpoint;
use serde_json::{Map, Value, json};

/// The message, with `FOLDER` for the folder, which has another name each time.
fn message(files: &[(&str, &[u8])]) -> String {
    let folder = checkpoint(files);
    let error = Checkpoint::open(folder.path()).expect_err("refused");
    error.to_string().replace(&folder.path().display().to_string(), "FOLDER")
}

fn single(bytes: &[u8]) -> String {
    message(&[("model.safetensors", bytes)])
}

/// The file of a good checkpoint.
fn good() -> Vec<u8> {
    let (table, data) = table(&tensors());
    file(&Value::Object(table).to_string(), &data)
}

/// The good file with its table changed.
fn changed(change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let (mut table, data) = table(&tensors());
    change(&mut table);
    single(&file(&Value::Object(table).to_string(), &data))
}

const NORM: &str = "model.norm.weight";

fn norm(entry: Value) -> String {
    changed(|table| {
        table.insert(NORM.to_owned(), entry);
    })
}

#[test]
fn messages_about_the_length() {
    let good = good();
    let claims = |length: u64| single(&[&length.to_le_bytes(), &good[8..]].concat());
    let messages = [
        single(b""),
        single(b"1234567"),
        claims(0),
        claims(100_000_000),
        claims(100_000_001),
        claims(1 << 60),
        claims(u64::MAX),
        single(&good[..good.len() / 2]),
        single(&good[..good.len() - 1]),
        single(&[&good[..], b"!"].concat()),
        single(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn messages_about_the_table() {
    let twice = r#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;
    let messages = [
        single(&file("", b"")),
        single(&file("[]", b"")),
        single(&file("{\"a\"", b"")),
        single(&file(twice, &[0; 4])),
        norm(json!(7)),
        norm(json!({"dtype": "F32", "shape": [4]})),
        norm(json!({"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]})),
        norm(json!({"dtype": "F64", "shape": [4], "data_offsets": [0, 32]})),
        norm(json!({"dtype": "F32", "shape": [5], "data_offsets": [0, 16]})),
        norm(json!({"dtype": "F32", "shape": [1_u64 << 60, 16], "data_offsets": [0, 16]})),
        norm(json!({"dtype": "F32", "shape": [1_u64 << 60], "data_offsets": [0, 1_u64 << 62]})),
        norm(json!({"dtype": "F32", "shape": [4], "data_offsets": [0, 16]})),
        norm(json!({"dtype": "F32", "shape": [4], "data_offsets": [16, 0]})),
        norm(json!({"dtype": "F32", "shape": [4], "data_offsets": [4000, 4016]})),
        norm(json!({"dtype": "F32", "shape": [4], "data_offsets": [u64::MAX - 15, u64::MAX]})),
        changed(|table| {
            table.remove(NORM);
        }),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

/// A name of a million letters and a line break, and a shape as long.
#[test]
fn messages_stay_short_and_on_their_line() {
    let name = format!("a\n{}", "b".repeat(1 << 20));
    let entry = json!({"dtype": "F32", "shape": vec![1; 1 << 18], "data_offsets": [0, 0]});
    let header = json!({ name: entry }).to_string();
    let message = single(&file(&header, b""));
    assert!(message.len() < 3_000 && !message.contains('\n'), "{message}");
}

/// All at once: two are missing, two too many, two of another shape.
#[test]
fn message_about_the_tensors() {
    let mut tensors = tensors();
    tensors.retain(|(name, _)| name != NORM && !name.contains("up_proj"));
    tensors.push(("model.layers.1.mlp.up_proj.weight".to_owned(), vec![3, 4]));
    tensors.push(("lm_head.weight".to_owned(), vec![6, 4]));
    for (name, shape) in &mut tensors {
        if name.contains("k_proj") || name.contains("v_proj") {
            *shape = vec![4, 4];
        }
    }
    let (table, data) = table(&tensors);
    insta::assert_snapshot!(single(&file(&Value::Object(table).to_string(), &data)));
}

fn index(map: Value) -> String {
    index_text(&json!({"weight_map": map}).to_string())
}

fn index_text(text: &str) -> String {
    let shard = good();
    message(&[("a.safetensors", &shard), ("model.safetensors.index.json", text.as_bytes())])
}

#[test]
fn messages_about_the_index() {
    let messages = [
        index_text(""),
        index_text("{}"),
        index_text(r#"{"weight_map": {"a": "a.safetensors", "a": "b.safetensors"}}"#),
        index(json!([])),
        index(json!({})),
        index(json!({"a": 7})),
        index(json!({"a": "../a.safetensors"})),
        index(json!({"a": "/etc/passwd"})),
        index(json!({"a": "b/a.safetensors"})),
        index(json!({"a": "b\\a.safetensors"})),
        index(json!({"a": "C:a.safetensors"})),
        index(json!({"a": ".."})),
        index(json!({"a": ""})),
        index(json!({"a": "b.safetensors"})),
        index(json!({"a": "a.safetensors"})),
        index(json!({"a": "a.safetensors", "b": "config.json"})),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_tensor_in_two_files_is_refused() {
    let shard = good();
    let index = json!({"weight_map": {NORM: "a.safetensors", "a": "b.safetensors"}}).to_string();
    let files = [
        ("a.safetensors", &shard[..]),
        ("b.safetensors", &shard),
        ("model.safetensors.index.json", index.as_bytes()),
    ];
    insta::assert_snapshot!(message(&files));
}

#[test]
fn a_folder_without_weights_says_what_it_has_instead() {
    insta::assert_snapshot!([message(&[]), message(&[("pytorch_model.bin", b"")])].join("\n"));
}

#[test]
fn asking_for_no_tensor_of_the_checkpoint_names_it() {
    let folder = checkpoint(&[("model.safetensors", &good())]);
    let checkpoint = Checkpoint::open(folder.path()).expect("a good file");
    let asked = checkpoint.tensor("model.layers.7.input_layernorm.weight");
    assert!(
        matches!(asked, Err(Error::Input(rs_grpo_files::Error::Malformed { .. }))),
        "{asked:?}"
    );
}
