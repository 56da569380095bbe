//! The language-model half: checkpoints, operations, parity with transformers, generation.

mod chat;
mod chat_refused;
mod checkpoint_copied;
mod checkpoint_damaged;
mod checkpoint_read;
mod checkpoint_refused;
mod config_read;
mod config_refused;
mod parity;
mod support;
mod tokenizer;
mod tokenizer_refused;
mod tokenizer_stop;
