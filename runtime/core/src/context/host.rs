//! What the host does with contexts: the current one, and those under it.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::host::Host;
use crate::host::extensions::{Extensions, TaskRecord};
use crate::limits::Limits;
use crate::machine::TaskId;

use super::stack::{Contexts, Mark, Stack};
use super::{
    AsyncContext, ContextError, ContextKey, ContextValue, ContextValueType, IntoContextValue,
    TypedContextKey,
};

/// Contexts: **host extensions**. See [`context`](crate::context).
///
/// The *current* context is that of [the task that runs](Self::current_task), or of the host if
/// none does. Where there is none yet, reading finds nothing, and changing makes one.
impl<L: Limits, C: Chooser> Host<'_, L, C> {
    /// The current context.
    pub fn context_get(&self) -> Option<&AsyncContext<L>> {
        self.contexts().current(self.stack()?)
    }

    /// Makes a context current in place of the one that was; in a
    /// [scope](super::AsyncContextScope), in place of the scope's.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Full`]: [`Contexts`](crate::limits::Table::Contexts),
    /// [`TaskRecords`](crate::limits::Table::TaskRecords).
    pub fn context_set(&mut self, context: AsyncContext<L>) -> Result<(), Error> {
        self.with_stack(|contexts, stack| contexts.replace(stack, context))
    }

    /// Makes a context current, until it is popped.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Full`]: [`Contexts`](crate::limits::Table::Contexts),
    /// [`ContextScopes`](crate::limits::Table::ContextScopes),
    /// [`TaskRecords`](crate::limits::Table::TaskRecords).
    pub fn context_push(&mut self, context: AsyncContext<L>) -> Result<(), Error> {
        self.with_stack(|contexts, stack| contexts.push(stack, context))
    }

    /// Takes the current context away, so that the one under it is current. Nothing if there is
    /// none.
    ///
    /// # Errors
    ///
    /// [`Error::ContextScopeEntered`] if it is that of a [scope](super::AsyncContextScope), which
    /// takes it away itself.
    pub fn context_pop(&mut self) -> Result<Option<AsyncContext<L>>, Error> {
        self.with_stack_that_is(Contexts::pop)
    }

    /// How many contexts there are: the current one, and those under it.
    pub fn context_depth(&self) -> u32 {
        self.stack().map_or(0, Stack::depth)
    }

    /// The value under a typed key in the current context. Nothing if there is none, or it is
    /// another key's of this name.
    pub fn get<K>(&self) -> Option<<K::Value as ContextValueType<L>>::View<'_>>
    where
        K: TypedContextKey<Value: ContextValueType<L>>,
    {
        self.context_get()?.get::<K>()
    }

    /// Sets the value under a typed key in the current context.
    ///
    /// Tasks that were begun in this context don't see it: they have it as it was.
    ///
    /// # Errors
    ///
    /// Those of [`AsyncContext::set`] and [`context_push`](Self::context_push), with nothing
    /// changed.
    pub fn set<K>(&mut self, value: K::Value) -> Result<(), ContextError>
    where
        K: TypedContextKey<Value: ContextValueType<L>>,
    {
        self.change_context(|context| context.set::<K>(value))
    }

    /// Takes the value under a typed key in the current context away, and says whether there was
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`Contexts`](crate::limits::Table::Contexts), where others have the
    /// context, too.
    pub fn remove<K: TypedContextKey>(&mut self) -> Result<bool, Error> {
        match self.context_get() {
            Some(context) if context.contains::<K>() => {
                self.change_context(|context| Ok(context.remove::<K>()))
            }
            _ => Ok(false),
        }
    }

    /// The value under a key in the current context.
    pub fn get_context_value(&self, key: ContextKey<'_>) -> Option<&ContextValue<L>> {
        self.context_get()?.get_value(key)
    }

    /// Sets the value under a key in the current context, and gives the one that was there.
    ///
    /// Tasks that were begun in this context don't see it: they have it as it was.
    ///
    /// # Errors
    ///
    /// Those of [`AsyncContext::set_value`] and [`context_push`](Self::context_push), with nothing
    /// changed.
    pub fn set_context_value(
        &mut self,
        key: ContextKey<'_>,
        value: impl IntoContextValue<L>,
    ) -> Result<Option<ContextValue<L>>, ContextError> {
        self.change_context(|context| context.set_value(key, value))
    }

    /// Takes the value under a key in the current context away.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`Contexts`](crate::limits::Table::Contexts), where others have the
    /// context, too.
    pub fn remove_context_value(
        &mut self,
        key: ContextKey<'_>,
    ) -> Result<Option<ContextValue<L>>, Error> {
        match self.context_get() {
            Some(context) if context.contains_key(key) => {
                self.change_context(|context| Ok(context.remove_value(key)))
            }
            _ => Ok(None),
        }
    }

    /// Takes all values of the current context away.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`Contexts`](crate::limits::Table::Contexts), where others have the
    /// context, too.
    pub fn context_clear(&mut self) -> Result<(), Error> {
        match self.context_get() {
            Some(context) if !context.is_empty() => self.change_context(|context| {
                context.clear();
                Ok(())
            }),
            _ => Ok(()),
        }
    }

    /// The current context of a task, whether it runs or waits.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task is no more.
    pub fn context_of(&self, task: TaskId) -> Result<Option<&AsyncContext<L>>, Error> {
        let key = self.machine.task_key(task)?;
        let record = self.machine.extensions.tasks.get(key, task.generation);
        Ok(record.and_then(|record| self.contexts().current(&record.contexts)))
    }

    fn contexts(&self) -> &Contexts<L> {
        &self.machine.extensions.contexts
    }

    fn stack(&self) -> Option<&Stack<L>> {
        self.machine.current_contexts()
    }

    fn change_context<R, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&mut AsyncContext<L>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut result = None;
        self.with_stack(|contexts, stack| {
            result = Some(contexts.change(stack, change));
            Ok(())
        })?;
        result.unwrap_or(Err(Error::Inconsistent(crate::limits::Table::Contexts).into()))
    }

    /// Does something with the contexts of the task that runs, or of the host. A record that is
    /// made for it goes if it holds no contexts then.
    fn with_stack<R>(
        &mut self,
        act: impl FnOnce(&mut Contexts<L>, &mut Stack<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        match self.current_task() {
            Some(task) => self.with_stack_of(task, act),
            None => {
                let Extensions { contexts, host_contexts, .. } = &mut self.machine.extensions;
                act(contexts, host_contexts)
            }
        }
    }

    /// The same, where there are no contexts before, and nothing is to be done then.
    fn with_stack_that_is<R: Default>(
        &mut self,
        act: impl FnOnce(&mut Contexts<L>, &mut Stack<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if self.context_depth() == 0 { Ok(R::default()) } else { self.with_stack(act) }
    }

    fn with_stack_of<R>(
        &mut self,
        task: TaskId,
        act: impl FnOnce(&mut Contexts<L>, &mut Stack<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let key = self.machine.task_key(task)?;
        let Extensions { contexts, tasks, .. } = &mut self.machine.extensions;
        let record = tasks.make(key, task.generation, TaskRecord::default)?;
        let result = act(contexts, &mut record.contexts);
        if record.is_empty() {
            tasks.take(key);
        }
        result
    }

    /// Enters a scope, of the task that runs or of the host: which one, and what to restore.
    pub(super) fn enter_context(
        &mut self,
        context: AsyncContext<L>,
    ) -> Result<(Option<TaskId>, Mark), Error> {
        let mark = self.with_stack(|contexts, stack| contexts.enter(stack, context))?;
        Ok((self.current_task(), mark))
    }

    /// Leaves a scope. If its task is no more, neither are its contexts.
    pub(super) fn leave_context(&mut self, task: Option<TaskId>, mark: Mark) -> Result<(), Error> {
        match task {
            Some(task) if self.machine.task_key(task).is_err() => Ok(()),
            Some(task) => self.with_stack_of(task, |contexts, stack| contexts.leave(stack, mark)),
            None => {
                let Extensions { contexts, host_contexts, .. } = &mut self.machine.extensions;
                contexts.leave(host_contexts, mark)
            }
        }
    }
}
