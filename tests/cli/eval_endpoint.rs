//! `repro eval --endpoint`, against a server of another make: Python's `http.server`.

use crate::support::{refusal, repro_in};
use repro::Exit;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The server's process, which ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/completions_server.py");
        let mut child = Command::new("python3")
            .arg(script)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is there");
        let mut url = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut url).expect("an address");
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Four problems, whose answers are 1 to 4; the server knows those of even problems, and of the others
/// with every second seed.
const PROBLEMS: &str = r#"{"id": "a", "problem": "What is 1?", "answer": "1"}
{"id": "b", "problem": "What is 2?", "answer": "2"}
{"id": "c", "problem": "What is 3?", "answer": "3"}
{"id": "d", "problem": "What is 4?", "answer": "4"}
"#;

fn result(dir: &TempDir, path: &str) -> Value {
    let text = fs::read_to_string(dir.path().join(path)).expect("a result");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn a_python_server_is_sampled_graded_and_measured() {
    let (dir, server) = (TempDir::new().expect("a folder"), Server::start());
    fs::write(dir.path().join("few.jsonl"), PROBLEMS).expect("a file");
    fs::write(dir.path().join("one.jsonl"), PROBLEMS.lines().next().expect("a line"))
        .expect("a file");
    for (mode, chat) in [("texts", ""), ("chats", "--chat")] {
        let answer = repro_in(
            &dir,
            &format!(
                "eval --model org/served --model org/other --endpoint {} {chat} --concurrency 8 \
                 --benchmark {{dir}}/few.jsonl,{{dir}}/one.jsonl --samples 16,one=4 --k 1,4,16 \
                 --out {{dir}}/{mode}",
                server.url
            ),
        );
        assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
        let found = result(&dir, &format!("{mode}/served/few/result.json"));
        // Even problems are always solved, odd ones sometimes: pass@16 is 1, and pass@1 between.
        assert_eq!(found["pass_at_k"]["16"]["mean"], 1.0, "{found}");
        let one = found["pass_at_k"]["1"]["mean"].as_f64().expect("a number");
        assert!(one > 0.5 && one < 1.0, "{found}");
        let verdicts = &found["verdicts"];
        let count = |name: &str| verdicts[name].as_u64().expect("a count");
        assert_eq!(count("correct") as f64, one * 64.0, "{found}");
        assert!(count("wrong") > 0 && count("prediction_unparsable") > 0, "{found}");
        assert_eq!(count("gold_unparsable") + count("budget_exceeded"), 0);
        assert_eq!(
            verdicts.as_object().expect("counts").values().filter_map(Value::as_u64).sum::<u64>(),
            64
        );
        assert_eq!(found["settings"]["sampler"], "endpoint");
        assert_eq!(found["settings"]["grader"], rs_grpo_grade::VERSION);
        assert!(found.get("entropy").is_none(), "no entropy of a server: {found}");
        let small = result(&dir, &format!("{mode}/other/one/result.json"));
        assert_eq!((&small["samples"], small["pass_at_k"].get("16")), (&4.into(), None));
        assert!(dir.path().join(mode).join("eval.png").exists());
    }
}

#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn endpoints_that_cannot_be_are_refused() {
    let messages = [
        "--model m --benchmark countdown --endpoint localhost",
        "--model m --benchmark countdown --endpoint http://a/v1/completions",
        "--model countdown --benchmark countdown --concurrency 4",
        "--model m --benchmark countdown,countdown --endpoint http://a",
        "--model m --data countdown --samples 4,math500=2 --endpoint http://a",
        "--model m --data countdown --samples math500=2 --endpoint http://a",
        "--model m --data countdown --samples 4,8 --endpoint http://a",
    ]
    .map(|options| refusal(&format!("eval {options}")));
    insta::assert_snapshot!("endpoints_refused", messages.concat());
    // No one is there: the error says so, names the place and how to go on.
    let dir = TempDir::new().expect("a folder");
    let nobody = "eval --model m --data countdown --problems 2 --samples 1 --retries 0 \
                  --endpoint http://127.0.0.1:1 --out {dir}/eval";
    let answer = repro_in(&dir, nobody);
    assert_eq!(answer.exit, Exit::Failed);
    assert!(answer.err.contains("http://127.0.0.1:1/v1/completions: prompt"), "{}", answer.err);
    assert!(answer.err.contains("continue with the same command"), "{}", answer.err);
}
