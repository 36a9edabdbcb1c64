//! The numbers that the machine knows types, options, memories and tables by, and what they stand
//! for. Equal numbers mean the same thing, as the spec compares it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::abi::{CoreFunctionType, StringEncoding, Type};
use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::limits::Table;
use crate::machine::TypeDefinition;
use crate::trap::EndKind;

use super::state::CanonicalOptions;

/// The element of a stream or future type.
#[derive(Clone)]
enum Element {
    /// The number is another type's.
    OfNoEnd,
    /// The element, if the type has one.
    Of(Option<Type>),
}

/// What the numbers of a store stand for.
pub(crate) struct Numbers<E: CoreEngine> {
    /// The element of each type that is a stream's or future's, by [`TypeIndex`].
    elements: Vec<Element>,
    ends: HashMap<(bool, Option<Type>), TypeIndex>,
    values: HashMap<Type, TypeIndex>,
    options: Vec<CanonicalOptions<E>>,
    /// What `task.return` compares: the encoding, and which memory.
    lift_options: HashMap<(StringEncoding, Option<u32>), OptionsIndex>,
    memories: Vec<E::Memory>,
    /// Memories by what they are to the engine.
    by_name: HashMap<String, u32>,
    tables: Vec<E::Table>,
    core_types: Vec<CoreFunctionType>,
}

impl<E: CoreEngine> Numbers<E> {
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

    pub(crate) fn options(&self, options: OptionsIndex) -> Result<&CanonicalOptions<E>, Error> {
        at(&self.options, options.0, Table::Types)
    }

    pub(crate) fn memory(&self, memory: MemoryIndex) -> Result<E::Memory, Error> {
        at(&self.memories, memory.0, Table::Types).copied()
    }

    pub(crate) fn table(&self, table: TableIndex) -> Result<E::Table, Error> {
        at(&self.tables, table.0, Table::Types).copied()
    }

    pub(crate) fn core_type(&self, ty: CoreTypeIndex) -> Result<CoreFunctionType, Error> {
        at(&self.core_types, ty.0, Table::Types).copied()
    }

    /// The element type of a stream or future type.
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
        options: CanonicalOptions<E>,
    ) -> Result<OptionsIndex, Error> {
        Ok(OptionsIndex(add(&mut self.options, options)?))
    }

    /// Numbers what `task.return` must have in common with the function that it returns from.
    pub(crate) fn lift_options(
        &mut self,
        options: &CanonicalOptions<E>,
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
    pub(crate) fn add_memory(&mut self, memory: E::Memory) -> Result<MemoryIndex, Error> {
        // Engines' handles show which thing they are a handle of, but can't all be compared.
        let name = format!("{memory:?}");
        if let Some(number) = self.by_name.get(&name) {
            return Ok(MemoryIndex(*number));
        }
        let number = add(&mut self.memories, memory)?;
        self.by_name.insert(name, number);
        Ok(MemoryIndex(number))
    }

    pub(crate) fn add_table(&mut self, table: E::Table) -> Result<TableIndex, Error> {
        Ok(TableIndex(add(&mut self.tables, table)?))
    }

    pub(crate) fn add_core_type(&mut self, ty: CoreFunctionType) -> Result<CoreTypeIndex, Error> {
        Ok(CoreTypeIndex(add(&mut self.core_types, ty)?))
    }
}

/// `none_or_number_type`, of an element that there is.
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
