//! How adapters reach servers that share no folder with the trainer: each server's machine pulls them
//! over HTTP and checks their hashes.
//!
//! | file | what |
//! |---|---|
//! | `index` | which adapters there are, with the length and hash of every file |
//! | `listing` | the index of a folder |
//! | `server` | the trainer's end: the index, and the bytes of files |
//! | `mirror` | the folder that they are pulled into, where only whole adapters appear |
//! | `remote` | requests to the trainer's end |
//! | `pull` | the server's end: keeps the mirror as the index says, for ever |
//!
//! ```text
//! GET /adapters            [{"name": "policy-000123", "files": [{"name", "bytes", "sha256"}, …]}, …]
//! GET /adapters/NAME/FILE  the bytes of a file of the index
//! ```
//!
//! The trainer renames whole adapters into its folder and removes old ones; nothing else tells the
//! server or the pullers of them. A puller asks again after a short pause: what that costs is a few
//! hundred bytes, and what it saves is a connection that somebody must notice has died.
//!
//! There is no encryption: the adapters of a run that must stay secret belong on a network of their
//! own or behind a proxy that adds it. A token only keeps others from reading.

mod index;
mod listing;
mod mirror;
mod pull;
mod remote;
mod server;

pub use index::{AdapterFile, ListedAdapter};
pub use pull::{Pulled, Puller};
pub use server::AdapterServer;

/// Names the environment variable of the token that both ends share.
pub const TOKEN_VARIABLE: &str = "RS_GRPO_ADAPTER_TOKEN";

/// The token of the environment, if there is one.
pub fn token_from_environment() -> Option<String> {
    let token = std::env::var(TOKEN_VARIABLE).ok().map(|token| token.trim().to_owned());
    token.filter(|token| !token.is_empty())
}
