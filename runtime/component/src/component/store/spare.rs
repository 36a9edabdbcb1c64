//! Second references to objects that are used again and again.

use alloc::sync::Arc;

/// A second reference to the object that was used last, for its next use. Two calls of one function
/// often follow one another, and counting references anew for each would take longer than much of
/// the rest.
pub(crate) struct Spare<V>(Option<Arc<V>>);

impl<V> Spare<V> {
    pub(crate) const NONE: Self = Self(None);

    /// Returns a second reference to `of`.
    #[inline]
    pub(crate) fn take(&mut self, of: &Arc<V>) -> Arc<V> {
        match self.0.take() {
            Some(spare) if Arc::ptr_eq(&spare, of) => spare,
            _ => of.clone(),
        }
    }

    /// Keeps a reference that is no longer needed. If one is lost because something has failed, it
    /// is made again when it is needed.
    pub(crate) fn put(&mut self, spare: Arc<V>) {
        self.0 = Some(spare);
    }
}
