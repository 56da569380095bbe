//! Whether the tensors of a checkpoint are those that its `config.json` describes.

use super::mapped::Mapped;
use crate::error::printable;
use crate::{Error, ModelConfig, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// Compares names and shapes with [`ModelConfig::tensors`]: one error for all that differ.
///
/// Two extras are harmless and pass: the `rotary_emb.inv_freq` of old files, and a copy of the head
/// in a checkpoint whose head is tied to the embedding.
pub(super) fn check(
    folder: &Path,
    config: &ModelConfig,
    tensors: &BTreeMap<String, Mapped>,
) -> Result<()> {
    let mut missing: BTreeMap<_, _> = config.tensors().into_iter().collect();
    let mut problems = vec![];
    for (name, tensor) in tensors {
        let found = tensor.shape();
        match missing.remove(name) {
            Some(shape) if shape != found => {
                problems
                    .push(format!("{}: has shape {found:?}, expected {shape:?}", printable(name)));
            }
            Some(_) => {}
            None if is_harmless(config, name, found) => {}
            None => problems.push(format!("{}: unexpected, of shape {found:?}", printable(name))),
        }
    }
    problems.extend(
        missing
            .iter()
            .map(|(name, shape)| format!("{}: missing, expected {shape:?}", printable(name))),
    );
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Error::Tensors { path: folder.to_owned(), problems }),
    }
}

fn is_harmless(config: &ModelConfig, name: &str, shape: &[usize]) -> bool {
    let head = [config.vocab_size, config.hidden_size];
    let copy_of_head = config.tie_embeddings && name == "lm_head.weight" && shape == head;
    copy_of_head || name.ends_with("rotary_emb.inv_freq")
}
