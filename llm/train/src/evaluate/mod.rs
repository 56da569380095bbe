//! Evaluation: many completions of each problem, and what they say of a policy.
//!
//! | file | what |
//! |---|---|
//! | `collect` | completions, drawn and graded; an evaluation that was interrupted goes on |
//! | `folder` | where they are kept, with the settings they were drawn with |
//! | `tally` | the completions of one problem, counted |
//! | `report` | pass@k and the other statistics of all problems |
//! | `bootstrap` | intervals over problems and seeds |

mod bootstrap;
mod collect;
mod folder;
mod report;
mod tally;

pub use bootstrap::{Estimate, SeedProblemMatrix, bootstrap};
pub use collect::{Evaluation, evaluate};
pub use folder::EvalFolder;
pub use report::{EvalReport, Statistic};
pub use tally::{Graded, Tally};
