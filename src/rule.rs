//! Rules from outside this crate.

use crate::{Error, Group, Scratch};
use std::fmt;
use std::sync::Arc;

/// A rule that turns the rewards of one group into advantages, for [`Estimator::custom`].
///
/// ```
/// use rs_grpo::{AdvantageRule, Error, Estimator, Group, Scratch};
///
/// /// 1 for the responses above the middle of the group's range, −1 for those below.
/// #[derive(Debug)]
/// struct UpperHalf;
///
/// impl AdvantageRule for UpperHalf {
///     fn name(&self) -> &'static str {
///         "upper-half"
///     }
///
///     fn advantages_into(
///         &self,
///         group: Group<'_>,
///         out: &mut [f64],
///         _: &mut Scratch,
///     ) -> Result<(), Error> {
///         let middle = group.min() + (group.max() - group.min()) / 2.0;
///         for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
///             *advantage = if reward == middle { 0.0 } else { (reward - middle).signum() };
///         }
///         Ok(())
///     }
/// }
///
/// let estimator = Estimator::custom(UpperHalf);
/// assert_eq!(estimator.advantages(&[0.0, 1.0, 0.25])?, [-1.0, 1.0, -1.0]);
/// # Ok::<(), rs_grpo::Error>(())
/// ```
///
/// [`Estimator::custom`]: crate::Estimator::custom
pub trait AdvantageRule: fmt::Debug + Send + Sync {
    /// The name in messages and records, such as `upper-half`.
    fn name(&self) -> &'static str;

    /// Writes the advantages of a checked group into `out`, which has its length, in mean form: the
    /// gradient is `(1/N) Σᵢ Aᵢ ∇log π(yᵢ)`. Numbers that are not finite are refused by the caller.
    ///
    /// `scratch` is memory that is kept from group to group.
    ///
    /// # Errors
    /// A group that the rule is not for: [`Group::correct`], [`Group::require`] and
    /// [`Group::require_size`] give the usual ones, [`Error::Refused`] any other.
    fn advantages_into(
        &self,
        group: Group<'_>,
        out: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), Error>;

    /// Whether the advantages of every group sum to 0 (but for rounding).
    ///
    /// Then a bandit moves only the arms that were drawn, and skips groups of equal rewards.
    fn sums_to_zero(&self) -> bool {
        false
    }
}

/// A rule from outside this crate, as [`Estimator::custom`](crate::Estimator::custom) makes it.
#[derive(Debug, Clone)]
pub struct CustomRule(Arc<dyn AdvantageRule>);

impl CustomRule {
    pub(crate) fn new(rule: impl AdvantageRule + 'static) -> Self {
        Self(Arc::new(rule))
    }

    /// The rule.
    pub fn rule(&self) -> &dyn AdvantageRule {
        &*self.0
    }
}

impl PartialEq for CustomRule {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
