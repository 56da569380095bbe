//! The public interface of the figures crate: messages, files, pictures and tables.

mod errors;
mod files;
mod gallery;
mod pictures;
mod robustness;
mod tables;
