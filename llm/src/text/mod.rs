//! TODO-text
