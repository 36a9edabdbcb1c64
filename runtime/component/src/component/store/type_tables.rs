//! The tables of a store's types, options, memories and tables: by the numbers that the machine
//! knows them by. Equal numbers mean the same thing, as the spec compares it.
//!
//! `M` is a memory of the engine, `F` a core function, `B` a table.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use hashbrown::HashMap;

use crate::abi::{CoreFunctionType, StringEncoding, Type};
use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::TypeDefinition;
use crate::trap::EndKind;

use super::canonical::CanonicalOptions;

/// The element of a stream or future type.
#[derive(Clone)]
enum Element {
    /// The number is another type's.
    OfNoEnd,
    /// The element, if the type has one.
    Of(Option<Type>),
}

/// The type tables of a store.
pub(crate) struct TypeTables<M, F, B> {
    /// The element of each type that is a stream's or future's, by [`TypeIndex`].
    elements: Vec<Element>,
    ends: HashMap<(bool, Option<Type>), TypeIndex>,
    values: HashMap<Type, TypeIndex>,
    options: Vec<CanonicalOptions<M, F>>,
    /// Options by the part that `task.return` compares: the encoding, and which memory.
    lift_options: HashMap<(StringEncoding, Option<u32>), OptionsIndex>,
    memories: Vec<M>,
    /// Memories by what they are to the engine.
    by_name: HashMap<String, u32>,
    tables: Vec<B>,
    core_types: Vec<CoreFunctionType>,
}

impl<M: Copy + fmt::Debug, F: Copy, B: Copy> TypeTables<M, F, B> {
    pub(crate) fn new() -> Self {
        Self {
            elements: Vec::new(),
            ends: HashMap::new(),
            values: HashMap::new(),
            options: Vec::new(),
            lift_options: HashMap::new(),
            memories: Vec::new(),
            by_name: HashMap::new(),
            tables: Vec::new(),
            core_types: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn options(&self, options: OptionsIndex) -> Result<&CanonicalOptions<M, F>, Error> {
        at(&self.options, options.0, Table::Types)
    }

    pub(crate) fn memory(&self, memory: MemoryIndex) -> Result<M, Error> {
        at(&self.memories, memory.0, Table::Types).copied()
    }

    pub(crate) fn table(&self, table: TableIndex) -> Result<B, Error> {
        at(&self.tables, table.0, Table::Types).copied()
    }

    pub(crate) fn core_type(&self, ty: CoreTypeIndex) -> Result<CoreFunctionType, Error> {
        at(&self.core_types, ty.0, Table::Types).copied()
    }

    /// Returns the element type of a stream or future type.
    pub(crate) fn element(&self, ty: TypeIndex) -> Result<&Option<Type>, Error> {
        match at(&self.elements, ty.0, Table::Types)? {
            Element::Of(element) => Ok(element),
            Element::OfNoEnd => Err(Error::Unknown(Table::Types)),
        }
    }

    /// Numbers a stream or future type; `define` makes a number for one that is new.
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
        let position = usize::try_from(number.0).map_err(|_| Error::Full(Table::Types))?;
        if self.elements.len() <= position {
            self.elements.resize(position.saturating_add(1), Element::OfNoEnd);
        }
        if let Some(place) = self.elements.get_mut(position) {
            *place = Element::Of(element.cloned());
        }
        self.ends.insert(key, number);
        Ok(number)
    }

    /// Numbers a type of values.
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
        Ok(number)
    }

    /// Numbers options.
    pub(crate) fn add_options(
        &mut self,
        options: CanonicalOptions<M, F>,
    ) -> Result<OptionsIndex, Error> {
        Ok(OptionsIndex(add(&mut self.options, options)?))
    }

    /// Numbers what `task.return` must have in common with the function that it returns from.
    pub(crate) fn lift_options(
        &mut self,
        options: &CanonicalOptions<M, F>,
    ) -> Result<OptionsIndex, Error> {
        let memory = options.memory.map(|memory| self.add_memory(memory)).transpose()?;
        let key = (options.string_encoding, memory.map(|memory| memory.0));
        if let Some(number) = self.lift_options.get(&key) {
            return Ok(*number);
        }
        // Numbered as options, so that they stand for options like any other.
        let number = self.add_options(CanonicalOptions { ..*options })?;
        self.lift_options.insert(key, number);
        Ok(number)
    }

    /// Numbers a memory: one has one number, by whatever way it was found.
    pub(crate) fn add_memory(&mut self, memory: M) -> Result<MemoryIndex, Error> {
        // Engines' handles show which thing they are a handle of, but can't all be compared.
        let name = format!("{memory:?}");
        if let Some(number) = self.by_name.get(&name) {
            return Ok(MemoryIndex(*number));
        }
        let number = add(&mut self.memories, memory)?;
        self.by_name.insert(name, number);
        Ok(MemoryIndex(number))
    }

    pub(crate) fn add_table(&mut self, table: B) -> Result<TableIndex, Error> {
        Ok(TableIndex(add(&mut self.tables, table)?))
    }

    pub(crate) fn add_core_type(&mut self, ty: CoreFunctionType) -> Result<CoreTypeIndex, Error> {
        Ok(CoreTypeIndex(add(&mut self.core_types, ty)?))
    }
}

/// Returns `none_or_number_type`, of an element that there is.
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

fn at<V>(values: &[V], number: u32, table: Table) -> Result<&V, Error> {
    let value = usize::try_from(number).ok().and_then(|number| values.get(number));
    value.ok_or(Error::Unknown(table))
}

fn add<V>(values: &mut Vec<V>, value: V) -> Result<u32, Error> {
    let number = u32::try_from(values.len()).map_err(|_| Error::Full(Table::Types))?;
    values.push(value);
    Ok(number)
}

#[cfg(test)]
mod tests {
    use crate::component::store::example_ids::ids;

    use super::*;

    type TestTables = TypeTables<u8, u8, u8>;

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
    fn one_memory_has_one_number_and_so_have_the_options_that_are_compared() {
        let (mut tables, instance) = (TestTables::new(), ids(0).instance);
        let memory = tables.add_memory(7).expect("there is room");
        assert_eq!(tables.add_memory(7), Ok(memory));
        assert_eq!(tables.memory(memory), Ok(7));
        let mut options = CanonicalOptions::without_memory(instance);
        options.memory = Some(7);
        let number = tables.lift_options(&options).expect("there is room");
        options.realloc = Some(8);
        assert_eq!(tables.lift_options(&options), Ok(number));
        options.string_encoding = StringEncoding::Utf16;
        assert_ne!(tables.lift_options(&options), Ok(number));
    }
}
