//! Activations: threads that have stopped, and the first functions of new threads.
//!
//! `A` is an activation of the engine, `F` a core function.

use crate::abi::CoreFunctionType;
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{InstanceId, ThreadId};

use super::crossing::CallSite;
use super::machine::ById;
use super::slab::Slab;

/// The activations of a store's threads.
pub(crate) struct Activations<A, F> {
    stopped: ById<ThreadId, Stopped<A>>,
    /// The first functions of new threads until these start, each with the thread's instance.
    start_functions: Slab<(InstanceId, StartFunction<F>)>,
    /// The thread that the engine interrupted, with all threads that were nested around it.
    interrupted: Option<ThreadId>,
}

/// A thread that has stopped.
pub(crate) struct Stopped<A> {
    pub(crate) activation: A,
    /// The call in which it stopped. `None` if the engine interrupted it.
    pub(crate) site: Option<CallSite>,
}

/// The first function of a new thread, and its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartFunction<F> {
    pub(crate) function: F,
    pub(crate) ty: CoreFunctionType,
}

impl<A, F> Activations<A, F> {
    pub(crate) fn new() -> Self {
        Self { stopped: ById::new(Table::Threads), start_functions: Slab::new(), interrupted: None }
    }

    /// Keeps a thread that has stopped.
    pub(crate) fn keep(&mut self, thread: ThreadId, stopped: Stopped<A>) -> Result<(), Error> {
        self.stopped.put(thread, stopped)
    }

    /// Returns `true` if a thread has stopped.
    #[inline]
    pub(crate) fn has_stopped(&self, thread: ThreadId) -> bool {
        self.stopped.contains(thread)
    }

    /// Takes a thread that has stopped, to continue it.
    #[inline]
    pub(crate) fn take(&mut self, thread: ThreadId) -> Option<Stopped<A>> {
        self.stopped.remove(thread)
    }

    /// Drops the activations of threads that never continue.
    pub(crate) fn retain(&mut self, goes_on: impl Fn(ThreadId) -> bool) {
        self.stopped.retain(|thread, _| goes_on(thread));
    }

    /// Remembers the thread that the engine interrupted.
    pub(crate) const fn interrupt(&mut self, thread: ThreadId) {
        self.interrupted = Some(thread);
    }

    /// Returns the thread that the engine interrupted.
    #[inline]
    pub(crate) const fn interrupted(&self) -> Option<ThreadId> {
        self.interrupted
    }

    /// Takes the thread that the engine interrupted, to continue it or to give it up.
    pub(crate) const fn take_interrupted(&mut self) -> Option<ThreadId> {
        self.interrupted.take()
    }

    /// Keeps the first function of a new thread of an instance, and returns its number.
    pub(crate) fn add_start_function(
        &mut self,
        instance: InstanceId,
        start: StartFunction<F>,
    ) -> Result<u32, Error> {
        self.start_functions.add((instance, start)).ok_or(Error::Full(Table::Threads))
    }

    /// Takes the first function of a new thread.
    pub(crate) fn take_start_function(&mut self, number: u32) -> Result<StartFunction<F>, Error> {
        let start = self.start_functions.remove(number);
        start.map(|(_, start)| start).ok_or(Error::Unknown(Table::Threads))
    }

    /// Drops the functions of threads that never start, because their instance was removed.
    pub(crate) fn retain_start_functions(&mut self, is_there: impl Fn(InstanceId) -> bool) {
        self.start_functions.retain(|(instance, _)| is_there(*instance));
    }
}

#[cfg(test)]
mod tests {
    use crate::abi::FlatTypes;
    use crate::component::store::example_ids::ids;

    use super::*;

    fn thread(generation: u32) -> ThreadId {
        ids(generation).thread
    }

    fn start(function: u8) -> StartFunction<u8> {
        let ty = CoreFunctionType { params: FlatTypes::EMPTY, results: FlatTypes::EMPTY };
        StartFunction { function, ty }
    }

    #[test]
    fn a_stopped_thread_is_taken_once_and_by_its_generation() {
        let mut activations = Activations::<u8, u8>::new();
        assert!(activations.keep(thread(1), Stopped { activation: 7, site: None }).is_ok());
        assert!(activations.has_stopped(thread(1)) && !activations.has_stopped(thread(0)));
        assert!(activations.take(thread(0)).is_none());
        assert_eq!(activations.take(thread(1)).map(|stopped| stopped.activation), Some(7));
        assert!(activations.take(thread(1)).is_none());
    }

    #[test]
    fn threads_that_never_go_on_are_dropped() {
        let mut activations = Activations::<u8, u8>::new();
        assert!(activations.keep(thread(1), Stopped { activation: 7, site: None }).is_ok());
        activations.retain(|it| it == thread(1));
        assert!(activations.has_stopped(thread(1)));
        activations.retain(|it| it != thread(1));
        assert!(!activations.has_stopped(thread(1)));
    }

    #[test]
    fn the_number_of_a_start_function_is_used_again() {
        let mut activations = Activations::<u8, u8>::new();
        let instance = ids(0).instance;
        assert_eq!(activations.add_start_function(instance, start(1)), Ok(0));
        assert_eq!(activations.add_start_function(instance, start(2)), Ok(1));
        assert_eq!(activations.take_start_function(0), Ok(start(1)));
        assert_eq!(activations.take_start_function(0), Err(Error::Unknown(Table::Threads)));
        assert_eq!(activations.add_start_function(instance, start(3)), Ok(0));
        assert_eq!(activations.take_start_function(0), Ok(start(3)));
        activations.retain_start_functions(|it| it == instance);
        assert_eq!(activations.take_start_function(1), Ok(start(2)));
        assert_eq!(activations.add_start_function(instance, start(4)), Ok(1));
        activations.retain_start_functions(|_| false);
        assert_eq!(activations.take_start_function(1), Err(Error::Unknown(Table::Threads)));
    }

    #[test]
    fn an_interrupted_thread_is_taken_once() {
        let mut activations = Activations::<u8, u8>::new();
        activations.interrupt(thread(1));
        assert_eq!(activations.interrupted(), Some(thread(1)));
        assert_eq!(activations.take_interrupted(), Some(thread(1)));
        assert_eq!(activations.interrupted(), None);
    }
}
