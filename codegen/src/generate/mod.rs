//! From the data to the files that are generated from it.
//!
//! | module | writes |
//! |---|---|
//! | `builtin` | `builtin.rs`: the enumeration, the sums of definitions and traits |
//! | `family` | `stream.rs` and its like: definition, typed trait, decoding and encoding of a family |
//! | `description` | in those: what the spec says of a built-in |
//! | `guards` | `guards.rs`: the checks that come first |
//! | `code` | `code.rs`: enumerations and packed integers |
//! | `trap` | `trap.rs`: the rules and their messages |
//! | `limit` | `limit.rs`: the constants |
//! | `gate` | `gate.rs`: the features |
//! | `value_type` | `value_type.rs`: the value types and their fixed layouts |
//! | `reference_page` | `spec/BUILTINS.md` |
//! | `rust` | (the way from tokens to a Rust file) |
//!
//! Rust is made as tokens, parsed, and printed; Markdown comes from a template.

mod builtin;
mod code;
mod description;
mod family;
mod gate;
mod guards;
mod limit;
mod reference_page;
mod rust;
mod trap;
mod value_type;

pub(crate) use description::{required, spelled};
pub(crate) use reference_page::Entry;

use quote::quote;
use weft_spec::{Report, Spec};

/// A file that is generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where it goes, from the root of the workspace, with `/` between folders.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Folders that hold nothing but generated files, from the root of the workspace.
pub const GENERATED_FOLDERS: [&str; 1] = ["runtime/core/src/generated"];

/// The files that are generated from `spec`, in order of their paths.
///
/// # Errors
///
/// A [`Report`] if what was generated is not Rust, which is a mistake of the generator.
pub fn outputs(spec: &Spec) -> Result<Vec<Output>, Report> {
    let mut modules = vec![
        ("builtin", "spec/builtins/*.toml", builtin::module(spec)),
        ("code", "spec/abi.toml", code::module(spec)),
        ("gate", "spec/gates.toml", gate::module(spec)),
        ("guards", "spec/traps.toml", guards::module(spec)),
        ("limit", "spec/abi.toml", limit::module(spec)),
        ("trap", "spec/traps.toml", trap::module(spec)),
        ("value_type", "spec/types.toml", value_type::module(spec)),
    ]
    .into_iter()
    .map(|(name, from, tokens)| (name.to_owned(), from.to_owned(), tokens))
    .collect::<Vec<_>>();
    for family in spec.families() {
        let name = rust::value_name(family).to_string();
        let from = format!("spec/builtins/{family}.toml");
        modules.push((name, from, family::module(spec, family)));
    }
    modules.sort_by(|one, other| one.0.cmp(&other.0));

    let mut outputs = Vec::new();
    let names = modules.iter().map(|(name, ..)| {
        // What users see as modules of the runtime; the rest is re-exported item by item.
        let seen = ["code", "gate", "limit", "trap", "value_type"].contains(&name.as_str());
        let ident = rust::value_name(name);
        if seen { quote!(pub mod #ident;) } else { quote!(pub(crate) mod #ident;) }
    });
    let map = rust::doc(
        "What `spec/` says, as Rust: one module a file of the data, one a family of built-ins.",
    );
    let index = quote! { #map #(#names)* };
    modules.push(("mod".to_owned(), "spec/".to_owned(), index));
    for (name, from, tokens) in modules {
        let text = rust::file(&from, tokens).map_err(|error| {
            Report::of(weft_spec::Diagnostic::error(
                "generator",
                format!("what was generated for `{name}.rs` is not Rust: {error}"),
            ))
        })?;
        outputs.push(Output { path: format!("runtime/core/src/generated/{name}.rs"), text });
    }
    outputs.push(Output {
        path: "spec/BUILTINS.md".to_owned(),
        text: reference_page::page(spec).map_err(|error| {
            Report::of(weft_spec::Diagnostic::error("generator", error.to_string()))
        })?,
    });
    outputs.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(outputs)
}
