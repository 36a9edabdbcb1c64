//! The implementations of the three traits.
//!
//! They declare the parts of a type and leave the rest to functions of `weft::abi`, which are
//! compiled once. So a derived type has only a few constants and two functions. If a part's type
//! isn't a type of the Component Model, the compiler reports it at that type. Each constant and
//! function names a part in the same words, so that the compiler reports each mistake once.

mod lift;
mod lower;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Path, Type, WhereClause, parse_quote, spanned::Spanned as _};

use super::item::{Case, Field, Item, Kind};

pub(super) use lift::lift;
pub(super) use lower::lower;

/// Returns the place of a type in the user's code, read as part of the expansion, so that a
/// deprecated type does not warn.
fn span_of(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

/// Returns the path of a constant of a part's `ComponentType`.
fn constant(weft: &Path, ty: &Type, name: &str) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    let span = span_of(ty);
    quote_spanned! {span=> <#ty as #weft::abi::ComponentType>::#name }
}

impl Item {
    /// Returns the bounds of the item, with `bound` for each type parameter.
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

    /// Returns the item's name, read as part of the expansion, so that a deprecated item does not
    /// warn.
    fn ident(&self) -> Ident {
        let mut ident = self.ident.clone();
        ident.set_span(Span::call_site().located_at(ident.span()));
        ident
    }

    fn implementation(&self, tr: &TokenStream, body: &TokenStream) -> TokenStream {
        let (impl_generics, ty_generics, _) = self.generics.split_for_impl();
        let (ident, bounds) = (self.ident(), self.bounds(tr));
        // A deprecated type or part does not warn in the code that is generated for it.
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #impl_generics #tr for #ident #ty_generics #bounds { #body }
        }
    }
}

/// Returns the `SHAPE` of an item.
fn shape(item: &Item) -> TokenStream {
    let weft = &item.weft;
    let shape = quote! { #weft::abi::Shape };
    let of = |ty: &Type| constant(weft, ty, "PART");
    match &item.kind {
        Kind::Record(fields) => {
            let fields = fields.iter().map(|Field { name, ty, .. }| {
                let (name, ty) = (&name.text, of(ty));
                quote! { (#name, #ty) }
            });
            quote! { #shape::Record(&[#(#fields),*]) }
        }
        Kind::Tuple(fields) => {
            let shapes = fields.iter().map(|field| of(&field.ty));
            quote! { #shape::Tuple(&[#(#shapes),*]) }
        }
        Kind::Newtype(field) => constant(weft, &field.ty, "SHAPE"),
        Kind::Variant(cases) => {
            let cases = cases.iter().map(|Case { name, payload, .. }| {
                let name = &name.text;
                let payload = payload.as_ref().map_or_else(|| quote! { &#shape::Nothing }, of);
                quote! { (#name, #payload) }
            });
            quote! { #shape::Variant(&[#(#cases),*]) }
        }
        Kind::Enum(cases) => {
            let names = cases.iter().map(|case| &case.name.text);
            quote! { #shape::Enum(&[#(#names),*]) }
        }
        Kind::Flags(fields) => {
            let names = fields.iter().map(|field| &field.name.text);
            quote! { #shape::Flags(&[#(#names),*]) }
        }
    }
}

pub(super) fn component_type(item: &Item) -> TokenStream {
    let weft = &item.weft;
    let shape = shape(item);
    let inline = item.kind.part_types().into_iter().map(|ty| constant(weft, ty, "INLINE"));
    // The name of the item is where the compiler reports that the type is too large.
    let span = item.ident().span();
    let abi = quote_spanned! {span=> <Self as #weft::abi::ComponentType>::SHAPE.abi() };
    item.implementation(
        &quote! { #weft::abi::ComponentType },
        &quote! {
            const SHAPE: #weft::abi::Shape = #shape;
            const ABI: #weft::abi::Abi = #abi;
            const INLINE: ::core::primitive::bool = true #(&& #inline)*;
        },
    )
}

/// The number of fields that one body handles at most.
///
/// The compiler's work for a body grows with the square of the values in it that may have to be
/// dropped. So a record of more fields is handled in groups, each in a closure of its own.
const GROUP: usize = 32;

/// Returns a name for each group of `fields`.
fn groups(fields: &[Field]) -> impl Iterator<Item = (Ident, &[Field])> {
    fields.chunks(GROUP).enumerate().map(|(it, group)| (format_ident!("__weft_group_{it}"), group))
}
