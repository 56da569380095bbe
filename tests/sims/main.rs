//! The bandit and the numerical theory.

mod bandit;
mod theory;
