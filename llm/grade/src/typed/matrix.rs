//! Matrices: sums, products and multiples of them.

use super::scalar::Scalar;
use super::value::Value;
use crate::budget::Fuel;
use crate::exact;
use crate::read::{Node, ReadError};

/// Entries as expressions.
type Table = Vec<Vec<Node>>;

/// A number or a matrix.
enum Operand {
    Number(Node),
    Matrix(Table),
}

/// The value of an expression with matrices in it.
pub(super) fn read(node: &Node, fuel: &Fuel<'_>) -> Result<Value, ReadError> {
    let unknown = || ReadError::syntax("an operation on matrices that is not understood");
    match evaluate(node, fuel).ok_or_else(unknown)? {
        Operand::Number(node) => Ok(Value::Scalar(Scalar::new(&node, fuel)?)),
        Operand::Matrix(table) => {
            let row = |row: &Vec<Node>| row.iter().map(|cell| Scalar::new(cell, fuel)).collect();
            Ok(Value::Matrix(table.iter().map(row).collect::<Result<_, _>>()?))
        }
    }
}

fn evaluate(node: &Node, fuel: &Fuel<'_>) -> Option<Operand> {
    fuel.pay(10).ok()?;
    Some(match node {
        Node::Matrix(rows) => Operand::Matrix(rows.clone()),
        Node::Unit(inner, _) => evaluate(inner, fuel)?,
        Node::Negate(inner) => {
            multiply(Operand::Number(Node::integer(-1)), evaluate(inner, fuel)?, fuel)?
        }
        Node::Sum(terms) => {
            let mut terms = terms.iter().map(|term| evaluate(term, fuel));
            let first = terms.next()??;
            terms.try_fold(first, |sum, term| add(sum, term?))?
        }
        Node::Product(factors) => {
            let mut factors = factors.iter().map(|factor| evaluate(factor, fuel));
            let first = factors.next()??;
            factors.try_fold(first, |product, factor| multiply(product, factor?, fuel))?
        }
        Node::Quotient(above, below) => {
            let inverse = Node::integer(1).over((**below).clone());
            multiply(evaluate(above, fuel)?, Operand::Number(inverse), fuel)?
        }
        Node::Power(base, exponent) if is_transposition(exponent) => match evaluate(base, fuel)? {
            Operand::Matrix(table) => Operand::Matrix(transposed(&table)),
            Operand::Number(_) => return None,
        },
        other if other.any(&|part| matches!(part, Node::Matrix(_))) => return None,
        other => Operand::Number(other.clone()),
    })
}

/// The T of `A^T`.
pub(super) fn is_transposition(exponent: &Node) -> bool {
    match exponent {
        Node::Symbol(name) => &**name == "T",
        Node::Text(text) => text == "T",
        _ => false,
    }
}

fn transposed(table: &Table) -> Table {
    let columns = shape(table).1;
    (0..columns).map(|j| table.iter().map(|row| row[j].clone()).collect()).collect()
}

fn add(a: Operand, b: Operand) -> Option<Operand> {
    match (a, b) {
        (Operand::Number(a), Operand::Number(b)) => Some(Operand::Number(Node::Sum(vec![a, b]))),
        (Operand::Matrix(a), Operand::Matrix(b)) if shape(&a) == shape(&b) => {
            let rows = a
                .into_iter()
                .zip(b)
                .map(|(a, b)| a.into_iter().zip(b).map(|(a, b)| Node::Sum(vec![a, b])).collect());
            Some(Operand::Matrix(rows.collect()))
        }
        _ => None,
    }
}

/// What copying one node costs, in hundredths of a unit of work.
const COPY: u64 = 20;

/// Parts of an expression, down to its numbers and names.
fn weight(node: &Node) -> u64 {
    1 + node.children().into_iter().map(weight).sum::<u64>()
}

/// The value of an expression where that is rational: entries would double in length with every product.
fn shortened(node: Node, fuel: &Fuel<'_>) -> Node {
    if matches!(node, Node::Number(_)) {
        return node;
    }
    match exact::rational(&node, fuel) {
        Some(value) => Scalar::of_rational(value).node,
        None => node,
    }
}

fn multiply(a: Operand, b: Operand, fuel: &Fuel<'_>) -> Option<Operand> {
    Some(match (a, b) {
        (Operand::Number(a), Operand::Number(b)) => Operand::Number(Node::Product(vec![a, b])),
        (Operand::Number(factor), Operand::Matrix(rows))
        | (Operand::Matrix(rows), Operand::Number(factor)) => {
            let factor = shortened(factor, fuel);
            let cells = rows.iter().map(Vec::len).sum::<usize>() as u64;
            fuel.pay(cells.saturating_mul(weight(&factor)).saturating_mul(COPY)).ok()?;
            let scale = |cell: Node| Node::Product(vec![factor.clone(), cell]);
            let row = |row: Vec<Node>| row.into_iter().map(scale).collect();
            Operand::Matrix(rows.into_iter().map(row).collect())
        }
        (Operand::Matrix(a), Operand::Matrix(b)) => {
            let ((rows, inner), (height, columns)) = (shape(&a), shape(&b));
            if inner != height {
                return None;
            }
            let weigh = |table: &Table| table.iter().flatten().map(weight).sum::<u64>();
            let copies = weigh(&a) * columns as u64 + weigh(&b) * rows as u64;
            fuel.pay(copies.saturating_mul(COPY)).ok()?;
            let cell = |i: usize, j: usize| {
                let product = |k: usize| Node::Product(vec![a[i][k].clone(), b[k][j].clone()]);
                shortened(Node::Sum((0..inner).map(product).collect()), fuel)
            };
            let row = |i: usize| (0..columns).map(|j| cell(i, j)).collect();
            Operand::Matrix((0..rows).map(row).collect())
        }
    })
}

/// Rows and columns; the parser admits rectangular tables only.
fn shape(table: &Table) -> (usize, usize) {
    (table.len(), table.first().map_or(0, Vec::len))
}
