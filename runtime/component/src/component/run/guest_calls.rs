//! Calls by guests, of built-ins and of imported functions.

use crate::builtin::{Definition, OptionsIndex, Outcome, TaskDefinition};
use crate::component::store::acting::Acting;
use crate::component::store::core_function::{CoreFunction, event_memory};
use crate::component::store::crossing::{CallSite, Next};
use crate::component::store::fault::Fault;
use crate::component::store::flat_values::bits;
use crate::component::store::host_panic::HostPanic;
use crate::component::store::unwinding::catch;
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine, HostFunctions, HostStop};
use crate::error::{Error, MachineError};
use crate::machine::Step;

use super::context::Context;
use super::state::State;
use super::steps::{Base, Driven};

impl<E: CoreEngine, T: 'static> HostFunctions<E> for State<E, T> {
    fn call(
        cx: E::Context<'_, Self>,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, HostStop> {
        let mut cx = Context::<E, T>(cx);
        let state = cx.data();
        let before = (state.deferred.len(), state.acting);
        // No panic of the host may unwind through the engine.
        let called = catch(|| cx.guest_calls(number, arguments));
        let called = called.unwrap_or_else(|panic| Err(cx.guest_call_panicked(before, panic)));
        match called.and_then(|driven| cx.sync_links().map(|()| driven)) {
            Ok(Driven::Resumed(value)) => Ok(value),
            Ok(_) => Err(HostStop::Suspend),
            Err(fault) => {
                cx.data_mut().crossing.fail(fault);
                Err(HostStop::Trap)
            }
        }
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Handles a guest's call of the function with this number.
    fn guest_calls(&mut self, number: u32, arguments: &[CoreValue]) -> Result<Driven, Fault> {
        let state = self.data_mut();
        match state.functions.core_function(number)? {
            CoreFunction::Lowered(lowered) if lowered.is_deferrable => {
                if state.crossing.may_nest()
                    && let Some(lowered) = state.functions.take_deferrable(number)
                {
                    let called = match lowered.immediate {
                        Some(host_function) if state.machine.can_call_host_unseen() => {
                            Some(self.guest_calls_host(number, &lowered, host_function, arguments))
                        }
                        _ => {
                            let (function, is_async) = (lowered.function, lowered.is_async);
                            let callee = state.machine.canon_lower_deferred(function, is_async)?;
                            callee.map(|it| {
                                self.guest_calls_deferred(number, &lowered, it, arguments)
                            })
                        }
                    };
                    self.data_mut().functions.put_deferrable(lowered);
                    if let Some(called) = called {
                        return called;
                    }
                }
            }
            // A linked call has no thread, and needs no records.
            CoreFunction::Link(link) => {
                let link = *link;
                return self.link_calls(link, arguments).map(Driven::Resumed);
            }
            CoreFunction::Copy(_) => {
                if let Some(result) = self.guest_copies(number, arguments)? {
                    return Ok(Driven::Resumed(Some(result)));
                }
            }
            CoreFunction::Poll(poll) => {
                if let Some((index, address)) = poll.arguments(arguments) {
                    let memory = poll.memory;
                    let event = state.machine.poll_waitable_set(index)?;
                    return Ok(Driven::Resumed(Some(self.store_event(memory, address, event)?)));
                }
            }
            CoreFunction::Immediate(definition) => {
                return match definition.call(&mut state.machine, arguments)? {
                    Outcome::Return(value) => Ok(Driven::Resumed(value)),
                    Outcome::Suspend(_) => Err(MachineError::OtherStep.into()),
                };
            }
            CoreFunction::Builtin(Definition::Task(TaskDefinition::Return {
                result_type,
                options,
            })) if state.machine.has_deferred() => {
                let (result_type, options) = (*result_type, state.without_memory(*options)?);
                if self.return_deferred_task(result_type, options, arguments)? {
                    return Ok(Driven::Resumed(None));
                }
            }
            CoreFunction::Lowered(_) | CoreFunction::Builtin(_) => {}
        }
        self.guest_calls_with_records(number, arguments)
    }

    /// Handles a guest's call of any function, as [`guest_calls`](Self::guest_calls) does, with
    /// records.
    fn guest_calls_with_records(
        &mut self,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Driven, Fault> {
        let site = self.call_site(number)?;
        let state = self.data_mut();
        let step = match state.functions.core_function(number)? {
            CoreFunction::Lowered(lowered) => {
                let origin = state.origin_of_thread(site.thread);
                let called = state.machine.canon_lower(lowered.function, lowered.is_async);
                let (id, step) = called?;
                state.calls.add_guest_call(id, lowered, arguments, origin)?;
                step
            }
            function => {
                let definition = function.definition().ok_or(MachineError::OtherStep)?;
                return self.guest_calls_builtin(site, definition, arguments);
            }
        };
        self.drive(Base::Guest(site), Next::Step(step))
    }

    /// Handles a guest's call of a built-in, which may stop the guest.
    fn guest_calls_builtin(
        &mut self,
        mut site: CallSite,
        mut definition: Definition,
        arguments: &[CoreValue],
    ) -> Result<Driven, Fault> {
        let state = self.data_mut();
        match definition {
            Definition::Task(TaskDefinition::Return { result_type, options }) => {
                state.crossing.set_returned(arguments)?;
                let options = state.without_memory(options)?;
                definition = TaskDefinition::Return { result_type, options }.into();
            }
            _ if event_memory(definition).is_some() => {
                site.event_address = arguments.get(1).map_or(0, bits);
            }
            _ => {}
        }
        let step = match definition.call(&mut state.machine, arguments)? {
            Outcome::Return(value) => {
                // The guest may have dropped an end. Its source or sink is told now, as the guest
                // may run for long, and may wait for what they do then.
                while self.close_served()? {}
                return Ok(Driven::Resumed(value));
            }
            // The values are those of a source or a sink. Most often, the guest goes on after the
            // copy.
            Outcome::Suspend(Step::Copy(copy)) => self.copy(copy)?,
            Outcome::Suspend(step) => step,
        };
        self.drive(Base::Guest(site), Next::Step(step))
    }

    /// Makes the records of the running guest's call, as the guest may stop in it, and returns the
    /// site of the call.
    pub(super) fn call_site(&mut self, number: u32) -> Result<CallSite, Fault> {
        let state = self.data_mut();
        state.look()?;
        let thread = state.machine.current().ok_or(MachineError::NoCurrentThread)?;
        Ok(CallSite { thread, number, event_address: 0 })
    }

    /// Handles a panic of the host in a call by a guest: restores the data that was remembered, as
    /// of `before`.
    #[cold]
    fn guest_call_panicked(&mut self, before: (usize, Acting), panic: HostPanic) -> Fault {
        let state = self.data_mut();
        // After an error the machine has to be unwound, as it has to be after the panic.
        let _ = state.look();
        state.deferred.truncate(before.0);
        state.acting = before.1;
        Fault::Panicked(panic)
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the options for `task.return`: those of the current task's function, if `options`
    /// has no memory and is otherwise equal to them.
    ///
    /// The spec's text compares memories even if there is none. The official suite returns flat
    /// values without a memory from functions whose parameters need one. Validation makes sure that
    /// there is a memory if the result is in it.
    fn without_memory(&mut self, options: OptionsIndex) -> Result<OptionsIndex, Error> {
        let found = self.options(options)?;
        let (memory, string_encoding) = (found.memory, found.string_encoding);
        let (None, Some(lifted)) = (memory, self.machine.lift_options()) else {
            return Ok(options);
        };
        let is_equal = self.options(lifted)?.string_encoding == string_encoding;
        Ok(if is_equal { lifted } else { options })
    }
}
