//! Models and data sets by name: a folder, an alias or an id of the Hugging Face hub, downloaded into the cache
//! that Hugging Face's own tools use.
//!
//! | file | what |
//! |---|---|
//! | `alias` | short names of models |
//! | `repository` | a repository of the hub at a revision |
//! | `resolve` | finds the folder or repository of a name |
//! | `settings` | cache, token, endpoint; the only place that reads the environment |
//! | `cache` | the folders `blobs`, `snapshots`, `refs` of a repository |
//! | `remote` | what the hub says about a file |
//! | `transfer` | the bytes of a file, resumed and verified |
//! | `download` | the files of a model, in order |
//! | `data_set` | the files of a data set |
//! | `progress` | what a caller may show during a download |
//! | `error`, `refusals` | why a model was not found or not downloaded, and what to do |

mod alias;
mod cache;
mod data_set;
mod download;
mod error;
mod progress;
mod refusals;
mod remote;
mod repository;
mod resolve;
mod settings;
mod transfer;

pub use alias::{ALIASES, Alias};
pub use data_set::{cached_data, download_data};
pub use download::{download, is_cached};
pub use error::{Error, HubError, Result};
pub use progress::DownloadProgress;
pub use repository::Repository;
pub use resolve::{Location, resolve};
pub use settings::HubSettings;

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
