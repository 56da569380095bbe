//! Errors of the simulators.

/// An error that prevents or stops a simulation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("{parameter} is {value}; allowed: {allowed}")]
    Parameter {
        /// Name of the setting.
        parameter: &'static str,
        /// The value given.
        value: String,
        /// The allowed range, in words.
        allowed: String,
    },

    /// The estimator refused a group that the simulation drew.
    #[error("{estimator}: {source}")]
    Estimator {
        /// Text form of the estimator.
        estimator: String,
        /// The error of the estimator.
        source: rs_grpo::Error,
    },
}

impl Error {
    /// A setting outside its range.
    pub(crate) fn parameter(
        parameter: &'static str,
        value: impl ToString,
        allowed: impl Into<String>,
    ) -> Self {
        Self::Parameter { parameter, value: value.to_string(), allowed: allowed.into() }
    }

    /// A step size with which a logit has become infinite or NaN.
    pub(crate) fn diverged(learning_rate: f64) -> Self {
        let allowed = "a step size with which the policy stays finite; use a smaller one";
        Self::parameter("learning-rate", learning_rate, allowed)
    }
}
