//! What only a process can show: exit statuses, streams, closed pipes, colours.

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

fn command(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repro"));
    command.args(arguments.split_whitespace());
    command
}

fn output(arguments: &str) -> Output {
    command(arguments).output().expect("repro starts")
}

#[test]
fn exit_statuses_are_0_1_and_2() {
    let cases = [
        ("--help", 0),
        ("advantage --rewards 1,0", 0),
        ("bandit --steps 160 --seeds 1 --out /proc/nowhere", 1),
        ("advantage --rewards 1,x", 2),
        ("advantage --rewards 1 --estimator rloo", 2),
        ("", 2),
    ];
    for (arguments, status) in cases {
        assert_eq!(output(arguments).status.code(), Some(status), "repro {arguments}");
    }
}

/// Results on standard output, everything else on standard error.
#[test]
fn streams_are_kept_apart() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let out = folder.path().display();
    let run = output(&format!("bandit --steps 1600 --seeds 1 --format json --out {out}"));
    let text = String::from_utf8(run.stdout).expect("UTF-8");
    assert!(text.starts_with("{\"results\":[") && text.ends_with("}\n"), "{text}");
    assert!(String::from_utf8_lossy(&run.stderr).contains("wrote "));
    let refused = output("advantage --rewards 1,x");
    assert!(refused.stdout.is_empty() && !refused.stderr.is_empty());
}

/// As under `repro advantage … | head -1`: the reader leaves, and that is no error.
#[test]
fn a_closed_pipe_is_no_error() {
    let lines = "{\"rewards\": [1, 0, 0, 0]}\n".repeat(20_000);
    let mut child = command("advantage --input - --format json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("repro starts");
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let mut first = [0; 16];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("a first line");
    let run = child.wait_with_output().expect("repro ends");
    // The writer ends too, with or without an error: its reader is gone.
    let _ = writer.join().expect("no panic");
    assert_eq!((run.status.code(), run.stderr.len()), (Some(0), 0), "{run:?}");
}

/// Where standard error is no terminal there is neither colour nor a progress bar.
#[test]
fn pipes_get_plain_text() {
    let run =
        command("bandit --learning-rate 0").env_remove("CLICOLOR_FORCE").output().expect("starts");
    assert!(!run.stderr.contains(&0x1b), "{}", String::from_utf8_lossy(&run.stderr));
}
