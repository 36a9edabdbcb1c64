//! The calls of a store that have not returned.
//!
//! `L` is the function that lifts the result of a call by the embedder.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;

use arrayvec::ArrayVec;

use crate::abi::{FlatTypes, FlatValues, Flattening, Layout, Val};
use crate::builtin::OptionsIndex;
use crate::core_value::CoreValue;
use crate::error::{Error, Failure, MachineError};
use crate::limits::Table;
use crate::machine::{FunctionId, SubtaskId};

use super::call_error::CallError;
use super::canonical::Lowered;
use super::flat_values::set_flat_values;
use super::host_handles::HostHandles;
use super::machine::{ById, StoreMachine};
use super::outcome::Outcome;
use super::panics::LatePanics;
use super::spare::Spare;

/// The largest number of lists of values whose memory is kept for later calls.
const MAX_SPARE: usize = 16;

/// The calls of a store that have not returned.
pub(crate) struct Calls<L> {
    /// Of calls by guests that are over, the last one at each place stays, so that its place is
    /// reused.
    by_id: ById<SubtaskId, Call<L>>,
    count_by_embedder: usize,
    /// Memory for the values of calls by the embedder.
    spare_values: Vec<Vec<Val>>,
    spare_lowered: Spare<Lowered>,
    /// The calls by the embedder whose results are no longer wanted. They are cancelled and
    /// forgotten as soon as possible.
    unwanted: Vec<SubtaskId>,
    /// The calls that were asked to cancel, and whose ends are waited for.
    cancelling: Vec<SubtaskId>,
}

/// A call that has not returned.
pub(crate) enum Call<L> {
    /// By a guest.
    Guest(GuestCall),
    /// By the embedder.
    Embedder(EmbedderCall<L>),
}

/// A call of an import by a guest: its core arguments, which are lifted once the callee starts.
pub(crate) struct GuestCall {
    lowered: Arc<Lowered>,
    arguments: FlatValues,
    /// The call by the embedder that it belongs to.
    origin: Option<SubtaskId>,
}

/// A call of an export by the host.
pub(crate) struct EmbedderCall<L> {
    /// The arguments until they are lowered, and after that an empty list with room for values.
    arguments: Vec<Val>,
    lift_result: L,
    /// The result, after the call has returned.
    result: Option<Outcome>,
    /// The reason why there will be no result.
    error: Option<CallError>,
    /// The waker of the future that waits for the end, and the place for its panic.
    waker: Option<(Waker, LatePanics)>,
}

/// Core values as bits. Copying them copies only those that there are.
pub(crate) type Bits = ArrayVec<u64, { FlatTypes::CAPACITY }>;

/// The caller's side of an import: the options, and the place of the result.
#[derive(Clone, Copy)]
pub(crate) struct CallerOptions {
    pub(crate) options: OptionsIndex,
    /// The limits for its flat parameters and results.
    pub(crate) flattening: Flattening,
    last_argument: Option<u64>,
}

impl CallerOptions {
    /// Returns the address for the results, if they are returned in memory.
    pub(crate) fn out_param(&self, layout: Layout) -> Option<u64> {
        let max = self.flattening.max_flat_results();
        self.last_argument.filter(|_| layout.flat.exceed(max))
    }
}

impl GuestCall {
    /// Returns the import that is called.
    pub(crate) const fn lowered(&self) -> &Arc<Lowered> {
        &self.lowered
    }

    pub(crate) fn caller(&self) -> CallerOptions {
        CallerOptions {
            options: self.lowered.options,
            flattening: self.lowered.flattening(),
            last_argument: self.arguments.as_slice().last().copied(),
        }
    }

    /// Copies the core arguments into `bits`. The parameters are the first of them.
    pub(crate) fn bits(&self, bits: &mut Bits) {
        bits.extend(self.arguments.as_slice().iter().copied());
    }
}

impl<L: Copy> EmbedderCall<L> {
    /// Returns the function that lifts the result.
    pub(crate) const fn lift_result(&self) -> L {
        self.lift_result
    }

    /// Takes the arguments, to lower them.
    #[inline]
    pub(crate) fn take_arguments(&mut self) -> Vec<Val> {
        core::mem::take(&mut self.arguments)
    }

    /// Keeps arguments, or the memory of arguments that were lowered.
    #[inline]
    pub(crate) fn put_arguments(&mut self, arguments: Vec<Val>) {
        self.arguments = arguments;
    }

    /// Keeps the result of the call.
    #[inline]
    pub(crate) fn put_result(&mut self, result: Outcome) {
        self.result = Some(result);
        self.wake();
    }

    /// Sets the waker that is woken once when the call has ended.
    pub(crate) fn wake_at_end(&mut self, waker: Waker, late_panics: LatePanics) {
        self.waker = Some((waker, late_panics));
    }

    /// Wakes the waiter for the end of the call.
    #[inline]
    pub(crate) fn wake(&mut self) {
        if let Some((waker, late_panics)) = self.waker.take() {
            late_panics.guard(|| waker.wake());
        }
    }

    /// Takes the result.
    #[inline]
    pub(crate) const fn take_result(&mut self) -> Option<Outcome> {
        self.result.take()
    }

    /// Takes the reason why the call has no result.
    #[inline]
    pub(crate) const fn take_error(&mut self) -> Option<CallError> {
        self.error.take()
    }

    /// Returns `true` if the call has failed, and the host has not learned of it.
    pub(crate) const fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    /// Keeps the reason why the call has no result. It must not have failed before.
    pub(crate) fn fail(&mut self, error: CallError) {
        self.error = Some(error);
        self.wake();
    }
}

impl<L: Copy> Calls<L> {
    pub(crate) fn new() -> Self {
        Self {
            by_id: ById::new(Table::Waitables),
            count_by_embedder: 0,
            spare_values: Vec::new(),
            spare_lowered: Spare::NONE,
            unwanted: Vec::new(),
            cancelling: Vec::new(),
        }
    }

    /// Adds a call by the embedder.
    #[inline]
    pub(crate) fn add_embedder_call(
        &mut self,
        id: SubtaskId,
        arguments: Vec<Val>,
        lift_result: L,
    ) -> Result<(), Error> {
        let call = EmbedderCall { arguments, lift_result, result: None, error: None, waker: None };
        self.by_id.put(id, Call::Embedder(call))?;
        self.count_by_embedder += 1;
        Ok(())
    }

    /// Adds a call of an import by a guest. The place of an earlier call is reused as it is,
    /// because calls of one import often follow one another.
    #[inline]
    pub(crate) fn add_guest_call(
        &mut self,
        id: SubtaskId,
        lowered: &Arc<Lowered>,
        arguments: &[CoreValue],
        origin: Option<SubtaskId>,
    ) -> Result<(), Failure> {
        let Some(Call::Guest(call)) = self.by_id.take_over(id) else {
            let lowered = lowered.clone();
            let mut call = GuestCall { lowered, arguments: FlatValues::EMPTY, origin };
            set_flat_values(&mut call.arguments, arguments)?;
            return Ok(self.by_id.put(id, Call::Guest(call))?);
        };
        call.origin = origin;
        if !Arc::ptr_eq(&call.lowered, lowered) {
            call.lowered = lowered.clone();
        }
        set_flat_values(&mut call.arguments, arguments)
    }

    /// Returns a call that has not returned.
    #[inline]
    pub(crate) fn get(&mut self, id: SubtaskId) -> Result<&mut Call<L>, Error> {
        self.by_id.get_mut(id).ok_or(Error::Unknown(Table::Waitables))
    }

    /// Returns a call by a guest.
    #[inline]
    pub(crate) fn guest_call(&mut self, id: SubtaskId) -> Result<&mut GuestCall, Error> {
        match self.get(id)? {
            Call::Guest(call) => Ok(call),
            Call::Embedder(_) => Err(MachineError::NotHosts.into()),
        }
    }

    /// Returns a call by the embedder.
    #[inline]
    pub(crate) fn embedder_call(&mut self, id: SubtaskId) -> Result<&mut EmbedderCall<L>, Error> {
        match self.get(id)? {
            Call::Embedder(call) => Ok(call),
            Call::Guest(_) => Err(MachineError::NotHosts.into()),
        }
    }

    /// Returns the import that a guest calls, to keep it while the store changes.
    #[inline]
    pub(crate) fn take_lowered(&mut self, id: SubtaskId) -> Result<Arc<Lowered>, Error> {
        match self.by_id.get(id) {
            Some(Call::Guest(call)) => Ok(self.spare_lowered.take(&call.lowered)),
            Some(Call::Embedder(_)) => Err(MachineError::NotHosts.into()),
            None => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// Returns the function that a guest calls.
    pub(crate) fn callee(&self, id: SubtaskId) -> Option<FunctionId> {
        match self.by_id.get(id)? {
            Call::Guest(call) => Some(call.lowered.function),
            Call::Embedder(_) => None,
        }
    }

    /// Takes back the import that [`take_lowered`](Self::take_lowered) has returned.
    #[inline]
    pub(crate) fn put_lowered(&mut self, lowered: Arc<Lowered>) {
        self.spare_lowered.put(lowered);
    }

    /// Returns the call by the embedder that a call belongs to.
    #[inline]
    pub(crate) fn origin_of(&self, id: SubtaskId) -> Option<SubtaskId> {
        match self.by_id.get(id)? {
            Call::Embedder(_) => Some(id),
            Call::Guest(call) => call.origin,
        }
    }

    /// Forgets a call. The host gets back arguments that nobody took. A result that the host did
    /// not take is dropped when the store goes on. Returns the reason why the call failed, if it
    /// did and the host has not learned of it.
    pub(crate) fn forget(
        &mut self,
        id: SubtaskId,
        machine: &StoreMachine,
        handles: &mut HostHandles,
    ) -> Option<CallError> {
        let Call::Embedder(call) = self.by_id.get_mut(id)? else {
            self.by_id.discard(id);
            return None;
        };
        let (arguments, result) = (call.take_arguments(), call.take_result());
        let error = call.take_error();
        self.by_id.discard(id);
        self.count_by_embedder -= 1;
        handles.give_back(machine, &arguments);
        if arguments.is_empty() {
            handles.call_forgotten(machine, id);
        } else {
            // No guest has received them.
            handles.values.returned(id);
        }
        self.reuse_values(arguments);
        handles.add_unclaimed(result.and_then(Outcome::into_val));
        error
    }

    /// Returns values that the host passes, in memory that was used before.
    pub(crate) fn values(&mut self, values: &[Val]) -> Vec<Val> {
        let mut own = self.spare_values.pop().unwrap_or_default();
        own.extend_from_slice(values);
        own
    }

    /// Drops values, and keeps their memory.
    pub(crate) fn reuse_values(&mut self, mut values: Vec<Val>) {
        if values.capacity() > 0 && self.spare_values.len() < MAX_SPARE {
            values.clear();
            self.spare_values.push(values);
        }
    }

    /// Returns the calls by the embedder that were begun and not forgotten.
    pub(crate) fn embedder_calls(&self) -> impl Iterator<Item = SubtaskId> {
        self.by_id.iter().filter_map(|(id, call)| match call {
            Call::Embedder(_) => Some(id),
            Call::Guest(_) => None,
        })
    }

    /// Returns the number of calls by the embedder that were begun and not forgotten.
    pub(crate) const fn num_embedder_calls(&self) -> usize {
        self.count_by_embedder
    }

    /// Remembers that a call by the embedder was asked to cancel, if its end is waited for.
    pub(crate) fn note_cancelling(&mut self, id: SubtaskId) {
        if self.embedder_call(id).is_ok_and(|call| call.waker.is_some()) {
            self.cancelling.push(id);
        }
    }

    /// Wakes the waiters for calls that were asked to cancel and have ended so.
    #[inline]
    pub(crate) fn wake_cancelled(&mut self, is_cancelled: impl Fn(SubtaskId) -> bool) {
        if self.cancelling.is_empty() {
            return;
        }
        let Self { by_id, cancelling, .. } = self;
        cancelling.retain(|id| match by_id.get_mut(*id) {
            Some(Call::Embedder(call)) if is_cancelled(*id) => {
                call.wake();
                false
            }
            Some(Call::Embedder(call)) => call.waker.is_some(),
            Some(Call::Guest(_)) | None => false,
        });
    }

    /// Cancels and forgets a call by the embedder as soon as the store runs.
    pub(crate) fn add_unwanted(&mut self, id: SubtaskId) {
        self.unwanted.push(id);
    }

    /// Returns `true` if a call will be cancelled and forgotten.
    pub(crate) fn is_unwanted(&self, id: SubtaskId) -> bool {
        self.unwanted.contains(&id)
    }

    /// Returns `true` if any call will be cancelled and forgotten.
    #[inline]
    pub(crate) const fn has_unwanted(&self) -> bool {
        !self.unwanted.is_empty()
    }

    /// Takes a call that has to be cancelled and forgotten.
    #[inline]
    pub(crate) fn take_unwanted(&mut self) -> Option<SubtaskId> {
        self.unwanted.pop()
    }
}

#[cfg(test)]
mod tests {
    use crate::abi::{HandleTypes, TypeList};
    use crate::component::definition::function_type::FunctionType;
    use crate::component::store::canonical::Unchanged;
    use crate::component::store::example_ids::ids;

    use super::*;

    fn id(generation: u32) -> SubtaskId {
        ids(generation).call
    }

    fn lowered() -> Arc<Lowered> {
        let nothing = TypeList::new([]).expect("it is short");
        let ty = FunctionType {
            names: [].into(),
            params: nothing.clone(),
            result: None,
            results: nothing,
            is_async: false,
        };
        Arc::new(Lowered {
            function: ids(0).function,
            ty: Arc::new(ty),
            options: OptionsIndex(3),
            is_async: true,
            handles: HandleTypes::default(),
            is_deferrable: false,
            immediate: None,
            unchanged: Unchanged::NotAll,
        })
    }

    fn bits(call: &GuestCall) -> Bits {
        let mut bits = Bits::new();
        call.bits(&mut bits);
        bits
    }

    #[test]
    fn a_place_is_used_again_for_a_later_call() {
        let (mut calls, lowered) = (Calls::<()>::new(), lowered());
        assert!(calls.add_guest_call(id(0), &lowered, &[CoreValue::I32(7)], None).is_ok());
        let references = Arc::strong_count(&lowered);
        assert!(calls.add_guest_call(id(1), &lowered, &[], Some(id(2))).is_ok());
        assert_eq!(Arc::strong_count(&lowered), references);
        assert!(calls.guest_call(id(0)).is_err());
        assert!(bits(calls.guest_call(id(1)).expect("it was made")).is_empty());
        assert_eq!(calls.origin_of(id(1)), Some(id(2)));
        assert_eq!(calls.origin_of(id(0)), None);
    }

    #[test]
    fn calls_by_the_embedder_are_counted_and_forgotten_with_what_they_have() {
        let mut machine = ids(0).machine;
        let (mut calls, mut handles) = (Calls::new(), HostHandles::new(LatePanics::default()));
        assert!(calls.add_embedder_call(id(0), Vec::from([Val::U8(1)]), 'l').is_ok());
        assert_eq!((calls.num_embedder_calls(), calls.embedder_calls().count()), (1, 1));
        let call = calls.embedder_call(id(0)).expect("it was made");
        assert_eq!((call.lift_result(), call.take_arguments()), ('l', Vec::from([Val::U8(1)])));
        call.put_result(Outcome::Val(Some(Val::U8(2))));
        call.fail(CallError::Cancelled);
        assert!(call.has_failed());
        let error = calls.forget(id(0), &machine, &mut handles);
        assert!(matches!(error, Some(CallError::Cancelled)));
        assert_eq!(handles.take_unclaimed(), Some(Val::U8(2)));
        assert_eq!((calls.num_embedder_calls(), calls.embedder_calls().count()), (0, 0));
        assert!(calls.forget(id(0), &machine, &mut handles).is_none());
        assert!(handles.discard(&mut machine, Vec::new()).is_ok());
    }

    #[test]
    fn a_call_is_only_what_it_is() {
        let mut calls = Calls::new();
        assert!(calls.add_embedder_call(id(0), Vec::new(), ()).is_ok());
        assert!(matches!(calls.guest_call(id(0)), Err(Error::Machine(MachineError::NotHosts))));
        assert!(matches!(calls.take_lowered(id(0)), Err(Error::Machine(MachineError::NotHosts))));
        assert!(matches!(calls.take_lowered(id(1)), Err(Error::Unknown(Table::Waitables))));
        assert_eq!(calls.origin_of(id(0)), Some(id(0)));
    }

    #[test]
    fn calls_that_nobody_wants_are_taken_one_by_one() {
        let mut calls = Calls::<()>::new();
        calls.add_unwanted(id(0));
        assert!(calls.has_unwanted() && calls.is_unwanted(id(0)) && !calls.is_unwanted(id(1)));
        assert_eq!(calls.take_unwanted(), Some(id(0)));
        assert!(!calls.has_unwanted());
    }

    #[test]
    fn memory_for_values_is_used_again() {
        let mut calls = Calls::<()>::new();
        let values = calls.values(&[Val::U8(1)]);
        let address = values.as_ptr();
        calls.reuse_values(values);
        let again = calls.values(&[Val::U8(2)]);
        assert_eq!(again.as_ptr(), address);
    }
}
