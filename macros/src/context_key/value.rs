//! The types that a value may have, as far as tokens show it.
//!
//! A value outlives the call that stored it, so its type has no lifetime but `'static`. It is
//! written out, because a key has one value type. Tokens don't show if the type exists, is sized,
//! or hides a lifetime: the compiler reports that at the same tokens.
//!
//! `unsafe` is refused although the user wrote it: no expansion contains it, without exceptions.
//! A `type` alias avoids it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    BoundLifetimes, Expr, GenericParam, Lifetime, Macro, ParenthesizedGenericArguments, TraitBound,
    Type, TypeFnPtr, TypeImplTrait, TypeInfer, TypeReference,
    visit::{self, Visit},
};

use crate::complaints::Complaints;

/// Notes each part of `value` that a value's type can't have.
pub(super) fn check(value: &Type, complaints: &mut Complaints) {
    let mut check = Check { complaints, bound: Vec::new(), signatures: 0 };
    check.visit_type(value);
    if let Some(span) = find_unsafe(value.to_token_stream()) {
        complaints.at(
            span,
            "a derive of this crate expands to no `unsafe`: name this type with a `type` alias",
        );
    }
}

struct Check<'c> {
    complaints: &'c mut Complaints,
    /// The lifetimes that the `for<…>` around this place bind.
    bound: Vec<Ident>,
    /// The number of function signatures around this place. In a signature, `&T` needs no
    /// lifetime.
    signatures: usize,
}

impl Check<'_> {
    fn within_binder(&mut self, binder: Option<&BoundLifetimes>, look: impl FnOnce(&mut Self)) {
        let outside = self.bound.len();
        for parameter in binder.iter().flat_map(|binder| &binder.lifetimes) {
            if let GenericParam::Lifetime(parameter) = parameter {
                self.bound.push(parameter.lifetime.ident.clone());
            }
        }
        look(self);
        self.bound.truncate(outside);
    }

    fn within_signature(&mut self, look: impl FnOnce(&mut Self)) {
        self.signatures = self.signatures.saturating_add(1);
        look(self);
        self.signatures = self.signatures.saturating_sub(1);
    }
}

impl<'ast> Visit<'ast> for Check<'_> {
    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        let elided = lifetime.ident == "_" && self.signatures > 0;
        if lifetime.ident != "static" && !elided && !self.bound.contains(&lifetime.ident) {
            self.complaints.on(
                lifetime,
                format_args!(
                    "a context value outlives the call that stored it: \
                     `{lifetime}` cannot be here, only `'static`"
                ),
            );
        }
    }

    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.lifetime.is_none() && self.signatures == 0 {
            self.complaints.on(
                reference.and_token,
                "a context value outlives the call that stored it: write `&'static`",
            );
        }
        visit::visit_type_reference(self, reference);
    }

    fn visit_type_infer(&mut self, placeholder: &'ast TypeInfer) {
        self.complaints.on(placeholder, "a context key has one value type: write it out");
    }

    fn visit_type_impl_trait(&mut self, opaque: &'ast TypeImplTrait) {
        self.complaints.on(opaque, "a context key has one value type: name it");
    }

    fn visit_type_fn_ptr(&mut self, function: &'ast TypeFnPtr) {
        self.within_binder(function.lifetimes.as_ref(), |check| {
            check.within_signature(|check| visit::visit_type_fn_ptr(check, function));
        });
    }

    fn visit_parenthesized_generic_arguments(
        &mut self,
        signature: &'ast ParenthesizedGenericArguments,
    ) {
        self.within_signature(|check| {
            visit::visit_parenthesized_generic_arguments(check, signature);
        });
    }

    fn visit_trait_bound(&mut self, bound: &'ast TraitBound) {
        self.within_binder(bound.lifetimes.as_ref(), |check| {
            visit::visit_trait_bound(check, bound);
        });
    }

    // Lifetimes that a binder declares, expressions of constants and the tokens of macros are not
    // types of the value.
    fn visit_bound_lifetimes(&mut self, _: &'ast BoundLifetimes) {}
    fn visit_expr(&mut self, _: &'ast Expr) {}
    fn visit_macro(&mut self, _: &'ast Macro) {}
}

fn find_unsafe(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "unsafe" => Some(word.span()),
        TokenTree::Group(group) => find_unsafe(group.stream()),
        _ => None,
    })
}
