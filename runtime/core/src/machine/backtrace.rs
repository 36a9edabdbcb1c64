//! The way from what runs to whoever is waiting for it: the stack of nested calls, from the inside,
//! and then the guests that wait for the outermost of them.
//!
//! Nothing is kept for it. A call records who made it only as far as the machine has to know that.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::id::{FunctionId, InstanceId, SubtaskId, TaskId};
use crate::limits::{Limits, Storage as _};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::frame::Frame;
use super::record::task::{Code, Task, Thread};
use super::record::waitable::{Callee, Waitable};
use super::state::Machine;

/// An entry of a [backtrace](Machine::backtrace).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BacktraceEntry {
    /// A task of a guest.
    Task {
        /// The task.
        task: TaskId,
        /// Its instance.
        instance: InstanceId,
        /// The function that was called; nothing for `realloc`.
        function: Option<FunctionId>,
        /// The guest's function that the thread is in.
        code: Code,
        /// `true` if the task is not on the stack: it waits for the entry before this one.
        is_waiting: bool,
    },
    /// The host function with this number.
    HostFunction(u32),
    /// This instance, which made the call: no task of it waits for the call by itself now.
    Instance(InstanceId),
}

/// The state of a walk from the inside to the outside.
#[derive(Default)]
struct Walk {
    /// The thread that comes next.
    thread: Option<Key<Thread>>,
    /// The number of frames that were not walked through.
    frames: usize,
    /// The thread at the top of a held stack, whose host function began the last frame.
    holder: Option<Key<Thread>>,
    /// The thread that comes next, and waits for the last entry.
    waiting: Option<Key<Thread>>,
    /// The task of the last entry.
    task: Option<Key<Task>>,
    /// The call whose caller comes next.
    call: Option<Key<Waitable>>,
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the way from what runs to the host: the current thread's task, whoever called that,
    /// and so on through all calls by the host that are under way. After the outermost entry
    /// come those that wait for it: the task that made the call, if it does, and the same for its
    /// own caller.
    ///
    /// A guest can wait for its own call, and then there is no end: take as many as are needed.
    ///
    /// After a trap, ask before [`trapped`](Self::trapped) gives up the stack.
    pub fn backtrace(&mut self) -> impl Iterator<Item = BacktraceEntry> {
        // After an error, what could be made is told.
        let _ = self.look();
        let machine = &*self;
        let frames = machine.frames.len();
        let mut walk = Walk { thread: machine.current, frames, ..Walk::default() };
        core::iter::from_fn(move || machine.next_entry(&mut walk))
    }

    /// Returns those who wait for a call, as [`backtrace`](Self::backtrace) does after the outermost
    /// entry.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn backtrace_of_call(
        &mut self,
        call: SubtaskId,
    ) -> Result<impl Iterator<Item = BacktraceEntry>, Error> {
        let machine = &*self;
        let mut walk = Walk { call: Some(machine.subtask_key(call)?), ..Walk::default() };
        Ok(core::iter::from_fn(move || machine.next_entry(&mut walk)))
    }

    fn next_entry(&self, walk: &mut Walk) -> Option<BacktraceEntry> {
        if let Some(thread) = walk.thread.take() {
            return self.entry_of(walk, thread, false);
        }
        while let Some(position) = walk.frames.checked_sub(1) {
            walk.frames = position;
            match *self.frames.get(position)? {
                Frame::Lower { thread, subtask, .. } => {
                    let Some(number) = self.host_callee(subtask) else {
                        return self.entry_of(walk, thread, false);
                    };
                    walk.thread = Some(thread);
                    return Some(BacktraceEntry::HostFunction(number));
                }
                Frame::CancelSubtask { thread, .. }
                | Frame::Realloc { previous: Some(thread), .. } => {
                    return self.entry_of(walk, thread, false);
                }
                Frame::Lift { task, .. } => {
                    let task = self.task_key(task).ok();
                    if task != walk.task
                        && let Some(thread) = task.and_then(|it| self.implicit_thread(it))
                    {
                        return self.entry_of(walk, thread, false);
                    }
                }
                Frame::Host { holder } => walk.holder = holder,
                Frame::HostCopy { .. }
                | Frame::RequestCancellation { .. }
                | Frame::Realloc { previous: None, .. }
                | Frame::Deferred(_) => {}
            }
        }
        match walk.holder.take() {
            Some(thread) => self.holder_entry(walk, thread),
            None => self.waiting_entry(walk),
        }
    }

    /// Returns the host function whose callers are held, and leaves `thread`, which waits for it.
    fn holder_entry(&self, walk: &mut Walk, thread: Key<Thread>) -> Option<BacktraceEntry> {
        let stack = self.held_stack(thread).ok()??;
        let number = self.host_callee(self.call_of_held(stack).ok()??)?;
        walk.waiting = Some(thread);
        Some(BacktraceEntry::HostFunction(number))
    }

    /// Returns who waits for the task of the last entry.
    fn waiting_entry(&self, walk: &mut Walk) -> Option<BacktraceEntry> {
        if let Some(thread) = walk.waiting.take() {
            return self.entry_of(walk, thread, true);
        }
        let call = match walk.call.take() {
            Some(call) => call,
            None => self.tasks.get(walk.task.take()?).ok()?.caller?,
        };
        let call = self.waitables.get(call).ok()?;
        let instance = call.owner?;
        let waiter = call.waiter.or_else(|| {
            let set = self.sets.get(call.set?).ok()?;
            set.waiters.front().or_else(|| set.callback_waiters.front())
        });
        match waiter {
            Some(thread) => self.entry_of(walk, thread, true),
            None => Some(BacktraceEntry::Instance(self.instance_id(instance).ok()?)),
        }
    }

    fn entry_of(
        &self,
        walk: &mut Walk,
        thread: Key<Thread>,
        is_waiting: bool,
    ) -> Option<BacktraceEntry> {
        let Thread { task, code, .. } = *self.threads.get(thread).ok()?;
        let Task { instance, function, .. } = *self.tasks.get(task).ok()?;
        walk.task = Some(task);
        Some(BacktraceEntry::Task {
            task: self.task_id(task).ok()?,
            instance: self.instance_id(instance).ok()?,
            function: function.and_then(|function| self.function_id(function).ok()),
            code,
            is_waiting,
        })
    }

    fn implicit_thread(&self, task: Key<Task>) -> Option<Key<Thread>> {
        self.tasks.get(task).ok()?.implicit_thread
    }

    /// Returns the number of the host function that a call is of, if it is one.
    fn host_callee(&self, call: Key<Waitable>) -> Option<u32> {
        match self.subtask(call).ok()?.callee {
            Callee::Host(number) => Some(number),
            Callee::Gone | Callee::Task(_) | Callee::Operation { .. } => None,
        }
    }
}
