//! Loss and gradients against TRL's own `GRPOTrainer._compute_loss`.
//!
//! Expected numbers are those of `fixtures/make_grpo.py`, in double precision.

use rs_grpo_engine::model::{ActivationCheckpointing, Training};
use rs_grpo_engine::tensor::Gradients;
use rs_grpo_train::{Example, KlKind, Loss, LossKind, LossSums, Pass, gradient};
use serde_json::Value;
use test_support::{decoder, floats};

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/grpo.json")).expect("the fixture is JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number, not {value}"))
}

fn list<T>(value: &Value, each: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap_or_else(|| panic!("a list, not {value}")).iter().map(each).collect()
}

fn tokens(value: &Value) -> Vec<u32> {
    list(value, |token| number(token) as u32)
}

fn rows(value: &Value) -> Vec<Vec<f32>> {
    list(value, |row| list(row, |x| number(x) as f32))
}

fn loss(case: &Value, longest: usize) -> Loss {
    let sequence = case["level"] == "sequence";
    Loss {
        kind: match case["loss_type"].as_str() {
            // With one process and no accumulation, `bnpo` and `dapo` are the same mean.
            Some("dapo" | "bnpo") => LossKind::TokenMean,
            Some("grpo") if sequence => LossKind::Gspo,
            Some("grpo") => LossKind::SequenceMean,
            Some("dr_grpo") => LossKind::ConstantLength,
            other => panic!("a loss that both have, not {other:?}"),
        },
        clip_low: number(&case["epsilon_low"]),
        clip_high: number(&case["epsilon_high"]),
        dual_clip: case["delta"].as_f64().unwrap_or(f64::INFINITY),
        kl_coef: number(&case["beta"]),
        kl_kind: KlKind::K3,
        entropy_coef: 0.0,
        importance_cap: case["cap"].as_f64().unwrap_or(0.0),
        longest,
    }
}

fn close(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() < 1e-5 * expected.abs().max(1.0),
        "{what}: {found} {expected}"
    );
}

/// Gradients within 1e-5 of the largest of their tensor, or of the tensor's norm.
fn compare(gradients: &Gradients, expected: &Value, what: &str) {
    for (name, expected) in expected.as_object().expect("gradients by name") {
        let expected = list(expected, number);
        let found = gradients.get(name).map(floats).unwrap_or_default();
        let found: Vec<f64> = found.into_iter().map(f64::from).collect();
        if expected.len() == found.len() {
            let scale = expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
            for (a, b) in found.iter().zip(&expected) {
                assert!((a - b).abs() <= 1e-5 * scale, "{what}, {name}: {a} {b}");
            }
        } else {
            let sum: f64 = found.iter().sum();
            let absolute: f64 = found.iter().map(|x| x.abs()).sum();
            let norm = found.iter().map(|x| x * x).sum::<f64>().sqrt();
            for (a, b) in [sum, absolute, norm].into_iter().zip(&expected) {
                assert!((a - b).abs() <= 1e-5 * expected[1], "{what}, {name}: {a} {b}");
            }
        }
    }
}

fn metrics(sums: &LossSums, expected: &Value, what: &str) {
    let mut all = vec![
        ("clip_ratio/low_mean", sums.clipped_low / sums.ratios),
        ("clip_ratio/high_mean", sums.clipped_high / sums.ratios),
        ("entropy", sums.entropy / sums.tokens as f64),
    ];
    if !expected["kl"].is_null() {
        all.push(("kl", sums.kl / sums.tokens as f64));
    }
    for (name, found) in all {
        close(found, number(&expected[name]), &format!("{what}, {name}"));
    }
}

#[test]
fn loss_gradients_and_metrics_are_trls() {
    let fixture = fixture();
    let checkpoint = fixture["checkpoint"].as_str().expect("the name of a checkpoint");
    let longest = number(&fixture["longest"]) as usize;
    let model = decoder(checkpoint, Training::Full);
    let mut batch = Vec::new();
    for group in list(&fixture["groups"], Value::clone) {
        let completions = list(&group["completions"], tokens);
        let advantages = list(&group["advantages"], number);
        let prompt = tokens(&group["prompt"]);
        for (completion, advantage) in completions.into_iter().zip(advantages) {
            batch.push((prompt.clone(), completion, advantage));
        }
    }
    let (mut cases, mut clipped) = (0, 0);
    for case in list(&fixture["cases"], Value::clone) {
        let what = format!("{case:.200}");
        let what = what.split(",\"gradients\"").next().unwrap_or(&what).to_owned();
        let (old, reference, sampler) =
            (rows(&case["old"]), rows(&case["reference"]), rows(&case["sampler"]));
        let loss = loss(&case, longest);
        let examples: Vec<Example<'_>> = batch
            .iter()
            .enumerate()
            .map(|(i, (prompt, completion, advantage))| Example {
                prompt,
                completion,
                advantage: *advantage,
                masked: case["mask_truncated"] == true && completion.len() == longest,
                old: if case["on_policy"] == true { &[] } else { &old[i] },
                sampler: &sampler[i],
                reference: if loss.kl_coef == 0.0 { &[] } else { &reference[i] },
            })
            .collect();
        let temperature = number(&case["temperature"]) as f32;
        for (micro_batch_tokens, checkpointing) in
            [(1 << 20, ActivationCheckpointing::Off), (16, ActivationCheckpointing::PerLayer)]
        {
            let pass = Pass { temperature, micro_batch_tokens, checkpointing };
            let (gradients, sums) = gradient(&model, &examples, &loss, pass).expect("a good batch");
            close(sums.loss, number(&case["loss"]), &what);
            compare(&gradients, &case["gradients"], &what);
            metrics(&sums, &case["metrics"], &what);
            clipped += usize::from(sums.clipped_low > 0.0 && sums.clipped_high > 0.0);
        }
        cases += 1;
    }
    assert!(cases == 15 && clipped >= 20, "{cases} cases, {clipped} with both clips at work");
}
