//! The tables of a store's types, options, memories and tables, by their numbers in the machine.
//! Equal numbers mean equal things, by the spec's comparison.
//!
//! `M` is a memory of the engine, `F` a core function, `B` a table.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use hashbrown::HashMap;

use crate::abi::{CoreFunctionType, StringEncoding, Type};
use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{InstanceId, TypeDefinition};
use crate::trap::EndKind;

use super::canonical::{CanonicalOptions, MemoryKey};
use super::roots::Part;
use super::slab::Slab;

/// The type tables of a store.
pub(crate) struct TypeTables<M, F, B> {
    /// The element type, if there is one, of each stream or future type.
    elements: HashMap<TypeIndex, Option<Type>>,
    ends: HashMap<(bool, Option<Type>), TypeIndex>,
    values: HashMap<Type, TypeIndex>,
    /// The guests' resource types: the number of instances made by the host that use each, and the
    /// types that name it.
    resources: HashMap<TypeIndex, ResourceUse>,
    options: Slab<CanonicalOptions<M, F>>,
    /// Options by the parts that `task.return` compares: the string encoding and the memory.
    lift_options: HashMap<(StringEncoding, Option<u32>), OptionsIndex>,
    memories: Slab<Memory<M>>,
    memory_numbers: HashMap<(InstanceId, MemoryKey), u32>,
    tables: Slab<B>,
    core_types: Slab<CoreFunctionType>,
}

/// The use of a guest's resource type.
#[derive(Default)]
struct ResourceUse {
    num_users: u32,
    /// The numbers of types of values, streams and futures that name it.
    named_by: Vec<TypeIndex>,
}

struct Memory<M> {
    memory: M,
    key: (InstanceId, MemoryKey),
}

impl<M: Copy, F: Copy, B: Copy> TypeTables<M, F, B> {
    pub(crate) fn new() -> Self {
        Self {
            elements: HashMap::new(),
            ends: HashMap::new(),
            values: HashMap::new(),
            resources: HashMap::new(),
            options: Slab::new(),
            lift_options: HashMap::new(),
            memories: Slab::new(),
            memory_numbers: HashMap::new(),
            tables: Slab::new(),
            core_types: Slab::new(),
        }
    }

    #[inline]
    pub(crate) fn options(&self, options: OptionsIndex) -> Result<&CanonicalOptions<M, F>, Error> {
        self.options.get(options.0).ok_or(Error::Unknown(Table::Types))
    }

    pub(crate) fn memory(&self, memory: MemoryIndex) -> Result<M, Error> {
        let found = self.memories.get(memory.0).ok_or(Error::Unknown(Table::Types));
        found.map(|found| found.memory)
    }

    pub(crate) fn table(&self, table: TableIndex) -> Result<B, Error> {
        self.tables.get(table.0).copied().ok_or(Error::Unknown(Table::Types))
    }

    pub(crate) fn core_type(&self, ty: CoreTypeIndex) -> Result<CoreFunctionType, Error> {
        self.core_types.get(ty.0).copied().ok_or(Error::Unknown(Table::Types))
    }

    /// Returns the element type of a stream or future type.
    pub(crate) fn element(&self, ty: TypeIndex) -> Result<&Option<Type>, Error> {
        self.elements.get(&ty).ok_or(Error::Unknown(Table::Types))
    }

    /// Returns the number of a stream or future type. `define` makes a number for a new one.
    pub(crate) fn ends(
        &mut self,
        kind: EndKind,
        element: Option<&Type>,
        define: impl FnOnce(TypeDefinition) -> Result<TypeIndex, Error>,
    ) -> Result<TypeIndex, Error> {
        let key = (kind == EndKind::Stream, element.cloned());
        if let Some(number) = self.ends.get(&key) {
            return Ok(*number);
        }
        let is_none_or_number = element.is_none_or(is_number);
        let number = define(TypeDefinition::Ends { is_none_or_number })?;
        self.elements.insert(number, element.cloned());
        self.ends.insert(key, number);
        if let Some(element) = element {
            self.names_resources(number, element);
        }
        Ok(number)
    }

    /// Returns the number of a type of values.
    pub(crate) fn value(
        &mut self,
        ty: &Type,
        define: impl FnOnce(TypeDefinition) -> Result<TypeIndex, Error>,
    ) -> Result<TypeIndex, Error> {
        if let Some(number) = self.values.get(ty) {
            return Ok(*number);
        }
        let number = define(TypeDefinition::Value)?;
        self.values.insert(ty.clone(), number);
        self.names_resources(number, ty);
        Ok(number)
    }

    /// Records the guests' resource types that a type names.
    fn names_resources(&mut self, number: TypeIndex, ty: &Type) {
        let mut named = BTreeSet::new();
        find_resources(ty, &mut named);
        for resource in named {
            if let Some(resource) = self.resources.get_mut(&TypeIndex(resource)) {
                resource.named_by.push(number);
            }
        }
    }

    /// Registers an instance that uses a guest's resource type.
    pub(crate) fn use_resource(&mut self, ty: TypeIndex) {
        let resource = self.resources.entry(ty).or_default();
        resource.num_users = resource.num_users.saturating_add(1);
    }

    /// Registers an instance that no longer uses a guest's resource type. After the last one, its
    /// number and those of the types that name it are added to `removed`, for
    /// [`remove_types`](Self::remove_types).
    pub(crate) fn disuse_resource(&mut self, ty: TypeIndex, removed: &mut BTreeSet<u32>) {
        let Some(resource) = self.resources.get_mut(&ty) else { return };
        resource.num_users = resource.num_users.saturating_sub(1);
        if resource.num_users > 0 {
            return;
        }
        removed.insert(ty.0);
        let named_by = self.resources.remove(&ty).unwrap_or_default().named_by;
        removed.extend(named_by.iter().map(|number| number.0));
    }

    /// Removes types that are no longer used.
    pub(crate) fn remove_types(&mut self, removed: &BTreeSet<u32>) {
        if removed.is_empty() {
            return;
        }
        self.values.retain(|_, number| !removed.contains(&number.0));
        self.ends.retain(|_, number| !removed.contains(&number.0));
        self.elements.retain(|number, _| !removed.contains(&number.0));
    }

    /// Returns the number of options. New options are recorded as a part of the instance that is
    /// being made, here and in the methods below.
    pub(crate) fn add_options(
        &mut self,
        options: CanonicalOptions<M, F>,
        record: impl FnOnce(Part),
    ) -> Result<OptionsIndex, Error> {
        let options = self.new_options(options)?;
        record(Part::Options(options));
        Ok(options)
    }

    fn new_options(&mut self, options: CanonicalOptions<M, F>) -> Result<OptionsIndex, Error> {
        self.options.add(options).map(OptionsIndex).ok_or(Error::Full(Table::Types))
    }

    /// Returns the number of the options that `task.return` must share with the function from which
    /// it returns.
    pub(crate) fn lift_options(
        &mut self,
        options: &CanonicalOptions<M, F>,
        memory: Option<MemoryKey>,
        mut record: impl FnMut(Part),
    ) -> Result<OptionsIndex, Error> {
        let memory = options
            .memory
            .zip(memory)
            .map(|it| self.add_memory(options.instance, it, &mut record))
            .transpose()?;
        let key = (options.string_encoding, memory.map(|memory| memory.0));
        if let Some(number) = self.lift_options.get(&key) {
            return Ok(*number);
        }
        // They are numbered as options, so that the numbers can be used as such. Options without a
        // memory are the same for all instances, and stay.
        let number = match memory {
            Some(_) => self.add_options(*options, record)?,
            None => self.new_options(*options)?,
        };
        self.lift_options.insert(key, number);
        Ok(number)
    }

    /// Returns the number of a memory: one number, in whatever way the memory was found.
    pub(crate) fn add_memory(
        &mut self,
        instance: InstanceId,
        (memory, key): (M, MemoryKey),
        record: impl FnOnce(Part),
    ) -> Result<MemoryIndex, Error> {
        let key = (instance, key);
        if let Some(number) = self.memory_numbers.get(&key) {
            return Ok(MemoryIndex(*number));
        }
        let number = self.memories.add(Memory { memory, key }).ok_or(Error::Full(Table::Types))?;
        self.memory_numbers.insert(key, number);
        record(Part::Memory(MemoryIndex(number)));
        Ok(MemoryIndex(number))
    }

    pub(crate) fn add_table(
        &mut self,
        table: B,
        record: impl FnOnce(Part),
    ) -> Result<TableIndex, Error> {
        let number = self.tables.add(table).map(TableIndex).ok_or(Error::Full(Table::Types))?;
        record(Part::Table(number));
        Ok(number)
    }

    pub(crate) fn add_core_type(
        &mut self,
        ty: CoreFunctionType,
        record: impl FnOnce(Part),
    ) -> Result<CoreTypeIndex, Error> {
        let number = self.core_types.add(ty).map(CoreTypeIndex).ok_or(Error::Full(Table::Types))?;
        record(Part::CoreType(number));
        Ok(number)
    }

    /// Removes a part, as its instance is removed.
    pub(crate) fn remove(&mut self, part: Part) {
        match part {
            Part::Options(options) => {
                self.options.remove(options.0);
            }
            Part::Memory(memory) => {
                if let Some(Memory { key, .. }) = self.memories.remove(memory.0) {
                    self.memory_numbers.remove(&key);
                }
                let encodings =
                    [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::Latin1Utf16];
                for encoding in encodings {
                    self.lift_options.remove(&(encoding, Some(memory.0)));
                }
            }
            Part::Table(table) => {
                self.tables.remove(table.0);
            }
            Part::CoreType(ty) => {
                self.core_types.remove(ty.0);
            }
            Part::Instance(_)
            | Part::Function(_)
            | Part::HostFunction(_)
            | Part::CoreFunction(_)
            | Part::Links(_) => {}
        }
    }
}

/// Finds the numbers of the resource types that a type names.
fn find_resources(ty: &Type, found: &mut BTreeSet<u32>) {
    match ty {
        Type::Own(number) | Type::Borrow(number) => {
            found.insert(number.0);
        }
        Type::List(list) => find_resources(list.element(), found),
        Type::Record(record) => {
            record.fields().iter().for_each(|field| find_resources(field.ty(), found));
        }
        Type::Variant(variant) => {
            let payloads = variant.cases().iter().filter_map(|case| case.payload());
            payloads.for_each(|payload| find_resources(payload, found));
        }
        Type::Stream(end) | Type::Future(end) => {
            end.element().into_iter().for_each(|element| find_resources(element, found));
        }
        _ => {}
    }
}

/// Returns `true` for an element type that is `none_or_number_type`.
const fn is_number(ty: &Type) -> bool {
    matches!(
        ty,
        Type::S8
            | Type::U8
            | Type::S16
            | Type::U16
            | Type::S32
            | Type::U32
            | Type::S64
            | Type::U64
            | Type::F32
            | Type::F64
    )
}

#[cfg(test)]
mod tests {
    use crate::component::store::example_ids::ids;

    use super::*;

    type TestTables = TypeTables<u8, u8, u8>;

    const KEY: MemoryKey = MemoryKey { instance: 0, index: 0 };

    #[test]
    fn equal_types_have_one_number() {
        let (mut tables, mut machine) = (TestTables::new(), ids(0).machine);
        let mut ends = |kind, element: Option<&Type>| {
            tables.ends(kind, element, |ty| machine.define_type(ty)).expect("there is room")
        };
        let of_bytes = ends(EndKind::Stream, Some(&Type::U8));
        assert_eq!(ends(EndKind::Stream, Some(&Type::U8)), of_bytes);
        assert_ne!(ends(EndKind::Future, Some(&Type::U8)), of_bytes);
        assert_ne!(ends(EndKind::Stream, None), of_bytes);
        assert_eq!(tables.element(of_bytes), Ok(&Some(Type::U8)));
        let value = tables.value(&Type::U8, |ty| machine.define_type(ty)).expect("there is room");
        assert_eq!(tables.element(value), Err(Error::Unknown(Table::Types)));
    }

    #[test]
    fn one_memory_has_one_number_and_so_have_compared_options() {
        let (mut tables, instance) = (TestTables::new(), ids(0).instance);
        let memory = tables.add_memory(instance, (7, KEY), |_| ()).expect("there is room");
        assert_eq!(tables.add_memory(instance, (7, KEY), |_| ()), Ok(memory));
        assert_eq!(tables.memory(memory), Ok(7));
        let mut options = CanonicalOptions::without_memory(instance);
        options.memory = Some(7);
        let number = tables.lift_options(&options, Some(KEY), |_| ()).expect("there is room");
        options.realloc = Some(8);
        assert_eq!(tables.lift_options(&options, Some(KEY), |_| ()), Ok(number));
        options.string_encoding = StringEncoding::Utf16;
        assert_ne!(tables.lift_options(&options, Some(KEY), |_| ()), Ok(number));
    }

    #[test]
    fn what_was_added_is_removed_and_leaves_nothing() {
        let (mut tables, instance) = (TestTables::new(), ids(0).instance);
        let mut options = CanonicalOptions::without_memory(instance);
        let mut added = Vec::new();
        let shared =
            tables.lift_options(&options, None, |it| added.push(it)).expect("there is room");
        assert!(added.is_empty(), "others have the same");
        options.memory = Some(7);
        tables.lift_options(&options, Some(KEY), |it| added.push(it)).expect("there is room");
        tables.add_table(8, |it| added.push(it)).expect("there is room");
        tables.add_options(options, |it| added.push(it)).expect("there is room");
        assert_eq!(added.len(), 4);
        for part in added {
            tables.remove(part);
        }
        assert_eq!((tables.options.len(), tables.memories.len(), tables.tables.len()), (1, 0, 0));
        assert!(tables.memory_numbers.is_empty() && tables.lift_options.len() == 1);
        assert!(tables.options(shared).is_ok());
    }

    #[test]
    fn the_last_user_removes_a_resource_type_and_the_types_that_name_it() {
        let (mut tables, mut ids) = (TestTables::new(), ids(0));
        let definition =
            TypeDefinition::Resource { instance: Some(ids.instance), destructor: None };
        let resource = ids.machine.define_type(definition).expect("there is room");
        tables.use_resource(resource);
        tables.use_resource(resource);
        let machine = &mut ids.machine;
        let own = Type::list(Type::Own(resource)).expect("it is shallow");
        let mut define = |ty| machine.define_type(ty);
        let named = [
            tables.ends(EndKind::Stream, Some(&own), &mut define),
            tables.value(&own, &mut define),
        ];
        let other = tables.ends(EndKind::Stream, Some(&Type::U8), &mut define);
        let mut removed = BTreeSet::new();
        tables.disuse_resource(resource, &mut removed);
        assert!(removed.is_empty());
        tables.disuse_resource(resource, &mut removed);
        tables.remove_types(&removed);
        let named = named.map(|number| number.expect("there is room"));
        assert_eq!(removed, [resource, named[0], named[1]].map(|it| it.0).into());
        assert!(tables.element(named[0]).is_err());
        assert!(tables.element(other.expect("there is room")).is_ok());
        assert_eq!((tables.ends.len(), tables.values.len(), tables.resources.len()), (1, 0, 0));
    }
}
