//! The calls of an estimator.

use crate::group::all_finite;
use crate::rule::{AdvantageRule, CustomRule};
use crate::{Error, Estimator, Group, Scratch};

impl Estimator {
    /// The advantages of one group of rewards (length `N`), in the same order.
    ///
    /// # Errors
    /// A bad group, a parameter outside its range for this group, rewards outside the estimator's
    /// domain, or an overflow.
    pub fn advantages(&self, rewards: &[f64]) -> Result<Vec<f64>, Error> {
        let mut out = vec![0.0; rewards.len()];
        self.advantages_into(rewards, &mut out, &mut Scratch::new())?;
        Ok(out)
    }

    /// Writes the advantages of one group (length `N`) into `out` (length `N`).
    ///
    /// Does not allocate once `scratch` has seen a group of this size. After an error the contents
    /// of `out` are unspecified.
    ///
    /// Inlined down to the exponentials of [`Estimator::RsGrpo`]: a caller that is compiled for wide
    /// vectors computes several at once, with the same bits.
    ///
    /// # Errors
    /// As [`Estimator::advantages`]; also an `out` of another length.
    #[inline(always)]
    pub fn advantages_into(
        &self,
        rewards: &[f64],
        out: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let group = Group::new(rewards)?;
        self.check_output(rewards.len(), out)?;
        self.dispatch(group, out, scratch)?;
        self.check_finite(group, out)
    }

    /// An estimator that is a rule of your own; everything that takes an [`Estimator`] takes it.
    ///
    /// Its text form is the rule's name, which does not parse back: only the program that made the
    /// rule knows it. Two are equal if they are clones of one.
    pub fn custom(rule: impl AdvantageRule + 'static) -> Self {
        Self::Custom(CustomRule::new(rule))
    }

    /// Refuses a buffer of another length than the group.
    pub(crate) fn check_output(&self, expected: usize, out: &[f64]) -> Result<(), Error> {
        if out.len() == expected {
            return Ok(());
        }
        Err(Error::OutputLength { got: out.len(), expected })
    }

    /// Refuses results that finite rewards have driven out of range.
    #[inline(always)]
    pub(crate) fn check_finite(&self, group: Group<'_>, out: &[f64]) -> Result<(), Error> {
        if all_finite(out) {
            return Ok(());
        }
        Err(Error::Overflow { estimator: self.name(), magnitude: group.magnitude() })
    }
}
