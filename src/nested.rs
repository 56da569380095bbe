//! An estimator inside another.

use crate::Error;
use crate::parameter::{ParameterValue, Range, excerpt};
use std::fmt::Display;
use std::ops::Deref;
use std::str::FromStr;

/// The estimator inside [`Estimator::FocalWeight`](crate::Estimator::FocalWeight); made by
/// `Nested::from(estimator)`.
#[derive(Debug, Clone)]
pub struct Nested<E: 'static>(Place<E>);

#[derive(Debug, Clone)]
enum Place<E: 'static> {
    /// In the catalogue, which is computed when the crate is compiled.
    Fixed(&'static E),
    Boxed(Box<E>),
}

impl<E> Nested<E> {
    pub(crate) const fn fixed(estimator: &'static E) -> Self {
        Self(Place::Fixed(estimator))
    }
}

impl<E> From<E> for Nested<E> {
    fn from(estimator: E) -> Self {
        Self(Place::Boxed(Box::new(estimator)))
    }
}

impl<E> Deref for Nested<E> {
    type Target = E;

    fn deref(&self) -> &E {
        match &self.0 {
            Place::Fixed(estimator) => estimator,
            Place::Boxed(estimator) => estimator,
        }
    }
}

impl<E: PartialEq> PartialEq for Nested<E> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<E: Display + FromStr<Err = Error>> ParameterValue for Nested<E> {
    fn write(&self) -> String {
        self.to_string()
    }

    /// Refuses an estimator that holds another itself, so that the depth is bounded whatever the text.
    fn read(&mut self, key: &'static str, text: &str, _: Range) -> Result<(), Error> {
        let allowed = |why: &str| {
            format!("an estimator with its own parameters, and nothing after it: {why}")
        };
        let name = text.split(':').next().unwrap_or_default().trim();
        if name == "focal-weight" {
            let why = "not focal-weight, of which two are one with the sum of their gamma";
            return Err(Error::parameter(key, name, allowed(why)));
        }
        match text.parse::<E>() {
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
