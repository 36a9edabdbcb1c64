//! The answers of the layer above the machine to a step.

use weft_core::chooser::Chooser;
use weft_core::code::EventCode;
use weft_core::core_value::CoreValue;
use weft_core::error::Failure;
use weft_core::limits::Limits;
use weft_core::machine::{HandleView, InstanceId, Machine, Resumed, Step, SubtaskId, TaskId};

use super::{RandomPlayer, one_of};
use crate::calls::{FUTURE, HOST_RESOURCE, subtask_drop, task_cancel};

impl<L: Limits, C: Chooser> RandomPlayer<L, C> {
    /// Lends and borrows for the host, at any time.
    pub(super) fn borrow(&mut self, a: u8, b: u8) -> Result<(), Failure> {
        let ty = if b.is_multiple_of(2) { self.resource } else { HOST_RESOURCE };
        if a.is_multiple_of(2) {
            let Some(call) = one_of(&self.guest_calls, a / 2) else { return Ok(()) };
            let index = u32::from(b);
            self.attempt("lift_borrow", |m| m.lift_borrow(call, ty, index)).map(|_| ())
        } else {
            let Some(task) = one_of(&self.tasks, a / 2) else { return Ok(()) };
            self.attempt("lower_borrow", |m| m.lower_borrow(task, ty, 1)).map(|_| ())
        }
    }

    /// Handles a step; an obedient host does so at once.
    pub(super) fn take(&mut self, step: Step, c: u8) -> Result<(), Failure> {
        let debug = format!("{step:?}");
        let name = debug.split(|it: char| !it.is_alphanumeric()).next();
        self.seen.extend(name.map(str::to_owned));
        match &step {
            Step::CallFunction { task, caller, function, .. } => {
                self.called.insert(*task, *function);
                self.tasks.push(*task);
                self.guest_calls.push(*caller);
            }
            Step::CallHost { subtask, .. } => self.guest_calls.insert(0, *subtask),
            Step::CallCallback { event, .. }
            | Step::Resume { value: Resumed::Event(event), .. } => {
                self.follows = match event.code {
                    EventCode::TaskCancelled => Some(task_cancel()),
                    EventCode::Subtask => Some(subtask_drop(event.index)),
                    EventCode::FutureRead => Some(FUTURE.drop_readable(event.index)),
                    EventCode::FutureWrite => Some(FUTURE.drop_writable(event.index)),
                    _ => None,
                };
            }
            _ => {}
        }
        if let Some(running) = self.running_instance() {
            assert_eq!(self.machine.is_locked_down(running), Ok(false), "{step:?}");
        }
        if self.is_obedient {
            return self.answer(step, c);
        }
        match step {
            Step::Return(_)
            | Step::CheckBuffer(_)
            | Step::Copy(_)
            | Step::LoadDebugMessage { .. }
            | Step::StoreDebugMessage { .. }
            | Step::FindStartFunction(_)
            | Step::DropHostResource { .. } => self.steps.push(step),
            _ => {}
        }
        Ok(())
    }

    /// Handles a step, or traps if the layer above can.
    pub(super) fn answer(&mut self, step: Step, c: u8) -> Result<(), Failure> {
        let next = match step {
            Step::Return(token) => {
                self.attempt("return_", |machine| machine.return_(&token))?;
                let (task, caller) = (token.task(), token.caller());
                if self.is_obedient {
                    // The result may need `realloc` in the caller.
                    let caller = caller.and_then(|it| self.machine.calling_instance(it).ok()?);
                    self.reallocates(caller, c)?;
                }
                let value = c.is_multiple_of(3).then_some(CoreValue::I32(c.into()));
                let step = self.attempt("resolve", |machine| machine.resolve(token, value))?;
                assert!(self.resolved.insert(task), "{task:?} has resolved twice");
                step
            }
            Step::CheckBuffer(_) if c == 9 => return Err(weft_core::trap::Trap::ListTooLong.into()),
            Step::CheckBuffer(check) => {
                self.attempt("buffer_checked", |machine| machine.buffer_checked(check))?
            }
            Step::Copy(copy) => self.attempt("copied", |machine| machine.copied(copy))?,
            Step::LoadDebugMessage { .. } => {
                self.is_half_way = true;
                self.attempt("new_error_context", |machine| machine.new_error_context("message"))?
            }
            Step::StoreDebugMessage { .. } => {
                self.attempt("debug_message_stored", Machine::debug_message_stored)?
            }
            Step::FindStartFunction(search) => {
                self.is_half_way = true;
                let function = u32::from(c);
                self.attempt("new_thread", |machine| machine.new_thread(&search, function))?
            }
            Step::DropHostResource { .. } => {
                self.attempt("host_resource_dropped", Machine::host_resource_dropped)?
            }
            Step::CallFunction { task, caller, .. } if self.is_obedient && c.is_multiple_of(4) => {
                return self.lends(task, caller, c / 4);
            }
            _ => return Ok(()),
        };
        self.take(next, c)
    }

    /// Lowers a value of the call that returns into the instance that called.
    fn reallocates(&mut self, caller: Option<InstanceId>, c: u8) -> Result<(), Failure> {
        let Some(caller) = caller.filter(|_| c.is_multiple_of(5)) else { return Ok(()) };
        let begun = self.attempt("begin_realloc", |machine| machine.begin_realloc(caller));
        match begun {
            Ok(()) => self.attempt("realloc_returned", Machine::realloc_returned),
            Err(Failure::Error(_)) => Ok(()),
            Err(trap) => Err(trap),
        }
    }

    /// Passes a borrowed resource as the argument of a call, if its caller has one.
    fn lends(&mut self, task: TaskId, caller: SubtaskId, number: u8) -> Result<(), Failure> {
        let Ok(Some(instance)) = self.machine.calling_instance(caller) else { return Ok(()) };
        let resource = |(index, view)| match view {
            HandleView::Resource { ty: HOST_RESOURCE, .. } => Some(index),
            _ => None,
        };
        let resources: Vec<u32> = self.handles_of(Some(instance)).filter_map(resource).collect();
        let Some(index) = one_of(&resources, number) else { return Ok(()) };
        let lent = self
            .attempt("lift_borrow", |machine| machine.lift_borrow(caller, HOST_RESOURCE, index));
        let Ok(representation) = lent else { return Ok(()) };
        self.attempt("lower_borrow", |machine| {
            machine.lower_borrow(task, HOST_RESOURCE, representation)
        })?;
        Ok(())
    }
}
