//! Values that the host stores in contexts, and as metadata.

use core::fmt;

use crate::error::{Error, ExtensionError};
use crate::host::limits::{Bytes as _, ExtensionLimits};

use super::value_ref::ContextValueRef;

/// A value that the host stores: a value of the Component Model, bytes, or an `Arc` of a type of the
/// host. This is a **host extension**.
///
/// Scalars are stored in the same way everywhere. `L` decides the storage of a text or bytes. If
/// the storage is bounded, a value that is too long is refused with
/// [`ExtensionError::ValueTooLong`], and is never cut. A value made of others, such as a record, is
/// stored as a `Val`, if there is an allocator.
///
/// A method that takes a value accepts every [`IntoContextValue`], a trait that many Rust types
/// implement. [`get`](Self::get) returns the Rust value again.
pub enum ContextValue<L: ExtensionLimits> {
    /// `bool`
    Bool(bool),
    /// `s8`
    S8(i8),
    /// `u8`
    U8(u8),
    /// `s16`
    S16(i16),
    /// `u16`
    U16(u16),
    /// `s32`
    S32(i32),
    /// `u32`
    U32(u32),
    /// `s64`
    S64(i64),
    /// `u64`
    U64(u64),
    /// `f32`
    F32(f32),
    /// `f64`
    F64(f64),
    /// `char`
    Char(char),
    /// `string`
    String(L::Text),
    /// Any other value of the Component Model.
    Compound(L::Compound),
    /// Bytes, whose meaning the host defines.
    Bytes(L::Bytes),
    /// A value of any Rust type, which need not be a type of the Component Model.
    Shared(L::Shared),
}

/// A type that can be stored as a [`ContextValue`]. This is a host extension.
///
/// It is implemented for `bool`, integers, floats, `char`, `&str`, `&[u8]` and arrays of bytes, and
/// for [`ArrayText`](crate::limits::ArrayText) and [`Array<u8, N>`](crate::limits::Array). With
/// `alloc`, it is implemented for `String`, `Vec<u8>` and, on [`Heap`](crate::limits::Heap), `Val`.
/// A [`Duration`](core::time::Duration) is kept as 12 bytes. On `Heap`, `Option`, `Result` and
/// tuples of types of the Component Model can be kept, records that derive [`Value`][derive] in a
/// `Kept`, and an `Arc` of any type that is [`Send`] and [`Sync`].
///
/// [derive]: https://docs.rs/weft-macros/latest/weft_macros/derive.Value.html
#[diagnostic::on_unimplemented(
    message = "the host can't keep a value of type `{Self}`",
    label = "can't be kept in `{L}`",
    note = "numbers, `bool`, `char`, text, bytes and `Duration` can be kept everywhere; on `Heap`, also \
            `Option`, `Result` and tuples of types of the Component Model, any of them in `Kept`, and an `Arc` \
            of any type that is `Send` and `Sync`"
)]
pub trait IntoContextValue<L: ExtensionLimits> {
    /// Converts to a value to store.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::ValueTooLong`] if a bounded machine has no room for it.
    fn into_context_value(self) -> Result<ContextValue<L>, Error>;
}

/// A Rust type whose values can be stored and returned, for a
/// [typed key](super::TypedContextKey). This is a host extension.
///
/// This trait is a bound of methods, and not of `TypedContextKey` itself, because the limits `L`
/// may not be able to store the value of a key. To implement it for a type of your own, convert
/// from and to values that can be stored:
///
/// ```standalone_crate
/// # extern crate weft_core as weft;
/// use weft::context::{AsyncContext, ContextKey, IntoContextValue};
/// use weft::context::{ContextValue, ContextValueRef, ContextValueType};
/// use weft::error::Error;
/// use weft::host::limits::ExtensionLimits;
///
/// #[derive(Debug, PartialEq)]
/// struct User(u64);
///
/// impl<L: ExtensionLimits> IntoContextValue<L> for User {
///     fn into_context_value(self) -> Result<ContextValue<L>, Error> {
///         self.0.into_context_value()
///     }
/// }
///
/// impl<L: ExtensionLimits> ContextValueType<L> for User {
///     type View<'a> = Self;
///
///     fn view(value: ContextValueRef<'_, L>) -> Option<Self> {
///         value.get::<u64>().map(Self)
///     }
/// }
///
/// #[derive(ContextKey)]
/// #[context_key(value = User)]
/// struct CurrentUser;
///
/// # #[cfg(feature = "alloc")] {
/// let mut context = AsyncContext::<weft::limits::Heap>::new();
/// context.set::<CurrentUser>(User(7))?;
/// assert_eq!(context.get::<CurrentUser>(), Some(User(7)));
/// # }
/// # Ok::<(), weft::context::ContextError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a key can't have a value of type `{Self}`",
    label = "can't be kept in `{L}`",
    note = "numbers, `bool`, `char`, text, bytes and `Duration` can be kept everywhere; on `Heap`, also \
            `Option`, `Result` and tuples of types of the Component Model, any of them in `Kept`, and an `Arc` \
            of any type that is `Send` and `Sync`",
    note = "a type of your own can be kept by an implementation of `ContextValueType`"
)]
pub trait ContextValueType<L: ExtensionLimits>: IntoContextValue<L> + 'static {
    /// The type that is returned: the value, or a borrow of the stored value, such as a `&str`.
    type View<'a>;

    /// Returns the value, or `None` if it has another type.
    fn view(value: ContextValueRef<'_, L>) -> Option<Self::View<'_>>;
}

impl<L: ExtensionLimits> ContextValue<L> {
    /// Creates a value of the Component Model.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::ValueTooLong`] if a bounded machine has no room for it.
    pub fn from_component_value(value: impl IntoContextValue<L>) -> Result<Self, Error> {
        value.into_context_value()
    }

    /// Creates a value of bytes, whose meaning the host defines.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::ValueTooLong`] if a bounded machine has no room for them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let too_long = ExtensionError::value_too_long(bytes.len()).into();
        L::Bytes::copy_of(bytes).map(Self::Bytes).ok_or(too_long)
    }

    /// Returns the value as this type, or `None` if it has another type.
    pub fn get<T: ContextValueType<L>>(&self) -> Option<T::View<'_>> {
        T::view(self.as_ref())
    }

    /// Returns the text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        self.as_ref().as_text()
    }

    /// Returns the bytes, if it is bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.as_ref().as_bytes()
    }
}

impl<L: ExtensionLimits> Clone for ContextValue<L> {
    fn clone(&self) -> Self {
        match self {
            Self::Bool(value) => Self::Bool(*value),
            Self::S8(value) => Self::S8(*value),
            Self::U8(value) => Self::U8(*value),
            Self::S16(value) => Self::S16(*value),
            Self::U16(value) => Self::U16(*value),
            Self::S32(value) => Self::S32(*value),
            Self::U32(value) => Self::U32(*value),
            Self::S64(value) => Self::S64(*value),
            Self::U64(value) => Self::U64(*value),
            Self::F32(value) => Self::F32(*value),
            Self::F64(value) => Self::F64(*value),
            Self::Char(value) => Self::Char(*value),
            Self::String(text) => Self::String(text.clone()),
            Self::Compound(value) => Self::Compound(value.clone()),
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Self::Shared(value) => Self::Shared(value.clone()),
        }
    }
}

/// Compares as the Component Model does: all NaNs are one value, and 0 and −0 are two.
impl<L: ExtensionLimits> PartialEq for ContextValue<L> {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl<L: ExtensionLimits> fmt::Debug for ContextValue<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}
