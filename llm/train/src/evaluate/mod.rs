//! Evaluation of a policy by many completions of each problem.
//!
//! | file | what |
//! |---|---|
//! | `collect` | samples and grades completions; an interrupted evaluation can be resumed |
//! | `folder` | where they are kept, with the settings they were drawn with |
//! | `tally` | counts of the completions of one problem |
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
