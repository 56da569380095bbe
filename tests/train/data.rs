//! Problems out of files, by name and out of the user's own.

use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rs_grpo_hub::{HubSettings, Repository, cached_data, download_data};
use rs_grpo_train::data::{
    Benchmark, DATA_SETS, DataSet, Loaded, Overlap, Overlaps, ReadOptions, load_set,
};
use rs_grpo_train::task::{Split, TaskSource};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use test_support::hub_server::{Served, Server};

fn problems(folder: &Path, text: &str) -> Result<Vec<rs_grpo_train::data::Problem>, String> {
    let path = folder.join("data.jsonl");
    std::fs::write(&path, text).unwrap();
    let problems = TaskSource::file(path).problems(Split::Train, 1);
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
    let missing = TaskSource::file(folder.path().join("none.jsonl"));
    assert!(missing.problems(Split::Train, 1).unwrap_err().to_string().contains("none.jsonl"));
}

/// A Parquet file of problems with answers, as the hub has them: compressed with snappy.
fn parquet(path: &Path, rows: &[(&str, &str, i64)]) {
    parquet_compressed(path, rows, Compression::SNAPPY);
}

fn parquet_compressed(path: &Path, rows: &[(&str, &str, i64)], compression: Compression) {
    let schema = "message m { required binary question (UTF8); required binary final (UTF8); \
                  required int64 level; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder().set_compression(compression).build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let texts = [
        rows.iter().map(|row| ByteArray::from(row.0)).collect::<Vec<_>>(),
        rows.iter().map(|row| ByteArray::from(row.1)).collect(),
    ];
    for text in &texts {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(text, None, None).unwrap();
        column.close().unwrap();
    }
    let levels: Vec<i64> = rows.iter().map(|row| row.2).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&levels, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

fn source(text: &str) -> TaskSource {
    text.parse().unwrap()
}

#[test]
fn columns_of_parquet_and_json_files_are_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.parquet");
    parquet(&path, &[("1+1?", "2", 1), ("2+2?", "4", 2)]);
    let text = format!("{}:problem=question,answer=final,id=level", path.display());
    assert_eq!(source(&text).to_string(), text);
    let problems = source(&text).problems(Split::Train, 1).unwrap();
    assert_eq!(problems.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert!(problems[1].grade("\\boxed{4}").is_correct());

    // Columns that are not needed are not read, but named.
    let error = source(&path.display().to_string()).problems(Split::Train, 1).unwrap_err();
    let error = error.to_string().replace(&folder.path().display().to_string(), "[folder]");
    insta::assert_snapshot!("a_column_that_is_not_there", error);

    let path = folder.path().join("b.json");
    let rows = r#"[{"prompt": [{"content": "3+3?"}], "reward_model": {"ground_truth": "6"}}]"#;
    std::fs::write(&path, rows).unwrap();
    let columns = "problem=prompt.0.content,answer=reward_model.ground_truth";
    let problems = source(&format!("{}:{columns}", path.display()));
    let problems = problems.problems(Split::HeldOut, 5).unwrap();
    assert_eq!((problems[0].id.as_str(), problems[0].prompt.as_str()), ("line 1", "3+3?"));

    // Lines of JSON in a file that is called .json.
    std::fs::write(&path, "{\"problem\": \"1+1?\", \"answer\": 2}\n".repeat(2)).unwrap();
    let problems = source(&path.display().to_string()).problems(Split::Train, 1).unwrap();
    assert_eq!(problems[1].id, "line 2");
}

#[test]
fn sources_that_are_none_name_the_nearest() {
    let errors = ["math12", "x.jsonl:problm=a", "countdown:number=3"]
        .map(|text| text.parse::<TaskSource>().unwrap_err().to_string());
    insta::assert_snapshot!("sources_refused", errors.join("\n"));
}

/// Cut anywhere, or with any byte changed: an error or other rows, never a panic.
#[test]
fn damaged_parquet_files_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.parquet");
    parquet(&path, &[("1+1?", "2", 1), ("2+2?", "4", 2)]);
    let bytes = std::fs::read(&path).unwrap();
    let source = source(&format!("{}:problem=question,answer=final", path.display()));
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        for damaged in [&changed[..], &bytes[..at]] {
            std::fs::write(&path, damaged).unwrap();
            refused += usize::from(source.problems(Split::Train, 1).is_err());
        }
    }
    // Every file that is cut, and many that are changed.
    assert!(refused > bytes.len(), "{refused} of {}", 2 * bytes.len());
}

#[test]
fn names_of_the_registry_are_told_apart() {
    let mut names: Vec<_> = DATA_SETS.iter().map(|set| set.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), DATA_SETS.len());
    for set in DATA_SETS {
        Repository::data_set(set.repository, set.revision).unwrap();
        assert_eq!(source(set.name), TaskSource::Set { set, path: None });
        assert_eq!(source(&format!("{}=a b", set.name)).to_string(), format!("{}=a b", set.name));
    }
}

/// A revision is a whole commit, which does not move, or the newest.
#[test]
fn revisions_are_commits_or_the_newest() {
    for set in DATA_SETS {
        let is_commit =
            set.revision.len() == 40 && set.revision.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(is_commit || set.revision == "main", "{}: {}", set.name, set.revision);
    }
    let pinned = DATA_SETS.iter().filter(|set| set.revision != "main").map(|set| set.name);
    assert_eq!(pinned.collect::<Vec<_>>(), ["deepmath103k", "gsm8k", "aime24", "cmimc25"]);
}

/// GSM8K's solutions end with their answer; a gold that cannot be read and a row that comes twice are
/// left out and counted.
#[test]
fn a_set_is_cleaned_and_its_count_checked() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.jsonl");
    let lines = r#####"{"question": "1+1?", "answer": "We add.\n#### 2"}
{"question": "1+1?", "answer": "We add.\n#### 2"}
{"question": "1+1?", "answer": "#### 3"}
{"question": "5?", "answer": "#### \\frac{1}"}"#####;
    std::fs::write(&path, lines).unwrap();
    let loaded = load_set(DataSet::find("gsm8k").unwrap(), &path, ReadOptions::default()).unwrap();
    assert_eq!((loaded.rows, loaded.problems.len()), (4, 2));
    assert_eq!((loaded.repeated, loaded.conflicting, loaded.unreadable.len()), (1, 1, 1));
    assert_eq!(loaded.problems[0].id, "gsm8k-1");
    assert!(loaded.problems[0].grade("\\boxed{2}").is_correct());
    insta::assert_snapshot!("notes_of_a_set", loaded.notes().join("\n"));
}

#[test]
fn data_sets_come_from_the_hub_and_then_from_its_cache() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.parquet");
    parquet(&path, &[("1+1?", "2", 1)]);
    let content = std::fs::read(path).unwrap();
    let files = [("train-00000-of-00001.parquet", content), ("test-0.parquet", vec![1])];
    let files = files.map(|(name, content)| (name.to_owned(), Served::large(content)));
    let server = Server::start(files.into());
    let cache = TempDir::new().unwrap();
    let mut settings = HubSettings::new(cache.path());
    settings.endpoint = server.endpoint.clone();
    let repository = Repository::data_set("org/name", "main").unwrap();
    assert_eq!(cached_data(&repository, "data/train-", &settings), None);
    let found = download_data(&repository, "data/train-", &settings, &mut ()).unwrap();
    assert!(found.starts_with(cache.path().join("datasets--org--name/snapshots")));
    assert!(!found.join("data/test-0.parquet").exists());
    let text = format!("{}/data:problem=question,answer=final", found.display());
    assert_eq!(source(&text).problems(Split::Train, 1).unwrap().len(), 1);
    server.requests();
    settings.offline = true;
    assert_eq!(download_data(&repository, "data/train-", &settings, &mut ()).unwrap(), found);
    assert!(server.requests().is_empty());

    let empty = HubSettings { cache: folder.path().join("none"), ..settings };
    let error = download_data(&repository, "data/train-", &empty, &mut ()).unwrap_err();
    let error = error.to_string().replace(&server.endpoint, "[endpoint]");
    let error = error.replace(&folder.path().display().to_string(), "[folder]");
    insta::assert_snapshot!("a_data_set_without_network", error);
}

/// Polars compresses with zstd unless told otherwise, and other programs in other ways.
#[test]
fn parquet_files_may_be_compressed_in_any_usual_way() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.parquet");
    let ways = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ];
    for way in ways {
        parquet_compressed(&path, &[("1+1?", "2", 1)], way);
        let text = format!("{}:problem=question,answer=final", path.display());
        assert_eq!(source(&text).problems(Split::Train, 1).unwrap()[0].prompt, "1+1?", "{way}");
    }
}

/// Another program may have fetched one part of several: those are not the data set.
#[test]
fn a_set_in_parts_is_whole_with_all_of_them() {
    let cache = TempDir::new().unwrap();
    let settings = HubSettings::new(cache.path());
    let repository = Repository::data_set("org/name", "main").unwrap();
    let folder = cache.path().join("datasets--org--name/snapshots/main/data");
    std::fs::create_dir_all(&folder).unwrap();
    let cached = || cached_data(&repository, "data/train-", &settings).is_some();
    for (part, whole) in [(0, false), (2, false), (1, true)] {
        std::fs::write(folder.join(format!("train-0000{part}-of-00003.parquet")), "").unwrap();
        assert_eq!(cached(), whole, "after part {part}");
    }
    std::fs::write(folder.join("train-00000-of-00002.parquet"), "").unwrap();
    assert!(!cached(), "a part of another division");
}

/// What two problems share, if the first is taken for the second.
fn overlap(training: (&str, &str), benchmark: (&str, &str)) -> Option<bool> {
    let folder = TempDir::new().unwrap();
    let read = |(problem, answer): (&str, &str)| {
        let line = serde_json::json!({"problem": problem, "answer": answer});
        problems(folder.path(), &line.to_string()).unwrap()
    };
    let benchmarks = [Benchmark { name: "b".to_owned(), problems: read(benchmark) }];
    let index = Overlaps::new(&benchmarks);
    index.find(&read(training)[0]).map(|overlap| overlap.exact)
}

#[test]
fn the_same_problem_is_known_however_it_is_set() {
    let problem = r"If $\frac{1}{2} \leq x$, find \(ab\).[asy]draw((0,0)--(1,1));[/asy]";
    let set = r#"If $$\dfrac{1}{2}\le x$$ , "find" $a b$."#;
    assert_eq!(overlap((set, "1"), (problem, "1")), Some(true));
    // Whatever its answer: one of the two is wrong then.
    assert_eq!(overlap((set, "2"), (problem, "1")), Some(true));
    let other = r"If $\frac{1}{2} \leq x$, find $a - b$.";
    assert_eq!(overlap((other, "1"), (problem, "1")), None);
}

#[test]
fn problems_that_are_alike_need_equal_answers() {
    let benchmark = ("What is the probability that both of the dice show a six?", r"\frac{1}{36}");
    let rewritten = format!("{} Give k + m for the answer k/m.", benchmark.0);
    assert_eq!(overlap((&rewritten, "37"), benchmark), Some(false));
    assert_eq!(overlap((&rewritten, r"\frac{2}{72}"), benchmark), Some(false));
    assert_eq!(overlap((&rewritten, "36"), benchmark), None);
    let more = format!("{} Give the answer as a decimal to 9 places.", benchmark.0);
    assert_eq!(overlap((&more, r"\frac{1}{36}"), benchmark), Some(false));
    let (of_7, of_9) =
        (format!("{} Roll 7 of them.", benchmark.0), format!("{} Roll 9.", benchmark.0));
    assert_eq!(overlap((&of_7, r"\frac{1}{36}"), (&of_9, r"\frac{1}{36}")), None);
    // Numbers in words are numbers; `one` is as often none.
    let in_words = |words: &str| format!("{} Roll {words} of them.", benchmark.0);
    let (of_seven, of_nine) = (in_words("seven"), in_words("nine"));
    assert_eq!(overlap((&of_seven, r"\frac{1}{36}"), (&of_nine, r"\frac{1}{36}")), None);
    assert_eq!(overlap((&of_seven, r"\frac{1}{36}"), (&of_7, r"\frac{1}{36}")), Some(false));
    let (of_one, of_twelve) = (in_words("one"), in_words("twelve"));
    assert_eq!(overlap((&of_one, r"\frac{1}{36}"), (&of_twelve, r"\frac{1}{36}")), Some(false));
    assert_eq!(overlap((&of_twelve, r"\frac{1}{36}"), (&of_7, r"\frac{1}{36}")), None);
    assert_eq!(overlap((&rewritten, "B"), (benchmark.0, "B")), None);
    let other = "What is the probability that none of the coins which are thrown shows a head?";
    assert_eq!(overlap((other, r"\frac{1}{36}"), benchmark), None);
}

/// A run that goes on leaves out what it left out, and nothing that a benchmark holds by now.
#[test]
fn a_run_that_goes_on_keeps_its_problems() {
    use rs_grpo_engine::model::Decoder;
    use rs_grpo_train::{Decontaminated, TrainConfig, TrainContext};
    let folder = TempDir::new().unwrap();
    let write = |name: &str, lines: &[&str]| {
        let line = |text: &&str| {
            format!("{{\"id\": \"{text}\", \"problem\": \"{text}\", \"answer\": 1}}\n")
        };
        let path = folder.path().join(name);
        std::fs::write(&path, lines.iter().map(line).collect::<String>()).unwrap();
        path.display().to_string()
    };
    let config = TrainConfig {
        data: write("train.jsonl", &["a", "b", "c"]),
        eval_data: write("benchmark.jsonl", &["a"]),
        ..TrainConfig::default()
    };
    let model = test_support::folder("qwen2-tied");
    let ids = |setup: &TrainContext<Decoder>| -> Vec<String> {
        setup.problems.iter().map(|problem| problem.id.clone()).collect()
    };
    let fresh = TrainContext::new(config.clone(), &model).unwrap();
    assert_eq!(ids(&fresh), ["b", "c"]);
    let overlap = Overlap {
        problem: "c".to_owned(),
        benchmark: "x".to_owned(),
        of: "1".to_owned(),
        exact: true,
    };
    let left_out = Decontaminated { benchmarks: vec!["x".to_owned()], overlaps: vec![overlap] };
    let on = TrainContext::open(config.clone(), &model, Some(left_out.clone())).unwrap();
    assert_eq!(
        (ids(&on), on.decontaminated),
        (vec!["a".to_owned(), "b".to_owned()], Some(left_out))
    );
    let all = TrainContext::new(TrainConfig { decontaminate: false, ..config }, &model).unwrap();
    assert_eq!((ids(&all).len(), all.decontaminated), (3, None));
}

/// A data set of the folder that the tests were built with.
fn copy(name: &str) -> Loaded {
    let path = Path::new(BENCHMARKS.unwrap()).join(format!("{name}.jsonl"));
    load_set(DataSet::find(name).unwrap(), &path, ReadOptions::default()).unwrap()
}

/// The folder of data sets, which are not part of the project.
const BENCHMARKS: Option<&str> = option_env!("BENCHMARKS");

/// The benchmarks have as many problems as the registry says, all with answers that can be graded.
#[test]
#[cfg_attr(no_benchmarks, ignore = "needs RS_GRPO_BENCHMARKS, a folder of data sets")]
fn benchmarks_are_whole() {
    for set in DataSet::benchmarks() {
        let loaded = copy(set.name);
        assert_eq!(loaded.notes(), Vec::<String>::new(), "{}", set.name);
        assert_eq!(loaded.problems.len(), set.count);
    }
}

/// All of `contamination.json` beside the copies, made by another program from equal texts, are among
/// those that say the same. Every line was read by hand: each is the same question, set or worded in
/// another way.
#[test]
#[cfg_attr(no_benchmarks, ignore = "needs RS_GRPO_BENCHMARKS, a folder of data sets")]
fn overlaps_of_training_sets_with_benchmarks() {
    let mut benchmarks = Vec::new();
    for set in DataSet::benchmarks() {
        let Loaded { problems, .. } = copy(set.name);
        benchmarks.push(Benchmark { name: set.name.to_owned(), problems });
    }
    let index = Overlaps::new(&benchmarks);
    let mut lines = Vec::new();
    for name in ["dapo17k", "math12k"] {
        for problem in copy(name).problems {
            if let Some(found) = index.find(&problem) {
                let how = if found.exact { "is" } else { "is like" };
                lines.push(format!("{} {how} {} of {}", found.problem, found.of, found.benchmark));
            }
        }
    }
    let path = Path::new(BENCHMARKS.unwrap()).join("contamination.json");
    let listed: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |case: &serde_json::Value, field: &str| case[field].as_str().unwrap().to_owned();
    for case in &listed {
        let found = lines.iter().any(|line| {
            line.starts_with(&format!("{} is ", text(case, "train_id")))
                && line.ends_with(&format!("{} of {}", text(case, "eval_id"), text(case, "eval")))
        });
        assert!(found, "{case} is missed");
    }
    // No snapshot: where the data sets are absent, it would seem to be left over.
    let expected: Vec<&str> = include_str!("fixtures/overlaps.txt").lines().collect();
    assert_eq!(lines, expected);
}
