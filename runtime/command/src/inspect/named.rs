//! Imports and exports, by name.

/// An import or export.
#[derive(Debug)]
pub(super) struct Named {
    /// The name.
    pub(super) name: String,
    /// The type, as WIT.
    pub(super) ty: String,
}
