//! Taking the machine's steps on the engine.
//!
//! A step that calls a guest is taken immediately, inside of the host function that another guest
//! has called, if that function has control. If the callee ends, the caller goes on as after any
//! call, and never stopped. The caller stops only if the machine's next step can't be reached by
//! returning. Its activation is then kept, and the code that called it takes the next step. So
//! guests nest on the native stack as long as possible, but not more deeply than
//! [`may_nest`](crate::component::store::crossing::Crossing::may_nest) allows.

use alloc::string::String;

use crate::abi::{CoreValueIter, Lift as _, Peer, check_buffer, lower_flat_values};
use crate::builtin::OptionsIndex;
use crate::component::store::activations::StartFunction;
use crate::component::store::crossing::{CallSite, Next, Stop};
use crate::component::store::fault::Fault;
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine, TableEntry};
use crate::error::{Failure, MachineError};
use crate::machine::{BufferCheck, ErrorContextId, StartFunctionSearch, Step};
use crate::trap::Trap;

use super::context::Context;
use super::element_layout::element_layout;
use super::lifting::Source;
use super::lowering::Target;
use super::state::State;

/// The code to which control returns after steps.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base {
    /// The host began.
    Host,
    /// A guest called a host function.
    Guest(CallSite),
}

/// The outcome of taking steps.
#[derive(Debug)]
pub(crate) enum Driven {
    /// The host has control again.
    ReturnedToHost,
    /// The engine interrupted a guest, which goes on when the host wants it to.
    Interrupted,
    /// The guest goes on, and its call returns this.
    Resumed(Option<CoreValue>),
    /// The guest stops here. A [`Stop`] has the next step.
    Stop,
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Takes steps until control returns to `base`, or can't be returned to it.
    pub(crate) fn drive(&mut self, base: Base, mut next: Next) -> Result<Driven, Fault> {
        loop {
            let step = match next {
                Next::Step(step) => step,
                Next::Continue(thread) => {
                    if let Base::Guest(site) = base {
                        return Ok(self.stop(site, next));
                    }
                    self.data_mut().activations.interrupt(thread);
                    return Ok(Driven::Interrupted);
                }
            };
            match (&step, base) {
                (Step::ReturnToHost, Base::Host) => return Ok(Driven::ReturnedToHost),
                (Step::Resume { thread, value }, Base::Guest(site)) if *thread == site.thread => {
                    return Ok(Driven::Resumed(self.encode(site, *value)?));
                }
                (_, Base::Guest(site)) if !self.data().can_be_taken(&step) => {
                    return Ok(self.stop(site, Next::Step(step)));
                }
                _ => next = self.take(step)?,
            }
        }
    }

    /// Stops the guest where it is.
    fn stop(&mut self, site: CallSite, next: Next) -> Driven {
        self.data_mut().crossing.stop(Stop { site, next });
        Driven::Stop
    }

    /// Takes one step.
    fn take(&mut self, step: Step) -> Result<Next, Fault> {
        let step = match step {
            Step::CallFunction { thread, task, function, caller } => {
                let lifted = self.data_mut().functions.take_lifted(function)?;
                self.data_mut().task_begins(task, caller)?;
                let Some(core) = lifted.core else { return self.start_core_instance() };
                return self.call_function(thread, task, caller, lifted, core);
            }
            Step::CallDestructor { thread, function, representation, .. } => {
                return self.call_destructor(thread, function, representation);
            }
            Step::CallCallback { thread, function, event, .. } => {
                return self.call_callback(thread, function, event);
            }
            Step::CallPostReturn { thread, function, .. } => {
                return self.call_post_return(thread, function);
            }
            Step::CallStartFunction { thread, function, argument } => {
                return self.call_start_function(thread, function, argument);
            }
            Step::Resume { thread, value } => return self.resume_thread(thread, value),
            Step::CallHost { subtask, function, .. } => self.call_host(subtask, function)?,
            Step::CancelHost { subtask, .. } => self.cancel_host_function_call(subtask)?,
            Step::DropHostResource { resource_type, representation, .. } => {
                self.destroy_resource(resource_type, representation)?;
                self.data_mut().machine.host_resource_dropped()?
            }
            Step::Return(task_return) => self.return_(task_return)?,
            Step::CheckBuffer(check) => self.check_buffer(check)?,
            Step::Copy(copy) => self.copy(copy)?,
            Step::LoadDebugMessage { options, address, length, .. } => {
                self.load_debug_message(options, address, length)?
            }
            Step::StoreDebugMessage { options, error_context, address, .. } => {
                self.store_debug_message(options, error_context, address)?
            }
            Step::FindStartFunction(search) => self.find_start_function(&search)?,
            Step::ReturnToHost => return Err(MachineError::OtherStep.into()),
        };
        Ok(Next::Step(step))
    }

    /// Makes an error context with a guest's debug message.
    fn load_debug_message(
        &mut self,
        options: OptionsIndex,
        address: u64,
        length: u64,
    ) -> Result<Step, Failure> {
        let flat = [address, length];
        let mut message = self.lift(Source::without_call(options), None, |lifting| {
            String::lift_flat(lifting, &mut CoreValueIter::new(&flat))
        })?;
        let state = self.data_mut();
        state.settings.shorten(&mut message);
        state.machine.new_error_context(&message)
    }

    /// Lowers the debug message of an error context into a guest.
    fn store_debug_message(
        &mut self,
        options: OptionsIndex,
        error_context: ErrorContextId,
        address: u64,
    ) -> Result<Step, Failure> {
        let message = self.data().machine.debug_message(error_context)?;
        let message = String::from(message);
        let mut lowering = self.lower(Target::without_task(options), Peer::Host)?;
        lower_flat_values(&mut lowering, 0, &message, Some(address))?;
        self.data_mut().machine.debug_message_stored()
    }

    /// Checks a guest's buffer.
    fn check_buffer(&mut self, check: BufferCheck) -> Result<Step, Failure> {
        let (state, buffer) = (self.data(), check.buffer());
        let options = *state.options(buffer.options.ok_or(MachineError::OtherStep)?)?;
        let element = state.element(check.ty())?;
        let layout = element_layout(element.as_ref(), options.address_type);
        let memory = options.memory.map_or::<&[u8], _>(&[], |memory| self.memory(memory));
        check_buffer(memory, layout, check.direction(), buffer.address, buffer.length)?;
        self.data_mut().machine.buffer_checked(check)
    }

    /// Finds the first function of a new thread.
    fn find_start_function(&mut self, search: &StartFunctionSearch) -> Result<Step, Failure> {
        let ty = self.data().types.core_type(search.start_type())?;
        let table = self.data().types.table(search.table())?;
        let function = match self.table_function(table, search.index(), &ty) {
            TableEntry::Function(function) => function,
            TableEntry::OtherType => return Err(Trap::StartFunctionTypeMismatch.into()),
            TableEntry::Empty => return Err(Trap::StartFunctionUnknown.into()),
        };
        let state = self.data_mut();
        let thread = state.machine.current().ok_or(MachineError::NoCurrentThread)?;
        let instance = state.machine.thread_view(thread)?.instance;
        let start = StartFunction { function, ty };
        let number = state.activations.add_start_function(instance, start)?;
        state.machine.new_thread(search, number)
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns `true` if a step can be taken inside of a guest's call.
    fn can_be_taken(&self, step: &Step) -> bool {
        match step {
            Step::ReturnToHost => false,
            Step::Resume { thread, .. } => {
                self.activations.has_stopped(*thread) && self.crossing.may_nest()
            }
            Step::CallFunction { .. }
            | Step::CallDestructor { .. }
            | Step::CallCallback { .. }
            | Step::CallPostReturn { .. }
            | Step::CallStartFunction { .. } => self.crossing.may_nest(),
            _ => true,
        }
    }
}
