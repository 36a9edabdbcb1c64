//! The storage of the side tables of the **host extensions**, which no guest sees.

use core::convert::Infallible;
use core::fmt;

use crate::context::ContextKey;
use crate::limits::{Array, ArrayText, Limits, Storage, sizes};
use crate::list::CompoundType;

macro_rules! limits_and_heap {
    ($($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*) => {
        /// The storage of each side table of the host extensions: a host extension.
        ///
        /// [`Heap`](crate::limits::Heap) lets them all grow. [`limits!`](crate::limits!) makes arrays
        /// of the sizes in [`ExtensionSizes`], which are 0 unless they are written: a machine whose
        /// host uses no extensions pays nothing for them.
        pub trait ExtensionLimits: Limits {
            $($(#[$attribute])* type $table<T>: Storage<T>;)*
            /// The name of a value: a context key, a key of metadata.
            type Name: Text;
            /// Any other text: a value, the name of a function or file.
            type Text: Text;
            /// A value that is bytes.
            type Bytes: Bytes;
            /// A value of the Component Model that is made of others.
            type Compound: Compound;
            /// The type of such a value.
            type CompoundType: CompoundType<Value = Self::Compound>;
        }

        #[cfg(feature = "alloc")]
        impl ExtensionLimits for crate::limits::Heap {
            $(type $table<T> = alloc::vec::Vec<T>;)*
            type Name = alloc::string::String;
            type Text = alloc::string::String;
            type Bytes = alloc::vec::Vec<u8>;
            type Compound = crate::abi::Val;
            type CompoundType = crate::abi::Type;
        }
    };
}

crate::__extension_tables! { [limits_and_heap] }

crate::__extension_tables! { [sizes]
    /// The sizes of the host extensions' side tables in a bounded machine: the second part of
    /// [`limits!`](crate::limits!), in which one that is not written is 0.
    struct ExtensionSizes;
    /// No host extensions.
    const NONE;
    /// A few of each, for a machine of [`MachineSizes::SMALL`](crate::limits::MachineSizes::SMALL).
    const SMALL;
    /// Some of each, for a machine of [`MachineSizes::MEDIUM`](crate::limits::MachineSizes::MEDIUM).
    const MEDIUM;
    lengths {
        /// The length of a text in bytes of UTF-8: of a value, and of the name of a function or file.
        text_bytes, [16, 32];
        /// The length of a value that is bytes.
        value_bytes, [16, 32];
    }
}

/// The names of values where they are bounded.
pub type ArrayName = ArrayText<{ ContextKey::MAX_NAME_BYTES }>;

/// A text that is kept whole, or not at all.
pub trait Text: Default + Clone + PartialEq + fmt::Debug {
    /// A copy of `text`; nothing if there is no room for it.
    fn copy_of(text: &str) -> Option<Self>;

    /// What is kept.
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

/// Bytes that are kept whole, or not at all.
pub trait Bytes: Default + Clone + PartialEq + fmt::Debug {
    /// A copy of `bytes`; nothing if there is no room for it.
    fn copy_of(bytes: &[u8]) -> Option<Self>;

    /// What is kept.
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

/// A value of the Component Model that is made of others: a `Val`, or none at all where there is
/// nothing to make it of.
pub trait Compound: Clone + PartialEq + fmt::Debug {}

#[cfg(feature = "alloc")]
impl Compound for crate::abi::Val {}

/// There are none.
impl Compound for Infallible {}

/// Implements [`ExtensionLimits`] by arrays: the second part of [`limits!`](crate::limits!).
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
                type CompoundType = limits::NoCompound;
            }
        };
    };
}

/// The [`ExtensionSizes`] that are written: what is missing is 0 if there is no preset.
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

/// There are no compound values.
pub type NoCompound = Infallible;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_or_bytes_that_are_too_long_are_not_kept() {
        assert_eq!(<ArrayText<3> as Text>::copy_of("nä").unwrap().as_text(), "nä");
        assert_eq!(<ArrayText<3> as Text>::copy_of("näi"), None);
        assert_eq!(<Array<u8, 2> as Bytes>::copy_of(&[1, 2]).unwrap().as_bytes(), [1, 2]);
        assert_eq!(<Array<u8, 2> as Bytes>::copy_of(&[1, 2, 3]), None);
    }

    /// As many entries as there is room for.
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
    fn extensions_have_the_sizes_written_and_else_those_of_the_preset_or_none() {
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
