//! The store's numbers for the indices and slots of an instance's definition.

use crate::abi::{CoreFunctionType, HandleNumbers, Resolver, Type};
use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::component::definition::immediates::{BuiltinNumbers, CanonicalOptions};
use crate::component::run::state::State;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::limits::Table;
use crate::machine::InstanceId;
use crate::trap::EndKind;

use super::spaces::Spaces;

/// The store, and the resource types of an instance.
pub(crate) struct SlotNumbers<'a, E: CoreEngine, T: 'static> {
    slots: &'a [Option<TypeIndex>],
    state: &'a mut State<E, T>,
}

impl<'a, E: CoreEngine, T: 'static> SlotNumbers<'a, E, T> {
    pub(crate) const fn new(slots: &'a [Option<TypeIndex>], state: &'a mut State<E, T>) -> Self {
        Self { slots, state }
    }
}

impl<E: CoreEngine, T: 'static> HandleNumbers for SlotNumbers<'_, E, T> {
    type Error = Error;

    fn resource(&mut self, slot: TypeIndex) -> Result<TypeIndex, Error> {
        let found = usize::try_from(slot.0).ok().and_then(|slot| self.slots.get(slot));
        let ty = found.copied().flatten().ok_or(Error::Unknown(Table::Types))?;
        self.state.use_resource_type(ty)?;
        Ok(ty)
    }

    fn stream(&mut self, element: Option<&Type>) -> Result<TypeIndex, Error> {
        self.state.ends_type(EndKind::Stream, element)
    }

    fn future(&mut self, value: Option<&Type>) -> Result<TypeIndex, Error> {
        self.state.ends_type(EndKind::Future, value)
    }
}

/// The store, and the index spaces of an instance.
pub(crate) struct BuiltinSpaces<'a, E: CoreEngine, T: 'static> {
    pub(crate) instance: InstanceId,
    pub(crate) spaces: &'a Spaces<E>,
    pub(crate) resolver: &'a mut Resolver,
    pub(crate) state: &'a mut State<E, T>,
}

impl<E: CoreEngine, T: 'static> BuiltinSpaces<'_, E, T> {
    fn numbers(&mut self) -> SlotNumbers<'_, E, T> {
        SlotNumbers::new(&self.spaces.slots, self.state)
    }

    fn resolve(&mut self, ty: Option<&Type>) -> Result<Option<Type>, Error> {
        let mut numbers = SlotNumbers::new(&self.spaces.slots, self.state);
        ty.map(|ty| self.resolver.resolve(ty, &mut numbers)).transpose()
    }
}

impl<E: CoreEngine, T: 'static> HandleNumbers for BuiltinSpaces<'_, E, T> {
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

impl<E: CoreEngine, T: 'static> BuiltinNumbers for BuiltinSpaces<'_, E, T> {
    fn value_type(&mut self, ty: &Type) -> Result<TypeIndex, Error> {
        let resolved = self.resolve(Some(ty))?.ok_or(Error::Unknown(Table::Types))?;
        let State { machine, types, .. } = &mut *self.state;
        types.value(&resolved, |it| machine.define_type(it))
    }

    fn options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Error> {
        let options = self.spaces.store_options(self.instance, options)?;
        let State { types, roots, .. } = &mut *self.state;
        types.add_options(options, |part| roots.record(part))
    }

    fn lift_options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Error> {
        let memory = self.spaces.memory_key(options)?;
        let options = self.spaces.store_options(self.instance, options)?;
        let State { types, roots, .. } = &mut *self.state;
        types.lift_options(&options, memory, |part| roots.record(part))
    }

    fn memory(&mut self, memory: u32) -> Result<MemoryIndex, Error> {
        let State { types, roots, .. } = &mut *self.state;
        types.add_memory(self.instance, self.spaces.memory(memory)?, |part| roots.record(part))
    }

    fn table(&mut self, table: u32) -> Result<TableIndex, Error> {
        let State { types, roots, .. } = &mut *self.state;
        types.add_table(self.spaces.table(table)?, |part| roots.record(part))
    }

    fn core_type(&mut self, ty: &CoreFunctionType) -> Result<CoreTypeIndex, Error> {
        let State { types, roots, .. } = &mut *self.state;
        types.add_core_type(*ty, |part| roots.record(part))
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
