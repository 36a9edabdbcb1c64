//! `Lower`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Path, Type, spanned::Spanned as _};

use super::{GROUP, offsets, payloads};
use crate::component::item::{Case, Field, Item, Kind};

/// A `u32` with a bit for each field that is true.
fn bits(fields: &[Field]) -> TokenStream {
    let flags = fields.iter().enumerate().map(|(position, field)| {
        let member = &field.member;
        quote! { (::core::primitive::u32::from(self.#member) << #position) }
    });
    quote! { #(#flags)|* }
}

fn types_of(fields: &[Field]) -> Vec<&Type> {
    fields.iter().map(|field| &field.ty).collect()
}

fn spans_of(fields: &[Field]) -> Vec<Span> {
    fields.iter().map(|field| Span::call_site().located_at(field.ty.span())).collect()
}

/// Returns the bodies of `lower_flat` and `store` that lower each field after the other.
fn lower_fields(weft: &Path, fields: &[Field]) -> (TokenStream, TokenStream) {
    let members: Vec<_> = fields.iter().map(|field| &field.member).collect();
    let (offsets, binding) = offsets(weft, fields);
    let (types, spans) = (types_of(fields), spans_of(fields));
    let lowered = members.iter().zip(&types).zip(&spans).map(|((member, ty), span)| {
        quote_spanned! {*span=>
            <#ty as #weft::abi::Lower>::lower_flat(&self.#member, cx, flat)?;
        }
    });
    let stored = members.iter().zip(&types).zip(&spans).zip(offsets);
    let stored = stored.map(|(((member, ty), span), offset)| {
        quote_spanned! {*span=>
            #weft::abi::store_field::<#ty, _>(&self.#member, cx, address, #offset)?;
        }
    });
    let lowered = one_after_another(weft, lowered.collect());
    let stored = one_after_another(weft, stored.collect());
    (
        quote! { #lowered ::core::result::Result::Ok(()) },
        quote! { #binding #stored ::core::result::Result::Ok(()) },
    )
}

/// Returns the statements, in groups if they are many.
fn one_after_another(weft: &Path, statements: Vec<TokenStream>) -> TokenStream {
    if statements.len() <= GROUP {
        return statements.into_iter().collect();
    }
    let groups = statements.chunks(GROUP).map(|group| {
        quote! {
            (|| {
                #(#group)*
                ::core::result::Result::Ok::<(), #weft::error::Failure>(())
            })()?;
        }
    });
    groups.collect()
}

/// Returns the bodies of `lower_flat` and `store` that lower the case of a variant with its payload.
fn lower_cases(weft: &Path, cases: &[Case]) -> (TokenStream, TokenStream) {
    let payloads = payloads(weft, cases);
    let arms = |function: &str, place: &TokenStream| {
        let function = Ident::new(function, Span::call_site());
        let arms = (0_u32..).zip(cases).map(|(number, Case { ident, payload, .. })| {
            if payload.is_some() {
                quote! {
                    Self::#ident(payload) => variant.#function(cx, #place, #number, payload),
                }
            } else {
                quote! { Self::#ident => variant.#function(cx, #place, #number, &()), }
            }
        });
        quote! {
            let variant = const { #payloads };
            match self { #(#arms)* }
        }
    };
    (arms("lower_flat", &quote!(flat)), arms("store", &quote!(address)))
}

/// Returns the bodies of `lower_flat` and `store` that lower the number of a case.
fn lower_case_number(weft: &Path, cases: &[Case]) -> (TokenStream, TokenStream) {
    let count = cases.len();
    let arms = (0_u32..).zip(cases).map(|(number, Case { ident, .. })| {
        quote! { Self::#ident => #number, }
    });
    let case = quote! {
        let case = match self { #(#arms)* };
        let variant = const { #weft::abi::VariantAbi::without_payloads(#count) };
    };
    (
        quote! { #case variant.lower_flat(cx, flat, case, &()) },
        quote! { #case variant.store(cx, address, case, &()) },
    )
}

pub(in crate::component) fn lower(item: &Item) -> TokenStream {
    let weft = &item.weft;
    let (lower_flat, store) = match &item.kind {
        Kind::Record(fields) | Kind::Tuple(fields) => lower_fields(weft, fields),
        Kind::Newtype(field) => {
            let member = &field.member;
            (
                quote! { #weft::abi::Lower::lower_flat(&self.#member, cx, flat) },
                quote! { #weft::abi::Lower::store(&self.#member, cx, address) },
            )
        }
        Kind::Variant(cases) => lower_cases(weft, cases),
        Kind::Enum(cases) => lower_case_number(weft, cases),
        Kind::Flags(fields) => {
            let (count, bits) = (fields.len(), bits(fields));
            let flags = quote! { const { #weft::abi::FlagsAbi::new(#count) } };
            (quote! { #flags.lower_flat(flat, #bits) }, quote! { #flags.store(cx, address, #bits) })
        }
    };
    item.implementation(
        &quote! { #weft::abi::Lower },
        &quote! {
            fn lower_flat<WeftContext: #weft::abi::LowerContext + ?::core::marker::Sized>(
                &self,
                cx: &mut WeftContext,
                flat: &mut #weft::abi::FlatValues,
            ) -> ::core::result::Result<(), #weft::error::Failure> {
                let _ = &cx;
                #lower_flat
            }

            fn store<WeftContext: #weft::abi::LowerContext + ?::core::marker::Sized>(
                &self,
                cx: &mut WeftContext,
                address: ::core::primitive::u64,
            ) -> ::core::result::Result<(), #weft::error::Failure> {
                #store
            }
        },
    )
}
