//! Expressions in plain notation.

use crate::read::{Bracket, Node, Relation};

/// An expression in plain notation, with more brackets than needed rather than fewer.
pub(super) fn expression(node: &Node) -> String {
    use crate::read::Constant as C;
    let joined =
        |nodes: &[Node], mark: &str| nodes.iter().map(inside).collect::<Vec<_>>().join(mark);
    let arguments = |nodes: &[Node]| nodes.iter().map(expression).collect::<Vec<_>>().join(", ");
    match node {
        Node::Number(literal) | Node::Based(literal) => literal.value.to_string(),
        Node::Constant(C::Pi) => "π".into(),
        Node::Constant(C::E) => "e".into(),
        Node::Constant(C::I) => "i".into(),
        Node::Constant(C::Infinity) => "∞".into(),
        Node::Symbol(name) => name.to_string(),
        Node::Sum(terms) => joined(terms, " + ").replace(" + -", " - "),
        Node::Product(factors) => joined(factors, "·"),
        Node::Negate(inner) => format!("-{}", inside(inner)),
        Node::Quotient(above, below) => format!("{}/{}", inside(above), inside(below)),
        Node::Power(base, exponent) => format!("{}^{}", inside(base), inside(exponent)),
        Node::Call(function, nodes) => {
            format!("{}({})", format!("{function:?}").to_lowercase(), arguments(nodes))
        }
        Node::Apply(name, nodes) => format!("{name}({})", arguments(nodes)),
        Node::PlusMinus(inner, _) => format!("±{}", inside(inner)),
        Node::Percent(inner) => format!("{} %", inside(inner)),
        Node::Degree(inner) => format!("{}°", inside(inner)),
        Node::Unit(inner, _) => expression(inner),
        Node::Text(text) => text.clone(),
        Node::Ratio(parts) => joined(parts, " : "),
        Node::Union(parts) => joined(parts, " ∪ "),
        Node::Intersection(parts) => joined(parts, " ∩ "),
        Node::Difference(whole, removed) => format!("{} ∖ {}", inside(whole), inside(removed)),
        Node::Group(Bracket::Curly, items, _) => format!("{{{}}}", arguments(items)),
        Node::Group(_, items, _) => format!("({})", arguments(items)),
        Node::Chain(first, rest) => {
            let rest = rest.iter().map(|(relation, node): &(Relation, Node)| {
                format!(" {} {}", relation.symbol(), expression(node))
            });
            expression(first) + &rest.collect::<String>()
        }
        other => other.children().into_iter().map(expression).collect::<Vec<_>>().join(", "),
    }
}

/// An expression as part of another.
fn inside(node: &Node) -> String {
    let text = expression(node);
    let atomic = matches!(
        node,
        Node::Constant(_) | Node::Symbol(_) | Node::Call(..) | Node::Apply(..) | Node::Degree(_)
    ) || matches!(node, Node::Number(literal) if literal.value.denominator().is_one())
        || matches!(node, Node::Negate(_)) && !text.contains(' ');
    if atomic { text } else { format!("({text})") }
}
