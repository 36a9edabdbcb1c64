//! Type definitions and references to them.

use heck::ToKebabCase as _;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use wit_parser::{Docs, FlagsRepr, Handle, Span, Stability, Type, TypeDef, TypeDefKind, TypeId};

use super::docs::{self, first_sentence};
use super::emit::Generator;
use super::facts::{Facts, Keep, cannot};
use super::modules::ModuleId;
use super::names::Scope;

/// How a type that borrows is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// As `'_`.
    Elided,
    /// As `'a`.
    Named,
}

/// The member of a definition: a record's field, a variant's or enum's case.
struct Member<'w> {
    name: &'w str,
    docs: &'w Docs,
    span: Span,
    ty: Option<Type>,
}

impl Member<'_> {
    /// Its documentation; its place is as good as its definition's.
    fn docs(&self) -> TokenStream {
        let title = format!("`{}`", self.name);
        docs::attributes(self.docs.contents.as_deref(), &title, None)
    }
}

impl<'w> Generator<'w> {
    /// Adds the definition of a type to its module.
    pub(super) fn define(&mut self, id: TypeId) {
        let Some(definition) = self.resolve().types.get(id) else { return };
        let Some((module, name)) = self.names.get(&id).cloned() else { return };
        let wit = definition.name.as_deref().unwrap_or_default();
        let title = format!("The {} `{wit}`.", definition.kind.as_str());
        let docs = self.docs(&definition.docs, &title, definition.span, &definition.stability);
        let facts = self.known.of(Type::Id(id));
        let lifetime = facts.borrows.then(|| quote!(<'a>));
        let body = match &definition.kind {
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter().map(|field| Member {
                    name: &field.name,
                    docs: &field.docs,
                    span: field.span,
                    ty: Some(field.ty),
                });
                let fields = self.fields(module, fields.collect());
                let derive = derive(facts, false);
                quote!(#derive pub struct #name #lifetime { #fields })
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter().map(|case| Member {
                    name: &case.name,
                    docs: &case.docs,
                    span: case.span,
                    ty: case.ty,
                });
                let cases = self.cases(module, cases.collect());
                let derive = derive(facts, variant.cases.iter().all(|case| case.ty.is_none()));
                quote!(#derive pub enum #name #lifetime { #cases })
            }
            TypeDefKind::Enum(cases) => {
                let cases = cases.cases.iter().map(|case| Member {
                    name: &case.name,
                    docs: &case.docs,
                    span: case.span,
                    ty: None,
                });
                let cases = self.cases(module, cases.collect());
                let derive = derive(facts, false);
                quote!(#derive pub enum #name { #cases })
            }
            TypeDefKind::Flags(flags) => self.flags(&name, flags, definition.span),
            TypeDefKind::Resource => {
                quote! {
                    #[derive(Debug)]
                    pub enum #name {}
                    impl ::weft::binding::BoundResource for #name {
                        const INTERFACE: ::core::option::Option<&'static str> = INTERFACE;
                        const NAME: &'static str = #wit;
                    }
                }
            }
            kind => {
                let target = self.kind(kind, module, Lifetime::Named);
                let target = self.or_refuse(target, definition.span);
                quote!(pub type #name #lifetime = #target;)
            }
        };
        let error = self.known.is_error(id).then(|| error(&name, definition, facts));
        self.modules.add(module, quote!(#docs #body #error));
    }

    fn fields(&mut self, module: ModuleId, members: Vec<Member<'w>>) -> TokenStream {
        let mut scope = Scope::default();
        let fields: Vec<_> = members
            .into_iter()
            .map(|member| {
                let name = scope.claim_value(member.name);
                let docs = member.docs();
                let ty = member.ty.map(|ty| self.member_type(ty, module, member.span));
                let called = called(&name, member.name);
                quote!(#docs #called pub #name: #ty)
            })
            .collect();
        quote!(#(#fields),*)
    }

    fn cases(&mut self, module: ModuleId, members: Vec<Member<'w>>) -> TokenStream {
        let mut scope = Scope::default();
        let cases: Vec<_> = members
            .into_iter()
            .map(|member| {
                let name = scope.claim_type(member.name);
                let docs = member.docs();
                let ty = member.ty.map(|ty| {
                    let ty = self.member_type(ty, module, member.span);
                    quote!((#ty))
                });
                let called = called(&name, member.name);
                quote!(#docs #called #name #ty)
            })
            .collect();
        quote!(#(#cases),*)
    }

    fn member_type(&mut self, ty: Type, module: ModuleId, span: Span) -> TokenStream {
        if let Some(problem) = self.known.refuse(ty) {
            self.refuse(problem, span);
        }
        let reference = self.reference(ty, module, Lifetime::Named);
        self.or_refuse(reference, span)
    }

    fn flags(&mut self, name: &Ident, flags: &'w wit_parser::Flags, span: Span) -> TokenStream {
        let bits = match flags.repr() {
            FlagsRepr::U8 => quote!(u8),
            FlagsRepr::U16 => quote!(u16),
            FlagsRepr::U32(0 | 1) => quote!(u32),
            FlagsRepr::U32(_) => {
                self.refuse(cannot("flags with more than 32 members"), span);
                return TokenStream::new();
            }
        };
        let mut scope = Scope::default();
        let names = flags.flags.iter().map(|flag| flag.name.as_str());
        let names: Vec<_> = names.collect();
        let constants = flags.flags.iter().enumerate().map(|(index, flag)| {
            let constant = scope.claim_constant(&flag.name);
            let member = Member { name: &flag.name, docs: &flag.docs, span: flag.span, ty: None };
            let docs = member.docs();
            let index = proc_macro2::Literal::usize_unsuffixed(index);
            quote!(#docs pub const #constant: Self = Self(1 << #index);)
        });
        let constants: Vec<_> = constants.collect();
        let constants = (!constants.is_empty()).then(|| quote!(impl #name { #(#constants)* }));
        quote! {
            #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
            pub struct #name(#bits);
            #constants
            ::weft::binding::flags!(#name: #bits, [#(#names),*]);
        }
    }

    /// `ty` as it is written in `here`, or the name of the type that cannot be.
    pub(super) fn reference(
        &self,
        ty: Type,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> Result<TokenStream, String> {
        Ok(match ty {
            Type::Bool => quote!(bool),
            Type::U8 => quote!(u8),
            Type::U16 => quote!(u16),
            Type::U32 => quote!(u32),
            Type::U64 => quote!(u64),
            Type::S8 => quote!(i8),
            Type::S16 => quote!(i16),
            Type::S32 => quote!(i32),
            Type::S64 => quote!(i64),
            Type::F32 => quote!(f32),
            Type::F64 => quote!(f64),
            Type::Char => quote!(char),
            Type::String => quote!(::weft::binding::String),
            Type::ErrorContext => quote!(::weft::binding::ErrorContext),
            Type::Id(id) => {
                if let Some((there, name)) = self.names.get(&id) {
                    let path = self.modules.path(here, *there, name);
                    let lifetime = self.known.of(ty).borrows.then(|| lifetime.arguments());
                    return Ok(quote!(#path #lifetime));
                }
                let kind = self.resolve().types.get(id).map(|definition| &definition.kind);
                return kind.map_or(Err("a type".into()), |kind| self.kind(kind, here, lifetime));
            }
        })
    }

    /// The type of a kind, as it is written in `here`.
    fn kind(
        &self,
        kind: &TypeDefKind,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> Result<TokenStream, String> {
        let inner = |ty: Type| self.reference(ty, here, lifetime);
        let or_unit = |ty: Option<Type>| ty.map_or(Ok(quote!(())), inner);
        Ok(match kind {
            TypeDefKind::Type(ty) => inner(*ty)?,
            TypeDefKind::Option(ty) => {
                let ty = inner(*ty)?;
                quote!(::core::option::Option<#ty>)
            }
            TypeDefKind::Result(result) => {
                let (ok, err) = (or_unit(result.ok)?, or_unit(result.err)?);
                quote!(::core::result::Result<#ok, #err>)
            }
            TypeDefKind::Tuple(tuple) => {
                let types =
                    tuple.types.iter().map(|ty| inner(*ty)).collect::<Result<Vec<_>, _>>()?;
                quote!((#(#types,)*))
            }
            TypeDefKind::List(ty) => {
                let ty = inner(*ty)?;
                quote!(::weft::binding::Vec<#ty>)
            }
            TypeDefKind::FixedLengthList(ty, length) => {
                let ty = inner(*ty)?;
                let length = proc_macro2::Literal::u32_unsuffixed(*length);
                quote!([#ty; #length])
            }
            TypeDefKind::Map(key, value) => {
                let (key, value) = (inner(*key)?, inner(*value)?);
                quote!(::weft::binding::BTreeMap<#key, #value>)
            }
            TypeDefKind::Stream(ty) => {
                let ty = or_unit(*ty)?;
                quote!(::weft::binding::StreamHandle<#ty>)
            }
            TypeDefKind::Future(ty) => {
                let ty = or_unit(*ty)?;
                quote!(::weft::binding::FutureHandle<#ty>)
            }
            TypeDefKind::Handle(Handle::Own(resource)) => {
                let resource = inner(Type::Id(*resource))?;
                quote!(::weft::binding::OwnHandle<#resource>)
            }
            TypeDefKind::Handle(Handle::Borrow(resource)) => {
                let resource = inner(Type::Id(*resource))?;
                let lifetime = lifetime.name();
                quote!(::weft::binding::BorrowHandle<#lifetime, #resource>)
            }
            kind => return Err(format!("a {} that is not in the world", kind.as_str())),
        })
    }

    /// `reference`, or nothing and a report of what it cannot be.
    pub(super) fn or_refuse(
        &mut self,
        reference: Result<TokenStream, String>,
        span: Span,
    ) -> TokenStream {
        reference.unwrap_or_else(|construct| {
            self.refuse(cannot(&construct), span);
            TokenStream::new()
        })
    }
}

impl Lifetime {
    fn name(self) -> TokenStream {
        match self {
            Self::Elided => quote!('_),
            Self::Named => quote!('a),
        }
    }

    fn arguments(self) -> TokenStream {
        let name = self.name();
        quote!(<#name>)
    }
}

/// What a field or case is called in WIT, where a derive would not find that out.
fn called(name: &Ident, wit: &str) -> Option<TokenStream> {
    let derived = name.unraw().to_string().to_kebab_case();
    (derived != wit).then(|| quote!(#[component(name = #wit)]))
}

/// `is_plain_variant`: whether it is a `variant` although no case has a payload.
fn derive(facts: Facts, is_plain_variant: bool) -> TokenStream {
    let clone = match facts.keep {
        Keep::Copy => quote!(Clone, Copy,),
        Keep::Clone => quote!(Clone,),
        Keep::Own => quote!(),
    };
    let eq = facts.eq.then(|| quote!(, Eq, Hash));
    let handles = facts.borrows.then(|| quote!(#[component(handles)]));
    let variant = is_plain_variant.then(|| quote!(#[component(variant)]));
    quote!(#[derive(#clone Debug, PartialEq #eq, ::weft::binding::Value)] #handles #variant)
}

/// What makes a type that `result` uses for its error one for Rust: its first sentence as the
/// message, or the name where there is none, and the payload.
fn error(name: &Ident, definition: &TypeDef, facts: Facts) -> Option<TokenStream> {
    let lifetime = facts.borrows.then(|| quote!(<'_>));
    let message = |wit: &str, docs: &Docs| {
        docs.contents.as_deref().and_then(first_sentence).unwrap_or_else(|| wit.to_owned())
    };
    let mut scope = Scope::default();
    let mut arm = |wit: &str, docs: &Docs, payload: bool| {
        let case = scope.claim_type(wit);
        let message = message(wit, docs);
        if payload {
            let format = braces(&message) + ": {payload:?}";
            quote!(Self::#case(payload) => ::core::write!(f, #format),)
        } else {
            quote!(Self::#case => f.write_str(#message),)
        }
    };
    let body = match &definition.kind {
        TypeDefKind::Enum(cases) => {
            let arms = cases.cases.iter().map(|case| arm(&case.name, &case.docs, false));
            quote!(match self { #(#arms)* })
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter();
            let arms = cases.map(|case| arm(&case.name, &case.docs, case.ty.is_some()));
            quote!(match self { #(#arms)* })
        }
        TypeDefKind::Record(_) => {
            let wit = definition.name.as_deref().unwrap_or_default();
            let format = braces(&message(wit, &definition.docs)) + ": {self:?}";
            quote!(::core::write!(f, #format))
        }
        _ => return None,
    };
    Some(quote! {
        impl ::core::fmt::Display for #name #lifetime {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { #body }
        }
        impl ::core::error::Error for #name #lifetime {}
    })
}

/// `text` for a format string.
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// No annotation.
pub(super) const UNANNOTATED: Stability = Stability::Unknown;
