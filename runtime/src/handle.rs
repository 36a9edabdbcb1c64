//! Typed handles: indices into a component instance's handle table, with what they stand for.
//!
//! To a guest, a resource, an end of a stream or future and an error context is an index into
//! its instance's table. The types here are that index and, for the compiler only, the type
//! behind it. Index 0 of a table is never used, so a handle in an `Option` is as small as
//! without.
//!
//! | type | WIT | |
//! |---|---|---|
//! | [`Own<R>`] | `own<r>`, `r` | owns the resource: whoever has it drops it or gives it away |
//! | [`Borrow<'_, R>`](Borrow) | `borrow<r>` | lent until the call returns |
//! | [`Stream<T>`] | `stream<t>` | the readable end of a stream |
//! | [`Future<T>`] | `future<t>` | the readable end of a future |
//! | [`ErrorContext`] | `error-context` | an error's description |
//!
//! Only what may be duplicated can be cloned: a borrow. A handle is a number: dropping the Rust
//! value tells no table. That is the part of whoever has the table.
//!
//! ```
//! use weft::handle::{Own, ZeroIndex};
//!
//! #[derive(Debug)]
//! enum File {}
//!
//! let file = Own::<File>::from_index(3)?;
//! assert_eq!(file.index(), 3);
//! assert_eq!(file.borrow().index(), 3);
//! assert_eq!(Own::<File>::from_index(0), Err(ZeroIndex));
//! # Ok::<(), ZeroIndex>(())
//! ```

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::num::NonZeroU32;

/// Index 0 of a handle table is never used, so no handle has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("0 is not the index of a handle")]
pub struct ZeroIndex;

/// What all handles have in common. A derive would ask the same of the type behind the handle,
/// which has no value.
macro_rules! handle {
    ($name:ident $([$lifetime:lifetime])? <$parameter:ident>) => {
        impl<$($lifetime,)? $parameter: ?Sized> $name<$($lifetime,)? $parameter> {
            /// The handle at `index` of a table.
            pub const fn from_index(index: u32) -> Result<Self, ZeroIndex> {
                match NonZeroU32::new(index) {
                    Some(index) => Ok(Self { index, behind: PhantomData }),
                    None => Err(ZeroIndex),
                }
            }

            /// The index in the table.
            pub const fn index(&self) -> u32 {
                self.index.get()
            }
        }

        impl<$($lifetime,)? $parameter: ?Sized> fmt::Debug for $name<$($lifetime,)? $parameter> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.index).finish()
            }
        }

        impl<$($lifetime,)? $parameter: ?Sized> PartialEq for $name<$($lifetime,)? $parameter> {
            fn eq(&self, other: &Self) -> bool {
                self.index == other.index
            }
        }

        impl<$($lifetime,)? $parameter: ?Sized> Eq for $name<$($lifetime,)? $parameter> {}

        impl<$($lifetime,)? $parameter: ?Sized> Hash for $name<$($lifetime,)? $parameter> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.index.hash(state);
            }
        }

        impl<$($lifetime,)? $parameter: ?Sized> TryFrom<u32>
            for $name<$($lifetime,)? $parameter>
        {
            type Error = ZeroIndex;

            fn try_from(index: u32) -> Result<Self, ZeroIndex> {
                Self::from_index(index)
            }
        }

        impl<$($lifetime,)? $parameter: ?Sized> From<$name<$($lifetime,)? $parameter>> for u32 {
            fn from(handle: $name<$($lifetime,)? $parameter>) -> u32 {
                handle.index()
            }
        }
    };
}

/// A resource of type `R` that is owned.
pub struct Own<R: ?Sized> {
    index: NonZeroU32,
    behind: PhantomData<fn() -> *const R>,
}

handle!(Own<R>);

impl<R: ?Sized> Own<R> {
    /// The same resource, lent.
    pub const fn borrow(&self) -> Borrow<'_, R> {
        Borrow { index: self.index, behind: PhantomData }
    }
}

/// A resource of type `R` that is lent for the time of a call.
pub struct Borrow<'a, R: ?Sized> {
    index: NonZeroU32,
    behind: PhantomData<fn() -> (&'a (), *const R)>,
}

handle!(Borrow['a]<R>);

impl<R: ?Sized> Clone for Borrow<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: ?Sized> Copy for Borrow<'_, R> {}

/// The readable end of a stream of `T`; of `()` where the WIT names no element.
pub struct Stream<T: ?Sized> {
    index: NonZeroU32,
    behind: PhantomData<fn() -> *const T>,
}

handle!(Stream<T>);

/// The readable end of a future of `T`; of `()` where the WIT names no value.
pub struct Future<T: ?Sized> {
    index: NonZeroU32,
    behind: PhantomData<fn() -> *const T>,
}

handle!(Future<T>);

/// The description of an error.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ErrorContext(NonZeroU32);

impl ErrorContext {
    /// The handle at `index` of a table.
    pub const fn from_index(index: u32) -> Result<Self, ZeroIndex> {
        match NonZeroU32::new(index) {
            Some(index) => Ok(Self(index)),
            None => Err(ZeroIndex),
        }
    }

    /// The index in the table.
    pub const fn index(&self) -> u32 {
        self.0.get()
    }
}

impl TryFrom<u32> for ErrorContext {
    type Error = ZeroIndex;

    fn try_from(index: u32) -> Result<Self, ZeroIndex> {
        Self::from_index(index)
    }
}

impl From<ErrorContext> for u32 {
    fn from(handle: ErrorContext) -> u32 {
        handle.index()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::cell::Cell;
    use std::collections::HashSet;
    use std::format;

    use super::*;

    /// Neither `Send` nor `Debug` nor anything else.
    struct Behind(#[expect(dead_code)] Cell<*const ()>);

    #[test]
    fn no_handle_has_index_zero() {
        assert_eq!(Own::<Behind>::from_index(0), Err(ZeroIndex));
        assert_eq!(Borrow::<Behind>::try_from(0), Err(ZeroIndex));
        assert_eq!(Stream::<Behind>::from_index(0), Err(ZeroIndex));
        assert_eq!(Future::<Behind>::from_index(0), Err(ZeroIndex));
        assert_eq!(ErrorContext::try_from(0), Err(ZeroIndex));
        assert_eq!(format!("{ZeroIndex}"), "0 is not the index of a handle");
    }

    #[test]
    fn an_index_comes_back_as_it_went_in() {
        for index in [1, 2, u32::MAX] {
            assert_eq!(Own::<Behind>::from_index(index).map(u32::from), Ok(index));
            assert_eq!(Stream::<Behind>::from_index(index).map(|end| end.index()), Ok(index));
            assert_eq!(ErrorContext::from_index(index).map(u32::from), Ok(index));
        }
    }

    #[test]
    fn a_handle_asks_nothing_of_the_type_behind_it() {
        fn check<T: Send + Sync + Eq + Hash + fmt::Debug>(handles: [T; 2]) -> usize {
            HashSet::from(handles).len()
        }
        assert_eq!(check([1, 2].map(|i| Own::<Behind>::from_index(i).unwrap())), 2);
        assert_eq!(check([1, 1].map(|i| Borrow::<Behind>::from_index(i).unwrap())), 1);
        assert_eq!(check([1, 2].map(|i| Future::<[Behind]>::from_index(i).unwrap())), 2);
        assert_eq!(format!("{:?}", Stream::<Behind>::from_index(7)), "Ok(Stream(7))");
    }

    #[test]
    fn a_handle_in_an_option_is_an_index() {
        assert_eq!(size_of::<Option<Own<Behind>>>(), 4);
        assert_eq!(size_of::<Option<Borrow<'_, Behind>>>(), 4);
        assert_eq!(size_of::<Option<ErrorContext>>(), 4);
    }

    #[test]
    fn a_borrow_is_of_the_same_resource() {
        let own = Own::<Behind>::from_index(5).unwrap();
        let borrow = own.borrow();
        let again = borrow;
        assert_eq!((borrow, again.index()), (again, own.index()));
    }
}
