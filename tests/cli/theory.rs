//! `repro theory`: the report, the analysis of one bandit, their JSON and their figures.

use crate::support::{every_tenth_line, refusal, repro_in, success};
use repro::Exit;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const ONE: &str = "theory --rewards 1,0.6,0 --policy 0.01,0.7,0.29 --step 1 --out {dir}";

#[test]
fn tries_every_statement_and_writes_figure_data_and_settings() {
    let dir = TempDir::new().expect("a folder");
    let answer = repro_in(&dir, "theory --instances 300 --seed 4 --out {dir} --threads 2");
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    insta::assert_snapshot!("report", answer.out);
    for line in answer.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!("notes", answer.err);
    let file = |name: &str| fs::read_to_string(dir.path().join(name)).expect(name);
    assert_eq!(file("config.toml"), "instances = 300\nseed = 4\n");
    let points = file("theory.csv");
    insta::assert_snapshot!("points", every_tenth_line(&points));
    for series in ["α = 1", "α = 10", "α = 100", "β̄", "falls from here", "G = 0"] {
        assert!(points.contains(&format!(",{series},")), "{series} is missing");
    }
    assert!(points.contains("\"exact, small steps (G = 0)\""), "{points}");
}

#[test]
fn analyses_one_bandit() {
    insta::assert_snapshot!("one_bandit", success(ONE));
    // Ties at the top: the mass counts, and no single interval of step sizes gains.
    let ties = "theory --rewards 1,1,0.5 --policy 0.1,0.2,0.7 --beta 0,4,-2 --out {dir} -q";
    insta::assert_snapshot!("ties", success(ties));
}

#[test]
fn one_bandit_as_json() {
    let dir = TempDir::new().expect("a folder");
    let answer = repro_in(&dir, &format!("{ONE} --beta 0,5,8 --format json"));
    let value: Value = serde_json::from_str(&answer.out).expect("one object");
    assert_eq!(value["rows"].as_array().expect("rows").len(), 3);
    assert_eq!(value["rows"][0]["step_limit"], "none");
    assert_eq!(value["rows"][2]["step_limit"], "unlimited");
    assert!(value["rows"][1]["step_limit"]["below"].as_f64().expect("a step") > 7.7);
    let after = value["rows"][0]["policy_after"][0].as_f64().expect("a probability");
    // mpmath 1.3 at 40 digits.
    assert!((after - 0.009_537_222_061_554_288).abs() < 1e-15);
    assert!(dir.path().join("gain.svg").exists());
}

#[test]
fn the_report_as_json_counts_every_check() {
    let text = success("theory --instances 50 --out {dir} --format json -q");
    let value: Value = serde_json::from_str(&text).expect("one object");
    let checks = value["checks"].as_array().expect("checks");
    assert_eq!(checks.len(), 17);
    for check in checks {
        for key in ["name", "claim", "margin", "instances", "violations", "undecided"] {
            assert!(!check[key].is_null(), "{key}");
        }
        assert!(check["worst_margin"].is_f64() && check["closest"]["margin"]["error"].is_f64());
    }
}

#[test]
fn a_single_bandit_without_any_threshold_still_has_a_figure() {
    for seed in 0..8 {
        success(&format!("theory --instances 1 --seed {seed} --out {{dir}} -q"));
    }
}

#[test]
fn refusals_name_the_option_and_the_range() {
    let messages = [
        "theory --rewards 1,0 --policy 0.5,0.4 --out {dir}",
        "theory --rewards 1,1 --policy 0.5,0.5 --out {dir}",
        "theory --rewards 1,0 --policy 0.5,0.5 --step 0 --out {dir}",
        "theory --rewards 1,0 --policy 0.5,0.5 --beta 1e99 --out {dir}",
        "theory --instances 0 --out {dir}",
        "theory --rewards 1,0",
        "theory --rewards 1,0 --policy 0.5,0.5 --seed 3",
    ];
    insta::assert_snapshot!("refused", messages.map(refusal).join("\n"));
}
