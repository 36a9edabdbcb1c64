//! Statements.

use super::expression::{is_keyword, target};
use super::token::{Token, tokens};
use super::{Kind, MOST_OPEN, Node, Problem};

/// Reads a file: the statements at its top level.
///
/// # Errors
///
/// A [`Problem`] if its tokens or its indentation cannot be read. A function or class that cannot
/// be read is kept as [`Kind::Unread`].
pub(in crate::diff_spec) fn read(text: &str) -> Result<Vec<Node>, Problem> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let mut statements = Vec::new();
    while *parser.peek() != Token::End {
        parser.readable(&mut statements);
    }
    Ok(statements)
}

/// The tokens of a file, and the position in them.
pub(super) struct Parser<'a> {
    tokens: Vec<(Token<'a>, usize)>,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Returns the next token.
    pub(super) fn peek(&self) -> &Token<'a> {
        self.peek_at(0)
    }

    /// Returns the token after the next `more` ones.
    pub(super) fn peek_at(&self, more: usize) -> &Token<'a> {
        self.tokens.get(self.at + more).map_or(&Token::End, |(token, _)| token)
    }

    /// Returns the line of the next token.
    pub(super) fn line(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |(_, line)| *line)
    }

    /// Skips the next token.
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// Returns true if the next token is this operator.
    pub(super) fn is(&self, operator: &str) -> bool {
        matches!(self.peek(), Token::Operator(next) if *next == operator)
    }

    /// Returns true if the next token is this word.
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(next) if *next == word)
    }

    /// Skips this operator if it is next.
    pub(super) fn eat(&mut self, operator: &str) -> bool {
        let is_next = self.is(operator);
        self.at += usize::from(is_next);
        is_next
    }

    /// Skips this word if it is next.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let is_next = self.is_word(word);
        self.at += usize::from(is_next);
        is_next
    }

    /// Skips this operator, or fails.
    pub(super) fn expect(&mut self, operator: &str) -> Result<(), Problem> {
        if self.eat(operator) {
            return Ok(());
        }
        self.unexpected(&format!("`{operator}`"))
    }

    /// Skips this word, or fails.
    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Problem> {
        if self.eat_word(word) {
            return Ok(());
        }
        self.unexpected(&format!("`{word}`"))
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, Problem> {
        let found = self.peek();
        Err(Problem::new(self.line(), format!("{expected} is expected, not {found:?}")))
    }

    /// Reads a name that is no keyword.
    pub(super) fn name(&mut self) -> Result<&'a str, Problem> {
        match *self.peek() {
            Token::Name(name) if !is_keyword(name) => {
                self.advance();
                Ok(name)
            }
            _ => self.unexpected("a name"),
        }
    }

    /// Calls `read` one level deeper, or fails if that is too deep.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        if self.depth > MOST_OPEN {
            return Err(Problem::new(self.line(), "this is nested too deeply"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Reads statements to `into`. A compound statement that cannot be read is skipped, and kept as
    /// [`Kind::Unread`].
    fn readable(&mut self, into: &mut Vec<Node>) {
        let (start, depth, known) = (self.at, self.depth, into.len());
        if let Err(problem) = self.statement(into) {
            (self.at, self.depth) = (start, depth);
            into.truncate(known);
            let line = self.line();
            let name = self.skip();
            let reason = Node::leaf(problem.line, Kind::Text, problem.message);
            into.extend(Node::new(line, Kind::Unread, name, vec![reason]).ok());
        }
    }

    /// Skips a statement with its decorators and blocks. Returns its name if it has one.
    fn skip(&mut self) -> &'a str {
        let (mut depth, mut name, mut is_decorator) = (0_usize, "", self.is("@"));
        loop {
            if let (Token::Name("def" | "class"), Token::Name(next)) =
                (self.peek(), self.peek_at(1))
                && name.is_empty()
                && depth == 0
            {
                name = next;
            }
            let token = self.peek().clone();
            self.advance();
            match token {
                Token::Indent => depth += 1,
                Token::Dedent => depth = depth.saturating_sub(1),
                Token::Newline => {}
                Token::End => {
                    self.at -= 1;
                    return name;
                }
                _ => continue,
            }
            if depth == 0 && *self.peek() != Token::Indent {
                if !is_decorator {
                    return name;
                }
                is_decorator = self.is("@");
            }
        }
    }

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
    fn statement(&mut self, into: &mut Vec<Node>) -> Result<(), Problem> {
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
            "try" => self.attempt()?,
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

    fn attempt(&mut self) -> Result<Node, Problem> {
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
        let start = self.at;
        // The parentheses may be around all items, or be part of the first one.
        let inside = if self.eat("(") { self.with_items(Some(")")) } else { self.with_items(None) };
        let mut parts = match inside {
            Ok(items) if self.is(":") => items,
            _ => {
                self.at = start;
                self.with_items(None)?
            }
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
        let (line, start) = (self.line(), self.at);
        self.advance();
        let subject = self.expressions();
        let begins = self.is(":")
            && *self.peek_at(1) == Token::Newline
            && *self.peek_at(2) == Token::Indent
            && *self.peek_at(3) == Token::Name("case");
        let (Ok(subject), true) = (subject, begins) else {
            self.at = start;
            return Ok(None);
        };
        let mut parts = vec![subject];
        self.at += 3;
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

    fn end_of_line(&mut self) -> Result<(), Problem> {
        match self.peek() {
            Token::Newline => self.advance(),
            Token::End => {}
            _ => return self.unexpected("the end of the line"),
        }
        Ok(())
    }

    fn simple_statements(&mut self, into: &mut Vec<Node>) -> Result<(), Problem> {
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
        let word = match *self.peek() {
            Token::Name(word) if is_keyword(word) => word,
            _ => "",
        };
        let (kind, parts) = match word {
            // It does nothing.
            "pass" => {
                self.advance();
                return Ok(());
            }
            "break" | "continue" => {
                self.advance();
                (if word == "break" { "break" } else { "continue" }, Vec::new())
            }
            "return" => {
                self.advance();
                let ends = matches!(self.peek(), Token::Newline | Token::End) || self.is(";");
                ("return", if ends { Vec::new() } else { vec![self.expressions()?] })
            }
            "raise" => {
                self.advance();
                let mut parts = Vec::new();
                if !matches!(self.peek(), Token::Newline | Token::End) && !self.is(";") {
                    parts.push(self.expression()?);
                    if self.eat_word("from") {
                        parts.push(self.expression()?);
                    }
                }
                ("raise", parts)
            }
            "assert" => {
                self.advance();
                let mut parts = vec![self.expression()?];
                if self.eat(",") {
                    parts.push(self.expression()?);
                }
                ("assert", parts)
            }
            "del" => {
                self.advance();
                let deleted = self.expressions()?;
                ("del", vec![target(deleted)?])
            }
            "global" | "nonlocal" => {
                self.advance();
                loop {
                    let mut name = Node::leaf(line, Kind::Outer, self.name()?);
                    name.children.push(Node::leaf(line, Kind::Text, word));
                    into.push(name);
                    if !self.eat(",") {
                        return Ok(());
                    }
                }
            }
            "import" | "from" => ("import", self.import()?),
            _ => {
                into.push(self.assignment()?);
                return Ok(());
            }
        };
        into.push(Node::new(line, Kind::Part(kind), "", parts)?);
        Ok(())
    }

    /// Reads an import: the module, and the names that it sets.
    fn import(&mut self) -> Result<Vec<Node>, Problem> {
        let line = self.line();
        let mut parts = Vec::new();
        if self.eat_word("from") {
            let mut module = String::new();
            while !self.is_word("import") {
                match *self.peek() {
                    Token::Name(name) => module += name,
                    Token::Operator(dots @ ("." | "...")) => module += dots,
                    _ => return self.unexpected("a module"),
                }
                self.advance();
            }
            parts.push(Node::leaf(line, Kind::Text, module));
        }
        self.expect_word("import")?;
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
