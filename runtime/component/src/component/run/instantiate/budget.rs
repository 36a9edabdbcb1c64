//! The budget of an instantiation, so that a small component does not take the host's
//! memory, stack or time.

use super::error::InstantiateError;

/// The largest number of instances, of components and of core modules.
const MAX_INSTANCES: u32 = 10_000;

/// So deeply components may instantiate one another. Each level takes native stack.
const MAX_DEPTH: u32 = 48;

/// So many core modules and components, in all, may be seen by components that are defined after
/// them in another one.
const MAX_SEEN: usize = 10_000_000;

/// The part that is left.
pub(crate) struct Budget {
    instances: u32,
    depth: u32,
    seen: usize,
}

impl Budget {
    pub(crate) const fn new() -> Self {
        Self { instances: MAX_INSTANCES, depth: MAX_DEPTH, seen: MAX_SEEN }
    }

    /// Takes what an instance of a component or a core module needs.
    pub(crate) fn take_instance(&mut self) -> Result<(), InstantiateError> {
        let left = self.instances.checked_sub(1);
        self.instances = left.ok_or(InstantiateError::TooManyInstances(MAX_INSTANCES))?;
        Ok(())
    }

    /// Takes what a component needs that sees so many others.
    pub(crate) fn take_seen(&mut self, count: usize) -> Result<(), InstantiateError> {
        self.seen = self.seen.checked_sub(count).ok_or(InstantiateError::TooMuchWork)?;
        Ok(())
    }

    /// Takes what a component needs for what it instantiates; [`leave`](Self::leave) follows.
    pub(crate) fn enter(&mut self) -> Result<(), InstantiateError> {
        self.depth = self.depth.checked_sub(1).ok_or(InstantiateError::TooDeep(MAX_DEPTH))?;
        Ok(())
    }

    pub(crate) const fn leave(&mut self) {
        self.depth += 1;
    }
}
