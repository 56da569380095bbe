//! How the program ends.

use std::process::ExitCode;

/// The exit status of `repro`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Success,
    /// 1: a run or a check failed.
    Failed,
    /// 2: the command line or the input was refused.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
