//! The language-model half: checkpoints, operations, parity with transformers, generation.

mod parity;
mod support;
