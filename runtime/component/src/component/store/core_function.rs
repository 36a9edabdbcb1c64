//! The functions that core modules import, by the way they are called.

use alloc::sync::Arc;

use crate::abi::{Layout, Type};
use crate::builtin::{
    Blocks, Definition, FutureDefinition, MemoryIndex, OptionsIndex, ResourceDefinition,
    StreamDefinition, TypeIndex, WaitableDefinition,
};
use crate::core_value::{CoreValue, IntegerType};
use crate::trap::{CopyDirection, EndKind};

use super::canonical::Lowered;
use super::links::LinkCall;

/// A host function that core modules import.
pub(crate) enum CoreFunction {
    /// A lowered function.
    Lowered(Arc<Lowered>),
    /// A read from or write to a stream or future, which never waits.
    Copy(CopyFunction),
    /// A poll for an event, which never waits.
    Poll(PollFunction),
    /// A built-in that returns at once, and needs only the instance that runs.
    Immediate(Definition),
    /// Any other built-in.
    Builtin(Definition),
    /// A function for the code of links.
    Link(LinkCall),
}

/// A read from or write to a stream or future, with `async`.
pub(crate) struct CopyFunction {
    pub(crate) definition: Definition,
    pub(crate) kind: EndKind,
    pub(crate) direction: CopyDirection,
    pub(crate) ty: TypeIndex,
    pub(crate) options: OptionsIndex,
    address_type: IntegerType,
    /// The element type, if there is one.
    pub(crate) element: Option<Type>,
    /// The layout of an element in the memory.
    pub(crate) layout: Layout,
    /// `true` if elements are copied as bytes, whatever the bytes are.
    pub(crate) is_plain: bool,
}

/// `waitable-set.poll`
#[derive(Clone, Copy)]
pub(crate) struct PollFunction {
    pub(crate) definition: Definition,
    pub(crate) memory: MemoryIndex,
    address_type: IntegerType,
}

impl CoreFunction {
    /// Returns the way in which a built-in is called. `element` returns the element type of a type
    /// of streams or futures, and `layout` the layout of an element in memory.
    pub(crate) fn builtin<R>(
        definition: Definition,
        element: impl FnOnce(TypeIndex) -> Result<Option<Type>, R>,
        layout: impl FnOnce(Option<&Type>, IntegerType) -> Layout,
    ) -> Result<Self, R> {
        let (kind, direction, ty, options, address_type) = match definition {
            Definition::Stream(StreamDefinition::Read {
                ty,
                options,
                is_async: true,
                memory_address,
            }) => (EndKind::Stream, CopyDirection::Read, ty, options, memory_address),
            Definition::Stream(StreamDefinition::Write {
                ty,
                options,
                is_async: true,
                memory_address,
            }) => (EndKind::Stream, CopyDirection::Write, ty, options, memory_address),
            Definition::Future(FutureDefinition::Read {
                ty,
                options,
                is_async: true,
                memory_address,
            }) => (EndKind::Future, CopyDirection::Read, ty, options, memory_address),
            Definition::Future(FutureDefinition::Write {
                ty,
                options,
                is_async: true,
                memory_address,
            }) => (EndKind::Future, CopyDirection::Write, ty, options, memory_address),
            Definition::Waitable(WaitableDefinition::SetPoll { memory, memory_address }) => {
                let address_type = memory_address;
                return Ok(Self::Poll(PollFunction { definition, memory, address_type }));
            }
            definition if is_immediate(definition) => return Ok(Self::Immediate(definition)),
            definition => return Ok(Self::Builtin(definition)),
        };
        let element = element(ty)?;
        let layout = layout(element.as_ref(), address_type);
        let is_plain = element.as_ref().is_none_or(|ty| ty.is_plain() && !ty.contains_float());
        Ok(Self::Copy(CopyFunction {
            definition,
            kind,
            direction,
            ty,
            options,
            address_type,
            element,
            layout,
            is_plain,
        }))
    }

    /// Returns the definition of a built-in.
    pub(crate) const fn definition(&self) -> Option<Definition> {
        match self {
            Self::Lowered(_) | Self::Link(_) => None,
            Self::Copy(function) => Some(function.definition),
            Self::Poll(function) => Some(function.definition),
            Self::Immediate(definition) | Self::Builtin(definition) => Some(*definition),
        }
    }

    /// Returns `true` if a built-in may stop the guest that calls it.
    pub(crate) fn may_stop(&self) -> bool {
        match self {
            Self::Copy(_) | Self::Poll(_) | Self::Immediate(_) | Self::Link(_) => false,
            Self::Builtin(definition) => definition.builtin().description().blocks != Blocks::Never,
            Self::Lowered(_) => true,
        }
    }
}

impl CopyFunction {
    /// Returns the built-in's arguments: the index of the end, the address and the length.
    #[inline]
    pub(crate) fn arguments(&self, arguments: &[CoreValue]) -> Option<(u32, u64, u64)> {
        match (self.kind, arguments) {
            (EndKind::Stream, [CoreValue::I32(index), address, length]) => Some((
                *index,
                integer(*address, self.address_type)?,
                integer(*length, self.address_type)?,
            )),
            (EndKind::Future, [CoreValue::I32(index), address]) => {
                Some((*index, integer(*address, self.address_type)?, 1))
            }
            _ => None,
        }
    }

    /// Returns the result of the built-in as a core value.
    #[inline]
    pub(crate) fn result(&self, packed: u32) -> CoreValue {
        match (self.kind, self.address_type) {
            (EndKind::Stream, IntegerType::I64) => CoreValue::I64(packed.into()),
            _ => CoreValue::I32(packed),
        }
    }
}

impl PollFunction {
    /// Returns the built-in's arguments: the index of the set, and the address.
    #[inline]
    pub(crate) fn arguments(&self, arguments: &[CoreValue]) -> Option<(u32, u64)> {
        match arguments {
            [CoreValue::I32(index), address] => {
                Some((*index, integer(*address, self.address_type)?))
            }
            _ => None,
        }
    }
}

/// Returns the memory that a built-in writes an event to, if it polls or waits for events.
pub(crate) const fn event_memory(definition: Definition) -> Option<MemoryIndex> {
    match definition {
        Definition::Waitable(
            WaitableDefinition::SetWait { memory, .. } | WaitableDefinition::SetPoll { memory, .. },
        ) => Some(memory),
        _ => None,
    }
}

/// Returns `true` if a built-in returns at once, and the machine makes no records for it. Built-ins
/// that drop ends are not of this kind: the host may learn of the drop, and has to learn of the
/// call around it first.
const fn is_immediate(definition: Definition) -> bool {
    matches!(
        definition,
        Definition::Resource(ResourceDefinition::New { .. } | ResourceDefinition::Rep { .. })
            | Definition::Backpressure(_)
            | Definition::Waitable(
                WaitableDefinition::SetNew | WaitableDefinition::SetDrop | WaitableDefinition::Join
            )
    )
}

/// Returns an argument of an integer type, extended with zeros.
#[inline]
fn integer(value: CoreValue, ty: IntegerType) -> Option<u64> {
    match (value, ty) {
        (CoreValue::I32(bits), IntegerType::I32) => Some(bits.into()),
        (CoreValue::I64(bits), IntegerType::I64) => Some(bits),
        _ => None,
    }
}
