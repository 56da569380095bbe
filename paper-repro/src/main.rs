//! The `repro` binary: hands the process's arguments and streams to the library.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Training repeatedly frees and allocates tensors of the same sizes, whose memory the system's
/// allocator would return to the kernel each time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    rs_grpo_engine::kernels::leave_threads_to_rayon();
    tell_of_own_panics_alone();
    let (mut out, mut err) = (anstream::stdout(), anstream::stderr());
    repro::run(std::env::args_os(), &mut out, &mut err).into()
}

/// Panics that become errors are not printed as well.
fn tell_of_own_panics_alone() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !rs_grpo_files::panics::is_caught() {
            tell(panic);
        }
    }));
}
