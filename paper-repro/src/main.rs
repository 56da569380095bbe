//! The `repro` binary: hands the process's arguments and streams to the library.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Training frees and takes tensors of the same sizes again and again, which the system's allocator
/// would give back to the kernel each time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    rs_grpo_llm::kernels::leave_threads_to_rayon();
    let (mut out, mut err) = (anstream::stdout(), anstream::stderr());
    repro::run(std::env::args_os(), &mut out, &mut err).into()
}
