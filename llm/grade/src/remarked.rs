//! Where an answer holds: what a remark behind it says, and whether two remarks say the same.

use crate::agreement::Agreement;
use crate::budget::{Budget, Fuel};
use crate::read::{Commas, Domain, Remarked, parse, rename};
use crate::typed::{self, Value};

/// Where an answer holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Holds {
    domain: Domain,
    /// The relation that must hold, such as `k \ge 1`.
    condition: Option<Value>,
}

impl Holds {
    /// What a remark says about where an answer holds, and the answer with its parameter by a name that
    /// all answers share; nothing if the remark says nothing about it.
    pub(super) fn read(split: &Remarked, budget: &Budget) -> Option<(Self, Option<String>)> {
        let domain = Domain::of(&split.remark);
        let fuel = Fuel::new(budget);
        let condition = domain.condition.as_ref().and_then(|condition| {
            let node = parse(condition, Commas::Thousands, budget).ok()?;
            typed::interpret(&node, &fuel).ok()
        });
        let says = domain.numbers.is_some() || condition.is_some() || domain.modulus.is_some();
        if !says {
            return None;
        }
        let letter = domain.letter.filter(|_| domain.numbers.is_some());
        let renamed = letter.map(|letter| rename(&split.main, letter));
        Some((Self { domain, condition }, renamed.filter(|main| *main != split.main)))
    }

    /// Whether both can hold; what only one of them says does not count.
    pub(super) fn agrees(&self, other: &Self, budget: &Budget) -> bool {
        let conditions = match (&self.condition, &other.condition) {
            (Some(a), Some(b)) => typed::matches(a, b, &Fuel::new(budget)) != Ok(Agreement::No),
            _ => true,
        };
        conditions && self.domain.agrees(&other.domain)
    }
}
