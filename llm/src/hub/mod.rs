//! TODO-hub
