//! What an equation can be the definition of.

use crate::read::{Constant, Node};

/// The left side of `x = 5`, `f(x) = …`, `|AB| = 5` or `(x, y) = …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its letters and structure.
    text: String,
    /// Its first symbol.
    head: String,
    /// Whether it is one variable.
    variable: bool,
    /// Whether it is the value of a function, as `f(x)`.
    applied: bool,
}

impl Name {
    /// The name that a node is: symbols, with nothing between them that computes.
    pub(crate) fn new(node: &Node) -> Option<Self> {
        let mut name = Self {
            text: String::new(),
            head: String::new(),
            variable: matches!(node, Node::Symbol(_)),
            applied: matches!(node, Node::Apply(..)),
        };
        name.append(node).then_some(name)
    }

    fn append(&mut self, node: &Node) -> bool {
        let mut all = |nodes: &[Node], mark: &str| {
            self.text.push_str(mark);
            !nodes.is_empty() && nodes.iter().all(|node| self.append(node))
        };
        match node {
            Node::Symbol(name) => self.push(name),
            Node::Constant(Constant::E) => self.push("e"),
            Node::Constant(Constant::I) => self.push("i"),
            Node::Text(text) => self.push(text),
            // The argument of a function need not be a name: f(2) = 5.
            Node::Apply(name, arguments) => {
                let named = self.push(name);
                self.text.push_str(&format!("{arguments:?}"));
                named
            }
            Node::Product(nodes) => all(nodes, ""),
            Node::Ratio(nodes) => all(nodes, ":"),
            Node::Group(_, nodes, _) => all(nodes, ","),
            Node::Call(function, nodes) => all(nodes, &format!("{function:?}")),
            Node::Quotient(above, below) => {
                self.append(above) && {
                    self.text.push('/');
                    self.append(below)
                }
            }
            _ => false,
        }
    }

    /// Appends a symbol, which is always part of a name.
    fn push(&mut self, text: &str) -> bool {
        if self.head.is_empty() {
            text.clone_into(&mut self.head);
        }
        self.text.push_str(text);
        true
    }

    /// The name of a variable.
    pub(super) fn variable(name: &str) -> Self {
        Self { text: name.to_owned(), head: name.to_owned(), variable: true, applied: false }
    }

    /// Whether both can name the same thing: x and y are two, W(n) and W(x) may be one.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        // `y = x^2` and `f(x) = x^2` are one graph.
        let graph = |y: &Self, f: &Self| y.variable && y.text == "y" && f.applied;
        self.text == other.text
            || graph(self, other)
            || graph(other, self)
            || !self.variable && !other.variable && self.head == other.head
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}
