//! One command a file: its options, what it runs and what it prints.

pub(crate) mod advantage;
pub(crate) mod bandit;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod experiment;
pub(crate) mod export;
pub(crate) mod grade;
mod lines;
pub(crate) mod llm;
mod look;
pub(crate) mod models;
pub(crate) mod plan;
mod prompt_flags;
pub(crate) mod report;
pub(crate) mod theory;
