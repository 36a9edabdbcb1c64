//! `Lift`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Index, Lifetime, Path, Type, parse_quote, spanned::Spanned as _};

use super::{GROUP, groups, offsets, payloads};
use crate::component::item::{Case, Field, Item, Kind};

/// The bodies of `lift_flat` and of `load`.
type Bodies = (TokenStream, TokenStream);

/// `Lift::PLAIN` of a record whose fields all have one.
fn plain(weft: &Path, fields: &[Field], lifetime: &Lifetime) -> TokenStream {
    let (offsets, binding) = offsets(weft, fields);
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let read = fields.iter().zip(offsets).map(|(Field { ty, .. }, offset)| {
        quote! { #weft::abi::plain_field::<#ty>(bytes, #offset) }
    });
    let value = made(fields, &read.collect::<Vec<_>>(), |group| quote! { (|| (#(#group,)*))() });
    quote! {
        const PLAIN: ::core::option::Option<fn(&[::core::primitive::u8]) -> Self> =
            if true #(&& <#types as #weft::abi::Lift<#lifetime>>::PLAIN.is_some())* {
                ::core::option::Option::Some(|bytes| {
                    #binding
                    #value
                })
            } else {
                ::core::option::Option::None
            };
    }
}

fn record(weft: &Path, fields: &[Field]) -> Bodies {
    let (offsets, binding) = offsets(weft, fields);
    let lifted = fields.iter().map(|field| {
        let lifted = part(weft, &field.ty, &quote! { lift_flat(cx, values) });
        quote! { #lifted? }
    });
    let loaded = fields.iter().zip(offsets).map(|(Field { ty, .. }, offset)| {
        let span = Span::call_site().located_at(ty.span());
        quote_spanned! {span=> #weft::abi::load_field::<#ty, _>(cx, bytes, #offset)? }
    });
    let group = |group: &[TokenStream]| {
        quote! {
            (|| ::core::result::Result::Ok::<_, #weft::error::Failure>((#(#group,)*)))()?
        }
    };
    let (lifted, loaded): (Vec<_>, Vec<_>) = (lifted.collect(), loaded.collect());
    let (lifted, loaded) = (made(fields, &lifted, group), made(fields, &loaded, group));
    (
        quote! { ::core::result::Result::Ok(#lifted) },
        quote! {
            #binding
            ::core::result::Result::Ok(#loaded)
        },
    )
}

/// Returns `Self` made of `values`, one for each field. Where these are many, `group` makes a
/// tuple of some.
fn made(
    fields: &[Field],
    values: &[TokenStream],
    group: impl Fn(&[TokenStream]) -> TokenStream,
) -> TokenStream {
    if fields.len() <= GROUP {
        let members = fields.iter().map(|field| &field.member);
        return quote! { Self { #(#members: #values,)* } };
    }
    let tuples = groups(fields).zip(values.chunks(GROUP)).map(|((name, _), values)| {
        let tuple = group(values);
        quote! { let #name = #tuple; }
    });
    let members = groups(fields).flat_map(|(name, fields)| {
        fields.iter().enumerate().map(move |(position, Field { member, .. })| {
            let position = Index::from(position);
            quote! { #member: #name.#position, }
        })
    });
    quote! {
        {
            #(#tuples)*
            Self { #(#members)* }
        }
    }
}

/// A function of a part's `Lift`; what is wrong with it is at the part's type.
fn part(weft: &Path, ty: &Type, call: &TokenStream) -> TokenStream {
    let span = Span::call_site().located_at(ty.span());
    quote_spanned! {span=> <#ty as #weft::abi::Lift<'_>>::#call }
}

fn newtype(weft: &Path, Field { member, ty, .. }: &Field) -> Bodies {
    let wrapped =
        |value: &TokenStream| quote! { ::core::result::Result::Ok(Self { #member: #value? }) };
    (
        wrapped(&part(weft, ty, &quote! { lift_flat(cx, values) })),
        wrapped(&part(weft, ty, &quote! { load(cx, bytes) })),
    )
}

/// The arms of a match on a discriminant that was checked, so that none comes behind the last.
fn arms(weft: &Path, cases: &[Case], call: &TokenStream) -> TokenStream {
    let last = cases.len().saturating_sub(1);
    let arms = (0_u32..).zip(cases).enumerate().map(|(position, (number, case))| {
        let Case { ident, payload, .. } = case;
        let pattern = if position == last { quote!(_) } else { quote!(#number) };
        match payload {
            Some(ty) => {
                let lifted = part(weft, ty, call);
                quote! { #pattern => Self::#ident(#lifted?), }
            }
            None => quote! { #pattern => Self::#ident, },
        }
    });
    quote! { ::core::result::Result::Ok(match case { #(#arms)* }) }
}

fn variant(weft: &Path, cases: &[Case]) -> Bodies {
    let payloads = payloads(weft, cases);
    let lifted = arms(weft, cases, &quote! { lift_flat(cx, &mut payload) });
    let loaded = arms(weft, cases, &quote! { load(cx, payload) });
    (
        quote! {
            let (case, mut payload) = const { #payloads }.lift_flat(cx, values)?;
            #lifted
        },
        quote! {
            let (case, payload) = const { #payloads }.load(cx, bytes)?;
            #loaded
        },
    )
}

fn enumeration(weft: &Path, cases: &[Case]) -> Bodies {
    let count = cases.len();
    let arms = arms(weft, cases, &TokenStream::new());
    let variant = quote! { const { #weft::abi::VariantAbi::without_payloads(#count) } };
    (
        quote! { let (case, _) = #variant.lift_flat(cx, values)?; #arms },
        quote! { let (case, _) = #variant.load(cx, bytes)?; #arms },
    )
}

fn flags(weft: &Path, fields: &[Field]) -> Bodies {
    let count = fields.len();
    let made = |from: &TokenStream| {
        let flags = fields.iter().enumerate().map(|(position, field)| {
            let member = &field.member;
            quote! { #member: bits >> #position & 1 != 0, }
        });
        quote! {
            let bits = const { #weft::abi::FlagsAbi::new(#count) }.#from?;
            ::core::result::Result::Ok(Self { #(#flags)* })
        }
    };
    (made(&quote! { lift_flat(values) }), made(&quote! { load(bytes) }))
}

pub(in crate::component) fn lift(item: &Item) -> TokenStream {
    let weft = &item.weft;
    let (lift_flat, load) = match &item.kind {
        Kind::Record(fields) | Kind::Tuple(fields) => record(weft, fields),
        Kind::Newtype(field) => newtype(weft, field),
        Kind::Variant(cases) => variant(weft, cases),
        Kind::Enum(cases) => enumeration(weft, cases),
        Kind::Flags(fields) => flags(weft, fields),
    };
    let lifetime = item.lifetime().unwrap_or_else(|| Lifetime::new("'weft", Span::call_site()));
    let plain = match &item.kind {
        Kind::Record(fields) | Kind::Tuple(fields) => plain(weft, fields, &lifetime),
        Kind::Newtype(field) => plain(weft, core::slice::from_ref(field), &lifetime),
        Kind::Variant(_) | Kind::Enum(_) | Kind::Flags(_) => TokenStream::new(),
    };
    let mut generics = item.generics.clone();
    if item.lifetime().is_none() {
        generics.params.insert(0, parse_quote!(#lifetime));
    }
    let (impl_generics, ..) = generics.split_for_impl();
    let (_, ty_generics, _) = item.generics.split_for_impl();
    let tr = quote! { #weft::abi::Lift<#lifetime> };
    let (ident, bounds) = (item.ident(), item.bounds(&tr));
    // The user may have deprecated the type or a part of it, which is no matter of its code.
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #tr for #ident #ty_generics #bounds {
            #plain

            fn lift_flat<WeftHandles: #weft::abi::LiftHandles>(
                cx: &mut #weft::abi::LiftContext<#lifetime, WeftHandles>,
                values: &mut #weft::abi::CoreValueIter<'_>,
            ) -> ::core::result::Result<Self, #weft::error::Failure> {
                let _ = &cx;
                #lift_flat
            }

            fn load<WeftHandles: #weft::abi::LiftHandles>(
                cx: &mut #weft::abi::LiftContext<#lifetime, WeftHandles>,
                bytes: &#lifetime [::core::primitive::u8],
            ) -> ::core::result::Result<Self, #weft::error::Failure> {
                let _ = &cx;
                #load
            }
        }
    }
}
