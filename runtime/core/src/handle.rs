//! Typed handles: what the host holds of a resource, of an end of a stream or future, or of an
//! error context, with the type behind it for the compiler.
//!
//! The host has no handle table; what it holds, it knows by what the [machine](crate::machine)
//! calls it. The types here are that and, for the compiler only, the type behind it.
//!
//! | type | WIT | |
//! |---|---|---|
//! | [`OwnHandle<R>`] | `own<r>`, `r` | owns the resource: whoever has it drops it or gives it away |
//! | [`BorrowHandle<'_, R>`](BorrowHandle) | `borrow<r>` | lent until the call returns |
//! | [`StreamHandle<T>`] | `stream<t>` | the readable end of a stream |
//! | [`FutureHandle<T>`] | `future<t>` | the readable end of a future |
//! | [`ErrorContext`] | `error-context` | an error's description |
//!
//! Only what may be duplicated can be cloned: a borrow. Dropping the Rust value tells nobody:
//! it is the store that drops a resource, an end or an error context, and that finds out if one
//! is used which the host does not hold any more.
//!
//! All of them are types of the Component Model: they are lifted, lowered, and parts of other
//! types. `R` is any type of yours; in the functions of one type, one `R` stands for one resource
//! type.
//!
//! ```
//! # use weft_core as weft;
//! use weft::handle::OwnHandle;
//!
//! #[derive(Debug)]
//! enum File {}
//!
//! // A resource of the host's own type, which it knows by the number 3.
//! let file = OwnHandle::<File>::new(3);
//! assert_eq!(file.representation(), 3);
//! assert_eq!(file.borrow().representation(), 3);
//! ```

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

use crate::abi::Resource;
use crate::builtin::TypeIndex;
use crate::error::AbiError;
use crate::id::{EndId, ErrorContextId};

/// A resource, and its type in a store, if it has been in one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Untyped {
    ty: Option<TypeIndex>,
    representation: u64,
}

impl Untyped {
    /// The resource as one of the type `ty`.
    fn of_type(self, ty: TypeIndex) -> Result<Resource, AbiError> {
        match self.ty {
            Some(own) if own != ty => Err(AbiError::ValueMismatch),
            _ => Ok(Resource { ty, representation: self.representation }),
        }
    }
}

/// What the handles of resources have in common. A derive would ask the same of the type behind
/// the handle, which has no value.
macro_rules! resource {
    ($name:ident $([$lifetime:lifetime])?) => {
        impl<$($lifetime,)? R: ?Sized> $name<$($lifetime,)? R> {
            /// A resource of a type of the host's own, of which the host knows the representation.
            #[must_use]
            pub const fn new(representation: u64) -> Self {
                Self { untyped: Untyped { ty: None, representation }, behind: PhantomData }
            }

            /// What the resource type's definer knows the resource by.
            #[must_use]
            pub const fn representation(&self) -> u64 {
                self.untyped.representation
            }

            /// The resource with its type in the store; nothing if it has not been in one.
            #[must_use]
            pub const fn resource(&self) -> Option<Resource> {
                match self.untyped {
                    Untyped { ty: Some(ty), representation } => {
                        Some(Resource { ty, representation })
                    }
                    Untyped { ty: None, .. } => None,
                }
            }

            /// The resource as one of the type `ty` of a store.
            ///
            /// # Errors
            ///
            /// [`AbiError::ValueMismatch`] if it is of another.
            pub fn of_type(&self, ty: TypeIndex) -> Result<Resource, AbiError> {
                self.untyped.of_type(ty)
            }
        }

        impl<$($lifetime,)? R: ?Sized> From<Resource> for $name<$($lifetime,)? R> {
            fn from(Resource { ty, representation }: Resource) -> Self {
                Self { untyped: Untyped { ty: Some(ty), representation }, behind: PhantomData }
            }
        }

        handle!($name $([$lifetime])?<R>: untyped);
    };
}

macro_rules! handle {
    ($name:ident $([$lifetime:lifetime])? <$parameter:ident>: $field:ident) => {
        impl<$($lifetime,)? $parameter: ?Sized> fmt::Debug for $name<$($lifetime,)? $parameter> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.$field).finish()
            }
        }

        impl<$($lifetime,)? $parameter: ?Sized> PartialEq for $name<$($lifetime,)? $parameter> {
            fn eq(&self, other: &Self) -> bool {
                self.$field == other.$field
            }
        }

        impl<$($lifetime,)? $parameter: ?Sized> Eq for $name<$($lifetime,)? $parameter> {}

        impl<$($lifetime,)? $parameter: ?Sized> Hash for $name<$($lifetime,)? $parameter> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.$field.hash(state);
            }
        }
    };
}

/// The representation alone: the number of the type means nothing to a reader.
impl fmt::Debug for Untyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.representation.fmt(f)
    }
}

/// A resource of type `R` that is owned.
pub struct OwnHandle<R: ?Sized> {
    untyped: Untyped,
    behind: PhantomData<fn() -> *const R>,
}

resource!(OwnHandle);

impl<R: ?Sized> OwnHandle<R> {
    /// The same resource, lent.
    #[must_use]
    pub const fn borrow(&self) -> BorrowHandle<'_, R> {
        BorrowHandle { untyped: self.untyped, behind: PhantomData }
    }
}

/// As [`OwnHandle::resource`].
impl<R: ?Sized> From<OwnHandle<R>> for Option<Resource> {
    fn from(own: OwnHandle<R>) -> Self {
        own.resource()
    }
}

/// A resource of type `R` that is lent for the time of a call.
///
/// One that a host function was lent can be given to another call as long as its own
/// caller waits for it, and the store sees to it, whatever the lifetime says.
pub struct BorrowHandle<'a, R: ?Sized> {
    untyped: Untyped,
    behind: PhantomData<fn() -> (&'a (), *const R)>,
}

resource!(BorrowHandle['a]);

impl<R: ?Sized> Clone for BorrowHandle<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: ?Sized> Copy for BorrowHandle<'_, R> {}

/// What the readable ends have in common.
macro_rules! end {
    ($name:ident) => {
        impl<T: ?Sized> $name<T> {
            /// What the machine calls the end.
            #[must_use]
            pub const fn end(&self) -> EndId {
                self.end
            }
        }

        /// What goes through it is checked when it is given to a guest.
        impl<T: ?Sized> From<EndId> for $name<T> {
            fn from(end: EndId) -> Self {
                Self { end, behind: PhantomData }
            }
        }

        handle!($name<T>: end);
    };
}

/// The readable end of a stream of `T`; of `()` where the WIT names no element.
pub struct StreamHandle<T: ?Sized> {
    end: EndId,
    behind: PhantomData<fn() -> *const T>,
}

end!(StreamHandle);

/// The readable end of a future of `T`; of `()` where the WIT names no value.
pub struct FutureHandle<T: ?Sized> {
    end: EndId,
    behind: PhantomData<fn() -> *const T>,
}

end!(FutureHandle);

/// The description of an error.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ErrorContext(ErrorContextId);

impl ErrorContext {
    /// What the machine calls it.
    #[must_use]
    pub const fn id(&self) -> ErrorContextId {
        self.0
    }
}

impl From<ErrorContextId> for ErrorContext {
    fn from(id: ErrorContextId) -> Self {
        Self(id)
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

    const FILE: TypeIndex = TypeIndex(3);
    const OTHER: TypeIndex = TypeIndex(4);

    #[test]
    fn a_resource_comes_back_as_it_went_in() {
        let resource = Resource { ty: FILE, representation: u64::MAX };
        let own = OwnHandle::<Behind>::from(resource);
        assert_eq!(own.resource(), Some(resource));
        assert_eq!(own.of_type(FILE), Ok(resource));
        assert_eq!(own.borrow().resource(), Some(resource));
    }

    #[test]
    fn a_resource_is_of_one_type() {
        let own = OwnHandle::<Behind>::from(Resource { ty: FILE, representation: 1 });
        assert_eq!(own.of_type(OTHER), Err(AbiError::ValueMismatch));
        assert_eq!(own.borrow().of_type(OTHER), Err(AbiError::ValueMismatch));
    }

    #[test]
    fn a_resource_that_was_in_no_store_gets_its_type_there() {
        let own = OwnHandle::<Behind>::new(7);
        assert_eq!(own.resource(), None);
        assert_eq!(own.of_type(FILE), Ok(Resource { ty: FILE, representation: 7 }));
    }

    #[test]
    fn a_handle_asks_nothing_of_the_type_behind_it() {
        fn check<T: Send + Sync + Eq + Hash + fmt::Debug>(handles: [T; 2]) -> usize {
            HashSet::from(handles).len()
        }
        assert_eq!(check([1, 2].map(OwnHandle::<Behind>::new)), 2);
        assert_eq!(check([1, 1].map(BorrowHandle::<Behind>::new)), 1);
        assert_eq!(format!("{:?}", OwnHandle::<Behind>::new(7)), "OwnHandle(7)");
    }

    #[test]
    fn a_borrow_is_of_the_same_resource() {
        let own = OwnHandle::<Behind>::new(5);
        let borrow = own.borrow();
        let again = borrow;
        assert_eq!((borrow, again.representation()), (again, own.representation()));
    }
}
