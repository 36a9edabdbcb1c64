//! Error contexts: the fields of the reference's `ErrorContext`.

/// The counts of an error context's holders. Its message is in the machine's `messages`, at the
/// same position.
#[derive(Debug)]
pub(crate) struct ErrorContext {
    /// The number of handles that stand for it.
    pub(crate) handles: u32,
    /// The number of times that the host holds it.
    pub(crate) host_holds: u32,
}
