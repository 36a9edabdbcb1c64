//! Dropping what is no longer needed, and running destructors.

use alloc::string::String;
use alloc::vec::Vec;

use crate::abi::{Resource, Val};
use crate::builtin::TypeIndex;
use crate::component::run::lifted_result::sealed::LiftedResult as _;
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::component::store::handle_error::{HandleError, HandleProblem};
use crate::component::store::thread_destructors::{ThreadDestructorError, ThreadDestructorFailure};
use crate::component::store::unwinding::catch;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::limits::Heap;
use crate::machine::SubtaskId;
use crate::thread::ThreadDestructor;

use super::context::{Caller, Context};
use super::embedder_calls::Begun;
use super::state::State;

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Drops a value that nobody takes. A trap of its destructor belongs to no call.
    pub(crate) fn drop_unclaimed(&mut self, value: Val) -> Result<(), Error> {
        let dropped = match value {
            // The resource was removed together with its definer.
            Val::Own(resource) if self.data().is_definer_gone(resource.ty) => Ok(None),
            // The value was taken before another part of it failed.
            Val::Own(resource) if self.data().handles.is_value_gone(resource) => Ok(None),
            // If its definer trapped, the resource can't be dropped, and is forgotten.
            Val::Own(resource) => self.drop_owned(resource, |_| {}),
            value => {
                let state = self.data_mut();
                let discarded = state.handles.discard(&mut state.machine, Vec::from([value]));
                discarded.map(|()| None).map_err(|failure| Fault::from(failure).into())
            }
        };
        match dropped {
            Ok(Some(call)) => self.data_mut().forget(call),
            Ok(None) => Ok(()),
            Err(error) => {
                self.data_mut().add_background_trap(error);
                Ok(())
            }
        }
    }

    /// Drops a resource that the host owns; `None` is one that was in no store yet. Returns the
    /// call of its destructor, if a guest defines that. If the destructor can't be begun, the host
    /// still owns the resource.
    pub(crate) fn drop_resource(
        &mut self,
        resource: Option<Resource>,
    ) -> Result<Option<SubtaskId>, CallError> {
        let never_here = || HandleError::new(String::from("the resource"), HandleProblem::NotHeld);
        let resource = resource.ok_or_else(never_here)?;
        self.drop_owned(resource, |state| state.handles.hold(&state.machine, resource))
    }

    /// Drops a resource that the host owns, and calls `refused` if that can't be begun.
    fn drop_owned(
        &mut self,
        resource: Resource,
        refused: impl FnOnce(&mut State<E, T>),
    ) -> Result<Option<SubtaskId>, CallError> {
        let Resource { ty, representation } = resource;
        let state = self.data_mut();
        let (definer, destructor) = state.machine.resource_type(ty)?;
        state.handles.claim_owned(&state.machine, resource)?;
        if definer.is_none() {
            self.destroy_resource(ty, representation)?;
            return Ok(None);
        }
        let begun = match state.drop_host_resource(ty, representation) {
            Ok(begun) => begun,
            Err(failure) => {
                refused(state);
                return Err(match destructor {
                    Some(destructor) => state.refused(destructor, failure),
                    None => failure.into(),
                });
            }
        };
        let (Some((call, step)), Some(destructor)) = (begun, destructor) else { return Ok(None) };
        let begin = |state: &mut State<E, T>| {
            state.calls.add_embedder_call(call, Vec::new(), <Option<Val>>::lift)?;
            Ok(Begun { call, step })
        };
        self.run_to_host(destructor, begin, |_, _, _| Ok(())).map(Some)
    }

    /// Drops the value of a host's own resource, or calls the destructor of its type, if it has
    /// one.
    pub(crate) fn destroy_resource(
        &mut self,
        ty: TypeIndex,
        representation: u64,
    ) -> Result<(), Fault> {
        if let Some(value) = self.data_mut().handles.values.remove(Resource { ty, representation })
        {
            return catch(|| drop(value)).map_err(Fault::Panicked);
        }
        match self.data().resource_types.destructor(ty) {
            Some(destructor) => self.guarded(|cx| {
                destructor(&mut Caller::new(cx), representation).map_err(Fault::Host)
            }),
            None => Ok(()),
        }
    }

    /// Runs the destructor of a value of a thread that has ended.
    pub(crate) fn destroy_thread_local(&mut self, value: ThreadDestructor<Heap>) {
        // A value is set only with a destructor that there is.
        let Some(destructor) = self.data().thread_destructors.get(value.destructor) else { return };
        let error = match catch(|| destructor(&mut Caller::new(self), &value)) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => ThreadDestructorError::Failed(error),
            Err(panic) => {
                self.data_mut().panics.add_of_nobody(panic.clone());
                ThreadDestructorError::Panicked(panic)
            }
        };
        let failure = ThreadDestructorFailure { value, error };
        self.data_mut().thread_destructors.add_failure(failure);
    }
}
