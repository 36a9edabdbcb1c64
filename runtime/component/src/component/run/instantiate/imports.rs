//! Checking the items for imports.
//!
//! Most types are known without a store. They are checked once, when a linker prepares a component.
//! Only the types of exports of instances in a store are not known before. So the check has its own
//! numbers for resource types: one for each token of the host, and one for each number of a store.
//!
//! An item may have more than the type of its import says. What the type does not say is hidden when
//! the item is imported: see `Entity::seen_as`.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Display;

use crate::abi::{HandleNumbers, Resolver, ResourceFacts, ResourceKey, Type, TypeNames};
use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::{ExternType, InstanceType};
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::import_error::{ImportError, within};
use crate::component::definition::items::Definition;
use crate::component::definition::resource_names::ResourceNames;
use crate::component::definition::{difference, matching};
use crate::component::run::host_function::{HostFunction, HostFunctionCall};
use crate::component::run::host_resource::HostResourceType;
use crate::component::run::state::State;
use crate::component::store::entity::Entity;
use crate::engine::CoreEngine;
use crate::machine::FunctionId;

use super::given::{Given, GivenByName};

/// Returns the errors of the items for the imports of a component, each with the position of its
/// import. Without a store, functions and resource types of instances in a store are not checked,
/// nor are functions with such resource types. Items that are missing in composed instances were
/// reported before.
pub(crate) fn import_errors<E: CoreEngine, T: 'static>(
    definition: &Definition,
    given: &GivenByName<E, T>,
    state: Option<&State<E, T>>,
) -> Vec<(usize, ImportError)> {
    let mut check = ImportCheck {
        definition,
        given,
        state,
        numbers: BTreeMap::new(),
        values: BTreeMap::new(),
        slots: BTreeMap::new(),
        position: 0,
        errors: Vec::new(),
    };
    for (position, (name, ty)) in definition.imports().enumerate() {
        check.position = position;
        if let Some(given) = given.get(&name.name) {
            check.bind(ty, &Found::Given(given));
            check.check(&name.full_name, ty, &Found::Given(given));
        }
    }
    check.errors
}

/// A check that is under way.
struct ImportCheck<'a, E: CoreEngine, T: 'static> {
    definition: &'a Definition,
    given: &'a GivenByName<E, T>,
    state: Option<&'a State<E, T>>,
    /// The numbers of resource types.
    numbers: BTreeMap<ResourceIdentity, TypeIndex>,
    /// The Rust types of the values of resource types, by their numbers. `None` for a resource type
    /// without values.
    values: BTreeMap<TypeIndex, Option<ResourceKey>>,
    /// The numbers of the resource types in the slots of the component.
    slots: BTreeMap<TypeIndex, TypeIndex>,
    /// The position of the import that is being checked.
    position: usize,
    errors: Vec<(usize, ImportError)>,
}

/// The identity of a resource type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ResourceIdentity {
    /// A resource type of the host that has no number in the store, by its address.
    Host(usize),
    /// One with a number in the store.
    Store(TypeIndex),
}

/// An item for an import: of a linker, or of a store.
enum Found<'a, E: CoreEngine, T: 'static> {
    Given(&'a Given<E, T>),
    Entity(Entity<E>),
}

impl<E: CoreEngine, T: 'static> Found<'_, E, T> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Given(given) => given.kind(),
            Self::Entity(entity) => entity.kind(),
        }
    }

    /// Returns the part of an instance with a name.
    fn part(&self, name: &str) -> Option<Self> {
        match self {
            Self::Given(Given::Instance(parts)) => parts.get(name).map(Self::Given),
            Self::Given(Given::Exports(exports, ..)) | Self::Entity(Entity::Instance(exports)) => {
                exports.get(name).map(Self::Entity)
            }
            _ => None,
        }
    }

    /// Returns `true` if it is a composed instance, whose missing parts were reported before.
    const fn is_put_together(&self) -> bool {
        matches!(self, Self::Given(Given::Instance(_)))
    }
}

impl<'a, E: CoreEngine, T: 'static> ImportCheck<'a, E, T> {
    /// Sets the resource types of slots that are named here first.
    fn bind(&mut self, ty: &ExternType, found: &Found<'a, E, T>) {
        match ty {
            ExternType::Resource(slot) => {
                if let Some(number) = self.resource(found) {
                    self.slots.entry(*slot).or_insert(number);
                }
            }
            ExternType::Instance(ty) => {
                for (name, ty) in ty.exports() {
                    if let Some(part) = found.part(name) {
                        self.bind(ty, &part);
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns the number of a resource type.
    fn resource(&mut self, found: &Found<'a, E, T>) -> Option<TypeIndex> {
        match found {
            Found::Given(Given::Resource(token)) => Some(self.of_token(token)),
            Found::Entity(Entity::Resource(number)) => self.of_store(*number),
            _ => None,
        }
    }

    /// Returns the number of a resource type of the store. Without the store, there is none: the
    /// host may know the resource type by a token.
    fn of_store(&mut self, number: TypeIndex) -> Option<TypeIndex> {
        let values = self.state?.handles.values.values_of(number);
        let number = self.number(ResourceIdentity::Store(number));
        self.values.insert(number, values);
        Some(number)
    }

    fn of_token(&mut self, token: &HostResourceType<E, T>) -> TypeIndex {
        let address = token.address();
        let known = self.state.and_then(|state| state.resource_types.number(address));
        let number = known.map_or(ResourceIdentity::Host(address), ResourceIdentity::Store);
        let number = self.number(number);
        self.values.insert(number, token.values());
        number
    }

    fn number(&mut self, key: ResourceIdentity) -> TypeIndex {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(key).or_insert(TypeIndex(next))
    }

    /// Checks that the item for an import has its type.
    fn check(&mut self, path: &str, expected: &ExternType, found: &Found<'a, E, T>) {
        let result = match (expected, found) {
            (ExternType::Function(expected), Found::Given(Given::Function(function, _))) => {
                return self.check_host_function(path, expected, function);
            }
            (ExternType::Function(expected), Found::Entity(Entity::Function(function))) => {
                return self.check_store_function(path, expected, *function);
            }
            (ExternType::Instance(expected), Found::Given(Given::Exports(_, store, root))) => {
                match self.state {
                    Some(state) if *store != state.identity => {
                        Err(ImportError::OtherStore { name: path.into() })
                    }
                    Some(state) if state.roots.get(*root).is_none() => {
                        Err(ImportError::InstanceRemoved { name: path.into() })
                    }
                    _ => return self.check_instance(path, expected, found),
                }
            }
            (
                ExternType::Instance(expected),
                Found::Given(Given::Instance(_)) | Found::Entity(Entity::Instance(_)),
            ) => return self.check_instance(path, expected, found),
            (
                ExternType::Resource(slot),
                Found::Given(Given::Resource(_)) | Found::Entity(Entity::Resource(_)),
            ) => {
                let number = self.resource(found);
                if number.is_none() || number == self.slots.get(slot).copied() {
                    return;
                }
                Err(ImportError::Mismatch {
                    name: path.into(),
                    expected: "the resource type of another import".into(),
                    given: "a different one".into(),
                })
            }
            (
                ExternType::Module(expected),
                Found::Given(Given::Module(given)) | Found::Entity(Entity::Module(given)),
            ) => matching::module(path, given.ty(), expected),
            (
                ExternType::Component(expected),
                Found::Given(Given::Component(given)) | Found::Entity(Entity::Component(given)),
            ) => matching::component(path, &given.sides(), expected),
            (ExternType::Type(_), Found::Given(Given::Type) | Found::Entity(Entity::Type)) => {
                Ok(())
            }
            (expected, found) => {
                Err(mismatch(path, &expected.with_names(&self.slot_names()), found.kind()))
            }
        };
        if let Err(error) = result {
            self.tell(error);
        }
    }

    fn tell(&mut self, error: ImportError) {
        self.errors.push((self.position, error));
    }

    fn check_instance(&mut self, path: &str, expected: &InstanceType, found: &Found<'a, E, T>) {
        for (name, expected) in expected.exports() {
            let path = within(path, name);
            match (found.part(name), expected) {
                (Some(part), expected) => self.check(&path, expected, &part),
                (None, ExternType::Type(_)) => {}
                (None, _) if found.is_put_together() => {}
                (None, _) => {
                    let expected = expected.with_names(&self.slot_names()).to_string();
                    self.tell(ImportError::Missing { name: path, expected });
                }
            }
        }
    }

    fn check_store_function(&mut self, path: &str, expected: &FunctionType, function: FunctionId) {
        let Some(state) = self.state else { return };
        if let Some(function) = state.functions.host_function(function) {
            self.check_host_function(path, expected, function);
        } else if let Ok(lifted) = state.functions.lifted(function) {
            let given = lifted.ty.resolved_by(|number| self.of_store(number));
            self.compare(path, expected, given, &lifted.ty);
        }
    }

    fn check_host_function(
        &mut self,
        path: &str,
        expected: &FunctionType,
        function: &HostFunction<E, T>,
    ) {
        match (&function.declared, &function.call) {
            (Some(declared), _) => {
                let given = declared.ty.resolved_by(|position| {
                    let token = usize::try_from(position.0).ok();
                    let token = token.and_then(|it| declared.resources.get(it))?;
                    Some(self.of_token(token))
                });
                // A position that does not exist makes it different from all types.
                self.compare(path, expected, given, &declared.ty);
            }
            (None, HostFunctionCall::Typed(function)) => {
                let Some(expected) = self.expected(expected) else { return };
                let no_names = ResourceNames::default();
                if function.check(&expected, &self.facts(&no_names)).is_ok() {
                    return;
                }
                // The names are searched for only if there is an error.
                let names = self.names();
                if let Err(mismatch) = function.check(&expected, &self.facts(&names)) {
                    let (name, mismatch) = (path.into(), Box::new(mismatch));
                    self.tell(ImportError::Function { name, mismatch });
                }
            }
            // It accepts all arguments, and returns an error if they are wrong.
            (None, _) => {}
        }
    }

    /// Returns what is known of resource types.
    const fn facts<'b>(&'b self, names: &'b ResourceNames) -> Facts<'b> {
        Facts { names, values: &self.values }
    }

    /// Compares the type of a function with the type of an item. `given` is `None` if `stated`
    /// names resource types that don't exist.
    fn compare(
        &mut self,
        path: &str,
        expected: &FunctionType,
        given: Option<FunctionType>,
        stated: &FunctionType,
    ) {
        let Some(expected) = self.expected(expected) else { return };
        if given.as_ref() == Some(&expected) {
            return;
        }
        let names = self.names();
        let (expected, given) = match given {
            Some(given) => difference::functions((&expected, &names), (&given, &names)),
            None => (expected.with_names(&names).to_string(), stated.to_string()),
        };
        self.tell(ImportError::Mismatch { name: path.into(), expected, given });
    }

    /// Returns the type that a function should have. Returns `None` if it names the resource type
    /// of a wrong import, which was reported before, or one that is known in the store only.
    fn expected(&self, expected: &FunctionType) -> Option<FunctionType> {
        expected.resolved_by(|slot| self.slots.get(&slot).copied())
    }

    /// Returns the component's names of resource types, by their slots.
    fn slot_names(&self) -> ResourceNames {
        ResourceNames::of(self.definition.externs())
    }

    /// Returns the names of resource types by their numbers: those of the component, and those of
    /// the items.
    fn names(&mut self) -> ResourceNames {
        let (of_slots, mut names) = (self.slot_names(), ResourceNames::default());
        for (slot, number) in &self.slots {
            if let Some(path) = of_slots.path(*slot) {
                names.add(*number, path);
            }
        }
        for (name, given) in self.given {
            self.add_names(&mut names, name, &Found::Given(given));
        }
        // A resource type of the host that was found for no import has no name.
        for number in self.numbers.values() {
            names.add(*number, "another-resource");
        }
        names
    }

    fn add_names(&mut self, names: &mut ResourceNames, path: &str, found: &Found<'a, E, T>) {
        if let Some(number) = self.resource(found) {
            names.add(number, path);
        }
        match found {
            Found::Given(Given::Instance(parts)) => {
                for (name, part) in parts {
                    self.add_names(names, &within(path, name), &Found::Given(part));
                }
            }
            Found::Given(Given::Exports(exports, ..))
            | Found::Entity(Entity::Instance(exports)) => {
                for (name, part) in exports.iter() {
                    self.add_names(names, &within(path, name), &Found::Entity(part));
                }
            }
            _ => {}
        }
    }
}

/// The names of resource types, and the Rust types of their values, by their numbers.
struct Facts<'a> {
    names: &'a ResourceNames,
    values: &'a BTreeMap<TypeIndex, Option<ResourceKey>>,
}

impl TypeNames for Facts<'_> {
    fn name_of(&self, ty: &Type) -> Option<Cow<'_, str>> {
        self.names.name_of(ty)
    }
}

impl ResourceFacts for Facts<'_> {
    fn other_values(&self, ty: &Type, values: ResourceKey) -> Option<String> {
        let (Type::Own(number) | Type::Borrow(number)) = ty else { return None };
        let known = *self.values.get(number)?;
        if known == Some(values) {
            return None;
        }
        let ty = ty.with_names(self);
        Some(match known {
            Some(known) => format!("{ty} with values of `{known}`"),
            None => format!("{ty} without values, which `HostResourceType::of` did not make"),
        })
    }
}

/// A source of numbers for resource types; the numbers of streams and futures don't matter.
struct NumbersBy<F>(F);

impl<F: FnMut(TypeIndex) -> Option<TypeIndex>> HandleNumbers for NumbersBy<F> {
    type Error = ();

    fn resource(&mut self, number: TypeIndex) -> Result<TypeIndex, ()> {
        self.0(number).ok_or(())
    }

    fn stream(&mut self, _: Option<&Type>) -> Result<TypeIndex, ()> {
        Ok(TypeIndex(0))
    }

    fn future(&mut self, _: Option<&Type>) -> Result<TypeIndex, ()> {
        Ok(TypeIndex(0))
    }
}

impl FunctionType {
    /// Returns the type with other numbers. Returns `None` if a resource type has no number.
    fn resolved_by(
        &self,
        number: impl FnMut(TypeIndex) -> Option<TypeIndex>,
    ) -> Option<FunctionType> {
        self.resolve(&mut Resolver::default(), &mut NumbersBy(number)).ok()
    }
}

fn mismatch(path: &str, expected: &impl Display, given: &'static str) -> ImportError {
    let name = String::from(path);
    ImportError::Mismatch { name, expected: expected.to_string(), given: given.into() }
}
