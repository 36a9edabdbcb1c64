//! `#[derive(FixedLengthList)]`: a newtype over an array as `list<t, n>`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::{
    Data, DeriveInput, Expr, ExprLit, Fields, Lit, Path, Type, TypeArray, TypePath, parse_quote,
    spanned::Spanned as _,
};

use crate::complaints::Complaints;
use crate::component::{self, Derived};

/// Returns the expansion of the derive: the implementations, or one `compile_error!` for each
/// mistake.
pub(crate) fn expand(input: &TokenStream) -> TokenStream {
    match read(input) {
        Err(errors) => errors.to_compile_error(),
        Ok(list) => {
            let mut tokens = list.check_of_length();
            tokens.extend(list.implementation());
            let derived = [Derived::ComponentType, Derived::Lift, Derived::Lower];
            tokens.extend(component::expand_all(&derived, input.clone()));
            tokens
        }
    }
}

struct List {
    input: DeriveInput,
    /// An array, or the name of one.
    array: Type,
    weft: Path,
}

fn read(input: &TokenStream) -> syn::Result<List> {
    let input: DeriveInput = syn::parse2(input.clone())?;
    let mut complaints = Complaints::default();
    let weft = component::weft_of(&input.attrs, &mut complaints);
    let array = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                fields.unnamed.first().and_then(|field| array_of(&field.ty, &mut complaints))
            }
            fields => {
                complaints.on(
                    fields,
                    format_args!(
                        "a fixed-length list is a newtype over an array: write `struct {}([T; N]);`",
                        input.ident
                    ),
                );
                None
            }
        },
        Data::Enum(data) => {
            complaints.at(data.enum_token.span, "a fixed-length list is a newtype over an array");
            None
        }
        Data::Union(data) => {
            complaints.at(data.union_token.span, "a fixed-length list is a newtype over an array");
            None
        }
    };
    complaints.settle(array.map(|array| List { input, array, weft }))
}

/// Returns the type if it is an array, or a name that could be an array's: only the compiler
/// knows. The type may have come through a `macro_rules!` variable.
fn array_of(ty: &Type, complaints: &mut Complaints) -> Option<Type> {
    match ty {
        Type::Group(group) => array_of(&group.elem, complaints),
        Type::Paren(paren) => array_of(&paren.elem, complaints),
        Type::Array(array) => {
            if let Expr::Lit(ExprLit { lit: Lit::Int(length), .. }) = &array.len
                && length.base10_digits() == "0"
            {
                complaints.on(length, "the length of a fixed-length list is at least 1");
                return None;
            }
            Some(ty.clone())
        }
        Type::Path(path) if !is_another_list(path) => Some(ty.clone()),
        other => {
            complaints.on(other, "a fixed-length list is an array: write `[T; N]`");
            None
        }
    }
}

/// Returns `true` if a type has the name of a list of any length.
fn is_another_list(path: &TypePath) -> bool {
    let last = path.path.segments.last();
    last.is_some_and(|last| ["Vec", "Box", "String", "VecDeque"].iter().any(|it| last.ident == it))
}

impl List {
    /// Returns the place of the array, and the place of its length if that is written.
    fn spans(&self) -> (Span, Span) {
        let length = match &self.array {
            Type::Array(array) => array.len.span(),
            other => other.span(),
        };
        [self.array.span(), length].map(|it| Span::call_site().located_at(it)).into()
    }

    /// Returns a check that fails to compile, at the user's length, if there is no such list. A
    /// type with parameters has no check, because its length is known only where it is used.
    fn check_of_length(&self) -> TokenStream {
        if !self.input.generics.params.is_empty() {
            return TokenStream::new();
        }
        let (weft, array) = (&self.weft, &self.array);
        let (span, length) = self.spans();
        let part = quote_spanned! {span=> <#array as #weft::abi::ComponentType>::PART };
        // The whole call has the place of the length, with the path to the function.
        let path = weft.to_token_stream().into_iter().map(|mut token| {
            token.set_span(length);
            token
        });
        let weft: TokenStream = path.collect();
        quote_spanned! {length=>
            const _: () = #weft::abi::check_length(#part);
        }
    }

    fn implementation(&self) -> TokenStream {
        let (weft, ident) = (&self.weft, &self.input.ident);
        let generics = &self.input.generics;
        let (impl_generics, ty_generics, bounds) = generics.split_for_impl();
        let mut bounds = bounds.cloned();
        for parameter in generics.type_params() {
            let (parameter, clause) =
                (&parameter.ident, bounds.get_or_insert_with(|| parse_quote!(where)));
            clause.predicates.push(parse_quote!(#parameter: #weft::abi::ComponentType));
        }
        // All tokens have the place of the array. If it is the name of another type, the compiler
        // reports everything that follows there.
        let span = self.spans().0;
        let [element, length, elements] = match &self.array {
            Type::Array(TypeArray { elem, len, .. }) if generics.params.is_empty() => {
                [elem.to_token_stream(), len.to_token_stream(), quote_spanned! {span=> &self.0 }]
            }
            array => ["Element", "LENGTH", "elements"].map(|it| {
                let it = Ident::new(it, span);
                let call = (it == "elements").then(|| quote_spanned! {span=> (&self.0) });
                quote_spanned! {span=> <#array as #weft::list::FixedLength>::#it #call }
            }),
        };
        quote_spanned! {span=>
            #[automatically_derived]
            impl #impl_generics #weft::list::FixedLength for #ident #ty_generics #bounds {
                type Element = #element;
                const LENGTH: ::core::primitive::usize = #length;

                fn elements(&self) -> &[#element] {
                    #elements
                }
            }
        }
    }
}
