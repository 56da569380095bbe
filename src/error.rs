//! The one error type: what was given, where, and what is allowed.

/// Why a group, a parameter or an estimator's text was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A group without rewards.
    #[error("rewards: the group is empty; give at least one reward")]
    EmptyGroup,

    /// A NaN or infinite reward.
    #[error("rewards[{index}] is {value}; every reward must be a finite number")]
    NonFiniteReward {
        /// Position in the group.
        index: usize,
        /// The reward.
        value: f64,
    },

    /// Two finite rewards whose difference overflows.
    #[error(
        "rewards run from {min:e} to {max:e}; the difference must be a finite number: scale the rewards down"
    )]
    RewardsTooFarApart {
        /// The smallest reward.
        min: f64,
        /// The largest reward.
        max: f64,
    },

    /// A finite reward outside the domain of the estimator.
    #[error("rewards[{index}] is {value}; {estimator} needs {allowed}")]
    RewardOutOfDomain {
        /// The estimator's name.
        estimator: &'static str,
        /// Position in the group.
        index: usize,
        /// The reward.
        value: f64,
        /// The domain.
        allowed: &'static str,
    },

    /// Too few rewards for the estimator.
    #[error("the group has {n} reward(s); {estimator} needs at least {min}")]
    GroupTooSmall {
        /// The estimator's name.
        estimator: &'static str,
        /// Size of the group.
        n: usize,
        /// Smallest size allowed.
        min: usize,
    },

    /// A parameter outside its range.
    #[error("{parameter} is {value}; allowed: {allowed}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// What was given.
        value: String,
        /// The range.
        allowed: String,
    },

    /// The caller's buffer does not have the length of the group.
    #[error("the output buffer holds {got} numbers, but the group has {expected} rewards")]
    OutputLength {
        /// Length of the buffer.
        got: usize,
        /// Length of the group.
        expected: usize,
    },

    /// The result of finite rewards does not fit a finite `f64`.
    #[error(
        "{estimator}: the result overflows f64; scale the rewards down (largest magnitude {magnitude:e})"
    )]
    Overflow {
        /// The estimator's name.
        estimator: &'static str,
        /// Largest |reward| of the group.
        magnitude: f64,
    },

    /// A text that names no estimator.
    #[error("'{name}' is not an estimator; did you mean '{nearest}'? Known: {known}")]
    UnknownEstimator {
        /// What was given.
        name: String,
        /// The closest known name.
        nearest: &'static str,
        /// All known names.
        known: String,
    },

    /// A text that gives an estimator a parameter it does not have.
    #[error("'{key}' is not a parameter of {estimator}; allowed: {allowed}")]
    UnknownParameter {
        /// The estimator's name.
        estimator: &'static str,
        /// What was given.
        key: String,
        /// The parameters it has.
        allowed: String,
    },

    /// A malformed parameter, such as `beta=` or a parameter given twice.
    #[error(
        "'{text}' in '{estimator}' is malformed; write name:key=value,key=value with each key once"
    )]
    MalformedParameter {
        /// The estimator's name.
        estimator: &'static str,
        /// The malformed part.
        text: String,
    },

    /// A group that a rule from outside this crate refuses for a reason of its own.
    #[error("{estimator}: {reason}")]
    Refused {
        /// The rule's name.
        estimator: &'static str,
        /// What was given, and what is allowed.
        reason: String,
    },

    /// The estimator has no closed form for infinite groups.
    #[error("{estimator} has no large-group limit here; estimators that have one: {known}")]
    NoPopulationForm {
        /// The estimator's name.
        estimator: &'static str,
        /// The estimators that have one.
        known: &'static str,
    },
}

impl Error {
    /// A parameter outside its range.
    pub(crate) fn parameter(
        parameter: &'static str,
        value: impl ToString,
        allowed: impl Into<String>,
    ) -> Self {
        Self::Parameter { parameter, value: value.to_string(), allowed: allowed.into() }
    }
}
