//! `repro advantage`: tables for people, lines for programs.

use crate::support::{refusal, repro_in, success};
use repro::Exit;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

#[test]
fn table_compares_estimators() {
    let arguments = "advantage --estimator grpo --estimator rs-grpo:beta=2 --rewards 1,0,0,0";
    insta::assert_snapshot!(success(arguments));
}

#[test]
fn list_names_every_estimator_with_its_source() {
    insta::assert_snapshot!(success("advantage --list"));
}

/// A terminal of 80 columns shows every line whole.
#[test]
fn list_fits_a_terminal() {
    let list = success("advantage --list");
    let widest = list.lines().map(|line| line.chars().count()).max().expect("lines");
    assert!(widest <= 80, "{widest} columns");
    for entry in rs_grpo::CATALOGUE {
        assert!(list.contains(&entry.estimator.to_string()), "{}", entry.estimator);
    }
}

/// `docs/estimators.md` is what the command prints.
#[test]
fn the_page_of_estimators_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/estimators.md");
    let page = fs::read_to_string(path).expect("the page");
    let printed = success("advantage --list --format markdown");
    let same = page == printed;
    assert!(same, "cargo repro advantage --list --format markdown > docs/estimators.md");
    // Text that a reader would see as markup that was not filled in.
    assert!(
        !page.contains("{symbols}") && !page.contains("{contents}") && !page.contains("{pages}")
    );
}

#[test]
fn a_page_is_a_list() {
    let message = refusal("advantage --format markdown --rewards 1,0");
    assert!(message.contains("--format is markdown; allowed: text or json"), "{message}");
}

/// An estimator inside another, and given weights: the text comes back as it is.
#[test]
fn nested_estimators_and_weights_are_named_in_full() {
    for estimator in ["focal-weight:gamma=0.5,of=rs-grpo:beta=2", "order:k=3,stat=0/0.25/0.75"] {
        let rewards = "--rewards 1,0,0,1 --format json";
        let text = success(&format!("advantage --estimator {estimator} {rewards}"));
        let value: Value = serde_json::from_str(&text).expect("one object");
        assert_eq!(value["estimator"], estimator);
    }
}

/// The values: RS-GRPO at β = 2 on one correct of four, `(1/β)(e^β/((e^β + 3)/4) − 1)` and
/// `(1/β)(4/(e^β + 3) − 1)`, evaluated with 17 digits.
#[test]
fn json_has_all_digits() {
    let text = success("advantage --estimator rs-grpo:beta=2 --rewards 1,0,0,0 --format json");
    let value: Value = serde_json::from_str(&text).expect("one object");
    assert_eq!(value["estimator"], "rs-grpo:beta=2");
    assert_eq!(value["rewards"], serde_json::json!([1.0, 0.0, 0.0, 0.0]));
    let advantages: Vec<f64> =
        serde_json::from_value(value["advantages"].clone()).expect("numbers");
    let expected = [0.922_469_188_455_187_8, -0.307_489_729_485_062_6];
    assert!((advantages[0] - expected[0]).abs() < 1e-15, "{advantages:?}");
    assert!((advantages[3] - expected[1]).abs() < 1e-15, "{advantages:?}");
}

/// `--beta` is RS-GRPO at each β, and lists may begin with a negative number.
#[test]
fn beta_is_short_for_rs_grpo() {
    let rewards = "--rewards -1,0,1 --format json";
    let long = "--estimator rs-grpo:beta=-2 --estimator rs-grpo:beta=0 --estimator rs-grpo:beta=4";
    let short = success(&format!("advantage --beta -2,0,4 {rewards}"));
    assert_eq!(short, success(&format!("advantage {long} {rewards}")));
    assert_eq!(short.lines().count(), 3);
    assert!(short.contains("\"rewards\":[-1.0,0.0,1.0]"), "{short}");
    // The default is not an estimator that was given.
    let one = success("advantage --beta 2 --rewards 1,0");
    assert_eq!(one, success("advantage --rewards 1,0"));
}

#[test]
fn file_gives_one_line_for_each_group() {
    let dir = TempDir::new().expect("a folder");
    let lines = "{\"rewards\": [1, 0]}\n\n{\"rewards\": [0.5, 0.25, 0]}\n";
    fs::write(dir.path().join("groups.jsonl"), lines).expect("written");
    let answer =
        repro_in(&dir, "advantage --input {dir}/groups.jsonl --format json --estimator dr-grpo");
    assert_eq!(answer.exit, Exit::Success);
    insta::assert_snapshot!(answer.out);
}

#[test]
fn bad_lines_are_named_by_number() {
    let dir = TempDir::new().expect("a folder");
    let bad = [
        "{\"rewards\": [1, 0]}\n{\"rewards\": [1,",
        "{\"reward\": [1]}",
        "{\"rewards\": []}",
        "\n\n{\"rewards\": [1e999]}",
        "{\"rewards\": [1, \"a\"]}",
    ];
    let errors = bad.map(|text| {
        fs::write(dir.path().join("bad.jsonl"), text).expect("written");
        let answer = repro_in(&dir, "advantage --input {dir}/bad.jsonl");
        assert_eq!(answer.exit, Exit::Usage);
        answer.err
    });
    insta::assert_snapshot!(errors.concat());
}
