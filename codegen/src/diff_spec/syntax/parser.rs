//! The position in the tokens of a file.

use super::expression::keyword;
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

    /// Fails, because something else is expected here.
    pub(super) fn unexpected<T>(&self, expected: &str) -> Result<T, Problem> {
        let found = self.peek();
        Err(Problem::new(self.line(), format!("{expected} is expected, not {found:?}")))
    }

    /// Reads a name that is no keyword.
    pub(super) fn name(&mut self) -> Result<&'a str, Problem> {
        match *self.peek() {
            Token::Name(name) if keyword(name).is_none() => {
                self.advance();
                Ok(name)
            }
            _ => self.unexpected("a name"),
        }
    }

    /// Calls `read`, and returns to this position if it finds nothing.
    pub(super) fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.at;
        let found = read(self);
        if found.is_none() {
            self.at = start;
        }
        found
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
    pub(super) fn readable(&mut self, into: &mut Vec<Node>) {
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
}
