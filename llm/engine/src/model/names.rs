//! Names of tensors in Hugging Face's files.

pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(crate) const NORM: &str = "model.norm.weight";
pub(crate) const HEAD: &str = "lm_head.weight";

/// What follows the name of a projection in the names of its adapter's factors.
pub(crate) const DOWN: &str = "lora_A.weight";
/// As [`DOWN`].
pub(crate) const UP: &str = "lora_B.weight";

/// What the names of a layer's tensors begin with.
pub(crate) fn prefix_of(layer: usize) -> String {
    format!("model.layers.{layer}.")
}
