//! The value of an expression at a point.

use super::complex::Complex;
use super::points::{Kind, coordinate, hashed};
use super::real::{Fault, Real, Result};
use crate::budget::Fuel;
use crate::exact::{Atom, Atoms, Poly};
use crate::read::{Constant, Function, Node};
use dashu_ratio::RBig;
use std::cmp::Ordering;
use std::sync::Arc;

/// What the value of one node costs in doubles, in hundredths of a unit of work.
const NODE: u64 = 15;

/// What an expression is read as where its notation leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reading {
    /// `\log` without a base is to base 10.
    pub(crate) decimal_logarithm: bool,
    /// `^\circ` outside trigonometric functions is a factor π/180.
    pub(crate) radians: bool,
    /// Long decimals may be anything that rounds to them.
    pub(crate) rounded: bool,
}

/// Evaluates expressions at one point.
pub(super) struct Evaluator<'a, R: Real> {
    pub(super) context: R::Context<'a>,
    pub(super) fuel: &'a Fuel<'a>,
    pub(super) point: usize,
    pub(super) kind: Kind,
    pub(super) reading: Reading,
    /// Variables of sums, the innermost last.
    bound: Vec<(Arc<str>, i64)>,
}

impl<'a, R: Real> Evaluator<'a, R> {
    pub(super) fn new(
        context: R::Context<'a>,
        fuel: &'a Fuel<'a>,
        (point, kind): (usize, Kind),
        reading: Reading,
    ) -> Self {
        Self { context, fuel, point, kind, reading, bound: Vec::new() }
    }

    fn variable(&self, name: &str) -> Result<Complex<R>> {
        let bound = self.bound.iter().rev().find(|(bound, _)| &**bound == name);
        match bound {
            Some((_, value)) => Complex::integer(*value, self.context),
            None => Complex::rational(&coordinate(name, self.point, self.kind), self.context),
        }
    }

    fn constant(&self, constant: Constant) -> Result<Complex<R>> {
        match constant {
            Constant::Pi => Complex::real(R::pi(self.context)?, self.context),
            Constant::E => Complex::integer(1, self.context)?.exp(self.context),
            Constant::I => Complex::i(self.context),
            Constant::Infinity => Err(Fault::Undefined),
        }
    }

    /// The value of an expression.
    pub(super) fn node(&mut self, node: &Node) -> Result<Complex<R>> {
        self.fuel.pay(NODE)?;
        let context = self.context;
        Ok(match node {
            Node::Number(literal) if self.reading.rounded && literal.is_long() => {
                let value = R::rational(&literal.value, context)?;
                let margin = literal.margin();
                Complex::real(value.widened(margin), context)?
            }
            Node::Number(literal) | Node::Based(literal) => {
                Complex::rational(&literal.value, context)?
            }
            Node::Constant(constant) => self.constant(*constant)?,
            Node::Symbol(name) => self.variable(name)?,
            Node::Negate(inner) => self.node(inner)?.negate(),
            Node::Sum(terms) => {
                terms.iter().try_fold(Complex::integer(0, context)?, |sum, term| {
                    sum.add(&self.node(term)?, context)
                })?
            }
            Node::Product(factors) => {
                factors.iter().try_fold(Complex::integer(1, context)?, |product, factor| {
                    product.multiply(&self.node(factor)?, context)
                })?
            }
            Node::Quotient(above, below) => {
                self.node(above)?.divide(&self.node(below)?, context)?
            }
            Node::Power(base, exponent) => self.power(base, exponent)?,
            Node::Percent(inner) => {
                self.node(inner)?.divide(&Complex::integer(100, context)?, context)?
            }
            Node::Degree(inner) if self.reading.radians => self.in_radians(inner)?,
            Node::Degree(inner) | Node::Unit(inner, _) => self.node(inner)?,
            Node::Ratio(parts) if parts.len() == 2 => {
                self.node(&parts[0])?.divide(&self.node(&parts[1])?, context)?
            }
            Node::Call(function, arguments) => self.call(*function, arguments)?,
            Node::Apply(name, arguments) => self.unknown(name, arguments)?,
            _ => return Err(Fault::Undefined),
        })
    }

    fn in_radians(&mut self, degrees: &Node) -> Result<Complex<R>> {
        let context = self.context;
        let degree = R::pi(context)?.divide(&R::rational(&180.into(), context)?, context)?;
        self.node(degrees)?.multiply(&Complex::real(degree, context)?, context)
    }

    /// A function without known meaning: a number that depends on its name and arguments alone.
    fn unknown(&mut self, name: &str, arguments: &[Node]) -> Result<Complex<R>> {
        let values: Vec<f64> = arguments
            .iter()
            .map(|argument| Ok(self.node(argument)?.re.approximate()))
            .collect::<Result<_>>()?;
        Complex::rational(&hashed(name, &values), self.context)
    }

    /// The value of a polynomial, and log₂ of its largest term.
    pub(super) fn poly(&mut self, poly: &Poly, atoms: &Atoms) -> Result<(Complex<R>, f64)> {
        let context = self.context;
        let values: Vec<Option<Complex<R>>> = (0..atoms.len())
            .map(|number| {
                let number = number as u16;
                let used = poly.terms().any(|(m, _)| m.iter().any(|(atom, _)| *atom == number));
                match atoms.get(number) {
                    Some(atom) if used => Ok(Some(self.atom(atom)?)),
                    _ => Ok(None),
                }
            })
            .collect::<Result<_>>()?;
        let mut sum = Complex::integer(0, context)?;
        let mut largest = f64::NEG_INFINITY;
        for (monomial, coefficient) in poly.terms() {
            self.fuel.pay(2)?;
            let mut term = Complex::rational(coefficient, context)?;
            for (number, exponent) in monomial {
                let value = values.get(usize::from(*number)).and_then(Option::as_ref);
                let value = value.ok_or(Fault::Undefined)?;
                if let Some(Atom::Opaque { node: Node::Call(function, _), .. }) = atoms.get(*number)
                    && function.takes_an_angle()
                {
                    // A sine is made of numbers of the size of 1, also where it is 0.
                    largest = largest.max(0.0);
                }
                term = term.multiply(&value.power(i64::from(*exponent), context)?, context)?;
            }
            largest = largest.max(term.re.magnitude()).max(term.im.magnitude());
            sum = sum.add(&term, context)?;
        }
        Ok((sum, largest))
    }

    fn atom(&mut self, atom: &Atom) -> Result<Complex<R>> {
        match atom {
            Atom::Variable(name) => self.variable(name),
            Atom::Constant(constant) => self.constant(*constant),
            Atom::Root { radicand, degree, .. } => {
                let radicand = Complex::rational(&radicand.clone().into(), self.context)?;
                radicand.root(1, *degree, self.context)
            }
            Atom::Opaque { node, .. } => self.node(node),
        }
    }

    fn power(&mut self, base: &Node, exponent: &Node) -> Result<Complex<R>> {
        let context = self.context;
        if matches!(base, Node::Constant(Constant::E)) {
            return self.node(exponent)?.exp(context);
        }
        let base = self.node(base)?;
        if let Some(exponent) = crate::exact::rational(exponent, self.fuel) {
            let above = i64::try_from(exponent.numerator()).map_err(|_| Fault::Undefined)?;
            let below = u32::try_from(exponent.denominator()).map_err(|_| Fault::Undefined)?;
            return match below {
                1 => base.power(above, context),
                _ => base.root(above, below, context),
            };
        }
        let exponent = self.node(exponent)?;
        match exponent.is_real().then(|| exponent.re.integer()).flatten() {
            Some(n) if self.kind == Kind::Integer || !self.bound.is_empty() => {
                base.power(n, context)
            }
            _ => base.general_power(&exponent, context),
        }
    }

    /// The argument of a trigonometric function: degrees count there.
    fn angle(&mut self, node: &Node) -> Result<Complex<R>> {
        let outside = std::mem::replace(&mut self.reading.radians, true);
        let value = self.node(node);
        self.reading.radians = outside;
        value
    }

    fn call(&mut self, function: Function, arguments: &[Node]) -> Result<Complex<R>> {
        use Function as F;
        let context = self.context;
        match (function, arguments) {
            (_, [argument]) if function.takes_an_angle() => self.trigonometric(function, argument),
            (F::Sum | F::Prod, [body, Node::Symbol(name), first, last]) => {
                self.range(function, body, name, first, last)
            }
            (F::Log, [argument, base]) => {
                let below = self.node(base)?.ln(context)?;
                self.node(argument)?.ln(context)?.divide(&below, context)
            }
            (F::Max | F::Min, [first, rest @ ..]) => self.extreme(first, rest, function == F::Max),
            (F::Binomial, [above, below]) => {
                let (above, below) = (self.node(above)?, self.node(below)?);
                self.binomial(&above, &below)
            }
            (_, [argument]) => {
                let value = self.node(argument)?;
                self.unary(function, &value)
            }
            _ => Err(Fault::Undefined),
        }
    }

    fn trigonometric(&mut self, function: Function, argument: &Node) -> Result<Complex<R>> {
        let context = self.context;
        let (sin, cos) = self.angle(argument)?.sin_cos(context)?;
        let one = Complex::integer(1, context)?;
        match function {
            Function::Sin => Ok(sin),
            Function::Cos => Ok(cos),
            Function::Tan => sin.divide(&cos, context),
            Function::Cot => cos.divide(&sin, context),
            Function::Sec => one.divide(&cos, context),
            _ => one.divide(&sin, context),
        }
    }

    /// The largest or the smallest of real numbers.
    fn extreme(&mut self, first: &Node, rest: &[Node], largest: bool) -> Result<Complex<R>> {
        let context = self.context;
        let mut best = self.node(first)?;
        for other in rest {
            let other = self.node(other)?;
            let (a, b) = (Complex::real(best.as_real()?.clone(), context)?, other);
            let gap = b.subtract(&a, context)?;
            best = match gap.as_real()?.sign() {
                Some(sign) if (sign == Ordering::Greater) == largest => b,
                Some(_) => a,
                // (a + b ± |a − b|)/2, whichever is the larger.
                None => {
                    let gap = gap.abs(context)?;
                    let gap = if largest { gap } else { gap.negate() };
                    let twice = a.add(&b, context)?.add(&gap, context)?;
                    twice.divide(&Complex::integer(2, context)?, context)?
                }
            };
        }
        Ok(best)
    }

    fn unary(&mut self, function: Function, value: &Complex<R>) -> Result<Complex<R>> {
        use Function as F;
        let context = self.context;
        let one = || R::rational(&RBig::ONE, context);
        let real = |value: R| Complex::real(value, context);
        match function {
            F::Ln => value.ln(context),
            F::Log => {
                let logarithm = value.ln(context)?;
                if !self.reading.decimal_logarithm {
                    return Ok(logarithm);
                }
                logarithm.divide(&Complex::integer(10, context)?.ln(context)?, context)
            }
            F::Exp => value.exp(context),
            F::Abs => value.abs(context),
            F::Floor => real(value.as_real()?.floor(context)?),
            F::Ceil => Ok(real(value.as_real()?.negate().floor(context)?)?.negate()),
            F::Sqrt => value.sqrt(context),
            F::Cbrt => value.root(1, 3, context),
            F::Arcsin | F::Arccsc | F::Arccos | F::Arcsec => {
                real(self.inverse_of_ratio(function, value.as_real()?)?)
            }
            F::Arctan => real(value.as_real()?.atan2(&one()?, context)?),
            F::Arccot => real(one()?.atan2(value.as_real()?, context)?),
            F::Sinh => Ok(value.sinh_cosh(context)?.0),
            F::Cosh => Ok(value.sinh_cosh(context)?.1),
            F::Tanh => {
                let (sinh, cosh) = value.sinh_cosh(context)?;
                sinh.divide(&cosh, context)
            }
            F::Factorial | F::DoubleFactorial => {
                let n = value.as_real()?.integer().ok_or(Fault::Undefined)?;
                let step = if function == F::Factorial { 1 } else { 2 };
                self.factorial(n, step)
            }
            _ => Err(Fault::Undefined),
        }
    }

    /// arcsin and arccos of x, arccsc and arcsec as those of 1/x.
    fn inverse_of_ratio(&self, function: Function, x: &R) -> Result<R> {
        use Function as F;
        let context = self.context;
        let one = || R::rational(&RBig::ONE, context);
        let mut x = x.clone();
        if matches!(function, F::Arccsc | F::Arcsec) {
            x = one()?.divide(&x, context)?;
        }
        // √(1 − x²), the other leg of an angle.
        let leg = one()?.subtract(&x.multiply(&x, context)?, context)?.sqrt(context)?;
        match function {
            F::Arcsin | F::Arccsc => x.atan2(&leg, context),
            _ => leg.atan2(&x, context),
        }
    }

    /// n · (n − step) ⋯, at points that are small integers.
    fn factorial(&mut self, n: i64, step: usize) -> Result<Complex<R>> {
        if !(0..=200).contains(&n) {
            return Err(Fault::Undefined);
        }
        let mut product = Complex::integer(1, self.context)?;
        for factor in (1..=n).rev().step_by(step) {
            product = product.multiply(&Complex::integer(factor, self.context)?, self.context)?;
        }
        Ok(product)
    }

    /// n (n − 1) ⋯ (n − k + 1) / k!, for any n and a small integer k.
    fn binomial(&mut self, n: &Complex<R>, k: &Complex<R>) -> Result<Complex<R>> {
        let context = self.context;
        let direct = k.as_real()?.integer();
        let other = || n.subtract(k, context).ok()?.as_real().ok()?.integer();
        let k = direct.or_else(other).filter(|k| (0..=200).contains(k)).ok_or(Fault::Undefined)?;
        let mut product = Complex::integer(1, context)?;
        for j in 0..k {
            let factor = n.subtract(&Complex::integer(j, context)?, context)?;
            let below = Complex::integer(j + 1, context)?;
            product = product.multiply(&factor, context)?.divide(&below, context)?;
        }
        Ok(product)
    }

    fn range(
        &mut self,
        function: Function,
        body: &Node,
        name: &Arc<str>,
        first: &Node,
        last: &Node,
    ) -> Result<Complex<R>> {
        let context = self.context;
        let first = self.node(first)?.as_real()?.integer().ok_or(Fault::Undefined)?;
        let last = self.node(last)?.as_real()?.integer().ok_or(Fault::Undefined)?;
        if last.saturating_sub(first) > self.fuel.budget.terms as i64 {
            return Err(Fault::Exhausted);
        }
        let is_sum = function == Function::Sum;
        let mut total = Complex::integer(i64::from(!is_sum), context)?;
        for value in first..=last {
            self.bound.push((name.clone(), value));
            let term = self.node(body);
            self.bound.pop();
            total = match is_sum {
                true => total.add(&term?, context)?,
                false => total.multiply(&term?, context)?,
            };
        }
        Ok(total)
    }
}
