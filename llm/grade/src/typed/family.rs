//! Unions over an index: `\bigcup_{k ∈ ℤ} (kπ, kπ + 1)`.

use crate::read::{Constant, Node, ReadError, Relation};

/// The symbol that the index of every family gets, so that its name does not matter.
const INDEX: &str = "⋃";

/// The ends of a range, `k = 1` and 5 or `k ∈ ℤ` alone, and the set with [`INDEX`] for the index.
///
/// # Errors
/// A range of another form.
pub(super) fn family(
    range: &Node,
    last: Option<&Node>,
    member: &Node,
) -> Result<([Node; 2], Node), ReadError> {
    let unknown = || ReadError::syntax("a union over a range that is not understood");
    let Node::Chain(index, bounds) = range else { return Err(unknown()) };
    let ends = match (&bounds[..], last) {
        ([(Relation::Equal, first)], Some(last)) => [first.clone(), last.clone()],
        ([(Relation::In, Node::Symbol(integers))], None) if &**integers == "Z" => {
            let infinity = || Node::Constant(Constant::Infinity);
            [infinity().negate(), infinity()]
        }
        _ => return Err(unknown()),
    };
    if !matches!(**index, Node::Symbol(_) | Node::Constant(Constant::I)) {
        return Err(unknown());
    }
    Ok((ends, renamed(member, index)))
}

/// A node with another name for an index.
fn renamed(node: &Node, index: &Node) -> Node {
    let one = |node: &Node| Box::new(renamed(node, index));
    let all = |nodes: &[Node]| nodes.iter().map(|node| renamed(node, index)).collect();
    match node {
        node if node == index => Node::symbol(INDEX),
        Node::Sum(terms) => Node::Sum(all(terms)),
        Node::Product(factors) => Node::Product(all(factors)),
        Node::Negate(inner) => Node::Negate(one(inner)),
        Node::Quotient(above, below) => Node::Quotient(one(above), one(below)),
        Node::Power(base, exponent) => Node::Power(one(base), one(exponent)),
        Node::Call(function, arguments) => Node::Call(*function, all(arguments)),
        Node::Apply(name, arguments) => Node::Apply(name.clone(), all(arguments)),
        Node::Group(open, items, close) => Node::Group(*open, all(items), *close),
        Node::Union(parts) => Node::Union(all(parts)),
        Node::List(items) => Node::List(all(items)),
        other => other.clone(),
    }
}
