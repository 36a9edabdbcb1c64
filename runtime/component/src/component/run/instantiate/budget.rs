//! The budget of an instantiation, which keeps a small component from using up the host's memory,
//! stack or time.

use crate::component::store::store_limits::{StoreLimit, StoreLimits};

use super::error::InstantiateError;

/// The remaining budget.
pub(crate) struct Budget {
    limits: StoreLimits,
    instances: u32,
    depth: u32,
    visible: u64,
}

impl Budget {
    pub(crate) const fn new(limits: StoreLimits) -> Self {
        let StoreLimits { instances, instance_depth, visible_definitions, .. } = limits;
        Self { limits, instances, depth: instance_depth, visible: visible_definitions }
    }

    /// Takes the budget for an instance of a component or a core module.
    pub(crate) fn take_instance(&mut self) -> Result<(), InstantiateError> {
        let left = self.instances.checked_sub(1);
        self.instances = left.ok_or_else(|| self.reached(StoreLimit::Instances))?;
        Ok(())
    }

    /// Takes the budget for a component that sees this many others.
    pub(crate) fn take_visible(&mut self, count: usize) -> Result<(), InstantiateError> {
        let left = u64::try_from(count).ok().and_then(|count| self.visible.checked_sub(count));
        self.visible = left.ok_or_else(|| self.reached(StoreLimit::VisibleDefinitions))?;
        Ok(())
    }

    /// Takes the budget for a nested instantiation, which [`leave`](Self::leave) returns.
    pub(crate) fn enter(&mut self) -> Result<(), InstantiateError> {
        let left = self.depth.checked_sub(1);
        self.depth = left.ok_or_else(|| self.reached(StoreLimit::InstanceDepth))?;
        Ok(())
    }

    pub(crate) const fn leave(&mut self) {
        self.depth += 1;
    }

    fn reached(&self, limit: StoreLimit) -> InstantiateError {
        InstantiateError::Limit(self.limits.reached(limit))
    }
}
