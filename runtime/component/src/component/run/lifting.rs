//! Lifting values from a guest.

use core::any::Any;

use crate::abi::{
    HandleTypes, LiftContext, LiftHandles, Peer, Resource, ResourceValues as _, Shape, SharedValue,
    Val,
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
            self.state.handles.add_lifted(Val::Own(resource));
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
        let end = self.state.machine.lift_end(self.instance, kind, ty, index)?;
        if self.peer == Peer::Host {
            self.state.handles.add_lifted(match kind {
                EndKind::Stream => Val::Stream(end),
                EndKind::Future => Val::Future(end),
            });
        }
        Ok(end)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        let error_context = self.state.machine.lift_error_context(self.instance, index)?;
        if self.peer == Peer::Host {
            self.state.handles.add_lifted(Val::ErrorContext(error_context));
        }
        Ok(error_context)
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
    /// Lifts values for the host from a guest, by `lift`. `types` are the types of their handles,
    /// for values of Rust's own types.
    ///
    /// If that fails, nobody gets the handles that were lifted. They are dropped, so that the
    /// holders of other ends learn of it.
    #[inline]
    pub(crate) fn lift<R>(
        &mut self,
        source: Source,
        types: Option<&HandleTypes>,
        lift: impl FnOnce(&mut LiftContext<'_, Handles<'_, E, T>>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let lifted = self.lifting(source, types).and_then(|mut lifting| lift(&mut lifting));
        let state = self.data_mut();
        match &lifted {
            Ok(_) => state.handles.lifted(),
            Err(_) => state.handles.discard_lifted(&mut state.machine),
        }
        lifted
    }

    /// Returns the context of values that the host lifts.
    fn lifting<'a>(
        &'a mut self,
        source: Source,
        types: Option<&'a HandleTypes>,
    ) -> Result<LiftContext<'a, Handles<'a, E, T>>, Failure> {
        let found = *self.data().options(source.options)?;
        let (memory, state): (&[u8], _) = match found.memory {
            Some(memory) => {
                let (memory, state) = self.memory_mut(memory);
                (memory, state)
            }
            None => (&[], self.data_mut()),
        };
        let (instance, call, peer) = (found.instance, source.call, Peer::Host);
        let budget = state.settings.limits.lifted_bytes;
        let handles = Handles { state, instance, call, peer, types };
        Ok(LiftContext::with_handles(memory, found.abi(peer), handles).with_budget(budget))
    }
}
