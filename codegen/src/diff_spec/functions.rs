//! The functions and classes of `definitions.py`, with digests of what they do.

use std::collections::BTreeMap;

use weft_spec::Report;

use super::checkout::Text;
use super::syntax::{self, Form, Kind, Node};

/// New names of functions and classes with their old ones.
pub(super) type Renamed = BTreeMap<String, String>;

/// The name of the statements at the top level that belong to no other unit.
pub(super) const TOP_LEVEL: &str = "(top level)";

/// A function, a class without its functions, or a value at the top level.
#[derive(Debug)]
pub(super) struct Unit {
    /// The name, with the classes around it in front.
    pub name: String,
    pub line: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Function(Node),
    /// The arguments, decorators and fields.
    Class(Vec<Node>),
    Statements(Vec<Node>),
}

/// The functions and classes of a file, in its order.
#[derive(Debug, Default)]
pub(super) struct Functions {
    pub units: Vec<Unit>,
    /// The number of units with each name.
    numbers: BTreeMap<String, usize>,
}

impl Functions {
    /// Reads the functions and classes; fails if the file has no tokens of Python.
    pub(super) fn read(text: &Text) -> Result<Self, Report> {
        let nodes = syntax::read(&text.text)
            .map_err(|problem| text.problem(problem.line, "python", problem.message))?;
        let mut functions = Self::default();
        let mut rest = Vec::new();
        for node in nodes {
            match value_name(&node) {
                Some(name) => {
                    let (name, line) = (name.to_owned(), node.line);
                    functions.add(name, line, Content::Statements(vec![node]));
                }
                None => rest.extend(functions.named("", node)),
            }
        }
        if let Some(first) = rest.first() {
            let line = first.line;
            functions.add(TOP_LEVEL.to_owned(), line, Content::Statements(rest));
        }
        Ok(functions)
    }

    fn add(&mut self, name: String, line: usize, content: Content) {
        // A name can be set more than once, as those of properties are.
        let number = self.numbers.entry(name.clone()).or_insert(0);
        *number += 1;
        let name = if *number == 1 { name } else { format!("{name}#{number}") };
        self.units.push(Unit { name, line, content });
    }

    /// Adds a function, or a class with its functions. Returns other statements.
    fn named(&mut self, around: &str, node: Node) -> Option<Node> {
        let qualified = |name: &str| match around {
            "" => name.to_owned(),
            around => format!("{around}.{name}"),
        };
        let line = node.line;
        match node.kind {
            Kind::Def => self.add(qualified(&node.text), line, Content::Function(node)),
            Kind::Part("async") if node.children.iter().all(|child| child.kind == Kind::Def) => {
                let name = node.children.first().map_or("", |child| &child.text);
                self.add(qualified(name), line, Content::Function(node));
            }
            Kind::Unread if !node.text.is_empty() => {
                self.add(qualified(&node.text), line, Content::Statements(vec![node]));
            }
            Kind::Class => {
                let name = qualified(&node.text);
                let mut parts = node.children;
                let body = parts.pop();
                // The class comes before its functions.
                let position = self.units.len();
                for statement in body.into_iter().flat_map(|body| body.children) {
                    parts.extend(self.named(&name, statement));
                }
                self.add(name, line, Content::Class(parts));
                if let Some(class) = self.units.pop() {
                    self.units.insert(position, class);
                }
            }
            _ => return Some(node),
        }
        None
    }
}

impl Unit {
    /// Returns the kind of unit, for people.
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Function(_) => "function",
            Content::Class(_) => "class",
            Content::Statements(_) if self.name == TOP_LEVEL => "statements",
            Content::Statements(_) => "value",
        }
    }

    /// Returns the parameters of a function, with parentheses; empty for others.
    pub(super) fn signature(&self, renamed: &Renamed) -> String {
        match &self.content {
            Content::Function(node) => {
                let def = node.children.first().filter(|_| node.kind != Kind::Def);
                format!("({})", syntax::parameters(def.unwrap_or(node), renamed))
            }
            _ => String::new(),
        }
    }

    /// Returns the digest of what it does: of its form with the old names. Its own name, its
    /// parameters and the names of its locals don't count.
    ///
    /// # Errors
    ///
    /// The reason and the line, if it has syntax that is not known.
    pub(super) fn digest(&self, renamed: &Renamed) -> Result<String, syntax::Problem> {
        let nodes = match &self.content {
            Content::Function(node) => std::slice::from_ref(node),
            Content::Class(nodes) | Content::Statements(nodes) => nodes.as_slice(),
        };
        if let Some(problem) = nodes.iter().find_map(unread) {
            return Err(problem);
        }
        Ok(digest(&self.form(renamed)))
    }

    /// Returns the text of which the digest is made.
    pub(super) fn form(&self, renamed: &Renamed) -> String {
        let is_method = matches!(self.content, Content::Function(_)) && self.name.contains('.');
        let own = match self.name.rsplit_once('.') {
            Some((classes, _)) if is_method => classes.split('.').collect(),
            _ => self.name.split('.').collect(),
        };
        let mut form = Form::new(own, renamed);
        match &self.content {
            Content::Function(node) if node.kind == Kind::Def => form.function(node),
            Content::Function(node) => {
                form.word("async");
                node.children.iter().for_each(|def| form.function(def));
            }
            Content::Class(nodes) => {
                form.word("class");
                form.class(nodes);
            }
            Content::Statements(nodes) => {
                form.word("statements");
                form.statements(nodes);
            }
        }
        form.into_text()
    }
}

/// Returns the name that a statement at the top level sets, if it sets one.
fn value_name(node: &Node) -> Option<&str> {
    match (node.kind, node.children.as_slice()) {
        (Kind::Part("assign"), [name, _]) if name.kind == Kind::Bind => Some(&name.text),
        (Kind::Annotated, [_]) => Some(&node.text),
        _ => None,
    }
}

/// Returns the first part that could not be read.
fn unread(node: &Node) -> Option<syntax::Problem> {
    if node.kind == Kind::Unread {
        let reason = node.children.first()?;
        return Some(syntax::Problem { line: reason.line, message: reason.text.clone() });
    }
    node.children.iter().find_map(unread)
}

/// Returns the digest of a text: FNV-1a with 64 bits, in hexadecimal. Ends of lines count as `\n`.
///
/// Nobody chooses these texts to have equal digests, so that 64 bits suffice.
pub(super) fn digest(text: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut lines = text.split("\r\n");
    lines.next().unwrap_or_default().bytes().for_each(&mut add);
    for line in lines {
        add(b'\n');
        line.bytes().for_each(&mut add);
    }
    format!("{hash:016x}")
}
