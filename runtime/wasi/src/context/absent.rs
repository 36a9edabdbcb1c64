//! What stands in for what a guest has of a part that is not compiled in.

/// What a guest has of such a part: nothing.
#[derive(Debug, Default)]
pub(crate) struct Absent {}
