//! The embedded model: its files are part of the program.

use crate::failure::Failure;
use rs_grpo_figures::write_atomic;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Name and contents of each file, as `repro llm pretrain` wrote them.
const FILES: [(&str, &[u8]); 5] = [
    ("config.json", include_bytes!("../../models/countdown/config.json")),
    ("generation_config.json", include_bytes!("../../models/countdown/generation_config.json")),
    ("tokenizer.json", include_bytes!("../../models/countdown/tokenizer.json")),
    ("tokenizer_config.json", include_bytes!("../../models/countdown/tokenizer_config.json")),
    ("model.safetensors", include_bytes!("../../models/countdown/model.safetensors")),
];

/// A folder with the files, created if necessary: one for each version of them.
pub(super) fn folder() -> Result<PathBuf, Failure> {
    let mut hash = Sha256::new();
    FILES.iter().for_each(|(_, bytes)| hash.update(bytes));
    let digest = hash.finalize();
    let name: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = std::env::temp_dir().join(format!("rs-grpo-countdown-{name}"));
    std::fs::create_dir_all(&folder)
        .map_err(|error| Failure::Failed(format!("{}: {error}", folder.display())))?;
    for (name, bytes) in FILES {
        let path = folder.join(name);
        // The contents are compared, since the temporary folder is writable by others.
        if !std::fs::read(&path).is_ok_and(|found| found == bytes) {
            write_atomic(&path, bytes)?;
        }
    }
    Ok(folder)
}
