//! Errors of host functions: errors that a guest gets as a value, and errors that trap.

use core::error::Error;
use core::fmt;

use crate::component::streams::{StreamClosed, StreamError};
use crate::component::{CallError, ExportError, HandleError, HostError, StoreDropped};

pub use weft_core::or_trap::OrTrap;

/// An error of a host that becomes an error of the WIT type `E`, or a trap.
///
/// [`OrTrap<E>`](OrTrap) is one. To use an error type of yours, implement this trait for it, and
/// name it in the configuration of the bindings. Its host functions then return it, and `?`
/// converts other errors into it.
///
/// ```
/// use std::io;
/// use weft::binding::{OrTrap, WitError, or_trap};
/// use weft::component::HostError;
/// # use weft::abi::{ComponentType, Lift, Lower};
///
/// #[derive(Debug, PartialEq, ComponentType, Lift, Lower)]
/// enum ErrorCode {
///     Missing,
///     Denied,
/// }
///
/// struct FileError(io::Error);
///
/// impl From<io::Error> for FileError {
///     fn from(error: io::Error) -> Self {
///         Self(error)
///     }
/// }
///
/// impl WitError<ErrorCode> for FileError {
///     fn into_wit(self) -> Result<ErrorCode, HostError> {
///         match self.0.kind() {
///             io::ErrorKind::NotFound => Ok(ErrorCode::Missing),
///             io::ErrorKind::PermissionDenied => Ok(ErrorCode::Denied),
///             _ => Err(self.0.into()),
///         }
///     }
/// }
///
/// fn size(path: &str) -> Result<u64, FileError> {
///     Ok(std::fs::metadata(path)?.len())
/// }
///
/// assert_eq!(or_trap(size("there/is/none")).unwrap(), Err(ErrorCode::Missing));
/// ```
pub trait WitError<E> {
    /// Returns the error that the guest gets.
    ///
    /// # Errors
    ///
    /// The error that the guest traps with.
    fn into_wit(self) -> Result<E, HostError>;
}

impl<E> WitError<E> for OrTrap<E> {
    fn into_wit(self) -> Result<E, HostError> {
        match self {
            Self::Error(error) => Ok(error),
            Self::Trap(error) => Err(error),
        }
    }
}

/// Converts the result of a host's method into that of a host function: the result of the WIT type,
/// or a trap. Bindings call it.
///
/// ```
/// use weft::binding::{OrTrap, or_trap};
///
/// let missing: Result<u32, OrTrap<String>> = Err(OrTrap::from(String::from("missing")));
/// assert_eq!(or_trap(missing).unwrap(), Err(String::from("missing")));
///
/// let broken: Result<u32, OrTrap<String>> = Err(OrTrap::trap("the disk is broken"));
/// assert_eq!(or_trap(broken).unwrap_err().to_string(), "the disk is broken");
/// ```
///
/// # Errors
///
/// The error that the guest traps with.
pub fn or_trap<E, R, X: WitError<E>>(result: Result<R, X>) -> Result<Result<R, E>, HostError> {
    match result {
        Ok(result) => Ok(Ok(result)),
        Err(error) => error.into_wit().map(Err),
    }
}

/// The error of a host function that the host does not implement, because a method of its trait was
/// left out. It is the cause of a [`CallError::Host`].
///
/// ```
/// use weft::binding::NotImplemented;
///
/// let error = NotImplemented { interface: Some("example:files/types"), function: "names" };
/// assert_eq!(error.to_string(), "the host does not implement `example:files/types#names`");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NotImplemented {
    /// The full name of the interface. `None` if the function is directly in the world.
    pub interface: Option<&'static str>,
    /// The name of the function, as components spell it: `[method]file.size`.
    pub function: &'static str,
}

impl fmt::Display for NotImplemented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interface, function } = self;
        match interface {
            Some(interface) => write!(f, "the host does not implement `{interface}#{function}`"),
            None => write!(f, "the host does not implement `{function}`"),
        }
    }
}

impl Error for NotImplemented {}

/// Makes traps of errors.
macro_rules! traps {
    ($($error:ty)*) => {
        $(impl<E> From<$error> for OrTrap<E> {
            fn from(error: $error) -> Self {
                Self::trap(error)
            }
        })*
    };
}

traps! { CallError ExportError HandleError NotImplemented StoreDropped StreamClosed }

impl<E, X> From<StreamError<X>> for OrTrap<E>
where
    StreamError<X>: Error + Send + Sync + 'static,
{
    fn from(error: StreamError<X>) -> Self {
        Self::trap(error)
    }
}

/// Returns the error of a function that the host does not implement: bindings have it where a function
/// has a default body.
#[must_use]
pub fn not_implemented(interface: Option<&'static str>, function: &'static str) -> HostError {
    NotImplemented { interface, function }.into()
}
