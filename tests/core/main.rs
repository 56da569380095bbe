//! Tests of the core library: golden numbers, accuracy, laws, bias and refusals.
//!
//! Every expected number says where it comes from; most come from `fixtures/make_golden.py`. Loops
//! run over `CATALOGUE`, so that a new estimator is covered from its first day.

mod accuracy;
mod allocation;
mod bad_input;
mod exp;
mod golden;
mod identity_w;
mod laws;
mod limits;
mod pass_at_k;
mod relations;
mod rules;
mod support;
mod text;
mod unbiased;
