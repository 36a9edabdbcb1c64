//! The implementation of `Lift`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Index, Lifetime, Path, Type, parse_quote};

use super::{GROUP, groups, span_of};
use crate::component::item::{Case, Field, Item, Kind};

/// Returns the path of an item of a part's `Lift`. The compiler reports mistakes at the part's
/// type.
fn of_part(weft: &Path, lifetime: &Lifetime, ty: &Type, what: &TokenStream) -> TokenStream {
    let span = span_of(ty);
    quote_spanned! {span=> <#ty as #weft::abi::Lift<#lifetime>>::#what }
}

/// Types of the standard library that have no `Lift::PLAIN`.
const NEVER_PLAIN: [&str; 9] =
    ["String", "Vec", "Option", "Result", "Box", "Cow", "HashMap", "bool", "char"];

/// Returns `false` if a type has the name of one that has no `Lift::PLAIN`. A type of another crate
/// with that name is lifted without it, too.
fn may_be_plain(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_none_or(|last| NEVER_PLAIN.iter().all(|it| last.ident != it))
        }
        Type::Reference(_) => false,
        _ => true,
    }
}

/// Returns `Lift::PLAIN`, which exists if all fields have one.
fn plain(weft: &Path, fields: &[Field], lifetime: &Lifetime) -> TokenStream {
    // Most records have a string or the like, and then the compiler need not look at all their fields.
    if !fields.iter().all(|field| may_be_plain(&field.ty)) {
        return TokenStream::new();
    }
    let are_plain =
        fields.iter().map(|field| of_part(weft, lifetime, &field.ty, &quote! { PLAIN.is_some() }));
    quote! {
        const PLAIN: ::core::option::Option<fn(&[::core::primitive::u8]) -> Self> =
            #weft::abi::plain_parts(true #(&& #are_plain)*);
    }
}

/// Returns an expression that lifts `Self`. If it has many fields, they are lifted as tuples
/// first.
fn record(weft: &Path, fields: &[Field], lifetime: &Lifetime) -> TokenStream {
    let lifted = fields.iter().map(|Field { ty, .. }| {
        let lifted = of_part(weft, lifetime, ty, &quote! { lift_part(__weft_parts) });
        quote! { #lifted? }
    });
    let lifted: Vec<_> = lifted.collect();
    if fields.len() <= GROUP {
        let members = fields.iter().map(|field| &field.member);
        return quote! { ::core::result::Result::Ok(Self { #(#members: #lifted,)* }) };
    }
    let tuples = groups(fields).zip(lifted.chunks(GROUP)).map(|((name, _), lifted)| {
        quote! {
            let #name = (|| {
                ::core::result::Result::Ok::<_, #weft::error::Failure>((#(#lifted,)*))
            })()?;
        }
    });
    let members = groups(fields).flat_map(|(name, fields)| {
        fields.iter().enumerate().map(move |(position, Field { member, .. })| {
            let position = Index::from(position);
            quote! { #member: #name.#position, }
        })
    });
    quote! {
        #(#tuples)*
        ::core::result::Result::Ok(Self { #(#members)* })
    }
}

/// Returns an expression that lifts the case. Its number is checked before, so that the last arm
/// needs no pattern.
fn cases(weft: &Path, cases: &[Case], lifetime: &Lifetime) -> TokenStream {
    let last = cases.len().saturating_sub(1);
    let has_payloads = cases.iter().any(|case| case.payload.is_some());
    let arms = (0_u32..).zip(cases).enumerate().map(|(position, (number, case))| {
        let Case { ident, payload, .. } = case;
        let pattern = if position == last { quote!(_) } else { quote!(#number) };
        match payload {
            Some(ty) => {
                let lift = quote! { lift_part(&mut __weft_payload) };
                let lifted = of_part(weft, lifetime, ty, &lift);
                quote! { #pattern => Self::#ident(#lifted?), }
            }
            None => quote! { #pattern => Self::#ident, },
        }
    });
    let payload = if has_payloads { quote!(mut __weft_payload) } else { quote!(_) };
    quote! {
        let (__weft_case, #payload) = #weft::abi::LiftParts::case::<Self>(__weft_parts)?;
        ::core::result::Result::Ok(match __weft_case { #(#arms)* })
    }
}

fn flags(weft: &Path, fields: &[Field]) -> TokenStream {
    let flags = fields.iter().enumerate().map(|(position, Field { member, .. })| {
        quote! { #member: __weft_bits >> #position & 1 != 0, }
    });
    quote! {
        let __weft_bits = #weft::abi::LiftParts::flags::<Self>(__weft_parts)?;
        ::core::result::Result::Ok(Self { #(#flags)* })
    }
}

pub(in crate::component) fn lift(item: &Item) -> TokenStream {
    let weft = &item.weft;
    let lifetime = item.lifetime().unwrap_or_else(|| Lifetime::new("'__weft", Span::call_site()));
    let of_fields =
        |fields: &[Field]| (plain(weft, fields, &lifetime), record(weft, fields, &lifetime));
    let (plain, lifted) = match &item.kind {
        Kind::Record(fields) | Kind::Tuple(fields) => of_fields(fields),
        Kind::Newtype(field) => of_fields(core::slice::from_ref(field)),
        Kind::Variant(all) | Kind::Enum(all) => (TokenStream::new(), cases(weft, all, &lifetime)),
        Kind::Flags(fields) => (TokenStream::new(), flags(weft, fields)),
    };
    let mut generics = item.generics.clone();
    if item.lifetime().is_none() {
        generics.params.insert(0, parse_quote!(#lifetime));
    }
    let (impl_generics, ..) = generics.split_for_impl();
    let (_, ty_generics, _) = item.generics.split_for_impl();
    let tr = quote! { #weft::abi::Lift<#lifetime> };
    let (ident, bounds) = (item.ident(), item.bounds(&tr));
    // A deprecated type or part does not warn in the code that is generated for it.
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #tr for #ident #ty_generics #bounds {
            #plain

            fn lift_parts<__WeftParts: #weft::abi::LiftParts<#lifetime>>(
                __weft_parts: &mut __WeftParts,
            ) -> ::core::result::Result<Self, #weft::error::Failure> {
                #lifted
            }
        }
    }
}
