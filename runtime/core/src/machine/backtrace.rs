//! Backtraces: the stack of nested calls, beginning with the innermost, and then the guests that
//! wait for the outermost of them.
//!
//! Nothing is recorded for them. The machine knows the maker of a call only as far as its own
//! rules need it.

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
        /// The function that was called; `None` for `realloc`.
        function: Option<FunctionId>,
        /// The guest's function that the thread is in.
        code: Code,
        /// `true` if the task is not on the stack, but waits for the entry before this one.
        is_waiting: bool,
    },
    /// The host function with this number.
    HostFunction(u32),
    /// The instance that made the call. None of its tasks waits for just this call now.
    Instance(InstanceId),
}

/// The state of a walk from the inside to the outside.
#[derive(Default)]
struct Walk {
    /// The thread that comes next.
    thread: Option<Key<Thread>>,
    /// The number of frames that are left.
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
    /// Returns the calls that lead to the point that runs now, innermost first.
    ///
    /// The backtrace begins with the current thread's task. The caller of that task follows, and so
    /// on, through all calls by the host that are under way. After the outermost entry come the
    /// tasks that wait for it: the task that made the call, if it waits, and then the task that
    /// waits for that one.
    ///
    /// A guest can wait for its own call, and then the iterator has no end. So take only as many
    /// entries as are needed. After a trap, call this before [`trapped`](Self::trapped), which
    /// gives up the stack.
    pub fn backtrace(&mut self) -> impl Iterator<Item = BacktraceEntry> {
        // After an error, the records that could be made are used.
        let _ = self.look();
        let machine = &*self;
        let frames = machine.frames.len();
        let mut walk = Walk { thread: machine.current, frames, ..Walk::default() };
        core::iter::from_fn(move || machine.next_entry(&mut walk))
    }

    /// Returns the tasks that wait for a call, as [`backtrace`](Self::backtrace) does after the
    /// outermost entry.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the call doesn't exist.
    pub fn backtrace_of_call(
        &mut self,
        call: SubtaskId,
    ) -> Result<impl Iterator<Item = BacktraceEntry>, Error> {
        let machine = &*self;
        let mut walk = Walk { call: Some(machine.subtask_key(call)?), ..Walk::default() };
        Ok(core::iter::from_fn(move || machine.next_entry(&mut walk)))
    }

    /// Returns the next entry of a walk.
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
                Frame::Host { holder, .. } => walk.holder = holder,
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

    /// Returns the host function whose callers are held, and lets `thread`, which waits for it,
    /// come next.
    fn holder_entry(&self, walk: &mut Walk, thread: Key<Thread>) -> Option<BacktraceEntry> {
        let stack = self.held_stack(thread).ok()??;
        let number = self.host_callee(self.call_of_held(stack).ok()??)?;
        walk.waiting = Some(thread);
        Some(BacktraceEntry::HostFunction(number))
    }

    /// Returns the entry of the task that waits for that of the last entry.
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

    /// Returns the entry of a thread's task.
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

    /// Returns the number of the called host function, if a call is one of a host function.
    fn host_callee(&self, call: Key<Waitable>) -> Option<u32> {
        match self.subtask(call).ok()?.callee {
            Callee::Host(number) => Some(number),
            Callee::Gone | Callee::Task(_) | Callee::Operation { .. } => None,
        }
    }
}
