//! Operations against slow compositions in f64 and finite differences.

mod exact;
mod refused;
