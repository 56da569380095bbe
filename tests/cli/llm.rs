//! `repro llm` and `repro models`: samples of a small random checkpoint that transformers wrote.

use crate::support::{refusal, repro_in, success};
use repro::Exit;
use serde_json::Value;
use tempfile::TempDir;

const MODEL: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/fixtures/checkpoints/qwen2-tied");

fn sample(options: &str) -> String {
    success(&format!("llm sample --model {MODEL} {options}"))
}

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

/// Greedy, so that the snapshot is the checkpoint's and not the sampler's.
#[test]
fn samples_are_printed_for_people() {
    let greedy = "--prompt Hello --temperature 0";
    insta::assert_snapshot!(sample(&format!("{greedy} --max-new-tokens 8")));
    // The flag's earlier name means the same.
    let earlier = sample(&format!("{greedy} --max-tokens 8"));
    assert_eq!(earlier, sample(&format!("{greedy} --max-new-tokens 8")));
}

#[test]
fn a_line_of_jsonl_has_everything_about_a_sample() {
    let lines =
        lines(&sample("--prompt Hello -n 3 --max-new-tokens 5 --ignore-eos --format jsonl"));
    assert_eq!(lines.len(), 3);
    for (i, line) in lines.iter().enumerate() {
        assert_eq!((&line["prompt"], &line["sample"]), (&Value::from(0), &Value::from(i)));
        assert_eq!(line["finish_reason"], "length");
        for field in ["tokens", "logprobs", "model_logprobs"] {
            assert_eq!(line[field].as_array().map(Vec::len), Some(5), "{field} of {line}");
        }
        // At temperature 1 without filters the two distributions are the same, but for rounding.
        let numbers = |field: &str| line[field].as_array().into_iter().flatten();
        for (a, b) in numbers("logprobs").zip(numbers("model_logprobs")) {
            assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-5);
        }
    }
}

#[test]
fn batch_cache_and_threads_do_not_change_a_sample() {
    let options = "--prompt Hello --prompt World -n 6 --max-new-tokens 24 --seed 7 --format jsonl";
    let expected = sample(options);
    for other in ["--max-batch 1", "--cache-slots 64", "--prefill-tokens 1", "--threads 1"] {
        assert_eq!(sample(&format!("{options} {other}")), expected, "{other}");
    }
    assert_ne!(sample(&options.replace("--seed 7", "--seed 8")), expected);
}

#[test]
fn the_same_prompt_again_gives_other_samples() {
    let twice = lines(&sample("--prompt Hi --prompt Hi --max-new-tokens 16 --format jsonl"));
    let both = lines(&sample("--prompt Hi -n 2 --max-new-tokens 16 --format jsonl"));
    assert_eq!(twice[0]["tokens"], both[0]["tokens"]);
    assert_eq!(twice[1]["tokens"], both[1]["tokens"]);
    assert_ne!(both[0]["tokens"], both[1]["tokens"]);
}

#[test]
fn prompts_come_from_a_file_as_texts_or_conversations() {
    let dir = TempDir::new().unwrap();
    let file = "{\"prompt\": \"Hello\"}\n\n{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}\n";
    std::fs::write(dir.path().join("prompts.jsonl"), file).unwrap();
    let options = "--temperature 0 --max-new-tokens 6 --format jsonl";
    let answer = repro_in(
        &dir,
        &format!("llm sample --model {MODEL} --prompts {{dir}}/prompts.jsonl {options}"),
    );
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    let expected = sample(&format!("--prompt Hello {options}"))
        + &sample(&format!("--prompt Hello --chat {options}"))
            .replace("\"prompt\":0", "\"prompt\":1");
    assert_eq!(answer.out, expected);
}

#[test]
fn a_stop_text_ends_a_sample_before_it() {
    let plain = lines(&sample("--prompt Hello --temperature 0 --max-new-tokens 8 --format jsonl"));
    let text = plain[0]["text"].as_str().unwrap().to_owned();
    let stop = text.chars().rfind(char::is_ascii_alphanumeric).expect("a letter to stop at");
    let options =
        format!("--prompt Hello --temperature 0 --max-new-tokens 8 --stop {stop} --format jsonl");
    let stopped = lines(&sample(&options));
    assert_eq!(stopped[0]["finish_reason"], "stop");
    assert_eq!(stopped[0]["text"], text.split(stop).next().unwrap());
}

#[test]
fn messages_say_what_is_allowed() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("bad.jsonl"), "{\"prompt\": \"a\"}\n{\"promt\": \"b\"}\n")
        .unwrap();
    std::fs::write(dir.path().join("empty.jsonl"), "\n").unwrap();
    let calls = [
        "llm --resume auto --quiet merge",
        "llm sample --prompt a",
        "llm sample --model MODEL",
        "llm sample --model no-such-model --prompt a",
        "llm sample --model ./no/such/folder --prompt a",
        "llm sample --model DIR --prompt a",
        "llm sample --model MODEL --prompt a --temperature -1",
        "llm sample --model MODEL --prompt a --top-p 0",
        "llm sample --model MODEL --prompt a --min-p 2",
        "llm sample --model MODEL --prompt a -n 0",
        "llm sample --model MODEL --prompt a --prompt-template question",
        "llm sample --model MODEL --prompt a --cache-slots 32 --max-new-tokens 64",
        "llm sample --model MODEL --prompt a -n 10000000",
        "llm sample --model MODEL --prompt a --cache-slots 1000000000000000",
        "llm sample --model MODEL --prompts DIR/bad.jsonl",
        "llm sample --model MODEL --prompts DIR/empty.jsonl",
        "llm sample --model MODEL --prompts DIR/none.jsonl",
    ];
    let folder = dir.path().to_string_lossy();
    let answers = calls.map(|call| {
        let err = refusal(&call.replace("MODEL", MODEL).replace("DIR", &folder));
        format!("$ repro {call}\n{}", err.replace(MODEL, "MODEL").replace(&*folder, "DIR"))
    });
    insta::assert_snapshot!(answers.join("\n"));
}

/// Whether a model is in the cache depends on the machine.
#[test]
fn models_are_listed_with_what_they_need() {
    insta::with_settings!({ filters => [(r"  (yes|no ) ", "  ??? ")] }, {
        insta::assert_snapshot!(success("models"));
    });
    let first: Value =
        serde_json::from_str(success("models --format json").lines().next().unwrap()).unwrap();
    assert_eq!(first["name"], "qwen2.5-0.5b");
}
