//! Adapters for servers that share no folder with the trainer: each server's machine pulls them over
//! HTTP and checks their hashes.
//!
//! | file | what |
//! |---|---|
//! | `index` | which adapters there are, with the length and hash of every file |
//! | `listing` | the index of a folder |
//! | `server` | the trainer's end: the index, and the bytes of files |
//! | `mirror` | the folder that they are pulled into, where only complete adapters appear |
//! | `remote` | requests to the trainer's end |
//! | `pull` | the server's end: keeps the mirror equal to the index |
//!
//! ```text
//! GET /adapters            [{"name": "policy-000123", "files": [{"name", "bytes", "sha256"}, …]}, …]
//! GET /adapters/NAME/FILE  the bytes of a file of the index
//! ```
//!
//! The trainer renames complete adapters into its folder and removes old ones; there are no other
//! notifications. A puller polls the index: that costs a few hundred bytes and needs no long-lived
//! connection, whose death would have to be detected.
//!
//! There is no encryption: secret adapters need a private network or a proxy that encrypts. The token
//! only authorizes readers.

mod index;
mod listing;
mod mirror;
mod pull;
mod remote;
mod server;

pub use index::{AdapterFile, ListedAdapter};
pub use pull::{Pulled, Puller};
pub use server::AdapterServer;

/// Environment variable of the token that both ends share.
pub const TOKEN_VARIABLE: &str = "RS_GRPO_ADAPTER_TOKEN";

/// The token of [`TOKEN_VARIABLE`], if it is set and not empty.
pub fn token_from_environment() -> Option<String> {
    let token = std::env::var(TOKEN_VARIABLE).ok().map(|token| token.trim().to_owned());
    token.filter(|token| !token.is_empty())
}
