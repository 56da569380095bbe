//! The network: against transformers and candle-transformers, and its memory.

mod candle;
mod memory;
mod parity;
