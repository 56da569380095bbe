//! The inputs that fuzzing keeps, `llm/grade/fuzz/corpus`: every law of the fuzz targets holds for each.

use grade_laws::{Untimed, completion, extraction, symmetry};

fn replay(corpus: &str, law: fn(&str, &Untimed)) {
    assert!(corpus.lines().count() > 1_000, "the corpus is not complete");
    for line in corpus.lines() {
        law(&serde_json::from_str::<String>(line).expect("one JSON text a line"), &Untimed);
    }
}

#[test]
fn completions_get_one_verdict() {
    replay(include_str!("../../llm/grade/fuzz/corpus/completion.jsonl"), completion);
}

#[test]
fn extraction_keeps_its_rules() {
    replay(include_str!("../../llm/grade/fuzz/corpus/extraction.jsonl"), extraction);
}

#[test]
fn order_does_not_matter() {
    replay(include_str!("../../llm/grade/fuzz/corpus/symmetry.jsonl"), symmetry);
}
