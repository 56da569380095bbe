//! Rules from outside the crate, and the pages of those inside.

use crate::support::{advantages, catalogue, estimator};
use rs_grpo::{
    AdvantageRule, CATALOGUE, Error, Estimator, Group, Policy, Scratch, effective_weight,
};

/// The share of the group that a response beats, less the share that beats it.
#[derive(Debug)]
struct Wins;

impl AdvantageRule for Wins {
    fn name(&self) -> &'static str {
        "wins"
    }

    fn advantages_into(
        &self,
        group: Group<'_>,
        out: &mut [f64],
        _: &mut Scratch,
    ) -> Result<(), Error> {
        group.require_size(self.name(), 2)?;
        group.require(self.name(), "rewards of at most 10", |reward| reward <= 10.0)?;
        let n = group.size() as f64;
        for (advantage, own) in out.iter_mut().zip(group.rewards()) {
            let sign = |other: &f64| if own == other { 0.0 } else { (own - other).signum() };
            *advantage = group.rewards().iter().map(sign).sum::<f64>() / n;
        }
        Ok(())
    }

    fn sums_to_zero(&self) -> bool {
        true
    }
}

/// Gives what it is told, whatever the group.
#[derive(Debug)]
struct Constant(f64);

impl AdvantageRule for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }

    fn advantages_into(
        &self,
        group: Group<'_>,
        out: &mut [f64],
        _: &mut Scratch,
    ) -> Result<(), Error> {
        if group.is_constant() {
            let reason = "all rewards are equal; give two different ones".to_owned();
            return Err(Error::Refused { estimator: self.name(), reason });
        }
        out.fill(self.0);
        Ok(())
    }
}

#[test]
fn a_rule_from_outside_is_an_estimator() {
    let wins = Estimator::custom(Wins);
    assert_eq!(wins.advantages(&[1.0, 3.0, 3.0, 2.0]), Ok(vec![-0.75, 0.5, 0.5, -0.25]));
    assert_eq!((wins.name(), wins.to_string()), ("wins", "wins".to_owned()));
    assert!(wins.sums_to_zero() && !Estimator::custom(Constant(1.0)).sums_to_zero());
    assert_eq!(wins, wins.clone());
    assert_ne!(wins, Estimator::custom(Wins), "two rules are two estimators");
    // On binary rewards it is Dr. GRPO, so its weight is (N − 1)/N.
    assert!((effective_weight(&wins, 8, 0.3).unwrap() - 0.875).abs() < 1e-15);
}

/// Groups, buffers and results are checked around it as around those of the crate.
#[test]
fn a_rule_from_outside_gets_checked_groups_only() {
    let wins = Estimator::custom(Wins);
    assert_eq!(wins.advantages(&[]), Err(Error::EmptyGroup));
    assert!(matches!(wins.advantages(&[f64::NAN, 0.0]), Err(Error::NonFiniteReward { .. })));
    assert!(matches!(wins.advantages(&[1.0]), Err(Error::GroupTooSmall { estimator: "wins", .. })));
    assert!(matches!(wins.advantages(&[1.0, 11.0]), Err(Error::RewardOutOfDomain { .. })));
    let buffer = wins.advantages_into(&[0.0, 1.0], &mut [0.0; 3], &mut Scratch::new());
    assert_eq!(buffer, Err(Error::OutputLength { got: 3, expected: 2 }));
    let endless = Estimator::custom(Constant(f64::INFINITY)).advantages(&[0.0, 2.0]);
    assert_eq!(endless, Err(Error::Overflow { estimator: "constant", magnitude: 2.0 }));
    let refused = Estimator::custom(Constant(0.0)).advantages(&[1.0, 1.0]).unwrap_err();
    let said = "constant: all rewards are equal; give two different ones";
    assert_eq!(refused.to_string(), said);
    let policy = Policy::new(&[0.5, 0.5], &[0.0, 1.0]).unwrap();
    let limit = wins.population_advantages_into(policy, &mut [0.0; 2]);
    assert!(matches!(limit, Err(Error::NoPopulationForm { estimator: "wins", .. })));
    assert!("wins".parse::<Estimator>().is_err(), "only the program knows it");
}

#[test]
fn a_rule_from_outside_can_be_weighted() {
    let weighted = Estimator::FocalWeight { gamma: 1.0, of: Estimator::custom(Wins).into() };
    let expected = advantages("focal-weight:gamma=1,of=dr-grpo", &[1.0, 0.0, 0.0, 0.0]);
    assert_eq!(weighted.advantages(&[1.0, 0.0, 0.0, 0.0]), Ok(expected));
    assert_eq!(weighted.to_string(), "focal-weight:gamma=1,of=wins");
}

/// Every page has a summary of one line, a formula, and says limits, expectation and source.
#[test]
fn every_page_says_the_same_things() {
    for entry in CATALOGUE {
        let page = entry.page;
        let summary = page.split("\n\n").next().unwrap();
        assert!(!summary.contains('\n') && summary.ends_with('.'), "{}", entry.estimator);
        for part in ["```text\n", "**Limits.** ", "**Expectation.** ", "**Source.** "] {
            assert!(page.contains(part), "{} lacks {part:?}", entry.estimator);
        }
        let tested = page.contains("Binary rewards");
        let refuses = entry.estimator.advantages(&[0.25; 6]).is_err();
        assert_eq!(tested, refuses, "{} on rewards that are not binary", entry.estimator);
        assert_eq!(
            page.contains("The sum is 0."),
            entry.estimator.sums_to_zero() && !page.contains("of the other is")
        );
        for (key, _) in entry.estimator.parameters() {
            let named = format!("`{key}`");
            let said = page.contains(&named) || ["beta", "k"].contains(&key);
            assert!(said, "{}: {key} is not explained", entry.estimator);
        }
    }
}

/// Names are told apart by all that follows from them: in verl `-` becomes `_`.
#[test]
fn names_are_lower_case_words() {
    for estimator in catalogue() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(estimator.name().chars().all(plain), "{estimator}");
    }
    assert_eq!(estimator("order").name(), "order");
}
