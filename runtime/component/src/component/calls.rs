//! Calls that have not returned, as a store remembers them.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::abi::{FlatValues, Val};
use crate::core_value::CoreValue;
use crate::engine::CoreEngine;
use crate::error::{Error, Failure};
use crate::id::Id as _;
use crate::limits::Table;
use crate::machine::SubtaskId;

use super::error::CallError;
use super::outcome::{LiftResult, Outcome};
use super::state::{CoreFunction, Lowered, State, core_function, put, set_flat_values};

/// The memory of the values of so many calls is kept for others.
const MAX_SPARE: usize = 16;

/// A call that has not returned.
pub(crate) enum Call<E: CoreEngine, T: Send + 'static> {
    /// By a guest.
    Guest(GuestCall),
    /// By the host.
    Host(HostCall<E, T>),
}

/// A call of an import by a guest: its core arguments, which are lifted once the callee starts.
pub(crate) struct GuestCall {
    pub(crate) lowered: Arc<Lowered>,
    pub(crate) arguments: FlatValues,
    /// The call by the host that it belongs to.
    pub(crate) origin: Option<SubtaskId>,
}

/// A call of an export by the host.
pub(crate) struct HostCall<E: CoreEngine, T: Send + 'static> {
    /// The arguments, until they are lowered; none, but room for values, from then on.
    pub(crate) arguments: Vec<Val>,
    /// How the result is lifted.
    pub(crate) lift_result: LiftResult<E, T>,
    /// The result, once it is there.
    pub(crate) result: Option<Outcome>,
    /// Why there will never be one.
    pub(crate) error: Option<CallError>,
}

impl<E: CoreEngine, T: Send + 'static> HostCall<E, T> {
    pub(crate) const fn new(arguments: Vec<Val>, lift_result: LiftResult<E, T>) -> Self {
        Self { arguments, lift_result, result: None, error: None }
    }
}

impl<E: CoreEngine, T: Send + 'static> State<E, T> {
    /// Remembers a call.
    #[inline]
    pub(crate) fn put_call(&mut self, id: SubtaskId, call: Call<E, T>) {
        if let Call::Host(_) = call {
            self.num_host_calls += 1;
        }
        put(&mut self.calls, id.position(), (id, call));
    }

    /// A call that has not returned.
    pub(crate) fn call(&mut self, id: SubtaskId) -> Result<&mut Call<E, T>, Error> {
        match self.calls.get_mut(id.position()) {
            Some(Some((found, call))) if *found == id => Ok(call),
            _ => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// A guest has called the import that the engine calls by `number`. The place of an earlier call is used again as it is: calls of
    /// one import follow one another.
    pub(crate) fn put_guest_call(
        &mut self,
        id: SubtaskId,
        number: u32,
        arguments: &[CoreValue],
        origin: Option<SubtaskId>,
    ) -> Result<(), Failure> {
        let CoreFunction::Lowered(lowered) = core_function(&self.core_functions, number)? else {
            return Err(Error::Unknown(Table::Functions).into());
        };
        let place = self.calls.get_mut(id.position());
        let Some(Some((found, Call::Guest(call)))) = place else {
            let mut call =
                GuestCall { lowered: lowered.clone(), arguments: FlatValues::EMPTY, origin };
            set_flat_values(&mut call.arguments, arguments)?;
            self.put_call(id, Call::Guest(call));
            return Ok(());
        };
        *found = id;
        call.origin = origin;
        if !Arc::ptr_eq(&call.lowered, lowered) {
            call.lowered = lowered.clone();
        }
        set_flat_values(&mut call.arguments, arguments)
    }

    /// A call by a guest.
    pub(crate) fn guest_call(&mut self, id: SubtaskId) -> Result<&mut GuestCall, Error> {
        match self.call(id)? {
            Call::Guest(call) => Ok(call),
            Call::Host(_) => Err(Error::NotHosts),
        }
    }

    /// The import that a guest calls, to be kept while something is done to the store.
    pub(crate) fn take_lowered(&mut self, id: SubtaskId) -> Result<Arc<Lowered>, Error> {
        match self.calls.get(id.position()) {
            Some(Some((found, Call::Guest(call)))) if *found == id => {
                Ok(self.spare_lowered.take(&call.lowered))
            }
            Some(Some((found, Call::Host(_)))) if *found == id => Err(Error::NotHosts),
            _ => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// A call by the host.
    pub(crate) fn host_call(&mut self, id: SubtaskId) -> Result<&mut HostCall<E, T>, Error> {
        match self.call(id)? {
            Call::Host(call) => Ok(call),
            Call::Guest(_) => Err(Error::NotHosts),
        }
    }

    /// Forgets a call. The host has again what it gave and nobody took; what it was given and
    /// didn't take is dropped when the store runs on. Gives why the call failed, if it did and the
    /// host has not heard of it.
    pub(crate) fn take_call(&mut self, id: SubtaskId) -> Option<CallError> {
        let place = self.calls.get_mut(id.position())?;
        let (_, call) = place.as_mut().filter(|(found, _)| *found == id)?;
        let Call::Host(call) = call else {
            *place = None;
            return None;
        };
        let arguments = core::mem::take(&mut call.arguments);
        let (result, error) = (call.result.take(), call.error.take());
        *place = None;
        self.num_host_calls -= 1;
        self.give_back(&arguments);
        self.reuse_values(arguments);
        if let Some(Outcome::Val(val) | Outcome::ValOf(val, _)) = result {
            self.held.unclaimed.extend(val);
        }
        error
    }

    /// Values that the host gives, in memory that has been used before.
    pub(crate) fn values(&mut self, values: &[Val]) -> Vec<Val> {
        let mut own = self.spare_values.pop().unwrap_or_default();
        own.extend_from_slice(values);
        own
    }

    /// Nobody needs these any more; their memory is used again.
    pub(crate) fn reuse_values(&mut self, mut values: Vec<Val>) {
        if self.spare_values.len() < MAX_SPARE {
            values.clear();
            self.spare_values.push(values);
        }
    }

    /// The calls by the host that were begun and not forgotten.
    pub(crate) fn host_calls(&self) -> impl Iterator<Item = SubtaskId> {
        self.calls.iter().flatten().filter_map(|(id, call)| match call {
            Call::Host(_) => Some(*id),
            Call::Guest(_) => None,
        })
    }
}
