//! How the program ends.

use std::process::ExitCode;

/// The exit status of `repro`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Success = 0,
    /// 1: a run or a check failed.
    Failed = 1,
    /// 2: the command line or the input was refused.
    Usage = 2,
    /// 130: an interrupt ended a run early; it can be resumed.
    Interrupted = 130,
    /// 143: SIGTERM ended a run early; it can be resumed.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
