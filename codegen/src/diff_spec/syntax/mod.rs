//! The syntax of Python, as far as the normal form of a function needs it.
//!
//! | module | contents |
//! |---|---|
//! | `token` | turns text into tokens, with indentation |
//! | `parser` | the position in the tokens, and the functions that are skipped |
//! | `statement` | reads statements with blocks |
//! | `simple` | reads statements of one line |
//! | `pattern` | reads the patterns of `match` |
//! | `expression` | reads expressions |
//! | `form` | prints a tree so that equal behaviour has equal text |
//!
//! Comments, blank lines, quotes, parentheses and line breaks are gone after the tokens or the tree.
//! Type annotations are read and dropped. A function with syntax that is not known here is kept as
//! such, with the reason, and the rest of the file is read.

mod expression;
mod form;
mod parser;
mod pattern;
mod simple;
mod statement;
mod token;

pub(super) use form::{Form, parameters};
pub(super) use parser::read;

/// The deepest nesting of a tree. It is five times the deepest one of the reference; a deeper one
/// could exhaust the stack.
const DEEPEST: usize = 96;

/// The largest number of blocks, brackets and operators without a left side around a place, for the
/// same reason: reading one needs more of the stack than a node does.
const MOST_OPEN: usize = 40;

/// A line that cannot be read, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub line: usize,
    pub message: String,
}

impl Problem {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// A statement, an expression or a part of one.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The kind, such as `call`.
    pub kind: Kind,
    /// A name, an operator or a value; empty for most kinds.
    pub text: String,
    pub children: Vec<Node>,
    pub line: usize,
    height: usize,
}

/// The kinds of nodes whose names or places matter. Every other node is a `Part` with a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name that is read.
    Name,
    /// A name that is set.
    Bind,
    /// `.name` after its only child.
    Attribute,
    /// A function: its parameters, decorators and body.
    Def,
    /// A class: its arguments, decorators and body.
    Class,
    /// A function or class that cannot be read; the text is its name, and the child has the reason.
    Unread,
    /// A parameter; the child is its default.
    Parameter,
    /// `lambda`: its parameters and result.
    Lambda,
    /// A comprehension: its elements, then its `for` clauses.
    Comprehension,
    /// A clause of a comprehension: its target, source and conditions.
    Clause,
    /// `global` or `nonlocal` of a name.
    Outer,
    /// A name with an annotation and perhaps a value.
    Annotated,
    /// The statements of a body.
    Block,
    /// A statement that is an expression.
    Expression,
    /// A string.
    Text,
    /// Everything else, with the word that stands for it in the form.
    Part(&'static str),
}

impl Node {
    fn new(
        line: usize,
        kind: Kind,
        text: impl Into<String>,
        children: Vec<Self>,
    ) -> Result<Self, Problem> {
        let height = 1 + children.iter().map(|child| child.height).max().unwrap_or(0);
        if height > DEEPEST {
            return Err(Problem::new(line, "this is nested too deeply"));
        }
        Ok(Self { kind, text: text.into(), children, line, height })
    }

    /// Creates a node without children.
    fn leaf(line: usize, kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), children: Vec::new(), line, height: 1 }
    }
}
