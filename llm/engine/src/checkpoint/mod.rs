//! Checkpoints in Hugging Face's files: memory-mapped for reading, written atomically.
//!
//! | file | what |
//! |---|---|
//! | `header` | the table of tensors at the start of a `.safetensors` file |
//! | `file` | one `.safetensors` file, memory-mapped |
//! | `open` | a folder with `config.json` and weights |
//! | `check` | whether the tensors are those that `config.json` describes |
//! | `save` | writes such a folder |
//! | `mapped` | a tensor that stays in its file |
//!
//! Tokenizer and generation settings of the same folder are read elsewhere.

mod check;
mod file;
mod header;
mod mapped;
mod open;
mod save;

pub use file::read_tensors;
pub use mapped::{Elements, Mapped, Storage};
pub use open::Checkpoint;
pub use save::{Layout, Shaped, save, write_model, write_tensors};
