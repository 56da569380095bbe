//! What only a process can show: exit statuses, streams, closed pipes, colours.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

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

/// A damaged file is one line of error. Preferred is damage on which the library that reads Parquet panics:
/// that panic must not be seen. Should it not panic any more, another damage does.
#[test]
fn a_damaged_file_is_one_error() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("a.parquet");
    write_parquet(&path);
    let whole = std::fs::read(&path).expect("a file");
    let source = rs_grpo_train::task::TaskSource::file(&path);
    let damaged = |at: usize| {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        changed
    };
    let problem = |at: usize| {
        std::fs::write(&path, damaged(at)).expect("written");
        let read = source.problems(rs_grpo_train::task::Split::Train, 1);
        read.err().map(|error| error.to_string())
    };
    let refused: Vec<_> = (0..whole.len()).filter_map(|at| Some((at, problem(at)?))).collect();
    let panics = refused.iter().find(|(_, problem)| problem.ends_with("it is damaged"));
    let (at, problem) = panics.or(refused.first()).expect("damage that is noticed");
    std::fs::write(&path, damaged(*at)).expect("written");
    let run = output(&format!("data show {}", path.display()));
    assert_eq!(run.status.code(), Some(2));
    let said = String::from_utf8_lossy(&run.stderr);
    let end = problem.rsplit(": ").next().expect("a text");
    assert!(said.ends_with(&format!("{end}\n")), "{said} after {problem}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

fn write_parquet(path: &Path) {
    use parquet::data_type::{ByteArray, ByteArrayType};
    use parquet::file::writer::SerializedFileWriter;
    let schema = "message m { required binary problem (UTF8); required binary answer (UTF8); }";
    let schema = parquet::schema::parser::parse_message_type(schema).expect("a schema");
    let file = std::fs::File::create(path).expect("a file");
    let mut writer =
        SerializedFileWriter::new(file, schema.into(), Default::default()).expect("a writer");
    let mut rows = writer.next_row_group().expect("rows");
    for texts in [["1+1?", "2+2?"], ["2", "4"]] {
        let mut column = rows.next_column().expect("a column").expect("a column");
        let texts = texts.map(ByteArray::from);
        column.typed::<ByteArrayType>().write_batch(&texts, None, None).expect("written");
        column.close().expect("closed");
    }
    rows.close().expect("closed");
    writer.close().expect("closed");
}

/// As under `repro advantage … | head -1`: the reader leaves, and that is not an error.
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

/// Where standard error is not a terminal there is neither colour nor a progress bar.
#[test]
fn pipes_get_plain_text() {
    let run =
        command("bandit --learning-rate 0").env_remove("CLICOLOR_FORCE").output().expect("starts");
    assert!(!run.stderr.contains(&0x1b), "{}", String::from_utf8_lossy(&run.stderr));
}

/// A training run that would take hours, in a folder.
const TRAINING: &str = "llm --steps 1000000 --prompts 2 --samples 2 --data countdown:problems=20 --save every=3 --resume auto";

fn training(out: &Path) -> Child {
    command(TRAINING)
        .arg("--out")
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("repro starts")
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(status.expect("kill is there").success());
}

/// The newest checkpoint's step.
fn newest(out: &Path) -> usize {
    let entries = std::fs::read_dir(out.join("checkpoints")).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.strip_prefix("step-")?.parse().ok()).max().unwrap_or(0)
}

fn wait_for_checkpoint_after(step: usize, out: &Path) {
    let start = Instant::now();
    while newest(out) <= step {
        assert!(start.elapsed() < Duration::from_secs(120), "no checkpoint in two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The last step in the metrics.
fn last_step(out: &Path) -> usize {
    let text = std::fs::read_to_string(out.join("metrics.jsonl")).expect("metrics");
    let line = text.lines().last().expect("a line");
    let (_, rest) = line.split_once("\"step\":").expect("a step");
    rest.split([',', '}']).next().and_then(|step| step.parse().ok()).expect("a number")
}

#[test]
#[cfg(unix)]
fn a_run_survives_signals_and_kills() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let out = folder.path().join("run");
    let mut step = 0;
    for (signal, status) in [("-INT", Some(130)), ("-KILL", None), ("-TERM", Some(143))] {
        let child = training(&out);
        wait_for_checkpoint_after(step, &out);
        send(signal, &child);
        let run = child.wait_with_output().expect("repro ends");
        assert_eq!(run.status.code(), status, "{}", String::from_utf8_lossy(&run.stderr));
        if status.is_some() {
            // The step was finished and saved.
            assert_eq!(newest(&out), last_step(&out));
            assert!(String::from_utf8_lossy(&run.stderr).contains("with --resume auto"));
        }
        step = newest(&out);
    }
}

/// A limit on the size of files stands for the disk: beyond it, writing fails as on a full one.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_last_checkpoint() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let out = folder.path().join("run");
    let child = training(&out);
    wait_for_checkpoint_after(0, &out);
    send("-TERM", &child);
    assert_eq!(child.wait_with_output().expect("repro ends").status.code(), Some(143));
    let step = newest(&out);
    let full = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 500; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_repro"))
        .args(TRAINING.split(' '))
        .arg("--out")
        .arg(&out)
        .output()
        .expect("repro starts");
    let message = String::from_utf8_lossy(&full.stderr);
    assert_eq!(full.status.code(), Some(1), "{message}");
    assert!(message.contains("model.safetensors: File too large"), "{message}");
    // Nothing half written is left, and with room the run goes on.
    assert_eq!(newest(&out), step);
    let parts = std::fs::read_dir(out.join("checkpoints")).expect("a folder").flatten();
    let strangers = parts.filter(|e| !e.file_name().to_string_lossy().starts_with("step-"));
    assert_eq!(strangers.count(), 0);
    let child = training(&out);
    wait_for_checkpoint_after(step, &out);
    send("-TERM", &child);
    assert_eq!(child.wait_with_output().expect("repro ends").status.code(), Some(143));
}

/// A reward program that never ends by itself does not survive a trainer that is killed.
#[test]
#[cfg(target_os = "linux")]
fn a_reward_command_ends_with_a_killed_trainer() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (pid, script) = (folder.path().join("pid"), folder.path().join("reward.sh"));
    let text = format!("echo $$ > {}\nexec sleep 1000\n", pid.display());
    std::fs::write(&script, text).expect("a file");
    let mut trainer = command("llm --prompts 2 --samples 2 --data countdown:problems=20")
        .arg("--reward-command")
        .arg(format!("sh {}", script.display()))
        .arg("--out")
        .arg(folder.path().join("run"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("repro starts");
    let within = |seconds: u64, done: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !done() && start.elapsed() < Duration::from_secs(seconds) {
            std::thread::sleep(Duration::from_millis(5));
        }
        done()
    };
    let read = || std::fs::read_to_string(&pid).unwrap_or_default();
    assert!(within(60, &|| read().ends_with('\n')), "the program starts");
    let process = Path::new("/proc").join(read().trim());
    // Once it is another program than the shell, there is nothing left of it that could notice.
    let name = || std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    assert!(within(60, &|| name() == "sleep\n"), "{}", name());
    trainer.kill().expect("it runs");
    trainer.wait().expect("it ended");
    // No one but the kernel may be there to bury it.
    let stat = || std::fs::read_to_string(process.join("stat")).unwrap_or_default();
    let gone =
        || stat().rsplit(')').next().is_none_or(|rest| rest.is_empty() || rest.starts_with(" Z"));
    assert!(within(20, &gone), "it still runs: {}", stat());
}
