//! Threads: running, suspended and waiting ones. The reference's `Thread`.

use crate::chooser::{Choice, Chooser};
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::observation::{Action, ThreadStop};
use super::record::frame::Outstanding;
use super::record::task::{Code, Continuation, Queue, Task, Thread, ThreadActivity};
use super::record::words::number;
use super::state::Machine;
use super::step::{Event, Flow, Resumed, Step};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the thread of the guest that has control.
    #[inline]
    pub(crate) fn current_thread(&mut self) -> Result<Key<Thread>, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        self.look()?;
        self.current.ok_or(MachineError::NoCurrentThread.into())
    }

    /// Returns the task of the thread that runs.
    #[inline]
    pub(crate) fn current_task(&mut self) -> Result<Key<Task>, Error> {
        let thread = self.current_thread()?;
        Ok(self.threads.get(thread)?.task)
    }

    /// Lets `thread` wait in `queue`, and go on with `continuation` later:
    /// `Thread.start_waiting`.
    pub(crate) fn start_waiting(
        &mut self,
        thread: Key<Thread>,
        queue: Queue,
        continuation: Continuation,
    ) -> Result<(), Error> {
        self.observe_stop(thread, continuation);
        self.wait_in(thread, queue, continuation)
    }

    /// Lets `thread` wait in `queue`, as [`start_waiting`](Self::start_waiting) does, although it
    /// does not run.
    fn wait_in(
        &mut self,
        thread: Key<Thread>,
        queue: Queue,
        continuation: Continuation,
    ) -> Result<(), Error> {
        let waiting = self.threads.get_mut(thread)?;
        waiting.state = ThreadActivity::Waiting;
        waiting.continuation = continuation;
        self.enqueue(thread, queue)
    }

    /// Finishes the wait of `thread`: `Thread.stop_waiting`.
    pub(crate) fn stop_waiting(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        self.dequeue(thread)?;
        self.threads.get_mut(thread)?.state = ThreadActivity::Suspended;
        Ok(())
    }

    /// Makes a suspended thread ready: `Thread.resume_later`.
    pub(crate) fn resume_later(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        self.observe(|it| Ok(Action::ThreadReady { thread: it.observed_thread(thread)? }));
        let continuation = self.threads.get(thread)?.continuation;
        self.wait_in(thread, Queue::Now, continuation)
    }

    /// Makes a suspended or waiting thread run: `Thread.resume`.
    #[inline]
    pub(crate) fn resume(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        if self.threads.get(thread)?.state == ThreadActivity::Waiting {
            self.stop_waiting(thread)?;
        }
        self.switch_to(thread)
    }

    /// Makes a thread run: `switch_to`, or the part of `Thread.resume` that does.
    #[inline]
    fn switch_to(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        let resumed = self.threads.get_mut(thread)?;
        resumed.state = ThreadActivity::Running;
        let continuation = core::mem::replace(&mut resumed.continuation, Continuation::Running);
        self.go_to(thread);
        self.continue_thread(thread, continuation)
    }

    /// Passes control to `thread`.
    #[inline]
    pub(crate) fn go_to(&mut self, thread: Key<Thread>) {
        self.observe(|it| Ok(Action::ThreadResumed { thread: it.observed_thread(thread)? }));
        self.current = Some(thread);
    }

    /// Goes on where `thread` stopped.
    fn continue_thread(
        &mut self,
        thread: Key<Thread>,
        continuation: Continuation,
    ) -> Result<Flow, Failure> {
        match continuation {
            Continuation::Running => Err(Error::Inconsistent(Table::Threads).into()),
            Continuation::Begin | Continuation::BeginDestructor { .. } => {
                self.enter_implicit_thread(thread, continuation)
            }
            Continuation::Enter => self.entered_implicit_thread(thread),
            Continuation::CallbackYield => self.callback_yielded(thread),
            Continuation::CallbackWait(set) => self.callback_waited(thread, set),
            Continuation::StartFunction { function, argument } => {
                let thread = self.thread_id(thread)?;
                let argument = number(argument);
                Ok(Some(Step::CallStartFunction { thread, function, argument }))
            }
            Continuation::Zero => self.return_builtin(thread, 0),
            Continuation::SetWait(set) => {
                let event = self.get_pending_event_of(set)?;
                self.return_to(thread, Resumed::Event(event))
            }
            Continuation::Lower(subtask) => self.lower_resolved(thread, subtask),
            Continuation::Held(stack) => self.continue_held(thread, stack.into()),
            Continuation::Copy(end) => {
                let payload = self.pending_event_awaited(end)?.payload;
                self.return_builtin(thread, payload.into())
            }
            Continuation::CancelSubtask(subtask) => {
                let result = self.subtask_cancelled(subtask)?;
                self.return_builtin(thread, result.pack().into())
            }
        }
    }

    /// Lets `thread` return from its call with `value`.
    #[inline]
    pub(crate) fn return_to(&self, thread: Key<Thread>, value: Resumed) -> Result<Flow, Failure> {
        Ok(Some(Step::Resume { thread: self.thread_id(thread)?, value }))
    }

    /// Lets `thread` return from a built-in with a packed result.
    pub(crate) fn return_builtin(&self, thread: Key<Thread>, result: u64) -> Result<Flow, Failure> {
        self.return_to(thread, Resumed::Builtin(result))
    }

    /// Lets the current thread return from a built-in with a packed result.
    pub(crate) fn return_to_current(&mut self, result: u64) -> Result<Flow, Failure> {
        let thread = self.current_thread()?;
        self.return_builtin(thread, result)
    }

    /// Suspends `thread`, which is the current one: `Thread.suspend`.
    pub(crate) fn suspend(
        &mut self,
        thread: Key<Thread>,
        continuation: Continuation,
    ) -> Result<Flow, Failure> {
        self.observe(|it| {
            let thread = it.observed_thread(thread)?;
            Ok(Action::ThreadStopped { thread, reason: ThreadStop::Suspended })
        });
        let suspended = self.threads.get_mut(thread)?;
        suspended.state = ThreadActivity::Suspended;
        suspended.continuation = continuation;
        Ok(None)
    }

    /// Lets other threads run before `thread` goes on: `Thread.yield_`.
    pub(crate) fn yield_(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        if self.choose_to_go_on(Choice::Yield, 0)? == 1 {
            return self.return_builtin(thread, 0);
        }
        self.start_waiting(thread, Queue::Now, Continuation::Zero)?;
        Ok(None)
    }

    /// Suspends `thread`, and makes the suspended thread `other` run:
    /// `Thread.suspend_then_resume`.
    pub(crate) fn suspend_then_resume(
        &mut self,
        thread: Key<Thread>,
        other: Key<Thread>,
    ) -> Result<Flow, Failure> {
        self.suspend(thread, Continuation::Zero)?;
        self.switch_to(other)
    }

    /// Keeps `thread` ready, and makes the suspended thread `other` run:
    /// `Thread.yield_then_resume`.
    pub(crate) fn yield_then_resume(
        &mut self,
        thread: Key<Thread>,
        other: Key<Thread>,
    ) -> Result<Flow, Failure> {
        self.start_waiting(thread, Queue::Now, Continuation::Zero)?;
        self.switch_to(other)
    }

    /// Suspends `thread`, and makes `other` run if it is ready: `Thread.suspend_then_promote`.
    pub(crate) fn suspend_then_promote(
        &mut self,
        thread: Key<Thread>,
        other: Key<Thread>,
    ) -> Result<Flow, Failure> {
        if self.is_ready_beside(other)? {
            self.stop_waiting(other)?;
            self.suspend_then_resume(thread, other)
        } else {
            self.suspend(thread, Continuation::Zero)
        }
    }

    /// Keeps `thread` ready, and makes `other` run if it is ready: `Thread.yield_then_promote`.
    pub(crate) fn yield_then_promote(
        &mut self,
        thread: Key<Thread>,
        other: Key<Thread>,
    ) -> Result<Flow, Failure> {
        if self.is_ready_beside(other)? {
            self.stop_waiting(other)?;
            self.yield_then_resume(thread, other)
        } else {
            self.yield_(thread)
        }
    }

    /// Returns the step that calls the `callback` of `thread` with `event`.
    pub(crate) fn call_callback(
        &mut self,
        thread: Key<Thread>,
        event: Event,
    ) -> Result<Flow, Failure> {
        let running = self.threads.get_mut(thread)?;
        running.code = Code::Callback;
        let task = running.task;
        let step = Step::CallCallback {
            thread: self.thread_id(thread)?,
            task: self.task_id(task)?,
            function: self.task_function(task)?,
            event,
        };
        Ok(Some(step))
    }
}
