//! How far a task has come, and what it gave.

use core::fmt;

use crate::context::{ContextValue, IntoContextValue};
use crate::error::Error;
use crate::limits::HostLimits;
use crate::machine::ErrorContextId;

/// How far a call or a host task has come: a **host extension**.
///
/// The spec's states of a subtask, as [`SubtaskState`](crate::code::SubtaskState) has them, and
/// that something failed, which the spec has no state for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskStatus {
    /// A guest's call that waits to enter, behind backpressure.
    Pending,
    /// It has started.
    Running,
    /// It has returned.
    Completed,
    /// It was cancelled, before or after it had started.
    Cancelled,
    /// A host task that was said to have failed; a guest's call whose instance has trapped.
    Failed,
}

impl TaskStatus {
    /// Whether nothing more will come.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        !self.is_active()
    }

    /// Whether it waits to start, or has started and not ended.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        })
    }
}

/// What a host task returns: a **host extension**.
///
/// Made of what Rust calls it, of a [`ContextValue`], or of `()`:
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::limits::Heap;
/// use weft::task::TaskReturn;
///
/// type Return = TaskReturn<Heap>;
/// assert_eq!(Return::from(5_u32), Return::from_component_value(5_u32)?);
/// assert_eq!(Return::from(()), Return::Void);
/// assert_eq!(Return::from_bytes(&[1, 2])?.value().and_then(|it| it.as_bytes()), Some(&[1, 2][..]));
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
pub enum TaskReturn<L: HostLimits> {
    /// Nothing.
    Void,
    /// A value of the Component Model, or bytes.
    Value(ContextValue<L>),
}

impl<L: HostLimits> TaskReturn<L> {
    /// Nothing, to be lent.
    pub(crate) const VOID: &'static Self = &Self::Void;

    /// A value of the Component Model.
    ///
    /// # Errors
    ///
    /// [`Error::ValueTooLong`]
    pub fn from_component_value(value: impl IntoContextValue<L>) -> Result<Self, Error> {
        value.into_context_value().map(Self::Value)
    }

    /// Bytes, whose meaning is the host's.
    ///
    /// # Errors
    ///
    /// [`Error::ValueTooLong`]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        ContextValue::from_bytes(bytes).map(Self::Value)
    }

    /// The value, if it is one.
    pub const fn value(&self) -> Option<&ContextValue<L>> {
        match self {
            Self::Void => None,
            Self::Value(value) => Some(value),
        }
    }

    /// Whether it is nothing.
    pub const fn is_void(&self) -> bool {
        matches!(self, Self::Void)
    }
}

impl<L: HostLimits> From<()> for TaskReturn<L> {
    fn from((): ()) -> Self {
        Self::Void
    }
}

impl<L: HostLimits> From<ContextValue<L>> for TaskReturn<L> {
    fn from(value: ContextValue<L>) -> Self {
        Self::Value(value)
    }
}

macro_rules! scalars {
    ($($ty:ty)*) => {$(
        impl<L: HostLimits> From<$ty> for TaskReturn<L> {
            fn from(value: $ty) -> Self {
                Self::Value(value.into())
            }
        }
    )*};
}

scalars! { bool i8 u8 i16 u16 i32 u32 i64 u64 f32 f64 char }

impl<L: HostLimits> Clone for TaskReturn<L> {
    fn clone(&self) -> Self {
        match self {
            Self::Void => Self::Void,
            Self::Value(value) => Self::Value(value.clone()),
        }
    }
}

impl<L: HostLimits> PartialEq for TaskReturn<L> {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl<L: HostLimits> fmt::Debug for TaskReturn<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("Void"),
            Self::Value(value) => f.debug_tuple("Value").field(value).finish(),
        }
    }
}

/// How a call or host task ended: a **host extension**.
pub enum TaskResult<'a, L: HostLimits> {
    /// It returned this. What a guest's call returned is not here, but where the store gives it:
    /// this is [`TaskReturn::Void`] then.
    Returned(&'a TaskReturn<L>),
    /// It was cancelled.
    Cancelled,
    /// It failed, with this error, if one was given.
    Failed(Option<ErrorContextId>),
}

impl<'a, L: HostLimits> TaskResult<'a, L> {
    /// The value that it returned, if it did, and it is one.
    #[must_use]
    pub const fn value(&self) -> Option<&'a ContextValue<L>> {
        match self {
            Self::Returned(returned) => returned.value(),
            Self::Cancelled | Self::Failed(_) => None,
        }
    }

    /// The status that goes with it.
    #[must_use]
    pub const fn status(&self) -> TaskStatus {
        match self {
            Self::Returned(_) => TaskStatus::Completed,
            Self::Cancelled => TaskStatus::Cancelled,
            Self::Failed(_) => TaskStatus::Failed,
        }
    }
}

impl<L: HostLimits> Clone for TaskResult<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: HostLimits> Copy for TaskResult<'_, L> {}

impl<L: HostLimits> PartialEq for TaskResult<'_, L> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Returned(one), Self::Returned(other)) => one == other,
            (Self::Cancelled, Self::Cancelled) => true,
            (Self::Failed(one), Self::Failed(other)) => one == other,
            _ => false,
        }
    }
}

impl<L: HostLimits> fmt::Debug for TaskResult<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(returned) => f.debug_tuple("Returned").field(returned).finish(),
            Self::Cancelled => f.write_str("Cancelled"),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}
