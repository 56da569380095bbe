//! The grader: its rules, cases of our own and of others, laws, and limits.

mod cases;
mod corpus;
mod data;
mod decimals;
mod laws;
mod limits;
mod precision;
mod rules;
