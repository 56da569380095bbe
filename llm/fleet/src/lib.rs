//! Sampling on other machines: servers that speak OpenAI's completions protocol, above all vLLM.
//!
//! ```text
//! trainer ─► FleetSampler ─► Fleet ─► RequestScheduler ─► server, server, …
//!               │ publish                                ▲
//!               └──► folder of adapters ─ shared/pulled ─┘
//! ```
//!
//! | file | what |
//! |---|---|
//! | `servers` | addresses of the servers, timeouts and retries |
//! | `request` | requests, and events of a batch |
//! | `scheduler` | which server gets which request, and when: all decisions, without sending anything |
//! | `batch` | requests that are sent together, and their retries |
//! | `health` | a server's load, latency and circuit breaker |
//! | `dispatch` | the threads: one that runs the scheduler, and one for each request in flight |
//! | `http` | one HTTP request, and what its failure means for a retry |
//! | `backoff` | pauses between retries |
//! | `publish` | publishing adapters to the servers |
//! | `completion` | prompts and samples in tokens, in vLLM's format |
//! | `sampler` | a [`Sampler`](rs_grpo_engine::generate::Sampler) of policies published to the servers |
//!
//! Evaluations sample text from the same [`Servers`]: see [`endpoint`].
//!
//! # Starting servers
//! ```text
//! VLLM_ALLOW_RUNTIME_LORA_UPDATING=True vllm serve BASE --enable-lora --max-lora-rank 64 --max-loras 2 \
//!     --max-cpu-loras 4 --logprobs-mode processed_logprobs --generation-config vllm
//! ```
//! - `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`: adapters can be loaded and unloaded while it runs.
//! - `--enable-lora`, `--max-lora-rank`: adapters up to this rank.
//! - `--max-loras 2`: the previous policy may still have requests when the next is loaded.
//! - `--max-cpu-loras 4`: loaded adapters are not read again from a folder that may be gone by then.
//! - `--logprobs-mode processed_logprobs`: log-probabilities of the distribution that is sampled, with
//!   its temperature; by default they are those at temperature 1.
//! - `--generation-config vllm`: no defaults from the model's files. Requests of this crate set every
//!   sampling parameter; those of other clients may not.
//!
//! Servers read the folder of adapters at an absolute path, on a shared disk or as a pulled copy. An
//! adapter appears in it by renaming and is deleted when its policy is replaced.
//!
//! # A step
//! Each policy's adapter goes into a folder with a unique name (`policy-000123-5f3a90c1`: its number and
//! a hash of its weights), all servers load it, and every request names it. vLLM's prefix cache is keyed
//! by the adapter's name and path: with one name for all policies it would reuse the keys and values of
//! earlier ones. An answer for another name is refused and counted. The previous policy is unloaded when
//! its last request is done.
//!
//! # Failures
//! A request is one prompt with all samples of its group, and counts once, when it is answered in full.
//! A request that fails is retried on another server. A server that cannot be reached, or that fails
//! three times in a row, is taken out of rotation and tried again after a pause that doubles; it loads
//! the adapter before it gets prompts. Faster servers get more requests. A late request that the rest of
//! the batch waits for is hedged: sent to a second server with the same seed, and the first answer
//! counts. If no server is available for [`patience`](Servers::patience), sampling fails with the last
//! error of each server.

pub mod adapters;
mod backoff;
mod batch;
mod completion;
mod dispatch;
pub mod endpoint;
mod error;
mod health;
mod http;
mod publish;
mod request;
mod sampler;
mod scheduler;
mod servers;

pub(crate) use backoff::Backoff;
pub(crate) use dispatch::Fleet;
pub use error::{Error, Result};
pub use publish::AdapterFolder;
pub use request::Counts;
pub(crate) use request::{RequestEvent, ServerRequest};
pub use sampler::FleetSampler;
pub use servers::Servers;

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
