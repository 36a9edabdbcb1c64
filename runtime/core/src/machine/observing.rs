//! Telling the hooks what the machine does, if they observe it.
//!
//! All of this is out of the way of a machine that nobody observes: the only thing left there is one
//! test of [`Hooks::observes`].

use crate::chooser::{Choice, Chooser};
use crate::code::EventCode;
use crate::error::{Error, Failure};
use crate::id::{EndId, FunctionId, InstanceId, ThreadId, WaitableSetId};
use crate::limits::{Limits, Storage as _, Table};
use crate::trap::{CopyDirection, EndKind};

use super::arena::Key;
use super::hooks::Hooks;
use super::observation::{Action, Observation, ObservedEnd, ObservedThread, ThreadStop};
use super::record::definition::Function;
use super::record::task::{Continuation, Task, Thread};
use super::record::waitable::{Callee, Waitable};
use super::state::Machine;
use super::step::Event;

/// A thread that can run, as [`Machine::visit_ready_threads`] finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReadyThread {
    /// The thread.
    pub thread: ThreadId,
    /// The instance that it runs in.
    pub instance: InstanceId,
}

/// A machine's chooser, for a decision that the host leaves to it:
/// [`Machine::observed_chooser`].
#[derive(Debug)]
pub struct ObservedChooser<'a, L: Limits, C: Chooser, H: Hooks> {
    machine: &'a mut Machine<L, C, H>,
}

impl<L: Limits, C: Chooser, H: Hooks> Chooser for ObservedChooser<'_, L, C, H> {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        let chosen = self.machine.chooser_mut().choose(choice, count);
        self.machine.observe(|_| Ok(Action::Chose { choice, count, chosen }));
        chosen
    }
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Tells the hooks of an action, if they observe the machine. Only then, `action` is called.
    ///
    /// An action whose ids can't be found is not told of, which happens only after a fault in Weft.
    #[inline]
    pub(crate) fn observe(&mut self, action: impl FnOnce(&Self) -> Result<Action, Error>) {
        if H::LISTENS && self.hooks.observes() {
            self.tell_of_action(action);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_of_action(&mut self, action: impl FnOnce(&Self) -> Result<Action, Error>) {
        let Ok(action) = action(self) else { return };
        let thread = self.current.and_then(|it| self.observed_thread(it).ok());
        self.hooks.observed(&Observation { thread, action });
    }

    /// Tells the hooks that control goes from the host to guests, if it comes from outside of all
    /// calls.
    #[inline]
    pub(crate) fn observe_turn(&mut self) {
        if H::LISTENS && self.hooks.observes() && self.frames.is_empty() {
            self.tell_of_action(|_| Ok(Action::TurnBegan));
        }
    }

    /// Tells the hooks that control goes back to the host, if no call of the host is left.
    #[inline]
    pub(crate) fn observe_end_of_turn(&mut self) {
        if H::LISTENS && self.hooks.observes() && self.frames.is_empty() {
            self.tell_of_action(|_| Ok(Action::TurnEnded));
        }
    }

    /// Returns the machine's chooser, for a decision that the host has to leave to it. The hooks
    /// are told of the decision, if they [observe](Hooks::observes) the machine.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::NanBits;
    /// use weft::machine::Machine;
    ///
    /// # weft::limits! {
    /// #     struct Small { ..MachineSizes::SMALL }
    /// # }
    /// let mut machine = Machine::<Small>::default();
    /// assert_eq!(NanBits::choose(&mut machine.observed_chooser())?, NanBits::CANONICAL);
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    pub const fn observed_chooser(&mut self) -> ObservedChooser<'_, L, C, H> {
        ObservedChooser { machine: self }
    }

    /// Describes a thread.
    pub(crate) fn observed_thread(&self, thread: Key<Thread>) -> Result<ObservedThread, Error> {
        let task = self.threads.get(thread)?.task;
        let Task { function, instance, .. } = *self.tasks.get(task)?;
        Ok(ObservedThread {
            thread: self.thread_id(thread)?,
            task: self.task_id(task)?,
            instance: self.instance_id(instance)?,
            function: function.map(|it| self.function_id(it)).transpose()?,
        })
    }

    /// Describes an end.
    pub(crate) fn observed_end(&self, key: Key<Waitable>) -> Result<ObservedEnd, Error> {
        let end = self.end(key)?;
        let other = end.other.map(|it| self.end_and_holder(it)).transpose()?;
        let (kind, direction) = (end.kind, end.direction);
        let (end, holder) = self.end_and_holder(key)?;
        Ok(ObservedEnd { end, kind, direction, holder, other })
    }

    fn end_and_holder(&self, end: Key<Waitable>) -> Result<(EndId, Option<InstanceId>), Error> {
        Ok((self.end_id(end)?, self.observed_holder(end)?))
    }

    /// Returns the instance that holds a waitable.
    pub(crate) fn observed_holder(
        &self,
        waitable: Key<Waitable>,
    ) -> Result<Option<InstanceId>, Error> {
        self.waitables.get(waitable)?.owner.map(|it| self.instance_id(it)).transpose()
    }

    /// Returns the set that a waitable is in.
    pub(crate) fn observed_set(
        &self,
        waitable: Key<Waitable>,
    ) -> Result<Option<WaitableSetId>, Error> {
        self.waitables.get(waitable)?.set.map(|it| self.set_id(it)).transpose()
    }

    /// Returns the instance that a call runs in; `None` for the host, or after it has resolved.
    pub(crate) fn observed_callee(
        &self,
        subtask: Key<Waitable>,
    ) -> Result<Option<InstanceId>, Error> {
        match self.subtask(subtask)?.callee {
            Callee::Task(task) => Ok(Some(self.instance_id(self.tasks.get(task)?.instance)?)),
            Callee::Gone | Callee::Host(_) | Callee::Operation { .. } => Ok(None),
        }
    }

    /// Tells the hooks of a call that was made.
    #[inline]
    pub(crate) fn observe_call(&mut self, subtask: Key<Waitable>, function: FunctionId) {
        self.observe(|it| {
            let (call, caller) = (it.subtask_id(subtask)?, it.observed_holder(subtask)?);
            let (callee, host_function) = match it.function(function)? {
                Function::Lifted(lifted) => (Some(lifted.instance), None),
                Function::Host { number } => (None, Some(number)),
            };
            Ok(Action::Called { call, caller, callee, function, host_function })
        });
    }

    /// Tells the hooks that the caller of a call asks to cancel it.
    #[inline]
    pub(crate) fn observe_cancellation(&mut self, subtask: Key<Waitable>) {
        self.observe(|it| {
            let (call, caller) = (it.subtask_id(subtask)?, it.observed_holder(subtask)?);
            let callee = it.observed_callee(subtask)?;
            Ok(Action::CancellationRequested { call, caller, callee })
        });
    }

    /// Tells the hooks that a thread stops, and goes on with `continuation`.
    #[inline]
    pub(crate) fn observe_stop(&mut self, thread: Key<Thread>, continuation: Continuation) {
        self.observe(|it| {
            let thread = it.observed_thread(thread)?;
            let reason = match continuation {
                Continuation::SetWait(set) | Continuation::CallbackWait(set) => {
                    ThreadStop::WaitsForSet(it.set_id(set)?)
                }
                Continuation::Lower(call) => ThreadStop::WaitsForCall(it.subtask_id(call)?),
                Continuation::CancelSubtask(call) => {
                    ThreadStop::WaitsForCancellation(it.subtask_id(call)?)
                }
                Continuation::Copy(end) => ThreadStop::WaitsForCopy(it.end_id(end)?),
                Continuation::Held(_) => ThreadStop::Held,
                Continuation::Enter
                | Continuation::Begin
                | Continuation::BeginDestructor { .. } => ThreadStop::WaitsToEnter,
                Continuation::Running
                | Continuation::CallbackYield
                | Continuation::StartFunction { .. }
                | Continuation::Zero => ThreadStop::Yielded,
            };
            Ok(Action::ThreadStopped { thread, reason })
        });
    }

    /// Tells the hooks that a read or write begins.
    #[inline]
    pub(crate) fn observe_copy(&mut self, end: Key<Waitable>, length: u32) {
        self.observe(|it| Ok(Action::CopyBegan { end: it.observed_end(end)?, length }));
    }

    /// Tells the hooks that values have moved from or to `end`.
    #[inline]
    pub(crate) fn observe_copied(&mut self, end: Key<Waitable>, count: u32) {
        self.observe(|it| {
            let this = it.end(end)?;
            let readable = match (this.direction, this.other) {
                (CopyDirection::Write, Some(other)) => other,
                _ => end,
            };
            Ok(Action::Copied { readable: it.observed_end(readable)?, count })
        });
    }

    /// Tells the hooks that the event of a read or write is taken at once, with this payload.
    pub(crate) fn observe_result(&mut self, end: Key<Waitable>, payload: u32) {
        self.observe(|it| {
            let Waitable { index, .. } = *it.waitables.get(end)?;
            let of = it.end(end)?;
            let code = match (of.kind, of.direction) {
                (EndKind::Stream, CopyDirection::Read) => EventCode::StreamRead,
                (EndKind::Stream, CopyDirection::Write) => EventCode::StreamWrite,
                (EndKind::Future, CopyDirection::Read) => EventCode::FutureRead,
                (EndKind::Future, CopyDirection::Write) => EventCode::FutureWrite,
            };
            let (waitable, holder) = (it.waitable_id(end)?, it.observed_holder(end)?);
            let event = Event { code, index, payload };
            Ok(Action::EventDelivered { waitable, holder, event })
        });
    }

    /// Tells the hooks that an event of a waitable is taken.
    #[inline]
    pub(crate) fn observe_delivery(
        &mut self,
        waitable: Key<Waitable>,
        event: &Result<Event, Failure>,
    ) {
        self.observe(|it| {
            let Ok(event) = *event else { return Err(Error::Unknown(Table::Waitables)) };
            let (waitable, holder) = (it.waitable_id(waitable)?, it.observed_holder(waitable)?);
            Ok(Action::EventDelivered { waitable, holder, event })
        });
    }

    /// Calls `visit` for each ready thread, in the order of
    /// [`Choice::Tick`](crate::chooser::Choice::Tick).
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] or [`Error::Unknown`] after a fault in Weft.
    pub fn visit_ready_threads(&self, mut visit: impl FnMut(ReadyThread)) -> Result<(), Error> {
        let mut next = self.ready_instances.front();
        while let Some(key) = next {
            let instance = self.instance_id(key)?;
            self.visit_ready_of(key, |thread| {
                visit(ReadyThread { thread: self.thread_id(thread)?, instance });
                Ok(())
            })?;
            next = self.ready_instances.after(&self.instances, key)?;
        }
        Ok(())
    }
}
