//! TODO-ops
