//! Sampling on other machines: servers that speak OpenAI's completions protocol, above all vLLM.
//!
//! ```text
//! trainer ─► FleetSampler ─► Fleet ─► State (which is asked what) ─► server, server, …
//!               │ publish                                             ▲
//!               └──► folder of adapters ──── shared, or pulled ───────┘
//! ```
//!
//! | file | what |
//! |---|---|
//! | `servers` | their addresses, and timeouts and retries of requests |
//! | `question` | requests, and events of their answers |
//! | `state` | which server is asked what, and when: all decisions, without sending a request |
//! | `health` | the state of one server |
//! | `dispatch` | the threads: one that decides, and one for each request under way |
//! | `http` | one request, and how its failure affects the next |
//! | `backoff` | pauses before repetitions |
//! | `publish` | adapters on their way to the servers |
//! | `completion` | prompts and samples in tokens, as vLLM takes and gives them |
//! | `sampler` | a [`Sampler`](rs_grpo_engine::generate::Sampler) of policies that have a name each |
//!
//! Evaluations ask through the same [`Servers`], in text: see [`endpoint`].
//!
//! # How servers are started
//! ```text
//! VLLM_ALLOW_RUNTIME_LORA_UPDATING=True vllm serve BASE --enable-lora --max-lora-rank 64 --max-loras 2 \
//!     --max-cpu-loras 4 --logprobs-mode processed_logprobs --generation-config vllm
//! ```
//! - `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`: adapters can be loaded and unloaded while it runs.
//! - `--enable-lora`, `--max-lora-rank`: adapters of at most this rank; 64 is room for any that is common.
//! - `--max-loras 2`: the policy before may still have requests when the next is loaded.
//! - `--max-cpu-loras 4`: neither is read again from a folder that may be gone by then.
//! - `--logprobs-mode processed_logprobs`: log-probabilities of the distribution that is drawn from,
//!   with its temperature; the default is those at temperature 1.
//! - `--generation-config vllm`: no defaults from the model's files. Requests here name all that matters;
//!   those of others may not.
//!
//! Servers find the folder of adapters under an absolute path, on a disk that they share or as a copy
//! that is pulled: a folder appears there whole, by renaming, and goes when its policy does.
//!
//! # A step
//! The policy's adapter goes into a folder of its own, whose name no other policy has
//! (`policy-000123-5f3a90c1`: its number and a hash of its weights), all servers load it, and every
//! request asks for it by name. vLLM keeps what it computed for a prompt by the name and path of the
//! adapter; one name for all policies would have it use keys and values of policies before. An answer
//! for another name is refused and counted. The policy before is unloaded when its last request is done.
//!
//! # Failures
//! A request is one prompt with all samples of its group. It counts when it is answered in full, once.
//! One that fails goes to another server; a server that cannot be reached, or that fails three times in a
//! row, is taken out, and tried again after a pause that doubles. It gets the adapter before it gets
//! prompts. A server's share follows its pace. A request that all others wait for is asked of a second
//! server, with the same seed, and the first answer counts. Where no server is of use for
//! [`patience`](Servers::patience), sampling ends with what each server said last.

pub mod adapters;
mod backoff;
mod completion;
mod dispatch;
pub mod endpoint;
mod error;
mod health;
mod http;
mod publish;
mod question;
mod sampler;
mod servers;
mod state;

pub(crate) use backoff::Backoff;
pub(crate) use dispatch::Fleet;
pub use error::{Error, Result};
pub use publish::AdapterFolder;
pub use question::Counts;
pub(crate) use question::{News, ServerRequest};
pub use sampler::FleetSampler;
pub use servers::Servers;

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
