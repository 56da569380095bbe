//! Checkpoints in Hugging Face's files, read without copying.
//!
//! | file | what |
//! |---|---|
//! | `header` | the table of tensors at the start of a `.safetensors` file |
//! | `file` | one `.safetensors` file, memory-mapped |
//! | `index` | which of several files holds which tensor |
//! | `open` | a folder with `config.json` and weights |
//! | `check` | whether the tensors are those that `config.json` describes |
//! | `mapped` | a tensor that stays in its file |
//! | `save` | writes a folder that `open` reads |
//! | `shard` | writes one `.safetensors` file |
//!
//! Tokenizer and generation settings of the same folder are read elsewhere.

mod check;
mod file;
mod header;
mod index;
mod mapped;
mod open;
mod save;
mod shard;

pub use mapped::{Elements, Mapped, Storage};
pub use open::Checkpoint;
pub use save::save;
