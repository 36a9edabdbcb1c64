//! Values of linked calls, moved by native code.

use crate::abi::{
    CoreValueIter, FlatLimits, FlatValues, Flattening, Lift as _, LiftContext, LiftHandles,
    LiftedStr, LowerContext, NanBits, NoHandles, Options, Peer, Resource, TransferContext,
};
use crate::builtin::TypeIndex;
use crate::component::definition::linking::call_part::CallPart;
use crate::component::definition::linking::link_import::{LinkEnd, of_direction_code};
use crate::component::store::canonical::CanonicalOptions;
use crate::component::store::fault::Fault;
use crate::component::store::flat_values::set_flat_values;
use crate::component::store::links::Link;
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure, MachineError};
use crate::limits::Table;
use crate::machine::{EndId, ErrorContextId};
use crate::trap::EndKind;

use super::context::Context;

/// The options of one side.
type SideOptions<E> = CanonicalOptions<<E as CoreEngine>::Memory, <E as CoreEngine>::Function>;

/// The two guests between which values move.
struct Linked<'a, 'c, E: CoreEngine, T: 'static> {
    cx: &'a mut Context<'c, E, T>,
    from: SideOptions<E>,
    from_options: Options,
    to: SideOptions<E>,
    to_options: Options,
    /// The part of the call that calls `realloc`.
    realloc: CallPart,
}

/// A link, with the options of the source and of the target.
struct Direction<E: CoreEngine> {
    link: Link,
    from: SideOptions<E>,
    to: SideOptions<E>,
    end: LinkEnd,
}

impl<'c, E: CoreEngine, T: 'static> Context<'c, E, T> {
    fn direction(&self, set: u32, code: u32) -> Result<Direction<E>, Error> {
        let state = self.data();
        let (number, end) = of_direction_code(code);
        let link = state.links.get(set)?.link(number);
        let link = link.ok_or(Error::Unknown(Table::Functions))?;
        let caller = *state.options(link.options)?;
        let callee = *state.options(state.functions.lifted(link.callee)?.options)?;
        let (from, to) = match end {
            LinkEnd::Caller => (caller, callee),
            LinkEnd::Callee => (callee, caller),
        };
        Ok(Direction { link, from, to, end })
    }

    fn linked(&mut self, direction: &Direction<E>) -> Linked<'_, 'c, E, T> {
        let Direction { from, to, end, .. } = direction;
        Linked {
            cx: self,
            from: *from,
            from_options: from.abi(Peer::Guest),
            to: *to,
            to_options: to.abi(Peer::Guest),
            realloc: match end {
                LinkEnd::Caller => CallPart::CalleeRealloc,
                LinkEnd::Callee => CallPart::CallerRealloc,
            },
        }
    }

    /// Checks a string of the source.
    pub(crate) fn check_string(
        &mut self,
        set: u32,
        code: u32,
        address: u64,
        length: u64,
    ) -> Result<(), Fault> {
        let Direction { from, .. } = self.direction(set, code)?;
        let memory = from.memory.map_or(&[][..], |memory| self.memory(memory));
        let mut cx = LiftContext::new(memory, from.abi(Peer::Guest));
        let pair = [address, length];
        LiftedStr::lift_flat(&mut cx, &mut CoreValueIter::new(&pair))?;
        Ok(())
    }

    /// Moves arguments, which the code of the link takes one by one.
    pub(crate) fn move_arguments(
        &mut self,
        set: u32,
        code: u32,
        arguments: &[CoreValue],
    ) -> Result<(), Fault> {
        let direction = self.direction(set, code)?;
        let ty = self.data().functions.lifted(direction.link.callee)?.ty.clone();
        let mut given = FlatValues::EMPTY;
        set_flat_values(&mut given, arguments)?;
        let mut values = CoreValueIter::new(given.as_slice());
        let max = FlatLimits {
            source: Flattening::Lower.max_flat_params(),
            destination: Flattening::Lift.max_flat_params(),
        };
        let mut linked = self.linked(&direction);
        let moved = ty.params.transfer_flat_values(&mut linked, max, &mut values, None)?;
        self.data_mut().links.set_moved(moved);
        Ok(())
    }

    /// Moves a result in memory to the address that the caller wants.
    pub(crate) fn move_results(
        &mut self,
        set: u32,
        code: u32,
        from: CoreValue,
        to: CoreValue,
    ) -> Result<(), Fault> {
        let direction = self.direction(set, code)?;
        let ty = self.data().functions.lifted(direction.link.callee)?.ty.clone();
        let mut given = FlatValues::EMPTY;
        set_flat_values(&mut given, &[from, to])?;
        let out_param = given.as_slice().last().copied();
        let mut values = CoreValueIter::new(given.as_slice());
        let max = FlatLimits {
            source: Flattening::Lift.max_flat_results(),
            destination: Flattening::Lower.max_flat_results(),
        };
        let mut linked = self.linked(&direction);
        ty.results.transfer_flat_values(&mut linked, max, &mut values, out_param)?;
        Ok(())
    }
}

/// No type of a linked call has handles.
impl<E: CoreEngine, T: 'static> LiftHandles for Linked<'_, '_, E, T> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        NoHandles.lift_own(ty, index)
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        NoHandles.lift_borrow(ty, index)
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        NoHandles.lift_end(kind, ty, index)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        NoHandles.lift_error_context(index)
    }
}

impl<E: CoreEngine, T: 'static> LowerContext for Linked<'_, '_, E, T> {
    fn options(&self) -> &Options {
        &self.to_options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        match self.to.memory {
            Some(memory) => self.cx.memory_mut(memory).0,
            None => &mut [],
        }
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure> {
        self.cx.data_mut().links.set_native_part(Some(self.realloc));
        let arguments = [old_address, old_byte_length, alignment.into(), new_byte_length];
        match self.cx.call_realloc(&self.to, arguments) {
            Ok(address) => {
                self.cx.data_mut().links.set_native_part(None);
                Ok(address)
            }
            Err(fault) => Err(self.cx.realloc_failed(fault)),
        }
    }

    fn lower_own(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }
}

impl<E: CoreEngine, T: 'static> TransferContext for Linked<'_, '_, E, T> {
    fn source_options(&self) -> &Options {
        &self.from_options
    }

    fn source_memory(&self) -> &[u8] {
        self.from.memory.map_or(&[], |memory| self.cx.memory(memory))
    }

    fn shares_memory(&self) -> bool {
        // No instance is linked to itself, and instances don't share memories.
        false
    }

    fn nan_bits(&mut self) -> Result<NanBits, Failure> {
        Ok(NanBits::choose(self.cx.data_mut().machine.chooser_mut())?)
    }

    fn budget(&self) -> u64 {
        self.cx.data().settings.limits.lifted_bytes
    }
}
