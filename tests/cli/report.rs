//! `repro report`: the README's tables and the committed figures are what the program makes, and the page
//! about runs says what the runs did.

use crate::support::{Answer, refusal, repro, repro_in};
use repro::Exit;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Runs every experiment of the README anew, but for the phase diagram and Countdown, which are drawn
/// anew from their points.
#[test]
fn readme_and_figures_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace");
    let answer = repro(&format!("report --check --root {}", root.display()));
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    assert!(answer.err.contains("18 files are current"), "{}", answer.err);
}

fn page(dir: &TempDir, arguments: &str) -> (String, String) {
    let answer = repro_in(dir, &format!("report {arguments} --out {{dir}}/page"));
    done(&answer);
    let read = |name: &str| fs::read_to_string(dir.path().join("page").join(name)).expect(name);
    let plain = |text: String| text.replace(&*dir.path().to_string_lossy(), "DIR");
    (plain(read("report.md")), plain(read("report.html")))
}

fn done(answer: &Answer) {
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
}

/// What a reader of the page sees: the text between tags, a line for each, without styles and pictures.
fn text_of(html: &str) -> String {
    let mut rest = html;
    let mut text = String::new();
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push('\n');
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let end =
            if ["style", "svg"].contains(&name) { format!("</{name}>") } else { ">".to_owned() };
        rest = tag.split_once(&*end).expect("a tag that ends").1;
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("{line}\n")).collect()
}

/// Every element that is opened is closed, in the right order; text and attributes are left aside.
fn assert_balanced(html: &str) {
    const VOID: [&str; 6] = ["meta", "link", "rect", "line", "polyline", "circle"];
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().expect("a tag that ends");
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().expect("a name");
        if tag.starts_with('!') || tag.ends_with('/') || VOID.contains(&name) {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "closed by </{name}>"),
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

/// Nothing is fetched, nothing runs.
fn assert_self_contained(html: &str) {
    for needed in
        ["<html lang=\"en\">", "<title>", "name=\"viewport\"", "prefers-color-scheme: dark"]
    {
        assert!(html.contains(needed), "{needed}");
    }
    for forbidden in ["<script", "<img", "<iframe", "@import", "url(http", "src=\"", " onload"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert_balanced(html);
}

/// The page of a fresh clone: numbers of the committed tables.
#[test]
fn without_runs_the_committed_results_are_shown() {
    let dir = TempDir::new().expect("a folder");
    let (markdown, html) = page(&dir, "");
    assert_self_contained(&html);
    insta::assert_snapshot!("committed_markdown", markdown);
    insta::assert_snapshot!("committed_text", text_of(&html));
    for name in ["countdown", "bandit"] {
        for kind in ["svg", "png", "csv", "json"] {
            let path = dir.path().join(format!("page/figures/{name}.{kind}"));
            assert!(path.exists(), "{}", path.display());
        }
    }
}

/// Two short trainings that differ by estimator and one by seed, their last checkpoints and the model at
/// the start evaluated: everything by the program itself.
#[test]
fn runs_of_the_program_make_a_page() {
    let dir = TempDir::new().expect("a folder");
    let train =
        "--steps 4 --prompts 8 --samples 8 --data countdown:problems=40 --learning-rate 2e-4";
    for (name, estimator, seed) in
        [("grpo", "grpo", 0), ("ours", "rs-grpo:beta=2", 0), ("again", "rs-grpo:beta=2", 1)]
    {
        let options = format!("--estimator {estimator} --seed {seed} --out {{dir}}/runs/{name}");
        done(&repro_in(&dir, &format!("llm {train} {options}")));
    }
    let checkpoint = |name: &str| format!("--model {{dir}}/runs/{name}/checkpoints/step-000004");
    let models = format!("--model countdown {} {}", checkpoint("grpo"), checkpoint("ours"));
    let eval =
        "--data countdown --problems 6 --samples 8 --max-new-tokens 16 --out {dir}/runs/eval";
    done(&repro_in(&dir, &format!("eval {models} {eval}")));
    let (markdown, html) = page(&dir, "{dir}/runs --title Short");
    assert_self_contained(&html);
    // Wall-clock times are in no table and in no figure, so that nothing of this changes.
    insta::assert_snapshot!("runs_markdown", markdown);
    insta::assert_snapshot!("runs_text", text_of(&html));
    // A run alone, an evaluation alone, and both named twice.
    let (alone, _) = page(&dir, "{dir}/runs/grpo");
    assert!(alone.contains("one training run and no evaluation"), "{alone}");
    let (twice, _) = page(&dir, "{dir}/runs/eval {dir}/runs/eval/countdown {dir}/runs");
    assert_eq!(twice.replace("A report of runs", "Short"), markdown);
}

/// What `repro eval` would have written of the paper's models, had there been a machine: files by hand.
fn evaluation(dir: &TempDir, at: &str, model: &str, data: &str, percents: (f64, f64)) {
    let folder = dir.path().join(at);
    fs::create_dir_all(&folder).expect("a folder");
    let estimate = |percent: f64| {
        let (mean, low, high) = (percent / 100.0, percent / 100.0 - 0.03, percent / 100.0 + 0.04);
        serde_json::json!({"mean": mean, "low": low, "high": high})
    };
    let result = serde_json::json!({
        "model": model, "data": data, "problems": 30, "samples": 1024, "grader": "0",
        "pass_at_k": {"1": estimate(percents.0), "32": estimate(percents.1)},
        "truncated": estimate(5.0),
        "verdicts": {"correct": 3, "wrong": 4, "prediction_unparsable": 2, "budget_exceeded": 1},
    });
    fs::write(folder.join("result.json"), result.to_string()).expect("written");
    let settings =
        serde_json::json!({"temperature": 0.6, "max_tokens": 3072, "endpoint": "http://a:1"});
    fs::write(folder.join("settings.json"), settings.to_string()).expect("written");
}

const MODEL: &str = "Qwen/Qwen2.5-Math-1.5B";

/// The paper has 5.8 and 32.6 for the base model on AIME24, and averages of 6.7 and 30.5
/// (its table): six benchmarks that are each at 40 are 33.3 and 9.5 over these.
#[test]
fn evaluations_stand_beside_the_papers_numbers() {
    let dir = TempDir::new().expect("a folder");
    for set in ["math500", "aime24", "aime25", "HMMT_Feb24", "hmmt_feb25", "cmimc25", "gsm8k"] {
        evaluation(&dir, &format!("eval/{set}"), MODEL, set, (40.0, 40.0));
    }
    let (markdown, _) = page(&dir, "{dir}/eval");
    insta::assert_snapshot!("beside_the_paper", markdown);
    assert!(markdown.contains("+34.2 [+31.2, +38.2]"), "40 less 5.8: {markdown}");
    assert!(markdown.contains("+7.4 [+4.4, +11.4]"), "40 less 32.6: {markdown}");
    // Six equal halves of intervals of 3 and 4: over √6.
    assert!(markdown.contains("+33.3 [+32.1, +34.9]"), "40 less 6.7: {markdown}");
    assert!(markdown.contains("+9.5 [+8.3, +11.1]"), "40 less 30.5: {markdown}");
}

/// A checkpoint of a run that was moved is told by the name of its folder.
#[test]
fn an_evaluation_is_held_against_the_line_of_its_training() {
    let dir = TempDir::new().expect("a folder");
    let run = dir.path().join("moved/ours");
    fs::create_dir_all(&run).expect("a folder");
    let config = format!(
        "model = \"{MODEL}\"\ndata = \"data/deepmath103k.jsonl\"\nestimator = \"rs-grpo:beta=2\"\n"
    );
    fs::write(run.join("config.toml"), config).expect("written");
    // The second line was cut off.
    let metrics = "{\"step\":1,\"reward\":0.5,\"timing\":null}\n{\"step\":2,\"rew";
    fs::write(run.join("metrics.jsonl"), metrics).expect("written");
    evaluation(&dir, "moved/eval", "/gone/ours/checkpoints/step-000200", "aime24", (20.0, 40.0));
    let (markdown, html) = page(&dir, "{dir}/moved");
    let paper = include_str!("../../paper-repro/reference/paper_table.csv");
    let line =
        paper.lines().find(|l| l.starts_with("Qwen2.5-Math-1.5B,deepmath103k,RS-GRPO,AIME24,"));
    let numbers: Vec<&str> = line.expect("a line").rsplit(',').take(2).collect();
    let row = markdown.lines().find(|line| line.starts_with("| AIME24")).expect("a row");
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    assert_eq!((cells[4], cells[7]), (numbers[1], numbers[0]), "{row}");
    assert!(markdown.contains("RS-GRPO, β = 2"), "{markdown}");
    assert_self_contained(&html);
}

#[test]
fn text_of_runs_is_never_markup() {
    let dir = TempDir::new().expect("a folder");
    let hostile = "<script>alert(1)</script>\"'&|`*_\n[x](javascript:y)\u{202e}";
    evaluation(&dir, "eval/one", hostile, "<img src=x onerror=y>", (40.0, 40.0));
    let (markdown, html) = page(&dir, "{dir}/eval");
    assert_self_contained(&html);
    assert!(!html.contains("onerror=y>") && html.contains("&lt;script&gt;"), "{html}");
    for forbidden in ["<script", "<img", "](javascript", "\u{202e}"] {
        assert!(!markdown.replace("\\<", "").contains(forbidden), "{forbidden}: {markdown}");
    }
}

#[test]
fn folders_without_runs_are_refused() {
    let dir = TempDir::new().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    };
    fs::create_dir(dir.path().join("empty")).expect("a folder");
    write("foreign/a.txt", "");
    write("foreign/config.toml", "");
    write("unfinished/settings.json", "{}");
    write("broken/settings.json", "{}");
    write("broken/result.json", "{\"model\": \"m\"}");
    write("metrics/config.toml", "");
    write("metrics/metrics.jsonl", "{\"reward\": 1}\n");
    write("config/config.toml", "lr = 1\n");
    write("config/metrics.jsonl", "");
    let mut messages = String::new();
    for name in ["none", "empty", "foreign", "unfinished", "broken", "metrics", "config"] {
        let answer = repro_in(&dir, &format!("report {{dir}}/{name} --out {{dir}}/page"));
        assert_eq!(answer.exit, Exit::Usage, "{name}: {}", answer.err);
        messages.push_str(&answer.err);
    }
    messages.push_str(&refusal("report --check --out x"));
    messages.push_str(&refusal("report run --write"));
    assert!(!dir.path().join("page").exists(), "nothing is written");
    insta::assert_snapshot!("reports_refused", messages);
}
