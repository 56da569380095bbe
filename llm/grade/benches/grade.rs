//! Verdicts a second on gold answers, and the time that inputs made to hang a grader take.
//!
//! `cargo bench -p rs-grpo-grade --bench grade -- FILE.jsonl` reads the field `answer` of every line and
//! grades each against itself in a box. Prints one JSON object for each of the two measurements.

use rs_grpo_grade::{Grader, Verdict};
use serde_json::{Value, json};
use std::error::Error;
use std::time::{Duration, Instant};

/// How often the golds are gone through.
const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    // cargo adds --bench.
    let path = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = path.ok_or("give a file of one {\"answer\": …} a line")?;
    let mut golds = Vec::new();
    for line in std::fs::read_to_string(&path)?.lines() {
        let line: Value = serde_json::from_str(line)?;
        golds.push(line["answer"].as_str().ok_or("a line has no text \"answer\"")?.to_owned());
    }
    println!("{}", on_golds(&golds));
    println!("{}", on_hostile_inputs());
    Ok(())
}

fn on_golds(golds: &[String]) -> Value {
    let grader = Grader::default();
    let completions: Vec<String> =
        golds.iter().map(|gold| format!("So the answer is $\\boxed{{{gold}}}$.")).collect();
    let (mut correct, mut times) = (0, Vec::with_capacity(ROUNDS * golds.len()));
    let start = Instant::now();
    for (gold, completion) in golds.iter().zip(&completions).cycle().take(ROUNDS * golds.len()) {
        let begin = Instant::now();
        correct += usize::from(grader.grade(gold, completion).verdict == Verdict::Correct);
        times.push(begin.elapsed());
    }
    let rate = times.len() as f64 / start.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| micros(times[((times.len() - 1) as f64 * share) as usize]);
    json!({
        "verdicts": times.len(), "correct": correct, "verdicts_per_second": rate.round(),
        "p50_us": at(0.5), "p99.9_us": at(0.999), "largest_us": at(1.0),
    })
}

fn on_hostile_inputs() -> Value {
    let roots: Vec<String> = (0..500).map(|i| format!("\\sqrt{{{i}}}")).collect();
    let reversed: Vec<String> = roots.iter().rev().cloned().collect();
    let deep = |open: &str, close: &str| {
        let depth = 20_000;
        (format!("{}1{}", open.repeat(depth), close.repeat(depth)), "1".to_owned())
    };
    let text = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let pairs = [
        text("9^{9^{9^{9^9}}}", "9^{9^{9^{9^8}}}"),
        text("((((9!)!)!)!)!", "3"),
        text("100000!", "100000!+1"),
        text("(x+y+z+w+1)^{200}", "(x+y+z+w+2)^{200}"),
        text("(22222222223.22+b)^{343}", "(22222222223.23+b)^{343}"),
        text("(a+c)^{350}", "(a+c)^{349}(c+a)"),
        text("12.2^{3453.5}", "12.3^{3453.5}"),
        text("\\sin(10^{300})", "\\cos(10^{300})"),
        (roots.join(","), reversed.join(",")),
        ("(x+y+1)".repeat(100), "(x+y+2)".repeat(100)),
        ("7".repeat(100_000), "7".repeat(99_999) + "8"),
        ("\\boxed{1} ".repeat(20_000), "1".to_owned()),
        ("{".repeat(20_000), "1".to_owned()),
        deep("(", ")"),
        deep("\\frac{1}{", "}"),
        deep("2^{", "}"),
    ];
    let grader = Grader::default();
    let time = |(a, b): &(String, String)| {
        let start = Instant::now();
        std::hint::black_box((grader.grade(a, b), grader.grade(b, a)));
        start.elapsed() / 2
    };
    let largest = pairs.iter().map(time).max().unwrap_or_default();
    json!({"hostile_inputs": pairs.len(), "largest_ms": micros(largest) / 1e3})
}

fn micros(time: Duration) -> f64 {
    (time.as_nanos() as f64 / 100.0).round() / 10.0
}
