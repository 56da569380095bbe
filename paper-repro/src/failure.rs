//! Failures that end a command early, and their messages.

use crate::Exit;
use anstyle::{AnsiColor, Style};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// clap's answer: an error of usage, or help and version, which are no errors.
    Clap(clap::Error),
    /// The user's values are refused.
    Usage(String),
    /// The run or a check failed.
    Failed(String),
    /// A signal ended a run that can be resumed.
    Stopped(String, Exit),
    /// Standard output could not be written.
    Output(io::Error),
}

impl Failure {
    /// Prints the message; returns the exit status.
    pub(crate) fn report(self, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
        match self {
            Self::Clap(error) => report_clap(&error, out, err),
            Self::Usage(message) => report_error(&message, Exit::Usage, err),
            Self::Stopped(message, exit) => report_error(&message, exit, err),
            Self::Failed(message) => report_error(&message, Exit::Failed, err),
            // The reader, `head` for instance, has seen enough.
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Success,
            Self::Output(error) => {
                report_error(&format!("cannot write results: {error}"), Exit::Failed, err)
            }
        }
    }

    /// A file that cannot be read.
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::Usage(format!("cannot read {}: {error}", path.display()))
    }
}

/// If standard error is closed, the message is lost.
fn report_error(message: &str, exit: Exit, err: &mut dyn Write) -> Exit {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let _ = writeln!(err, "{red}error:{red:#} {message}");
    exit
}

fn report_clap(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let text = error.render();
    if error.use_stderr() {
        let _ = write!(err, "{}", text.ansi());
        return Exit::Usage;
    }
    match write!(out, "{}", text.ansi()) {
        Ok(()) => Exit::Success,
        Err(error) => Failure::Output(error).report(out, err),
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<rs_grpo::Error> for Failure {
    fn from(error: rs_grpo::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<rs_grpo_sims::Error> for Failure {
    fn from(error: rs_grpo_sims::Error) -> Self {
        match error {
            rs_grpo_sims::Error::Parameter { parameter, value, allowed } => {
                Self::Usage(format!("--{parameter} is {value}; allowed: {allowed}"))
            }
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<rs_grpo_figures::Error> for Failure {
    fn from(error: rs_grpo_figures::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<rs_grpo_files::Error> for Failure {
    fn from(error: rs_grpo_files::Error) -> Self {
        use rs_grpo_files::Error;
        match error {
            Error::Parameter { parameter, ref value, ref allowed } if !parameter.contains(' ') => {
                Self::Usage(format!("--{parameter} is {value}; allowed: {allowed}"))
            }
            Error::File { ref source, .. } if is_full(source.kind()) => {
                Self::Failed(error.to_string())
            }
            _ => Self::Usage(error.to_string()),
        }
    }
}

impl From<rs_grpo_hub::Error> for Failure {
    fn from(error: rs_grpo_hub::Error) -> Self {
        match error {
            rs_grpo_hub::Error::Input(error) => error.into(),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<rs_grpo_engine::Error> for Failure {
    fn from(error: rs_grpo_engine::Error) -> Self {
        use rs_grpo_engine::Error;
        match error {
            Error::Input(error) => error.into(),
            Error::Tensor(_) | Error::Logits { .. } | Error::Sampler(_) => {
                Self::Failed(error.to_string())
            }
            _ => Self::Usage(error.to_string()),
        }
    }
}

impl From<rs_grpo_fleet::Error> for Failure {
    fn from(error: rs_grpo_fleet::Error) -> Self {
        use rs_grpo_fleet::Error;
        match error {
            Error::Input(error) => error.into(),
            Error::Engine(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<rs_grpo_train::Error> for Failure {
    fn from(error: rs_grpo_train::Error) -> Self {
        use rs_grpo_train::Error;
        match error {
            Error::Input(error) => error.into(),
            Error::Hub(error) => error.into(),
            Error::Engine(error) => error.into(),
            Error::Fleet(error) => error.into(),
            Error::Plan(error) => error.into(),
            Error::Diverged { .. } | Error::Reward { .. } => Self::Failed(error.to_string()),
            _ => Self::Usage(error.to_string()),
        }
    }
}

impl From<rs_grpo_plan::Error> for Failure {
    fn from(error: rs_grpo_plan::Error) -> Self {
        match error {
            rs_grpo_plan::Error::Input(error) => error.into(),
            other => Self::Usage(other.to_string()),
        }
    }
}

/// Whether there was no room, which is not a usage error.
fn is_full(kind: ErrorKind) -> bool {
    use ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull, WriteZero};
    matches!(kind, FileTooLarge | QuotaExceeded | StorageFull | WriteZero)
}
