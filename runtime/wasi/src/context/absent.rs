//! The context of a part that is not compiled in.

/// The empty context of a part that is not compiled in.
#[derive(Debug, Default)]
pub(crate) struct Absent {}
