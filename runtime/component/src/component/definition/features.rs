//! Features of the Component Model that are off by default.

use wasmparser::WasmFeatures;

/// A choice of features that are off by default: proposals that may still change.
///
/// ```
/// use weft::component::Features;
///
/// let features = Features::default().with_nested_names();
/// # let _ = features;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    nested_names: bool,
}

impl Features {
    /// Allows names of interfaces with nested namespaces and packages, such as `a:b:c/d/e@1.2.0` (🪺
    /// in the Component Model's text).
    #[must_use]
    pub const fn with_nested_names(self) -> Self {
        Self { nested_names: true }
    }

    /// Returns the features of `all` that are on.
    pub(crate) const fn of(self, all: WasmFeatures) -> WasmFeatures {
        if self.nested_names { all.union(WasmFeatures::CM_NESTED_NAMES) } else { all }
    }
}
