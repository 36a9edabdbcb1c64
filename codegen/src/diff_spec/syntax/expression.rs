//! Expressions.

use super::parser::Parser;
use super::token::Token;
use super::{Kind, Node, Problem};

/// Words that are no names.
const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The binary operators, from those that bind least.
const BINARY: [&[&str]; 6] =
    [&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"], &["*", "/", "//", "%", "@"]];

/// Returns the keyword that `name` is, if it is one.
pub(super) fn keyword(name: &str) -> Option<&'static str> {
    KEYWORDS.into_iter().find(|keyword| *keyword == name)
}

impl Parser<'_> {
    /// Reads expressions with commas between them: one, or a tuple.
    pub(super) fn expressions(&mut self) -> Result<Node, Problem> {
        self.tuple_of(Self::starred)
    }

    /// Reads targets of `for`, which end before `in`.
    pub(super) fn targets(&mut self) -> Result<Node, Problem> {
        let targets = self.tuple_of(|parser| {
            let line = parser.line();
            if parser.eat("*") {
                let starred = parser.binary(0)?;
                return Node::new(line, Kind::Part("star"), "", vec![starred]);
            }
            parser.binary(0)
        })?;
        target(targets)
    }

    fn tuple_of(
        &mut self,
        one: impl Fn(&mut Self) -> Result<Node, Problem>,
    ) -> Result<Node, Problem> {
        let line = self.line();
        let first = one(self)?;
        if !self.is(",") {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.eat(",") {
            if !self.begins_expression() {
                break;
            }
            all.push(one(self)?);
        }
        Node::new(line, Kind::Part("tuple"), "", all)
    }

    /// Returns true if the next token can begin an expression.
    fn begins_expression(&self) -> bool {
        match self.peek() {
            Token::Name(name) => {
                keyword(name).is_none() || ["not", "lambda", "await", "yield"].contains(name)
            }
            Token::Number(_) | Token::Text(_) => true,
            Token::Operator(o) => ["(", "[", "{", "-", "+", "~", "*", "..."].contains(o),
            _ => false,
        }
    }

    fn starred(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        if self.eat("*") {
            let starred = self.binary(0)?;
            return Node::new(line, Kind::Part("star"), "", vec![starred]);
        }
        self.named()
    }

    /// Reads an expression that may be named with `:=`.
    pub(super) fn named(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        if self.is_word("yield") {
            return self.yielded();
        }
        let value = self.expression()?;
        if value.kind == Kind::Name && self.eat(":=") {
            let name = Node::leaf(line, Kind::Bind, value.text);
            let value = self.expression()?;
            return Node::new(line, Kind::Part("named"), "", vec![name, value]);
        }
        Ok(value)
    }

    fn yielded(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect_word("yield")?;
        if self.eat_word("from") {
            let source = self.expression()?;
            return Node::new(line, Kind::Part("yield-from"), "", vec![source]);
        }
        let value = if self.begins_expression() { vec![self.expressions()?] } else { Vec::new() };
        Node::new(line, Kind::Part("yield"), "", value)
    }

    /// Reads an expression.
    pub(super) fn expression(&mut self) -> Result<Node, Problem> {
        self.nested(|parser| {
            let line = parser.line();
            if parser.eat_word("lambda") {
                let mut parts = parser.parameters(":", false)?;
                parser.expect(":")?;
                parts.push(parser.expression()?);
                return Node::new(line, Kind::Lambda, "", parts);
            }
            let value = parser.or()?;
            if !parser.eat_word("if") {
                return Ok(value);
            }
            let condition = parser.or()?;
            parser.expect_word("else")?;
            let otherwise = parser.expression()?;
            Node::new(line, Kind::Part("if-else"), "", vec![condition, value, otherwise])
        })
    }

    /// Reads an expression without `if` at its end, such as the source of a comprehension.
    fn or(&mut self) -> Result<Node, Problem> {
        self.joined("or", |parser| parser.joined("and", Self::not))
    }

    fn joined(
        &mut self,
        word: &'static str,
        one: impl Fn(&mut Self) -> Result<Node, Problem>,
    ) -> Result<Node, Problem> {
        let line = self.line();
        let first = one(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.eat_word(word) {
            all.push(one(self)?);
        }
        Node::new(line, Kind::Part(word), "", all)
    }

    fn not(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        if self.eat_word("not") {
            let value = self.nested(Self::not)?;
            return Node::new(line, Kind::Part("not"), "", vec![value]);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        let mut values = vec![self.binary(0)?];
        let mut operators = Vec::new();
        while let Some(operator) = self.comparing() {
            operators.push(operator);
            values.push(self.binary(0)?);
        }
        match values.pop() {
            Some(only) if operators.is_empty() => Ok(only),
            last => {
                values.extend(last);
                Node::new(line, Kind::Part("compare"), operators.join(" "), values)
            }
        }
    }

    /// Reads a comparing operator, if there is one.
    fn comparing(&mut self) -> Option<&'static str> {
        let operators = ["==", "!=", "<=", ">=", "<", ">"];
        if let Some(operator) = operators.into_iter().find(|operator| self.eat(operator)) {
            return Some(operator);
        }
        if self.eat_word("in") {
            return Some("in");
        }
        if self.is_word("not") && *self.peek_at(1) == Token::Name("in") {
            self.advance();
            self.advance();
            return Some("not-in");
        }
        self.eat_word("is").then(|| if self.eat_word("not") { "is-not" } else { "is" })
    }

    /// Reads binary operators that bind at least as strongly as those of `level`.
    pub(super) fn binary(&mut self, level: usize) -> Result<Node, Problem> {
        let Some(operators) = BINARY.get(level) else { return self.unary() };
        let line = self.line();
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.eat(operator)) {
            let right = self.binary(level + 1)?;
            left = Node::new(line, Kind::Part("binary"), *operator, vec![left, right])?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        if let Some(operator) = ["-", "+", "~"].into_iter().find(|operator| self.eat(operator)) {
            let value = self.nested(Self::unary)?;
            return Node::new(line, Kind::Part("unary"), operator, vec![value]);
        }
        let is_awaited = self.eat_word("await");
        let mut base = self.postfix()?;
        if is_awaited {
            base = Node::new(line, Kind::Part("await"), "", vec![base])?;
        }
        if !self.eat("**") {
            return Ok(base);
        }
        let power = self.nested(Self::unary)?;
        Node::new(line, Kind::Part("binary"), "**", vec![base, power])
    }

    /// Reads an atom with the attributes, calls and subscripts after it.
    fn postfix(&mut self) -> Result<Node, Problem> {
        let mut value = self.atom()?;
        loop {
            let line = self.line();
            if self.eat(".") {
                let name = self.name()?;
                value = Node::new(line, Kind::Attribute, name, vec![value])?;
            } else if self.is("(") {
                let mut parts = vec![value];
                parts.extend(self.arguments()?);
                value = Node::new(line, Kind::Part("call"), "", parts)?;
            } else if self.eat("[") {
                let index = self.subscripts()?;
                value = Node::new(line, Kind::Part("subscript"), "", vec![value, index])?;
            } else {
                return Ok(value);
            }
        }
    }

    /// Reads one subscript, or a tuple of them, and the bracket after it.
    fn subscripts(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        let first = self.subscript()?;
        if self.eat("]") {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.eat(",") && !self.is("]") {
            all.push(self.subscript()?);
        }
        self.expect("]")?;
        Node::new(line, Kind::Part("tuple"), "", all)
    }

    fn subscript(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        let mut parts = Vec::new();
        loop {
            let part = if self.is(":") || self.is("]") || self.is(",") {
                Node::leaf(line, Kind::Part("nothing"), "")
            } else {
                self.starred()?
            };
            parts.push(part);
            if !self.eat(":") {
                break;
            }
        }
        match parts.len() {
            1 => Ok(parts.swap_remove(0)),
            2 | 3 => {
                // A slice without a step has a second `:` or not.
                if parts.len() == 2 {
                    parts.push(Node::leaf(line, Kind::Part("nothing"), ""));
                }
                Node::new(line, Kind::Part("slice"), "", parts)
            }
            _ => Err(Problem::new(line, "a slice has at most three parts")),
        }
    }

    /// Reads the arguments of a call or a class, with their parentheses.
    pub(super) fn arguments(&mut self) -> Result<Vec<Node>, Problem> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.eat(")") {
            let line = self.line();
            let argument = if self.eat("**") {
                Node::new(line, Kind::Part("double-star"), "", vec![self.expression()?])?
            } else if let (Token::Name(name), Token::Operator("=")) = (self.peek(), self.peek_at(1))
            {
                let name = (*name).to_owned();
                self.advance();
                self.advance();
                Node::new(line, Kind::Part("keyword"), name, vec![self.expression()?])?
            } else {
                let value = self.starred()?;
                self.comprehension(line, "generator", vec![value])?
            };
            arguments.push(argument);
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(arguments)
    }

    fn atom(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        match self.peek().clone() {
            Token::Name(name) if keyword(name).is_none() => {
                self.advance();
                Ok(Node::leaf(line, Kind::Name, name))
            }
            Token::Number(value) => {
                self.advance();
                Ok(Node::leaf(line, Kind::Part("number"), value))
            }
            Token::Text(_) => Ok(self.strings(line)),
            Token::Operator("...") => {
                self.advance();
                Ok(Node::leaf(line, Kind::Part("ellipsis"), ""))
            }
            Token::Operator("(") => self.nested(Self::parenthesized),
            Token::Operator("[") => self.nested(Self::list),
            Token::Operator("{") => self.nested(Self::braced),
            other => Err(Problem::new(line, format!("an expression is expected, not {other:?}"))),
        }
    }

    /// Reads strings that follow one another: they are one string.
    pub(super) fn strings(&mut self, line: usize) -> Node {
        let mut text = String::new();
        while let Token::Text(more) = self.peek() {
            match more.strip_prefix('s').filter(|_| text.starts_with('s')) {
                Some(more) => text += more,
                None => text += more,
            }
            self.advance();
        }
        Node::leaf(line, Kind::Text, text)
    }

    fn parenthesized(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect("(")?;
        if self.eat(")") {
            return Node::new(line, Kind::Part("tuple"), "", Vec::new());
        }
        let value = self.expressions()?;
        let value = self.comprehension(line, "generator", vec![value])?;
        self.expect(")")?;
        Ok(value)
    }

    fn list(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect("[")?;
        if self.eat("]") {
            return Node::new(line, Kind::Part("list"), "", Vec::new());
        }
        let first = self.starred()?;
        if self.is_word("for") || self.is_word("async") {
            let list = self.comprehension(line, "list", vec![first])?;
            self.expect("]")?;
            return Ok(list);
        }
        let mut all = vec![first];
        while self.eat(",") && !self.is("]") {
            all.push(self.starred()?);
        }
        self.expect("]")?;
        Node::new(line, Kind::Part("list"), "", all)
    }

    fn braced(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect("{")?;
        let (mut all, mut kind) = (Vec::new(), "dictionary");
        while !self.eat("}") {
            let line = self.line();
            if self.eat("**") {
                let rest = self.binary(0)?;
                all.push(Node::new(line, Kind::Part("double-star"), "", vec![rest])?);
            } else {
                let mut parts = vec![self.starred()?];
                if self.eat(":") {
                    parts.push(self.expression()?);
                    all.push(Node::new(line, Kind::Part("entry"), "", parts)?);
                } else {
                    kind = "set";
                    all.append(&mut parts);
                }
            }
            if self.is_word("for") || self.is_word("async") {
                let all = self.comprehension(line, kind, all)?;
                self.expect("}")?;
                return Ok(all);
            }
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        Node::new(line, Kind::Part(kind), "", all)
    }

    /// Reads the `for` clauses after `elements`, if there are any. Without them, returns the only
    /// element.
    fn comprehension(
        &mut self,
        line: usize,
        kind: &'static str,
        mut elements: Vec<Node>,
    ) -> Result<Node, Problem> {
        if !self.is_word("for") && !self.is_word("async") {
            return elements.pop().ok_or_else(|| Problem::new(line, "an expression is expected"));
        }
        while self.is_word("for") || self.is_word("async") {
            let line = self.line();
            let word = if self.eat_word("async") { "async" } else { "" };
            self.expect_word("for")?;
            let target = self.targets()?;
            self.expect_word("in")?;
            let mut parts = vec![target, self.or()?];
            while self.eat_word("if") {
                parts.push(self.or()?);
            }
            elements.push(Node::new(line, Kind::Clause, word, parts)?);
        }
        Node::new(line, Kind::Comprehension, kind, elements)
    }
}

/// Turns an expression into a target of an assignment.
pub(super) fn target(node: Node) -> Result<Node, Problem> {
    let Node { kind, text, children, line, height } = node;
    match kind {
        Kind::Name => Ok(Node { kind: Kind::Bind, text, children, line, height }),
        Kind::Attribute | Kind::Part("subscript") => {
            Ok(Node { kind, text, children, line, height })
        }
        Kind::Part(word @ ("tuple" | "list" | "star")) => {
            let children = children.into_iter().map(target).collect::<Result<_, _>>()?;
            // `[a] = x` and `(a,) = x` do the same.
            let word = if word == "list" { "tuple" } else { word };
            Ok(Node { kind: Kind::Part(word), text, children, line, height })
        }
        _ => Err(Problem::new(line, "this cannot be assigned to")),
    }
}
