//! The destructors of threads' values: **host extensions**.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use thiserror::Error;

use crate::error::Error;
use crate::limits::{Heap, Table};
use crate::thread::ThreadDestructor;

use super::host_panic::HostPanic;
use super::host_result::HostError;

/// The destructors of a store, each a `D`, and their failures.
pub(crate) struct ThreadDestructors<D: ?Sized> {
    /// The destructors, by number.
    destructors: Vec<Arc<D>>,
    failures: VecDeque<ThreadDestructorFailure>,
}

/// The failure of a destructor of a thread's value: a **host extension**.
///
/// It has the value. The other values of the thread are destroyed nevertheless.
#[derive(Debug, Error)]
#[error("the destructor for the thread-local value with the key {} failed", value.key)]
pub struct ThreadDestructorFailure {
    /// The value, with its thread, its key and the number of its destructor.
    pub value: ThreadDestructor<Heap>,
    /// The reason.
    #[source]
    pub error: ThreadDestructorError,
}

/// The reasons why a destructor of a thread's value failed: of a **host extension**.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ThreadDestructorError {
    /// The destructor returned an error.
    #[error(transparent)]
    Failed(HostError),
    /// The destructor panicked. The panic continues after the store was driven.
    #[error("the destructor panicked: {0}")]
    Panicked(HostPanic),
}

impl<D: ?Sized> ThreadDestructors<D> {
    pub(crate) const fn new() -> Self {
        Self { destructors: Vec::new(), failures: VecDeque::new() }
    }

    /// Adds a destructor, and returns its number, and the number of all.
    pub(crate) fn add(&mut self, destructor: Arc<D>) -> Result<(u32, u32), Error> {
        let full = Error::Full(Table::Functions);
        let number = u32::try_from(self.destructors.len()).map_err(|_| full)?;
        let count = number.checked_add(1).ok_or(full)?;
        self.destructors.push(destructor);
        Ok((number, count))
    }

    /// Returns the destructor with a number.
    pub(crate) fn get(&self, number: u32) -> Option<Arc<D>> {
        self.destructors.get(usize::try_from(number).ok()?).cloned()
    }

    /// Keeps a failure until the host asks for it.
    pub(crate) fn add_failure(&mut self, failure: ThreadDestructorFailure) {
        self.failures.push_back(failure);
    }

    /// Takes the first failure that was not taken yet.
    pub(crate) fn take_failure(&mut self) -> Option<ThreadDestructorFailure> {
        self.failures.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destructors_are_numbered_in_order() {
        let mut destructors = ThreadDestructors::<str>::new();
        assert_eq!(destructors.add("a".into()), Ok((0, 1)));
        assert_eq!(destructors.add("b".into()), Ok((1, 2)));
        assert_eq!(destructors.get(1).as_deref(), Some("b"));
        assert_eq!(destructors.get(2), None);
        assert!(destructors.take_failure().is_none());
    }
}
