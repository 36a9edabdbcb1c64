//! Typed handles of the host: of a resource, of an end of a stream or future, or of an error
//! context.
//!
//! A function that takes or returns a handle in WIT takes or returns one of these in Rust. The type
//! parameter is only for the compiler, so that handles of different types can't be mixed up. `R` is
//! any type of yours; in the functions of one type, one `R` stands for one resource type.
//!
//!
//! ```
//! # use weft_core as weft;
//! use weft::handle::OwnHandle;
//!
//! #[derive(Debug)]
//! enum File {}
//!
//! // A resource of a type that the host defines. It knows the resource by the number 3.
//! let file = OwnHandle::<File>::new(3);
//! assert_eq!(file.representation(), 3);
//! assert_eq!(file.borrow().representation(), 3);
//! ```
//!
//! | type | WIT | purpose |
//! |---|---|---|
//! | [`OwnHandle<R>`] | `own<r>`, `r` | owns the resource: its owner drops it or passes it on |
//! | [`BorrowHandle<'_, R>`](BorrowHandle) | `borrow<r>` | lent until the call returns |
//! | [`StreamHandle<T>`] | `stream<t>` | the readable end of a stream |
//! | [`FutureHandle<T>`] | `future<t>` | the readable end of a future |
//! | [`ErrorContext`] | `error-context` | the description of an error |
//!
//! All of them are types of the Component Model: they are lifted, lowered, and parts of other
//! types.
//!
//! The host has no handle table. A handle holds the id by which the [machine](crate::machine) knows
//! the object. Dropping the Rust value does nothing: the store drops a resource, an end or an error
//! context. If the host uses a handle of an object that it no longer holds, the store returns an
//! error. Only a borrow can be cloned.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

use crate::abi::Resource;
use crate::builtin::TypeIndex;
use crate::error::AbiError;
use crate::id::{EndId, ErrorContextId};

/// A resource, and its type in a store, if it was in one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Untyped {
    ty: Option<TypeIndex>,
    representation: u64,
}

impl Untyped {
    /// Returns the resource as one of the type `ty`.
    fn of_type(self, ty: TypeIndex) -> Result<Resource, AbiError> {
        match self.ty {
            Some(own) if own != ty => Err(AbiError::ValueMismatch),
            _ => Ok(Resource { ty, representation: self.representation }),
        }
    }
}

/// Implements the methods and traits of a resource's handle. A derive would demand the traits of
/// the type parameter, which has no value.
macro_rules! resource {
    ($name:ident $([$lifetime:lifetime])?) => {
        impl<$($lifetime,)? R: ?Sized> $name<$($lifetime,)? R> {
            /// Creates a handle of a resource whose type the host defines, from its
            /// representation.
            #[must_use]
            pub const fn new(representation: u64) -> Self {
                Self { untyped: Untyped { ty: None, representation }, behind: PhantomData }
            }

            /// Returns the representation, by which the instance or host that defines the type
            /// knows the resource.
            #[must_use]
            pub const fn representation(&self) -> u64 {
                self.untyped.representation
            }

            /// Returns the resource with its type in the store, or `None` for a handle that
            /// [`new`](Self::new) created.
            #[must_use]
            pub const fn resource(&self) -> Option<Resource> {
                match self.untyped {
                    Untyped { ty: Some(ty), representation } => {
                        Some(Resource { ty, representation })
                    }
                    Untyped { ty: None, .. } => None,
                }
            }

            /// Returns the resource as one of the type `ty` of a store.
            ///
            /// # Errors
            ///
            /// [`AbiError::ValueMismatch`] if it has another type.
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

/// Shows only the representation, because the number of the type means nothing to a reader.
impl fmt::Debug for Untyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.representation.fmt(f)
    }
}

/// A resource of type `R` that the host owns.
pub struct OwnHandle<R: ?Sized> {
    untyped: Untyped,
    behind: PhantomData<fn() -> *const R>,
}

resource!(OwnHandle);

impl<R: ?Sized> OwnHandle<R> {
    /// Returns a borrow of the same resource.
    #[must_use]
    pub const fn borrow(&self) -> BorrowHandle<'_, R> {
        BorrowHandle { untyped: self.untyped, behind: PhantomData }
    }
}

/// Converts as [`OwnHandle::resource`] does.
impl<R: ?Sized> From<OwnHandle<R>> for Option<Resource> {
    fn from(own: OwnHandle<R>) -> Self {
        own.resource()
    }
}

/// A resource of type `R` that is lent for the time of a call.
///
/// A host function can pass a borrow that it was lent to another call, as long as its own caller
/// waits for it. The store checks that, independently of the lifetime.
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

/// Implements the methods and traits of a readable end's handle.
macro_rules! end {
    ($name:ident) => {
        impl<T: ?Sized> $name<T> {
            /// Returns the id of the end in the machine.
            #[must_use]
            pub const fn end(&self) -> EndId {
                self.end
            }
        }

        /// Converts without a check: the element type is checked when the end is passed to a
        /// guest.
        impl<T: ?Sized> From<EndId> for $name<T> {
            fn from(end: EndId) -> Self {
                Self { end, behind: PhantomData }
            }
        }

        handle!($name<T>: end);
    };
}

/// The readable end of a stream of `T`, or of `()` if the WIT names no element.
pub struct StreamHandle<T: ?Sized> {
    end: EndId,
    behind: PhantomData<fn() -> *const T>,
}

end!(StreamHandle);

/// The readable end of a future of `T`, or of `()` if the WIT names no value.
pub struct FutureHandle<T: ?Sized> {
    end: EndId,
    behind: PhantomData<fn() -> *const T>,
}

end!(FutureHandle);

/// The description of an error.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ErrorContext(ErrorContextId);

impl ErrorContext {
    /// Returns its id in the machine.
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

    /// A type with neither `Send` nor `Debug` nor any other trait.
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
    fn a_handle_demands_no_traits_of_its_type_parameter() {
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
