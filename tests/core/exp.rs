//! The exponential: within one unit in the last place over its whole range, exact at the ends.

use crate::support::rows;
use rs_grpo::exp;

/// `fixtures/exp.csv`: 60 digits, rounded to the nearest f64.
#[test]
fn within_one_unit_in_the_last_place() {
    let rows: Vec<Vec<f64>> = rows(include_str!("fixtures/exp.csv")).collect();
    assert_eq!(rows.len(), 1_621);
    for row in rows {
        let units = exp(row[0]).to_bits().abs_diff(row[1].to_bits());
        assert!(units <= 1, "exp({}) is {}, {units} units from {}", row[0], exp(row[0]), row[1]);
    }
}

/// Another implementation, which is itself within one unit.
#[test]
fn agrees_with_libm_everywhere() {
    for i in -700_000..=700_000 {
        let x = f64::from(i) * 1.000_1e-3;
        let units = exp(x).to_bits().abs_diff(libm::exp(x).to_bits());
        assert!(units <= 2, "exp({x}) is {units} units from libm's");
    }
}

#[test]
fn ends_of_the_range() {
    assert_eq!(exp(0.0), 1.0);
    assert_eq!(exp(-0.0), 1.0);
    assert_eq!(exp(5e-324), 1.0);
    assert_eq!(exp(-708.1), 0.0);
    assert_eq!(exp(f64::NEG_INFINITY), 0.0);
    assert_eq!(exp(709.1), f64::INFINITY);
    assert_eq!(exp(f64::INFINITY), f64::INFINITY);
    assert!(exp(f64::NAN).is_nan());
}
