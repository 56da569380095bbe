//! Training: from problems to a better policy.
//!
//! ```text
//! problems ──► sample ──► grade ──► advantages ──► loss ──► gradient ──► AdamW
//!                                   (rs-grpo)
//! ```

mod adamw;
mod batch;
mod gradient;
mod loss;
mod pretrain;
mod schedule;
mod update;

pub use adamw::{AdamW, AdamWOptions};
pub use batch::Example;
pub use gradient::{Pass, Sums, gradient, logprobs};
pub use loss::{KlKind, Loss, LossKind, Term, Token};
pub use pretrain::{Pretraining, pretrain};
pub use schedule::Schedule;
pub use update::{Updated, update};
