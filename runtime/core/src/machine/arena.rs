//! Arenas: slabs of records of one kind, with slots that are used again, and generations.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::num::NonZeroU32;

use crate::error::Error;
use crate::limits::{Storage, Table};

/// The place of a record in its [`Arena`]. Only the machine has keys, and none of records that
/// are gone. The host has [ids](crate::id), which are checked.
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

    /// Returns the key with this number, which a key of the same arena has had.
    #[inline]
    pub(crate) const fn from_number(number: NonZeroU32) -> Self {
        Self { position: number, of: PhantomData }
    }

    /// Returns the key as a number, for an id.
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

/// The number of bits of a generation that count removals. The bits above can be a tag.
const TAG_SHIFT: u32 = 24;

/// The bits of a generation that count removals if the others are a tag.
const COUNT_BITS: u32 = (1 << TAG_SHIFT) - 1;

/// A place for a record in an arena.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    /// The number of records that were removed from the slot. An id with another generation is of
    /// a record that is gone.
    generation: u32,
    entry: Entry<T>,
}

#[derive(Debug)]
enum Entry<T> {
    /// A free slot, with the free slot after it.
    Free(Option<Key<T>>),
    Used(T),
}

/// A slab of records of one kind.
#[derive(Debug)]
pub(crate) struct Arena<T, S> {
    table: Table,
    /// The highest 8 bits of the generations of new slots, or 0 if ids have no tag.
    tag: u8,
    slots: S,
    free: Option<Key<T>>,
    used: u32,
}

impl<T, S: Storage<Slot<T>>> Arena<T, S> {
    /// Creates an empty arena. [`Error::Full`] names `table`.
    pub(crate) const fn new(table: Table) -> Self {
        Self { table, tag: 0, slots: S::EMPTY, free: None, used: 0 }
    }

    /// Sets the tag of an empty arena, for the ids of all records that are inserted from now on. A
    /// tag is a part of the generations, so checking it costs nothing.
    pub(crate) const fn set_tag(&mut self, tag: u8) {
        self.tag = tag;
    }

    /// Returns the generation of a new slot.
    #[inline]
    const fn first_generation(&self) -> u32 {
        (self.tag as u32) << TAG_SHIFT
    }

    /// Returns the number of records.
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

    /// Adds a record, and returns its key.
    #[inline]
    pub(crate) fn insert(&mut self, item: T) -> Result<Key<T>, Error> {
        let Some(key) = self.free else {
            let full = Error::Full(self.table);
            let key = Key::from_position(self.slots.len()).ok_or(full)?;
            let slot = Slot { generation: self.first_generation(), entry: Entry::Used(item) };
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

    /// Returns a record.
    #[inline]
    pub(crate) fn get(&self, key: Key<T>) -> Result<&T, Error> {
        Ok(self.get_with_generation(key)?.0)
    }

    /// Returns a record, to change it.
    #[inline]
    pub(crate) fn get_mut(&mut self, key: Key<T>) -> Result<&mut T, Error> {
        let inconsistent = Error::Inconsistent(self.table);
        // The compiler doesn't see otherwise that the slot exists.
        if key.position() >= self.slots.len() {
            return Err(inconsistent);
        }
        match self.slots.get_mut(key.position()) {
            Some(Slot { entry: Entry::Used(item), .. }) => Ok(item),
            _ => Err(inconsistent),
        }
    }

    /// Removes and returns a record.
    #[inline]
    pub(crate) fn remove(&mut self, key: Key<T>) -> Result<T, Error> {
        let gone = Error::Inconsistent(self.table);
        let slot = self.slots.get_mut(key.position()).ok_or(gone)?;
        if matches!(slot.entry, Entry::Free(_)) {
            return Err(gone);
        }
        let entry = core::mem::replace(&mut slot.entry, Entry::Free(self.free));
        let next = slot.generation.wrapping_add(1);
        // With a tag, fewer bits count.
        slot.generation = match self.tag {
            0 => next,
            tag => u32::from(tag) << TAG_SHIFT | next & COUNT_BITS,
        };
        self.free = Some(key);
        self.used -= 1;
        match entry {
            Entry::Used(item) => Ok(item),
            Entry::Free(_) => Err(gone),
        }
    }

    /// Returns the generation of the record at `key`, for an id.
    #[inline]
    pub(crate) fn generation(&self, key: Key<T>) -> Result<u32, Error> {
        Ok(self.get_with_generation(key)?.1)
    }

    /// Returns the record at `key` and its generation, for an id.
    #[inline]
    pub(crate) fn get_with_generation(&self, key: Key<T>) -> Result<(&T, u32), Error> {
        // The compiler doesn't see otherwise that the slot exists.
        if key.position() >= self.slots.len() {
            return Err(Error::Inconsistent(self.table));
        }
        match self.slots.get(key.position()) {
            Some(Slot { entry: Entry::Used(item), generation }) => Ok((item, *generation)),
            _ => Err(Error::Inconsistent(self.table)),
        }
    }

    /// Returns the key with this number, if its record has this generation.
    #[inline]
    pub(crate) fn key(&self, number: NonZeroU32, generation: u32) -> Result<Key<T>, Error> {
        let key = Key { position: number, of: PhantomData };
        match self.generation(key) {
            Ok(found) if found == generation => Ok(key),
            _ => Err(Error::Unknown(self.table)),
        }
    }

    /// Returns the key and the generation of the record that is inserted next.
    #[inline]
    pub(crate) fn next(&self) -> Result<(Key<T>, u32), Error> {
        match self.free {
            None => {
                let key = Key::from_position(self.slots.len()).ok_or(Error::Full(self.table))?;
                Ok((key, self.first_generation()))
            }
            Some(key) => {
                let slot = self.slots.get(key.position()).ok_or(Error::Inconsistent(self.table))?;
                Ok((key, slot.generation))
            }
        }
    }

    /// Returns the key and the generation of the record that is inserted after `count` others.
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
        let key = Key::from_position(position).ok_or(Error::Full(self.table))?;
        Ok((key, self.first_generation()))
    }

    /// Returns the number of slots. Each position is below it.
    pub(crate) fn positions(&self) -> usize {
        self.slots.len()
    }

    /// Returns the key of the record at `position`, if there is one.
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
    fn a_slot_is_used_again_and_its_old_key_is_unknown() {
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
    fn a_full_arena_refuses_and_has_room_after_a_removal() {
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
    fn a_tag_stays_in_generations_however_often_a_slot_is_used() {
        let mut arena = Bounded::new(Table::Tasks);
        arena.set_tag(0xA7);
        let (next, generation) = arena.next().unwrap();
        let first = arena.insert(true).unwrap();
        assert_eq!((next, generation), (first, arena.generation(first).unwrap()));
        assert_eq!(arena.next_but(0).unwrap().1, 0xA700_0000);
        assert_eq!(generation, 0xA700_0000);
        // The count is at its greatest number.
        arena.slots[0].generation = 0xA7FF_FFFF;
        arena.remove(first).unwrap();
        assert_eq!(arena.next(), Ok((first, 0xA700_0000)));
        arena.insert(true).unwrap();
        for other in [0, 0xA600_0000, 0xA700_0001, 0xFF00_0000] {
            assert_eq!(arena.key(first.number(), other), Err(Error::Unknown(Table::Tasks)));
        }
        assert_eq!(arena.key(first.number(), 0xA700_0000), Ok(first));
    }

    #[test]
    fn a_slot_costs_only_its_generation() {
        assert_eq!(size_of::<Slot<(u32, bool)>>(), 12);
        assert_eq!(size_of::<Option<Key<bool>>>(), 4);
    }
}
