//! Models that another program serves, by the completions protocol of OpenAI that vLLM, SGLang,
//! llama.cpp, transformers and others speak.
//!
//! | file | what |
//! |---|---|
//! | `settings` | which model, where, and how patiently |
//! | `protocol` | what is sent, and what must come back |
//! | `attempt` | one request, and whether another one is worth it |
//! | `backoff` | how long to wait before that |
//! | `sampler` | many requests at a time |
//!
//! Every sample is a request of its own, with a seed of its own: an evaluation can go on sample by
//! sample, and each has its own count of tokens. Prompts that samples share are the server's to cache.
//! Whether a seed gives the same text again is up to the server, too.

mod attempt;
mod backoff;
mod protocol;
mod sampler;
mod settings;

pub(crate) use backoff::Backoff;
pub use protocol::Protocol;
pub use sampler::EndpointSampler;
pub use settings::Endpoint;
