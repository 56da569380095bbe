//! Whether the tensors of a checkpoint are those that its `config.json` describes.

use super::open::Checkpoint;
use crate::{Error, Result};
use std::collections::BTreeMap;

impl Checkpoint {
    /// Compares names and shapes with [`ModelConfig::tensors`](crate::ModelConfig::tensors).
    ///
    /// Two extras are harmless and pass: the `rotary_emb.inv_freq` of old files, and a copy of the
    /// head in a checkpoint whose head is tied to the embedding.
    ///
    /// # Errors
    /// One error that lists all tensors that are missing, unexpected or of another shape.
    pub fn check(&self) -> Result<()> {
        let expected: BTreeMap<_, _> = self.config.tensors().into_iter().collect();
        let missing: Vec<_> =
            expected.keys().filter(|name| !self.tensors.contains_key(*name)).cloned().collect();
        let mut problems = vec![];
        for (name, tensor) in &self.tensors {
            let found = tensor.shape();
            match expected.get(name) {
                Some(shape) if shape != found => {
                    problems.push(format!("{name}: has shape {found:?}, expected {shape:?}"));
                }
                Some(_) => {}
                None if self.is_harmless(name, found) => {}
                None => problems.push(format!("{name}: unexpected, of shape {found:?}")),
            }
        }
        let missing =
            missing.iter().map(|name| format!("{name}: missing, of shape {:?}", expected[name]));
        problems.extend(missing);
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Error::Tensors { path: self.folder.clone(), problems }),
        }
    }

    fn is_harmless(&self, name: &str, shape: &[usize]) -> bool {
        let head = [self.config.vocab_size, self.config.hidden_size];
        let copy_of_head = self.config.tie_embeddings && name == "lm_head.weight" && shape == head;
        copy_of_head || name.ends_with("rotary_emb.inv_freq")
    }
}
