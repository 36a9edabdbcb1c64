//! The implementations of the three traits.
//!
//! They declare which parts there are and leave the rest to functions of `weft::abi`. A part
//! whose type is no type of the Component Model is reported by the compiler at that type.
//!
//! | trait | where |
//! |---|---|
//! | `ComponentType` | here |
//! | `Lower` | `lower.rs` |
//! | `Lift` | `lift.rs` |

mod lift;
mod lower;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Path, Type, WhereClause, parse_quote, spanned::Spanned as _};

use super::item::{Case, Field, Item, Kind};

pub(super) use lift::lift;
pub(super) use lower::lower;

/// A constant of a part's `ComponentType`.
fn constant(weft: &Path, ty: &Type, name: &str) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    let span = Span::call_site().located_at(ty.span());
    quote_spanned! {span=> <#ty as #weft::abi::ComponentType>::#name }
}

fn constants<'a>(
    weft: &'a Path,
    fields: &'a [Field],
    name: &'a str,
) -> impl Iterator<Item = TokenStream> + 'a {
    fields.iter().map(move |field| constant(weft, &field.ty, name))
}

/// The layouts of the payloads of a variant's cases.
fn payloads(weft: &Path, cases: &[Case]) -> TokenStream {
    let payloads = cases.iter().map(|case| match &case.payload {
        Some(ty) => constant(weft, ty, "ABI"),
        None => quote! { #weft::abi::Abi::NOTHING },
    });
    quote! { #weft::abi::VariantAbi::new(&[#(#payloads),*]) }
}

impl Item {
    /// The bounds of the item with `bound` for each type parameter.
    fn bounds(&self, bound: &TokenStream) -> Option<WhereClause> {
        let mut generics = self.generics.clone();
        let parameters: Vec<Ident> =
            generics.type_params().map(|parameter| parameter.ident.clone()).collect();
        if parameters.is_empty() {
            return generics.where_clause;
        }
        let clause = generics.make_where_clause();
        for parameter in parameters {
            clause.predicates.push(parse_quote!(#parameter: #bound));
        }
        generics.where_clause
    }

    /// The item's name, read as part of the expansion, so that a deprecated one does not warn.
    fn ident(&self) -> Ident {
        let mut ident = self.ident.clone();
        ident.set_span(Span::call_site().located_at(ident.span()));
        ident
    }

    fn implementation(&self, tr: &TokenStream, body: &TokenStream) -> TokenStream {
        let (impl_generics, ty_generics, _) = self.generics.split_for_impl();
        let (ident, bounds) = (self.ident(), self.bounds(tr));
        // The user may have deprecated the type or a part of it, which is no matter of its code.
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #impl_generics #tr for #ident #ty_generics #bounds { #body }
        }
    }
}

/// Returns the constants `ABI`, `INLINE` and `HANDLES` of fields that follow one another, and
/// `SHAPE`, which is given.
fn of_fields(
    weft: &Path,
    fields: &[Field],
    shape: TokenStream,
) -> (TokenStream, TokenStream, TokenStream, TokenStream) {
    let abis = constants(weft, fields, "ABI");
    let inlines = constants(weft, fields, "INLINE");
    let handles = constants(weft, fields, "HANDLES");
    (
        quote! { #weft::abi::record_abi(&[#(#abis),*]) },
        quote! { true #(&& #inlines)* },
        quote! { false #(|| #handles)* },
        shape,
    )
}

pub(super) fn component_type(item: &Item) -> TokenStream {
    let weft = &item.weft;
    let shape = quote! { #weft::abi::Shape };
    let (abi, inline, handles, shape) = match &item.kind {
        Kind::Record(fields) => {
            let names = fields.iter().map(|field| &field.name.text);
            let shapes = constants(weft, fields, "SHAPE");
            of_fields(weft, fields, quote! { #shape::Record(&[#((#names, &#shapes)),*]) })
        }
        Kind::Tuple(fields) => {
            let shapes = constants(weft, fields, "SHAPE");
            of_fields(weft, fields, quote! { #shape::Tuple(&[#(&#shapes),*]) })
        }
        Kind::Newtype(field) => (
            constant(weft, &field.ty, "ABI"),
            constant(weft, &field.ty, "INLINE"),
            constant(weft, &field.ty, "HANDLES"),
            constant(weft, &field.ty, "SHAPE"),
        ),
        Kind::Variant(cases) => {
            let payloads = payloads(weft, cases);
            let names = cases.iter().map(|case| &case.name.text);
            let shapes = cases.iter().map(|case| match &case.payload {
                Some(ty) => constant(weft, ty, "SHAPE"),
                None => quote! { #shape::Nothing },
            });
            let types: Vec<_> = cases.iter().filter_map(|case| case.payload.as_ref()).collect();
            let inlines = types.iter().map(|ty| constant(weft, ty, "INLINE"));
            let handles = types.iter().map(|ty| constant(weft, ty, "HANDLES"));
            (
                quote! { #payloads.checked_abi() },
                quote! { true #(&& #inlines)* },
                quote! { false #(|| #handles)* },
                quote! { #shape::Variant(&[#((#names, &#shapes)),*]) },
            )
        }
        Kind::Enum(cases) => {
            let count = cases.len();
            let names = cases.iter().map(|case| &case.name.text);
            (
                quote! { #weft::abi::VariantAbi::without_payloads(#count).abi() },
                quote! { true },
                quote! { false },
                quote! { #shape::Enum(&[#(#names),*]) },
            )
        }
        Kind::Flags(fields) => {
            let count = fields.len();
            let names = fields.iter().map(|field| &field.name.text);
            (
                quote! { #weft::abi::FlagsAbi::new(#count).abi() },
                quote! { true },
                quote! { false },
                quote! { #shape::Flags(&[#(#names),*]) },
            )
        }
    };
    item.implementation(
        &quote! { #weft::abi::ComponentType },
        &quote! {
            const ABI: #weft::abi::Abi = #abi;
            const INLINE: ::core::primitive::bool = #inline;
            const HANDLES: ::core::primitive::bool = #handles;
            const SHAPE: #weft::abi::Shape = #shape;
        },
    )
}

/// The offset of each of a record's fields, and the statement that they need before.
fn offsets(weft: &Path, fields: &[Field]) -> (Vec<TokenStream>, TokenStream) {
    let indices = (0..fields.len()).map(Literal::usize_unsuffixed);
    let offsets = indices.map(|index| quote!(offsets[#index])).collect();
    let abis = constants(weft, fields, "ABI");
    let binding = quote! {
        let offsets = const { &#weft::abi::Abi::offsets([#(#abis),*]) };
    };
    (offsets, binding)
}

/// The most fields that one body handles at once.
///
/// The compiler's work for a body grows with the square of the values in it that it may have to
/// drop. So a record of more fields is handled in groups, each in a closure of its own.
const GROUP: usize = 32;

/// Returns a number for each group of `fields`.
fn groups(fields: &[Field]) -> impl Iterator<Item = (Ident, &[Field])> {
    fields.chunks(GROUP).enumerate().map(|(it, group)| (format_ident!("group_{it}"), group))
}
