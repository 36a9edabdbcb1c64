//! The limits of a store: defaults that an embedder can change, and the error that names one.

use core::fmt;

use thiserror::Error;

use crate::abi::LiftContext;
use crate::engine::MemoryLimits;
use crate::limit::MAX_TABLE_LENGTH;

/// Declares the limits of a store. Each has a field, a type, and a method that sets it.
macro_rules! limits {
    ($(
        $(#[$doc:meta])*
        $field:ident: $ty:ty, $with:ident;
    )*) => {
        /// The limits of a store: the memory, stack and time of the host that guests may use.
        ///
        /// A new store has [`DEFAULT`](Self::DEFAULT). [`UNTRUSTED`](Self::UNTRUSTED) is for guests
        /// that are not trusted. [`set_limits`](crate::component::Store::set_limits) sets the
        /// limits of a store. A guest that reaches a limit ends with
        /// [`CallError::Limit`](crate::component::CallError::Limit), which names the limit. If the
        /// documentation of a limit says so, the guest gets an error or a shorter text instead.
        ///
        /// ```
        /// use weft::component::StoreLimits;
        ///
        /// const LIMITS: StoreLimits = StoreLimits::UNTRUSTED.with_memory_bytes(16 << 20);
        /// assert_eq!(LIMITS.nested_calls, 1_000);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub struct StoreLimits {
            $($(#[$doc])* pub $field: $ty,)*
        }

        impl StoreLimits {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub const fn $with(self, $field: $ty) -> Self {
                    Self { $field, ..self }
                }
            )*
        }
    };
}

limits! {
    /// The largest number of bytes of all linear memories together. `memory.grow` returns -1 to a
    /// guest that asks for more. An instance that needs more can't be made.
    ///
    /// The memories of removed instances are counted, too, if the engine keeps them.
    memory_bytes: u64, with_memory_bytes;
    /// The largest number of elements of all core tables together. `table.grow` returns -1 to a
    /// guest that asks for more. An instance that needs more can't be made.
    table_elements: u64, with_table_elements;
    /// The largest number of handles of an instance, and of its threads. Each call has a thread.
    /// The limit holds for instances that are made after it was set.
    ///
    /// The Component Model allows [`MAX_TABLE_LENGTH`]. A guest that makes that many handles in a
    /// loop uses gigabytes of host memory. A guest that needs more than the limit traps with
    /// `table-full`.
    handles: u32, with_handles;
    /// The largest number of instances, of components and of core modules, in one instantiation of
    /// a component.
    instances: u32, with_instances;
    /// The largest number of components that instantiate one another, each inside of the previous
    /// one. Each level uses native stack: a larger number is at the embedder's own risk.
    instance_depth: u32, with_instance_depth;
    /// The largest number of core modules and components that later definitions can name, counted
    /// over one instantiation. It bounds the time of an instantiation.
    visible_definitions: u64, with_visible_definitions;
    /// The largest number of nested calls: calls by guests that wait for their callees, on the
    /// native stack or stopped. Each uses a few hundred bytes of Weft's memory, and memory of the
    /// engine. [Linked](crate::component::Component::guest_calls) calls are not counted, as no
    /// instance is in such a chain of calls twice.
    nested_calls: u32, with_nested_calls;
    /// The largest number of nested calls of the engine on the native stack. Guests that call one
    /// another more deeply are suspended and resumed, which takes more time. A host function that
    /// calls a guest more deeply fails.
    ///
    /// On wasmi, each uses up to 30,200 bytes of the native stack without optimization, and 7,200
    /// bytes with `opt-level = 1`. So the default of 24 uses at most 730 KiB of the 2 MiB that
    /// Rust's threads have. A larger number is at the embedder's own risk: a stack overflow ends
    /// the process.
    native_calls: u32, with_native_calls;
    /// The largest number of bytes of host memory that the lifted values of one call, or of
    /// one read or write, may use. Between guests, it is the number of bytes that may be moved
    /// beyond the size of the source's memory.
    ///
    /// All lists in a list may overlap in memory, so that a small memory can hold a value of any
    /// size.
    lifted_bytes: u64, with_lifted_bytes;
    /// The largest number of bytes that are kept of the debug message of a new error context. A
    /// longer message is cut at the end of a character, as the Component Model allows.
    debug_message_bytes: usize, with_debug_message_bytes;
    /// The largest number of times that guests go on after the engine has interrupted them, counted
    /// since a call was last started or [run](crate::component::Store::run). One more ends the call
    /// with [`CallError::Interrupted`](crate::component::CallError::Interrupted), and the
    /// interrupted instances can't be entered again. `None` lets them go on forever.
    ///
    /// An engine that counts no fuel never interrupts.
    interruptions: Option<u32>, with_interruptions;
}

impl StoreLimits {
    /// The limits of a new store. They protect the process, and do not limit memory and time.
    pub const DEFAULT: Self = Self {
        memory_bytes: u64::MAX,
        table_elements: u64::MAX,
        handles: MAX_TABLE_LENGTH,
        instances: 10_000,
        instance_depth: 48,
        visible_definitions: 10_000_000,
        nested_calls: 10_000,
        native_calls: 24,
        lifted_bytes: LiftContext::DEFAULT_BUDGET,
        debug_message_bytes: usize::MAX,
        interruptions: None,
    };

    /// Limits for guests that are not trusted: 64 MiB of memory, 100,000 elements of tables, 10,000
    /// handles for each instance, 1,000 instances of which 16 nest, 1,000,000 visible definitions,
    /// 1,000 nested calls, 24 calls on the native stack, 16 MiB of lifted values, 4 KiB of a debug
    /// message, and 10,000 interruptions.
    ///
    /// The time is limited only if the engine counts fuel: see
    /// [`set_fuel_slice`](crate::component::Store::set_fuel_slice).
    pub const UNTRUSTED: Self = Self {
        memory_bytes: 64 << 20,
        table_elements: 100_000,
        handles: 10_000,
        instances: 1_000,
        instance_depth: 16,
        visible_definitions: 1_000_000,
        nested_calls: 1_000,
        native_calls: 24,
        lifted_bytes: 16 << 20,
        debug_message_bytes: 4_096,
        interruptions: Some(10_000),
    };

    /// Returns the limits that the engine enforces.
    pub(crate) const fn memory(&self) -> MemoryLimits {
        MemoryLimits::NONE
            .with_memory_bytes(self.memory_bytes)
            .with_table_elements(self.table_elements)
    }

    /// Returns the error of a guest that reached a limit.
    pub(crate) fn reached(&self, limit: StoreLimit) -> LimitReached {
        let value = match limit {
            StoreLimit::MemoryBytes => self.memory_bytes,
            StoreLimit::TableElements => self.table_elements,
            StoreLimit::Handles => self.handles.into(),
            StoreLimit::Instances => self.instances.into(),
            StoreLimit::InstanceDepth => self.instance_depth.into(),
            StoreLimit::VisibleDefinitions => self.visible_definitions,
            StoreLimit::NestedCalls => self.nested_calls.into(),
            StoreLimit::NativeCalls => self.native_calls.into(),
            StoreLimit::LiftedBytes => self.lifted_bytes,
        };
        LimitReached { limit, value }
    }
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A [limit of a store](StoreLimits) that ends a call or an instantiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreLimit {
    /// [`StoreLimits::memory_bytes`]
    MemoryBytes,
    /// [`StoreLimits::table_elements`]
    TableElements,
    /// [`StoreLimits::handles`]
    Handles,
    /// [`StoreLimits::instances`]
    Instances,
    /// [`StoreLimits::instance_depth`]
    InstanceDepth,
    /// [`StoreLimits::visible_definitions`]
    VisibleDefinitions,
    /// [`StoreLimits::nested_calls`]
    NestedCalls,
    /// [`StoreLimits::native_calls`]
    NativeCalls,
    /// [`StoreLimits::lifted_bytes`]
    LiftedBytes,
}

/// The error of a guest that reached a limit of its store.
///
/// The text has the limit, its value, and the method that changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub struct LimitReached {
    /// The limit.
    pub limit: StoreLimit,
    /// The value of the limit in the store.
    pub value: u64,
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, value } = self;
        let method = match limit {
            StoreLimit::MemoryBytes => {
                write!(f, "the guests of the store have at most {value} bytes of linear memory")?;
                "with_memory_bytes"
            }
            StoreLimit::TableElements => {
                write!(f, "the guests of the store have at most {value} elements of tables")?;
                "with_table_elements"
            }
            StoreLimit::Handles => {
                write!(f, "table full: an instance has at most {value} handles, and threads")?;
                "with_handles"
            }
            StoreLimit::Instances => {
                write!(f, "a component has at most {value} instances within it")?;
                "with_instances"
            }
            StoreLimit::InstanceDepth => {
                write!(f, "components instantiate one another at most {value} levels deep")?;
                "with_instance_depth"
            }
            StoreLimit::VisibleDefinitions => {
                write!(f, "the components of a component see at most {value} others in all")?;
                "with_visible_definitions"
            }
            StoreLimit::NestedCalls => {
                write!(f, "call stack exhausted: guests make at most {value} nested calls")?;
                "with_nested_calls"
            }
            StoreLimit::NativeCalls => {
                write!(
                    f,
                    "host functions and guests call one another at most {value} levels deep"
                )?;
                "with_native_calls"
            }
            StoreLimit::LiftedBytes => {
                write!(f, "the values of a call take at most {value} bytes when they are lifted")?;
                "with_lifted_bytes"
            }
        };
        write!(f, "; `StoreLimits::{method}` changes this limit")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn an_error_names_the_limit_its_value_and_the_method() {
        let limits = StoreLimits::DEFAULT.with_nested_calls(77);
        let text = limits.reached(StoreLimit::NestedCalls).to_string();
        assert!(text.contains("77") && text.contains("StoreLimits::with_nested_calls"), "{text}");
    }

    #[test]
    fn each_limit_has_a_text_of_its_own() {
        let limits = StoreLimits::UNTRUSTED;
        let all = [
            (StoreLimit::MemoryBytes, limits.memory_bytes),
            (StoreLimit::TableElements, limits.table_elements),
            (StoreLimit::Handles, limits.handles.into()),
            (StoreLimit::Instances, limits.instances.into()),
            (StoreLimit::InstanceDepth, limits.instance_depth.into()),
            (StoreLimit::VisibleDefinitions, limits.visible_definitions),
            (StoreLimit::NestedCalls, limits.nested_calls.into()),
            (StoreLimit::NativeCalls, limits.native_calls.into()),
            (StoreLimit::LiftedBytes, limits.lifted_bytes),
        ];
        for (limit, value) in all {
            let reached = limits.reached(limit);
            assert_eq!(reached, LimitReached { limit, value });
            assert!(reached.to_string().contains(&format!("{value}")), "{reached}");
        }
    }

    #[test]
    fn untrusted_guests_have_at_most_what_others_have() {
        let (own, other) = (StoreLimits::UNTRUSTED, StoreLimits::DEFAULT);
        assert!(own.memory_bytes < other.memory_bytes && own.handles < other.handles);
        assert!(own.native_calls <= other.native_calls && own.interruptions.is_some());
    }
}
