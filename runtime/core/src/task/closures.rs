//! Cancellation handlers that are closures, with an allocator.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::error::Error;
use crate::host::HostExtensions;

use super::{CancellationHandlerId, CancellationToken, Cancelled};

/// The host's actions on cancellation, as closures: a **host extension**, on top of [the machine's
/// handlers](crate::task::CancellationTokens::register), which are numbers.
///
/// They run when the host calls [`run`](Self::run), each once.
///
/// ```
/// # use weft_core as weft;
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use weft::limits::Heap;
/// use weft::host::ExtendedMachine;
/// use weft::task::CancellationHandlers;
///
/// static STOPPED: AtomicU32 = AtomicU32::new(0);
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let token = machine.cancellation_tokens().create()?;
/// let mut handlers = CancellationHandlers::new();
/// handlers.register(&mut machine, token, || { STOPPED.fetch_add(1, Ordering::Relaxed); })?;
///
/// machine.cancellation_tokens().cancel(token)?;
/// assert_eq!(handlers.run(&mut machine, |_| {})?, 1);
/// assert_eq!(handlers.run(&mut machine, |_| {})?, 0);
/// assert_eq!(STOPPED.load(Ordering::Relaxed), 1);
/// # Ok::<(), weft::error::Error>(())
/// ```
#[derive(Default)]
pub struct CancellationHandlers {
    /// The closure of the handler in each place of the machine's table.
    closures: Vec<Option<Closure>>,
}

struct Closure {
    handler: CancellationHandlerId,
    run: Box<dyn FnOnce() + Send>,
}

impl CancellationHandlers {
    /// Creates an empty set of handlers.
    #[must_use]
    pub const fn new() -> Self {
        Self { closures: Vec::new() }
    }

    /// Registers a closure with a token.
    ///
    /// # Errors
    ///
    /// The closure is dropped.
    ///
    /// - [`Error::Unknown`] if the token doesn't exist.
    /// - [`Error::Full`] if there is no room in
    ///   [`CancellationHandlers`](crate::limits::Table::CancellationHandlers).
    pub fn register<S: HostExtensions + ?Sized>(
        &mut self,
        store: &mut S,
        token: CancellationToken,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<CancellationHandlerId, Error> {
        let handler = store.cancellation_tokens().register(token, 0)?;
        let position = place_of(handler);
        if position >= self.closures.len() {
            self.closures.resize_with(position + 1, || None);
        }
        if let Some(place) = self.closures.get_mut(position) {
            *place = Some(Closure { handler, run: Box::new(run) });
        }
        Ok(handler)
    }

    /// Removes a closure, which never runs then.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such handler, or if its token was cancelled.
    pub fn unregister<S: HostExtensions + ?Sized>(
        &mut self,
        store: &mut S,
        handler: CancellationHandlerId,
    ) -> Result<(), Error> {
        // The closure is dropped last: dropping it may panic.
        let _closure = self.take(handler);
        store.cancellation_tokens().unregister(handler).map(|_| ())
    }

    /// Runs the closures whose tokens were cancelled, in the order in which the tokens were.
    /// Returns the number of closures that ran. A handler that was registered in another way is
    /// passed to `other`.
    ///
    /// If a closure panics, it counts as run. Those after it run when this is called again.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] after a fault in Weft.
    pub fn run<S: HostExtensions + ?Sized>(
        &mut self,
        store: &mut S,
        mut other: impl FnMut(Cancelled),
    ) -> Result<usize, Error> {
        let mut count = 0;
        while let Some(cancelled) = store.cancellation_tokens().next_cancelled()? {
            match self.take(cancelled.handler) {
                Some(run) => {
                    run();
                    count += 1;
                }
                None => other(cancelled),
            }
        }
        Ok(count)
    }

    /// Takes the closure of a handler, if it is one of these.
    fn take(&mut self, handler: CancellationHandlerId) -> Option<Box<dyn FnOnce() + Send>> {
        let place = self.closures.get_mut(place_of(handler))?;
        Some(place.take_if(|closure| closure.handler == handler)?.run)
    }
}

const fn place_of(handler: CancellationHandlerId) -> usize {
    (handler.number.get() - 1) as usize
}

impl fmt::Debug for CancellationHandlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handlers = self.closures.iter().flatten().map(|closure| closure.handler);
        f.debug_set().entries(handlers).finish()
    }
}
