//! What stands before `=`: a name that may be left away, or a quantity that is part of the answer.
//!
//! | left side | against another equation | against a bare value |
//! |---|---|---|
//! | a symbol, `x_1` | the same symbol | the value counts |
//! | a function of plain variables, `f(x)` | the same function, or y for f(x) | the value counts |
//! | another quantity, `xy`, `f(2)`, `\sin A` | the same quantity, or the same equation | the value counts |
//! | a sum, a power, a multiple: `x + y`, `x^2`, `2x` | the same equation | never |
//!
//! The last kind is no name: [`Name::new`] refuses it.

use super::expression::expression;
use crate::read::{Constant, Function, Node};
use dashu_ratio::RBig;

/// The left side of `x = 5`, `f(x) = …`, `|AB| = 5` or `(x, y) = …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its letters and structure: equal for the same quantity.
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// One symbol.
    Symbol,
    /// A function of plain variables, and how many they are.
    Function(String, usize),
    /// `dy/dx`, and what else cannot be computed with.
    Derivative,
    /// Anything else that is one term.
    Quantity,
}

impl Name {
    /// The name that a node is: symbols, with nothing between them that computes.
    pub(crate) fn new(node: &Node) -> Option<Self> {
        if let Some((order, of, by)) = derivative(node) {
            let order = if order == 1 { String::new() } else { order.to_string() };
            let text = format!("d{order}{of}/d{by}{order}");
            return Some(Self { text, kind: Kind::Derivative });
        }
        let mut text = String::new();
        if !append(&mut text, node) {
            return None;
        }
        if let Some(label) = label(node).or_else(|| length(node)) {
            return Some(Self { text: label, kind: Kind::Quantity });
        }
        let kind = match node {
            Node::Symbol(_) => Kind::Symbol,
            Node::Apply(name, arguments) if are_variables(arguments) => {
                Kind::Function(name.to_string(), arguments.len())
            }
            Node::Product(factors) => match inverse(factors) {
                Some((head, [Node::Symbol(_)])) => Kind::Function(head, 1),
                _ => Kind::Quantity,
            },
            _ => Kind::Quantity,
        };
        Some(Self { text, kind })
    }

    /// Whatever stands before `=` where a value stands behind it that is no expression.
    pub(super) fn written(node: &Node) -> Self {
        Self { text: expression(node), kind: Kind::Derivative }
    }

    /// The name of a variable.
    pub(super) fn variable(name: &str) -> Self {
        Self { text: name.to_owned(), kind: Kind::Symbol }
    }

    /// Whether both name the same thing: x and y are two, f(n) and f(x) may be one.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let same_function = match (&self.kind, &other.kind) {
            (Kind::Function(f, arity), Kind::Function(g, other)) => f == g && arity == other,
            (Kind::Function(f, _), Kind::Symbol) => *f == other.text,
            (Kind::Symbol, Kind::Function(f, _)) => *f == self.text,
            _ => false,
        };
        self.text == other.text || same_function || is_graph(self, other) || is_graph(other, self)
    }

    /// Whether its letters can be computed with: those of `dy/dx` cannot.
    pub(super) fn computes(&self) -> bool {
        self.kind != Kind::Derivative
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// `y = x^2` and `f(x) = x^2` are one graph, `y' = 2x`, `f'(x) = 2x` and `dy/dx = 2x` one slope.
fn is_graph(y: &Name, f: &Name) -> bool {
    let order = match y.kind {
        Kind::Symbol if y.text.trim_end_matches('\'') == "y" => y.text.len() - 1,
        Kind::Derivative if y.text == "dy/dx" => 1,
        Kind::Derivative if y.text == "d2y/dx2" => 2,
        _ => return false,
    };
    match &f.kind {
        Kind::Function(head, 1) => {
            !head.contains('⁻') && head.len() - head.trim_end_matches('\'').len() == order
        }
        Kind::Symbol => order > 0 && f.text.strip_prefix('y') == Some(&"''"[..order.min(2)]),
        _ => false,
    }
}

fn are_variables(arguments: &[Node]) -> bool {
    arguments.iter().all(|argument| matches!(argument, Node::Symbol(_)))
}

/// The function and the arguments of `f^{-1}(x)`.
fn inverse(factors: &[Node]) -> Option<(String, &[Node])> {
    let [Node::Power(base, exponent), arguments @ ..] = factors else { return None };
    let Node::Symbol(name) = &**base else { return None };
    let minus_one = matches!(&**exponent, Node::Negate(inner) if matches!(&**inner, Node::Number(one) if one.value.is_one()));
    let is_function = minus_one && matches!(&**name, "f" | "g" | "h") && arguments.len() == 1;
    is_function.then(|| (format!("{name}⁻¹"), arguments))
}

/// The order of `dy/dx` or `d^2y/dx^2`, which is one or two, and its variables.
fn derivative(node: &Node) -> Option<(u32, &str, &str)> {
    let Node::Quotient(above, below) = node else { return None };
    if let (Some(of), Some(by)) = (differential(above), differential(below)) {
        return Some((1, of, by));
    }
    let (Node::Product(above), Node::Product(below)) = (&**above, &**below) else { return None };
    match (&above[..], &below[..]) {
        ([d, Node::Symbol(of)], [Node::Symbol(e), by])
            if squared(d) == Some("d") && &**e == "d" =>
        {
            Some((2, of, squared(by)?))
        }
        _ => None,
    }
}

/// The symbol whose square this is.
fn squared(node: &Node) -> Option<&str> {
    let Node::Power(base, exponent) = node else { return None };
    match (&**base, &**exponent) {
        (Node::Symbol(name), Node::Number(two)) if two.value == RBig::from(2) => Some(name),
        _ => None,
    }
}

/// The variable of `dy`.
fn differential(node: &Node) -> Option<&str> {
    let Node::Product(factors) = node else { return None };
    match &factors[..] {
        [Node::Symbol(d), Node::Symbol(variable)] if &**d == "d" => Some(variable),
        _ => None,
    }
}

/// The label that a run of capitals is, `AB` or `ABC`: it names the same segment or angle read
/// backwards, and nothing else.
fn label(node: &Node) -> Option<String> {
    let Node::Product(factors) = node else { return None };
    let names: Vec<&str> = factors.iter().map(point).collect::<Option<_>>()?;
    let back: String = names.iter().rev().copied().collect();
    (names.len() > 1).then(|| names.concat().min(back))
}

/// The segment that bars around its ends measure: `|AB|` is AB.
fn length(node: &Node) -> Option<String> {
    match node {
        Node::Call(Function::Abs, arguments) => label(arguments.first()?),
        _ => None,
    }
}

/// The name of a point: a capital letter, perhaps with an index.
fn point(node: &Node) -> Option<&str> {
    let Node::Symbol(name) = node else { return None };
    let index = name.strip_prefix(|c: char| c.is_ascii_uppercase())?;
    let is_index = |c: char| c == '\'' || c == '_' || c.is_ascii_digit();
    index.chars().all(is_index).then_some(name)
}

/// A node with each run of capitals in it as one symbol, so that `AB · CD` is not `AC · BD`.
pub(super) fn with_labels(node: &Node) -> Node {
    let one = |node: &Node| Box::new(with_labels(node));
    let all = |nodes: &[Node]| nodes.iter().map(with_labels).collect();
    match node {
        _ if let Some(label) = label(node).or_else(|| length(node)) => Node::symbol(label),
        Node::Product(factors) => Node::Product(all(factors)),
        Node::Sum(terms) => Node::Sum(all(terms)),
        Node::Negate(inner) => Node::Negate(one(inner)),
        Node::Quotient(above, below) => Node::Quotient(one(above), one(below)),
        Node::Power(base, exponent) => Node::Power(one(base), one(exponent)),
        Node::Call(function, arguments) => Node::Call(*function, all(arguments)),
        Node::Ratio(parts) => Node::Ratio(all(parts)),
        other => other.clone(),
    }
}

/// Appends the letters of a name, as far as it is one; says whether it is.
fn append(text: &mut String, node: &Node) -> bool {
    let mut all = |nodes: &[Node], mark: &str| {
        for (i, node) in nodes.iter().enumerate() {
            if i > 0 {
                text.push_str(mark);
            }
            if !append(text, node) {
                return false;
            }
        }
        !nodes.is_empty()
    };
    match node {
        Node::Symbol(name) => text.push_str(name),
        Node::Constant(Constant::E) => text.push('e'),
        Node::Constant(Constant::I) => text.push('i'),
        Node::Text(words) => text.push_str(words),
        // The argument of a function need not be a name: f(2) = 5.
        Node::Apply(..) => text.push_str(&expression(node)),
        Node::Product(factors) => return product(text, factors),
        Node::Ratio(parts) => return all(parts, ":"),
        Node::Group(_, items, _) => return all(items, ","),
        Node::Union(parts) => return all(parts, "∪"),
        Node::Intersection(parts) => return all(parts, "∩"),
        Node::Difference(whole, removed) => {
            return append(text, whole) && {
                text.push('∖');
                append(text, removed)
            };
        }
        // A sum over a range is one value, whatever its index.
        Node::Call(Function::Sum | Function::Prod, _) => text.push_str(&expression(node)),
        Node::Call(function, arguments) => {
            let Some((first, rest)) = arguments.split_first() else { return false };
            text.push_str(&format!("{function:?}"));
            rest.iter().for_each(|argument| text.push_str(&expression(argument)));
            return append(text, first);
        }
        Node::Quotient(above, below) => {
            return append(text, above) && {
                text.push('/');
                append(text, below)
            };
        }
        _ => return false,
    }
    true
}

/// A product of names, or the value of a function that is not known as one: `v(3)`, `P(X = 2)`,
/// `f^{-1}(4)`.
fn product(text: &mut String, factors: &[Node]) -> bool {
    let (head, arguments) = match (inverse(factors), factors) {
        (Some((head, arguments)), _) => (head, arguments),
        (None, [Node::Symbol(head), arguments @ ..])
            if matches!(
                arguments,
                [Node::Number(_)
                    | Node::Chain(..)
                    | Node::Union(_)
                    | Node::Intersection(_)
                    | Node::Difference(..)
                    | Node::Group(..)]
            ) =>
        {
            (head.to_string(), arguments)
        }
        _ if factors.first().is_some_and(is_integral_sign) => {
            factors.iter().for_each(|factor| text.push_str(&expression(factor)));
            return true;
        }
        _ => return factors.iter().all(|factor| append(text, factor)),
    };
    text.push_str(&format!("{head}({})", expression(&arguments[0])));
    true
}

/// Whether this is `\int` with its limits.
fn is_integral_sign(node: &Node) -> bool {
    match node {
        Node::Symbol(name) => matches!(name.split('_').next(), Some("int" | "oint")),
        Node::Power(base, _) => is_integral_sign(base),
        _ => false,
    }
}
