//! Least squares of times that are linear in unknown coefficients.
//!
//! # Formula
//! ```text
//! t(x)         = A x + f
//! relative     min Σ (tᵢ(x) / mᵢ − 1)²      one linear least squares, by SVD
//! logarithmic  min Σ ln²(tᵢ(x) / mᵢ)        Gauss–Newton from there, each step by SVD
//! error of xⱼ  √( s² · (JᵀJ)⁻¹ⱼⱼ ),  s² = Σ ln²(tᵢ / mᵢ) / (n − p),  Jᵢⱼ = Aᵢⱼ / tᵢ
//! ```
//! where `m` are n measured seconds, `A` the seconds that a unit of each of p coefficients `x` costs, and
//! `f` the seconds that depend on none. The logarithm treats a time that is 10 % too long and a rate that
//! is 10 % too high alike, so that it does not matter which of the two was measured.

use nalgebra::{DMatrix, DVector};

/// Singular values of columns of length 1 that are smaller than this share of the largest do not
/// determine a coefficient.
const RANK_TOLERANCE: f64 = 1e-9;
/// Most steps of Gauss–Newton, which needs some ten.
const MOST_STEPS: usize = 100;
/// It has converged where a step changes no logarithm of a time by more than this.
const CONVERGED: f64 = 1e-13;

/// Measured times, and how they depend on coefficients.
#[derive(Debug, Clone)]
pub(super) struct LinearTimes {
    /// Seconds for a unit of each coefficient: a row for each measurement, a column for each coefficient.
    pub design: DMatrix<f64>,
    /// Seconds that depend on no coefficient.
    pub fixed: DVector<f64>,
    /// Seconds that were measured.
    pub measured: DVector<f64>,
}

impl LinearTimes {
    /// Seconds with these coefficients.
    pub fn times(&self, coefficients: &DVector<f64>) -> DVector<f64> {
        &self.design * coefficients + &self.fixed
    }

    /// The relative error of each time with these coefficients.
    pub fn errors(&self, coefficients: &DVector<f64>) -> DVector<f64> {
        self.times(coefficients).component_div(&self.measured).add_scalar(-1.0)
    }

    /// The same without one measurement.
    pub fn without(&self, row: usize) -> Self {
        Self {
            design: self.design.clone().remove_row(row),
            fixed: self.fixed.clone().remove_row(row),
            measured: self.measured.clone().remove_row(row),
        }
    }

    /// The coefficients with the least squares of relative errors; none where the measurements do not
    /// determine them.
    pub fn relative(&self) -> Option<DVector<f64>> {
        let wanted = (&self.measured - &self.fixed).component_div(&self.measured);
        ScaledSvd::new(&divide_rows(&self.design, &self.measured))?.solve(&wanted)
    }

    /// The coefficients with the least squares of logarithms of the errors; none where the measurements
    /// do not determine them.
    pub fn logarithmic(&self) -> Option<DVector<f64>> {
        let mut coefficients = self.relative()?;
        for _ in 0..MOST_STEPS {
            let (jacobian, logs) = self.linearised(&coefficients)?;
            let step = ScaledSvd::new(&jacobian)?.solve(&logs)?;
            coefficients -= &step;
            if (jacobian * step).amax() <= CONVERGED {
                return Some(coefficients);
            }
        }
        None
    }

    /// The standard error of each coefficient as a share of it; none without more measurements than
    /// coefficients.
    pub fn standard_errors(&self, coefficients: &DVector<f64>) -> Option<DVector<f64>> {
        let (rows, columns) = self.design.shape();
        let freedom = rows.checked_sub(columns).filter(|&freedom| freedom > 0)?;
        let (jacobian, logs) = self.linearised(coefficients)?;
        let variance = logs.norm_squared() / freedom as f64;
        let errors = ScaledSvd::new(&jacobian)?.inverse_gram_diagonal()?;
        Some(errors.map(|own| (own * variance).sqrt()).component_div(&coefficients.abs()))
    }

    /// Derivatives of the logarithms of times, and the logarithms of their ratios to what was measured;
    /// none where a time is not over 0.
    fn linearised(&self, coefficients: &DVector<f64>) -> Option<(DMatrix<f64>, DVector<f64>)> {
        let times = self.times(coefficients);
        let positive = times.iter().all(|&time| time > 0.0);
        let logs = times.component_div(&self.measured).map(f64::ln);
        positive.then(|| (divide_rows(&self.design, &times), logs))
    }
}

fn divide_rows(matrix: &DMatrix<f64>, by: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |row, column| matrix[(row, column)] / by[row])
}

/// The singular value decomposition of a matrix with columns scaled to length 1, since coefficients have
/// different units.
struct ScaledSvd {
    svd: nalgebra::SVD<f64, nalgebra::Dyn, nalgebra::Dyn>,
    lengths: DVector<f64>,
}

impl ScaledSvd {
    /// None where the columns do not determine a coefficient each.
    fn new(matrix: &DMatrix<f64>) -> Option<Self> {
        let lengths =
            DVector::from_iterator(matrix.ncols(), matrix.column_iter().map(|c| c.norm()));
        let scaled = DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |row, column| {
            matrix[(row, column)] / lengths[column]
        });
        let determined = scaled.iter().all(|value| value.is_finite()) && !scaled.is_empty();
        let svd = determined.then(|| scaled.svd(true, true))?;
        let threshold = RANK_TOLERANCE * svd.singular_values.max();
        (svd.rank(threshold) == matrix.ncols()).then_some(Self { svd, lengths })
    }

    fn solve(&self, wanted: &DVector<f64>) -> Option<DVector<f64>> {
        Some(self.svd.solve(wanted, 0.0).ok()?.component_div(&self.lengths))
    }

    /// The diagonal of (JᵀJ)⁻¹.
    fn inverse_gram_diagonal(&self) -> Option<DVector<f64>> {
        let right = self.svd.v_t.as_ref()?;
        let of = |column: usize| {
            let parts = right.column(column).component_div(&self.svd.singular_values);
            parts.norm_squared() / self.lengths[column].powi(2)
        };
        Some(DVector::from_fn(right.ncols(), |column, _| of(column)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: t = 2·x₁ + x₂ + 1 at three points, met exactly by x = (3, 5).
    fn exact() -> LinearTimes {
        LinearTimes {
            design: DMatrix::from_row_slice(3, 2, &[2.0, 1.0, 1.0, 4.0, 3.0, 0.0]),
            fixed: DVector::from_row_slice(&[1.0, 0.5, 0.0]),
            measured: DVector::from_row_slice(&[12.0, 23.5, 9.0]),
        }
    }

    #[test]
    fn times_without_errors_are_met_exactly() {
        let times = exact();
        for found in [times.relative(), times.logarithmic(), times.without(1).logarithmic()] {
            let found = found.unwrap();
            assert!((found - DVector::from_row_slice(&[3.0, 5.0])).amax() < 1e-12);
        }
        assert!(times.standard_errors(&times.relative().unwrap()).unwrap().amax() < 1e-12);
    }

    /// By hand: one coefficient, 1 measured as 1 and as 4. Relative: x/1 − 1 and x/4 − 1 have the least
    /// squares at x = (1 + 1/4) / (1 + 1/16) = 20/17; the logarithm's is the geometric mean, 2, with
    /// s² = 2·ln²2, (JᵀJ)⁻¹ = x²/2 and so a relative standard error of ln 2.
    #[test]
    fn one_coefficient_by_hand() {
        let times = LinearTimes {
            design: DMatrix::from_element(2, 1, 1.0),
            fixed: DVector::zeros(2),
            measured: DVector::from_row_slice(&[1.0, 4.0]),
        };
        assert!((times.relative().unwrap()[0] - 20.0 / 17.0).abs() < 1e-14);
        let found = times.logarithmic().unwrap();
        assert!((found[0] - 2.0).abs() < 1e-12);
        let error = times.standard_errors(&found).unwrap()[0];
        assert!((error - std::f64::consts::LN_2).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_determined_has_no_solution() {
        let mut times = exact();
        assert!(times.without(0).without(0).relative().is_none(), "one time, two coefficients");
        times.design.set_column(1, &(2.0 * times.design.column(0)));
        assert!(times.relative().is_none(), "two columns of one direction");
        times.design.fill_column(1, 0.0);
        assert!(times.logarithmic().is_none(), "nothing depends on the second");
    }
}
