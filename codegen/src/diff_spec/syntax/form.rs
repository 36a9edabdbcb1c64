//! The normal form of a tree: a text that is equal for equal behaviour.
//!
//! A local name is printed as its number, in the order in which the form has them; so its name does
//! not count. Names of other functions, classes, attributes and keyword arguments do.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Kind, Node};

/// The meanings of the names that a function or class sets.
#[derive(Debug, Default)]
struct Scope {
    names: BTreeMap<String, Local>,
    /// Names of a class are not visible in its functions.
    is_class: bool,
}

/// The meaning of a name in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Local {
    /// A local that was not printed yet.
    New,
    /// A local with its number.
    Number(usize),
    /// A parameter of the printed function, with its position.
    Parameter(usize),
    /// A name that is printed as it is.
    Printed,
    /// A name of a function around this one.
    Outer,
}

/// A form that is being printed.
#[derive(Debug)]
pub(in crate::diff_spec) struct Form<'a> {
    text: String,
    scopes: Vec<Scope>,
    locals: usize,
    /// The names of the printed function or class itself, or of the classes around it.
    own: Vec<&'a str>,
    /// New names of functions and classes with their old ones, which are printed.
    renamed: &'a BTreeMap<String, String>,
}

impl<'a> Form<'a> {
    /// Creates an empty form. The names in `own` are printed as their positions.
    pub(in crate::diff_spec) fn new(
        own: Vec<&'a str>,
        renamed: &'a BTreeMap<String, String>,
    ) -> Self {
        Self { text: String::new(), scopes: Vec::new(), locals: 0, own, renamed }
    }

    /// Returns the text.
    pub(in crate::diff_spec) fn into_text(self) -> String {
        self.text
    }

    /// Prints a word that tells one kind of form from another.
    pub(in crate::diff_spec) fn word(&mut self, word: &str) {
        self.text += word;
    }

    /// Prints the parts of a class apart from its functions.
    pub(in crate::diff_spec) fn class(&mut self, nodes: &[Node]) {
        self.scopes.push(Scope { names: BTreeMap::new(), is_class: true });
        self.nodes(nodes);
        self.scopes.pop();
    }

    /// Prints a function without its name and parameters: its decorators and body.
    pub(in crate::diff_spec) fn function(&mut self, def: &Node) {
        let [parameters, decorators, body] = def.children.as_slice() else { return };
        self.node(decorators);
        let parameters = parameters.children.iter().filter(|node| node.kind == Kind::Parameter);
        let mut names: BTreeMap<_, _> = parameters
            .enumerate()
            .map(|(at, parameter)| (parameter.text.clone(), Local::Parameter(at)))
            .collect();
        bound(body, false, &mut names);
        self.scopes.push(Scope { names, is_class: false });
        self.node(body);
        self.scopes.pop();
    }

    /// Prints a function inside of the printed one.
    fn inner_function(&mut self, def: &Node) {
        let [parameters, decorators, body] = def.children.as_slice() else { return };
        self.node(decorators);
        self.scope_of(&parameters.children, std::slice::from_ref(body), |form| form.node(body));
    }

    /// Prints statements at the top level.
    pub(in crate::diff_spec) fn statements(&mut self, nodes: &[Node]) {
        self.nodes(nodes);
    }

    /// Prints parameters, and `inside` in a scope that has them and the names that `body` sets.
    fn scope_of(&mut self, parameters: &[Node], body: &[Node], inside: impl FnOnce(&mut Self)) {
        let mut scope = Scope::default();
        self.text.push('(');
        for parameter in parameters {
            match parameter.kind {
                Kind::Parameter => {
                    // Parameters have their numbers in their own order.
                    scope.names.insert(parameter.text.clone(), Local::Number(self.locals));
                    let _ = write!(self.text, " %{}", self.locals);
                    self.locals += 1;
                    self.nodes(&parameter.children);
                }
                _ => {
                    let _ = write!(self.text, " {}", parameter.text);
                }
            }
        }
        self.text.push(')');
        for node in body {
            bound(node, false, &mut scope.names);
        }
        self.scopes.push(scope);
        inside(self);
        self.scopes.pop();
    }

    /// Prints a name that is read or set.
    fn name(&mut self, name: &str) {
        let innermost = self.scopes.len().saturating_sub(1);
        let next = self.locals;
        for (at, scope) in self.scopes.iter_mut().enumerate().rev() {
            if scope.is_class && at != innermost {
                continue;
            }
            let Some(local) = scope.names.get_mut(name) else { continue };
            if *local == Local::Outer {
                continue;
            }
            if *local == Local::New {
                *local = Local::Number(next);
                self.locals += 1;
            }
            let _ = match *local {
                Local::Number(number) => write!(self.text, " %{number}"),
                Local::Parameter(at) => write!(self.text, " %parameter{at}"),
                _ => break,
            };
            return;
        }
        match self.own.iter().position(|own| *own == name) {
            Some(own) => {
                let _ = write!(self.text, " %own{own}");
            }
            None => self.global(name),
        }
    }

    fn global(&mut self, name: &str) {
        let known = self.renamed.get(name).map_or(name, String::as_str);
        let _ = write!(self.text, " {known}");
    }

    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.node(node);
        }
    }

    fn in_parentheses(&mut self, word: &str, nodes: &[Node]) {
        let _ = write!(self.text, " ({word}");
        self.nodes(nodes);
        self.text.push(')');
    }

    fn node(&mut self, node: &Node) {
        let children = node.children.as_slice();
        match node.kind {
            Kind::Name | Kind::Bind => self.name(&node.text),
            Kind::Attribute => {
                self.text += " (.";
                self.global(&node.text);
                self.nodes(children);
                self.text.push(')');
            }
            Kind::Def => {
                self.text += " (def";
                self.name(&node.text);
                self.inner_function(node);
                self.text.push(')');
            }
            Kind::Class => {
                self.text += " (class";
                self.name(&node.text);
                let mut names = BTreeMap::new();
                let (around, body) = children.split_at(children.len().saturating_sub(1));
                self.nodes(around);
                for node in body {
                    bound(node, false, &mut names);
                }
                for local in names.values_mut() {
                    *local = Local::Printed;
                }
                self.scopes.push(Scope { names, is_class: true });
                self.nodes(body);
                self.scopes.pop();
                self.text.push(')');
            }
            Kind::Unread => self.in_parentheses("unread", children),
            Kind::Lambda => {
                let (parameters, result) = children.split_at(children.len().saturating_sub(1));
                self.text += " (lambda ";
                self.scope_of(parameters, result, |form| form.nodes(result));
                self.text.push(')');
            }
            Kind::Comprehension => self.comprehension(node),
            Kind::Outer => {}
            Kind::Annotated if self.scopes.last().is_some_and(|scope| scope.is_class) => {
                self.text += " (field";
                self.name(&node.text);
                self.nodes(children);
                self.text.push(')');
            }
            // Without a value, nothing is set.
            Kind::Annotated if children.is_empty() => {}
            Kind::Annotated => {
                self.text += " (assign ";
                self.name(&node.text);
                self.nodes(children);
                self.text.push(')');
            }
            Kind::Parameter | Kind::Clause => self.in_parentheses("part", children),
            Kind::Block => {
                self.text += " {";
                self.nodes(children);
                self.text += " }";
            }
            Kind::Expression => self.in_parentheses("do", children),
            Kind::Text => {
                let _ = write!(self.text, " {:?}", node.text);
            }
            Kind::Part("number") => {
                let _ = write!(self.text, " {}", node.text);
            }
            Kind::Part(word) => {
                let _ = write!(self.text, " ({word} {}", node.text);
                self.nodes(children);
                self.text.push(')');
            }
        }
    }

    /// Prints a comprehension: its clauses, of which the first source is outside of its scope, then
    /// its elements.
    fn comprehension(&mut self, node: &Node) {
        let is_clause = |node: &&Node| node.kind == Kind::Clause;
        let _ = write!(self.text, " (comprehension {}", node.text);
        let mut names = BTreeMap::new();
        let clauses = || node.children.iter().filter(is_clause);
        for clause in clauses() {
            clause.children.first().into_iter().for_each(|node| bound(node, false, &mut names));
        }
        let first = clauses().next().and_then(|clause| clause.children.get(1));
        if let Some(source) = first {
            self.node(source);
        }
        self.scopes.push(Scope { names, is_class: false });
        for (at, clause) in clauses().enumerate() {
            let _ = write!(self.text, " (for {}", clause.text);
            for (part, node) in clause.children.iter().enumerate() {
                if (at, part) != (0, 1) {
                    self.node(node);
                }
            }
            self.text.push(')');
        }
        for element in node.children.iter().filter(|node| !is_clause(node)) {
            self.node(element);
        }
        self.scopes.pop();
        self.text.push(')');
    }
}

/// Collects the names that `node` sets in its scope. In a comprehension, only `:=` sets one.
fn bound(node: &Node, in_comprehension: bool, names: &mut BTreeMap<String, Local>) {
    match node.kind {
        Kind::Bind if !in_comprehension => {
            names.entry(node.text.clone()).or_insert(Local::New);
        }
        Kind::Annotated => {
            names.entry(node.text.clone()).or_insert(Local::New);
            node.children.iter().for_each(|child| bound(child, in_comprehension, names));
        }
        Kind::Def | Kind::Class => {
            names.entry(node.text.clone()).or_insert(Local::New);
        }
        Kind::Lambda => {}
        Kind::Outer if node.children.iter().any(|word| word.text == "global") => {
            names.insert(node.text.clone(), Local::Printed);
        }
        Kind::Outer => {
            names.insert(node.text.clone(), Local::Outer);
        }
        Kind::Comprehension => node.children.iter().for_each(|child| bound(child, true, names)),
        Kind::Part("named") if in_comprehension => {
            node.children.iter().for_each(|child| bound(child, child.kind != Kind::Bind, names));
        }
        _ => node.children.iter().for_each(|child| bound(child, in_comprehension, names)),
    }
}

/// Returns the text of a function's parameters: their names, and the forms of their defaults.
pub(in crate::diff_spec) fn parameters(def: &Node, renamed: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut separator = "";
    for parameter in def.children.first().map_or(&[][..], |parameters| &parameters.children) {
        text += separator;
        text += &parameter.text;
        if let Some(default) = parameter.children.first() {
            let mut form = Form::new(Vec::new(), renamed);
            form.node(default);
            text = format!("{text} ={}", form.text);
        }
        separator = if parameter.kind == Kind::Part("stars") { "" } else { ", " };
    }
    text
}
