//! Values whose types are known at run time.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::id::{EndId, ErrorContextId};

use crate::abi::{NanBits, Resource};

/// A value of the Component Model.
///
/// Fields and cases have numbers; their names are in the [`Type`](super::Type). As in the
/// Component Model, all NaNs are one value, and 0 and −0 are two.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::Val;
///
/// let person = Val::record([Val::from("Ada"), Val::U8(36)]);
/// let people = Val::list([person.clone()]);
/// assert_eq!(people, Val::List(vec![person]));
/// assert_eq!(Val::option(Some(Val::U8(1))), Val::Variant(1, Some(Box::new(Val::U8(1)))));
/// ```
#[derive(Clone, Debug)]
pub enum Val {
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
    String(Box<str>),
    /// `list` and `list<…, n>`; also `map`, each of whose entries is a [`Record`](Self::Record)
    /// of two values
    List(Vec<Self>),
    /// `record`, `tuple`: the fields, in the type's order
    Record(Vec<Self>),
    /// `variant`, `enum`, `option`, `result`: the number of the case, and its payload
    Variant(u32, Option<Box<Self>>),
    /// `flags`: a bit for each label
    Flags(u32),
    /// `own`
    Own(Resource),
    /// `borrow`
    Borrow(Resource),
    /// `stream`: the readable end
    Stream(EndId),
    /// `future`: the readable end
    Future(EndId),
    /// `error-context`
    ErrorContext(ErrorContextId),
}

impl Val {
    /// Creates a record or tuple.
    pub fn record(fields: impl IntoIterator<Item = Self>) -> Self {
        Self::Record(fields.into_iter().collect())
    }

    /// Creates a list, of fixed length or not.
    pub fn list(elements: impl IntoIterator<Item = Self>) -> Self {
        Self::List(elements.into_iter().collect())
    }

    /// Creates a map.
    pub fn map(entries: impl IntoIterator<Item = (Self, Self)>) -> Self {
        Self::list(entries.into_iter().map(|(key, value)| Self::record([key, value])))
    }

    /// Creates an option.
    #[must_use]
    pub fn option(some: Option<Self>) -> Self {
        match some {
            None => Self::Variant(0, None),
            Some(some) => Self::Variant(1, Some(Box::new(some))),
        }
    }

    /// Creates a result.
    pub fn result(result: Result<Option<Self>, Option<Self>>) -> Self {
        match result {
            Ok(ok) => Self::Variant(0, ok.map(Box::new)),
            Err(error) => Self::Variant(1, error.map(Box::new)),
        }
    }

    /// Returns the kind of value, for messages.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a bool",
            Self::S8(_) => "an s8",
            Self::U8(_) => "a u8",
            Self::S16(_) => "an s16",
            Self::U16(_) => "a u16",
            Self::S32(_) => "an s32",
            Self::U32(_) => "a u32",
            Self::S64(_) => "an s64",
            Self::U64(_) => "a u64",
            Self::F32(_) => "an f32",
            Self::F64(_) => "an f64",
            Self::Char(_) => "a char",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Record(_) => "a record",
            Self::Variant(..) => "a variant",
            Self::Flags(_) => "flags",
            Self::Own(_) => "an owned resource",
            Self::Borrow(_) => "a borrowed resource",
            Self::Stream(_) => "a stream",
            Self::Future(_) => "a future",
            Self::ErrorContext(_) => "an error context",
        }
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

/// Implements `From` for Rust types that are one value.
macro_rules! from {
    ($($variant:ident($ty:ty);)*) => {$(
        impl From<$ty> for Val {
            fn from(value: $ty) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}

from! {
    Bool(bool);
    S8(i8);
    U8(u8);
    S16(i16);
    U16(u16);
    S32(i32);
    U32(u32);
    S64(i64);
    U64(u64);
    F32(f32);
    F64(f64);
    Char(char);
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        let nan = NanBits::CANONICAL;
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::S8(a), Self::S8(b)) => a == b,
            (Self::U8(a), Self::U8(b)) => a == b,
            (Self::S16(a), Self::S16(b)) => a == b,
            (Self::U16(a), Self::U16(b)) => a == b,
            (Self::S32(a), Self::S32(b)) => a == b,
            (Self::U32(a), Self::U32(b)) | (Self::Flags(a), Self::Flags(b)) => a == b,
            (Self::S64(a), Self::S64(b)) => a == b,
            (Self::U64(a), Self::U64(b)) => a == b,
            (Self::Own(a), Self::Own(b)) | (Self::Borrow(a), Self::Borrow(b)) => a == b,
            (Self::F32(a), Self::F32(b)) => nan.encode_f32(*a) == nan.encode_f32(*b),
            (Self::F64(a), Self::F64(b)) => nan.encode_f64(*a) == nan.encode_f64(*b),
            (Self::Char(a), Self::Char(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Record(a), Self::Record(b)) => a == b,
            (Self::Variant(a, x), Self::Variant(b, y)) => a == b && x == y,
            (Self::Stream(a), Self::Stream(b)) | (Self::Future(a), Self::Future(b)) => a == b,
            (Self::ErrorContext(a), Self::ErrorContext(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Val {}

impl Hash for Val {
    fn hash<H: Hasher>(&self, state: &mut H) {
        core::mem::discriminant(self).hash(state);
        match self {
            Self::Bool(it) => it.hash(state),
            Self::S8(it) => it.hash(state),
            Self::U8(it) => it.hash(state),
            Self::S16(it) => it.hash(state),
            Self::U16(it) => it.hash(state),
            Self::S32(it) => it.hash(state),
            Self::U32(it) | Self::Flags(it) => it.hash(state),
            Self::S64(it) => it.hash(state),
            Self::U64(it) => it.hash(state),
            Self::Own(it) | Self::Borrow(it) => it.hash(state),
            Self::F32(it) => NanBits::CANONICAL.encode_f32(*it).hash(state),
            Self::F64(it) => NanBits::CANONICAL.encode_f64(*it).hash(state),
            Self::Char(it) => it.hash(state),
            Self::String(it) => it.hash(state),
            Self::List(it) | Self::Record(it) => it.hash(state),
            Self::Variant(case, payload) => (case, payload).hash(state),
            Self::Stream(it) | Self::Future(it) => it.hash(state),
            Self::ErrorContext(it) => it.hash(state),
        }
    }
}
