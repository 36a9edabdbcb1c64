//! The memory that guests may have.

/// The memory that all guests of a store together may have, in linear memories and tables.
/// Instances that have trapped count, too, because their memory is freed only with the store.
///
/// Making an instance that needs more fails with
/// [`CoreTrap::MemoryLimit`](super::CoreTrap::MemoryLimit) or
/// [`CoreTrap::TableLimit`](super::CoreTrap::TableLimit). If a guest asks for more, `memory.grow`
/// and `table.grow` return -1.
///
/// ```
/// use weft_core::engine::MemoryLimits;
///
/// let limits = MemoryLimits::NONE.with_memory_bytes(16 << 20).with_table_elements(10_000);
/// assert_eq!(limits.memory_bytes, 16 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MemoryLimits {
    /// The bytes of linear memories.
    pub memory_bytes: u64,
    /// The elements of tables.
    pub table_elements: u64,
}

impl MemoryLimits {
    /// No limits but those of the engine.
    pub const NONE: Self = Self { memory_bytes: u64::MAX, table_elements: u64::MAX };

    /// Returns these limits with at most `memory_bytes` bytes of linear memories.
    #[must_use]
    pub const fn with_memory_bytes(self, memory_bytes: u64) -> Self {
        Self { memory_bytes, ..self }
    }

    /// Returns these limits with at most `table_elements` elements of tables.
    #[must_use]
    pub const fn with_table_elements(self, table_elements: u64) -> Self {
        Self { table_elements, ..self }
    }
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self::NONE
    }
}
