//! The immediates of a `canon` definition: indices of objects that the loader has numbered.
//!
//! The machine holds no types, memories or tables. The loader of components numbers them, once for
//! each store. Equal numbers mean the same object.

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
    /// Types that are equal in the spec have the same number.
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
