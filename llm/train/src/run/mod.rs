//! The folder of a run: what it was asked, what it did, and where it can go on.
//!
//! | file | what |
//! |---|---|
//! | `config.toml` | every setting |
//! | `metrics.jsonl` | one object a step |
//! | `events.out.tfevents.…` | the same for TensorBoard |
//! | `samples.jsonl` | some completions of each step |
//! | `checkpoints/step-…/` | everything that the run needs to go on |

mod folder;
mod session;
mod tensorboard;

pub use folder::{Resume, RunFolder};
pub use session::{Outcome, SampleLine, run, sample_lines};
pub use tensorboard::EventWriter;
