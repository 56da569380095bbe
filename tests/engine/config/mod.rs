//! `config.json`.

pub(crate) mod read;
mod refused;
