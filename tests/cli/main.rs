//! The command line, called as `main` calls it: what people and programs read.

mod advantage;
mod bandit;
mod data;
mod doctor;
mod eval;
mod eval_endpoint;
mod experiment;
mod export;
mod fleet;
mod grade;
mod help;
mod llm;
mod plan;
mod pull_adapters;
mod refused;
mod report;
mod support;
mod theory;
mod train;
