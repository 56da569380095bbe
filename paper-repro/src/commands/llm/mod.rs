//! `repro llm`: language models.
//!
//! | file | what |
//! |---|---|
//! | `command` | the options and subcommands |
//! | `train`, `remote`, `flags`, `defaults` | a training run, its servers, its settings as flags and what these override |
//! | `data` | problems that decontamination removed |
//! | `progress` | progress of a run on the console |
//! | `sample`, `prompts` | continuations of prompts |
//! | `merge`, `pretrain`, `pull_adapters` | the other commands |

mod command;
mod data;
mod defaults;
pub(crate) mod flags;
mod merge;
mod pretrain;
mod progress;
mod prompts;
mod pull_adapters;
mod remote;
mod sample;
mod train;

pub(crate) use command::{Options, run};
