//! What of the Component Model a component may use that is not on by default.

use wasmparser::WasmFeatures;

/// What a component may use besides what every component may: proposals whose form may still
/// change.
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
    /// Names of interfaces with nested namespaces and packages, such as `a:b:c/d/e@1.2.0` (🪺 in
    /// the Component Model's text).
    #[must_use]
    pub const fn with_nested_names(self) -> Self {
        Self { nested_names: true }
    }

    /// Those of `all` that are on.
    pub(crate) const fn of(self, all: WasmFeatures) -> WasmFeatures {
        if self.nested_names { all.union(WasmFeatures::CM_NESTED_NAMES) } else { all }
    }
}
