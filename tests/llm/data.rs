//! Problems out of files.

use rs_grpo_llm::task::{Source, Split};
use std::path::Path;
use tempfile::TempDir;

fn problems(folder: &Path, text: &str) -> Result<Vec<rs_grpo_llm::task::Problem>, String> {
    let path = folder.join("data.jsonl");
    std::fs::write(&path, text).unwrap();
    let problems = Source::File(path).problems(Split::Train, 1);
    problems.map_err(|error| error.to_string().replace(&folder.display().to_string(), "[folder]"))
}

#[test]
fn files_are_read_whole_whatever_their_fields_are_called() {
    let folder = TempDir::new().unwrap();
    let text = r#"{"id": "a", "problem": "1+1?", "answer": "2", "level": 3}

{"question": "2+2?", "answer": 4}
{"id": 7, "prompt": "3+3?", "answer": "6"}"#;
    let problems = problems(folder.path(), text).unwrap();
    let ids: Vec<&str> = problems.iter().map(|problem| problem.id.as_str()).collect();
    assert_eq!(ids, ["a", "line 3", "7"]);
    assert!(problems[1].grade("So it is \\boxed{2^2}.").is_correct());
    assert!(!problems[1].grade("So it is \\boxed{5}.").is_correct());
}

#[test]
fn broken_files_are_told_by_line() {
    let folder = TempDir::new().unwrap();
    let good = "{\"problem\": \"1+1?\", \"answer\": \"2\"}\n";
    let files = [
        String::new(),
        format!("{good}{{\"problem\": \"2+2?\"\n"),
        format!("{good}{good}{{\"problem\": \"2+2?\"}}\n"),
        format!("{good}\n{{\"problem\": \"2+2?\", \"answer\": null}}\n"),
        format!("{good}{{\"problem\": \" \", \"answer\": 1}}\n"),
        format!("{good}{{\"problem\": \"a\", \"answer\": \"\\\\frac{{1}}\"}}\n"),
        "{\"id\": 1, \"problem\": \"a\", \"answer\": 1}\n".repeat(2),
    ];
    let messages: Vec<String> =
        files.iter().map(|text| problems(folder.path(), text).unwrap_err()).collect();
    insta::assert_snapshot!("broken_files", messages.join("\n"));
    let missing = Source::File(folder.path().join("none.jsonl"));
    assert!(missing.problems(Split::Train, 1).unwrap_err().to_string().contains("none.jsonl"));
}
