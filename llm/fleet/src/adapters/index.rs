//! Which adapters there are, with the length and hash of every file.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The files that every adapter in PEFT's format has.
pub(super) const NEEDED: [&str; 2] = ["adapter_config.json", "adapter_model.safetensors"];
/// Longest name of an adapter or of a file.
const LONGEST: usize = 128;

/// An adapter in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedAdapter {
    /// Name of its folder, and under which vLLM loads it.
    pub name: String,
    /// Its files, by name.
    pub files: Vec<AdapterFile>,
}

/// A file of an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterFile {
    /// Name in the adapter's folder.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Whether a name is safe in a path and a URL: letters, digits, `-`, `_` and dots, but not a dot at the
/// beginning. Such a name cannot lead out of the folder, and differs from those of adapters that are
/// still being written.
pub(super) fn is_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(known) && !name.starts_with('.')
}

/// Checks an index from the network.
pub(super) fn check(adapters: &[ListedAdapter]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for ListedAdapter { name, files } in adapters {
        check_name(name)?;
        if !names.insert(name) {
            return Err(format!("{name} is listed twice"));
        }
        check_files(files).map_err(|problem| format!("{name}: {problem}"))?;
    }
    Ok(())
}

fn check_files(files: &[AdapterFile]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for AdapterFile { name, sha256, .. } in files {
        check_name(name)?;
        if !names.insert(name.as_str()) {
            return Err(format!("{name} is listed twice"));
        }
        if sha256.len() != 64
            || !sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Err(format!("the SHA-256 of {name} is not 64 lower-case hexadecimal digits"));
        }
    }
    match NEEDED.into_iter().find(|needed| !names.contains(needed)) {
        Some(missing) => Err(format!("{missing} is missing")),
        None => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if is_name(name) {
        return Ok(());
    }
    let name = rs_grpo_files::printable(name);
    Err(format!(
        "the name {name:?} is not allowed; allowed: 1 to {LONGEST} letters, digits, -, _ and dots, not beginning with a dot"
    ))
}
