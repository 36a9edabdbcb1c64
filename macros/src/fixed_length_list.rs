//! `#[derive(FixedLengthList)]`: a newtype over an array as `list<t, n>`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{
    Data, DeriveInput, Expr, ExprLit, Fields, GenericParam, Generics, Lit, Path, Type, TypeArray,
    parse_quote, spanned::Spanned as _,
};

use crate::complaints::Complaints;
use crate::component::{self, Derived};

/// The expansion of the derive: the implementations, or one `compile_error!` for each mistake.
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
    array: TypeArray,
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

/// The array that a type is, also if it came through a `macro_rules!` variable.
fn array_of(ty: &Type, complaints: &mut Complaints) -> Option<TypeArray> {
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
            Some(array.clone())
        }
        other => {
            complaints.on(other, "a fixed-length list is an array: write `[T; N]`");
            None
        }
    }
}

impl List {
    /// Whether a parameter of the type has a part in its length or its elements, so that there is
    /// nothing to check before it is used.
    fn is_generic(&self) -> bool {
        let Generics { params, .. } = &self.input.generics;
        params.iter().any(|it| !matches!(it, GenericParam::Lifetime(_)))
    }

    /// Has the compiler say at the user's length if there is no such list.
    fn check_of_length(&self) -> TokenStream {
        if self.is_generic() || self.input.generics.lifetimes().next().is_some() {
            return TokenStream::new();
        }
        let (weft, array) = (&self.weft, &self.array);
        let span = Span::call_site().located_at(array.len.span());
        let (element, length) = (&array.elem, &array.len);
        // The whole call stands at the length, also the path to it.
        let path = weft.to_token_stream().into_iter().map(|mut token| {
            token.set_span(span);
            token
        });
        let weft: TokenStream = path.collect();
        quote_spanned! {span=>
            const _: () = #weft::abi::check_length::<#element>(#length);
        }
    }

    fn implementation(&self) -> TokenStream {
        let (weft, ident) = (&self.weft, &self.input.ident);
        let (element, length, array) = (&self.array.elem, &self.array.len, &self.array);
        let (impl_generics, ty_generics, bounds) = self.input.generics.split_for_impl();
        let mut bounds = bounds.cloned();
        if self.is_generic() {
            let clause = bounds.get_or_insert_with(|| parse_quote!(where));
            clause.predicates.push(parse_quote!(#element: #weft::abi::ComponentType));
        }
        quote! {
            #[automatically_derived]
            impl #impl_generics #weft::list::FixedLength for #ident #ty_generics #bounds {
                type Element = #element;
                const LENGTH: ::core::primitive::usize = #length;

                fn elements(&self) -> &[Self::Element] {
                    let array: &#array = &self.0;
                    array
                }
            }
        }
    }
}
