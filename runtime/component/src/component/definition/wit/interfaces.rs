//! The interfaces of a component, and the interface that defines each type.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::abi::Type;
use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::ExternType;
use crate::component::definition::items::Definition;

use super::identifier::{InterfaceName, PackageName};
use super::scope::has_own_name;

/// The interfaces of packages that a component imports and exports.
pub(super) struct Interfaces<'a> {
    all: Vec<Interface<'a>>,
    /// The interface in which each resource type is defined, and its name there.
    resources: BTreeMap<TypeIndex, (usize, &'a str)>,
    /// The interface in which each other named type is defined.
    types: HashMap<(Type, &'a str), usize>,
}

/// An interface: its items that are imported or exported.
pub(super) struct Interface<'a> {
    pub(super) number: usize,
    pub(super) name: InterfaceName<'a>,
    /// The items, each name once.
    pub(super) items: Vec<(&'a str, &'a ExternType)>,
    /// All items, even those with a name that is there already: an interface that is both imported
    /// and exported has two resource types of each name.
    pub(super) occurrences: Vec<(&'a str, &'a ExternType)>,
    names: BTreeSet<&'a str>,
}

impl<'a> Interfaces<'a> {
    pub(super) fn of(definition: &'a Definition) -> Self {
        let mut interfaces =
            Self { all: Vec::new(), resources: BTreeMap::new(), types: HashMap::new() };
        let mut numbers = BTreeMap::new();
        for (name, ty) in definition.imports().chain(definition.exports()) {
            let ExternType::Instance(instance) = ty else { continue };
            let name = name.implements.as_deref().unwrap_or(&name.full_name);
            let Some(name) = InterfaceName::parse(name) else { continue };
            let next = interfaces.all.len();
            let number = *numbers.entry(name).or_insert(next);
            if number == next {
                let (items, occurrences, names) = (Vec::new(), Vec::new(), BTreeSet::new());
                interfaces.all.push(Interface { number, name, items, occurrences, names });
            }
            for (name, ty) in instance.exports() {
                interfaces.add(number, name, ty);
            }
        }
        interfaces
    }

    fn add(&mut self, number: usize, name: &'a str, ty: &'a ExternType) {
        let Self { all, resources, types } = self;
        let Some(interface) = all.get_mut(number) else { return };
        interface.occurrences.push((name, ty));
        if interface.names.insert(name) {
            interface.items.push((name, ty));
        }
        match ty {
            ExternType::Resource(resource) => {
                resources.entry(*resource).or_insert((number, name));
            }
            ExternType::Type(Some(ty)) if has_own_name(ty) => {
                types.entry((ty.clone(), name)).or_insert(number);
            }
            _ => {}
        }
    }

    /// Returns the interface that defines a resource type, and its name there.
    pub(super) fn of_resource(&self, resource: TypeIndex) -> Option<(&Interface<'a>, &'a str)> {
        let (number, name) = self.resources.get(&resource)?;
        Some((self.all.get(*number)?, name))
    }

    /// Returns the first interface in which a type has this name.
    pub(super) fn of_type(&self, ty: &Type, name: &str) -> Option<&Interface<'a>> {
        self.all.get(*self.types.get(&(ty.clone(), name) as &(Type, &str))?)
    }

    /// Returns the first interface in which a type has a name, and the name.
    pub(super) fn of_any_name(&self, ty: &Type) -> Option<(&Interface<'a>, &'a str)> {
        let named = self.types.iter().filter(|((it, _), _)| it == ty);
        let ((_, name), number) = named.min_by_key(|((_, name), number)| (**number, *name))?;
        Some((self.all.get(*number)?, name))
    }

    /// Returns the packages, each once, in the order of their first interfaces.
    pub(super) fn packages(&self) -> Vec<PackageName<'a>> {
        let mut packages = Vec::new();
        for interface in &self.all {
            if !packages.contains(&interface.name.package) {
                packages.push(interface.name.package);
            }
        }
        packages
    }

    /// Returns the interfaces of a package.
    pub(super) fn of_package(
        &self,
        package: PackageName<'a>,
    ) -> impl Iterator<Item = &Interface<'a>> {
        self.all.iter().filter(move |it| it.name.package == package)
    }
}
