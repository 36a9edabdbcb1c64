//! What the host remembers of things in the machine: a record at the position of each, with its
//! generation, so that none is ever taken for another's.

use crate::error::Error;
use crate::limits::{Storage, Table};
use crate::machine::arena::Key;

/// A place for the record of what is at the same position in an arena.
#[derive(Debug)]
pub(crate) struct Place<T> {
    generation: u32,
    record: Option<T>,
}

/// Records of some of the things in an arena of the machine.
///
/// The machine takes a thing's record away when it removes the thing, by [`take`](Self::take);
/// whoever needs one has it made, by [`make`](Self::make).
#[derive(Debug)]
pub(crate) struct Records<T, S> {
    table: Table,
    places: S,
    used: usize,
    of: core::marker::PhantomData<fn() -> T>,
}

impl<T, S: Storage<Place<T>>> Records<T, S> {
    /// No records yet; `table` is what is full if there are too many.
    pub(crate) fn new(table: Table) -> Self {
        Self { table, places: S::default(), used: 0, of: core::marker::PhantomData }
    }

    /// How many records there are.
    pub(crate) const fn len(&self) -> usize {
        self.used
    }

    /// Makes sure that there is a place for what is at `position`.
    pub(crate) fn reserve(&mut self, position: usize) -> Result<(), Error> {
        let missing = (position + 1).saturating_sub(self.places.len());
        if !self.places.reserve(missing) {
            return Err(Error::Full(self.table));
        }
        for _ in 0..missing {
            let place = Place { generation: 0, record: None };
            self.places.push(place).map_err(|_| Error::Full(self.table))?;
        }
        Ok(())
    }

    /// The record of what is at `key` and of this generation, if there is one.
    pub(crate) fn get<K>(&self, key: Key<K>, generation: u32) -> Option<&T> {
        let place = self.places.get(key.position())?;
        place.record.as_ref().filter(|_| place.generation == generation)
    }

    /// The record of what is at `key` and of this generation; a new one if there is none.
    pub(crate) fn make<K>(
        &mut self,
        key: Key<K>,
        generation: u32,
        new: impl FnOnce() -> T,
    ) -> Result<&mut T, Error> {
        self.reserve(key.position())?;
        let inconsistent = Error::Inconsistent(self.table);
        let place = self.places.get_mut(key.position()).ok_or(inconsistent)?;
        if place.record.is_some() && place.generation != generation {
            // It was not taken when what it is of was removed.
            return Err(inconsistent);
        }
        if place.record.is_none() {
            place.generation = generation;
            self.used += 1;
        }
        Ok(place.record.get_or_insert_with(new))
    }

    /// What is at `key` is removed: takes its record away, if there is one.
    pub(crate) fn take<K>(&mut self, key: Key<K>) -> Option<T> {
        let record = self.places.get_mut(key.position())?.record.take();
        self.used -= usize::from(record.is_some());
        record
    }

    /// All records.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.places.len()).filter_map(|it| self.places.get(it)?.record.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Array;
    use crate::machine::arena::{Arena, Slot};

    #[test]
    fn a_record_is_of_one_thing_and_not_of_what_comes_after_it() {
        let mut arena = Arena::<bool, Array<Slot<bool>, 2>>::new(Table::Tasks);
        let mut records = Records::<u8, Array<Place<u8>, 2>>::new(Table::TaskRecords);
        let first = arena.insert(true).unwrap();
        let generation = arena.generation(first).unwrap();
        *records.make(first, generation, || 0).unwrap() = 7;
        assert_eq!(records.get(first, generation), Some(&7));
        assert_eq!(records.len(), 1);

        arena.remove(first).unwrap();
        let second = arena.insert(false).unwrap();
        let after = arena.generation(second).unwrap();
        assert_eq!(first, second);
        assert_eq!(records.get(second, after), None);
        assert_eq!(
            records.make(second, after, || 1),
            Err(Error::Inconsistent(Table::TaskRecords)),
            "the machine forgot to take it"
        );
        assert_eq!(records.take(second), Some(7));
        assert_eq!(records.take(second), None);
        assert_eq!(records.make(second, after, || 1), Ok(&mut 1));
        assert_eq!(records.iter().collect::<std::vec::Vec<_>>(), [&1]);
    }

    #[test]
    fn there_is_a_place_or_the_table_is_full() {
        let mut arena = Arena::<bool, Array<Slot<bool>, 2>>::new(Table::Tasks);
        let mut records = Records::<u8, Array<Place<u8>, 1>>::new(Table::TaskRecords);
        let [first, second] = [true, false].map(|it| arena.insert(it).unwrap());
        assert_eq!(records.reserve(first.position()), Ok(()));
        assert_eq!(records.make(second, 0, || 1), Err(Error::Full(Table::TaskRecords)));
        assert_eq!(records.make(first, 0, || 1), Ok(&mut 1));
    }
}
