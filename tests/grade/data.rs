//! The grader on cases of other graders and on the golds of the data sets. The files do not belong to
//! the project: these tests are ignored unless `RS_GRPO_BENCHMARKS` names a folder that has them.

use rs_grpo_grade::{Grader, Verdict};
use serde_json::Value;
use std::path::Path;

/// The folder of data sets, which are not part of the project.
const BENCHMARKS: Option<&str> = option_env!("BENCHMARKS");

fn lines(name: &str) -> Vec<Value> {
    let folder = BENCHMARKS.expect("the build script found a folder");
    let text = std::fs::read_to_string(Path::new(folder).join(format!("{name}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All cases of a file, but for these, have the verdict that their authors expect.
fn check(name: &str, except: &[&str]) {
    let cases = lines(name);
    let grader = Grader::default();
    let text = |case: &Value, field: &str| case[field].as_str().unwrap_or_default().to_owned();
    let mut otherwise = Vec::new();
    for case in &cases {
        let is_english = case["language"].as_str().is_none_or(|language| language == "ENGLISH");
        // Cases whose verdict is a choice have a name for it, or no expectation.
        let (Some(expected), true, true) =
            (case["expected"].as_bool(), case["policy"].is_null(), is_english)
        else {
            continue;
        };
        let verdict = grader.grade(&text(case, "gold"), &text(case, "prediction")).verdict;
        if (verdict == Verdict::Correct) != expected {
            otherwise.push(text(case, "id"));
        }
    }
    assert_eq!(otherwise, except, "{name}");
}

/// The three deliberate disagreements: 0.33 is not 1/3 (their test rounds to two digits), f(x) is no
/// f(y) (their test is not strict), 1 − 1/e is not 1 + 1/e (an error that their tests pin).
#[test]
#[cfg_attr(no_benchmarks, ignore = "needs RS_GRPO_BENCHMARKS, a folder of data sets")]
fn cases_of_math_verify() {
    check("grader_math_verify", &["mv-133", "mv-254", "mv-264"]);
}

/// Golds that are a letter with a name or a sentence around it are none here (7 to 10); 0.33 is not 1/3
/// (150); a gold with doubled backslashes in an unclosed box is broken (219).
#[test]
#[cfg_attr(no_benchmarks, ignore = "needs RS_GRPO_BENCHMARKS, a folder of data sets")]
fn cases_of_lighteval() {
    let except = [7, 8, 9, 10, 150, 219].map(|id| format!("lighteval_cases-{id}"));
    check("grader_lighteval", &except.each_ref().map(String::as_str));
}

#[test]
#[cfg_attr(no_benchmarks, ignore = "needs RS_GRPO_BENCHMARKS, a folder of data sets")]
fn cases_of_other_graders() {
    for name in ["qwen25_math", "slime_dapo_prm", "areal", "trl", "open_instruct"] {
        check(&format!("grader_{name}"), &[]);
    }
}

fn golds(name: &str) -> Vec<String> {
    let text = |line: &Value| match &line["answer"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    lines(name).iter().map(text).collect()
}

const SETS: [&str; 9] = [
    "math500",
    "aime24",
    "aime25",
    "hmmt24",
    "hmmt25",
    "cmimc25",
    "gsm8k_test",
    "dapo17k",
    "math12k",
];

#[test]
#[cfg_attr(no_benchmarks, ignore = "needs RS_GRPO_BENCHMARKS, a folder of data sets")]
fn golds_equal_themselves() {
    let grader = Grader::default();
    for gold in SETS.iter().flat_map(|name| golds(name)) {
        let completion = format!("So the answer is $\\boxed{{{gold}}}$.");
        assert_eq!(grader.grade(&gold, &completion).verdict, Verdict::Correct, "{gold}");
    }
}

/// Among 200,000 pairs of golds, those that are equal have equal keys, and votes can be counted by
/// them; and no equality depends on the order.
#[test]
#[cfg_attr(no_benchmarks, ignore = "needs RS_GRPO_BENCHMARKS, a folder of data sets")]
fn keys_stand_for_equality() {
    let grader = Grader::default();
    let mut golds = golds("math500");
    golds.extend(golds_of_contests());
    golds.sort_unstable();
    golds.dedup();
    let answers: Vec<_> = golds.iter().map(|gold| grader.parse_gold(gold).unwrap()).collect();
    let keys: Vec<String> = answers.iter().map(|answer| answer.key()).collect();
    for (i, a) in answers.iter().enumerate() {
        for (j, b) in answers.iter().enumerate().skip(i + 1) {
            let same = grader.compare(a, b).0 == Verdict::Correct;
            let back = grader.compare(b, a).0 == Verdict::Correct;
            assert_eq!(same, back, "{} and {}", golds[i], golds[j]);
            if keys[i] == keys[j] {
                assert!(same, "{} and {} share {}", golds[i], golds[j], keys[i]);
            }
        }
    }
}

fn golds_of_contests() -> Vec<String> {
    ["aime24", "aime25", "hmmt24", "hmmt25", "cmimc25"]
        .iter()
        .flat_map(|name| golds(name))
        .collect()
}
