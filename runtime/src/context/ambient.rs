//! Contexts of a thread, for code that has no store at hand.

#[cfg(test)]
mod tests;

use core::marker::PhantomData;
use core::mem;
use std::cell::RefCell;
use std::vec::Vec;

use crate::error::Error;
use crate::host::HostStore;
use crate::limits::{Heap, Table};

use super::{AsyncContext, AsyncContextScope};

std::thread_local! {
    /// The contexts that were entered on this thread and not left, the innermost last.
    static ENTERED: RefCell<Vec<AsyncContext<Heap>>> = const { RefCell::new(Vec::new()) };
}

/// A context that is this thread's as long as this lasts: a **host extension**.
///
/// A store has its own contexts; this one is for code between whoever knows a context and whoever
/// has the store, or that is called by a function of the host and is not given its store, such as
/// a logger. Nothing passes between the two by itself:
///
/// | from | to | by |
/// |---|---|---|
/// | the thread | a store | [`AsyncContextScope::enter_ambient`] |
/// | a store, such as that of a function of the host | the thread | [`enter_current`](Self::enter_current) |
///
/// Scopes of a thread are left in the opposite order of their being entered; one that is left
/// before those inside of it ends them, too.
///
/// ```
/// use weft::context::{AmbientContextScope, AsyncContext, AsyncContextScope, ContextKey};
/// use weft::context::ambient_context;
/// use weft::limits::Heap;
/// use weft::machine::Machine;
///
/// #[derive(ContextKey)]
/// #[context_key(value = u64)]
/// struct UserId;
///
/// fn who() -> Option<u64> {
///     ambient_context(|context| context?.get::<UserId>())
/// }
///
/// let mut context = AsyncContext::new();
/// context.set::<UserId>(123)?;
/// let ambient = AmbientContextScope::enter(context);
/// assert_eq!(who(), Some(123));
///
/// let mut machine = Machine::<Heap>::default();
/// let mut scope = AsyncContextScope::enter_ambient(&mut machine)?;
/// drop(ambient);
/// assert_eq!(who(), None);
/// assert_eq!(scope.host().get::<UserId>(), Some(123));
/// # Ok::<(), weft::context::ContextError>(())
/// ```
#[derive(Debug)]
#[must_use = "the scope is left when this is dropped"]
pub struct AmbientContextScope {
    /// How many were entered before it.
    before: usize,
    /// It is this thread's.
    of_thread: PhantomData<*const ()>,
}

impl AmbientContextScope {
    /// Makes a context this thread's.
    pub fn enter(context: AsyncContext<Heap>) -> Self {
        let before = ENTERED.with_borrow_mut(|entered| {
            entered.push(context);
            entered.len() - 1
        });
        Self { before, of_thread: PhantomData }
    }

    /// Makes a context without values this thread's.
    pub fn enter_empty() -> Self {
        Self::enter(AsyncContext::new())
    }

    /// Makes a copy of a store's current context this thread's; one without values if there is
    /// none.
    ///
    /// # Errors
    ///
    /// Those of [`AsyncContext::try_clone`].
    pub fn enter_current<S>(store: &mut S) -> Result<Self, Error>
    where
        S: HostStore<Limits = Heap> + ?Sized,
    {
        let host = store.host();
        let context = host.context_get().map(AsyncContext::try_clone).transpose()?;
        Ok(Self::enter(context.unwrap_or_default()))
    }
}

impl Drop for AmbientContextScope {
    fn drop(&mut self) {
        // When the thread ends, what it had entered may be gone before its guards.
        let left = ENTERED.try_with(|entered| match entered.try_borrow_mut() {
            Ok(mut entered) if entered.len() > self.before => entered.split_off(self.before),
            _ => Vec::new(),
        });
        drop(left);
    }
}

/// Does something with this thread's context, if it has one: a **host extension**.
///
/// Meanwhile the thread has none, so that whatever is done can enter scopes of its own.
pub fn ambient_context<R>(act: impl FnOnce(Option<&mut AsyncContext<Heap>>) -> R) -> R {
    /// Puts the contexts back, also if `act` panics.
    struct Taken(Vec<AsyncContext<Heap>>);

    impl Drop for Taken {
        fn drop(&mut self) {
            let taken = mem::take(&mut self.0);
            let _ = ENTERED.try_with(|entered| entered.replace(taken));
        }
    }

    let mut taken = Taken(ENTERED.take());
    act(taken.0.last_mut())
}

impl<S: HostStore<Limits = Heap> + ?Sized> AsyncContextScope<'_, S> {
    /// Enters a scope whose context is a copy of this thread's; one without values if it has none.
    ///
    /// # Errors
    ///
    /// Those of [`enter`](Self::enter).
    pub fn enter_ambient(store: &mut S) -> Result<AsyncContextScope<'_, S>, Error> {
        let context = ENTERED.with_borrow(|entered| {
            let current = entered.last().map(AsyncContext::try_clone);
            current.transpose().map_err(|_| Error::Full(Table::ContextValues))
        })?;
        AsyncContextScope::enter(store, context.unwrap_or_default())
    }
}
