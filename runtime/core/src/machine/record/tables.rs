//! The tables of an instance: its handles, and the indices of its threads.

use crate::limits::{Limits, Table};

use crate::machine::arena::Key;
use crate::machine::index_table::{Entry, IndexTable};

use super::error_context::ErrorContext;
use super::resource::ResourceHandle;
use super::task::Thread;
use super::waitable::{Waitable, WaitableSet};

/// The tables of an instance.
pub(crate) struct Tables<L: Limits> {
    pub(crate) handles: IndexTable<L::Handles<Entry<Handle>>>,
    pub(crate) threads: IndexTable<L::ThreadIndices<Entry<Key<Thread>>>>,
}

impl<L: Limits> Tables<L> {
    pub(crate) fn new(max_length: u32) -> Self {
        Self {
            handles: IndexTable::new(Table::Handles, max_length),
            threads: IndexTable::new(Table::ThreadIndices, max_length),
        }
    }
}

/// The object of a handle.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handle {
    Resource(Key<ResourceHandle>),
    Waitable(Key<Waitable>),
    WaitableSet(Key<WaitableSet>),
    ErrorContext(Key<ErrorContext>),
}
