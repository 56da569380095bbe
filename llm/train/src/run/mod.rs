//! The loop around the steps of a run.
//!
//! | file | what |
//! |---|---|
//! | `trainer` | a policy in training, step by step |
//! | `ahead` | servers that sample the next step while the trainer learns from this one |
//! | `checkpoint` | everything that is needed to resume a run |
//! | `session` | a whole run: steps, records, evaluations and checkpoints |
//! | `folder` | the folder of a run |
//! | `tensorboard` | scalars in TensorBoard's event files |
//!
//! The folder of a run holds
//!
//! | file | what |
//! |---|---|
//! | `config.toml` | every setting |
//! | `metrics.jsonl` | one object a step |
//! | `events.out.tfevents.…` | the same for TensorBoard |
//! | `samples.jsonl` | some completions of each step |
//! | `checkpoints/step-…/` | everything that is needed to resume the run |

mod ahead;
mod checkpoint;
mod folder;
mod session;
mod tensorboard;
mod trainer;

pub use checkpoint::TrainingProgress;
pub use folder::{Resume, RunFolder};
pub use session::{RunEnd, SampleLine, run, sample_lines};
pub use tensorboard::EventWriter;
pub use trainer::{StepReport, Trainer};
