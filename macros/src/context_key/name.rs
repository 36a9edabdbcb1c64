//! The name of a key: its default, and its spelling as an identifier.

use heck::ToKebabCase;
use proc_macro2::{Ident, Span};
use syn::{LitStr, ext::IdentExt};

use super::rule::broken_rule;
use crate::complaints::Complaints;

/// A name that follows the rule.
pub(super) struct KeyName {
    text: String,
    span: Span,
}

impl KeyName {
    /// Returns the name in `name = "…"`.
    pub(super) fn written(literal: &LitStr, complaints: &mut Complaints) -> Option<Self> {
        let name = Self { text: literal.value(), span: literal.span() };
        match broken_rule(&name.text) {
            None => Some(name),
            Some(rule) => {
                complaints.at(name.span, rule);
                None
            }
        }
    }

    /// Returns the default name: the name of the type, in kebab case.
    pub(super) fn of_type(key: &Ident, complaints: &mut Complaints) -> Option<Self> {
        let name = Self { text: key.unraw().to_string().to_kebab_case(), span: key.span() };
        match broken_rule(&name.text) {
            None => Some(name),
            Some(rule) => {
                complaints.at(
                    name.span,
                    format_args!(
                        "`{key}` can't be turned into a name ({rule}): add `name = \"…\"`"
                    ),
                );
                None
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the place that the name comes from: the literal, or the type.
    pub(super) fn span(&self) -> Span {
        self.span
    }

    /// Returns the name as the end of a snake-case identifier. It is readable, and different for
    /// each name.
    pub(super) fn spelling(&self) -> String {
        spelling(&self.text)
    }
}

/// Spells a name in words of lower-case letters and digits, joined by `_`.
///
/// Runs of lower-case letters and digits stay as they are, and a single `-` between two of them
/// becomes the `_` between the words. Any other character becomes a word of its own: `u` and its
/// code point in hexadecimal. If a run looks like such a word, its `u` is spelled as a code
/// point, too. So the name can be read back, and no two names have the same spelling.
pub(super) fn spelling(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut run = String::new();
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        if is_plain(c) {
            run.push(c);
            continue;
        }
        let between_runs = !run.is_empty() && rest.peek().copied().is_some_and(is_plain);
        close_run(&mut run, &mut words);
        if !(c == '-' && between_runs) {
            words.push(code_point(c));
        }
    }
    close_run(&mut run, &mut words);
    words.join("_")
}

fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn code_point(c: char) -> String {
    format!("u{:x}", u32::from(c))
}

fn close_run(run: &mut String, words: &mut Vec<String>) {
    let run = core::mem::take(run);
    match run.strip_prefix('u') {
        Some(digits) if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit()) => {
            words.push(code_point('u'));
            words.push(digits.to_owned());
        }
        _ if run.is_empty() => {}
        _ => words.push(run),
    }
}
