//! Checkpoints: read, refused, damaged, saved.

mod copied;
mod damaged;
pub(crate) mod read;
mod refused;
mod save;
