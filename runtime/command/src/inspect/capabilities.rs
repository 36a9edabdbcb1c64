//! The capabilities that an engine needs.

use weft::component::{InvalidComponent, needed_capabilities};
use weft::engine::wasmi::Wasmi;
use weft::engine::{Capability, CoreEngine as _};

/// The capabilities that a component needs besides WebAssembly 2.0.
#[derive(Debug)]
pub(super) struct Capabilities {
    /// All of them.
    pub(super) needed: Vec<Capability>,
    /// Those that wasmi lacks.
    pub(super) missing: Vec<Capability>,
}

impl Capabilities {
    /// Returns the capabilities that core modules need together.
    ///
    /// # Errors
    ///
    /// One of them is not valid.
    pub(super) fn of<'a>(
        modules: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, InvalidComponent> {
        let mut needed = Vec::new();
        for module in modules {
            needed.extend(needed_capabilities(module)?);
        }
        needed.sort_unstable();
        needed.dedup();
        let engine = Wasmi::default();
        let has = engine.capabilities();
        let missing = needed.iter().filter(|it| !has.contains(it)).copied().collect();
        Ok(Self { needed, missing })
    }
}
