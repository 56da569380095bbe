//! Whether the tensors of a checkpoint are those that its `config.json` describes.

use super::open::Checkpoint;
use crate::{Error, Result};
use rs_grpo_files::printable;
use std::collections::BTreeMap;

impl Checkpoint {
    /// Compares names and shapes with [`ModelConfig::tensors`](crate::ModelConfig::tensors), as
    /// [`open`](Self::open) does.
    ///
    /// Two extras are harmless and pass: the `rotary_emb.inv_freq` of old files, and a copy of the
    /// head in a checkpoint whose head is tied to the embedding.
    ///
    /// # Errors
    /// One error that lists all tensors that are missing, unexpected or of another shape.
    pub fn check(&self) -> Result<()> {
        let mut missing: BTreeMap<_, _> = self.config.tensors().into_iter().collect();
        let mut problems = vec![];
        for (name, tensor) in &self.tensors {
            let (line, found) = (printable(name), tensor.shape());
            match missing.remove(name) {
                Some(shape) if shape != found => {
                    problems.push(format!("{line}: has shape {found:?}, expected {shape:?}"));
                }
                Some(_) => {}
                None if self.is_harmless(name, found) => {}
                None => problems.push(format!("{line}: unexpected, of shape {found:?}")),
            }
        }
        let missing =
            missing.iter().map(|(name, shape)| format!("{name}: missing, of shape {shape:?}"));
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
