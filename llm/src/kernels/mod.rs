//! TODO-kernels
