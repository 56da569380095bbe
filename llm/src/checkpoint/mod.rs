//! Checkpoints in Hugging Face's files, read without copying.

mod mapped;

pub use mapped::{Elements, Mapped};
