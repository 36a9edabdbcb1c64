//! How calls end that were begun without records.

use crate::machine::SubtaskId;

/// The end of a call that was begun without records.
pub(crate) enum Ended<R> {
    /// It has returned this, and nobody has looked.
    Returned(R),
    /// It has records. What is next is [handed over](crate::component::store::crossing::Crossing::put_next).
    Made,
}

/// A call by the embedder, as it may be begun without records.
pub(crate) enum EmbedderCall<R> {
    /// It has returned this.
    Returned(R),
    /// It has records, and may be over.
    Begun(SubtaskId),
    /// It was not begun.
    NotBegun,
}
