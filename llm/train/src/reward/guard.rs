//! Kills a process and its children, even if this process is killed.

use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::time::{Duration, Instant};

/// How long a program that closed its output may take to exit.
const EXIT_TIMEOUT: Duration = Duration::from_millis(500);
/// How often that is checked.
const TICK: Duration = Duration::from_millis(5);

/// A process that does not survive this value, nor, on Unix, this process.
///
/// On Unix it leads a new process group, which is killed as a whole. An interrupt from the terminal,
/// which lets a training step finish, does not reach it.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    #[cfg(unix)]
    watchdog: unix::Watchdog,
}

impl Guard {
    /// Starts a program whose input and output are pipes.
    pub(super) fn spawn(mut command: Command) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        // Started before the program, so that the program is guarded from the beginning.
        #[cfg(unix)]
        let watchdog = unix::Watchdog::over(&mut command)?;
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let guard = Self {
            child,
            #[cfg(unix)]
            watchdog,
        };
        let (stdin, stdout) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok((guard, stdin, stdout))
    }

    /// How a program ended that closed its output.
    pub(super) fn ending(&mut self) -> String {
        let until = Instant::now() + EXIT_TIMEOUT;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return format!("ended ({status})"),
                Ok(None) if Instant::now() < until => std::thread::sleep(TICK),
                _ => return "closed its output".to_owned(),
            }
        }
    }
}

impl Drop for Guard {
    /// If it cannot be killed, it has ended already.
    fn drop(&mut self) {
        #[cfg(unix)]
        self.watchdog.kill_group();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
mod unix {
    use rustix::process::{Pid, Signal, kill_process_group};
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    /// A shell that leads the process group and kills the group at the end of its input, which this
    /// process closes however it ends. While the shell lives, the group's number is not reused.
    #[derive(Debug)]
    pub(super) struct Watchdog(Child);

    impl Watchdog {
        /// Over what a command will start.
        pub(super) fn over(command: &mut Command) -> io::Result<Self> {
            let mut shell = Command::new("sh");
            shell.args(["-c", "trap '' HUP INT TERM; read -r _; kill -s KILL 0"]);
            shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let shell = Self(shell.process_group(0).spawn()?);
            let group = i32::try_from(shell.0.id()).map_err(io::Error::other)?;
            command.process_group(group);
            Ok(shell)
        }

        pub(super) fn kill_group(&self) {
            let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        }
    }

    impl Drop for Watchdog {
        /// Also where the command could not be started.
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}
