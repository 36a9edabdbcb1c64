//! The names in an interface or in a world, and those that it uses of other interfaces.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use crate::abi::{RecordShape, Type, TypeNames, VariantShape};
use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::ExternType;
use crate::component::definition::items::Definition;

use super::identifier::{Identifier, InterfaceName};
use super::interfaces::{Interface, Interfaces};

/// The names in an interface or world.
pub(super) struct Scope<'a> {
    resources: BTreeMap<TypeIndex, Cow<'a, str>>,
    types: HashMap<Type, Cow<'a, str>>,
    /// The types of other interfaces that are used: the name there, and the name here.
    uses: BTreeMap<InterfaceName<'a>, Vec<(&'a str, Cow<'a, str>)>>,
    /// All names that are taken.
    taken: BTreeSet<&'a str>,
}

impl<'a> Scope<'a> {
    /// Returns the scope of an interface of a package.
    pub(super) fn of_interface(interfaces: &Interfaces<'a>, interface: &Interface<'a>) -> Self {
        Self::of_items(interfaces, Some(interface), &interface.occurrences)
    }

    /// Returns the scope of the world.
    pub(super) fn of_world(interfaces: &Interfaces<'a>, definition: &'a Definition) -> Self {
        let externs = definition.imports().chain(definition.exports());
        let items: Vec<_> = externs
            .filter(|(_, ty)| {
                matches!(
                    ty,
                    ExternType::Resource(_) | ExternType::Type(_) | ExternType::Function(_)
                )
            })
            .map(|(name, ty)| (&*name.name, ty))
            .collect();
        Self::of_items(interfaces, None, &items)
    }

    /// Returns the scope of the items of an interface, or of the world.
    pub(super) fn of_items(
        interfaces: &Interfaces<'a>,
        own: Option<&Interface<'a>>,
        items: &[(&'a str, &'a ExternType)],
    ) -> Self {
        let mut scope = Self {
            resources: BTreeMap::new(),
            types: HashMap::new(),
            uses: BTreeMap::new(),
            taken: items.iter().map(|(name, _)| *name).collect(),
        };
        for (name, ty) in items {
            scope.define(interfaces, own, name, ty);
        }
        let mut seen = HashSet::new();
        for (_, ty) in items {
            match ty {
                ExternType::Function(function) => {
                    let types = function.params().map(|(_, ty)| ty).chain(function.result());
                    types.for_each(|ty| scope.need(interfaces, own, &mut seen, ty));
                }
                ExternType::Type(Some(ty)) => scope.need_parts(interfaces, own, &mut seen, ty),
                _ => {}
            }
        }
        scope
    }

    /// Adds an export, if it is a type.
    fn define(
        &mut self,
        interfaces: &Interfaces<'a>,
        own: Option<&Interface<'a>>,
        name: &'a str,
        ty: &ExternType,
    ) {
        match ty {
            ExternType::Resource(resource) => {
                if self.resources.contains_key(resource) {
                    return;
                }
                self.resources.insert(*resource, Cow::Borrowed(name));
                if let Some((there, name_there)) = interfaces.of_resource(*resource)
                    && own.is_none_or(|own| own.number != there.number)
                {
                    self.use_of(there, name_there, name);
                }
            }
            ExternType::Type(Some(ty)) if has_own_name(ty) => {
                if self.types.contains_key(ty) {
                    return;
                }
                self.types.insert(ty.clone(), Cow::Borrowed(name));
                // Only earlier interfaces are used, so that no two interfaces use one another.
                if let Some(there) = interfaces.of_type(ty, name)
                    && own.is_none_or(|own| there.number < own.number)
                {
                    self.use_of(there, name, name);
                }
            }
            _ => {}
        }
    }

    fn use_of(&mut self, there: &Interface<'a>, name_there: &'a str, name: &'a str) {
        let uses = self.uses.entry(there.name).or_default();
        if !uses.iter().any(|(_, it)| *it == name) {
            uses.push((name_there, Cow::Borrowed(name)));
        }
    }

    /// Adds a use for each part of a type that has a name elsewhere, but not here.
    fn need(
        &mut self,
        interfaces: &Interfaces<'a>,
        own: Option<&Interface<'a>>,
        seen: &mut HashSet<Type>,
        ty: &Type,
    ) {
        if !seen.insert(ty.clone()) {
            return;
        }
        match ty {
            Type::Own(resource) | Type::Borrow(resource) => {
                if !self.resources.contains_key(resource)
                    && let Some((there, name)) = interfaces.of_resource(*resource)
                {
                    let here = self.free_name(name);
                    self.uses.entry(there.name).or_default().push((name, here.clone()));
                    self.resources.insert(*resource, here);
                }
            }
            ty if has_own_name(ty) && self.types.contains_key(ty) => {}
            ty if has_own_name(ty)
                && let Some((there, name)) = interfaces.of_any_name(ty)
                && own.is_none_or(|own| there.number < own.number) =>
            {
                let here = self.free_name(name);
                self.uses.entry(there.name).or_default().push((name, here.clone()));
                self.types.insert(ty.clone(), here);
            }
            ty => self.need_parts(interfaces, own, seen, ty),
        }
    }

    fn need_parts(
        &mut self,
        interfaces: &Interfaces<'a>,
        own: Option<&Interface<'a>>,
        seen: &mut HashSet<Type>,
        ty: &Type,
    ) {
        match ty {
            Type::List(list) => self.need(interfaces, own, seen, list.element()),
            Type::Record(record) => {
                record.fields().iter().for_each(|it| self.need(interfaces, own, seen, it.ty()));
            }
            Type::Variant(variant) => {
                let payloads = variant.cases().iter().filter_map(|it| it.payload());
                payloads.for_each(|ty| self.need(interfaces, own, seen, ty));
            }
            Type::Stream(end) | Type::Future(end) => {
                if let Some(element) = end.element() {
                    self.need(interfaces, own, seen, element);
                }
            }
            ty @ (Type::Own(_) | Type::Borrow(_)) => self.need(interfaces, own, seen, ty),
            _ => {}
        }
    }

    /// Returns a name that is free here: `name`, or `name` with a number.
    fn free_name(&self, name: &'a str) -> Cow<'a, str> {
        let uses = || self.uses.values().flatten().map(|(_, name)| &**name);
        let is_free = |name: &str| !self.taken.contains(name) && !uses().any(|it| it == name);
        if is_free(name) {
            return Cow::Borrowed(name);
        }
        let mut numbers = 2_u32..;
        let found = numbers.find_map(|number| {
            let name = format!("{name}-x{number}");
            is_free(&name).then_some(name)
        });
        found.map_or(Cow::Borrowed(name), Cow::Owned)
    }

    /// Returns the names that are used of other interfaces: the name there, and the name here.
    pub(super) fn uses(
        &self,
    ) -> impl Iterator<Item = (&InterfaceName<'a>, &[(&'a str, Cow<'a, str>)])> {
        self.uses.iter().map(|(interface, names)| (interface, &**names))
    }

    /// Returns `true` if a name belongs to another interface.
    pub(super) fn is_used(&self, name: &str) -> bool {
        self.uses.values().flatten().any(|(_, it)| *it == name)
    }

    /// Returns the first name of a type.
    pub(super) fn name_of_type(&self, ty: &Type) -> Option<&str> {
        self.types.get(ty).map(|name| &**name)
    }

    /// Returns the first name of a resource type.
    pub(super) fn name_of_resource(&self, resource: TypeIndex) -> Option<&str> {
        self.resources.get(&resource).map(|name| &**name)
    }
}

/// Returns `true` if a type has a name in WIT.
pub(super) fn has_own_name(ty: &Type) -> bool {
    match ty {
        Type::Record(record) => record.shape() == RecordShape::Record,
        Type::Variant(variant) => {
            matches!(variant.shape(), VariantShape::Variant | VariantShape::Enum)
        }
        Type::Flags(_) => true,
        _ => false,
    }
}

impl TypeNames for Scope<'_> {
    fn name_of(&self, ty: &Type) -> Option<Cow<'_, str>> {
        let name = match ty {
            Type::Own(resource) | Type::Borrow(resource) => self.name_of_resource(*resource)?,
            ty if has_own_name(ty) => self.name_of_type(ty)?,
            _ => return None,
        };
        let name = Identifier(name).to_string();
        Some(Cow::Owned(match ty {
            Type::Borrow(_) => format!("borrow<{name}>"),
            _ => name,
        }))
    }
}
