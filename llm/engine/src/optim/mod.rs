//! Optimisers.
//!
//! | file | what |
//! |---|---|
//! | `adamw` | AdamW on the CPU; its kernel beside it |
//! | `state` | what checkpoints keep of an optimiser |

mod adamw;
mod state;

pub use adamw::{AdamW, AdamWOptions, StateType};
pub use state::OptimizerState;
