//! Calling core functions for threads, and continuing threads.

use alloc::sync::Arc;

use crate::abi::{FlatValues, Flattening, is_aligned, range_mut};
use crate::builtin::MemoryIndex;
use crate::component::store::activations::Stopped;
use crate::component::store::canonical::Lifted;
use crate::component::store::core_function::event_memory;
use crate::component::store::crossing::{CallSite, Next};
use crate::component::store::fault::Fault;
use crate::component::store::store_limits::StoreLimit;
use crate::core_value::{CoreType, CoreValue};
use crate::engine::{CoreContext as _, CoreEngine, CoreProgress, CoreTrap};
use crate::error::{AbiError, Error, Failure, MachineError};
use crate::limits::Table;
use crate::machine::{Event, FunctionId, Resumed, SubtaskId, TaskId, ThreadId};
use crate::trap::Trap;

use super::context::Context;
use super::state::State;
use super::transfer::{CoreValues, core_values};

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Calls the core function of a lifted function, with the arguments of the call to it.
    #[inline]
    pub(crate) fn call_function(
        &mut self,
        thread: ThreadId,
        task: TaskId,
        caller: SubtaskId,
        lifted: Arc<Lifted<E::Function>>,
        core: E::Function,
    ) -> Result<Next, Fault> {
        self.data().check_nested_calls()?;
        let mut flat = FlatValues::EMPTY;
        self.pass_arguments(&lifted, task, caller, &mut flat)?;
        let mut arguments = CoreValues::new();
        self.core_arguments(&lifted, &flat, &mut arguments)?;
        self.data_mut().functions.put_lifted(lifted);
        self.call_core(thread, core, &arguments)
    }

    /// Calls the destructor of a resource type that a guest defines.
    pub(crate) fn call_destructor(
        &mut self,
        thread: ThreadId,
        function: FunctionId,
        representation: u64,
    ) -> Result<Next, Fault> {
        let lifted = self.data().functions.lifted(function)?;
        let core = lifted.core.ok_or(MachineError::NoDestructor)?;
        self.data().check_nested_calls()?;
        let flat = lifted.ty.params.abi().narrow.flat;
        let representation = match flat.get(0) {
            Some(CoreType::I64) => CoreValue::I64(representation),
            _ => representation_value(representation)?,
        };
        self.call_core(thread, core, &[representation])
    }

    /// Calls a function's callback with an event.
    pub(crate) fn call_callback(
        &mut self,
        thread: ThreadId,
        function: FunctionId,
        event: Event,
    ) -> Result<Next, Fault> {
        let lifted = self.data().functions.lifted(function)?;
        let callback = lifted.callback.ok_or(MachineError::NoCallbackResult)?;
        let arguments = [event.code.code(), event.index, event.payload].map(CoreValue::I32);
        self.call_core(thread, callback, &arguments)
    }

    /// Calls a function's `post-return`, with the core values that the function has returned.
    pub(crate) fn call_post_return(
        &mut self,
        thread: ThreadId,
        function: FunctionId,
    ) -> Result<Next, Fault> {
        let lifted = self.data().functions.lifted(function)?;
        let post_return = lifted.post_return.ok_or(Error::Unknown(Table::Functions))?;
        let address_type = self.data().options(lifted.options)?.address_type;
        let (types, max) = (&lifted.ty.results, Flattening::Lift.max_flat_results());
        let mut arguments = CoreValues::new();
        let returned = self.data().crossing.returned();
        core_values(&mut arguments, types, address_type, max, returned);
        self.call_core(thread, post_return, &arguments)
    }

    /// Calls the first function of a new thread.
    pub(crate) fn call_start_function(
        &mut self,
        thread: ThreadId,
        function: u32,
        argument: u64,
    ) -> Result<Next, Fault> {
        let start = self.data_mut().activations.take_start_function(function)?;
        let argument = start.ty.params.core_value(0, argument);
        let argument = argument.ok_or(AbiError::FlatValueCount)?;
        self.call_core(thread, start.function, &[argument])
    }

    /// Calls a core function, for a thread that is new or whose callback is called.
    fn call_core(
        &mut self,
        thread: ThreadId,
        function: E::Function,
        arguments: &[CoreValue],
    ) -> Result<Next, Fault> {
        self.sync_links()?;
        self.data_mut().crossing.enter();
        let progress = self.call(function, arguments);
        self.data_mut().crossing.leave();
        self.data_mut().progressed(thread, progress)
    }

    /// Continues the thread that was interrupted.
    pub(crate) fn go_on(&mut self, thread: ThreadId) -> Result<Next, Fault> {
        let stopped = self.data_mut().activations.take(thread).ok_or(MachineError::NotEntered)?;
        self.resume_core(thread, stopped.activation, None)
    }

    /// Continues a thread that has stopped.
    pub(crate) fn resume_thread(
        &mut self,
        thread: ThreadId,
        value: Resumed,
    ) -> Result<Next, Fault> {
        let state = self.data_mut();
        let Some(stopped) = state.activations.take(thread) else {
            // The thread is on the stack, but with a host function above it.
            return Err(if state.crossing.is_outermost() {
                MachineError::NotEntered.into()
            } else {
                Fault::CallerResumed
            });
        };
        let site = stopped.site.ok_or(MachineError::NotEntered)?;
        let value = self.encode(site, value)?;
        self.resume_core(thread, stopped.activation, value)
    }

    /// Continues an activation. The call in which it stopped returns `value`.
    fn resume_core(
        &mut self,
        thread: ThreadId,
        activation: E::Activation,
        value: Option<CoreValue>,
    ) -> Result<Next, Fault> {
        self.sync_links()?;
        self.data_mut().crossing.enter();
        let progress = self.resume(activation, value);
        self.data_mut().crossing.leave();
        self.data_mut().progressed(thread, progress)
    }

    /// Returns the core value of a guest's call that returns later than it was made.
    pub(crate) fn encode(
        &mut self,
        site: CallSite,
        value: Resumed,
    ) -> Result<Option<CoreValue>, Failure> {
        Ok(match value {
            Resumed::Builtin(packed) => {
                match self.data().functions.core_function(site.number)?.definition() {
                    Some(definition) => definition.resumed(packed)?,
                    None => None,
                }
            }
            Resumed::Event(event) => Some(self.deliver(site, event)?),
            Resumed::Import(value) => value,
            Resumed::AsyncImport(packed) => Some(CoreValue::I32(packed)),
        })
    }

    /// Writes an event to the address at which a guest waits for it. Returns the event's code.
    fn deliver(&mut self, site: CallSite, event: Event) -> Result<CoreValue, Failure> {
        let definition = self.data().functions.core_function(site.number)?.definition();
        let memory = definition.and_then(event_memory).ok_or(MachineError::OtherStep)?;
        self.store_event(memory, site.event_address, event)
    }

    /// Writes an event to a guest's memory. Returns the event's code.
    pub(crate) fn store_event(
        &mut self,
        memory: MemoryIndex,
        address: u64,
        event: Event,
    ) -> Result<CoreValue, Failure> {
        let memory = self.data().types.memory(memory)?;
        let (bytes, _) = self.memory_mut(memory);
        if !is_aligned(address, 4) {
            return Err(Trap::PointerUnaligned.into());
        }
        let place = range_mut(bytes, address, 8).and_then(<[u8]>::first_chunk_mut::<8>);
        let words = u64::from(event.payload) << 32 | u64::from(event.index);
        *place.ok_or(Trap::PointerOutOfBounds)? = words.to_le_bytes();
        Ok(CoreValue::I32(event.code.code()))
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Checks that the guests may make one more nested call.
    #[inline]
    pub(crate) fn check_nested_calls(&self) -> Result<(), Fault> {
        // The machine has a frame for each call that waits, and another one if its callee isn't
        // `async`.
        let limits = &self.settings.limits;
        let max_frames = usize::try_from(limits.nested_calls).unwrap_or(usize::MAX);
        if self.machine.count_of(Table::Frames) > max_frames.saturating_mul(2) {
            return Err(Fault::Limit(limits.reached(StoreLimit::NestedCalls)));
        }
        Ok(())
    }

    /// Returns the next thing after a call of the engine.
    pub(crate) fn progressed(
        &mut self,
        thread: ThreadId,
        progress: Result<CoreProgress<E::Activation>, CoreTrap>,
    ) -> Result<Next, Fault> {
        match progress {
            Ok(CoreProgress::Returned(value)) => {
                self.crossing.set_returned(value.as_slice())?;
                let packed = match value {
                    Some(CoreValue::I32(packed)) => Some(packed),
                    _ => None,
                };
                Ok(Next::Step(self.machine.function_returned(packed)?))
            }
            Ok(CoreProgress::Stopped(activation)) => {
                let stop = self.crossing.take_stop();
                let site = stop.as_ref().map(|stop| stop.site);
                self.activations.keep(thread, Stopped { activation, site })?;
                Ok(stop.ok_or(MachineError::OtherStep)?.next)
            }
            Ok(CoreProgress::Interrupted(activation)) => {
                self.activations.keep(thread, Stopped { activation, site: None })?;
                Ok(Next::Continue(thread))
            }
            Err(trap) => Err(self.crossing.take_trap(trap)),
        }
    }
}

/// Returns a representation of 32 bits as the argument of a destructor.
fn representation_value(representation: u64) -> Result<CoreValue, Error> {
    u32::try_from(representation).map(CoreValue::I32).map_err(|_| AbiError::ValueMismatch.into())
}
