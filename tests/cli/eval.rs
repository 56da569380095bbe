//! `repro eval`: what it prints and writes, how it goes on, and what it refuses.

use crate::support::{refusal, repro_in};
use repro::Exit;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const SMALL: &str =
    "eval --model countdown --data countdown --problems 6 --max-tokens 16 --out {dir}/eval";

fn samples(dir: &TempDir) -> Vec<String> {
    let path = dir.path().join("eval/countdown/countdown/samples.jsonl");
    let mut lines: Vec<String> =
        fs::read_to_string(path).expect("samples").lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn an_evaluation_goes_on_and_comes_to_the_same() {
    let (parts, whole) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    // Fewer samples first, and as after a loss of power the last line is cut off.
    let first = repro_in(&parts, &format!("{SMALL} --samples 3"));
    assert_eq!(first.exit, Exit::Success, "{}", first.err);
    let path = parts.path().join("eval/countdown/countdown/samples.jsonl");
    let text = fs::read_to_string(&path).expect("samples");
    fs::write(&path, &text[..text.len() - 20]).expect("a file");
    let second = repro_in(&parts, &format!("{SMALL} --samples 8"));
    let expected = repro_in(&whole, &format!("{SMALL} --samples 8 --threads 1"));
    assert_eq!(second.exit, Exit::Success, "{}", second.err);
    assert_eq!((second.out, samples(&parts)), (expected.out.clone(), samples(&whole)));
    assert_eq!(samples(&whole).len(), 6 * 8);
    insta::assert_snapshot!("table_of_an_evaluation", expected.out);
    for name in ["table.csv", "table.md", "eval.svg", "eval.png", "eval.csv", "eval.json"] {
        assert!(whole.path().join("eval").join(name).exists(), "{name}");
    }
}

/// pass@k from the completions themselves: of c correct ones among n, 1 − C(n−c, k) / C(n, k).
#[test]
fn results_follow_from_the_completions() {
    let dir = TempDir::new().expect("a folder");
    let answer = repro_in(&dir, &format!("{SMALL} --samples 4 --k 1,2,4"));
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    let mut correct = std::collections::BTreeMap::new();
    for line in samples(&dir) {
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let of = correct.entry(line["problem"].to_string()).or_insert(0_u32);
        *of += u32::from(line["verdict"] == "correct");
    }
    assert_eq!(correct.len(), 6);
    let text = fs::read_to_string(dir.path().join("eval/countdown/countdown/result.json"));
    let result: Value = serde_json::from_str(&text.expect("a result")).expect("JSON");
    let fail = |c: u32, k: u32| {
        (0..k).map(|i| f64::from((4 - c).saturating_sub(i)) / f64::from(4 - i)).product::<f64>()
    };
    for k in [1, 2, 4] {
        let expected = correct.values().map(|&c| 1.0 - fail(c, k)).sum::<f64>() / 6.0;
        let found = &result["pass_at_k"][k.to_string()];
        assert!((found["mean"].as_f64().expect("a number") - expected).abs() < 1e-12, "{found}");
        assert!(found["low"].as_f64() <= found["mean"].as_f64(), "{found}");
        assert!(found["mean"].as_f64() <= found["high"].as_f64(), "{found}");
    }
}

#[test]
fn evaluations_that_cannot_be_are_refused() {
    let dir = TempDir::new().expect("a folder");
    let first = repro_in(&dir, &format!("{SMALL} --samples 2"));
    assert_eq!(first.exit, Exit::Success, "{}", first.err);
    let other = repro_in(&dir, &format!("{SMALL} --samples 2 --temperature 0.5 --seed 3"));
    assert_eq!(other.exit, Exit::Usage);
    let message = "seed: 0, here 3; temperature: 1.0, here 0.5; give these, or another --out";
    assert!(other.err.contains(message), "{}", other.err);
    let messages = [
        "--model countdown",
        "--model countdown --data countdown --samples 4 --k 1,8",
        "--model countdown --model countdown --data countdown",
        "--model countdown --data {dir}/none.jsonl",
        "--model countdwn --data countdown",
        "--model countdown --data countdown --problems 6 --chat --out {dir}/chat",
        "--model countdown --data countdown --problems 6 --temperature=-1 --out {dir}/cold",
    ]
    .map(|options| refusal(&format!("eval {options}")));
    insta::assert_snapshot!("evaluations_refused", messages.concat());
}
