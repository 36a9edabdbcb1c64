//! Error contexts. The reference's `ErrorContext`, as it is kept.

/// Who has an error context. Its message is in the machine's `messages`, at the same position.
#[derive(Debug)]
pub(crate) struct ErrorContext {
    /// How many handles stand for it.
    pub(crate) handles: u32,
    /// How many times the host holds it.
    pub(crate) host_holds: u32,
}
