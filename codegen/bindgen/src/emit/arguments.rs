//! The types of arguments: references to data on the heap, and types that consist of references.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId};

use crate::emit::facts::{Keep, LONGEST_TUPLE, origin};
use crate::emit::functions::MOST_TUPLE_PARAMETERS;
use crate::emit::generator::{Direction, Generator, Name, Place};
use crate::emit::modules::ModuleId;
use crate::emit::references::Lifetime;
use crate::options::fields::Ownership;

/// The uses of a type by exported functions.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    in_parameters: bool,
    in_results: bool,
}

/// Records the uses of a type and of all its parts. Elements of streams count as parameters and as
/// results.
fn note(resolve: &Resolve, used: &mut HashMap<TypeId, Usage>, ty: Type, in_parameters: bool) {
    let mut left = vec![(ty, in_parameters)];
    while let Some((ty, in_parameters)) = left.pop() {
        let Type::Id(id) = ty else { continue };
        let usage = used.entry(id).or_default();
        let seen = if in_parameters { &mut usage.in_parameters } else { &mut usage.in_results };
        if core::mem::replace(seen, true) {
            continue;
        }
        let Some(definition) = resolve.types.get(id) else { continue };
        if let TypeDefKind::Stream(ty) | TypeDefKind::Future(ty) = definition.kind {
            left.extend(ty.into_iter().flat_map(|ty| [(ty, true), (ty, false)]));
        }
        left.extend(parts(&definition.kind).into_iter().map(|ty| (ty, in_parameters)));
    }
}

/// Returns the types that a type consists of.
fn parts(kind: &TypeDefKind) -> Vec<Type> {
    match kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|it| it.ty).collect(),
        TypeDefKind::Tuple(tuple) => tuple.types.clone(),
        TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|it| it.ty).collect(),
        TypeDefKind::Option(ty)
        | TypeDefKind::List(ty)
        | TypeDefKind::FixedLengthList(ty, _)
        | TypeDefKind::Type(ty) => vec![*ty],
        TypeDefKind::Result(result) => result.ok.into_iter().chain(result.err).collect(),
        TypeDefKind::Map(key, value) => vec![*key, *value],
        _ => Vec::new(),
    }
}

impl<'w> Generator<'w> {
    /// Finds the types of exported interfaces that consist of references when they are arguments.
    pub(crate) fn borrow_parameters(&mut self, places: &[Place<'w>]) {
        let resolve = self.resolve();
        let exported = || places.iter().filter(|place| place.direction == Direction::Export);
        let mut used = HashMap::new();
        for function in exported().flat_map(|place| &place.functions) {
            for parameter in &function.params {
                note(resolve, &mut used, parameter.ty, true);
                // A struct of parameters owns them.
                if function.params.len() > MOST_TUPLE_PARAMETERS {
                    note(resolve, &mut used, parameter.ty, false);
                }
            }
            if let Some(result) = function.result {
                note(resolve, &mut used, result, false);
            }
        }
        for place in exported() {
            for (wit, id) in &place.types {
                let ownership = self.rules.type_(place.interface.as_deref(), wit).ownership;
                if ownership != Ownership::Owning && self.can_borrow(*id) {
                    continue;
                }
                // The type owns its parts, so its parts own theirs.
                let kind = resolve.types.get(*id).map(|definition| &definition.kind);
                for part in kind.into_iter().flat_map(parts) {
                    note(resolve, &mut used, part, false);
                }
            }
        }
        for place in exported() {
            for (wit, id) in &place.types {
                let ownership = self.rules.type_(place.interface.as_deref(), wit).ownership;
                let usage = used.get(id).copied().unwrap_or_default();
                let is_borrowed = match ownership {
                    Ownership::Owning => false,
                    Ownership::Borrowing => usage.in_parameters && !usage.in_results,
                    Ownership::BorrowingDuplicates => usage.in_parameters,
                };
                if !is_borrowed || !self.can_borrow(*id) {
                    continue;
                }
                let Some(Name::Here(module, name)) = self.names.get(id).cloned() else { continue };
                let name = if usage.in_results {
                    self.modules.claim_type(module, &format!("{wit}-param"))
                } else {
                    Some(name)
                };
                if let Some(name) = name {
                    self.borrowed.insert(*id, name);
                }
            }
        }
    }

    /// Returns `true` if a type can consist of references: it contains data on the heap, and
    /// nothing that has a single owner.
    fn can_borrow(&self, id: TypeId) -> bool {
        let facts = self.known.of(Type::Id(id));
        let kind = self.resolve().types.get(id).map(|definition| &definition.kind);
        facts.keep == Keep::Clone
            && !facts.borrows
            && matches!(kind, Some(TypeDefKind::Record(_) | TypeDefKind::Variant(_)))
    }

    /// Returns the type of an argument: a reference, if it refers to data on the heap.
    pub(crate) fn argument(
        &mut self,
        function: &Function,
        ty: Type,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> TokenStream {
        let facts = self.known.of(ty);
        if facts.keep != Keep::Clone || facts.borrows {
            return self.value(function, ty, here, lifetime);
        }
        let argument = match self.kind_of(ty) {
            Some(TypeDefKind::Record(_) | TypeDefKind::Variant(_) | TypeDefKind::Map(..))
                if self.borrowed_name(ty).is_none() =>
            {
                let by = lifetime.of_reference();
                self.reference(ty, here, lifetime).map(|value| quote!(&#by #value))
            }
            _ => self.borrowed(ty, here, lifetime, false),
        };
        self.or_refuse(argument, function.span)
    }

    /// Returns the type that consists of references and replaces `ty`, as written in `here`. Types
    /// without data on the heap stay the same, and so do `inner` parts of an argument if types own
    /// their parts.
    pub(crate) fn borrowed(
        &mut self,
        ty: Type,
        here: ModuleId,
        lifetime: Lifetime,
        inner: bool,
    ) -> Result<TokenStream, String> {
        let facts = self.known.of(ty);
        if facts.keep != Keep::Clone || facts.borrows {
            return self.reference(ty, here, lifetime);
        }
        let owns = inner && self.rules.options.ownership == Ownership::Owning;
        let by = lifetime.of_reference();
        if let Some((module, name)) = self.borrowed_name(ty) {
            let (path, lifetime) = (self.modules.path(here, module, &name), lifetime.name());
            return Ok(quote!(#path<#lifetime>));
        }
        Ok(match self.kind_of(ty) {
            None if ty == Type::String && !owns => quote!(&#by str),
            Some(TypeDefKind::Type(Type::String)) if !owns => quote!(&#by str),
            Some(TypeDefKind::List(element)) => {
                let element = self.borrowed(*element, here, lifetime, true)?;
                if owns {
                    let vec = self.modules.binding(here, "Vec");
                    quote!(#vec<#element>)
                } else {
                    quote!(&#by [#element])
                }
            }
            Some(TypeDefKind::Option(ty)) => {
                let (option, ty) = (self.option(here), self.borrowed(*ty, here, lifetime, inner)?);
                quote!(#option<#ty>)
            }
            Some(TypeDefKind::Tuple(tuple)) if tuple.types.len() <= LONGEST_TUPLE => {
                let mut types = Vec::new();
                for ty in &tuple.types {
                    types.push(self.borrowed(*ty, here, lifetime, inner)?);
                }
                quote!((#(#types,)*))
            }
            _ => self.reference(ty, here, lifetime)?,
        })
    }

    /// Returns the name and module of the type that consists of references and replaces `ty`.
    fn borrowed_name(&self, ty: Type) -> Option<(ModuleId, Ident)> {
        let Type::Id(id) = ty else { return None };
        let id = origin(self.resolve(), id);
        let name = self.borrowed.get(&id)?.clone();
        match self.names.get(&id)? {
            Name::Here(module, _) => Some((*module, name)),
            Name::Elsewhere(..) => None,
        }
    }

    /// Returns the kind of a type, after all its names are resolved.
    fn kind_of(&self, ty: Type) -> Option<&'w TypeDefKind> {
        let Type::Id(id) = ty else { return None };
        let id = origin(self.resolve(), id);
        self.resolve().types.get(id).map(|definition| &definition.kind)
    }
}
