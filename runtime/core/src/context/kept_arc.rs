//! Values of any Rust type, which are kept in an `Arc`.

use alloc::sync::Arc;
use core::any::Any;
use core::fmt;

use crate::error::Error;
use crate::host::limits::ExtensionLimits;

use super::value::{ContextValue, ContextValueType, IntoContextValue};
use super::value_ref::ContextValueRef;

/// An [`Arc`] of any Rust type, which the host keeps on [`Heap`](crate::limits::Heap): a **host
/// extension**.
///
/// A key whose value is an `Arc<T>` stores it as this. No value is copied or converted: the context
/// returns another `Arc` of the same value.
///
/// ```standalone_crate
/// # extern crate weft_core as weft;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// use weft::context::{AsyncContext, ContextKey};
/// use weft::limits::Heap;
///
/// #[derive(ContextKey)]
/// #[context_key(value = Arc<AtomicU32>)]
/// struct Requests;
///
/// let requests = Arc::new(AtomicU32::new(0));
/// let mut context = AsyncContext::<Heap>::new();
/// context.set::<Requests>(requests.clone())?;
///
/// let kept = context.get::<Requests>().unwrap();
/// kept.fetch_add(1, Ordering::Relaxed);
/// assert_eq!(requests.load(Ordering::Relaxed), 1);
/// # Ok::<(), weft::context::ContextError>(())
/// ```
///
/// The value has to be [`Send`] and [`Sync`], because a store can be sent to another thread. An `Rc`
/// can't be kept:
///
/// ```compile_fail,E0277
/// # extern crate weft_core as weft;
/// use std::rc::Rc;
///
/// use weft::context::{AsyncContext, ContextKey};
/// use weft::limits::Heap;
///
/// #[derive(ContextKey)]
/// #[context_key(value = Rc<u32>)]
/// struct Requests;
///
/// AsyncContext::<Heap>::new().set::<Requests>(Rc::new(1));
/// ```
#[derive(Clone)]
pub struct KeptArc(Arc<dyn Any + Send + Sync>);

impl KeptArc {
    /// Returns the value, or `None` if it has another type.
    #[must_use]
    pub fn downcast<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.clone().downcast().ok()
    }
}

/// Two are equal if they are the same value, as [`Arc::ptr_eq`] says.
impl PartialEq for KeptArc {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for KeptArc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptArc").finish_non_exhaustive()
    }
}

impl<L: ExtensionLimits<Shared = KeptArc>, T: Any + Send + Sync> IntoContextValue<L> for Arc<T> {
    fn into_context_value(self) -> Result<ContextValue<L>, Error> {
        Ok(ContextValue::Shared(KeptArc(self)))
    }
}

impl<L: ExtensionLimits<Shared = KeptArc>, T: Any + Send + Sync> ContextValueType<L> for Arc<T> {
    type View<'a> = Self;

    fn view(value: ContextValueRef<'_, L>) -> Option<Self> {
        match value {
            ContextValueRef::Shared(kept) => kept.downcast(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::sync::Mutex;

    use super::*;
    use crate::abi::Val;
    use crate::limits::Heap;

    #[test]
    fn an_arc_is_kept_and_has_no_other_type() {
        let value = Arc::new(Mutex::new(1_u32));
        let kept: ContextValue<Heap> = value.clone().into_context_value().unwrap();
        assert!(Arc::ptr_eq(&value, &kept.get::<Arc<Mutex<u32>>>().unwrap()));
        assert!(kept.get::<Arc<u32>>().is_none());
        assert_eq!(kept.get::<u32>(), None);
        assert_eq!(kept.get::<Val>(), None);
        assert_eq!((kept.as_text(), kept.as_bytes()), (None, None));
        assert!(ContextValue::<Heap>::U32(1).get::<Arc<u32>>().is_none());
    }

    #[test]
    fn an_arc_is_equal_to_itself_and_is_dropped_with_its_context() {
        let value = Arc::new(5_u32);
        let keep = |value: Arc<u32>| -> ContextValue<Heap> { value.into_context_value().unwrap() };
        let kept = keep(value.clone());
        assert_eq!(kept, kept.clone());
        assert_ne!(kept, keep(Arc::new(5)));
        assert_ne!(kept, ContextValue::U32(5));
        assert_eq!(format!("{kept:?}"), "KeptArc { .. }");
        drop(kept);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
