//! The host's view of contexts: the current one, and those under it.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::host::extensions::{Extensions, TaskRecord};
use crate::host::limits::ExtensionLimits;
use crate::host::machine::ExtendedMachine;
use crate::machine::TaskId;

use super::stack::{ContextTable, Mark, Stack};
use super::{
    AsyncContext, ContextError, ContextKey, ContextValue, ContextValueType, IntoContextValue,
    TypedContextKey,
};

/// The contexts of a store or machine. This is a view, and a **host extension**.
///
/// It is returned by `store.contexts()` each time it is needed. See [`context`](crate::context).
///
/// The *current* context is that of [the task that runs](crate::task::Tasks::current), or of the
/// host if none does. If there is no current context yet, a method that reads finds no value, and a
/// method that changes a value creates a context.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::context::ContextKey;
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let locale = ContextKey::new("locale")?;
/// machine.contexts().set_value(locale, "de-CH")?;
/// let contexts = machine.contexts();
/// assert_eq!(contexts.get_value(locale).and_then(|it| it.as_text()), Some("de-CH"));
/// # }
/// # Ok::<(), weft::context::ContextError>(())
/// ```
#[derive(Debug)]
pub struct Contexts<'a, L: ExtensionLimits, C: Chooser> {
    pub(crate) machine: &'a mut ExtendedMachine<L, C>,
}

impl<'a, L: ExtensionLimits, C: Chooser> Contexts<'a, L, C> {
    /// Returns the current context.
    pub fn current(self) -> Option<&'a AsyncContext<L>> {
        let machine: &'a _ = self.machine;
        machine.current_context()
    }

    /// Replaces the current context. In a [scope](super::AsyncContextScope), this is the scope's
    /// context.
    ///
    /// # Errors
    ///
    /// [`Error::Full`], with nothing changed, if there is no room in
    /// [`Contexts`](crate::limits::Table::Contexts) or
    /// [`TaskRecords`](crate::limits::Table::TaskRecords).
    pub fn replace(&mut self, context: AsyncContext<L>) -> Result<(), Error> {
        self.with_stack(|contexts, stack| contexts.replace(stack, context))
    }

    /// Makes a context current, until it is popped.
    ///
    /// # Errors
    ///
    /// [`Error::Full`], with nothing changed, if there is no room in
    /// [`Contexts`](crate::limits::Table::Contexts),
    /// [`ContextScopes`](crate::limits::Table::ContextScopes) or
    /// [`TaskRecords`](crate::limits::Table::TaskRecords).
    ///
    /// # Example
    ///
    /// ```
    /// # use weft_core as weft;
    /// # #[cfg(feature = "alloc")] {
    /// # use weft::context::{AsyncContext, ContextKey};
    /// # use weft::host::ExtendedMachine;
    /// # use weft::limits::Heap;
    /// # let mut machine = ExtendedMachine::<Heap>::default();
    /// let user = ContextKey::new("user")?;
    /// machine.contexts().set_value(user, 1)?;
    /// machine.contexts().push(AsyncContext::new())?;
    /// assert_eq!(machine.contexts().depth(), 2);
    /// machine.contexts().set_value(user, 2)?;
    ///
    /// machine.contexts().pop()?; // The context below is current again, unchanged.
    /// assert_eq!(machine.contexts().get_value(user).and_then(|it| it.get::<i32>()), Some(1));
    /// machine.contexts().remove_value(user)?;
    /// assert_eq!(machine.contexts().get_value(user), None);
    /// # }
    /// # Ok::<(), weft::context::ContextError>(())
    /// ```
    pub fn push(&mut self, context: AsyncContext<L>) -> Result<(), Error> {
        self.with_stack(|contexts, stack| contexts.push(stack, context))
    }

    /// Removes and returns the current context, so that the one under it is current. Returns
    /// `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::ContextScopeEntered`] if the context belongs to a
    /// [scope](super::AsyncContextScope), which removes its context itself.
    ///
    /// [`ExtensionError::ContextScopeEntered`]: crate::error::ExtensionError::ContextScopeEntered
    pub fn pop(&mut self) -> Result<Option<AsyncContext<L>>, Error> {
        self.with_stack_that_is(ContextTable::pop)
    }

    /// Returns the number of contexts: the current one, and those under it.
    pub fn depth(&mut self) -> u32 {
        self.machine.current_contexts().map_or(0, Stack::depth)
    }

    /// Returns the value under a typed key in the current context. Returns `None` if there is
    /// none, or if it belongs to another key of this name.
    pub fn get<K>(self) -> Option<<K::Value as ContextValueType<L>>::View<'a>>
    where
        K: TypedContextKey<Value: ContextValueType<L>>,
    {
        self.current()?.get::<K>()
    }

    /// Sets the value under a typed key in the current context. Tasks that were begun in this
    /// context keep it unchanged.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ContextKeyCollision`](crate::context::ContextKeyCollision) if another key of this name
    ///   has a value here.
    /// - [`Error::Full`] if there is no room in
    ///   [`ContextValues`](crate::limits::Table::ContextValues),
    ///   [`Contexts`](crate::limits::Table::Contexts),
    ///   [`ContextScopes`](crate::limits::Table::ContextScopes) or
    ///   [`TaskRecords`](crate::limits::Table::TaskRecords).
    /// - [`ExtensionError::ValueTooLong`](crate::error::ExtensionError::ValueTooLong) if a bounded
    ///   machine has no room for the value.
    pub fn set<K>(&mut self, value: K::Value) -> Result<(), ContextError>
    where
        K: TypedContextKey<Value: ContextValueType<L>>,
    {
        self.change_context(|context| context.set::<K>(value))
    }

    /// Removes the value under a typed key in the current context. Returns `true` if there was
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if other tasks or the host share the context, and there is no room in
    /// [`Contexts`](crate::limits::Table::Contexts).
    pub fn remove<K: TypedContextKey>(&mut self) -> Result<bool, Error> {
        match self.machine.current_context() {
            Some(context) if context.contains::<K>() => {
                self.change_context(|context| Ok(context.remove::<K>()))
            }
            _ => Ok(false),
        }
    }

    /// Returns the value under a key in the current context.
    pub fn get_value(self, key: ContextKey<'_>) -> Option<&'a ContextValue<L>> {
        self.current()?.get_value(key)
    }

    /// Sets the value under a key in the current context, and returns the one before. Tasks that
    /// were begun in this context keep it unchanged.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ContextKeyCollision`](crate::context::ContextKeyCollision) if a typed key of this name
    ///   has a value here, whose type this call could change.
    /// - [`Error::Full`] if there is no room in
    ///   [`ContextValues`](crate::limits::Table::ContextValues),
    ///   [`Contexts`](crate::limits::Table::Contexts),
    ///   [`ContextScopes`](crate::limits::Table::ContextScopes) or
    ///   [`TaskRecords`](crate::limits::Table::TaskRecords).
    /// - [`ExtensionError::ValueTooLong`](crate::error::ExtensionError::ValueTooLong) if a bounded
    ///   machine has no room for the value.
    pub fn set_value(
        &mut self,
        key: ContextKey<'_>,
        value: impl IntoContextValue<L>,
    ) -> Result<Option<ContextValue<L>>, ContextError> {
        self.change_context(|context| context.set_value(key, value))
    }

    /// Removes the value under a key in the current context, and returns it.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if other tasks or the host share the context, and there is no room in
    /// [`Contexts`](crate::limits::Table::Contexts).
    pub fn remove_value(&mut self, key: ContextKey<'_>) -> Result<Option<ContextValue<L>>, Error> {
        match self.machine.current_context() {
            Some(context) if context.contains_key(key) => {
                self.change_context(|context| Ok(context.remove_value(key)))
            }
            _ => Ok(None),
        }
    }

    /// Removes all values of the current context.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if other tasks or the host share the context, and there is no room in
    /// [`Contexts`](crate::limits::Table::Contexts).
    pub fn clear(&mut self) -> Result<(), Error> {
        match self.machine.current_context() {
            Some(context) if !context.is_empty() => self.change_context(|context| {
                context.clear();
                Ok(())
            }),
            _ => Ok(()),
        }
    }

    /// Returns the current context of a task, which may run or wait.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist any longer.
    pub fn of_task(self, task: TaskId) -> Result<Option<&'a AsyncContext<L>>, Error> {
        self.machine.task_key(task)?;
        let extensions = &self.machine.hooks;
        let stack = extensions.contexts_of(Some(task));
        Ok(stack.and_then(|stack| extensions.contexts.current(stack)))
    }

    fn running_task(&self) -> Option<TaskId> {
        self.machine.acting_task()
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

    /// Calls `act` with the contexts of the task that runs, or of the host. A record that is made
    /// for it is removed if it has no contexts then.
    fn with_stack<R>(
        &mut self,
        act: impl FnOnce(&mut ContextTable<L>, &mut Stack<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        match self.running_task() {
            Some(task) => self.with_stack_of(task, act),
            None => {
                let Extensions { contexts, host_contexts, .. } = &mut self.machine.hooks;
                act(contexts, host_contexts)
            }
        }
    }

    /// Does the same, but only if there are contexts.
    fn with_stack_that_is<R: Default>(
        &mut self,
        act: impl FnOnce(&mut ContextTable<L>, &mut Stack<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if self.depth() == 0 { Ok(R::default()) } else { self.with_stack(act) }
    }

    fn with_stack_of<R>(
        &mut self,
        task: TaskId,
        act: impl FnOnce(&mut ContextTable<L>, &mut Stack<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.machine.task_key(task)?;
        let Extensions { contexts, tasks, .. } = &mut self.machine.hooks;
        let record = tasks.get_or_insert_with(task, TaskRecord::default)?;
        let result = act(contexts, &mut record.contexts);
        if record.is_empty() {
            tasks.remove(task);
        }
        result
    }

    /// Enters a scope of the task that runs, or of the host. Returns the task, and the state to
    /// restore.
    pub(super) fn enter_context(
        &mut self,
        context: AsyncContext<L>,
    ) -> Result<(Option<TaskId>, Mark), Error> {
        let mark = self.with_stack(|contexts, stack| contexts.enter(stack, context))?;
        Ok((self.running_task(), mark))
    }

    /// Leaves a scope. If its task is gone, so are its contexts.
    pub(super) fn leave_context(&mut self, task: Option<TaskId>, mark: Mark) -> Result<(), Error> {
        match task {
            Some(task) if self.machine.task_key(task).is_err() => Ok(()),
            Some(task) => self.with_stack_of(task, |contexts, stack| contexts.leave(stack, mark)),
            None => {
                let Extensions { contexts, host_contexts, .. } = &mut self.machine.hooks;
                contexts.leave(host_contexts, mark)
            }
        }
    }
}

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// Returns the contexts of the task that runs, or of the host.
    fn current_contexts(&self) -> Option<&Stack<L>> {
        self.hooks.contexts_of(self.acting_task())
    }

    fn current_context(&self) -> Option<&AsyncContext<L>> {
        self.hooks.contexts.current(self.current_contexts()?)
    }
}
