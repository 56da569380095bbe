//! The grader: its rules, cases of our own and of others, laws, and limits.

mod cases;
mod corpus;
mod data;
mod decimals;
mod extraction;
mod laws;
mod limits;
mod names;
mod notation;
mod precision;
mod rules;
mod sets;
mod texts;
mod votes;
