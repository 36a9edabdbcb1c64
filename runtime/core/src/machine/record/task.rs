//! Tasks and their threads: the fields of the reference's `Task` and `Thread`.

use crate::machine::arena::Key;
use crate::machine::list::{Linked, Links};

use super::definition::DefinedFunction;
use super::held_stack::HeldStack;
use super::instance::Instance;
use super::waitable::{Waitable, WaitableSet};
use super::words::{number, words};

/// A call of a guest's export, or of its `realloc`.
#[derive(Debug)]
pub(crate) struct Task {
    /// The called function; `None` for `realloc`. A function exists as long as its instance, and
    /// so longer than a task of it.
    pub(crate) function: Option<Key<DefinedFunction>>,
    pub(crate) instance: Key<Instance>,
    /// The call as its caller sees it, until the task resolves; `None` if the caller is gone.
    pub(crate) caller: Option<Key<Waitable>>,
    pub(crate) implicit_thread: Option<Key<Thread>>,
    /// The number of handles that it has borrowed.
    pub(crate) num_borrows: u32,
    /// The number of its threads that are in the instance's thread table.
    pub(crate) num_threads: u32,
    pub(crate) state: TaskState,
}

/// The progress of a task: the reference's `Task.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TaskState {
    Initial,
    Started,
    PendingCancel,
    CancelDelivered,
    Resolved,
}

/// A thread, implicit or explicit.
#[derive(Debug)]
pub(crate) struct Thread {
    /// The time at which it began to wait, in the machine's count of waits, as `words`.
    ticket: [u32; 2],
    /// The slots of `context.get` and `context.set`, as `words`.
    pub(crate) storage: [[u32; 2]; 2],
    pub(crate) task: Key<Task>,
    /// Its index in the instance's thread table; 0 before it is there.
    pub(crate) index: u32,
    /// Its neighbors in `queue`.
    links: Links<Thread>,
    /// The place at which it goes on when it is resumed.
    pub(crate) continuation: Continuation,
    pub(crate) state: ThreadActivity,
    pub(crate) queue: Queue,
    /// The guest's function that it is in.
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

/// The activity of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreadActivity {
    /// On the stack of nested calls. Only the last of them, the current one, makes progress.
    Running,
    /// Until another thread resumes it.
    Suspended,
    /// Until a condition holds, which is that of its queue.
    Waiting,
    /// Never again, because it was part of a call that trapped.
    Abandoned,
}

/// The queue of a waiting thread. All threads of a queue wait for the same condition. While a
/// guest of an instance is [held](crate::machine::Machine::hold_callers), only its last queue
/// counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// No queue: the thread waits for one waitable, which knows it.
    Unlisted,
    /// Always ready.
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
    /// Ready if no guest of the instance is held.
    Freed,
    /// Ready although guests of the instance are held: the thread is one of them, and its call
    /// has resolved.
    Resolved,
}

/// The function of a guest that a thread is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
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

/// The place at which a thread goes on when it is resumed, named after the reference's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Continuation {
    /// It runs.
    Running,
    /// `canon_lift`, from the start.
    Begin,
    /// As `Begin`, for a destructor and its argument.
    BeginDestructor { representation: [u32; 2] },
    /// `Task.enter_implicit_thread`, in `wait_until`.
    Enter,
    /// `canon_lift`, in the callback loop, in `wait_until` after a yield.
    CallbackYield,
    /// `WaitableSet.wait_from_callback`, in `wait_until`.
    CallbackWait(Key<WaitableSet>),
    /// `canon_thread_new_indirect`, at the start of `thread_func`.
    StartFunction { function: u32, argument: [u32; 2] },
    /// A built-in that returns 0, such as `thread.suspend` or `thread.yield`.
    Zero,
    /// `WaitableSet.wait`, in `wait_until`.
    SetWait(Key<WaitableSet>),
    /// `canon_lower`, in `wait_until`.
    Lower(Key<Waitable>),
    /// `Waitable.wait_for_pending_event`, of an end.
    Copy(Key<Waitable>),
    /// `canon_subtask_cancel`, in `wait_until`.
    CancelSubtask(Key<Waitable>),
    /// The top of the held stack with this bottom.
    Held(HeldStack),
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
            state: ThreadActivity::Suspended,
            queue: Queue::Unlisted,
            code,
        }
    }

    /// Returns the time at which it began to wait.
    pub(crate) const fn ticket(&self) -> u64 {
        number(self.ticket)
    }

    pub(crate) const fn set_ticket(&mut self, ticket: u64) {
        self.ticket = words(ticket);
    }

    /// Returns `true` if the thread is suspended: `Thread.suspended`.
    pub(crate) fn suspended(&self) -> bool {
        self.state == ThreadActivity::Suspended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::arena::Slot;

    #[test]
    fn a_task_with_its_implicit_thread_takes_96_bytes() {
        assert_eq!(size_of::<Slot<Task>>() + size_of::<Slot<Thread>>(), 96);
    }

    #[test]
    fn a_thread_takes_64_bytes() {
        assert_eq!(size_of::<Slot<Thread>>(), 64);
    }
}
