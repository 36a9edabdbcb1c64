//! The storage of the side tables of the **host extensions**, which no guest sees, and the macro
//! that bounds these tables together with the machine's.
//!
//! A growing machine needs nothing of this: [`Heap`](crate::limits::Heap) implements
//! [`ExtensionLimits`]. For a bounded one, [`limits!`](crate::limits!) has an example.

use core::convert::Infallible;
use core::fmt;

use crate::context::ContextKey;
use crate::limits::{Array, ArrayText, Limits, Storage, sizes};
use crate::list::CompoundType;

use super::observer::Observer;

macro_rules! limits_and_heap {
    ($($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*) => {
        /// The storage of each side table of the host extensions. This is a host extension.
        ///
        /// [`Heap`](crate::limits::Heap) lets all of them grow. [`limits!`](crate::limits!) makes
        /// arrays of the sizes in [`ExtensionSizes`], which are 0 if they are not written. So a
        /// machine whose host uses no extensions has no bytes for them.
        pub trait ExtensionLimits: Limits {
            $($(#[$attribute])* type $table<T>: Storage<T>;)*
            /// The name of a value: a context key, a key of metadata.
            type Name: Text;
            /// Any other text, such as a value, or the name of a function or file.
            type Text: Text;
            /// A value of bytes.
            type Bytes: Bytes;
            /// A value of the Component Model that is made of others.
            type Compound: Compound;
            /// A value of any Rust type: a [`KeptArc`](crate::context::KeptArc), or a
            /// type without values if there is no allocator.
            type Shared: Clone + PartialEq + fmt::Debug;
            /// The type of a value that is made of others.
            type CompoundType: CompoundType<Value = Self::Compound>;
            /// The observer of the machine.
            type Observer: Observer;
        }

        #[cfg(feature = "alloc")]
        impl ExtensionLimits for crate::limits::Heap {
            $(type $table<T> = alloc::vec::Vec<T>;)*
            type Name = alloc::string::String;
            type Text = alloc::string::String;
            type Bytes = alloc::vec::Vec<u8>;
            type Compound = crate::abi::Val;
            type Shared = crate::context::KeptArc;
            type CompoundType = crate::abi::Type;
            type Observer = Option<alloc::boxed::Box<crate::timeline::Timeline>>;
        }
    };
}

crate::__extension_tables! { [limits_and_heap] }

crate::__extension_tables! { [sizes]
    /// The sizes of the host extensions' side tables in a bounded machine: the second part of
    /// [`limits!`](crate::limits!). A size that is not written is 0.
    struct ExtensionSizes;
    /// No host extensions.
    const NONE;
    /// A few of each, for a machine of [`MachineSizes::SMALL`](crate::limits::MachineSizes::SMALL).
    const SMALL;
    /// Some of each, for a machine of
    /// [`MachineSizes::MEDIUM`](crate::limits::MachineSizes::MEDIUM).
    const MEDIUM;
    lengths {
        /// The length of a text in bytes of UTF-8: a value, or the name of a function or file.
        text_bytes, [16, 32];
        /// The length of a value of bytes.
        value_bytes, [16, 32];
    }
}

/// The name of a value in a bounded machine.
pub type ArrayName = ArrayText<{ ContextKey::MAX_NAME_BYTES }>;

/// A text that is stored as a whole, or not at all.
///
/// `String` implements it, for machines that grow, and
/// [`ArrayText`], for those of [`limits!`](crate::limits!). Other types can't.
pub trait Text: Default + Clone + PartialEq + fmt::Debug + sealed::Stored {
    /// Copies `text`, or returns `None` if there is no room for it.
    fn copy_of(text: &str) -> Option<Self>;

    /// Returns the text.
    fn as_text(&self) -> &str;
}

#[cfg(feature = "alloc")]
impl Text for alloc::string::String {
    fn copy_of(text: &str) -> Option<Self> {
        let mut copy = Self::new();
        copy.try_reserve_exact(text.len()).ok()?;
        copy.push_str(text);
        Some(copy)
    }

    fn as_text(&self) -> &str {
        self
    }
}

impl<const N: usize> Text for ArrayText<N> {
    fn copy_of(text: &str) -> Option<Self> {
        Self::from(text).ok()
    }

    fn as_text(&self) -> &str {
        self
    }
}

/// Bytes that are stored as a whole, or not at all.
///
/// `Vec<u8>` implements it, for machines that grow, and [`Array`], for those of
/// [`limits!`](crate::limits!). Other types can't.
pub trait Bytes: Default + Clone + PartialEq + fmt::Debug + sealed::Stored {
    /// Copies `bytes`, or returns `None` if there is no room for them.
    fn copy_of(bytes: &[u8]) -> Option<Self>;

    /// Returns the bytes.
    fn as_bytes(&self) -> &[u8];
}

#[cfg(feature = "alloc")]
impl Bytes for alloc::vec::Vec<u8> {
    fn copy_of(bytes: &[u8]) -> Option<Self> {
        let mut copy = Self::new();
        copy.try_reserve_exact(bytes.len()).ok()?;
        copy.extend_from_slice(bytes);
        Some(copy)
    }

    fn as_bytes(&self) -> &[u8] {
        self
    }
}

impl<const N: usize> Bytes for Array<u8, N> {
    fn copy_of(bytes: &[u8]) -> Option<Self> {
        Self::try_from(bytes).ok()
    }

    fn as_bytes(&self) -> &[u8] {
        self
    }
}

/// A value of the Component Model that is made of others: a `Val`, or a type without values if
/// there is no allocator.
///
/// `Val` implements it, for machines that grow, and [`Infallible`], for those of
/// [`limits!`](crate::limits!). Other types can't.
pub trait Compound: Clone + PartialEq + fmt::Debug + sealed::Stored {}

mod sealed {
    use core::convert::Infallible;

    use crate::limits::{Array, ArrayText};

    /// A type of values in the side tables.
    pub trait Stored {}

    #[cfg(feature = "alloc")]
    impl Stored for alloc::string::String {}

    impl<const N: usize> Stored for ArrayText<N> {}

    #[cfg(feature = "alloc")]
    impl Stored for alloc::vec::Vec<u8> {}

    impl<const N: usize> Stored for Array<u8, N> {}

    #[cfg(feature = "alloc")]
    impl Stored for crate::abi::Val {}

    impl Stored for Infallible {}
}

#[cfg(feature = "alloc")]
impl Compound for crate::abi::Val {}

/// It has no values.
impl Compound for Infallible {}

/// Makes a type that [`Limits`] a machine to arrays of the given sizes.
///
/// The first part has the fields of [`MachineSizes`](crate::limits::MachineSizes), in any order.
/// The compiler reports a field that is missing. `..MachineSizes::SMALL`, or another preset,
/// stands for all fields that are not written. A table of size `n` holds `n` entries at a time.
/// In `handles` and `thread_indices`, that is without index 0, which the spec never uses.
///
/// The second part, `extensions`, has the fields of [`ExtensionSizes`], in any order, for the
/// side tables of the host extensions. A field that is missing is 0, if no preset such as
/// `..ExtensionSizes::SMALL` follows. Without this part, none of these tables has entries or
/// takes memory.
///
/// ```
/// # use weft_core as weft;
/// use weft::machine::Machine;
///
/// weft::limits! {
///     /// One component with few calls at a time.
///     pub struct Sensor {
///         instances: 1,
///         functions: 8,
///         types: 8,
///         handles: 16,
///         thread_indices: 4,
///         tasks: 4,
///         threads: 4,
///         waitables: 8,
///         waitable_sets: 2,
///         resources: 4,
///         lends: 4,
///         error_contexts: 1,
///         frames: 4,
///         held_frames: 0,
///         message_bytes: 64,
///     }
///     extensions {
///         contexts: 2,
///         context_values: 4,
///     }
/// }
///
/// weft::limits! {
///     /// Two components, and for the rest a preset.
///     pub struct Pair { instances: 2, ..MachineSizes::SMALL }
/// }
///
/// let mut machine = Machine::<Sensor>::default();
/// machine.new_instance()?;
/// assert_eq!(
///     machine.new_instance(),
///     Err(weft::error::Error::Full(weft::limits::Table::Instances)),
/// );
/// # Ok::<(), weft::error::Error>(())
/// ```
///
/// A machine of such a type can be the value of a `const` or a `static`:
///
/// ```
/// # use weft_core as weft;
/// use std::sync::Mutex;
///
/// use weft::chooser::FirstInFirstOut;
/// use weft::machine::Machine;
///
/// weft::limits! {
///     struct Pair { instances: 2, ..MachineSizes::SMALL }
/// }
///
/// static MACHINE: Mutex<Machine<Pair>> = Mutex::new(Machine::new(FirstInFirstOut));
///
/// let mut machine = MACHINE.lock().unwrap();
/// machine.new_instance()?;
/// # Ok::<(), weft::error::Error>(())
/// ```
///
/// Without `frames`, the compiler says ``missing field `frames` in initializer of `MachineSizes` ``:
///
/// ```compile_fail,E0063
/// # use weft_core as weft;
/// weft::limits! {
///     struct Unframed {
///         instances: 1, functions: 8, types: 8, handles: 16, thread_indices: 4, tasks: 4,
///         threads: 4, waitables: 8, waitable_sets: 2, resources: 4, lends: 4,
///         error_contexts: 1, message_bytes: 64,
///     }
/// }
/// ```
#[macro_export]
macro_rules! limits {
    (
        $(#[$attribute:meta])* $visibility:vis struct $name:ident { $($machine:tt)* }
        $(extensions { $($extensions:tt)* })?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        $visibility struct $name;

        $crate::__machine_tables! { [$crate::__machine_limits] $name { $($machine)* } }
        $crate::__extension_tables! {
            [$crate::__extension_limits] $name { $($($extensions)*)? }
        }
    };
}

/// Implements [`ExtensionLimits`] by arrays: the second part of [`limits!`](crate::limits!).
// Hidden: `limits!` expands to it in the crates of users.
#[doc(hidden)]
#[macro_export]
macro_rules! __extension_limits {
    (
        $name:ident { $($sizes:tt)* }
        $($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*
    ) => {
        const _: () = {
            use $crate::host::limits::{self, ExtensionSizes};
            use $crate::limits::{Array, ArrayText};

            const SIZES: ExtensionSizes = $crate::__extension_sizes! { $($sizes)* };

            impl limits::ExtensionLimits for $name {
                $(type $table<T> = Array<T, { SIZES.$size }>;)*
                type Name = limits::ArrayName;
                type Text = ArrayText<{ SIZES.text_bytes }>;
                type Bytes = Array<u8, { SIZES.value_bytes }>;
                type Compound = limits::NoCompound;
                type Shared = ::core::convert::Infallible;
                type CompoundType = limits::NoCompound;
                type Observer = ();
            }
        };
    };
}

/// Makes [`ExtensionSizes`]: a size that is missing is 0 if there is no preset.
// Hidden: `limits!` expands to it in the crates of users.
#[doc(hidden)]
#[macro_export]
macro_rules! __extension_sizes {
    ($($size:ident: $entries:expr),* $(,)?) => {
        $crate::__extension_sizes! { $($size: $entries,)* ..ExtensionSizes::NONE }
    };
    ($($sizes:tt)*) => {{
        #[allow(clippy::needless_update, reason = "every size may be given beside a preset")]
        const SIZES: ExtensionSizes = ExtensionSizes { $($sizes)* };
        SIZES
    }};
}

/// The type of compound values without an allocator, which has no values.
pub type NoCompound = Infallible;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_or_bytes_that_are_too_long_are_refused() {
        assert_eq!(<ArrayText<3> as Text>::copy_of("nä").unwrap().as_text(), "nä");
        assert_eq!(<ArrayText<3> as Text>::copy_of("näi"), None);
        assert_eq!(<Array<u8, 2> as Bytes>::copy_of(&[1, 2]).unwrap().as_bytes(), [1, 2]);
        assert_eq!(<Array<u8, 2> as Bytes>::copy_of(&[1, 2, 3]), None);
    }

    /// Returns the number of entries that there is room for.
    fn room<T>(mut storage: impl Storage<T>) -> usize {
        (0..1000).find(|it| !storage.reserve(it + 1)).unwrap()
    }

    #[test]
    fn without_the_part_for_extensions_they_take_no_room() {
        crate::limits! {
            struct Bare { ..MachineSizes::SMALL }
        }
        crate::limits! {
            struct Empty { ..MachineSizes::SMALL } extensions {}
        }
        fn check<L: ExtensionLimits>() {
            assert_eq!(room(L::TaskRecords::<u64>::EMPTY), 0);
            assert_eq!(room(L::Contexts::<u64>::EMPTY), 0);
            assert_eq!(L::Text::copy_of("a"), None);
            assert_eq!(size_of::<L::Contexts<u64>>(), size_of::<Array<u64, 0>>());
        }
        check::<Bare>();
        check::<Empty>();
    }

    #[test]
    fn extensions_have_the_written_sizes_or_those_of_the_preset() {
        crate::limits! {
            struct Written { ..MachineSizes::NONE }
            extensions { text_bytes: 3, contexts: 2 }
        }
        assert_eq!(room(<Written as ExtensionLimits>::Contexts::<u64>::EMPTY), 2);
        assert_eq!(room(<Written as ExtensionLimits>::HostSets::<u64>::EMPTY), 0);
        assert!(<Written as ExtensionLimits>::Text::copy_of("abc").is_some());

        crate::limits! {
            struct Preset { ..MachineSizes::NONE }
            extensions { contexts: 7, ..ExtensionSizes::SMALL }
        }
        let ExtensionSizes { host_sets, .. } = ExtensionSizes::SMALL;
        assert_eq!(room(<Preset as ExtensionLimits>::Contexts::<u64>::EMPTY), 7);
        assert_eq!(room(<Preset as ExtensionLimits>::HostSets::<u64>::EMPTY), host_sets);
    }
}
