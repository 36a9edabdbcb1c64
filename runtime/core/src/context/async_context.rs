//! Contexts: values that follow tasks.

use core::fmt;

use crate::error::Error;
use crate::host::attributes::{Attribute, Attributes, Name};
use crate::host::limits::ExtensionLimits;
use crate::limits::Table;

use super::{
    ContextKey, ContextKeyCollision, ContextKeyIdentity, ContextValue, ContextValueType,
    IntoContextValue, InvalidContextKey, TypedContextKey,
};

/// Values that follow a task, by their keys. This is a **host extension**.
///
/// A new context belongs to nothing, until [`Contexts::replace`](crate::context::Contexts::replace)
/// or a similar method makes it the context of a task or of the host.
///
/// If its storage is bounded, it is an array of as many values as `L` allows.
///
/// ```standalone_crate
/// # extern crate weft_core as weft;
/// use weft::context::{AsyncContext, ContextKey};
///
/// weft::limits! {
///     struct Small {
///         instances: 1, functions: 1, types: 0, handles: 1, thread_indices: 1, tasks: 1,
///         threads: 1, waitables: 1, waitable_sets: 0, resources: 0, lends: 0, error_contexts: 0,
///         frames: 2, held_frames: 0, message_bytes: 0,
///     }
///     extensions { context_values: 2, text_bytes: 8 }
/// }
///
/// #[derive(ContextKey)]
/// #[context_key(value = u64)]
/// struct UserId;
///
/// let mut context = AsyncContext::<Small>::new();
/// context.set::<UserId>(123)?;
/// context.set_value(ContextKey::new("locale")?, "de-CH")?;
///
/// assert_eq!(context.get::<UserId>(), Some(123));
/// let locale = context.get_value(ContextKey::new("locale")?);
/// assert_eq!(locale.and_then(|it| it.as_text()), Some("de-CH"));
/// # Ok::<(), weft::context::ContextError>(())
/// ```
pub struct AsyncContext<L: ExtensionLimits> {
    values: Attributes<L, L::ContextValues<Attribute<L>>>,
}

impl<L: ExtensionLimits> AsyncContext<L> {
    /// Creates a context without values.
    pub fn new() -> Self {
        Self { values: Attributes::new(Table::ContextValues) }
    }

    /// Returns the value under a typed key. Returns `None` if there is none, or if it belongs to
    /// another key of this name.
    pub fn get<K>(&self) -> Option<<K::Value as ContextValueType<L>>::View<'_>>
    where
        K: TypedContextKey<Value: ContextValueType<L>>,
    {
        let attribute = self.values.get(K::NAME)?;
        if attribute.name.identity() != Some(ContextKeyIdentity::of::<K>()) {
            return None;
        }
        attribute.value.get::<K::Value>()
    }

    /// Sets the value under a typed key.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ContextKeyCollision`] if another key of this name has a value here.
    /// - [`Error::Full`] if there is no room in [`Table::ContextValues`].
    /// - [`ExtensionError::ValueTooLong`] if a bounded machine has no room for the value.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn set<K>(&mut self, value: K::Value) -> Result<(), ContextError>
    where
        K: TypedContextKey<Value: ContextValueType<L>>,
    {
        self.check_typed::<K>()?;
        let name = Name::Typed(ContextKeyIdentity::of::<K>());
        self.values.set(name, value.into_context_value()?)?;
        Ok(())
    }

    /// Removes the value under a typed key. Returns `true` if there was one.
    pub fn remove<K: TypedContextKey>(&mut self) -> bool {
        self.contains::<K>() && self.values.remove(K::NAME).is_some()
    }

    /// Returns `true` if there is a value under a typed key.
    pub fn contains<K: TypedContextKey>(&self) -> bool {
        let held = self.values.get(K::NAME).and_then(|it| it.name.identity());
        held == Some(ContextKeyIdentity::of::<K>())
    }

    /// Returns the value under a key, typed or not.
    pub fn get_value(&self, key: ContextKey<'_>) -> Option<&ContextValue<L>> {
        self.values.get(key.name()).map(|attribute| &attribute.value)
    }

    /// Sets the value under a key that is text, and returns the one before.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ContextKeyCollision`] if a typed key of this name has a value here, whose type this call
    ///   could change.
    /// - [`Error::Full`] if there is no room in [`Table::ContextValues`].
    /// - [`ExtensionError::ValueTooLong`] if a bounded machine has no room for the value.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn set_value(
        &mut self,
        key: ContextKey<'_>,
        value: impl IntoContextValue<L>,
    ) -> Result<Option<ContextValue<L>>, ContextError> {
        self.check_untyped(key)?;
        Ok(self.values.set(Name::Text(key.name()), value.into_context_value()?)?)
    }

    /// Removes and returns the value under a key, typed or not.
    pub fn remove_value(&mut self, key: ContextKey<'_>) -> Option<ContextValue<L>> {
        self.values.remove(key.name())
    }

    /// Returns `true` if there is a value under a key, typed or not.
    pub fn contains_key(&self, key: ContextKey<'_>) -> bool {
        self.get_value(key).is_some()
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns `true` if there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes all values.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Returns all values with their keys, in the order in which the keys were first set.
    pub fn iter(&self) -> impl Iterator<Item = (ContextKey<'_>, &ContextValue<L>)> {
        self.values.iter().filter_map(|attribute| {
            Some((ContextKey::new(attribute.name.text()).ok()?, &attribute.value))
        })
    }

    /// Copies the context, if there is memory for it.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] with [`Table::ContextValues`], if growing storage has no memory.
    pub fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self { values: self.values.try_clone()? })
    }

    /// Fails if setting a value under `K` would take another key's place.
    pub(crate) fn check_typed<K: TypedContextKey>(&self) -> Result<(), ContextKeyCollision> {
        let Some(held) = self.values.get(K::NAME) else { return Ok(()) };
        let refused = ContextKeyIdentity::of::<K>();
        match held.name.identity() {
            Some(held) => refused.check_beside(held),
            None => Err(ContextKeyCollision {
                name: refused.key().name(),
                held: ContextKeyCollision::TEXT,
                refused: refused.type_name(),
            }),
        }
    }

    /// Fails if setting a value under `key` would take a typed key's place.
    pub(crate) fn check_untyped(&self, key: ContextKey<'_>) -> Result<(), ContextKeyCollision> {
        match self.values.get(key.name()).and_then(|held| held.name.identity()) {
            Some(held) => Err(ContextKeyCollision {
                name: held.key().name(),
                held: held.type_name(),
                refused: ContextKeyCollision::TEXT,
            }),
            None => Ok(()),
        }
    }
}

impl<L: ExtensionLimits> Default for AsyncContext<L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: ExtensionLimits> fmt::Debug for AsyncContext<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(f)
    }
}

/// Compares values under the same keys, in any order.
impl<L: ExtensionLimits> PartialEq for AsyncContext<L> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.values.iter().all(|one| {
                other.values.get(one.name.text()).is_some_and(|other| {
                    one.value == other.value && one.name.identity() == other.name.identity()
                })
            })
    }
}

/// The failure of an action on a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// Two keys have the same name.
    #[error(transparent)]
    Collision(#[from] ContextKeyCollision),
    /// A text can't be a key.
    #[error(transparent)]
    InvalidKey(#[from] InvalidContextKey),
    /// There is no room, or the task doesn't exist.
    #[error(transparent)]
    Error(#[from] Error),
}
