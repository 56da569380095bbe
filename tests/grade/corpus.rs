//! The inputs that fuzzing keeps, `llm/grade/fuzz/corpus`: every law of the fuzz targets holds for each.

#[path = "../../llm/grade/fuzz/src/laws.rs"]
mod laws;

/// Fuzzing measures how long a call takes; a test that shares its machine with others does not.
fn timed<T>(_what: &str, call: impl FnOnce() -> T) -> T {
    call()
}

fn replay(corpus: &str, law: fn(&str)) {
    for line in corpus.lines() {
        law(&serde_json::from_str::<String>(line).expect("one JSON text a line"));
    }
}

#[test]
fn completions_get_one_verdict() {
    replay(include_str!("../../llm/grade/fuzz/corpus/completion.jsonl"), laws::completion);
}

#[test]
fn extraction_keeps_its_rules() {
    replay(include_str!("../../llm/grade/fuzz/corpus/extraction.jsonl"), laws::extraction);
}

#[test]
fn order_does_not_matter() {
    replay(include_str!("../../llm/grade/fuzz/corpus/symmetry.jsonl"), laws::symmetry);
}
