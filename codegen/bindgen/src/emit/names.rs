//! Converts names of WIT to names of Rust.
//!
//! Names change case by Rust's conventions, and keywords are written raw. If two names of one scope
//! become the same, or one is a name that the generator needs, the later one gets a number. WIT's
//! names are claimed first, in the order of the WIT.

use std::collections::HashSet;

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};

/// The names in use in one Rust scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    taken: HashSet<String>,
    /// The names among them that keep their meaning: they are imported, or part of Rust's prelude.
    reserved: HashSet<String>,
}

impl Scope {
    /// Claims the name of a type, trait or enum case.
    pub(crate) fn claim_type(&mut self, wit: &str) -> Ident {
        self.claim(&wit.to_upper_camel_case())
    }

    /// Claims the name of a field, parameter, method or module.
    pub(crate) fn claim_value(&mut self, wit: &str) -> Ident {
        self.claim(&wit.to_snake_case())
    }

    /// Claims the name of a constant.
    pub(crate) fn claim_constant(&mut self, wit: &str) -> Ident {
        self.claim(&wit.to_shouty_snake_case())
    }

    /// Reserves a name, so that nothing else gets it. Returns `false` if something else already has
    /// it.
    pub(crate) fn reserve(&mut self, name: &str) -> bool {
        self.reserved.contains(name) || {
            let is_free = self.taken.insert(name.to_owned());
            if is_free {
                self.reserved.insert(name.to_owned());
            }
            is_free
        }
    }

    /// Claims a Rust name as it is, for an item with another name in WIT.
    pub(crate) fn claim_name(&mut self, name: &str) -> Ident {
        self.claim(name)
    }

    /// Claims `wanted`, or the first free name of `wanted2`, `wanted3`, ….
    fn claim(&mut self, wanted: &str) -> Ident {
        let mut wanted: String =
            wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !wanted.starts_with(|c: char| c.is_ascii_alphabetic()) {
            wanted.insert(0, 'x');
        }
        // `v1` followed by a number would look like another version.
        let joint = if wanted.ends_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
        let mut name = wanted.clone();
        let mut number = 2_u64;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}{joint}{number}");
            number += 1;
        }
        identifier(&name)
    }
}

/// The strict and reserved words of all editions that may be written raw.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Returns `name` as an identifier, for any word.
fn identifier(name: &str) -> Ident {
    match name {
        "self" | "Self" | "super" | "crate" => Ident::new(&format!("{name}_"), Span::call_site()),
        word if KEYWORDS.contains(&word) => Ident::new_raw(word, Span::call_site()),
        _ => Ident::new(name, Span::call_site()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rusts_conventions() {
        let mut scope = Scope::default();
        assert_eq!(scope.claim_type("DNS-error-payload").to_string(), "DnsErrorPayload");
        assert_eq!(scope.claim_value("HTTP-response").to_string(), "http_response");
        assert_eq!(scope.claim_constant("symlink-follow").to_string(), "SYMLINK_FOLLOW");
    }

    #[test]
    fn keywords_are_raw_and_path_words_get_an_underscore() {
        let mut scope = Scope::default();
        for word in ["type", "async", "gen", "try", "yield", "box", "dyn"] {
            assert_eq!(scope.claim_value(word).to_string(), format!("r#{word}"));
        }
        for word in ["self", "super", "crate"] {
            assert_eq!(scope.claim_value(word).to_string(), format!("{word}_"));
        }
        assert_eq!(scope.claim_type("self").to_string(), "Self_");
        assert_eq!(scope.claim_value("union").to_string(), "union");
    }

    #[test]
    fn a_name_in_use_gets_the_next_number() {
        let mut scope = Scope::default();
        let names: Vec<_> = ["a-b", "a-b", "aB", "v1", "v1", "self", "self"]
            .into_iter()
            .map(|name| scope.claim_value(name).to_string())
            .collect();
        assert_eq!(names, ["a_b", "a_b2", "a_b3", "v1", "v1_2", "self_", "self2"]);
    }
}
