//! The decoder: one for Qwen2, Qwen2.5, Qwen3 and Llama 3.x.

mod adapter;
mod decoder;
mod inference;
mod layer;
mod loader;
pub(crate) mod names;
mod peft;
mod tape;
mod trainable;
mod trainable_decoder;

pub use adapter::LoraOptions;
pub use decoder::Decoder;
pub use inference::KvCache;
pub use loader::Training;
pub use peft::{adapter_options, merge, read_adapters, set_adapters, write_adapters};

pub use tape::{ActivationCheckpointing, Packed, Tape};
pub use trainable::{LossFn, TrainableModel};
