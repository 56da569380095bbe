//! Vectors in unit vectors: `3i - 2j` is (3, -2).

use crate::read::{Constant, Node};

/// The coordinates of a sum of multiples of i, j and k; as many as asked for, which are two or three.
/// Nothing where a term has none of these, or where there is only i, which then is a number.
pub(super) fn coordinates(node: &Node, count: usize) -> Option<Vec<Node>> {
    if !(2..=3).contains(&count) {
        return None;
    }
    let terms = match node {
        Node::Sum(terms) => &terms[..],
        single => std::slice::from_ref(single),
    };
    let mut sums = vec![Vec::new(); count];
    let mut only_i = true;
    for term in terms {
        let (axis, multiple) = along(term)?;
        sums.get_mut(axis)?.push(multiple);
        only_i &= axis == 0;
    }
    let total = |mut terms: Vec<Node>| match terms.len() {
        0 => Node::integer(0),
        1 => terms.swap_remove(0),
        _ => Node::Sum(terms),
    };
    (!only_i).then(|| sums.into_iter().map(total).collect())
}

/// The axis of a term, and what the unit vector is multiplied by.
fn along(term: &Node) -> Option<(usize, Node)> {
    if let Some(axis) = axis(term) {
        return Some((axis, Node::integer(1)));
    }
    match term {
        Node::Negate(inner) => along(inner).map(|(axis, multiple)| (axis, multiple.negate())),
        Node::Quotient(above, below) if !below.any(&|part| axis(part).is_some()) => {
            along(above).map(|(axis, multiple)| (axis, multiple.over((**below).clone())))
        }
        Node::Product(factors) => {
            let at = factors.iter().position(|factor| axis(factor).is_some())?;
            let rest: Vec<Node> = factors
                .iter()
                .enumerate()
                .filter(|(i, _)| *i != at)
                .map(|(_, f)| f.clone())
                .collect();
            let more = rest.iter().any(|factor| factor.any(&|part| axis(part).is_some()));
            (!more).then(|| Some((axis(&factors[at])?, Node::Product(rest))))?
        }
        _ => None,
    }
}

/// The place of a unit vector among the axes.
fn axis(node: &Node) -> Option<usize> {
    match node {
        Node::Constant(Constant::I) => Some(0),
        Node::Symbol(name) => match &**name {
            "i" | "imath" => Some(0),
            "j" | "jmath" => Some(1),
            "k" => Some(2),
            _ => None,
        },
        _ => None,
    }
}
