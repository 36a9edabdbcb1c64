//! Threads: what runs, what is suspended and what waits. The reference's `Thread`.

use crate::chooser::{Choice, Chooser};
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};

use super::Machine;
use super::arena::Key;
use super::list::{Linked, Links};
use super::outstanding::Outstanding;
use super::step::{Event, Resumed, Step};
use super::task::Task;
use super::waitable::Waitable;
use super::waitable_set::WaitableSet;

/// A thread, implicit or explicit.
#[derive(Debug)]
pub(crate) struct Thread {
    /// When it began to wait: the machine's count of waits, as `words`.
    ticket: [u32; 2],
    /// The slots of `context.get` and `context.set`, as `words`.
    pub(crate) storage: [[u32; 2]; 2],
    pub(crate) task: Key<Task>,
    /// Its index in the instance's thread table; 0 before it is there.
    pub(crate) index: u32,
    /// Its neighbours in `queue`.
    links: Links<Thread>,
    /// What it does when it is resumed.
    pub(crate) continuation: Continuation,
    pub(crate) state: State,
    pub(crate) queue: Queue,
    /// Which of the guest's functions it is in.
    pub(crate) code: Code,
}

impl Linked for Thread {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

/// Whether a thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// On the stack of nested calls; only the last of them, the current one, makes progress.
    Running,
    /// Until another thread resumes it.
    Suspended,
    /// Until a condition holds, which its queue stands for.
    Waiting,
    /// Never again: it was part of a call that trapped.
    Abandoned,
}

/// Where a waiting thread is listed: each queue has one condition for all in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// Nowhere: it waits for one waitable, which knows it.
    Unlisted,
    /// Ready whatever happens.
    Now,
    /// Ready if the instance's exclusive lock is free.
    Exclusive,
    /// Ready if there is no backpressure.
    Enter,
    /// Ready if there is no backpressure and the exclusive lock is free.
    EnterExclusive,
    /// Ready if the set has an event.
    Set,
    /// Ready if the set has an event and the exclusive lock is free.
    SetCallback,
}

/// Which of a guest's functions a thread is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The lifted function.
    Function,
    /// The destructor of a resource.
    Destructor,
    /// `post-return`.
    PostReturn,
    /// The lifted function's callback.
    Callback,
    /// The start function of an explicit thread.
    StartFunction,
    /// `realloc`.
    Realloc,
}

/// What a thread does when it is resumed: where in the reference's code it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Continuation {
    /// It runs.
    Running,
    /// `canon_lift`, from the start.
    Begin,
    /// As `Begin`, of a destructor and its argument.
    BeginDestructor { representation: [u32; 2] },
    /// `Task.enter_implicit_thread`, in `wait_until`.
    Enter,
    /// `canon_lift`, in the callback loop, in `wait_until` after a yield.
    CallbackYield,
    /// `WaitableSet.wait_from_callback`, in `wait_until`.
    CallbackWait(Key<WaitableSet>),
    /// `canon_thread_new_indirect`, at the start of `thread_func`.
    StartFunction { function: u32, argument: [u32; 2] },
    /// A built-in that gives 0: `thread.suspend`, `thread.yield` and their like.
    Zero,
    /// `WaitableSet.wait`, in `wait_until`.
    SetWait(Key<WaitableSet>),
    /// `canon_lower`, in `wait_until`.
    Lower(Key<Waitable>),
    /// `Waitable.wait_for_pending_event`, of an end.
    Copy(Key<Waitable>),
    /// `canon_subtask_cancel`, in `wait_until`.
    CancelSubtask(Key<Waitable>),
}

/// A 64-bit number as two words, so that it doesn't widen what it is stored in.
pub(crate) const fn words(number: u64) -> [u32; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    [number as u32, (number >> 32) as u32]
}

/// The number of two [`words`].
pub(crate) const fn number([low, high]: [u32; 2]) -> u64 {
    low as u64 | (high as u64) << 32
}

impl Thread {
    pub(crate) fn new(task: Key<Task>, continuation: Continuation, code: Code) -> Self {
        Self {
            ticket: [0; 2],
            storage: [[0; 2]; 2],
            task,
            index: 0,
            links: Links::default(),
            continuation,
            state: State::Suspended,
            queue: Queue::Unlisted,
            code,
        }
    }

    /// When it began to wait.
    pub(crate) const fn ticket(&self) -> u64 {
        number(self.ticket)
    }

    pub(crate) const fn set_ticket(&mut self, ticket: u64) {
        self.ticket = words(ticket);
    }

    /// `Thread.suspended`
    pub(crate) fn suspended(&self) -> bool {
        self.state == State::Suspended
    }
}

/// What happens when a thread can't go on, or has something to say: a step, or, if there is
/// none, control returns to whoever resumed the thread.
pub(crate) type Flow = Option<Step>;

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// The thread of the guest that has control.
    #[inline]
    pub(crate) fn current_thread(&self) -> Result<Key<Thread>, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        self.current.ok_or(Error::NoCurrentThread)
    }

    /// The task of the thread that runs.
    #[inline]
    pub(crate) fn current_task(&self) -> Result<Key<Task>, Error> {
        Ok(self.threads.get(self.current_thread()?)?.task)
    }

    /// `Thread.start_waiting`, in `queue`, to go on with `continuation`.
    pub(crate) fn start_waiting(
        &mut self,
        thread: Key<Thread>,
        queue: Queue,
        continuation: Continuation,
    ) -> Result<(), Error> {
        let waiting = self.threads.get_mut(thread)?;
        waiting.state = State::Waiting;
        waiting.continuation = continuation;
        self.enqueue(thread, queue)
    }

    /// `Thread.stop_waiting`.
    pub(crate) fn stop_waiting(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        self.dequeue(thread)?;
        self.threads.get_mut(thread)?.state = State::Suspended;
        Ok(())
    }

    /// `Thread.resume_later`.
    pub(crate) fn resume_later(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        let continuation = self.threads.get(thread)?.continuation;
        self.start_waiting(thread, Queue::Now, continuation)
    }

    /// `Thread.resume`.
    #[inline]
    pub(crate) fn resume(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        if self.threads.get(thread)?.state == State::Waiting {
            self.stop_waiting(thread)?;
        }
        self.switch_to(thread)
    }

    /// `switch_to`, or the part of `Thread.resume` that makes a thread run.
    #[inline]
    fn switch_to(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        let resumed = self.threads.get_mut(thread)?;
        resumed.state = State::Running;
        let continuation = core::mem::replace(&mut resumed.continuation, Continuation::Running);
        self.current = Some(thread);
        self.continue_thread(thread, continuation)
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

    /// `Thread.suspend` of the current thread, `thread`.
    pub(crate) fn suspend(
        &mut self,
        thread: Key<Thread>,
        continuation: Continuation,
    ) -> Result<Flow, Failure> {
        let suspended = self.threads.get_mut(thread)?;
        suspended.state = State::Suspended;
        suspended.continuation = continuation;
        Ok(None)
    }

    /// `Thread.yield_`
    pub(crate) fn yield_(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        if self.choose(Choice::Yield, 2)? == 1 {
            return self.return_builtin(thread, 0);
        }
        self.start_waiting(thread, Queue::Now, Continuation::Zero)?;
        Ok(None)
    }

    /// `Thread.suspend_then_resume`.
    pub(crate) fn suspend_then_resume(
        &mut self,
        thread: Key<Thread>,
        other: Key<Thread>,
    ) -> Result<Flow, Failure> {
        self.suspend(thread, Continuation::Zero)?;
        self.switch_to(other)
    }

    /// `Thread.yield_then_resume`.
    pub(crate) fn yield_then_resume(
        &mut self,
        thread: Key<Thread>,
        other: Key<Thread>,
    ) -> Result<Flow, Failure> {
        self.start_waiting(thread, Queue::Now, Continuation::Zero)?;
        self.switch_to(other)
    }

    /// `Thread.suspend_then_promote`.
    pub(crate) fn suspend_then_promote(
        &mut self,
        thread: Key<Thread>,
        other: Key<Thread>,
    ) -> Result<Flow, Failure> {
        if self.is_ready(other)? {
            self.stop_waiting(other)?;
            self.suspend_then_resume(thread, other)
        } else {
            self.suspend(thread, Continuation::Zero)
        }
    }

    /// `Thread.yield_then_promote`
    pub(crate) fn yield_then_promote(
        &mut self,
        thread: Key<Thread>,
        other: Key<Thread>,
    ) -> Result<Flow, Failure> {
        if self.is_ready(other)? {
            self.stop_waiting(other)?;
            self.yield_then_resume(thread, other)
        } else {
            self.yield_(thread)
        }
    }

    /// `callback`'s arguments are this event: the step that calls it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::arena::Slot;

    #[test]
    fn a_number_is_its_two_words() {
        for it in [0, 1, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            assert_eq!(number(words(it)), it);
        }
    }

    #[test]
    fn a_thread_takes_64_bytes() {
        assert_eq!(size_of::<Slot<Thread>>(), 64);
    }
}
