//! Comparing a core module or a component with the type of an import. It matches if its imports are
//! among those of the type, and its exports include those of the type.
//!
//! The types come from two components, each with its own slots for resource types. If both sides
//! have a resource type in the same place, the two slots stand for one resource type from then on.
//! Two slots stand for the same resource type if they stand for the same number.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt::Display;

use crate::abi::{HandleNumbers, Resolver, Type};
use crate::builtin::TypeIndex;

use super::difference;
use super::extern_type::{
    CoreExternType, CoreLimits, CoreValueType, ExternType, HeapType, ModuleType,
    NestedComponentType, ReferenceType,
};
use super::function_type::FunctionType;
use super::import_error::{ImportError, within};
use super::items::Definition;
use super::resource_names::ResourceNames;

/// Checks that a core module of the type `given` can be used as one of the type `expected`.
pub(crate) fn module(
    path: &str,
    given: &ModuleType,
    expected: &ModuleType,
) -> Result<(), ImportError> {
    for import in &given.imports {
        let name = || within(path, &within(&import.module, &import.name));
        let offered = expected.imports.iter();
        let mut offered = offered.filter(|it| it.module == import.module && it.name == import.name);
        let offered = offered.next().ok_or_else(|| needs_more(name()))?;
        if !is_core_subtype(&offered.ty, &import.ty) {
            return Err(mismatch(name(), &import.ty, &offered.ty));
        }
    }
    for (name, expected) in &expected.exports {
        let path = within(path, name);
        match given.exports.iter().find(|(given, _)| given == name) {
            Some((_, given)) if is_core_subtype(given, expected) => {}
            Some((_, given)) => return Err(mismatch(path, expected, given)),
            None => return Err(missing(path, expected)),
        }
    }
    Ok(())
}

/// Returns `true` if an item of the type `given` can be used where `expected` is needed. Defined
/// types never match, as their numbers mean nothing outside of one component.
fn is_core_subtype(given: &CoreExternType, expected: &CoreExternType) -> bool {
    use CoreExternType::{Function, Global, Memory, Table, Tag};
    match (given, expected) {
        (Function(given), Function(expected)) | (Tag(given), Tag(expected)) => {
            are_equal(&given.params, &expected.params)
                && are_equal(&given.results, &expected.results)
        }
        (
            Table { element: given, limits: given_limits },
            Table { element: expected, limits: expected_limits },
        ) => is_comparable(*given) && given == expected && fits(*given_limits, *expected_limits),
        (
            Memory { limits: given, page_size_log2: given_size },
            Memory { limits: expected, page_size_log2: expected_size },
        ) => given_size == expected_size && fits(*given, *expected),
        (
            Global { ty: given, is_mutable, is_shared },
            Global { ty: expected, is_mutable: expected_mutable, is_shared: expected_shared },
        ) => {
            let is_equal = are_equal(&[*given], &[*expected]);
            is_mutable == expected_mutable
                && is_shared == expected_shared
                && (is_equal || !is_mutable && may_also_be_null(*given, *expected))
        }
        _ => false,
    }
}

fn are_equal(given: &[CoreValueType], expected: &[CoreValueType]) -> bool {
    let is_comparable = |ty: &CoreValueType| match ty {
        CoreValueType::Reference(reference) => is_comparable(*reference),
        _ => true,
    };
    given == expected && given.iter().all(is_comparable)
}

const fn is_comparable(reference: ReferenceType) -> bool {
    matches!(reference.heap_type, HeapType::Abstract { .. })
}

/// Returns `true` if `expected` is the type of the same references and null.
fn may_also_be_null(given: CoreValueType, expected: CoreValueType) -> bool {
    match (given, expected) {
        (CoreValueType::Reference(given), CoreValueType::Reference(expected)) => {
            is_comparable(given) && given.heap_type == expected.heap_type && expected.is_nullable
        }
        _ => false,
    }
}

fn fits(given: CoreLimits, expected: CoreLimits) -> bool {
    given.address_type == expected.address_type
        && given.is_shared == expected.is_shared
        && given.minimum >= expected.minimum
        && match (given.maximum, expected.maximum) {
            (_, None) => true,
            (Some(given), Some(expected)) => given <= expected,
            (None, Some(_)) => false,
        }
}

/// Checks that a component with the imports and exports `given` can be used as one of the type
/// `expected`.
pub(crate) fn component(
    path: &str,
    given: &Sides<'_>,
    expected: &NestedComponentType,
) -> Result<(), ImportError> {
    Comparison::default().component(path, given, &Sides::of(expected))
}

/// The imports and exports of a component.
pub(crate) struct Sides<'a> {
    imports: Vec<(&'a str, &'a ExternType)>,
    exports: Vec<(&'a str, &'a ExternType)>,
}

impl<'a> Sides<'a> {
    /// Returns those of a type.
    pub(crate) fn of(ty: &'a NestedComponentType) -> Self {
        Self { imports: ty.imports().collect(), exports: ty.exports().collect() }
    }

    /// Returns those of a component that is defined.
    pub(crate) fn of_definition(definition: &'a Definition) -> Self {
        Self {
            imports: definition.imports().map(|(name, ty)| (&*name.name, ty)).collect(),
            exports: definition.exports().map(|(name, ty)| (&*name.name, ty)).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = (&'a str, &'a ExternType)> {
        self.imports.iter().chain(&self.exports).copied()
    }
}

/// The resource types that the slots of both sides stand for, as far as they are known.
#[derive(Default)]
struct Comparison {
    given: BTreeMap<u32, u32>,
    expected: BTreeMap<u32, u32>,
    /// The names of the slots of each side.
    given_names: ResourceNames,
    expected_names: ResourceNames,
    /// The number of resource types.
    count: u32,
}

impl Comparison {
    /// Compares component types. Their own resource types are known only inside of them, because each
    /// use of a component type has new ones. Two uses may share the type, and so its slots.
    fn component(
        &mut self,
        path: &str,
        given: &Sides<'_>,
        expected: &Sides<'_>,
    ) -> Result<(), ImportError> {
        let outside = (self.given.clone(), self.expected.clone());
        self.imports_and_exports(path, given, expected)?;
        (self.given, self.expected) = outside;
        Ok(())
    }

    fn imports_and_exports(
        &mut self,
        path: &str,
        given: &Sides<'_>,
        expected: &Sides<'_>,
    ) -> Result<(), ImportError> {
        self.given_names.extend(given.all());
        self.expected_names.extend(expected.all());
        // The other component gets the imports of the expected type.
        self.swap();
        for (name, needed) in &given.imports {
            let path = within(path, name);
            let offered = expected.imports.iter().find(|(offered, _)| offered == name);
            let (_, offered) = offered.ok_or_else(|| needs_more(path.clone()))?;
            self.entity(&path, offered, needed)?;
        }
        self.swap();
        for (name, expected) in &expected.exports {
            let path = within(path, name);
            match given.exports.iter().find(|(given, _)| given == name) {
                Some((_, given)) => self.entity(&path, given, expected)?,
                None => return Err(self.missing(path, expected)),
            }
        }
        Ok(())
    }

    fn swap(&mut self) {
        core::mem::swap(&mut self.given, &mut self.expected);
        core::mem::swap(&mut self.given_names, &mut self.expected_names);
    }

    fn entity(
        &mut self,
        path: &str,
        given: &ExternType,
        expected: &ExternType,
    ) -> Result<(), ImportError> {
        let is_same = match (given, expected) {
            (ExternType::Function(given), ExternType::Function(expected)) => {
                self.given_function(given) == self.expected_function(expected)
            }
            (ExternType::Instance(given), ExternType::Instance(expected)) => {
                return expected.exports.iter().try_for_each(|(name, expected)| {
                    let path = within(path, name);
                    match given.exports.iter().find(|(given, _)| given == name) {
                        Some((_, given)) => self.entity(&path, given, expected),
                        None => Err(self.missing(path, expected)),
                    }
                });
            }
            (ExternType::Component(given), ExternType::Component(expected)) => {
                return self.component(path, &Sides::of(given), &Sides::of(expected));
            }
            (ExternType::Module(given), ExternType::Module(expected)) => {
                return module(path, given, expected);
            }
            (ExternType::Resource(given), ExternType::Resource(expected)) => {
                let resource = number(&mut self.given, &mut self.count, given.0);
                *self.expected.entry(expected.0).or_insert(resource) == resource
            }
            (ExternType::Type(given), ExternType::Type(expected)) => {
                let given = given.as_ref().map(|ty| self.given_type(ty));
                given == expected.as_ref().map(|ty| self.expected_type(ty))
            }
            _ => false,
        };
        if is_same { Ok(()) } else { Err(self.mismatch(path.into(), expected, given)) }
    }

    fn missing(&self, name: String, expected: &ExternType) -> ImportError {
        missing(name, &expected.with_names(&self.expected_names))
    }

    fn mismatch(&mut self, name: String, expected: &ExternType, given: &ExternType) -> ImportError {
        let (expected, given) = match (expected, given) {
            (ExternType::Function(expected), ExternType::Function(given)) => {
                let (expected, given) =
                    (self.expected_function(expected), self.given_function(given));
                let names = self.names();
                difference::functions((&expected, &names), (&given, &names))
            }
            (ExternType::Type(Some(expected)), ExternType::Type(Some(given))) => {
                let (expected, given) = (self.expected_type(expected), self.given_type(given));
                let names = self.names();
                let (expected, given) = difference::types((&expected, &names), (&given, &names));
                (format!("type {expected}"), format!("type {given}"))
            }
            (ExternType::Resource(_), ExternType::Resource(_)) => {
                ("the resource type of another import".into(), "a different one".into())
            }
            (expected, given) => (
                expected.with_names(&self.expected_names).to_string(),
                given.with_names(&self.given_names).to_string(),
            ),
        };
        ImportError::Mismatch { name, expected, given }
    }

    /// Returns the names of the resource types, from the names of the slots of both sides.
    fn names(&self) -> ResourceNames {
        let mut names = ResourceNames::default();
        let sides = [(&self.expected, &self.expected_names), (&self.given, &self.given_names)];
        for (numbers, of_slots) in sides {
            for (slot, number) in numbers {
                if let Some(path) = of_slots.path(TypeIndex(*slot)) {
                    names.add(TypeIndex(*number), path);
                }
            }
        }
        names
    }

    fn given_type(&mut self, ty: &Type) -> Type {
        resolve(ty, &mut Slots { numbers: &mut self.given, count: &mut self.count })
    }

    fn expected_type(&mut self, ty: &Type) -> Type {
        resolve(ty, &mut Slots { numbers: &mut self.expected, count: &mut self.count })
    }

    fn given_function(&mut self, ty: &FunctionType) -> FunctionType {
        ty.resolved(&mut Slots { numbers: &mut self.given, count: &mut self.count })
    }

    fn expected_function(&mut self, ty: &FunctionType) -> FunctionType {
        ty.resolved(&mut Slots { numbers: &mut self.expected, count: &mut self.count })
    }
}

fn resolve(ty: &Type, slots: &mut Slots<'_>) -> Type {
    let Ok(ty) = Resolver::default().resolve(ty, slots);
    ty
}

impl FunctionType {
    fn resolved(&self, slots: &mut Slots<'_>) -> Self {
        let Ok(ty) = self.resolve(&mut Resolver::default(), slots);
        ty
    }
}

/// The resource types of the slots of one side.
struct Slots<'a> {
    numbers: &'a mut BTreeMap<u32, u32>,
    count: &'a mut u32,
}

/// Returns the number of the resource type of a slot, which is new if the slot was not known.
fn number(numbers: &mut BTreeMap<u32, u32>, count: &mut u32, slot: u32) -> u32 {
    *numbers.entry(slot).or_insert_with(|| {
        *count += 1;
        *count
    })
}

impl HandleNumbers for Slots<'_> {
    type Error = Infallible;

    fn resource(&mut self, slot: TypeIndex) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(number(self.numbers, self.count, slot.0)))
    }

    fn stream(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(0))
    }

    fn future(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(0))
    }
}

fn missing(name: String, expected: &impl Display) -> ImportError {
    ImportError::Missing { name, expected: expected.to_string() }
}

fn mismatch(name: String, expected: &impl Display, given: &impl Display) -> ImportError {
    ImportError::Mismatch { name, expected: expected.to_string(), given: given.to_string() }
}

fn needs_more(name: String) -> ImportError {
    ImportError::Mismatch {
        name,
        expected: "no such import".into(),
        given: "one that has to be defined".into(),
    }
}
