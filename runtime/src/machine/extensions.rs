//! What the machine does for the side tables of the **host extensions**: whose they are, and where
//! things begin and end. The reference has nothing like it.

use crate::chooser::Chooser;
use crate::context::stack::Stack;
use crate::error::Error;
use crate::error_context::record::ErrorRecord;
use crate::host::extensions::{Extensions, TaskRecord};
use crate::limits::{Limits, Storage};

use super::Machine;
use super::arena::Key;
use super::frame::Frame;
use super::id::ErrorContextId;
use super::task::Task;

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// The task that runs: that of the current thread, or the one that calls what the host does.
    /// Nothing if the host has control by itself.
    pub(crate) fn running_task(&self) -> Option<Key<Task>> {
        let thread = self.current.or_else(|| {
            let mut frames = (0..self.frames.len()).rev().filter_map(|it| self.frames.get(it));
            frames.find_map(|frame| match *frame {
                Frame::Lower { thread, .. } | Frame::CancelSubtask { thread, .. } => Some(thread),
                Frame::Realloc { previous, .. } => previous,
                Frame::Host
                | Frame::HostCopy { .. }
                | Frame::Lift { .. }
                | Frame::RequestCancellation { .. } => None,
            })
        })?;
        Some(self.threads.get(thread).ok()?.task)
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
