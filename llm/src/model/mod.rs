//! The decoder: one for Qwen2, Qwen2.5, Qwen3 and Llama 3.x.

mod decoder;
mod gradients;
mod inference;
mod layer;
mod tape;
mod weight;

pub use decoder::{Decoder, Training};
pub use gradients::Gradients;
pub use inference::KvCache;
pub use layer::Layer;
pub use tape::{Keep, Packed, Tape};
pub use weight::{Frozen, Weight};
