//! Implements Rust's `Error` for the error types of WIT's `result`s.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wit_parser::{Docs, TypeDef, TypeDefKind};

use crate::emit::docs::first_sentence;
use crate::emit::facts::Facts;
use crate::emit::names::Scope;

/// Returns the implementation that makes a type an error of Rust. The message is the first sentence
/// of the WIT, or the name if there is none, and the payload.
pub(crate) fn error(name: &Ident, definition: &TypeDef, facts: Facts) -> Option<TokenStream> {
    let lifetime = facts.borrows.then(|| quote!(<'_>));
    let mut scope = Scope::default();
    let mut arm = |wit: &str, docs: &Docs, payload: bool| {
        let case = scope.claim_type(wit);
        let message = message(wit, docs);
        if payload {
            let format = braces(&message) + ": {payload:?}";
            quote!(Self::#case(payload) => ::core::write!(f, #format),)
        } else {
            quote!(Self::#case => f.write_str(#message),)
        }
    };
    let body = match &definition.kind {
        TypeDefKind::Enum(cases) => {
            let arms = cases.cases.iter().map(|case| arm(&case.name, &case.docs, false));
            quote!(match self { #(#arms)* })
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter();
            let arms = cases.map(|case| arm(&case.name, &case.docs, case.ty.is_some()));
            quote!(match self { #(#arms)* })
        }
        TypeDefKind::Record(_) => {
            let wit = definition.name.as_deref().unwrap_or_default();
            let format = braces(&message(wit, &definition.docs)) + ": {self:?}";
            quote!(::core::write!(f, #format))
        }
        _ => return None,
    };
    Some(quote! {
        impl ::core::fmt::Display for #name #lifetime {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { #body }
        }
        impl ::core::error::Error for #name #lifetime {}
    })
}

fn message(wit: &str, docs: &Docs) -> String {
    docs.contents.as_deref().and_then(first_sentence).unwrap_or_else(|| wit.to_owned())
}

/// Returns `text` escaped for a format string.
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
