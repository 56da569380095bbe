//! TODO-model
