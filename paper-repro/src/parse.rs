//! Parsers of option values: what was wrong, and what is allowed.

use crate::failure::Failure;
use rs_grpo::Estimator;
use rs_grpo_sims::bandit::Noise;

/// Other names of `--max-new-tokens`: those of earlier versions, vLLM and TRL.
pub(crate) const MAX_NEW_TOKENS: [&str; 3] = ["max-tokens", "tokens", "max-completion-length"];

/// A finite number.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        // −0 is 0: nothing here tells them apart but the way they are printed.
        Ok(number) if number.is_finite() => Ok(number + 0.0),
        _ => {
            Err("allowed: finite numbers such as 2, 0.5 or 1e-3, separated by commas if several"
                .into())
        }
    }
}

/// A value of a file as flags take it.
pub(crate) fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Float(number) => number.to_string(),
        other => other.to_string(),
    }
}

/// A whole number of at least `MIN`.
pub(crate) fn whole<const MIN: u64>(text: &str) -> Result<u64, String> {
    match text.trim().parse::<u64>() {
        Ok(number) if number >= MIN => Ok(number),
        _ => Err(format!("allowed: whole numbers of {MIN} or more{}", nearest_whole(text, MIN))),
    }
}

/// The same, as a size in memory.
pub(crate) fn size<const MIN: u64>(text: &str) -> Result<usize, String> {
    let number = whole::<MIN>(text)?;
    usize::try_from(number).map_err(|_| format!("allowed: whole numbers up to {}", usize::MAX))
}

/// `1e5` is not a whole number in writing, but it is clear which one is meant.
fn nearest_whole(text: &str, min: u64) -> String {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && number < u64::MAX as f64 => {
            format!("; the nearest is {}", (number.round() as u64).max(min))
        }
        _ => String::new(),
    }
}

/// Refuses a list with a repeated value.
pub(crate) fn no_repeats<T: PartialEq + ToString>(flag: &str, list: &[T]) -> Result<(), String> {
    let repeated = (1..list.len()).find(|&i| list[..i].contains(&list[i]));
    repeated.map_or(Ok(()), |i| {
        Err(format!("{flag} has {} more than once; give each value once", list[i].to_string()))
    })
}

/// An estimator in its text form.
pub(crate) fn estimator(text: &str) -> Result<Estimator, String> {
    text.parse().map_err(|error: rs_grpo::Error| error.to_string())
}

/// RS-GRPO at every β, or else the estimators; each once.
pub(crate) fn estimators(
    estimators: &[Estimator],
    betas: &[f64],
) -> Result<Vec<Estimator>, Failure> {
    no_repeats("--beta", betas).map_err(Failure::Usage)?;
    no_repeats("--estimator", estimators).map_err(Failure::Usage)?;
    Ok(match betas.is_empty() {
        true => estimators.to_vec(),
        false => betas.iter().map(|&beta| Estimator::RsGrpo { beta }).collect(),
    })
}

/// `none`, `bernoulli` or `gaussian:SD`.
pub(crate) fn noise(text: &str) -> Result<Noise, String> {
    match text.split_once(':') {
        None if text == "none" => Ok(Noise::None),
        None if text == "bernoulli" => Ok(Noise::Bernoulli),
        Some(("gaussian", deviation)) => number(deviation).map(Noise::Gaussian),
        _ => {
            Err("allowed: none, bernoulli, gaussian:SD with a standard deviation such as 0.1"
                .into())
        }
    }
}
