//! paper-repro
