//! What the machine does for the side tables of the **host extensions**: whose they are, and where
//! things begin and end. The reference has nothing like it.

use crate::chooser::Chooser;
use crate::context::stack::Stack;
use crate::error::Error;
use crate::error_context::record::ErrorRecord;
use crate::host::extensions::{Extensions, TaskRecord};
use crate::limits::{Limits, Storage, Table};
use crate::thread::record::ThreadRecord;
use crate::thread::{SpawnedThreadId, ThreadEnd, ThreadSpawnConfig};

use super::Machine;
use super::arena::Key;
use super::frame::Frame;
use super::inspect::{ThreadState, WaitingOn};
use super::instance::Instance;
use super::task::Task;
use super::thread::Thread;
use super::waitable::{Callee, Waitable};
use crate::id::{ErrorContextId, ThreadId};

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// The thread that runs: the current one, or the one that calls what the host does. Nothing if
    /// the host has control by itself.
    fn running_thread(&self) -> Option<Key<Thread>> {
        self.current.or_else(|| {
            let mut frames = (0..self.frames.len()).rev().filter_map(|it| self.frames.get(it));
            frames.find_map(|frame| match *frame {
                Frame::Lower { thread, .. } | Frame::CancelSubtask { thread, .. } => Some(thread),
                Frame::Realloc { previous, .. } => previous,
                Frame::Host
                | Frame::HostCopy { .. }
                | Frame::Lift { .. }
                | Frame::RequestCancellation { .. } => None,
            })
        })
    }

    /// The task of the [running thread](Self::running_thread).
    pub(crate) fn running_task(&self) -> Option<Key<Task>> {
        Some(self.threads.get(self.running_thread()?).ok()?.task)
    }

    /// The contexts of the task that runs, if it has any, or of the host.
    pub(crate) fn current_contexts(&self) -> Option<&Stack<L>> {
        let Some(task) = self.running_task() else { return Some(&self.extensions.host_contexts) };
        let generation = self.tasks.generation(task).ok()?;
        Some(&self.extensions.tasks.get(task, generation)?.contexts)
    }

    /// Makes sure that a task which is begun now can have the current context.
    pub(crate) fn reserve_context(&mut self) -> Result<(), Error> {
        if self.current_contexts().is_some_and(|contexts| !contexts.is_empty()) {
            self.extensions.tasks.reserve(self.tasks.next_position())?;
        }
        Ok(())
    }

    /// The current context, to begin something in it.
    pub(crate) fn inherited_context(&mut self) -> Result<Stack<L>, Error> {
        let running = match self.running_task() {
            Some(running) => Some((running, self.tasks.generation(running)?)),
            None => None,
        };
        let Extensions { contexts, host_contexts, tasks, .. } = &mut self.extensions;
        let current = match running {
            Some((running, generation)) => match tasks.get(running, generation) {
                Some(record) => &record.contexts,
                None => return Ok(Stack::default()),
            },
            None => &*host_contexts,
        };
        contexts.inherit(current)
    }

    /// Gives the current context to `task`, which begins: there is room for it.
    pub(crate) fn inherit_context(&mut self, task: Key<Task>) -> Result<(), Error> {
        let generation = self.tasks.generation(task)?;
        let inherited = self.inherited_context()?;
        if inherited.is_empty() {
            return Ok(());
        }
        let tasks = &mut self.extensions.tasks;
        tasks.make(task, generation, TaskRecord::default)?.contexts = inherited;
        Ok(())
    }

    /// Removes a task, with all that the host remembers of it.
    pub(crate) fn remove_task(&mut self, task: Key<Task>) -> Result<Task, Error> {
        if let Some(record) = self.extensions.tasks.take(task) {
            self.extensions.contexts.end(record.contexts)?;
        }
        self.tasks.remove(task)
    }

    /// Notes down a thread that the host begins by the next [`invoke`](Self::invoke).
    pub(crate) fn prepare_thread(
        &mut self,
        config: ThreadSpawnConfig,
        parent: Option<SpawnedThreadId>,
    ) -> Result<SpawnedThreadId, Error> {
        self.check_host_has_control()?;
        let position = self.threads.next_position();
        let threads = &mut self.extensions.threads;
        parent.map(|parent| threads.key(parent)).transpose()?;
        threads.prepare(ThreadRecord::new(config, parent), position)
    }

    /// The implicit thread of a call, which has begun, is one that was noted down.
    pub(crate) fn link_spawned_thread(
        &mut self,
        spawned: Key<ThreadRecord<L>>,
        call: Key<Waitable>,
    ) -> Result<(), Error> {
        let inconsistent = Error::Inconsistent(Table::ThreadRecords);
        let Callee::Task(task) = self.subtask(call)?.callee else { return Err(inconsistent) };
        let thread = self.tasks.get(task)?.implicit_thread.ok_or(inconsistent)?;
        let (id, call) = (self.thread_id(thread)?, self.subtask_id(call)?);
        let threads = &mut self.extensions.threads;
        threads.link((thread, id.generation), spawned)?;
        let spawned = threads.id(spawned)?;
        threads.get_mut(spawned)?.begun = Some((id, call));
        Ok(())
    }

    /// The running thread, if the host began it.
    pub(crate) fn running_spawned_thread(&self) -> Option<SpawnedThreadId> {
        let thread = self.running_thread()?;
        self.extensions.threads.of_thread(thread, self.threads.generation(thread).ok()?)
    }

    /// Whether a thread waits to enter its instance.
    pub(crate) fn waits_to_enter(&self, thread: ThreadId) -> bool {
        let state = self.thread_view(thread).map(|view| view.state);
        matches!(state, Ok(ThreadState::Waiting { on: WaitingOn::Entering, .. }))
    }

    /// A task was cancelled, with this implicit thread.
    pub(crate) fn spawned_thread_cancelled(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        let generation = self.threads.generation(thread)?;
        self.extensions.threads.cancelled(thread, generation)
    }

    /// Removes a thread, which has ended so; the host knows of it as long as it has to.
    pub(crate) fn remove_thread(
        &mut self,
        thread: Key<Thread>,
        end: ThreadEnd,
    ) -> Result<Thread, Error> {
        self.spawned_thread_ended(thread, end)?;
        self.threads.remove(thread)
    }

    /// All threads of an instance that the host began have ended, as the instance is locked down.
    pub(crate) fn fail_spawned_threads(&mut self, instance: Key<Instance>) -> Result<(), Error> {
        for position in 0..self.extensions.threads.positions() {
            let Some(id) = self.extensions.threads.running_at(position) else { continue };
            let thread = self.thread_key(id)?;
            if self.tasks.get(self.threads.get(thread)?.task)?.instance == instance {
                self.spawned_thread_ended(thread, ThreadEnd::Failed)?;
            }
        }
        Ok(())
    }

    fn spawned_thread_ended(
        &mut self,
        thread: Key<Thread>,
        mut end: ThreadEnd,
    ) -> Result<(), Error> {
        let Some(spawned) = self.extensions.threads.unlink(thread) else { return Ok(()) };
        let id = self.extensions.threads.id(spawned)?;
        if end == ThreadEnd::Completed && self.extensions.threads.get(id)?.is_cancelled {
            end = ThreadEnd::Cancelled;
        }
        self.extensions.threads.ended(spawned, end)
    }

    /// What the host knows of an error context; nothing if nothing is said of it.
    pub(crate) fn error_record(
        &self,
        error_context: ErrorContextId,
    ) -> Result<Option<&ErrorRecord<L>>, Error> {
        let key = self.error_context_key(error_context)?;
        Ok(self.extensions.errors.get(key, error_context.generation))
    }

    /// Changes what the host knows of an error context. A record that says nothing isn't kept.
    pub(crate) fn describe_error<R>(
        &mut self,
        error_context: ErrorContextId,
        describe: impl FnOnce(&mut ErrorRecord<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let key = self.error_context_key(error_context)?;
        let errors = &mut self.extensions.errors;
        let record = errors.make(key, error_context.generation, ErrorRecord::default)?;
        let result = describe(record);
        if record.is_blank() {
            errors.take(key);
        }
        result
    }
}
