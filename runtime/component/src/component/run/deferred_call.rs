//! Calls without records, by the embedder and by guests: the callee is called, and its result is
//! returned to the caller. Most often, nothing looks at the call.
//!
//! The machine only pushes frames, and takes no step. If something looks at the call, its records
//! are made, and it goes on as any other call: see [`Ended::Made`].

use alloc::sync::Arc;

use crate::abi::{CoreValueIter, FlatLimits, FlatValues, Flattening};
use crate::builtin::{OptionsIndex, TypeIndex};
use crate::code::SubtaskState;
use crate::component::store::call_error::CallError;
use crate::component::store::canonical::{Lifted, Lowered};
use crate::component::store::crossing::CallSite;
use crate::component::store::deferred_calls::{BegunCall, PendingCall, Resolved};
use crate::component::store::fault::Fault;
use crate::component::store::flat_values::bits;
use crate::component::store::outcome::Outcome;
use crate::component::store::unwinding::catch;
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine, CoreProgress};
use crate::error::{Error, MachineError};
use crate::limit::MAX_FLAT_PARAMS;
use crate::limits::Table;
use crate::machine::{DeferredCallee, FunctionId, SubtaskId, ThreadId};

use super::context::Context;
use super::ended::{EmbedderCall, Ended};
use super::lifted_result::LiftedResult;
use super::lifting::Source;
use super::lowering::Target;
use super::state::State;
use super::steps::{Base, Driven};
use super::transfer::{CoreValues, core_bits, flat_result};

/// The result of a callback that ends its task.
const EXIT: CoreValue = CoreValue::I32(0);

/// The result of a call of an `async`-lowered function that has returned.
const RETURNED: CoreValue = CoreValue::I32(SubtaskState::Returned as u32);

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Calls an export without making records, if possible. `lower` lowers the arguments.
    #[inline]
    pub(crate) fn call_deferred<R: LiftedResult>(
        &mut self,
        function: FunctionId,
        lower: impl FnOnce(&mut Self, &Lifted<E::Function>, &mut CoreValues) -> Result<(), Fault>,
    ) -> Result<EmbedderCall<R>, CallError> {
        let state = self.data_mut();
        let lifted = state.functions.lifted(function)?;
        let Some(core) = lifted.core.filter(|_| lifted.is_deferrable) else {
            return Ok(EmbedderCall::NotBegun);
        };
        // A call by a host function whose callers are held is begun on behalf of that function, which
        // needs records.
        let holds = |call| state.machine.are_callers_held(call) != Ok(false);
        if state.acting.call.is_some_and(holds)
            || state.machine.invoke_deferred(function) != Ok(true)
        {
            return Ok(EmbedderCall::NotBegun);
        }
        let lifted = state.functions.take_lifted(function)?;
        state.deferred.push(BegunCall::Embedder(function, R::lift));
        let outer = state.origins.set_running(None);
        let is_forbidden = state.machine.forbid_holding(false);
        let is_outermost = state.crossing.is_outermost();
        if is_outermost {
            self.refuel();
        }
        let called = catch(|| {
            let mut arguments = CoreValues::new();
            lower(self, &lifted, &mut arguments)?;
            self.call_lifted_for_embedder(&lifted, core, &arguments)
        });
        let state = self.data_mut();
        if let Ok(Ok(Ended::Returned(result))) = called {
            state.deferred.pop();
            state.functions.put_lifted(lifted);
            state.origins.set_running(outer);
            state.machine.forbid_holding(is_forbidden);
            return Ok(EmbedderCall::Returned(result));
        }
        let called = called.unwrap_or_else(|panic| Err(Fault::Panicked(panic)));
        self.finish_made(called.map(|_| ()), (outer, is_forbidden)).map(EmbedderCall::Begun)
    }

    /// Continues a call by the embedder that has got records.
    #[cold]
    fn finish_made(
        &mut self,
        made: Result<(), Fault>,
        (outer, is_forbidden): (Option<SubtaskId>, bool),
    ) -> Result<SubtaskId, CallError> {
        let state = self.data_mut();
        state.look()?;
        let call = state.deferred.pop().ok_or(Error::Inconsistent(Table::Waitables))?.call;
        let next = made.and_then(|()| Ok(self.data_mut().crossing.take_next()?));
        let driven = next.and_then(|next| self.drive(Base::Host, next));
        self.data_mut().machine.forbid_holding(is_forbidden);
        let entered = self.driven(driven);
        self.entered_for(call, outer, entered)
    }

    /// Calls the core function of a lifted function for the embedder, and lifts its result.
    fn call_lifted_for_embedder<R: LiftedResult>(
        &mut self,
        lifted: &Lifted<E::Function>,
        core: E::Function,
        arguments: &[CoreValue],
    ) -> Result<Ended<R>, Fault> {
        self.data().check_nested_calls()?;
        let value = match self.call_core_deferred((core, lifted.may_stop), arguments)? {
            Ended::Returned(value) => value,
            Ended::Made => return Ok(Ended::Made),
        };
        if lifted.callback.is_some() {
            return match self.callback_lifted_returned(value)? {
                Ended::Returned(Resolved::Outcome(outcome)) => {
                    self.deferred_returned()?;
                    let state = self.data_mut();
                    let result =
                        R::take(&mut state.result_boxes, &mut state.handles, Some(outcome))?;
                    Ok(Ended::Returned(result))
                }
                Ended::Returned(Resolved::Lowered(_)) => Err(MachineError::OtherStep.into()),
                Ended::Made => Ok(Ended::Made),
            };
        }
        let result = R::lift_deferred(self, lifted, value)?;
        if let Some(post_return) = lifted.post_return
            && let Ended::Made = self.call_post_return_deferred(post_return, value, None)?
        {
            // The records were made meanwhile: the result is taken as for any other call.
            let state = self.data_mut();
            let call = state.deferred.made().ok_or(Error::Inconsistent(Table::Waitables))?.call;
            let outcome = Outcome::Boxed(state.result_boxes.put(result));
            state.calls.embedder_call(call)?.put_result(outcome);
            return Ok(Ended::Made);
        }
        self.deferred_returned()?;
        Ok(Ended::Returned(result))
    }

    /// Handles a guest's call of a function, for which the machine has only pushed frames.
    #[inline]
    pub(crate) fn guest_calls_deferred(
        &mut self,
        number: u32,
        lowered: &Arc<Lowered>,
        callee: DeferredCallee,
        arguments: &[CoreValue],
    ) -> Result<Driven, Fault> {
        let last_argument = arguments.last().map(bits);
        self.data_mut().deferred.push(BegunCall::Guest { number, last_argument });
        let ended = match callee {
            DeferredCallee::Guest => self.call_lifted_for_guest(lowered, arguments),
            DeferredCallee::Host(host_function) => {
                self.call_host_deferred(host_function, lowered, arguments)
            }
        };
        self.guest_called(number, lowered, ended)
    }

    /// Handles a guest's call of a host function that returns at once. If that function does not
    /// look at the call, the machine never learns of it.
    #[inline]
    pub(crate) fn guest_calls_host(
        &mut self,
        number: u32,
        lowered: &Arc<Lowered>,
        host_function: u32,
        arguments: &[CoreValue],
    ) -> Result<Driven, Fault> {
        let last_argument = arguments.last().map(bits);
        self.data_mut().deferred.set_pending(PendingCall { number, last_argument });
        let ended = self.call_host_deferred(host_function, lowered, arguments);
        if let Ok(Ended::Returned(value)) = ended
            && self.data_mut().deferred.take_pending().is_some()
        {
            return Ok(Driven::Resumed(value));
        }
        self.guest_called(number, lowered, ended)
    }

    /// Finishes a guest's call, or continues one that has got records.
    #[inline]
    fn guest_called(
        &mut self,
        number: u32,
        lowered: &Lowered,
        ended: Result<Ended<Option<CoreValue>>, Fault>,
    ) -> Result<Driven, Fault> {
        let state = self.data_mut();
        if let Ok(Ended::Returned(value)) = ended {
            state.deferred.pop();
            if !state.machine.deferred_returned()? {
                return Err(Error::Inconsistent(Table::Frames).into());
            }
            return Ok(Driven::Resumed(if lowered.is_async { Some(RETURNED) } else { value }));
        }
        self.guest_call_made(number, ended.map(|_| ()))
    }

    /// Continues a guest's call that has got records.
    #[cold]
    fn guest_call_made(&mut self, number: u32, made: Result<(), Fault>) -> Result<Driven, Fault> {
        let state = self.data_mut();
        // The next step names the calls around it, so that they need records, too.
        state.look()?;
        let call = state.deferred.pop().ok_or(Error::Inconsistent(Table::Waitables))?;
        made?;
        let next = self.data_mut().crossing.take_next()?;
        let (_, thread) = call.caller.ok_or(MachineError::NoCurrentThread)?;
        self.drive(Base::Guest(CallSite { thread, number, event_address: 0 }), next)
    }

    /// Calls the core function of a lifted function for a guest, and moves the arguments and the
    /// result.
    fn call_lifted_for_guest(
        &mut self,
        lowered: &Lowered,
        arguments: &[CoreValue],
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        self.data().check_nested_calls()?;
        let lifted = self.data_mut().functions.take_lifted(lowered.function)?;
        let core = lifted.core.ok_or(Error::Unknown(Table::Functions))?;
        let ended = if lowered.moves_unchanged(arguments) {
            self.call_core_deferred((core, lifted.may_stop), arguments)?
        } else {
            let mut moved = CoreValues::new();
            self.pass_deferred_arguments(lowered, &lifted, arguments, &mut moved)?;
            self.call_core_deferred((core, lifted.may_stop), &moved)?
        };
        let value = match ended {
            Ended::Returned(value) => value,
            Ended::Made => return Ok(Ended::Made),
        };
        if lifted.callback.is_some() {
            return match self.callback_lifted_returned(value)? {
                Ended::Returned(Resolved::Lowered(result)) => Ok(Ended::Returned(result)),
                Ended::Returned(Resolved::Outcome(_)) => Err(MachineError::OtherStep.into()),
                Ended::Made => Ok(Ended::Made),
            };
        }
        let result = if lowered.moves_unchanged(value.as_slice()) {
            value
        } else {
            let last_argument = arguments.last().map(bits);
            let max = Flattening::Lift.max_flat_results();
            self.return_deferred_result(lowered, &lifted, last_argument, (value.as_slice(), max))?
        };
        if let Some(post_return) = lifted.post_return
            && let Ended::Made = self.call_post_return_deferred(post_return, value, result)?
        {
            return Ok(Ended::Made);
        }
        self.data_mut().functions.put_lifted(lifted);
        Ok(Ended::Returned(result))
    }

    /// Passes the arguments of a guest's call to the callee, as core values.
    fn pass_deferred_arguments(
        &mut self,
        lowered: &Lowered,
        lifted: &Lifted<E::Function>,
        arguments: &[CoreValue],
        moved: &mut CoreValues,
    ) -> Result<(), Fault> {
        let values = core_bits(arguments);
        let source = Source::without_call(lowered.options);
        let destination = MAX_FLAT_PARAMS as usize;
        let max = FlatLimits { source: lowered.flattening().max_flat_params(), destination };
        let mut flat = FlatValues::EMPTY;
        let mut between = self.between(source, Target::without_task(lifted.options))?;
        let mut values = CoreValueIter::new(&values);
        let params = &lifted.ty.params;
        params.transfer_flat_values_into(&mut flat, &mut between, max, &mut values, None)?;
        Ok(self.core_arguments(lifted, &flat, moved)?)
    }

    /// Moves the result of a guest's function to the guest that has called it: `values`, at most
    /// `max` of them. Returns the core value that the call returns, if there is one.
    fn return_deferred_result(
        &mut self,
        lowered: &Lowered,
        lifted: &Lifted<E::Function>,
        last_argument: Option<u64>,
        (values, max): (&[CoreValue], usize),
    ) -> Result<Option<CoreValue>, Fault> {
        let results = &lifted.ty.results;
        let returned = core_bits(values);
        let mut values = CoreValueIter::new(&returned);
        let layout = results.abi().of(self.data().options(lowered.options)?.address_type);
        let destination = lowered.flattening().max_flat_results();
        let out_param = last_argument.filter(|_| layout.flat.exceed(destination));
        let max = FlatLimits { source: max, destination };
        let (from, to) =
            (Source::without_call(lifted.options), Target::without_task(lowered.options));
        let mut between = self.between(from, to)?;
        let mut flat = FlatValues::EMPTY;
        results.transfer_flat_values_into(&mut flat, &mut between, max, &mut values, out_param)?;
        Ok(flat_result(layout, &flat))
    }

    /// Handles a guest's call of `task.return` with `values`. Returns `false` if it is not for the
    /// innermost call without records, or if it traps.
    pub(crate) fn return_deferred_task(
        &mut self,
        result_type: Option<TypeIndex>,
        options: OptionsIndex,
        values: &[CoreValue],
    ) -> Result<bool, Fault> {
        let state = self.data_mut();
        if !state.machine.check_deferred_return(result_type, options)? {
            return Ok(false);
        }
        let max = Flattening::AsyncLift.max_flat_results();
        let broken = Error::Inconsistent(Table::Waitables);
        let (value, resolved) = match state.deferred.innermost().ok_or(broken)? {
            BegunCall::Embedder(function, lift_result) => {
                let lifted = state.functions.take_lifted(function)?;
                state.crossing.set_returned(values)?;
                let outcome = lift_result(self, &lifted, max)?;
                self.data_mut().functions.put_lifted(lifted);
                (None, Resolved::Outcome(outcome))
            }
            BegunCall::Guest { number, last_argument } => {
                let lowered = state.functions.take_deferrable(number).ok_or(broken)?;
                let lifted = state.functions.take_lifted(lowered.function)?;
                let value =
                    self.return_deferred_result(&lowered, &lifted, last_argument, (values, max))?;
                let functions = &mut self.data_mut().functions;
                functions.put_deferrable(lowered);
                functions.put_lifted(lifted);
                (value, Resolved::Lowered(value))
            }
        };
        let state = self.data_mut();
        if !state.machine.deferred_resolved(value)? {
            return Err(Error::Inconsistent(Table::Frames).into());
        }
        state.deferred.resolve(resolved);
        Ok(true)
    }

    /// Handles the core result of the innermost call, which was lifted with a callback and has no
    /// records. If the function exits and has resolved, the call is over. Everything else needs
    /// records.
    fn callback_lifted_returned(
        &mut self,
        packed: Option<CoreValue>,
    ) -> Result<Ended<Resolved>, Fault> {
        let state = self.data_mut();
        if packed == Some(EXIT) && state.machine.is_deferred_resolved() {
            let resolved = state.deferred.take_resolved();
            return Ok(Ended::Returned(resolved.ok_or(Error::Inconsistent(Table::Waitables))?));
        }
        let thread = state.thread_of_made()?;
        let next = state.progressed(thread, Ok(CoreProgress::Returned(packed)))?;
        state.crossing.put_next(next);
        Ok(Ended::Made)
    }

    /// Calls a core function for the innermost call, which has no records.
    #[inline]
    fn call_core_deferred(
        &mut self,
        (core, may_stop): (E::Function, bool),
        arguments: &[CoreValue],
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        self.sync_links()?;
        self.data_mut().crossing.enter();
        let progress =
            if may_stop { self.call(core, arguments) } else { self.call_to_end(core, arguments) };
        let state = self.data_mut();
        state.crossing.leave();
        match progress {
            Ok(CoreProgress::Returned(value)) if state.machine.has_deferred() => {
                Ok(Ended::Returned(value))
            }
            Err(trap) => Err(state.crossing.take_trap(trap)),
            progress => {
                let thread = state.thread_of_made()?;
                let next = state.progressed(thread, progress)?;
                state.crossing.put_next(next);
                Ok(Ended::Made)
            }
        }
    }

    /// Calls a function's `post-return`, with the core values that the function has returned. The
    /// call returns `result` to a guest.
    fn call_post_return_deferred(
        &mut self,
        post_return: E::Function,
        value: Option<CoreValue>,
        result: Option<CoreValue>,
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        let state = self.data_mut();
        if !state.machine.deferred_resolved(result)? {
            return Err(Error::Inconsistent(Table::Frames).into());
        }
        // If `post-return` calls something that may wait, it traps.
        self.call_core_deferred((post_return, false), value.as_slice())
    }

    /// Finishes the innermost call, which has no records.
    #[inline]
    pub(crate) fn deferred_returned(&mut self) -> Result<(), Error> {
        if self.data_mut().machine.deferred_returned()? {
            Ok(())
        } else {
            Err(Error::Inconsistent(Table::Frames))
        }
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the thread of the innermost call that was begun without records, and has records
    /// now.
    #[cold]
    fn thread_of_made(&mut self) -> Result<ThreadId, Error> {
        self.look()?;
        let made = self.deferred.made().and_then(|made| made.callee);
        made.map(|(_, thread)| thread).ok_or(Error::Inconsistent(Table::Threads))
    }
}
