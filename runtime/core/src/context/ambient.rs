//! Contexts of a thread, for code that has no store.

mod future;
#[cfg(test)]
mod tests;

use core::marker::PhantomData;
use std::cell::RefCell;
use std::vec::Vec;

use crate::error::Error;
use crate::host::HostExtensions;
use crate::limits::{Heap, Table};

use super::{AsyncContext, AsyncContextScope};

pub use future::InContext;

std::thread_local! {
    static CONTEXTS: RefCell<Contexts> = const { RefCell::new(Contexts::new()) };
}

/// The contexts of a thread.
struct Contexts {
    /// The contexts that were entered and not left, the innermost last.
    entered: Vec<Entered>,
    /// The number of contexts that were ever entered.
    count: u64,
}

/// A context that was entered.
struct Entered {
    /// The number of its scope, which no other scope has. Scopes are not always left in order.
    scope: u64,
    /// `None` while it is lent.
    context: Option<AsyncContext<Heap>>,
}

impl Contexts {
    const fn new() -> Self {
        Self { entered: Vec::new(), count: 0 }
    }

    /// Enters a scope, and returns its number.
    fn enter(&mut self, context: AsyncContext<Heap>) -> u64 {
        let scope = self.count;
        self.count += 1;
        self.entered.push(Entered { scope, context: Some(context) });
        scope
    }

    /// Removes a scope and those inside of it, if it was not removed with one around it.
    fn leave(&mut self, scope: u64) -> Vec<Entered> {
        match self.entered.iter().rposition(|entered| entered.scope == scope) {
            Some(position) => self.entered.split_off(position),
            None => Vec::new(),
        }
    }

    /// Takes the innermost context, with the number of its scope, to lend it.
    fn lend(&mut self) -> Option<(u64, AsyncContext<Heap>)> {
        let innermost = self.entered.last_mut()?;
        Some((innermost.scope, innermost.context.take()?))
    }

    /// Puts a context back, or returns it if its scope was left meanwhile.
    fn put_back(&mut self, scope: u64, context: AsyncContext<Heap>) -> Option<AsyncContext<Heap>> {
        match self.entered.iter_mut().rfind(|entered| entered.scope == scope) {
            Some(entered) => entered.context.replace(context),
            None => Some(context),
        }
    }
}

/// A context that is current for this thread as long as the scope exists. This is a **host
/// extension**.
///
/// A store has its own contexts. This one is for code that is not passed a store, such as a
/// logger that a host function calls. Nothing passes between the two by itself:
///
/// | from | to | by |
/// |---|---|---|
/// | the thread | a store | [`AsyncContextScope::enter_ambient`] |
/// | a store, such as that of a host function | the thread | [`enter_current`](Self::enter_current) |
///
/// The scopes of a thread are left in the reverse order. If a scope is left before the scopes
/// inside of it, these end, too, and their guards do nothing.
///
/// ```standalone_crate
/// # extern crate weft_core as weft;
/// use weft::context::{AmbientContextScope, AsyncContext, AsyncContextScope, ContextKey};
/// use weft::context::ambient_context;
/// use weft::limits::Heap;
/// use weft::host::ExtendedMachine;
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
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let mut scope = AsyncContextScope::enter_ambient(&mut machine)?;
/// drop(ambient);
/// assert_eq!(who(), None);
/// assert_eq!(scope.contexts().get::<UserId>(), Some(123));
/// # Ok::<(), weft::context::ContextError>(())
/// ```
#[derive(Debug)]
#[must_use = "the scope is left when this is dropped"]
pub struct AmbientContextScope {
    /// The number of the scope.
    scope: u64,
    /// The scope belongs to this thread.
    of_thread: PhantomData<*const ()>,
}

impl AmbientContextScope {
    /// Makes a context the current one of this thread.
    pub fn enter(context: AsyncContext<Heap>) -> Self {
        let scope = CONTEXTS.with_borrow_mut(|contexts| contexts.enter(context));
        Self { scope, of_thread: PhantomData }
    }

    /// Makes a context without values the current one of this thread.
    pub fn enter_empty() -> Self {
        Self::enter(AsyncContext::new())
    }

    /// Makes a copy of a store's current context the current one of this thread. The copy has no
    /// values if the store has no current context.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] with [`ContextValues`](crate::limits::Table::ContextValues), if there is no
    /// memory for the copy.
    pub fn enter_current<S>(store: &mut S) -> Result<Self, Error>
    where
        S: HostExtensions<Limits = Heap> + ?Sized,
    {
        let context = store.contexts().current().map(AsyncContext::try_clone).transpose()?;
        Ok(Self::enter(context.unwrap_or_default()))
    }
}

impl AmbientContextScope {
    /// Leaves the scope, and returns its context as it is now, if it was not left before.
    fn leave(self) -> Option<AsyncContext<Heap>> {
        self.take().into_iter().next()?.context
    }

    /// Removes the scope, and those inside of it.
    fn take(&self) -> Vec<Entered> {
        // When the thread ends, its contexts may be gone before its guards.
        let left = CONTEXTS.try_with(|contexts| match contexts.try_borrow_mut() {
            Ok(mut contexts) => contexts.leave(self.scope),
            Err(_) => Vec::new(),
        });
        left.unwrap_or_default()
    }
}

impl Drop for AmbientContextScope {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// Calls a closure with this thread's context, if it has one. This is a **host extension**.
///
/// Meanwhile, the thread has no context. So the closure can enter scopes of its own. It can also
/// leave the scope of the context, which then ends after the closure.
pub fn ambient_context<R>(act: impl FnOnce(Option<&mut AsyncContext<Heap>>) -> R) -> R {
    /// Puts the context back, also if `act` panics.
    struct Lent(Option<(u64, AsyncContext<Heap>)>);

    impl Drop for Lent {
        fn drop(&mut self) {
            let Some((scope, context)) = self.0.take() else { return };
            // A context that is not put back is dropped while nothing is borrowed.
            let left = CONTEXTS.try_with(|contexts| match contexts.try_borrow_mut() {
                Ok(mut contexts) => contexts.put_back(scope, context),
                Err(_) => Some(context),
            });
            drop(left);
        }
    }

    let mut lent = Lent(CONTEXTS.with_borrow_mut(Contexts::lend));
    act(lent.0.as_mut().map(|(_, context)| context))
}

impl<S: HostExtensions<Limits = Heap> + ?Sized> AsyncContextScope<'_, S> {
    /// Enters a scope whose context is a copy of this thread's. The scope's context has no values
    /// if the thread has no context.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in [`Contexts`](crate::limits::Table::Contexts),
    /// [`ContextScopes`](crate::limits::Table::ContextScopes) or
    /// [`TaskRecords`](crate::limits::Table::TaskRecords), with nothing changed.
    pub fn enter_ambient(store: &mut S) -> Result<AsyncContextScope<'_, S>, Error> {
        let context = CONTEXTS.with_borrow(|contexts| {
            let innermost = contexts.entered.last().and_then(|entered| entered.context.as_ref());
            let current = innermost.map(AsyncContext::try_clone);
            current.transpose().map_err(|_| Error::Full(Table::ContextValues))
        })?;
        AsyncContextScope::enter(store, context.unwrap_or_default())
    }
}
