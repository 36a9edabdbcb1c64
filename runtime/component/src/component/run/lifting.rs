//! Lifting values from a guest.

use core::any::Any;

use crate::abi::{
    HandleTypes, LiftContext, LiftHandles, Peer, Resource, ResourceValues as _, Shape, SharedValue,
};
use crate::builtin::{OptionsIndex, TypeIndex};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{AbiError, Failure, MachineError};
use crate::machine::{EndId, ErrorContextId, InstanceId, SubtaskId};
use crate::trap::EndKind;

use super::context::Context;
use super::state::State;

/// The handles of the instance that values are lifted from.
pub(crate) struct Handles<'a, E: CoreEngine, T: 'static> {
    pub(crate) state: &'a mut State<E, T>,
    pub(crate) instance: InstanceId,
    /// The call to which borrowed handles are lent, if there can be some.
    pub(crate) call: Option<SubtaskId>,
    /// The receiver. If it is the host, the host holds the handles.
    pub(crate) peer: Peer,
    /// The types of the handles, for values of Rust's own types.
    pub(crate) types: Option<&'a HandleTypes>,
}

impl<E: CoreEngine, T: 'static> LiftHandles for Handles<'_, E, T> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let representation = self.state.machine.lift_own(self.instance, ty, index)?;
        let resource = Resource { ty, representation };
        if self.peer == Peer::Host {
            self.state.handles.hold(&self.state.machine, resource);
        }
        Ok(resource)
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let call = self.call.ok_or(MachineError::HostHasNoHandles)?;
        let representation = self.state.machine.lift_borrow(call, ty, index)?;
        let resource = Resource { ty, representation };
        if self.peer == Peer::Host {
            self.state.handles.hold_borrowed(&self.state.machine, call, resource);
        }
        Ok(resource)
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        self.state.machine.lift_end(self.instance, kind, ty, index)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        self.state.machine.lift_error_context(self.instance, index)
    }

    fn handle_type(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        self.types.ok_or(AbiError::UnknownHandleType)?.number(shape)
    }

    fn lift_value(
        &mut self,
        shape: &Shape,
        index: u32,
        place: &mut dyn Any,
    ) -> Result<(), Failure> {
        let ty = self.handle_type(shape)?;
        self.state.handles.values.check(ty, shape)?;
        let place = place.downcast_mut::<Option<SharedValue>>().ok_or(AbiError::ResourceValue)?;
        let machine = &mut self.state.machine;
        let representation = match shape {
            Shape::Borrow(_) => {
                machine.lift_borrow(self.call.ok_or(MachineError::HostHasNoHandles)?, ty, index)?
            }
            _ => machine.lift_own(self.instance, ty, index)?,
        };
        let resource = Resource { ty, representation };
        *place = Some(self.state.handles.values.take(shape, resource)?);
        Ok(())
    }
}

/// The source of lifted values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub(crate) options: OptionsIndex,
    /// The call to which borrowed handles are lent.
    pub(crate) call: Option<SubtaskId>,
}

impl Source {
    /// Returns the source of values without borrowed handles.
    pub(crate) const fn without_call(options: OptionsIndex) -> Self {
        Self { options, call: None }
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Lifts values from a guest.
    pub(crate) fn lift(
        &mut self,
        source: Source,
        peer: Peer,
    ) -> Result<LiftContext<'_, Handles<'_, E, T>>, Failure> {
        let found = *self.data().options(source.options)?;
        let (memory, state): (&[u8], _) = match found.memory {
            Some(memory) => {
                let (memory, state) = self.memory_mut(memory);
                (memory, state)
            }
            None => (&[], self.data_mut()),
        };
        let (instance, call) = (found.instance, source.call);
        let budget = state.settings.limits.lifted_bytes;
        let handles = Handles { state, instance, call, peer, types: None };
        Ok(LiftContext::with_handles(memory, found.abi(peer), handles).with_budget(budget))
    }

    /// Lifts values of Rust's own types from a guest. Their handles have these types.
    pub(crate) fn lift_typed<'a>(
        &'a mut self,
        source: Source,
        peer: Peer,
        types: &'a HandleTypes,
    ) -> Result<LiftContext<'a, Handles<'a, E, T>>, Failure> {
        let mut lifting = self.lift(source, peer)?;
        lifting.handles.types = Some(types);
        Ok(lifting)
    }
}
