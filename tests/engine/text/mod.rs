//! Tokenizers, chat templates and questions, against transformers.

mod byte_fallback;
mod chat;
mod chat_refused;
mod question;
mod stop;
mod tokenizer;
mod tokenizer_refused;
