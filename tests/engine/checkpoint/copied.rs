//! Committed checkpoints, saved again, have the same bits.

use crate::checkpoint::read::bytes;
use rs_grpo_engine::checkpoint::{Checkpoint, Layout, save};
use serde_json::Value;
use std::path::Path;
use test_support::{CASES, folder};

fn copy(from: &Checkpoint, to: &Path, layout: Layout) {
    let config = std::fs::read(from.folder().join("config.json")).expect("a file");
    let config: Value = serde_json::from_slice(&config).expect("JSON");
    let values = |name: &str| Ok(from.tensor(name)?.elements().to_f32().into());
    let fields = config.as_object().expect("an object");
    save(to, fields, &from.config().tensors(), layout, values).expect("saved");
}

#[test]
fn a_copy_has_the_same_bits_in_files_of_any_size() {
    for case in CASES {
        let original = Checkpoint::open(&folder(case)).expect(case);
        let storage = original.tensor("model.norm.weight").expect("there").storage();
        for shard_bytes in [u64::MAX, 20_000, 0] {
            let home = tempfile::tempdir().expect("a folder");
            let path = home.path().join("deeper/copy");
            copy(&original, &path, Layout { storage, shard_bytes });
            let copied = Checkpoint::open(&path).expect(case);
            assert_eq!(copied.config(), original.config());
            for (name, tensor) in original.tensors() {
                let copied = copied.tensor(name).expect(case);
                assert_eq!(copied.storage(), storage);
                assert_eq!(bytes(copied.elements()), bytes(tensor.elements()), "{case}: {name}");
            }
        }
    }
}
