//! The shape of a decoder, from a checkpoint's `config.json`.
//!
//! | file | what |
//! |---|---|
//! | `family` | the architectures, and transformers' defaults for missing fields |
//! | `fields` | typed, checked access to the fields of a JSON object |
//! | `published` | shapes of published models |
//! | `model` | [`ModelConfig`], and the tensors that follow from it |
//! | `read` | `config.json` to [`ModelConfig`] |
//! | `limits` | the largest sizes that a file may name |
//! | `rope` | the rotary embedding, in the spellings of transformers 4 and 5 |

mod family;
mod fields;
mod limits;
mod model;
mod published;
mod read;
mod rope;

pub use family::Family;
pub(crate) use limits::MAX_BYTES;
pub use model::ModelConfig;
pub use rope::{Llama3Scaling, Rope};
