//! The result of a host function that returns an error of its WIT type, or traps.

use alloc::boxed::Box;
use core::error::Error as AnyError;

use crate::abi::ComponentType;
use crate::error::Error;

/// An error with which a host function traps.
type Cause = Box<dyn AnyError + Send + Sync>;

/// The error of a host function whose WIT type is `result<t, e>`: an error of the type `e`, which
/// the guest gets, or a trap.
///
/// `?` converts an `E` into it, and also the errors of Weft. Pass other errors to
/// [`trap`](Self::trap), so that the guest traps.
///
/// ```standalone_crate
/// # extern crate weft_core as weft;
/// use weft::abi::{ComponentType, Lift, Lower};
/// use weft::or_trap::OrTrap;
///
/// #[derive(Debug, PartialEq, ComponentType, Lift, Lower)]
/// enum ErrorCode {
///     Missing,
/// }
///
/// fn size(name: &str) -> Result<u64, OrTrap<ErrorCode>> {
///     let text = Some(name).filter(|it| !it.is_empty()).ok_or(ErrorCode::Missing)?;
///     text.parse().map_err(OrTrap::trap)
/// }
///
/// assert_eq!(size("7").unwrap(), 7);
/// assert!(matches!(size(""), Err(OrTrap::Error(ErrorCode::Missing))));
/// assert!(matches!(size("x"), Err(OrTrap::Trap(_))));
/// ```
#[derive(Debug)]
pub enum OrTrap<E> {
    /// The function returns an error.
    Error(E),
    /// The guest traps.
    Trap(Box<dyn AnyError + Send + Sync>),
}

impl<E> OrTrap<E> {
    /// Returns a trap with the cause `error`, which is an error or a text.
    pub fn trap(error: impl Into<Box<dyn AnyError + Send + Sync>>) -> Self {
        Self::Trap(error.into())
    }
}

impl<E: ComponentType> From<E> for OrTrap<E> {
    fn from(error: E) -> Self {
        Self::Error(error)
    }
}

impl<E> From<Cause> for OrTrap<E> {
    fn from(error: Cause) -> Self {
        Self::Trap(error)
    }
}

impl<E> From<Error> for OrTrap<E> {
    fn from(error: Error) -> Self {
        Self::trap(error)
    }
}
