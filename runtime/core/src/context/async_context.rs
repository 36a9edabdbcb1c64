//! Contexts: values that go along with tasks.

use core::fmt;

use crate::error::Error;
use crate::host::attributes::{Attribute, Attributes, Name};
use crate::host::limits::ExtensionLimits;
use crate::limits::Table;

use super::{
    ContextKey, ContextKeyCollision, ContextKeyIdentity, ContextValue, ContextValueType,
    IntoContextValue, InvalidContextKey, TypedContextKey,
};

/// Values that go along with a task, by their keys: a **host extension**.
///
/// A context is a value of its own until it is made a task's, or the host's, by
/// [`Contexts::replace`](crate::context::Contexts::replace) and its like.
///
/// Where its storage is bounded, it is an array of as many values as `L` says, in place.
///
/// ```
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
    /// A context without values.
    pub fn new() -> Self {
        Self { values: Attributes::new(Table::ContextValues) }
    }

    /// The value under a typed key. Nothing if there is none, or it is another key's of this name.
    pub fn get<K>(&self) -> Option<<K::Value as ContextValueType<L>>::View<'_>>
    where
        K: TypedContextKey<Value: ContextValueType<L>>,
    {
        let attribute = self.values.get(K::NAME)?;
        if attribute.name.identity() != Some(ContextKeyIdentity::of::<K>()) {
            return None;
        }
        K::Value::view(&attribute.value)
    }

    /// Sets the value under a typed key.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`ContextKeyCollision`] if another key of this name has a value here;
    /// [`Error::Full`]: [`Table::ContextValues`]; [`ExtensionError::ValueTooLong`].
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

    /// Takes the value under a typed key away, and says whether there was one.
    pub fn remove<K: TypedContextKey>(&mut self) -> bool {
        self.contains::<K>() && self.values.remove(K::NAME).is_some()
    }

    /// Whether there is a value under a typed key.
    pub fn contains<K: TypedContextKey>(&self) -> bool {
        let held = self.values.get(K::NAME).and_then(|it| it.name.identity());
        held == Some(ContextKeyIdentity::of::<K>())
    }

    /// The value under a key, typed or not.
    pub fn get_value(&self, key: ContextKey<'_>) -> Option<&ContextValue<L>> {
        self.values.get(key.name()).map(|attribute| &attribute.value)
    }

    /// Sets the value under a key that is text, and gives the one that was there.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`ContextKeyCollision`] if a typed key of this name has a value here,
    /// whose type this could change; [`Error::Full`]: [`Table::ContextValues`];
    /// [`ExtensionError::ValueTooLong`].
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

    /// Takes the value under a key, typed or not, away.
    pub fn remove_value(&mut self, key: ContextKey<'_>) -> Option<ContextValue<L>> {
        self.values.remove(key.name())
    }

    /// Whether there is a value under a key, typed or not.
    pub fn contains_key(&self, key: ContextKey<'_>) -> bool {
        self.get_value(key).is_some()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes all values away.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// All values with their keys, in the order in which these were first set.
    pub fn iter(&self) -> impl Iterator<Item = (ContextKey<'_>, &ContextValue<L>)> {
        self.values.iter().filter_map(|attribute| {
            Some((ContextKey::new(attribute.name.text()).ok()?, &attribute.value))
        })
    }

    /// A copy, if there is memory for one.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`Table::ContextValues`], which can only be of growing storage.
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

/// Equal if they have the same values under the same keys, in whatever order they were set.
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

/// Why something could not be done with a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// Two keys have one name.
    #[error(transparent)]
    Collision(#[from] ContextKeyCollision),
    /// A text is no key.
    #[error(transparent)]
    InvalidKey(#[from] InvalidContextKey),
    /// There is no room, or the task is none.
    #[error(transparent)]
    Error(#[from] Error),
}
