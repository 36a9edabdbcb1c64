//! Counting of the memories and tables of a store, and its limits.

use wasmi::ResourceLimiter;
use wasmi::errors::{MemoryError, TableError};
use wasmi_core::LimiterError;

use weft_core::engine::MemoryLimits;

/// The size of all memories and tables of a store, and their limits.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    pub(super) limits: MemoryLimits,
    memory: Usage,
    tables: Usage,
}

#[derive(Debug, Default)]
struct Usage {
    total: u64,
    /// The last addition, which is taken back if it fails after all.
    last: u64,
}

impl Usage {
    fn grow(&mut self, current: usize, desired: usize, limit: u64) -> bool {
        let added = u64::try_from(desired.saturating_sub(current)).unwrap_or(u64::MAX);
        match self.total.checked_add(added).filter(|total| *total <= limit) {
            Some(total) => {
                *self = Self { total, last: added };
                true
            }
            None => false,
        }
    }

    fn take_back(&mut self) {
        *self = Self { total: self.total.saturating_sub(self.last), last: 0 };
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> Result<bool, LimiterError> {
        Ok(self.memory.grow(current, desired, self.limits.memory_bytes))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> Result<bool, LimiterError> {
        Ok(self.tables.grow(current, desired, self.limits.table_elements))
    }

    fn memory_grow_failed(&mut self, _: &MemoryError) -> Result<(), LimiterError> {
        self.memory.take_back();
        Ok(())
    }

    fn table_grow_failed(&mut self, _: &TableError) -> Result<(), LimiterError> {
        self.tables.take_back();
        Ok(())
    }

    fn instances(&self) -> usize {
        usize::MAX
    }

    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}
