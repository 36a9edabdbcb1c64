//! The implementation of `Lower`.
//!
//! All names that the expansion binds begin with `__weft`. A constant of the user with the name
//! of a binding would be taken as a pattern.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;

use super::{GROUP, span_of};
use crate::component::item::{Case, Field, Item, Kind};

/// Returns statements that lower each field after the other, in groups if there are many.
fn fields(weft: &Path, fields: &[Field]) -> TokenStream {
    let lowered = fields.iter().map(|Field { member, ty, .. }| {
        let span = span_of(ty);
        quote_spanned! {span=>
            #weft::abi::LowerParts::part::<#ty>(__weft_parts, &self.#member)?;
        }
    });
    let lowered: Vec<_> = lowered.collect();
    if lowered.len() <= GROUP {
        return quote! { #(#lowered)* ::core::result::Result::Ok(()) };
    }
    let groups = lowered.chunks(GROUP).map(|group| {
        quote! {
            (|| {
                #(#group)*
                ::core::result::Result::Ok::<(), #weft::error::Failure>(())
            })()?;
        }
    });
    quote! { #(#groups)* ::core::result::Result::Ok(()) }
}

/// Returns an expression that lowers the number of a case, and its payload if it has one.
fn cases(weft: &Path, cases: &[Case]) -> TokenStream {
    let arms = (0_u32..).zip(cases).map(|(number, Case { ident, payload, .. })| match payload {
        Some(ty) => {
            let span = span_of(ty);
            let lowered = quote_spanned! {span=>
                #weft::abi::LowerParts::case::<Self, #ty>(__weft_parts, #number, __weft_payload)
            };
            quote! { Self::#ident(__weft_payload) => #lowered, }
        }
        None => quote! {
            Self::#ident => #weft::abi::LowerParts::case::<Self, ()>(__weft_parts, #number, &()),
        },
    });
    quote! { match self { #(#arms)* } }
}

/// Returns an expression that lowers only the number of a case.
fn case_number(weft: &Path, cases: &[Case]) -> TokenStream {
    let arms = (0_u32..).zip(cases).map(|(number, Case { ident, .. })| {
        quote! { Self::#ident => #number, }
    });
    quote! {
        #weft::abi::LowerParts::case::<Self, ()>(__weft_parts, match self { #(#arms)* }, &())
    }
}

/// Returns an expression that lowers a number with a bit for each field that is true.
fn flags(weft: &Path, fields: &[Field]) -> TokenStream {
    let bits = (0_u32..).zip(fields).map(|(position, Field { member, ty, .. })| {
        let span = span_of(ty);
        quote_spanned! {span=> #weft::abi::FlagsAbi::bit(self.#member, #position) }
    });
    quote! { #weft::abi::LowerParts::flags::<Self>(__weft_parts, #(#bits)|*) }
}

pub(in crate::component) fn lower(item: &Item) -> TokenStream {
    let weft = &item.weft;
    let lowered = match &item.kind {
        Kind::Record(all) | Kind::Tuple(all) => fields(weft, all),
        Kind::Newtype(field) => fields(weft, core::slice::from_ref(field)),
        Kind::Variant(all) => cases(weft, all),
        Kind::Enum(all) => case_number(weft, all),
        Kind::Flags(all) => flags(weft, all),
    };
    item.implementation(
        &quote! { #weft::abi::Lower },
        &quote! {
            fn lower_parts<__WeftParts: #weft::abi::LowerParts>(
                &self,
                __weft_parts: &mut __WeftParts,
            ) -> ::core::result::Result<(), #weft::error::Failure> {
                #lowered
            }
        },
    )
}
