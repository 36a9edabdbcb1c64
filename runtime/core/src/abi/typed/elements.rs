//! Bulk moves of the elements of streams, which may have no value at all.
//!
//! A list's element is a value, but a stream may have none. So the functions here are constants
//! that exist only if there is something to move.

use core::marker::PhantomData;

use crate::error::Failure;

use super::{Lift, Lower};
use crate::abi::{LiftContext, LowerContext, NoHandles};

/// A function that writes values one after the other, beginning at an address.
pub type StoreElements<T, C> = fn(&[T], &mut C, u64) -> Result<(), Failure>;

/// A function that reads the values that lie one after the other in some bytes.
pub type LoadElements<I> =
    for<'a> fn(&mut LiftContext<'a, NoHandles>, &'a [u8], &mut I) -> Result<(), Failure>;

/// Bulk moves of elements of type `T`.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::{Elements, LiftContext, Options, StringEncoding, Window};
/// use weft::core_value::IntegerType;
///
/// let options = Options::new(IntegerType::I32, StringEncoding::Utf8);
/// let mut bytes = [0; 4];
/// let store = Elements::<u16>::store().unwrap();
/// store(&[1, 2], &mut Window { options, bytes: &mut bytes }, 0)?;
/// assert_eq!(bytes, [1, 0, 2, 0]);
/// # #[cfg(feature = "alloc")] {
/// let load = Elements::<u16>::load().unwrap();
/// let mut back = Vec::new();
/// load(&mut LiftContext::new(&bytes, options), &bytes, &mut back)?;
/// assert_eq!(back, [1, 2]);
/// # }
/// assert!(Elements::<()>::store::<Window<'_>>().is_none());
/// # Ok::<(), weft::error::Failure>(())
/// ```
#[derive(Debug)]
pub struct Elements<T>(PhantomData<T>);

struct Store<T, C>(PhantomData<(T, C)>);

impl<T: Lower, C: LowerContext> Store<T, C> {
    const ELEMENTS: Option<StoreElements<T, C>> =
        if T::ABI.narrow.size > 0 { Some(T::store_elements::<C>) } else { None };
}

struct Load<T, I>(PhantomData<(T, I)>);

impl<T: for<'a> Lift<'a>, I: Extend<T>> Load<T, I> {
    const ELEMENTS: Option<LoadElements<I>> = if T::ABI.narrow.size > 0 && !T::HANDLES {
        Some(|cx, bytes, into| load_elements::<T, I>(cx, bytes, into))
    } else {
        None
    };
}

fn load_elements<'a, T: for<'l> Lift<'l>, I: Extend<T>>(
    cx: &mut LiftContext<'a, NoHandles>,
    bytes: &'a [u8],
    into: &mut I,
) -> Result<(), Failure> {
    <T as Lift<'a>>::load_elements(cx, bytes, into)
}

impl<T: Lower> Elements<T> {
    /// Returns [`Lower::store_elements`], or `None` if `T` has no value.
    #[inline]
    #[must_use]
    pub const fn store<C: LowerContext>() -> Option<StoreElements<T, C>> {
        Store::<T, C>::ELEMENTS
    }
}

impl<T: for<'a> Lift<'a>> Elements<T> {
    /// Returns [`Lift::load_elements`], or `None` if `T` has no value, or may have a handle in
    /// it.
    #[inline]
    #[must_use]
    pub const fn load<I: Extend<T>>() -> Option<LoadElements<I>> {
        Load::<T, I>::ELEMENTS
    }
}
