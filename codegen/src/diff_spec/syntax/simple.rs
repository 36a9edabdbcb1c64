//! Statements of one line.

use super::expression::{keyword, target};
use super::parser::Parser;
use super::token::Token;
use super::{Kind, Node, Problem};

impl Parser<'_> {
    /// Skips the end of the line, or fails.
    pub(super) fn end_of_line(&mut self) -> Result<(), Problem> {
        match self.peek() {
            Token::Newline => self.advance(),
            Token::End => {}
            _ => return self.unexpected("the end of the line"),
        }
        Ok(())
    }

    /// Reads the statements of a line.
    pub(super) fn simple_statements(&mut self, into: &mut Vec<Node>) -> Result<(), Problem> {
        loop {
            self.simple_statement(into)?;
            let is_more = self.eat(";");
            if !is_more || *self.peek() == Token::Newline {
                return self.end_of_line();
            }
        }
    }

    fn simple_statement(&mut self, into: &mut Vec<Node>) -> Result<(), Problem> {
        let line = self.line();
        let word = match self.peek() {
            Token::Name(word) => keyword(word).unwrap_or_default(),
            _ => "",
        };
        let read: fn(&mut Self) -> Result<Vec<Node>, Problem> = match word {
            "pass" | "break" | "continue" => |_| Ok(Vec::new()),
            "return" => Self::returned,
            "raise" => Self::raised,
            "assert" => Self::asserted,
            "del" => Self::deleted,
            "import" => Self::imported,
            "from" => Self::imported_from,
            "global" | "nonlocal" => return self.outer_names(word, into),
            _ => {
                into.push(self.assignment()?);
                return Ok(());
            }
        };
        self.advance();
        let parts = read(self)?;
        // It does nothing.
        if word != "pass" {
            into.push(Node::new(line, Kind::Part(word), "", parts)?);
        }
        Ok(())
    }

    /// Returns true if the statement ends here.
    fn is_at_end(&self) -> bool {
        matches!(self.peek(), Token::Newline | Token::End) || self.is(";")
    }

    fn returned(&mut self) -> Result<Vec<Node>, Problem> {
        if self.is_at_end() { Ok(Vec::new()) } else { Ok(vec![self.expressions()?]) }
    }

    fn raised(&mut self) -> Result<Vec<Node>, Problem> {
        let mut parts = Vec::new();
        if !self.is_at_end() {
            parts.push(self.expression()?);
            if self.eat_word("from") {
                parts.push(self.expression()?);
            }
        }
        Ok(parts)
    }

    fn asserted(&mut self) -> Result<Vec<Node>, Problem> {
        let mut parts = vec![self.expression()?];
        if self.eat(",") {
            parts.push(self.expression()?);
        }
        Ok(parts)
    }

    fn deleted(&mut self) -> Result<Vec<Node>, Problem> {
        let deleted = self.expressions()?;
        Ok(vec![target(deleted)?])
    }

    /// Reads `global` or `nonlocal` with its names.
    fn outer_names(&mut self, word: &str, into: &mut Vec<Node>) -> Result<(), Problem> {
        self.advance();
        loop {
            let line = self.line();
            let word = Node::leaf(line, Kind::Text, word);
            into.push(Node::new(line, Kind::Outer, self.name()?, vec![word])?);
            if !self.eat(",") {
                return Ok(());
            }
        }
    }

    /// Reads the module after `from`, and the names.
    fn imported_from(&mut self) -> Result<Vec<Node>, Problem> {
        let line = self.line();
        let mut module = String::new();
        while !self.eat_word("import") {
            match *self.peek() {
                Token::Name(name) => module += name,
                Token::Operator(dots @ ("." | "...")) => module += dots,
                _ => return self.unexpected("a module"),
            }
            self.advance();
        }
        let mut parts = vec![Node::leaf(line, Kind::Text, module)];
        parts.extend(self.imported()?);
        Ok(parts)
    }

    /// Reads what is imported, and the names that it sets.
    fn imported(&mut self) -> Result<Vec<Node>, Problem> {
        let line = self.line();
        let mut parts = Vec::new();
        let is_closed = self.eat("(");
        loop {
            if self.eat("*") {
                parts.push(Node::leaf(line, Kind::Text, "*"));
            } else {
                let first = self.name()?;
                let mut path = first.to_owned();
                while self.eat(".") {
                    path = format!("{path}.{}", self.name()?);
                }
                let name = if self.eat_word("as") { self.name()? } else { first };
                parts.push(Node::leaf(line, Kind::Text, path));
                parts.push(Node::leaf(line, Kind::Bind, name));
            }
            if !self.eat(",") || self.is(")") {
                break;
            }
        }
        if is_closed {
            self.expect(")")?;
        }
        Ok(parts)
    }

    /// Reads an assignment, or a statement that is an expression.
    fn assignment(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        let first = self.expressions()?;
        if self.eat(":") {
            self.expression()?;
            let value = if self.eat("=") { vec![self.expressions()?] } else { Vec::new() };
            return match first.kind {
                Kind::Name => Node::new(line, Kind::Annotated, first.text, value),
                // Nothing is set without a value.
                _ if value.is_empty() => Node::new(line, Kind::Block, "", Vec::new()),
                _ => {
                    let mut parts = vec![target(first)?];
                    parts.extend(value);
                    Node::new(line, Kind::Part("assign"), "", parts)
                }
            };
        }
        if let Token::Operator(operator) = *self.peek()
            && operator.len() > 1
            && operator.ends_with('=')
            && !["==", "!=", "<=", ">=", ":="].contains(&operator)
        {
            self.advance();
            let parts = vec![target(first)?, self.expressions()?];
            return Node::new(line, Kind::Part("update"), operator, parts);
        }
        if !self.is("=") {
            return Node::new(line, Kind::Expression, "", vec![first]);
        }
        let mut parts = vec![first];
        while self.eat("=") {
            parts.push(self.expressions()?);
        }
        let value = parts.pop();
        let mut parts = parts.into_iter().map(target).collect::<Result<Vec<_>, _>>()?;
        parts.extend(value);
        Node::new(line, Kind::Part("assign"), "", parts)
    }
}
