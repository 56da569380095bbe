//! Damaged files: no panic, no allocation far beyond the file, and an error that names the file.

use crate::checkpoint::read::{bytes, checkpoint, file, table, tensors};
use proptest::prelude::*;
use rs_grpo_engine::checkpoint::Checkpoint;
use serde_json::{Value, json};

const FILE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

fn good() -> Vec<u8> {
    let (table, data) = table(&tensors());
    file(&Value::Object(table).to_string(), &data)
}

/// Opens a folder with these files; what is accepted can be read to the end.
fn open(files: &[(&str, &[u8])]) {
    let folder = checkpoint(files);
    let mut opened = None;
    let used = allocation_counter::measure(|| opened = Some(Checkpoint::open(folder.path())));
    assert!(used.bytes_max < 1 << 20, "{used:?}");
    match opened.expect("opened") {
        Ok(checkpoint) => {
            for (name, tensor) in checkpoint.tensors() {
                let count: usize = tensor.shape().iter().product();
                assert_eq!(
                    bytes(tensor.elements()).len(),
                    tensor.storage().bytes() * count,
                    "{name}"
                );
            }
        }
        Err(error) => {
            let path = folder.path().display().to_string();
            assert!(error.to_string().starts_with(&path), "{error}");
        }
    }
}

/// A value of a field of the header, sensible or not.
fn anything() -> impl Strategy<Value = Value> {
    let edges = [0, 1, 4, 16, 80, 1 << 31, 1 << 60, 1 << 63, u64::MAX];
    let number = prop::sample::select(edges.to_vec()).prop_map(Value::from);
    prop_oneof![
        number.clone(),
        prop::collection::vec(number, 0..4).prop_map(Value::from),
        (0..300_u64, 0..300_u64).prop_map(|(start, end)| json!([start, end])),
        prop::sample::select(vec!["F32", "F16", "BF16", "F64", "I8", ""]).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::Null),
    ]
}

proptest! {
    #[test]
    fn flipped_bits(flips in prop::collection::vec((0.0..1.0_f64, 0..8_u32), 1..4)) {
        let mut file = good();
        for (place, bit) in flips {
            let place = (place * file.len() as f64) as usize;
            file[place] ^= 1 << bit;
        }
        open(&[(FILE, &file)]);
    }

    #[test]
    fn truncated_files(end in 0.0..1.0_f64) {
        let file = good();
        open(&[(FILE, &file[..(end * file.len() as f64) as usize])]);
    }

    #[test]
    fn lying_lengths(length: u64, small in 0..2_000_u64) {
        for length in [length, small] {
            open(&[(FILE, &[&length.to_le_bytes(), &good()[8..]].concat())]);
        }
    }

    #[test]
    fn changed_tables(changes in prop::collection::vec(
        (0..tensors().len(), prop::sample::select(vec!["dtype", "shape", "data_offsets"]), anything()),
        1..3,
    )) {
        let (mut table, data) = table(&tensors());
        for (tensor, field, value) in changes {
            table[&tensors()[tensor].0][field] = value;
        }
        open(&[(FILE, &file(&Value::Object(table).to_string(), &data))]);
    }

    #[test]
    fn arbitrary_tables(header in "\\PC{0,64}", data in prop::collection::vec(any::<u8>(), 0..64)) {
        open(&[(FILE, &file(&header, &data))]);
    }

    #[test]
    fn arbitrary_indexes(
        name in prop_oneof![Just("model.norm.weight".to_owned()), "\\PC{0,12}"],
        shard in prop_oneof![Just("a.safetensors".to_owned()), "[./\\\\:a\0]{0,6}", "\\PC{0,12}"],
        end in 0.0..2.0_f64,
    ) {
        let index = json!({"weight_map": {name: shard}}).to_string();
        let end = ((end * index.len() as f64) as usize).min(index.len());
        open(&[("a.safetensors", &good()), (INDEX, &index.as_bytes()[..end])]);
    }
}
