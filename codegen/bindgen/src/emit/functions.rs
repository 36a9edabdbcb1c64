//! The functions of an interface or world: their names in Rust, and the way in which a host
//! implements each.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wit_parser::{Function, FunctionKind, Result_, Type, TypeDefKind, TypeId};

use crate::emit::facts::{cannot, origin};
use crate::emit::generator::{Generator, Place};
use crate::emit::modules::ModuleId;
use crate::emit::names::Scope;
use crate::emit::references::Lifetime;
use crate::options::fields::StoreMode;

/// The largest number of parameters for which Rust's tuples have traits.
pub(crate) const MOST_TUPLE_PARAMETERS: usize = 16;

/// The functions of one trait, with their names in it: those of a resource, or all without a
/// resource.
pub(crate) struct Group<'w> {
    /// The resource's name and type.
    pub(crate) owner: Option<(&'w str, TypeId)>,
    pub(crate) functions: Vec<(&'w Function, Ident)>,
    /// The names in use.
    pub(crate) scope: Scope,
}

impl<'w> Group<'w> {
    /// Returns the functions of `owner` in `place`. Names from the WIT come before those that are
    /// made here.
    pub(crate) fn new(place: &Place<'w>, owner: Option<(&'w str, TypeId)>) -> Self {
        let mut scope = Scope::default();
        let of_owner = |f: &&&'w Function| f.kind.resource() == owner.map(|(_, id)| id);
        let functions = place.functions.iter().filter(of_owner).copied();
        let given: Vec<_> = functions
            .map(|f| (f, (!is_named_here(f)).then(|| scope.claim_value(method_name(f)))))
            .collect();
        let functions = given
            .into_iter()
            .map(|(f, name)| (f, name.unwrap_or_else(|| scope.claim_value(&made_name(f)))))
            .collect();
        Self { owner, functions, scope }
    }
}

/// The way in which a host implements a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    pub(crate) store: StoreMode,
    pub(crate) is_traced: bool,
    pub(crate) has_default: bool,
    pub(crate) returns: Returns,
}

/// The result of a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// The WIT type.
    Value,
    /// The WIT type, or an error that traps.
    ValueOrTrap,
    /// The value of `ok`, or an error: one of the WIT, or one that traps.
    OkOrError,
}

impl<'w> Generator<'w> {
    /// Returns the groups of a place: one for each resource, and then the functions without one.
    pub(crate) fn groups(&mut self, place: &Place<'w>) -> Vec<Group<'w>> {
        let resources = place.types.iter().filter(|(_, id)| self.is_resource(*id));
        let mut groups: Vec<_> =
            resources.map(|(name, id)| Group::new(place, Some((name, *id)))).collect();
        let known = |id: TypeId| groups.iter().any(|it| it.owner.is_some_and(|it| it.1 == id));
        for function in &place.functions {
            if function.kind.resource().is_some_and(|id| !known(id)) {
                self.refuse(cannot("a method of a resource from elsewhere"), function.span);
            }
        }
        groups.push(Group::new(place, None));
        groups
    }

    pub(crate) fn is_resource(&self, id: TypeId) -> bool {
        self.resolve().types.get(id).is_some_and(|it| it.kind == TypeDefKind::Resource)
    }

    /// Returns how a host implements a function of `place`.
    pub(crate) fn mode(&self, place: &Place<'w>, function: &Function) -> Mode {
        if !self.rules.options.linker {
            let (store, returns) = (StoreMode::None, Returns::Value);
            return Mode { store, is_traced: false, has_default: false, returns };
        }
        let choice = self.rules.function(place.interface.as_deref(), function);
        let has_ends = function.parameter_and_result_types().any(|ty| self.known.of(ty).ends);
        let store = choice.store.unwrap_or(if function.kind.is_async() {
            StoreMode::Async
        } else if has_ends {
            StoreMode::Caller
        } else {
            StoreMode::None
        });
        let has_default = choice.default;
        let result = self.result_of(function);
        let has_users_error = result.is_some_and(|result| self.users_error(result).is_some());
        let may_trap =
            has_default || has_users_error || choice.traps.unwrap_or(store != StoreMode::None);
        let returns = match result {
            _ if !may_trap => Returns::Value,
            Some(_) => Returns::OkOrError,
            None => Returns::ValueOrTrap,
        };
        Mode { store, is_traced: choice.traced, has_default, returns }
    }

    /// Returns the WIT result of a function, if it is a `result`.
    fn result_of(&self, function: &Function) -> Option<&'w Result_> {
        let Some(Type::Id(id)) = function.result else { return None };
        let id = origin(self.resolve(), id);
        match &self.resolve().types.get(id)?.kind {
            TypeDefKind::Result(result) => Some(result),
            _ => None,
        }
    }

    /// Returns the user's type for the error of a `result`.
    fn users_error(&self, result: &Result_) -> Option<&TokenStream> {
        let Some(Type::Id(id)) = result.err else { return None };
        self.users_errors.get(&origin(self.resolve(), id))
    }

    /// Returns the WIT error of a function whose errors have a type of the user; the compiler
    /// cannot infer it.
    pub(crate) fn error_type(
        &mut self,
        function: &Function,
        here: ModuleId,
    ) -> Option<TokenStream> {
        let result = self.result_of(function)?;
        self.users_error(result)?;
        Some(self.value(function, result.err?, here, Lifetime::Static))
    }

    /// Returns the return type of a host function.
    pub(crate) fn returned(
        &mut self,
        function: &Function,
        returns: Returns,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> TokenStream {
        match returns {
            Returns::Value => match function.result {
                Some(ty) => self.value(function, ty, here, lifetime),
                None => quote!(()),
            },
            Returns::ValueOrTrap => {
                let value = self.returned(function, Returns::Value, here, lifetime);
                let (result, error) = (self.result(here), self.modules.binding(here, "HostError"));
                quote!(#result<#value, #error>)
            }
            Returns::OkOrError => {
                let Some(parts) = self.result_of(function) else { return TokenStream::new() };
                let part = |this: &mut Self, ty: Option<Type>| {
                    ty.map_or(quote!(()), |ty| this.value(function, ty, here, lifetime))
                };
                let ok = part(self, parts.ok);
                let result = self.result(here);
                if let Some(error) = self.users_error(parts).cloned() {
                    return quote!(#result<#ok, #error>);
                }
                let error = part(self, parts.err);
                let or_trap = self.modules.binding(here, "OrTrap");
                quote!(#result<#ok, #or_trap<#error>>)
            }
        }
    }

    /// Returns the type of a parameter or result.
    pub(crate) fn value(
        &mut self,
        function: &Function,
        ty: Type,
        here: ModuleId,
        lifetime: Lifetime,
    ) -> TokenStream {
        let reference = self.reference(ty, here, lifetime);
        self.or_refuse(reference, function.span)
    }

    pub(crate) fn result(&mut self, here: ModuleId) -> TokenStream {
        self.modules.prelude(here, "Result", &quote!(result))
    }

    pub(crate) fn option(&mut self, here: ModuleId) -> TokenStream {
        self.modules.prelude(here, "Option", &quote!(option))
    }
}

/// Returns the names of a function's parameters, and claims them in `scope`.
pub(crate) fn parameter_names(function: &Function, scope: &mut Scope) -> Vec<Ident> {
    function.params.iter().map(|parameter| scope.claim_value(&parameter.name)).collect()
}

/// Returns `true` if a function has no name of its own in the WIT.
fn is_named_here(function: &Function) -> bool {
    matches!(
        function.kind,
        FunctionKind::Constructor(_)
            | FunctionKind::Setter
            | FunctionKind::MethodSetter(_)
            | FunctionKind::StaticSetter(_)
    )
}

/// Returns the name for a function that has none in the WIT.
fn made_name(function: &Function) -> String {
    match function.kind {
        FunctionKind::Constructor(_) => "new".to_owned(),
        _ => format!("set-{}", method_name(function)),
    }
}

/// Returns a function's name without its kind and resource: `stat` of `[method]descriptor.stat`.
pub(crate) fn method_name(function: &Function) -> &str {
    let name = function.name.rsplit(']').next().unwrap_or(&function.name);
    name.rsplit('.').next().unwrap_or(name)
}
