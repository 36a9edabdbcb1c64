//! The patterns of `match`.

use super::expression::keyword;
use super::parser::Parser;
use super::token::Token;
use super::{Kind, Node, Problem};

impl Parser<'_> {
    /// Reads a pattern after `case`; without parentheses it can be a sequence.
    pub(super) fn patterns(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        let first = self.pattern()?;
        if !self.is(",") {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.eat(",") && !self.is(":") && !self.is_word("if") {
            all.push(self.pattern()?);
        }
        Node::new(line, Kind::Part("sequence"), "", all)
    }

    fn pattern(&mut self) -> Result<Node, Problem> {
        self.nested(|parser| {
            let line = parser.line();
            if parser.eat("*") {
                let rest = parser.capture()?;
                return Node::new(line, Kind::Part("star"), "", vec![rest]);
            }
            let mut all = vec![parser.closed_pattern()?];
            while parser.eat("|") {
                all.push(parser.closed_pattern()?);
            }
            let pattern = match all.len() {
                1 => all.swap_remove(0),
                _ => Node::new(line, Kind::Part("any-of"), "", all)?,
            };
            if !parser.eat_word("as") {
                return Ok(pattern);
            }
            let name = parser.capture()?;
            Node::new(line, Kind::Part("as"), "", vec![pattern, name])
        })
    }

    fn capture(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        let name = self.name()?;
        let kind = if name == "_" { Kind::Part("any") } else { Kind::Bind };
        Ok(Node::leaf(line, kind, if name == "_" { "" } else { name }))
    }

    fn closed_pattern(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        match self.peek().clone() {
            Token::Name(name @ ("None" | "True" | "False")) => {
                self.advance();
                Ok(Node::leaf(line, Kind::Name, name))
            }
            Token::Name(name) if keyword(name).is_none() => {
                if !matches!(self.peek_at(1), Token::Operator("." | "(")) {
                    return self.capture();
                }
                self.advance();
                let mut value = Node::leaf(line, Kind::Name, name);
                while self.eat(".") {
                    value = Node::new(line, Kind::Attribute, self.name()?, vec![value])?;
                }
                if self.is("(") { self.class_pattern(value) } else { Ok(value) }
            }
            Token::Operator("-") | Token::Number(_) => self.binary(4),
            Token::Text(_) => Ok(self.strings(line)),
            Token::Operator("(") => self.sequence_pattern(")"),
            Token::Operator("[") => self.sequence_pattern("]"),
            Token::Operator("{") => self.mapping_pattern(),
            other => Err(Problem::new(line, format!("a pattern is expected, not {other:?}"))),
        }
    }

    /// Reads the parts of an object, and returns the pattern of its class.
    fn class_pattern(&mut self, class: Node) -> Result<Node, Problem> {
        let line = self.line();
        let mut parts = vec![class];
        self.expect("(")?;
        while !self.eat(")") {
            if let (Token::Name(name), Token::Operator("=")) = (self.peek(), self.peek_at(1)) {
                let name = (*name).to_owned();
                self.advance();
                self.advance();
                parts.push(Node::new(line, Kind::Part("keyword"), name, vec![self.pattern()?])?);
            } else {
                parts.push(self.pattern()?);
            }
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Node::new(line, Kind::Part("object"), "", parts)
    }

    fn sequence_pattern(&mut self, end: &'static str) -> Result<Node, Problem> {
        let line = self.line();
        self.advance();
        let mut all = Vec::new();
        let mut has_comma = false;
        while !self.eat(end) {
            all.push(self.pattern()?);
            if !self.eat(",") {
                self.expect(end)?;
                break;
            }
            has_comma = true;
        }
        match all.len() {
            // Parentheses around one pattern.
            1 if !has_comma && end == ")" => Ok(all.swap_remove(0)),
            _ => Node::new(line, Kind::Part("sequence"), "", all),
        }
    }

    fn mapping_pattern(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect("{")?;
        let mut all = Vec::new();
        while !self.eat("}") {
            if self.eat("**") {
                let rest = self.capture()?;
                all.push(Node::new(line, Kind::Part("double-star"), "", vec![rest])?);
            } else {
                let key = self.closed_pattern()?;
                self.expect(":")?;
                let value = self.pattern()?;
                all.push(Node::new(line, Kind::Part("entry"), "", vec![key, value])?);
            }
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        Node::new(line, Kind::Part("mapping"), "", all)
    }
}
