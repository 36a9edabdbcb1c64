//! The names of types in the places that use them.

use proc_macro2::TokenStream;
use quote::quote;
use wit_parser::{Handle, Span, Tuple, Type, TypeDefKind, TypeId};

use crate::emit::facts::{LONGEST_TUPLE, cannot};
use crate::emit::generator::{Generator, Name};
use crate::emit::modules::ModuleId;

/// A way to write the lifetime of a type that borrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// As `'_`.
    Elided,
    /// As `'a`.
    Named,
    /// As `'static`.
    Static,
}

impl Lifetime {
    pub(crate) fn name(self) -> TokenStream {
        match self {
            Self::Elided => quote!('_),
            Self::Named => quote!('a),
            Self::Static => quote!('static),
        }
    }

    fn arguments(self) -> TokenStream {
        let name = self.name();
        quote!(<#name>)
    }

    /// Returns the lifetime of a reference; nothing if it is elided.
    pub(crate) fn of_reference(self) -> Option<TokenStream> {
        (self != Self::Elided).then(|| self.name())
    }
}

impl Generator<'_> {
    /// Returns `ty` as written in `here`, or the name of a type that cannot be written.
    pub(crate) fn reference(
        &mut self,
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
            Type::String => self.modules.binding(here, "String"),
            Type::ErrorContext => self.modules.binding(here, "ErrorContext"),
            Type::Id(id) => {
                if let Some(path) = self.path(id, here) {
                    let lifetime = self.known.of(ty).borrows.then(|| lifetime.arguments());
                    return Ok(quote!(#path #lifetime));
                }
                let kind = self.resolve().types.get(id).map(|definition| &definition.kind);
                return kind.map_or(Err("a type".into()), |kind| self.kind(kind, here, lifetime));
            }
        })
    }

    /// Returns the path of a type that has a name.
    pub(crate) fn path(&self, id: TypeId, here: ModuleId) -> Option<TokenStream> {
        Some(match self.names.get(&id)? {
            Name::Here(there, name) => self.modules.path(here, *there, name),
            Name::Elsewhere(module, name) => quote!(#module::#name),
        })
    }

    /// Returns the type of a kind, as written in `here`.
    pub(crate) fn kind(
        &mut self,
        kind: &TypeDefKind,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> Result<TokenStream, String> {
        Ok(match kind {
            TypeDefKind::Type(ty) => self.reference(*ty, here, lifetime)?,
            TypeDefKind::Option(ty) => {
                let (option, ty) = (self.option(here), self.reference(*ty, here, lifetime)?);
                quote!(#option<#ty>)
            }
            TypeDefKind::Result(result) => {
                let ok = self.or_unit(result.ok, here, lifetime)?;
                let err = self.or_unit(result.err, here, lifetime)?;
                let result = self.result(here);
                quote!(#result<#ok, #err>)
            }
            TypeDefKind::Tuple(tuple) if tuple.types.len() > LONGEST_TUPLE => {
                self.long_tuple(tuple, here, lifetime)?
            }
            TypeDefKind::Tuple(tuple) => {
                let mut types = Vec::new();
                for ty in &tuple.types {
                    types.push(self.reference(*ty, here, lifetime)?);
                }
                quote!((#(#types,)*))
            }
            TypeDefKind::List(ty) => {
                let (vec, ty) =
                    (self.modules.binding(here, "Vec"), self.reference(*ty, here, lifetime)?);
                quote!(#vec<#ty>)
            }
            TypeDefKind::FixedLengthList(ty, length) => {
                let ty = self.reference(*ty, here, lifetime)?;
                let length = proc_macro2::Literal::u32_unsuffixed(*length);
                quote!([#ty; #length])
            }
            TypeDefKind::Map(key, value) => {
                let key = self.reference(*key, here, lifetime)?;
                let value = self.reference(*value, here, lifetime)?;
                let map = self.modules.binding(here, "BTreeMap");
                quote!(#map<#key, #value>)
            }
            TypeDefKind::Stream(ty) => self.end("StreamHandle", *ty, here)?,
            TypeDefKind::Future(ty) => self.end("FutureHandle", *ty, here)?,
            TypeDefKind::Handle(handle) => self.handle(handle, here, lifetime)?,
            kind => return Err(format!("a {} that is not part of the world", kind.as_str())),
        })
    }

    fn or_unit(
        &mut self,
        ty: Option<Type>,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> Result<TokenStream, String> {
        ty.map_or(Ok(quote!(())), |ty| self.reference(ty, here, lifetime))
    }

    fn end(&mut self, name: &str, ty: Option<Type>, here: ModuleId) -> Result<TokenStream, String> {
        // Streams and futures contain no borrows.
        let ty = self.or_unit(ty, here, Lifetime::Static)?;
        let end = self.modules.binding(here, name);
        Ok(quote!(#end<#ty>))
    }

    fn handle(
        &mut self,
        handle: &Handle,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> Result<TokenStream, String> {
        let (Handle::Own(id) | Handle::Borrow(id)) = handle;
        let is_mapped = self.known.is_mapped(self.resolve(), *id);
        let resource = self.reference(Type::Id(*id), here, lifetime)?;
        let own = matches!(handle, Handle::Own(_));
        let name = match (own, is_mapped) {
            (true, true) => "Own",
            (true, false) => "OwnHandle",
            (false, true) => "Borrow",
            (false, false) => "BorrowHandle",
        };
        let name = self.modules.binding(here, name);
        if own || is_mapped {
            return Ok(quote!(#name<#resource>));
        }
        let lifetime = lifetime.name();
        Ok(quote!(#name<#lifetime, #resource>))
    }

    /// Returns the `struct` that replaces a tuple that is too long for Rust's traits.
    fn long_tuple(
        &mut self,
        tuple: &Tuple,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> Result<TokenStream, String> {
        let mut types = Vec::new();
        for ty in &tuple.types {
            types.push(self.reference(*ty, here, Lifetime::Named)?);
        }
        let facts = self.known.of_all(tuple.types.iter().copied());
        let key = (here, quote!(#(#types),*).to_string());
        let name = match self.long_tuples.get(&key) {
            Some(name) => name.clone(),
            None => {
                let wit = format!("tuple{}", types.len());
                let name = self.modules.claim_type(here, &wit).ok_or("a tuple")?;
                self.long_tuples.insert(key, name.clone());
                let definition = self.tuple_struct(&name, &types, facts, here);
                self.modules.add(here, definition);
                name
            }
        };
        let lifetime = facts.borrows.then(|| lifetime.arguments());
        Ok(quote!(#name #lifetime))
    }

    /// Returns `reference`, or reports the type that it cannot be.
    pub(crate) fn or_refuse(
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
