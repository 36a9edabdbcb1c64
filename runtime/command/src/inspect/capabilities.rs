//! What an engine has to be capable of.

use weft::component::{InvalidComponent, needed_capabilities};
use weft::engine::wasmi::Wasmi;
use weft::engine::{Capability, CoreEngine as _};

/// What a component needs of an engine besides WebAssembly 2.0.
#[derive(Debug)]
pub(super) struct Capabilities {
    /// All of it.
    pub(super) needed: Vec<Capability>,
    /// The part that wasmi lacks.
    pub(super) missing: Vec<Capability>,
}

impl Capabilities {
    /// Returns what core modules need together.
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
