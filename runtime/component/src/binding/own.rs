//! Resources that are values of a Rust type: owned, or borrowed.

use alloc::sync::Arc;
use core::any::{Any, type_name};
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use crate::abi::{
    Abi, ComponentType, CoreValueIter, FlatValues, Lift, LiftContext, LiftHandles, Lower,
    LowerContext, ResourceKey, Shape, SharedValue,
};
use crate::error::{AbiError, Failure};

/// A resource that is a value of the Rust type `R` and that the host owns.
///
/// It is WIT's `own<r>`, where the host defines `r` and `HostResourceType::of::<R>()` made its
/// resource type. The host makes one from a value and passes it to a guest, as the result of a host
/// function or as an argument of a call. The store then keeps the value. If the guest drops the
/// resource, the value is dropped. If the guest passes the resource back, the host has an `Own`
/// again.
///
/// It derefs to `&R`. To change a value, use interior mutability, such as a
/// [`Mutex`](https://doc.rust-lang.org/std/sync/struct.Mutex.html) or an atomic: all
/// [borrows](Borrow) of it share the value.
///
/// ```
/// use weft::binding::Own;
///
/// #[derive(Debug)]
/// struct File {
///     name: String,
/// }
///
/// let file = Own::new(File { name: "notes".into() });
/// assert_eq!(file.name, "notes");
///
/// // As long as somebody has borrowed it, the value stays where it is.
/// let borrowed = file.borrow();
/// let file = file.into_inner().unwrap_err();
/// assert_eq!(borrowed.name, "notes");
/// drop(borrowed);
/// assert_eq!(file.into_inner().unwrap().name, "notes");
/// ```
pub struct Own<R> {
    value: Arc<R>,
}

/// A resource that is a value of the Rust type `R` and that is lent.
///
/// It is WIT's `borrow<r>`, where the host defines `r` and `HostResourceType::of::<R>()` made its
/// resource type. A host function gets one if a guest lends a resource, and passes one to a guest
/// that it calls.
///
/// It derefs to `&R`. It has no lifetime, so that an async host function can keep it while it
/// waits, and a struct can have it as a field. A borrow that is kept keeps the value, even after
/// the guest has dropped the resource. So a resource that needs another one keeps a `Borrow` of it,
/// as an entry of a directory keeps one of the directory.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use weft::binding::{Borrow, Own};
///
/// #[derive(Default)]
/// struct Directory {
///     entries: AtomicU32,
/// }
///
/// struct Entry {
///     of: Borrow<Directory>,
/// }
///
/// let directory = Own::new(Directory::default());
/// let entry = Own::new(Entry { of: directory.borrow() });
/// drop(directory);
/// entry.of.entries.fetch_add(1, Ordering::Relaxed);
/// assert_eq!(entry.of.entries.load(Ordering::Relaxed), 1);
/// ```
pub struct Borrow<R> {
    value: Arc<R>,
}

impl<R> Own<R> {
    /// Makes a resource from a value. This needs no store.
    #[must_use]
    pub fn new(value: R) -> Self {
        Self { value: Arc::new(value) }
    }

    /// Lends the resource.
    #[must_use]
    pub fn borrow(&self) -> Borrow<R> {
        Borrow { value: self.value.clone() }
    }

    /// Returns the value, if it has no [borrows](Borrow).
    ///
    /// # Errors
    ///
    /// The resource itself, if the value has borrows.
    pub fn into_inner(self) -> Result<R, Self> {
        Arc::try_unwrap(self.value).map_err(|value| Self { value })
    }

    /// Returns a mutable reference to the value, or `None` if it has [borrows](Borrow).
    pub fn get_mut(&mut self) -> Option<&mut R> {
        Arc::get_mut(&mut self.value)
    }
}

impl<R> From<R> for Own<R> {
    fn from(value: R) -> Self {
        Self::new(value)
    }
}

impl<R> Clone for Borrow<R> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone() }
    }
}

/// Implements what both have in common: they are handles, whose values the store keeps.
macro_rules! resource {
    ($name:ident, $shape:ident) => {
        impl<R> Deref for $name<R> {
            type Target = R;

            fn deref(&self) -> &R {
                &self.value
            }
        }

        impl<R> AsRef<R> for $name<R> {
            fn as_ref(&self) -> &R {
                &self.value
            }
        }

        /// Shows only the type. `R` need not implement [`Debug`](fmt::Debug), as WIT types with a
        /// resource in them derive it.
        impl<R> fmt::Debug for $name<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}<{}>", stringify!($name), type_name::<R>())
            }
        }

        /// Two resources are equal if they are the same one.
        impl<R> PartialEq for $name<R> {
            fn eq(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.value, &other.value)
            }
        }

        impl<R> Eq for $name<R> {}

        impl<R> Hash for $name<R> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                Arc::as_ptr(&self.value).hash(state);
            }
        }

        impl<R: Send + Sync + 'static> ComponentType for $name<R> {
            const ABI: Abi = Abi::HANDLE;
            const INLINE: bool = false;
            const HANDLES: bool = true;
            const SHAPE: Shape = Shape::$shape(ResourceKey::of_values::<R>());
        }

        impl<R: Send + Sync + 'static> Lower for $name<R> {
            fn lower_flat<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                flat: &mut FlatValues,
            ) -> Result<(), Failure> {
                let value: SharedValue = self.value.clone();
                let index = cx.lower_value(&Self::SHAPE, &value)?;
                flat.push(index.into())
            }

            fn store<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                address: u64,
            ) -> Result<(), Failure> {
                let value: SharedValue = self.value.clone();
                let index = cx.lower_value(&Self::SHAPE, &value)?;
                index.store(cx, address)
            }
        }

        impl<'l, R: Send + Sync + 'static> Lift<'l> for $name<R> {
            fn lift_flat<H: LiftHandles>(
                cx: &mut LiftContext<'l, H>,
                values: &mut CoreValueIter<'_>,
            ) -> Result<Self, Failure> {
                let index = u32::lift_flat(cx, values)?;
                lift(&mut cx.handles, &Self::SHAPE, index).map(|value| Self { value })
            }

            fn load<H: LiftHandles>(
                cx: &mut LiftContext<'l, H>,
                bytes: &'l [u8],
            ) -> Result<Self, Failure> {
                let index = u32::load(cx, bytes)?;
                lift(&mut cx.handles, &Self::SHAPE, index).map(|value| Self { value })
            }
        }
    };
}

resource!(Own, Own);
resource!(Borrow, Borrow);

/// Lifts the value of a resource.
fn lift<H: LiftHandles, R: Send + Sync + 'static>(
    handles: &mut H,
    shape: &Shape,
    index: u32,
) -> Result<Arc<R>, Failure> {
    let mut place = None::<SharedValue>;
    let any: &mut dyn Any = &mut place;
    handles.lift_value(shape, index, any)?;
    let value = place.and_then(|value| value.downcast::<R>().ok());
    value.ok_or_else(|| AbiError::ResourceValue.into())
}
