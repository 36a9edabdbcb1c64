//! How much memory guests may have.

/// How much the guests of a store may have, all together, in linear memories and tables: what
/// instances have that trapped counts, too, as it goes only with the store.
///
/// An instance that needs more can't be made ([`CoreTrap::MemoryLimit`](super::CoreTrap::MemoryLimit),
/// [`CoreTrap::TableLimit`](super::CoreTrap::TableLimit)), and for a guest that asks for more,
/// `memory.grow` and `table.grow` return -1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MemoryLimits {
    /// The bytes of linear memories.
    pub memory_bytes: u64,
    /// The elements of tables.
    pub table_elements: u64,
}

impl MemoryLimits {
    /// As much as the engine gives.
    pub const NONE: Self = Self { memory_bytes: u64::MAX, table_elements: u64::MAX };

    /// These with at most so many bytes of linear memories.
    #[must_use]
    pub const fn with_memory_bytes(self, memory_bytes: u64) -> Self {
        Self { memory_bytes, ..self }
    }

    /// These with at most so many elements of tables.
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
