//! Statements with blocks.

use super::expression::target;
use super::parser::Parser;
use super::token::Token;
use super::{Kind, Node, Problem};

impl Parser<'_> {
    /// Reads the block after the `:` of a compound statement.
    fn block(&mut self) -> Result<Node, Problem> {
        self.block_of(Self::statement)
    }

    /// Reads a block whose functions may have syntax that is not known.
    fn readable_block(&mut self) -> Result<Node, Problem> {
        self.block_of(|parser, into| {
            parser.readable(into);
            Ok(())
        })
    }

    fn block_of(
        &mut self,
        read: impl Fn(&mut Self, &mut Vec<Node>) -> Result<(), Problem>,
    ) -> Result<Node, Problem> {
        let line = self.line();
        self.expect(":")?;
        let mut statements = Vec::new();
        if *self.peek() == Token::Newline {
            self.advance();
            if *self.peek() != Token::Indent {
                return self.unexpected("a block");
            }
            self.advance();
            self.nested(|parser| {
                while *parser.peek() != Token::Dedent {
                    read(parser, &mut statements)?;
                }
                Ok(())
            })?;
            self.advance();
        } else {
            self.simple_statements(&mut statements)?;
        }
        without_documentation(&mut statements);
        Node::new(line, Kind::Block, "", statements)
    }

    /// Reads a statement, or the simple ones of a line.
    pub(super) fn statement(&mut self, into: &mut Vec<Node>) -> Result<(), Problem> {
        let line = self.line();
        let mut decorators = Vec::new();
        while self.eat("@") {
            decorators.push(self.named()?);
            self.end_of_line()?;
        }
        let decorators = Node::new(line, Kind::Part("decorators"), "", decorators)?;
        let word = match *self.peek() {
            Token::Name(word) => word,
            _ => "",
        };
        let statement = match word {
            "async" => {
                self.advance();
                let mut after = Vec::new();
                if self.is_word("def") {
                    after.push(self.definition(decorators)?);
                } else {
                    self.statement(&mut after)?;
                }
                Node::new(line, Kind::Part("async"), "", after)?
            }
            "def" => self.definition(decorators)?,
            "class" => self.class(decorators)?,
            "if" => self.choice()?,
            "while" => self.while_loop()?,
            "for" => self.for_loop()?,
            "try" => self.guarded()?,
            "with" => self.with()?,
            "match" => match self.choice_by_pattern()? {
                Some(choice) => choice,
                None => return self.simple_statements(into),
            },
            _ => return self.simple_statements(into),
        };
        into.push(statement);
        Ok(())
    }

    fn definition(&mut self, decorators: Node) -> Result<Node, Problem> {
        let line = self.line();
        self.expect_word("def")?;
        let name = self.name()?;
        self.type_parameters()?;
        self.expect("(")?;
        let parameters = self.parameters(")", true)?;
        let parameters = Node::new(line, Kind::Part("parameters"), "", parameters)?;
        self.expect(")")?;
        if self.eat("->") {
            self.expression()?;
        }
        let body = self.block()?;
        Node::new(line, Kind::Def, name, vec![parameters, decorators, body])
    }

    fn class(&mut self, decorators: Node) -> Result<Node, Problem> {
        let line = self.line();
        self.expect_word("class")?;
        let name = self.name()?;
        self.type_parameters()?;
        let arguments = if self.is("(") { self.arguments()? } else { Vec::new() };
        let arguments = Node::new(line, Kind::Part("arguments"), "", arguments)?;
        let body = self.readable_block()?;
        Node::new(line, Kind::Class, name, vec![arguments, decorators, body])
    }

    /// Skips the parameters of a generic function or class, which are types.
    fn type_parameters(&mut self) -> Result<(), Problem> {
        if self.eat("[") {
            while !self.eat("]") {
                match self.peek() {
                    Token::End | Token::Newline => return self.unexpected("`]`"),
                    _ => self.advance(),
                }
            }
        }
        Ok(())
    }

    /// Reads parameters up to `end`, without their annotations.
    pub(super) fn parameters(&mut self, end: &str, annotated: bool) -> Result<Vec<Node>, Problem> {
        let mut parameters = Vec::new();
        while !self.is(end) {
            let line = self.line();
            let stars = ["**", "*", "/"].into_iter().find(|stars| self.eat(stars)).unwrap_or("");
            if self.is(",") || self.is(end) {
                parameters.push(Node::leaf(line, Kind::Part("marker"), stars));
            } else {
                if !stars.is_empty() {
                    parameters.push(Node::leaf(line, Kind::Part("stars"), stars));
                }
                let name = self.name()?;
                if annotated && self.eat(":") {
                    self.starred_annotation()?;
                }
                let default = if self.eat("=") { vec![self.expression()?] } else { Vec::new() };
                parameters.push(Node::new(line, Kind::Parameter, name, default)?);
            }
            if !self.eat(",") {
                break;
            }
        }
        Ok(parameters)
    }

    fn starred_annotation(&mut self) -> Result<(), Problem> {
        self.eat("*");
        self.expression().map(drop)
    }

    fn choice(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        let mut parts = Vec::new();
        while self.eat_word(if parts.is_empty() { "if" } else { "elif" }) {
            parts.push(self.named()?);
            parts.push(self.block()?);
        }
        match self.otherwise("else")?.map(only_choice) {
            // `elif` and an `if` in `else` do the same.
            Some(Ok(choice)) => parts.extend(choice.children),
            Some(Err(otherwise)) => parts.push(otherwise),
            None => {}
        }
        Node::new(line, Kind::Part("if"), "", parts)
    }

    /// Reads the block after `word`, if there is one.
    fn otherwise(&mut self, word: &'static str) -> Result<Option<Node>, Problem> {
        let line = self.line();
        if !self.eat_word(word) {
            return Ok(None);
        }
        let block = self.block()?;
        Node::new(line, Kind::Part(word), "", vec![block]).map(Some)
    }

    fn while_loop(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect_word("while")?;
        let mut parts = vec![self.named()?, self.block()?];
        parts.extend(self.otherwise("else")?);
        Node::new(line, Kind::Part("while"), "", parts)
    }

    fn for_loop(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect_word("for")?;
        let target = self.targets()?;
        self.expect_word("in")?;
        let mut parts = vec![self.expressions()?, target, self.block()?];
        parts.extend(self.otherwise("else")?);
        Node::new(line, Kind::Part("for"), "", parts)
    }

    fn guarded(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect_word("try")?;
        let mut parts = vec![self.block()?];
        loop {
            let line = self.line();
            if !self.eat_word("except") {
                break;
            }
            let word = if self.eat("*") { "except-group" } else { "except" };
            let mut caught = Vec::new();
            if !self.is(":") {
                caught.push(self.expressions()?);
                if self.eat_word("as") {
                    let name = self.name()?;
                    caught.push(Node::leaf(line, Kind::Bind, name));
                }
            }
            caught.push(self.block()?);
            parts.push(Node::new(line, Kind::Part(word), "", caught)?);
        }
        parts.extend(self.otherwise("else")?);
        parts.extend(self.otherwise("finally")?);
        Node::new(line, Kind::Part("try"), "", parts)
    }

    fn with(&mut self) -> Result<Node, Problem> {
        let line = self.line();
        self.expect_word("with")?;
        // The parentheses may be around all items, or be part of the first one.
        let enclosed = self.attempt(|parser| {
            let items = if parser.eat("(") { parser.with_items(Some(")")) } else { return None };
            items.ok().filter(|_| parser.is(":"))
        });
        let mut parts = match enclosed {
            Some(items) => items,
            None => self.with_items(None)?,
        };
        parts.push(self.block()?);
        Node::new(line, Kind::Part("with"), "", parts)
    }

    fn with_items(&mut self, end: Option<&'static str>) -> Result<Vec<Node>, Problem> {
        let mut items = Vec::new();
        while end.is_none_or(|end| !self.is(end)) {
            let line = self.line();
            let mut parts = vec![self.expression()?];
            if self.eat_word("as") {
                let value = self.binary(0)?;
                parts.push(target(value)?);
            }
            items.push(Node::new(line, Kind::Part("item"), "", parts)?);
            if !self.eat(",") {
                break;
            }
        }
        if let Some(end) = end {
            self.expect(end)?;
        }
        Ok(items)
    }

    /// Reads a `match`; returns `None` if the word is a name here.
    fn choice_by_pattern(&mut self) -> Result<Option<Node>, Problem> {
        let line = self.line();
        let subject = self.attempt(|parser| {
            parser.advance();
            let subject = parser.expressions().ok()?;
            let begins = parser.eat(":") && *parser.peek() == Token::Newline;
            parser.advance();
            let begins = begins && *parser.peek() == Token::Indent;
            parser.advance();
            (begins && parser.is_word("case")).then_some(subject)
        });
        let Some(subject) = subject else { return Ok(None) };
        let mut parts = vec![subject];
        self.nested(|parser| {
            while *parser.peek() != Token::Dedent {
                let line = parser.line();
                parser.expect_word("case")?;
                let mut arm = vec![parser.patterns()?];
                if parser.eat_word("if") {
                    arm.push(parser.named()?);
                }
                arm.push(parser.block()?);
                parts.push(Node::new(line, Kind::Part("case"), "", arm)?);
            }
            Ok(())
        })?;
        self.advance();
        Node::new(line, Kind::Part("match"), "", parts).map(Some)
    }
}

/// Returns the only statement of `otherwise` if that is an `if`; without one, returns `otherwise`.
fn only_choice(mut otherwise: Node) -> Result<Node, Node> {
    match otherwise.children.as_mut_slice() {
        [Node { kind: Kind::Block, children, .. }]
            if children.len() == 1
                && children.iter().all(|child| child.kind == Kind::Part("if")) =>
        {
            children.pop().ok_or(otherwise)
        }
        _ => Err(otherwise),
    }
}

/// Removes the string at the begin of a body: its documentation.
fn without_documentation(statements: &mut Vec<Node>) {
    let is_text = |node: &Node| node.kind == Kind::Text;
    if let Some(first) = statements.first()
        && first.kind == Kind::Expression
        && first.children.first().is_some_and(is_text)
    {
        statements.remove(0);
    }
}
