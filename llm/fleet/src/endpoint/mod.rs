//! Text samples from servers that speak OpenAI's completions protocol: vLLM, SGLang, llama.cpp,
//! transformers and others.
//!
//! | file | what |
//! |---|---|
//! | `settings` | the served model, and the protocol |
//! | `protocol` | bodies of requests and answers |
//! | `sampler` | many requests at a time |
//!
//! Every sample is one request with its own seed, so that an evaluation can resume sample by sample and
//! count the tokens of each. Caching shared prompts, and whether a seed gives the same text again, is up
//! to the server. Requests are scheduled like those of training, by the [`fleet`](crate).

mod protocol;
mod sampler;
mod settings;

pub use sampler::EndpointSampler;
pub use settings::{Endpoint, Protocol};
