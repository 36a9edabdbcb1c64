//! `limit.rs`: the constants of the canonical ABI.

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitInt;
use weft_spec::Spec;

use super::rust::{canonical_abi, constant_name, doc, outer_doc};

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc("Limits and other numbers of the canonical ABI.\n\
         \n\
         ```\n\
         use weft_core::abi::Flattening;\n\
         use weft_core::limit::MAX_FLAT_PARAMS;\n\
         \n\
         assert_eq!(MAX_FLAT_PARAMS, 16);\n\
         assert_eq!(Flattening::Lift.max_flat_params(), 16);\n\
         ```");
    let constants = spec.constants.iter().map(|constant| {
        let name = constant_name(&constant.name);
        let link = canonical_abi(&constant.anchor);
        let text = outer_doc(&format!("{}\n\n{link}", constant.summary));
        let (ty, value) = match u32::try_from(constant.value) {
            Ok(value) => (quote!(u32), number(value.into())),
            Err(_) => (quote!(u64), number(constant.value)),
        };
        quote! { #text pub const #name: #ty = #value; }
    });
    quote! { #head #(#constants)* }
}

/// Formats a number for people: small ones in decimal, large ones in hexadecimal, in groups.
fn number(value: u64) -> LitInt {
    if value < 0x1_0000 {
        return LitInt::new(&value.to_string(), proc_macro2::Span::call_site());
    }
    let digits = format!("{value:x}");
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(4) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    LitInt::new(&format!("0x{grouped}"), proc_macro2::Span::call_site())
}
