//! `repro eval`: what it prints and writes, how it goes on, and what it refuses.

use crate::support::{refusal, repro_in};
use repro::Exit;
use rs_grpo_train::data::Problem;
use rs_grpo_train::task::{Split, TaskSource};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The folder of data sets, which are not part of the project.
const BENCHMARKS: Option<&str> = option_env!("BENCHMARKS");

const SMALL: &str =
    "eval --model countdown --data countdown --problems 6 --max-new-tokens 16 --out {dir}/eval";

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
    // The flag's earlier name means the same, or the second would refuse what the first drew.
    let earlier = SMALL.replace("--max-new-tokens", "--max-tokens");
    let first = repro_in(&parts, &format!("{earlier} --samples 3"));
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
        "--model countdown --data countdown --reward-command timeout=x",
        "--model countdown --model countdown --data countdown",
        "--model countdown --data {dir}/none.jsonl",
        "--model countdwn --data countdown",
        "--model countdown --data countdown --problems 6 --chat --out {dir}/chat",
        "--model countdown --data countdown --problems 6 --temperature=-1 --out {dir}/cold",
    ]
    .map(|options| refusal(&format!("eval {options}")));
    insta::assert_snapshot!("evaluations_refused", messages.concat());
}

/// Puzzles as mathematical problems out of a file: what the embedded model writes, such as
/// `9 + 8 + 12 - 5`, is graded by its value. The same puzzles by their own grader are solved no more
/// often, since that one looks at the numbers, too.
#[test]
fn problems_of_a_file_go_all_the_way_to_pass_at_k() {
    let dir = TempDir::new().expect("a folder");
    let source: TaskSource = "countdown".parse().expect("a source");
    let puzzles = source.problems(Split::HeldOut, 8).expect("puzzles");
    let line = |p: &Problem| json!({"id": p.id, "problem": p.prompt, "answer": p.answer()});
    let lines: Vec<String> = puzzles.iter().map(|p| format!("{}\n", line(p))).collect();
    fs::write(dir.path().join("puzzles.jsonl"), lines.concat()).expect("a file");
    let answer = repro_in(
        &dir,
        "eval --model countdown --benchmark {dir}/puzzles.jsonl,countdown --problems 8 \
         --samples 16 --max-new-tokens 16 --prompt-template {prompt} --out {dir}/eval",
    );
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    let result = |set: &str| {
        let path = dir.path().join("eval/countdown").join(set).join("result.json");
        let text = fs::read_to_string(path).expect("a result");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let (math, own) = (result("puzzles"), result("countdown"));
    for k in ["1", "16"] {
        let (math, own) = (&math["pass_at_k"][k]["mean"], &own["pass_at_k"][k]["mean"]);
        assert!(
            math.as_f64() >= own.as_f64() && own.as_f64() > Some(0.0),
            "pass@{k}: {math}, {own}"
        );
    }
    let verdicts = math["verdicts"].as_object().expect("counts");
    assert_eq!(verdicts.values().filter_map(Value::as_u64).sum::<u64>(), 8 * 16);
    assert_eq!(
        verdicts["correct"],
        math["pass_at_k"]["1"]["mean"].as_f64().expect("a number") * 128.0
    );
}

/// The short ones among the first problems of MATH500, by a checkpoint of random weights: nothing is
/// solved, everything is counted.
#[test]
#[cfg_attr(no_benchmarks, ignore = "needs RS_GRPO_BENCHMARKS, a folder of data sets")]
fn a_slice_of_math500_is_sampled_and_graded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = BENCHMARKS.expect("the build script found a folder");
    let text = fs::read_to_string(Path::new(folder).join("math500.jsonl")).expect("a data set");
    let short = |line: &&str| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        line["problem"].as_str().expect("a text").len() < 60
    };
    let short = text.lines().filter(short).take(6);
    let dir = TempDir::new().expect("a folder");
    let slice: Vec<String> = short.map(|line| format!("{line}\n")).collect();
    fs::write(dir.path().join("slice.jsonl"), slice.concat()).expect("a file");
    let model = root.join("../engine/fixtures/checkpoints/qwen2-tied");
    let command = format!(
        "eval --model {} --benchmark {{dir}}/slice.jsonl --samples 4 --max-new-tokens 8 --out {{dir}}/eval",
        model.display()
    );
    let answer = repro_in(&dir, &command);
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    let path = dir.path().join("eval/qwen2-tied/slice/result.json");
    let result: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("a result")).expect("JSON");
    let verdicts = result["verdicts"].as_object().expect("counts");
    assert_eq!(verdicts.values().filter_map(Value::as_u64).sum::<u64>(), 6 * 4);
    assert_eq!((&verdicts["gold_unparsable"], &result["left_out"]), (&json!(0), &json!(0)));
    assert_eq!(result["pass_at_k"].as_object().expect("pass@k").len(), 3);
}

/// A program says what is correct: here completions of an even length; it is given those of a problem
/// together, and what was graded before is not asked again.
#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn a_program_may_say_what_is_correct() {
    let dir = TempDir::new().expect("a folder");
    let script = dir.path().join("reward.py");
    let text = "import json, sys\nfor line in sys.stdin:\n    said = json.loads(line)\n    \
                open(sys.argv[1], 'a').write(line)\n    \
                print(json.dumps({'id': said['id'], 'reward': 1 - len(said['completion']) % 2}))\n";
    fs::write(&script, text).expect("written");
    let asked = dir.path().join("asked");
    let command = format!("timeout=30 python3 {} {}", script.display(), asked.display());
    let evaluate = |samples: &str| {
        let options = SMALL.replace("{dir}", &dir.path().display().to_string());
        let mut arguments = vec!["repro"];
        arguments.extend(options.split_whitespace());
        arguments.extend(["--samples", samples, "--reward-command", &command]);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = repro::run(arguments.into_iter().map(Into::into), &mut out, &mut err);
        assert_eq!(exit, Exit::Success, "{}", String::from_utf8_lossy(&err));
    };
    evaluate("2");
    evaluate("4");
    let asked = fs::read_to_string(asked).expect("what was asked");
    let problems: Vec<Value> =
        asked.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(problems.len(), 6 * 4);
    assert!(problems.chunks(2).all(|pair| pair[0]["problem"] == pair[1]["problem"]), "{asked}");
    for line in samples(&dir) {
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let is_even =
            line["completion"].as_str().expect("a text").chars().count().is_multiple_of(2);
        assert_eq!(line["verdict"] == "correct", is_even, "{line}");
        assert_eq!(line["reward"], f64::from(u8::from(is_even)), "{line}");
    }
    let result = fs::read_to_string(dir.path().join("eval/countdown/countdown/result.json"));
    let result: Value = serde_json::from_str(&result.expect("a result")).expect("JSON");
    assert_eq!(result["settings"]["reward_command"], command.as_str());
    assert!(result.get("majority").is_none(), "a program says nothing of answers: {result}");
}

/// A result belongs to the contents of the model's files and to the problems, whatever they are called.
#[test]
fn another_model_or_problem_is_noticed() {
    let dir = TempDir::new().expect("a folder");
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/fixtures/checkpoints/qwen2-tied");
    let model = dir.path().join("model");
    fs::create_dir(&model).expect("a folder");
    for name in ["config.json", "model.safetensors", "tokenizer.json", "generation_config.json"] {
        fs::copy(fixture.join(name), model.join(name)).expect("a copy");
    }
    let data = dir.path().join("data.jsonl");
    let rows =
        "{\"problem\": \"1+1\", \"answer\": \"2\"}\n{\"problem\": \"2+2\", \"answer\": \"4\"}\n";
    fs::write(&data, rows).expect("a file");
    let evaluate = |model: &str| {
        let options = "--samples 2 --max-new-tokens 4 --out {dir}/eval --data {dir}/data.jsonl";
        repro_in(&dir, &format!("eval --model {{dir}}/{model} {options}"))
    };
    let first = evaluate("model");
    assert_eq!(first.exit, Exit::Success, "{}", first.err);

    let weights = model.join("model.safetensors");
    let before = fs::read(&weights).expect("weights");
    let mut other = before.clone();
    let last = other.len() - 1;
    other[last] ^= 1;
    fs::write(&weights, other).expect("weights");
    let changed = evaluate("model");
    assert_eq!(changed.exit, Exit::Usage);
    assert!(changed.err.contains("model.safetensors has other content"), "{}", changed.err);
    fs::write(&weights, before).expect("weights");
    assert_eq!(evaluate("model").exit, Exit::Success);

    // A third problem may come; one that is there may not change.
    let more = format!("{rows}{{\"problem\": \"3+3\", \"answer\": \"6\"}}\n");
    fs::write(&data, more).expect("a file");
    assert_eq!(evaluate("model").exit, Exit::Success);
    fs::write(&data, rows.replace("2+2", "3+1")).expect("a file");
    let changed = evaluate("model");
    assert_eq!(changed.exit, Exit::Usage);
    let message = "problem \"line 2\" has another prompt or gold answer";
    assert!(changed.err.contains(message), "{}", changed.err);
}
