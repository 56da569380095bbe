//! Parsers of option values: what was wrong, and what is allowed.

use rs_grpo::Estimator;
use rs_grpo_sims::bandit::Noise;

/// A finite number.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => {
            Err("allowed: finite numbers such as 2, 0.5 or 1e-3, separated by commas if several"
                .into())
        }
    }
}

/// An estimator in its text form.
pub(crate) fn estimator(text: &str) -> Result<Estimator, String> {
    text.parse().map_err(|error: rs_grpo::Error| error.to_string())
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
