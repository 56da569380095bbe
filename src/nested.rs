//! An estimator inside another.

use crate::text::{Range, Value, excerpt};
use crate::{Error, Estimator};
use std::ops::Deref;

/// The estimator inside [`Estimator::FocalWeight`]; made by `NestedEstimator::from(estimator)`.
#[derive(Debug, Clone)]
pub struct NestedEstimator(Place);

#[derive(Debug, Clone)]
enum Place {
    /// In the catalogue, which is computed when the crate is compiled.
    Fixed(&'static Estimator),
    Boxed(Box<Estimator>),
}

impl NestedEstimator {
    pub(crate) const fn fixed(estimator: &'static Estimator) -> Self {
        Self(Place::Fixed(estimator))
    }
}

impl From<Estimator> for NestedEstimator {
    fn from(estimator: Estimator) -> Self {
        Self(Place::Boxed(Box::new(estimator)))
    }
}

impl Deref for NestedEstimator {
    type Target = Estimator;

    fn deref(&self) -> &Estimator {
        match &self.0 {
            Place::Fixed(estimator) => estimator,
            Place::Boxed(estimator) => estimator,
        }
    }
}

impl PartialEq for NestedEstimator {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Value for NestedEstimator {
    fn write(&self) -> String {
        self.to_string()
    }

    /// Refuses an estimator that holds another itself, so that the depth is bounded whatever the text.
    fn read(&mut self, key: &'static str, text: &str, _: Range) -> Result<(), Error> {
        let allowed = |why: &str| {
            format!("an estimator with its own parameters, and nothing after it: {why}")
        };
        let name = text.split(':').next().unwrap_or_default();
        if name == "focal-weight" {
            let why = "not focal-weight, of which two are one with the sum of their gamma";
            return Err(Error::parameter(key, name, allowed(why)));
        }
        match text.parse::<Estimator>() {
            Ok(estimator) => *self = estimator.into(),
            Err(error) => {
                return Err(Error::parameter(key, excerpt(text), allowed(&error.to_string())));
            }
        }
        Ok(())
    }

    fn takes_the_rest(&self) -> bool {
        true
    }
}
