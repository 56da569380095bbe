//! Damaged and hostile files are refused by name; nothing panics, nothing large is allocated.

use crate::checkpoint_support::{file, folder, malformed, serialise, tensors, tiny, write};
use proptest::prelude::*;
use rs_grpo_llm::checkpoint::Checkpoint;
use serde_json::{Value, json};

/// The blamed field and the problem of a file of weights.
fn blamed(weights: &[u8]) -> (String, String) {
    let folder = folder(&tiny(), weights);
    malformed(Checkpoint::open(folder.path()))
}

fn entry(dtype: &str, shape: Value, offsets: [u64; 2]) -> Value {
    json!({ "dtype": dtype, "shape": shape, "data_offsets": offsets })
}

#[test]
fn lengths_of_the_header_are_claims() {
    for length in [0, 1, 7, 100, 100_000_001, 1 << 60, u64::MAX] {
        let mut bytes = file("{}", &[]);
        bytes[..8].copy_from_slice(&u64::to_le_bytes(length));
        assert_eq!(blamed(&bytes).0, "the header", "{length}");
    }
    for cut in 0..8 {
        assert_eq!(blamed(&vec![0; cut]).0, "the header", "{cut} bytes");
    }
}

#[test]
fn tables_that_do_not_fit_the_file_are_refused() {
    let good = entry("F32", json!([2]), [0, 8]);
    for (table, data, field) in [
        (json!({ "a": entry("F32", json!([2]), [0, 4]) }), 8, "a"),
        (json!({ "a": entry("F32", json!([2]), [8, 0]) }), 8, "a"),
        (json!({ "a": entry("F32", json!([1_u64 << 60]), [0, 8]) }), 8, "a"),
        (json!({ "a": entry("F32", json!([1_u64 << 40, 1_u64 << 40]), [0, 0]) }), 8, "a"),
        (json!({ "a": entry("F32", json!([]), [u64::MAX - 3, u64::MAX]) }), 8, "a"),
        (json!({ "a": good, "b": good }), 8, "b"),
        (json!({ "a": good, "b": entry("F32", json!([1]), [12, 16]) }), 16, "b"),
        (json!({ "a": entry("F32", json!([1]), [4, 8]) }), 8, "a"),
        (json!({ "a": good }), 7, "the length"),
        (json!({ "a": good }), 9, "the length"),
        (json!({ "a": entry("I64", json!([1]), [0, 8]) }), 8, "a"),
        (json!({ "a": entry("F8_E4M3", json!([8]), [0, 8]) }), 8, "a"),
        (json!({ "a": { "dtype": "F32", "shape": [2] } }), 8, "a"),
        (json!({ "a": entry("F32", json!([-1]), [0, 8]) }), 8, "a"),
        (json!({ "a": 7 }), 8, "a"),
        (json!([]), 0, "the header"),
    ] {
        let (found, problem) = blamed(&file(&table.to_string(), &vec![0; data]));
        assert_eq!(found, field, "{table}: {problem}");
    }
}

#[test]
fn two_tensors_of_one_name_are_refused() {
    let one = r#""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
    let (field, problem) = blamed(&file(&format!("{{{one},{one}}}"), &[0; 4]));
    assert_eq!(field, "the header");
    assert!(problem.contains(r#""a" occurs twice"#), "{problem}");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = serialise(&tensors(&tiny()));
    for length in (0..whole.len()).step_by(whole.len() / 100) {
        blamed(&whole[..length]);
    }
}

#[test]
fn a_folder_in_place_of_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("config.json"), tiny().to_string().as_bytes());
    std::fs::create_dir(folder.path().join("model.safetensors")).unwrap();
    assert_eq!(malformed(Checkpoint::open(folder.path())).0, "the file");
}

/// What a user reads.
#[test]
fn messages() {
    let good = entry("F32", json!([2]), [0, 8]);
    let table = |table: Value, data: usize| file(&table.to_string(), &vec![0; data]);
    let files = [
        table(json!({ "a": good }), 7),
        table(json!({ "a": good, "b": good }), 8),
        table(json!({ "a": entry("I64", json!([1]), [0, 8]) }), 8),
        table(json!({ "a": entry("F32", json!([3]), [0, 8]) }), 8),
        b"<!DOCTYPE html><html>".to_vec(),
        vec![],
    ];
    let messages = files.map(|bytes| {
        let folder = folder(&tiny(), &bytes);
        let message = Checkpoint::open(folder.path()).unwrap_err().to_string();
        message[message.find("model.safetensors").unwrap()..].to_owned()
    });
    insta::assert_snapshot!(messages.join("\n"));
}

/// Opens a folder; an error names the file, and what was allocated is bounded by what was there.
fn open_is_safe(folder: &std::path::Path, bytes: usize) -> Result<(), TestCaseError> {
    let mut result = None;
    let allocated = allocation_counter::measure(|| result = Some(Checkpoint::open(folder)));
    prop_assert!(allocated.bytes_max < 200_000 + 64 * bytes as u64, "{}", allocated.bytes_max);
    match result.unwrap() {
        Ok(checkpoint) => {
            for (_, tensor) in checkpoint.tensors() {
                prop_assert_eq!(tensor.shape().iter().product::<usize>(), tensor.to_f32().len());
            }
            if let Err(error) = checkpoint.check() {
                prop_assert!(error.to_string().contains("config.json"));
            }
        }
        Err(error) => prop_assert!(error.to_string().contains("model"), "{error}"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn damaged_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        in_header: bool,
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = serialise(&tensors(&tiny()));
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        for (index, byte) in changes {
            let end = if in_header { header } else { bytes.len() };
            bytes[index.index(end)] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        open_is_safe(folder(&tiny(), &bytes).path(), bytes.len())?;
    }

    #[test]
    fn any_numbers_in_the_table_never_panic(
        shape in prop::collection::vec(prop_oneof![0..4_u64, any::<u64>()], 0..4),
        offsets: [u64; 2],
        small in prop::option::of([0..40_u64, 0..40_u64]),
        dtype in prop::sample::select(vec!["F32", "BF16", "F16", "I8", ""]),
        data in 0..40_usize,
    ) {
        let table = json!({ "a": entry(dtype, json!(shape), small.unwrap_or(offsets)) });
        let bytes = file(&table.to_string(), &vec![0; data]);
        open_is_safe(folder(&tiny(), &bytes).path(), bytes.len())?;
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        open_is_safe(folder(&tiny(), &bytes).path(), bytes.len())?;
    }

    #[test]
    fn any_index_never_panics(names in prop::collection::vec(("\\PC{0,8}", "\\PC{0,8}"), 0..6)) {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("config.json"), tiny().to_string().as_bytes());
        let weight_map: serde_json::Map<String, Value> =
            names.into_iter().map(|(name, file)| (name, file.into())).collect();
        let index = json!({ "weight_map": weight_map }).to_string();
        write(&folder.path().join("model.safetensors.index.json"), index.as_bytes());
        let error = Checkpoint::open(folder.path()).unwrap_err().to_string();
        prop_assert!(error.contains(folder.path().to_str().unwrap()), "{error}");
    }
}
