//! Files as people have them: other programs' encodings, kinds, shapes of rows and folders.

use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rs_grpo_train::TrainConfig;
use rs_grpo_train::data::{Gold, Problem};
use rs_grpo_train::task::{Split, TaskSource};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// The problems of a file of this name and content, or why there are none.
fn read(name: &str, content: impl AsRef<[u8]>) -> Result<Vec<Problem>, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let problems = TaskSource::file(path).problems(Split::Train, 1);
    problems.map_err(|error| {
        error.to_string().replace(&folder.path().display().to_string(), "[folder]")
    })
}

fn prompts(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.prompt.as_str()).collect()
}

#[test]
fn the_same_rows_in_every_kind_of_file() {
    let lines =
        "{\"problem\": \"1+1?\", \"answer\": \"2\"}\n{\"problem\": \"2,5·2?\", \"answer\": 5}\n";
    let list =
        "[{\"problem\": \"1+1?\", \"answer\": \"2\"},\n {\"problem\": \"2,5·2?\", \"answer\": 5}]";
    let csv = "problem,level,answer\n1+1?,3,2\n\"2,5·2?\",4,5\n";
    let files = [
        ("a.jsonl", lines.to_owned()),
        ("a.json", lines.to_owned()),
        ("a.txt", lines.to_owned()),
        ("a.json", list.to_owned()),
        ("a.jsonl", format!("\n  {list}\n")),
        ("a.csv", csv.to_owned()),
        ("a.tsv", "problem\tlevel\tanswer\n1+1?\t3\t2\n2,5·2?\t4\t5\n".to_owned()),
    ];
    for (name, text) in files {
        // As Windows' programs write them, too.
        for text in [text.clone(), format!("\u{feff}{text}"), text.replace('\n', "\r\n")] {
            let problems = read(name, &text).unwrap();
            assert_eq!(prompts(&problems), ["1+1?", "2,5·2?"], "{name}: {text:?}");
            assert!(problems[1].grade("\\boxed{5}").is_correct());
        }
    }
}

#[test]
fn numbers_are_read_as_they_are_written() {
    let pairs = [
        ("98765432109876543210987", "98765432109876543210988"),
        ("-98765432109876543210987", "98765432109876543210987"),
        ("1234567.875", "1234567.876"),
        ("7e2", "70"),
    ];
    for (answer, other) in pairs {
        let row = format!("{{\"problem\": \"x\", \"answer\": {answer}}}");
        let problem = &read("a.jsonl", row).unwrap()[0];
        assert!(problem.grade(&format!("\\boxed{{{answer}}}")).is_correct(), "{answer}");
        assert!(!problem.grade(&format!("\\boxed{{{other}}}")).is_correct(), "{other}");
    }
}

#[test]
fn answers_may_be_lists() {
    let one = read("a.jsonl", r#"{"problem": "x", "answer": ["4"]}"#).unwrap();
    assert!(one[0].grade("\\boxed{4}").is_correct());
    let two = read("a.jsonl", r#"{"problem": "x", "answer": ["3", -3]}"#).unwrap();
    for (completion, is_correct) in [("-3, 3", true), ("3", false), ("3, -3, 4", false)] {
        let grade = two[0].grade(&format!("\\boxed{{{completion}}}"));
        assert_eq!(grade.is_correct(), is_correct, "{completion}");
    }
    let errors = [r#"[]"#, r#"[["1"]]"#, r#"{"a": 1}"#, "true"]
        .map(|answer| read("a.jsonl", format!(r#"{{"problem": "x", "answer": {answer}}}"#)));
    for error in errors {
        let error = error.unwrap_err();
        assert!(error.ends_with("allowed: a text, a number, or a list of these"), "{error}");
    }
}

#[test]
fn prompts_may_be_messages() {
    let row = r#"{"prompt": [{"role": "system", "content": "Count."}, {"role": "user", "content": "1+1?"}], "answer": "2"}"#;
    let problem = &read("a.jsonl", row).unwrap()[0];
    assert_eq!((problem.prompt.as_str(), problem.system.as_deref()), ("1+1?", Some("Count.")));
    let turns = row.replace("system", "assistant");
    let error = read("a.jsonl", turns).unwrap_err();
    assert!(error.starts_with("[folder]/a.jsonl:1: problem: message 0 has the role"), "{error}");
}

/// A file with one column of bytes, without the mark that says that they are text.
fn parquet_of_bytes(path: &Path, values: &[&[u8]]) {
    let schema = "message m { required binary problem; required binary answer; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let file = fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    while let Some(mut column) = group.next_column().unwrap() {
        let values: Vec<ByteArray> = values.iter().map(|v| ByteArray::from(v.to_vec())).collect();
        column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn bytes_in_parquet_are_text_or_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.parquet");
    parquet_of_bytes(&path, &["7".as_bytes(), "八".as_bytes()]);
    let problems = TaskSource::file(&path).problems(Split::Train, 1);
    assert_eq!(prompts(&problems.unwrap()), ["7", "八"]);
    parquet_of_bytes(&path, &[&[0xff, 0xfe]]);
    let error = TaskSource::file(&path).problems(Split::Train, 1).unwrap_err().to_string();
    assert!(error.contains("bytes that are not UTF-8"), "{error}");
}

#[test]
fn a_folder_may_hold_several_parts_and_descriptions_of_them() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "part-0.jsonl",
        "{\"problem\": \"a\", \"answer\": 1}\n{\"problem\": \"b\", \"answer\": 2}\n",
    );
    write("part-1.jsonl", "{\"problem\": \"c\", \"answer\": 3}\n");
    write("dataset_info.json", "{\"features\": {}}");
    write("state.json", "{}");
    write("my-notes.json", "{\"who\": \"me\"}");
    let problems = TaskSource::file(folder.path()).problems(Split::Train, 1).unwrap();
    assert_eq!(prompts(&problems), ["a", "b", "c"]);
    let ids: Vec<&str> = problems.iter().map(|problem| problem.id.as_str()).collect();
    assert_eq!(ids, ["part-0.jsonl:1", "part-0.jsonl:2", "part-1.jsonl:1"]);
}

#[test]
fn rows_need_no_answer_where_a_program_gives_the_rewards() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.jsonl");
    fs::write(
        &path,
        "{\"problem\": \"Say something kind.\"}\n{\"problem\": \"1+1?\", \"answer\": 2}\n",
    )
    .unwrap();
    let config = TrainConfig { data: path.display().to_string(), ..TrainConfig::default() };
    assert!(config.source().unwrap().training().unwrap_err().to_string().contains("answer"));
    let config = TrainConfig { reward_command: "python3 reward.py".to_owned(), ..config };
    let problems = config.source().unwrap().training().unwrap().problems;
    assert_eq!(problems[0].gold, Gold::Absent);
    assert_eq!(problems[1].answer().as_deref(), Some("2"));
    // No grader can say that a completion is right.
    assert!(!problems[0].grade("\\boxed{2}").is_correct());
}

#[test]
fn a_check_reports_every_fault_at_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.jsonl");
    let rows = [
        r#"{"id": 1, "problem": "1+1?", "answer": 2}"#,
        r#"{"id": 2, "problem": "1+1?", "answer": 2}"#,
        r#"{"id": 3, "problem": "1+1?", "answer": 3}"#,
        r#"{"id": 3, "problem": "2+2?", "answer": 4}"#,
        r#"{"id": 4, "problem": " ", "answer": 4}"#,
        r#"{"id": 5, "problem": "5?"}"#,
        r#"{"id": 6, "problem": "6?", "answer": "\\frac{1}"}"#,
        r#"{"id": 7, "problem": "7?", "answer": "\\sqrt{"}"#,
    ];
    fs::write(&path, rows.join("\n")).unwrap();
    let loaded = TaskSource::file(&path).check().unwrap();
    assert_eq!((loaded.rows, loaded.problems.len()), (8, 3));
    assert_eq!((loaded.repeated, loaded.conflicting), (1, 1));
    let (faulty, unreadable) = (loaded.faulty.join("\n"), loaded.unreadable);
    let faulty = faulty.replace(&folder.path().display().to_string(), "[folder]");
    insta::assert_snapshot!("faults_of_a_file", format!("{faulty}\n{unreadable:#?}"));
}

#[test]
fn files_of_other_kinds_and_endless_lines_are_refused() {
    let kinds: [&[u8]; 4] = [b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"ARROW1\0\0"];
    let mut errors: Vec<String> =
        kinds.iter().map(|bytes| read("a.jsonl", bytes).unwrap_err()).collect();
    errors.push(read("a.parquet", "{}").unwrap_err());
    errors.push(read("a.csv", "problem,answer\n1,2\n1,2,3\n").unwrap_err());
    errors.push(read("a.json", "[{\"problem\": \"a\", \"answer\": 1}, 5]").unwrap_err());
    errors.push(read("a.jsonl", format!("{{\"problem\": {}", "[".repeat(100_000))).unwrap_err());
    errors.push(
        read(
            "a.jsonl",
            format!("{{\"problem\": {}{}, \"answer\": 1}}", "[".repeat(100), "]".repeat(100)),
        )
        .unwrap_err(),
    );
    errors.push(read("a.jsonl", vec![b'x'; (64 << 20) + 1]).unwrap_err());
    insta::assert_snapshot!("files_refused", errors.join("\n"));
}
