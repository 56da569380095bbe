//! The trained weights in files.

use crate::context::TrainContext;
use rs_grpo_engine::Result;
use rs_grpo_engine::checkpoint::{Layout, Storage, write_model};
use rs_grpo_engine::model::{TrainableModel, write_adapters};
use std::path::Path;

/// Writes the trained weights into an existing folder: the adapters as PEFT's files, or the whole model
/// as Hugging Face's.
///
/// # Errors
/// What the operating system refuses; a device that does not answer.
pub(crate) fn write_weights<P: TrainableModel>(
    folder: &Path,
    context: &TrainContext<P>,
) -> Result<()> {
    let (config, policy) = (&context.config, &context.policy);
    let numbers = |name: &str| policy.trained_numbers(name);
    if let Some(options) = config.lora() {
        return write_adapters(folder, policy.trained_shapes(), numbers, options, &config.model);
    }
    let (fields, tensors) = (&context.config_fields, context.model.tensors());
    write_model(folder, fields, &tensors, Layout::new(Storage::F32), |name| {
        Ok(numbers(name)?.into())
    })
}
