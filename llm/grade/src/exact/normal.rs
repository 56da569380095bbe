//! Expressions as quotients of polynomials.

use super::atom::{Atom, Atoms};
use super::integer::{self, bits, small};
use super::poly::{Monomial, Poly};
use super::radical;
use super::stop::Stop;
use crate::budget::Fuel;
use crate::read::{Constant, Function, Node};
use dashu_ratio::RBig;

/// What finding the place of a term in a polynomial costs, in hundredths of a unit of work.
const TERM: u64 = 100;

/// A quotient of polynomials; the denominator is not the zero polynomial.
#[derive(Debug, Clone)]
pub(crate) struct Fraction {
    pub(crate) numerator: Poly,
    pub(crate) denominator: Poly,
}

impl Fraction {
    fn poly(numerator: Poly) -> Self {
        Self { numerator, denominator: Poly::constant(RBig::ONE) }
    }

    /// The value, if no atom occurs.
    pub(crate) fn constant(&self) -> Option<RBig> {
        Some(self.numerator.as_constant()? / self.denominator.as_constant()?)
    }

    /// A text that equal fractions over the same atoms mostly share.
    fn name(&self) -> String {
        format!("({})/({})", self.numerator.name(), self.denominator.name())
    }
}

/// Brings expressions to normal form, with one numbering of atoms.
pub(crate) struct Normalizer<'a> {
    pub(crate) atoms: Atoms,
    /// Bits of the largest coefficient so far.
    pub(crate) largest: usize,
    fuel: &'a Fuel<'a>,
}

impl<'a> Normalizer<'a> {
    pub(crate) fn new(fuel: &'a Fuel<'a>) -> Self {
        Self { atoms: Atoms::default(), largest: 0, fuel }
    }

    /// The normal form of an expression.
    pub(crate) fn fraction(&mut self, node: &Node) -> Result<Fraction, Stop> {
        self.fuel.pay(4)?;
        Ok(match node {
            Node::Number(literal) | Node::Based(literal) => self.number(literal.value.clone()),
            Node::Constant(Constant::Infinity) => return Err(Stop::TooLarge),
            Node::Constant(constant) => self.atom(Atom::Constant(*constant)),
            Node::Symbol(name) => self.atom(Atom::Variable(name.clone())),
            Node::Negate(inner) => {
                let inner = self.fraction(inner)?;
                Fraction { numerator: inner.numerator.negate(), ..inner }
            }
            Node::Sum(terms) => self.sum(terms)?,
            Node::Product(factors) => self.product(factors)?,
            Node::Quotient(above, below) => {
                let above = self.fraction(above)?;
                let below = self.fraction(below)?;
                self.quotient(&above, below)?
            }
            Node::Power(base, exponent) => self.power(node, base, exponent)?,
            Node::Percent(inner) => {
                let inner = self.fraction(inner)?;
                let hundredth = self.number(RBig::from_parts(1.into(), 100u8.into()));
                self.times(&inner, &hundredth)?
            }
            // Units do not count; inside a trigonometric function numbers decide.
            Node::Degree(inner) | Node::Unit(inner, _) => self.fraction(inner)?,
            Node::Ratio(parts) if parts.len() == 2 => {
                let below = self.fraction(&parts[1])?;
                let below = self.inverse(below)?;
                let above = self.fraction(&parts[0])?;
                self.times(&above, &below)?
            }
            Node::Call(function, arguments) => self.call(node, *function, arguments)?,
            Node::Apply(name, arguments) => self.opaque(node, name, arguments)?,
            _ => return Err(Stop::Undefined),
        })
    }

    fn number(&mut self, value: RBig) -> Fraction {
        self.largest = self.largest.max(bits(&value));
        Fraction::poly(Poly::constant(value))
    }

    fn atom(&mut self, atom: Atom) -> Fraction {
        Fraction::poly(Poly::atom(self.atoms.number(atom)))
    }

    fn sum(&mut self, terms: &[Node]) -> Result<Fraction, Stop> {
        let mut sum = self.number(RBig::ZERO);
        for term in terms {
            let term = self.fraction(term)?;
            if term.denominator == sum.denominator {
                self.fuel.pay(4 * term.numerator.len() as u64)?;
                for (monomial, coefficient) in term.numerator.0 {
                    self.add(&mut sum.numerator, monomial, coefficient)?;
                }
            } else {
                let left = self.multiply(&sum.numerator, &term.denominator)?;
                let right = self.multiply(&term.numerator, &sum.denominator)?;
                let denominator = self.multiply(&sum.denominator, &term.denominator)?;
                sum = Fraction { numerator: self.subtract(left, right.negate())?, denominator };
            }
        }
        Ok(sum)
    }

    fn product(&mut self, factors: &[Node]) -> Result<Fraction, Stop> {
        let mut product = self.number(RBig::ONE);
        for factor in factors {
            let factor = self.fraction(factor)?;
            product = self.times(&product, &factor)?;
        }
        Ok(product)
    }

    fn quotient(&mut self, above: &Fraction, below: Fraction) -> Result<Fraction, Stop> {
        let below = self.inverse(below)?;
        self.times(above, &below)
    }

    /// a − b.
    pub(crate) fn subtract(&mut self, mut a: Poly, b: Poly) -> Result<Poly, Stop> {
        for (monomial, coefficient) in b.0 {
            self.add(&mut a, monomial, -coefficient)?;
        }
        Ok(a)
    }

    /// Adds one term.
    fn add(&mut self, poly: &mut Poly, monomial: Monomial, coefficient: RBig) -> Result<(), Stop> {
        let size = bits(&coefficient);
        if !coefficient.denominator().is_one() {
            self.fuel.pay_fractions(size, size)?;
        }
        self.largest = self.largest.max(size);
        poly.add(monomial, coefficient);
        Ok(())
    }

    /// a · b, with powers of roots and of i reduced.
    pub(crate) fn multiply(&mut self, a: &Poly, b: &Poly) -> Result<Poly, Stop> {
        if a.len().saturating_mul(b.len()) > 64 * self.fuel.budget.terms {
            return Err(Stop::TooLarge);
        }
        let mut product = Poly::default();
        for (left, p) in &a.0 {
            for (right, q) in &b.0 {
                self.fuel.pay(TERM)?;
                integer::pay(p, q, self.fuel)?;
                let mut coefficient = p * q;
                let monomial = self.merge(left, right, &mut coefficient)?;
                self.largest = self.largest.max(bits(&coefficient));
                product.add(monomial, coefficient);
            }
        }
        if product.len() > self.fuel.budget.terms {
            return Err(Stop::TooLarge);
        }
        Ok(product)
    }

    /// The product of two monomials.
    fn merge(&self, a: &Monomial, b: &Monomial, coefficient: &mut RBig) -> Result<Monomial, Stop> {
        let mut merged = Monomial::with_capacity(a.len() + b.len());
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let (number, exponent) = match (a.get(i), b.get(j)) {
                (Some(left), Some(right)) if left.0 == right.0 => {
                    (i, j) = (i + 1, j + 1);
                    (left.0, left.1.checked_add(right.1).ok_or(Stop::TooLarge)?)
                }
                (Some(left), right) if right.is_none_or(|right| left.0 < right.0) => {
                    i += 1;
                    *left
                }
                (_, Some(right)) => {
                    j += 1;
                    *right
                }
                (_, None) => break,
            };
            let exponent = match self.atoms.reduction(number) {
                Some((limit, value)) if exponent >= limit => {
                    let times = i64::from(exponent / limit);
                    *coefficient *= integer::power(&value, times, self.fuel)?;
                    exponent % limit
                }
                _ => exponent,
            };
            if exponent > 0 {
                merged.push((number, exponent));
            }
        }
        Ok(merged)
    }

    fn times(&mut self, a: &Fraction, b: &Fraction) -> Result<Fraction, Stop> {
        let numerator = self.multiply(&a.numerator, &b.numerator)?;
        let denominator = self.multiply(&a.denominator, &b.denominator)?;
        self.scaled(numerator, denominator)
    }

    /// A constant denominator is 1.
    fn scaled(&mut self, mut numerator: Poly, denominator: Poly) -> Result<Fraction, Stop> {
        match denominator.as_constant() {
            Some(value) if value.is_zero() => Err(Stop::Undefined),
            Some(value) if value == RBig::ONE => Ok(Fraction::poly(numerator)),
            Some(value) => {
                for coefficient in numerator.0.values_mut() {
                    integer::pay(coefficient, &value, self.fuel)?;
                    *coefficient /= &value;
                    self.largest = self.largest.max(bits(coefficient));
                }
                Ok(Fraction::poly(numerator))
            }
            None => Ok(Fraction { numerator, denominator }),
        }
    }

    fn inverse(&mut self, fraction: Fraction) -> Result<Fraction, Stop> {
        if fraction.numerator.is_zero() {
            return Err(Stop::Undefined);
        }
        self.scaled(fraction.denominator, fraction.numerator)
    }

    fn power(&mut self, node: &Node, base: &Node, exponent: &Node) -> Result<Fraction, Stop> {
        let below = self.fraction(base)?;
        let above = self.fraction(exponent)?;
        let (Some(exponent), constant) = (above.constant(), below.constant()) else {
            return self.opaque_named(node, "power", &[below, above]);
        };
        if let Some(exponent) = small(&exponent) {
            return self.integer_power(&below, exponent);
        }
        let numerator = i64::try_from(exponent.numerator());
        let degree = u32::try_from(exponent.denominator());
        match (constant, numerator, degree) {
            (Some(value), Ok(numerator), Ok(degree)) if degree <= 64 => {
                let poly = radical::root(&value, numerator, degree, &mut self.atoms, self.fuel)?;
                Ok(Fraction::poly(poly))
            }
            _ if exponent.denominator().is_one() => Err(Stop::TooManyBits),
            _ => self.opaque_named(node, "power", &[below, above]),
        }
    }

    fn integer_power(&mut self, base: &Fraction, exponent: i64) -> Result<Fraction, Stop> {
        if let Some(value) = base.constant() {
            let value = integer::power(&value, exponent, self.fuel)?;
            return Ok(self.number(value));
        }
        let mut base = base.clone();
        if exponent < 0 {
            base = self.inverse(base)?;
        }
        let size = exponent.unsigned_abs();
        let terms = base.numerator.len().max(base.denominator.len());
        if terms > 1 && size > self.fuel.budget.terms as u64 {
            return Err(Stop::TooLarge);
        }
        let mut result = self.number(RBig::ONE);
        // From the highest bit: square, and multiply where the bit is set.
        for bit in (0..64 - size.leading_zeros()).rev() {
            result = self.times(&result.clone(), &result)?;
            if size >> bit & 1 == 1 {
                result = self.times(&result, &base)?;
            }
        }
        Ok(result)
    }

    fn call(
        &mut self,
        node: &Node,
        function: Function,
        arguments: &[Node],
    ) -> Result<Fraction, Stop> {
        use Function as F;
        if matches!(function, F::Sum | F::Prod) {
            return Err(Stop::TooLarge);
        }
        // Degrees count inside these, so the normal form of the argument is not a name for it.
        if function.takes_an_angle() && node.any(&|part| matches!(part, Node::Degree(_))) {
            return Ok(self.opaque_under(node, format!("{node:?}")));
        }
        let parts: Vec<Fraction> =
            arguments.iter().map(|part| self.fraction(part)).collect::<Result<_, _>>()?;
        let values: Option<Vec<RBig>> = parts.iter().map(Fraction::constant).collect();
        let exact = values.map(|values| exact_call(function, &values, self.fuel)).transpose()?;
        match exact.flatten() {
            Some(value) => Ok(self.number(value)),
            None => self.opaque_named(node, &format!("{function:?}"), &parts),
        }
    }

    fn opaque(&mut self, node: &Node, name: &str, parts: &[Node]) -> Result<Fraction, Stop> {
        let parts: Vec<Fraction> =
            parts.iter().map(|part| self.fraction(part)).collect::<Result<_, _>>()?;
        self.opaque_named(node, name, &parts)
    }

    fn opaque_named(
        &mut self,
        node: &Node,
        name: &str,
        parts: &[Fraction],
    ) -> Result<Fraction, Stop> {
        for part in parts {
            for (_, coefficient) in part.numerator.terms().chain(part.denominator.terms()) {
                // Its decimal digits.
                let size = bits(coefficient);
                self.fuel.pay_bits(size, size)?;
            }
        }
        let parts: Vec<String> = parts.iter().map(Fraction::name).collect();
        Ok(self.opaque_under(node, format!("{name}[{}]", parts.join(";"))))
    }

    fn opaque_under(&mut self, node: &Node, name: String) -> Fraction {
        self.atom(Atom::Opaque { name, node: node.clone() })
    }
}

/// Functions whose value at rational arguments is rational.
fn exact_call(function: Function, values: &[RBig], fuel: &Fuel<'_>) -> Result<Option<RBig>, Stop> {
    use Function as F;
    let integers: Option<Vec<i64>> = values.iter().map(small).collect();
    Ok(match (function, values) {
        (F::Abs, [value]) if *value < RBig::ZERO => Some(-value.clone()),
        (F::Abs, [value]) => Some(value.clone()),
        (F::Floor, [value]) => Some(value.floor().into()),
        (F::Ceil, [value]) => Some(value.ceil().into()),
        (F::Max, _) => values.iter().max().cloned(),
        (F::Min, _) => values.iter().min().cloned(),
        (F::Factorial | F::DoubleFactorial | F::Binomial | F::Gcd | F::Lcm, _) => {
            match (function, integers.as_deref()) {
                (F::Factorial, Some([n])) => Some(integer::factorial(*n, 1, fuel)?.into()),
                (F::DoubleFactorial, Some([n])) => Some(integer::factorial(*n, 2, fuel)?.into()),
                (F::Binomial, Some([n, k])) => Some(integer::binomial(*n, *k, fuel)?),
                (F::Gcd, Some(all)) => all.iter().copied().reduce(gcd).map(RBig::from),
                (F::Lcm, Some(all)) => lcm(all).map(RBig::from),
                // Larger than a machine word: far beyond the budget.
                (F::Factorial | F::DoubleFactorial | F::Binomial, None)
                    if values.iter().all(|value| value.denominator().is_one()) =>
                {
                    return Err(Stop::TooManyBits);
                }
                _ => None,
            }
        }
        _ => None,
    })
}

fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b > 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).unwrap_or(i64::MAX)
}

fn lcm(all: &[i64]) -> Option<i64> {
    all.iter().try_fold(1i64, |a, &b| (a / gcd(a, b).max(1)).checked_mul(b)).map(i64::abs)
}
