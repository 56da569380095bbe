//! From text to tokens and back, and from a conversation to the text that a model was trained on.
//!
//! ```text
//! messages ──► ChatTemplate ──┐
//!                             ├─► prompt ──► Tokenizer ──► tokens ──► TextStream ──► text
//! question ──► PlainTemplate ─┘
//! ```
//!
//! Everything is read from a checkpoint's folder, with the same results as transformers: the tests
//! compare prompts of Qwen2.5's and Qwen3's templates, and tokens of small vocabularies with the
//! pre-tokenizers of Qwen2 and Llama 3. Not supported: tokenizers without a `tokenizer.json`, and images
//! and tool calls in messages.

mod chat;
mod environment;
mod files;
mod methods;
mod plain;
mod python;
mod question;
mod stop;
mod stream;
mod template_source;
mod tokenizer;

pub use chat::{ChatOptions, ChatTemplate, Message};
pub use plain::PlainTemplate;
pub use question::{AUTO, PromptOptions, Question};
pub use stop::stop_tokens;
pub use stream::TextStream;
pub use tokenizer::Tokenizer;
