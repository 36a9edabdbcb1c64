//! Stores that a function gets when they end.

use std::sync::Arc;

use weft::component::Store;
use weft::engine::CoreEngine;

/// A function that gets a store before it is dropped.
pub(super) type OnStoreEnd<E, T> = dyn Fn(&mut Store<E, T>) + Send + Sync;

/// A store that a function gets before it is dropped: also if no instance could be made in it.
pub(super) struct WatchedStore<E: CoreEngine, T: 'static> {
    pub(super) store: Store<E, T>,
    pub(super) on_end: Option<Arc<OnStoreEnd<E, T>>>,
}

impl<E: CoreEngine, T: 'static> Drop for WatchedStore<E, T> {
    fn drop(&mut self) {
        // A second panic would end the process.
        if !std::thread::panicking()
            && let Some(on_end) = &self.on_end
        {
            on_end(&mut self.store);
        }
    }
}
