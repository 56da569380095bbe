//! `repro experiment`: several methods on one task, everything else equal.
//!
//! | file | what |
//! |---|---|
//! | `command` | which experiment |
//! | `countdown` | all methods on Countdown |
//! | `arms` | the methods |
//! | `job`, `parallel` | one method with one seed, and many of them side by side |
//! | `results` | results of a method |
//! | `table`, `figure` | tables and figures of the results |

mod arms;
mod command;
mod countdown;
mod figure;
mod job;
mod parallel;
mod results;
mod table;

pub(crate) use command::{Command, run};
pub(crate) use countdown::demonstration;
