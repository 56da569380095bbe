//! The `repro` binary: hands the process's arguments and streams to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut out, mut err) = (anstream::stdout(), anstream::stderr());
    repro::run(std::env::args_os(), &mut out, &mut err).into()
}
