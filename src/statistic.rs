//! L-statistics: which of the sorted rewards of `K` responses count, and how much.

use crate::Error;
use crate::parameter::{ParameterValue, Range, excerpt, shortest};
use crate::quantile::whole_or_above;

/// The statistic that [`Estimator::Order`](crate::Estimator::Order) climbs: weights `α₁ … α_K` of the
/// rewards of `K` responses, sorted from the worst to the best.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OrderStatistic {
    /// `mean`: all alike.
    Mean,
    /// `max`: the best.
    Max,
    /// `min`: the worst.
    Min,
    /// `median`: the middle one, or the mean of both.
    Median,
    /// `rank-M`: the `M`-th best, `M` from 1 to `K`.
    Rank(usize),
    /// `top-M`: the mean of the `M` best, `M` from 1 to `K`.
    Top(usize),
    /// `bottom-M`: the mean of the `M` worst, `M` from 1 to `K`.
    Bottom(usize),
    /// `upper-Q`: the mean of the best `⌈Q K⌉`, `Q` above 0 and up to 1.
    Upper(f64),
    /// `lower-Q`: the mean of the worst `⌈Q K⌉`, `Q` above 0 and up to 1.
    Lower(f64),
    /// `trim-M`: the mean without the `M` best and the `M` worst, `2 M < K`.
    Trim(usize),
    /// `α₁/α₂/…/α_K`: any finite weights, from the worst to the best.
    Weights(Vec<f64>),
}

/// Which ranks of `K` have weight, from 1 for the worst.
pub(crate) enum Ranks<'a> {
    /// All from the first to the last, each as much as the others, 1 together.
    Even { first: usize, last: usize },
    /// A weight for each rank.
    Given(&'a [f64]),
}

impl OrderStatistic {
    /// The ranks among `k` responses.
    ///
    /// # Errors
    /// A number outside its range for this `k`, named `stat`.
    pub(crate) fn ranks(&self, k: usize) -> Result<Ranks<'_>, Error> {
        let even = |first: usize, last: usize| Ok(Ranks::Even { first, last });
        let at_most = |m: usize, most: usize, ranks| {
            let fits = (1..=most).contains(&m);
            if fits { ranks } else { Err(self.refused(&format!("a number of 1 to {most}"), k)) }
        };
        match *self {
            Self::Mean => even(1, k),
            Self::Max => even(k, k),
            Self::Min => even(1, 1),
            Self::Median => even(k.div_ceil(2), k / 2 + 1),
            Self::Rank(m) => at_most(m, k, even(k + 1 - m.clamp(1, k), k + 1 - m.clamp(1, k))),
            Self::Top(m) => at_most(m, k, even(k + 1 - m.clamp(1, k), k)),
            Self::Bottom(m) => at_most(m, k, even(1, m)),
            Self::Upper(q) => self.share(q, k).map(|m| Ranks::Even { first: k + 1 - m, last: k }),
            Self::Lower(q) => self.share(q, k).map(|m| Ranks::Even { first: 1, last: m }),
            Self::Trim(m) if m < k.div_ceil(2) => even(m + 1, k - m),
            Self::Trim(_) => {
                let most = k.div_ceil(2) - 1;
                Err(self.refused(&format!("a number of 0 to {most}"), k))
            }
            Self::Weights(ref weights) => self.given(weights, k),
        }
    }

    /// `⌈q k⌉`.
    fn share(&self, q: f64, k: usize) -> Result<usize, Error> {
        if q > 0.0 && q <= 1.0 {
            return Ok(whole_or_above(q * k as f64).clamp(1, k));
        }
        Err(self.refused("a share above 0, up to 1", k))
    }

    fn given<'a>(&self, weights: &'a [f64], k: usize) -> Result<Ranks<'a>, Error> {
        if weights.len() == k && weights.iter().all(|weight| weight.is_finite()) {
            return Ok(Ranks::Given(weights));
        }
        Err(self.refused(&format!("{k} finite weights, from the worst to the best,"), k))
    }

    fn refused(&self, allowed: &str, k: usize) -> Error {
        Error::parameter("stat", self.write(), format!("{allowed} for k={k}"))
    }

    /// The statistic of a word, and a number after it.
    fn parse(text: &str) -> Option<Self> {
        let (word, number) = match text.split_once('-') {
            Some((word, number)) => (word, Some(number)),
            None => (text, None),
        };
        let count = || number?.parse::<usize>().ok();
        let share = || number?.parse::<f64>().ok().filter(|q| *q > 0.0 && *q <= 1.0);
        match (word, number) {
            ("mean", None) => Some(Self::Mean),
            ("max", None) => Some(Self::Max),
            ("min", None) => Some(Self::Min),
            ("median", None) => Some(Self::Median),
            ("rank", _) => count().filter(|m| *m >= 1).map(Self::Rank),
            ("top", _) => count().filter(|m| *m >= 1).map(Self::Top),
            ("bottom", _) => count().filter(|m| *m >= 1).map(Self::Bottom),
            ("trim", _) => count().map(Self::Trim),
            ("upper", _) => share().map(Self::Upper),
            ("lower", _) => share().map(Self::Lower),
            _ => Self::parse_weights(text),
        }
    }

    fn parse_weights(text: &str) -> Option<Self> {
        let weight = |text: &str| text.parse::<f64>().ok().filter(|weight| weight.is_finite());
        text.split('/').map(weight).collect::<Option<Vec<f64>>>().map(Self::Weights)
    }
}

impl ParameterValue for OrderStatistic {
    fn write(&self) -> String {
        match self {
            Self::Mean => "mean".to_owned(),
            Self::Max => "max".to_owned(),
            Self::Min => "min".to_owned(),
            Self::Median => "median".to_owned(),
            Self::Rank(m) => format!("rank-{m}"),
            Self::Top(m) => format!("top-{m}"),
            Self::Bottom(m) => format!("bottom-{m}"),
            Self::Upper(q) => format!("upper-{}", shortest(*q)),
            Self::Lower(q) => format!("lower-{}", shortest(*q)),
            Self::Trim(m) => format!("trim-{m}"),
            Self::Weights(weights) => {
                weights.iter().map(|weight| shortest(*weight)).collect::<Vec<_>>().join("/")
            }
        }
    }

    fn read(&mut self, key: &'static str, text: &str, _: Range) -> Result<(), Error> {
        *self = Self::parse(text).ok_or_else(|| Error::parameter(key, excerpt(text), FORMS))?;
        Ok(())
    }
}

const FORMS: &str = "mean, max, min, median, rank-M, top-M, bottom-M, trim-M with a whole number M; \
                     upper-Q, lower-Q with a share Q above 0, up to 1; or a weight for each of k \
                     sorted rewards, as in 0/0/0.5/0.5";
