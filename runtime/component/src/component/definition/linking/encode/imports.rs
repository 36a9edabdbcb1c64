//! The imports of the module of a group. Each item is imported once.

use alloc::vec::Vec;

use wasm_encoder::{EntityType, ImportSection, MemoryType, TypeSection, ValType};

use crate::abi::{CoreFunctionType, FlatTypes};
use crate::component::definition::linking::core_space::MemoryKind;
use crate::component::definition::linking::link_import::{LinkFunction, LinkImport};
use crate::core_value::{CoreType, IntegerType};

use super::flags::FLAG;
use super::names::name;

/// The imports of a module, and the types of its functions.
#[derive(Default)]
pub(super) struct Imports {
    types: TypeSection,
    known_types: Vec<CoreFunctionType>,
    section: ImportSection,
    list: Vec<LinkImport>,
    functions: Counted,
    memories: Counted,
    globals: Counted,
}

/// The imports of one sort, with the keys of those that several links may need.
#[derive(Default)]
struct Counted {
    count: u32,
    keys: Vec<(Key, u32)>,
}

/// The key of an import.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    /// A core function or memory: the number of its instance, and its index there.
    Of(usize, u32),
    Flag(u32),
    Host(LinkFunction),
}

impl Counted {
    fn get(&self, key: Key) -> Option<u32> {
        self.keys.iter().find(|(it, _)| *it == key).map(|(_, index)| *index)
    }

    fn add(&mut self, key: Option<Key>) -> u32 {
        let index = self.count;
        self.count += 1;
        self.keys.extend(key.map(|key| (key, index)));
        index
    }
}

impl Imports {
    /// Returns the index of a function type, which is added if it is new.
    pub(super) fn type_of(&mut self, ty: &CoreFunctionType) -> u32 {
        let found = self.known_types.iter().position(|it| it == ty);
        let position = found.unwrap_or_else(|| {
            self.types.ty().function(val_types(ty.params), val_types(ty.results));
            self.known_types.push(*ty);
            self.known_types.len() - 1
        });
        u32::try_from(position).unwrap_or(u32::MAX)
    }

    /// Returns the number of imported functions.
    pub(super) const fn num_functions(&self) -> u32 {
        self.functions.count
    }

    /// Returns the sections of types and imports, and the imports.
    pub(super) fn finish(self) -> (TypeSection, ImportSection, Vec<LinkImport>) {
        (self.types, self.section, self.list)
    }

    fn import(&mut self, import: LinkImport, ty: EntityType) {
        // An engine may order imports differently: they are found by their names.
        self.section.import("", &name(self.list.len()), ty);
        self.list.push(import);
    }

    /// Imports a function that belongs to only one link.
    pub(super) fn own_function(&mut self, import: LinkImport, ty: &CoreFunctionType) -> u32 {
        let ty = self.type_of(ty);
        self.import(import, EntityType::Function(ty));
        self.functions.add(None)
    }

    /// Imports the core function with an index in an instance, once.
    pub(super) fn function(
        &mut self,
        import: LinkImport,
        (instance, index): (usize, u32),
        ty: &CoreFunctionType,
    ) -> u32 {
        let key = Key::Of(instance, index);
        if let Some(found) = self.functions.get(key) {
            return found;
        }
        let ty = self.type_of(ty);
        self.import(import, EntityType::Function(ty));
        self.functions.add(Some(key))
    }

    /// Imports a function of Weft, once.
    pub(super) fn host(&mut self, function: LinkFunction) -> u32 {
        let key = Key::Host(function);
        if let Some(found) = self.functions.get(key) {
            return found;
        }
        let ty = self.type_of(&function.ty());
        self.import(LinkImport::Host(function), EntityType::Function(ty));
        self.functions.add(Some(key))
    }

    /// Imports a flag, once.
    pub(super) fn flag(&mut self, flag: u32) -> u32 {
        let key = Key::Flag(flag);
        if let Some(found) = self.globals.get(key) {
            return found;
        }
        self.import(LinkImport::Flag(flag), EntityType::Global(FLAG));
        self.globals.add(Some(key))
    }

    /// Imports the memory with an index in an instance, once.
    pub(super) fn memory(
        &mut self,
        import: LinkImport,
        (instance, index): (usize, u32),
        kind: MemoryKind,
    ) -> u32 {
        let key = Key::Of(instance, index);
        if let Some(found) = self.memories.get(key) {
            return found;
        }
        let ty = MemoryType {
            minimum: 0,
            maximum: None,
            memory64: kind.address_type == IntegerType::I64,
            shared: false,
            page_size_log2: (kind.page_size_log2 != 16).then_some(kind.page_size_log2),
        };
        self.import(import, EntityType::Memory(ty));
        self.memories.add(Some(key))
    }
}

fn val_types(types: FlatTypes) -> Vec<ValType> {
    types.iter().map(val_type).collect()
}

/// Returns a core type as the encoder's type.
pub(super) const fn val_type(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
        CoreType::Function => ValType::FUNCREF,
    }
}
