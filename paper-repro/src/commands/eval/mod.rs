//! `repro eval`: pass@k of any number of models on any number of sets of problems.
//!
//! | file | what |
//! |---|---|
//! | `command` | every model on every set |
//! | `options`, `samples`, `served` | the options |
//! | `sets`, `names` | the sets of problems, and what models and sets are called |
//! | `measure` | one model on one set |
//! | `show` | the table and the figure |

mod command;
mod measure;
mod names;
mod options;
mod samples;
mod served;
mod sets;
mod show;

pub(crate) use command::run;
pub(crate) use options::Options;
