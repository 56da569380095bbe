//! Sampling on servers that this process plays: requests, faults, adapters, and whole trainings.

mod adapters;
mod endpoint;
mod faults;
mod speed;
mod training;
mod vllm_schema;
