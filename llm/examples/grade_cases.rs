use rs_grpo_llm::grade::{Grader, Verdict};
use serde_json::Value;
use std::time::Instant;
fn main() {
    let data = std::env::args().nth(1).unwrap();
    let grader = Grader::default();
    for name in [
        "math_verify",
        "qwen25_math",
        "slime_dapo_prm",
        "areal",
        "trl",
        "open_instruct",
        "lighteval",
    ] {
        let text = std::fs::read_to_string(format!("{data}/grader_{name}.jsonl")).unwrap();
        let (mut ok, mut n) = (0, 0);
        for line in text.lines() {
            let v: Value = serde_json::from_str(line).unwrap();
            if let Some(l) = v.get("language").and_then(|l| l.as_str()) {
                if l != "ENGLISH" {
                    continue;
                }
            }
            let g = v["gold"].as_str().unwrap();
            let p = v["prediction"].as_str().unwrap();
            let verdict = grader.grade(g, p).verdict;
            n += 1;
            let got = verdict == Verdict::Correct;
            if Some(got) == v["expected"].as_bool() {
                ok += 1
            } else {
                println!(
                    "{} gold={g:?} pred={p:?} expected={} got {verdict} policy={} opts={} mt={}",
                    v["id"], v["expected"], v["policy"], v["options"], v["match_types"]
                );
            }
        }
        println!("== {name}: {ok}/{n}");
    }
    for name in [
        "math500",
        "aime24",
        "aime25",
        "hmmt24",
        "hmmt25",
        "cmimc25",
        "gsm8k_test",
        "dapo17k",
        "math12k",
    ] {
        let text = std::fs::read_to_string(format!("{data}/{name}.jsonl")).unwrap();
        let golds: Vec<String> = text
            .lines()
            .map(|l| {
                let v: Value = serde_json::from_str(l).unwrap();
                match &v["answer"] {
                    Value::String(s) => s.clone(),
                    o => o.to_string(),
                }
            })
            .collect();
        let start = Instant::now();
        let mut bad = 0;
        let mut worst = 0.0f64;
        for g in &golds {
            let s = Instant::now();
            let v = grader.grade(g, &format!("So \\boxed{{{g}}}")).verdict;
            worst = worst.max(s.elapsed().as_secs_f64());
            if v != Verdict::Correct {
                bad += 1;
                if bad < 12 {
                    println!("{name} {g:?}: {v}");
                }
            }
        }
        let t = start.elapsed().as_secs_f64();
        println!(
            "== {name}: {} golds, {bad} bad, {:.0}/s, worst {:.2} ms",
            golds.len(),
            golds.len() as f64 / t,
            worst * 1e3
        );
    }
}
