//! The grader: its rules, cases of our own and of others, laws, and limits.

mod cases;
mod corpus;
mod data;
mod laws;
mod limits;
mod names;
mod notation;
mod rules;
mod sets;
mod texts;
