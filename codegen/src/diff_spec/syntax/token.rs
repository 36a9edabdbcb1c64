//! Tokens of Python.

use super::Problem;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or a keyword.
    Name(&'a str),
    /// A number, as its value unless it is imaginary.
    Number(String),
    /// A string without its quotes and escapes; bytes begin with `b`, others with `s`.
    Text(String),
    /// An operator or a bracket.
    Operator(&'static str),
    /// The end of a statement's line.
    Newline,
    /// The begin of a block.
    Indent,
    /// The end of a block.
    Dedent,
    /// The end of the text.
    End,
}

/// The operators; one that begins with another comes before it.
const OPERATORS: [&str; 49] = [
    "**=", "//=", ">>=", "<<=", "...", "!=", "<=", ">=", "==", "->", ":=", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=", "@=", "**", "//", "<<", ">>", "+", "-", "*", "/", "%", "@", "&", "|",
    "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "=", "!", "$",
];

/// Returns the tokens of `text` with their lines. The last one is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, usize)>, Problem> {
    let mut reader = Reader {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        line: 1,
        open: Vec::new(),
        indents: vec![0],
        tokens: Vec::new(),
    };
    reader.read()?;
    Ok(reader.tokens)
}

/// A text that is being read.
struct Reader<'a> {
    rest: &'a str,
    line: usize,
    /// The brackets that are open, with their lines.
    open: Vec<(&'static str, usize)>,
    /// The widths of the blocks that are open.
    indents: Vec<usize>,
    tokens: Vec<(Token<'a>, usize)>,
}

impl<'a> Reader<'a> {
    fn push(&mut self, token: Token<'a>) {
        self.tokens.push((token, self.line));
    }

    fn problem<T>(&self, message: &str) -> Result<T, Problem> {
        Err(Problem::new(self.line, message))
    }

    /// Skips `length` bytes, and returns them.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn read(&mut self) -> Result<(), Problem> {
        self.indent()?;
        while let Some(first) = self.rest.chars().next() {
            match first {
                '\n' => {
                    if self.open.is_empty() {
                        self.push(Token::Newline);
                        self.take(1);
                        self.indent()?;
                    } else {
                        self.take(1);
                    }
                }
                ' ' | '\t' | '\r' | '\u{c}' => {
                    self.take(1);
                }
                '#' => {
                    self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
                }
                '\\' => match self.rest {
                    rest if rest.starts_with("\\\n") => drop(self.take(2)),
                    rest if rest.starts_with("\\\r\n") => drop(self.take(3)),
                    _ => return self.problem("this `\\` is not at the end of its line"),
                },
                '"' | '\'' => self.string("")?,
                c if c.is_ascii_digit() => self.number(),
                '.' if self.rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => {
                    self.number();
                }
                c if c.is_alphabetic() || c == '_' => self.name()?,
                _ => self.operator()?,
            }
        }
        if let Some((bracket, line)) = self.open.last() {
            return Err(Problem::new(*line, format!("this `{bracket}` is not closed")));
        }
        if !matches!(self.tokens.last(), None | Some((Token::Newline | Token::Dedent, _))) {
            self.push(Token::Newline);
        }
        while self.indents.len() > 1 {
            self.indents.pop();
            self.push(Token::Dedent);
        }
        self.push(Token::End);
        Ok(())
    }

    /// Reads the indentation of the next line that has code.
    fn indent(&mut self) -> Result<(), Problem> {
        loop {
            let code = self.rest.trim_start_matches([' ', '\t', '\u{c}']);
            let blank = self.rest.get(..self.rest.len() - code.len()).unwrap_or_default();
            let skipped = blank.len();
            let width = blank.chars().fold(0, |width, c| match c {
                '\t' => width / 8 * 8 + 8,
                '\u{c}' => 0,
                _ => width + 1,
            });
            let is_blank = code.starts_with(['\n', '\r', '#']);
            if code.is_empty() {
                self.take(skipped);
                return Ok(());
            }
            if is_blank {
                let end = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
                self.take(end);
                continue;
            }
            self.take(skipped);
            let current = self.indents.last().copied().unwrap_or(0);
            if width > current {
                self.indents.push(width);
                self.push(Token::Indent);
            }
            while self.indents.last().is_some_and(|last| *last > width) {
                self.indents.pop();
                self.push(Token::Dedent);
            }
            if self.indents.last().is_some_and(|last| *last != width) {
                return self.problem("this indentation belongs to no block");
            }
            return Ok(());
        }
    }

    fn number(&mut self) {
        let is_hexadecimal = self.rest.starts_with("0x") || self.rest.starts_with("0X");
        let mut before = ' ';
        let end = self.rest.find(|c: char| {
            let is_sign = matches!(c, '+' | '-') && !is_hexadecimal && matches!(before, 'e' | 'E');
            before = c;
            !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.') || is_sign)
        });
        let written = self.take(end.unwrap_or(self.rest.len()));
        let plain = written.replace('_', "").to_lowercase();
        let value = match plain.get(..2) {
            Some("0x") => u128::from_str_radix(plain.trim_start_matches("0x"), 16),
            Some("0o") => u128::from_str_radix(plain.trim_start_matches("0o"), 8),
            Some("0b") => u128::from_str_radix(plain.trim_start_matches("0b"), 2),
            _ => plain.parse(),
        };
        let value = value.map(|value| value.to_string());
        let value = value.or_else(|_| plain.parse().map(|float: f64| format!("{float:?}")));
        self.push(Token::Number(value.unwrap_or(plain)));
    }

    fn name(&mut self) -> Result<(), Problem> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let name = self.rest.get(..end.unwrap_or(self.rest.len())).unwrap_or_default();
        let after = self.rest.get(name.len()..).unwrap_or_default();
        let is_prefix = name.len() <= 2 && name.chars().all(|c| "rbuftRBUFT".contains(c));
        if is_prefix && after.starts_with(['"', '\'']) {
            self.take(name.len());
            return self.string(&name.to_lowercase());
        }
        self.take(name.len());
        self.push(Token::Name(name));
        Ok(())
    }

    /// Reads a string whose prefix has been read.
    fn string(&mut self, prefix: &str) -> Result<(), Problem> {
        let line = self.line;
        let quote = quote(self.rest);
        let content = self.rest.get(quote.len()..).unwrap_or_default();
        let is_format = prefix.contains(['f', 't']);
        let Some(length) = end_of_string(content, quote, is_format) else {
            return self.problem("this string is not closed");
        };
        self.take(quote.len());
        let content = self.take(length).replace("\r\n", "\n");
        self.take(quote.len());
        let kind = if prefix.contains('b') { 'b' } else { 's' };
        let text = match () {
            // The expressions in it stay as they are written.
            () if is_format => format!("{prefix}{content}"),
            () if prefix.contains('r') => format!("{kind}{content}"),
            () => format!("{kind}{}", without_escapes(&content)),
        };
        self.tokens.push((Token::Text(text), line));
        Ok(())
    }

    fn operator(&mut self) -> Result<(), Problem> {
        let Some(operator) = OPERATORS.into_iter().find(|o| self.rest.starts_with(o)) else {
            return self.problem("this character begins no token");
        };
        match operator {
            "(" | "[" | "{" => self.open.push((operator, self.line)),
            ")" | "]" | "}" => {
                let opens = match operator {
                    ")" => "(",
                    "]" => "[",
                    _ => "{",
                };
                if self.open.pop().is_none_or(|(open, _)| open != opens) {
                    return self.problem("this bracket closes nothing");
                }
            }
            _ => {}
        }
        self.push(Token::Operator(operator));
        self.take(operator.len());
        Ok(())
    }
}

/// Returns the quote at the begin of `text`.
fn quote(text: &str) -> &'static str {
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    quotes.into_iter().find(|quote| text.starts_with(quote)).unwrap_or("'")
}

/// Returns the length of a string's content, of which `text` begins after the quote. In a format
/// string, quotes between braces do not end it.
fn end_of_string(text: &str, quote_: &str, is_format: bool) -> Option<usize> {
    let (mut at, mut braces) = (0, 0_usize);
    loop {
        let rest = text.get(at..)?;
        if braces == 0 && rest.starts_with(quote_) {
            return Some(at);
        }
        let first = rest.chars().next()?;
        at += match first {
            '\\' => 1 + rest.chars().nth(1)?.len_utf8(),
            '\n' if quote_.len() == 1 && braces == 0 => return None,
            '{' if is_format && braces == 0 && rest.starts_with("{{") => 2,
            '{' if is_format => {
                braces += 1;
                1
            }
            '}' if braces > 0 => {
                braces -= 1;
                1
            }
            '"' | '\'' if braces > 0 => {
                let inner = quote(rest);
                2 * inner.len() + end_of_string(rest.get(inner.len()..)?, inner, false)?
            }
            other => other.len_utf8(),
        };
    }
}

/// Returns the content of a string with its escapes replaced. An escape that Python does not know
/// stays, as in Python; so does `\N{…}`.
fn without_escapes(content: &str) -> String {
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    while let Some((before, after)) = rest.split_once('\\') {
        text += before;
        let (value, length) = escape(after);
        match value {
            Some(value) => text += &value,
            None => {
                text.push('\\');
                text += after.get(..length).unwrap_or_default();
            }
        }
        rest = after.get(length..).unwrap_or_default();
    }
    text + rest
}

/// Returns the text of the escape after a `\`, and the escape's length. An unknown escape has no text,
/// and that of an end of line is empty.
fn escape(after: &str) -> (Option<String>, usize) {
    let number = |skipped: usize, most: usize, radix: u32| {
        let digits = after.get(skipped..).unwrap_or_default();
        let length = digits.chars().take(most).take_while(|c| c.is_digit(radix)).count();
        let value = digits.get(..length).and_then(|digits| u32::from_str_radix(digits, radix).ok());
        (value.and_then(char::from_u32).map(String::from), skipped + length)
    };
    let Some(first) = after.chars().next() else { return (None, 0) };
    let plain = |value| (Some(String::from(value)), 1);
    match first {
        '\n' => (Some(String::new()), 1),
        '\\' | '\'' | '"' => plain(first),
        'a' => plain('\u{7}'),
        'b' => plain('\u{8}'),
        'f' => plain('\u{c}'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\u{b}'),
        '0'..='7' => number(0, 3, 8),
        'x' => number(1, 2, 16),
        'u' => number(1, 4, 16),
        'U' => number(1, 8, 16),
        other => (None, other.len_utf8()),
    }
}
