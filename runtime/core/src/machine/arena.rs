//! Slabs: one a kind of thing, with reusable slots and generations.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::num::NonZeroU32;

use crate::error::Error;
use crate::limits::{Storage, Table};

/// Where a thing is in its [`Arena`]. Only the machine has keys, and it keeps none of things
/// that are gone; the host has [ids](crate::id), which are checked.
pub(crate) struct Key<T> {
    position: NonZeroU32,
    of: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    fn from_position(position: usize) -> Option<Self> {
        let position = u32::try_from(position).ok()?.checked_add(1)?;
        Some(Self { position: NonZeroU32::new(position)?, of: PhantomData })
    }

    #[inline]
    pub(crate) const fn position(self) -> usize {
        (self.position.get() - 1) as usize
    }

    /// The key with a number that a key of the same arena has.
    #[inline]
    pub(crate) const fn from_number(number: NonZeroU32) -> Self {
        Self { position: number, of: PhantomData }
    }

    /// The key as a number, for an id.
    #[inline]
    pub(crate) const fn number(self) -> NonZeroU32 {
        self.position
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> PartialEq for Key<T> {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position
    }
}

impl<T> Eq for Key<T> {}

impl<T> Hash for Key<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.position.hash(state);
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.position())
    }
}

/// A place in an arena.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    /// How often the slot was given back: an id with another generation is of something gone.
    generation: u32,
    entry: Entry<T>,
}

#[derive(Debug)]
enum Entry<T> {
    /// Free, and the free slot after this one.
    Free(Option<Key<T>>),
    Used(T),
}

/// A slab of things of one kind.
#[derive(Debug)]
pub(crate) struct Arena<T, S> {
    table: Table,
    slots: S,
    free: Option<Key<T>>,
    used: u32,
}

impl<T, S: Storage<Slot<T>>> Arena<T, S> {
    /// Creates a slab without things. `table` is the table that is full if there are too many.
    pub(crate) const fn new(table: Table) -> Self {
        Self { table, slots: S::EMPTY, free: None, used: 0 }
    }

    /// How many things there are.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.used as usize
    }

    /// Makes sure that the next `additional` calls of [`insert`](Self::insert) succeed.
    #[inline]
    pub(crate) fn reserve(&mut self, additional: usize) -> Result<(), Error> {
        let free = self.slots.len().saturating_sub(self.used as usize);
        if additional <= free || self.slots.reserve(additional - free) {
            Ok(())
        } else {
            Err(Error::Full(self.table))
        }
    }

    #[inline]
    pub(crate) fn insert(&mut self, item: T) -> Result<Key<T>, Error> {
        let Some(key) = self.free else {
            let full = Error::Full(self.table);
            let key = Key::from_position(self.slots.len()).ok_or(full)?;
            let slot = Slot { generation: 0, entry: Entry::Used(item) };
            self.slots.push(slot).map_err(|_| full)?;
            self.used += 1;
            return Ok(key);
        };
        let slot = self.slots.get_mut(key.position()).ok_or(Error::Inconsistent(self.table))?;
        let Entry::Free(next) = slot.entry else { return Err(Error::Inconsistent(self.table)) };
        slot.entry = Entry::Used(item);
        self.free = next;
        self.used += 1;
        Ok(key)
    }

    #[inline]
    pub(crate) fn get(&self, key: Key<T>) -> Result<&T, Error> {
        Ok(self.get_with_generation(key)?.0)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: Key<T>) -> Result<&mut T, Error> {
        let inconsistent = Error::Inconsistent(self.table);
        // The compiler does not see by itself that there is a slot then.
        if key.position() >= self.slots.len() {
            return Err(inconsistent);
        }
        match self.slots.get_mut(key.position()) {
            Some(Slot { entry: Entry::Used(item), .. }) => Ok(item),
            _ => Err(inconsistent),
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, key: Key<T>) -> Result<T, Error> {
        let gone = Error::Inconsistent(self.table);
        let slot = self.slots.get_mut(key.position()).ok_or(gone)?;
        if matches!(slot.entry, Entry::Free(_)) {
            return Err(gone);
        }
        let entry = core::mem::replace(&mut slot.entry, Entry::Free(self.free));
        slot.generation = slot.generation.wrapping_add(1);
        self.free = Some(key);
        self.used -= 1;
        match entry {
            Entry::Used(item) => Ok(item),
            Entry::Free(_) => Err(gone),
        }
    }

    /// The generation of the thing at `key`, for an id.
    #[inline]
    pub(crate) fn generation(&self, key: Key<T>) -> Result<u32, Error> {
        Ok(self.get_with_generation(key)?.1)
    }

    /// The thing at `key`, and its generation, for an id.
    #[inline]
    pub(crate) fn get_with_generation(&self, key: Key<T>) -> Result<(&T, u32), Error> {
        // The compiler does not see by itself that there is a slot then.
        if key.position() >= self.slots.len() {
            return Err(Error::Inconsistent(self.table));
        }
        match self.slots.get(key.position()) {
            Some(Slot { entry: Entry::Used(item), generation }) => Ok((item, *generation)),
            _ => Err(Error::Inconsistent(self.table)),
        }
    }

    /// The key with this number, if its thing is of this generation.
    #[inline]
    pub(crate) fn key(&self, number: NonZeroU32, generation: u32) -> Result<Key<T>, Error> {
        let key = Key { position: number, of: PhantomData };
        match self.generation(key) {
            Ok(found) if found == generation => Ok(key),
            _ => Err(Error::Unknown(self.table)),
        }
    }

    /// The key and the generation that the next thing will have that is inserted.
    #[inline]
    pub(crate) fn next(&self) -> Result<(Key<T>, u32), Error> {
        match self.free {
            None => {
                let key = Key::from_position(self.slots.len()).ok_or(Error::Full(self.table))?;
                Ok((key, 0))
            }
            Some(key) => {
                let slot = self.slots.get(key.position()).ok_or(Error::Inconsistent(self.table))?;
                Ok((key, slot.generation))
            }
        }
    }

    /// The key and the generation that the thing will have that is inserted after `count` others.
    pub(crate) fn next_but(&self, count: usize) -> Result<(Key<T>, u32), Error> {
        let (mut free, mut left) = (self.free, count);
        while let Some(key) = free {
            let slot = self.slots.get(key.position()).ok_or(Error::Inconsistent(self.table))?;
            let Entry::Free(next) = slot.entry else {
                return Err(Error::Inconsistent(self.table));
            };
            if left == 0 {
                return Ok((key, slot.generation));
            }
            left -= 1;
            free = next;
        }
        let position = self.slots.len().saturating_add(left);
        Ok((Key::from_position(position).ok_or(Error::Full(self.table))?, 0))
    }

    /// How many slots there are: no position is as high.
    pub(crate) fn positions(&self) -> usize {
        self.slots.len()
    }

    /// The key of the thing at `position`, if there is one.
    pub(crate) fn key_at(&self, position: usize) -> Option<Key<T>> {
        match self.slots.get(position) {
            Some(Slot { entry: Entry::Used(_), .. }) => Key::from_position(position),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Array;

    type Bounded = Arena<bool, Array<Slot<bool>, 2>>;

    #[test]
    fn a_slot_is_used_again_and_what_was_there_is_unknown() {
        let mut arena = Bounded::new(Table::Tasks);
        let first = arena.insert(true).unwrap();
        let generation = arena.generation(first).unwrap();
        assert_eq!(arena.remove(first), Ok(true));
        assert_eq!(arena.remove(first), Err(Error::Inconsistent(Table::Tasks)));
        assert_eq!(arena.key(first.number(), generation), Err(Error::Unknown(Table::Tasks)));
        let second = arena.insert(false).unwrap();
        assert_eq!(first, second);
        assert_eq!(arena.key(first.number(), generation), Err(Error::Unknown(Table::Tasks)));
        assert_eq!(arena.get(second), Ok(&false));
    }

    #[test]
    fn a_full_arena_says_so_and_has_room_after_a_removal() {
        let mut arena = Bounded::new(Table::Threads);
        assert_eq!(arena.reserve(3), Err(Error::Full(Table::Threads)));
        let first = arena.insert(true).unwrap();
        assert_eq!(arena.reserve(1), Ok(()));
        assert_eq!(arena.reserve(2), Err(Error::Full(Table::Threads)));
        arena.insert(true).unwrap();
        assert_eq!(arena.insert(true), Err(Error::Full(Table::Threads)));
        assert_eq!(arena.len(), 2);
        arena.remove(first).unwrap();
        assert_eq!(arena.insert(false), Ok(first));
    }

    #[test]
    fn a_slot_costs_no_more_than_its_generation() {
        assert_eq!(size_of::<Slot<(u32, bool)>>(), 12);
        assert_eq!(size_of::<Option<Key<bool>>>(), 4);
    }
}
