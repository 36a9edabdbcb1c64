//! What a `canon` definition fixes: indices of what the loader has numbered.
//!
//! The machine holds no types, memories or tables. Whoever loads components numbers them, once a
//! store, and equal numbers mean the same thing.

macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
    )*};
}

indices! {
    /// A component-level type: a resource, stream, future or value type.
    ///
    /// Types that the spec says are equal have the same number.
    TypeIndex;
    /// A core function type.
    CoreTypeIndex;
    /// A core memory.
    MemoryIndex;
    /// A core table.
    TableIndex;
    /// A set of canonical options.
    OptionsIndex;
}
