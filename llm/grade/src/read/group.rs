//! Lists of items: which of them belong together.

use super::syntax::{Bracket, Node, Relation};
use super::token::Separator;

/// One node for the items of a list.
///
/// Of `p = 5, q = 2; p = 7, q = 2` the parts between semicolons are tuples. In `n = 1, 2, 3` the
/// name belongs to all items.
pub(super) fn collect(items: Vec<(Node, Separator)>) -> Node {
    let items = match tuples(&items) {
        Some(tuples) => tuples,
        None => items.into_iter().map(|(node, _)| node).collect(),
    };
    let mut items = name_of_all(items);
    match items.pop() {
        Some(only) if items.is_empty() => only,
        Some(last) => {
            items.push(last);
            Node::List(items)
        }
        None => Node::List(items),
    }
}

/// The right side of `name = value`.
fn assigned(node: &Node) -> Option<(&Node, &Node)> {
    match node {
        Node::Chain(name, rest) => match &rest[..] {
            [(Relation::Equal, value)] => Some((name, value)),
            _ => None,
        },
        _ => None,
    }
}

/// Groups of assignments to the same names.
fn tuples(items: &[(Node, Separator)]) -> Option<Vec<Node>> {
    let mut groups: Vec<Vec<(&Node, &Node)>> = vec![Vec::new()];
    for (i, (node, separator)) in items.iter().enumerate() {
        groups.last_mut()?.push(assigned(node)?);
        if *separator == Separator::Strong && i + 1 < items.len() {
            groups.push(Vec::new());
        }
    }
    let names = |group: &[(&Node, &Node)]| -> Vec<Node> {
        group.iter().map(|(name, _)| (*name).clone()).collect()
    };
    let first = names(&groups[0]);
    let alike =
        groups.len() > 1 && first.len() > 1 && groups.iter().all(|group| names(group) == first);
    alike.then(|| {
        let tuple = |group: &Vec<(&Node, &Node)>| {
            let values = group.iter().map(|(_, value)| (*value).clone()).collect();
            Node::Group(Bracket::Round, values, Bracket::Round)
        };
        groups.iter().map(tuple).collect()
    })
}

/// `n = 1, 2, 3` as `n = {1, 2, 3}`.
fn name_of_all(items: Vec<Node>) -> Vec<Node> {
    let plain = |node: &Node| !matches!(node, Node::Chain(..));
    let [first, rest @ ..] = &items[..] else { return items };
    match assigned(first) {
        Some((name, value)) if !rest.is_empty() && rest.iter().all(plain) => {
            let all = std::iter::once(value).chain(rest).cloned().collect();
            vec![Node::Chain(Box::new(name.clone()), vec![(Relation::Equal, Node::List(all))])]
        }
        _ => items,
    }
}
