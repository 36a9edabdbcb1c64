//! The rule for names of fields, cases and flags: they are labels of the Component Model.
//!
//! A label consists of words with `-` between them. A word has digits and letters of one case.
//! The first word begins with a letter.

use std::collections::HashSet;

use heck::ToKebabCase as _;
use proc_macro2::{Ident, Span};
use syn::{LitStr, ext::IdentExt as _};

use crate::complaints::Complaints;

/// A name and the place where it was written.
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Span,
}

impl Name {
    /// Returns the name in the option `name`, or the identifier in kebab case.
    pub(super) fn of(ident: &Ident, written: Option<&LitStr>, complaints: &mut Complaints) -> Self {
        let name = match written {
            Some(literal) => Self { text: literal.value(), span: literal.span() },
            None => Self { text: ident.unraw().to_string().to_kebab_case(), span: ident.span() },
        };
        match label_mistake(&name.text) {
            None => {}
            Some(mistake) if written.is_some() => complaints.at(name.span, mistake),
            Some(_) => complaints.at(
                name.span,
                format_args!(
                    "`{ident}` can't be turned into a name in WIT: add `#[component(name = \"…\")]`"
                ),
            ),
        }
        name
    }
}

/// Complains about each name that was used before.
pub(super) fn check_different<'a>(
    names: impl Iterator<Item = &'a Name>,
    complaints: &mut Complaints,
) {
    let mut seen: HashSet<&str> = HashSet::new();
    for name in names {
        if !seen.insert(&name.text) {
            complaints.at(
                name.span,
                format_args!("the name `{}` is used twice: choose another", name.text),
            );
        }
    }
}

/// Returns the reason that a text is not a label, if it is not.
pub(super) fn label_mistake(text: &str) -> Option<String> {
    let is_word = |word: &str| {
        let of_case = |is_letter: fn(&char) -> bool| {
            word.chars().all(|it| is_letter(&it) || it.is_ascii_digit())
        };
        let lower = of_case(char::is_ascii_lowercase);
        !word.is_empty() && (lower || of_case(char::is_ascii_uppercase))
    };
    if text.split('-').all(is_word) && text.starts_with(|it: char| it.is_ascii_alphabetic()) {
        return None;
    }
    Some(format!(
        "`{text}` is no name in WIT: words with `-` between them, of digits and letters of one \
         case each, and first a letter"
    ))
}
