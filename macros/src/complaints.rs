//! The mistakes in one input, collected so that all of them are reported at once.
//!
//! A check that fails notes an error at the user's token and goes on. [`Complaints::settle`]
//! decides at the end if there is something to expand.

use proc_macro2::Span;
use quote::ToTokens;

/// The errors found so far, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Complaints {
    errors: Option<syn::Error>,
}

impl Complaints {
    /// Notes an error that already has its place.
    pub(crate) fn note(&mut self, error: syn::Error) {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    /// Notes `message` at one place.
    pub(crate) fn at(&mut self, span: Span, message: impl core::fmt::Display) {
        self.note(syn::Error::new(span, message));
    }

    /// Notes `message` at everything that `tokens` covers.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl core::fmt::Display) {
        self.note(syn::Error::new_spanned(tokens, message));
    }

    /// Returns what was made if nothing was noted, and every error otherwise.
    ///
    /// `made` is `None` if a part is missing. The function that should have made the part has
    /// noted the reason.
    pub(crate) fn settle<T>(self, made: Option<T>) -> syn::Result<T> {
        match (self.errors, made) {
            (Some(errors), _) => Err(errors),
            (None, Some(made)) => Ok(made),
            (None, None) => Err(syn::Error::new(
                Span::call_site(),
                "a bug in this derive: it found nothing to expand and no mistake in the input; please report it",
            )),
        }
    }
}
