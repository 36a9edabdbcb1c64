//! The ends of calls that were begun without records.

use crate::machine::SubtaskId;

/// The end of a call that was begun without records.
pub(crate) enum Ended<R> {
    /// It has returned this, and never needed records.
    Returned(R),
    /// It has records. The next thing is [passed
    /// on](crate::component::store::crossing::Crossing::put_next).
    Made,
}

/// The state of a call by the embedder that may be begun without records.
pub(crate) enum EmbedderCall<R> {
    /// It has returned this.
    Returned(R),
    /// It has records, and may have ended.
    Begun(SubtaskId),
    /// It was not begun.
    NotBegun,
}
