//! The status and the result of a task.

use core::fmt;

use crate::context::{ContextValue, IntoContextValue};
use crate::error::Error;
use crate::host::limits::ExtensionLimits;
use crate::machine::ErrorContextId;

/// The status of a call or a host task. This is a **host extension**.
///
/// It has the spec's states of a subtask, as in [`SubtaskState`](crate::code::SubtaskState). It
/// adds a state for a failure, which the spec doesn't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskStatus {
    /// A guest's call that waits to enter, because there is backpressure.
    Pending,
    /// It has started.
    Running,
    /// It has returned.
    Completed,
    /// It was cancelled, before or after it had started.
    Cancelled,
    /// It has failed: the host has failed a host task, or the instance that a call runs in has
    /// trapped.
    Failed,
}

impl TaskStatus {
    /// Returns `true` if it has ended.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        !self.is_active()
    }

    /// Returns `true` if it waits to start, or has started and not ended.
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

/// The result of a host task. This is a **host extension**.
///
/// It is made from a Rust value, a [`ContextValue`], or `()`:
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
pub enum TaskReturn<L: ExtensionLimits> {
    /// Nothing.
    Void,
    /// A value of the Component Model, or bytes.
    Value(ContextValue<L>),
}

impl<L: ExtensionLimits> TaskReturn<L> {
    /// A `Void` that can be lent.
    pub(crate) const VOID: &'static Self = &Self::Void;

    /// Creates a result from a value of the Component Model.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::ValueTooLong`] if a bounded machine has no room for it.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn from_component_value(value: impl IntoContextValue<L>) -> Result<Self, Error> {
        value.into_context_value().map(Self::Value)
    }

    /// Creates a result from bytes, whose meaning the host defines.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::ValueTooLong`] if a bounded machine has no room for them.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        ContextValue::from_bytes(bytes).map(Self::Value)
    }

    /// Returns the value, if there is one.
    pub const fn value(&self) -> Option<&ContextValue<L>> {
        match self {
            Self::Void => None,
            Self::Value(value) => Some(value),
        }
    }

    /// Returns `true` if there is no value.
    pub const fn is_void(&self) -> bool {
        matches!(self, Self::Void)
    }
}

impl<L: ExtensionLimits> From<()> for TaskReturn<L> {
    fn from((): ()) -> Self {
        Self::Void
    }
}

impl<L: ExtensionLimits> From<ContextValue<L>> for TaskReturn<L> {
    fn from(value: ContextValue<L>) -> Self {
        Self::Value(value)
    }
}

macro_rules! scalars {
    ($($ty:ty)*) => {$(
        impl<L: ExtensionLimits> From<$ty> for TaskReturn<L> {
            fn from(value: $ty) -> Self {
                Self::Value(value.into())
            }
        }
    )*};
}

scalars! { bool i8 u8 i16 u16 i32 u32 i64 u64 f32 f64 char }

impl<L: ExtensionLimits> Clone for TaskReturn<L> {
    fn clone(&self) -> Self {
        match self {
            Self::Void => Self::Void,
            Self::Value(value) => Self::Value(value.clone()),
        }
    }
}

impl<L: ExtensionLimits> PartialEq for TaskReturn<L> {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl<L: ExtensionLimits> fmt::Debug for TaskReturn<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("Void"),
            Self::Value(value) => f.debug_tuple("Value").field(value).finish(),
        }
    }
}

/// The outcome of a call or host task. This is a **host extension**.
pub enum TaskResult<'a, L: ExtensionLimits> {
    /// It returned this value. For a guest's call, it is always [`TaskReturn::Void`], because the
    /// store returns the call's result in another way.
    Returned(&'a TaskReturn<L>),
    /// It was cancelled.
    Cancelled,
    /// It failed, with this error if there is one.
    Failed(Option<ErrorContextId>),
}

impl<'a, L: ExtensionLimits> TaskResult<'a, L> {
    /// Returns the value, if it returned one.
    #[must_use]
    pub const fn value(&self) -> Option<&'a ContextValue<L>> {
        match self {
            Self::Returned(returned) => returned.value(),
            Self::Cancelled | Self::Failed(_) => None,
        }
    }

    /// Returns the status that belongs to this outcome.
    #[must_use]
    pub const fn status(&self) -> TaskStatus {
        match self {
            Self::Returned(_) => TaskStatus::Completed,
            Self::Cancelled => TaskStatus::Cancelled,
            Self::Failed(_) => TaskStatus::Failed,
        }
    }
}

impl<L: ExtensionLimits> Clone for TaskResult<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: ExtensionLimits> Copy for TaskResult<'_, L> {}

impl<L: ExtensionLimits> PartialEq for TaskResult<'_, L> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Returned(one), Self::Returned(other)) => one == other,
            (Self::Cancelled, Self::Cancelled) => true,
            (Self::Failed(one), Self::Failed(other)) => one == other,
            _ => false,
        }
    }
}

impl<L: ExtensionLimits> fmt::Debug for TaskResult<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(returned) => f.debug_tuple("Returned").field(returned).finish(),
            Self::Cancelled => f.write_str("Cancelled"),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}
