//! `repro bandit`: the table, the JSON, the files, and the points behind the figure.

use crate::support::{every_tenth_line, repro_in, success};
use repro::Exit;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const SMALL: &str = "bandit --beta 0,4 --steps 40000 --seeds 3 --out {dir} --threads 2";

#[test]
fn prints_a_table_and_writes_figure_data_and_settings() {
    let dir = TempDir::new().expect("a folder");
    let answer = repro_in(&dir, SMALL);
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    insta::assert_snapshot!("table", answer.out);
    insta::assert_snapshot!("notes", answer.err);
    let file = |name: &str| fs::read_to_string(dir.path().join(name)).expect(name);
    insta::assert_snapshot!("settings", file("config.toml"));
    insta::assert_snapshot!("points", every_tenth_line(&file("bandit.csv")));
    assert!(file("bandit.svg").contains("β = 4"));
    let png = fs::read(dir.path().join("bandit.png")).expect("a PNG");
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
}

#[test]
fn json_is_one_object_of_the_documented_form() {
    let text = success(&format!("{SMALL} --format json"));
    let value: Value = serde_json::from_str(&text).expect("one object");
    let results = value["results"].as_array().expect("an array");
    assert_eq!(results.len(), 2);
    let first = &results[0];
    assert_eq!((&first["beta"], &first["seeds"]), (&0.0.into(), &3.into()));
    assert_eq!(first["estimator"], "rs-grpo:beta=0");
    assert_eq!(first["median_escape_pulls"], Value::Null);
    assert_eq!(first["escaped"], 0.0);
    assert!(first["final_entropy"].is_f64());
    for key in ["mean", "low", "high"] {
        assert!(first["final_reward"][key].is_f64(), "{key}");
    }
    for key in ["pulls", "reward_mean", "reward_low", "reward_high", "entropy_mean"] {
        assert_eq!(first["curve"][key].as_array().expect(key).len(), 400, "{key}");
    }
}

#[test]
fn phase_prints_and_draws_a_grid() {
    let dir = TempDir::new().expect("a folder");
    let arguments =
        "bandit --phase --beta 0,4,8 --group-sizes 4,16 --steps 60000 --seeds 2 --out {dir}";
    let answer = repro_in(&dir, arguments);
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    insta::assert_snapshot!(answer.out);
    let points = fs::read_to_string(dir.path().join("phase.csv")).expect("points");
    insta::assert_snapshot!("phase_points", points);
    assert!(dir.path().join("phase.svg").exists());
}

#[test]
fn other_estimators_noise_and_exact_gradients_run() {
    let small = "--steps 1600 --seeds 2 --out {dir} -q";
    let rules = "--estimator grpo --estimator pkpo-loo1:k=4 --estimator rs-loo:beta=4";
    insta::assert_snapshot!("estimators", success(&format!("bandit {rules} {small}")));
    let binary = "--estimator pass-at-k-rloo:k=4 --noise bernoulli";
    insta::assert_snapshot!("bernoulli", success(&format!("bandit {binary} {small}")));
    insta::assert_snapshot!("exact", success(&format!("bandit --exact --beta 0,2,2.5,4 {small}")));
}

#[test]
fn a_single_run_has_no_interval() {
    insta::assert_snapshot!(success("bandit --beta 4 --seeds 1 --steps 1600 --out {dir} -q"));
}

/// A folder that cannot be written is found before the work, which would take minutes here.
#[test]
fn an_unwritable_folder_is_refused_before_the_work() {
    let dir = TempDir::new().expect("a folder");
    fs::write(dir.path().join("file"), "").expect("written");
    for command in [
        "bandit --steps 1000000000 --seeds 1000",
        "bandit --phase --steps 1000000000",
        "bandit --thresholds --steps 1000000000",
        "theory --instances 100000000",
        "theory --rewards 1,0 --policy 0.5,0.5",
    ] {
        let answer = repro_in(&dir, &format!("{command} --out {{dir}}/file/below"));
        assert_eq!((answer.exit, &*answer.out), (Exit::Failed, ""), "{command}");
        assert!(answer.err.contains("cannot write results into DIR/file/below"), "{}", answer.err);
    }
}

/// No interval of a mean reward leaves the range of the rewards, 0.1 to 1.
#[test]
fn intervals_stay_within_the_rewards() {
    let small = "bandit --seeds 2 --steps 8000 --out {dir} --format json -q --learning-rate 5";
    let text = success(&format!("{small} --estimator rs-grpo:beta=4 --estimator top-eps:eps=0.1"));
    let value: Value = serde_json::from_str(&text).expect("one object");
    for result in value["results"].as_array().expect("an array") {
        let curve = &result["curve"];
        let ends = ["reward_low", "reward_high"].map(|end| curve[end].as_array().expect(end));
        for end in ends.into_iter().flatten().chain([&result["final_reward"]["high"]]) {
            let end = end.as_f64().expect("a number");
            assert!((0.1..=1.0 + 1e-9).contains(&end), "{end}");
        }
    }
}

/// NumPy, an independent mean-field run: groups of 16 stay at β = 2.75 and escape at β = 3.
#[test]
fn expected_updates_predict_who_escapes() {
    let text = success("bandit --expected --beta 2.75,3 --out {dir} --format json -q");
    let value: Value = serde_json::from_str(&text).expect("one object");
    let escaped: Vec<f64> =
        (0..2).filter_map(|i| value["results"][i]["escaped"].as_f64()).collect();
    assert_eq!(escaped, [0.0, 1.0]);
}

#[test]
fn thresholds_are_predicted_and_simulated() {
    let dir = TempDir::new().expect("a folder");
    let small = "bandit --thresholds --group-sizes 4,32 --seeds 20 --steps 400000 --out {dir} -q";
    let answer = repro_in(&dir, &format!("{small} --format json"));
    let value: Value = serde_json::from_str(&answer.out).expect("one object");
    let rows = value["thresholds"].as_array().expect("rows");
    assert_eq!(rows.len(), 6, "three estimators at two sizes");
    assert!(rows[0]["predicted"].is_null(), "no β helps groups of 4: {}", rows[0]);
    let number = |key: &str| rows[1]["simulated"][key].as_f64().expect("simulated");
    let predicted = rows[1]["predicted"].as_f64().expect("predicted");
    assert!((predicted - 2.6).abs() < 0.01, "{predicted}");
    assert!(number("low") <= number("value") && number("value") <= number("high"));
    assert!((number("value") / predicted - 1.0).abs() < 0.1, "{}", rows[1]);
    assert!(dir.path().join("thresholds.svg").exists());
}
