//! The policy-gradient loss of a mini-batch, and its gradient.
//!
//! | file | what |
//! |---|---|
//! | `policy_gradient` | the loss of a token, and its derivatives |
//! | `batch` | completions to learn from, packed into micro-batches |
//! | `gradient` | the loss of a mini-batch and its gradient with respect to the trained weights |

mod batch;
mod gradient;
mod policy_gradient;

pub use batch::Example;
pub use gradient::{LossSums, Pass, UpdateStats, gradient, logprobs};
pub use policy_gradient::{KlKind, Loss, LossKind, Term, TokenTerms};
