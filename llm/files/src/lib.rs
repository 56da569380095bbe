//! Safe reading and writing of files: size limits, atomic writes, locks and hashes; an error names the
//! file, the field and the reason.
//!
//! | file | what |
//! |---|---|
//! | `read` | regular files, with a size limit; their hashes |
//! | `write` | atomic, durable writes of files and folders |
//! | `lines` | JSON Lines files that are appended to |
//! | `fingerprint` | the contents of files, to notice that one changed |
//! | `lock` | one folder for one process |
//! | `shard_index` | `model.safetensors.index.json`: which file holds which tensor |
//! | `unique` | JSON objects whose names occur once |
//! | `panics` | catches panics of libraries on damaged files |
//! | `text` | names from files, escaped and shortened for messages |
//! | `error` | why a file or a setting is refused |

mod error;
mod fingerprint;
mod lines;
mod lock;
pub mod panics;
mod read;
mod shard_index;
mod text;
mod unique;
mod write;

pub use error::{Error, Refuse, Result};
pub use fingerprint::Fingerprint;
pub use lines::{Lines, Reader};
pub use lock::lock;
pub use read::{brief, digits, json_object, open, read, sha256};
pub use shard_index::ShardIndex;
pub use text::{abridge, printable};
pub use unique::Unique;
pub use write::{aside, sync_folder, temporary_folder, write_file, write_json};

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
