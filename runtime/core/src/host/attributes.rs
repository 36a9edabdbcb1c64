//! Named values, few at a time: the values of a context, and metadata.

use core::fmt;
use core::marker::PhantomData;

use crate::context::{ContextKey, ContextKeyIdentity, ContextValue};
use crate::error::{Error, ExtensionError};
use crate::host::limits::{ExtensionLimits, Text};
use crate::limits::{Storage, Table};

/// The name of a value.
#[derive(Clone, Debug)]
pub(crate) enum Name<T> {
    /// A typed key, which has its text.
    Typed(ContextKeyIdentity),
    /// A text.
    Text(T),
}

impl<T: Text> Name<T> {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Typed(identity) => identity.key().name(),
            Self::Text(text) => text.as_text(),
        }
    }

    /// Returns the typed key, if it is one.
    pub(crate) const fn identity(&self) -> Option<ContextKeyIdentity> {
        match self {
            Self::Typed(identity) => Some(*identity),
            Self::Text(_) => None,
        }
    }
}

impl<'a> Name<&'a str> {
    /// Returns a text as a name, if it can be a context key.
    pub(crate) fn checked(text: &'a str) -> Result<Self, ExtensionError> {
        Ok(Self::Text(ContextKey::new(text)?.name()))
    }

    const fn borrowed(&self) -> &str {
        match self {
            Self::Typed(identity) => identity.key().name(),
            Self::Text(text) => text,
        }
    }

    /// Copies a name, to store it.
    fn copied<T: Text>(self) -> Result<Name<T>, ExtensionError> {
        match self {
            Self::Typed(identity) => Ok(Name::Typed(identity)),
            Self::Text(text) => {
                T::copy_of(text).map(Name::Text).ok_or(ExtensionError::value_too_long(text.len()))
            }
        }
    }
}

/// A named value.
pub(crate) struct Attribute<L: ExtensionLimits> {
    pub(crate) name: Name<L::Name>,
    pub(crate) value: ContextValue<L>,
}

/// Named values, in the order in which their names were first set. A search looks at each of
/// them, because there are few.
pub(crate) struct Attributes<L: ExtensionLimits, S> {
    table: Table,
    list: S,
    of: PhantomData<fn() -> L>,
}

impl<L: ExtensionLimits, S: Storage<Attribute<L>>> Attributes<L, S> {
    /// Creates an empty list. [`Error::Full`] names `table`.
    pub(crate) const fn new(table: Table) -> Self {
        Self { table, list: S::EMPTY, of: PhantomData }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    fn position(&self, name: &str) -> Option<usize> {
        (0..self.list.len()).find(|it| self.list.get(*it).is_some_and(|it| it.name.text() == name))
    }

    /// Returns the value with this name, and the name as it is stored.
    pub(crate) fn get(&self, name: &str) -> Option<&Attribute<L>> {
        self.list.get(self.position(name)?)
    }

    /// Sets the value of a name, and returns the one that it had. If there is no room for a new
    /// name or value, nothing changes.
    pub(crate) fn set(
        &mut self,
        name: Name<&str>,
        value: ContextValue<L>,
    ) -> Result<Option<ContextValue<L>>, Error> {
        let held = self.position(name.borrowed()).and_then(|it| self.list.get_mut(it));
        if let Some(held) = held {
            return Ok(Some(core::mem::replace(&mut held.value, value)));
        }
        let name = name.copied()?;
        self.list.push(Attribute { name, value }).map_err(|_| Error::Full(self.table))?;
        Ok(None)
    }

    /// Removes and returns the value of a name.
    pub(crate) fn remove(&mut self, name: &str) -> Option<ContextValue<L>> {
        let position = self.position(name)?;
        let mut carried = self.list.pop()?;
        // The values after it move up by one, from the back.
        for it in (position..self.list.len()).rev() {
            if let Some(place) = self.list.get_mut(it) {
                core::mem::swap(place, &mut carried);
            }
        }
        Some(carried.value)
    }

    /// Removes all values.
    pub(crate) fn clear(&mut self) {
        while self.list.pop().is_some() {}
    }

    /// Returns all values with their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Attribute<L>> {
        (0..self.list.len()).filter_map(|it| self.list.get(it))
    }

    /// Copies the values, if there is memory for them.
    pub(crate) fn try_clone(&self) -> Result<Self, Error> {
        let full = Error::Full(self.table);
        let mut copy = Self::new(self.table);
        if !copy.list.reserve(self.list.len()) {
            return Err(full);
        }
        for attribute in self.iter() {
            let Attribute { name, value } = attribute;
            let attribute = Attribute { name: name.clone(), value: value.clone() };
            copy.list.push(attribute).map_err(|_| full)?;
        }
        Ok(copy)
    }
}

impl<L: ExtensionLimits, S: Storage<Attribute<L>>> fmt::Debug for Attributes<L, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|it| (it.name.text(), &it.value))).finish()
    }
}
