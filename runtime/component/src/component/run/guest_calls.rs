//! Calls by guests, of built-ins and of what they import.

use crate::builtin::{Definition, OptionsIndex, Outcome, TaskDefinition};
use crate::component::store::crossing::{CallSite, Next};
use crate::component::store::fault::Fault;
use crate::component::store::functions::CoreFunction;
use crate::component::store::unwinding::catch;
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine, HostFunctions, HostStop};
use crate::error::{Error, MachineError};
use crate::machine::Step;

use super::context::Context;
use super::core_calls::event_memory;
use super::state::State;
use super::steps::{Base, Driven};

impl<E: CoreEngine, T: 'static> HostFunctions<E> for State<E, T> {
    fn call(
        cx: E::Context<'_, Self>,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, HostStop> {
        let mut cx = Context::<E, T>(cx);
        // Nothing may unwind through the engine, wherever the panic of the host's is.
        let called = catch(|| cx.guest_calls(number, arguments));
        let called = called.unwrap_or_else(|panic| Err(Fault::Panicked(panic)));
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
    /// Does what the function with this number does, which a guest calls.
    fn guest_calls(&mut self, number: u32, arguments: &[CoreValue]) -> Result<Driven, Fault> {
        let state = self.data_mut();
        // A linked call has no thread, and is not to be looked at.
        if let CoreFunction::Link(link) = *state.functions.core_function(number)? {
            return self.link_calls(link, arguments).map(Driven::Resumed);
        }
        let thread = state.machine.current().ok_or(MachineError::NoCurrentThread)?;
        let mut site = CallSite { thread, number, event_address: 0 };
        let step = match *state.functions.core_function(number)? {
            CoreFunction::Builtin(mut definition) => {
                match definition {
                    Definition::Task(TaskDefinition::Return { options, .. }) => {
                        state.crossing.set_returned(arguments)?;
                        definition = state.without_memory(definition, options)?;
                    }
                    _ if event_memory(definition).is_some() => {
                        site.event_address = arguments.get(1).map_or(0, bits);
                    }
                    _ => {}
                }
                match definition.call(&mut state.machine, arguments)? {
                    Outcome::Return(value) => return Ok(Driven::Resumed(value)),
                    // The values of a source or a sink: most often, the guest goes on behind them.
                    Outcome::Suspend(Step::Copy(copy)) => self.copy(copy)?,
                    Outcome::Suspend(step) => step,
                }
            }
            CoreFunction::Link(_) => return Err(MachineError::OtherStep.into()),
            CoreFunction::Lowered(ref lowered) => {
                let origin = state.origin_of_thread(thread);
                let called = state.machine.canon_lower(lowered.function, lowered.is_async);
                let (id, step) = called?;
                state.calls.add_guest_call(id, lowered, arguments, origin)?;
                step
            }
        };
        self.drive(Base::Guest(site), Next::Step(step))
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns `task.return` with the options of the current task's function, if it lifts no
    /// memory and is equal to them but for that.
    ///
    /// The text compares memories even where there is none; the suite returns flat values without
    /// a memory from functions whose parameters need one, and validation makes sure that there is
    /// a memory wherever the result lies in it.
    fn without_memory(
        &mut self,
        definition: Definition,
        options: OptionsIndex,
    ) -> Result<Definition, Error> {
        let found = self.options(options)?;
        let (memory, string_encoding) = (found.memory, found.string_encoding);
        let (None, Some(lifted)) = (memory, self.machine.lift_options()) else {
            return Ok(definition);
        };
        if self.options(lifted)?.string_encoding != string_encoding {
            return Ok(definition);
        }
        Ok(match definition {
            Definition::Task(TaskDefinition::Return { result_type, .. }) => {
                TaskDefinition::Return { result_type, options: lifted }.into()
            }
            definition => definition,
        })
    }
}

/// Returns an integer's bits.
fn bits(value: &CoreValue) -> u64 {
    match *value {
        CoreValue::I32(bits) | CoreValue::F32(bits) => bits.into(),
        CoreValue::I64(bits) | CoreValue::F64(bits) => bits,
        CoreValue::Function(_) => 0,
    }
}
