//! Optimisers.
//!
//! | file | what |
//! |---|---|
//! | `adamw` | AdamW on the CPU; its kernel beside it |
//! | `state` | the state of an optimiser in checkpoints |

mod adamw;
mod state;

pub use adamw::{AdamW, AdamWOptions, StateType};
pub use state::OptimizerState;
