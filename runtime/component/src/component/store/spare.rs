//! Second references to things that are used over and over.

use alloc::sync::Arc;

/// A second reference to what was used last, for whoever uses it next: two calls of one function
/// follow one another, and to count references anew for each takes longer than much of the rest.
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

    /// Keeps a reference that nobody needs any more. One that is lost on the way, as something has
    /// failed, is made again when it is needed.
    pub(crate) fn put(&mut self, spare: Arc<V>) {
        self.0 = Some(spare);
    }
}
