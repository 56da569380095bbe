//! Models that other programs serve, by the completions protocol of OpenAI that vLLM, SGLang,
//! llama.cpp, transformers and others speak.
//!
//! | file | what |
//! |---|---|
//! | `settings` | which model, and how it is asked |
//! | `protocol` | what is sent, and what must come back |
//! | `sampler` | many requests at a time |
//!
//! Every sample is a request of its own, with a seed of its own: an evaluation can go on sample by
//! sample, and each has its own count of tokens. Prompts that samples share are the server's to cache.
//! Whether a seed gives the same text again is up to the server, too. Requests go to the servers of a
//! [`fleet`](crate), as those of a training do.

mod protocol;
mod sampler;
mod settings;

pub use protocol::Protocol;
pub use sampler::EndpointSampler;
pub use settings::Endpoint;
