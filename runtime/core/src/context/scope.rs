//! Scopes: contexts that are current until a guard is dropped.

use core::fmt;
use core::ops::{Deref, DerefMut};

use crate::error::Error;
use crate::host::{ExtensionAccess, HostExtensions};
use crate::machine::TaskId;

use super::AsyncContext;
use super::stack::Mark;

/// A context that is current as long as the scope exists. This is a **host extension**.
///
/// The scope takes the place of the store that it was entered on. When the scope is dropped, in
/// whatever way, it removes its context. The earlier context is current again, without anything
/// that was pushed, set or removed meanwhile. Tasks that were begun in the scope keep their
/// context.
///
/// In a host function that a guest calls, a scope changes the context of the calling task, as long
/// as the function has control.
///
/// ```standalone_crate
/// # extern crate weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::context::{AsyncContext, AsyncContextScope, ContextKey};
/// use weft::limits::Heap;
/// use weft::host::ExtendedMachine;
///
/// #[derive(ContextKey)]
/// #[context_key(value = u32)]
/// struct Depth;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// machine.contexts().set::<Depth>(1)?;
/// {
///     let mut scope = AsyncContextScope::enter_empty(&mut machine)?;
///     assert_eq!(scope.contexts().get::<Depth>(), None);
///     scope.contexts().set::<Depth>(2)?;
///     let mut inner = AsyncContextScope::enter(&mut scope, AsyncContext::new())?;
///     inner.contexts().set::<Depth>(3)?;
/// }
/// assert_eq!(machine.contexts().get::<Depth>(), Some(1));
/// # }
/// # Ok::<(), weft::context::ContextError>(())
/// ```
#[must_use = "the scope is left when this is dropped"]
pub struct AsyncContextScope<'a, S: HostExtensions + ?Sized> {
    store: &'a mut S,
    task: Option<TaskId>,
    mark: Mark,
}

impl<'a, S: HostExtensions + ?Sized> AsyncContextScope<'a, S> {
    /// Enters a scope with this context.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in [`Contexts`](crate::limits::Table::Contexts),
    /// [`ContextScopes`](crate::limits::Table::ContextScopes) or
    /// [`TaskRecords`](crate::limits::Table::TaskRecords), with nothing changed.
    pub fn enter(store: &'a mut S, context: AsyncContext<S::Limits>) -> Result<Self, Error> {
        let (task, mark) = store.contexts().enter_context(context)?;
        Ok(Self { store, task, mark })
    }

    /// Enters a scope whose context has no values.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in [`Contexts`](crate::limits::Table::Contexts),
    /// [`ContextScopes`](crate::limits::Table::ContextScopes) or
    /// [`TaskRecords`](crate::limits::Table::TaskRecords), with nothing changed.
    pub fn enter_empty(store: &'a mut S) -> Result<Self, Error> {
        Self::enter(store, AsyncContext::new())
    }

    /// Enters a scope whose context begins with the values of the current one.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in [`Contexts`](crate::limits::Table::Contexts),
    /// [`ContextScopes`](crate::limits::Table::ContextScopes) or
    /// [`TaskRecords`](crate::limits::Table::TaskRecords), or no memory for the copy in
    /// [`ContextValues`](crate::limits::Table::ContextValues). Nothing has changed then.
    pub fn enter_copy(store: &'a mut S) -> Result<Self, Error> {
        let copy = store.contexts().current().map(AsyncContext::try_clone).transpose()?;
        Self::enter(store, copy.unwrap_or_default())
    }
}

/// Calls a closure in a scope with this context. This is a **host extension**.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::context::{AsyncContext, ContextKey, with_async_context};
/// use weft::limits::Heap;
/// use weft::host::ExtendedMachine;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let user = ContextKey::new("user_id")?;
/// let mut context = AsyncContext::new();
/// context.set_value(user, 123)?;
///
/// let found = with_async_context(&mut machine, context, |machine| {
///     machine.contexts().get_value(user).and_then(|it| it.get::<i32>())
/// })?;
/// assert_eq!(found, Some(123));
/// assert_eq!(machine.contexts().current(), None);
/// # }
/// # Ok::<(), weft::context::ContextError>(())
/// ```
///
/// # Errors
///
/// [`Error::Full`] if there is no room in [`Contexts`](crate::limits::Table::Contexts),
/// [`ContextScopes`](crate::limits::Table::ContextScopes) or
/// [`TaskRecords`](crate::limits::Table::TaskRecords). After an error, the closure was not called.
pub fn with_async_context<S: HostExtensions + ?Sized, R>(
    store: &mut S,
    context: AsyncContext<S::Limits>,
    act: impl FnOnce(&mut S) -> R,
) -> Result<R, Error> {
    let mut scope = AsyncContextScope::enter(store, context)?;
    Ok(act(&mut scope))
}

impl<S: HostExtensions + ?Sized> Drop for AsyncContextScope<'_, S> {
    fn drop(&mut self) {
        // It fails only if the machine is inconsistent, and `drop` can't return an error.
        let _ = self.store.contexts().leave_context(self.task, self.mark);
    }
}

impl<S: HostExtensions + ?Sized> HostExtensions for AsyncContextScope<'_, S> {
    type Limits = S::Limits;
    type Chooser = S::Chooser;

    fn extensions(&mut self) -> ExtensionAccess<'_, S::Limits, S::Chooser> {
        self.store.extensions()
    }
}

impl<S: HostExtensions + ?Sized> Deref for AsyncContextScope<'_, S> {
    type Target = S;

    fn deref(&self) -> &S {
        self.store
    }
}

impl<S: HostExtensions + ?Sized> DerefMut for AsyncContextScope<'_, S> {
    fn deref_mut(&mut self) -> &mut S {
        self.store
    }
}

impl<S: HostExtensions + ?Sized> fmt::Debug for AsyncContextScope<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncContextScope").field("task", &self.task).finish_non_exhaustive()
    }
}
