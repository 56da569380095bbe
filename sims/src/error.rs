//! What the simulators refuse, and why.

/// Why a simulation was refused or stopped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("{parameter} is {value}; allowed: {allowed}")]
    Parameter {
        /// Name of the setting.
        parameter: &'static str,
        /// What was given.
        value: String,
        /// The range.
        allowed: String,
    },

    /// The estimator refused a group that the simulation drew.
    #[error("{estimator}: {source}")]
    Estimator {
        /// Text form of the estimator.
        estimator: String,
        /// What the estimator said.
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

    /// A policy that has left the finite numbers.
    pub(crate) fn diverged(learning_rate: f64) -> Self {
        let allowed = "a step size with which the policy stays finite; use a smaller one";
        Self::parameter("learning-rate", learning_rate, allowed)
    }
}
