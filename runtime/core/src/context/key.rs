//! Keys: the names of values in contexts.

#[cfg(test)]
mod tests;

use core::{
    any::{TypeId, type_name},
    fmt,
    hash::{Hash, Hasher},
};

#[cfg(feature = "derive")]
pub use weft_macros::ContextKey;

use crate::error::InvalidContextKey;
use crate::error::key::MAX_KEY_BYTES;

/// The name of a value in a host context. This is a host extension.
///
/// A name is text of 1 to [`MAX_NAME_BYTES`](Self::MAX_NAME_BYTES) bytes without control
/// characters (Unicode's category Cc). Names are compared byte by byte: `User-Id`, `user-id` and
/// `user_id` are three names.
///
/// The key borrows its text, so that a look-up never copies it.
///
/// ```
/// # use weft_core as weft;
/// use weft::context::{ContextKey, InvalidContextKey};
///
/// const USER: Result<ContextKey<'static>, InvalidContextKey> = ContextKey::new("user_id");
/// assert_eq!(USER?.name(), "user_id");
/// assert_eq!(ContextKey::new(""), Err(InvalidContextKey::Empty));
/// # Ok::<(), InvalidContextKey>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextKey<'a>(&'a str);

impl<'a> ContextKey<'a> {
    /// The greatest length of a name in bytes. A bounded context has this much room for each name.
    pub const MAX_NAME_BYTES: usize = MAX_KEY_BYTES;

    /// Creates the key of this name.
    ///
    /// # Errors
    ///
    /// [`InvalidContextKey::Empty`], [`InvalidContextKey::TooLong`] or
    /// [`InvalidContextKey::ControlCharacter`] if the text can't be a name.
    pub const fn new(name: &'a str) -> Result<Self, InvalidContextKey> {
        if name.is_empty() {
            return Err(InvalidContextKey::Empty);
        }
        if name.len() > Self::MAX_NAME_BYTES {
            return Err(InvalidContextKey::too_long(name.len()));
        }
        // In UTF-8, the control characters are 00 to 1F, 7F, and C2 80 to C2 9F.
        let (mut rest, mut at) = (name.as_bytes(), 0);
        while let [_, after @ ..] = rest {
            let control = match rest {
                [c @ (0x00..=0x1F | 0x7F), ..] | [0xC2, c @ 0x80..=0x9F, ..] => Some(*c),
                _ => None,
            };
            if let Some(code_point) = control {
                return Err(InvalidContextKey::ControlCharacter { at, code_point });
            }
            rest = after;
            at += 1;
        }
        Ok(Self(name))
    }

    /// Returns the text of the key.
    pub const fn name(self) -> &'a str {
        self.0
    }
}

/// Writes the name unchanged, because it has no control characters.
impl fmt::Display for ContextKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// Converts as [`ContextKey::new`](struct@ContextKey) does.
impl<'a> TryFrom<&'a str> for ContextKey<'a> {
    type Error = InvalidContextKey;

    fn try_from(name: &'a str) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

/// A context key that is a type, and that knows the type of its value. This is a host extension.
///
/// It is implemented by [`#[derive(ContextKey)]`][derive], which also refuses two keys of
/// the same name if the compiler sees both. An implementation by hand needs a name that
/// [`struct@ContextKey`] accepts. The compiler checks the name when the [`KEY`](Self::KEY) is used:
///
/// ```compile_fail,E0080
/// # use weft_core as weft;
/// use weft::context::{ContextKey, TypedContextKey};
///
/// struct UserId;
///
/// impl TypedContextKey for UserId {
///     type Value = u64;
///     const NAME: &'static str = "";
/// }
///
/// const KEY: ContextKey<'static> = UserId::KEY; // a context key's name is not empty
/// ```
///
/// [derive]: https://docs.rs/weft-macros/latest/weft_macros/derive.ContextKey.html
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a typed context key",
    label = "not a typed context key",
    note = "make it one with `#[derive(ContextKey)]` and `#[context_key(value = …)]`"
)]
pub trait TypedContextKey: 'static {
    /// The type of its value in a context.
    type Value: 'static;

    /// The name: a text that [`struct@ContextKey`] accepts.
    const NAME: &'static str;

    /// The key itself.
    const KEY: ContextKey<'static> = match ContextKey::new(Self::NAME) {
        Ok(key) => key,
        Err(InvalidContextKey::Empty) => panic!("a context key's name is not empty"),
        Err(InvalidContextKey::TooLong { .. }) => {
            panic!("a context key's name is longer than `ContextKey::MAX_NAME_BYTES`")
        }
        Err(InvalidContextKey::ControlCharacter { .. }) => {
            panic!("a context key's name has no control characters")
        }
    };
}

/// The identity of a key type. This is a host extension.
///
/// Two identities are equal if, and only if, the key types are the same; the name alone does not
/// decide. A context stores an identity beside each value of a typed key, and calls
/// [`check_beside`](Self::check_beside) before it stores another value.
#[derive(Clone, Copy)]
pub struct ContextKeyIdentity {
    key: ContextKey<'static>,
    id: TypeId,
    type_name: fn() -> &'static str,
}

impl ContextKeyIdentity {
    /// Returns the identity of a key type.
    pub const fn of<K: TypedContextKey>() -> Self {
        Self { key: K::KEY, id: TypeId::of::<K>(), type_name: type_name::<K> }
    }

    /// Returns the key, as text.
    pub const fn key(self) -> ContextKey<'static> {
        self.key
    }

    /// Returns the path of the key type, for messages. Different types may have the same path.
    pub fn type_name(self) -> &'static str {
        (self.type_name)()
    }

    /// Checks that a value under this key can be stored in a context that has a value under the key
    /// `held`.
    ///
    /// It can if the names differ, or if both are the same key type, and so the type of the value
    /// is the same. Before a context changes anything, it calls this with the identity that it has
    /// stored under the name, if any.
    ///
    /// # Errors
    ///
    /// [`ContextKeyCollision`] if two key types have the same name.
    pub fn check_beside(self, held: Self) -> Result<(), ContextKeyCollision> {
        if self == held || self.key != held.key {
            return Ok(());
        }
        Err(ContextKeyCollision {
            name: self.key.name(),
            held: held.type_name(),
            refused: self.type_name(),
        })
    }
}

impl fmt::Debug for ContextKeyIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextKeyIdentity")
            .field("key", &self.key.name())
            .field("type", &self.type_name())
            .finish_non_exhaustive()
    }
}

impl PartialEq for ContextKeyIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for ContextKeyIdentity {}

impl Hash for ContextKeyIdentity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// The error that two key types have the same name, so that each would read the other's value as
/// its own.
///
/// The context keeps the value that it has, and refuses the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the context key `{name}` is the key type `{held}` in this context, so `{refused}` cannot \
     use that name in it: give one of them another with `#[context_key(name = \"…\")]`"
)]
#[non_exhaustive]
pub struct ContextKeyCollision {
    /// The name that they share.
    pub name: &'static str,
    /// The key type whose value the context has.
    pub held: &'static str,
    /// The key type that was refused.
    pub refused: &'static str,
}

impl ContextKeyCollision {
    /// The name in place of a type for a key that is text.
    pub const TEXT: &'static str = "(text)";
}
