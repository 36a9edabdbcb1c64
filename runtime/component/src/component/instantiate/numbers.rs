//! The store's numbers, for what an instance's definition names by its own indices and slots.

use crate::abi::{CoreFunctionType, HandleNumbers, Type};
use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::limits::Table;
use crate::trap::EndKind;

use super::super::builtin_template::BuiltinNumbers;
use super::super::definition::CanonicalOptions;
use super::super::state::{CanonicalOptions as StoreOptions, State};
use super::Frame;

/// The store, and the resource types of an instance.
pub(super) struct FrameNumbers<'a, E: CoreEngine, T: Send + 'static> {
    slots: &'a [Option<TypeIndex>],
    state: &'a mut State<E, T>,
}

impl<'a, E: CoreEngine, T: Send + 'static> FrameNumbers<'a, E, T> {
    pub(super) const fn new(slots: &'a [Option<TypeIndex>], state: &'a mut State<E, T>) -> Self {
        Self { slots, state }
    }

    fn ends(&mut self, kind: EndKind, element: Option<&Type>) -> Result<TypeIndex, Error> {
        let State { machine, numbers, .. } = &mut *self.state;
        numbers.ends(kind, element, |it| machine.define_type(it))
    }
}

impl<E: CoreEngine, T: Send + 'static> HandleNumbers for FrameNumbers<'_, E, T> {
    type Error = Error;

    fn resource(&mut self, slot: TypeIndex) -> Result<TypeIndex, Error> {
        let found = usize::try_from(slot.0).ok().and_then(|slot| self.slots.get(slot));
        found.copied().flatten().ok_or(Error::Unknown(Table::Types))
    }

    fn stream(&mut self, element: Option<&Type>) -> Result<TypeIndex, Error> {
        self.ends(EndKind::Stream, element)
    }

    fn future(&mut self, value: Option<&Type>) -> Result<TypeIndex, Error> {
        self.ends(EndKind::Future, value)
    }
}

/// The same with the index spaces of the instance.
pub(super) struct BuiltinFrame<'a, E: CoreEngine, T: Send + 'static> {
    pub(super) frame: &'a mut Frame<E>,
    pub(super) state: &'a mut State<E, T>,
}

impl<E: CoreEngine, T: Send + 'static> BuiltinFrame<'_, E, T> {
    fn numbers(&mut self) -> FrameNumbers<'_, E, T> {
        FrameNumbers { slots: &self.frame.slots, state: self.state }
    }

    fn resolve(&mut self, ty: Option<&Type>) -> Result<Option<Type>, Error> {
        let mut numbers = FrameNumbers { slots: &self.frame.slots, state: self.state };
        ty.map(|ty| self.frame.resolver.resolve(ty, &mut numbers)).transpose()
    }
}

impl<E: CoreEngine, T: Send + 'static> HandleNumbers for BuiltinFrame<'_, E, T> {
    type Error = Error;

    fn resource(&mut self, slot: TypeIndex) -> Result<TypeIndex, Error> {
        self.numbers().resource(slot)
    }

    fn stream(&mut self, element: Option<&Type>) -> Result<TypeIndex, Error> {
        self.numbers().stream(element)
    }

    fn future(&mut self, value: Option<&Type>) -> Result<TypeIndex, Error> {
        self.numbers().future(value)
    }
}

impl<E: CoreEngine, T: Send + 'static> BuiltinNumbers for BuiltinFrame<'_, E, T> {
    fn value_type(&mut self, ty: &Type) -> Result<TypeIndex, Error> {
        let resolved = self.resolve(Some(ty))?.ok_or(Error::Unknown(Table::Types))?;
        let State { machine, numbers, .. } = &mut *self.state;
        numbers.value(&resolved, |it| machine.define_type(it))
    }

    fn options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Error> {
        let options = self.frame.store_options(options)?;
        self.state.numbers.add_options(options)
    }

    fn lift_options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Error> {
        let options = self.frame.store_options(options)?;
        self.state.numbers.lift_options(&options)
    }

    fn memory(&mut self, memory: u32) -> Result<MemoryIndex, Error> {
        let memory = self.frame.memory(memory)?;
        self.state.numbers.add_memory(memory)
    }

    fn table(&mut self, table: u32) -> Result<TableIndex, Error> {
        let found = usize::try_from(table).ok().and_then(|it| self.frame.tables.get(it));
        self.state.numbers.add_table(*found.ok_or(Error::Unknown(Table::Types))?)
    }

    fn core_type(&mut self, ty: &CoreFunctionType) -> Result<CoreTypeIndex, Error> {
        self.state.numbers.add_core_type(*ty)
    }

    fn stream_type(&mut self, element: Option<&Type>) -> Result<TypeIndex, Error> {
        let element = self.resolve(element)?;
        self.stream(element.as_ref())
    }

    fn future_type(&mut self, value: Option<&Type>) -> Result<TypeIndex, Error> {
        let value = self.resolve(value)?;
        self.future(value.as_ref())
    }
}

impl<E: CoreEngine> Frame<E> {
    fn memory(&self, memory: u32) -> Result<E::Memory, Error> {
        let found = usize::try_from(memory).ok().and_then(|it| self.memories.get(it));
        found.copied().ok_or(Error::Unknown(Table::Types))
    }

    /// Options with what their indices stand for.
    pub(super) fn store_options(
        &self,
        options: &CanonicalOptions,
    ) -> Result<StoreOptions<E>, Error> {
        let function = |index: u32| {
            let found = usize::try_from(index).ok().and_then(|it| self.core_functions.get(it));
            found.copied().ok_or(Error::Unknown(Table::Functions))
        };
        Ok(StoreOptions {
            instance: self.instance,
            address_type: options.address_type,
            string_encoding: options.string_encoding,
            memory: options.memory.map(|memory| self.memory(memory)).transpose()?,
            realloc: options.realloc.map(function).transpose()?,
        })
    }
}
